//! The README's first command makes the bundle under `samples/expected`, byte for byte but for when it was made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Files that are equal to the byte. The manifest and what is made from it tell when the run was.
const EQUAL: [&str; 5] = [
    "data-quality.csv",
    "findings.csv",
    "report.html",
    "submission.csv",
    "submission.parquet",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `config/cld.yaml` and gives the bundle.
fn made(out: &Path) -> PathBuf {
    let run = Command::new(env!("CARGO_BIN_EXE_cld"))
        .args(["run", "--out"])
        .arg(out)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(run.stderr.is_empty(), "silent where stderr is no terminal");
    let mut bundles: Vec<_> = fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(bundles.len(), 1);
    bundles.remove(0)
}

fn predicate(bundle: &Path) -> Value {
    let manifest: Value =
        serde_json::from_slice(&fs::read(bundle.join("manifest.json")).unwrap()).unwrap();
    let mut predicate = manifest["predicate"].clone();
    assert!(predicate["run"].take().is_object());
    predicate
}

#[test]
fn the_samples_make_the_expected_bundle() {
    let out = tempfile::tempdir().unwrap();
    let made = made(out.path());
    let expected = root().join("samples/expected");
    for name in EQUAL {
        let [ours, theirs] = [&made, &expected].map(|bundle| fs::read(bundle.join(name)).unwrap());
        assert!(
            ours == theirs,
            "{name} is not as expected; if that is meant, make it again: see `remake` in this file"
        );
    }
    assert_eq!(predicate(&made), predicate(&expected));
    let verify = Command::new(env!("CARGO_BIN_EXE_cld"))
        .args([
            "manifest",
            "verify",
            "samples/expected",
            "--public-key",
            "samples/keys/test-signing.pub.pem",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        verify.status.success(),
        "{}",
        String::from_utf8_lossy(&verify.stderr)
    );
}

/// Makes `samples/expected` again: `cargo test golden::remake -- --ignored`. Look at what changes.
#[test]
#[ignore = "writes into the repository"]
fn remake() {
    let out = tempfile::tempdir().unwrap();
    let made = made(out.path());
    let expected = root().join("samples/expected");
    fs::create_dir_all(&expected).unwrap();
    for entry in fs::read_dir(made).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), expected.join(entry.file_name())).unwrap();
    }
}
