//! A manifest as text for a terminal: `cld manifest show`.

use super::Statement;
use super::figures::{
    grouped, reason_order, reason_words, result_words, severity_words, share, treatment_words,
};
use super::predicate::{FieldQuality, OptOut, Predicate, TreatmentKind};

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
    keys(&mut text, p);
    files(&mut text, statement);
    text.line("");
    text.line(&p.notice);
    text.0
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
    let opt_out = |opt_out: &OptOut| {
        format!(
            "{}: {}",
            if opt_out.applied {
                "applied"
            } else {
                "not applied"
            },
            opt_out.reason
        )
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
    text.fact(
        "Sharing agreement",
        &stated(&p.governance.sharing_agreement),
    );
    text.fact("Retain until", &stated(&p.governance.retain_until));
    text.fact(
        "National data opt-out",
        &opt_out(&p.opt_outs.national_data_opt_out),
    );
    text.fact("Objections", &opt_out(&p.opt_outs.objections));
}

fn records(text: &mut Text, p: &Predicate) {
    text.head("Records");
    for source in &p.sources {
        text.figure(
            source.rows,
            &format!("read from {} ({})", source.name, source.form()),
        );
    }
    let mut excluded: Vec<_> = p.counts.excluded.iter().collect();
    excluded.sort_by_key(|(reason, _)| (reason_order(reason), *reason));
    for (reason, number) in excluded {
        text.figure(*number, &format!("excluded: {}", reason_words(reason)));
    }
    text.figure(p.counts.submitted, "submitted");
    text.figure(p.counts.people, "different people in the submission");
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

fn keys(text: &mut Text, p: &Predicate) {
    let mark = |test: bool| if test { "  TEST KEY" } else { "" };
    text.head("Keys and origin");
    text.fact(
        "Pseudonym key",
        &format!("{}, epoch {}{}", p.key.id, p.key.epoch, mark(p.key.test)),
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
            "2026-04-07T09:00:00Z, 2,150 ms",
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
