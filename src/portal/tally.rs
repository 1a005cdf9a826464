//! Counts what a scan of the records comes across.

use super::cells::{AHEAD, At, Odd, Sink};
use super::header::Header;
use super::problem::{Met, Problem, Rule};

/// What was met in the records.
#[derive(Debug, PartialEq, Eq)]
pub struct Tally {
    /// Columns of the header; 0 where it could not be read.
    width: u64,
    /// By column, what begins with a sign; what stands beyond the header comes last.
    refused: Vec<Starts>,
    minus: Met,
    odd_rows: Met,
    /// Whether there was any row that is no blank line.
    records: bool,
    returns: Met,
    strays: Met,
    nuls: Met,
    open: Met,
    utf8: Met,
    /// Where the character that was met last ends.
    utf8_until: u64,
    windows: u64,
    undefined: Met,
}

/// The values of one column that begin with a sign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Starts {
    met: Met,
    signs: [bool; SIGNS.len()],
}

const SIGNS: [u8; 4] = *b"=-+@";

/// Where the minus stands among them.
const MINUS: usize = 1;

impl Tally {
    pub fn new(width: usize) -> Self {
        Self {
            width: width as u64,
            refused: vec![Starts::default(); width + 1],
            minus: Met::default(),
            odd_rows: Met::default(),
            records: false,
            returns: Met::default(),
            strays: Met::default(),
            nuls: Met::default(),
            open: Met::default(),
            utf8: Met::default(),
            utf8_until: 0,
            windows: 0,
            undefined: Met::default(),
        }
    }

    /// What it comes to.
    pub fn problems(&self, header: &Header) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (column, starts) in self.refused.iter().enumerate() {
            problems.extend(starts.problem(column, header));
        }
        if self.minus.count > 0 {
            problems.push(
                Problem::new(
                    Rule::Minus,
                    "begins with - and a digit, but is no number. Whether the portal lets it through is not known",
                )
                .met(&self.minus),
            );
        }
        if self.utf8.count > 0 {
            let more = if self.windows > 0 {
                " (others of the file are in Windows-1252)"
            } else {
                ""
            };
            problems.push(
                Problem::new(
                    Rule::Utf8,
                    format!("a character is in UTF-8, which the portal reads as two or more others of Windows-1252{more}. Save the file as \"CSV\", not \"CSV UTF-8\""),
                )
                .met(&self.utf8),
            );
        }
        let named = (0..header.width()).any(|column| header.field(column).is_some());
        if named && !self.records {
            problems.push(Problem::new(
                Rule::NoRecord,
                "holds no record below the names. Make the file again if there should be some",
            ));
        }
        for (met, rule, message) in [
            (
                &self.undefined,
                Rule::NoCharacter,
                "a byte stands for no character in Windows-1252 (81, 8D, 8F, 90 or 9D). What the portal makes of it is not known",
            ),
            (
                &self.open,
                Rule::OpenQuote,
                "a quote is never closed: all that follows is one cell, so nothing after it was checked",
            ),
            (
                &self.strays,
                Rule::TextAfterQuote,
                "text follows a closing quote. Double every quote inside a quoted cell",
            ),
            (
                &self.odd_rows,
                Rule::Cells,
                "the row has more or fewer cells than the header, so values may stand under the wrong names. Check it for a comma too many or too few",
            ),
            (
                &self.returns,
                Rule::LoneReturn,
                "a carriage return stands without a line feed, outside quotes",
            ),
            (&self.nuls, Rule::Nul, "a NUL byte"),
        ] {
            if met.count > 0 {
                problems.push(Problem::new(rule, message).met(met));
            }
        }
        problems
    }
}

impl Starts {
    fn problem(&self, column: usize, header: &Header) -> Option<Problem> {
        if self.met.count == 0 {
            return None;
        }
        let signs: Vec<_> = SIGNS
            .iter()
            .zip(self.signs)
            .filter(|(_, met)| *met)
            .map(|(sign, _)| char::from(*sign).to_string())
            .collect();
        let field = header.field(column);
        let whose = field.map_or("a value".to_owned(), |field| format!("`{field}`"));
        let beyond = if column >= header.width() {
            ", in cells beyond the header"
        } else {
            ""
        };
        let number = if self.signs[MINUS] {
            " (a - may stand before a number only)"
        } else {
            ""
        };
        let message = format!(
            "{whose} begins with {}{beyond}. Remove the character{number}",
            signs.join(" or ")
        );
        let problem = Problem::new(Rule::FirstCharacter, message).met(&self.met);
        Some(match field {
            Some(field) => problem.of(field),
            None => problem,
        })
    }
}

impl Sink for Tally {
    fn sign(&mut self, at: At, rest: &[u8], quoted: bool) {
        if rest[0] == b'-' {
            match after_minus(&rest[1..], quoted) {
                Minus::Number => return,
                Minus::Unsure => return self.minus.add(at),
                Minus::Text => {}
            }
        }
        let column = at.column.min(self.width) as usize;
        let starts = &mut self.refused[column];
        starts.met.add(at);
        for (met, sign) in starts.signs.iter_mut().zip(SIGNS) {
            *met |= sign == rest[0];
        }
    }

    fn high(&mut self, at: At, rest: &[u8]) {
        if matches!(rest[0], 0x81 | 0x8d | 0x8f | 0x90 | 0x9d) {
            self.undefined.add(at);
        }
        if at.byte < self.utf8_until {
            return;
        }
        let length = match rest[0] {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        match rest.get(..length) {
            Some(bytes) if length > 1 && std::str::from_utf8(bytes).is_ok() => {
                self.utf8.add(at);
                self.utf8_until = at.byte + length as u64;
            }
            _ => self.windows += 1,
        }
    }

    fn odd(&mut self, odd: Odd, at: At) {
        let met = match odd {
            Odd::Return => &mut self.returns,
            Odd::Stray => &mut self.strays,
            Odd::Nul => &mut self.nuls,
            Odd::Open => &mut self.open,
        };
        met.add(at);
    }

    fn row(&mut self, begin: u64, row: u64, cells: u64) {
        self.records = true;
        if cells != self.width && self.width > 0 {
            self.odd_rows.add(super::Place {
                byte: begin,
                row: Some(row),
                column: None,
            });
        }
    }
}

/// What follows a minus.
#[derive(Debug, PartialEq, Eq)]
enum Minus {
    Number,
    /// Something that begins as a number.
    Unsure,
    Text,
}

/// Digits with commas between quotes and a point, up to the end of the cell, are a number.
fn after_minus(rest: &[u8], quoted: bool) -> Minus {
    let ends = |byte: u8| match quoted {
        true => byte == b'"',
        false => matches!(byte, b',' | b'\n' | b'\r'),
    };
    let (mut digits, mut points, mut read) = (0, 0, 0);
    for byte in rest.iter().take(AHEAD) {
        match byte {
            byte if ends(*byte) => break,
            b'0'..=b'9' => digits += 1,
            b'.' if points == 0 => points += 1,
            b',' if digits > 0 && points == 0 => {}
            _ if digits > 0 => return Minus::Unsure,
            _ => return Minus::Text,
        }
        read += 1;
    }
    match (digits, read) {
        (0, _) => Minus::Text,
        (_, AHEAD) => Minus::Unsure,
        _ => Minus::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minus_may_stand_before_a_number_only() {
        let long = "1".repeat(AHEAD + 1);
        for (text, quoted, minus) in [
            ("5,x", false, Minus::Number),
            ("5.25\r\n", false, Minus::Number),
            (".5", false, Minus::Number),
            ("5", false, Minus::Number),
            ("1,234.50\"", true, Minus::Number),
            ("1,234.50\"", false, Minus::Number),
            ("5 hours\n", false, Minus::Unsure),
            ("1/2", false, Minus::Unsure),
            ("1.2.3", false, Minus::Unsure),
            (long.as_str(), false, Minus::Unsure),
            ("", false, Minus::Text),
            (",", false, Minus::Text),
            (".", false, Minus::Text),
            (" 5", false, Minus::Text),
            ("\u{a3}5", false, Minus::Text),
            ("x", true, Minus::Text),
            ("-5", false, Minus::Text),
        ] {
            assert_eq!(after_minus(text.as_bytes(), quoted), minus, "{text}");
        }
    }
}
