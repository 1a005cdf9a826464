//! Tests of the master key: published vectors, separation of scopes, files.

use std::collections::HashSet;
use std::fs;

use proptest::prelude::*;

use super::*;
use crate::nhs_number::{NhsNumber, canonical};

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
    key.write_new(&path).expect("written");
    let read = MasterKey::load(&path).expect("kept well");
    assert_eq!(read.key_id(), key.key_id());
    assert!(!read.is_test());
    read.expect_id(&key.key_id().to_uppercase())
        .expect("the same");
    assert!(matches!(
        read.expect_id("4be756613018645e"),
        Err(KeyError::WrongKey { .. })
    ));
    assert!(matches!(key.write_new(&path), Err(KeyError::Exists { .. })));
    assert_ne!(
        MasterKey::generate().expect("random").key_id(),
        key.key_id()
    );

    let report = check(&path).expect("readable");
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
        .and_then(|key| key.write_new(&path))
        .expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
    let error = MasterKey::load(&path).err().expect("refused");
    assert!(matches!(
        error,
        KeyError::Custody {
            fault: Fault::Open { mode: 0o640 },
            ..
        }
    ));
    assert!(error.to_string().contains("chmod 600"));
    assert!(!check(&path).expect("readable").accepted);

    let test = directory.path().join("test.key");
    fs::write(&test, TEST_KEY).expect("written");
    fs::set_permissions(&test, fs::Permissions::from_mode(0o644)).expect("set");
    assert!(MasterKey::load(&test).expect("a test key").is_test());
    assert!(check(&test).expect("readable").accepted);

    let link = directory.path().join("link.key");
    std::os::unix::fs::symlink(&test, &link).expect("linked");
    assert!(matches!(
        MasterKey::load(&link),
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
        MasterKey::load(&path),
        Err(KeyError::Io { action: "read", .. })
    ));
    fs::write(&path, "cld-key-1:c2VjcmV0").expect("written");
    let message = MasterKey::load(&path).err().expect("refused").to_string();
    assert!(
        message.contains("cld.key") && message.contains("6 bytes, not 32"),
        "{message}"
    );
    assert!(!message.contains("c2VjcmV0"));
    let report = check(&path).expect("readable");
    assert!(!report.accepted && report.key_id.is_none());
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
