//! What a bundle gives away beside its pseudonyms: order, identifiers left in it, pseudonyms that others hold, people alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::extract::Extract;
use super::{Attack, Verdict, unreadable};
use crate::attack::alone::{self, Alone};
use crate::attack::order::{self, Alignment};
use crate::attack::submission::{self, Seen};
use crate::attack::targets::Targets;
use crate::attack::traces::Traces;
use crate::attest::predicate::Predicate;
use crate::attest::{self, CHECKSUMS, ENVELOPE, MANIFEST, SUBJECTS};
use crate::error::{Error, Result};

pub(super) fn in_order_of_the_extract(seen: &Seen, extract: &Extract) -> Attack {
    let started = Instant::now();
    let alignment = Alignment::of(&seen.kept, &extract.records);
    let mut found = Vec::new();
    if alignment.is_aligned() {
        found.push(format!(
            "the rows stand in an order like the extract's: rank correlation {:.3} (chance stays below {:.3}), {} pairs of neighbours kept",
            alignment.correlation, alignment.limit, alignment.neighbours
        ));
    }
    if let Some(row) = seen.out_of_order {
        found.push(format!("the rows are not in the order that the manifest states: row {row} of submission.csv stands before one that it should follow"));
    }
    let note = if alignment.is_told() {
        format!(
            "rank correlation {:.3}; chance stays below {:.3} (five times its spread)",
            alignment.correlation, alignment.limit
        )
    } else {
        format!(
            "fewer than {} people can be found again by what is sent as received: no correlation is told",
            order::FEWEST
        )
    };
    Attack {
        id: "order_of_rows",
        tried: "rows found again by what is sent as received, once for each person, and their places compared; the stated order".into(),
        figures: vec![
            ("people found again by unique rows".into(), alignment.people),
            ("neighbours that are neighbours in the extract".into(), alignment.neighbours),
            ("neighbours that chance may make".into(), order::NEIGHBOURS),
        ],
        notes: vec![note],
        took: started.elapsed(),
        verdict: match found.is_empty() {
            false => Verdict::Broken(found),
            true if alignment.is_told() => Verdict::Withstood,
            true => Verdict::NotRun(format!(
                "fewer than {} people can be found again without the key; the rows are in the stated order",
                order::FEWEST
            )),
        },
    }
}

pub(super) fn direct_identifiers(
    bundle: &Path,
    seen: &Seen,
    traces: &Traces<'_>,
    reading: Duration,
) -> Result<Attack> {
    let started = Instant::now();
    let mut found: Vec<String> = Vec::new();
    let cell = |column: &String| {
        format!("a direct identifier stands in column {column} of submission.csv")
    };
    found.extend(seen.identifying.iter().map(cell));
    let other = |column: &String| {
        format!("column {column} of submission.csv holds something else than pseudonyms")
    };
    found.extend(seen.no_pseudonyms.iter().map(other));
    let mut bytes = 0;
    for name in SUBJECTS.into_iter().chain([MANIFEST, ENVELOPE, CHECKSUMS]) {
        crate::interrupt::check()?;
        let path = bundle.join(name);
        // A million cells hold words by chance; they are looked at one by one.
        let words = !name.starts_with("submission.");
        bytes += std::fs::metadata(&path)
            .map_err(Error::io("read", &path))?
            .len();
        if traces
            .in_file(&path, words)
            .map_err(Error::io("read", &path))?
        {
            found.push(format!("a direct identifier stands in {name}"));
        }
    }
    let name = bundle
        .canonicalize()
        .ok()
        .and_then(|path| Some(path.file_name()?.to_owned()));
    if name.is_some_and(|name| traces.in_text(name.as_encoded_bytes())) {
        found.push("a direct identifier stands in the name of the bundle's directory".to_owned());
    }
    let parquet = bundle.join("submission.parquet");
    let (in_parquet, cells) = traces
        .in_parquet(&parquet)
        .map_err(|e| unreadable(&parquet, &e))?;
    found.extend(
        in_parquet
            .into_iter()
            .map(|place| format!("a direct identifier stands in {place}")),
    );
    Ok(Attack {
        id: "direct_identifiers",
        tried: "NHS numbers and full postcodes of the extract (plain, spaced, hyphenated, in hex, in base64) in every byte of every \
            file; its person ids and names as cells; what the Parquet file says about itself, its statistics and dictionaries"
            .into(),
        figures: vec![
            ("files".into(), 8),
            ("bytes".into(), bytes),
            ("distinct cells of submission.csv".into(), seen.cells),
            ("distinct cells of submission.parquet".into(), cells),
        ],
        notes: Vec::new(),
        took: started.elapsed() + reading,
        verdict: if found.is_empty() { Verdict::Withstood } else { Verdict::Broken(found) },
    })
}

pub(super) fn shared_pseudonyms(
    predicate: &Predicate,
    targets: &Targets,
    others: &[PathBuf],
) -> Result<Attack> {
    let started = Instant::now();
    let (mut found, mut figures, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (at, bundle) in others.iter().enumerate() {
        let statement = attest::check_unsigned(bundle, None)?;
        let other = statement.predicate();
        let csv = bundle.join("submission.csv");
        let theirs = submission::pseudonyms(&csv).map_err(|e| unreadable(&csv, &e))?;
        let shared = targets.shared(&theirs);
        let name = format!("bundle {}", at + 1);
        figures.push((format!("{name}: pseudonyms"), theirs.len() as u64));
        figures.push((format!("{name}: shared"), shared));
        let differs = [
            ("key", predicate.key.id != other.key.id),
            (
                "controller",
                predicate.controller.la_code != other.controller.la_code,
            ),
            ("recipient", predicate.recipient != other.recipient),
            ("purpose", predicate.purpose != other.purpose),
            ("epoch", predicate.key.epoch != other.key.epoch),
        ];
        let differs: Vec<_> = differs
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(name, _)| name)
            .collect();
        if differs.is_empty() {
            notes.push(format!("{name} was made with the same key for the same controller, recipient, purpose and epoch: it is meant to share pseudonyms"));
        } else if shared > 0 {
            found.push(format!(
                "{shared} pseudonyms stand in {name} too, which has another {}",
                differs.join(", another ")
            ));
        } else {
            notes.push(format!("{name} has another {}", differs.join(", another ")));
        }
    }
    Ok(Attack {
        id: "shared_pseudonyms",
        tried: "pseudonyms that stand in a bundle of another recipient, purpose or epoch too"
            .into(),
        figures,
        notes,
        took: started.elapsed(),
        verdict: match (others, found.is_empty()) {
            ([], _) => Verdict::NotRun("no other bundle was named with --other".into()),
            (_, true) => Verdict::Withstood,
            (_, false) => Verdict::Broken(found),
        },
    })
}

pub(super) fn people_alone(columns: &alone::Columns, alone: &Alone) -> Attack {
    let started = Instant::now();
    let people = alone.people();
    let mut notes = Vec::new();
    let mut figures = Vec::new();
    if people >= alone::SMALLEST {
        figures.push(("people".to_owned(), people));
    }
    for ((details, _), share) in alone::SETS.into_iter().zip(alone.clone().shares()) {
        notes.push(format!("alone in {details}: {}", share.words()));
    }
    Attack {
        id: "people_alone",
        tried: "people told apart by the pseudonym of their LA person id, and how many of them share what stands about them with nobody: a figure to judge by, as the return demands these details".into(),
        figures,
        notes,
        took: started.elapsed(),
        verdict: match columns.person {
            Some(_) => Verdict::Told,
            None => Verdict::NotRun("the submission has no pseudonym of the LA person id".into()),
        },
    }
}
