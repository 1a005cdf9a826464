//! Whether the quotation marks of a file can be read in one way only.
//!
//! One stray mark joins two rows: the first one's reference and birth date then stand beside the second one's number, in a
//! row of the right width. So nothing that a reader of CSV has to guess at is let through.

use super::AnswerError;

/// Looks at the bytes of a file, one after the other, and remembers the first fault.
#[derive(Debug)]
pub(super) struct Quoting {
    place: Place,
    line: u64,
    fault: Option<AnswerError>,
}

/// What came before the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// So many bytes of a byte order mark.
    Mark(usize),
    /// Nothing of the cell.
    CellStart,
    /// A cell without quotes.
    Plain,
    /// The opening quote of a cell and what may follow it.
    Quoted,
    /// A quote within such a cell: its end, or the first of two that mean one.
    Quote,
    /// A carriage return after a closing quote: part of a line end, or nothing that may be there.
    Return,
}

const MARK: [u8; 3] = *b"\xef\xbb\xbf";

impl Quoting {
    pub(super) const fn new() -> Self {
        Self {
            place: Place::Mark(0),
            line: 1,
            fault: None,
        }
    }

    pub(super) fn look_at(&mut self, bytes: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        for byte in bytes {
            self.place = match self.next(*byte) {
                Ok(place) => place,
                Err(fault) => {
                    self.fault = Some(fault);
                    return;
                }
            };
        }
    }

    fn next(&mut self, byte: u8) -> Result<Place, AnswerError> {
        let line = self.line;
        if byte == b'\n' {
            if self.place == Place::Quoted {
                return Err(AnswerError::QuoteOpen { line });
            }
            self.line += 1;
            return Ok(Place::CellStart);
        }
        Ok(match (self.place, byte) {
            (Place::Quoted, b'"') => Place::Quote,
            (Place::Quoted, _) | (Place::Quote, b'"') => Place::Quoted,
            (Place::Quote, b'\r') => Place::Return,
            (Place::Quote, b',') => Place::CellStart,
            (Place::Quote | Place::Return, _) => return Err(AnswerError::QuoteClosed { line }),
            (Place::Mark(at), byte) if byte == MARK[at] => match at {
                2 => Place::CellStart,
                _ => Place::Mark(at + 1),
            },
            (Place::Mark(0) | Place::CellStart, b'"') => Place::Quoted,
            (_, b'"') => return Err(AnswerError::QuoteWithin { line }),
            (_, b',') => Place::CellStart,
            _ => Place::Plain,
        })
    }

    /// The first fault. All of the file was looked at.
    pub(super) fn fault(self) -> Option<AnswerError> {
        let line = self.line;
        let open = (self.place == Place::Quoted).then_some(AnswerError::QuoteOpen { line });
        self.fault.or(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<(&'static str, u64)> {
        let mut found = Vec::new();
        // However the bytes come.
        for pieces in [1, 2, 3, 1000] {
            let mut quoting = Quoting::new();
            for piece in text.as_bytes().chunks(pieces) {
                quoting.look_at(piece);
            }
            found.push(match quoting.fault() {
                None => None,
                Some(AnswerError::QuoteOpen { line }) => Some(("open", line)),
                Some(AnswerError::QuoteClosed { line }) => Some(("closed", line)),
                Some(AnswerError::QuoteWithin { line }) => Some(("within", line)),
                Some(other) => panic!("{other}"),
            });
        }
        found.dedup();
        assert_eq!(found.len(), 1, "{text:?}");
        found[0]
    }

    #[test]
    fn what_can_be_read_in_one_way_only_is_read() {
        for text in [
            "",
            "a,b\nc,d\n",
            "\"a\",\"b\"\n\"c\",\"\"\n",
            "\"a\",\"b\"\r\n\"c\",\"d\"\r\n",
            "a,\"b, c\"\na,\"b\rc\"\n",
            "a,\"b \"\"c\"\"\"\n",
            "a,\"\"\"\"\nc,d",
            "\u{feff}\"a\",b\n\"c\",\"d\"",
            "a\rb,c\n",
        ] {
            assert_eq!(fault(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not() {
        for (text, expected) in [
            ("a,b\n\"c,d\ne,f\n", ("open", 2)),
            ("a,b\nc,\"d\n\"\n", ("open", 2)),
            ("a,b\r\nc,\"d\r\n\"\r\n", ("open", 2)),
            ("a,b\nc,\"d", ("open", 2)),
            ("a,b\nc,\"d\"\"\n", ("open", 2)),
            ("a,\"b\"c\n", ("closed", 1)),
            ("a,\"b\" \n", ("closed", 1)),
            ("a,\"b\"\rc\n", ("closed", 1)),
            ("a,\"b\"\r,c\n", ("closed", 1)),
            ("a\n\"\"b\"\"\n", ("closed", 2)),
            ("a,b\"c\n", ("within", 1)),
            ("a,b\"\n", ("within", 1)),
            ("a, \"b\"\n", ("within", 1)),
            ("\u{feff}a\"\n", ("within", 1)),
        ] {
            assert_eq!(fault(text), Some(expected), "{text:?}");
        }
    }
}
