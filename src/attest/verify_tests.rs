//! Tests of verification: a sound bundle passes, every damage is found and named, other people's tools agree.

use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::attest::sign::SigningKey;
use crate::attest::{approve, example, report};

fn check(bundle: &TempDir) -> Result<Verified, VerifyError> {
    verify(bundle.path(), &example::signing_key().public())
}

/// The message for a bundle that must not verify, whose exit code must be 6.
#[track_caller]
fn refused(bundle: &TempDir) -> String {
    let error = Error::from(check(bundle).expect_err("it must not verify"));
    assert_eq!(error.exit_status(), 6);
    error.to_string()
}

#[test]
fn a_sound_bundle_verifies() {
    let verified = check(&example::bundle()).expect("sound");
    assert_eq!(verified.statement.predicate(), &example::predicate());
    assert_eq!(verified.key_id, example::signing_key().public().key_id());
    assert!(verified.test_signature);
    assert_eq!(verified.files.len(), SUBJECTS.len() + 2);
}

/// Every byte counts: 1,000 places spread over all files by a fixed generator, one bit each; with the council's signature
/// alone, and with a reviewer's beside it, whether or not that one is asked for.
#[test]
fn a_thousand_flipped_bytes_are_a_thousand_refusals() {
    let place = tempfile::tempdir().expect("a directory");
    let bundle = example::bundle_in(place.path());
    flip_a_thousand(&bundle);
    let reviewer = SigningKey::generate().expect("random");
    approve(&bundle, &example::signing_key().public(), &reviewer).expect("signed");
    flip_a_thousand(&bundle);
}

fn flip_a_thousand(bundle: &Path) {
    let names: Vec<&str> = file_names().into_iter().collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).expect("48 bits")
    };
    for round in 0..1000 {
        let name = names[round % names.len()];
        let path = bundle.join(name);
        let sound = fs::read(&path).expect("there");
        let mut damaged = sound.clone();
        let at = next() % damaged.len();
        damaged[at] ^= 1 << (next() % 8);
        fs::write(&path, &damaged).expect("written");
        let error = verify(bundle, &example::signing_key().public()).expect_err(name);
        let error = Error::from(error);
        assert_eq!(error.exit_status(), 6);
        let message = error.to_string();
        assert!(message.contains(name), "{name}: {message}");
        fs::write(&path, &sound).expect("written");
    }
    verify(bundle, &example::signing_key().public()).expect("sound again");
}

#[test]
fn missing_surplus_and_renamed_files_are_named() {
    for name in file_names() {
        let bundle = example::bundle();
        let path = bundle.path().join(name);
        fs::rename(&path, bundle.path().join("other")).expect("renamed");
        refused(&bundle);
        fs::remove_file(bundle.path().join("other")).expect("removed");
        assert_eq!(refused(&bundle), format!("{name} is missing"));
        fs::create_dir(&path).expect("made");
        assert_eq!(refused(&bundle), format!("{name} is not a regular file"));
    }
    let bundle = example::bundle();
    fs::write(bundle.path().join("crosswalk\n.csv"), "").expect("written");
    fs::create_dir(bundle.path().join("zz")).expect("made");
    assert_eq!(
        refused(&bundle),
        "crosswalk\\n.csv does not belong to the bundle"
    );
}

#[cfg(unix)]
#[test]
fn a_link_is_not_a_file_even_to_the_same_bytes() {
    for name in file_names() {
        let (bundle, elsewhere) = (example::bundle(), tempfile::tempdir().expect("a directory"));
        let path = bundle.path().join(name);
        fs::copy(&path, elsewhere.path().join(name)).expect("copied");
        fs::remove_file(&path).expect("removed");
        std::os::unix::fs::symlink(elsewhere.path().join(name), &path).expect("linked");
        assert_eq!(refused(&bundle), format!("{name} is not a regular file"));
    }
}

#[test]
fn truncated_and_appended_files_are_refused() {
    for name in file_names() {
        let bundle = example::bundle();
        let path = bundle.path().join(name);
        let sound = fs::read(&path).expect("there");
        for damaged in [
            &[][..],
            &sound[..sound.len() - 1],
            &[sound.as_slice(), b"\n"].concat(),
        ] {
            fs::write(&path, damaged).expect("written");
            refused(&bundle);
        }
    }
}

#[test]
fn a_changed_file_with_a_changed_list_is_still_a_changed_file() {
    let bundle = example::bundle();
    fs::write(bundle.path().join("submission.csv"), "other").expect("written");
    let list = bundle.path().join(CHECKSUMS);
    let mut sums = checksums::parse(&fs::read(&list).expect("there")).expect("a list");
    sums.insert("submission.csv".to_owned(), digest::of_bytes(b"other"));
    fs::write(&list, checksums::render(&sums)).expect("written");
    assert_eq!(
        refused(&bundle),
        "submission.csv was changed: its digest is not the one in the manifest"
    );
    sums.remove("submission.csv");
    fs::write(&list, checksums::render(&sums)).expect("written");
    assert!(refused(&bundle).ends_with("see submission.csv"));
}

#[test]
fn a_manifest_signed_by_someone_else_is_refused() {
    let bundle = example::bundle();
    let stranger = SigningKey::generate().expect("random");
    let error = verify(bundle.path(), &stranger.public()).expect_err("another key");
    assert!(matches!(error, VerifyError::Envelope(DsseError::Signature)));

    let manifest = fs::read(bundle.path().join(MANIFEST)).expect("there");
    let forged = Envelope::sign(&manifest, &stranger).to_json();
    fs::write(bundle.path().join(ENVELOPE), forged).expect("written");
    assert!(refused(&bundle).starts_with(ENVELOPE));

    let other = Envelope::sign(b"{}", &example::signing_key()).to_json();
    fs::write(bundle.path().join(ENVELOPE), other).expect("written");
    assert_eq!(
        refused(&bundle),
        "manifest.json is not the text that was signed"
    );
    fs::write(bundle.path().join(MANIFEST), "{}").expect("written");
    assert!(refused(&bundle).starts_with("manifest.json is not a manifest"));
}

#[test]
fn without_a_bundle_there_is_nothing_to_verify() {
    let place = tempfile::tempdir().expect("a directory");
    let none = verify(&place.path().join("none"), &example::signing_key().public())
        .expect_err("no directory");
    assert_eq!(Error::from(none).exit_status(), 3);
    let empty = verify(place.path(), &example::signing_key().public()).expect_err("nothing in it");
    assert_eq!(
        Error::from(empty).to_string(),
        "manifest.dsse.json is missing"
    );
}

/// The commands that the report prints, run by a shell with the real openssl and sha256sum.
#[test]
fn the_steps_of_the_report_work_and_notice_damage() {
    let place = tempfile::tempdir().expect("a directory");
    let bundle = example::bundle_in(place.path());
    fs::write(
        place.path().join("signing.pub.pem"),
        example::signing_key().public().to_pem(),
    )
    .expect("written");
    let run = |steps: usize| {
        let script = report::verification_commands()[..steps].join("\n");
        let output = Command::new("sh")
            .args(["-ec", &script])
            .current_dir(&bundle)
            .output()
            .expect("ran");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (passed, text) = run(3);
    assert!(
        passed && text.contains("Signature Verified Successfully"),
        "{text}"
    );
    assert!(
        text.contains(&example::signing_key().public().key_id()),
        "{text}"
    );
    let (_, text) = run(4);
    assert_eq!(
        text.matches(": as signed").count(),
        SUBJECTS.len(),
        "{text}"
    );
    verify(&bundle, &example::signing_key().public())
        .expect("the steps leave nothing in the bundle");

    // Somebody changes a file, exchanges two and makes the list of checksums again.
    let sums = fs::read(bundle.join(CHECKSUMS)).expect("there");
    let whole = SUBJECTS.map(|name| fs::read(bundle.join(name)).expect("there"));
    fs::write(bundle.join(SUBJECTS[0]), &whole[1]).expect("written");
    fs::write(bundle.join(SUBJECTS[1]), &whole[0]).expect("written");
    fs::write(bundle.join(SUBJECTS[3]), "changed").expect("written");
    let again = "sha256sum *.csv *.html *.parquet *.json | sort -k2 > ../sums; mv ../sums manifest-sha256.txt";
    let made = Command::new("sh")
        .args(["-ec", again])
        .current_dir(&bundle)
        .status();
    assert!(made.expect("ran").success());
    let (passed, text) = run(4);
    assert!(passed && text.matches(": CHANGED").count() == 3, "{text}");
    for (name, bytes) in SUBJECTS.iter().zip(whole) {
        fs::write(bundle.join(name), bytes).expect("written");
    }
    fs::write(bundle.join(CHECKSUMS), sums).expect("written");

    // A reviewer signs: the same steps still hold, and the next one shows the approval.
    let (passed, _) = run(5);
    assert!(!passed, "nobody has approved it yet");
    let reviewer = SigningKey::generate().expect("random");
    fs::write(
        place.path().join("reviewer.pub.pem"),
        reviewer.public().to_pem(),
    )
    .expect("written");
    approve(&bundle, &example::signing_key().public(), &reviewer).expect("signed");
    let (passed, text) = run(5);
    let verified = text.matches("Signature Verified Successfully").count();
    assert!(passed && verified == 2, "{text}");
    let stranger = SigningKey::generate().expect("random");
    fs::write(
        place.path().join("reviewer.pub.pem"),
        stranger.public().to_pem(),
    )
    .expect("written");
    assert!(run(4).0 && !run(5).0, "another reviewer's key");

    let manifest = fs::read_to_string(bundle.join(MANIFEST)).expect("there");
    let changed = manifest.replace("nhs-england", "nhs-elsewhere");
    fs::write(bundle.join(MANIFEST), &changed).expect("written");
    let sums = fs::read_to_string(bundle.join(CHECKSUMS)).expect("there");
    let sums = sums.replace(
        &digest::of_bytes(manifest.as_bytes()),
        &digest::of_bytes(changed.as_bytes()),
    );
    fs::write(bundle.join(CHECKSUMS), sums).expect("written");
    let (passed, text) = run(3);
    assert!(
        !passed && text.contains("manifest.json: OK"),
        "only the signature tells: {text}"
    );
}
