//! Tells data that unpack to more than records can, so that a small file does not fill memory or disk.

/// As many bytes as may come of one. Records of the return come to ten or twenty; a sheet of the same row over and over to
/// a hundred, as rows are numbered; a byte over and over to a thousand.
const MOST: u64 = 200;

/// This much is no danger however little it was made of, in bytes: 8 MiB.
const HARMLESS: u64 = 8 << 20;

/// What to do.
pub(super) const REMEDY: &str = "If it is sound, unpack it and give it as plain CSV; if you do not know who made it, do not use it";

/// What is wrong with data of which so many bytes were unpacked to so many.
pub(super) fn fault(packed: u64, unpacked: u64) -> Option<String> {
    let bomb = unpacked > HARMLESS && unpacked / MOST > packed;
    bomb.then(|| {
        format!(
            "unpacks to more than {MOST} times its size, as no records do; it was read no further"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_too_far_is_a_bomb_once_it_is_large() {
        assert!(fault(1, HARMLESS).is_none());
        assert!(fault(HARMLESS / MOST, HARMLESS + MOST).is_some());
        assert!(fault(1 << 20, 200 << 20).is_none());
        assert!(fault(500_000, 512 << 20).is_some());
    }
}
