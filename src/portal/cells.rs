//! Finds where cells begin without keeping them: the extract's grammar of quotes, block by block where that is possible
//! and byte by byte where it is not.

use super::masks::{BLOCK, Masks, is_sign, odd_so_far};

/// Bytes that are kept back until more come, so that whoever is told of a place can look ahead.
pub const AHEAD: usize = 64;

/// A place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Bytes before it.
    pub byte: u64,
    /// As a spreadsheet counts: the header is row 1, and blank lines are rows.
    pub row: u64,
    /// Cells before it in the row.
    pub column: u64,
}

/// Is told what a scan comes across, in the order of the file.
pub trait Sink {
    /// A value begins with a sign, `rest[0]`. At least [`AHEAD`] bytes follow it, or the file ends.
    fn sign(&mut self, at: At, rest: &[u8], quoted: bool);
    /// `rest[0]` is not ASCII.
    fn high(&mut self, at: At, rest: &[u8]);
    /// Something out of order.
    fn odd(&mut self, odd: Odd, at: At);
    /// A row that is no blank line has ended.
    fn row(&mut self, begin: u64, row: u64, cells: u64);
    /// Where cells begin: the lowest bit is the byte `base`.
    fn starts(&mut self, _base: u64, _mask: u64) {}
}

/// What is out of order in a file, though not known to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// A carriage return outside quotes without a line feed behind it.
    Return,
    /// Text between a closing quote and the end of the cell.
    Stray,
    /// A NUL byte.
    Nul,
    /// The quote is never closed.
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte of a cell.
    Start,
    /// In a cell without quotes around it, or behind what follows a closing quote.
    Bare,
    /// Behind an opening quote.
    Opened,
    /// Between quotes.
    Quoted,
    /// Behind a quote that closes the cell, unless another follows.
    Closed,
}

/// What a byte is to the cell it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing of note.
    Within,
    /// The first byte of a value; whether it stands in quotes.
    First(bool),
    /// The quote that opens a cell.
    Open,
    /// The end of a cell.
    Cell,
    /// The end of a row.
    Row,
    /// Text behind a closing quote.
    Stray,
}

/// The grammar: a quote opens only at the start of a cell, and is doubled within.
#[derive(Debug)]
pub struct Grammar(State);

impl Default for Grammar {
    fn default() -> Self {
        Self(State::Start)
    }
}

impl Grammar {
    pub fn step(&mut self, byte: u8) -> Step {
        let (state, step) = match (self.0, byte) {
            (State::Start, b'"') => (State::Opened, Step::Open),
            (State::Start | State::Bare | State::Closed, b',') => (State::Start, Step::Cell),
            (State::Start | State::Bare | State::Closed, b'\n') => (State::Start, Step::Row),
            (State::Start, _) => (State::Bare, Step::First(false)),
            (State::Bare, _) => (State::Bare, Step::Within),
            (State::Opened | State::Quoted, b'"') => (State::Closed, Step::Within),
            (State::Opened, _) => (State::Quoted, Step::First(true)),
            (State::Quoted, _) => (State::Quoted, Step::Within),
            (State::Closed, b'"') => (State::Quoted, Step::Within),
            (State::Closed, b'\r') => (State::Bare, Step::Within),
            (State::Closed, _) => (State::Bare, Step::Stray),
        };
        self.0 = state;
        step
    }

    fn is_within_quotes(&self) -> bool {
        matches!(self.0, State::Opened | State::Quoted)
    }
}

/// Goes through a file, however it comes in.
pub struct Scan<S> {
    pub sink: S,
    grammar: Grammar,
    /// The byte before was a carriage return outside quotes.
    returned: bool,
    /// Where the next byte stands; its column is kept in step at the end of each block.
    at: At,
    /// Where the row begins.
    row_begin: u64,
    /// Where the last cell with quotes begins.
    quote: u64,
    /// Tells whether blocks are looked at as a whole; tests compare both ways.
    by_blocks: bool,
}

impl<S: Sink> Scan<S> {
    /// Begins at `byte`, which is the first of the row.
    pub fn new(sink: S, byte: u64, row: u64) -> Self {
        Self {
            sink,
            grammar: Grammar::default(),
            returned: false,
            at: At {
                byte,
                row,
                column: 0,
            },
            row_begin: byte,
            quote: byte,
            by_blocks: true,
        }
    }

    #[cfg(test)]
    pub fn byte_by_byte(mut self) -> Self {
        self.by_blocks = false;
        self
    }

    /// Looks at `bytes` and tells how many of them are done with; the others are to come again with more behind them.
    pub fn advance(&mut self, bytes: &[u8], ended: bool) -> usize {
        let whole = if ended {
            bytes.len()
        } else {
            bytes.len().saturating_sub(AHEAD)
        };
        let mut done = 0;
        while let Some(block) = bytes[done..whole].first_chunk::<BLOCK>() {
            let rest = &bytes[done..];
            if !(self.by_blocks && self.block(block, rest)) {
                (0..BLOCK).for_each(|n| self.byte(&rest[n..]));
            }
            done += BLOCK;
        }
        if ended {
            (done..whole).for_each(|n| self.byte(&bytes[n..]));
            self.end();
            done = whole;
        }
        done
    }

    fn byte(&mut self, rest: &[u8]) {
        let byte = rest[0];
        if self.grammar.0 == State::Start {
            self.sink.starts(self.at.byte, 1);
        }
        let step = self.grammar.step(byte);
        if self.returned && byte != b'\n' {
            self.lone_return(self.at);
        }
        match step {
            Step::Stray => self.sink.odd(Odd::Stray, self.at),
            Step::First(quoted) if is_sign(byte) => self.sink.sign(self.at, rest, quoted),
            Step::Open => self.quote = self.at.byte,
            _ => {}
        }
        if byte == 0 {
            self.sink.odd(Odd::Nul, self.at);
        } else if byte >= 0x80 {
            self.sink.high(self.at, rest);
        }
        match step {
            Step::Cell => self.at.column += 1,
            Step::Row => self.end_row(self.at.byte, self.at.column, self.returned),
            _ => {}
        }
        self.returned = byte == b'\r' && self.grammar.0 == State::Bare;
        self.at.byte += 1;
    }

    /// Looks at a whole block, unless it has a quote that stands for itself.
    fn block(&mut self, block: &[u8; BLOCK], rest: &[u8]) -> bool {
        const LAST: u64 = 1 << (BLOCK - 1);
        let masks = Masks::of(block);
        let carry = |state| u64::from(self.grammar.0 == state);
        // Opening quotes lie inside, closing ones do not.
        let inside = match (masks.quotes, self.grammar.is_within_quotes()) {
            (0, false) => 0,
            (0, true) => u64::MAX,
            (quotes, false) => odd_so_far(quotes),
            (quotes, true) => !odd_so_far(quotes),
        };
        let closing = masks.quotes & !inside;
        let commas = masks.commas & !inside;
        let lines = masks.lines & !inside;
        let starts = (commas | lines) << 1 | carry(State::Start);
        let behind = closing << 1 | carry(State::Closed);
        let opening = masks.quotes & inside;
        if opening & !(starts | behind) != 0 {
            return false;
        }
        let opened = opening & starts;
        let first_quoted = opened << 1 | carry(State::Opened);
        let signs = masks.signs & (starts | first_quoted);
        let returns = masks.returns;
        let stray = behind & !(masks.quotes | masks.commas | masks.lines | returns);
        let returns = returns & !inside;
        let lone = (returns << 1 | u64::from(self.returned)) & !masks.lines;
        let (nuls, high) = (masks.nuls, masks.high);
        self.sink.starts(self.at.byte, starts);

        let mut events = lines | signs | stray | lone | nuls | high;
        let base = self.at.byte;
        // Commas of the row that is being looked at.
        let mut counted = commas;
        while events != 0 {
            let bit = events & events.wrapping_neg();
            events ^= bit;
            let n = bit.trailing_zeros() as usize;
            let at = At {
                byte: base + n as u64,
                row: self.at.row,
                column: self.at.column + u64::from((counted & (bit - 1)).count_ones()),
            };
            if lone & bit != 0 {
                self.lone_return(at);
            }
            if stray & bit != 0 {
                self.sink.odd(Odd::Stray, at);
            }
            if signs & bit != 0 {
                self.sink.sign(at, &rest[n..], first_quoted & bit != 0);
            }
            if nuls & bit != 0 {
                self.sink.odd(Odd::Nul, at);
            }
            if high & bit != 0 {
                self.sink.high(at, &rest[n..]);
            }
            if lines & bit != 0 {
                let returned = (returns << 1 | u64::from(self.returned)) & bit != 0;
                self.end_row(at.byte, at.column, returned);
                counted &= !(bit - 1);
            }
        }
        if opened != 0 {
            self.quote = base + u64::from(63 - opened.leading_zeros());
        }
        self.at.byte += BLOCK as u64;
        self.at.column += u64::from(counted.count_ones());
        self.returned = returns & LAST != 0;
        self.grammar.0 = if opened & LAST != 0 {
            State::Opened
        } else if inside & LAST != 0 {
            State::Quoted
        } else if (masks.commas | masks.lines) & LAST != 0 {
            State::Start
        } else if closing & LAST != 0 {
            State::Closed
        } else {
            State::Bare
        };
        true
    }

    /// `at` is behind it.
    fn lone_return(&mut self, at: At) {
        let byte = at.byte - 1;
        self.sink.odd(Odd::Return, At { byte, ..at });
    }

    fn end_row(&mut self, end: u64, column: u64, returned: bool) {
        let blank = column == 0 && self.row_begin + u64::from(returned) == end;
        if !blank {
            self.sink.row(self.row_begin, self.at.row, column + 1);
        }
        self.at.row += 1;
        self.at.column = 0;
        self.row_begin = end + 1;
    }

    fn end(&mut self) {
        if self.grammar.is_within_quotes() {
            let byte = self.quote;
            self.sink.odd(Odd::Open, At { byte, ..self.at });
        }
        if self.at.byte > self.row_begin {
            self.end_row(self.at.byte, self.at.column, self.returned);
        }
    }
}
