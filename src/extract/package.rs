//! Looks at what a workbook's package holds before anything of it is parsed: unpacks every part once, keeping nothing.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use memchr::{memchr, memmem, memrchr};
use zip::ZipArchive;

use super::flow::too_much;
use super::source::Source;
use super::{ExtractError, bomb, size};

/// Parts at most; a workbook has a few for each sheet.
const PARTS: usize = 10_000;

/// Texts that cells share at most, and the part they stand in, in bytes: they are in memory while a sheet is read.
const TEXTS: u64 = 4_000_000;
const TEXTS_PART: u64 = 128 << 20;

/// Any other part that is no sheet, in bytes: it may be in memory whole.
const OTHER_PART: u64 = 64 << 20;

/// One tag or text, in bytes: it is in memory whole.
const TOKEN: usize = 16 << 20;

/// What is unpacked at once.
const READ: usize = 1 << 16;

/// Bytes that are looked at again with the next ones, so that nothing searched for is cut in two.
const OVERLAP: usize = 64;

/// What was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Package {
    /// Some sheet has merged cells.
    pub merged: bool,
}

/// Looks through a workbook.
///
/// # Errors
/// When it is something else, or unpacks to more than it may.
pub(super) fn inspect(source: &Source, file: &File) -> Result<Package, ExtractError> {
    let path = &source.path;
    let damaged = || {
        fault(
            path,
            "is not a sound workbook",
            "Open it in Excel and save it again",
        )
    };
    let length = file.metadata().map_err(|e| source.unreadable(e))?.len();
    refuse_other_kinds(source, file)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|_| damaged())?;
    if archive.len() > PARTS {
        return Err(fault(
            path,
            format!("has more than {PARTS} parts, as no workbook does"),
            bomb::REMEDY,
        ));
    }
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("xl/workbook.bin") {
        return Err(fault(path, "is a binary workbook (.xlsb)", SAVE_AS));
    }
    if has("content.xml") {
        return Err(fault(path, "is an OpenDocument sheet (.ods)", SAVE_AS));
    }
    let mut package = Package { merged: false };
    let mut unpacked = 0;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| damaged())?;
        let packed = part.compressed_size().min(length);
        let name = part.name().map_err(|_| damaged())?;
        let name = name.replace('\\', "/").to_ascii_lowercase();
        let mut look = Look::at(&name);
        let mut reader = part;
        let mut buffer = vec![0; OVERLAP + READ];
        let mut kept = 0;
        let mut of_part = 0;
        loop {
            let n = reader.read(&mut buffer[kept..]).map_err(|_| damaged())?;
            if n == 0 {
                break;
            }
            of_part += n as u64;
            unpacked += n as u64;
            // What a package says of its own size is not asked.
            if unpacked > source.format.max_inflated {
                return Err(too_much(path, source.format.max_inflated));
            }
            let bombs = [bomb::fault(packed, of_part), bomb::fault(length, unpacked)];
            if let Some(found) = bombs.into_iter().flatten().next() {
                return Err(fault(path, found, bomb::REMEDY));
            }
            if let Some(found) = look.take(&buffer[..kept + n], kept, of_part, packed) {
                return Err(fault(path, found, SMALLER));
            }
            let from = (kept + n).saturating_sub(OVERLAP);
            buffer.copy_within(from..kept + n, 0);
            kept = kept + n - from;
        }
        package.merged |= look.merged;
    }
    Ok(package)
}

const SAVE_AS: &str = "Save it as .xlsx (\"Excel workbook\")";
const SMALLER: &str =
    "Save the sheet as CSV, or delete from the workbook what does not belong to it";

fn refuse_other_kinds(source: &Source, mut file: &File) -> Result<(), ExtractError> {
    use std::io::Seek as _;
    let mut mark = Vec::new();
    file.take(8)
        .read_to_end(&mut mark)
        .and_then(|_| file.rewind())
        .map_err(|e| source.unreadable(e))?;
    if mark.starts_with(b"PK") {
        return Ok(());
    }
    Err(if mark.is_empty() {
        fault(&source.path, "is empty", "Save the workbook again")
    } else if mark.starts_with(b"\xD0\xCF\x11\xE0") {
        fault(
            &source.path,
            "is a workbook under a password, or of an old kind (.xls)",
            "Save it as .xlsx without a password; a folder that only you can read protects it",
        )
    } else {
        fault(
            &source.path,
            "is not an Excel workbook",
            "If it is CSV, give it a name that ends in .csv, or write `kind: csv`",
        )
    })
}

/// Looks at one part as it is unpacked.
struct Look {
    is_texts: bool,
    is_sheet: bool,
    merged: bool,
    texts: u64,
    /// Bytes since the last `<`.
    token: usize,
}

impl Look {
    fn at(name: &str) -> Self {
        Self {
            is_texts: name.ends_with("sharedstrings.xml"),
            is_sheet: name.contains("worksheets/") || name.contains("pivotcache/"),
            merged: false,
            texts: 0,
            token: 0,
        }
    }

    /// Looks at more bytes, of which the first `known` were there before.
    fn take(&mut self, bytes: &[u8], known: usize, of_part: u64, packed: u64) -> Option<String> {
        let new = &bytes[known..];
        self.token += memchr(b'<', new).unwrap_or(new.len());
        if self.token > TOKEN {
            return Some(format!("holds a text longer than {}", size(TOKEN as u64)));
        }
        if let Some(last) = memrchr(b'<', new) {
            self.token = new.len() - last - 1;
        }
        // A find that ended in what was known was counted then.
        let fresh = |needle: &'static [u8]| {
            let from = known.saturating_sub(needle.len() - 1);
            memmem::find_iter(&bytes[from..], needle).count() as u64
        };
        self.merged |= self.is_sheet && fresh(b"mergeCell") > 0;
        if self.is_texts {
            self.texts += fresh(b"<si") + fresh(b":si");
            if self.texts > TEXTS || self.says_too_many(bytes) {
                return Some(format!(
                    "has more than {TEXTS} different texts in its cells"
                ));
            }
            // Texts that differ do not pack so well, so that there is no need to wait until there are many.
            if of_part > 1 << 20 && of_part / 200 > packed {
                return Some("has texts that unpack to more than 200 times their size".into());
            }
        }
        let most = match (self.is_sheet, self.is_texts) {
            (true, _) => u64::MAX,
            (_, true) => TEXTS_PART,
            _ => OTHER_PART,
        };
        (of_part > most).then(|| {
            let what = if self.is_texts {
                "the texts of its cells"
            } else {
                "a part that is no sheet"
            };
            format!("has more than {} in {what}", size(most))
        })
    }

    /// Whether the part announces more texts than it may have: room is made for as many as it says.
    fn says_too_many(&self, bytes: &[u8]) -> bool {
        memmem::find_iter(bytes, b"niqueCount").any(|at| {
            let behind = bytes[at..].iter().skip_while(|byte| !byte.is_ascii_digit());
            let digits = behind.take_while(|byte| byte.is_ascii_digit());
            digits.fold(0, |number: u64, digit| {
                number
                    .saturating_mul(10)
                    .saturating_add(u64::from(digit - b'0'))
            }) > TEXTS
        })
    }
}

fn fault(path: &Path, fault: impl Into<String>, remedy: &'static str) -> ExtractError {
    ExtractError::File {
        path: path.to_owned(),
        fault: fault.into(),
        remedy,
    }
}
