//! `cld trace`: NHS numbers that are missing.

mod apply;
mod numbers;
mod purge;
mod request;
mod select;
mod selection;
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

    /// Refuses a place for requests or numbers where bundles or worklists are. Of a file, `folder` is the one it lies in.
    fn refuse_among_others(&self, place: &Path, folder: &Path) -> Result<()> {
        self.refuse_among_bundles(place, folder)?;
        if self.config.is_among_worklists(place) {
            return Err(misplaced(
                place,
                "it lies in the folder of the worklists, which is for those who do them, and this identifies people of whom they need not know",
            ));
        }
        Ok(())
    }

    /// Refuses a place for what identifies people where bundles are.
    fn refuse_among_bundles(&self, place: &Path, folder: &Path) -> Result<()> {
        let holds = |path: &Path| crate::custody::refuse_among_bundles(path).is_err();
        if self.config.is_among_bundles(place) {
            Err(misplaced(
                place,
                "it lies in the folder of the bundles, which are sent away, and this identifies people",
            ))
        } else if holds(&folder.join("file")) || holds(folder) {
            Err(misplaced(
                place,
                "its folder is a bundle or holds bundles, which are sent away, and this identifies people",
            ))
        } else {
            Ok(())
        }
    }
}

/// That something may not be written where somebody said, by the name that they gave it.
fn misplaced(place: &Path, why: &str) -> Error {
    Error::Usage(format!(
        "nothing is written to {}: {why}. Name another folder",
        place.display()
    ))
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

/// The same, in the words for one or for many.
fn some(count: u64, one: &str, many: &str) -> String {
    line(count, if count == 1 { one } else { many })
}
