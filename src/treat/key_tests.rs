//! Tests of the master key: published vectors, separation of scopes, files.

use std::collections::HashSet;
use std::fs;

use proptest::prelude::*;

use age::secrecy::ExposeSecret as _;

use super::*;
use crate::encrypted::{Passphrase, PublicKey};
use crate::nhs_number::{NhsNumber, canonical};
use crate::treat::Ask;

const TEST_KEY: &[u8] = include_bytes!("../../samples/keys/test.key");

fn test_key() -> MasterKey {
    MasterKey::parse(TEST_KEY).expect("the published test key")
}

fn scope() -> Scope {
    Scope::new("999", "nhs-england", "client-level-data", "2026").expect("sound")
}

fn domain_key(domain: Domain) -> DomainKey {
    test_key().domain_key(&scope(), &domain).expect("derived")
}

#[test]
fn contract_vectors() {
    let key = test_key();
    assert!(key.is_test());
    assert_eq!(key.key_id(), "4be756613018645e");
    assert_eq!(
        HEXLOWER.encode(key.derive(&scope(), "nhs-number").as_slice()),
        "f1527b0aee9b89432419c5f907d94d6abb04356a42953cbc39ad5669c3e30389"
    );
    assert_eq!(
        HEXLOWER.encode(key.derive(&scope(), "la-person").as_slice()),
        "1662d018ab1af9537ecc053bd1a77cfa4347c0747ca4b62660b3f1ada6477085"
    );
    let number = canonical("943 476 5919").expect("valid");
    assert_eq!(
        domain_key(Domain::NhsNumber)
            .pseudonym_of_nhs(&number)
            .hex(),
        "d8767e5ac9f66cd09010633327ac6c7a412b78eb230ea5a82e076b353879382f"
    );
    for (domain, value, expected) in [
        (
            Domain::LaPerson,
            "P100001",
            "0d107c6a8984de9d3d669eb09a3e18317aff7fa8d187d4254eb148e68cf32086",
        ),
        (
            Domain::EventReference,
            "E1",
            "2ef51490350c0dd66202c4bdb044f6f408a15cb197b46a3956c9b51c79656db2",
        ),
    ] {
        let pseudonym = domain_key(domain)
            .pseudonym_of_local(value)
            .expect("accepted")
            .expect("not blank");
        assert_eq!(pseudonym.hex(), expected);
    }
}

/// RFC 5869 appendix A.1 to A.3.
#[test]
fn rfc_5869() {
    let up = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
    let cases = [
        (
            vec![0x0b; 22],
            Some(up(0x00, 0x0c)),
            up(0xf0, 0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            up(0x00, 0x4f),
            Some(up(0x60, 0xaf)),
            up(0xb0, 0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
             da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            vec![0x0b; 22],
            None,
            Vec::new(),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for (material, salt, info, expected) in cases {
        let mut output = vec![0; expected.len() / 2];
        Hkdf::<Sha256>::new(salt.as_deref(), &material)
            .expand(&info, &mut output)
            .expect("short");
        assert_eq!(HEXLOWER.encode(&output), expected);
    }
}

#[test]
fn the_source_digest_has_a_key_of_its_own() {
    let digest = |parts: &[&[u8]]| {
        let mut digester = test_key().source_digester(&scope());
        parts.iter().for_each(|part| digester.update(part));
        digester.finish()
    };
    assert_eq!(digest(&[b"9434765919"]), digest(&[b"94347", b"", b"65919"]));
    let number = canonical("9434765919").expect("valid");
    assert_ne!(
        digest(&[b"9434765919"]),
        domain_key(Domain::NhsNumber)
            .pseudonym_of_nhs(&number)
            .hex()
    );
}

#[test]
fn recipients_purposes_and_epochs_share_nothing_in_100_000() {
    // Two of each, in all eight ways, and another council.
    let mut scopes = vec![["998", "nhs-england", "client-level-data", "2026"]];
    for recipient in ["nhs-england", "other-body"] {
        for purpose in ["client-level-data", "research"] {
            for epoch in ["2026", "2027"] {
                scopes.push(["999", recipient, purpose, epoch]);
            }
        }
    }
    let numbers: Vec<NhsNumber> = (9_990_000_000_u64..)
        .filter_map(|n| canonical(&n.to_string()).ok())
        .take(100_000)
        .collect();
    let mut seen = HashSet::new();
    for [controller, recipient, purpose, epoch] in scopes {
        let scope = Scope::new(controller, recipient, purpose, epoch).expect("sound");
        let key = test_key()
            .domain_key(&scope, &Domain::NhsNumber)
            .expect("derived");
        for number in &numbers {
            assert!(
                seen.insert(key.pseudonym_of_nhs(number)),
                "a pseudonym is shared"
            );
        }
    }
    assert_eq!(seen.len(), 9 * numbers.len());
}

#[test]
fn scopes_that_could_look_alike_are_refused() {
    for bad in ["", " ", "a\u{1f}b", "a\nb", "\u{85}", "a\u{0}"] {
        assert!(matches!(
            Scope::new(bad, "r", "p", "e"),
            Err(KeyError::Scope {
                part: "controller",
                ..
            })
        ));
        assert!(matches!(
            Scope::new("c", bad, "p", "e"),
            Err(KeyError::Scope {
                part: "recipient",
                ..
            })
        ));
        assert!(matches!(
            Scope::new("c", "r", bad, "e"),
            Err(KeyError::Scope {
                part: "purpose",
                ..
            })
        ));
        assert!(matches!(
            Scope::new("c", "r", "p", bad),
            Err(KeyError::Scope { part: "epoch", .. })
        ));
    }
    for label in [
        "",
        "a\u{1f}",
        "nhs-number",
        "la-person",
        "event-reference",
        "source-digest",
        "key-id",
    ] {
        let domain = Domain::Other(label.to_owned());
        assert!(matches!(
            test_key().domain_key(&scope(), &domain),
            Err(KeyError::Scope { part: "domain", .. })
        ));
    }
    assert!(
        test_key()
            .domain_key(&scope(), &Domain::Other("provider-name".to_owned()))
            .is_ok()
    );
}

#[test]
fn a_new_key_is_written_once_and_read_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cld.key");
    let key = MasterKey::generate().expect("random");
    key.write_new(&path, None, "").expect("written");
    let read = MasterKey::load(&path, Opening::default()).expect("kept well");
    assert_eq!(read.key_id(), key.key_id());
    assert!(!read.is_test());
    read.expect_id(&key.key_id().to_uppercase())
        .expect("the same");
    assert!(matches!(
        read.expect_id("4be756613018645e"),
        Err(KeyError::WrongKey { .. })
    ));
    assert!(matches!(
        key.write_new(&path, None, ""),
        Err(KeyError::Exists { .. })
    ));
    assert_ne!(
        MasterKey::generate().expect("random").key_id(),
        key.key_id()
    );

    let report = check(&path, Opening::default()).expect("readable");
    assert!(report.accepted && !report.test && report.key_id == Some(key.key_id()));
    assert!(
        report.findings.iter().all(|finding| finding.good),
        "{report:?}"
    );
}

#[cfg(unix)]
#[test]
fn custody_is_demanded_of_real_keys_and_forgiven_to_test_keys() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cld.key");
    MasterKey::generate()
        .and_then(|key| key.write_new(&path, None, ""))
        .expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
    let error = MasterKey::load(&path, Opening::default())
        .err()
        .expect("refused");
    assert!(matches!(
        error,
        KeyError::Custody {
            fault: Fault::Open { mode: 0o640 },
            ..
        }
    ));
    assert!(error.to_string().contains("chmod 600"));
    assert!(!check(&path, Opening::default()).expect("readable").accepted);

    let test = directory.path().join("test.key");
    fs::write(&test, TEST_KEY).expect("written");
    fs::set_permissions(&test, fs::Permissions::from_mode(0o644)).expect("set");
    assert!(
        MasterKey::load(&test, Opening::default())
            .expect("a test key")
            .is_test()
    );
    assert!(check(&test, Opening::default()).expect("readable").accepted);

    let link = directory.path().join("link.key");
    std::os::unix::fs::symlink(&test, &link).expect("linked");
    assert!(matches!(
        MasterKey::load(&link, Opening::default()),
        Err(KeyError::Custody {
            fault: Fault::Symlink,
            ..
        })
    ));
}

#[test]
fn a_missing_or_broken_file_is_named_and_never_quoted() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cld.key");
    assert!(matches!(
        MasterKey::load(&path, Opening::default()),
        Err(KeyError::Io { action: "read", .. })
    ));
    fs::write(&path, "cld-key-1:c2VjcmV0").expect("written");
    let message = MasterKey::load(&path, Opening::default())
        .err()
        .expect("refused")
        .to_string();
    assert!(
        message.contains("cld.key") && message.contains("6 bytes, not 32"),
        "{message}"
    );
    assert!(!message.contains("c2VjcmV0"));
    let report = check(&path, Opening::default()).expect("readable");
    assert!(!report.accepted && report.key_id.is_none());
}

/// Asks nobody: everybody's passphrase is the same here.
const KNOWN: &str = "correct horse battery";

fn knows() -> Opening<'static> {
    Opening {
        identity: None,
        ask: Ask(|_| Ok(Passphrase::from(KNOWN))),
    }
}

/// A directory with `cld.key`, the key in it, and an identity with its public key.
fn kept() -> (tempfile::TempDir, MasterKey, PathBuf, PublicKey) {
    let directory = tempfile::tempdir().expect("a directory");
    let key = MasterKey::generate().expect("random");
    key.write_new(&directory.path().join("cld.key"), None, "epoch 2027")
        .expect("written");
    let identity = age::x25519::Identity::generate();
    let path = directory.path().join("identity.txt");
    custody::write_secret(&path, identity.to_string().expose_secret().as_bytes()).expect("written");
    let public = identity.to_public().to_string().parse().expect("a key");
    (directory, key, path, public)
}

#[test]
fn an_encrypted_key_opens_with_its_identity_only() {
    let (directory, key, identity, public) = kept();
    let [plain, locked] = ["cld.key", "cld.key.age"].map(|name| directory.path().join(name));
    let lock = Lock::To(vec![public]);
    let id = encrypt(&plain, Opening::default(), &locked, &lock).expect("encrypted");
    assert_eq!(id, key.key_id());
    let opening = Opening {
        identity: Some(&identity),
        ..Opening::default()
    };
    let read = MasterKey::load(&locked, opening).expect("opened");
    assert_eq!((read.key_id(), read.custody()), (id, Custody::Identity));
    // The comments came along.
    let opened = opening::open(&locked, opening).expect("opened");
    assert!(opened.text.windows(10).any(|w| w == b"epoch 2027"));
    let report = check(&locked, opening).expect("opened");
    assert!(report.accepted && report.findings.iter().all(|f| f.good));

    let refused = |path: &Path, opening| MasterKey::load(path, opening).err().expect("refused");
    assert!(matches!(
        refused(&locked, Opening::default()),
        KeyError::NoIdentity { .. }
    ));
    assert!(matches!(
        refused(&plain, opening),
        KeyError::NotEncrypted { .. }
    ));
    let other = directory.path().join("other.txt");
    let secret = age::x25519::Identity::generate().to_string();
    custody::write_secret(&other, secret.expose_secret().as_bytes()).expect("written");
    let with_other = Opening {
        identity: Some(&other),
        ..Opening::default()
    };
    assert!(matches!(
        refused(&locked, with_other),
        KeyError::Locked {
            source: OpenError::NotForUs,
            ..
        }
    ));
    assert!(matches!(
        encrypt(&plain, Opening::default(), &locked, &lock),
        Err(KeyError::Exists { .. })
    ));
}

#[cfg(unix)]
#[test]
fn identities_and_encrypted_keys_are_kept_as_keys_are() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, _, identity, public) = kept();
    let [plain, locked] = ["cld.key", "cld.key.age"].map(|name| directory.path().join(name));
    encrypt(&plain, Opening::default(), &locked, &Lock::To(vec![public])).expect("encrypted");
    let opening = Opening {
        identity: Some(&identity),
        ..Opening::default()
    };
    for path in [&identity, &locked] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).expect("set");
        let error = MasterKey::load(&locked, opening).err().expect("refused");
        assert!(matches!(
            &error,
            KeyError::Custody { path: at, fault: Fault::Open { mode: 0o640 } } if at == path
        ));
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("set");
    }
    assert!(MasterKey::load(&locked, opening).is_ok());
    fs::write(&identity, "not an identity").expect("written");
    let error = MasterKey::load(&locked, opening)
        .err()
        .expect("refused")
        .to_string();
    assert!(error.contains("line 1") && !error.contains("not an identity"));
}

#[test]
fn a_passphrase_is_asked_for_and_must_be_the_right_one() {
    let (directory, key, identity, _) = kept();
    let path = directory.path().join("cld.key.age");
    let text = fs::read(directory.path().join("cld.key")).expect("there");
    let with = |passphrase| crate::encrypted::quickly(passphrase, &text);
    custody::write_secret(&path, &with(KNOWN)).expect("written");
    let read = MasterKey::load(&path, knows()).expect("opened");
    assert_eq!(
        (read.key_id(), read.custody()),
        (key.key_id(), Custody::Passphrase)
    );
    // It was made to be quickly tried.
    let report = check(&path, knows()).expect("opened");
    assert!(report.accepted && report.findings.iter().any(|f| f.words.contains("cheap")));

    let refused = |path: &Path, opening| MasterKey::load(path, opening).err().expect("refused");
    assert!(matches!(
        refused(&path, Opening::default()),
        KeyError::Unasked { .. }
    ));
    // What was wrong with a passphrase that was given is told as that, and not as one that could not be asked for.
    let given = std::io::Error::other(KeyError::Passphrase("is too short"));
    let given = KeyError::unasked(&path, given, "do something else");
    assert_eq!(given.to_string(), "the passphrase is too short");
    let nobody = KeyError::unasked(&path, std::io::Error::other("nobody"), "do something else");
    let words = nobody.to_string();
    assert!(
        words.contains("cannot be asked for: nobody.") && words.ends_with("or do something else")
    );
    let with_identity = Opening {
        identity: Some(&identity),
        ..knows()
    };
    assert!(matches!(
        refused(&path, with_identity),
        KeyError::Locked {
            source: OpenError::HasPassphrase,
            ..
        }
    ));
    let other = directory.path().join("other.key.age");
    custody::write_secret(&other, &with("another one altogether")).expect("written");
    assert!(matches!(
        refused(&other, knows()),
        KeyError::Locked {
            source: OpenError::WrongPassphrase,
            ..
        }
    ));
}

#[test]
fn what_is_weak_in_the_clear_is_weak_encrypted() {
    let (directory, ..) = kept();
    let path = directory.path().join("weak.key.age");
    let weak = format!("cld-key-1:{}", data_encoding::BASE64.encode(&[7; 32]));
    let file = crate::encrypted::quickly(KNOWN, weak.as_bytes());
    custody::write_secret(&path, &file).expect("written");
    assert!(matches!(
        MasterKey::load(&path, knows()),
        Err(KeyError::Format { .. })
    ));
    // A test key stays one.
    let path = directory.path().join("test.key.age");
    custody::write_secret(&path, &crate::encrypted::quickly(KNOWN, TEST_KEY)).expect("written");
    let key = MasterKey::load(&path, knows()).expect("a test key");
    assert!(key.is_test() && key.custody() == Custody::TestKey);
}

proptest! {
    #[test]
    fn arbitrary_scopes_derive_or_refuse(parts in proptest::array::uniform4("\\PC*"), label in "\\PC*") {
        let [controller, recipient, purpose, epoch] = parts;
        if let Ok(scope) = Scope::new(&controller, &recipient, &purpose, &epoch) {
            let _ = test_key().domain_key(&scope, &Domain::Other(label));
        }
    }
}
