//! `cld purge`: old worklists go, and nothing else.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::support::{Council, Ran, Said, call, service, tree};

fn ran(output: &str) -> Ran {
    Council::of([service().with("Gender", "x")])
        .set("output", output)
        .makes()
}

const KEPT: &str = "{bundle: out, worklist: worklist, worklist_keep_days: 90}";

fn purge(ran: &Ran, more: &[&str]) -> Said {
    let config = ran.council.path("council.yaml");
    let arguments = ["purge", "--worklists", "--config", config.to_str().unwrap()];
    call(arguments.into_iter().chain(more.iter().copied()))
}

fn made_days_ago(ran: &Ran, days: u64) {
    let file = ran.worklist_directory().join("findings-by-rule.csv");
    let made = SystemTime::now() - Duration::from_secs(days * 86_400 + 60);
    let file = File::options().write(true).open(file).unwrap();
    file.set_modified(made).unwrap();
}

#[test]
fn old_worklists_go_and_it_is_written_down() {
    let ran = ran(KEPT);
    let run_id = ran.predicate()["run_id"].as_str().unwrap().to_owned();
    let bundle = tree(&ran.bundle());
    made_days_ago(&ran, 89);
    let said = purge(&ran, &[]).code(0);
    assert!(
        said.stdout.contains("0 removed, 1 younger"),
        "{}",
        said.stdout
    );
    fs::remove_file(ran.council.path("worklist/purge.log")).unwrap();
    made_days_ago(&ran, 90);
    let before = tree(&ran.council.path("worklist"));
    let said = purge(&ran, &["--dry-run"]).code(0);
    assert!(
        said.stdout
            .contains(&format!("would go  {run_id}  90 days old"))
    );
    assert_eq!(tree(&ran.council.path("worklist")), before);

    let json = purge(&ran, &["--format", "json"]).code(0).json();
    assert_eq!(json["removed"][0]["run_id"], run_id.as_str());
    let left = tree(&ran.council.path("worklist"));
    assert!(left.keys().eq(["purge.log"]), "{left:?}");
    let log = String::from_utf8(left["purge.log"].clone()).unwrap();
    assert!(log.contains(&format!("removed {run_id}: 90 days old")));
    assert_eq!(tree(&ran.bundle()), bundle, "bundles are left alone");
    // A run goes on as before.
    Said::of(ran.council.command().output().unwrap()).code(0);
}

#[test]
fn without_days_or_a_kind_nothing_is_too_old() {
    let ran = ran("{bundle: out, worklist: worklist}");
    made_days_ago(&ran, 10_000);
    purge(&ran, &[])
        .code(2)
        .says(&["output.worklist_keep_days is not set"]);
    let config = ran.council.path("council.yaml");
    call(["purge", "--config", config.to_str().unwrap()])
        .code(2)
        .says(&["--worklists"]);
    assert!(ran.worklist_directory().join("findings.csv").exists());
    Council::of([service()])
        .set(
            "output",
            "{bundle: out, worklist: worklist, worklist_keep_days: 0}",
        )
        .fails(2)
        .said
        .says(&["output.worklist_keep_days", "at least a day"]);
}
