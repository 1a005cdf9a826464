//! `report.html`: the run for reviewers, made from the predicate alone. No row can reach it, and it tells no time.

use askama::Template;

use super::figures::{
    alone, grouped, reason_order, reason_words, records, result_words, severity_words, share,
    treatment_words,
};
use super::predicate::{
    CheckResult, FieldQuality, FieldTreatment, Predicate, RuleFindings, Severity, Uniqueness,
};
use super::{CHECKSUMS, ENVELOPE, MANIFEST, dsse};

// The path is looked up from where cargo compiles, the root of the package: askama's own settings file
// would be one more file there.
#[derive(Template)]
#[template(source = r#"{% include "src/attest/report.html" %}"#, ext = "html")]
struct Report<'a> {
    p: &'a Predicate,
    papers: [(&'static str, Option<&'a str>); 5],
    excluded: Vec<(String, u64)>,
    findings: Vec<&'a RuleFindings>,
    steps: [Step; 4],
}

struct Step {
    words: &'static str,
    command: String,
}

/// The report as one HTML file: no script, nothing fetched, the same bytes for the same predicate. The `run`
/// block of the predicate is not read: what differs between equal runs stands in the manifest only.
pub fn render(predicate: &Predicate) -> String {
    let governance = &predicate.governance;
    let mut excluded: Vec<_> = predicate.counts.excluded.iter().collect();
    excluded.sort_by_key(|(reason, _)| (reason_order(reason), *reason));
    let mut findings: Vec<_> = predicate.findings.iter().collect();
    // The worst first, then the commonest.
    findings.sort_by_key(|finding| {
        (
            finding.severity,
            u64::MAX - finding.records,
            &finding.rule,
            &finding.field,
        )
    });
    Report {
        p: predicate,
        papers: [
            ("Legal basis", governance.legal_basis.as_deref()),
            ("Direction or notice", governance.direction.as_deref()),
            (
                "Data protection impact assessment",
                governance.dpia.as_deref(),
            ),
            (
                "Data sharing agreement",
                governance.sharing_agreement.as_deref(),
            ),
            ("Kept until", governance.retain_until.as_deref()),
        ],
        excluded: excluded
            .into_iter()
            .map(|(reason, records)| (reason_words(reason), *records))
            .collect(),
        findings,
        steps: steps(),
    }
    .render()
    .expect("writing to a string cannot fail")
}

/// The commands of [the report](render) that check a bundle without this tool, for a POSIX shell in the
/// directory of the bundle with `signing.pub.pem` beside that directory. They write nothing into the bundle.
pub fn verification_commands() -> Vec<String> {
    steps()
        .into_iter()
        .map(|step| step.command)
        .take(3)
        .collect()
}

fn steps() -> [Step; 4] {
    let kind = dsse::PAYLOAD_TYPE;
    [
        Step {
            words: "Check that no file was changed or lost since the bundle was made. Every line must end in OK.",
            command: format!("sha256sum --strict -c {CHECKSUMS}"),
        },
        Step {
            words: "Check that you hold the right public key. Ask the council for it by another way than the one the \
                bundle came by. The number printed must be the signing key id above.",
            command: "openssl pkey -pubin -in ../signing.pub.pem -outform DER | sha256sum"
                .to_owned(),
        },
        Step {
            words: "Check the signature over the manifest. The answer must be “Signature Verified Successfully”.",
            command: format!(
                "{{ printf 'DSSEv1 {} {kind} %d ' \"$(wc -c < {MANIFEST})\"; cat {MANIFEST}; }} > ../signed.bin\n\
                 sed -n 's/.*\"sig\": *\"\\([^\"]*\\)\".*/\\1/p' {ENVELOPE} | base64 -d > ../signature.bin\n\
                 openssl pkeyutl -verify -pubin -inkey ../signing.pub.pem -rawin -in ../signed.bin -sigfile ../signature.bin",
                kind.len()
            ),
        },
        Step {
            words: "Or do all of this in one step, and compare each file with the signed manifest as well:",
            command: "cld manifest verify . --public-key ../signing.pub.pem".to_owned(),
        },
    ]
}

/// What the template calls.
impl Report<'_> {
    fn title(&self) -> String {
        format!(
            "{}: {}, {} to {}",
            self.p.controller.name,
            self.p.schema.title,
            self.p.period.stated.start,
            self.p.period.stated.end
        )
    }

    fn count(&self, figure: &u64) -> String {
        grouped(*figure)
    }

    fn records(&self, figure: &u64) -> String {
        records(*figure)
    }

    fn of_read(&self, figure: &u64) -> String {
        share(*figure, self.p.counts.read)
    }

    fn of_submitted(&self, figure: &u64) -> String {
        share(*figure, self.p.counts.submitted)
    }

    /// The share of the values that stand there which are valid.
    fn valid_share(&self, field: &FieldQuality) -> String {
        share(field.valid, field.filled())
    }

    fn excluded_total(&self) -> String {
        grouped(
            self.p
                .counts
                .excluded
                .values()
                .copied()
                .fold(0, u64::saturating_add),
        )
    }

    /// `1,100 errors, 90 warnings and 1 note`, over all rules.
    fn findings_total(&self) -> String {
        let total = |severity, word: &str| {
            let of_severity = self
                .p
                .findings
                .iter()
                .filter(|finding| finding.severity == severity);
            let figure = of_severity
                .map(|finding| finding.records)
                .fold(0, u64::saturating_add);
            format!(
                "{} {word}{}",
                grouped(figure),
                if figure == 1 { "" } else { "s" }
            )
        };
        format!(
            "{}, {} and {}",
            total(Severity::Error, "error"),
            total(Severity::Warning, "warning"),
            total(Severity::Info, "note")
        )
    }

    fn severity(&self, finding: &RuleFindings) -> &'static str {
        severity_words(finding.severity)
    }

    fn treatment(&self, field: &FieldTreatment) -> &'static str {
        treatment_words(field.treatment)
    }

    fn result(&self, result: &CheckResult) -> &'static str {
        result_words(*result)
    }

    fn blank_lines(&self) -> String {
        grouped(
            self.p
                .sources
                .iter()
                .map(|source| source.blank_lines)
                .fold(0, u64::saturating_add),
        )
    }

    fn alone(&self, uniqueness: &Uniqueness) -> String {
        alone(uniqueness)
    }

    fn figure_name(&self, name: &str) -> String {
        name.replace('_', " ")
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
