//! Key files: of pseudonyms, of signatures, and public keys.

use cld_return::attest::{PublicKey, SigningKey};
use cld_return::treat::MasterKey;

use crate::says_nothing_but;

/// A key is what stands in its key line, whatever stands around it; an error never says what stands in the file.
pub fn key(bytes: &[u8]) {
    match MasterKey::parse(bytes) {
        Ok(key) => {
            let lines: Vec<&[u8]> = bytes
                .split(|b| *b == b'\n')
                .map(<[u8]>::trim_ascii)
                .collect();
            let line = lines.iter().find(|line| line.starts_with(b"cld-key-1:"));
            let line = line.expect("a key line");
            let mark: &[u8] = if key.is_test() {
                b"#purpose:test\r\n"
            } else {
                b"# no mark\n\n"
            };
            let alone = MasterKey::parse(&[mark, line].concat());
            let alone = alone.ok().expect("the key line alone is a key");
            assert!(alone.key_id() == key.key_id() && alone.is_test() == key.is_test());
            // Two keys are none.
            assert!(MasterKey::parse(&[bytes, b"\n", line].concat()).is_err());
        }
        Err(error) => says_nothing_but(
            &error.to_string(),
            &[
                "holds no key line (cld-key-#: followed by base#)",
                "line #: a second key; a file holds exactly one",
                "line #: neither a comment (#) nor a key line (cld-key-#:)",
                "line #: the key is not standard base# (RFC # section #)",
                "the key has # bytes, not #",
                "the key is weak: it repeats a few bytes. Make one with: cld key new",
                "the key is weak: it is a pass-phrase, not random bytes. Make one with: cld key new",
                "the key is weak: it is a plain sequence, as the published test key is. Make one with: cld key new",
            ],
        ),
    }
}

/// A key that is read signs what its public key verifies, and nothing else.
pub fn signing_key(bytes: &[u8]) {
    if let Some(key) = SigningKey::from_pem(bytes) {
        let public = key.public();
        let signature = key.sign(b"a message");
        assert!(public.verifies(b"a message", &signature));
        assert!(!public.verifies(b"a messagf", &signature));
        assert!(PublicKey::from_pem(public.to_pem().as_bytes()) == Some(public));
        // The two kinds of file are never taken for each other.
        assert!(PublicKey::from_pem(bytes).is_none());
    }
}

/// A public key that is read is written as OpenSSL writes it, and read again is the same.
pub fn public_key(bytes: &[u8]) {
    if let Some(key) = PublicKey::from_pem(bytes) {
        let again = PublicKey::from_pem(key.to_pem().as_bytes()).expect("what was written is read");
        assert!(again == key && again.key_id() == key.key_id() && key.key_id().len() == 64);
        assert!(!key.verifies(b"a message", &[0; 64]));
        assert!(SigningKey::from_pem(bytes).is_none());
    }
}
