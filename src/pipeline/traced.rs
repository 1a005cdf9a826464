//! The register of NHS numbers, for a run: only what is verified, and only from a register that is what its log says.

use std::sync::Arc;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::extract::{Kind, Source};
use crate::nhs_number::NhsNumber;
use crate::trace::register::{Keeping, Register, Status};
use crate::trace::rule::Rule;
use crate::treat::{Ask, Beside, KeyError, Traced};

/// Reads the verified numbers; `None` where the configuration has no `tracing:`.
///
/// # Errors
/// When there is no register, it cannot be opened or does not verify, or `refuse_real` (there is a test key) and one of the
/// numbers is anybody's.
pub(super) fn load(config: &Config, refuse_real: bool, ask: Ask) -> Result<Option<Arc<Traced>>> {
    let Some(tracing) = &config.tracing else {
        return Ok(None);
    };
    let keeping = Keeping {
        path: tracing.register.clone(),
        lock: tracing.encrypted.clone(),
        ask,
        ask_new: Ask::default(),
    };
    let register = Register::open(&keeping)?.ok_or_else(|| {
        Error::Input(format!(
            "there is no register {}, which `tracing:` of the configuration names: cld trace request begins it. If there was one, restore it: without it verified numbers would be missing",
            keeping.path.display()
        ))
    })?;
    register.verify(None)?;
    let mut traced = Traced::new(register.head().hex());
    let mut all: Vec<(u64, String, NhsNumber)> = Vec::new();
    let mut not_taken = 0;
    register.people(|person| {
        let another = [Rule::NumberChanged, Rule::NotSuperseded]
            .into_iter()
            .any(|rule| person.is_by(rule));
        not_taken += u64::from(another && person.gone.is_none());
        if let (Status::Verified, Some(number)) = (person.status, person.number) {
            all.push((number.as_u64(), person.person, number));
        }
    })?;
    // Of two with one number, one may have died. Who of them is not known of now, so that neither has it.
    all.sort_unstable_by_key(|(number, ..)| *number);
    for same in all.chunk_by(|(one, ..), (other, ..)| one == other) {
        match same {
            [(_, person, number)] => traced.add(person, *number),
            several => traced.shared += several.len() as u64,
        }
    }
    let requested_at = register.requested_at()?;
    traced.beside = Beside {
        not_taken,
        people_changed: requested_at
            .as_deref()
            .is_some_and(|at| changed_since(&tracing.people.source, at)),
        requested_on: requested_at.and_then(|at| at.get(..10).map(str::to_owned)),
    };
    if refuse_real && traced.has_real() {
        return Err(KeyError::TestKeyOnRealData.into());
    }
    Ok(Some(Arc::new(traced)))
}

/// Whether a file was changed after a moment, by the second: whoever writes it and then makes a request has done all they can.
/// Of a database nobody knows.
fn changed_since(source: &Source, moment: &str) -> bool {
    if source.format.kind == Kind::Odbc {
        return false;
    }
    let moment = chrono::DateTime::parse_from_rfc3339(moment);
    let changed = std::fs::metadata(&source.path).and_then(|metadata| metadata.modified());
    match (moment, changed) {
        (Ok(moment), Ok(changed)) => {
            chrono::DateTime::<chrono::Utc>::from(changed).timestamp() > moment.timestamp()
        }
        _ => false,
    }
}
