//! SHA-256 digests of files and bytes, as lowercase hexadecimal.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The digest of bytes in memory: 64 lowercase hexadecimal digits.
pub fn of_bytes(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The digest of a file, read in pieces, with its length in bytes.
///
/// # Errors
/// What the operating system says.
pub fn of_file(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut state = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut length = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((HEXLOWER.encode(&state.finalize()), length)),
            Ok(read) => {
                state.update(&buffer[..read]);
                length += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether a text is a digest as this tool writes it.
pub fn is_digest(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_bytes_agree_with_the_published_vector() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("abc");
        std::fs::write(&path, "abc").expect("written");
        assert_eq!(of_bytes(b"abc"), expected);
        assert_eq!(of_file(&path).expect("read"), (expected.to_owned(), 3));
        assert!(
            is_digest(expected)
                && !is_digest(&expected.to_uppercase())
                && !is_digest(&expected[1..])
        );
    }
}
