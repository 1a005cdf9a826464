//! The configuration as the run relies on it: paths resolved, dates read, names known to the schema.

use std::path::{Path, PathBuf};

use super::ConfigError;
use super::raw::RawConfig;
use super::reader::{Reader, inside, nested};
use super::tracing::TracingConfig;
use crate::date::Date;
use crate::encrypted::PublicKey;
use crate::extract::Source;
use crate::plain_file;
use crate::schema::{Schema, SchemaError, Treatment};

/// A configuration that can be run.
#[derive(Debug)]
pub struct Config {
    /// Lowercase hex SHA-256 of the file.
    pub digest: String,
    /// The compiled return, with the council's own list values and stricter treatments in it.
    pub schema: Schema,
    /// The stated reporting period.
    pub period: Period,
    /// Three digits.
    pub la_code: String,
    /// The council.
    pub controller: String,
    /// `nhs-england`.
    pub recipient: String,
    /// `client-level-data`.
    pub purpose: String,
    /// The pseudonym key.
    pub key_file: PathBuf,
    /// What the key is good for: names a stretch of time in which pseudonyms link.
    pub epoch: String,
    /// The key id that the key must have.
    pub key_id: Option<String>,
    /// The age identity that opens the key file, if it is encrypted to one.
    pub key_identity: Option<PathBuf>,
    /// Who may have a crosswalk.
    pub custodian: Option<PublicKey>,
    /// The key that signs the manifest.
    pub signing_key: PathBuf,
    /// In the order listed.
    pub sources: Vec<SourceConfig>,
    /// Where bundles appear.
    pub bundle_dir: PathBuf,
    /// Where worklists appear.
    pub worklist_dir: PathBuf,
    /// Treatments that are stricter than the schema's: field name, treatment.
    pub stricter: Vec<(String, Treatment)>,
    /// Switches of the exclusions.
    pub selection: Selection,
    /// When no bundle is made.
    pub gate: Gate,
    /// Facts for the manifest.
    pub governance: Governance,
    /// Fields whose lists the council completed, with how many values it added.
    pub completed_lists: Vec<(String, usize)>,
    /// Lowercase hex SHA-256 of the file under `lists:`.
    pub lists_digest: Option<String>,
    /// The bundle sent before this one.
    pub previous: Option<PathBuf>,
    /// The key that signed it, where that is another one than signs now.
    pub previous_public_key: Option<PathBuf>,
    /// How many of its people must be there again.
    pub people_again: Band,
    /// People who objected, and why nothing is left out for it.
    pub objections: Option<ObjectionsConfig>,
    /// How NHS numbers are traced, where they are.
    pub tracing: Option<TracingConfig>,
    /// Days for which worklists are kept, where the council says so.
    pub worklist_keep_days: Option<u32>,
}

/// A list of objections. It is counted and never applied: this return is mandated.
#[derive(Debug, Clone)]
pub struct ObjectionsConfig {
    /// The list.
    pub file: PathBuf,
    /// Why no record is left out, if the council says more than why the opt-out is not applied.
    pub reason: Option<String>,
}

/// Between which shares of the people of the bundle sent before must be there again. Without bounds every share will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Band {
    /// At least.
    pub least: Option<Gate>,
    /// At most.
    pub most: Option<Gate>,
}

impl Band {
    /// Whether there is no bound.
    pub fn is_open(self) -> bool {
        self == Self::default()
    }

    /// Whether so many of so many people are within it.
    pub fn admits(self, again: u64, people: u64) -> bool {
        // At least a share again is at most the rest gone.
        let most_gone = self.least.map(|least| Gate(1_000_000 - least.0));
        most_gone.is_none_or(|most| most.admits(people - again, people))
            && self.most.is_none_or(|most| most.admits(again, people))
    }

    /// In words: `at least 60%`, `from 60% to 99.5%`.
    pub fn text(self) -> String {
        match (self.least, self.most) {
            (None, None) => "any share".to_owned(),
            (Some(least), None) => format!("at least {}", least.text()),
            (None, Some(most)) => format!("at most {}", most.text()),
            (Some(least), Some(most)) => format!("from {} to {}", least.text(), most.text()),
        }
    }
}

/// A stretch of days, both included.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
}

/// One source and how its columns and codes are the return's.
#[derive(Debug)]
pub struct SourceConfig {
    /// Name and file.
    pub source: Source,
    /// Source column, position of the field it is.
    pub columns: Vec<(String, usize)>,
    /// Position of the field, local code, value it stands for.
    pub values: Vec<(usize, Vec<(String, String)>)>,
    /// The file that some of the values come from.
    pub codes: Option<CodesFile>,
    /// Columns known and left out.
    pub ignore: Vec<String>,
    /// Positions of fields that this source does not have.
    pub absent: Vec<usize>,
}

/// A table of local codes beside the configuration. What it says is in [`SourceConfig::values`].
#[derive(Debug, Clone)]
pub struct CodesFile {
    /// The file.
    pub path: PathBuf,
    /// Lowercase hex SHA-256 of the file.
    pub digest: String,
    /// Rows for this source that say nothing yet: position of the field, local code.
    pub undecided: Vec<(usize, String)>,
}

/// Names of the reasons for which the return itself leaves records out, in the order in which they are asked.
pub const REASONS_OF_THE_RETURN: [&str; 5] = [
    "no_person_id",
    "no_event",
    "cancelled",
    "open_event",
    "outside_period",
];

/// Switches of the exclusions of contract section 9; the two that leave nothing to submit have none.
#[derive(Debug, Clone)]
pub struct Selection {
    /// How a source says that an event was cancelled.
    pub cancelled: Option<Cancelled>,
    /// Reasons that the council declares, in the order in which they are asked.
    pub declared: Vec<String>,
    /// Whether open requests, assessments and reviews are left out.
    pub open_event: bool,
    /// Whether events outside the period are left out.
    pub outside_period: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            cancelled: None,
            declared: Vec::new(),
            open_event: true,
            outside_period: true,
        }
    }
}

/// How a source says that an event was cancelled.
#[derive(Debug, Clone)]
pub struct Cancelled {
    /// Source column; it need not be otherwise known.
    pub column: String,
    /// Values that mean cancelled, compared trimmed and without regard to case.
    pub values: Vec<String>,
}

/// The share of records with an error above which no bundle is made, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate(pub u64);

impl Gate {
    /// Whether so many of so many records may have an error.
    pub fn admits(self, with_error: u64, records: u64) -> bool {
        u128::from(with_error) * 1_000_000 <= u128::from(self.0) * u128::from(records)
    }

    /// Reads a percentage with at most four decimals.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = text.trim().strip_suffix('%')?.trim();
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty()
            || whole.len() > 3
            || decimals.len() > 4
            || !(whole.to_owned() + decimals)
                .bytes()
                .all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let parts: u64 = format!("{whole}{decimals:0<4}").parse().ok()?;
        (parts <= 1_000_000).then_some(Self(parts))
    }

    /// As the configuration writes it.
    pub fn text(self) -> String {
        let text = format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000);
        format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Under which authority the data leave. Copied to the manifest.
#[derive(Debug, Clone)]
pub struct Governance {
    /// Free text.
    pub legal_basis: String,
    /// The direction or notice.
    pub direction: String,
    /// Reference of the data protection impact assessment.
    pub dpia: String,
    /// Day by which the assessment has to be reviewed.
    pub dpia_review_by: Option<Date>,
    /// Reference of the sharing agreement, where there is one.
    pub sharing_agreement: Option<String>,
    /// The agreement's last day.
    pub sharing_agreement_ends: Option<Date>,
    /// Day until which the recipient may keep the data.
    pub retain_until: Date,
    /// Why the national data opt-out is not applied.
    pub opt_out_reason: String,
}

impl Governance {
    /// Which of its dates have passed on a day, in words with what to do; `None` where everything is in force. A day is
    /// still good itself.
    pub fn lapsed(&self, today: Date) -> Option<String> {
        let dates = [
            (
                "sharing_agreement_ends",
                self.sharing_agreement_ends,
                "the data sharing agreement has ended",
                "Renew the agreement",
            ),
            (
                "dpia_review_by",
                self.dpia_review_by,
                "the data protection impact assessment is due for review",
                "Have it reviewed",
            ),
            (
                "retain_until",
                Some(self.retain_until),
                "the data may not be kept any longer",
                "Agree until when the recipient may keep them",
            ),
        ];
        let lapsed: Vec<_> = dates
            .into_iter()
            .filter_map(|(key, date, fault, remedy)| {
                let date = date.filter(|date| *date < today)?;
                Some(format!(
                    "governance.{key}: {} has passed: {fault}. {remedy}, and write down the new date",
                    date.iso()
                ))
            })
            .collect();
        (!lapsed.is_empty()).then(|| lapsed.join("\n  "))
    }
}

const MAX_BYTES: u64 = 1 << 20;

/// What keys, shares and identities begin with.
const SECRETS: [&str; 4] = [
    "cld-key-1:",
    "cld-share-1:",
    "AGE-SECRET-KEY-",
    "PRIVATE KEY-----",
];

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// When the file cannot be read, is not the YAML that is expected, or asks for what cannot be done; the message
    /// names the key, and for an unknown key the nearest known one.
    pub fn load(path: &Path, schemas: Option<&Path>) -> crate::error::Result<Self> {
        let unreadable = |source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_BYTES {
            return Err(ConfigError::Malformed {
                path: path.to_owned(),
                fault: "larger than 1 MiB".into(),
            }
            .into());
        }
        let bytes = plain_file::read(path, MAX_BYTES).map_err(unreadable)?;
        let malformed = |fault| ConfigError::Malformed {
            path: path.to_owned(),
            fault,
        };
        let text = String::from_utf8(bytes).map_err(|_| malformed("is not UTF-8".into()))?;
        Self::parse(&text, path, |id| Schema::load(id, schemas))
    }

    /// Checks the text of a configuration as if it stood in the file `path`. `schema` gives the return of a name.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn parse(
        text: &str,
        path: &Path,
        schema: impl FnOnce(&str) -> Result<Schema, SchemaError>,
    ) -> crate::error::Result<Self> {
        // The parser would quote the line that it cannot read.
        if SECRETS.iter().any(|secret| text.contains(secret)) {
            return Err(ConfigError::Malformed {
                path: path.to_owned(),
                fault: "holds a key, so it is a key file and no configuration".into(),
            }
            .into());
        }
        let raw: RawConfig = crate::yaml::parse(text).map_err(|error| ConfigError::Malformed {
            path: path.to_owned(),
            fault: error.to_string(),
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        let schema = schema(&raw.return_id)?;
        let mut faults = Vec::new();
        let config = Reader {
            base,
            spooling: PathBuf::new(),
            faults: &mut faults,
        }
        .config(raw, schema, text);
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(ConfigError::Faults {
                path: path.to_owned(),
                faults,
            }
            .into()),
        }
    }
}

impl Config {
    /// Puts bundles elsewhere.
    ///
    /// # Errors
    /// When the directory holds the worklists or lies among them.
    pub fn use_bundle_dir(&mut self, directory: &Path) -> Result<(), ConfigError> {
        if nested(directory, &self.worklist_dir) {
            let fault = "the worklist is identifiable and may not lie in the folder of the bundles, nor they in its folder".to_owned();
            return Err(ConfigError::Faults {
                path: directory.to_owned(),
                faults: vec![fault],
            });
        }
        self.bundle_dir = directory.to_owned();
        for query in self
            .sources
            .iter_mut()
            .filter_map(|s| s.source.query.as_mut())
        {
            query.directory = directory.to_owned();
        }
        Ok(())
    }

    /// Makes sure that a file for the custodian is not made where bundles or worklists are, from where it could be sent or
    /// read along with them.
    ///
    /// # Errors
    /// When it would be.
    pub fn refuse_inside(&self, file: &Path) -> Result<(), ConfigError> {
        let directories = [
            ("bundles", &self.bundle_dir),
            ("worklists", &self.worklist_dir),
        ];
        for (of, directory) in directories {
            if inside(file, directory) {
                return Err(ConfigError::Faults {
                    path: file.to_owned(),
                    faults: vec![format!(
                        "lies in the folder of the {of}; what only the custodian may have is kept apart from them. Name another folder"
                    )],
                });
            }
        }
        Ok(())
    }
}

impl Config {
    /// Makes sure that a file which stays in the council is not made where bundles are, from where it could be sent along.
    ///
    /// # Errors
    /// When it would be.
    pub fn refuse_among_bundles(&self, file: &Path) -> Result<(), ConfigError> {
        if self.is_among_bundles(file) {
            return Err(ConfigError::Faults {
                path: file.to_owned(),
                faults: vec![
                    "lies in the folder of the bundles, and local codes stay in the council. Name another folder".to_owned(),
                ],
            });
        }
        Ok(())
    }

    /// Whether a file or folder lies where the bundles are, or is that folder.
    pub fn is_among_bundles(&self, place: &Path) -> bool {
        inside(place, &self.bundle_dir)
    }

    /// Whether a file or folder lies where the worklists are, or is that folder: those are handed to the people who do them.
    pub fn is_among_worklists(&self, place: &Path) -> bool {
        inside(place, &self.worklist_dir)
    }
}

#[cfg(test)]
#[path = "valid_tests.rs"]
mod tests;
