//! One call of the program to the system that goes wrong, by a small library put between the two (`fail.c`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Calls that change what is on the disk.
pub const WRITING: &str = ",write,sync,make,mkdir,rename,";

pub const EIO: &str = "5";
pub const EMFILE: &str = "24";
pub const ENOSPC: &str = "28";

/// Which call, and what becomes of it.
#[derive(Clone)]
pub struct Fault {
    pub calls: &'static str,
    /// Part of the name of the file that the call is about.
    pub path: String,
    /// Which of them, from 1.
    pub at: u64,
    /// `stop`, `kill` or the number of an error.
    pub outcome: &'static str,
    /// All later ones fail as well.
    pub lasting: bool,
}

impl Fault {
    /// The command with the fault. `mark` is a file that appears when it happens.
    pub fn put(&self, mut command: Command, mark: &Path) -> Option<Command> {
        command
            .env("LD_PRELOAD", library()?)
            .env("FAULT_CALLS", self.calls)
            .env("FAULT_PATH", &self.path)
            .env("FAULT_AT", self.at.to_string())
            .env("FAULT_DO", self.outcome)
            .env("FAULT_MARK", mark);
        if self.lasting {
            command.env("FAULT_ON", "1");
        }
        Some(command)
    }
}

/// The library, built once; `None`, with the reason on stdout, where there is no C compiler.
pub fn library() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/fail.c");
        let unfinished = directory.join(format!("fail-{}.so", std::process::id()));
        let cc = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(&unfinished)
            .args([source, "-ldl"])
            .output();
        let cc = cc.ok()?;
        assert!(
            cc.status.success(),
            "{}",
            String::from_utf8_lossy(&cc.stderr)
        );
        let library = directory.join("fail.so");
        fs::rename(unfinished, &library).unwrap();
        Some(library)
    });
    if built.is_none() {
        println!("SKIPPED: there is no `cc` to build tests/faults/fail.c with");
    }
    built.as_deref()
}

/// A run that was stopped at a fault.
pub struct Stopped(pub Child);

impl Stopped {
    /// Starts the command and waits until it has stopped; `None` if it ended before.
    pub fn start(mut command: Command) -> Option<Self> {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("it starts");
        let begun = Instant::now();
        loop {
            let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
            // The state stands behind the name, which is in brackets.
            match stat
                .rsplit(')')
                .next()
                .and_then(|rest| rest.split_whitespace().next())
            {
                Some("T") => return Some(Self(child)),
                Some("Z") | None => {
                    child.wait().unwrap();
                    return None;
                }
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "it neither stops nor ends"
            );
        }
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Lets it go on to its end.
    pub fn goes_on(self) -> crate::support::Said {
        signal(self.id(), Signal::SIGCONT);
        crate::support::Said::of(self.0.wait_with_output().unwrap())
    }
}

pub fn signal(process: u32, signal: Signal) {
    // It may have ended by itself.
    let _ = kill(Pid::from_raw(process as i32), signal);
}
