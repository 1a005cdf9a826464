//! What the manifest says of the run's checks on itself.

use super::Facts;
use crate::attack::alone::Alone;
use crate::attack::{alone, known};
use crate::attest::predicate::{self as say};
use crate::treat::{Chosen, Form};

pub(super) fn self_attack(facts: &Facts<'_>) -> say::SelfAttack {
    let tried = facts.tried;
    let of_all = |tried: u64, most: usize| match tried < most as u64 {
        true => "all".to_owned(),
        false => format!("{most} of more, or all"),
    };
    let identifiers = tried.identifiers.iter().map(|(family, likely, further)| {
        let of_family = say::TriedIdentifiers {
            likely: of_all(*likely, Chosen::MOST),
            further: of_all(*further, known::FEW),
        };
        (family.clone(), of_family)
    });
    let shares = facts
        .written
        .alone
        .clone()
        .map(Alone::shares)
        .unwrap_or_default();
    let uniqueness = alone::SETS.into_iter().zip(shares);
    say::SelfAttack {
        identifiers: identifiers.collect(),
        likely_forms: tried.likely_forms,
        further_forms: tried.further_forms,
        comparisons: first_digit(tried.comparisons),
        matches: tried.found.len() as u64,
        uniqueness: uniqueness
            .map(|((details, _), share)| say::Uniqueness {
                details: details.into(),
                alone: share.words(),
            })
            .collect(),
    }
}

/// Rounded down to the first digit.
fn first_digit(figure: u64) -> u64 {
    let unit = 10_u64.pow(figure.checked_ilog10().unwrap_or(0));
    figure / unit * unit
}

pub(super) fn checks(facts: &Facts<'_>) -> Vec<say::Check> {
    let passed = |check: &str, figures: &[(&str, u64)]| say::Check {
        check: check.into(),
        result: say::CheckResult::Passed,
        figures: figures
            .iter()
            .map(|(name, n)| ((*name).to_owned(), *n))
            .collect(),
    };
    let text_columns = facts
        .rows
        .columns
        .iter()
        .filter(|c| c.form == Form::Text)
        .count() as u64;
    let excluded: u64 = facts.sums.excluded.iter().sum();
    vec![
        passed(
            "Every record read is either submitted or excluded for one named reason",
            &[
                ("read", facts.sums.read()),
                ("submitted", facts.sums.submitted),
                ("excluded", excluded),
            ],
        ),
        passed(
            "No NHS number (plain, spaced or hyphenated) and no full postcode of the extract stands in submission.csv, in the \
             other text files or in the metadata of submission.parquet",
            &[(
                "cells looked at in submission.csv",
                facts.written.cells_checked,
            )],
        ),
        passed(
            "No cell that was copied from the extract is one of its person ids or names (values of the lists, and numbers below a thousand in columns of counts, are left alone)",
            &[
                ("text columns", text_columns),
                (
                    "cells withheld before writing",
                    facts.written.withheld.values().sum(),
                ),
            ],
        ),
        passed(
            "Identical rows are kept, as double-up care is real, and so is everything that national deduplication would take for one event",
            &[
                ("rows equal to another one", facts.written.identical),
                (
                    "records that would go in national tables of one submission",
                    facts.collapsed.single.going,
                ),
                (
                    "records that would go in national tables joined over several",
                    facts.collapsed.joined.going,
                ),
            ],
        ),
        passed(
            "A test key is accepted for test numbers only, unless it was allowed on the command line",
            &[(
                "allowed on the command line",
                u64::from(facts.options.allow_test_key),
            )],
        ),
    ]
}
