//! Exit code 6: a bundle that was damaged in any way.

use std::fs;
use std::path::Path;

use crate::support::{Council, Ran, Said, call, samples, service};

const FILES: [&str; 8] = [
    "data-quality.csv",
    "findings.csv",
    "manifest-sha256.txt",
    "manifest.dsse.json",
    "manifest.json",
    "report.html",
    "submission.csv",
    "submission.parquet",
];

fn bundle() -> Ran {
    Council::of([service(), service().with("Gender", "x")]).makes()
}

#[track_caller]
fn verify(bundle: &Path) -> Said {
    let key = samples("test-signing.pub.pem");
    call([
        "manifest",
        "verify",
        bundle.to_str().unwrap(),
        "--public-key",
        &key,
    ])
}

#[test]
fn a_bundle_holds_these_files_and_verifies() {
    let ran = bundle();
    let mut names: Vec<_> = fs::read_dir(ran.bundle())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, FILES);
    verify(&ran.bundle()).code(0);
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let ran = bundle();
    for name in FILES {
        let path = ran.bundle().join(name);
        let whole = fs::read(&path).unwrap();
        for at in [0, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).unwrap();
            let said = verify(&ran.bundle());
            assert_eq!(said.code, 6, "{name} at {at}: {}", said.stderr);
        }
        fs::write(&path, whole).unwrap();
    }
    verify(&ran.bundle()).code(0);
}

#[test]
fn a_missing_cut_or_added_file_is_found() {
    let ran = bundle();
    for name in FILES {
        let path = ran.bundle().join(name);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        verify(&ran.bundle()).code(6).says(&[name]);
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        verify(&ran.bundle()).code(6);
        fs::write(&path, whole).unwrap();
    }
    fs::write(ran.bundle().join("notes.txt"), "").unwrap();
    verify(&ran.bundle()).code(6).says(&["notes.txt"]);
    fs::remove_file(ran.bundle().join("notes.txt")).unwrap();
    fs::create_dir(ran.bundle().join("more")).unwrap();
    verify(&ran.bundle()).code(6).says(&["more"]);
}

#[test]
fn another_signer_is_found() {
    let ran = bundle();
    let own = ran.council.path("own.pem");
    call(["key", "new", "--signing", own.to_str().unwrap()]).code(0);
    let public = ran.council.path("own.pub.pem");
    let key = public.to_str().unwrap();
    let path = ran.bundle();
    let verify = |key: &str| {
        call([
            "manifest",
            "verify",
            path.to_str().unwrap(),
            "--public-key",
            key,
        ])
    };
    verify(key).code(6);
    verify("/nowhere.pem").code(5).says(&["/nowhere.pem"]);
    verify(own.to_str().unwrap()).code(5);
}

#[test]
fn what_is_no_bundle_is_no_damage() {
    verify(Path::new("/nowhere")).code(3).says(&["/nowhere"]);
    let empty = tempfile::tempdir().unwrap();
    verify(empty.path()).code(6).says(&["missing"]);
}
