//! `cld map`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Format;
use super::print::{self, number, shown};
use crate::config::Config;
use crate::custody;
use crate::error::{Error, Result};
use crate::map::{CERTAIN, Suggestion, suggest};
use crate::pipeline::{Coverage, FieldCoverage, SourceCoverage, coverage};
use crate::schema::Schema;
use crate::tokens::without_nhs_numbers;
use crate::write::WorklistLines;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a table of the codes that nothing maps yet, with the values they may stand for.
    ///
    /// Reads the sources as a run does. A row for each code that is neither in the list of its field nor mapped:
    /// source,field,local,value,suggestion,nearness,records. Fill in `value` and name the file as `values_file:` of the
    /// source. `value` is filled in where only capitals, spaces and punctuation differ (nearness 100); the rest is yours to
    /// decide. A row without a value says nothing.
    ///
    /// Codes that may tell who somebody is are counted and not written: NHS numbers, postcodes; and, unless ten people have
    /// them, names and person ids of the extract, days, long numbers and long texts. The table stays in the council all the
    /// same.
    Suggest(Suggest),
    /// Say what columns and codes a mapping leaves uncovered.
    ///
    /// Reads the sources as a run does, and writes nothing. Of columns: which are no field and not left out, and which fields
    /// no column is. Of codes: the share of records that the list, the release before or the mapping covers, the codes that
    /// are left, and codes of the mapping that the source does not have. Where a list is not known in full, nobody can say
    /// whether a code is wrong.
    Check(Check),
}

#[derive(Debug, Args)]
pub struct Suggest {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "config/cld.yaml")]
    config: PathBuf,
    /// Write to this new file, which only you can read, instead of printing.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Check {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "config/cld.yaml")]
    config: PathBuf,
    /// End with exit code 4 if there is something like this.
    #[arg(long, value_enum, default_value_t = FailOn::Never)]
    fail_on: FailOn,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A code that is in no list known in full and not mapped, or columns that a run would refuse
    Uncovered,
    /// Nothing
    Never,
}

impl Command {
    pub fn run(&self, schemas: Option<&Path>) -> Result<()> {
        custody::keep_to_ourselves();
        match self {
            Self::Suggest(arguments) => arguments.run(schemas),
            Self::Check(arguments) => arguments.run(schemas),
        }
    }
}

impl Suggest {
    fn run(&self, schemas: Option<&Path>) -> Result<()> {
        let config = Config::load(&self.config, schemas)?;
        if let Some(out) = &self.out {
            config.refuse_among_bundles(out)?;
            if out.symlink_metadata().is_ok() {
                return Err(exists(out));
            }
        }
        let found = coverage(&config)?;
        let (table, rows, left) = table(&found, &config.schema);
        for note in notes(&found, &config.schema, left) {
            print::note(&note);
        }
        let Some(out) = &self.out else {
            return print::out(&String::from_utf8_lossy(&table));
        };
        custody::write_secret(out, &table).map_err(|source| {
            if source.kind() == std::io::ErrorKind::AlreadyExists {
                exists(out)
            } else {
                Error::io("write", out)(source)
            }
        })?;
        print::out(&format!(
            "{}: {} codes to decide (keep it in the council)\n",
            shown(out),
            number(rows)
        ))
    }
}

fn exists(out: &Path) -> Error {
    Error::Usage(format!(
        "{} exists and is not overwritten: it may hold what somebody decided. Name a new file",
        out.display()
    ))
}

const COLUMNS: [&str; 7] = [
    "source",
    "field",
    "local",
    "value",
    "suggestion",
    "nearness",
    "records",
];

/// How near a value must be for a code of a list that is not known in full to be asked about.
const NEAR: u8 = 70;

/// The table, its rows, and how many codes were left out because they may be right.
fn table(found: &Coverage, schema: &Schema) -> (Vec<u8>, u64, u64) {
    let mut lines = WorklistLines::default();
    lines.bytes.extend_from_slice(b"\xEF\xBB\xBF");
    lines.line(COLUMNS.into_iter().map(str::as_bytes));
    let (mut rows, mut left) = (0, 0);
    for source in &found.sources {
        for field in &source.fields {
            let described = &schema.fields[field.field];
            let Some(list) = described.list.map(|list| &schema.lists[list]) else {
                continue;
            };
            for code in &field.codes {
                let suggestion = suggest(list, &code.local);
                // It may be right as it is, so only what is nearly a value known is worth a question.
                let near = |s: Suggestion<'_>| {
                    s.nearness >= NEAR && s.value.to_lowercase() != code.local.to_lowercase()
                };
                if !field.judged && !suggestion.is_some_and(near) {
                    left += 1;
                    continue;
                }
                let certain = suggestion.filter(|s| s.nearness == CERTAIN);
                let cells = [
                    &*source.name,
                    &*described.name,
                    &*code.local,
                    certain.map_or("", |s| s.value),
                    suggestion.map_or("", |s| s.value),
                    &suggestion.map_or(String::new(), |s| s.nearness.to_string()),
                    &code.records.to_string(),
                ];
                lines.line(cells.into_iter().map(str::as_bytes));
                rows += 1;
            }
        }
    }
    (lines.bytes, rows, left)
}

/// What the table does not hold.
fn notes(found: &Coverage, schema: &Schema, left: u64) -> Vec<String> {
    let mut notes = Vec::new();
    for source in &found.sources {
        let name = without_nhs_numbers(&source.name);
        if !source.faults.is_empty() {
            notes.push(format!(
                "{name}: {} columns are no field yet and {} fields have no column; see `cld map check`",
                number(source.unplaced.len() as u64),
                number(source.missed.len() as u64)
            ));
        }
        for field in &source.fields {
            let of = format!("{name}, {}", schema.fields[field.field].name);
            for text in [withheld(field), further(field)].into_iter().flatten() {
                notes.push(format!("{of}: {text}"));
            }
        }
    }
    if left > 0 {
        notes.push(format!(
            "{} codes of lists that are not known in full are left out: they may be right, and nothing is near them",
            number(left)
        ));
    }
    notes
}

fn withheld(field: &FieldCoverage) -> Option<String> {
    let of = field.withheld;
    (of.codes > 0).then(|| {
        format!(
            "not shown, as they may tell who somebody is: codes {}, records {}",
            number(of.codes),
            number(of.records)
        )
    })
}

fn further(field: &FieldCoverage) -> Option<String> {
    let of = field.further;
    (of.codes > 0).then(|| {
        format!(
            "too many codes for a list; those of {} more records are not shown",
            number(of.records)
        )
    })
}

impl Check {
    fn run(&self, schemas: Option<&Path>) -> Result<()> {
        let config = Config::load(&self.config, schemas)?;
        let found = coverage(&config)?;
        let schema = &config.schema;
        match self.format {
            Format::Human => print::out(&without_nhs_numbers(&human(&found, schema)))?,
            Format::Json => print::json(&machine(&found, schema))?,
        }
        let uncovered = found.uncovered();
        let unfit = found.sources.iter().filter(|s| !s.faults.is_empty());
        let unfit = unfit.count();
        if self.fail_on == FailOn::Uncovered && (uncovered > 0 || unfit > 0) {
            return Err(Error::Gate(format!(
                "{} codes of records are in no list and not mapped, and the columns of {unfit} sources do not fit. `cld map suggest` writes a table of codes to fill in",
                number(uncovered)
            )));
        }
        Ok(())
    }
}

fn human(found: &Coverage, schema: &Schema) -> String {
    let names = |fields: &[usize]| {
        let names = fields.iter().map(|at| schema.fields[*at].name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let mut text = String::new();
    for source in &found.sources {
        text += &format!("{}: {} records\n", source.name, number(source.records));
        for (what, fields) in [
            ("Fields without a column", &source.missed),
            ("Fields said to be absent", &source.absent),
        ] {
            if !fields.is_empty() {
                text += &format!("  {what}: {}\n", names(fields));
            }
        }
        if !source.faults.is_empty() {
            text += "  A run would refuse the source:\n";
            for fault in &source.faults {
                text += &format!("    {fault}\n");
            }
        }
        let fields = source.fields.iter();
        let (judged, open): (Vec<_>, Vec<_>) = fields.partition(|f| f.judged);
        text += "  Codes, where the list is known in full:\n";
        for field in judged {
            text += &line(field, schema, "uncovered");
            text += &detail(field, source);
        }
        if !open.is_empty() {
            text +=
                "  Codes, where the list is not known in full; what is left cannot be judged:\n";
        }
        for field in open {
            text += &line(field, schema, "left");
            text += &detail(field, source);
        }
        text += "\n";
    }
    text + &format!(
        "Uncovered in all, where the list is known in full: {} codes of records\n",
        number(found.uncovered())
    )
}

fn line(field: &FieldCoverage, schema: &Schema, rest: &str) -> String {
    format!(
        "    {}: {} of {} records covered ({}), {} {rest}\n",
        schema.fields[field.field].name,
        number(field.filled - field.uncovered),
        number(field.filled),
        share(field),
        number(field.uncovered)
    )
}

/// How many of the records with a value are covered, rounded down: all of them is all of them.
fn share(field: &FieldCoverage) -> String {
    if field.filled == 0 {
        return "none has a value".into();
    }
    let covered = u128::from(field.filled - field.uncovered);
    let tenths = covered * 1000 / u128::from(field.filled);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// How many codes of a field people are told.
const MOST_TOLD: usize = 10;

fn detail(field: &FieldCoverage, source: &SourceCoverage) -> String {
    let mut text = String::new();
    let mut tell = |line: String| text += &format!("      {line}\n");
    for code in field.codes.iter().take(MOST_TOLD) {
        tell(format!(
            "{:>9}  {}",
            number(code.records),
            printable(&code.local)
        ));
    }
    let more = field.codes.len().saturating_sub(MOST_TOLD);
    if more > 0 {
        tell(format!(
            "and {more} more codes; `cld map suggest` and --format json have them"
        ));
    }
    for line in [withheld(field), further(field)].into_iter().flatten() {
        tell(line);
    }
    if !field.never_met.is_empty() {
        let told = field.never_met.iter().take(MOST_TOLD);
        let told: Vec<_> = told
            .map(|local| format!("`{}`", printable(local)))
            .collect();
        tell(format!(
            "mapped, but not in the source: {} ({})",
            told.join(", "),
            field.never_met.len()
        ));
    }
    if let Some(rows) = source.undecided.get(&field.field) {
        tell(format!("rows of the values file without a value: {rows}"));
    }
    text
}

/// A code for a terminal.
fn printable(code: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    code.chars().map(shown).collect()
}

fn machine(found: &Coverage, schema: &Schema) -> serde_json::Value {
    let name = |at: &usize| schema.fields[*at].name.clone();
    let names = |fields: &[usize]| fields.iter().map(name).collect::<Vec<_>>();
    let of_field = |source: &SourceCoverage, field: &FieldCoverage| {
        json!({
            "field": name(&field.field),
            "list_known_in_full": field.judged,
            "records_with_value": field.filled,
            "listed": field.listed,
            "release_before": field.previous,
            "mapped": field.mapped,
            "uncovered": if field.judged { field.uncovered } else { 0 },
            "cannot_be_judged": if field.judged { 0 } else { field.uncovered },
            "codes": field.codes.iter().map(|code| json!({
                "local": without_nhs_numbers(&code.local), "records": code.records,
            })).collect::<Vec<_>>(),
            "not_shown": { "codes": field.withheld.codes, "records": field.withheld.records },
            "too_many": { "records": field.further.records },
            "never_met": field.never_met.iter().map(|local| without_nhs_numbers(local)).collect::<Vec<_>>(),
            "undecided": source.undecided.get(&field.field).copied().unwrap_or_default(),
        })
    };
    json!({
        "uncovered": found.uncovered(),
        "sources": found.sources.iter().map(|source| json!({
            "name": without_nhs_numbers(&source.name),
            "records": source.records,
            "columns_unplaced": source.unplaced.iter().map(|(letters, name)| json!({
                "column": letters, "name": name,
            })).collect::<Vec<_>>(),
            "fields_without_column": names(&source.missed),
            "fields_absent": names(&source.absent),
            "faults": source.faults,
            "fields": source.fields.iter().map(|field| of_field(source, field)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
