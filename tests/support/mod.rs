//! A council made for one test: a directory with configuration and sources, and what the built binary made of it.

mod record;
mod table;
mod workbook;

pub use record::{Record, assessment, carer, request, review, service};
pub use table::Table;
pub use workbook::Workbook;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A directory whose name is digits: letters by chance may be somebody's id, which no message may hold.
pub fn directory() -> TempDir {
    static MADE: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    loop {
        let made = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("cld-{}-{made}", std::process::id());
        let directory = tempfile::Builder::new()
            .prefix(&name)
            .rand_bytes(0)
            .tempdir();
        if let Ok(directory) = directory {
            return directory;
        }
    }
}

/// The published keys, whose pseudonyms the contract's vectors give.
pub fn samples(file: &str) -> String {
    format!("{}/samples/keys/{file}", env!("CARGO_MANIFEST_DIR"))
}

/// The binary with these arguments.
pub fn cld<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cld"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the binary with these arguments.
#[track_caller]
pub fn call<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Said {
    Said::of(cld(arguments).output().expect("the binary starts"))
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Ended with this exit code.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, expected, "{}{}", self.stdout, self.stderr);
        self
    }

    /// Says all of these on stderr.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` in: {}", self.stderr);
        }
    }

    /// What it printed is JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect(&self.stdout)
    }
}

/// Builds a council. Sources are written when the council runs.
#[must_use]
pub struct Council {
    pub directory: TempDir,
    settings: Vec<(String, String)>,
    sources: Vec<Source>,
    arguments: Vec<String>,
}

struct Source {
    file: String,
    settings: String,
    content: Content,
}

enum Content {
    Records(Vec<Record>),
    Bytes(Vec<u8>),
    /// SQL, whose answer is the source.
    Query(String),
    Missing,
    /// Of the files that its settings name.
    Named,
}

impl Council {
    /// Without a source.
    pub fn bare() -> Self {
        let settings = [
            ("return", "cld-release-2".to_owned()),
            ("period", "{start: 2025-04-01, end: 2026-03-31}".into()),
            ("controller", "{la_code: \"999\", name: Testshire}".into()),
            ("recipient", "nhs-england".into()),
            ("purpose", "client-level-data".into()),
            (
                "key",
                format!("{{file: {}, epoch: \"2026\"}}", samples("test.key")),
            ),
            ("signing_key", samples("test-signing.pem")),
            ("output", "{bundle: out, worklist: worklist}".into()),
            (
                "governance",
                "{legal_basis: Act, direction: No. 3, dpia: D1, retain_until: 2099-03-31, \
                 national_data_opt_out: {applied: false, reason: mandated}}"
                    .into(),
            ),
        ];
        Self {
            directory: directory(),
            settings: settings
                .map(|(key, value)| (key.to_owned(), value))
                .to_vec(),
            sources: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// With one source of these records.
    pub fn of(records: impl IntoIterator<Item = Record>) -> Self {
        Self::bare().source("cld.csv", records)
    }

    /// With one source of these bytes.
    pub fn file(file: &str, bytes: impl AsRef<[u8]>) -> Self {
        Self::bare().and_file(file, bytes)
    }

    /// Adds a source of these records.
    pub fn source(self, file: &str, records: impl IntoIterator<Item = Record>) -> Self {
        self.add(file, Content::Records(records.into_iter().collect()))
    }

    /// Adds a source of these bytes.
    pub fn and_file(self, file: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.add(file, Content::Bytes(bytes.as_ref().to_vec()))
    }

    /// Adds a source that is the answer to this query, which stands in the file.
    pub fn and_query(self, file: &str, statement: &str) -> Self {
        self.add(file, Content::Query(statement.into()))
    }

    /// Adds a source that is not written.
    pub fn and_missing(self, file: &str) -> Self {
        self.add(file, Content::Missing)
    }

    /// Adds a source that only its settings describe, `tables: {…}, from: …`; its files are written with [`Self::beside`].
    pub fn described(self, settings: &str) -> Self {
        self.add("", Content::Named).reads(settings)
    }

    fn add(mut self, file: &str, content: Content) -> Self {
        self.sources.push(Source {
            file: file.into(),
            settings: String::new(),
            content,
        });
        self
    }

    /// Adds settings, `ignore: [Team]`, to the source added last.
    pub fn reads(mut self, settings: &str) -> Self {
        let source = self.sources.last_mut().expect("a source");
        source.settings += &format!(", {settings}");
        self
    }

    /// Sets a key at the top of the configuration.
    pub fn set(mut self, key: &str, value: impl Into<String>) -> Self {
        self.settings.retain(|(k, _)| k != key);
        self.settings.push((key.into(), value.into()));
        self
    }

    /// Adds an argument to the command line.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Writes a file beside the configuration.
    pub fn beside(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), bytes).expect("written");
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn yaml(&self) -> String {
        let mut yaml = String::new();
        for (key, value) in &self.settings {
            yaml += &format!("{key}: {value}\n");
        }
        yaml += "sources:\n";
        for (at, source) in self.sources.iter().enumerate() {
            let place = match &source.content {
                Content::Query(_) => format!(", kind: odbc, query: {}", source.file),
                Content::Named => String::new(),
                _ => format!(", file: {}", source.file),
            };
            yaml += &format!(
                "  - {{name: source-{}{place}{}}}\n",
                at + 1,
                source.settings
            );
        }
        yaml
    }

    fn write(&self) {
        fs::write(self.path("council.yaml"), self.yaml()).expect("written");
        for source in &self.sources {
            let bytes = match &source.content {
                Content::Records(records) => Record::csv(records),
                Content::Bytes(bytes) => bytes.clone(),
                Content::Query(statement) => statement.clone().into_bytes(),
                Content::Missing | Content::Named => continue,
            };
            fs::write(self.path(&source.file), bytes).expect("written");
        }
    }

    /// The command that runs it; the files are written.
    pub fn command(&self) -> Command {
        self.write();
        let config = self.path("council.yaml");
        let mut command = cld(["run", "--config", config.to_str().expect("UTF-8")]);
        command.args(&self.arguments);
        command
    }

    /// Runs it.
    #[track_caller]
    pub fn run(self) -> Ran {
        let said = Said::of(self.command().output().expect("the binary starts"));
        self.keeps_silent(&said);
        Ran {
            council: self,
            said,
        }
    }

    /// Runs it and expects a bundle.
    #[track_caller]
    pub fn makes(self) -> Ran {
        let ran = self.run();
        assert_eq!(ran.said.code, 0, "{}", ran.said.stderr);
        ran
    }

    /// Runs it beside an earlier bundle and expects a failure with this exit code that leaves everything as it was.
    #[track_caller]
    pub fn fails(self, code: i32) -> Ran {
        fs::create_dir_all(self.path("out/earlier")).expect("made");
        fs::write(self.path("out/earlier/submission.csv"), "LA_Code\r\n").expect("written");
        self.write();
        let before = tree(self.directory.path());
        let ran = self.run();
        assert_eq!(ran.said.code, code, "{}", ran.said.stderr);
        // A gate that fails still tells what was found.
        assert_eq!(ran.said.stdout.is_empty(), code != 4, "{}", ran.said.stdout);
        let mut after = tree(ran.council.directory.path());
        if code == 4 {
            after.retain(|name, _| !name.starts_with("worklist"));
        }
        assert_eq!(before, after, "what is left behind");
        ran
    }

    /// No identifier of the records stands in what was printed.
    #[track_caller]
    fn keeps_silent(&self, said: &Said) {
        let records = self.sources.iter().flat_map(|s| match &s.content {
            Content::Records(records) => records.as_slice(),
            _ => &[],
        });
        for record in records {
            for word in record.identifiers() {
                let printed = format!("{}{}", said.stdout, said.stderr);
                assert!(!printed.contains(word), "an identifier in: {printed}");
            }
        }
    }
}

/// What a run came to.
pub struct Ran {
    pub council: Council,
    pub said: Said,
}

impl Ran {
    /// The directory of the only bundle.
    #[track_caller]
    pub fn bundle(&self) -> PathBuf {
        only_directory(&self.council.path("out"))
    }

    /// The directory of the only worklist.
    #[track_caller]
    pub fn worklist_directory(&self) -> PathBuf {
        only_directory(&self.council.path("worklist"))
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.bundle().join(name)).expect(name)
    }

    pub fn submission(&self) -> Table {
        Table::of(&self.read("submission.csv"))
    }

    pub fn findings(&self) -> Table {
        Table::of(&self.read("findings.csv"))
    }

    pub fn quality(&self) -> Table {
        Table::of(&self.read("data-quality.csv"))
    }

    /// What the worklist lists of single records. Council's records are much alike, so rules across records find many of
    /// them; tests of those ask for the whole.
    pub fn worklist(&self) -> Table {
        let mut table = self.whole_worklist();
        let across = |rule: &str| {
            let check = rule.split_once('.').map_or("", |(_, check)| check);
            let mut checks = cld_return::validate::Check::ALL.into_iter();
            checks.any(|c| c.name() == check && c.page().level > cld_return::schema::Level::Record)
        };
        let rule = table.at("rule");
        table.rows.retain(|row| !across(&row[rule]));
        table
    }

    pub fn whole_worklist(&self) -> Table {
        Table::of(&fs::read(self.worklist_directory().join("findings.csv")).expect("a worklist"))
    }

    pub fn workbook(&self) -> Workbook {
        Workbook::open(&self.worklist_directory().join("findings.xlsx"))
    }

    /// The codes of the rules in the worklist, in its order.
    pub fn rules(&self) -> Vec<String> {
        self.worklist().column("rule")
    }

    pub fn predicate(&self) -> serde_json::Value {
        let manifest: serde_json::Value =
            serde_json::from_slice(&self.read("manifest.json")).expect("JSON");
        manifest["predicate"].clone()
    }
}

#[track_caller]
pub fn only_directory(base: &Path) -> PathBuf {
    let entries = fs::read_dir(base).expect("a directory");
    let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.remove(0)
}

/// Every file and directory below a directory, files with their bytes.
pub fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(base: &Path, at: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(at).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(base).expect("below").display();
            if path.is_dir() {
                into.insert(format!("{name}/"), Vec::new());
                walk(base, &path, into);
            } else {
                into.insert(name.to_string(), fs::read(&path).unwrap_or_default());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(directory, directory, &mut found);
    found
}
