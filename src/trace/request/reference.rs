//! The name that one question has in a request and in its answer: chance, and nothing about the person.

use std::fmt;

use crate::redact::WITHHELD;

/// Bytes of chance in a reference.
const BYTES: usize = 16;

/// The letters a reference is made of, one for each four bits. No digit, so that no run of it is an NHS number or the
/// number of a person; no vowel, so that it is no word.
const LETTERS: &[u8; BYTES] = b"BCDFGHJKLMNPQRST";

/// 128 bits of chance in 32 letters, by which an answer is joined to the question that it answers.
///
/// `Debug` withholds it, as beside the register it leads to a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference([u8; BYTES]);

/// A text that is no reference of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not a reference that this program gave: 32 letters of {}",
    String::from_utf8_lossy(LETTERS)
)]
pub struct NoReference;

impl Reference {
    /// Letters of a reference.
    pub const LENGTH: usize = 2 * BYTES;

    /// A new one, from the operating system's source of chance.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The reference of these bytes, as [`bytes`](Self::bytes) gave them.
    pub const fn of(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes, for keeping it in half the room.
    pub const fn bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// The letters, as they stand in files.
    pub fn letters(&self) -> [u8; Self::LENGTH] {
        let mut letters = [0; Self::LENGTH];
        for (pair, byte) in letters.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [byte >> 4, byte & 15].map(|half| LETTERS[usize::from(half)]);
        }
        letters
    }

    /// The letters as text.
    pub fn text(&self) -> String {
        self.letters().map(char::from).iter().collect()
    }

    /// Reads a reference as it comes back: letters in either case, with white space around them.
    ///
    /// # Errors
    /// [`NoReference`] for anything that [`text`](Self::text) does not give: an NHS number or an id can never be one.
    pub fn parse(text: &[u8]) -> Result<Self, NoReference> {
        let letters: &[u8; Self::LENGTH] = text.trim_ascii().try_into().map_err(|_| NoReference)?;
        let half = |letter: u8| {
            let letter = letter.to_ascii_uppercase();
            let at = LETTERS.iter().position(|l| *l == letter);
            at.map(|at| at as u8).ok_or(NoReference)
        };
        let mut bytes = [0; BYTES];
        for (byte, pair) in bytes.iter_mut().zip(letters.as_chunks::<2>().0) {
            *byte = half(pair[0])? << 4 | half(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WITHHELD)
    }
}
