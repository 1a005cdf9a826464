//! Pseudonyms that protect nobody, for tests of what must find them out. Only test builds of the library have this.

use hmac::Mac;
use sha2::{Digest, Sha256};

use super::pseudonym::keyed;

/// How pseudonyms are made instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// SHA-256 of the identifier.
    Plain,
    /// SHA-256 of LA code and identifier.
    LaCode,
    /// MD5 of the identifier, filled up with zeros.
    Md5,
    /// HMAC-SHA-256 under an empty key.
    EmptyKey,
    /// SHA-256, of every NHS number and of no other identifier.
    NumbersOnly,
}

impl Weak {
    pub(super) fn of(self, value: &[u8], la_code: &[u8]) -> [u8; 32] {
        let secret = || {
            let mut state = keyed(&[0x5A; 32]);
            state.update(value);
            state.finalize().into_bytes().into()
        };
        match self {
            Self::Plain => Sha256::digest(value).into(),
            Self::LaCode => Sha256::digest([la_code, value].concat()).into(),
            Self::Md5 => {
                let mut filled = [0; 32];
                filled[..16].copy_from_slice(&md5::Md5::digest(value));
                filled
            }
            Self::EmptyKey => {
                let mut state = keyed(b"");
                state.update(value);
                state.finalize().into_bytes().into()
            }
            Self::NumbersOnly if value.len() == 10 && value.iter().all(u8::is_ascii_digit) => {
                Sha256::digest(value).into()
            }
            Self::NumbersOnly => secret(),
        }
    }
}
