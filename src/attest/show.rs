//! A manifest as text for a terminal: `cld manifest show`.

use super::Statement;
use super::figures::{
    grouped, reason_order, reason_words, records as records_words, result_words, severity_words,
    share, treatment_words,
};
use super::predicate::{Change, FieldQuality, Predicate, TreatmentKind};

/// Wide enough for every label.
const LABEL: usize = 24;

/// The statement in words and figures, for people. Ends with a line feed. Says nothing about the signature.
pub fn show(statement: &Statement) -> String {
    let p = statement.predicate();
    let mut text = Text(String::new());
    if p.is_test() {
        text.line("*** TEST KEY: not for real people's data ***");
        text.line("");
    }
    text.line(&format!(
        "{} ({}), {}",
        p.controller.name, p.controller.la_code, p.schema.title
    ));
    text.line(&format!("Status: {}", p.status));
    what_and_why(&mut text, p);
    records(&mut text, p);
    fields(&mut text, p);
    findings(&mut text, p);
    quality(&mut text, p);
    checks(&mut text, p);
    self_attack(&mut text, p);
    previous(&mut text, p);
    keys(&mut text, p);
    files(&mut text, statement);
    text.line("");
    text.line(&p.notice);
    text.0
}

/// A change in a line: `Gender leaves now (before: nothing; now: kept: Gender)`.
pub fn change_words(change: &Change) -> String {
    let of = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
    format!(
        "{} (before: {}; now: {})",
        change.words,
        of(&change.before),
        of(&change.after)
    )
}

/// Text that is written line by line.
struct Text(String);

impl Text {
    fn line(&mut self, words: &str) {
        // Names come from a configuration file: no control character of theirs reaches the terminal.
        self.0
            .extend(words.chars().filter(|character| !character.is_control()));
        self.0.push('\n');
    }

    fn head(&mut self, words: &str) {
        self.line("");
        self.line(words);
    }

    fn fact(&mut self, label: &str, value: &str) {
        self.line(&format!("  {label:<LABEL$} {value}"));
    }

    fn figure(&mut self, figure: u64, words: &str) {
        self.line(&format!("  {:>13}  {words}", grouped(figure)));
    }
}

fn what_and_why(text: &mut Text, p: &Predicate) {
    let stated = |value: &Option<String>| value.clone().unwrap_or_else(|| "not stated".to_owned());
    let opt_out = |applied: bool, reason: &str, removed: u64| {
        let applied = if applied { "applied" } else { "not applied" };
        format!("{applied}, {} removed: {reason}", records_words(removed))
    };
    let derived = p.period.derived.as_ref();
    text.head("Disclosure");
    text.fact("Run", &p.run_id);
    text.fact("Recipient", &p.recipient);
    text.fact("Purpose", &p.purpose);
    text.fact(
        "Period stated",
        &format!("{} to {}", p.period.stated.start, p.period.stated.end),
    );
    text.fact(
        "Period derived",
        &derived.map_or_else(
            || "none (fewer than 100 ended events, or no month holds enough); the stated period stands".to_owned(),
            |dates| format!("{} to {}", dates.start, dates.end),
        ),
    );
    text.fact("Legal basis", &stated(&p.governance.legal_basis));
    text.fact("Direction", &stated(&p.governance.direction));
    text.fact("DPIA", &stated(&p.governance.dpia));
    text.fact("DPIA review by", &stated(&p.governance.dpia_review_by));
    text.fact(
        "Sharing agreement",
        &stated(&p.governance.sharing_agreement),
    );
    text.fact(
        "Sharing agreement ends",
        &stated(&p.governance.sharing_agreement_ends),
    );
    text.fact("Retain until", &stated(&p.governance.retain_until));
    let national = &p.opt_outs.national_data_opt_out;
    text.fact(
        "National data opt-out",
        &opt_out(national.applied, &national.reason, national.records_removed),
    );
    let objections = &p.opt_outs.objections;
    text.fact(
        "Objections",
        &opt_out(
            objections.applied,
            &objections.reason,
            objections.records_removed,
        ),
    );
    let list = objections.list.as_ref().map_or_else(
        || "none given".to_owned(),
        |list| {
            format!(
                "entries: {}; of them unreadable: {}; people in the submission: {}",
                list.entries, list.unread, list.people
            )
        },
    );
    text.fact("List of objections", &list);
}

fn records(text: &mut Text, p: &Predicate) {
    text.head("Records");
    for source in &p.sources {
        text.figure(
            source.rows,
            &format!("read from {} ({})", source.name, source.form()),
        );
        for table in &source.tables {
            let words = format!("of them with a row of {} ({})", table.name, table.form());
            text.figure(table.records.matched, &words);
        }
    }
    let mut excluded: Vec<_> = p.counts.excluded.iter().collect();
    excluded.sort_by_key(|(reason, _)| (reason_order(reason), *reason));
    for (reason, number) in excluded {
        text.figure(*number, &format!("excluded: {}", reason_words(reason)));
    }
    text.figure(p.counts.submitted, "submitted");
    text.figure(p.counts.people, "different people in the submission");
    if let Some(tracing) = &p.tracing {
        text.head("Traced NHS numbers (numbers of people below ten are hidden)");
        for (number, words) in [
            (
                tracing.records_with_number_before,
                "records with an NHS number in the case system",
            ),
            (
                tracing.records_with_number,
                "records with that or a traced one",
            ),
            (
                tracing.records_that_differ,
                "records whose number is another one than the traced",
            ),
        ] {
            text.figure(number, words);
        }
        for (people, words) in [
            (tracing.people, "people with a traced number"),
            (
                tracing.people_healed,
                "whose records would be several persons' without it",
            ),
            (
                tracing.people_who_differ,
                "of whom a record has another number",
            ),
        ] {
            text.line(&format!("  {:>13}  {words}", people.to_string()));
        }
        text.fact("Register ends with", &tracing.register);
    }
    text.head("People in the submission (groups overlap; numbers below ten are hidden)");
    for group in &p.people {
        text.line(&format!(
            "  {:>13}  {}: {}",
            group.people.to_string(),
            group.field,
            group.group
        ));
    }
}

/// What differs from the bundle before.
fn previous(text: &mut Text, p: &Predicate) {
    let Some(previous) = &p.previous else { return };
    text.head("Compared with the bundle before");
    text.fact("Run before", &previous.run_id);
    text.fact(
        "Period before",
        &format!("{} to {}", previous.period.start, previous.period.end),
    );
    text.fact(
        "Its people again here",
        previous
            .people_again
            .as_deref()
            .unwrap_or("cannot be compared"),
    );
    for change in &previous.changes {
        text.line(&format!("  {}", change_words(change)));
    }
    if previous.changes.is_empty() {
        text.line("  nothing differs");
    }
}

fn fields(text: &mut Text, p: &Predicate) {
    text.head("Fields");
    for kind in [
        TreatmentKind::Pseudonymise,
        TreatmentKind::Derive,
        TreatmentKind::Drop,
        TreatmentKind::Keep,
    ] {
        let names: Vec<&str> = p
            .treatment
            .iter()
            .filter(|field| field.treatment == kind)
            .map(|field| field.field.as_str())
            .collect();
        if !names.is_empty() {
            text.fact(treatment_words(kind), &names.join(", "));
        }
    }
}

fn findings(text: &mut Text, p: &Predicate) {
    text.head("Findings over the extract");
    for finding in &p.findings {
        let following = if finding.caused == 0 {
            String::new()
        } else {
            format!(" (and {} following)", grouped(finding.caused))
        };
        text.figure(
            finding.records,
            &format!(
                "{:<7}  {}{following}",
                severity_words(finding.severity),
                finding.rule
            ),
        );
    }
    if p.findings.is_empty() {
        text.line("  none");
    }
    for rule in &p.rules_not_run {
        text.line(&format!(
            "  {:>13}  {}: {}",
            "not run", rule.rule, rule.reason
        ));
    }
}

fn quality(text: &mut Text, p: &Predicate) {
    let sum = |figure: fn(&FieldQuality) -> u64| {
        p.data_quality
            .iter()
            .map(figure)
            .fold(0, u64::saturating_add)
    };
    let filled = sum(FieldQuality::filled);
    text.head("Data quality of the submission, all fields together");
    text.fact(
        "Values that are valid",
        &share(sum(|field| field.valid), filled),
    );
    text.fact(
        "Values that are invalid",
        &grouped(sum(|field| field.invalid)),
    );
    text.fact(
        "Mandatory but blank",
        &grouped(sum(|field| field.blank_mandatory)),
    );
}

fn checks(text: &mut Text, p: &Predicate) {
    text.head("Checks of the output");
    for check in &p.checks {
        text.line(&format!(
            "  {:<7}  {}",
            result_words(check.result),
            check.check
        ));
    }
    if p.checks.is_empty() {
        text.line("  none");
    }
}

fn self_attack(text: &mut Text, p: &Predicate) {
    let tried = &p.self_attack;
    text.head("What the run tried on itself");
    for (family, identifiers) in &tried.identifiers {
        text.line(&format!(
            "  {family}: {} in {} likely forms, {} in {} further ones",
            identifiers.likely,
            grouped(tried.likely_forms),
            identifiers.further,
            grouped(tried.further_forms)
        ));
    }
    text.figure(
        tried.comparisons,
        "digests or more compared with pseudonyms",
    );
    text.figure(tried.matches, "of them matched");
    for uniqueness in &tried.uniqueness {
        text.line(&format!(
            "  alone in {}: {}",
            uniqueness.details, uniqueness.alone
        ));
    }
}

fn keys(text: &mut Text, p: &Predicate) {
    let mark = |test: bool| if test { "  TEST KEY" } else { "" };
    text.head("Keys and origin");
    text.fact(
        "Pseudonym key",
        &format!("{}, epoch {}{}", p.key.id, p.key.epoch, mark(p.key.test)),
    );
    text.fact("Kept as", &p.key.custody);
    text.fact(
        "Crosswalk",
        &p.key.crosswalk.as_ref().map_or_else(
            || "none made".to_owned(),
            |to| format!("made, encrypted to {to}"),
        ),
    );
    text.fact(
        "Signing key",
        &format!("{}{}", p.signing_key.id, mark(p.signing_key.test)),
    );
    text.fact(
        "Program",
        &format!("{} {} ({})", p.tool.name, p.tool.version, p.run.tool_build),
    );
    text.fact("Schema", &format!("{} {}", p.schema.id, p.schema.digest));
    text.fact("Configuration", &p.configuration_digest);
    if let Some(previous) = &p.previous {
        text.fact("Manifest before", &previous.manifest_digest);
    }
    text.fact(
        "Run at",
        &format!("{}, {} ms", p.run.started, grouped(p.run.duration_ms)),
    );
}

fn files(text: &mut Text, statement: &Statement) {
    text.head("Files");
    for subject in statement.subjects() {
        text.fact(&subject.name, &subject.digest.sha256);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::example;

    #[test]
    fn it_says_what_left_and_how_many() {
        let text = show(&example::statement());
        for words in [
            "*** TEST KEY",
            "    1,234,000  submitted",
            "        1,100  error    event_end_date.before_start (and 3 following)",
            "          560  excluded: Outside the reporting period",
            "  pseudonymised            NHS Number",
            "  passed   No NHS number of the extract",
            "not run  gp_practice_code.closed",
            "  nhs-number: all in 60 likely forms",
            "            0  of them matched",
            "  alone in month of birth, gender: 12.3%\n",
            "  alone in month of birth, gender, postcode sector: all, or all but fewer than 10\n",
            "2026-04-07T09:00:00Z, 2,150 ms",
            "fewer than 10  Client Type: of another client type",
            "       12,500  Client Funding Status: people who fund their own care",
            "not applied, 0 records removed: the disclosure is required by law",
            "entries: 57; of them unreadable: fewer than 10; people in the submission: 41",
            "Sharing agreement ends   2028-12-31",
            "Its people again here    97%",
            "Fewer people in the submission (before: 312,000; now: 300,000)",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert!(text.ends_with("2018.\n"));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut predicate = example::predicate();
        predicate.recipient = "nhs\u{1b}[2J".into();
        let files = example::statement()
            .subjects()
            .iter()
            .map(|s| (s.name.clone(), s.digest.sha256.clone()))
            .collect();
        let text = show(&Statement::new(files, predicate).expect("sound"));
        assert!(!text.contains('\u{1b}'));
    }
}
