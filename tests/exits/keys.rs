//! Exit code 5: keys that are missing, weak, wrong or badly kept.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Council, call, samples, service};

const REAL: &str = "9434765919";

fn with_key(text: &str, mode: u32) -> Council {
    let council = Council::of([service()]);
    let path = council.path("council.key");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    council.set("key", "{file: council.key, epoch: \"2026\"}")
}

fn line(bytes: &[u8]) -> String {
    format!("cld-key-1:{}\n", data_encoding::BASE64.encode(bytes))
}

fn random() -> [u8; 32] {
    std::array::from_fn(|n| (n as u8).wrapping_mul(37) ^ 0x5a)
}

#[test]
fn only_a_sound_key_of_32_bytes_is_taken() {
    let key = random();
    with_key(&line(&key), 0o600).makes();
    with_key(&line(&key), 0o400).makes();
    for weak in [
        line(&key[..31]),
        line(&key[..16]),
        line(&[]),
        line(&[key, key].concat()),
        line(&[7; 32]),
        "correct horse battery staple\n".into(),
        "cld-key-1:correct horse battery staple\n".into(),
        data_encoding::BASE64.encode(&key),
        line(&key) + &line(&key),
        String::new(),
    ] {
        with_key(&weak, 0o600).fails(5).said.says(&["council.key"]);
    }
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    for mode in [0o640, 0o604, 0o660, 0o644, 0o610] {
        with_key(&line(&random()), mode).fails(5).said.says(&[
            "council.key",
            "open to other accounts",
            "chmod 600",
        ]);
    }
    // Test keys are published anyway.
    with_key(&format!("# purpose: test\n{}", line(&random())), 0o644).makes();
}

#[test]
fn a_key_that_is_not_there_or_another_one_is_refused() {
    Council::of([service()])
        .set("key", "{file: nowhere.key, epoch: \"2026\"}")
        .fails(5)
        .said
        .says(&["nowhere.key"]);
    let council = with_key(&line(&random()), 0o600).set(
        "key",
        "{file: council.key, epoch: \"2026\", id: 4be756613018645e}",
    );
    let said = council.fails(5).said;
    said.says(&["4be756613018645e"]);
    assert!(
        !said
            .stderr
            .contains(&data_encoding::BASE64.encode(&random()))
    );
}

#[test]
fn a_test_key_is_for_test_numbers_unless_it_is_allowed() {
    let real = || Council::of([service(), service().of(REAL, "P100002", "E2")]);
    real().fails(5).said.says(&["test key", "cld key new"]);
    let ran = real().argument("--allow-test-key").makes();
    assert!(ran.said.stdout.contains("TEST KEY"));
    assert!(
        String::from_utf8(ran.read("report.html"))
            .unwrap()
            .contains("TEST KEY")
    );
    assert_eq!(ran.predicate()["key"]["test"], true);

    // Only valid numbers are anybody's.
    Council::of([service().with("NHS Number", "9434765918")]).makes();
    // A council's own key takes both, and a test number is a finding then.
    let key = |r| with_key(&line(&random()), 0o600).source("more.csv", [r]);
    let ran = key(service().with("NHS Number", REAL)).makes();
    assert!(!ran.said.stdout.contains("TEST KEY: these pseudonyms"));
    assert_eq!(ran.rules(), ["nhs_number.test_number"]);
}

#[test]
fn a_signing_key_that_cannot_sign_is_refused() {
    let sign = |file: &str| {
        Council::of([service()])
            .beside(
                "garbage.pem",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            )
            .set("signing_key", file)
            .fails(5)
    };
    sign("nowhere.pem").said.says(&["nowhere.pem"]);
    sign("garbage.pem").said.says(&["garbage.pem"]);
    sign(&samples("test.key"));
    sign(&samples("test-signing.pub.pem"));

    let council = Council::of([service()]);
    let path = council.path("signing.pem");
    call(["key", "new", "--signing", path.to_str().unwrap()]).code(0);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let ran = council.set("signing_key", "signing.pem").fails(5);
    ran.said.says(&["signing.pem", "chmod 600"]);
}
