//! What happens when the machine fails a run: nothing is half there, nothing is lost, nobody is named, and the message
//! says what to do. Long tests are ignored and run by `.ci/run`: `cargo test faults -- --ignored`.
#![cfg(target_os = "linux")]

mod calls;
mod disk;
mod fault;
mod input;
mod kills;
mod large;
mod output;
mod temporary;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Council, Said, Table, call, cld, samples, tree};

/// A council that has a bundle and a worklist, about to run on other records.
struct Scene {
    council: Council,
    before: BTreeMap<String, Vec<u8>>,
    /// What names somebody in the records of both runs.
    words: BTreeSet<String>,
}

/// Columns whose values name somebody.
const NAMING: [&str; 5] = [
    "NHS Number",
    "LA Person Unique Identifier",
    "First Name",
    "Last Name",
    "Postcode",
];

/// Invented records as CSV.
fn sample(rows: u32, seed: u32) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sample.csv");
    let (rows, seed) = (rows.to_string(), seed.to_string());
    let out = path.to_str().unwrap();
    let rate = ["--bad-rate", "0.02", "--out", out];
    call(
        ["sample", "--rows", &rows, "--seed", &seed]
            .into_iter()
            .chain(rate),
    )
    .code(0);
    fs::read(path).unwrap()
}

impl Scene {
    fn new(rows: u32) -> Self {
        Self::with(rows, |council| council)
    }

    /// With a change to what it is.
    fn with(rows: u32, change: impl Fn(Council) -> Council) -> Self {
        let gate = "{max_error_records: 100%}";
        let (first, second) = (sample(60, 1), sample(rows, 2));
        let mut council = change(Council::file("cld.csv", &first).set("gate", gate));
        said(&mut council.command()).code(0);
        let place = council.directory;
        council = change(Council::file("cld.csv", &second).set("gate", gate));
        council.directory = place;
        drop(council.command());
        let mut words = BTreeSet::new();
        for table in [Table::of(&first), Table::of(&second)] {
            for column in NAMING {
                words.extend(
                    table
                        .column(column)
                        .iter()
                        .map(|word| word.trim().to_owned()),
                );
            }
        }
        words.retain(|word| word.len() > 2 && !word.eq_ignore_ascii_case("null"));
        assert!(words.len() > 30, "a sample that names people");
        let mut scene = Self {
            council,
            before: BTreeMap::new(),
            words,
        };
        scene.before = scene.outputs();
        assert!(scene.before.len() > 10, "an earlier bundle and worklist");
        scene
    }

    /// The run, on files as they are.
    fn command(&self) -> Command {
        let config = self.council.path("council.yaml");
        cld(["run", "--config", config.to_str().unwrap()])
    }

    /// What lies in the directories of the bundles and the worklists.
    fn outputs(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        for directory in ["out", "worklist"] {
            let path = self.council.path(directory);
            if path.exists() {
                let files = tree(&path).into_iter();
                all.extend(files.map(|(name, bytes)| (format!("{directory}/{name}"), bytes)));
            }
        }
        all
    }

    /// Nobody of the records is named.
    #[track_caller]
    fn names_nobody(&self, text: &str) {
        for word in &self.words {
            let mut from = 0;
            while let Some(at) = text[from..].find(word.as_str()) {
                let (start, end) = (from + at, from + at + word.len());
                let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                let part =
                    inside(text[..start].chars().next_back()) || inside(text[end..].chars().next());
                assert!(part, "somebody is named in: {text}");
                from = end;
            }
        }
    }

    /// No number, person id or postcode of the records stands in these bytes. Names are words that may stand anywhere.
    #[track_caller]
    fn holds_nobody(&self, what: &str, bytes: &[u8]) {
        let finder = |word: &String| memchr::memmem::find(bytes, word.as_bytes()).is_some();
        let telling = |word: &&String| word.len() >= 6 && word.bytes().any(|b| b.is_ascii_digit());
        let found = self.words.iter().filter(telling).find(|word| finder(word));
        assert!(found.is_none(), "an identifier in {what}");
    }

    /// What was there is there to the byte. Gives what is new.
    #[track_caller]
    fn is_intact(&self) -> BTreeMap<String, Vec<u8>> {
        let mut after = self.outputs();
        for (name, bytes) in &self.before {
            let is = after.remove(name);
            assert!(is.as_ref() == Some(bytes), "{name} is gone or another one");
        }
        after
    }

    /// The run ended with this code and left everything as it was.
    #[track_caller]
    fn failed(&self, said: Said, code: i32, says: &[&str]) {
        let said = self.silent(said).code(code);
        said.says(says);
        assert!(said.stdout.is_empty(), "{}", said.stdout);
        let new = self.is_intact();
        assert!(
            new.is_empty(),
            "left behind: {:?}; {}",
            new.keys(),
            said.stderr
        );
    }

    /// The run is over and has named nobody.
    #[track_caller]
    fn silent(&self, said: Said) -> Said {
        self.names_nobody(&said.stdout);
        self.names_nobody(&said.stderr);
        assert!(!said.stderr.contains("internal error"), "{}", said.stderr);
        said
    }

    /// A run that nothing disturbs makes its bundle beside the earlier one, leaves nothing else, and is taken back.
    #[track_caller]
    fn recovers(&self) {
        self.silent(said(&mut self.council.command())).code(0);
        assert!(self.takes_back(), "a bundle");
        assert_eq!(self.outputs().len(), self.before.len());
    }

    /// Whether there is a new bundle, which verifies. It is removed, with its worklist and what a killed run left.
    #[track_caller]
    fn takes_back(&self) -> bool {
        let new = self.is_intact();
        let mut found = false;
        for name in new
            .keys()
            .filter(|name| name.matches('/').count() == 2 && name.ends_with('/'))
        {
            let path = self.council.path(name);
            if name.contains("/.cld-unfinished-") {
                self.is_private(&path, name.starts_with("out/"));
            } else if name.starts_with("out/") {
                found = true;
                verify(&path);
            }
            fs::remove_dir_all(path).unwrap();
        }
        assert_eq!(
            self.outputs().len(),
            self.before.len(),
            "nothing but directories is new"
        );
        found
    }

    /// The same; but what a killed run left may stay for the next one.
    #[track_caller]
    fn takes_back_or_leaves(&self, stays: bool) -> bool {
        let unfinished =
            |name: &String| name.contains("/.cld-unfinished-") && name.matches('/').count() == 2;
        let new = self.is_intact();
        let left: Vec<_> = new.keys().filter(|name| unfinished(name)).collect();
        for name in &left {
            self.is_private(&self.council.path(name), name.starts_with("out/"));
        }
        if stays && !left.is_empty() {
            // Taken out of sight, judged with the rest, and put back for the next run to clear.
            let aside = self.council.path("aside");
            fs::create_dir(&aside).unwrap();
            for (at, name) in left.iter().enumerate() {
                fs::rename(self.council.path(name), aside.join(at.to_string())).unwrap();
            }
            let found = self.takes_back();
            for (at, name) in left.iter().enumerate() {
                fs::rename(aside.join(at.to_string()), self.council.path(name)).unwrap();
            }
            fs::remove_dir(aside).unwrap();
            return found;
        }
        self.takes_back()
    }

    /// Only this account can read what an unfinished directory holds; and of the bundle's, only what may leave is there.
    #[track_caller]
    fn is_private(&self, unfinished: &Path, may_leave: bool) {
        assert_eq!(mode(unfinished), 0o700, "{unfinished:?}");
        for (name, bytes) in tree(unfinished) {
            let mode = mode(&unfinished.join(&name));
            // A bundle is opened up just before it gets its name, below a directory that is closed.
            assert!(
                mode & 0o077 == 0 || may_leave && name.starts_with("filled/"),
                "{name} {mode:o}"
            );
            if may_leave {
                self.holds_nobody(&name, &bytes);
            }
        }
    }
}

#[track_caller]
fn verify(bundle: &Path) {
    let key = samples("test-signing.pub.pem");
    call([
        "manifest",
        "verify",
        bundle.to_str().unwrap(),
        "--public-key",
        &key,
    ])
    .code(0);
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[track_caller]
fn said(command: &mut Command) -> Said {
    Said::of(command.output().expect("it starts"))
}

/// What the shell makes of a script, with the command's words as its arguments.
fn shell(script: &str, command: &Command) -> Output {
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .expect("a shell")
}

/// Numbers that look random, the same ones for the same seed.
struct Chance(u64);

impl Chance {
    /// Seeded by FAULT_SEED, or anew; the seed is told with a failing test.
    fn new() -> Self {
        let given = std::env::var("FAULT_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let now = || {
            std::time::SystemTime::UNIX_EPOCH
                .elapsed()
                .unwrap()
                .subsec_nanos()
        };
        let seed = given.unwrap_or_else(now);
        println!("again with FAULT_SEED={seed}");
        Self(u64::from(seed) + 1)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}
