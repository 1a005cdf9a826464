//! Who is asked about, and what the request and the register say of them.

use std::fs;

use super::support::{NUMBERS, Tracing, code, found};
use crate::support::{Table, tree};

#[test]
fn a_birth_date_that_stands_for_none_is_not_asked_with() {
    let tomorrow = chrono::Local::now() + chrono::Days::new(1);
    let tomorrow = tomorrow.format("%d/%m/%Y").to_string();
    for born in ["01/01/1900", "01/01/1753", &tomorrow, "31/12/2999"] {
        for number in ["", NUMBERS[0]] {
            let tracing = Tracing::new()
                .person("P101", number, "Quennell")
                .but("P101", "BORN", born)
                .person("P102", "", "Ravenscroft")
                .but("P102", "BORN", "02/01/1900");
            assert_eq!(tracing.request().len(), 1, "{born}");
            assert_eq!(tracing.json(&["select"])["excluded"]["incomplete"], 1);
            tracing.trace(&["worklist"]).code(0);
            let list = fs::read(tracing.path("worklist/tracing/nhs-numbers-to-settle.csv"));
            let list = Table::of(&list.unwrap());
            assert_eq!(
                (list.only("person_id"), list.only("reason")),
                ("P101", "birth_date_stand_in")
            );
        }
    }
}

#[test]
fn everybody_is_asked_about_or_counted_under_one_reason() {
    let tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .person("P102", NUMBERS[0], "Ravenscroft")
        .person("P103", "", "Dead")
        .but("P103", "DIED", "02/03/2025")
        .person("P104", "", "Objector")
        .but("P104", "OBJECTS", "y")
        .person("P105", "", "Twice")
        .person("P105", "", "Twice")
        .person("P106", "", "Nameless")
        .but("P106", "LAST", "")
        .person("P107", NUMBERS[1], "Sharer")
        .person("P108", NUMBERS[1], "Sharer")
        .person("", "", "Idless")
        .person("P109", "", "Unborn")
        .but(
            "P109",
            "BORN",
            &chrono::Local::now().format("%d/%m/%Y").to_string(),
        )
        .person("P110", "", "Unsure")
        .but("P110", "DIED", "last May");
    let mut tracing = tracing.allocate("P111", "", "RESWKR");
    tracing = tracing.person("P112", "", "Ended");
    tracing.end("P112", "01/02/2026");
    let selected = tracing.json(&["select"]);
    assert_eq!(selected["people"], 13);
    assert_eq!(
        (&selected["cross_check"], &selected["alphanumeric"]),
        (&1.into(), &1.into())
    );
    let excluded = &selected["excluded"];
    for (reason, count) in [
        ("no_person_id", 1),
        ("several_rows", 2),
        ("dead", 1),
        ("death_unclear", 1),
        ("no_worker", 1),
        ("objection", 1),
        ("baby", 1),
        ("number_shared", 2),
        ("incomplete", 1),
    ] {
        assert_eq!(excluded[reason], count, "{reason} in {excluded}");
    }
    assert_eq!(excluded.as_object().unwrap().len(), 9);
    // It changes nothing, and the request selects the same.
    assert!(!tracing.path("tracing").exists());
    let rows = tracing.request();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        tracing.statuses(),
        [
            ("03".into(), 2),
            ("05".into(), 2),
            ("06".into(), 2),
            ("08".into(), 1)
        ]
    );
    tracing.verify();
}

#[test]
fn only_allocations_of_the_types_named_count() {
    let mut tracing = Tracing::new().person("P101", "", "Quennell");
    tracing.end("P101", "01/01/2026");
    let tracing = tracing.allocate("P101", "", "OTHER");
    assert_eq!(tracing.json(&["select"])["excluded"]["no_worker"], 1);
    let tracing = tracing.allocate("P101", "", "allwkr");
    assert_eq!(tracing.json(&["select"])["selected"], 1);
}

#[cfg(unix)]
#[test]
fn request_and_register_are_for_their_owner_alone_and_outside_of_bundles() {
    use std::os::unix::fs::PermissionsExt;
    let tracing = Tracing::new().person("P101", "", "Quennell");
    tracing.request();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&tracing.path("tracing/requests")), 0o700);
    assert_eq!(mode(&tracing.path("tracing")), 0o700);
    assert_eq!(mode(&tracing.register()), 0o600);
    for (name, _) in tree(&tracing.path("tracing/requests")) {
        assert_eq!(mode(&tracing.path("tracing/requests").join(name)), 0o600);
    }
    // Neither by the configuration nor by an option.
    for inside in ["out/x", "out"] {
        let out = tracing.path(inside);
        tracing
            .trace(&["request", "--out", out.to_str().unwrap()])
            .code(2)
            .says(&["folder of the bundles"]);
    }
    let tracing = Tracing::with(", ask_again_after_days: 0").person("P101", "", "Quennell");
    tracing
        .trace(&["select"])
        .code(2)
        .says(&["tracing.ask_again_after_days"]);
    fs::set_permissions(
        tracing.path("council.yaml"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
}

#[test]
fn who_waits_is_not_asked_about_again_and_who_was_corrected_is() {
    let mut tracing =
        Tracing::new()
            .person("P101", "", "Quennell")
            .person("P102", "", "Ravenscroft");
    let rows = tracing.request();
    let again = tracing.json(&["request"]);
    assert_eq!(
        (&again["selected"], &again["excluded"]["waiting"]),
        (&0.into(), &2.into())
    );
    assert_eq!(again["files"].as_array().unwrap().len(), 0);
    let one = Tracing::reference(&rows, "Quennell").is_empty();
    assert!(!one);
    let quennell = Tracing::reference(&rows, "Quennell");
    let ravenscroft = Tracing::reference(&rows, "Ravenscroft");
    let applied = tracing.apply(
        "a.csv",
        &[(&quennell, code("97")), (&ravenscroft, found(NUMBERS[0]))],
    );
    assert_eq!(applied["rules"]["match.several_close"]["04"], 1);
    let selected = tracing.json(&["select"]);
    assert_eq!(selected["excluded"]["unsettled"], 1);
    assert_eq!(selected["excluded"]["verified"], 1);
    tracing.set("P101", "PCODE", "LS2 8PD");
    assert_eq!(tracing.json(&["select"])["alphanumeric"], 1);
}

#[test]
fn without_a_match_the_number_and_then_the_postcode_are_left_out() {
    let tracing = Tracing::new().person("P101", NUMBERS[0], "Quennell");
    let rows = tracing.request();
    let reference = Tracing::reference(&rows, NUMBERS[0]);
    tracing.apply("a.csv", &[(&reference, code("98"))]);
    let rows = tracing.request();
    let row = &rows[0];
    assert!(
        row.contains(&"LS1 4AP".to_owned()) && row[1].is_empty(),
        "asked by name"
    );
    tracing.apply("b.csv", &[(&row[0], code("98"))]);
    let rows = tracing.request();
    let row = &rows[0];
    assert!(
        !row.contains(&"LS1 4AP".to_owned()) && row[1].is_empty(),
        "without the postcode"
    );
    tracing.apply("c.csv", &[(&row[0], code("98"))]);
    assert_eq!(tracing.json(&["select"])["excluded"]["unsettled"], 1);
    // The number found by name is another one than the case system has.
    assert_eq!(tracing.statuses(), [("04".into(), 1)]);
    tracing.verify();
}

#[test]
fn a_missing_column_or_configuration_is_told_without_a_value() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    tracing.trace(&["select"]).code(0);
    let config = fs::read_to_string(tracing.path("council.yaml")).unwrap();
    for (from, to, exit, says) in [
        ("person: ID", "person: IDENT", 3, "no column `IDENT`"),
        (
            "requests: tracing/requests",
            "requests: out/requests",
            2,
            "tracing.requests",
        ),
        (
            "register: tracing/register.db",
            "register: worklist/register.db",
            2,
            "tracing.register",
        ),
        (
            "{column: OBJECTS, values: [Y], none: [N]}",
            "{values: [Y]}",
            2,
            "tracing.people.objection",
        ),
        ("M: male", "M: man", 2, "tracing.people.genders"),
        ("register:", "regster:", 2, "register"),
    ] {
        fs::write(tracing.path("council.yaml"), config.replacen(from, to, 1)).unwrap();
        tracing.trace(&["select"]).code(exit).says(&[says]);
    }
    let without: String = config
        .lines()
        .filter(|l| !l.starts_with("tracing"))
        .map(|l| format!("{l}\n"))
        .collect();
    fs::write(tracing.path("council.yaml"), without).unwrap();
    tracing
        .trace(&["select"])
        .code(2)
        .says(&["there is no `tracing:`"]);
}
