//! The text form of a key file, and which bytes are too weak to be a key.

use data_encoding::BASE64;
use zeroize::Zeroizing;

/// Begins the one line that holds the key.
const PREFIX: &[u8] = b"cld-key-1:";

/// What a random key of 32 bytes has more of: the odds that it has fewer different bytes are below 10⁻¹⁶.
const FEWEST_DIFFERENT_BYTES: usize = 16;

/// Why the content of a file is not a key. Says where, never what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// No line begins with `cld-key-1:`.
    #[error("holds no key line (cld-key-1: followed by base64)")]
    NoKey,
    /// A second key line.
    #[error("line {line}: a second key; a file holds exactly one")]
    SecondKey {
        /// Counted from 1.
        line: usize,
    },
    /// Neither a comment, nor blank, nor a key line.
    #[error("line {line}: neither a comment (#) nor a key line (cld-key-1:)")]
    UnknownLine {
        /// Counted from 1.
        line: usize,
    },
    /// Not standard base64 with padding.
    #[error("line {line}: the key is not standard base64 (RFC 4648 section 4)")]
    Base64 {
        /// Counted from 1.
        line: usize,
    },
    /// Not 32 bytes.
    #[error("the key has {bytes} bytes, not 32")]
    Length {
        /// How many it has.
        bytes: usize,
    },
    /// Bytes that are no accident.
    #[error("the key is weak: {0}. Make one with: cld key new")]
    Weak(#[from] Weakness),
}

/// Why 32 bytes cannot have come from a random source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Weakness {
    /// All equal, or a few bytes repeated.
    #[error("it repeats a few bytes")]
    Repetitive,
    /// Printable ASCII throughout.
    #[error("it is a pass-phrase, not random bytes")]
    PassPhrase,
    /// Each byte one more, or one less, than the byte before.
    #[error("it is a plain sequence, as the published test key is")]
    Sequence,
}

/// What a key file holds besides the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parsed {
    /// `# purpose: test` stands in it.
    pub test: bool,
}

/// Reads a key file into `key`, in place, so that no copy of the key is left behind.
///
/// # Errors
/// [`FormatError`]; `key` is then not to be used.
pub(super) fn parse(text: &[u8], key: &mut [u8; 32]) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed { test: false };
    let mut found = false;
    for (line, text) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let text = text.trim_ascii();
        if let Some(comment) = text.strip_prefix(b"#") {
            parsed.test |= is_test_mark(comment);
        } else if let Some(encoded) = text.strip_prefix(PREFIX) {
            if found {
                return Err(FormatError::SecondKey { line });
            }
            found = true;
            decode(encoded.trim_ascii(), key, line)?;
        } else if !text.is_empty() {
            return Err(FormatError::UnknownLine { line });
        }
    }
    if !found {
        return Err(FormatError::NoKey);
    }
    match weakness(key) {
        // The published test key is a sequence on purpose: nobody can mistake it for a secret.
        Some(Weakness::Sequence) if parsed.test => Ok(parsed),
        Some(weakness) => Err(weakness.into()),
        None => Ok(parsed),
    }
}

/// Whether a key could have come from a random source.
pub(super) fn is_strong(key: &[u8; 32]) -> bool {
    weakness(key).is_none()
}

/// The text of a new key file. `note` is one more comment, unless it is empty; it holds no line break.
pub(super) fn render(key: &[u8; 32], key_id: &str, note: &str) -> Zeroizing<String> {
    let mut comments = format!(
        "# cld-return pseudonym key {key_id}. Whoever holds it can undo every pseudonym made with it.\n\
         # Keep it apart from the data: one file, mode 0600, one sealed copy. Never send it anywhere.\n"
    );
    if !note.is_empty() {
        comments += &format!("# {note}\n");
    }
    let encoded = BASE64.encode_len(key.len());
    let mut text = Zeroizing::new(String::with_capacity(
        comments.len() + PREFIX.len() + encoded + 1,
    ));
    text.push_str(&comments);
    text.push_str("cld-key-1:");
    BASE64.encode_append(key, &mut text);
    text.push('\n');
    text
}

fn is_test_mark(comment: &[u8]) -> bool {
    let mut parts = comment
        .splitn(2, |byte| *byte == b':')
        .map(<[u8]>::trim_ascii);
    parts.next() == Some(b"purpose") && parts.next() == Some(b"test")
}

fn decode(encoded: &[u8], key: &mut [u8; 32], line: usize) -> Result<(), FormatError> {
    let length = BASE64
        .decode_len(encoded.len())
        .map_err(|_| FormatError::Base64 { line })?;
    let mut decoded = Zeroizing::new(vec![0; length]);
    let bytes = BASE64
        .decode_mut(encoded, &mut decoded)
        .map_err(|_| FormatError::Base64 { line })?;
    if bytes != key.len() {
        return Err(FormatError::Length { bytes });
    }
    key.copy_from_slice(&decoded[..bytes]);
    Ok(())
}

fn weakness(key: &[u8; 32]) -> Option<Weakness> {
    let mut seen = [false; 256];
    for byte in key {
        seen[usize::from(*byte)] = true;
    }
    let steps_by = |step: u8| {
        key.windows(2)
            .all(|pair| pair[1] == pair[0].wrapping_add(step))
    };
    if key.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        Some(Weakness::PassPhrase)
    } else if seen.iter().filter(|seen| **seen).count() < FEWEST_DIFFERENT_BYTES {
        Some(Weakness::Repetitive)
    } else if steps_by(1) || steps_by(u8::MAX) {
        Some(Weakness::Sequence)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(key: &[u8]) -> String {
        format!("cld-key-1:{}\n", BASE64.encode(key))
    }

    fn read(text: impl AsRef<[u8]>) -> Result<([u8; 32], Parsed), FormatError> {
        let mut key = [0; 32];
        parse(text.as_ref(), &mut key).map(|parsed| (key, parsed))
    }

    /// 32 bytes that pass for random.
    fn strong() -> [u8; 32] {
        std::array::from_fn(|at| (at * at * 37 + at * 11 + 5) as u8)
    }

    #[test]
    fn comments_blank_lines_and_windows_line_ends_are_allowed() {
        let (key, parsed) =
            read(format!("# a key\r\n\r\n  {}\r\n# the end", file(&strong()))).expect("a key");
        assert_eq!((key, parsed.test), (strong(), false));
    }

    #[test]
    fn a_test_key_says_so_in_a_comment_of_its_own() {
        for (comment, test) in [
            ("# purpose: test", true),
            ("#purpose:test", true),
            ("# purpose: testing", false),
            ("# Purpose: test", false),
            ("# the purpose: test", false),
        ] {
            let (_, parsed) = read(format!("{comment}\n{}", file(&strong()))).expect("a key");
            assert_eq!(parsed.test, test, "{comment}");
        }
    }

    #[test]
    fn every_fault_has_its_own_name_and_place() {
        let line = file(&strong());
        assert_eq!(read(""), Err(FormatError::NoKey));
        assert_eq!(read("# cld-key-1:"), Err(FormatError::NoKey));
        assert_eq!(
            read(format!("{line}{line}")),
            Err(FormatError::SecondKey { line: 2 })
        );
        assert_eq!(
            read(format!("{line}secret")),
            Err(FormatError::UnknownLine { line: 2 })
        );
        assert_eq!(
            read(format!("\u{feff}{line}")),
            Err(FormatError::UnknownLine { line: 1 })
        );
        assert_eq!(
            read(line.replace('=', "")),
            Err(FormatError::Base64 { line: 1 })
        );
        assert_eq!(read("cld-key-1:*"), Err(FormatError::Base64 { line: 1 }));
        for bytes in [0, 16, 31, 33, 64] {
            assert_eq!(
                read(file(&vec![1; bytes])),
                Err(FormatError::Length { bytes })
            );
        }
    }

    #[test]
    fn weak_keys_are_refused_even_as_test_keys() {
        let alternating: [u8; 32] = std::array::from_fn(|at| [0xde, 0xad, 0xbe, 0xef][at % 4]);
        let cases: [([u8; 32], Weakness); 4] = [
            ([0; 32], Weakness::Repetitive),
            ([0xff; 32], Weakness::Repetitive),
            (alternating, Weakness::Repetitive),
            (*b"correct horse battery staple; it", Weakness::PassPhrase),
        ];
        for (key, weakness) in cases {
            assert_eq!(read(file(&key)), Err(FormatError::Weak(weakness)));
            assert_eq!(
                read(format!("# purpose: test\n{}", file(&key))),
                Err(FormatError::Weak(weakness))
            );
        }
    }

    #[test]
    fn the_published_sequence_is_a_test_key_or_nothing() {
        let up: [u8; 32] = std::array::from_fn(|at| at as u8);
        let down: [u8; 32] = std::array::from_fn(|at| 9_u8.wrapping_sub(at as u8));
        for key in [up, down] {
            assert_eq!(read(file(&key)), Err(FormatError::Weak(Weakness::Sequence)));
            let (_, parsed) = read(format!("# purpose: test\n{}", file(&key))).expect("a test key");
            assert!(parsed.test);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for note in ["", "epoch 2027; follows key 0123456789abcdef of epoch 2026"] {
            let text = render(&strong(), "0123456789abcdef", note);
            assert_eq!(text.contains("epoch"), !note.is_empty());
            let read = read(text.as_bytes());
            assert_eq!(read, Ok((strong(), Parsed { test: false })));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>(), tail in "\\PC*") {
            let _ = read(&bytes);
            let _ = read(format!("cld-key-1:{tail}"));
        }

        #[test]
        fn random_keys_pass(key in any::<[u8; 32]>()) {
            // Proptest shrinks towards zero; only a key as varied as random ones are is of interest.
            prop_assume!(weakness(&key).is_none());
            prop_assert_eq!(read(file(&key)).map(|(read, _)| read), Ok(key));
        }
    }
}
