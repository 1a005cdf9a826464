//! `cld run --crosswalk` and `cld reidentify`.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use super::{Kept, age, age_keys, kept, pseudonyms, text};
use crate::support::{Ran, Said, Table, call, cld, samples, tree};

const REASON: &str = "NHS England data quality query 17";

/// A council that ran with a crosswalk.
struct Made {
    ran: Ran,
    identity: String,
    public: String,
}

fn made() -> Made {
    let Kept {
        council,
        identity,
        public,
        ..
    } = kept();
    let file = text(&council.path("crosswalk.age"));
    let ran = council.argument("--crosswalk").argument(&file).makes();
    Made {
        ran,
        identity,
        public,
    }
}

impl Made {
    fn at(&self, name: &str) -> String {
        text(&self.ran.council.path(name))
    }

    fn look(&self, more: &[&str]) -> Said {
        let (crosswalk, log) = (self.at("crosswalk.age"), self.at("look.log"));
        let arguments = [
            "reidentify",
            &crosswalk,
            "--identity",
            &self.identity,
            "--log",
            &log,
        ];
        call(arguments.into_iter().chain(more.iter().copied()))
    }

    fn plain(&self) -> Table {
        let bytes = age(&["-d", "-i", &self.identity, &self.at("crosswalk.age")]);
        let text = String::from_utf8(bytes).unwrap();
        let (head, rest) = text.split_once('\n').unwrap();
        assert!(head.starts_with("# cld-crosswalk-1 key "), "{head}");
        Table::of(format!("\u{feff}{rest}").as_bytes())
    }
}

#[test]
fn it_has_what_was_submitted_and_nothing_else() {
    let made = made();
    assert_eq!(super::mode(&made.ran.council.path("crosswalk.age")), 0o600);
    assert!(made.ran.said.stdout.contains(&made.public));
    assert_eq!(
        made.ran.predicate()["key"]["crosswalk"],
        made.public.as_str()
    );
    let report = String::from_utf8(made.ran.read("report.html")).unwrap();
    assert!(report.contains(&made.public));
    let table = made.plain();
    assert_eq!(
        table.header,
        ["domain", "pseudonym", "source", "row", "field", "value"]
    );
    let submission = made.ran.submission();
    let held = pseudonyms(&submission);
    assert_eq!(held.len(), 20);
    for (column, pseudonym) in &held {
        let listed = table.rows.iter().any(|row| pseudonym.ends_with(&row[1]));
        assert!(listed, "{column}");
    }
    for row in &table.rows {
        assert!(held.iter().any(|(_, held)| held.ends_with(&row[1])));
        assert!(!row[5].contains("LEFT-OUT") && row[5] != "P100009");
    }
    let place = |value: &str| {
        let found = table.rows.iter().filter(|row| row[5] == value);
        found
            .map(|row| (row[0].as_str(), row[3].as_str(), row[4].as_str()))
            .collect::<Vec<_>>()
    };
    let person = |row| ("la-person", row, "LA Person Unique Identifier");
    assert_eq!(place("P,\"100003\""), [person("6")]);
    assert_eq!(
        place("P100001"),
        [
            person("2"),
            person("3"),
            ("la-person", "5", "Adult 1 Linked Person_ID")
        ]
    );
    assert_eq!(place("9990000026").len(), 2);
    // The same run makes the same one, in the order of the extract.
    let again = text(&made.ran.council.path("again.age"));
    let mut command = made.ran.council.command();
    let said = Said::of(command.args(["--crosswalk", &again]).output().unwrap());
    // Named twice: the command line takes one.
    assert_eq!(said.code, 2);
}

#[test]
fn there_is_none_unless_it_is_asked_for() {
    let without = kept().council.makes();
    assert_eq!(
        without.predicate()["key"]["crosswalk"],
        serde_json::Value::Null
    );
    let submission = without.submission();
    let bundle = without.bundle();
    let files = tree(without.council.directory.path());
    assert!(!files.keys().any(|name| name.contains("crosswalk")));
    // With one the submission is the same, under another name.
    let file = text(&without.council.path("crosswalk.age"));
    let with = without.council.argument("--crosswalk").argument(&file);
    let said = Said::of(with.command().output().unwrap()).code(0);
    assert!(said.stdout.contains("Crosswalk"));
    let names = fs::read_dir(with.path("out")).unwrap();
    let other: Vec<_> = names
        .map(|e| e.unwrap().path())
        .filter(|p| *p != bundle)
        .collect();
    assert_eq!(other.len(), 1);
    let bytes = fs::read(other[0].join("submission.csv")).unwrap();
    assert_eq!(Table::of(&bytes), submission);
    // Both are sound, and an equal run finds its own.
    fs::remove_file(&file).unwrap();
    let again = Said::of(with.command().output().unwrap()).code(0);
    assert!(again.stdout.contains("left as it was") && fs::exists(&file).unwrap());
}

#[test]
fn it_is_for_whom_the_configuration_names_and_apart_from_bundles() {
    let crosswalk = |kept: Kept, file: &str, code: i32, words: &[&str]| {
        let ran = kept.council.argument("--crosswalk");
        let file = text(&ran.path(file));
        ran.argument(&file).fails(code).said.says(words);
    };
    let nobody = kept();
    let council = nobody
        .council
        .set("key", "{file: council.key, epoch: \"2026\"}");
    crosswalk(
        Kept { council, ..nobody },
        "crosswalk.age",
        2,
        &["custodian:"],
    );
    crosswalk(kept(), "out/crosswalk.age", 2, &["bundles"]);
    crosswalk(kept(), "worklist/crosswalk.age", 2, &["worklists"]);
    crosswalk(kept(), "council.key", 2, &["exists"]);
    crosswalk(kept(), "nowhere/crosswalk.age", 1, &["crosswalk.age"]);
    // A run that fails later leaves none either.
    let failing = kept();
    let council = failing
        .council
        .set("gate", "{max_error_records: 0%}")
        .source(
            "bad.csv",
            [crate::support::service().with("Gender", "no such gender")],
        );
    crosswalk(Kept { council, ..failing }, "crosswalk.age", 4, &["gate"]);
    let torn = kept();
    let council = torn.council.and_file("torn.csv", "LA Code\n\"999");
    crosswalk(Kept { council, ..torn }, "crosswalk.age", 3, &["torn.csv"]);
}

#[test]
fn a_file_read_twice_is_listed_once() {
    // It looks like UTF-8 for long enough that it is begun again.
    let Kept {
        council, identity, ..
    } = kept();
    let mut record = crate::support::service().of("9990000018", "P100001", "E1");
    let mut rows: Vec<_> = (0..4000)
        .map(|n| record.clone().with("Event Reference", format!("E{n}")))
        .collect();
    record = record.with("Event Reference", "LAST");
    rows.push(record);
    let mut bytes = crate::support::Record::csv(&rows);
    let at = bytes.windows(4).rposition(|w| w == b"LAST").unwrap();
    bytes[at] = 0xe9;
    let council = council.and_file("long.csv", bytes);
    let file = text(&council.path("crosswalk.age"));
    let _ran = council.argument("--crosswalk").argument(&file).makes();
    let plain = String::from_utf8(age(&["-d", "-i", &identity, &file])).unwrap();
    assert_eq!(plain.matches("# cld-crosswalk").count(), 1);
    assert_eq!(plain.matches(",E1234\n").count(), 1);
    assert!(plain.contains("éAST"));
}

#[test]
fn every_pseudonym_of_the_submission_is_found_and_every_look_logged() {
    let made = made();
    let submission = made.ran.submission();
    let person = submission.column("Der_LA_Person_Unique_Identifier_Pseudo");
    let events = submission.column("Der_Event_Reference_Pseudo");
    let combined = submission.column("Der_NHS_LA_Combined_Person_ID");
    let combined = combined.iter().find(|id| id.starts_with("999_")).unwrap();
    let said = made
        .look(&["--reason", REASON, combined, &events[0]])
        .code(0);
    assert!(
        said.stdout.contains("P,\"100003\"") && said.stdout.contains("row 6"),
        "{}",
        said.stdout
    );
    let all: Vec<_> = pseudonyms(&submission)
        .into_iter()
        .map(|(_, p)| p)
        .collect();
    let mut arguments = vec!["--reason", REASON, "--format", "json"];
    arguments.extend(all.iter().map(String::as_str));
    let json = made.look(&arguments).code(0).json();
    let found = json["pseudonyms"].as_array().unwrap();
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|p| p["found"] == true));
    // Nobody is there: that is an answer, and logged as one.
    let nobody = "0".repeat(64);
    let said = made.look(&["--reason", REASON, &nobody]).code(0);
    assert!(said.stdout.contains("not found"));

    let log = fs::read_to_string(made.at("look.log")).unwrap();
    assert_eq!(super::mode(made.at("look.log").as_ref()), 0o600);
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 2 + found.len() + 1);
    assert_eq!(lines.last().unwrap()["found"], false);
    assert_eq!(lines[0]["found"], true);
    assert_eq!(lines[0]["reason"], REASON);
    assert_eq!(lines[0]["key_id"], json["key_id"]);
    let digest = std::process::Command::new("sha256sum")
        .arg(made.at("crosswalk.age"))
        .output();
    let digest = String::from_utf8(digest.unwrap().stdout).unwrap();
    assert!(digest.starts_with(lines[0]["crosswalk"].as_str().unwrap()));
    for identifier in ["P100001", "P,", "9990000018", "E3"] {
        assert!(!log.contains(identifier), "{identifier}");
    }
    assert!(log.contains(&person[1]));

    let checked = call(["reidentify", "--check-log", &made.at("look.log")]).code(0);
    assert!(checked.stdout.contains(&format!("{} lines", lines.len())));
    fs::write(made.at("look.log"), log.replacen("query 17", "query 18", 1)).unwrap();
    call(["reidentify", "--check-log", &made.at("look.log")])
        .code(6)
        .says(&["line 2"]);
    let refused = made.look(&["--reason", REASON, &nobody]).code(6);
    assert!(refused.stdout.is_empty());
    call(["reidentify", "--check-log", &made.at("nowhere.log")]).code(3);
}

#[test]
fn pseudonyms_may_come_on_standard_input() {
    let made = made();
    let pseudonym = made.ran.submission().column("Der_Event_Reference_Pseudo")[0].clone();
    let (crosswalk, log) = (made.at("crosswalk.age"), made.at("look.log"));
    let look = |input: &str| {
        let mut child = cld([
            "reidentify",
            &crosswalk,
            "--identity",
            &made.identity,
            "--log",
            &log,
            "--reason",
            REASON,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        Said::of(child.wait_with_output().unwrap())
    };
    let said = look(&format!("{pseudonym}\r\n\n{}\n", pseudonym.to_uppercase())).code(0);
    assert_eq!(said.stdout.matches(&pseudonym).count(), 1);
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 1);
    let said = look("9434765919\n").code(2);
    assert!(!said.stderr.contains("9434765919"), "{}", said.stderr);
    look("\n").code(2).says(&["no pseudonym"]);
}

#[test]
fn without_reason_key_or_log_there_is_no_answer() {
    let made = made();
    let pseudonym = made.ran.submission().column("Der_Event_Reference_Pseudo")[0].clone();
    for reason in ["", "   ", "because", "xxxxxxxxxxxxxxxxxx", "test test test"] {
        let said = made.look(&["--reason", reason, &pseudonym]).code(2);
        said.says(&["--reason"]);
        assert!(!fs::exists(made.at("look.log")).unwrap());
    }
    made.look(&[&pseudonym]).code(2).says(&["--reason"]);
    let said = made.look(&["--reason", REASON, "9434765919"]).code(2);
    assert!(!said.stderr.contains("9434765919"), "{}", said.stderr);

    let crosswalk = made.at("crosswalk.age");
    let with = |identity: &str, log: &str, crosswalk: &str, code: i32| {
        let said = call([
            "reidentify",
            crosswalk,
            "--identity",
            identity,
            "--log",
            log,
            "--reason",
            REASON,
            &pseudonym,
        ])
        .code(code);
        assert!(said.stdout.is_empty());
        said
    };
    let log = made.at("look.log");
    let (other, _) = age_keys(made.ran.council.directory.path(), "other.txt");
    with(&other, &log, &crosswalk, 5).says(&["another public key"]);
    with(&made.at("nowhere.txt"), &log, &crosswalk, 5).says(&["nowhere.txt"]);
    with(&made.identity, &made.at("nowhere/look.log"), &crosswalk, 1).says(&["no answer"]);
    with(&made.identity, "/dev/full", &crosswalk, 2).says(&["no answer", "regular file"]);
    with(&made.identity, &log, &made.at("nowhere.age"), 3).says(&["nowhere.age"]);
    with(&made.identity, &log, &samples("test-signing.pub.pem"), 5).says(&["chmod 600"]);
    let bytes = fs::read(&crosswalk).unwrap();
    let damaged = made.at("damaged.age");
    let write = |bytes: &[u8]| {
        use std::os::unix::fs::PermissionsExt as _;
        fs::write(&damaged, bytes).unwrap();
        fs::set_permissions(&damaged, fs::Permissions::from_mode(0o600)).unwrap();
    };
    write(&bytes[..bytes.len() - 20]);
    with(&made.identity, &log, &damaged, 3).says(&["damaged"]);
    let mut changed = bytes;
    *changed.last_mut().unwrap() ^= 1;
    write(&changed);
    with(&made.identity, &log, &damaged, 3).says(&["damaged"]);
    write(b"domain,pseudonym\n");
    with(&made.identity, &log, &damaged, 3).says(&["not encrypted"]);
    assert_eq!(
        fs::read_to_string(&log).unwrap(),
        "",
        "nothing was answered"
    );
}
