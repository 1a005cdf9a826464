//! What registers ask about a disclosure, from its manifest alone: data release register, record of processing
//! activities, annex for the data protection impact assessment.
//!
//! The items of the release register are those of the national ones (organisation, project, type and format, opt-outs
//! honoured with the reason, legal basis, sensitivity, how often, dates, controller, sublicensing, data sets, purpose).
//! What a manifest does not say is left for whoever knows it; nothing is made up.

use serde_json::{Value, json};

use super::Statement;
use super::digest;
use super::figures::{
    grouped, reason_order, reason_words, records, result_words, share, treatment_words,
};
use super::predicate::{Predicate, TreatmentKind};
use super::show::change_words;
use crate::write::WorklistLines;

/// Fields of special category, health and ethnic origin above all. A submission with any of them is sensitive.
const SPECIAL: [&str; 6] = [
    "Ethnicity",
    "Primary Support Reason",
    "Autism Spectrum Disorder (ASD)",
    "Visual Impairment",
    "Hearing Impairment",
    "Dementia",
];

/// Who knows what a manifest does not.
const GOVERNANCE: &str = "information governance";
const OFFICER: &str = "the data protection officer";
const RECIPIENT: &str = "the recipient";

/// One of the three registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `Data release register`.
    pub register: &'static str,
    /// Its items, in order.
    pub items: Vec<Item>,
}

/// One item of a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is asked.
    pub name: String,
    /// The answer, or who has to give it.
    pub answer: Result<String, &'static str>,
}

/// The three registers.
pub fn entries(statement: &Statement) -> [Entry; 3] {
    [
        Entry {
            register: "Data release register",
            items: release(statement),
        },
        Entry {
            register: "Record of processing activities",
            items: processing(statement.predicate()),
        },
        Entry {
            register: "Annex to the data protection impact assessment",
            items: annex(statement.predicate()),
        },
    ]
}

fn known(name: &str, answer: impl Into<String>) -> Item {
    Item {
        name: name.into(),
        answer: Ok(answer.into()),
    }
}

fn open(name: &str, who: &'static str) -> Item {
    Item {
        name: name.into(),
        answer: Err(who),
    }
}

/// What the manifest says, where it says something.
fn stated(name: &str, answer: Option<&str>, who: &'static str) -> Item {
    answer.map_or_else(|| open(name, who), |answer| known(name, answer))
}

fn release(statement: &Statement) -> Vec<Item> {
    let p = statement.predicate();
    let governance = &p.governance;
    let special = special(p);
    vec![
        known("Organisation that releases", controller(p)),
        known("Organisation that receives", &p.recipient),
        known("Project", &p.schema.title),
        known("Reference", &p.run_id),
        known("Type of data", &p.status),
        known(
            "Format",
            "Row level, one row for each event of a person; CSV and Parquet with the same rows",
        ),
        known(
            "Data sets",
            format!(
                "{}, {}; {}, {} people",
                p.schema.title,
                period(p),
                records(p.counts.submitted),
                grouped(p.counts.people)
            ),
        ),
        known("National data opt-out honoured", national_opt_out(p)),
        known("Objections honoured", objections(p)),
        stated("Legal basis", governance.legal_basis.as_deref(), GOVERNANCE),
        stated(
            "Direction or notice",
            governance.direction.as_deref(),
            GOVERNANCE,
        ),
        known(
            "Sensitive",
            if special.is_empty() {
                "No field of health or ethnic origin leaves".to_owned()
            } else {
                format!("Yes: {}", special.join(", "))
            },
        ),
        known("Purpose", &p.purpose),
        open("Objectives, outputs and benefits", RECIPIENT),
        open("How often", GOVERNANCE),
        known("Made on", day(&p.run.finished)),
        open("Sent on", GOVERNANCE),
        stated(
            "Sharing agreement",
            governance.sharing_agreement.as_deref(),
            GOVERNANCE,
        ),
        stated(
            "Sharing agreement ends",
            governance.sharing_agreement_ends.as_deref(),
            GOVERNANCE,
        ),
        stated("Kept until", governance.retain_until.as_deref(), GOVERNANCE),
        open("Sole or joint controllers", GOVERNANCE),
        open("Sublicensing", GOVERNANCE),
        known(
            "SHA-256 of manifest.json",
            digest::of_bytes(statement.to_json().as_bytes()),
        ),
        known(
            "Release before",
            p.previous.as_ref().map_or_else(
                || "none named".to_owned(),
                |previous| {
                    format!(
                        "{}, SHA-256 of its manifest {}",
                        previous.run_id, previous.manifest_digest
                    )
                },
            ),
        ),
    ]
}

fn processing(p: &Predicate) -> Vec<Item> {
    let governance = &p.governance;
    let groups: Vec<_> = p
        .people
        .iter()
        .map(|group| format!("{} ({})", group.group, group.people))
        .collect();
    let test = if p.is_test() {
        ". A PUBLISHED TEST KEY WAS USED: these measures protect nobody"
    } else {
        ""
    };
    vec![
        known("Controller", controller(p)),
        open("Contact of the controller", OFFICER),
        open("Data protection officer", OFFICER),
        known("Processing", format!("{}, {}", p.schema.title, period(p))),
        known("Purpose", &p.purpose),
        stated("Legal basis", governance.legal_basis.as_deref(), OFFICER),
        open("Articles 6 and 9 of the UK GDPR", OFFICER),
        known("Categories of people (groups overlap)", groups.join("; ")),
        known("Categories of personal data", sent(p).join(", ")),
        known("Recipients", &p.recipient),
        open("Transfers to other countries", OFFICER),
        stated("Kept until", governance.retain_until.as_deref(), OFFICER),
        known(
            "Security measures",
            format!(
                "Pseudonyms: {}, key {} of epoch {}, which stays with the council; reduced or left out: {}; every file named by its SHA-256 in a manifest signed with {} key {}{test}",
                p.key.algorithm,
                p.key.id,
                p.key.epoch,
                reduced(p).join(", "),
                p.signing_key.algorithm,
                p.signing_key.id
            ),
        ),
    ]
}

fn annex(p: &Predicate) -> Vec<Item> {
    let governance = &p.governance;
    let mut items = vec![
        stated("Assessment", governance.dpia.as_deref(), GOVERNANCE),
        stated(
            "To be reviewed by",
            governance.dpia_review_by.as_deref(),
            GOVERNANCE,
        ),
        known(
            "Why",
            format!(
                "{}, for {} under {}",
                p.schema.title,
                p.purpose,
                governance.legal_basis.as_deref().unwrap_or("(not stated)")
            ),
        ),
        known("To whom", &p.recipient),
        known(
            "How much",
            format!(
                "{} of {} read, {} people",
                records(p.counts.submitted),
                grouped(p.counts.read),
                grouped(p.counts.people)
            ),
        ),
    ];
    let mut excluded: Vec<_> = p.counts.excluded.iter().collect();
    excluded.sort_by_key(|(reason, _)| (reason_order(reason), *reason));
    items.extend(excluded.into_iter().map(|(reason, number)| {
        known(
            &format!("Left out: {}", reason_words(reason)),
            records(*number),
        )
    }));
    items.extend(p.people.iter().map(|group| {
        known(
            &format!("People by {}: {}", group.field, group.group),
            group.people.to_string(),
        )
    }));
    items.push(known("National data opt-out", national_opt_out(p)));
    items.push(known("Objections", objections(p)));
    items.extend(p.treatment.iter().map(|field| {
        let columns: Vec<_> = field
            .columns
            .iter()
            .map(|column| format!("{} ({})", column.name, column.form))
            .collect();
        let mut answer = treatment_words(field.treatment).to_owned();
        if !columns.is_empty() {
            answer += &format!(": {}", columns.join(", "));
        }
        if field.stricter_than_schema {
            answer += "; stricter than the return asks";
        }
        known(&format!("Field {}", field.field), answer)
    }));
    items.push(known(
        "Pseudonym key",
        format!(
            "{}, epoch {}{}",
            p.key.id,
            p.key.epoch,
            if p.key.test { ", TEST KEY" } else { "" }
        ),
    ));
    items.push(known(
        "Records with an error",
        format!(
            "{} ({}); no bundle is made above {}",
            records(p.counts.with_errors),
            share(p.counts.with_errors, p.counts.read),
            p.gate.max_error_records
        ),
    ));
    items.extend(p.checks.iter().map(|check| {
        let figures: Vec<_> = check
            .figures
            .iter()
            .map(|(name, figure)| format!("{}: {}", name.replace('_', " "), grouped(*figure)))
            .collect();
        let figures = figures.join("; ");
        let answer = match figures.as_str() {
            "" => result_words(check.result).to_owned(),
            figures => format!("{} ({figures})", result_words(check.result)),
        };
        known(&format!("Check: {}", check.check), answer)
    }));
    if let Some(previous) = &p.previous {
        let again = previous.people_again.as_deref();
        items.push(known(
            "People of the release before who are in this one",
            again.unwrap_or("cannot be compared"),
        ));
        items.extend(
            (1..)
                .zip(&previous.changes)
                .map(|(at, change)| known(&format!("Change {at}"), change_words(change))),
        );
    }
    items.push(open("Risks that remain, and who accepts them", GOVERNANCE));
    items
}

fn controller(p: &Predicate) -> String {
    format!("{} (LA code {})", p.controller.name, p.controller.la_code)
}

fn period(p: &Predicate) -> String {
    format!("{} to {}", p.period.stated.start, p.period.stated.end)
}

/// The day of a time in RFC 3339.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

fn national_opt_out(p: &Predicate) -> String {
    let opt_out = &p.opt_outs.national_data_opt_out;
    honoured(opt_out.applied, &opt_out.reason, opt_out.records_removed)
}

fn objections(p: &Predicate) -> String {
    let objections = &p.opt_outs.objections;
    let mut answer = honoured(
        objections.applied,
        &objections.reason,
        objections.records_removed,
    );
    answer += &objections.list.as_ref().map_or_else(
        || ". No list was given".to_owned(),
        |list| {
            format!(
                ". List given: {} entries, {} of them unreadable, {} people on it in the submission",
                list.entries, list.unread, list.people
            )
        },
    );
    answer
}

fn honoured(applied: bool, reason: &str, removed: u64) -> String {
    let yes = if applied { "Yes" } else { "No" };
    format!("{yes}: {reason} ({} removed)", records(removed))
}

/// Fields of which something leaves.
fn sent(p: &Predicate) -> Vec<&str> {
    of_treatment(p, |treatment| treatment != TreatmentKind::Drop)
}

/// Fields that leave as something less telling, or not at all.
fn reduced(p: &Predicate) -> Vec<&str> {
    of_treatment(p, |treatment| {
        matches!(treatment, TreatmentKind::Derive | TreatmentKind::Drop)
    })
}

fn of_treatment(p: &Predicate, is: impl Fn(TreatmentKind) -> bool) -> Vec<&str> {
    p.treatment
        .iter()
        .filter(|field| is(field.treatment))
        .map(|field| field.field.as_str())
        .collect()
}

fn special(p: &Predicate) -> Vec<&str> {
    sent(p)
        .into_iter()
        .filter(|field| SPECIAL.contains(field))
        .collect()
}

/// What stands where a manifest says nothing.
fn blank(who: &str) -> String {
    format!("[to be filled in by {who}]")
}

/// The entries as Markdown tables.
pub fn markdown(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &format!("## {}\n\n| Item | Entry |\n| --- | --- |\n", entry.register);
        for item in &entry.items {
            let answer = match &item.answer {
                Ok(answer) => escaped(answer),
                Err(who) => format!("*{}*", escaped(&blank(who))),
            };
            text += &format!("| {} | {answer} |\n", escaped(&item.name));
        }
    }
    text
}

/// Text of a table cell in Markdown, where nothing of it is markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '#' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            character if character.is_control() => safe.push(' '),
            character => safe.push(character),
        }
    }
    safe
}

/// The entries as CSV with the columns `register`, `item`, `entry`, `to_be_filled_in_by`: UTF-8 with a byte order mark, and an
/// apostrophe before what a spreadsheet would run as a formula.
pub fn csv(entries: &[Entry]) -> String {
    let mut lines = WorklistLines::default();
    let header = ["register", "item", "entry", "to_be_filled_in_by"];
    lines.line(header.into_iter().map(str::as_bytes));
    for entry in entries {
        for item in &entry.items {
            let (answer, who) = match &item.answer {
                Ok(answer) => (answer.as_str(), ""),
                Err(who) => ("", *who),
            };
            let cells = [entry.register, &item.name, answer, who];
            lines.line(cells.into_iter().map(str::as_bytes));
        }
    }
    format!("\u{feff}{}", String::from_utf8_lossy(&lines.bytes))
}

/// One entry as a line below a header of its items, to append to a register that is kept as a spreadsheet. What the manifest
/// does not know says who has to fill it in.
pub fn csv_line(entry: &Entry) -> String {
    let mut lines = WorklistLines::default();
    lines.line(entry.items.iter().map(|item| item.name.as_bytes()));
    for item in &entry.items {
        match &item.answer {
            Ok(answer) => lines.cell(answer.as_bytes()),
            Err(who) => lines.cell(blank(who).as_bytes()),
        }
    }
    lines.end();
    format!("\u{feff}{}", String::from_utf8_lossy(&lines.bytes))
}

/// The entries for programs: an item that the manifest does not answer has `null`.
pub fn json(entries: &[Entry]) -> Value {
    let item = |item: &Item| {
        json!({
            "item": item.name,
            "entry": item.answer.as_ref().ok(),
            "to_be_filled_in_by": item.answer.as_ref().err(),
        })
    };
    entries
        .iter()
        .map(|entry| {
            json!({
                "register": entry.register,
                "items": entry.items.iter().map(item).collect::<Vec<_>>(),
            })
        })
        .collect()
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
