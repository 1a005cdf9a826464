//! Text of records made on the fly from what is not comma-separated text: a thread reads the source and writes the text in
//! pieces, so that neither has to be in memory whole.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use memchr::{memchr, memchr3};

use super::source::{MAX_ROW_BYTES, Source};
use super::{ExtractError, size};

/// Text of a piece at least.
const PIECE: usize = 1 << 18;

/// Pieces that wait at most.
const WAITING: usize = 4;

/// What is known once the header of a source is.
#[derive(Debug, Default)]
pub(super) struct Start {
    /// Row of the header, as a spreadsheet counts.
    pub first_row: u64,
    /// Columns of the sheet before the first one that is read.
    pub first_column: usize,
    /// The sheet that is read.
    pub sheet: Option<String>,
    /// How many of its columns stand in the file itself, where others are made.
    pub own_columns: Option<usize>,
}

/// Why no more text is made.
pub(super) enum Halt {
    /// Nobody reads it any more.
    Unread,
    /// The source is not what it should be.
    Fault(ExtractError),
}

impl From<ExtractError> for Halt {
    fn from(fault: ExtractError) -> Self {
        Self::Fault(fault)
    }
}

enum Piece {
    Start(Start),
    Text(Vec<u8>),
    End(Option<ExtractError>),
}

/// Where a source is written to, cell by cell.
pub(super) struct Sink {
    to: SyncSender<Piece>,
    text: Vec<u8>,
    /// Where the row being written begins.
    begins: usize,
    cells: usize,
    /// The row being written, as a spreadsheet counts.
    row: u64,
    passed: u64,
    most: u64,
    path: PathBuf,
}

impl Sink {
    /// Says what the header is like; comes before the first cell.
    pub fn start(&mut self, start: Start) -> Result<(), Halt> {
        self.row = start.first_row;
        self.to.send(Piece::Start(start)).map_err(|_| Halt::Unread)
    }

    /// Adds a cell to the row.
    pub fn cell(&mut self, value: &[u8]) -> Result<(), Halt> {
        if self.cells > 0 {
            self.text.push(b',');
        }
        self.cells += 1;
        if self.text.len() - self.begins + value.len() > MAX_ROW_BYTES {
            return Err(Halt::Fault(ExtractError::Row {
                path: self.path.clone(),
                row: self.row,
                fault: format!("longer than {} MiB", MAX_ROW_BYTES >> 20),
                remedy: "No record is so long: check what the file holds",
            }));
        }
        quote_into(&mut self.text, value);
        Ok(())
    }

    /// Ends a record, which is one even if all its cells are empty.
    pub fn end_record(&mut self) -> Result<(), Halt> {
        if self.cells == 1 && self.text.len() == self.begins {
            self.text.extend_from_slice(b"\"\"");
        }
        self.end_line()
    }

    /// Leaves rows blank until the one with this number is to be written.
    pub fn blank_until(&mut self, row: u64) -> Result<(), Halt> {
        debug_assert_eq!(self.cells, 0);
        while self.row < row {
            self.end_line()?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Halt> {
        self.text.push(b'\n');
        self.begins = self.text.len();
        self.cells = 0;
        self.row += 1;
        if self.text.len() >= PIECE {
            self.pass()?;
        }
        Ok(())
    }

    /// Stops if nobody reads any more, for who works long without writing.
    pub fn listen(&self) -> Result<(), Halt> {
        self.to
            .send(Piece::Text(Vec::new()))
            .map_err(|_| Halt::Unread)
    }

    /// Hands over what was written.
    pub fn pass(&mut self) -> Result<(), Halt> {
        self.passed += self.text.len() as u64;
        if self.passed > self.most {
            return Err(Halt::Fault(too_much(&self.path, self.most)));
        }
        let text = std::mem::replace(&mut self.text, Vec::with_capacity(PIECE + PIECE / 4));
        self.begins = 0;
        self.to.send(Piece::Text(text)).map_err(|_| Halt::Unread)
    }
}

/// The failure of a file that holds more than it may.
pub(super) fn too_much(path: &Path, most: u64) -> ExtractError {
    ExtractError::File {
        path: path.to_owned(),
        fault: format!("holds more than {} of text", size(most)),
        remedy: "If it is meant to, allow more with `max_inflated:` under the source in the configuration",
    }
}

/// Adds a cell, in quotes where it needs them.
fn quote_into(text: &mut Vec<u8>, value: &[u8]) {
    if memchr3(b',', b'"', b'\n', value).is_none() && memchr(b'\r', value).is_none() {
        text.extend_from_slice(value);
        return;
    }
    text.push(b'"');
    for part in value.split_inclusive(|&byte| byte == b'"') {
        text.extend_from_slice(part);
        if part.ends_with(b"\"") {
            text.push(b'"');
        }
    }
    text.push(b'"');
}

/// Lets a thread write a source as text, and waits until its header is known.
pub(super) fn flow(
    source: &Source,
    write: impl FnOnce(&mut Sink) -> Result<(), Halt> + Send + 'static,
) -> Result<(Start, Flow), ExtractError> {
    let (to, from) = sync_channel(WAITING);
    let mut sink = Sink {
        to,
        text: Vec::with_capacity(PIECE + PIECE / 4),
        begins: 0,
        cells: 0,
        row: 1,
        passed: 0,
        most: source.format.max_inflated,
        path: source.path.clone(),
    };
    let thread = std::thread::Builder::new()
        .name("reading".into())
        // Long expressions are worked out by calls within calls.
        .stack_size(32 << 20)
        .spawn(move || {
            let end = match write(&mut sink).and_then(|()| sink.pass()) {
                Ok(()) => None,
                Err(Halt::Fault(fault)) => Some(fault),
                Err(Halt::Unread) => return,
            };
            // Whoever does not wait for it does not want to know.
            let _ = sink.to.send(Piece::End(end));
        })
        .map_err(|e| source.unreadable(e))?;
    let flow = Flow {
        from: Some(from),
        thread: Some(thread),
        text: Vec::new(),
        at: 0,
        path: source.path.clone(),
    };
    match flow.receive() {
        Some(Piece::Start(start)) => Ok((start, flow)),
        Some(Piece::End(Some(fault))) => Err(fault),
        Some(Piece::Text(_) | Piece::End(None)) | None => Err(flow.broken()),
    }
}

/// The text as it is made.
pub(super) struct Flow {
    /// `None` once all of it was received.
    from: Option<Receiver<Piece>>,
    thread: Option<JoinHandle<()>>,
    text: Vec<u8>,
    at: usize,
    path: PathBuf,
}

impl Flow {
    fn receive(&self) -> Option<Piece> {
        self.from.as_ref()?.recv().ok()
    }

    /// The thread ended without a word: what it read was such that the library that reads it gave up.
    fn broken(&self) -> ExtractError {
        ExtractError::File {
            path: self.path.clone(),
            fault: "is damaged".into(),
            remedy: "Make or export the file again",
        }
    }
}

impl Read for Flow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && self.from.is_some() {
            match self.receive() {
                Some(Piece::Text(text)) => {
                    self.text = text;
                    self.at = 0;
                }
                Some(Piece::End(end)) => {
                    self.from = None;
                    if let Some(fault) = end {
                        return Err(io::Error::other(fault));
                    }
                }
                Some(Piece::Start(_)) | None => {
                    self.from = None;
                    return Err(io::Error::other(self.broken()));
                }
            }
        }
        let rest = &self.text[self.at..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        // A thread that still writes learns that nobody reads.
        self.from = None;
        if let Some(thread) = self.thread.take() {
            // Its panic was told already.
            let _ = thread.join();
        }
    }
}
