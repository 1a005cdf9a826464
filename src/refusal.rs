//! What to do about what the operating system refused, in words.

use std::io::{self, ErrorKind};

/// What to do when a file cannot be read.
pub fn of_reading(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        _ if out_of_handles(error) => Some(HANDLES),
        ErrorKind::NotFound | ErrorKind::PermissionDenied => None,
        _ => Some(
            "The disk or the network drive failed. Copy the file to another disk and run again",
        ),
    }
}

/// What to do when something cannot be written, made, renamed or removed.
pub fn of_writing(error: &io::Error) -> &'static str {
    match error.kind() {
        _ if out_of_handles(error) => HANDLES,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "The disk is full, or this account's share of it. Make room there, about three times the size of the extract \
             (unpacked), and more where findings are many, or name a directory on another disk; then run again"
        }
        ErrorKind::FileTooLarge => {
            "A file may not become so large here. Raise the limit (ulimit -f), or name a directory on another disk; then \
             run again"
        }
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            "It may not be written. Let the account that runs cld write there, or name another directory; then run again"
        }
        ErrorKind::NotFound => {
            "Something removed or renamed it meanwhile. Run again when nothing else works there"
        }
        _ => "Check the disk or network drive, or name a directory on another one; then run again",
    }
}

const HANDLES: &str = "Too many files are open at once. Raise the limit (ulimit -n 256) or close other programs; then run again";

/// Whether this process or the system has no file handle left.
fn out_of_handles(error: &io::Error) -> bool {
    #[cfg(unix)]
    let codes = {
        use nix::errno::Errno;
        [Errno::EMFILE as i32, Errno::ENFILE as i32]
    };
    // ERROR_TOO_MANY_OPEN_FILES
    #[cfg(not(unix))]
    let codes = [4, 4];
    // Some libraries keep what the system said as text only.
    let told = || {
        let text = error.to_string();
        let (_, code) = text.rsplit_once("(os error ")?;
        code.split_once(')')?.0.parse().ok()
    };
    error
        .raw_os_error()
        .or_else(told)
        .is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_done_hangs_on_what_was_refused() {
        let full = io::Error::from(ErrorKind::StorageFull);
        assert!(of_writing(&full).starts_with("The disk is full"));
        assert!(of_reading(&full).is_some_and(|said| said.contains("another disk")));
        // Whoever knows which file it is says more.
        assert_eq!(of_reading(&ErrorKind::NotFound.into()), None);
    }

    #[cfg(unix)]
    #[test]
    fn too_many_open_files_are_known_by_number_and_by_text() {
        let raw = io::Error::from_raw_os_error(nix::errno::Errno::EMFILE as i32);
        let text = io::Error::other(format!("{raw} at path \"x (1)\""));
        for error in [raw, text] {
            assert_eq!(of_writing(&error), HANDLES);
            assert_eq!(of_reading(&error), Some(HANDLES));
        }
    }
}
