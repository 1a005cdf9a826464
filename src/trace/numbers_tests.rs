//! On which day a number was verified, and a file of them that cannot be written.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::trace::apply::apply;
use crate::trace::ask::ask;
use crate::trace::machine_tests::{config, keeping};

fn on(day: &str) -> Moment {
    Moment {
        at: format!("{day}T09:00:00Z"),
        today: Date::parse_iso(day).unwrap(),
    }
}

fn write(folder: &Path, allocations: &str) {
    let people = "ID,NHS,LAST,FIRST,SEX,BORN,DIED,PCODE\nP1,,Quennell,Ann,F,01/05/1940,,\n";
    fs::write(folder.join("people.csv"), people).unwrap();
    fs::write(folder.join("allocations.csv"), allocations).unwrap();
}

/// Asked about in March and answered in April.
fn verified(folder: &Path) -> TracingConfig {
    let config = config(folder);
    fs::create_dir(&config.requests).unwrap();
    write(folder, "ID,ENDED\nP1,\n");
    let keeping = keeping(&config, None);
    let mut changed = Register::to_change(&keeping).unwrap();
    let asked = ask(&config, &mut changed, &config.requests, &on("2026-03-31")).unwrap();
    let request = fs::read_to_string(&asked.files[0].path).unwrap();
    let reference = request.lines().nth(1).unwrap().split(',').next().unwrap();
    let answer = folder.join("answer.csv");
    let names = "UNIQUE REFERENCE,REQ_NHS_NUMBER,DATE_OF_BIRTH,DATE_OF_DEATH,SENSITIVITY_FLAG,ERROR/SUCCESS_CODE,\
         MATCHED_NHS_NO,MATCHED_ALGORITHM_INDICATOR,MATCHED_CONFIDENCE_PERCENTAGE";
    let text = format!("{names}\n{reference},,19400501,,,00,9434765919,3,100\n");
    fs::write(&answer, text).unwrap();
    apply(&config, changed.register(), &[answer], &on("2026-04-15")).unwrap();
    changed.save().unwrap();
    config
}

fn given(config: &TracingConfig, today: &str) -> Numbers {
    let mut register = Register::open(&keeping(config, None)).unwrap().unwrap();
    numbers(config, &mut register, &on(today)).unwrap()
}

#[test]
fn the_day_is_that_of_the_answer_also_of_who_left_and_came_back() {
    let folder = tempfile::tempdir().unwrap();
    let config = verified(folder.path());
    let text = |today: &str| {
        let path = folder.path().join(format!("numbers-{today}.csv"));
        let written = given(&config, today).write(&path, false).unwrap();
        (written, fs::read_to_string(&path).unwrap())
    };
    let expected = "person_id,nhs_number,indicator,verified_on,in_case_system\r\nP1,9434765919,01,2026-04-15,none\r\n";
    assert_eq!(text("2026-05-01"), (1, expected.to_owned()));
    for (allocations, day) in [
        ("ID,ENDED\nP1,01/06/2026\n", "2026-06-02"),
        ("ID,ENDED\nP1,01/06/2026\nP1,\n", "2026-07-01"),
    ] {
        write(folder.path(), allocations);
        let keeping = keeping(&config, None);
        let mut changed = Register::to_change(&keeping).unwrap();
        ask(&config, &mut changed, &config.requests, &on(day)).unwrap();
    }
    assert_eq!(text("2026-07-02"), (1, expected.to_owned()));
}

#[test]
fn a_file_is_written_whole_or_not_at_all_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let config = verified(folder.path());
    let numbers = given(&config, "2026-05-01");
    let out = tempfile::tempdir().unwrap();
    let left = || -> Vec<PathBuf> {
        let entries = fs::read_dir(out.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let path = out.path().join("numbers.csv");
    fs::write(&path, "another").unwrap();
    assert_eq!(numbers.write(&path, false).unwrap_err().exit_status(), 2);
    assert_eq!(fs::read_to_string(&path).unwrap(), "another");
    assert!(left() == [&*path]);
    #[cfg(unix)]
    {
        // A link that leads nowhere is a name that is taken too.
        let (link, target) = (out.path().join("link"), out.path().join("target"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert_eq!(numbers.write(&link, false).unwrap_err().exit_status(), 2);
        assert!(!target.exists());
        fs::remove_file(&link).unwrap();
    }
    let nowhere = out.path().join("none/numbers.csv");
    assert_eq!(numbers.write(&nowhere, false).unwrap_err().exit_status(), 1);
    assert!(left() == [&*path]);
}

#[test]
fn nothing_of_a_person_is_formatted() {
    let folder = tempfile::tempdir().unwrap();
    let shown = format!("{:?}", given(&verified(folder.path()), "2026-05-01"));
    assert!(
        !shown.contains("P1") && !shown.contains("9434765919"),
        "{shown}"
    );
}
