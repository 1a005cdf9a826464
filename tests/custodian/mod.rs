//! What the custodian of the key does, checked with the real `age`: encrypted keys, shares, the bridge, the crosswalk.

mod bridge;
mod crosswalk;
mod encrypted;
mod secrecy;
mod shares;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Council, Record, Said, assessment, request, service};

/// Pairs of an age identity file and its public key, made by `age-keygen` in a directory.
fn age_keys(directory: &Path, name: &str) -> (String, String) {
    let file = directory.join(name);
    let said = Said::of(
        Command::new("age-keygen")
            .arg("-o")
            .arg(&file)
            .output()
            .expect("age is installed"),
    )
    .code(0);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let public = said.stderr.split("age1").nth(1).expect("a public key");
    (text(&file), format!("age1{}", public.trim()))
}

/// `age` with these arguments; what it writes to stdout.
fn age(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("age")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("age is installed");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    output.stdout
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What a command did at a terminal.
struct Typed {
    code: i64,
    shown: String,
    state: serde_json::Value,
}

/// Runs a program at a terminal and types the answers to what it asks.
fn typed(answers: &[&str], program: &str, arguments: &[&str]) -> Typed {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/custodian/terminal.py");
    let said = Said::of(
        Command::new("python3")
            .arg(script)
            .arg(serde_json::json!(answers).to_string())
            .arg(program)
            .args(arguments)
            .output()
            .expect("python3 is installed"),
    )
    .code(0);
    let json = said.json();
    Typed {
        code: json["code"].as_i64().expect("a code"),
        shown: json["shown"].as_str().expect("text").to_owned(),
        state: json["state"].clone(),
    }
}

const CLD: &str = env!("CARGO_BIN_EXE_cld");

/// Some people with some events; two records are left out.
fn records() -> Vec<Record> {
    vec![
        service(),
        request().with("Event Reference", "E2"),
        service()
            .of("9990000026", "P100002", "E3")
            .with("Event Start Date", "02/05/2025"),
        assessment()
            .of("9990000026", "P100002", "E4")
            .with("Adult 1 Linked Person_ID", "P100001"),
        service().of("", "P,\"100003\"", "E5"),
        request()
            .of("9990000034", "P100009", "LEFT-OUT")
            .with("Event End Date", ""),
        service()
            .of("9990000034", "P100009", "LEFT-OUT-2")
            .with("Event End Date", "01/01/2020")
            .with("Event Start Date", "01/01/2019"),
    ]
}

/// A council with a key of its own, and an identity whose public key the configuration names as the custodian's.
struct Kept {
    council: Council,
    key: String,
    identity: String,
    public: String,
}

fn kept() -> Kept {
    let council = Council::of(records());
    let key = text(&council.path("council.key"));
    crate::support::call(["key", "new", &key]).code(0);
    let (identity, public) = age_keys(council.directory.path(), "custodian.txt");
    let council = council.set(
        "key",
        format!("{{file: council.key, epoch: \"2026\", custodian: {public}}}"),
    );
    Kept {
        council,
        key,
        identity,
        public,
    }
}

/// Every pseudonym in the submission's columns of pseudonyms, by column.
fn pseudonyms(submission: &crate::support::Table) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, column) in submission.header.iter().enumerate() {
        for row in &submission.rows {
            if row[at].len() >= 64 {
                found.push((column.clone(), row[at].clone()));
            }
        }
    }
    found
}

fn only(directory: &Path) -> PathBuf {
    crate::support::only_directory(directory)
}
