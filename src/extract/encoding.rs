//! Which characters the bytes of a source stand for: UTF-8, with or without a mark, or Windows-1252.

/// How a source is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Nothing but ASCII was seen, which reads the same either way.
    Ascii,
    /// UTF-8.
    Utf8,
    /// Windows-1252 as the WHATWG encoding standard decodes it.
    Windows1252,
}

impl Encoding {
    /// The name used in configuration, manifest and report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// Parses the name used in configuration.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "windows-1252" | "cp1252" => Some(Self::Windows1252),
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
        Encoding::Utf8 => simdutf8::basic::from_utf8(bytes)
            .is_ok()
            .then_some(Encoding::Utf8),
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
