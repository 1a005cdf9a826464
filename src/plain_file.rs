//! Reads small files that a configuration or somebody names: plain ones, whole, and no longer than is sensible.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Reads a file. A pipe or device is refused before it is opened, as either could make the program wait or read for ever.
///
/// # Errors
/// What the operating system said, or that it is no plain file or longer than `most` bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let refused = |what: String| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    let not_plain = || refused("it is not a plain file".to_owned());
    if !fs::metadata(path)?.is_file() {
        return not_plain();
    }
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return not_plain();
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return refused(format!("it is longer than {} MiB", most >> 20));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        fs::write(&path, b"four").unwrap();
        assert_eq!(read(&path, 4).unwrap(), b"four");
        let refused = |path: &Path| read(path, 3).unwrap_err().to_string();
        assert_eq!(refused(&path), "it is longer than 0 MiB");
        assert_eq!(refused(place.path()), "it is not a plain file");
        #[cfg(unix)]
        {
            let pipe = place.path().join("pipe");
            nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
            assert_eq!(refused(&pipe), "it is not a plain file");
            assert_eq!(refused(Path::new("/dev/zero")), "it is not a plain file");
        }
    }
}
