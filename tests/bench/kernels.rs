//! How fast the parts of a run are, each beside the physical limit it is compared to, measured in the same minute.
//!
//! `cargo bench --bench kernels` runs all, `cargo bench --bench kernels -- date HMAC` those whose names begin so. Started
//! otherwise, by `cargo test --bench kernels`, it goes through everything once on few rows, to show that it works.
//!
//! Every figure is the best of several rounds on one thread: what the code can do when nothing else disturbs it. The ratio
//! is the time of the kernel by the time of its limit; 1 would be as fast as the machine allows.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cld_return::config::SourceConfig;
use cld_return::date::Date;
use cld_return::extract::{Blocks, Cells, Source};
use cld_return::map::Mapping;
use cld_return::nhs_number::{NhsNumber, canonical};
use cld_return::sample;
use cld_return::schema::{Domain, Schema};
use cld_return::treat::{
    Identifiers, LocalRefusal, MasterKey, Opening, People, RowPlan, Scope, Treater, Values, Watch,
};
use cld_return::validate::{Checker, Kernel, Lexicon, LexiconContext, Plan, Setting};
use cld_return::write::{
    CsvFile, Key, ParquetFile, SortedRows, Spill, SpillWriter, Texts, groups, render_csv,
};
use sha2::{Digest, Sha256};

/// Rows that are rendered at once, as in a run.
const STRETCH: usize = 512;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let measures = asked.iter().any(|word| word == "--bench");
    let names: Vec<_> = asked.into_iter().filter(|w| !w.starts_with('-')).collect();
    let (rows, rounds) = if measures { (50_000, 15) } else { (500, 1) };
    let bench = Bench { names, rounds };
    println!("{rows} rows; the best of {rounds} rounds, on one thread");
    println!("SHA instructions: {}\n", sha_instructions());
    println!(
        "{:<14} {:>16} {:>8}   {:<28} {:>8} {:>7}",
        "kernel", "per second", "MB/s", "limit", "MB/s", "ratio"
    );
    Council::new(rows).measure(&bench);
}

/// Whether the processor has instructions for SHA-256, which `sha2` uses where they are.
fn sha_instructions() -> &'static str {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let has =
        std::arch::is_x86_feature_detected!("sha") && std::arch::is_x86_feature_detected!("sse4.1");
    #[cfg(target_arch = "aarch64")]
    let has = std::arch::is_aarch64_feature_detected!("sha2");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    let has = false;
    if has {
        "yes"
    } else {
        "no, SHA-256 is computed without them"
    }
}

/// What is asked for.
struct Bench {
    names: Vec<String>,
    rounds: u32,
}

/// The least that a kernel could take.
struct Limit {
    name: &'static str,
    bytes: usize,
    time: Duration,
}

impl Bench {
    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| name.starts_with(wanted))
    }

    /// The time of the best round.
    fn best<T>(&self, mut work: impl FnMut() -> T) -> Duration {
        let round = |_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        };
        (0..self.rounds).map(round).min().unwrap_or_default()
    }

    /// Measures a kernel that works on so many `things` in so many bytes, and prints it beside its limits.
    fn kernel<T>(
        &self,
        name: &str,
        (count, things): (usize, &str),
        bytes: usize,
        work: impl FnMut() -> T,
        limits: &[&dyn Fn() -> Limit],
    ) {
        if !self.wants(name) {
            return;
        }
        let time = self.best(work);
        let each = count as f64 / time.as_secs_f64();
        let mut front = format!(
            "{name:<14} {:>16} {:>8.0}",
            format!("{:.2} M {things}", each / 1e6),
            rate(bytes, time)
        );
        for limit in limits {
            let limit = limit();
            println!(
                "{front}   {:<28} {:>8.0} {:>7.1}",
                limit.name,
                rate(limit.bytes, limit.time),
                time.as_secs_f64() / limit.time.as_secs_f64()
            );
            front = " ".repeat(front.len());
        }
    }

    /// Copying so many bytes from one place in memory to another.
    fn copy(&self, bytes: usize) -> Limit {
        let from = vec![1_u8; bytes];
        let mut to = vec![0_u8; bytes];
        Limit {
            name: "copy in memory",
            bytes,
            time: self.best(|| {
                to.copy_from_slice(black_box(&from));
                black_box(to.last().copied())
            }),
        }
    }

    /// SHA-256 of so many bytes in one message.
    fn sha256(&self, bytes: usize) -> Limit {
        let message = vec![1_u8; bytes];
        Limit {
            name: "SHA-256 of one message",
            bytes,
            time: self.best(|| Sha256::digest(black_box(&message))),
        }
    }

    /// Writing so many bytes to a new file, and waiting for the disk if `sync`.
    fn disk(&self, directory: &Path, bytes: usize, sync: bool) -> Limit {
        let content = vec![1_u8; bytes];
        let path = directory.join("limit");
        Limit {
            name: if sync {
                "file, until it is on the disk"
            } else {
                "file, as the system takes it"
            },
            bytes,
            time: self.best(|| {
                let mut file = File::create(&path).expect("a new file");
                file.write_all(&content).expect("room on the disk");
                if sync {
                    file.sync_all().expect("room on the disk");
                }
            }),
        }
    }

    /// Reading a file that the system has in memory, in pieces as a run does.
    fn cached(&self, path: &Path, bytes: usize) -> Limit {
        let mut piece = vec![0_u8; 1 << 16];
        Limit {
            name: "file, from the page cache",
            bytes,
            time: self.best(|| {
                let mut file = File::open(path).expect("the sample");
                while std::io::Read::read(&mut file, &mut piece).expect("the sample") > 0 {}
                black_box(piece[0])
            }),
        }
    }
}

/// Millions of bytes in a second.
fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// An invented council and what a run makes of its extract, up to the sorted rows.
struct Council {
    rows: usize,
    directory: tempfile::TempDir,
    source: SourceConfig,
    bytes: usize,
    schema: Arc<Schema>,
    plan: Plan,
    mapping: Mapping,
    row_plan: RowPlan,
    key: MasterKey,
    scope: Scope,
}

impl Council {
    fn new(rows: usize) -> Self {
        let schema = Arc::new(Schema::load("cld-release-2", None).expect("a built-in schema"));
        // Under target/, which lies on a disk where /tmp may be memory.
        let directory =
            tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory to write into");
        let path = directory.path().join("sample.csv");
        let options = sample::Options {
            rows: rows as u64,
            ..sample::Options::default()
        };
        let mut content = Vec::new();
        sample::write(&schema, &options, &mut content).expect("a sample");
        std::fs::write(&path, &content).expect("room on the disk");
        let source = SourceConfig {
            source: Source {
                name: "sample".into(),
                path,
                encoding: None,
                format: cld_return::extract::Format::of(cld_return::extract::Kind::Csv),
                query: None,
                configured: false,
                recipe: None,
            },
            columns: Vec::new(),
            values: Vec::new(),
            codes: None,
            ignore: Vec::new(),
            absent: Vec::new(),
        };
        let header = blocks(&source.source);
        let mapping = Mapping::fit(&source, None, header.header(), &schema).expect("its columns");
        let keys = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/keys/test.key");
        let key = MasterKey::load(&keys, Opening::default()).expect("the test key");
        let scope = Scope::new("999", "recipient", "purpose", "2026").expect("a scope");
        let day = |text| Date::parse_iso(text).expect("a day");
        let setting = Setting {
            la_code: "999",
            test_numbers: true,
            period: Some((day("2025-04-01"), day("2026-03-31"))),
        };
        Self {
            rows,
            directory,
            source,
            bytes: content.len(),
            plan: Plan::new(Arc::clone(&schema), &setting),
            row_plan: RowPlan::new(Arc::clone(&schema), &key, &scope).expect("a plan"),
            mapping,
            schema,
            key,
            scope,
        }
    }

    fn measure(&self, bench: &Bench) {
        let batches = self.read();
        let rows = (self.rows, "rows");
        bench.kernel(
            "read",
            rows,
            self.bytes,
            || self.read_and_drop(),
            &[&|| bench.copy(self.bytes), &|| {
                bench.cached(&self.source.source.path, self.bytes)
            }],
        );
        self.look_up(bench, &batches);
        bench.kernel(
            "check",
            rows,
            self.bytes,
            || self.check(&batches),
            &[&|| bench.copy(self.bytes)],
        );
        self.dates(bench, &batches);
        self.pseudonyms(bench, &batches);
        self.write(bench, &batches);
    }

    fn read(&self) -> Vec<Cells> {
        let mut blocks = blocks(&self.source.source);
        std::iter::from_fn(|| blocks.next().expect("a sound file"))
            .map(|block| {
                let path = &self.source.source.path;
                block
                    .into_cells(self.mapping.width, path)
                    .expect("sound rows")
            })
            .collect()
    }

    /// As a run does: the memory of one block is used by the next.
    fn read_and_drop(&self) -> usize {
        let mut blocks = blocks(&self.source.source);
        let mut records = 0;
        while let Some(block) = blocks.next().expect("a sound file") {
            let path = &self.source.source.path;
            let cells = block
                .into_cells(self.mapping.width, path)
                .expect("sound rows");
            records += black_box(cells).len();
        }
        assert_eq!(records, self.rows);
        records
    }

    /// The columns of these fields, of all batches.
    fn columns(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let fields = (0..self.schema.fields.len()).filter(|field| is_wanted(*field));
        fields
            .filter_map(|field| Some((field, self.mapping.fields[field]?)))
            .collect()
    }

    /// Every cell of a list is looked up among the values met.
    fn look_up(&self, bench: &Bench, batches: &[Cells]) {
        let columns = self.columns(|field| self.schema.fields[field].list.is_some());
        let contexts: Vec<_> = columns
            .iter()
            .filter_map(|&(field, column)| {
                Some((
                    column,
                    LexiconContext::of(&self.plan, &self.mapping, field)?,
                ))
            })
            .collect();
        let lexicons = || contexts.iter().map(|(_, context)| Lexicon::new(context));
        let look_up = |lexicons: &mut Vec<Lexicon>| {
            let mut sum = 0_u64;
            for cells in batches {
                for ((column, context), lexicon) in contexts.iter().zip(lexicons.iter_mut()) {
                    for (cell, key) in cells.keyed_column(*column).flatten() {
                        sum += u64::from(lexicon.position(cell, key, context));
                    }
                }
            }
            sum
        };
        // Most values of a run are known after its first rows.
        let mut known: Vec<_> = lexicons().collect();
        assert!(look_up(&mut known) > 0);
        let cells: Vec<&[u8]> = batches
            .iter()
            .flat_map(|batch| contexts.iter().flat_map(|(at, _)| batch.column(*at)))
            .collect();
        let bytes = cells.iter().map(|cell| cell.len()).sum();
        bench.kernel(
            "list look-up",
            (cells.len(), "cells"),
            bytes,
            || look_up(&mut known),
            &[&|| bench.copy(bytes)],
        );
    }

    /// All that is checked of records one by one.
    fn check(&self, batches: &[Cells]) -> usize {
        let mut checker = Checker::new(&self.plan, 1);
        let mut issues = 0;
        for cells in batches {
            checker.check(cells, &self.mapping).expect("no pseudonyms");
            issues += checker.checked().issues.len();
        }
        issues
    }

    fn dates(&self, bench: &Bench, batches: &[Cells]) {
        let is_date = |field: usize| matches!(self.plan.fields[field].kernel, Kernel::Date);
        let columns = self.columns(is_date);
        let cells: Vec<&[u8]> = batches
            .iter()
            .flat_map(|batch| columns.iter().flat_map(|(_, at)| batch.column(*at)))
            .collect();
        let bytes = cells.iter().map(|cell| cell.len()).sum();
        let parse = || cells.iter().filter_map(|cell| Date::parse(cell)).count();
        assert!(parse() > self.rows);
        bench.kernel(
            "date",
            (cells.len(), "cells"),
            bytes,
            parse,
            &[&|| bench.copy(bytes)],
        );
    }

    /// The NHS numbers of all rows, as if no two neighbours were about one person.
    fn pseudonyms(&self, bench: &Bench, batches: &[Cells]) {
        let column = self.mapping.fields[self.schema.roles.nhs_number].expect("the column");
        let cells = batches.iter().flat_map(|batch| batch.column(column));
        let numbers: Vec<NhsNumber> = cells
            .filter_map(|cell| canonical(std::str::from_utf8(cell).ok()?).ok())
            .collect();
        assert!(numbers.len() > self.rows / 2);
        let key = self
            .key
            .domain_key(&self.scope, &Domain::NhsNumber)
            .expect("a key");
        let hash = || {
            numbers.iter().fold(0, |sum: u64, number| {
                sum.wrapping_add(key.pseudonym_of_nhs(number).start())
            })
        };
        // With the states of the key at hand, an HMAC of a short message hashes two blocks of 64 bytes.
        let hashed = numbers.len() * 128;
        bench.kernel(
            "HMAC",
            (numbers.len(), "numbers"),
            hashed,
            hash,
            &[&|| bench.sha256(hashed)],
        );
    }

    fn write(&self, bench: &Bench, batches: &[Cells]) {
        let directory = self.directory.path();
        let (values, identifiers, people) = (
            Values::new(self.row_plan.layout.values),
            Identifiers::default(),
            People::default(),
        );
        let spill = Spill::new(directory);
        let mut packed = 0;
        {
            let mut checker = Checker::new(&self.plan, 1);
            let met = (&identifiers, &people);
            let mut treater = Treater::new(&self.row_plan, &values, met, 1, Watch::default());
            let mut writer = SpillWriter::new(&spill);
            for cells in batches {
                checker.check(cells, &self.mapping).expect("no pseudonyms");
                let all: Vec<u32> = (0..cells.len() as u32).collect();
                let push = |first, row: &[u8]| {
                    packed += row.len();
                    writer.push(first, row).expect("memory");
                    Ok::<(), LocalRefusal>(())
                };
                treater
                    .treat(cells, &self.mapping, &checker, &all, push)
                    .expect("no pseudonyms");
            }
            treater.finish();
            writer.finish().expect("memory");
        }
        let columns = &self.row_plan.columns;
        let layout = &self.row_plan.layout;
        let texts = Texts::new(&values, layout, columns, |_, _| false).expect("texts");
        let key = Key {
            layout,
            columns,
            texts: &texts,
        };
        let groups = groups(&spill.rows());
        let load = |group: &std::ops::Range<usize>| {
            SortedRows::load(&spill, group.clone(), key, |_, _| false).expect("the rows")
        };
        let rows = (self.rows, "rows");
        bench.kernel(
            "sort",
            rows,
            packed,
            || groups.iter().map(|group| load(group).len()).sum::<usize>(),
            &[&|| bench.copy(packed)],
        );

        let sorted: Vec<_> = groups.iter().map(load).collect();
        let stretches = || {
            sorted.iter().flat_map(|rows| {
                let starts = (0..rows.len()).step_by(STRETCH);
                starts.map(move |at| (rows, at..(at + STRETCH).min(rows.len())))
            })
        };
        let render = || {
            stretches()
                .map(|(rows, stretch)| render_csv(rows, stretch).len())
                .sum::<usize>()
        };
        let text = render();
        bench.kernel("render CSV", rows, text, render, &[&|| bench.copy(text)]);
        let csv = directory.join("submission.csv");
        let write_csv = || {
            let _ = std::fs::remove_file(&csv);
            let mut file = CsvFile::create(&csv, columns).expect("a new file");
            for (rows, stretch) in stretches() {
                file.write(&render_csv(rows, stretch))
                    .expect("room on the disk");
            }
            let (digest, settling) = file.finish().expect("a handle");
            settling.wait().expect("room on the disk");
            digest
        };
        bench.kernel(
            "write CSV",
            rows,
            text,
            write_csv,
            &[
                &|| bench.sha256(text),
                &|| bench.disk(directory, text, false),
                &|| bench.disk(directory, text, true),
            ],
        );

        let path = directory.join("submission.parquet");
        let write_parquet = || {
            let _ = std::fs::remove_file(&path);
            let (mut file, encoders) =
                ParquetFile::create(&path, &self.schema.id, columns).expect("a new file");
            let mut encoder = encoders.encoder().expect("an encoder");
            for rows in &sorted {
                let group = encoder.encode(rows).expect("a row group");
                file.append(group).expect("room on the disk");
            }
            let (digest, settling) = file.finish().expect("a handle");
            settling.wait().expect("room on the disk");
            digest
        };
        write_parquet();
        let written = std::fs::metadata(&path).expect("the file").len() as usize;
        bench.kernel(
            "write Parquet",
            rows,
            packed,
            write_parquet,
            &[&|| bench.copy(packed), &|| {
                bench.disk(directory, written, true)
            }],
        );
    }
}

fn blocks(source: &Source) -> Blocks {
    let reader = source.open().expect("the sample");
    Blocks::open(source, 0, reader).expect("the sample")
}
