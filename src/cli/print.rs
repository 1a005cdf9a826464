//! Writing to stdout and stderr.

use std::io::{self, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::tokens::without_nhs_numbers;

/// Writes a result to stdout.
///
/// # Errors
/// When stdout is closed or full.
pub fn out(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Error::io("write", "standard output"))
}

/// Writes a result to stdout as JSON.
///
/// # Errors
/// When stdout is closed or full.
pub fn json(value: &serde_json::Value) -> Result<()> {
    out(&format!("{value:#}\n"))
}

/// Tells why a command failed, on stderr.
pub fn error(error: &Error) {
    let remedy = error.remedy();
    let error = told(error);
    // Where stderr is gone there is nobody to tell.
    let _ = match remedy {
        Some(remedy) => writeln!(io::stderr(), "cld: {error}. {remedy}"),
        None => writeln!(io::stderr(), "cld: {error}"),
    };
}

/// Tells something beside the result, on stderr.
pub fn note(words: &str) {
    let _ = writeln!(io::stderr(), "cld: {words}");
}

/// That a file is in two encodings, and what to do.
pub fn mixed(path: &Path, row: u64) -> String {
    let text = format!(
        "{} row {row} looks like UTF-8, but the file was read as Windows-1252, as it is not UTF-8 throughout or the configuration says so: accented letters of such rows come out wrong. Save the file as \"CSV UTF-8\"",
        path.display()
    );
    without_nhs_numbers(&text).into_owned()
}

/// An error in words. Somebody may have named a file or a column after a person, so it is told without NHS numbers.
pub fn told(error: &Error) -> String {
    without_nhs_numbers(&error.to_string()).into_owned()
}

/// Tells that a bundle was made although its summary could not be printed.
pub fn unprinted(error: &Error, bundle: &Path) {
    let closed =
        matches!(error, Error::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe);
    if !closed {
        self::error(error);
        let bundle = shown(bundle);
        let _ = writeln!(
            io::stderr(),
            "The run is complete nevertheless: the bundle is {bundle}"
        );
    }
}

/// Tells where the program broke, on stderr.
pub fn panic(place: &std::panic::Location<'_>) {
    let _ = writeln!(io::stderr(), "cld: internal error at {place}");
}

/// A number with thousands separated.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|g| String::from_utf8_lossy(g).into_owned())
        .collect();
    groups.join(",")
}

/// A number with the word for one or for many.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A path as somebody would write it here: without `..`, and relative where it lies below the current directory.
pub fn shown(path: &Path) -> String {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let short = here
        .ok()
        .and_then(|here| real.strip_prefix(here).ok().map(Path::to_owned));
    short.unwrap_or(real).display().to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_separated() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(super::number(n), text);
        }
    }

    #[test]
    fn one_has_its_own_word() {
        let people = [0, 1, 2000].map(|n| super::counted(n, "person", "people"));
        assert_eq!(people, ["0 people", "1 person", "2,000 people"]);
    }
}
