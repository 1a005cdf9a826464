//! `cld attack`: a bundle, the extract it was made from, and no key.

mod extract;
mod guesses;
mod traces;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::extract::{gather, kept_columns, pseudonym_columns};
use self::guesses::{all_numbers, known_identifiers};
use self::traces::{direct_identifiers, in_order_of_the_extract, people_alone, shared_pseudonyms};
use crate::attack::alone;
use crate::attack::numbers::Stretch;
use crate::attack::submission::{self, Wanted};
use crate::attack::traces::Traces;
use crate::attack::{ALL, Algorithm, Circumstances};
use crate::attest::leak::LeakCheck;
use crate::attest::{self, PublicKey};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::treat::{Identifiers, MasterKey, RowPlan, Scope};

/// What is tried besides.
#[derive(Debug, Clone)]
pub struct AttackOptions {
    /// Bundles of other recipients, purposes or epochs, which should share no pseudonym with this one.
    pub others: Vec<PathBuf>,
    /// Whose signature the bundle should have. `None`: digests alone are checked.
    pub public_key: Option<PublicKey>,
    /// Whether all NHS numbers there can be are tried.
    pub dictionary: bool,
    /// Other numbers than all, for tests.
    stretches: Option<Vec<Stretch>>,
    /// Algorithms of the further forms; tests take fewer.
    algorithms: &'static [Algorithm],
}

impl AttackOptions {
    /// Everything, against these other bundles too.
    pub fn new(others: Vec<PathBuf>, public_key: Option<PublicKey>, dictionary: bool) -> Self {
        Self {
            others,
            public_key,
            dictionary,
            stretches: None,
            algorithms: &ALL,
        }
    }
}

/// How an attack went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Withstood,
    /// What was found, in words without any value.
    Broken(Vec<String>),
    /// Figures to judge by.
    Told,
    /// Why it was not tried.
    NotRun(String),
}

/// One attack.
#[derive(Debug, Clone)]
pub struct Attack {
    /// Its name for programs.
    pub id: &'static str,
    /// What was tried, in a sentence.
    pub tried: String,
    /// How much.
    pub figures: Vec<(String, u64)>,
    /// What else is to be said.
    pub notes: Vec<String>,
    /// How long.
    pub took: Duration,
    /// How it went.
    pub verdict: Verdict,
}

/// What the attacks came to.
#[derive(Debug)]
pub struct Attacked {
    /// Names the run that made the bundle.
    pub run_id: String,
    /// The bundle says that its key is a published one.
    pub test_key: bool,
    /// Whether a signature was checked.
    pub signed: bool,
    /// Records of the extract.
    pub records: u64,
    /// Rows of the submission.
    pub rows: u64,
    /// Different pseudonyms in the submission.
    pub pseudonyms: u64,
    /// In the order in which they were tried.
    pub attacks: Vec<Attack>,
}

impl Attacked {
    /// The attacks that succeeded.
    pub fn broken(&self) -> impl Iterator<Item = &Attack> {
        let broken = |attack: &&Attack| matches!(attack.verdict, Verdict::Broken(_));
        self.attacks.iter().filter(broken)
    }
}

/// Attacks a bundle.
///
/// # Errors
/// When the bundle does not verify, or the extract cannot be read. That an attack succeeds is no error here.
pub fn attack(config: &Config, bundle: &Path, options: &AttackOptions) -> Result<Attacked> {
    let statement = match &options.public_key {
        Some(key) => attest::verify(bundle, key)?.statement,
        None => attest::check_unsigned(bundle, None)?,
    };
    let predicate = statement.predicate();
    if predicate.controller.la_code != config.la_code || predicate.schema.id != config.schema.id {
        return Err(Error::Usage(format!(
            "{} is a bundle of another council or return than the configuration's. Name the configuration that it was made with",
            bundle.display()
        )));
    }
    let c = Circumstances {
        la_code: predicate.controller.la_code.clone(),
        council: predicate.controller.name.clone(),
        recipient: predicate.recipient.clone(),
        purpose: predicate.purpose.clone(),
        epoch: predicate.key.epoch.clone(),
        key_id: predicate.key.id.clone(),
        test_key: predicate.key.test,
    };
    let schema = &config.schema;
    // Whoever attacks has no key. This one makes columns known, and no pseudonym.
    let rows = RowPlan::new(
        std::sync::Arc::new(schema.clone()),
        &MasterKey::generate()?,
        &Scope::new(
            &config.la_code,
            &config.recipient,
            &config.purpose,
            &config.epoch,
        )?,
    )?;
    let kept = kept_columns(schema);
    let identifiers = Identifiers::default();
    let extract = gather(config, predicate.key.test, &rows, &kept, &identifiers)?;
    // Against another extract every attack would fail, and that would say nothing.
    if extract.records.len() as u64 != predicate.counts.read {
        return Err(Error::Input(format!(
            "the extract has {} records, and the bundle was made from {}: name the configuration, with the files, that the bundle was made from",
            extract.records.len(),
            predicate.counts.read
        )));
    }
    let check = LeakCheck::new(&identifiers, schema, &config.la_code, &rows.columns);
    let traces = Traces::new(&identifiers, &check, &rows.columns);
    let of_pseudonyms: Vec<String> = pseudonym_columns(predicate);
    let names: Vec<String> = kept.iter().map(|kept| kept.name.clone()).collect();
    let csv = bundle.join("submission.csv");
    let columns = alone::Columns::of(schema);
    let started = Instant::now();
    let wanted = Wanted {
        kept: &names,
        alone: &columns,
        pseudonyms: &of_pseudonyms,
        traces: &traces,
    };
    let seen = submission::read(&csv, &wanted).map_err(|e| unreadable(&csv, &e))?;
    crate::interrupt::check()?;
    let reading = started.elapsed();

    let attacks = vec![
        all_numbers(&c, &seen.targets, options)?,
        known_identifiers(&c, &seen.targets, &extract, options)?,
        in_order_of_the_extract(&seen, &extract),
        direct_identifiers(bundle, &seen, &traces, reading)?,
        shared_pseudonyms(predicate, &seen.targets, &options.others)?,
        people_alone(&columns, &seen.alone),
    ];
    Ok(Attacked {
        run_id: predicate.run_id.clone(),
        test_key: predicate.key.test,
        signed: options.public_key.is_some(),
        records: extract.records.len() as u64,
        rows: seen.rows,
        pseudonyms: seen.targets.len() as u64,
        attacks,
    })
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    // The digests are right, so the bundle was made like this.
    Error::Verification(format!("{} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests;
