//! Pseudonyms in a real submission: the contract's vectors, the combined id, linked people, separation of scopes.

use crate::support::{Council, Table, carer, service};

const NUMBER: &str = "d8767e5ac9f66cd09010633327ac6c7a412b78eb230ea5a82e076b353879382f";
const PERSON: &str = "0d107c6a8984de9d3d669eb09a3e18317aff7fa8d187d4254eb148e68cf32086";
const EVENT: &str = "2ef51490350c0dd66202c4bdb044f6f408a15cb197b46a3956c9b51c79656db2";

const NHS: &str = "Der_NHS_Number_Pseudo";
const LA: &str = "Der_LA_Person_Unique_Identifier_Pseudo";
const COMBINED: &str = "Der_NHS_LA_Combined_Person_ID";

#[track_caller]
fn submission(number: &str, person: &str) -> Table {
    Council::of([service().of(number, person, "E1")])
        .argument("--allow-test-key")
        .makes()
        .submission()
}

#[test]
fn the_contracts_vectors_stand_in_a_submission() {
    let table = submission("9434765919", "P100001");
    assert_eq!(table.only(NHS), NUMBER);
    assert_eq!(table.only("Der_NHS_Number_Traced_Pseudo"), "");
    assert_eq!(table.only(LA), PERSON);
    assert_eq!(table.only(COMBINED), NUMBER);
    assert_eq!(table.only("Der_Event_Reference_Pseudo"), EVENT);
}

#[test]
fn the_combined_id_falls_back_to_the_person() {
    let fallback = format!("999_{PERSON}");
    for (number, person, combined) in [
        ("9434765919", "P100001", NUMBER),
        ("9434765919", "", NUMBER),
        ("9434765918", "P100001", &fallback),
        ("", "P100001", &fallback),
        ("943476591", "P100001", &fallback),
        ("9876543210", "P100001", &fallback),
    ] {
        assert_eq!(
            submission(number, person).only(COMBINED),
            combined,
            "{number}"
        );
    }
}

#[test]
fn every_spelling_of_an_identifier_gives_one_pseudonym() {
    for number in [
        "943 476 5919",
        "943-476-5919",
        " 9434765919\t",
        "\u{feff}9434765919",
        "943\u{a0}476\u{2007}5919",
        "943\u{200b}476\u{200d}5919",
        "943\u{2011}476\u{2013}5919",
    ] {
        assert_eq!(submission(number, "").only(NHS), NUMBER, "{number:?}");
    }
    for number in [
        "9.43E+09",
        "9434765919.0",
        "94347659190",
        "９４３４７６５９１９",
        "943 476 591O",
        "0000000000",
    ] {
        assert_eq!(submission(number, "P1").only(NHS), "", "{number:?}");
    }
    assert_eq!(submission("", " P100001\u{a0}").only(LA), PERSON);
    let (composed, decomposed) = ("Zo\u{eb}", "Zoe\u{308}");
    assert_eq!(
        submission("", composed).only(LA),
        submission("", decomposed).only(LA)
    );
    // Capitals tell ids apart: they do so in case systems.
    assert_ne!(submission("", "p100001").only(LA), PERSON);
    for blank in [" ", "NULL", " null "] {
        assert_eq!(submission("9434765919", blank).only(LA), "");
    }
}

#[test]
fn a_linked_person_has_that_persons_pseudonym() {
    let linked = carer()
        .of("9990000026", "P2", "")
        .with("Adult 1 Linked Person_ID", "P100001")
        .with("Adult 2 Linked Person_ID", " P2 ")
        .with("Adult 3 Linked Person_ID", "");
    let table = Council::of([linked]).makes().submission();
    assert_eq!(table.only("Der_Adult_1_Linked_Person_ID_Pseudo"), PERSON);
    assert_eq!(
        table.only("Der_Adult_2_Linked_Person_ID_Pseudo"),
        table.only(LA)
    );
    assert_eq!(table.only("Der_Adult_3_Linked_Person_ID_Pseudo"), "");
}

#[test]
fn scopes_share_no_pseudonym() {
    let record = || service().of("9990000018", "P100001", "E1");
    let made = |key: &str, value: &str| {
        let table = Council::of([record()]).set(key, value).makes().submission();
        [NHS, LA, "Der_Event_Reference_Pseudo"].map(|c| table.only(c).to_owned())
    };
    let key = crate::support::samples("test.key");
    let other_epoch = format!("{{file: {key}, epoch: \"2027\"}}");
    let scopes = [
        made("recipient", "nhs-england"),
        made("recipient", "dhsc"),
        made("purpose", "research"),
        made("key", &other_epoch),
        made("controller", "{la_code: \"998\", name: Testshire}"),
    ];
    let mut all: Vec<_> = scopes.iter().flatten().collect();
    assert!(all.iter().all(|p| p.len() == 64));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 15);
}

#[test]
fn equal_ids_in_different_domains_share_no_pseudonym() {
    let table = Council::of([service().of("9990000018", "9990000018", "9990000018")])
        .makes()
        .submission();
    let mut all = [NHS, LA, "Der_Event_Reference_Pseudo"].map(|c| table.only(c));
    all.sort_unstable();
    assert!(all[0] != all[1] && all[1] != all[2]);
}
