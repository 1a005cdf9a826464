//! Opens one file of any kind as a stream of text of records.

use std::fs::File;
use std::io::{Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::dialect::{self, Decoded};
use super::flow::{Halt, Sink, flow};
use super::gzip::Unpacked;
use super::query::Query;
use super::spool::Reading;
use super::tables::{self, Made, Recipe};
use super::{Encoding, ExtractError, Format, Kind, ipc, parquet, xlsx};

/// The longest row that is read, in bytes. A longer one is a file with a quote that was never closed, or not a CSV file.
pub const MAX_ROW_BYTES: usize = 16 << 20;

/// One part of the extract: a file, or a query of a database.
#[derive(Debug, Clone)]
pub struct Source {
    /// What the configuration calls it, and what reports say.
    pub name: String,
    /// Where it lies; of a query, where that is written.
    pub path: PathBuf,
    /// The encoding, where it is known beforehand. Means nothing unless it is text.
    pub encoding: Option<Encoding>,
    /// What kind of file it is.
    pub format: Format,
    /// The query, if it is one.
    pub query: Option<Query>,
    /// Whether a configuration names it, so that messages may speak of the keys of one.
    pub configured: bool,
    /// How it is made of its rows, where they do not go on as they are.
    pub recipe: Option<Arc<Recipe>>,
}

impl Source {
    /// Opens the file.
    ///
    /// # Errors
    /// When the file is missing, not a plain file, cannot be opened, or is not of the kind it should be.
    pub fn open(&self) -> Result<Text, ExtractError> {
        self.open_watched(Arc::default(), None)
    }

    /// Opens the file. `read` counts the bytes taken from the disk, for progress; `watch` sees them all, in their order.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_watched(
        &self,
        read: Arc<AtomicU64>,
        watch: Option<Watch>,
    ) -> Result<Text, ExtractError> {
        self.open_tables(read, watch, Vec::new())
    }

    /// Opens the file and the tables that are looked up in it. `tables` see their bytes, in the order of the recipe.
    ///
    /// # Errors
    /// As [`Source::open`], for any of the files; also when expressions or columns of the recipe do not fit them.
    pub fn open_tables(
        &self,
        read: Arc<AtomicU64>,
        watch: Option<Watch>,
        tables: Vec<Option<Watch>>,
    ) -> Result<Text, ExtractError> {
        if let Some(recipe) = &self.recipe {
            return tables::open(self, recipe, read, watch, tables);
        }
        if let Some(query) = &self.query {
            let spool = query.asked(self)?;
            return Ok(Text {
                first_row: spool.first_row()?,
                first_column: 0,
                sheet: Some(query.name.clone()),
                decoded: Some(Encoding::Utf8),
                in_place: true,
                own_columns: None,
                made: None,
                reader: Box::new(Watched {
                    file: Reading::of(spool),
                    read,
                    watch,
                }),
            });
        }
        let mut file = self.open_file()?;
        match self.format.kind {
            Kind::Csv => self.open_text(file, read, watch),
            Kind::Xlsx | Kind::Parquet | Kind::Arrow | Kind::Odbc => {
                match watch {
                    // These are read here and there, but their bytes count in order.
                    Some(watch) => {
                        let mut watched = Watched {
                            file: &mut file,
                            read,
                            watch: Some(watch),
                        };
                        std::io::copy(&mut watched, &mut std::io::sink())
                            .map_err(|e| self.unreadable(e))?;
                        file.rewind().map_err(|e| self.unreadable(e))?;
                    }
                    None => {
                        read.fetch_add(self.size(), Ordering::Relaxed);
                    }
                }
                let write: fn(&Source, File, &mut Sink) -> Result<(), Halt> = match self.format.kind
                {
                    Kind::Xlsx => xlsx::write,
                    Kind::Parquet => parquet::write,
                    Kind::Csv | Kind::Arrow | Kind::Odbc => ipc::write,
                };
                let source = self.clone();
                let (start, text) = flow(self, move |sink| write(&source, file, sink))?;
                Ok(Text {
                    reader: Box::new(text),
                    first_row: start.first_row,
                    first_column: start.first_column,
                    sheet: start.sheet,
                    decoded: Some(Encoding::Utf8),
                    in_place: false,
                    own_columns: None,
                    made: None,
                })
            }
        }
    }

    fn open_text(
        &self,
        mut file: File,
        read: Arc<AtomicU64>,
        watch: Option<Watch>,
    ) -> Result<Text, ExtractError> {
        let compressed = self.is_compressed();
        let mut mark = [0; 2];
        if !compressed {
            let marked = fill(&mut file, &mut mark).map_err(|e| self.unreadable(e))?;
            mark[marked..].fill(0);
            file.seek(SeekFrom::Start(0))
                .map_err(|e| self.unreadable(e))?;
        }
        let watched = Watched { file, read, watch };
        let mut reader: Box<dyn Read + Send> = if compressed {
            let mut unpacked = Unpacked::new(self, Box::new(watched));
            let mut first = Vec::new();
            unpacked
                .by_ref()
                .take(2)
                .read_to_end(&mut first)
                .map_err(|e| self.read_fault(e))?;
            mark[..first.len()].copy_from_slice(&first);
            Box::new(Cursor::new(first).chain(unpacked))
        } else {
            Box::new(watched)
        };
        let encoding = match mark {
            [0xFF, 0xFE] => Some(Encoding::Utf16Le),
            [0xFE, 0xFF] => Some(Encoding::Utf16Be),
            _ => self.encoding,
        };
        if let (Some(said), Some(marked)) = (self.encoding, encoding)
            && said != marked
        {
            return Err(ExtractError::File {
                path: self.path.clone(),
                fault: format!(
                    "begins with the mark of UTF-16, but the configuration says {}",
                    said.name()
                ),
                remedy: "Remove `encoding:` from the source",
            });
        }
        let decoded = encoding.filter(|encoding| encoding.is_decoded_first());
        if let Some(encoding) = decoded {
            reader = Box::new(Decoded::new(self, reader, encoding));
        }
        let canonical = self.format.is_comma_separated();
        let mut first_row = 1;
        if !canonical {
            let source = self.clone();
            let (start, text) = flow(self, move |sink| dialect::write(&source, reader, sink))?;
            reader = Box::new(text);
            first_row = start.first_row;
        }
        Ok(Text {
            reader,
            first_row,
            first_column: 0,
            sheet: None,
            decoded,
            in_place: canonical && decoded.is_none() && !compressed,
            own_columns: None,
            made: None,
        })
    }

    /// Opens the text to read parts of it again, at the places where blocks of it stood.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_again(&self) -> Result<Box<dyn Places>, ExtractError> {
        match &self.query {
            Some(query) => Ok(Box::new(Reading::of(query.asked(self)?))),
            None => Ok(Box::new(self.open_file()?)),
        }
    }

    /// Opens the file as it lies on the disk.
    ///
    /// # Errors
    /// When the file is missing, not a plain file, or cannot be opened.
    fn open_file(&self) -> Result<File, ExtractError> {
        let kind = std::fs::symlink_metadata(&self.path)
            .map_err(|e| self.unreadable(e))?
            .file_type();
        if !kind.is_file() {
            return Err(ExtractError::NotAFile {
                path: self.path.clone(),
            });
        }
        File::open(&self.path).map_err(|e| self.unreadable(e))
    }

    /// The failure of a file that cannot be read.
    pub fn unreadable(&self, source: std::io::Error) -> ExtractError {
        ExtractError::Unreadable {
            path: self.path.clone(),
            source,
            configured: self.configured,
        }
    }

    /// The failure of reading its text on.
    pub(super) fn read_fault(&self, error: std::io::Error) -> ExtractError {
        let file = |fault: &str, remedy| ExtractError::File {
            path: self.path.clone(),
            fault: fault.to_owned(),
            remedy,
        };
        match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::InvalidData => file(
                "is not a sound gzip file",
                "Make the file again, or unpack it first",
            ),
            ErrorKind::UnexpectedEof => file(
                "is cut short: the gzip data end too early",
                "Copy or make the file again",
            ),
            _ => error
                .downcast::<ExtractError>()
                .unwrap_or_else(|error| self.unreadable(error)),
        }
    }

    fn is_compressed(&self) -> bool {
        is_gzip(&self.path)
    }

    /// Reads the file once to tell its encoding: UTF-8 if all of it is valid UTF-8, else Windows-1252, unless a mark says
    /// something else. What is no text has none, and is read as UTF-8.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn detect_encoding(&self) -> Result<Encoding, ExtractError> {
        if let Some(encoding) = self.encoding {
            return Ok(encoding);
        }
        if self.format.kind != Kind::Csv {
            return Ok(Encoding::Utf8);
        }
        if self.recipe.is_some() {
            let own = Self {
                recipe: None,
                ..self.clone()
            };
            return own.detect_encoding();
        }
        let Text {
            mut reader,
            decoded,
            ..
        } = self.open()?;
        if let Some(encoding) = decoded {
            return Ok(encoding);
        }
        let mut buffer = Vec::with_capacity(1 << 20);
        loop {
            let n = reader
                .by_ref()
                .take(1 << 20)
                .read_to_end(&mut buffer)
                .map_err(|e| self.read_fault(e))?;
            if buffer.starts_with(b"\xEF\xBB\xBF") {
                // The mark says so; where it is wrong, reading says where.
                return Ok(Encoding::Utf8);
            }
            match simdutf8::compat::from_utf8(&buffer) {
                Ok(_) => buffer.clear(),
                // A character may be cut in two by the end of the buffer, but not by the end of the file.
                Err(e) if e.error_len().is_none() && n > 0 => {
                    buffer.drain(..e.valid_up_to());
                }
                Err(_) => return Ok(Encoding::Windows1252),
            }
            if n == 0 {
                return Ok(Encoding::Utf8);
            }
        }
    }

    /// `csv`, `csv.gz`, `xlsx`, `parquet`, `arrow` or `odbc`.
    pub fn kind(&self) -> &'static str {
        match self.format.kind {
            Kind::Csv if is_gzip(&self.path) => "csv.gz",
            kind => kind.name(),
        }
    }

    /// What the file is now: another one, or one that was written to since, has another fingerprint. `None` where nothing
    /// can be told.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        if self.query.is_some() {
            // It is asked once, and what it gave does not change.
            return None;
        }
        let metadata = std::fs::metadata(&self.path).ok()?;
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            [
                metadata.dev(),
                metadata.ino(),
                metadata.ctime() as u64,
                metadata.ctime_nsec() as u64,
            ]
        };
        #[cfg(not(unix))]
        let identity = [0; 4];
        let tables = self.lookups().map(Self::fingerprint);
        Some(Fingerprint {
            tables: tables.collect::<Option<_>>()?,
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity,
        })
    }

    /// Which of its files is not what it was.
    pub fn changed_file(&self, then: &Option<Fingerprint>, now: &Option<Fingerprint>) -> &Path {
        let of_tables =
            |of: &Option<Fingerprint>| of.as_ref().map(|of| of.tables.clone()).unwrap_or_default();
        let (then, now) = (of_tables(then), of_tables(now));
        let changed = self
            .lookups()
            .zip(then.iter().zip(&now))
            .find(|(_, (then, now))| then != now);
        changed.map_or(&self.path, |(table, _)| &table.path)
    }

    /// Size on disk in bytes, with the tables that are looked up.
    pub fn size_with_tables(&self) -> u64 {
        self.size() + self.lookups().map(Self::size).sum::<u64>()
    }

    /// The tables that are looked up.
    pub fn lookups(&self) -> impl Iterator<Item = &Self> {
        self.recipe.iter().flat_map(|recipe| recipe.lookups())
    }

    /// Size on disk in bytes, of a query that of its answer as text; 0 where it cannot be told.
    pub fn size(&self) -> u64 {
        if let Some(query) = &self.query {
            return query.size();
        }
        std::fs::metadata(&self.path).map_or(0, |m| m.len())
    }
}

fn is_gzip(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("gz"))
}

/// Tells a file from another one, and from itself after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    length: u64,
    modified: Option<std::time::SystemTime>,
    /// Device, file, and when either was changed last.
    identity: [u64; 4],
    /// Those of the tables that are looked up.
    tables: Vec<Fingerprint>,
}

/// Sees the bytes of a file as they are read.
pub type Watch = Box<dyn FnMut(&[u8]) + Send>;

/// Text of which parts can be read by their places.
pub trait Places: Read + Seek + Send {}

impl<T: Read + Seek + Send> Places for T {}

/// A source opened: comma-separated text, its header first.
pub struct Text {
    pub(super) reader: Box<dyn Read + Send>,
    /// Row of the header, as a spreadsheet counts.
    pub(super) first_row: u64,
    /// Columns of the sheet before the first one that is read.
    pub(super) first_column: usize,
    /// The sheet that is read.
    pub(super) sheet: Option<String>,
    /// Where the text is UTF-8 already, the encoding it was in.
    pub(super) decoded: Option<Encoding>,
    /// Whether the text stands in the file as it is, so that parts of it can be read again alone.
    pub(super) in_place: bool,
    /// How many of its columns stand in the file itself, where others are made.
    pub(super) own_columns: Option<usize>,
    /// What is known of a source with a recipe once it was read to the end.
    pub(super) made: Option<Arc<Mutex<Made>>>,
}

impl Text {
    /// Comma-separated text that stands in a file as it is.
    pub fn plain(reader: Box<dyn Read + Send>) -> Self {
        Self {
            reader,
            first_row: 1,
            first_column: 0,
            sheet: None,
            decoded: None,
            in_place: true,
            own_columns: None,
            made: None,
        }
    }
}

struct Watched<F> {
    file: F,
    read: Arc<AtomicU64>,
    watch: Option<Watch>,
}

impl<F: Read> Read for Watched<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        if let Some(watch) = &mut self.watch {
            watch(&buffer[..n]);
        }
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Reads until the buffer is full or the end; gives how much there was.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut had = 0;
    while had < buffer.len() {
        match from.read(&mut buffer[had..]) {
            Ok(0) => break,
            Ok(n) => had += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(had)
}
