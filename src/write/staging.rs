//! Directories that appear complete by one rename or not at all, and the lock that keeps two runs apart.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What names of unfinished directories begin with.
const UNFINISHED: &str = ".cld-unfinished-";

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

/// A directory being filled. Dropped before it is finished, it goes with all that is in it.
#[derive(Debug)]
pub struct Staging {
    temporary: TempDir,
    filled: PathBuf,
    base: PathBuf,
    /// Directories that this run made to get there, the innermost first.
    made: Vec<PathBuf>,
}

impl Staging {
    /// Begins a directory under `base`, which is made if need be. `private` keeps others out.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn begin(base: &Path, private: bool) -> io::Result<Self> {
        let made = make(base, private)?;
        let temporary = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(base)?;
        let filled = temporary.path().join("filled");
        fs::create_dir(&filled)?;
        if private {
            restrict(&filled, 0o700)?;
        }
        Ok(Self {
            temporary,
            filled,
            base: base.to_owned(),
            made,
        })
    }

    /// Removes what runs that were killed left beside this one. The caller holds the lock.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.base)? {
            let entry = entry?;
            let ours = Some(entry.file_name().as_os_str()) == self.temporary.path().file_name();
            if !ours
                && entry.file_name().to_string_lossy().starts_with(UNFINISHED)
                && entry.file_type()?.is_dir()
            {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Where files are put.
    pub fn path(&self) -> &Path {
        &self.filled
    }

    /// Gives the directory its name by one rename. `replace` first moves an older one of that name out of the way.
    ///
    /// # Errors
    /// When the file system refuses; the older one then stands as before.
    pub fn finish(mut self, name: &str, replace: bool) -> io::Result<PathBuf> {
        sync(&self.filled)?;
        let target = self.base.join(name);
        let aside = self.temporary.path().join("replaced");
        let replaced = replace && target.exists();
        if replaced {
            fs::rename(&target, &aside)?;
        }
        if let Err(e) = fs::rename(&self.filled, &target) {
            if replaced {
                fs::rename(&aside, &target)?;
            }
            return Err(e);
        }
        sync(&self.base)?;
        self.made.clear();
        Ok(target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // The temporary directory would remove itself after this; directories that this run made go with it if they are empty.
        if !self.made.is_empty() {
            let _ = fs::remove_dir_all(self.temporary.path());
            for made in &self.made {
                let _ = fs::remove_dir(made);
            }
        }
    }
}

/// Makes a directory and those above it, and says which are new, the innermost first.
fn make(base: &Path, private: bool) -> io::Result<Vec<PathBuf>> {
    let new: Vec<_> = base
        .ancestors()
        .take_while(|p| !p.as_os_str().is_empty() && !p.exists())
        .map(Path::to_owned)
        .collect();
    if !new.is_empty() {
        fs::create_dir_all(base)?;
        if private {
            restrict(base, 0o700)?;
        }
    }
    Ok(new)
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
