//! A bundle under `previous:` that is none, is not this council's, or is not as it was made.

use std::fs;
use std::path::Path;

use crate::support::{Council, Ran, Record, call, service};

/// A run for the twelve months before.
fn sent(records: impl IntoIterator<Item = Record>) -> Council {
    Council::of(records).set("period", "{start: 2025-01-01, end: 2025-12-31}")
}

fn next(before: &Ran, records: impl IntoIterator<Item = Record>) -> Council {
    Council::of(records).set("previous", before.bundle().to_str().unwrap())
}

#[test]
fn what_is_no_bundle_or_not_there_is_refused() {
    let before = sent([service()]).makes();
    let refused = |path: &Path, code, says: &[&str]| {
        let path = path.to_str().unwrap();
        let ran = Council::of([service()]).set("previous", path).fails(code);
        ran.said.says(says);
    };
    refused(
        Path::new("nowhere"),
        3,
        &["previous", "nowhere", "not a bundle"],
    );
    let empty = tempfile::tempdir().unwrap();
    refused(
        empty.path(),
        3,
        &["previous", "manifest.dsse.json is missing"],
    );
    let parquet = before.bundle().join("submission.parquet");
    let whole = fs::read(&parquet).unwrap();
    fs::remove_file(&parquet).unwrap();
    refused(&before.bundle(), 3, &["submission.parquet is missing"]);
    fs::write(&parquet, whole).unwrap();
    next(&before, [service()]).makes();
}

#[test]
fn a_bundle_that_was_changed_is_refused() {
    let before = sent([service(), service().of("9990000026", "P100002", "E2")]).makes();
    let refused = |says: &[&str]| next(&before, [service()]).fails(6).said.says(says);
    for name in [
        "submission.parquet",
        "submission.csv",
        "manifest.json",
        "manifest.dsse.json",
    ] {
        let path = before.bundle().join(name);
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        fs::write(&path, damaged).unwrap();
        refused(&["previous", name]);
        fs::write(&path, whole).unwrap();
    }
    fs::write(before.bundle().join("notes.txt"), "").unwrap();
    refused(&["notes.txt does not belong to the bundle"]);
}

/// A council may have changed its signing key; then the configuration says with which one the bundle was signed.
#[test]
fn a_bundle_signed_with_another_key_is_checked_with_that_one() {
    let before = sent([service(), service().of("9990000026", "P100002", "E2")]).makes();
    let own = before.council.path("own.pem");
    call(["key", "new", "--signing", own.to_str().unwrap()]).code(0);
    let next = || {
        next(&before, [service()])
            .set("signing_key", own.to_str().unwrap())
            .set(
                "previous_public_key",
                crate::support::samples("test-signing.pub.pem"),
            )
    };
    let findings = next().makes().findings();
    assert_eq!(
        findings.find("rule", "event_type.lost_service", "records"),
        "1"
    );
    let envelope = before.bundle().join("manifest.dsse.json");
    let signed = fs::read_to_string(&envelope).unwrap();
    let unsigned = signed.replacen("\"payload\": \"", "\"payload\": \"AAAA", 1);
    fs::write(&envelope, unsigned).unwrap();
    next()
        .fails(6)
        .said
        .says(&["manifest.dsse.json is not signed with the given public key"]);
    fs::write(&envelope, signed).unwrap();
    let findings = before.bundle().join("findings.csv");
    fs::write(&findings, "").unwrap();
    next().fails(6).said.says(&["findings.csv was changed"]);
}

#[test]
fn a_bundle_of_another_council_is_a_mistake_in_the_configuration() {
    let before = sent([service()]).set("controller", "{la_code: \"998\", name: Elsewhere}");
    let before = before.makes();
    let ran = next(&before, [service()]).fails(2);
    ran.said.says(&["previous", "another council"]);
}

#[test]
fn a_bundle_of_another_return_is_a_mistake_in_the_configuration() {
    let before = sent([service()]).makes();
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/cld-release-1.yaml");
    let council = next(&before, [service()])
        .set("return", "other-release-1")
        .reads("absent: [GP Practice Name, Provider CQC Location Name]");
    fs::create_dir(council.path("schemas")).unwrap();
    let schema = fs::read_to_string(schema).unwrap();
    let schema = schema.replace("schema: cld-release-1", "schema: other-release-1");
    let council = council.beside("schemas/other-release-1.yaml", schema);
    let schemas = council.path("schemas");
    let council = council
        .argument("--schemas")
        .argument(schemas.to_str().unwrap());
    council.fails(2).said.says(&["previous", "another return"]);
}
