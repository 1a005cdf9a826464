//! From the configuration as written to the configuration as relied on: every fault is told, with its key.

use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::raw::{Pairs, RawConfig, RawGate, RawObjections};
use super::tables::Shared;
use super::valid::{
    Band, Cancelled, Config, Gate, Governance, ObjectionsConfig, Period, Selection,
};
use crate::date::Date;
use crate::encrypted::NoPublicKey;
use crate::nearest::closest;
use crate::schema::{Domain, Make, Schema, Treatment};

pub(super) struct Reader<'a> {
    /// What paths are relative to.
    pub base: &'a Path,
    /// Where the answer of a database may be kept while it is read.
    pub spooling: PathBuf,
    /// The faults so far.
    pub faults: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// Checks everything; `None` or a fault means that the configuration cannot be used.
    pub fn config(mut self, raw: RawConfig, mut schema: Schema, text: &str) -> Option<Config> {
        let period = self.period(&raw.period.start, &raw.period.end);
        let completed_lists = raw
            .lists
            .as_deref()
            .map_or_else(Vec::new, |file| self.complete(&mut schema, file));
        let stricter = self.treatments(&raw.treatments, &mut schema);
        let names: Vec<&str> = raw.sources.iter().map(|s| s.name.as_str()).collect();
        self.spooling = self.path(&raw.output.bundle);
        let mut reasons = Vec::new();
        let sources: Vec<_> = raw
            .sources
            .iter()
            .enumerate()
            .map(|(at, s)| {
                let mut shared = Shared {
                    period: period.as_ref(),
                    reasons: &mut reasons,
                };
                self.source(at, s, &names, &schema, &mut shared)
            })
            .collect();
        if sources.is_empty() {
            self.fault("sources", "names no file");
        }
        for (at, source) in raw.sources.iter().enumerate() {
            if raw.sources[..at].iter().any(|s| s.name == source.name) {
                self.fault(
                    "sources",
                    &format!("two sources are called `{}`", source.name),
                );
            }
        }
        let la_code = raw.controller.la_code;
        if la_code.len() != 3 || !la_code.bytes().all(|b| b.is_ascii_digit()) {
            self.fault(
                "controller.la_code",
                "is not three digits; write it in quotes, as in \"999\"",
            );
        }
        if raw.governance.national_data_opt_out.applied {
            self.fault(
                "governance.national_data_opt_out.applied",
                "is true, but this return is mandated by law, so the opt-out must not be applied: set it to false and give the reason",
            );
        }
        for (key, value) in [
            ("controller.name", &raw.controller.name),
            ("recipient", &raw.recipient),
            ("purpose", &raw.purpose),
            ("key.epoch", &raw.key.epoch),
            ("governance.legal_basis", &raw.governance.legal_basis),
            ("governance.direction", &raw.governance.direction),
            ("governance.dpia", &raw.governance.dpia),
            (
                "governance.national_data_opt_out.reason",
                &raw.governance.national_data_opt_out.reason,
            ),
        ] {
            if value.trim().is_empty() || value.chars().any(char::is_control) {
                self.fault(key, "is blank or holds a control character");
            }
        }
        let gate = match raw.gate.max_error_records.as_deref() {
            None => Some(Gate(1_000_000)),
            Some(text) => Gate::parse(text),
        };
        if gate.is_none() {
            self.fault(
                "gate.max_error_records",
                "is not a percentage from 0% to 100%, as in 2.5%",
            );
        }
        let people_again = self.band(&raw.gate, raw.previous.is_some());
        if raw.previous_public_key.is_some() && raw.previous.is_none() {
            self.fault(
                "previous_public_key",
                "is the key of the bundle sent before, but there is no `previous:` that names it",
            );
        }
        let objections = raw.objections.map(|o| self.objections(o));
        if raw.output.worklist_keep_days == Some(0) {
            self.fault(
                "output.worklist_keep_days",
                "is 0, but a worklist is there to be worked through: give at least a day",
            );
        }
        let retain_until = self.day("governance.retain_until", &raw.governance.retain_until);
        let [dpia_review_by, sharing_agreement_ends] = [
            ("governance.dpia_review_by", &raw.governance.dpia_review_by),
            (
                "governance.sharing_agreement_ends",
                &raw.governance.sharing_agreement_ends,
            ),
        ]
        .map(|(key, text)| text.as_deref().and_then(|text| self.day(key, text)));
        let bundle_dir = self.path(&raw.output.bundle);
        let worklist_dir = self.path(&raw.output.worklist);
        if nested(&bundle_dir, &worklist_dir) {
            self.fault("output", "the worklist is identifiable and may not lie in the folder of the bundles, nor they in its folder");
        }
        let tracing = raw
            .tracing
            .and_then(|raw| self.tracing(raw, &bundle_dir, &worklist_dir));
        let custodian = raw.key.custodian.as_deref().and_then(|text| {
            let key = text.parse();
            if let Err(NoPublicKey) = key {
                self.fault("key.custodian", &NoPublicKey.to_string());
            }
            key.ok()
        });
        let cancelled = raw.selection.cancelled.map(|c| Cancelled {
            column: c.column,
            values: c.values,
        });
        Some(Config {
            digest: hex_digest(text.as_bytes()),
            schema,
            period: period?,
            la_code,
            controller: raw.controller.name,
            recipient: raw.recipient,
            purpose: raw.purpose,
            key_file: self.path(&raw.key.file),
            epoch: raw.key.epoch,
            key_id: raw.key.id,
            key_identity: raw.key.identity.as_deref().map(|p| self.path(p)),
            custodian,
            signing_key: self.path(&raw.signing_key),
            sources,
            bundle_dir,
            worklist_dir,
            stricter,
            selection: Selection {
                cancelled,
                declared: reasons,
                open_event: raw.selection.open_event.unwrap_or(true),
                outside_period: raw.selection.outside_period.unwrap_or(true),
            },
            gate: gate?,
            governance: Governance {
                legal_basis: raw.governance.legal_basis,
                direction: raw.governance.direction,
                dpia: raw.governance.dpia,
                dpia_review_by,
                sharing_agreement: raw.governance.sharing_agreement,
                sharing_agreement_ends,
                retain_until: retain_until?,
                opt_out_reason: raw.governance.national_data_opt_out.reason,
            },
            completed_lists,
            lists_digest: raw
                .lists
                .as_deref()
                .and_then(|file| Some(hex_digest(&std::fs::read(self.path(file)).ok()?))),
            previous: raw.previous.as_deref().map(|p| self.path(p)),
            previous_public_key: raw.previous_public_key.as_deref().map(|p| self.path(p)),
            people_again,
            objections,
            tracing,
            worklist_keep_days: raw.output.worklist_keep_days,
        })
    }

    fn band(&mut self, raw: &RawGate, has_previous: bool) -> Band {
        let mut bound = |key: &str, text: &Option<String>| {
            let text = text.as_deref()?;
            if !has_previous {
                self.fault(key, "asks for people of the bundle sent before, but there is no `previous:` that names it");
            }
            let share = Gate::parse(text);
            if share.is_none() {
                self.fault(key, "is not a percentage from 0% to 100%, as in 60%");
            }
            share
        };
        let band = Band {
            least: bound("gate.min_people_again", &raw.min_people_again),
            most: bound("gate.max_people_again", &raw.max_people_again),
        };
        if let (Some(least), Some(most)) = (band.least, band.most)
            && least.0 > most.0
        {
            self.fault(
                "gate.min_people_again",
                "is more than gate.max_people_again",
            );
        }
        band
    }

    /// A list of objections is for counting: whatever would make it apply is a fault.
    fn objections(&mut self, raw: RawObjections) -> ObjectionsConfig {
        if raw.applied == Some(true) {
            self.fault(
                "objections.applied",
                "is true, but this return is mandated by law, so no record is left out for an objection: take it away. The list is counted all the same",
            );
        }
        if let Some(reason) = &raw.reason
            && (reason.trim().is_empty() || reason.chars().any(char::is_control))
        {
            self.fault("objections.reason", "is blank or holds a control character");
        }
        ObjectionsConfig {
            file: self.path(&raw.file),
            reason: raw.reason,
        }
    }

    pub(super) fn fault(&mut self, key: &str, fault: &str) {
        self.faults.push(format!("{key}: {fault}"));
    }

    pub(super) fn path(&self, text: &str) -> PathBuf {
        self.base.join(text)
    }

    fn day(&mut self, key: &str, text: &str) -> Option<Date> {
        let day = Date::parse_iso(text.trim());
        if day.is_none() {
            self.fault(key, "is not a day written as 2026-03-31");
        }
        day
    }

    fn period(&mut self, start: &str, end: &str) -> Option<Period> {
        let (start, end) = (self.day("period.start", start), self.day("period.end", end));
        let (start, end) = (start?, end?);
        if start > end {
            self.fault("period", "starts after it ends");
        }
        Some(Period { start, end })
    }

    pub(super) fn field(&mut self, key: &str, name: &str, schema: &Schema) -> Option<usize> {
        let at = schema.position(name);
        if at.is_none() {
            let nearest =
                closest(name, schema.fields.iter().map(|f| f.name.as_str())).unwrap_or_default();
            self.fault(
                key,
                &format!(
                    "`{name}` is not a field of {}; the nearest is `{nearest}`",
                    schema.id
                ),
            );
        }
        at
    }

    fn treatments(&mut self, raw: &Pairs<String>, schema: &mut Schema) -> Vec<(String, Treatment)> {
        let mut stricter = Vec::new();
        for (name, wanted) in &raw.0 {
            let Some(at) = self.field("treatments", name, schema) else {
                continue;
            };
            let has = schema.fields[at].treatment;
            let wants = match (wanted.as_str(), has) {
                ("keep", Treatment::Keep)
                | ("derive", Treatment::Derive)
                | ("pseudonymise", Treatment::Pseudonymise)
                | ("drop", Treatment::Drop) => {
                    continue;
                }
                ("drop", _) => Treatment::Drop,
                ("pseudonymise", Treatment::Keep) => Treatment::Pseudonymise,
                ("keep" | "derive" | "pseudonymise", _) => {
                    self.fault("treatments", &format!("`{name}: {wanted}` is not stricter than the schema's treatment of the field; it may only be made stricter"));
                    continue;
                }
                _ => {
                    self.fault("treatments", &format!("`{name}: {wanted}` is no treatment; known are keep, pseudonymise, derive and drop"));
                    continue;
                }
            };
            schema.make_stricter(at, wants);
            stricter.push((schema.fields[at].name.clone(), wants));
        }
        stricter
    }
}

pub(super) fn hex_digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Whether one path lies below the other.
pub(super) fn nested(a: &Path, b: &Path) -> bool {
    let (a, b) = (clean(a), clean(b));
    a.starts_with(&b) || b.starts_with(&a)
}

/// Whether a file lies in a directory or below.
pub(super) fn inside(file: &Path, directory: &Path) -> bool {
    clean(file).starts_with(clean(directory))
}

/// The path from the root, without `.` and `..`, and without links as far as it exists.
fn clean(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut clean = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            part => clean.push(part),
        }
        if let Ok(real) = clean.canonicalize() {
            clean = real;
        }
    }
    clean
}

impl Schema {
    fn make_stricter(&mut self, at: usize, treatment: Treatment) {
        let field = &mut self.fields[at];
        field.treatment = treatment;
        for column in &mut field.columns {
            match treatment {
                Treatment::Drop => column.make = Make::Nothing,
                Treatment::Pseudonymise => {
                    column.name = format!("Der_{}_Pseudo", column.name);
                    column.make = Make::Pseudonym(Domain::Other(field.snake.replace('_', "-")));
                }
                Treatment::Keep | Treatment::Derive => {}
            }
        }
    }
}
