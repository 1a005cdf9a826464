//! How files that hold secrets are kept: opened safely, judged, and made so that nobody else can read them. And how this
//! process keeps what it read of them.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::sync::OnceLock;

#[cfg(unix)]
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat, umask};
use zeroize::Zeroizing;

/// No key file needs more: a key is one line of text, the rest is comments.
pub const MAX_KEY_FILE: usize = 16 * 1024;

/// What is wrong with the way a file is kept. Reads after the name of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A symbolic link can be turned to another file between two runs.
    #[error("is a symbolic link; name the file itself")]
    Symlink,
    /// A directory, device, pipe or socket.
    #[error("is not a regular file")]
    NotAFile,
    /// Longer than [`MAX_KEY_FILE`] bytes.
    #[error("is longer than {MAX_KEY_FILE} bytes, so it is no key file")]
    TooLong,
    /// It was exchanged for another file while it was being opened.
    #[error("changed while it was being opened")]
    Exchanged,
    /// Group or others may read, write or execute it.
    #[error(
        "is open to other accounts (mode {mode:04o}); put it right with chmod 600 and its name"
    )]
    Open {
        /// The permission bits.
        mode: u32,
    },
    /// It belongs to neither this account nor root.
    #[error(
        "belongs to another account; a key must belong to the account that runs cld, or to root"
    )]
    Owner,
}

/// A file of secrets that could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The operating system's refusal.
    Io(io::Error),
    /// The file is not one that may be read as a key.
    Fault(Fault),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A file of secrets, read whole. No `Debug`. The bytes are wiped when it is dropped.
pub struct Kept {
    /// The content, at most [`MAX_KEY_FILE`] bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    metadata: Metadata,
    path: PathBuf,
}

impl Kept {
    /// Opens and reads a file without following a link and without blocking on a pipe. Who may read it is
    /// not judged here: that depends on what the file turns out to hold.
    ///
    /// # Errors
    /// [`ReadError`] where it cannot be opened, is no regular file or is too long.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let (file, metadata) = open(path)?;
        // Room for everything from the start: a growing buffer would leave copies of the key behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_KEY_FILE + 1));
        file.take(MAX_KEY_FILE as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > MAX_KEY_FILE {
            return Err(ReadError::Fault(Fault::TooLong));
        }
        Ok(Self {
            bytes,
            metadata,
            path: path.to_owned(),
        })
    }

    /// Opens a file as [`Kept::read`] does, however long it is, and looks at its beginning. The file stands at its start.
    ///
    /// # Errors
    /// [`ReadError`] where it cannot be opened, is no regular file or is open to others.
    pub fn open(path: &Path) -> Result<(File, Vec<u8>), ReadError> {
        let (mut file, metadata) = open(path)?;
        judge(&metadata).map_err(ReadError::Fault)?;
        let mut start = Vec::new();
        Read::by_ref(&mut file).take(1024).read_to_end(&mut start)?;
        file.rewind()?;
        Ok((file, start))
    }

    /// Whether the file is kept as a secret must be: closed to group and others, ours or root's.
    ///
    /// # Errors
    /// The first [`Fault`]. Always `Ok` where the operating system has no Unix permissions.
    pub fn judge(&self) -> Result<(), Fault> {
        judge(&self.metadata)
    }

    /// What can be said about the keeping of the file, in words, for `cld key check`.
    pub fn describe(&self) -> Vec<Finding> {
        let mut findings = vec![Finding::good("a regular file, not a link")];
        findings.extend(describe(&self.metadata, &self.path));
        findings
    }
}

fn open(path: &Path) -> Result<(File, Metadata), ReadError> {
    let before = fs::symlink_metadata(path)?;
    if before.file_type().is_symlink() {
        return Err(ReadError::Fault(Fault::Symlink));
    }
    if !before.is_file() {
        return Err(ReadError::Fault(Fault::NotAFile));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !same_file(&before, &metadata) {
        return Err(ReadError::Fault(Fault::Exchanged));
    }
    Ok((file, metadata))
}

/// One thing that was looked at, and whether it is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `false`: a run with this file is refused, or it should be.
    pub good: bool,
    /// In words.
    pub words: String,
}

impl Finding {
    /// As it should be.
    pub fn good(words: impl Into<String>) -> Self {
        Self {
            good: true,
            words: words.into(),
        }
    }

    /// Not as it should be.
    pub fn bad(words: impl Into<String>) -> Self {
        Self {
            good: false,
            words: words.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            if self.good { "ok  " } else { "BAD " },
            self.words
        )
    }
}

/// The mask of modes that this process was started with.
#[cfg(unix)]
static USUAL: OnceLock<Mode> = OnceLock::new();

/// From now on everything that this process makes is for its own account alone, the temporary files of libraries included,
/// until it is handed to [`open_up`]. A second call changes nothing.
pub fn keep_to_ourselves() {
    #[cfg(unix)]
    USUAL.get_or_init(|| umask(Mode::S_IRWXG | Mode::S_IRWXO));
}

/// From now on the system writes nothing of this process's memory to the disk when it breaks, and lets no other process of
/// the account look into it. What the system refuses stays as it was: no command does worse without.
pub fn no_memory_dumps() {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, setrlimit};
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    }
    // The limit says nothing to a program that the system hands core dumps to (`kernel.core_pattern`); this does.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Opens a private file to append to, or makes it, with mode 0600. One that is there must be kept as a key file is.
///
/// # Errors
/// [`ReadError`] where it is a link, no regular file, open to others or cannot be opened.
pub fn append_private(path: &Path) -> Result<File, ReadError> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.file_type().is_symlink() => {
            return Err(ReadError::Fault(Fault::Symlink));
        }
        Ok(there) if !there.is_file() => return Err(ReadError::Fault(Fault::NotAFile)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    set_mode(&mut options, 0o600);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    // A link put there in between would have been followed.
    if !same_file(&fs::symlink_metadata(path)?, &metadata) {
        return Err(ReadError::Fault(Fault::Exchanged));
    }
    judge(&metadata).map_err(ReadError::Fault)?;
    Ok(file)
}

/// Gives a finished file or directory the mode that it would have had without [`keep_to_ourselves`]. Where the file system
/// refuses, it stays closed.
pub fn open_up(path: &Path) {
    #[cfg(unix)]
    if let Some(usual) = USUAL.get() {
        let full = if path.is_dir() { 0o777 } else { 0o666 };
        let mode = Mode::from_bits_truncate(full) - *usual;
        let _ = fchmodat(
            nix::fcntl::AT_FDCWD,
            path,
            mode,
            FchmodatFlags::FollowSymlink,
        );
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Makes a new file that only this account can read, and makes sure it is on the disk.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where the name is taken, by a dangling link too: a key is never
/// overwritten. A file that could not be written whole is removed again.
pub fn write_secret(path: &Path, content: &[u8]) -> io::Result<()> {
    refuse_among_bundles(path)?;
    write_new(path, content, 0o600)
}

/// Whether group or others may read, write or enter a file or folder. What cannot be looked at is not said to be.
pub fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| matches!(judge(&metadata), Err(Fault::Open { .. })))
}

/// What only a custodian may have must not lie in a bundle, nor in a folder of bundles: it would be sent with them.
///
/// # Errors
/// Where it would.
pub fn refuse_among_bundles(path: &Path) -> io::Result<()> {
    /// What every bundle has.
    const SIGNATURE: &str = "manifest.dsse.json";
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let beside = || {
        fs::read_dir(folder)
            .ok()?
            .flatten()
            .find(|entry| entry.path().join(SIGNATURE).exists())
    };
    if folder.join(SIGNATURE).exists() || beside().is_some() {
        return Err(io::Error::other(
            "its folder is a bundle or holds bundles, and this must never be sent with one; name another folder",
        ));
    }
    Ok(())
}

/// The same for a file that anyone may read: a public key.
///
/// # Errors
/// As [`write_secret`].
pub fn write_public(path: &Path, content: &[u8]) -> io::Result<()> {
    write_new(path, content, 0o644)
}

fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    set_mode(&mut options, mode);
    let mut file = options.open(path)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .inspect_err(|_| {
            let _ = fs::remove_file(path);
        })
}

#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, mode: u32) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(mode);
}

#[cfg(not(unix))]
fn set_mode(_options: &mut OpenOptions, _mode: u32) {}

#[cfg(unix)]
fn same_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same_file(a: &Metadata, b: &Metadata) -> bool {
    a.len() == b.len() && b.is_file()
}

#[cfg(unix)]
fn judge(metadata: &Metadata) -> Result<(), Fault> {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Fault::Open { mode });
    }
    if metadata.uid() != 0 && metadata.uid() != nix::unistd::geteuid().as_raw() {
        return Err(Fault::Owner);
    }
    Ok(())
}

#[cfg(not(unix))]
fn judge(_metadata: &Metadata) -> Result<(), Fault> {
    Ok(())
}

#[cfg(unix)]
fn describe(metadata: &Metadata, path: &Path) -> Vec<Finding> {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o7777;
    let mut findings = Vec::new();
    findings.push(if mode & 0o077 == 0 {
        Finding::good(format!("closed to group and others (mode {mode:04o})"))
    } else {
        Finding::bad(Fault::Open { mode }.to_string())
    });
    findings.push(
        if metadata.uid() == 0 || metadata.uid() == nix::unistd::geteuid().as_raw() {
            Finding::good("belongs to this account or to root")
        } else {
            Finding::bad(Fault::Owner.to_string())
        },
    );
    if metadata.nlink() > 1 {
        findings.push(Finding::bad(format!(
            "has {} names (hard links); a key should have one",
            metadata.nlink()
        )));
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Ok(directory) = fs::metadata(parent.unwrap_or(Path::new("."))) {
        // In a sticky directory others may add files but not exchange this one.
        let others_may_exchange = directory.mode() & 0o022 != 0 && directory.mode() & 0o1000 == 0;
        findings.push(if others_may_exchange {
            Finding::bad(
                "stands in a directory that other accounts may write to: they could exchange it",
            )
        } else {
            Finding::good("stands in a directory that other accounts cannot write to")
        });
    }
    findings
}

#[cfg(not(unix))]
fn describe(_metadata: &Metadata, _path: &Path) -> Vec<Finding> {
    vec![Finding::good(
        "who may read it was not checked: this system has no Unix permissions",
    )]
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn fault(path: &Path) -> Option<Fault> {
        match Kept::read(path) {
            Err(ReadError::Fault(fault)) => Some(fault),
            Err(ReadError::Io(_)) => None,
            Ok(kept) => kept.judge().err(),
        }
    }

    #[test]
    fn a_new_secret_is_ours_alone_and_never_overwritten() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        write_secret(&path, b"one").expect("written");
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fault(&path), None);
        let again = write_secret(&path, b"two").expect_err("taken");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("there"), b"one");
    }

    #[test]
    fn a_private_file_is_made_closed_and_refused_open() {
        use std::io::Write as _;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        for line in ["one\n", "two\n"] {
            let mut file = append_private(&path).expect("opened");
            file.write_all(line.as_bytes()).expect("written");
        }
        assert_eq!(fs::read(&path).expect("there"), b"one\ntwo\n");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let fault = |path: &Path| match append_private(path) {
            Err(ReadError::Fault(fault)) => Some(fault),
            _ => None,
        };
        let link = directory.path().join("link");
        symlink(&path, &link).expect("linked");
        assert_eq!(fault(&link), Some(Fault::Symlink));
        assert_eq!(fault(directory.path()), Some(Fault::NotAFile));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
        assert_eq!(fault(&path), Some(Fault::Open { mode: 0o644 }));
    }

    #[test]
    fn nothing_of_the_memory_is_dumped() {
        use nix::sys::resource::{Resource, getrlimit};
        no_memory_dumps();
        assert_eq!(getrlimit(Resource::RLIMIT_CORE), Ok((0, 0)));
        #[cfg(target_os = "linux")]
        assert_eq!(nix::sys::prctl::get_dumpable(), Ok(false));
    }

    #[test]
    fn what_others_may_look_into_is_told_from_what_they_may_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("answers");
        fs::write(&path, "x").expect("written");
        for (mode, open) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            assert_eq!(is_open_to_others(&path), open, "{mode:o}");
        }
        for (mode, open) in [(0o700, false), (0o710, true), (0o755, true)] {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).expect("set");
            assert_eq!(is_open_to_others(directory.path()), open, "{mode:o}");
        }
        assert!(!is_open_to_others(&directory.path().join("none")));
    }

    #[test]
    fn a_name_taken_by_a_dangling_link_is_not_written_through() {
        let directory = tempfile::tempdir().expect("a directory");
        let (link, target) = (
            directory.path().join("link"),
            directory.path().join("target"),
        );
        symlink(&target, &link).expect("linked");
        assert!(write_secret(&link, b"secret").is_err());
        assert!(!target.exists());
    }

    #[test]
    fn open_modes_links_directories_and_long_files_are_faults() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        write_secret(&path, b"one").expect("written");
        for mode in [0o640, 0o604, 0o660, 0o620, 0o610, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            assert_eq!(fault(&path), Some(Fault::Open { mode }));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("set");
        assert_eq!(fault(&path), None);

        let link = directory.path().join("link");
        symlink(&path, &link).expect("linked");
        assert_eq!(fault(&link), Some(Fault::Symlink));
        assert_eq!(fault(directory.path()), Some(Fault::NotAFile));
        assert_eq!(fault(Path::new("/dev/null")), Some(Fault::NotAFile));

        let long = directory.path().join("long");
        write_secret(&long, &vec![b'#'; MAX_KEY_FILE + 1]).expect("written");
        assert_eq!(fault(&long), Some(Fault::TooLong));
    }

    #[test]
    fn the_description_names_what_is_wrong() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        write_secret(&path, b"one").expect("written");
        assert!(
            Kept::read(&path)
                .expect("read")
                .describe()
                .iter()
                .all(|finding| finding.good)
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
        fs::hard_link(&path, directory.path().join("second")).expect("linked");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).expect("set");
        let findings = Kept::read(&path).expect("read").describe();
        assert_eq!(
            findings.iter().filter(|finding| !finding.good).count(),
            3,
            "{findings:?}"
        );
    }
}
