//! The first pass: every source, block by block, through whatever each thread does with a batch of cells.

use std::borrow::Cow;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use super::line::in_order;
use crate::config::SourceConfig;
use crate::error::{Error, Result};
use crate::extract::{
    Block, BlockPlace, Blocks, Cells, Encoding, ExtractError, Fingerprint, HeaderRow, Made, Source,
    Watch,
};
use crate::finding::in_sheet;
use crate::map::{MapError, Mapping, Unfit};
use crate::progress::Progress;
use crate::schema::Schema;
use crate::treat::SourceDigester;

/// A source with its columns fitted to the return.
pub struct Input {
    /// Name and file.
    pub source: Source,
    /// How its columns are used.
    pub mapping: Mapping,
    /// What the file was when it was opened first.
    pub fingerprint: Option<Fingerprint>,
    /// Where its blocks stand, once it was read to the end; none if its text does not stand in the file as it is.
    pub blocks: Vec<BlockPlace>,
}

impl Input {
    /// Fails if the file is not what it was when it was opened first.
    ///
    /// # Errors
    /// When it was written to, or another one is in its place.
    pub fn unchanged(&self) -> Result<()> {
        let now = self.source.fingerprint();
        if now == self.fingerprint {
            return Ok(());
        }
        let path = self.source.changed_file(&self.fingerprint, &now);
        Err(Self::changed_at(path))
    }

    /// What people look for it by: its name, with the sheet in brackets.
    pub fn shown(&self) -> Cow<'_, str> {
        in_sheet(&self.source.name, self.mapping.sheet.as_deref())
    }

    /// The failure of a file that changed.
    pub fn changed(&self) -> Error {
        Self::changed_at(&self.source.path)
    }

    fn changed_at(path: &Path) -> Error {
        Error::Input(format!(
            "{} changed while it was read. Run again when nothing writes to it",
            path.display()
        ))
    }
}

/// What was learnt of a source by reading it to the end.
#[derive(Debug, Clone)]
pub struct SourceFacts {
    /// The encoding it turned out to have.
    pub encoding: Encoding,
    /// The first row that looks like UTF-8, though the file is read as Windows-1252.
    pub mixed: Option<u64>,
    /// Keyed digest of the file, where one was asked for.
    pub digest: Option<String>,
    /// What became of a source of several tables, or with columns that are derived.
    pub made: Option<Made>,
    /// Keyed digests of the tables that are looked up, in their order.
    pub tables: Vec<String>,
}

/// Rows that look like UTF-8 in files that are read as Windows-1252: the file and its first such row.
pub fn mixed(inputs: &[Input], facts: &[SourceFacts]) -> Vec<(PathBuf, u64)> {
    let mut mixed = Vec::new();
    for (input, facts) in inputs.iter().zip(facts) {
        mixed.extend(facts.mixed.map(|row| (input.source.path.clone(), row)));
        let tables = facts.made.iter().flat_map(|made| &made.tables);
        for (table, facts) in input.source.lookups().zip(tables) {
            mixed.extend(facts.mixed.map(|row| (table.path.clone(), row)));
        }
    }
    mixed
}

/// How many threads work; results do not depend on it.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Opens every source and fits its columns; all faults of all sources are told at once.
///
/// # Errors
/// When a source cannot be read or its columns do not fit.
pub fn open(
    sources: &[SourceConfig],
    cancelled: Option<&str>,
    schema: &Schema,
) -> Result<Vec<Input>> {
    let fit = |described: &SourceConfig, header: &HeaderRow| {
        Mapping::fit(described, cancelled, header, schema).map(|mapping| (mapping, ()))
    };
    let inputs = open_each(sources, fit)?;
    if let Some(column) = cancelled
        && inputs.iter().all(|(i, ())| i.mapping.cancelled.is_none())
    {
        return Err(Error::Usage(format!(
            "selection.cancelled.column: no source has a column `{column}`"
        )));
    }
    Ok(inputs.into_iter().map(|(input, ())| input).collect())
}

/// Opens every source and fits its columns as far as they go; with each comes what a run would refuse it for.
///
/// # Errors
/// When a source cannot be read or its first row is none of column names.
pub fn open_drafts(
    sources: &[SourceConfig],
    cancelled: Option<&str>,
    schema: &Schema,
) -> Result<(Vec<Input>, Vec<Unfit>)> {
    let inputs = open_each(sources, |described, header| {
        Mapping::draft(described, cancelled, header, schema)
    })?;
    Ok(inputs.into_iter().unzip())
}

fn open_each<T>(
    sources: &[SourceConfig],
    fit: impl Fn(&SourceConfig, &HeaderRow) -> std::result::Result<(Mapping, T), MapError>,
) -> Result<Vec<(Input, T)>> {
    let mut faults = Vec::new();
    let mut inputs = Vec::new();
    for (at, described) in sources.iter().enumerate() {
        let source = &described.source;
        let fingerprint = source.fingerprint();
        let fitted = source
            .open()
            .and_then(|reader| Blocks::open(source, at, reader))
            .map_err(Error::from)
            .and_then(|blocks| Ok(fit(described, blocks.header())?));
        match fitted {
            Ok((mapping, more)) => inputs.push((
                Input {
                    source: source.clone(),
                    mapping,
                    fingerprint,
                    blocks: Vec::new(),
                },
                more,
            )),
            Err(Error::Map(MapError {
                path,
                faults: of_one,
            })) => faults.extend(of_one.into_iter().map(|fault| format!("{path}: {fault}"))),
            Err(e) if faults.is_empty() => return Err(e),
            Err(e) => faults.push(e.to_string()),
        }
    }
    if faults.is_empty() {
        Ok(inputs)
    } else {
        Err(Error::Input(faults.join("\n")))
    }
}

/// Reads all sources. Each worker gets batches; what it makes of a batch is taken in the order of the rows.
///
/// A file that looked like UTF-8 at first and is not is read again from the start as Windows-1252: then, and only then,
/// `begin` is called a second time, and everything taken before is to be forgotten.
///
/// # Errors
/// The first failure in the order of the rows.
pub fn read<W: Send, O: Send, S: Send>(
    inputs: &mut [Input],
    digester: impl Fn() -> Option<SourceDigester> + Sync,
    mut begin: impl FnMut() -> Result<(Vec<W>, S)>,
    work: impl Fn(&mut W, &Cells, &Input) -> Result<O> + Sync,
    mut take: impl FnMut(&mut S, O) -> Result<()> + Send,
) -> Result<(Vec<W>, S, Vec<SourceFacts>)> {
    loop {
        let (workers, mut sink) = begin()?;
        let total = inputs.iter().map(|i| i.source.size_with_tables()).sum();
        let progress = Progress::begin("reading and checking", total, true);
        let counter = progress.counter();
        let shared: &[Input] = inputs;
        let places = Mutex::new(Vec::new());
        let mut facts = Vec::with_capacity(shared.len());
        let open = |(at, input)| Reading::begin(at, input, &counter, &digester);
        let mut sources = shared.iter().enumerate();
        let mut reading: Option<Reading> = None;
        let blocks = std::iter::from_fn(|| {
            let mut next = || loop {
                let current = match &mut reading {
                    Some(current) => current,
                    None => match sources.next() {
                        Some(source) => reading.insert(open(source)?),
                        None => return Ok(None),
                    },
                };
                if let Some(block) = current.blocks.next()? {
                    return Ok(Some(block));
                }
                facts.extend(reading.take().map(Reading::end));
            };
            next().transpose()
        });
        let outcome = in_order(
            4 * threads(),
            blocks,
            workers,
            |worker, block: Block| {
                let input = &shared[block.source];
                let mut cells = block.into_cells(input.mapping.width, &input.source.path)?;
                if let Some(place) = cells.take_place() {
                    let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
                    places.push(place);
                }
                work(worker, &cells, input)
            },
            |made| take(&mut sink, made),
        );
        match outcome {
            Ok(workers) => {
                // What was read is one state of each file, or nothing.
                inputs.iter().try_for_each(Input::unchanged)?;
                let mut places = places.into_inner().unwrap_or_else(PoisonError::into_inner);
                places.sort_unstable_by_key(|place: &BlockPlace| place.whole().rows().start);
                inputs.iter_mut().for_each(|input| input.blocks.clear());
                for place in places {
                    inputs[place.whole().source()].blocks.push(place);
                }
                return Ok((workers, sink, facts));
            }
            Err(Error::Extract(ExtractError::NotUtf8 { ref path, .. })) => {
                let input = inputs
                    .iter_mut()
                    .find(|i| i.source.path == *path && i.source.encoding.is_none());
                match input {
                    Some(input) => input.source.encoding = Some(Encoding::Windows1252),
                    None => return outcome.map(|_| unreachable!("this is the failure")),
                }
            }
            // What was met in a file that is written to or cut short meanwhile says nothing of the file.
            Err(e @ (Error::Extract(_) | Error::Input(_))) => {
                inputs.iter().try_for_each(Input::unchanged)?;
                return Err(e);
            }
            Err(e) => return Err(e),
        }
    }
}

/// The digest of a file while it is read by whichever thread.
struct Digesting(Arc<Mutex<Option<SourceDigester>>>);

impl Digesting {
    fn watch(&self) -> Option<Watch> {
        let digester = Arc::clone(&self.0);
        let is_wanted = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some();
        is_wanted.then(|| -> Watch {
            Box::new(move |bytes: &[u8]| {
                let mut digester = digester.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(digester) = digester.as_mut() {
                    digester.update(bytes);
                }
            })
        })
    }

    fn finish(&self) -> Option<String> {
        let mut digester = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        digester.take().map(SourceDigester::finish)
    }
}

/// A source while it is read.
struct Reading {
    blocks: Blocks,
    of_file: Digesting,
    of_tables: Vec<Digesting>,
}

impl Reading {
    fn begin(
        at: usize,
        input: &Input,
        counter: &Arc<AtomicU64>,
        digester: &impl Fn() -> Option<SourceDigester>,
    ) -> Result<Self> {
        let of_file = Digesting(Arc::new(Mutex::new(digester())));
        let lookups = input.source.lookups();
        let of_tables: Vec<_> = lookups
            .map(|_| Digesting(Arc::new(Mutex::new(digester()))))
            .collect();
        let watches = of_tables.iter().map(Digesting::watch).collect();
        let text = input
            .source
            .open_tables(Arc::clone(counter), of_file.watch(), watches)?;
        let blocks = Blocks::open(&input.source, at, text)?;
        let header = blocks.header();
        if header.names != input.mapping.names || header.sheet != input.mapping.sheet {
            return Err(input.changed());
        }
        Ok(Self {
            blocks,
            of_file,
            of_tables,
        })
    }

    /// What was learnt of it, once there are no more blocks.
    fn end(self) -> SourceFacts {
        let Self {
            blocks,
            of_file,
            of_tables,
        } = self;
        let made = blocks.made();
        SourceFacts {
            encoding: made
                .as_ref()
                .and_then(|made| made.encoding)
                .unwrap_or_else(|| blocks.encoding()),
            mixed: match &made {
                Some(made) => made.mixed,
                None => blocks.mixed(),
            },
            digest: of_file.finish(),
            tables: of_tables.iter().filter_map(Digesting::finish).collect(),
            made,
        }
    }
}
