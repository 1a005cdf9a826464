//! The register of NHS numbers, for a run: only what is verified, and only from a register that is what its log says.

use std::sync::Arc;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::nhs_number::NhsNumber;
use crate::trace::register::{Keeping, Register, Status};
use crate::treat::{Ask, KeyError, Traced};

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
    register.people(|person| {
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
    if refuse_real && traced.has_real() {
        return Err(KeyError::TestKeyOnRealData.into());
    }
    Ok(Some(Arc::new(traced)))
}
