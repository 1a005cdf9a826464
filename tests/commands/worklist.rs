//! `cld worklist`: the workbook on request.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::{Council, Ran, Said, call, cld, service, tree};

fn ran() -> Ran {
    Council::of([
        service()
            .of("", "Qqsecret", "E1")
            .with("Event Type", "Visit"),
        service(),
    ])
    .makes()
}

fn worklist(directory: &Path, more: &[&str]) -> Said {
    let arguments = ["worklist", directory.to_str().unwrap()];
    call(arguments.into_iter().chain(more.iter().copied()))
}

#[test]
fn it_makes_what_the_run_makes() {
    let ran = ran();
    let directory = ran.worklist_directory();
    let before = tree(&directory);
    fs::remove_file(directory.join("findings.xlsx")).unwrap();
    let human = worklist(&directory, &[]).code(0).stdout;
    for part in [
        "Findings",
        "By case",
        "By rule",
        "findings.xlsx",
        "identifiable",
    ] {
        assert!(human.contains(part), "{part} in {human}");
    }
    assert_eq!(tree(&directory), before);
    let path = directory.join("findings.xlsx");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );

    // Over the one that is there.
    fs::write(&path, "edited").unwrap();
    let said = worklist(&directory, &["--format", "json"]).code(0).json();
    assert_eq!(tree(&directory), before);
    assert_eq!(said["workbook"], path.to_str().unwrap());
    let findings = ran.whole_worklist().rows.len() as u64;
    assert_eq!(said["findings"], findings);
    let folded = said["folded"].as_u64().unwrap();
    assert_eq!(said["sheets"][0]["name"], "By case");
    assert_eq!(said["sheets"][0]["rows"], findings - folded);
    assert_eq!(said["sheets"][1]["name"], "By rule");
}

#[test]
fn what_is_no_worklist_is_refused() {
    let ran = ran();
    let directory = ran.worklist_directory();
    let refused = |directory: &Path, parts: &[&str]| {
        let before = tree(directory);
        let said = worklist(directory, &[]).code(3);
        said.says(parts);
        assert!(!said.stderr.contains("Qqsecret") && said.stdout.is_empty());
        assert_eq!(tree(directory), before);
    };
    refused(&ran.council.path("out"), &["no", "findings.csv"]);
    // The bundle has a file of that name too, and nothing identifiable may come into it.
    refused(&ran.bundle(), &["findings.csv", "no column"]);
    worklist(&directory.join("other"), &[])
        .code(3)
        .says(&["other"]);

    let findings = fs::read_to_string(directory.join("findings.csv")).unwrap();
    fs::write(directory.join("findings.csv"), findings.trim_end()).unwrap();
    refused(&directory, &["findings.csv", "middle of a line"]);
    fs::remove_file(directory.join("findings.csv")).unwrap();
    refused(&directory, &["no", "findings.csv"]);
    // A pipe would be waited for until somebody writes into it.
    let made = std::process::Command::new("mkfifo")
        .arg(directory.join("findings.csv"))
        .status();
    assert!(made.unwrap().success());
    worklist(&directory, &[])
        .code(3)
        .says(&["findings.csv", "no plain file"]);
    call(["worklist"]).code(2);
}

#[test]
fn two_at_once_do_not_meet() {
    let ran = ran();
    let held = File::open(ran.worklist_directory()).unwrap();
    held.try_lock().expect("the lock is free");
    worklist(&ran.worklist_directory(), &[])
        .code(7)
        .says(&["another"]);
}

#[test]
fn a_disk_that_fills_up_leaves_the_earlier_one() {
    let records = (0..400).map(|n| service().of("", &format!("P{n}"), "E").with("Gender", "x"));
    let ran = Council::of(records).makes();
    let directory = ran.worklist_directory();
    let before = tree(&directory);
    let command = cld(["worklist", directory.to_str().unwrap()]);
    // A file may not grow beyond 32 blocks, and growing it further is an error instead of a signal.
    let output = Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 32; exec \"$@\"")
        .arg("sh")
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .unwrap();
    Said::of(output).code(1).says(&["cannot write", "disk"]);
    assert_eq!(tree(&directory), before);
}
