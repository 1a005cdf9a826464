//! What a file is by its first bytes, and whether it is small enough.

use std::path::Path;

use super::problem::{Problem, Rule};

/// What the portal takes, and what it is handed instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain CSV.
    Csv,
    /// Gzip of a CSV.
    Gzip,
    /// Something else.
    Other,
}

impl Format {
    /// The word for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Gzip => "csv.gz",
            Self::Other => "other",
        }
    }
}

/// How big a file is, plain and gzipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Without compression, if it could be unpacked to its end.
    pub plain: Option<u64>,
    /// As gzip.
    pub gzipped: Gzipped,
}

/// How big a file is as gzip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gzipped {
    /// It is one.
    Is(u64),
    /// So many bytes with the fastest compression; fewer with any other.
    AtMost(u64),
    /// Not measured: small enough to be sent as it is.
    NotNeeded,
}

/// What the portal takes, in bytes. Each limit is told of in its guide as so many megabytes or gigabytes; whether those
/// count by the thousand or by 1,024 is not known, so a file between the two is not called fit.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of plain files.
    pub plain: Limit,
    /// Of gzip files.
    pub gzipped: Limit,
}

/// One limit.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// By the thousand.
    pub strict: u64,
    /// By 1,024.
    pub generous: u64,
    /// For who signs in with NHS CIS2, by the thousand.
    pub cis2: u64,
    /// In words.
    pub words: &'static str,
    /// The same of CIS2.
    pub cis2_words: &'static str,
}

pub const LIMITS: Limits = Limits {
    plain: Limit {
        strict: 4_000_000_000,
        generous: 4 << 30,
        cis2: 1_000_000_000,
        words: "4 GB for a plain file",
        cis2_words: "1 GB for a plain file",
    },
    gzipped: Limit {
        strict: 800_000_000,
        generous: 800 << 20,
        cis2: 200_000_000,
        words: "800 MB for a gzip",
        cis2_words: "200 MB for a gzip",
    },
};

impl Sizes {
    /// What the limits say.
    pub fn problems(&self, limits: &Limits) -> Vec<Problem> {
        match (self.gzipped, self.plain) {
            (Gzipped::Is(bytes), plain) => {
                let mut problems = limits.gzipped.problems(bytes, "");
                if plain.is_some_and(|plain| plain > limits.plain.strict) {
                    problems.push(Problem::new(
                        Rule::SizeUnpacked,
                        format!("holds more than {}. Whether that limit counts for what a gzip holds is not known", limits.plain.words),
                    ));
                }
                problems
            }
            (_, None) => Vec::new(),
            (gzipped, Some(bytes)) => {
                let advice = match gzipped {
                    Gzipped::AtMost(n) if n <= limits.gzipped.strict => {
                        format!(". Gzipped it has {n} bytes at most, which may pass")
                    }
                    Gzipped::AtMost(n) => {
                        format!(
                            ". Gzipped with the fastest compression it has {n} bytes, which is too big as well"
                        )
                    }
                    _ => String::new(),
                };
                limits.plain.problems(bytes, &advice)
            }
        }
    }
}

impl Limit {
    fn problems(&self, bytes: u64, advice: &str) -> Vec<Problem> {
        let Self {
            words, cis2_words, ..
        } = self;
        let (rule, message) = if bytes > self.generous {
            (
                Rule::Size,
                format!("is too big: the limit is {words}{advice}"),
            )
        } else if bytes > self.strict {
            (
                Rule::SizeUnit,
                format!(
                    "may not pass: the limit is {words}, and whether a megabyte is 1,000,000 bytes or 1,048,576 is not known{advice}"
                ),
            )
        } else if bytes > self.cis2 {
            (
                Rule::SizeCis2,
                format!(
                    "is too big for a sign-in with NHS CIS2: there the limit is {cis2_words}{advice}"
                ),
            )
        } else {
            return Vec::new();
        };
        vec![Problem::new(rule, message)]
    }
}

/// What begins like this is no CSV.
const OTHERS: [(&[u8], &str); 14] = [
    (b"PK\x03\x04", "a spreadsheet (.xlsx, .ods) or zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "an old spreadsheet (.xls), or one with a password",
    ),
    (b"%PDF-", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (b"Rar!\x1A\x07", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xFD7zXZ\x00", "an xz file"),
    (b"\x28\xB5\x2F\xFD", "a Zstandard file"),
    (b"{\\rtf", "a text document (.rtf)"),
    (b"<?xml", "an XML file, as some systems write under .xls"),
    (b"<html", "a web page, as some systems write under .xls"),
    (b"<!DOCTYPE", "a web page, as some systems write under .xls"),
];

const GZIP: &[u8] = b"\x1F\x8B";

/// Whether it begins as a gzip does.
pub fn is_gzip(begin: &[u8]) -> bool {
    begin.starts_with(GZIP)
}

/// Where a name says something else than the first bytes.
pub fn name_against(path: &Path, begin: &[u8]) -> Option<Problem> {
    let named = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("gz"));
    match (named, is_gzip(begin)) {
        (true, false) if !begin.is_empty() => Some(Problem::new(
            Rule::Format,
            "is no gzip, though its name says so",
        )),
        (false, true) => Some(Problem::new(
            Rule::GzipName,
            "is a gzip whose name does not say so. Give it a name that ends in .csv.gz",
        )),
        _ => None,
    }
}

/// What the text of a file is not, by its first bytes. `within` says that it was in a gzip.
pub fn refuse(begin: &[u8], within: bool) -> Option<Problem> {
    let what = OTHERS
        .iter()
        .find(|(magic, _)| begin.starts_with(magic))
        .map(|(_, what)| *what);
    if begin.is_empty() {
        return Some(Problem::new(
            Rule::Format,
            "is empty: the first row must be the names of the fields",
        ));
    }
    if begin.starts_with(b"\xFF\xFE") || begin.starts_with(b"\xFE\xFF") {
        return Some(Problem::new(
            Rule::Utf16,
            "is UTF-16 (\"Unicode text\"), and the portal reads Windows-1252. Save it as \"CSV\"",
        ));
    }
    let what = what.or_else(|| is_gzip(begin).then_some("another gzip"))?;
    let (holds, remedy) = if within {
        ("is a gzip that holds", "Pack the CSV file itself")
    } else {
        ("is", "Save the sheet as \"CSV\"")
    };
    Some(Problem::new(
        Rule::Format,
        format!(
            "{holds} {what}, whatever its name says: the portal takes CSV, plain or gzipped, and nothing else. {remedy}"
        ),
    ))
}
