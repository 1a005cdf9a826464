//! `cld manifest`, and the manifest against its published schema.

use std::fs;
use std::path::Path;

use crate::support::{Council, Ran, Said, call, samples, service};

fn ran() -> Ran {
    Council::of([service(), service().with("Gender", "x")]).makes()
}

fn manifest(command: &str, bundle: &Path, more: &[&str]) -> Said {
    let bundle = bundle.to_str().unwrap();
    let key = samples("test-signing.pub.pem");
    let key: &[&str] = match command {
        "verify" => &["--public-key", &key],
        _ => &[],
    };
    let arguments = ["manifest", command, bundle];
    call(arguments.iter().chain(key).chain(more).copied())
}

#[test]
fn it_is_shown_for_people_and_programs() {
    let ran = ran();
    let run_id = ran.predicate()["run_id"].as_str().unwrap().to_owned();
    let human = manifest("show", &ran.bundle(), &[]).code(0).stdout;
    for part in [
        run_id.as_str(),
        "TEST KEY",
        "Testshire",
        "nhs-england",
        "4be756613018645e",
    ] {
        assert!(human.contains(part), "{part} in {human}");
    }
    let json = manifest("show", &ran.bundle(), &["--format", "json"])
        .code(0)
        .json();
    assert_eq!(json["predicate"], ran.predicate());
    assert_eq!(json["_type"], "https://in-toto.io/Statement/v1");
}

#[test]
fn it_is_verified_for_people_and_programs() {
    let ran = ran();
    let human = manifest("verify", &ran.bundle(), &[]).code(0).stdout;
    assert!(human.starts_with("verified: signed by key "));
    assert!(human.contains("TEST KEY") && human.contains("2 records read, 2 submitted"));
    let json = manifest("verify", &ran.bundle(), &["--format", "json"])
        .code(0)
        .json();
    assert_eq!(json["verified"], true);
    assert_eq!(json["test_signature"], true);
    assert_eq!(json["test_key"], true);
    assert_eq!(json["run_id"], ran.predicate()["run_id"]);
    let files = json["files"].as_array().unwrap();
    for name in ["submission.csv", "submission.parquet", "report.html"] {
        let file = files.iter().find(|f| f["name"] == name).expect(name);
        assert_eq!(file["bytes"], ran.read(name).len());
    }
}

#[test]
fn what_cannot_be_shown_is_told() {
    manifest("show", Path::new("/nowhere"), &[])
        .code(3)
        .says(&["/nowhere", "directory of a bundle"]);
    let ran = ran();
    fs::write(ran.bundle().join("manifest.json"), "{}").unwrap();
    manifest("show", &ran.bundle(), &[])
        .code(6)
        .says(&["manifest.json"]);
}

#[test]
fn it_follows_its_published_schema() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/manifest.schema.json");
    let schema = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut manifest = serde_json::from_slice(&ran().read("manifest.json")).unwrap();
    let faults: Vec<_> = validator
        .iter_errors(&manifest)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    manifest["predicate"]["counts"]["read"] = serde_json::json!("two");
    assert!(!validator.is_valid(&manifest));
}

#[test]
fn the_checksums_are_those_that_sha256sum_reads() {
    let ran = ran();
    let output = std::process::Command::new("sha256sum")
        .args(["-c", "--strict", "manifest-sha256.txt"])
        .current_dir(ran.bundle())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout)
            .unwrap()
            .matches(": OK")
            .count(),
        7
    );
}

#[test]
fn the_subjects_are_the_five_files() {
    let manifest: serde_json::Value = serde_json::from_slice(&ran().read("manifest.json")).unwrap();
    let subjects = manifest["subject"].as_array().unwrap();
    let names: Vec<_> = subjects
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "data-quality.csv",
            "findings.csv",
            "report.html",
            "submission.csv",
            "submission.parquet"
        ]
    );
}

#[test]
fn the_bundle_sent_before_is_named_by_its_digest() {
    let before = ran();
    let previous = before.bundle();
    let after = Council::of([service()])
        .set("previous", previous.to_str().unwrap())
        .makes();
    let digest = before.read("manifest-sha256.txt");
    let digest = String::from_utf8(digest).unwrap();
    let line = digest
        .lines()
        .find(|l| l.ends_with("  manifest.json"))
        .unwrap();
    assert_eq!(after.predicate()["previous"]["manifest_digest"], line[..64]);
    assert_eq!(before.predicate()["previous"], serde_json::Value::Null);
}
