//! Text with other separators, quotes or encodings than comma-separated UTF-8, made into that as it is read.

use std::io::{self, Read};
use std::path::PathBuf;

use encoding_rs::{Decoder, DecoderResult};
use memchr::memchr3;

use super::flow::{Halt, Sink, Start};
use super::source::{MAX_ROW_BYTES, Source};
use super::{Encoding, ExtractError};

/// What is read at once.
const READ: usize = 1 << 16;

/// Writes a source with its own separator and quote as canonical text. Its bytes are of an encoding that has ASCII as it is.
///
/// A line that holds nothing is a row that holds nothing, so that rows keep their numbers; a carriage return ends a row,
/// whether a line feed follows or not.
pub(super) fn write(
    source: &Source,
    mut reader: Box<dyn Read + Send>,
    sink: &mut Sink,
) -> Result<(), Halt> {
    let format = &source.format;
    sink.start(Start {
        first_row: format.header_row,
        ..Start::default()
    })?;
    let mut rows = Rows {
        path: source.path.clone(),
        delimiter: format.delimiter,
        quote: format.quote.unwrap_or_default(),
        quotes: format.quote.is_some(),
        header_row: format.header_row,
        row: 1,
        place: Place::Start,
        cell: Vec::new(),
        cells: 0,
        returned: false,
    };
    let mut buffer = vec![0; READ];
    loop {
        let n = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Halt::Fault(source.read_fault(e))),
        };
        rows.take(&buffer[..n], sink)?;
    }
    rows.end(sink)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first byte of a cell.
    Start,
    Bare,
    Quoted,
    /// Behind a quote inside quotes: the end of the cell, or the first of two.
    Quote,
}

struct Rows {
    path: PathBuf,
    delimiter: u8,
    /// Means nothing unless there are quotes.
    quote: u8,
    quotes: bool,
    header_row: u64,
    row: u64,
    place: Place,
    cell: Vec<u8>,
    /// Cells of the row that are done.
    cells: usize,
    /// A row just ended with a carriage return, so that a line feed belongs to it.
    returned: bool,
}

impl Rows {
    fn take(&mut self, mut bytes: &[u8], sink: &mut Sink) -> Result<(), Halt> {
        while let Some(&byte) = bytes.first() {
            if std::mem::take(&mut self.returned) && byte == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            match self.place {
                Place::Start if self.quotes && byte == self.quote => self.place = Place::Quoted,
                Place::Start | Place::Bare => {
                    let stop = memchr3(self.delimiter, b'\n', b'\r', bytes).unwrap_or(bytes.len());
                    if stop > 0 {
                        self.place = Place::Bare;
                        self.add(&bytes[..stop])?;
                        bytes = &bytes[stop..];
                        continue;
                    }
                    self.end_cell(byte, sink)?;
                }
                Place::Quoted => {
                    let stop = memchr::memchr(self.quote, bytes).unwrap_or(bytes.len());
                    if stop > 0 {
                        self.add(&bytes[..stop])?;
                        bytes = &bytes[stop..];
                        continue;
                    }
                    self.place = Place::Quote;
                }
                Place::Quote if byte == self.quote => {
                    self.cell.push(byte);
                    self.place = Place::Quoted;
                }
                Place::Quote if byte == self.delimiter || byte == b'\n' || byte == b'\r' => {
                    self.end_cell(byte, sink)?;
                }
                Place::Quote => {
                    return Err(self.fault(
                        "text follows a closing quote",
                        "Double every quote inside a quoted cell, or say with `quote:` which quotes the file has",
                    ));
                }
            }
            bytes = &bytes[1..];
        }
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Halt> {
        if self.cell.len() + bytes.len() > MAX_ROW_BYTES {
            return Err(self.fault(
                "longer than 16 MiB",
                "Look for a quote that is never closed, or check the separator and the quote",
            ));
        }
        self.cell.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends the cell with a separator or a line end.
    fn end_cell(&mut self, end: u8, sink: &mut Sink) -> Result<(), Halt> {
        let ends_row = end != self.delimiter;
        // Rows above the header are passed over, but counted.
        let wanted = self.row >= self.header_row;
        if ends_row && self.cells == 0 && self.place == Place::Start {
            self.row += 1;
            if wanted {
                sink.blank_until(self.row)?;
            }
        } else {
            if wanted {
                sink.cell(&self.cell)?;
            }
            self.cells += 1;
            if ends_row {
                if wanted {
                    sink.end_record()?;
                }
                self.row += 1;
                self.cells = 0;
            }
        }
        self.cell.clear();
        self.place = Place::Start;
        self.returned = end == b'\r';
        Ok(())
    }

    fn end(&mut self, sink: &mut Sink) -> Result<(), Halt> {
        if self.place == Place::Quoted {
            return Err(self.fault(
                "a quote is opened and never closed",
                "Close the quote, or say with `quote:` which quotes the file has",
            ));
        }
        if self.cells > 0 || self.place != Place::Start {
            self.end_cell(b'\n', sink)?;
        }
        Ok(())
    }

    fn fault(&self, fault: &str, remedy: &'static str) -> Halt {
        Halt::Fault(ExtractError::Row {
            path: self.path.clone(),
            row: self.row,
            fault: fault.into(),
            remedy,
        })
    }
}

/// Text in an encoding that has not ASCII as it is, or that only this source has, as UTF-8.
pub(super) struct Decoded {
    reader: Box<dyn Read + Send>,
    decoder: Decoder,
    encoding: Encoding,
    path: PathBuf,
    raw: Vec<u8>,
    /// Bytes of `raw` that are decoded.
    taken: usize,
    text: Vec<u8>,
    given: usize,
    /// Nothing is left to read.
    ended: bool,
    /// Nothing is left to decode, and a decoder may not be asked again.
    finished: bool,
}

impl Decoded {
    /// The mark at the beginning of UTF-16 is passed over.
    pub fn new(source: &Source, reader: Box<dyn Read + Send>, encoding: Encoding) -> Self {
        let of = match encoding {
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Iso8859_15 => encoding_rs::ISO_8859_15,
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252,
            Encoding::Ascii | Encoding::Utf8 => encoding_rs::UTF_8,
        };
        Self {
            reader,
            decoder: of.new_decoder_with_bom_removal(),
            encoding,
            path: source.path.clone(),
            raw: Vec::new(),
            taken: 0,
            text: Vec::new(),
            given: 0,
            ended: false,
            finished: false,
        }
    }

    /// Decodes some more.
    fn more(&mut self) -> io::Result<()> {
        if self.taken == self.raw.len() && !self.ended {
            self.raw.resize(READ, 0);
            let n = self.reader.read(&mut self.raw);
            self.raw.truncate(*n.as_ref().unwrap_or(&0));
            self.taken = 0;
            self.ended = n? == 0;
        }
        self.text.resize(3 * READ, 0);
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.raw[self.taken..],
            &mut self.text,
            self.ended,
        );
        self.taken += read;
        self.text.truncate(written);
        self.given = 0;
        match result {
            DecoderResult::InputEmpty => {
                self.finished = self.ended;
                Ok(())
            }
            DecoderResult::OutputFull => Ok(()),
            DecoderResult::Malformed(..) => Err(io::Error::other(ExtractError::File {
                path: self.path.clone(),
                fault: format!("is not {} throughout", self.encoding.name()),
                remedy: "Export the file again, as \"CSV UTF-8\" where that is offered",
            })),
        }
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.finished {
                return Ok(0);
            }
            self.more()?;
        }
        let rest = &self.text[self.given..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.given += n;
        Ok(n)
    }
}
