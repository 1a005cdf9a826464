//! The portal part of `cld validate`: runs the preflight beside the validation, and makes text of it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::print::number;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::portal::{
    BASIS, Format, Gzipped, Level, NOT_CHECKED, Place, Preflight, Problem, Rule, Specification,
    preflight,
};

/// Problems of one rule that are printed for people; programs get all.
const PRINTED: usize = 5;

/// What was found of each file.
pub type Preflights = Vec<(PathBuf, Preflight)>;

/// Runs the preflight of each file while `work` runs. A file that cannot be read has none: `work` fails with it.
pub fn beside<T>(
    specification: &Specification,
    files: &[PathBuf],
    work: impl FnOnce() -> Result<T>,
) -> (Result<T>, Preflights) {
    let given_up = AtomicBool::new(false);
    let go_on = || {
        if given_up.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        interrupt::check()
    };
    std::thread::scope(|scope| {
        let go_on = &go_on;
        let preflights = scope.spawn(move || {
            let mut done = Vec::new();
            for file in files {
                done.push((file.clone(), preflight(file, specification, go_on)));
            }
            done
        });
        let outcome = work();
        // Where there is nobody to tell, or somebody asked to stop, the rest of a long file is not waited for.
        if matches!(outcome, Err(Error::Io { .. } | Error::Interrupted)) {
            given_up.store(true, Ordering::Relaxed);
        }
        let done = preflights.join();
        settle(
            outcome,
            done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        )
    })
}

/// A file that only the preflight could not read changed meanwhile.
fn settle<T>(
    outcome: Result<T>,
    done: Vec<(PathBuf, Result<Preflight>)>,
) -> (Result<T>, Preflights) {
    let mut outcome = outcome;
    let mut preflights = Vec::new();
    for (file, preflight) in done {
        match preflight {
            Ok(preflight) => preflights.push((file, preflight)),
            Err(e) if outcome.is_ok() => outcome = Err(e),
            Err(_) => {}
        }
    }
    (outcome, preflights)
}

/// How many rules are broken in any file whose breach is as bad as this.
pub fn broken(preflights: &[(PathBuf, Preflight)], least: Level) -> usize {
    let problems = preflights.iter().flat_map(|(_, p)| &p.problems);
    let rules = problems
        .map(|p| p.rule)
        .filter(|rule| rule.level() <= least);
    rules.map(Rule::name).collect::<HashSet<_>>().len()
}

/// A rule of the portal as a page, for `cld explain`; `None` where there is none of that code.
pub fn page(code: &str) -> Option<(String, Value)> {
    let rule = Rule::ALL.into_iter().find(|rule| rule.name() == code)?;
    let why = match rule.level() {
        Level::Refused => "The portal refuses such a file, and nothing of it is stored.",
        Level::Warning => "The portal may refuse such a file, or take it for something else.",
        Level::Note => "Worth knowing; it is not known that the portal minds.",
    };
    let (checks, level, remedy) = (rule.checks(), rule.level().name(), rule.remedy());
    let text = format!(
        "{code}\n{checks}\n\n  level           {level}\n  looks at        the file as it stands\n  why it matters  {why}\n  what to do      {remedy}\n  evidence        {BASIS}\n  source          S18\n"
    );
    let value = json!({
        "rule": code, "level": level, "checks": checks, "why": why, "what_to_do": remedy, "evidence": BASIS, "source": "S18",
    });
    Some((text, value))
}

/// For people.
pub fn human(preflights: &[(PathBuf, Preflight)]) -> String {
    let mut text = String::new();
    for (file, preflight) in preflights {
        text += &human_file(file, preflight);
    }
    if !text.is_empty() {
        let unknown: Vec<_> = NOT_CHECKED
            .iter()
            .map(|(what, why)| format!("{what} ({why})"))
            .collect();
        text += &format!(
            "Portal rules: {BASIS}. Not checked, because unknown: {}\n",
            unknown.join("; ")
        );
    }
    text
}

fn human_file(file: &Path, preflight: &Preflight) -> String {
    let counts: Vec<_> = [
        (
            Level::Refused,
            "reason to refuse it",
            "reasons to refuse it",
        ),
        (Level::Warning, "warning", "warnings"),
        (Level::Note, "note", "notes"),
    ]
    .iter()
    .map(|(level, one, many)| (preflight.count(*level), one, many))
    .filter(|(n, _, _)| *n > 0)
    .map(|(n, one, many)| format!("{n} {}", if n == 1 { one } else { many }))
    .collect();
    let counts = if counts.is_empty() {
        String::new()
    } else {
        format!(": {}", counts.join(", "))
    };
    let mut text = format!(
        "\nPortal: {} {}{counts}\n  {}\n",
        file.display(),
        preflight.verdict(),
        size(preflight)
    );
    for of_one in preflight.problems.chunk_by(|a, b| a.rule == b.rule) {
        for problem in of_one.iter().take(PRINTED) {
            text += &human_problem(problem);
        }
        if of_one.len() > PRINTED {
            text += &format!(
                "  {:<7}  and {} more like these (--format json tells all)\n",
                of_one[0].rule.level().name(),
                of_one.len() - PRINTED
            );
        }
    }
    text
}

fn human_problem(problem: &Problem) -> String {
    let mut places = problem.places.iter().map(place);
    let first = places
        .next()
        .map_or(String::new(), |place| format!("{place}: "));
    let others: Vec<_> = places.collect();
    let others = match (problem.count, others.is_empty()) {
        (0 | 1, _) => String::new(),
        (n, true) => format!(" ({} in all)", number(n)),
        (n, false) => format!(" ({} in all; also {})", number(n), others.join(", ")),
    };
    format!(
        "  {:<7}  {first}{}{others}\n",
        problem.rule.level().name(),
        problem.message
    )
}

/// `row 12 column C byte 345`.
pub fn place(place: &Place) -> String {
    let byte = format!("byte {}", place.byte);
    match (place.row, place.column) {
        (Some(row), Some(column)) => format!("row {row} column {} {byte}", letters(column)),
        (Some(row), None) => format!("row {row} {byte}"),
        (None, _) => byte,
    }
}

fn letters(column: u64) -> String {
    crate::map::letters(usize::try_from(column).unwrap_or(usize::MAX - 1))
}

fn size(preflight: &Preflight) -> String {
    let plain = preflight.sizes.plain.map(number);
    match (preflight.format, preflight.sizes.gzipped, plain) {
        (Format::Other, _, Some(plain)) => format!("{plain} bytes"),
        (_, Gzipped::Is(bytes), plain) => format!(
            "{} bytes gzipped, {}",
            number(bytes),
            plain.map_or("and how many plain is not known".to_owned(), |n| format!(
                "{n} plain"
            ))
        ),
        (_, Gzipped::AtMost(bytes), Some(plain)) => {
            format!("{plain} bytes plain, {} at most gzipped", number(bytes))
        }
        (_, _, Some(plain)) => {
            format!("{plain} bytes plain; gzipped not measured, since not needed")
        }
        (_, _, None) => "of unknown size".to_owned(),
    }
}

/// For programs.
pub fn json(preflights: &[(PathBuf, Preflight)]) -> Value {
    let not_checked = NOT_CHECKED.map(|(what, why)| json!({ "what": what, "why": why }));
    preflights
        .iter()
        .map(|(file, preflight)| {
            let (gzipped, measured) = match preflight.sizes.gzipped {
                Gzipped::Is(bytes) => (Some(bytes), "exact"),
                Gzipped::AtMost(bytes) => (Some(bytes), "at most"),
                Gzipped::NotNeeded => (None, "not needed"),
            };
            json!({
                "file": file.display().to_string(),
                "verdict": preflight.verdict(),
                "format": preflight.format.name(),
                "size": {
                    "plain": preflight.sizes.plain,
                    "gzipped": gzipped,
                    "gzipped_measured": measured,
                },
                "problems": preflight.problems.iter().map(json_problem).collect::<Vec<_>>(),
                "basis": BASIS,
                "not_checked": not_checked,
            })
        })
        .collect()
}

fn json_problem(problem: &Problem) -> Value {
    let place = |place: &Place| json!({ "byte": place.byte, "row": place.row, "column": place.column.map(letters) });
    json!({
        "rule": problem.rule.name(),
        "level": problem.rule.level().name(),
        "message": problem.message,
        "fields": problem.fields,
        "count": problem.count,
        "places": problem.places.iter().map(place).collect::<Vec<_>>(),
    })
}
