//! Guesses at how a pseudonym may have been made: every NHS number there can be, and the extract's own identifiers.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::super::line::in_order;
use super::super::read::threads;
use super::extract::Extract;
use super::{Attack, AttackOptions, Verdict};
use crate::attack::dictionary::{self, Trial};
use crate::attack::forms::salted_and_keyed;
use crate::attack::known::{self, NUMBERS};
use crate::attack::numbers::{ISSUED, OF_FIRST_DIGIT, Stretch};
use crate::attack::targets::Targets;
use crate::attack::{Circumstances, Form, Level};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Every NHS number there can be.
pub(super) fn all_numbers(
    c: &Circumstances,
    targets: &Targets,
    options: &AttackOptions,
) -> Result<Attack> {
    let forms = dictionary::forms(c);
    let mut attack = Attack {
        id: "all_nhs_numbers",
        tried: format!(
            "every NHS number that can be issued (first digit 4, 6 or 7) and the test range 999, each as {}, held against every pseudonym",
            words(&forms)
        ),
        figures: Vec::new(),
        notes: Vec::new(),
        took: Duration::ZERO,
        verdict: Verdict::NotRun(
            "--no-dictionary was given; the numbers of the extract are tried below".into(),
        ),
    };
    if !options.dictionary {
        return Ok(attack);
    }
    let started = Instant::now();
    let stretches = match &options.stretches {
        Some(some) => some.clone(),
        None => Stretch::issued().chain(Stretch::test()).collect(),
    };
    let total = OF_FIRST_DIGIT * ISSUED.len() as u64 + 909_091;
    let progress = Progress::begin("trying every NHS number", total, false);
    let counter = progress.counter();
    let workers = std::iter::repeat_with(|| Trial::new(targets, &forms))
        .take(threads())
        .collect();
    let mut met = vec![0; forms.len()];
    let mut by_first = BTreeMap::<u8, u64>::new();
    in_order(
        4 * threads(),
        stretches.into_iter().map(Ok),
        workers,
        |trial: &mut Trial<'_>, stretch| {
            let numbers = stretch.numbers();
            Ok((
                numbers.first().map(|n| n[0] - b'0'),
                numbers.len() as u64,
                trial.of(&numbers),
            ))
        },
        |(first, n, of_stretch): (Option<u8>, u64, dictionary::Met)| {
            counter.fetch_add(n, Ordering::Relaxed);
            *by_first.entry(first.unwrap_or_default()).or_default() += n;
            met.iter_mut()
                .zip(of_stretch)
                .for_each(|(all, n)| *all += n);
            Ok(())
        },
    )?;
    drop(progress);
    attack.took = started.elapsed();
    let issued: u64 = by_first
        .iter()
        .filter(|(first, _)| **first != 9)
        .map(|(_, n)| n)
        .sum();
    let all = by_first.values().sum::<u64>();
    if options.stretches.is_none() && issued != OF_FIRST_DIGIT * ISSUED.len() as u64 {
        return Err(Error::Internal("not every NHS number was tried".into()));
    }
    attack.figures = vec![
        ("numbers that can be issued".into(), issued),
        ("numbers of the test range".into(), all - issued),
        ("forms".into(), forms.len() as u64),
        ("digests compared".into(), all * forms.len() as u64),
        ("pseudonyms found".into(), met.iter().sum()),
    ];
    attack.notes.push(format!(
        "{} vectors, {} threads",
        Level::best().name(),
        threads()
    ));
    attack.verdict = verdict(&forms, &met);
    Ok(attack)
}

pub(super) fn words(forms: &[Form]) -> String {
    let (last, others) = forms.split_last().expect("there are forms");
    let others: Vec<_> = others.iter().map(|form| form.name.as_str()).collect();
    format!("{}; and {}", others.join("; "), last.name)
}

pub(super) fn verdict(forms: &[Form], met: &[u64]) -> Verdict {
    let found = forms.iter().zip(met).filter(|(_, met)| **met > 0);
    let found: Vec<_> = found
        .map(|(form, met)| format!("{met} pseudonyms are {}", form.name))
        .collect();
    if found.is_empty() {
        Verdict::Withstood
    } else {
        Verdict::Broken(found)
    }
}

/// Local identifiers of each kind that try the likeliest forms, and identifiers that try every form that has no lanes.
pub(super) const MANY: usize = 100_000;
pub(super) const SOME: usize = 1_000;

/// The extract's own identifiers, in forms by the thousand.
pub(super) fn known_identifiers(
    c: &Circumstances,
    targets: &Targets,
    extract: &Extract,
    options: &AttackOptions,
) -> Result<Attack> {
    let started = Instant::now();
    let (likely, thorough) = (known::likely(c), salted_and_keyed(c, options.algorithms));
    let forms: Vec<&Form> = likely.iter().chain(&thorough).collect();
    // What is tried of each domain: values by how many of them.
    let mut jobs = Vec::new();
    let mut figures = Vec::new();
    for (domain, values) in &extract.values {
        let (many, some) = (values.len().min(MANY), values.len().min(SOME));
        let hashed = |values: &[Box<[u8]>]| -> Vec<Box<[u8]>> {
            let forms = values
                .iter()
                .flat_map(|value| known::as_hashed(domain, value, c));
            forms.map(Vec::into_boxed_slice).collect()
        };
        let (all, few) = (hashed(&values[..many]), hashed(&values[..some]));
        let of = |n: usize| n as u64;
        let in_likely = if domain == NUMBERS {
            values.len()
        } else {
            many
        };
        figures.push((format!("{domain}: in every likely form"), of(in_likely)));
        figures.push((format!("{domain}: in every further form"), of(some)));
        if domain == NUMBERS {
            let digits = values
                .iter()
                .filter_map(|value| <[u8; 10]>::try_from(&**value).ok());
            jobs.push((Domain::Numbers(digits.collect()), all, few));
        } else {
            jobs.push((Domain::Texts, all, few));
        }
    }
    let progress = Progress::begin(
        "trying forms of hashing",
        (forms.len() * jobs.len()) as u64,
        false,
    );
    let counter = progress.counter();
    let mut met = vec![0; forms.len()];
    let mut compared = 0;
    let mut lanes = 0;
    in_order(
        8 * threads(),
        (0..forms.len() * jobs.len()).map(Ok),
        vec![(); threads()],
        |(), at| {
            let (form, (values, all, few)) = (forms[at % forms.len()], &jobs[at / forms.len()]);
            Ok(match values {
                // All of them, many at once.
                Domain::Numbers(numbers) if Trial::takes(form) => {
                    let met = Trial::new(targets, std::slice::from_ref(form)).of(numbers);
                    (at, numbers.len() as u64, met[0], true)
                }
                _ => {
                    let values = if at % forms.len() < likely.len() {
                        all
                    } else {
                        few
                    };
                    (
                        at,
                        values.len() as u64,
                        known::met(form, values, targets),
                        false,
                    )
                }
            })
        },
        |(at, n, of_form, in_lanes): (usize, u64, u64, bool)| {
            counter.fetch_add(1, Ordering::Relaxed);
            met[at % forms.len()] += of_form;
            compared += n;
            lanes += u64::from(in_lanes);
            Ok(())
        },
    )?;
    drop(progress);
    let names: Vec<Form> = forms.into_iter().cloned().collect();
    figures.extend([
        ("likely forms".to_owned(), likely.len() as u64),
        ("further forms".to_owned(), thorough.len() as u64),
        ("forms tried with every NHS number".to_owned(), lanes),
        ("digests compared".to_owned(), compared),
        ("pseudonyms found".to_owned(), met.iter().sum()),
    ]);
    let mut notes = Vec::new();
    if c.test_key {
        notes.push("TEST KEY: pseudonyms of the published test key protect nobody, as the bundle says; that key was not tried".to_owned());
    }
    Ok(Attack {
        id: "known_identifiers",
        tried: "identifiers of the extract in every usual form: alone, with obvious salts before and behind, grouped, hashed twice, and keyed with what is no secret".into(),
        figures,
        notes,
        took: started.elapsed(),
        verdict: verdict(&names, &met),
    })
}

/// What is known about the values of a domain.
pub(super) enum Domain {
    /// All are NHS numbers, which go into lanes.
    Numbers(Vec<[u8; 10]>),
    Texts,
}
