//! What the bundle sent before had open is looked for in this run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{Council, Ran, Record, Table, call, request, samples, service, tree};

const RULE: &str = "event_type.lost_service";
const COLUMNS: [&str; 10] = [
    "person_id",
    "person_pseudonym",
    "event_start_date",
    "service_type",
    "service_component",
    "delivery_mechanism",
    "what_this_extract_has",
    "source",
    "row",
    "event_reference",
];

/// Records of a run for the twelve months before the quarter that is added later.
fn sent(records: impl IntoIterator<Item = Record>) -> Council {
    let dated = records.into_iter().map(|record| {
        record
            .with("Reporting Period Start Date", "01/01/2025")
            .with("Reporting Period End Date", "31/12/2025")
    });
    Council::of(dated).set("period", "{start: 2025-01-01, end: 2025-12-31}")
}

/// The next run, a quarter later.
fn next(before: &Ran, records: impl IntoIterator<Item = Record>) -> Council {
    Council::of(records).set("previous", before.bundle().to_str().unwrap())
}

fn another() -> Record {
    service()
        .of("9990000026", "P100002", "E2")
        .with("Event Start Date", "02/06/2025")
}

/// Why the rule did not run; `None` if it ran.
fn not_run(ran: &Ran) -> Option<String> {
    let predicate = ran.predicate();
    let rules = predicate["rules_not_run"].as_array().unwrap();
    let rule = rules.iter().find(|r| r["rule"] == RULE)?;
    Some(rule["reason"].as_str().unwrap().to_owned())
}

/// The records and the words of the finding, once the rule ran.
#[track_caller]
fn found(ran: &Ran) -> Option<(u64, String)> {
    assert_eq!(not_run(ran), None);
    let predicate = ran.predicate();
    let findings = predicate["findings"].as_array().unwrap();
    let finding = findings.iter().find(|f| f["rule"] == RULE)?;
    let words = finding["words"].as_str().unwrap().to_owned();
    Some((finding["records"].as_u64().unwrap(), words))
}

#[track_caller]
fn nothing_lost(ran: &Ran) {
    assert_eq!(found(ran), None);
    assert!(!ran.worklist_directory().join("lost-services.csv").exists());
}

fn list(ran: &Ran) -> Table {
    Table::of(&fs::read(ran.worklist_directory().join("lost-services.csv")).unwrap())
}

#[test]
fn services_that_are_still_there_are_not_lost() {
    let before = sent([
        service(),
        another(),
        service().with("Event End Date", "31/12/2025"),
        request(),
    ])
    .makes();
    // One still open, one with its end; what ended by the end of that period is not looked for, nor is a request.
    let ended = another().with("Event End Date", "15/01/2026");
    let ran = next(&before, [service(), ended]).makes();
    nothing_lost(&ran);
    let digest = ran.predicate()["previous"]["manifest_digest"].clone();
    let listed = String::from_utf8(before.read("manifest-sha256.txt")).unwrap();
    assert!(listed.contains(&format!("{}  manifest.json", digest.as_str().unwrap())));
}

#[test]
fn what_ended_or_died_within_the_period_before_is_not_looked_for() {
    let before = sent([
        service().with("Event End Date", "01/12/2025"),
        another().with("Date of Death", "24/12/2025"),
    ])
    .makes();
    nothing_lost(&next(&before, [request()]).makes());
    // A death in the new quarter ends the service in the new quarter.
    let before = sent([another().with("Event End Date", "02/01/2026")]).makes();
    assert_eq!(found(&next(&before, [request()]).makes()).unwrap().0, 1);
}

#[test]
fn a_service_that_is_left_out_of_the_next_extract_is_lost() {
    let before = sent([service(), another()]).makes();
    let ran = next(&before, [service()]).makes();
    let (records, words) = found(&ran).unwrap();
    assert_eq!(records, 1);
    assert!(
        words.ends_with(
            "Services open on 2025-12-31, when the period of the previous bundle ended: 2; lost: 1."
        ),
        "{words}"
    );
    assert_eq!(ran.findings().find("rule", RULE, "severity"), "warning");
    let worklist = ran.whole_worklist();
    assert_eq!(worklist.find("rule", RULE, "source"), "all sources");
    assert!(
        worklist
            .find("rule", RULE, "what_to_do")
            .contains("lost-services.csv")
    );
    let list = list(&ran);
    assert_eq!(list.header, COLUMNS);
    let submitted = before.submission();
    let pseudonym = submitted.find(
        "Event_Start_Date",
        "02/06/2025",
        "Der_LA_Person_Unique_Identifier_Pseudo",
    );
    assert_eq!(
        list.rows,
        [[
            "",
            pseudonym,
            "02/06/2025",
            "Long term support: Community",
            "Day support",
            "Direct payment",
            "no record of the person",
            "",
            "",
            "",
        ]]
    );
}

#[test]
fn whoever_still_occurs_is_named_by_id_and_the_list_is_private() {
    let third = service().of("", "P100003", "E3");
    let before = sent([service(), another(), third]).makes();
    let ran = next(
        &before,
        [
            service().with("Event Start Date", "02/05/2025"),
            request().of("9990000026", " P100002", "E9"),
            another().with("Service Component", "Meals"),
            request().of("", "P100003", "E8"),
        ],
    )
    .makes();
    let (records, words) = found(&ran).unwrap();
    assert_eq!(records, 3);
    assert!(words.contains("sent with another start: 1."), "{words}");
    assert!(
        words.contains("under another type or component: 1."),
        "{words}"
    );
    let list = list(&ran);
    assert_eq!(list.column("person_pseudonym"), ["", "", ""]);
    let has = |id: &str, row: &str, reference: &str| {
        assert_eq!(list.find("person_id", id, "row"), row);
        assert_eq!(list.find("person_id", id, "event_reference"), reference);
        assert_ne!(list.find("person_id", id, "source"), "");
        list.find("person_id", id, "what_this_extract_has")
    };
    assert_eq!(
        has("P100001", "2", "E1"),
        "a service of the person of this type and component, with another start"
    );
    assert_eq!(has("P100003", "5", "E8"), "other records of the person");
    // As it stands in the first of the person's records.
    assert_eq!(
        has(" P100002", "4", "E2"),
        "a service of the person with this start, of another type or component"
    );
    let path = ran.worklist_directory().join("lost-services.csv");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let bundle = tree(&ran.bundle());
    assert_eq!(bundle.len(), 8, "{:?}", bundle.keys());
    for (name, bytes) in bundle {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("P10000"), "{name}");
    }
}

#[test]
fn people_are_known_by_either_of_their_ids() {
    let before = sent([service(), another().with("NHS Number", "")]).makes();
    let ran = next(
        &before,
        [
            // A new case system gave a new id; the NHS number of the other has been found.
            service().with("LA Person Unique Identifier", "new-1"),
            another(),
        ],
    )
    .makes();
    nothing_lost(&ran);
}

#[test]
fn a_number_that_is_missing_or_another_closes_the_service_of_the_person() {
    let before = sent([service(), another()]).makes();
    let ran = next(
        &before,
        [
            service().with("NHS Number", ""),
            another().with("NHS Number", "9990000018"),
        ],
    )
    .makes();
    let (records, words) = found(&ran).unwrap();
    assert_eq!(records, 2);
    assert!(
        words.ends_with("the person's NHS number is now missing or another: 2."),
        "{words}"
    );
    let list = list(&ran);
    let has = "the service, but the person's NHS number is now missing or another";
    assert_eq!(list.column("what_this_extract_has"), [has; 2]);
    assert_eq!(list.find("person_id", "P100001", "row"), "2");
    assert_eq!(list.find("person_id", "P100002", "event_reference"), "E2");
    assert_eq!(list.column("person_pseudonym"), ["", ""]);
    // One record of the service with the number is enough.
    let both = [service(), service().with("NHS Number", ""), another()];
    nothing_lost(&next(&before, both).makes());
}

#[test]
fn a_record_that_is_left_out_because_it_cannot_be_read_is_shown() {
    let before = sent([service(), another()]).makes();
    let ran = next(
        &before,
        [service().with("Event Type", "Servise"), another()],
    )
    .makes();
    let (records, words) = found(&ran).unwrap();
    assert_eq!(records, 1);
    assert!(words.ends_with("is left out: 1."), "{words}");
    let list = list(&ran);
    let has = list.only("what_this_extract_has");
    assert!(has.contains("left out (no_event: no event type"), "{has}");
    assert_eq!([list.only("person_id"), list.only("row")], ["P100001", "2"]);
    assert_eq!(list.only("event_reference"), "E1");
}

#[test]
fn whoever_has_no_id_is_found_by_the_row_and_has_no_pseudonym_beside_it() {
    let before = sent([service(), another()]).makes();
    let unknown = request().of("9990000026", "", "E9");
    let list = list(&next(&before, [service(), unknown]).makes());
    assert_eq!(
        [list.only("person_id"), list.only("person_pseudonym")],
        ["", ""]
    );
    assert_eq!(
        [list.only("row"), list.only("event_reference")],
        ["3", "E9"]
    );
}

#[test]
fn a_second_service_of_a_kind_is_no_first_with_another_start() {
    let second = || service().with("Event Start Date", "03/03/2025");
    let before = sent([service(), second()]).makes();
    let list = list(&next(&before, [second()]).makes());
    assert_eq!(list.only("event_start_date"), "01/05/2025");
    assert_eq!(
        list.only("what_this_extract_has"),
        "other records of the person"
    );
}

#[test]
fn what_the_extract_has_and_selection_leaves_out_is_not_lost() {
    let records = || {
        [
            service(),
            another(),
            service().with("Event Start Date", "03/03/2025"),
        ]
    };
    let before = sent(records()).makes();
    let [kept, cancelled, ended] = records();
    let in_the_extract = [
        kept.clone(),
        cancelled.with("local_status", "Cancelled"),
        ended.with("Event End Date", "03/04/2025"),
    ];
    // There since, so that something is submitted.
    let run = |mut records: Vec<Record>| {
        records.push(service().of("", "P77", "E77"));
        next(&before, records)
            .set("period", "{start: 2025-07-01, end: 2026-06-30}")
            .set(
                "selection",
                "{cancelled: {column: local_status, values: [Cancelled]}}",
            )
            .makes()
    };
    nothing_lost(&run(in_the_extract.to_vec()));
    let without = run(in_the_extract[1..].to_vec());
    let (records, words) = found(&without).unwrap();
    assert_eq!(records, 1);
    assert!(
        words.ends_with("left out of the submission: cancelled 1, outside_period 1."),
        "{words}"
    );
    assert_eq!(list(&without).only("event_start_date"), "01/05/2025");
}

#[test]
fn a_bundle_of_release_1_precedes_one_of_release_2() {
    let old = [
        service()
            .with("Service Type", "Carer Support: Direct to Carer")
            .with("Service Component", "Carer Respite"),
        // Without a single counterpart.
        another().with("Service Component", "Professional Support"),
    ];
    let names = ["GP Practice Name", "Provider CQC Location Name"];
    let old = old.map(|record| {
        names
            .iter()
            .fold(record, |record, name| record.with(name, ""))
    });
    let before = sent(old).set("return", "cld-release-1").makes();
    let new = [
        service()
            .with(
                "Service Type",
                "Unpaid carer support: Direct to unpaid carer",
            )
            .with("Service Component", "Unpaid carer respite"),
        another().with("Service Component", "Professional support: Other"),
    ];
    nothing_lost(&next(&before, new.clone()).makes());
    // What did not change its name is compared.
    let [first, second] = new;
    let ran = next(
        &before,
        [
            first,
            second.with("Service Type", "Long term support: Prison"),
        ],
    );
    let ran = ran.makes();
    assert_eq!(found(&ran).unwrap().0, 1);
    assert_eq!(list(&ran).only("service_component"), "Professional Support");
}

#[test]
fn it_must_be_signed_by_a_key_that_the_configuration_names() {
    let before = sent([service(), another()]).makes();
    let own = before.council.path("own.pem");
    let own = own.to_str().unwrap();
    call(["key", "new", "--signing", own]).code(0);
    let refused = next(&before, [service()])
        .set("signing_key", own.to_owned())
        .fails(6);
    refused.said.says(&["previous", "previous_public_key"]);
    next(&before, [service()])
        .set("signing_key", own.to_owned())
        .set("previous_public_key", samples("test-signing.pub.pem"))
        .makes();
    // Somebody who holds no key says that another one signed.
    let manifest = before.bundle().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let id = before.predicate()["signing_key"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(&manifest, text.replace(&id, &"0".repeat(64))).unwrap();
    next(&before, [service()]).fails(6);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let before = sent([service(), another()]).makes();
    let test = samples("test.key");
    let own = before.council.path("own.key");
    call(["key", "new", own.to_str().unwrap()]).code(0);
    let epoch = format!("{{file: {test}, epoch: \"2027\"}}");
    let other = format!("{{file: {}, epoch: \"2027\"}}", own.display());
    let same = format!("{{file: {test}, epoch: \"2026\"}}");
    for (key, value, reason) in [
        ("key", epoch, "this run: another epoch"),
        ("key", other, "this run: another key, another epoch"),
        ("recipient", "icb".to_owned(), "another recipient"),
        ("purpose", "research".to_owned(), "another purpose"),
        (
            "period",
            "{start: 2025-01-01, end: 2025-12-31}".to_owned(),
            "ends on 2025-12-31, not before the end of this one's",
        ),
        (
            "period",
            "{start: 2026-01-02, end: 2026-12-31}".to_owned(),
            "starts later than the day after",
        ),
    ] {
        let ran = next(&before, [service()]).set(key, value).makes();
        let said = not_run(&ran).unwrap();
        assert!(said.contains(reason), "{said}");
        assert!(
            ran.said
                .stdout
                .contains(&format!("not run  {RULE}: {said}"))
        );
        assert!(!ran.worklist_directory().join("lost-services.csv").exists());
        assert_ne!(ran.predicate()["previous"], Value::Null);
    }
    // The day after is near enough.
    let ran = next(&before, [service()]).set("key", same);
    let ran = ran
        .set("period", "{start: 2026-01-01, end: 2026-12-31}")
        .makes();
    assert_eq!(found(&ran).unwrap().0, 1);
    let alone = Council::of([service()]).makes();
    assert_eq!(not_run(&alone).unwrap(), "no `previous:` bundle is named");
}

#[test]
fn stricter_treatments_of_the_bundle_before_are_minded() {
    for (treatments, reason) in [
        (
            "{Event End Date: drop}",
            Some("does not tell the Event End Date"),
        ),
        (
            "{Event Type: pseudonymise}",
            Some("does not tell the Event Type"),
        ),
        (
            "{LA Person Unique Identifier: drop, NHS Number: drop}",
            Some("has no pseudonyms of people"),
        ),
        ("{LA Person Unique Identifier: drop}", None),
        (
            "{Service Type: drop, Service Component: pseudonymise}",
            None,
        ),
    ] {
        let before = sent([service(), another()])
            .set("treatments", treatments)
            .makes();
        let ran = next(&before, [service()]).makes();
        match reason {
            Some(reason) => {
                let said = not_run(&ran).unwrap();
                assert!(said.contains(reason), "{said}");
            }
            None => assert_eq!(found(&ran).unwrap().0, 1, "{treatments}"),
        }
    }
}

#[test]
fn equal_runs_find_equal_things_and_another_bundle_another_run() {
    let people = || {
        (0..300).map(|n| {
            let person = format!("P{:06}", n % 120);
            service()
                .of("", &person, &format!("E{n}"))
                .with("Event Start Date", format!("{:02}/05/2025", n % 28 + 1))
        })
    };
    let before = sent(people()).makes();
    let kept = || people().step_by(3);
    let one = next(&before, kept()).makes();
    let mut backwards: Vec<_> = kept().collect();
    backwards.reverse();
    let other = next(&before, backwards).makes();
    assert_eq!(found(&one), found(&other));
    assert_eq!(found(&one).unwrap().0, 200);
    assert_eq!(list(&one), list(&other));
    let again = next(&before, kept()).makes();
    assert_eq!(
        tree(&one.worklist_directory()),
        tree(&again.worklist_directory())
    );
    for file in [
        "findings.csv",
        "report.html",
        "submission.csv",
        "submission.parquet",
    ] {
        assert_eq!(one.read(file), again.read(file), "{file}");
    }
    assert_eq!(one.read("submission.csv"), other.read("submission.csv"));

    // The same configuration, but the bundle behind its path is another one.
    let link = |to: &Ran| {
        let council = Council::of(kept()).set("previous", "before");
        std::os::unix::fs::symlink(to.bundle(), council.path("before")).unwrap();
        council.makes().bundle().file_name().unwrap().to_owned()
    };
    let smaller = sent(people().take(5)).makes();
    assert_eq!(link(&before), link(&before));
    assert_ne!(link(&before), link(&smaller));
}

#[test]
fn a_failed_gate_still_lists_them() {
    let before = sent([service(), another()]).makes();
    let broken = service().with("Gender", "x");
    let ran = next(&before, [broken])
        .set("gate", "{max_error_records: 0%}")
        .run();
    assert_eq!(ran.said.code, 4);
    assert_eq!(list(&ran).rows.len(), 1);
}
