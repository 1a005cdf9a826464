//! A temporary file that has no name and cannot be read by anybody else: it is encrypted with a key that is drawn for it,
//! stands in memory alone and is wiped. However the process ends, nobody can read what is left of it on the disk.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _};
use zeroize::Zeroizing;

/// The file and its key. Each of its bytes is to be written once: the key stream of a place is good for one text.
pub struct Nameless {
    file: Mutex<File>,
    key: Zeroizing<[u8; 32]>,
}

impl Nameless {
    /// A new one, empty, in the file system of the directory.
    ///
    /// # Errors
    /// When the directory cannot be written to, or the system gives no random numbers.
    pub fn new_in(directory: &Path) -> io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice())
            .map_err(|_| io::Error::other("the system gives no random numbers"))?;
        Ok(Self {
            file: Mutex::new(tempfile::tempfile_in(directory)?),
            key,
        })
    }

    /// Writes at a place where nothing was written yet. `bytes` are encrypted afterwards.
    ///
    /// # Errors
    /// When the disk is full; beyond 256 GiB, where the key stream ends.
    pub fn write_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.apply(at, bytes)?;
        let mut file = self.lock();
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }

    /// Reads what was written at a place.
    ///
    /// # Errors
    /// When there is less, or the disk fails.
    pub fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        {
            let mut file = self.lock();
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(bytes)?;
        }
        self.apply(at, bytes)
    }

    /// The key stream stands for one file, whose places are those of the stream.
    fn apply(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut cipher = ChaCha20::new(&(*self.key).into(), &[0; 12].into());
        let ended = |_| io::Error::from(io::ErrorKind::FileTooLarge);
        cipher.try_seek(at).map_err(ended)?;
        cipher
            .try_apply_keystream(bytes)
            .map_err(|_| io::ErrorKind::FileTooLarge.into())
    }

    fn lock(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands on the disk.
    #[cfg(test)]
    pub fn on_disk(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut file = self.lock();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_is_not_on_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let [one, other] = [(); 2].map(|()| Nameless::new_in(directory.path()).unwrap());
        let text = b"9434765919 Zoe".repeat(50);
        for file in [&one, &other] {
            let (first, second) = text.split_at(333);
            file.write_at(333, &mut second.to_vec()).unwrap();
            file.write_at(0, &mut first.to_vec()).unwrap();
            for (from, to) in [(0, text.len()), (1, 2), (63, 65), (300, 700)] {
                let mut read = vec![0; to - from];
                file.read_at(from as u64, &mut read).unwrap();
                assert_eq!(read, text[from..to]);
            }
            assert!(file.read_at(1, &mut vec![0; text.len()]).is_err());
            let disk = file.on_disk();
            assert_eq!(disk.len(), text.len());
            assert!(!disk.windows(4).any(|four| four == b"9434"));
        }
        assert_ne!(one.on_disk(), other.on_disk());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
