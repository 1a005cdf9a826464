//! Who is included whatever they said or pay: opt-outs and objections remove nobody, and small numbers are hidden.

use std::fs;

use crate::support::{Council, Ran, Record, carer, service, tree};

/// So many people of a kind, each with an id and a number of their own.
fn people(from: usize, number: usize, change: impl Fn(Record) -> Record) -> Vec<Record> {
    let numbered = (from..from + number).map(|n| {
        let record = service().of("", &format!("P{n}"), &format!("E{n}"));
        change(record)
    });
    numbered.collect()
}

fn council() -> Council {
    let users = people(0, 30, |r| r);
    let paying = people(0, 12, |r| {
        r.with("Client Funding Status", "Fully client funded")
    });
    let carers = people(20, 25, |r| r.with("Client Type", "Unpaid carer"));
    let known = (100..103).map(|n| carer().of("", &format!("P{n}"), ""));
    let all = users.into_iter().chain(paying).chain(carers).chain(known);
    Council::of(all)
}

fn group(ran: &Ran, name: &str) -> serde_json::Value {
    let predicate = ran.predicate();
    let groups = predicate["people"].as_array().unwrap();
    let group = groups.iter().find(|group| group["group"] == name);
    group.expect(name)["people"].clone()
}

#[test]
fn carers_and_people_who_fund_their_own_care_are_counted() {
    let ran = council().makes();
    assert_eq!(ran.predicate()["counts"]["people"], 48);
    assert_eq!(group(&ran, "service users"), 30);
    assert_eq!(group(&ran, "unpaid carers"), 25);
    assert_eq!(
        group(&ran, "unpaid carers known by association"),
        "fewer than 10"
    );
    assert_eq!(
        group(&ran, "another client type, or none that can be read"),
        "fewer than 10"
    );
    assert_eq!(group(&ran, "people who fund their own care"), 12);
    let report = String::from_utf8(ran.read("report.html")).unwrap();
    assert!(report.contains("people who fund their own care") && report.contains("fewer than 10"));

    // Nobody is left out for it.
    assert_eq!(ran.predicate()["counts"]["submitted"], 70);
}

#[test]
fn a_total_does_not_give_a_small_number_away() {
    // Eleven service users and nine carers, nobody both: 20 less 11 would be 9.
    let users = people(0, 11, |r| r);
    let carers = people(11, 9, |r| r.with("Client Type", "Unpaid carer"));
    let ran = Council::of(users.into_iter().chain(carers)).makes();
    let shown = [
        "service users",
        "unpaid carers",
        "unpaid carers known by association",
        "another client type, or none that can be read",
    ]
    .map(|name| group(&ran, name));
    assert_eq!(shown[0], "not shown", "nine are left over");
    assert!(shown[1..].iter().all(|people| people == "fewer than 10"));
}

#[test]
fn numbers_of_people_hang_neither_on_order_nor_on_sources() {
    let whole = council().makes();
    let mut shuffled: Vec<Record> = people(0, 30, |r| r);
    shuffled.extend(people(0, 12, |r| {
        r.with("Client Funding Status", "Fully client funded")
    }));
    shuffled.reverse();
    let others = people(20, 25, |r| r.with("Client Type", "CARER"))
        .into_iter()
        .chain((100..103).map(|n| carer().of("", &format!("P{n}"), "")));
    let apart = Council::of(others).source("more.csv", shuffled).makes();
    assert_eq!(apart.predicate()["people"], whole.predicate()["people"]);
}

/// The list names P0 to P19 by id, people who are not there, and one entry that cannot be read.
fn objections() -> String {
    let mut list = "name,LA Person Unique Identifier,NHS Number\r\n".to_owned();
    for n in 0..20 {
        list += &format!("Q,P{n},\r\n");
    }
    for n in 500..510 {
        list += &format!("Q,P{n},\r\n");
    }
    list + "Q,,9434765911\r\n"
}

#[test]
fn objections_remove_nothing_and_are_counted() {
    let without = council().makes();
    let with = council()
        .beside("objections.csv", objections())
        .set("objections", "{file: objections.csv}")
        .makes();
    for file in ["submission.csv", "submission.parquet"] {
        assert_eq!(with.read(file), without.read(file), "{file}");
    }
    let told = with.predicate()["opt_outs"].clone();
    assert_eq!(told["national_data_opt_out"]["applied"], false);
    assert_eq!(told["national_data_opt_out"]["reason"], "mandated");
    assert_eq!(told["national_data_opt_out"]["records_removed"], 0);
    let objections = &told["objections"];
    assert_eq!(objections["applied"], false);
    assert_eq!(objections["records_removed"], 0);
    assert_eq!(objections["list"]["entries"], 31);
    assert_eq!(objections["list"]["unread"], "fewer than 10");
    assert_eq!(objections["list"]["people"], 20);
    let none = &without.predicate()["opt_outs"]["objections"];
    assert!(none["list"].is_null() && none["records_removed"] == 0);
    assert_ne!(with.bundle().file_name(), without.bundle().file_name());

    // Neither the list nor a digest of it that could be guessed stands anywhere in the bundle.
    let digest = std::process::Command::new("sha256sum")
        .arg(with.council.path("objections.csv"))
        .output()
        .unwrap();
    let digest = String::from_utf8(digest.stdout).unwrap()[..64].to_owned();
    for (name, bytes) in tree(&with.bundle()) {
        let text = String::from_utf8_lossy(&bytes);
        for word in [digest.as_str(), "9434765911", "objections.csv", "P505"] {
            assert!(!text.contains(word), "{word} in {name}");
        }
    }
}

#[test]
fn a_few_objections_are_not_told() {
    let ran = council()
        .beside("o.csv", "NHS Number,x\r\n,1\r\n9990000018,2\r\n")
        .set("objections", "{file: o.csv, reason: A reason of its own}")
        .makes();
    let objections = ran.predicate()["opt_outs"]["objections"].clone();
    assert_eq!(objections["reason"], "A reason of its own");
    for part in ["entries", "unread", "people"] {
        assert_eq!(objections["list"][part], "fewer than 10", "{part}");
    }
}

#[test]
fn nothing_in_the_configuration_makes_objections_apply() {
    for setting in ["{file: o.csv, applied: true}", "{file: o.csv, apply: true}"] {
        council()
            .beside("o.csv", objections())
            .set("objections", setting)
            .fails(2)
            .said
            .says(&["objections.applied", "mandated by law"]);
    }
    for setting in [
        "{file: o.csv, remove: true}",
        "{}",
        "{file: o.csv, reason: ''}",
    ] {
        let council = council().beside("o.csv", objections());
        let ran = council.set("objections", setting).fails(2);
        ran.said.says(&["council.yaml"]);
    }
    council()
        .beside("o.csv", objections())
        .set("objections", "{file: o.csv, applied: false}")
        .makes();
}

#[test]
fn a_list_that_is_none_ends_the_run() {
    let refused = |list: Option<&str>, says: &[&str]| {
        let council = council().set("objections", "{file: o.csv}");
        if let Some(list) = list {
            fs::write(council.path("o.csv"), list).unwrap();
        }
        council.fails(3).said.says(says);
    };
    refused(None, &["objections.file", "o.csv"]);
    refused(Some("id\r\nP1\r\n"), &["o.csv", "NHS Number"]);
    refused(Some("NHS Number\r\n1,2\r\n"), &["o.csv", "row 2"]);
}
