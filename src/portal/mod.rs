//! Whether a file would pass the file rules of the Data Landing Portal as it stands. Bytes in, problems out.
//!
//! The rules are those of the portal's own guide, which is not particular to this return; [`NOT_CHECKED`] says what was
//! not found. A file is read once, in pieces, whatever the length of its rows; no value of it is kept or told.

mod cells;
mod file;
mod header;
mod masks;
mod problem;
mod tally;
#[cfg(test)]
mod tests;
mod text;

pub use file::{Format, Gzipped, Sizes};
pub use problem::{Level, Place, Problem, Rule};

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::error::Result;
use crate::extract::ExtractError;
use crate::schema::Schema;
use file::{LIMITS, Limits};
use text::{READ_BYTES, Text};

/// Where the rules come from.
pub const BASIS: &str = "the portal's generic guide, not particular to this return";

/// What the portal may check besides, and why it is not checked here.
pub const NOT_CHECKED: [(&str, &str); 2] = [
    (
        "field checks",
        "which are switched on for this return was not found",
    ),
    (
        "quoting",
        "its rule was not found; quotes are read as is usual",
    ),
];

/// The names that the portal expects.
#[derive(Debug, Clone)]
pub struct Specification {
    /// What it is called.
    pub id: String,
    /// The names of the fields, in order.
    pub names: Vec<String>,
    /// The names of fields that an earlier release had.
    pub withdrawn: Vec<String>,
}

impl Specification {
    /// The fields of a return.
    pub fn of(schema: &Schema) -> Self {
        let names = |withdrawn| {
            let fields = schema.fields.iter().filter(|f| f.withdrawn == withdrawn);
            fields.map(|f| f.name.clone()).collect()
        };
        Self {
            id: schema.id.clone(),
            names: names(false),
            withdrawn: names(true),
        }
    }
}

/// What would become of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// What it is.
    pub format: Format,
    /// How big it is.
    pub sizes: Sizes,
    /// What is wrong with it, the worst first.
    pub problems: Vec<Problem>,
}

impl Preflight {
    /// Whether no rule that is known refuses it.
    pub fn would_pass(&self) -> bool {
        self.count(Level::Refused) == 0
    }

    /// The same in words.
    pub fn verdict(&self) -> &'static str {
        if !self.would_pass() {
            "would be refused"
        } else if self.count(Level::Warning) > 0 {
            "would pass, with warnings"
        } else {
            "would pass"
        }
    }

    /// How many problems are of this level.
    pub fn count(&self, level: Level) -> usize {
        let problems = self.problems.iter();
        problems.filter(|p| p.rule.level() == level).count()
    }
}

/// Reads a file to its end. `go_on` is asked between pieces.
///
/// # Errors
/// When the file cannot be read, or whatever `go_on` fails with.
pub fn preflight(
    path: &Path,
    specification: &Specification,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<Preflight> {
    let unreadable = |source| ExtractError::Unreadable {
        path: path.to_owned(),
        source,
        configured: false,
    };
    let status = std::fs::symlink_metadata(path).map_err(unreadable)?;
    if !status.file_type().is_file() {
        let path = path.to_owned();
        return Err(ExtractError::NotAFile { path }.into());
    }
    let input = File::open(path).map_err(unreadable)?;
    within(&LIMITS, path, status.len(), input, specification, go_on)
}

/// The same for a file of `bytes` bytes that is open already.
fn within(
    limits: &Limits,
    path: &Path,
    bytes: u64,
    input: impl Read,
    specification: &Specification,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<Preflight> {
    let mut problems = Vec::new();
    let mut input = BufReader::with_capacity(READ_BYTES, input);
    let begin = input
        .fill_buf()
        .map_err(|source| ExtractError::Unreadable {
            path: path.to_owned(),
            source,
            configured: false,
        })?;
    let gzip = file::is_gzip(begin);
    problems.extend(file::name_against(path, begin));
    // A plain file that passes by every sign-in is not packed by anybody, so how small it would be is not asked.
    let mut packed = (!gzip && bytes > limits.plain.cis2)
        .then(|| GzEncoder::new(Counter(0), Compression::fast()));
    let input: Box<dyn Read + '_> = if gzip {
        Box::new(MultiGzDecoder::new(input))
    } else {
        Box::new(input)
    };
    let watch = |bytes: &[u8]| {
        if let Some(packed) = &mut packed {
            // Counting cannot fail.
            let _ = packed.write_all(bytes);
        }
    };
    let mut text = Text::new(path, input, gzip, Box::new(watch));
    let format = text.check(specification, &mut problems, go_on)?;
    let unpacked = text.whole();
    drop(text);
    let sizes = match packed.map(GzEncoder::finish) {
        _ if gzip => Sizes {
            plain: unpacked,
            gzipped: Gzipped::Is(bytes),
        },
        Some(Ok(counter)) if unpacked.is_some() => Sizes {
            plain: Some(bytes),
            gzipped: Gzipped::AtMost(counter.0),
        },
        _ => Sizes {
            plain: Some(bytes),
            gzipped: Gzipped::NotNeeded,
        },
    };
    problems.extend(sizes.problems(limits));
    problems.sort_by_key(|p| p.rule.level());
    Ok(Preflight {
        format,
        sizes,
        problems,
    })
}

/// Counts what is written to it.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
