//! What would give a number to the wrong person, or to two: people who are back, share, object or are recorded otherwise.

use std::fs;

use super::support::{NUMBERS, Tracing, code, found};
use crate::support::{Council, Record, Said, Table, call, service};

/// The work list.
fn work(tracing: &Tracing) -> Table {
    tracing.trace(&["worklist"]).code(0);
    Table::of(&fs::read(tracing.path("worklist/tracing/nhs-numbers-to-settle.csv")).unwrap())
}

/// P101 is verified with a number and then recorded as dead, which the register has noticed.
fn one_died(number: &'static str, council: Council) -> (Tracing, String) {
    let mut tracing = Tracing::of(council, "")
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    let other = Tracing::reference(&rows, "Ravenscroft");
    tracing.apply("a.csv", &[(&one, found(number))]);
    tracing.set("P101", "DIED", "01/02/2026");
    tracing.json(&["request"]);
    (tracing, other)
}

#[test]
fn the_number_of_the_dead_is_anothers_only_while_they_are_dead() {
    let (mut tracing, other) = one_died(NUMBERS[0], Council::of([service()]));
    // Alive again in the case system; nobody has run `request` since.
    tracing.set("P101", "DIED", "");
    let applied = tracing.apply("b.csv", &[(&other, found(NUMBERS[0]))]);
    assert_eq!(applied["rules"]["number.another_person"]["05"], 1);
    let (tracing, other) = one_died(NUMBERS[0], Council::of([service()]));
    let applied = tracing.apply("b.csv", &[(&other, found(NUMBERS[0]))]);
    assert_eq!(applied["rules"]["match.single"]["01"], 1);
    tracing.verify();
}

fn event(person: &str, reference: &str) -> Record {
    service()
        .with("LA Person Unique Identifier", person)
        .with("NHS Number", "")
        .with("Event Reference", reference)
}

/// Runs the return: what it says, and how many of the rows have a traced number.
#[track_caller]
fn returned(tracing: &Tracing) -> (Said, usize) {
    let out = tracing.path("out");
    if out.exists() {
        fs::remove_dir_all(&out).unwrap();
    }
    let said = Said::of(tracing.council.command().output().unwrap()).code(0);
    let bundle = crate::support::only_directory(&out);
    let table = Table::of(&fs::read(bundle.join("submission.csv")).unwrap());
    let column = table.column("Der_NHS_Number_Traced_Pseudo");
    (said, column.iter().filter(|cell| !cell.is_empty()).count())
}

#[test]
fn a_number_of_two_people_is_not_used_in_the_return() {
    const SHARED: &str = "9990000026";
    let council = || Council::of([event("P101", "E1"), event("P102", "E2")]);
    let (tracing, other) = one_died(SHARED, council());
    let (said, with) = returned(&tracing);
    assert_eq!(with, 1);
    assert!(!said.stdout.contains("one number"));
    tracing.apply("b.csv", &[(&other, found(SHARED))]);
    let (said, with) = returned(&tracing);
    assert_eq!(with, 0);
    assert!(
        said.stdout
            .contains("2 people of the register share a verified number"),
        "{}",
        said.stdout
    );
}
