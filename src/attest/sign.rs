//! The signing key and its public key: Ed25519 (RFC 8032) in the PEM forms that OpenSSL writes and reads (RFC 8410).

use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
};
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use zeroize::Zeroizing;

use super::digest;
use crate::custody::{self, Finding};
use crate::treat::key::{KeyError, Report, read, write_error};

/// How the manifest is signed, as it names it.
pub const ALGORITHM: &str = "Ed25519";

/// The public key of `samples/keys/test-signing.pem`, whose private key is published: seed bytes 20 21 .. 3f.
const PUBLISHED_TEST_KEY: [u8; 32] = [
    0x29, 0xac, 0xba, 0xe1, 0x41, 0xbc, 0xca, 0xf0, 0xb2, 0x2e, 0x1a, 0x94, 0xd3, 0x4d, 0x0b, 0xc7,
    0x36, 0x1e, 0x52, 0x6d, 0x0b, 0xfe, 0x12, 0xc8, 0x97, 0x94, 0xbc, 0x93, 0x22, 0x96, 0x6d, 0xd7,
];

const PRIVATE_FORM: &str = "an Ed25519 private key in PKCS#8 PEM, without a pass-phrase";
const PUBLIC_FORM: &str = "an Ed25519 public key in SPKI PEM (-----BEGIN PUBLIC KEY-----)";

/// A private key that signs manifests. Wiped on drop; no `Debug`, `Clone` or `Serialize`.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Reads a PKCS#8 PEM file and judges its custody as that of the master key is judged. Only the published
    /// test key may be readable by anyone.
    ///
    /// # Errors
    /// Every [`KeyError`] that concerns a file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let kept = read(path)?;
        let key = Self::from_pem(&kept.bytes).ok_or(KeyError::Pem {
            path: path.to_owned(),
            expected: PRIVATE_FORM,
        })?;
        if !key.public().is_test() {
            kept.judge().map_err(|fault| KeyError::Custody {
                path: path.to_owned(),
                fault,
            })?;
        }
        Ok(key)
    }

    /// Reads PKCS#8 PEM; `None` for anything else.
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(pem).ok()?;
        ed25519_dalek::SigningKey::from_pkcs8_pem(text)
            .ok()
            .map(Self)
    }

    /// A new key from the operating system's random source.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(KeyError::Random)?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Its public key.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The 64 bytes of a signature (RFC 8032, pure Ed25519).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// Writes the private key to a new file of mode 0600 and the public key beside it, as
    /// [`public_path`] names it; gives that name. Both are made or neither.
    ///
    /// # Errors
    /// [`KeyError::Exists`] or [`KeyError::Io`].
    pub fn write_new(&self, path: &Path) -> Result<PathBuf, KeyError> {
        let public = public_path(path);
        if fs::symlink_metadata(&public).is_ok() {
            return Err(KeyError::Exists { path: public });
        }
        custody::write_secret(path, self.to_pem().as_bytes())
            .map_err(|error| write_error(path, error))?;
        custody::write_public(&public, self.public().to_pem().as_bytes()).map_err(|error| {
            let _ = fs::remove_file(path);
            write_error(&public, error)
        })?;
        Ok(public)
    }

    /// PKCS#8 version 1. Version 2 would hold the public key too, and OpenSSL 3.0 cannot read it.
    fn to_pem(&self) -> Zeroizing<String> {
        KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        }
        .to_pkcs8_pem(LineEnding::LF)
        .expect("32 bytes always have a PKCS#8 form")
    }
}

/// What `cld key check` tells about a file that holds a signing key.
///
/// # Errors
/// [`KeyError`] where the file cannot be read at all.
pub fn check(path: &Path) -> Result<Report, KeyError> {
    let kept = read(path)?;
    let mut findings = kept.describe();
    let Some(key) = SigningKey::from_pem(&kept.bytes) else {
        findings.insert(0, Finding::bad(format!("is not {PRIVATE_FORM}")));
        return Ok(Report {
            key_id: None,
            test: false,
            accepted: false,
            findings,
        });
    };
    let public = key.public();
    findings.insert(0, Finding::good("holds an Ed25519 private key"));
    if public.is_test() {
        findings.insert(
            1,
            Finding::good("the published test key: who may read it does not matter"),
        );
    }
    let accepted = public.is_test() || kept.judge().is_ok();
    Ok(Report {
        key_id: Some(public.key_id()),
        test: public.is_test(),
        accepted,
        findings,
    })
}

/// Where the public key of a private key file goes: `signing.pem` to `signing.pub.pem`.
pub fn public_path(private: &Path) -> PathBuf {
    let stem = if private.extension().is_some_and(|ending| ending == "pem") {
        private.with_extension("")
    } else {
        private.to_owned()
    };
    let mut name = stem.into_os_string();
    name.push(".pub.pem");
    name.into()
}

/// A public key that manifests are verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads an SPKI PEM file.
    ///
    /// # Errors
    /// [`KeyError::Io`] or [`KeyError::Pem`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let kept = read(path)?;
        Self::from_pem(&kept.bytes).ok_or(KeyError::Pem {
            path: path.to_owned(),
            expected: PUBLIC_FORM,
        })
    }

    /// Reads SPKI PEM; `None` for anything else.
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(pem).ok()?;
        VerifyingKey::from_public_key_pem(text).ok().map(Self)
    }

    /// SPKI PEM.
    pub fn to_pem(&self) -> String {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .expect("a point always has an SPKI form")
    }

    /// SHA-256 of the SPKI DER in hexadecimal: what `openssl pkey -pubin -outform DER | sha256sum` prints.
    pub fn key_id(&self) -> String {
        let der = self
            .0
            .to_public_key_der()
            .expect("a point always has an SPKI form");
        digest::of_bytes(der.as_bytes())
    }

    /// Whether its private key is the published one, so that the signature proves nothing about who signed.
    pub fn is_test(&self) -> bool {
        self.0.as_bytes() == &PUBLISHED_TEST_KEY
    }

    /// Whether the signature is this key's over this message. Strict: weak keys and second spellings of a
    /// signature are refused.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    const TEST_PRIVATE: &[u8] = include_bytes!("../../samples/keys/test-signing.pem");
    const TEST_PUBLIC: &[u8] = include_bytes!("../../samples/keys/test-signing.pub.pem");

    #[test]
    fn the_published_pair_belongs_together_and_is_known() {
        let key = SigningKey::from_pem(TEST_PRIVATE).expect("a key");
        let public = PublicKey::from_pem(TEST_PUBLIC).expect("a key");
        assert_eq!(key.public(), public);
        assert!(public.is_test());
        assert_eq!(key.to_pem().as_bytes(), TEST_PRIVATE);
        assert_eq!(public.to_pem().as_bytes(), TEST_PUBLIC);
        assert!(public.verifies(b"text", &key.sign(b"text")));
        assert!(!public.verifies(b"Text", &key.sign(b"text")));
        assert!(!public.verifies(b"text", &key.sign(b"text")[1..]));
    }

    /// RFC 8032 section 7.1, test 2.
    #[test]
    fn rfc_8032() {
        let hex = |text: &str| {
            data_encoding::HEXLOWER
                .decode(text.as_bytes())
                .expect("hex")
        };
        let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = SigningKey(ed25519_dalek::SigningKey::from_bytes(
            &seed.try_into().expect("32 bytes"),
        ));
        assert_eq!(
            key.sign(&[0x72]).to_vec(),
            hex(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                 085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            )
        );
    }

    #[test]
    fn openssl_reads_what_is_written_and_its_key_id_agrees() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("signing.pem");
        let key = SigningKey::generate().expect("random");
        let public = key.write_new(&path).expect("written");
        assert!(public.ends_with("signing.pub.pem"));
        let openssl = |arguments: &[&str]| {
            let output = Command::new("openssl")
                .args(arguments)
                .current_dir(&directory)
                .output()
                .expect("ran");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            output.stdout
        };
        assert_eq!(
            openssl(&["pkey", "-in", "signing.pem", "-pubout"]),
            fs::read(&public).expect("there")
        );
        let der = openssl(&[
            "pkey",
            "-pubin",
            "-in",
            "signing.pub.pem",
            "-outform",
            "DER",
        ]);
        assert_eq!(digest::of_bytes(&der), key.public().key_id());

        openssl(&["genpkey", "-algorithm", "ed25519", "-out", "theirs.pem"]);
        let theirs = fs::read(directory.path().join("theirs.pem")).expect("there");
        assert!(SigningKey::from_pem(&theirs).is_some());
    }

    #[test]
    fn a_pair_is_made_whole_or_not_at_all() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, public) = (
            directory.path().join("s.pem"),
            directory.path().join("s.pub.pem"),
        );
        let key = SigningKey::generate().expect("random");
        fs::write(&public, "theirs").expect("written");
        assert!(matches!(key.write_new(&path), Err(KeyError::Exists { .. })));
        assert!(!path.exists());
        fs::remove_file(&public).expect("removed");
        key.write_new(&path).expect("written");
        assert!(matches!(
            key.write_new(&directory.path().join("s.pem")),
            Err(KeyError::Exists { .. })
        ));
        assert_eq!(
            SigningKey::load(&path).expect("kept well").public(),
            key.public()
        );
        assert_eq!(PublicKey::load(&public).expect("read"), key.public());
        assert!(matches!(PublicKey::load(&path), Err(KeyError::Pem { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn custody_is_demanded_of_all_but_the_published_key() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s.pem");
        SigningKey::generate()
            .and_then(|key| key.write_new(&path))
            .expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
        assert!(matches!(
            SigningKey::load(&path),
            Err(KeyError::Custody { .. })
        ));
        assert!(!check(&path).expect("readable").accepted);
        fs::write(&path, TEST_PRIVATE).expect("written");
        assert!(SigningKey::load(&path).is_ok());
        let report = check(&path).expect("readable");
        assert!(report.accepted && report.test && report.key_id.is_some());
        fs::write(&path, TEST_PUBLIC).expect("written");
        assert!(check(&path).expect("readable").key_id.is_none());
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(bytes in any::<Vec<u8>>(), body in "[A-Za-z0-9+/=\n]{0,90}") {
            for label in ["PRIVATE", "PUBLIC"] {
                let pem = format!("-----BEGIN {label} KEY-----\n{body}\n-----END {label} KEY-----\n");
                let _ = (SigningKey::from_pem(pem.as_bytes()), PublicKey::from_pem(pem.as_bytes()));
            }
            prop_assert!(SigningKey::from_pem(&bytes).is_none() && PublicKey::from_pem(&bytes).is_none());
        }
    }
}
