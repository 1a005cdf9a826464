//! A file for the custodian alone: encrypted while it is written, so that nothing of it is ever in the clear on the disk, and
//! there by one rename or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use age::stream::StreamWriter;
use tempfile::{NamedTempFile, TempPath};

use super::durable::Durable;
use crate::encrypted::{self, PublicKey};

/// A file being filled. Dropped before it is finished, it is gone.
pub struct Sealed {
    stream: StreamWriter<BufWriter<Durable>>,
    temporary: NamedTempFile,
    path: PathBuf,
}

impl Sealed {
    /// Begins a file that the holders of these keys can open. What runs that were killed left of it is removed.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where the name is taken; when the directory cannot be written to.
    pub fn begin(path: &Path, keys: &[PublicKey]) -> io::Result<Self> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(taken());
        }
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let prefix = format!(".cld-unfinished-{}-", name.to_string_lossy());
        let directory = directory(path);
        clear(directory, &prefix)?;
        let temporary = tempfile::Builder::new()
            .prefix(&prefix)
            .tempfile_in(directory)?;
        // Tells a run that clears up that this one is alive.
        temporary.as_file().try_lock()?;
        let file = Durable::new(temporary.as_file().try_clone()?);
        Ok(Self {
            stream: encrypted::writer(keys, BufWriter::with_capacity(1 << 18, file))?,
            temporary,
            path: path.to_owned(),
        })
    }

    /// Ends the file and makes it safe against a loss of power. It has no name yet.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> io::Result<Finished> {
        let file = self.stream.finish()?.into_inner();
        file.map_err(io::IntoInnerError::into_error)?.finish()?;
        Ok(Finished {
            temporary: self.temporary.into_temp_path(),
            path: self.path,
        })
    }
}

impl Write for Sealed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A file that is whole and has no name yet. Dropped, it is gone.
pub struct Finished {
    temporary: TempPath,
    path: PathBuf,
}

impl Finished {
    /// Gives it its name.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where the name was taken meanwhile; when the file system refuses.
    pub fn appear(self) -> io::Result<Appeared> {
        self.temporary.persist_noclobber(&self.path)?;
        let appeared = Appeared(Some(self.path));
        if let (Some(path), true) = (&appeared.0, cfg!(unix)) {
            File::open(directory(path))?.sync_all()?;
        }
        Ok(appeared)
    }
}

/// A file that is there. Dropped before what it belongs to is there too, it is gone again.
#[must_use]
pub struct Appeared(Option<PathBuf>);

impl Appeared {
    /// It stays.
    pub fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Appeared {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

fn directory(path: &Path) -> &Path {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// The error of a name that is taken, in words.
fn taken() -> io::Error {
    let words = "it exists, and is never overwritten. Name another file";
    io::Error::new(io::ErrorKind::AlreadyExists, words)
}

/// Removes files that nobody writes to any more.
fn clear(directory: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let ours = entry.file_name().to_string_lossy().starts_with(prefix);
        if ours && entry.file_type()?.is_file() && File::open(entry.path())?.try_lock().is_ok() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A public key whose private key nobody needs.
    const TO: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory");
        let mut names: Vec<_> = entries
            .map(|e| {
                e.expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn it_is_there_when_it_is_kept_and_never_before() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("bridge.age");
        let keys = [TO.parse().expect("a key")];
        let begin = || Sealed::begin(&path, &keys).expect("begun");
        let filled = || {
            let mut sealed = begin();
            sealed.write_all(&[b'9'; 300_000]).expect("written");
            sealed
        };
        drop(filled());
        drop(filled().finish().expect("finished"));
        assert!(names(directory.path()).is_empty());
        drop(
            filled()
                .finish()
                .expect("finished")
                .appear()
                .expect("there"),
        );
        assert!(names(directory.path()).is_empty());
        filled()
            .finish()
            .expect("finished")
            .appear()
            .expect("there")
            .keep();
        assert_eq!(names(directory.path()), ["bridge.age"]);
        let bytes = fs::read(&path).expect("there");
        assert!(bytes.len() > 300_000 && !bytes.windows(16).any(|w| w == [b'9'; 16]));
        let error = Sealed::begin(&path, &keys).err().expect("taken");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_name_taken_meanwhile_is_not_written_over() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("bridge.age");
        let sealed = Sealed::begin(&path, &[TO.parse().expect("a key")]).expect("begun");
        fs::write(&path, "somebody else's").expect("written");
        assert!(sealed.finish().expect("finished").appear().is_err());
        assert_eq!(fs::read(&path).expect("there"), b"somebody else's");
        assert_eq!(names(directory.path()), ["bridge.age"]);
    }

    #[test]
    fn what_was_left_is_cleared_away_and_what_is_being_written_is_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("bridge.age");
        let keys = [TO.parse().expect("a key")];
        let left = directory.path().join(".cld-unfinished-bridge.age-Xy12");
        fs::write(&left, "half").expect("written");
        let first = Sealed::begin(&path, &keys).expect("begun");
        assert!(!left.exists());
        let second = Sealed::begin(&path, &keys).expect("begun");
        assert_eq!(names(directory.path()).len(), 2);
        second
            .finish()
            .expect("finished")
            .appear()
            .expect("there")
            .keep();
        assert!(first.finish().expect("finished").appear().is_err());
    }
}
