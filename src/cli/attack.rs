//! `cld attack`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Format;
use super::print::{self, number, shown};
use crate::attest::PublicKey;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::pipeline::{self, Attack, AttackOptions, Attacked, Verdict};

/// Attack a finished bundle, with the extract and without the key.
///
/// Tries every NHS number there can be and thousands of ways of hashing without a secret against the pseudonyms; whether the
/// order of the rows is the extract's; whether an identifier of the extract stands anywhere in any file; whether other bundles
/// share pseudonyms; and how many people are alone with what stands about them. Ends with 6 if anything but the last succeeds.
/// No identifier and no pseudonym is printed, and the key is not read.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The directory of the bundle.
    bundle: PathBuf,
    /// The configuration that the bundle was made with: it says where the extract is.
    #[arg(long, value_name = "CONFIG")]
    extract: PathBuf,
    /// The bundle of another recipient, purpose or epoch, which should share no pseudonym with this one. May be repeated.
    #[arg(long, value_name = "BUNDLE")]
    other: Vec<PathBuf>,
    /// Check the bundle's signature first, with this public key. Without it every file is held against the manifest alone.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Leave out the trial of every NHS number there can be, which takes about a minute on two cores; those of the extract are
    /// tried all the same.
    #[arg(long)]
    no_dictionary: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let config = Config::load(&arguments.extract, schemas)?;
    let public_key = arguments
        .public_key
        .as_deref()
        .map(PublicKey::load)
        .transpose()?;
    let options = AttackOptions::new(
        arguments.other.clone(),
        public_key,
        !arguments.no_dictionary,
    );
    let attacked = pipeline::attack(&config, &arguments.bundle, &options)?;
    match arguments.format {
        Format::Human => print::out(&human(&attacked, &arguments.bundle))?,
        Format::Json => print::json(&machine(&attacked))?,
    }
    let broken: Vec<_> = attacked.broken().map(|attack| title(attack.id)).collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Error::Verification(format!(
            "the bundle does not withstand: {}. Do not send it, and find out how it was made",
            broken.join(", ").to_lowercase()
        )))
    }
}

fn title(id: &str) -> String {
    let words = id.replace('_', " ").replace("nhs", "NHS");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn result(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Withstood => "withstood",
        Verdict::Broken(_) => "broken",
        Verdict::Told => "told",
        Verdict::NotRun(_) => "not_run",
    }
}

fn human(attacked: &Attacked, bundle: &Path) -> String {
    let mut text = String::new();
    if attacked.test_key {
        text += "TEST KEY: these pseudonyms protect nobody; this bundle must not be sent.\n\n";
    }
    let checked = if attacked.signed {
        "signature and digests are right"
    } else {
        "digests are right; the signature was not checked (--public-key)"
    };
    let _ = writeln!(
        text,
        "Bundle      {} (run {}): {checked}",
        shown(bundle),
        attacked.run_id
    );
    let _ = writeln!(
        text,
        "Submission  {} rows, {} different pseudonyms",
        number(attacked.rows),
        number(attacked.pseudonyms)
    );
    let _ = writeln!(text, "Extract     {} records", number(attacked.records));
    for attack in &attacked.attacks {
        of_one(&mut text, attack);
    }
    let broken = attacked.broken().count();
    text += match broken {
        0 => "\nNo attack succeeded.\n",
        _ => "\nBROKEN: see above. This bundle must not be sent.\n",
    };
    text
}

fn of_one(text: &mut String, attack: &Attack) {
    let verdict = match &attack.verdict {
        Verdict::Withstood => "withstood".to_owned(),
        Verdict::Broken(_) => "BROKEN".to_owned(),
        Verdict::Told => "figures".to_owned(),
        Verdict::NotRun(reason) => format!("not run: {reason}"),
    };
    let took = match attack.verdict {
        Verdict::NotRun(_) => String::new(),
        _ => format!(", {:.1} s", attack.took.as_secs_f64()),
    };
    let _ = writeln!(text, "\n{}: {verdict}{took}", title(attack.id));
    let _ = writeln!(text, "  tried: {}", attack.tried);
    if !matches!(attack.verdict, Verdict::NotRun(_)) {
        for (name, figure) in &attack.figures {
            let _ = writeln!(text, "  {:>16}  {name}", number(*figure));
        }
        for note in &attack.notes {
            let _ = writeln!(text, "  {note}");
        }
    }
    if let Verdict::Broken(found) = &attack.verdict {
        const SHOWN: usize = 20;
        for found in found.iter().take(SHOWN) {
            let _ = writeln!(text, "  FOUND: {found}");
        }
        if found.len() > SHOWN {
            let _ = writeln!(text, "  and {} more", number((found.len() - SHOWN) as u64));
        }
    }
}

fn machine(attacked: &Attacked) -> serde_json::Value {
    let attacks = attacked.attacks.iter().map(|attack| {
        let (found, reason) = match &attack.verdict {
            Verdict::Broken(found) => (found.as_slice(), None),
            Verdict::NotRun(reason) => (&[][..], Some(reason)),
            Verdict::Withstood | Verdict::Told => (&[][..], None),
        };
        json!({
            "attack": attack.id,
            "tried": attack.tried,
            "result": result(&attack.verdict),
            "not_run": reason,
            "found": found,
            "figures": attack.figures.iter().map(|(name, n)| (name.clone(), json!(n))).collect::<serde_json::Map<_, _>>(),
            "notes": attack.notes,
            "milliseconds": u64::try_from(attack.took.as_millis()).unwrap_or(u64::MAX),
        })
    });
    json!({
        "run_id": attacked.run_id,
        "test_key": attacked.test_key,
        "signature_checked": attacked.signed,
        "records": attacked.records,
        "rows": attacked.rows,
        "pseudonyms": attacked.pseudonyms,
        "withstood": attacked.broken().next().is_none(),
        "attacks": attacks.collect::<Vec<_>>(),
    })
}
