//! What the commands say of a configuration or an extract that does not fit, of what they took back, and of where nothing
//! may be written.

use std::fs;
use std::process::Command;

use super::support::{NUMBERS, Tracing, code, found};
use crate::support::{Council, Said, Table, service};

#[track_caller]
fn work(tracing: &Tracing) -> Table {
    tracing.trace(&["worklist"]).code(0);
    Table::of(&fs::read(tracing.path("worklist/tracing/nhs-numbers-to-settle.csv")).unwrap())
}

#[track_caller]
fn says(tracing: &Tracing, command: &str, words: &[&str]) {
    let told = tracing.trace(&[command]).code(0).stdout;
    for word in words {
        assert!(told.contains(word), "{word} in: {told}");
    }
}

#[test]
fn a_birth_date_that_cannot_be_read_is_for_who_makes_the_extract() {
    for born in [
        "03/05/44",
        "01-02-1950",
        "01 Feb 1950",
        "31/02/1950",
        "1/2/1950",
    ] {
        let tracing = Tracing::new()
            .person("P101", "", "Quennell")
            .but("P101", "BORN", born)
            .person("P102", "", "Ravenscroft")
            .but("P102", "BORN", "");
        let selected = tracing.json(&["select"]);
        assert_eq!(selected["excluded"]["incomplete"], 2, "{born}");
        let unread = &selected["unread"]["birth_date"];
        assert_eq!(
            (&unread["count"], &unread["first_rows"]),
            (&1.into(), &serde_json::json!([2]))
        );
        for command in ["select", "request"] {
            says(
                &tracing,
                command,
                &["(`BORN`) cannot be read. Read are dd/mm/yyyy", "in row 2\n"],
            );
        }
        let list = work(&tracing);
        let of = |person, column| list.find("person_id", person, column).to_owned();
        assert_eq!(of("P101", "reason"), "birth_date_unreadable");
        assert_eq!(of("P101", "to_do"), "correct_extract");
        assert!(of("P101", "who").contains("extract"));
        assert_eq!(of("P102", "reason"), "no_birth_date");
        assert_eq!(of("P102", "to_do"), "check_birth_date");
    }
    // Of who is not asked about anyway, it does not matter.
    let tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .but("P101", "BORN", "03/05/44")
        .but("P101", "DIED", "02/03/2025");
    let unread = &tracing.json(&["select"])["unread"];
    assert_eq!(unread["birth_date"]["count"], 0);
}

#[test]
fn only_the_first_rows_are_named() {
    let mut tracing = Tracing::new();
    for at in 0..25 {
        let id = format!("P1{at:02}");
        tracing = tracing
            .person(&id, "", "Quennell")
            .but(&id, "BORN", "03/05/44");
    }
    let said = tracing.json(&["select"]);
    let rows = &said["unread"]["birth_date"];
    assert_eq!(rows["count"], 25);
    assert_eq!(rows["first_rows"].as_array().unwrap().len(), 20);
    says(&tracing, "select", &["in rows 2, 3,", ", 21 and 5 more\n"]);
}

#[test]
fn a_date_of_death_that_says_nothing_is_not_said_to_be_of_pds() {
    for day in ["n/k", "01/01/1900"] {
        let tracing = Tracing::new()
            .person("P101", "", "Quennell")
            .but("P101", "DIED", day);
        tracing.json(&["request"]);
        let list = work(&tracing);
        assert_eq!(list.only("to_do"), "clear_death");
        let what = list.only("what_to_do");
        assert!(what.starts_with("This date is not from PDS"), "{what}");
        assert!(list.only("what_is_wrong").contains("case system"));
        assert_eq!(list.only("pds_date_of_death"), "");
    }
}

#[test]
fn the_day_of_a_death_is_told_where_it_is_to_be_checked() {
    let dead = |sensitive: bool| {
        let mut pds = found(NUMBERS[0]);
        pds.died = "20260301";
        if sensitive {
            pds.code = "92";
        }
        let tracing = Tracing::new().person("P101", "", "Quennell");
        let rows = tracing.request();
        tracing.apply("a.csv", &[(&rows[0][0], pds)]);
        tracing
    };
    let mut tracing = dead(false);
    let list = work(&tracing);
    assert_eq!(
        (list.only("reason"), list.only("pds_date_of_death")),
        ("dead", "2026-03-01")
    );
    // Of somebody else by now it is nobody's business.
    tracing.set("P101", "BORN", "02/05/1940");
    assert_eq!(work(&tracing).only("pds_date_of_death"), "");
    let sensitive = work(&dead(true));
    assert!(
        sensitive
            .column("pds_date_of_death")
            .iter()
            .all(|day| day.is_empty())
    );
}

#[test]
fn a_gender_code_that_is_not_known_is_counted_by_its_column() {
    let mut tracing =
        Tracing::new()
            .person("P101", "", "Quennell")
            .person("P102", "", "Ravenscroft");
    for (cell, count) in [
        ("Female", 0),
        ("u", 0),
        ("", 0),
        ("9", 0),
        ("K", 1),
        ("Woman", 1),
    ] {
        tracing.set("P102", "SEX", cell);
        let said = tracing.json(&["select"]);
        assert_eq!(said["unread"]["gender"]["count"], count, "{cell}");
        let told = tracing.trace(&["select"]).code(0).stdout;
        assert_eq!(told.contains("code in `SEX`"), count == 1, "{told}");
        assert_eq!(told.contains("in row 3"), count == 1);
        assert!(!told.contains("Woman"));
    }
    tracing.set("P102", "SEX", "K");
    let config = tracing.path("council.yaml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("M: male", "K: not known")).unwrap();
    let said = tracing.json(&["select"]);
    assert_eq!(said["unread"]["gender"]["count"], 0);
    assert_eq!(said["selected"], 2);
}

#[test]
fn whether_a_number_is_verified_is_yes_no_or_counted() {
    let mut tracing = Tracing::new().person("P101", NUMBERS[0], "Quennell");
    tracing.json(&["select"]);
    let config = tracing.path("council.yaml");
    let text = fs::read_to_string(&config).unwrap();
    let with = |none: &str| {
        let verified = format!("verified: {{column: TEAM, values: [Yes]{none}}}, objection");
        fs::write(&config, text.replace("objection", &verified)).unwrap();
    };
    // Every cell of that column says North.
    with("");
    let said = tracing.json(&["select"]);
    assert_eq!(
        (&said["unread"]["verified"]["count"], &said["selected"]),
        (&1.into(), &1.into())
    );
    says(
        &tracing,
        "request",
        &["1 ", "value in `TEAM`", "in row 2\n"],
    );
    with(", none: [north]");
    let said = tracing.json(&["select"]);
    assert_eq!(said["unread"]["verified"]["count"], 0);
    with(", none: [yes]");
    tracing
        .trace(&["select"])
        .code(2)
        .says(&["tracing.people.verified", "under `none:` too"]);
    // What somebody has looked at and verified is on the list no more.
    with("");
    let rows = Tracing::new().person("P102", "", "Ravenscroft");
    let asked = rows.request();
    let mut likely = found(NUMBERS[1]);
    (likely.algorithm, likely.confidence) = ("4", "87");
    rows.apply("a.csv", &[(&asked[0][0], likely)]);
    assert_eq!(work(&rows).only("reason"), "not_exact");
    tracing = rows;
    tracing.set("P102", "NHS", NUMBERS[1]);
    assert_eq!(work(&tracing).only("reason"), "not_exact");
    let config = tracing.path("council.yaml");
    let text = fs::read_to_string(&config).unwrap();
    let verified = "verified: {column: TEAM, values: [North]}, objection";
    fs::write(&config, text.replace("objection", verified)).unwrap();
    assert!(work(&tracing).rows.is_empty());
}

#[test]
fn allocations_by_which_nobody_has_a_worker_are_refused() {
    let mut tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft")
        .allocate("P999", "", "ALLWKR");
    let rows = tracing.request();
    let one = Tracing::reference(&rows, "Quennell");
    tracing.apply("a.csv", &[(&one, found(NUMBERS[0]))]);
    says(
        &tracing,
        "select",
        &["person of the allocations is not in the people file"],
    );
    let said = tracing.json(&["select"]);
    assert_eq!(said["allocations"]["people_not_in_people_file"], 1);
    assert_eq!(said["request_refused"], false);
    let register = fs::read(tracing.register()).unwrap();
    let config = tracing.path("council.yaml");
    let text = fs::read_to_string(&config).unwrap();
    for (from, to, says) in [
        ("types: [ALLWKR]", "types: [WORKER]", "one of the `types:`"),
        (
            "columns: {person: ID, end: ENDED",
            "columns: {person: TYPE, end: ENDED",
            "none of the person ids",
        ),
    ] {
        assert!(text.contains(from));
        fs::write(&config, text.replace(from, to)).unwrap();
        tracing.trace(&["request"]).code(3).says(&[says]);
        assert_eq!(fs::read(tracing.register()).unwrap(), register, "{from}");
        tracing
            .trace(&["select"])
            .code(0)
            .says(&["would be refused", says]);
        assert_eq!(tracing.json(&["select"])["request_refused"], true);
    }
    // One that counts, of one person who is there, is enough.
    fs::write(&config, text).unwrap();
    tracing.end("P101", "01/02/2026");
    tracing.trace(&["request"]).code(0);
}

#[test]
fn ends_that_cannot_be_read_are_named_by_their_rows() {
    let mut tracing =
        Tracing::new()
            .person("P101", "", "Quennell")
            .person("P102", "", "Ravenscroft");
    tracing.end("P102", "open");
    let said = tracing.json(&["select"]);
    let unread = &said["unread"]["allocation_end"];
    assert_eq!(unread["first_rows"], serde_json::json!([3]));
    says(
        &tracing,
        "request",
        &[
            "1  allocation has an end (`ENDED`) that cannot be read",
            "in row 3\n",
        ],
    );
}

#[test]
fn what_is_taken_back_is_printed() {
    let mut tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft")
        .person("P103", "", "Stonehouse")
        .person("P104", "", "Tolland");
    let rows = tracing.request();
    let answers: Vec<_> = ["Quennell", "Ravenscroft", "Stonehouse"]
        .map(|name| Tracing::reference(&rows, name))
        .into_iter()
        .zip(NUMBERS)
        .collect();
    let answers: Vec<_> = answers
        .iter()
        .map(|(reference, number)| (reference.as_str(), found(number)))
        .collect();
    tracing.apply("a.csv", &answers);
    let before = tracing.trace(&["request"]).code(0).stdout;
    assert!(!before.contains("taken back") && !before.contains("noted"));
    tracing.set("P101", "OBJECTS", "Y");
    tracing.set("P102", "BORN", "02/05/1940");
    tracing.end("P103", "01/02/2026");
    tracing.end("P104", "01/02/2026");
    says(
        &tracing,
        "select",
        &[
            "2  verified numbers that cld trace request takes back",
            "2  other changes that cld trace request notes in the register",
        ],
    );
    says(
        &tracing,
        "request",
        &[
            "2  verified numbers taken back: not used any more",
            "1    objected to the use of the NHS number",
            "1    another date of birth, or both names changed",
            "2  other changes noted in the register",
            "2    no worker any more, or not in the people file",
        ],
    );
}

#[test]
fn one_is_not_said_as_many() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    says(&tracing, "select", &["1  row in the people file"]);
    says(&tracing, "request", &["  1 row, SHA-256"]);
    tracing.answer("a.csv", &[("A", code("97"))]);
    let file = tracing.path("a.csv");
    let told = tracing.trace(&["apply", file.to_str().unwrap()]).code(0);
    assert!(told.stdout.contains("1  file\n"), "{}", told.stdout);
    assert!(told.stdout.contains("1  answer\n"));
    let tracing = tracing.person("P102", "", "Ravenscroft");
    says(&tracing, "select", &["2  rows in the people file"]);
}

#[test]
fn what_was_typed_is_named_where_nothing_may_be_written() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    tracing.request();
    for (command, place, folder) in [
        ("numbers", "out/n.csv", "folder of the bundles"),
        ("numbers", "worklist/n.csv", "folder of the worklists"),
        ("request", "worklist/q", "folder of the worklists"),
        ("request", "out", "folder of the bundles"),
        ("worklist", "out/w", "folder of the bundles"),
        ("worklist", "sent/w", "holds bundles"),
    ] {
        let beside = tracing.path("sent/b");
        fs::create_dir_all(&beside).unwrap();
        fs::write(beside.join("manifest.dsse.json"), "{}").unwrap();
        let out = tracing.path(place);
        let out = out.to_str().unwrap();
        let said = tracing.trace(&[command, "--out", out]).code(2);
        let expected = format!("nothing is written to {out}: ");
        assert!(said.stderr.contains(&expected), "{}", said.stderr);
        assert!(said.stderr.contains(folder), "{}", said.stderr);
        assert!(!said.stderr.contains("local codes") && !said.stderr.contains("/file"));
    }
}

#[test]
fn a_run_says_when_the_register_last_looked_at_the_people() {
    let mut tracing = Tracing::of(Council::of([service()]), "")
        .person("P201", NUMBERS[0], "Quennell")
        .person("P202", "", "Ravenscroft");
    let run = |tracing: &Tracing| {
        Said::of(tracing.council.command().output().unwrap())
            .code(0)
            .stdout
    };
    let rows = tracing.request();
    let people = |tracing: &Tracing, seconds: i64| {
        let moment = std::time::SystemTime::now();
        let by = std::time::Duration::from_secs(seconds.unsigned_abs());
        let moment = if seconds < 0 {
            moment - by
        } else {
            moment + by
        };
        let file = fs::File::options()
            .write(true)
            .open(tracing.path("people.csv"))
            .unwrap();
        file.set_modified(moment).unwrap();
    };
    let day = chrono::Utc::now().format("%Y-%m-%d").to_string();
    people(&tracing, -3600);
    let said = run(&tracing);
    assert!(
        said.contains(&format!("Last cld trace request: {day}\n")),
        "{said}"
    );
    assert!(!said.contains("PDS gave another number"));
    people(&tracing, 3600);
    let said = run(&tracing);
    assert!(said.contains("PEOPLE FILE WAS CHANGED SINCE"), "{said}");
    // A number that PDS gave in the place of another one, and that was not taken.
    let held = Tracing::reference(&rows, NUMBERS[0]);
    tracing.apply("a.csv", &[(&held, found(NUMBERS[1]))]);
    people(&tracing, -3600);
    let said = run(&tracing);
    assert!(
        said.contains("To 1 person of the register PDS gave another number"),
        "{said}"
    );
    // Not of who has left.
    tracing.end("P201", "01/02/2026");
    tracing.json(&["request"]);
    assert!(!run(&tracing).contains("PDS gave another number"));
}

#[test]
fn a_request_of_nobody_has_looked_too() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    tracing.request();
    let entries = |tracing: &Tracing| tracing.verify()["entries"].as_u64().unwrap();
    let before = entries(&tracing);
    assert_eq!(tracing.json(&["request"])["files"], serde_json::json!([]));
    assert_eq!(entries(&tracing), before + 1);
    tracing.json(&["select"]);
    assert_eq!(entries(&tracing), before + 1);
}

/// The shell block of the README with a line in it.
fn block(line: &str) -> String {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let blocks = readme.split("```sh\n").skip(1);
    let mut blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks
        .find(|block| block.contains(line))
        .expect(line)
        .to_owned()
}

#[test]
fn the_history_of_one_person_is_read_as_the_readme_says() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    let rows = tracing.request();
    tracing.apply("a.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    let before = fs::read(tracing.register()).unwrap();
    let said = Command::new("sh")
        .args(["-ec", &block("sqlite3 -readonly")])
        .current_dir(tracing.path(""))
        .output()
        .unwrap();
    let told = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success());
    for word in ["asked", "answered", "match.single", NUMBERS[0]] {
        assert!(told.contains(word), "{word} in {told}");
    }
    assert_eq!(fs::read(tracing.register()).unwrap(), before);
    tracing.verify();
}

#[test]
fn a_plain_register_is_encrypted_as_the_readme_says() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    tracing.request();
    let steps = block("age-keygen -o register.identity");
    // The verification needs the configuration changed by then.
    let steps: String = steps
        .lines()
        .filter(|line| !line.starts_with("cld "))
        .map(|line| line.replace("-r age1…", "-r \"$(age-keygen -y register.identity)\"") + "\n")
        .collect();
    let said = Command::new("sh")
        .args(["-ec", &steps])
        .current_dir(tracing.path(""))
        .output()
        .unwrap();
    assert!(said.status.success());
    let bytes = fs::read(tracing.register()).unwrap();
    assert!(!bytes.starts_with(b"SQLite"));
    let key = Command::new("age-keygen")
        .arg("-y")
        .arg(tracing.path("register.identity"))
        .output()
        .unwrap();
    let key = String::from_utf8(key.stdout).unwrap();
    let config = tracing.path("council.yaml");
    let text = fs::read_to_string(&config).unwrap();
    let encrypted = format!(
        "register: tracing/register.db, encrypted: {{recipient: {}, identity: register.identity}}",
        key.trim()
    );
    fs::write(
        &config,
        text.replace("register: tracing/register.db", &encrypted),
    )
    .unwrap();
    tracing.verify();
    tracing.json(&["request"]);
}
