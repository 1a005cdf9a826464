//! Exit codes 7 and 1: the output directory is taken, or cannot be written.

use std::fs::{self, File};
use std::process::Command;

use crate::support::{Council, Said, Table, service, tree};

#[test]
fn a_directory_that_another_run_holds_is_left_alone() {
    let council = Council::of([service()]);
    fs::create_dir(council.path("out")).unwrap();
    let held = File::open(council.path("out")).unwrap();
    held.try_lock().expect("the lock is free");
    council.fails(7).said.says(&["another run", "--out"]);
    drop(held);
}

#[test]
fn a_worklist_that_another_run_fills_is_left_alone() {
    let council = Council::of([service()]);
    let unfinished = council.path("worklist/.cld-unfinished-other");
    fs::create_dir_all(unfinished.join("filled")).unwrap();
    fs::write(unfinished.join("filled/findings.csv"), "rule\n").unwrap();
    let held = File::open(council.path("worklist")).unwrap();
    held.try_lock().expect("the lock is free");
    // Two runs may have different bundle directories and one for their worklists.
    council.fails(7).said.says(&["another run", "worklist"]);
    drop(held);
}

#[test]
fn the_lock_is_free_after_a_run() {
    let ran = Council::of([service()]).makes();
    for directory in ["out", "worklist"] {
        let handle = File::open(ran.council.path(directory)).unwrap();
        handle.try_lock().expect("free");
    }
}

#[test]
fn a_directory_that_cannot_be_made_leaves_nothing() {
    for output in [
        "{bundle: file/out, worklist: worklist}",
        "{bundle: elsewhere, worklist: file/worklist}",
        "{bundle: file, worklist: worklist}",
    ] {
        let council = Council::of([service()])
            .beside("file", "")
            .set("output", output);
        council.fails(1).said.says(&["file"]);
    }
}

#[test]
fn directories_made_on_the_way_go_again() {
    let council = Council::of([service()])
        .set("output", "{bundle: a/b/out, worklist: c/d/worklist}")
        .set("gate", "{max_error_records: 0%}")
        .source("more.csv", [service().with("Gender", "x")]);
    let said = Said::of(council.command().output().unwrap()).code(4);
    said.says(&["No bundle"]);
    let left = tree(council.directory.path());
    assert!(!left.contains_key("a/b/out/"), "{:?}", left.keys());
}

#[test]
fn a_disk_that_fills_up_leaves_nothing() {
    let records = (0..400).map(|n| service().of("", &format!("P{n}"), "E"));
    let council = Council::of(records);
    let command = council.command();
    let before = tree(council.directory.path());
    // A file may not grow beyond 64 blocks, and growing it further is an error instead of a signal.
    let output = Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 64; exec \"$@\"")
        .arg("sh")
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .unwrap();
    Said::of(output).code(1).says(&["cannot write"]);
    assert_eq!(before, tree(council.directory.path()));
}

#[test]
fn half_a_sample_does_not_pass_for_a_whole_one() {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 64; exec \"$@\"")
        .args(["sh", env!("CARGO_BIN_EXE_cld")])
        .args(["sample", "--rows", "1000", "--out", "sample.csv"])
        .current_dir(&directory)
        .output()
        .unwrap();
    Said::of(output).code(1).says(&["cannot write"]);
    assert!(tree(directory.path()).is_empty());
}

#[test]
fn a_bundle_that_was_changed_is_not_passed_over() {
    let ran = Council::of([service()]).makes();
    let path = ran.bundle().join("findings.csv");
    fs::write(&path, "rule\n").unwrap();
    let again = Said::of(ran.council.command().output().unwrap()).code(2);
    again.says(&["was changed", "Move it away"]);
    assert_eq!(fs::read(&path).unwrap(), b"rule\n");
    assert_eq!(Table::of(&ran.read("submission.csv")).rows.len(), 1);
}
