//! Tests of approval: two signatures that everybody can check, one from each, and no state that cannot be told.

use super::*;
use crate::attest::verify::verify_approved;
use crate::attest::{MANIFEST, SUBJECTS, example};
use tempfile::TempDir;

fn council() -> PublicKey {
    example::signing_key().public()
}

fn reviewer() -> SigningKey {
    SigningKey::generate().expect("random")
}

/// A bundle in a directory of its own, which may be written to.
fn bundle() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().expect("a directory");
    let bundle = example::bundle_in(place.path());
    (place, bundle)
}

#[test]
fn a_reviewer_signs_the_same_manifest() {
    let (place, bundle) = bundle();
    let (key, stranger) = (reviewer(), reviewer());
    let before = verify(&bundle, &council()).expect("sound");
    let missing = verify_approved(&bundle, &council(), &[key.public()]);
    assert!(matches!(missing, Err(VerifyError::NotApproved { .. })));

    let approved = approve(&bundle, &council(), &key).expect("signed");
    assert_eq!((approved.signatures, approved.completed), (2, false));
    let after = verify_approved(&bundle, &council(), &[key.public()]).expect("approved");
    assert_eq!(after.statement, before.statement);
    assert_eq!(after.reviewer_key_ids, [key.public().key_id()]);
    assert_eq!(after.other_signatures, 0);
    let alone = verify(&bundle, &council()).expect("still the council's");
    assert_eq!(
        (alone.reviewer_key_ids.len(), alone.other_signatures),
        (0, 1)
    );
    let other = verify_approved(&bundle, &council(), &[stranger.public()]);
    assert!(matches!(other, Err(VerifyError::NotApproved { .. })));
    assert!(
        matches!(
            verify(&bundle, &key.public()),
            Err(VerifyError::NotTheMaker)
        ),
        "a reviewer's signature does not make the bundle the council's"
    );
    assert_eq!(fs::read_dir(place.path()).expect("there").count(), 1);

    approve(&bundle, &council(), &stranger).expect("a second reviewer");
    verify_approved(&bundle, &council(), &[key.public(), stranger.public()]).expect("both");
}

#[test]
fn nobody_signs_twice_or_for_the_council() {
    let (_place, bundle) = bundle();
    let key = reviewer();
    approve(&bundle, &council(), &key).expect("signed");
    let state = state(&bundle);
    assert!(matches!(
        approve(&bundle, &council(), &key),
        Err(ApproveError::Already)
    ));
    assert!(matches!(
        approve(&bundle, &council(), &example::signing_key()),
        Err(ApproveError::OwnKey)
    ));
    // Somebody who takes their own key for the council's gets no further than the published one.
    assert!(matches!(
        approve(&bundle, &key.public(), &example::signing_key()),
        Err(ApproveError::TestKey)
    ));
    assert_eq!(self::state(&bundle), state);
}

#[test]
fn what_the_council_did_not_sign_is_not_approved() {
    let key = reviewer();
    for name in SUBJECTS.into_iter().chain([MANIFEST, ENVELOPE, CHECKSUMS]) {
        let (_place, bundle) = bundle();
        let path = bundle.join(name);
        let mut bytes = fs::read(&path).expect("there");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).expect("written");
        let state = state(&bundle);
        assert!(
            matches!(
                approve(&bundle, &council(), &key),
                Err(ApproveError::Verify(_))
            ),
            "{name}"
        );
        assert_eq!(self::state(&bundle), state, "{name}");
    }
    let (_place, bundle) = bundle();
    assert!(matches!(
        approve(&bundle, &key.public(), &reviewer()),
        Err(ApproveError::Verify(VerifyError::Envelope(_)))
    ));
}

#[test]
fn an_interrupted_signature_is_told_and_completed() {
    let (_place, bundle) = bundle();
    let (key, other) = (reviewer(), reviewer());
    let list = fs::read(bundle.join(CHECKSUMS)).expect("there");
    approve(&bundle, &council(), &key).expect("signed");
    let finished = state(&bundle);
    // The envelope took its place, and then the power was gone.
    fs::write(bundle.join(CHECKSUMS), list).expect("written");
    let told = verify(&bundle, &council()).expect_err("half done");
    assert!(told.to_string().contains("Sign again"), "{told}");
    assert!(matches!(
        approve(&bundle, &council(), &other),
        Err(ApproveError::AnotherInterrupted)
    ));
    let approved = approve(&bundle, &council(), &key).expect("completed");
    assert!(approved.completed && approved.signatures == 2);
    assert_eq!(state(&bundle), finished);

    // Any other difference between the two is damage.
    let envelope = bundle.join(ENVELOPE);
    let text = fs::read_to_string(&envelope).expect("there");
    fs::write(&envelope, format!("{text}\n")).expect("written");
    assert!(matches!(
        verify(&bundle, &council()),
        Err(VerifyError::ChangedFromList(_))
    ));
}

fn state(bundle: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(bundle)
        .expect("there")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let bytes = fs::read(entry.path()).expect("there");
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect();
    files.sort();
    files
}
