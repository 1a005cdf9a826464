//! From the configuration as written to the configuration as relied on: every fault is told, with its key.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::codes::{self, CodeRow};
use super::raw::{Pairs, RawConfig, RawGate, RawObjections, RawSource};
use super::valid::{
    Band, Cancelled, CodesFile, Config, Gate, Governance, ObjectionsConfig, Period, Selection,
    SourceConfig,
};
use crate::date::Date;
use crate::encrypted::NoPublicKey;
use crate::extract::{Format, Kind, Source};
use crate::nearest::closest;
use crate::schema::{Domain, Field, Kind as FieldKind, Make, Schema, Treatment};
use crate::tokens;

pub(super) struct Reader<'a> {
    /// What paths are relative to.
    pub base: &'a Path,
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
        let sources: Vec<_> = raw
            .sources
            .iter()
            .enumerate()
            .map(|(at, s)| self.source(at, s, &names, &schema))
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

    fn field(&mut self, key: &str, name: &str, schema: &Schema) -> Option<usize> {
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

    fn complete(&mut self, schema: &mut Schema, file: &str) -> Vec<(String, usize)> {
        let path = self.path(file);
        let values = match read_lists(&path) {
            Ok(values) => values,
            Err(fault) => {
                self.fault("lists", &fault);
                return Vec::new();
            }
        };
        if let Err(fault) = schema.complete_lists(&values) {
            self.fault("lists", &format!("{}: {fault}", path.display()));
        }
        let mut counts: Vec<(String, usize)> = Vec::new();
        for (field, _) in values {
            match counts.iter_mut().find(|(f, _)| *f == field) {
                Some((_, n)) => *n += 1,
                None => counts.push((field, 1)),
            }
        }
        counts
    }

    fn source(
        &mut self,
        at: usize,
        raw: &RawSource,
        names: &[&str],
        schema: &Schema,
    ) -> SourceConfig {
        let key = format!("sources[{}]", at + 1);
        let (format, encoding) = match super::format::read(raw) {
            Ok(read) => read,
            Err(faults) => {
                for (of, fault) in faults {
                    self.fault(&format!("{key}{of}"), &fault);
                }
                (Format::of(Kind::Csv), None)
            }
        };
        let mut columns: Vec<(String, usize)> = Vec::new();
        for (column, field) in &raw.columns.0 {
            let Some(field) = self.field(&format!("{key}.columns"), field, schema) else {
                continue;
            };
            if let Some((other, _)) = columns.iter().find(|(_, f)| *f == field) {
                let fault = format!(
                    "`{other}` and `{column}` are both `{}`",
                    schema.fields[field].name
                );
                self.fault(&format!("{key}.columns"), &fault);
            }
            columns.push((column.trim().to_owned(), field));
        }
        let mut values: Vec<(usize, Vec<(String, String)>)> = Vec::new();
        for (name, pairs) in &raw.values.0 {
            let Some((field, pairs)) = self.values(&key, name, pairs, schema) else {
                continue;
            };
            if values.iter().any(|(f, _)| *f == field) {
                let fault = format!("`{}` stands there twice", schema.fields[field].name);
                self.fault(&format!("{key}.values"), &fault);
            }
            values.push((field, pairs));
        }
        let codes = raw
            .values_file
            .as_deref()
            .and_then(|file| self.codes(&key, (&raw.name, names), file, schema, &mut values));
        let absent = raw
            .absent
            .iter()
            .filter_map(|name| self.field(&format!("{key}.absent"), name, schema))
            .collect();
        SourceConfig {
            source: Source {
                name: raw.name.clone(),
                path: self.path(&raw.file),
                encoding,
                format,
                configured: true,
            },
            columns,
            values,
            codes,
            ignore: raw.ignore.iter().map(|c| c.trim().to_owned()).collect(),
            absent,
        }
    }

    fn values(
        &mut self,
        key: &str,
        name: &str,
        pairs: &Pairs<String>,
        schema: &Schema,
    ) -> Option<(usize, Vec<(String, String)>)> {
        let key = format!("{key}.values");
        let at = self.field(&key, name, schema)?;
        let field = &schema.fields[at];
        if let Some(fault) = never_mapped(field) {
            self.fault(&key, &format!("`{name}` {fault}"));
        }
        for (local, value) in &pairs.0 {
            if !value.is_empty()
                && let Some(nearest) = not_listed(field, value, schema)
            {
                let fault = format!(
                    "`{name}`: `{local}` is mapped to `{value}`, which is not in the list; the nearest is `{nearest}`"
                );
                self.fault(&key, &fault);
            }
        }
        let pairs = pairs.0.iter();
        let pairs = pairs.map(|(l, v)| (l.trim().to_owned(), v.clone()));
        Some((at, pairs.collect()))
    }

    /// Adds what the file says of this source to the values of the configuration itself.
    fn codes(
        &mut self,
        key: &str,
        (source, names): (&str, &[&str]),
        file: &str,
        schema: &Schema,
        values: &mut Vec<(usize, Vec<(String, String)>)>,
    ) -> Option<CodesFile> {
        let key = format!("{key}.values_file");
        let path = self.path(file);
        let (bytes, rows) = match codes::read(&path) {
            Ok(read) => read,
            Err(fault) => {
                self.fault(&key, &fault);
                return None;
            }
        };
        let mut faults: Vec<String> = Vec::new();
        let mut undecided = Vec::new();
        let mut stated: HashMap<(usize, String), Option<u64>> = HashMap::new();
        for (field, pairs) in values.iter() {
            stated.extend(
                pairs
                    .iter()
                    .map(|(local, _)| ((*field, local.clone()), None)),
            );
        }
        for CodeRow {
            row,
            source: of,
            field: name,
            local,
            value,
        } in rows
        {
            let mut fault =
                |fault: String| faults.push(format!("{} row {row}: {fault}", path.display()));
            if !of.is_empty() && !names.contains(&of.as_str()) {
                let nearest = closest(&of, names.iter().copied()).unwrap_or_default();
                fault(format!(
                    "{} is not the name of a source; the nearest is `{nearest}`",
                    shown(&of)
                ));
                continue;
            }
            if !of.is_empty() && of != source {
                continue;
            }
            let Some(at) = schema.position(&name) else {
                let names = schema.fields.iter().map(|f| f.name.as_str());
                let nearest = closest(&name, names).unwrap_or_default();
                fault(format!(
                    "{} is not a field of {}; the nearest is `{nearest}`",
                    shown(&name),
                    schema.id
                ));
                continue;
            };
            let field = &schema.fields[at];
            if let Some(why) = never_mapped(field) {
                fault(format!("`{}` {why}", field.name));
                continue;
            }
            if value.is_empty() {
                undecided.push((at, local));
                continue;
            }
            if let Some(nearest) = not_listed(field, &value, schema) {
                fault(format!(
                    "{} is not in the list of `{}`; the nearest is `{nearest}`",
                    shown(&value),
                    field.name
                ));
            }
            match stated.insert((at, local.clone()), Some(row)) {
                None => match values.iter_mut().find(|(f, _)| *f == at) {
                    Some((_, pairs)) => pairs.push((local, value)),
                    None => values.push((at, vec![(local, value)])),
                },
                Some(Some(first)) => fault(format!(
                    "has the field and local code of row {first} again. Keep one of the two"
                )),
                Some(None) => fault(format!(
                    "its local code of `{}` stands under `values:` in the configuration too. Keep one of the two",
                    field.name
                )),
            }
        }
        let more = faults.len().saturating_sub(MOST_FAULTS);
        for fault in faults.iter().take(MOST_FAULTS) {
            self.fault(&key, fault);
        }
        if more > 0 {
            self.fault(&key, &format!("{} has {more} more faults", path.display()));
        }
        Some(CodesFile {
            path,
            digest: hex_digest(&bytes),
            undecided,
        })
    }
}

/// How many faults of one file are told.
const MOST_FAULTS: usize = 20;

/// Why the values of a field are not to be mapped, if they are not.
fn never_mapped(field: &Field) -> Option<&'static str> {
    if field.treatment != Treatment::Keep {
        Some(
            "is an identifier or a source of derived values and is never mapped; correct it in the case system",
        )
    } else if field.kind == FieldKind::Date {
        Some("is a day, and days are never mapped; correct it in the case system")
    } else {
        None
    }
}

/// The value of the field's list that is nearest, where the list is known in full and lacks the one given.
fn not_listed<'s>(field: &Field, value: &str, schema: &'s Schema) -> Option<&'s str> {
    let list = &schema.lists[field.list?];
    let values = || list.values.iter().map(|v| v.value.as_str());
    if !list.complete.is_closed() || values().any(|v| v == value) {
        return None;
    }
    Some(closest(value, values()).unwrap_or_default())
}

/// A cell of a table of codes for a message: in the wrong column it may be what was met in somebody's record.
fn shown(cell: &str) -> String {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let mut token = false;
    tokens::scan(cell.as_bytes(), |_| token = true);
    if token || digits >= 5 || cell.chars().count() > 80 {
        "its text, not repeated here,".to_owned()
    } else {
        format!("`{cell}`")
    }
}

/// Reads `field,value` rows.
fn read_lists(path: &Path) -> Result<Vec<(String, String)>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|_| format!("cannot read {}", path.display()))?;
    let header = reader
        .headers()
        .map_err(|_| format!("{} is not UTF-8 CSV", path.display()))?;
    if header
        .iter()
        .map(|h| h.trim_start_matches('\u{feff}'))
        .ne(["field", "value"])
    {
        return Err(format!(
            "{} must begin with the header `field,value`",
            path.display()
        ));
    }
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|_| {
            format!(
                "{} row {}: not two cells of UTF-8 text",
                path.display(),
                at + 2
            )
        })?;
        if record[0].is_empty() || record[1].is_empty() {
            return Err(format!(
                "{} row {}: a cell is blank",
                path.display(),
                at + 2
            ));
        }
        rows.push((record[0].to_owned(), record[1].to_owned()));
    }
    Ok(rows)
}

fn hex_digest(bytes: &[u8]) -> String {
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
