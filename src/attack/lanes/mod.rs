//! Hashes of many short messages at once: one message in each lane of the processor's vectors.
//!
//! All messages of a batch are ten digits in the same place of the same block. The processor's widest vectors are found out
//! when the program runs; everything else is plain code that the compiler turns into vectors.

mod narrow;
mod wide;

use narrow::{State32, Words32};
use wide::{First64, Words64};

use super::algorithm::Algorithm;

pub use narrow::blake3;

/// Messages of a batch: two or four vectors of the widest kind, so that they do not wait for each other.
pub const LANES: usize = 32;

/// Digits of an NHS number.
pub const DIGITS: usize = 10;

/// Ten digits of each lane, as bytes of three big-endian words; the last two bytes are 0.
#[derive(Clone)]
pub struct Digits(pub [[u32; LANES]; 3]);

impl Digits {
    /// Of so many numbers. What is missing to a whole batch is the last one again.
    pub fn of(numbers: &[[u8; DIGITS]]) -> Self {
        let mut words = [[0; LANES]; 3];
        for lane in 0..LANES {
            let Some(number) = numbers.get(lane).or(numbers.last()) else {
                break;
            };
            let mut bytes = [0; 12];
            bytes[..DIGITS].copy_from_slice(number);
            for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
                word[lane] = u32::from_be_bytes(*bytes);
            }
        }
        Self(words)
    }

    /// The number in a lane.
    pub fn number(&self, lane: usize) -> [u8; DIGITS] {
        let mut bytes = [0; 12];
        for (word, bytes) in self.0.iter().zip(bytes.as_chunks_mut().0) {
            *bytes = word[lane].to_be_bytes();
        }
        *bytes.first_chunk().expect("twelve bytes")
    }
}

/// A block of each lane: text, then digits, then text, padded as the algorithm has it.
pub struct Block {
    algorithm: Algorithm,
    /// Bytes of the message.
    length: usize,
    /// Where the digits stand.
    at: usize,
    /// The block without digits, in big-endian words.
    template: [u32; 32],
    words: Words,
}

enum Words {
    Narrow(Box<Words32<LANES>>),
    Wide(Box<Words64<LANES>>),
}

impl Block {
    /// For messages of this form. `None` where the algorithm has no lanes or the message is longer than a block.
    pub fn new(algorithm: Algorithm, before: &[u8], behind: &[u8]) -> Option<Self> {
        let layout = layout(algorithm)?;
        let length = before.len() + DIGITS + behind.len();
        if length > layout.room {
            return None;
        }
        let mut bytes = [0_u8; 128];
        bytes[..before.len()].copy_from_slice(before);
        bytes[before.len() + DIGITS..length].copy_from_slice(behind);
        if let Some(mark) = layout.mark {
            bytes[length] = mark;
        }
        let bits = 8 * length as u64;
        match layout.bits {
            Bits::None => {}
            Bits::Big(end) => bytes[end - 8..end].copy_from_slice(&bits.to_be_bytes()),
            Bits::Little(end) => bytes[end - 8..end].copy_from_slice(&bits.to_le_bytes()),
        }
        let mut template = [0; 32];
        for (word, bytes) in template.iter_mut().zip(bytes.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        let words = if layout.wide {
            Words::Wide(Box::new(std::array::from_fn(|at| {
                [wide(algorithm, template[2 * at], template[2 * at + 1]); LANES]
            })))
        } else {
            Words::Narrow(Box::new(std::array::from_fn(|at| {
                [narrow(algorithm, template[at]); LANES]
            })))
        };
        Some(Self {
            algorithm,
            length,
            at: before.len(),
            template,
            words,
        })
    }

    /// Puts the digits into the blocks and hashes them: the first eight bytes of each digest, big-endian.
    pub fn hash(&mut self, level: Level, digits: &Digits, out: &mut [u64; LANES]) {
        match level {
            // SAFETY: there is a `Level` of this kind only where the processor was found to have these instructions.
            #[cfg(target_arch = "x86_64")]
            Level(Width::Avx512) => unsafe { hash_avx512(self, digits, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level(Width::Avx2) => unsafe { hash_avx2(self, digits, out) },
            Level(Width::Portable) => hash(self, digits, out),
        }
    }

    #[inline(always)]
    fn put(&mut self, Digits([first, second, third]): &Digits) {
        let (word, shift) = (self.at / 4, 8 * (self.at % 4) as u32);
        // Ten bytes at any place lie in four words at most.
        let mut made = [[0; LANES]; 4];
        for lane in 0..LANES {
            // As 64 bits, so that a shift by a whole word is one.
            let [a, b, c] = [first[lane], second[lane], third[lane]].map(|w| u64::from(w) << 32);
            let back = |w: u64| (w >> shift) as u32;
            let ahead = |w: u64| (w >> shift >> 32) as u32;
            made[0][lane] = ahead(a);
            made[1][lane] = back(a) | ahead(b);
            made[2][lane] = back(b) | ahead(c);
            made[3][lane] = back(c);
        }
        const NONE: [u32; LANES] = [0; LANES];
        let made = |at: usize| {
            at.checked_sub(word)
                .and_then(|of| made.get(of))
                .unwrap_or(&NONE)
        };
        match &mut self.words {
            Words::Narrow(words) => {
                for at in word..(word + 4).min(16) {
                    let (made, template) = (made(at), self.template[at]);
                    for lane in 0..LANES {
                        words[at][lane] = narrow(self.algorithm, made[lane] | template);
                    }
                }
            }
            Words::Wide(words) => {
                for at in word / 2..=((word + 3) / 2).min(15) {
                    let (first, second) = (made(2 * at), made(2 * at + 1));
                    let [a, b] = [self.template[2 * at], self.template[2 * at + 1]];
                    for lane in 0..LANES {
                        words[at][lane] = wide(self.algorithm, first[lane] | a, second[lane] | b);
                    }
                }
            }
        }
    }
}

/// What a block looks like.
struct Layout {
    /// Bytes that a message may have.
    room: usize,
    /// What stands behind the message.
    mark: Option<u8>,
    bits: Bits,
    wide: bool,
}

/// Where the length of the message in bits ends.
enum Bits {
    None,
    Big(usize),
    Little(usize),
}

fn layout(algorithm: Algorithm) -> Option<Layout> {
    let of = |room, mark, bits, wide| {
        Some(Layout {
            room,
            mark,
            bits,
            wide,
        })
    };
    match algorithm {
        Algorithm::Md5 => of(55, Some(0x80), Bits::Little(64), false),
        Algorithm::Sha1 | Algorithm::Sha256 => of(55, Some(0x80), Bits::Big(64), false),
        Algorithm::Blake2s256 | Algorithm::Blake3 => of(64, None, Bits::None, false),
        Algorithm::Sha512 => of(111, Some(0x80), Bits::Big(128), true),
        // The bit that ends a block of SHA-3 is set where it is hashed; SHA3-512 has blocks of 72 bytes.
        Algorithm::Sha3_256 => of(127, Some(0x06), Bits::None, true),
        Algorithm::Sha3_512 => of(71, Some(0x06), Bits::None, true),
        Algorithm::Blake2b256 | Algorithm::Blake2b512 => of(128, None, Bits::None, true),
        _ => None,
    }
}

const fn is_big_endian(algorithm: Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::Sha1 | Algorithm::Sha256 | Algorithm::Sha512
    )
}

const fn narrow(algorithm: Algorithm, word: u32) -> u32 {
    if is_big_endian(algorithm) {
        word
    } else {
        word.swap_bytes()
    }
}

const fn wide(algorithm: Algorithm, first: u32, second: u32) -> u64 {
    let word = (first as u64) << 32 | second as u64;
    if is_big_endian(algorithm) {
        word
    } else {
        word.swap_bytes()
    }
}

/// How wide the processor's vectors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(Width);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Level {
    /// Every one that this processor has, the fastest first.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx512bw") && has!("avx512vl") {
                all.push(Self(Width::Avx512));
            }
            if has!("avx2") {
                all.push(Self(Width::Avx2));
            }
        }
        all.push(Self(Width::Portable));
        all
    }

    /// The fastest one.
    pub fn best() -> Self {
        Self::all()[0]
    }

    /// For people.
    pub const fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Width::Avx2 => "AVX2",
            Width::Portable => "portable",
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn hash_avx512(block: &mut Block, digits: &Digits, out: &mut [u64; LANES]) {
    hash(block, digits, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn hash_avx2(block: &mut Block, digits: &Digits, out: &mut [u64; LANES]) {
    hash(block, digits, out);
}

/// Inlined into each of the above, so that it is compiled for their vectors.
#[inline(always)]
fn hash(block: &mut Block, digits: &Digits, out: &mut First64<LANES>) {
    block.put(digits);
    let (algorithm, length) = (block.algorithm, block.length);
    match &block.words {
        Words::Narrow(words) => {
            let mut two: State32<2, LANES> = [[0; LANES]; 2];
            match algorithm {
                Algorithm::Md5 => narrow::md5(words, &mut two),
                Algorithm::Sha1 => narrow::sha1(words, &mut two),
                Algorithm::Sha256 => narrow::sha256(words, &mut two),
                Algorithm::Blake2s256 => narrow::blake2s(length as u32, words, &mut two),
                _ => narrow::blake3(length as u32, words, &mut two),
            }
            for lane in 0..LANES {
                out[lane] = u64::from(two[0][lane]) << 32 | u64::from(two[1][lane]);
            }
        }
        Words::Wide(words) => match algorithm {
            Algorithm::Sha512 => wide::sha512(words, out),
            Algorithm::Sha3_256 => wide::sha3(17, words, out),
            Algorithm::Sha3_512 => wide::sha3(9, words, out),
            Algorithm::Blake2b256 => wide::blake2b(32, length as u64, words, out),
            _ => wide::blake2b(64, length as u64, words, out),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::algorithm::WITH_LANES;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        /// Against the RustCrypto crates, at every place of the digits and with every width that this processor has.
        #[test]
        fn lanes_hash_as_the_libraries_do(
            before in proptest::collection::vec(any::<u8>(), 0..24),
            behind in proptest::collection::vec(any::<u8>(), 0..21),
            first in 0_u64..9_000_000_000,
        ) {
            let numbers: [[u8; DIGITS]; LANES] = std::array::from_fn(|lane| {
                let text = format!("{:010}", first + 31_234_567 * lane as u64);
                *text.as_bytes().first_chunk().expect("ten digits")
            });
            let digits = Digits::of(&numbers);
            for algorithm in WITH_LANES {
                let mut block = Block::new(algorithm, &before, &behind).expect("short enough");
                for level in Level::all() {
                    let mut found = [0; LANES];
                    block.hash(level, &digits, &mut found);
                    for (lane, number) in numbers.iter().enumerate() {
                        prop_assert_eq!(digits.number(lane), *number);
                        let message = [&before[..], number, &behind].concat();
                        let expected = algorithm.digest(&message).expect("a digest");
                        prop_assert_eq!(found[lane], expected.start(), "{} {}", algorithm.name(), level.name());
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_a_block_has_no_lanes() {
        assert!(Block::new(Algorithm::Md5, &[b'x'; 45], b"").is_some());
        assert!(Block::new(Algorithm::Md5, &[b'x'; 46], b"").is_none());
        assert!(Block::new(Algorithm::Sha384, b"", b"").is_none());
    }
}
