//! `cld key`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::support::{call, samples};

fn directory() -> (tempfile::TempDir, impl Fn(&str) -> PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path().to_owned();
    (directory, move |name: &str| base.join(name))
}

fn mode(path: &PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_new_key_is_random_closed_and_never_written_over() {
    let (_directory, at) = directory();
    let mut ids = Vec::new();
    for name in ["a.key", "b.key"] {
        let path = at(name);
        let said = call(["key", "new", path.to_str().unwrap()]).code(0);
        let text = fs::read_to_string(&path).unwrap();
        let secret = text
            .lines()
            .find_map(|l| l.strip_prefix("cld-key-1:"))
            .unwrap();
        assert_eq!(
            data_encoding::BASE64
                .decode(secret.as_bytes())
                .unwrap()
                .len(),
            32
        );
        assert_eq!(mode(&path), 0o600);
        assert!(!said.stdout.contains(secret));
        let id = call(["key", "id", path.to_str().unwrap()]).code(0).stdout;
        assert!(said.stdout.contains(id.trim()) && id.trim().len() == 16);
        ids.push(id);
        call(["key", "new", path.to_str().unwrap()])
            .code(5)
            .says(&[name]);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_new_signing_pair_is_one_that_openssl_reads() {
    let (_directory, at) = directory();
    let path = at("council.pem");
    let said = call(["key", "new", "--signing", path.to_str().unwrap()]).code(0);
    let private = fs::read_to_string(&path).unwrap();
    assert!(private.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(mode(&path), 0o600);
    let public = fs::read_to_string(at("council.pub.pem")).unwrap();
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    let id = call(["key", "id", "--signing", path.to_str().unwrap()]).code(0);
    assert_eq!(id.stdout.trim().len(), 64);
    assert!(said.stdout.contains(id.stdout.trim()));
    call(["key", "new", "--signing", path.to_str().unwrap()]).code(5);
    assert_eq!(fs::read_to_string(&path).unwrap(), private);
}

#[test]
fn ids_are_the_contracts() {
    let key = samples("test.key");
    assert_eq!(
        call(["key", "id", &key]).code(0).stdout,
        "4be756613018645e\n"
    );
    let json = call(["key", "id", &key, "--format", "json"]).code(0).json();
    assert_eq!(json["key_id"], "4be756613018645e");
}

#[test]
fn how_a_key_is_kept_is_told() {
    let json = call(["key", "check", &samples("test.key"), "--format", "json"])
        .code(0)
        .json();
    assert_eq!(json["test"], true);
    assert_eq!(json["accepted"], true);
    let human = call(["key", "check", &samples("test.key")]).code(0).stdout;
    assert!(human.contains("TEST KEY") && human.contains("4be756613018645e"));

    let (_directory, at) = directory();
    let path = at("own.key");
    let name = path.to_str().unwrap();
    call(["key", "new", name]).code(0);
    let human = call(["key", "check", name]).code(0).stdout;
    assert!(human.contains("good") && !human.contains("BAD"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let said = call(["key", "check", name]).code(5);
    assert!(said.stdout.contains("BAD"));
    said.says(&["chmod 600"]);
    let json = call(["key", "check", name, "--format", "json"])
        .code(5)
        .json();
    assert_eq!(json["accepted"], false);
    call(["key", "check", "/nowhere.key"])
        .code(5)
        .says(&["/nowhere.key"]);
}

#[test]
fn a_signing_key_is_checked_as_one() {
    call(["key", "check", "--signing", &samples("test-signing.pem")]).code(0);
    call(["key", "check", &samples("test-signing.pem")]).code(5);
    call(["key", "check", "--signing", &samples("test.key")]).code(5);
}
