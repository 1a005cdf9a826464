//! `tracing:` of the configuration: where the register of NHS numbers is, and which columns say who may be traced.

use std::path::PathBuf;

use super::raw::Pairs;
use super::raw_tracing::{
    RawEncrypted, RawFlag, RawKeep, RawMentalHealth, RawObjection, RawTracing,
};
use super::reader::{Reader, inside, nested};
use crate::encrypted::{self, PublicKey};
use crate::extract::Source;

/// How many days somebody waits for an answer before being asked about again, unless the council says otherwise.
const ASK_AGAIN: u32 = 30;

/// How many years entries are kept, unless the council says otherwise.
const YEARS: u32 = 6;
const YEARS_MENTAL_HEALTH: u32 = 20;

/// Where NHS numbers are traced from and kept.
#[derive(Debug, Clone)]
pub struct TracingConfig {
    /// The register.
    pub register: PathBuf,
    /// How the register is encrypted, if it is.
    pub encrypted: Option<RegisterLock>,
    /// The folder of request files and of answers.
    pub requests: PathBuf,
    /// The people of the case system.
    pub people: PeopleConfig,
    /// Their allocations to workers.
    pub allocations: AllocationsConfig,
    /// Days after which somebody without an answer is asked about again.
    pub ask_again_after_days: u32,
    /// How long entries of people who left are kept.
    pub keep: KeepConfig,
}

/// Who can open the register.
#[derive(Debug, Clone)]
pub enum RegisterLock {
    /// Whoever knows the passphrase, which is asked for.
    Passphrase,
    /// The holder of this identity.
    To {
        /// Its public key.
        recipient: PublicKey,
        /// The file that has it.
        identity: PathBuf,
    },
}

/// What a gender code of the case system stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenderCode {
    /// `male`
    Male,
    /// `female`
    Female,
    /// `not specified`
    NotSpecified,
    /// `not known`
    NotKnown,
}

/// A column with the values that say yes, compared trimmed and without regard to case.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The column.
    pub column: String,
    /// The values.
    pub values: Vec<String>,
}

impl Flag {
    /// Whether a cell says yes.
    pub fn holds(&self, cell: &str) -> bool {
        self.values
            .iter()
            .any(|value| value.trim().to_lowercase() == cell.trim().to_lowercase())
    }
}

/// A column that says yes or no. What a value says that is neither blank nor named, nobody knows.
#[derive(Debug, Clone)]
pub struct YesOrNo {
    /// The column, with the values that say yes.
    pub flag: Flag,
    /// Values that say no.
    pub none: Vec<String>,
}

impl YesOrNo {
    /// Whether a cell says yes; `None` where nobody knows.
    pub fn says(&self, cell: &str) -> Option<bool> {
        let same = |value: &String| value.trim().to_lowercase() == cell.trim().to_lowercase();
        if self.flag.holds(cell) {
            Some(true)
        } else if cell.trim().is_empty() || self.none.iter().any(same) {
            Some(false)
        } else {
            None
        }
    }
}

/// The people of the case system.
#[derive(Debug, Clone)]
pub struct PeopleConfig {
    /// Their file.
    pub source: Source,
    /// Local person id.
    pub person: String,
    /// NHS number as the case system has it.
    pub nhs_number: String,
    /// Family name.
    pub family_name: String,
    /// Given names.
    pub given_name: String,
    /// Gender.
    pub gender: String,
    /// Date of birth.
    pub birth_date: String,
    /// Date of death.
    pub death_date: String,
    /// Postcode.
    pub postcode: String,
    /// Which codes stand for which gender.
    pub genders: Vec<(String, GenderCode)>,
    /// Who objected to the use of their NHS number (a value that is not known is refused); none where the council says that this is not recorded.
    pub objection: Option<YesOrNo>,
    /// Whose number the case system knows to be verified (a value that is not known is counted).
    pub verified: Option<YesOrNo>,
}

/// Allocations of people to workers.
#[derive(Debug, Clone)]
pub struct AllocationsConfig {
    /// Their file.
    pub source: Source,
    /// Local person id.
    pub person: String,
    /// Day on which the allocation ended.
    pub end: String,
    /// Which kinds of allocations count; all, where none are named.
    pub kind: Option<Flag>,
}

/// How long entries of people who left are kept.
#[derive(Debug, Clone)]
pub struct KeepConfig {
    /// Years.
    pub years: u32,
    /// Who was in mental health care.
    pub mental_health: Option<Flag>,
    /// Years for those.
    pub mental_health_years: u32,
}

impl Reader<'_> {
    /// Checks `tracing:`. Directories are those of the bundles and of the worklists.
    pub(super) fn tracing(
        &mut self,
        mut raw: RawTracing,
        bundles: &std::path::Path,
        worklists: &std::path::Path,
    ) -> Option<TracingConfig> {
        let register = self.path(&raw.register);
        let requests = self.path(&raw.requests);
        for (key, wrong) in [
            (
                "tracing.register",
                inside(&register, bundles) || inside(&register, worklists),
            ),
            (
                "tracing.requests",
                nested(&requests, bundles) || nested(&requests, worklists),
            ),
        ] {
            if wrong {
                self.fault(key, "is identifiable and may not lie where bundles or worklists are. Name another folder");
            }
        }
        let encrypted = raw.encrypted.and_then(|e| self.register_lock(e));
        let genders = self.genders(&raw.people.genders);
        let people_source = self.file_source("tracing.people", "people", &raw.people.place());
        let allocations_source = self.file_source(
            "tracing.allocations",
            "allocations",
            &raw.allocations.place(),
        );
        let objection = self.objection(raw.people.objection);
        let verified = raw
            .people
            .verified
            .and_then(|v| self.yes_or_no("tracing.people.verified", v.column, v.values, v.none));
        let kind = match (raw.allocations.columns.kind.take(), raw.allocations.types) {
            (None, types) if types.is_empty() => None,
            (Some(column), values) => {
                self.flag("tracing.allocations.types", RawFlag { column, values })
            }
            (None, _) => {
                self.fault(
                    "tracing.allocations.types",
                    "says which types count, but `columns:` has no `type:`. Name the column",
                );
                None
            }
        };
        let ask_again_after_days = raw.ask_again_after_days.unwrap_or(ASK_AGAIN);
        if ask_again_after_days == 0 {
            self.fault(
                "tracing.ask_again_after_days",
                "is 0, but an answer takes time: give at least a day",
            );
        }
        let keep = self.keep(raw.keep);
        let columns = raw.people.columns;
        let allocation_columns = raw.allocations.columns;
        Some(TracingConfig {
            register,
            encrypted,
            requests,
            people: PeopleConfig {
                source: people_source,
                person: columns.person,
                nhs_number: columns.nhs_number,
                family_name: columns.family_name,
                given_name: columns.given_name,
                gender: columns.gender,
                birth_date: columns.birth_date,
                death_date: columns.death_date,
                postcode: columns.postcode,
                genders,
                objection,
                verified,
            },
            allocations: AllocationsConfig {
                source: allocations_source,
                person: allocation_columns.person,
                end: allocation_columns.end,
                kind,
            },
            ask_again_after_days,
            keep,
        })
    }

    fn register_lock(&mut self, raw: RawEncrypted) -> Option<RegisterLock> {
        let key = "tracing.encrypted";
        match (raw.passphrase, raw.recipient, raw.identity) {
            (Some(true), None, None) => Some(RegisterLock::Passphrase),
            (None | Some(false), Some(recipient), Some(identity)) => {
                if encrypted::looks_private(&recipient) {
                    self.fault(key, "`recipient:` is a private key. It may have been seen: make another one with age-keygen, and write its public key (age1…) here");
                    return None;
                }
                match recipient.parse() {
                    Ok(recipient) => Some(RegisterLock::To {
                        recipient,
                        identity: self.path(&identity),
                    }),
                    Err(fault) => {
                        self.fault(&format!("{key}.recipient"), &format!("{fault}"));
                        None
                    }
                }
            }
            _ => {
                self.fault(
                    key,
                    "is neither `{passphrase: true}` nor `{recipient: age1…, identity: FILE}`",
                );
                None
            }
        }
    }

    fn genders(&mut self, raw: &Pairs<String>) -> Vec<(String, GenderCode)> {
        let mut genders = Vec::new();
        for (code, gender) in &raw.0 {
            let gender = match gender.as_str() {
                "male" => GenderCode::Male,
                "female" => GenderCode::Female,
                "not specified" => GenderCode::NotSpecified,
                "not known" => GenderCode::NotKnown,
                _ => {
                    let fault = format!(
                        "`{code}` stands for none of male, female, not specified and not known"
                    );
                    self.fault("tracing.people.genders", &fault);
                    continue;
                }
            };
            genders.push((code.trim().to_owned(), gender));
        }
        genders
    }

    /// Objections must be said to be somewhere, or nowhere: a column that was forgotten would trace those who objected.
    fn objection(&mut self, raw: RawObjection) -> Option<YesOrNo> {
        let key = "tracing.people.objection";
        match (raw.column, raw.not_recorded) {
            (Some(column), None) => self.yes_or_no(key, column, raw.values, raw.none),
            (None, Some(reason)) if !reason.trim().is_empty() => None,
            _ => {
                self.fault(key, "says neither where objections to the use of the NHS number are (`{column: NAME, values: [Y], none: [N]}`) nor why they are nowhere (`{not_recorded: reason}`)");
                None
            }
        }
    }

    fn yes_or_no(
        &mut self,
        key: &str,
        column: String,
        values: Vec<String>,
        none: Vec<String>,
    ) -> Option<YesOrNo> {
        let flag = self.flag(key, RawFlag { column, values })?;
        if none.iter().any(|value| flag.holds(value)) {
            self.fault(
                key,
                "has a value under `values:` that is under `none:` too. Say which it is",
            );
        }
        Some(YesOrNo { flag, none })
    }

    fn flag(&mut self, key: &str, raw: RawFlag) -> Option<Flag> {
        if raw.values.iter().all(|value| value.trim().is_empty()) {
            self.fault(key, "names no value, so nothing would ever say yes");
            return None;
        }
        Some(Flag {
            column: raw.column,
            values: raw.values,
        })
    }

    fn keep(&mut self, raw: RawKeep) -> KeepConfig {
        let years = raw.years.unwrap_or(YEARS);
        let (mental_health, long) = match raw.mental_health {
            None => (None, YEARS_MENTAL_HEALTH),
            Some(RawMentalHealth {
                column,
                values,
                years,
            }) => (
                self.flag("tracing.keep.mental_health", RawFlag { column, values }),
                years.unwrap_or(YEARS_MENTAL_HEALTH),
            ),
        };
        if years == 0 || long < years {
            self.fault(
                "tracing.keep",
                "keeps for no year, or those in mental health care for fewer years than others",
            );
        }
        KeepConfig {
            years,
            mental_health,
            mental_health_years: long,
        }
    }
}
