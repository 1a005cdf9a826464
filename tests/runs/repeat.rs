//! Runs made again, elsewhere, stopped and killed.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Council, Ran, Said, call, request, samples, service, tree};

#[test]
fn an_equal_run_leaves_the_bundle_as_it_was() {
    let ran = Council::of([service(), request()]).makes();
    let before = tree(&ran.bundle());
    assert!(!ran.said.stdout.contains("left as it was"));
    let again = Said::of(ran.council.command().output().unwrap()).code(0);
    assert!(again.stdout.contains("left as it was"), "{}", again.stdout);
    assert_eq!(tree(&ran.bundle()), before);
    let json = ran
        .council
        .command()
        .args(["--format", "json"])
        .output()
        .unwrap();
    let json = Said::of(json).code(0).json();
    assert_eq!(json["existed"], true);
    assert_eq!(json["records"]["submitted"], 2);
}

#[test]
fn a_damaged_bundle_of_an_equal_run_is_told() {
    let ran = Council::of([service(), request()]).makes();
    let manifest = ran.bundle().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("2099", "2098", 1)).unwrap();
    let before = tree(&ran.bundle());
    let again = Said::of(ran.council.command().output().unwrap()).code(2);
    assert!(
        again.stderr.contains("Move it away and run again"),
        "{}",
        again.stderr
    );
    assert_eq!(tree(&ran.bundle()), before);
}

fn without_run(ran: &Ran) -> serde_json::Value {
    let mut predicate = ran.predicate();
    let run = predicate.as_object_mut().unwrap().remove("run");
    assert!(run.is_some_and(|run| run["started"].is_string()));
    predicate
}

#[test]
fn nothing_but_the_run_block_tells_equal_runs_apart() {
    let council = || Council::of([service(), request().with("Gender", "x")]);
    let first = council().makes();
    let elsewhere = council();
    let output = elsewhere
        .command()
        .envs([
            ("TZ", "Asia/Kathmandu"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("USER", "babbage"),
        ])
        .current_dir("/")
        .output()
        .unwrap();
    let second = Ran {
        said: Said::of(output).code(0),
        council: elsewhere,
    };
    assert_eq!(without_run(&first), without_run(&second));
    assert_eq!(first.bundle().file_name(), second.bundle().file_name());
    for file in [
        "submission.csv",
        "submission.parquet",
        "data-quality.csv",
        "findings.csv",
        "report.html",
    ] {
        assert_eq!(first.read(file), second.read(file), "{file}");
    }
    for ran in [&first, &second] {
        let place = ran.council.directory.path().to_str().unwrap();
        for (file, bytes) in tree(&ran.bundle()) {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(place) && !text.contains("babbage"), "{file}");
        }
    }
}

#[test]
fn whatever_a_run_hangs_on_changes_its_id() {
    let id = |council: Council| council.makes().bundle().file_name().unwrap().to_owned();
    let council = || Council::of([service(), request()]);
    let key = samples("test.key");
    let mut ids = vec![
        id(council()),
        id(council().set("recipient", "dhsc")),
        id(council().set("key", format!("{{file: {key}, epoch: \"2027\"}}"))),
        id(Council::of([request(), service()])),
        id(Council::of([service()])),
        id(council()
            .beside("l.csv", "field,value\nDementia,No\n")
            .set("lists", "l.csv")),
        id(council()
            .beside("l.csv", "field,value\nDementia,Yes\n")
            .set("lists", "l.csv")),
    ];
    assert!(
        ids.iter()
            .all(|id| id.to_str().unwrap().starts_with("2026-03-31-"))
    );
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let taskset = |council: &Council| {
        let command = council.command();
        let mut one = Command::new("taskset");
        one.args(["-c", "0"])
            .arg(command.get_program())
            .args(command.get_args());
        one.output()
    };
    let council = || large(5_000);
    let alone = council();
    let Ok(output) = taskset(&alone) else {
        eprintln!("SKIPPED: taskset is not here, so one thread was not tried");
        return;
    };
    let alone = Ran {
        said: Said::of(output).code(0),
        council: alone,
    };
    let together = council().makes();
    assert_eq!(without_run(&alone), without_run(&together));
    assert_eq!(
        alone.read("submission.csv"),
        together.read("submission.csv")
    );
    assert_eq!(
        alone.read("submission.parquet"),
        together.read("submission.parquet")
    );
    assert_eq!(alone.worklist(), together.worklist());
}

/// More than a few blocks of records, some with a finding.
fn large(records: usize) -> Council {
    Council::of((0..records).map(|n| {
        let person = format!("P{}", n * 7919 % 1_000);
        let record = service().of("", &person, &format!("E{n}"));
        record.with("Gender", if n % 50 == 0 { "x" } else { "Male" })
    }))
}

/// Starts a run, waits until it has begun to write, and sends it a signal.
fn signalled(council: &Council, signal: &str) -> Option<i32> {
    let mut child = council
        .command()
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let unfinished = || {
        let mut entries = fs::read_dir(council.path("worklist")).into_iter().flatten();
        entries.any(|e| e.is_ok_and(|e| e.file_name().to_string_lossy().starts_with(".cld-unf")))
    };
    while !unfinished() {
        assert!(began.elapsed() < Duration::from_secs(60), "it never began");
        sleep(Duration::from_millis(5));
    }
    sleep(Duration::from_millis(20));
    let kill = Command::new("kill")
        .arg(signal)
        .arg(child.id().to_string())
        .status();
    assert!(kill.unwrap().success());
    child.wait().unwrap().code()
}

#[test]
fn a_run_that_is_stopped_leaves_nothing_behind() {
    for signal in ["-INT", "-TERM"] {
        let council = large(30_000);
        drop(council.command());
        let before = tree(council.directory.path());
        assert_eq!(signalled(&council, signal), Some(130), "{signal}");
        let after = tree(council.directory.path());
        assert_eq!(
            before.keys().collect::<Vec<_>>(),
            after.keys().collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_run_that_is_killed_leaves_no_bundle_and_the_next_one_clears_up() {
    let council = large(30_000);
    assert_eq!(signalled(&council, "-KILL"), None);
    for directory in ["out", "worklist"] {
        for entry in fs::read_dir(council.path(directory)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name.starts_with(".cld-unfinished-"), "{name}");
        }
    }
    // Whatever it left in the bundles' directory may leave the council.
    for bytes in tree(&council.path("out")).values() {
        assert!(!bytes.windows(5).any(|w| w == b"P7919"));
    }
    let next = council.makes();
    let key = samples("test-signing.pub.pem");
    call([
        "manifest",
        "verify",
        next.bundle().to_str().unwrap(),
        "--public-key",
        &key,
    ])
    .code(0);
    next.worklist_directory();
}
