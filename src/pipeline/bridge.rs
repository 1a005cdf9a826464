//! `cld bridge`: the pseudonyms that records have under the present key and epoch beside those that they have under the next.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::read::{self, threads};
use super::reader::{check, exclusion, refuse_real_numbers, refused};
use super::run::load_key;
use crate::config::Config;
use crate::encrypted::PublicKey;
use crate::error::{Error, Result};
use crate::treat::{
    Ask, Identifiers, MasterKey, Opening, People, RowPlan, Scope, Treater, Values, Watch,
};
use crate::validate::{Checker, Plan, Setting};
use crate::write::{Finished, Sealed};

/// What the command line says.
#[derive(Debug, Clone)]
pub struct BridgeOptions {
    /// The next key.
    pub new_key: PathBuf,
    /// What opens it, if it is encrypted to an identity.
    pub new_identity: Option<PathBuf>,
    /// The next epoch.
    pub new_epoch: String,
    /// Who can open the table.
    pub recipients: Vec<PublicKey>,
    /// The table.
    pub out: PathBuf,
    /// Who knows the passphrases of key files.
    pub ask: Ask,
}

/// What was made.
#[derive(Debug)]
pub struct Bridge {
    /// Pseudonyms by domain.
    pub domains: BTreeMap<String, u64>,
    /// Records read.
    pub read: u64,
    /// Records that would be submitted; the others have no pseudonym that anybody holds.
    pub submitted: u64,
    /// Key id and epoch of the pseudonyms that there are.
    pub from: (String, String),
    /// Key id and epoch of those that there will be.
    pub to: (String, String),
}

/// One identifier under both keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    old: [u8; 32],
    new: [u8; 32],
    /// Position among the domains.
    domain: u8,
}

/// Pairs that are kept although some of them are equal.
const SURPLUS: usize = 1 << 18;

/// Distinct pairs. At most as many again, or [`SURPLUS`], are held in memory meanwhile: 65 bytes each.
#[derive(Default)]
struct Pairs {
    pairs: Vec<Pair>,
    distinct: usize,
}

impl Pairs {
    fn add(&mut self, pairs: &[Pair]) {
        self.pairs.extend_from_slice(pairs);
        if self.pairs.len() > 2 * self.distinct + SURPLUS {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.pairs.sort_unstable();
        self.pairs.dedup();
        self.distinct = self.pairs.len();
    }
}

/// What each thread has.
struct Worker<'a> {
    checker: Checker<'a>,
    old: Treater<'a>,
    new: Treater<'a>,
    submitted: Vec<u32>,
    counts: (u64, u64),
}

/// Reads the extract of a configuration as a run does, and writes for each distinct identifier of the records that a run
/// would submit both pseudonyms: `domain,old,new`, sorted by the old one.
///
/// # Errors
/// As a run. On any of them there is no table.
pub fn bridge(config: &Config, options: &BridgeOptions) -> Result<Bridge> {
    config.refuse_inside(&options.out)?;
    let old = load_key(config, options.ask)?;
    let new = MasterKey::load(
        &options.new_key,
        Opening {
            identity: options.new_identity.as_deref(),
            ask: options.ask,
        },
    )?;
    let from = (old.key_id(), config.epoch.clone());
    let to = (new.key_id(), options.new_epoch.clone());
    if from == to {
        return Err(Error::Usage(
            "the new key and epoch are the present ones, so there is nothing to bridge".into(),
        ));
    }
    if from.1 == to.1 {
        return Err(Error::Usage(format!(
            "--new-epoch {} is the present one; another key needs an epoch of its own, so that nobody takes its pseudonyms for those of the old one. `cld key rotate` names the next",
            to.1
        )));
    }
    let scope = |epoch| Scope::new(&config.la_code, &config.recipient, &config.purpose, epoch);
    let (old_scope, new_scope) = (scope(&from.1)?, scope(&to.1)?);
    let schema = Arc::new(config.schema.clone());
    let setting = Setting {
        la_code: &config.la_code,
        test_numbers: old.is_test(),
        period: Some((config.period.start, config.period.end)),
    };
    let plan = Plan::new(Arc::clone(&schema), &setting);
    let any_test = old.is_test() || new.is_test();
    let traced = super::traced::load(config, any_test, options.ask)?;
    let with_traced =
        |key, scope| RowPlan::with_traced(Arc::clone(&schema), key, scope, traced.clone());
    let old_rows = with_traced(&old, &old_scope)?;
    let new_rows = with_traced(&new, &new_scope)?;
    let domains = old_rows.domains();
    let cancelled = config.selection.cancelled.as_ref();
    let mut inputs = read::open(
        &config.sources,
        cancelled.map(|c| c.column.as_str()),
        &schema,
    )?;
    let written = |e| failed(&options.out, e);
    let mut sealed = Sealed::begin(&options.out, &options.recipients).map_err(written)?;

    // Nothing of these is used: rows are not made here.
    let values = Values::new(old_rows.layout.values);
    let (identifiers, people) = (Identifiers::default(), People::default());
    let sources = inputs.len();
    let (workers, mut pairs, _) = read::read(
        &mut inputs,
        || None,
        || {
            let treater = |rows| {
                Treater::new(
                    rows,
                    &values,
                    (&identifiers, &people),
                    sources,
                    Watch::default(),
                )
            };
            let worker = || Worker {
                checker: Checker::new(&plan, sources),
                old: treater(&old_rows),
                new: treater(&new_rows),
                submitted: Vec::new(),
                counts: (0, 0),
            };
            let workers = std::iter::repeat_with(worker).take(threads());
            Ok((workers.collect(), Pairs::default()))
        },
        |worker: &mut Worker<'_>, cells, input| {
            let Worker {
                checker,
                old,
                new,
                submitted,
                counts,
            } = worker;
            let mapping = &input.mapping;
            check(checker, cells, input, &plan)?;
            if any_test {
                refuse_real_numbers(checker, &plan)?;
            }
            submitted.clear();
            let submits = |record: &u32| {
                exclusion(checker, cells, mapping, &plan, config, *record as usize).is_none()
            };
            submitted.extend((0..cells.len() as u32).filter(submits));
            counts.0 += cells.len() as u64;
            counts.1 += submitted.len() as u64;
            for treater in [&mut *old, &mut *new] {
                treater
                    .only_pseudonyms(cells, mapping, checker, submitted)
                    .map_err(|refusal| refused(refusal, input))?;
            }
            let mut pairs = Vec::new();
            old.each_pair(new, |domain, old, new| {
                let domain = domains.iter().position(|d| d == domain).unwrap_or(0) as u8;
                let (old, new) = (*old.as_bytes(), *new.as_bytes());
                pairs.push(Pair { old, new, domain });
            });
            pairs.sort_unstable();
            pairs.dedup();
            Ok(pairs)
        },
        |pairs: &mut Pairs, more| {
            pairs.add(&more);
            Ok(())
        },
    )?;
    pairs.settle();
    let (read, submitted) = workers.iter().fold((0, 0), |(read, submitted), worker| {
        (read + worker.counts.0, submitted + worker.counts.1)
    });
    if read == 0 {
        return Err(Error::Input(
            "the sources hold no record below their headers. Check the extract".into(),
        ));
    }
    let counts = table(&pairs.pairs, &domains, &mut sealed).map_err(written)?;
    crate::interrupt::check()?;
    sealed
        .finish()
        .and_then(Finished::appear)
        .map_err(written)?
        .keep();
    Ok(Bridge {
        domains: counts,
        read,
        submitted,
        from,
        to,
    })
}

/// A name that is taken is a matter of usage; the rest is the disk's.
fn failed(path: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Error::Usage(format!("{}: {error}", path.display()));
    }
    Error::io("write", path)(error)
}

fn table(
    pairs: &[Pair],
    domains: &[String],
    to: &mut impl io::Write,
) -> io::Result<BTreeMap<String, u64>> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut file = csv::Writer::from_writer(to);
    file.write_record(["domain", "old", "new"])?;
    let (mut old, mut new) = ([0; 64], [0; 64]);
    for pair in pairs {
        let domain = &domains[usize::from(pair.domain)];
        crate::hex::encode_to(&pair.old, &mut old);
        crate::hex::encode_to(&pair.new, &mut new);
        file.write_record([domain.as_bytes(), &old, &new])?;
        match counts.get_mut(domain) {
            Some(count) => *count += 1,
            None => {
                counts.insert(domain.clone(), 1);
            }
        }
    }
    file.flush()?;
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pairs_are_kept_once_however_many_come() {
        let pair = |n: u32| Pair {
            old: std::array::from_fn(|at| n.wrapping_mul(2_654_435_761).to_be_bytes()[at % 4]),
            new: [7; 32],
            domain: 0,
        };
        let mut pairs = Pairs::default();
        let some: Vec<_> = (0..50_000).map(pair).collect();
        for _ in 0..40 {
            pairs.add(&some);
            assert!(pairs.pairs.len() <= 2 * some.len() + SURPLUS + some.len());
        }
        pairs.settle();
        assert_eq!(pairs.pairs.len(), some.len());
        assert!(pairs.pairs.is_sorted());
    }
}
