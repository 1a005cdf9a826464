//! The register under a passphrase, and files that are purged.

use std::fs;

use super::apply::apply;
use super::ask::ask;
use super::machine_tests::{config, keeping};
use super::purge::purge;
use super::register::{Entry, Event, Register, RegisterError};
use super::select::Moment;
use crate::config::{Flag, RegisterLock};
use crate::date::Date;
use crate::encrypted::Passphrase;
use crate::treat::Ask;

fn on(day: &str) -> Moment {
    Moment {
        at: format!("{day}T09:00:00Z"),
        today: Date::parse_iso(day).unwrap(),
    }
}

fn council() -> (tempfile::TempDir, crate::config::TracingConfig) {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    fs::create_dir(&config.requests).unwrap();
    let people = "ID,NHS,LAST,FIRST,SEX,BORN,DIED,PCODE\nP1,,Quennell,Ann,F,01/05/1940,,\n";
    fs::write(folder.path().join("people.csv"), people).unwrap();
    fs::write(folder.path().join("allocations.csv"), "ID,ENDED\nP1,\n").unwrap();
    (folder, config)
}

#[test]
fn files_go_when_they_are_as_old_as_that() {
    let (_folder, config) = council();
    let keeping = keeping(&config, None);
    let mut changed = Register::to_change(&keeping).unwrap();
    let requests = config.requests.clone();
    let asked = ask(&config, &mut changed, &requests, &on("2020-03-31")).unwrap();
    let file = &asked.files[0].path;
    let other = requests.join("notes.csv");
    fs::write(&other, "notes").unwrap();
    let early = purge(&config, &mut changed, &on("2026-03-30"), false).unwrap();
    assert_eq!((early.files, early.not_found), (0, 0));
    let dry = purge(&config, &mut changed, &on("2026-03-31"), true).unwrap();
    assert!(dry.files == 1 && file.exists());
    drop(changed);
    let mut changed = Register::to_change(&keeping).unwrap();
    let gone = purge(&config, &mut changed, &on("2026-03-31"), false).unwrap();
    assert!(gone == dry && !file.exists() && other.exists());
    let again = purge(&config, &mut changed, &on("2026-04-01"), false).unwrap();
    assert_eq!((again.files, again.not_found), (0, 0));
    // One that somebody moved away is told, once.
    let asked = ask(&config, &mut changed, &requests, &on("2027-03-31")).unwrap();
    fs::remove_file(&asked.files[0].path).unwrap();
    let missing = purge(&config, &mut changed, &on("2033-03-31"), false).unwrap();
    assert_eq!((missing.files, missing.not_found), (0, 1));
    changed.register().verify(None).unwrap();
}

#[test]
fn a_request_that_cannot_be_written_leaves_the_register_as_it_was() {
    let (folder, config) = council();
    let keeping = keeping(&config, None);
    let mut changed = Register::to_change(&keeping).unwrap();
    let nowhere = folder.path().join("nowhere");
    assert!(ask(&config, &mut changed, &nowhere, &on("2026-03-31")).is_err());
    drop(changed);
    assert!(Register::open(&keeping).unwrap().is_none());
}

#[test]
fn a_passphrase_opens_it_and_no_other_one() {
    let (_folder, config) = council();
    let mut keeping = keeping(&config, Some(RegisterLock::Passphrase));
    // Nobody there to ask: nothing is made.
    assert!(matches!(
        Register::to_change(&keeping).err(),
        Some(RegisterError::Locked { .. })
    ));
    keeping.ask = Ask(|_| Ok(Passphrase::from("correct horse battery".to_owned())));
    keeping.ask_new = keeping.ask;
    let mut changed = Register::to_change(&keeping).unwrap();
    let requests = config.requests.clone();
    ask(&config, &mut changed, &requests, &on("2026-03-31")).unwrap();
    drop(changed);
    let bytes = fs::read(&config.register).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> scrypt"));
    let register = Register::open(&keeping).unwrap().unwrap();
    assert_eq!(register.verify(None).unwrap().head.entries, 2);
    keeping.ask = Ask(|_| Ok(Passphrase::from("correct horse batteries".to_owned())));
    assert!(matches!(
        Register::open(&keeping).err(),
        Some(RegisterError::Locked { .. })
    ));
    // Its form is not what the configuration says.
    keeping.lock = None;
    assert!(matches!(
        Register::open(&keeping).err(),
        Some(RegisterError::Otherwise { .. })
    ));
}

/// Asks about people of these ids, and then notices that all of them died on 1 February 2020.
fn died(folder: &std::path::Path, config: &crate::config::TracingConfig, ids: &[String]) {
    let keeping = keeping(config, None);
    for (day, died) in [("2020-01-01", ""), ("2020-03-01", "01/02/2020")] {
        write(folder, ids, died);
        let mut changed = Register::to_change(&keeping).unwrap();
        ask(config, &mut changed, &config.requests, &on(day)).unwrap();
    }
}

fn write(folder: &std::path::Path, ids: &[String], died: &str) {
    let mut people =
        "ID,NHS,LAST,FIRST,SEX,BORN,DIED,PCODE\nSTAYS1,,Quennell,Ann,F,01/05/1940,,\n".to_owned();
    let mut allocations = "ID,ENDED\nSTAYS1,\n".to_owned();
    for id in ids {
        people += &format!("{id},,Quennell,Ann,F,01/05/1940,{died},\n");
        allocations += &format!("{id},\n");
    }
    fs::write(folder.join("people.csv"), people).unwrap();
    fs::write(folder.join("allocations.csv"), allocations).unwrap();
}

#[test]
fn nothing_of_who_is_purged_is_left_in_the_bytes() {
    let (folder, config) = council();
    let ids: Vec<String> = (0..1500).map(|at| format!("GOES{at:04}")).collect();
    died(folder.path(), &config, &ids);
    let holds = |id: &str| {
        let bytes = fs::read(&config.register).unwrap();
        bytes.windows(id.len()).any(|w| w == id.as_bytes())
    };
    assert!(holds("GOES") && holds("STAYS1"));
    let keeping = keeping(&config, None);
    let mut changed = Register::to_change(&keeping).unwrap();
    let purged = purge(&config, &mut changed, &on("2027-03-01"), false).unwrap();
    assert_eq!((purged.people, purged.entries), (1500, 3000));
    drop(changed);
    assert!(!holds("GOES") && holds("STAYS1"));
    let register = Register::open(&keeping).unwrap().unwrap();
    assert_eq!(register.verify(None).unwrap().purged, 3000);
}

#[test]
fn who_is_back_is_not_purged_nor_who_died_on_a_day_that_is_none() {
    for (day, people) in [
        ("", 0),
        ("01/01/1900", 0),
        ("31/12/9999", 0),
        ("last May", 0),
        ("01/02/2026", 0),
        ("01/02/2020", 1),
    ] {
        let (folder, config) = council();
        let ids = ["P9".to_owned()];
        died(folder.path(), &config, &ids);
        // Nobody has run `request` since.
        write(folder.path(), &ids, day);
        let keeping = keeping(&config, None);
        let mut changed = Register::to_change(&keeping).unwrap();
        let purged = purge(&config, &mut changed, &on("2027-03-01"), true).unwrap();
        assert_eq!((purged.people, purged.kept), (people, 1 - people), "{day}");
    }
}

#[test]
fn every_answer_about_somebody_in_mental_health_care_is_kept_for_longer() {
    for (team, kept) in [("MH", 3), ("North", 0)] {
        let (folder, mut config) = council();
        config.keep.mental_health = Some(Flag {
            column: "TEAM".to_owned(),
            values: vec!["MH".to_owned()],
        });
        let people = format!(
            "ID,NHS,LAST,FIRST,SEX,BORN,DIED,PCODE,TEAM\nP1,,Quennell,Ann,F,01/05/1940,,,{team}\n"
        );
        fs::write(folder.path().join("people.csv"), people).unwrap();
        let keeping = keeping(&config, None);
        let mut changed = Register::to_change(&keeping).unwrap();
        let requests = config.requests.clone();
        let asked = ask(&config, &mut changed, &requests, &on("2018-03-31")).unwrap();
        let request = fs::read_to_string(&asked.files[0].path).unwrap();
        let reference = request.lines().nth(1).unwrap().split(',').next().unwrap();
        // The second says something else than the first.
        for (name, number) in [("a1.csv", "9434765919"), ("a2.csv", "4010232137")] {
            let answer = requests.join(name);
            let text = format!(
                "UNIQUE REFERENCE,DATE_OF_BIRTH,DATE_OF_DEATH,SENSITIVITY_FLAG,ERROR/SUCCESS_CODE,MATCHED_NHS_NO,\
                 MATCHED_ALGORITHM_INDICATOR\n{reference},19400501,,,00,{number},3\n"
            );
            fs::write(&answer, text).unwrap();
            apply(&config, changed.register(), &[answer], &on("2018-04-01")).unwrap();
        }
        purge(&config, &mut changed, &on("2026-04-01"), false).unwrap();
        assert_eq!(fs::read_dir(&requests).unwrap().count(), kept, "{team}");
        changed.register().verify(None).unwrap();
    }
}

#[test]
fn copies_of_a_file_go_with_it_and_so_does_what_is_unfinished() {
    let (_folder, config) = council();
    let keeping = keeping(&config, None);
    let mut changed = Register::to_change(&keeping).unwrap();
    let requests = config.requests.clone();
    let left = requests.join(".cld-unfinished-request-x1");
    fs::write(&left, "half a request").unwrap();
    let asked = ask(&config, &mut changed, &requests, &on("2020-03-31")).unwrap();
    assert!(!left.exists());
    let file = &asked.files[0].path;
    let (copy, later) = (requests.join("copy.csv"), requests.join("later.csv"));
    fs::copy(file, &copy).unwrap();
    let text = fs::read(file).unwrap();
    fs::write(&left, "half a request").unwrap();
    let gone = purge(&config, &mut changed, &on("2026-03-31"), false).unwrap();
    assert_eq!((gone.files, gone.not_found), (2, 0));
    assert!(!file.exists() && !copy.exists() && !left.exists());
    // One that somebody puts back goes the next time.
    fs::write(&later, text).unwrap();
    let again = purge(&config, &mut changed, &on("2026-04-01"), false).unwrap();
    assert_eq!((again.files, again.not_found), (1, 0));
    assert!(!later.exists());
    changed.register().verify(None).unwrap();
}

#[test]
fn only_a_request_has_looked_at_everybody() {
    let mut register = Register::new().unwrap();
    assert_eq!(register.requested_at().unwrap(), None);
    for (at, event, last) in [
        (
            "2026-01-01T09:00:00Z",
            Event::Looked,
            "2026-01-01T09:00:00Z",
        ),
        // What an answer takes back is noticed too.
        (
            "2026-02-01T09:00:00Z",
            Event::Noticed,
            "2026-01-01T09:00:00Z",
        ),
        (
            "2026-03-01T09:00:00Z",
            Event::Looked,
            "2026-03-01T09:00:00Z",
        ),
    ] {
        register
            .change(at, |change| change.add(Entry::of(event)))
            .unwrap();
        assert_eq!(register.requested_at().unwrap().as_deref(), Some(last));
    }
    register.verify(None).unwrap();
}
