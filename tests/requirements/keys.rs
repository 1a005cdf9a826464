//! T2 and T10: which keys are taken, and that a wrong one ends a run before anything is made.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cld_return::treat::{MasterKey, Opening};

use super::with_own_key;
use crate::support::{Council, service};

/// Every mode there is: who may read or exchange a key beside its owner is what counts (contract, section 3).
#[test]
fn t02_a_key_file_is_taken_in_a_mode_that_shuts_others_out_and_no_other() {
    let council = with_own_key(Council::bare());
    let path = council.path("council.key");
    for mode in 0..=0o777 {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        // Root reads whatever the mode says.
        let readable = fs::File::open(&path).is_ok();
        let taken = MasterKey::load(&path, Opening::default()).is_ok();
        assert_eq!(taken, readable && mode & 0o077 == 0, "{mode:o}");
    }
}

/// The directories that a run would make cannot be made here. A wrong key never gets as far as trying.
#[test]
fn t10_a_wrong_key_is_refused_before_any_file_is_made() {
    let council = |key: &str| {
        with_own_key(Council::of([service()]))
            .beside("file", "")
            .set("output", "{bundle: file/out, worklist: file/worklist}")
            .set("key", key)
    };
    let wrong = "{file: council.key, epoch: \"2026\", id: 4be756613018645e}";
    council(wrong)
        .fails(5)
        .said
        .says(&["wrong key", "4be756613018645e"]);
    let right = council("{file: council.key, epoch: \"2026\"}").run();
    assert_eq!(
        right.said.code, 1,
        "the right key gets as far: {}",
        right.said.stderr
    );
}
