//! The pseudonyms of a bundle, to be met by digests: a small map of bits that keeps almost every digest away from the list.

use std::fmt;

use crate::redact::WITHHELD;

/// Bytes of a pseudonym that are kept; longer ones differ in these already.
const KEPT: usize = 32;

/// Shorter ones could be met by chance.
pub const SHORTEST: usize = 8;

/// One pseudonym: its bytes, then zeros, then how many there are.
pub type Target = [u8; KEPT + 1];

/// The pseudonyms, sorted.
#[derive(Default)]
pub struct Targets {
    sorted: Vec<Target>,
    /// Bit by the first bits of a pseudonym.
    bits: Vec<u64>,
    shift: u32,
}

impl fmt::Debug for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Targets({WITHHELD})")
    }
}

impl Targets {
    /// Of what was collected, in any order, more than once.
    pub fn new(mut found: Vec<Target>) -> Self {
        found.sort_unstable();
        found.dedup();
        // One bit in sixteen at most is set, up to two mebibytes, so that the bits stay in the processor's cache.
        let log = (found.len().max(1) * 16)
            .next_power_of_two()
            .ilog2()
            .clamp(12, 24);
        let shift = 64 - log;
        let mut bits = vec![0_u64; 1 << (log - 6)];
        for target in &found {
            let at = (start(target) >> shift) as usize;
            bits[at / 64] |= 1 << (at % 64);
        }
        Self {
            sorted: found,
            bits,
            shift,
        }
    }

    /// The bytes of a cell as a target. A digest may have been filled up with zeros in front: they are taken away. `None` for
    /// what is too short to tell anything.
    pub fn target(bytes: &[u8]) -> Option<Target> {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let bytes = if zeros >= SHORTEST {
            &bytes[zeros..]
        } else {
            bytes
        };
        if bytes.len() < SHORTEST {
            return None;
        }
        let kept = &bytes[..bytes.len().min(KEPT)];
        let mut target = [0; KEPT + 1];
        target[..kept.len()].copy_from_slice(kept);
        // Zeros behind may be filling too; a digest ends in eight of them once in 2^64.
        let filling = kept.iter().rev().take_while(|byte| **byte == 0).count();
        let length = if filling >= SHORTEST {
            kept.len() - filling
        } else {
            kept.len()
        };
        target[KEPT] = length as u8;
        (length >= SHORTEST).then_some(target)
    }

    /// How many different ones there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Whether a pseudonym may begin with these eight bytes. Hardly ever wrong when it says yes, never when it says no.
    #[inline]
    pub fn may_start(&self, start: u64) -> bool {
        let at = (start >> self.shift) as usize;
        self.bits[at / 64] >> (at % 64) & 1 == 1
    }

    /// Whether a pseudonym is this digest, or the beginning of it, or it the beginning of the pseudonym.
    pub fn has(&self, digest: &[u8]) -> bool {
        let Some(first) = digest.first_chunk::<SHORTEST>() else {
            return false;
        };
        let from = self
            .sorted
            .partition_point(|target| target[..SHORTEST] < first[..]);
        let same_start = self.sorted[from..]
            .iter()
            .take_while(|target| target.starts_with(first));
        same_start.into_iter().any(|target| is_of(target, digest))
    }

    /// How many both have.
    pub fn shared(&self, other: &Self) -> u64 {
        let (mut mine, mut theirs) = (
            self.sorted.iter().peekable(),
            other.sorted.iter().peekable(),
        );
        let mut shared = 0;
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(mine.next()),
                std::cmp::Ordering::Greater => drop(theirs.next()),
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    mine.next();
                    theirs.next();
                }
            }
        }
        shared
    }
}

/// Whether the one begins with the other. Both have eight bytes at least.
pub fn is_of(target: &Target, digest: &[u8]) -> bool {
    let length = usize::from(target[KEPT]).min(digest.len());
    length >= SHORTEST && target[..length] == digest[..length]
}

fn start(target: &Target) -> u64 {
    u64::from_be_bytes(*target.first_chunk().expect("33 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(cells: &[&[u8]]) -> Targets {
        Targets::new(
            cells
                .iter()
                .filter_map(|cell| Targets::target(cell))
                .collect(),
        )
    }

    #[test]
    fn whole_cut_and_filled_digests_are_met() {
        let digest: Vec<u8> = (1..=64).collect();
        let filled_behind = [&digest[..16], &[0; 16]].concat();
        let filled_in_front = [&[0; 16], &digest[..16]].concat();
        for cell in [
            &digest[..32],
            &digest,
            &digest[..16],
            &digest[..8],
            &filled_behind,
            &filled_in_front,
        ] {
            let targets = targets(&[cell]);
            for digest in [&digest[..], &digest[..32], &digest[..16]] {
                assert!(targets.has(digest) && targets.may_start(0x0102_0304_0506_0708));
            }
            assert!(!targets.has(&digest[1..]) && !targets.has(b"short"));
        }
        let mut other = digest.clone();
        other[20] ^= 1;
        assert!(!targets(&[&digest[..32]]).has(&other));
        assert!(
            targets(&[&digest[..20]]).has(&other),
            "cut before they differ"
        );
        assert!(targets(&[&digest[..7], &[0; 32]]).is_empty());
    }

    #[test]
    fn shared_ones_are_counted_once() {
        let (a, b, c) = ([1; 32], [2; 32], [3; 32]);
        assert_eq!(targets(&[&a, &b, &b]).len(), 2);
        assert_eq!(targets(&[&a, &b, &b]).shared(&targets(&[&b, &c, &b])), 1);
        assert_eq!(targets(&[&a]).shared(&targets(&[&c])), 0);
        assert!(!format!("{:?}", targets(&[&a])).contains('1'));
    }
}
