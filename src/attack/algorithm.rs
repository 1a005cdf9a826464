//! The hashes that somebody might have used without a key, from the RustCrypto crates: what the lanes are held against.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Blake2b512, Blake2s256};
use hmac::{KeyInit, Mac, SimpleHmac};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::block_api::BlockSizeUser;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512, Sha512_256};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

use super::lanes;

/// A hash that takes no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512Short,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Blake2b256,
    Blake2b512,
    Blake2s256,
    Blake3,
}

/// All of them, the commonest first.
pub const ALL: [Algorithm; 15] = [
    Algorithm::Sha256,
    Algorithm::Md5,
    Algorithm::Sha1,
    Algorithm::Sha512,
    Algorithm::Sha224,
    Algorithm::Sha384,
    Algorithm::Sha512Short,
    Algorithm::Sha3_224,
    Algorithm::Sha3_256,
    Algorithm::Sha3_384,
    Algorithm::Sha3_512,
    Algorithm::Blake2b256,
    Algorithm::Blake2b512,
    Algorithm::Blake2s256,
    Algorithm::Blake3,
];

/// The first four, which nearly everyone uses.
pub const COMMON: &[Algorithm] = ALL.split_at(4).0;

/// Those that [`lanes`] has.
pub const WITH_LANES: [Algorithm; 10] = [
    Algorithm::Md5,
    Algorithm::Sha1,
    Algorithm::Sha256,
    Algorithm::Sha512,
    Algorithm::Sha3_256,
    Algorithm::Sha3_512,
    Algorithm::Blake2b256,
    Algorithm::Blake2b512,
    Algorithm::Blake2s256,
    Algorithm::Blake3,
];

/// A digest of up to 64 bytes.
#[derive(Clone, Copy)]
pub struct Digest {
    bytes: [u8; 64],
    length: usize,
}

impl Digest {
    fn of(digest: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes[..digest.len()].copy_from_slice(digest);
        Self {
            bytes,
            length: digest.len(),
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The first eight bytes.
    pub fn start(&self) -> u64 {
        let start = self.bytes.first_chunk().expect("64 bytes");
        u64::from_be_bytes(*start)
    }
}

impl Algorithm {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha512Short => "SHA-512/256",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
            Self::Blake2b256 => "BLAKE2b-256",
            Self::Blake2b512 => "BLAKE2b-512",
            Self::Blake2s256 => "BLAKE2s-256",
            Self::Blake3 => "BLAKE3",
        }
    }

    /// The digest of a message. `None` for BLAKE3 of more than a block, which no form of ours comes near.
    pub fn digest(self, message: &[u8]) -> Option<Digest> {
        Some(match self {
            Self::Md5 => Digest::of(&Md5::digest(message)),
            Self::Sha1 => Digest::of(&Sha1::digest(message)),
            Self::Sha224 => Digest::of(&Sha224::digest(message)),
            Self::Sha256 => Digest::of(&Sha256::digest(message)),
            Self::Sha384 => Digest::of(&Sha384::digest(message)),
            Self::Sha512 => Digest::of(&Sha512::digest(message)),
            Self::Sha512Short => Digest::of(&Sha512_256::digest(message)),
            Self::Sha3_224 => Digest::of(&Sha3_224::digest(message)),
            Self::Sha3_256 => Digest::of(&Sha3_256::digest(message)),
            Self::Sha3_384 => Digest::of(&Sha3_384::digest(message)),
            Self::Sha3_512 => Digest::of(&Sha3_512::digest(message)),
            Self::Blake2b256 => Digest::of(&Blake2b::<U32>::digest(message)),
            Self::Blake2b512 => Digest::of(&Blake2b512::digest(message)),
            Self::Blake2s256 => Digest::of(&Blake2s256::digest(message)),
            Self::Blake3 => blake3(message)?,
        })
    }

    /// HMAC with a key that is no secret. `None` but for [`COMMON`] algorithms.
    pub fn hmac(self, key: &[u8], message: &[u8]) -> Option<Digest> {
        match self {
            Self::Md5 => Some(hmac::<Md5>(key, message)),
            Self::Sha1 => Some(hmac::<Sha1>(key, message)),
            Self::Sha256 => Some(hmac::<Sha256>(key, message)),
            Self::Sha512 => Some(hmac::<Sha512>(key, message)),
            _ => None,
        }
    }
}

fn hmac<D: sha2::Digest + BlockSizeUser>(key: &[u8], message: &[u8]) -> Digest {
    let mut state =
        <SimpleHmac<D> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    state.update(message);
    Digest::of(&state.finalize().into_bytes())
}

/// Of at most a block: the libraries of this program have no BLAKE3, and the lanes do.
fn blake3(message: &[u8]) -> Option<Digest> {
    let mut block = [0; 64];
    block.get_mut(..message.len())?.copy_from_slice(message);
    let mut words = [[0]; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = [u32::from_le_bytes(*bytes)];
    }
    let mut state = [[0]; 8];
    lanes::blake3::<8, 1>(message.len() as u32, &words, &mut state);
    let bytes: Vec<u8> = state.iter().flat_map(|[word]| word.to_be_bytes()).collect();
    Some(Digest::of(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// `abc` as the standards and the BLAKE3 paper have it; the rest are the libraries' to test.
    #[test]
    fn published_vectors() {
        let cases = [
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Algorithm::Sha256,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Algorithm::Sha3_256,
                "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
            ),
            (
                Algorithm::Blake2s256,
                "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
            ),
            (
                Algorithm::Blake3,
                "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
            ),
        ];
        for (algorithm, expected) in cases {
            let found = algorithm.digest(b"abc").expect("a digest");
            assert_eq!(
                HEXLOWER.encode(found.bytes()),
                expected,
                "{}",
                algorithm.name()
            );
        }
        let empty = Algorithm::Blake3.digest(b"").expect("a digest");
        assert_eq!(
            HEXLOWER.encode(empty.bytes()),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
        assert!(Algorithm::Blake3.digest(&[0; 65]).is_none());
    }

    #[test]
    fn hmac_is_that_of_rfc_4231_and_2202() {
        let cases = [
            (
                Algorithm::Sha256,
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (Algorithm::Md5, "750c783e6ab0b503eaa86e310a5db738"),
            (Algorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ];
        for (algorithm, expected) in cases {
            let found = algorithm
                .hmac(b"Jefe", b"what do ya want for nothing?")
                .expect("made");
            assert_eq!(
                HEXLOWER.encode(found.bytes()),
                expected,
                "{}",
                algorithm.name()
            );
        }
        assert!(Algorithm::Sha3_256.hmac(b"", b"").is_none());
    }
}
