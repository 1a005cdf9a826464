//! Other people's tools over a bundle with two signatures: what the README tells a recipient to do, and a DSSE verifier
//! that knows nothing of this project.
//!
//! The last needs a Python package, so it is run by name: `cargo test verifiers -- --ignored`, as CI does after
//! `python3 -m venv target/tools/dsse` and
//! `target/tools/dsse/bin/pip install --no-deps --require-hashes -r tests/verifiers/requirements.txt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Council, Ran, call, samples, service};

/// A bundle, the council's public key and a reviewer's, whose signature is there.
struct Approved {
    ran: Ran,
    council: PathBuf,
    reviewer: PathBuf,
}

fn approved() -> Approved {
    let ran = Council::of([service(), service().with("Gender", "x")]).makes();
    let key = ran.council.path("reviewer.pem");
    call(["key", "new", "--signing", key.to_str().unwrap()]).code(0);
    let council = PathBuf::from(samples("test-signing.pub.pem"));
    call([
        "manifest",
        "sign",
        ran.bundle().to_str().unwrap(),
        "--role",
        "reviewer",
        "--key",
        key.to_str().unwrap(),
        "--public-key",
        council.to_str().unwrap(),
    ])
    .code(0);
    let reviewer = ran.council.path("reviewer.pub.pem");
    Approved {
        ran,
        council,
        reviewer,
    }
}

fn readme() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    fs::read_to_string(path).unwrap()
}

/// The shell block of the README below a mark.
fn block(mark: &str) -> String {
    let readme = readme();
    let (_, rest) = readme.split_once(mark).expect(mark);
    let (_, rest) = rest.split_once("```sh\n").expect("a block");
    let (block, _) = rest.split_once("```").expect("its end");
    block.to_owned()
}

/// Runs a script with the bundle in `bundle` and the keys beside it, as the README has it.
fn sh(approved: &Approved, script: &str) -> Output {
    let place = tempfile::tempdir().unwrap();
    let bundle = place.path().join("bundle");
    fs::create_dir(&bundle).unwrap();
    for entry in fs::read_dir(approved.ran.bundle()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), bundle.join(entry.file_name())).unwrap();
    }
    fs::copy(
        &approved.council,
        place.path().join("council-signing.pub.pem"),
    )
    .unwrap();
    fs::copy(&approved.reviewer, place.path().join("reviewer.pub.pem")).unwrap();
    Command::new("sh")
        .args(["-ec", script])
        .current_dir(&bundle)
        .output()
        .unwrap()
}

const MARK: &str = "<!-- public tools -->";

#[test]
fn the_commands_of_the_readme_verify_both_signatures_and_every_file() {
    let approved = approved();
    let script = block(MARK);
    let output = sh(&approved, &script);
    let said = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{told}");
    assert_eq!(said.matches("Signature Verified Successfully").count(), 2);
    assert_eq!(said.matches(": OK").count(), 7);
    assert_eq!(said.matches(": as signed").count(), 5);

    // A changed file, and the list made again.
    let resum = "sha256sum *.csv *.html *.parquet *.json | sort -k2 > m; mv m manifest-sha256.txt";
    let changed = format!("echo 1 >> submission.csv; {resum}\n{script}");
    let said = sh(&approved, &changed).stdout;
    let said = String::from_utf8_lossy(&said);
    assert!(
        said.contains("submission.csv: OK") && said.contains("submission.csv: CHANGED"),
        "{said}"
    );

    // The reviewer's signature gone, and the list mended: only asking for it tells.
    let envelope = approved.ran.bundle().join("manifest.dsse.json");
    let mut value: serde_json::Value =
        serde_json::from_slice(&fs::read(&envelope).unwrap()).unwrap();
    value["signatures"].as_array_mut().unwrap().pop();
    fs::write(&envelope, serde_json::to_string_pretty(&value).unwrap()).unwrap();
    assert!(
        !sh(&approved, &format!("{resum}\n{script}"))
            .status
            .success()
    );
}

fn python() -> PathBuf {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/dsse/bin/python");
    assert!(
        python.exists(),
        "{} is missing: the head of this file says how to make it",
        python.display()
    );
    python
}

fn dsse(envelope: &Path, keys: &[&Path]) -> Output {
    Command::new(python())
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/verifiers/dsse.py"
        ))
        .arg(envelope)
        .args(keys)
        .output()
        .unwrap()
}

#[test]
#[ignore = "needs securesystemslib from PyPI; CI runs it"]
fn an_off_the_shelf_dsse_verifier_accepts_both_signatures_and_nothing_else() {
    let approved = approved();
    let envelope = approved.ran.bundle().join("manifest.dsse.json");
    let output = dsse(&envelope, &[&approved.council, &approved.reviewer]);
    let said = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{told}");
    let ids = call([
        "manifest",
        "verify",
        approved.ran.bundle().to_str().unwrap(),
        "--public-key",
        approved.council.to_str().unwrap(),
        "--reviewer-key",
        approved.reviewer.to_str().unwrap(),
        "--format",
        "json",
    ]);
    let ids = ids.code(0).json();
    for id in [&ids["key_id"], &ids["reviewer_key_ids"][0]] {
        assert!(said.contains(id.as_str().unwrap()), "{said}");
    }
    assert!(said.contains("application/vnd.in-toto+json\nurn:cld-return:run:v2\n"));

    let stranger = approved.ran.council.path("stranger.pem");
    call(["key", "new", "--signing", stranger.to_str().unwrap()]).code(0);
    let stranger = approved.ran.council.path("stranger.pub.pem");
    assert!(
        !dsse(&envelope, &[&approved.council, &stranger])
            .status
            .success()
    );
    // One bit of what was signed.
    let text = fs::read_to_string(&envelope).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let payload = value["payload"].as_str().unwrap();
    let changed = payload.replacen("ey", "ez", 1);
    let changed = if changed == payload {
        format!("A{}", &payload[1..])
    } else {
        changed
    };
    value["payload"] = changed.into();
    fs::write(&envelope, value.to_string()).unwrap();
    assert!(!dsse(&envelope, &[&approved.council]).status.success());
}
