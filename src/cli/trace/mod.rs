//! `cld trace`: NHS numbers that are missing.

mod apply;
mod numbers;
mod purge;
mod request;
mod select;
mod status;
mod verify;
mod worklist;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Format;
use super::custodian::{ASK, ASK_NEW};
use super::print::{self, number};
use crate::config::{Config, TracingConfig};
use crate::date::Date;
use crate::error::{Error, Result};
use crate::trace::register::{Changed, Keeping, Register};
use crate::trace::select::Moment;
use crate::trace::selection::{Exclusion, Selection};

/// NHS numbers that are missing or not verified: who may be asked about, the request, its answers, and what is left to do.
///
/// `tracing:` of the configuration says where people, allocations and the register are. Nothing is sent: a request is a
/// file for the Personal Demographics Service, and its answer a file to apply.
// What has arguments of its own is described there: a line here would hide all of that but itself.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Count who would be asked about, and who not and why; changes nothing
    Select(Common),
    Request(request::Arguments),
    Apply(apply::Arguments),
    Worklist(worklist::Arguments),
    Numbers(numbers::Arguments),
    /// Count the people of the register by NHS Number Status Indicator
    Status(Common),
    Verify(verify::Arguments),
    Purge(purge::Arguments),
}

// What every one of them is told.
#[derive(Debug, Args)]
pub struct Common {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "config/cld.yaml")]
    config: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Command {
    pub fn run(&self, schemas: Option<&Path>) -> Result<()> {
        // Whatever is written here is for this account alone.
        crate::custody::keep_to_ourselves();
        match self {
            Self::Select(common) => select::run(common, schemas),
            Self::Request(arguments) => request::run(arguments, schemas),
            Self::Apply(arguments) => apply::run(arguments, schemas),
            Self::Worklist(arguments) => worklist::run(arguments, schemas),
            Self::Numbers(arguments) => numbers::run(arguments, schemas),
            Self::Status(common) => status::run(common, schemas),
            Self::Verify(arguments) => verify::run(arguments, schemas),
            Self::Purge(arguments) => purge::run(arguments, schemas),
        }
    }
}

/// The configuration, with `tracing:` in it.
struct Setting {
    config: Config,
    tracing: TracingConfig,
    keeping: Keeping,
    moment: Moment,
}

impl Common {
    fn setting(&self, schemas: Option<&Path>) -> Result<Setting> {
        let mut config = Config::load(&self.config, schemas)?;
        let Some(tracing) = config.tracing.take() else {
            return Err(Error::Usage(format!(
                "{}: there is no `tracing:`, which says where people, their allocations and the register are",
                self.config.display()
            )));
        };
        let keeping = Keeping {
            path: tracing.register.clone(),
            lock: tracing.encrypted.clone(),
            ask: ASK,
            ask_new: ASK_NEW,
        };
        Ok(Setting {
            config,
            tracing,
            keeping,
            moment: now(),
        })
    }
}

impl Setting {
    /// The register to look at, which must be there and be what its log says.
    fn register(&self) -> Result<Register> {
        let register = self.unverified()?;
        register.verify(None)?;
        Ok(register)
    }

    /// The register to change, which must be there and be what its log says.
    fn to_change(&self) -> Result<Changed<'_>> {
        if !self.keeping.path.exists() {
            self.unverified()?;
        }
        self.to_begin_or_change()
    }

    /// The same, or a new one where there is none.
    fn to_begin_or_change(&self) -> Result<Changed<'_>> {
        let mut changed = Register::to_change(&self.keeping)?;
        changed.register().verify(None)?;
        Ok(changed)
    }

    /// The register as it is, which must be there.
    fn unverified(&self) -> Result<Register> {
        Register::open(&self.keeping)?.ok_or_else(|| {
            Error::Input(format!(
                "there is no register {} yet: cld trace request begins it. If there was one, restore it",
                self.keeping.path.display()
            ))
        })
    }

    /// Refuses a folder for requests or numbers where bundles or worklists are.
    fn refuse_among_others(&self, directory: &Path) -> Result<()> {
        self.refuse_among_bundles(directory)?;
        Ok(self
            .config
            .refuse_among_worklists(&directory.join("file"))?)
    }

    /// Refuses a folder for identifiable files where bundles are.
    fn refuse_among_bundles(&self, directory: &Path) -> Result<()> {
        let file = directory.join("file");
        self.config.refuse_among_bundles(&file)?;
        let refused = crate::custody::refuse_among_bundles(&file)
            .and_then(|()| crate::custody::refuse_among_bundles(directory));
        refused.map_err(|e| Error::Usage(format!("{}: {e}", directory.display())))
    }
}

/// Tells that others may look into the folder of the requests: that is for its owner to decide.
fn note_open_folder(directory: &Path) {
    if crate::custody::is_open_to_others(directory) {
        print::note(&format!(
            "other accounts may look into the folder of the requests {}, which identify people: close it with chmod 700",
            directory.display()
        ));
    }
}

fn now() -> Moment {
    let now = chrono::Utc::now();
    let day = now.with_timezone(&chrono::Local).format("%Y-%m-%d");
    Moment {
        at: now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        today: Date::parse_iso(&day.to_string()).unwrap_or(Date::LAST),
    }
}

/// A line of a count.
fn line(count: u64, words: &str) -> String {
    format!("{:>12}  {words}\n", number(count))
}

/// A selection in words.
fn told(selection: &Selection) -> String {
    let mut text = line(selection.rows, "people in the file");
    text += &line(selection.selected(), "to be asked about");
    text += &line(
        selection.cross_check,
        "  with the number they have (cross check)",
    );
    text += &line(selection.alphanumeric, "  by name (alphanumeric trace)");
    if selection.again > 0 {
        text += &line(selection.again, "  of these once again");
    }
    for exclusion in Exclusion::ALL {
        if let Some(count) = selection.excluded.get(&exclusion) {
            text += &line(*count, &format!("not: {}", exclusion.words()));
        }
        if exclusion == Exclusion::NoPersonId {
            text += &rows(
                &selection.rows_without_id,
                selection.excluded.get(&exclusion),
            );
        }
    }
    if selection.unreadable_ends > 0 {
        text += &line(
            selection.unreadable_ends,
            "allocations with an end that cannot be read: taken as ended",
        );
    }
    text
}

/// Which rows a count is of, as far as they are named.
fn rows(named: &[u64], of: Option<&u64>) -> String {
    if named.is_empty() {
        return String::new();
    }
    let all: Vec<_> = named.iter().map(u64::to_string).collect();
    let more = of.map_or(0, |of| of.saturating_sub(named.len() as u64));
    let words = match more {
        0 => String::new(),
        more => format!(" and {} more", number(more)),
    };
    format!("{:>12}    in row {}{words}\n", "", all.join(", "))
}

/// A selection for programs.
fn machine(selection: &Selection) -> serde_json::Value {
    let excluded = selection.excluded.iter();
    let noticed = selection.noticed.iter();
    serde_json::json!({
        "people": selection.rows,
        "selected": selection.selected(),
        "cross_check": selection.cross_check,
        "alphanumeric": selection.alphanumeric,
        "again": selection.again,
        "rows_without_person_id": selection.rows_without_id,
        "unreadable_ends": selection.unreadable_ends,
        "excluded": excluded.map(|(e, n)| (e.name(), *n)).collect::<std::collections::BTreeMap<_, _>>(),
        "noticed": noticed.map(|(r, n)| (r.name(), *n)).collect::<std::collections::BTreeMap<_, _>>(),
    })
}
