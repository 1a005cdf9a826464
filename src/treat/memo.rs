//! Remembers pseudonyms, so that one HMAC serves rows that lie near each other.

use super::{LocalRefusal, Pseudonym};

/// Remembers the pseudonyms of recent values, so that one HMAC serves the rows of one person that lie near each other.
/// Bounded: a value takes the place of another one.
pub(super) struct Memo {
    places: Vec<Remembered>,
}

struct Remembered {
    length: u8,
    value: [u8; Memo::LONGEST],
    pseudonym: Option<Pseudonym>,
}

impl Memo {
    /// Values remembered at most.
    pub const PLACES: usize = 1 << 12;
    /// Bytes of the longest value that is remembered.
    pub const LONGEST: usize = 23;

    /// One that remembers nothing.
    pub fn new() -> Self {
        let empty = || Remembered {
            length: 0,
            value: [0; Self::LONGEST],
            pseudonym: None,
        };
        Self {
            places: std::iter::repeat_with(empty).take(Self::PLACES).collect(),
        }
    }

    /// The pseudonym of a value, made if it is not remembered. An empty value has none.
    pub fn recall(
        &mut self,
        value: &[u8],
        make: impl FnOnce() -> Result<Option<Pseudonym>, LocalRefusal>,
    ) -> Result<Option<Pseudonym>, LocalRefusal> {
        if value.is_empty() {
            return Ok(None);
        }
        if value.len() > Self::LONGEST {
            return make();
        }
        let hash = value.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
        });
        let place = &mut self.places[(hash >> 32) as usize % Self::PLACES];
        if usize::from(place.length) != value.len() || place.value[..value.len()] != *value {
            place.pseudonym = make()?;
            place.length = value.len() as u8;
            place.value[..value.len()].copy_from_slice(value);
        }
        Ok(place.pseudonym)
    }
}
