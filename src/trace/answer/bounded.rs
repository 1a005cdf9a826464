//! A file that is hashed as it is read, and gives no more of one row than a row may have.

use std::fs::File;
use std::io::{self, Read, Seek};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::quoting::Quoting;

/// The bytes of a file, from its start.
pub(super) struct Bounded {
    file: File,
    hash: Sha256,
    /// Bytes given so far.
    given: u64,
    /// Where the row begins that is being read.
    row: u64,
    most: u64,
    /// Whether a row was longer.
    pub(super) exceeded: bool,
    /// The last byte given.
    last: u8,
}

/// The digest and the length of a file, which then stands at its start again; its quotation marks are looked at.
pub(super) fn digest(
    file: &mut File,
    most: u64,
    quoting: &mut Quoting,
) -> io::Result<Option<(String, u64)>> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut length = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                length += n as u64;
                if length > most {
                    return Ok(None);
                }
                hash.update(&buffer[..n]);
                quoting.look_at(&buffer[..n]);
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => (),
            Err(e) => return Err(e),
        }
    }
    file.rewind()?;
    Ok(Some((HEXLOWER.encode(&hash.finalize()), length)))
}

impl Bounded {
    /// From the start of a file, with so many bytes a row at most.
    pub(super) fn new(file: File, most: u64) -> Self {
        Self {
            file,
            hash: Sha256::new(),
            given: 0,
            row: 0,
            most,
            exceeded: false,
            last: b'\n',
        }
    }

    /// A row begins here.
    pub(super) const fn row_at(&mut self, at: u64) {
        self.row = at;
    }

    /// Whether all that was given ends with a line end.
    pub(super) const fn ends_whole(&self) -> bool {
        self.last == b'\n'
    }

    /// The digest of all that was given.
    pub(super) fn digest(&self) -> String {
        HEXLOWER.encode(&self.hash.clone().finalize())
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Asked for more only once all given so far was found to belong to the row.
        if self.given > self.row + self.most {
            self.exceeded = true;
            return Err(io::Error::other("a row is too long"));
        }
        let n = self.file.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.given += n as u64;
        if let Some(&last) = buffer[..n].last() {
            self.last = last;
        }
        Ok(n)
    }
}
