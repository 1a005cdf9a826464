//! Key files that are encrypted.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{CLD, age, age_keys, kept, mode, text, typed};
use crate::support::{Council, call, samples, service};

const PASSPHRASE: &str = "correct horse battery staple";

fn council_with(key: &str) -> Council {
    Council::of([service()]).set("key", format!("{{{key}, epoch: \"2026\"}}"))
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_key_made_encrypted_is_one_that_age_opens_and_runs_use() {
    let council = council_with("file: council.key.age, identity: custodian.txt");
    let directory = council.directory.path().to_owned();
    let (identity, public) = age_keys(&directory, "custodian.txt");
    let key = text(&council.path("council.key.age"));
    let said = call(["key", "new", &key, "--encrypt-to", &public]).code(0);
    assert_eq!(mode(Path::new(&key)), 0o600);
    let plain = String::from_utf8(age(&["-d", "-i", &identity, &key])).unwrap();
    assert!(plain.lines().any(|line| line.starts_with("cld-key-1:")));
    let id = call(["key", "id", &key, "--identity", &identity])
        .code(0)
        .stdout;
    assert!(said.stdout.contains(id.trim()) && plain.contains(id.trim()));
    let check = call(["key", "check", &key, "--identity", &identity]).code(0);
    assert!(check.stdout.contains("encrypted to an age identity"));

    let ran = council.makes();
    let told = &ran.predicate()["key"];
    assert_eq!(told["id"], id.trim());
    assert_eq!(told["custody"], "key file encrypted to an age identity");
    let words = "key file encrypted to an age identity";
    let report = String::from_utf8(ran.read("report.html")).unwrap();
    assert!(report.contains(words));
    let shown = call(["manifest", "show", ran.bundle().to_str().unwrap()]).code(0);
    assert!(shown.stdout.contains(words) && shown.stdout.contains("none made"));
}

#[test]
fn how_a_plain_key_was_kept_is_told_too() {
    let ran = Council::of([service()]).makes();
    assert_eq!(ran.predicate()["key"]["custody"], "published test key");
    let kept = kept();
    let ran = kept.council.makes();
    let custody = &ran.predicate()["key"]["custody"];
    assert_eq!(custody, "key file that only its owner can read");
}

#[test]
fn a_key_file_that_age_encrypted_opens() {
    let kept = kept();
    let locked = text(&kept.council.path("council.key.age"));
    fs::write(&locked, age(&["-r", &kept.public, &kept.key])).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o600)).unwrap();
    let id = call(["key", "id", &kept.key]).code(0).stdout;
    let with = ["key", "id", &locked, "--identity", &kept.identity];
    assert_eq!(call(with).code(0).stdout, id);
    let armoured = text(&kept_path(&locked, "armoured"));
    fs::write(&armoured, age(&["-a", "-r", &kept.public, &kept.key])).unwrap();
    call(["key", "id", &armoured, "--identity", &kept.identity])
        .code(5)
        .says(&["armoured", "--armor"]);
    // The pseudonyms are the same, however the key was kept.
    let plain = kept.council.makes();
    let submission = plain.submission();
    fs::remove_dir_all(plain.council.path("out")).unwrap();
    let council = plain.council.set(
        "key",
        "{file: council.key.age, epoch: \"2026\", identity: custodian.txt}",
    );
    assert_eq!(council.makes().submission(), submission);
}

fn kept_path(beside: &str, name: &str) -> std::path::PathBuf {
    Path::new(beside).with_file_name(name)
}

#[test]
fn a_recipients_file_lets_each_of_them_open_it() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&directory.path().join(name));
    let (one, to_one) = age_keys(directory.path(), "one.txt");
    let (two, to_two) = age_keys(directory.path(), "two.txt");
    fs::write(at("recipients"), format!("# two\n{to_one}\n{to_two}\n")).unwrap();
    let (plain, key) = (at("plain.key"), at("council.key.age"));
    call(["key", "new", &plain]).code(0);
    call([
        "key",
        "encrypt",
        &plain,
        "--out",
        &key,
        "--encrypt-to",
        &at("recipients"),
    ])
    .code(0);
    let id = call(["key", "id", &plain]).code(0).stdout;
    for identity in [&one, &two] {
        assert_eq!(
            call(["key", "id", &key, "--identity", identity])
                .code(0)
                .stdout,
            id
        );
        assert_eq!(
            age(&["-d", "-i", identity, &key]),
            fs::read(&plain).unwrap()
        );
    }
    // Handed on to another one, without ever being in the clear on the disk.
    let (three, to_three) = age_keys(directory.path(), "three.txt");
    let next = at("next.age");
    call([
        "key",
        "encrypt",
        &key,
        "--identity",
        &one,
        "--out",
        &next,
        "--encrypt-to",
        &to_three,
    ])
    .code(0);
    assert_eq!(
        call(["key", "id", &next, "--identity", &three])
            .code(0)
            .stdout,
        id
    );
    call(["key", "id", &next, "--identity", &one]).code(5);
}

#[test]
fn what_cannot_be_opened_is_told_with_what_to_do() {
    let council = |identity: &str| {
        let council = council_with(&format!("file: council.key.age{identity}"));
        let directory = council.directory.path().to_owned();
        let (_, public) = age_keys(&directory, "custodian.txt");
        age_keys(&directory, "other.txt");
        let key = text(&council.path("council.key.age"));
        call(["key", "new", &key, "--encrypt-to", &public]).code(0);
        council
    };
    let fails = |council: Council, words: &[&str]| council.fails(5).said.says(words);
    fails(council(""), &["council.key.age", "identity:"]);
    fails(council(", identity: other.txt"), &["another public key"]);
    fails(council(", identity: nowhere.txt"), &["nowhere.txt"]);
    fails(
        council(", identity: council.yaml"),
        &["council.yaml", "line 1"],
    );

    let open = council(", identity: custodian.txt");
    fs::set_permissions(
        open.path("custodian.txt"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    fails(open, &["custodian.txt", "chmod 600"]);
    let open = council(", identity: custodian.txt");
    fs::set_permissions(
        open.path("council.key.age"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    fails(open, &["council.key.age", "chmod 600"]);

    let damaged = council(", identity: custodian.txt");
    let mut bytes = fs::read(damaged.path("council.key.age")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(damaged.path("council.key.age"), bytes).unwrap();
    fails(damaged, &["council.key.age", "damaged"]);

    // Plain where the configuration expects it encrypted.
    let plain = council(", identity: custodian.txt");
    fs::remove_file(plain.path("council.key.age")).unwrap();
    call([
        "key",
        "new",
        plain.path("council.key.age").to_str().unwrap(),
    ])
    .code(0);
    fails(plain, &["not encrypted"]);
}

#[test]
fn what_is_no_public_key_is_refused_and_a_private_one_not_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&directory.path().join(name));
    let (identity, _) = age_keys(directory.path(), "custodian.txt");
    let secret = fs::read_to_string(&identity).unwrap();
    let secret = secret.lines().last().unwrap();
    let said = call(["key", "new", &at("a.key"), "--encrypt-to", secret]).code(2);
    assert!(!said.stderr.contains(secret) && said.stderr.contains("private key"));
    for wrong in ["age1abc", "nowhere.txt", &identity] {
        call(["key", "new", &at("a.key"), "--encrypt-to", wrong])
            .code(2)
            .says(&["--encrypt-to", "age public key"]);
    }
    assert!(!Path::new(&at("a.key")).exists());
    call([
        "key",
        "new",
        &at("a.key"),
        "--signing",
        "--encrypt-to",
        secret,
    ])
    .code(2);
    call([
        "key",
        "encrypt",
        &samples("test.key"),
        "--out",
        &at("b.key"),
    ])
    .code(2)
    .says(&["--encrypt-to"]);
    Council::of([service()])
        .set(
            "key",
            format!(
                "{{file: {}, epoch: \"2026\", custodian: age1abc}}",
                samples("test.key")
            ),
        )
        .fails(2)
        .said
        .says(&["key.custodian", "age public key"]);
}

#[test]
fn a_passphrase_is_typed_and_never_shown() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&directory.path().join(name));
    let key = at("council.key");
    let new = ["key", "new", &key, "--encrypt", "passphrase"];
    for (answers, words) in [
        (vec!["short"], "too short"),
        (vec!["aaaaaaaaaaaaaaaaaaaa"], "repeats"),
        (
            vec![PASSPHRASE, "correct horse battery stapel"],
            "not the same twice",
        ),
    ] {
        let said = typed(&answers, CLD, &new);
        assert!(
            said.code == 5 && said.shown.contains(words),
            "{}",
            said.shown
        );
        assert!(!Path::new(&key).exists());
    }
    let made = typed(&[PASSPHRASE, PASSPHRASE], CLD, &new);
    assert_eq!(made.code, 0, "{}", made.shown);
    assert!(!made.shown.contains("horse"));
    // While it waits, nothing of it could be dumped, and nobody learns more from how it was called.
    let state = |name: &str| made.state[name].as_str().expect("text").to_owned();
    let limits = state("limits");
    let core = limits
        .lines()
        .find(|l| l.starts_with("Max core file size"))
        .unwrap();
    let core: Vec<_> = core.split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"]);
    assert!(!state("cmdline").contains("horse") && !state("environ").contains("horse"));

    // What it made is what age opens with that passphrase.
    let opened = at("opened.key");
    let said = typed(
        &[PASSPHRASE],
        "/usr/bin/env",
        &["age", "-d", "-o", &opened, &key],
    );
    assert_eq!(said.code, 0, "{}", said.shown);
    fs::set_permissions(&opened, fs::Permissions::from_mode(0o600)).unwrap();
    let id = call(["key", "id", &opened]).code(0).stdout;
    assert!(made.shown.contains(id.trim()));
    // Without a terminal nobody is asked, and nothing waits.
    call(["key", "id", &key])
        .code(5)
        .says(&["no terminal", "--encrypt-to"]);
    call(["key", "new", &at("b.key"), "--encrypt", "passphrase"])
        .code(5)
        .says(&["no terminal"]);
}

#[test]
fn a_run_asks_for_the_passphrase_of_a_key_that_age_encrypted() {
    let council = council_with("file: council.key.age");
    let (plain, locked) = (council.path("plain.key"), council.path("council.key.age"));
    call(["key", "new", plain.to_str().unwrap()]).code(0);
    let arguments = [
        "age",
        "-p",
        "-o",
        locked.to_str().unwrap(),
        plain.to_str().unwrap(),
    ];
    let said = typed(&[PASSPHRASE, PASSPHRASE], "/usr/bin/env", &arguments);
    assert_eq!(said.code, 0, "{}", said.shown);
    copy(&locked, &council.path("copy"));
    fs::rename(council.path("copy"), &locked).unwrap();
    council.command();
    let config = text(&council.path("council.yaml"));
    let run = ["run", "--config", &config];
    let wrong = typed(&["correct horse battery"], CLD, &run);
    assert_eq!(wrong.code, 5, "{}", wrong.shown);
    assert!(wrong.shown.contains("does not open with this passphrase"));
    assert!(!council.path("out").exists());
    let ran = typed(&[PASSPHRASE], CLD, &run);
    assert_eq!(ran.code, 0, "{}", ran.shown);
    let manifest = super::only(&council.path("out")).join("manifest.json");
    let manifest = fs::read_to_string(manifest).unwrap();
    assert!(manifest.contains("key file encrypted with a passphrase"));
    let id = call(["key", "id", plain.to_str().unwrap()]).code(0).stdout;
    assert!(manifest.contains(id.trim()));
}
