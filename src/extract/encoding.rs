//! Which characters the bytes of a source stand for: UTF-8, with or without a mark, Windows-1252, or what a source says.

/// How a source is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Nothing but ASCII was seen, which reads the same either way.
    Ascii,
    /// UTF-8.
    Utf8,
    /// Windows-1252 as the WHATWG encoding standard decodes it.
    Windows1252,
    /// UTF-16, the lower byte first: what Excel calls Unicode text.
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
    /// ISO-8859-15 (Latin-9), which has the euro where Windows-1252 does not.
    Iso8859_15,
}

impl Encoding {
    /// The name used in configuration, manifest and report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Iso8859_15 => "iso-8859-15",
        }
    }

    /// The names a configuration may use, for messages.
    pub const NAMES: &'static str =
        "utf-8, windows-1252, iso-8859-1, iso-8859-15, utf-16le, utf-16be";

    /// Whether the text is decoded before records are looked for in it.
    pub(super) fn is_decoded_first(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be | Self::Iso8859_15)
    }

    /// Parses the name used in configuration.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            // As the WHATWG encoding standard has it: where they differ, ISO-8859-1 has control characters, which nobody means.
            "windows-1252" | "cp1252" | "iso-8859-1" | "latin-1" | "latin1" => {
                Some(Self::Windows1252)
            }
            "iso-8859-15" | "latin-9" | "latin9" => Some(Self::Iso8859_15),
            "utf-16le" => Some(Self::Utf16Le),
            "utf-16be" => Some(Self::Utf16Be),
            _ => None,
        }
    }
}

/// Turns `bytes` into UTF-8 text in place, given what is known of the source so far, and says what is known after it.
///
/// A file is UTF-8 if all of it is valid UTF-8, and Windows-1252 otherwise. Since blocks are read once, the first
/// bytes that are not ASCII decide; `None` means that an earlier block was taken for UTF-8 and this one is not.
pub fn decode(bytes: &mut Vec<u8>, known: Encoding) -> Option<Encoding> {
    match known {
        Encoding::Windows1252 => {
            to_utf8(bytes);
            Some(Encoding::Windows1252)
        }
        // What was decoded first is UTF-8 by now.
        Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be | Encoding::Iso8859_15 => {
            simdutf8::basic::from_utf8(bytes).is_ok().then_some(known)
        }
        Encoding::Ascii => {
            if bytes.is_ascii() {
                Some(Encoding::Ascii)
            } else if simdutf8::basic::from_utf8(bytes).is_ok() {
                Some(Encoding::Utf8)
            } else {
                to_utf8(bytes);
                Some(Encoding::Windows1252)
            }
        }
    }
}

/// Where the first character beyond ASCII stands that is UTF-8. Windows-1252 text has none but by chance: it would be an
/// accented capital with a currency sign or the like behind it.
pub(super) fn first_utf8(bytes: &[u8]) -> Option<usize> {
    if bytes.is_ascii() {
        return None;
    }
    let leads = bytes.iter().enumerate();
    leads
        .filter(|(_, byte)| matches!(byte, 0xC2..=0xF4))
        .map(|(at, _)| at)
        .find(|&at| {
            (2..=4).any(|length| {
                let character = bytes.get(at..at + length).map(std::str::from_utf8);
                matches!(character, Some(Ok(_)))
            })
        })
}

fn to_utf8(bytes: &mut Vec<u8>) {
    if !bytes.is_ascii() {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
        *bytes = text.into_owned().into_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_shows_among_other_bytes() {
        for (bytes, at) in [
            (&b"plain"[..], None),
            (b"Zo\xeb, Ren\xe9e", None),
            (b"Zo\xeb, Ren\xc3\xa9e", Some(8)),
            ("12 €".as_bytes(), Some(3)),
            (b"cut off \xe2\x82", None),
        ] {
            assert_eq!(first_utf8(bytes), at);
        }
    }

    #[test]
    fn the_first_bytes_beyond_ascii_decide() {
        for (bytes, known, expected, text) in [
            (
                &b"plain"[..],
                Encoding::Ascii,
                Some(Encoding::Ascii),
                "plain",
            ),
            (
                "Zoë".as_bytes(),
                Encoding::Ascii,
                Some(Encoding::Utf8),
                "Zoë",
            ),
            (
                b"Zo\xeb",
                Encoding::Ascii,
                Some(Encoding::Windows1252),
                "Zoë",
            ),
            (
                b"\x80 \x96",
                Encoding::Windows1252,
                Some(Encoding::Windows1252),
                "€ –",
            ),
            (b"Zo\xeb", Encoding::Utf8, None, ""),
        ] {
            let mut owned = bytes.to_vec();
            let after = decode(&mut owned, known);
            assert_eq!(after, expected);
            if after.is_some() {
                assert_eq!(owned, text.as_bytes());
            }
        }
    }
}
