//! A key divided among several people: any `threshold` of the shares make it again, fewer tell nothing of it (Shamir's
//! scheme, from the library blahaj).
//!
//! The library leaves the coefficients it drew in freed memory. The commands that divide and join end at once after it, no
//! core dump is made of them, and the system clears memory before another process gets it.

use std::fs;
use std::path::{Path, PathBuf};

use blahaj::{Share as Point, Sharks};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::key::{KeyError, MasterKey, read, write_error};
use crate::custody;

/// Begins the one line that holds the share.
const PREFIX: &str = "cld-share-1:";

/// Key id, number of the division, threshold, shares in all, number of the share, the 32 bytes, checksum.
const LENGTH: usize = 8 + 4 + 1 + 1 + 1 + 32 + 8;
const CHECKED: usize = LENGTH - 8;

/// Why shares make no key. Says which file and what, never what stands in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// A threshold of one is a copy; of more than all, a loss.
    #[error(
        "{threshold} of {shares} shares cannot be: at least 2 must be needed, and no more than there are, at most 255"
    )]
    Numbers {
        /// Shares needed.
        threshold: u8,
        /// Shares made.
        shares: u8,
    },
    /// A test key is published: it has no secret to divide.
    #[error(
        "a test key is published, so there is nothing to divide. Make a key of your own (cld key new)"
    )]
    TestKey,
    /// No share, or not as it was made.
    #[error("{}: {fault}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: ShareFault,
    },
    /// The same share twice.
    #[error("{} and {} are the same share; one does not count twice", one.display(), other.display())]
    Twice {
        /// The first file.
        one: PathBuf,
        /// The second file.
        other: PathBuf,
    },
    /// A share of another key.
    #[error("{} is a share of key {found}, the others are of key {expected}", path.display())]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The key id in it.
        found: String,
        /// The key id of most.
        expected: String,
    },
    /// A share of the same key, which was divided more than once.
    #[error(
        "{} comes from another division of the same key than the others; shares of two divisions do not fit together", path.display()
    )]
    OtherDivision {
        /// The file.
        path: PathBuf,
    },
    /// Not enough.
    #[error("{given} of the {needed} shares that are needed were given")]
    TooFew {
        /// How many there are.
        given: usize,
        /// How many it takes.
        needed: u8,
    },
    /// What came out is not the key.
    #[error(
        "the shares do not make key {expected}, though each is whole by itself: one was made up or changed on purpose"
    )]
    WrongKey {
        /// The key id that all name.
        expected: String,
    },
}

/// Why a file holds no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareFault {
    /// No line begins with `cld-share-1:`.
    #[error("holds no share line (cld-share-1: followed by base64)")]
    NoShare,
    /// A second one.
    #[error("line {0}: a second share; a file holds exactly one")]
    Second(usize),
    /// Neither a comment, nor blank, nor a share line.
    #[error("line {0}: neither a comment (#) nor a share line (cld-share-1:)")]
    UnknownLine(usize),
    /// Not base64, not of the right length, or the checksum does not hold.
    #[error(
        "the share is damaged: it is not as it was made. Use another one, or a good copy of it"
    )]
    Changed,
}

/// One share of a key. No `Debug`; wiped on drop.
struct Share {
    bytes: Zeroizing<[u8; LENGTH]>,
}

impl Share {
    fn new(key_id: &str, division: [u8; 4], of: (u8, u8), point: &Point) -> Self {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        let id = HEXLOWER.decode(key_id.as_bytes());
        let coordinates = Zeroizing::new(Vec::from(point));
        bytes[..8].copy_from_slice(&id.expect("a key id is hexadecimal"));
        bytes[8..12].copy_from_slice(&division);
        (bytes[12], bytes[13]) = of;
        bytes[14..CHECKED].copy_from_slice(&coordinates);
        let mut share = Self { bytes };
        let check = share.checksum();
        share.bytes[CHECKED..].copy_from_slice(&check);
        share
    }

    /// Notices what happens to a file by accident; that nobody made it up, the key id of the joined key proves.
    fn checksum(&self) -> [u8; 8] {
        let digest = Sha256::digest(&self.bytes[..CHECKED]);
        *digest.first_chunk().expect("32 bytes have 8")
    }

    fn parse(text: &[u8]) -> Result<Self, ShareFault> {
        let mut found = None;
        for (number, line) in (1_usize..).zip(text.split(|byte| *byte == b'\n')) {
            let line = line.trim_ascii();
            if let Some(encoded) = line.strip_prefix(PREFIX.as_bytes()) {
                if found.is_some() {
                    return Err(ShareFault::Second(number));
                }
                found = Some(Self::decode(encoded.trim_ascii()).ok_or(ShareFault::Changed)?);
            } else if !line.is_empty() && !line.starts_with(b"#") {
                return Err(ShareFault::UnknownLine(number));
            }
        }
        found.ok_or(ShareFault::NoShare)
    }

    fn decode(encoded: &[u8]) -> Option<Self> {
        let length = BASE64.decode_len(encoded.len()).ok()?;
        let mut decoded = Zeroizing::new(vec![0; length]);
        let length = BASE64.decode_mut(encoded, &mut decoded).ok()?;
        let mut share = Self {
            bytes: Zeroizing::new([0; LENGTH]),
        };
        if length != LENGTH {
            return None;
        }
        share.bytes.copy_from_slice(&decoded[..length]);
        let sound = share.checksum() == share.bytes[CHECKED..]
            && share.number() >= 1
            && share.number() <= share.shares()
            && allowed(share.threshold(), share.shares());
        sound.then_some(share)
    }

    fn render(&self) -> Zeroizing<String> {
        let comments = format!(
            "# cld-return share {} of {}; any {} make pseudonym key {} again (cld key join).\n\
             # Keep it where no other share of the key is.\n",
            self.number(),
            self.shares(),
            self.threshold(),
            self.key_id(),
        );
        let mut text = Zeroizing::new(String::with_capacity(
            comments.len() + PREFIX.len() + BASE64.encode_len(LENGTH) + 1,
        ));
        text.push_str(&comments);
        text.push_str(PREFIX);
        BASE64.encode_append(self.bytes.as_slice(), &mut text);
        text.push('\n');
        text
    }

    fn key_id(&self) -> String {
        HEXLOWER.encode(&self.bytes[..8])
    }

    /// Key id, division, threshold and number of shares: what shares that fit together have in common.
    fn family(&self) -> &[u8] {
        &self.bytes[..14]
    }

    fn threshold(&self) -> u8 {
        self.bytes[12]
    }

    fn shares(&self) -> u8 {
        self.bytes[13]
    }

    fn number(&self) -> u8 {
        self.bytes[14]
    }

    fn point(&self) -> Point {
        Point::try_from(&self.bytes[14..CHECKED]).expect("33 bytes are a point")
    }
}

const fn allowed(threshold: u8, shares: u8) -> bool {
    threshold >= 2 && threshold <= shares
}

/// Divides a key into new files of a directory, which is made if need be; all or none. Gives their names.
///
/// # Errors
/// [`KeyError::Shares`] for numbers that make no sense and for a test key; [`KeyError::Exists`] or [`KeyError::Io`].
pub fn split(
    key: &MasterKey,
    threshold: u8,
    shares: u8,
    directory: &Path,
) -> Result<Vec<PathBuf>, KeyError> {
    if key.is_test() {
        return Err(ShareError::TestKey.into());
    }
    if !allowed(threshold, shares) {
        return Err(ShareError::Numbers { threshold, shares }.into());
    }
    let made = make_private(directory).map_err(|error| write_error(directory, error))?;
    let mut written = Vec::new();
    let outcome = deal(key, threshold, shares)?.iter().try_for_each(|share| {
        let path = directory.join(format!("share-{}-of-{shares}.txt", share.number()));
        custody::write_secret(&path, share.render().as_bytes())
            .map_err(|error| write_error(&path, error))?;
        written.push(path);
        Ok(())
    });
    if let Err(error) = outcome {
        for path in written {
            let _ = fs::remove_file(path);
        }
        if made {
            let _ = fs::remove_dir(directory);
        }
        return Err(error);
    }
    Ok(written)
}

/// Makes a directory that only this account can enter; `false` if it is there.
fn make_private(directory: &Path) -> std::io::Result<bool> {
    if directory.is_dir() {
        return Ok(false);
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map(|()| true)
}

fn deal(key: &MasterKey, threshold: u8, shares: u8) -> Result<Vec<Share>, KeyError> {
    let mut division = [0; 4];
    getrandom::fill(&mut division).map_err(KeyError::Random)?;
    let key_id = key.key_id();
    let points = Sharks(threshold).dealer(key.secret());
    let points = points.take(usize::from(shares));
    Ok(points
        .map(|point| Share::new(&key_id, division, (threshold, shares), &point))
        .collect())
}

/// Joins the shares in these files to the key. Who may read the files is not judged: they come from several people, on
/// whatever they were kept on, and one alone tells nothing.
///
/// # Errors
/// [`KeyError::Shares`] with the file that does not fit; [`KeyError::Io`].
pub fn join(paths: &[PathBuf]) -> Result<MasterKey, KeyError> {
    let mut shares = Vec::new();
    for path in paths {
        let share = Share::parse(&read(path)?.bytes).map_err(|fault| ShareError::Damaged {
            path: path.clone(),
            fault,
        })?;
        shares.push(share);
    }
    Ok(recover(&shares, paths)?)
}

fn recover(shares: &[Share], paths: &[PathBuf]) -> Result<MasterKey, ShareError> {
    let alike = |share: &Share| {
        let all = shares.iter();
        all.filter(|s| s.family() == share.family()).count()
    };
    // What most are of; the first of those where two are as many.
    let most = shares.iter().rev().max_by_key(|share| alike(share));
    let Some(most) = most else {
        return Err(ShareError::TooFew {
            given: 0,
            needed: 2,
        });
    };
    for (share, path) in shares.iter().zip(paths) {
        let path = path.clone();
        if share.key_id() != most.key_id() {
            let (found, expected) = (share.key_id(), most.key_id());
            return Err(ShareError::OtherKey {
                path,
                found,
                expected,
            });
        }
        if share.family() != most.family() {
            return Err(ShareError::OtherDivision { path });
        }
    }
    for (at, share) in shares.iter().enumerate() {
        let before = shares[..at]
            .iter()
            .position(|s| s.number() == share.number());
        if let Some(before) = before {
            return Err(ShareError::Twice {
                one: paths[before].clone(),
                other: paths[at].clone(),
            });
        }
    }
    let needed = most.threshold();
    if shares.len() < usize::from(needed) {
        return Err(ShareError::TooFew {
            given: shares.len(),
            needed,
        });
    }
    let wrong = || ShareError::WrongKey {
        expected: most.key_id(),
    };
    let points: Vec<Point> = shares.iter().map(Share::point).collect();
    let mut secret = Sharks(needed).recover(&points).map_err(|_| wrong())?;
    let key = MasterKey::of_bytes(&secret);
    secret.zeroize();
    key.filter(|key| key.key_id() == most.key_id())
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(n: usize) -> Vec<PathBuf> {
        (0..n).map(|n| format!("share-{n}").into()).collect()
    }

    fn joined(shares: &[&Share]) -> Result<MasterKey, ShareError> {
        let copies: Vec<Share> = shares
            .iter()
            .map(|s| Share::parse(s.render().as_bytes()).expect("whole"))
            .collect();
        recover(&copies, &names(copies.len()))
    }

    fn chosen(shares: &[Share], which: u32) -> Vec<&Share> {
        let all = shares.iter().enumerate();
        all.filter(|(at, _)| which >> at & 1 == 1)
            .map(|(_, share)| share)
            .collect()
    }

    #[test]
    fn enough_shares_of_any_kind_make_the_key_and_fewer_do_not() {
        let key = MasterKey::generate().expect("random");
        for (threshold, n) in [(2, 2), (2, 3), (3, 5), (5, 5), (2, 6)] {
            let shares = deal(&key, threshold, n).expect("dealt");
            for which in 0..1_u32 << n {
                let made = joined(&chosen(&shares, which));
                if which.count_ones() >= threshold.into() {
                    assert_eq!(made.expect("joined").secret(), key.secret());
                } else {
                    assert!(matches!(made, Err(ShareError::TooFew { .. })));
                }
            }
        }
        let shares = deal(&key, 200, 255).expect("dealt");
        let all: Vec<_> = shares.iter().collect();
        assert_eq!(joined(&all).expect("joined").secret(), key.secret());
    }

    #[test]
    fn fewer_shares_tell_nothing() {
        // One share less and any other one made up for it: another key, and it is noticed.
        let key = MasterKey::generate().expect("random");
        let shares = deal(&key, 3, 5).expect("dealt");
        let mut made_up = Share {
            bytes: shares[2].bytes.clone(),
        };
        made_up.bytes[20] ^= 1;
        let check = made_up.checksum();
        made_up.bytes[CHECKED..].copy_from_slice(&check);
        let error = joined(&[&shares[0], &shares[1], &made_up]).err();
        assert!(
            matches!(error, Some(ShareError::WrongKey { expected }) if expected == key.key_id())
        );
        // No share has the key in it.
        for share in &shares {
            assert!(
                share
                    .bytes
                    .windows(4)
                    .all(|w| !key.secret().windows(4).any(|k| k == w))
            );
        }
    }

    #[test]
    fn the_share_that_does_not_fit_is_named() {
        let (one, two) = (MasterKey::generate(), MasterKey::generate());
        let (one, two) = (one.expect("random"), two.expect("random"));
        let (a, b) = (
            deal(&one, 3, 5).expect("dealt"),
            deal(&two, 3, 5).expect("dealt"),
        );
        let again = deal(&one, 3, 5).expect("dealt");
        for at in 0..3 {
            let mut given = [&a[0], &a[1], &a[2]];
            given[at] = &b[at];
            let expected = PathBuf::from(format!("share-{at}"));
            match joined(&given).err() {
                Some(ShareError::OtherKey { path, found, .. }) => {
                    assert_eq!((path, found), (expected.clone(), two.key_id()));
                }
                _ => panic!("another error"),
            }
            given[at] = &again[at];
            let error = joined(&given).err();
            assert!(matches!(error, Some(ShareError::OtherDivision { path }) if path == expected));
        }
        let error = joined(&[&a[0], &a[1], &a[0]]).err();
        assert!(matches!(error, Some(ShareError::Twice { .. })));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let key = MasterKey::generate().expect("random");
        let share = &deal(&key, 2, 3).expect("dealt")[0];
        for at in 0..LENGTH {
            let mut changed = share.bytes.clone();
            changed[at] ^= 0x10;
            let text = format!("{PREFIX}{}", BASE64.encode(changed.as_slice()));
            let fault = Share::parse(text.as_bytes()).err();
            assert_eq!(fault, Some(ShareFault::Changed), "byte {at}");
        }
    }

    #[test]
    fn files_that_hold_no_share_say_so() {
        let key = MasterKey::generate().expect("random");
        let text = deal(&key, 2, 3).expect("dealt")[0].render();
        let line = text.lines().last().expect("a line").to_owned();
        let fault = |text: String| Share::parse(text.as_bytes()).err();
        assert_eq!(fault(format!("{}\r\n", text.as_str())), None);
        assert_eq!(fault("# nothing\n".into()), Some(ShareFault::NoShare));
        assert_eq!(
            fault(format!("{line}\n{line}")),
            Some(ShareFault::Second(2))
        );
        assert_eq!(
            fault(format!("{line}\nx")),
            Some(ShareFault::UnknownLine(2))
        );
        assert_eq!(
            fault(line[..line.len() - 4].into()),
            Some(ShareFault::Changed)
        );
        assert_eq!(fault(format!("{PREFIX}*")), Some(ShareFault::Changed));
    }

    #[test]
    fn files_are_private_and_all_there_or_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = directory.path().join("shares");
        let key = MasterKey::generate().expect("random");
        let files = split(&key, 2, 3, &at).expect("split");
        assert_eq!(files.len(), 3);
        assert_eq!(join(&files[1..]).expect("joined").key_id(), key.key_id());
        #[cfg(unix)]
        for (path, mode) in [(&at, 0o700), (&files[0], 0o600)] {
            use std::os::unix::fs::PermissionsExt as _;
            let found = fs::metadata(path).expect("there").permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
        fs::remove_file(&files[0]).expect("removed");
        let error = split(&key, 2, 3, &at).err();
        assert!(matches!(error, Some(KeyError::Exists { path }) if path == files[1]));
        assert!(!files[0].exists());
        for (threshold, shares) in [(0, 0), (1, 3), (4, 3), (0, 3)] {
            let error = split(&key, threshold, shares, &at.join("none")).err();
            assert!(matches!(
                error,
                Some(KeyError::Shares(ShareError::Numbers { .. }))
            ));
            assert!(!at.join("none").exists());
        }
    }

    proptest! {
        #[test]
        fn arbitrary_texts_never_panic(bytes in any::<Vec<u8>>(), tail in "[A-Za-z0-9+/=]{0,120}") {
            let _ = Share::parse(&bytes);
            let _ = Share::parse(format!("{PREFIX}{tail}").as_bytes());
        }

        #[test]
        fn every_key_comes_back(secret in any::<[u8; 32]>(), which in 0_usize..5) {
            let Some(key) = MasterKey::of_bytes(&secret) else { return Ok(()) };
            let shares = deal(&key, 4, 5).expect("dealt");
            let mut given: Vec<_> = shares.iter().collect();
            given.remove(which);
            given.rotate_left(which % 4);
            let joined = joined(&given).expect("joined");
            prop_assert_eq!(joined.secret(), &secret);
        }
    }
}
