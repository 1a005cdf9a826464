//! Directories that appear complete by one rename or not at all, and the lock that keeps two runs apart.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::custody;

/// What names of unfinished directories begin with.
pub const UNFINISHED: &str = ".cld-unfinished-";

/// Held while a run writes into a directory. The lock is on the directory itself, so it leaves nothing behind.
#[derive(Debug)]
pub struct Lock {
    _directory: File,
}

impl Lock {
    /// Takes the lock; `None` if another run holds it.
    ///
    /// # Errors
    /// When the directory cannot be opened.
    pub fn take(directory: &Path) -> io::Result<Option<Self>> {
        let handle = File::open(directory)?;
        match handle.try_lock() {
            Ok(()) => Ok(Some(Self { _directory: handle })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

/// A directory being filled, in a directory that is locked meanwhile. Dropped before it is finished, it goes with all that
/// is in it.
#[derive(Debug)]
pub struct Staging {
    temporary: TempDir,
    filled: PathBuf,
    base: PathBuf,
    private: bool,
    made: Made,
    /// Last, so that nobody else is let in before the rest has gone.
    _lock: Lock,
}

impl Staging {
    /// Begins a directory under `base`, which is made if need be, and removes what runs that were killed left there.
    /// `private` keeps others out for good. `None` if another run holds `base`.
    ///
    /// # Errors
    /// When the file system refuses; what was made on the way is gone again.
    pub fn begin(base: &Path, private: bool) -> io::Result<Option<Self>> {
        let mut made = Made::default();
        made.make(base, private)?;
        // First of all: two runs must not clear away what the other one has begun.
        let Some(lock) = Lock::take(base)? else {
            made.keep();
            return Ok(None);
        };
        clear(base)?;
        let temporary = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(base)?;
        let filled = temporary.path().join("filled");
        fs::create_dir(&filled)?;
        if private {
            restrict(&filled, 0o700)?;
        }
        Ok(Some(Self {
            temporary,
            filled,
            base: base.to_owned(),
            private,
            made,
            _lock: lock,
        }))
    }

    /// Where files are put.
    pub fn path(&self) -> &Path {
        &self.filled
    }

    /// Gives the directory its name by one rename. `replace` first moves an older one of that name out of the way.
    ///
    /// # Errors
    /// When the file system refuses; everything then stands as before.
    pub fn finish(mut self, name: &str, replace: bool) -> io::Result<PathBuf> {
        if !self.private {
            for entry in fs::read_dir(&self.filled)? {
                custody::open_up(&entry?.path());
            }
            custody::open_up(&self.filled);
        }
        sync(&self.filled)?;
        let target = self.base.join(name);
        let aside = self.temporary.path().join("replaced");
        let replaced = replace && target.exists();
        if replaced {
            fs::rename(&target, &aside)?;
        }
        let finished = fs::rename(&self.filled, &target);
        // A name that may be gone after a loss of power is none: then the directory goes back to where it came from, or
        // altogether where that fails as well.
        let certain = finished.and_then(|()| {
            sync(&self.base).inspect_err(|_| {
                let _ = fs::rename(&target, &self.filled).or_else(|_| fs::remove_dir_all(&target));
            })
        });
        if let Err(e) = certain {
            if replaced {
                fs::rename(&aside, &target)?;
            }
            return Err(e);
        }
        self.made.keep();
        Ok(target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // From the inside to the outside, as looking into a directory takes a file handle: there may be one at most, that
        // of a file which could be made, and none where nothing could.
        let _ = fs::remove_dir(&self.filled).or_else(|_| fs::remove_dir_all(&self.filled));
        let _ = fs::remove_dir(self.temporary.path());
    }
}

/// Directories that this run made to get to its own, the innermost first. They go with it if they are empty.
#[derive(Debug, Default)]
struct Made(Vec<PathBuf>);

impl Made {
    /// Makes a directory and those above it.
    fn make(&mut self, base: &Path, private: bool) -> io::Result<()> {
        let nowhere = |p: &&Path| p.is_symlink() && !p.exists();
        if base.ancestors().any(|p| nowhere(&p)) {
            return Err(io::Error::other(
                "it is a link that leads nowhere. Make the directory that it names, or give another one",
            ));
        }
        let new = base
            .ancestors()
            .take_while(|p| !p.as_os_str().is_empty() && !p.exists());
        let new: Vec<_> = new.map(Path::to_owned).collect();
        for directory in new.into_iter().rev() {
            match fs::create_dir(&directory) {
                // Another run was faster.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
                made => {
                    made?;
                    self.0.insert(0, directory.clone());
                    if private && directory == base {
                        restrict(base, 0o700)?;
                    } else {
                        custody::open_up(&directory);
                    }
                }
            }
        }
        Ok(())
    }

    /// They stay.
    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for made in &self.0 {
            let _ = fs::remove_dir(made);
        }
    }
}

/// Removes what runs that were killed left in a directory. The caller holds its lock.
pub(super) fn clear(base: &Path) -> io::Result<()> {
    for entry in fs::read_dir(base)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED)
            && entry.file_type()?.is_dir()
        {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Sets the mode of a file or directory, where the system has modes.
pub(super) fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

fn sync(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()
    } else {
        Ok(())
    }
}
