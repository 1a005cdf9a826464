//! What differs between two manifests, in the words and the order of somebody who has to approve the later one.

use std::collections::{BTreeMap, BTreeSet};

use super::figures::{grouped, reason_words, share, treatment_words};
use super::predicate::{
    Change, ChangeKind, Dates, FieldQuality, FieldTreatment, PeopleGroup, Predicate, Severity,
    Source, TreatmentKind,
};

/// Tenths of a percentage point by which a share of values must move to be told.
const QUALITY_MOVES: u64 = 20;

/// Columns that are there for the shape of the file and hold nothing.
const EMPTY: &str = "always empty";

/// Every difference, what a reviewer must see first in front. Digests of data, and the run's own id and time, are not
/// compared: they always differ.
pub fn changes(before: &Predicate, after: &Predicate) -> Vec<Change> {
    let mut all = Changes(Vec::new());
    fields(&mut all, before, after);
    authority(&mut all, before, after);
    disclosure(&mut all, before, after);
    keys(&mut all, before, after);
    opt_outs(&mut all, before, after);
    selection(&mut all, before, after);
    period(&mut all, before, after);
    people(&mut all, before, after);
    tracing(&mut all, before, after);
    records(&mut all, before, after);
    sources(&mut all, before, after);
    rules(&mut all, before, after);
    quality(&mut all, before, after);
    versions(&mut all, before, after);
    // Stable: within a kind they stay as they were found.
    all.0.sort_by_key(|change| change.kind);
    all.0
}

struct Changes(Vec<Change>);

impl Changes {
    fn tell(
        &mut self,
        kind: ChangeKind,
        words: impl Into<String>,
        before: Option<String>,
        after: Option<String>,
    ) {
        self.0.push(Change {
            kind,
            words: words.into(),
            before,
            after,
        });
    }

    /// Tells of a text that is another one, is new or is gone.
    fn text(&mut self, kind: ChangeKind, what: &str, before: Option<&str>, after: Option<&str>) {
        if before == after {
            return;
        }
        let words = match (before, after) {
            (None, _) => format!("{what} is stated now, and was not before"),
            (_, None) => format!("{what} is not stated any more"),
            _ => format!("{what} is another one"),
        };
        self.tell(
            kind,
            words,
            before.map(str::to_owned),
            after.map(str::to_owned),
        );
    }

    /// Tells of a number that is greater or smaller, and by how much.
    fn number(&mut self, kind: ChangeKind, what: &str, before: u64, after: u64) {
        if before == after {
            return;
        }
        let (comparison, by) = if after < before {
            ("Fewer", before - after)
        } else {
            ("More", after - before)
        };
        let mut words = format!("{comparison} {what}: by {}", grouped(by));
        if before > 0 {
            words += &format!(", {} of those before", share(by, before));
        }
        self.tell(kind, words, Some(grouped(before)), Some(grouped(after)));
    }
}

/// What of a field leaves, in a line; `None` where nothing does.
fn leaves(field: &FieldTreatment) -> Option<String> {
    let columns: Vec<_> = field
        .columns
        .iter()
        .filter(|column| field.treatment != TreatmentKind::Drop && column.form != EMPTY)
        .map(|column| format!("{} ({})", column.name, column.form))
        .collect();
    (!columns.is_empty()).then(|| {
        format!(
            "{}: {}",
            treatment_words(field.treatment),
            columns.join(", ")
        )
    })
}

fn fields(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let of = |p: &Predicate, name: &str| {
        let field = p.treatment.iter().find(|field| field.field == name);
        field.and_then(leaves)
    };
    // In the order of the return, with what only the earlier one had at the end.
    let mut names: Vec<&str> = Vec::new();
    for field in after.treatment.iter().chain(&before.treatment) {
        if !names.contains(&field.field.as_str()) {
            names.push(&field.field);
        }
    }
    for name in names {
        let (was, is) = (of(before, name), of(after, name));
        let (kind, words) = match (&was, &is) {
            (None, Some(_)) => (
                ChangeKind::FieldAdded,
                format!("{name} leaves now, and did not before"),
            ),
            (Some(_), None) => (
                ChangeKind::FieldRemoved,
                format!("{name} does not leave any more"),
            ),
            (was, is) if was != is => (
                ChangeKind::FieldForm,
                format!("{name} leaves in another form"),
            ),
            _ => continue,
        };
        all.tell(kind, words, was, is);
    }
}

fn authority(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let (b, a) = (&before.governance, &after.governance);
    for (what, was, is) in [
        ("The legal basis", &b.legal_basis, &a.legal_basis),
        ("The direction or notice", &b.direction, &a.direction),
        ("The data protection impact assessment", &b.dpia, &a.dpia),
        (
            "The date by which the assessment has to be reviewed",
            &b.dpia_review_by,
            &a.dpia_review_by,
        ),
        (
            "The data sharing agreement",
            &b.sharing_agreement,
            &a.sharing_agreement,
        ),
        (
            "The last day of the agreement",
            &b.sharing_agreement_ends,
            &a.sharing_agreement_ends,
        ),
        (
            "The date until which the data are kept",
            &b.retain_until,
            &a.retain_until,
        ),
    ] {
        all.text(ChangeKind::Authority, what, was.as_deref(), is.as_deref());
    }
    all.text(
        ChangeKind::Authority,
        "The status of the data in law",
        Some(&before.status),
        Some(&after.status),
    );
}

fn disclosure(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let controller = |p: &Predicate| format!("{} ({})", p.controller.name, p.controller.la_code);
    for (what, was, is) in [
        ("The controller", controller(before), controller(after)),
        (
            "The recipient",
            before.recipient.clone(),
            after.recipient.clone(),
        ),
        ("The purpose", before.purpose.clone(), after.purpose.clone()),
    ] {
        all.text(ChangeKind::Disclosure, what, Some(&was), Some(&is));
    }
}

fn keys(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let consequence = "pseudonyms of the two bundles cannot be matched";
    for (what, was, is) in [
        ("pseudonym key", &before.key.id, &after.key.id),
        ("epoch", &before.key.epoch, &after.key.epoch),
        (
            "way to make pseudonyms",
            &before.key.algorithm,
            &after.key.algorithm,
        ),
    ] {
        if was != is {
            all.tell(
                ChangeKind::Key,
                format!("Another {what}: {consequence}"),
                Some(was.clone()),
                Some(is.clone()),
            );
        }
    }
    let domains = |p: &Predicate| p.key.domains.join(", ");
    if before.key.domains != after.key.domains {
        all.tell(
            ChangeKind::Key,
            "Other families of identifiers have pseudonyms",
            Some(domains(before)),
            Some(domains(after)),
        );
    }
    if before.signing_key.id != after.signing_key.id {
        all.tell(
            ChangeKind::Key,
            "The council signs with another key: make sure by another way that it is the council's",
            Some(before.signing_key.id.clone()),
            Some(after.signing_key.id.clone()),
        );
    }
    if before.is_test() != after.is_test() {
        let words = |p: &Predicate| if p.is_test() { "TEST KEY" } else { "own keys" }.to_owned();
        all.tell(
            ChangeKind::Key,
            "One of the two bundles is made or signed with a published test key, the other is not",
            Some(words(before)),
            Some(words(after)),
        );
    }
}

fn opt_outs(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let handling = |applied: bool, reason: &str, removed: u64| {
        let applied = if applied { "applied" } else { "not applied" };
        format!(
            "{applied}, {} removed: {reason}",
            super::figures::records(removed)
        )
    };
    let national = |p: &Predicate| {
        let opt_out = &p.opt_outs.national_data_opt_out;
        handling(opt_out.applied, &opt_out.reason, opt_out.records_removed)
    };
    let objections = |p: &Predicate| {
        let objections = &p.opt_outs.objections;
        handling(
            objections.applied,
            &objections.reason,
            objections.records_removed,
        )
    };
    for (what, was, is) in [
        (
            "The national data opt-out is handled otherwise",
            national(before),
            national(after),
        ),
        (
            "Objections are handled otherwise",
            objections(before),
            objections(after),
        ),
    ] {
        if was != is {
            all.tell(ChangeKind::OptOuts, what, Some(was), Some(is));
        }
    }
    let list = |p: &Predicate| {
        let list = p.opt_outs.objections.list.as_ref()?;
        Some(format!(
            "{} entries, {} of them cannot be read, {} people in the submission",
            list.entries, list.unread, list.people
        ))
    };
    let (was, is) = (list(before), list(after));
    if was != is {
        let words = match (&was, &is) {
            (None, _) => "A list of objections was counted, and was not before",
            (_, None) => "No list of objections was counted any more",
            _ => "The list of objections came to other numbers",
        };
        all.tell(ChangeKind::OptOuts, words, was, is);
    }
}

/// Numbers that tracing verified decide who is the same person.
fn tracing(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let told = |p: &Predicate| {
        let tracing = p.tracing.as_ref()?;
        Some(format!(
            "{} people with a traced number, {} of them joined by it; records with a number: {} without tracing, {} with",
            tracing.people,
            tracing.people_healed,
            tracing.records_with_number_before,
            tracing.records_with_number,
        ))
    };
    let (was, is) = (told(before), told(after));
    if was != is {
        let words = match (&was, &is) {
            (None, _) => "Traced NHS numbers are used, and were not before",
            (_, None) => "Traced NHS numbers are not used any more",
            _ => "Traced NHS numbers came to other figures",
        };
        all.tell(ChangeKind::People, words, was, is);
    }
}

fn selection(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let names: BTreeSet<&String> = before
        .selection
        .keys()
        .chain(after.selection.keys())
        .collect();
    let on = |p: &Predicate, name: &String| {
        let on = p.selection.get(name);
        on.map(|on| if *on { "on" } else { "off" }.to_owned())
    };
    for name in names {
        let (was, is) = (on(before, name), on(after, name));
        if was != is {
            let turned = is.as_deref().unwrap_or("gone");
            let words = format!("The exclusion “{}” is {turned} now", reason_words(name));
            all.tell(ChangeKind::Selection, words, was, is);
        }
    }
    all.text(
        ChangeKind::Selection,
        "The share of records with an error above which no bundle is made",
        Some(&before.gate.max_error_records),
        Some(&after.gate.max_error_records),
    );
    all.text(
        ChangeKind::Selection,
        "The share of people of the bundle before who must be there again",
        before.gate.people_again.as_deref(),
        after.gate.people_again.as_deref(),
    );
}

fn period(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let words = |dates: &Dates| format!("{} to {}", dates.start, dates.end);
    let derived = |p: &Predicate| p.period.derived.as_ref().map(words);
    all.text(
        ChangeKind::Period,
        "The reporting period",
        Some(&words(&before.period.stated)),
        Some(&words(&after.period.stated)),
    );
    all.text(
        ChangeKind::Period,
        "The period that the records themselves show",
        derived(before).as_deref(),
        derived(after).as_deref(),
    );
}

fn people(all: &mut Changes, before: &Predicate, after: &Predicate) {
    all.number(
        ChangeKind::People,
        "people in the submission",
        before.counts.people,
        after.counts.people,
    );
    let of = |p: &Predicate, group: &PeopleGroup| {
        let mut groups = p.people.iter();
        let same = groups.find(|g| g.field == group.field && g.group == group.group);
        same.map(|group| group.people.to_string())
    };
    let mut told: Vec<(&str, &str)> = Vec::new();
    for group in after.people.iter().chain(&before.people) {
        if told.contains(&(&group.field, &group.group)) {
            continue;
        }
        told.push((&group.field, &group.group));
        let (was, is) = (of(before, group), of(after, group));
        if was != is {
            all.tell(
                ChangeKind::People,
                format!(
                    "Another number of people by {}: {}",
                    group.field, group.group
                ),
                was,
                is,
            );
        }
    }
}

fn records(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let (b, a) = (&before.counts, &after.counts);
    for (what, was, is) in [
        ("records submitted", b.submitted, a.submitted),
        ("records read", b.read, a.read),
        ("records with an error", b.with_errors, a.with_errors),
    ] {
        all.number(ChangeKind::Records, what, was, is);
    }
    let reasons: BTreeSet<&String> = b.excluded.keys().chain(a.excluded.keys()).collect();
    for reason in reasons {
        let of = |excluded: &BTreeMap<String, u64>| excluded.get(reason).copied().unwrap_or(0);
        let what = format!("records left out as “{}”", reason_words(reason));
        all.number(ChangeKind::Records, &what, of(&b.excluded), of(&a.excluded));
    }
}

/// What is told of a source, apart from its length.
fn source(source: &Source) -> String {
    let list = |what: &str, names: &[String]| {
        if names.is_empty() {
            String::new()
        } else {
            format!("; {what} {}", names.join(", "))
        }
    };
    let mapped: Vec<_> = source
        .values_mapped
        .iter()
        .map(|(field, codes)| format!("{field} ({})", grouped(*codes)))
        .collect();
    let query = source.query.as_ref();
    let query = query.map(|query| format!("{} with SHA-256 {}", query.name, query.digest));
    let of = |what: &str, word: &Option<String>| {
        let word = word.as_ref();
        word.map_or(String::new(), |word| format!(", {what}{word}"))
    };
    format!(
        "{}{}{}{}{}{}{}",
        source.kind,
        of("", &source.encoding),
        of("sheet ", &source.sheet),
        of("query ", &query),
        list("columns left out:", &source.columns_ignored),
        list("fields absent:", &source.fields_absent),
        list("codes mapped:", &mapped),
    )
}

fn sources(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let of = |p: &Predicate, name: &str| {
        let found = p.sources.iter().find(|source| source.name == name);
        found.map(source)
    };
    let mut names: Vec<&str> = Vec::new();
    for source in after.sources.iter().chain(&before.sources) {
        if !names.contains(&source.name.as_str()) {
            names.push(&source.name);
        }
    }
    for name in names {
        let (was, is) = (of(before, name), of(after, name));
        if was != is {
            let words = match (&was, &is) {
                (None, _) => format!("Records come from another source besides: {name}"),
                (_, None) => format!("No records come from {name} any more"),
                _ => format!("The source {name} is read otherwise"),
            };
            all.tell(ChangeKind::Sources, words, was, is);
        }
    }
}

fn rules(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let broken = |p: &Predicate| -> BTreeSet<String> {
        let findings = p.findings.iter();
        let worse = findings.filter(|f| f.severity != Severity::Info && f.records > 0);
        worse.map(|finding| finding.rule.clone()).collect()
    };
    let idle = |p: &Predicate| -> BTreeSet<String> {
        let rules = p.rules_not_run.iter();
        rules.map(|rule| rule.rule.clone()).collect()
    };
    let mut compare = |new: &str, gone: &str, was: BTreeSet<String>, is: BTreeSet<String>| {
        let list = |rules: Vec<&String>| {
            let rules: Vec<&str> = rules.into_iter().map(String::as_str).collect();
            (!rules.is_empty()).then(|| rules.join(", "))
        };
        if let Some(rules) = list(is.difference(&was).collect()) {
            all.tell(ChangeKind::Rules, new, None, Some(rules));
        }
        if let Some(rules) = list(was.difference(&is).collect()) {
            all.tell(ChangeKind::Rules, gone, Some(rules), None);
        }
    };
    compare(
        "Rules are broken that were not",
        "Rules are not broken any more",
        broken(before),
        broken(after),
    );
    compare(
        "Rules could not run that could before",
        "Rules ran that could not before",
        idle(before),
        idle(after),
    );
}

fn quality(all: &mut Changes, before: &Predicate, after: &Predicate) {
    /// A figure of a field, and what it is a part of.
    type Figure = fn(&FieldQuality) -> (u64, u64);
    let valid: Figure = |field| (field.valid, field.filled());
    let missing: Figure = |field| (field.blank_mandatory, field.total().unwrap_or(u64::MAX));
    for is in &after.data_quality {
        let Some(was) = before.data_quality.iter().find(|f| f.field == is.field) else {
            continue;
        };
        for (what, figure) in [
            ("values present that are valid", valid),
            ("records where it is missing though mandatory", missing),
        ] {
            let ((a, of_a), (b, of_b)) = (figure(was), figure(is));
            let (Some(from), Some(to)) = (tenths(a, of_a), tenths(b, of_b)) else {
                continue;
            };
            if from.abs_diff(to) > QUALITY_MOVES {
                let direction = if to > from { "larger" } else { "smaller" };
                all.tell(
                    ChangeKind::Quality,
                    format!("{}: a {direction} share of {what}", is.field),
                    Some(share(a, of_a)),
                    Some(share(b, of_b)),
                );
            }
        }
    }
}

/// A share in tenths of a per cent; `None` of nothing.
fn tenths(part: u64, whole: u64) -> Option<u64> {
    let tenths = (u128::from(part) * 1000).checked_div(u128::from(whole))?;
    u64::try_from(tenths).ok()
}

fn versions(all: &mut Changes, before: &Predicate, after: &Predicate) {
    let tool = |p: &Predicate| format!("{} {}", p.tool.name, p.tool.version);
    let schema = |p: &Predicate| format!("{} {}", p.schema.id, p.schema.digest);
    for (what, was, is) in [
        ("The program", tool(before), tool(after)),
        ("The schema of the return", schema(before), schema(after)),
        (
            "The configuration",
            before.configuration_digest.clone(),
            after.configuration_digest.clone(),
        ),
    ] {
        all.text(ChangeKind::Versions, what, Some(&was), Some(&is));
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
