//! `report.html`: the run for reviewers, made from the predicate alone. No row can reach it, and it tells no time.

mod chart;

use askama::Template;

use self::chart::{Kind, Part, bar, bar_within};
use super::figures::{
    grouped, reason_order, reason_words, records, result_words, severity_words, share,
    treatment_words,
};
use super::predicate::{
    CheckResult, FieldQuality, FieldTreatment, Predicate, RuleFindings, Severity, TreatmentKind,
};
use super::{CHECKSUMS, ENVELOPE, MANIFEST, dsse};

// The path is looked up from where cargo compiles, the root of the package: askama's own settings file
// would be one more file there.
#[derive(Template)]
#[template(
    source = r#"{% include "src/attest/report/report.html" %}"#,
    ext = "html"
)]
struct Report<'a> {
    p: &'a Predicate,
    papers: [(&'static str, Option<&'a str>); 7],
    excluded: Vec<(String, u64)>,
    findings: Vec<&'a RuleFindings>,
    steps: [Step; 6],
    records: Vec<Part>,
    quality: Vec<Part>,
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
                "Assessment to be reviewed by",
                governance.dpia_review_by.as_deref(),
            ),
            (
                "Data sharing agreement",
                governance.sharing_agreement.as_deref(),
            ),
            (
                "Agreement ends",
                governance.sharing_agreement_ends.as_deref(),
            ),
            ("Kept until", governance.retain_until.as_deref()),
        ],
        excluded: excluded
            .into_iter()
            .map(|(reason, records)| (reason_words(reason), *records))
            .collect(),
        findings,
        steps: steps(),
        records: records_bar(predicate),
        quality: quality_bar(&predicate.data_quality),
    }
    .render()
    .expect("writing to a string cannot fail")
}

/// The commands of [the report](render) that check a bundle without this tool, for a POSIX shell in the
/// directory of the bundle with `signing.pub.pem` beside that directory, and `reviewer.pub.pem` for the last one. They
/// write nothing into the bundle.
pub fn verification_commands() -> Vec<String> {
    steps()
        .into_iter()
        .map(|step| step.command)
        .take(5)
        .collect()
}

/// Checks the signature that stands at a place of the envelope, counted from 1: the council's is the first.
fn openssl(place: usize, key: &str, file: &str) -> String {
    format!(
        "sed -n 's/.*\"sig\": *\"\\([^\"]*\\)\".*/\\1/p' {ENVELOPE} | sed -n {place}p | base64 -d > ../{file}\n\
         openssl pkeyutl -verify -pubin -inkey ../{key} -rawin -in ../signed.bin -sigfile ../{file}"
    )
}

/// Holds name and digest of each file against the manifest, whose keys are sorted.
const AS_SIGNED: &str = r#"for file in data-quality.csv findings.csv report.html submission.csv submission.parquet; do
    entry="{\"digest\":{\"sha256\":\"$(sha256sum < $file | cut -d' ' -f1)\"},\"name\":\"$file\"}"
    tr -d ' \n' < manifest.json | grep -qF "$entry" && echo "$file: as signed" || echo "$file: CHANGED"
done"#;

fn steps() -> [Step; 6] {
    let kind = dsse::PAYLOAD_TYPE;
    [
        Step {
            words: "Check that no file was damaged on its way. Every line must end in OK. Whoever changes a file can change this \
                list too: that nobody did is shown by the steps after this one together.",
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
                "{{ printf 'DSSEv1 {} {kind} %d ' \"$(wc -c < {MANIFEST})\"; cat {MANIFEST}; }} > ../signed.bin\n{}",
                kind.len(),
                openssl(1, "signing.pub.pem", "signature.bin")
            ),
        },
        Step {
            words: "Check that each file is the one in the manifest that was signed. Every line must say “as signed”.",
            command: AS_SIGNED.to_owned(),
        },
        Step {
            words: "If a reviewer has approved the bundle, a second signature over the same manifest says so. With the \
                reviewer’s public key beside the directory, the answer must be the same.",
            command: openssl(2, "reviewer.pub.pem", "approval.bin"),
        },
        Step {
            words: "Or do all of this in one step, and compare each file with the signed manifest as well:",
            command: "cld manifest verify . --public-key ../signing.pub.pem".to_owned(),
        },
    ]
}

/// Records read: submitted, excluded.
fn records_bar(predicate: &Predicate) -> Vec<Part> {
    let counts = &predicate.counts;
    let excluded = counts.read.saturating_sub(counts.submitted);
    bar([
        (Kind::Good, "submitted", counts.submitted),
        (Kind::Open, "excluded", excluded),
    ])
}

/// Values of these fields that are there or should be.
fn quality_bar(fields: &[FieldQuality]) -> Vec<Part> {
    let over = |of: fn(&FieldQuality) -> u64| fields.iter().map(of).fold(0, u64::saturating_add);
    bar([
        (
            Kind::Good,
            "valid",
            over(|f| f.valid.saturating_add(f.release_1)),
        ),
        (Kind::Open, "cannot be verified", over(|f| f.unverified)),
        (Kind::Bad, "invalid", over(|f| f.invalid)),
        (Kind::Missing, "missing", over(|f| f.blank_mandatory)),
    ])
}

fn wrong(field: &FieldQuality) -> u64 {
    field.invalid.saturating_add(field.blank_mandatory)
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

    /// The fields that one treatment was given, in the order of the return.
    fn fields_treated(&self, treatment: &TreatmentKind) -> Vec<&str> {
        let fields = self.p.treatment.iter();
        fields
            .filter(|field| field.treatment == *treatment)
            .map(|field| field.field.as_str())
            .collect()
    }

    /// Every treatment, the mildest first.
    fn treatments(&self) -> [TreatmentKind; 4] {
        [
            TreatmentKind::Keep,
            TreatmentKind::Derive,
            TreatmentKind::Pseudonymise,
            TreatmentKind::Drop,
        ]
    }

    fn treatment_of(&self, treatment: &TreatmentKind) -> &'static str {
        treatment_words(*treatment)
    }

    fn field_bar(&self, field: &FieldQuality) -> Vec<Part> {
        quality_bar(std::slice::from_ref(field))
    }

    /// The fields with most values that are invalid or missing, the worst first.
    fn worst_fields(&self) -> Vec<&FieldQuality> {
        let mut worst: Vec<_> = self.p.data_quality.iter().collect();
        worst.retain(|field| wrong(field) > 0);
        worst.sort_by_key(|field| u64::MAX - wrong(field));
        worst.truncate(5);
        worst
    }

    /// What is wrong with a field beside the worst one.
    fn wrong_bar(&self, field: &FieldQuality) -> Vec<Part> {
        let worst = self.p.data_quality.iter().map(wrong).max();
        bar_within(
            [
                (Kind::Bad, "invalid", field.invalid),
                (Kind::Missing, "missing", field.blank_mandatory),
            ],
            u128::from(worst.unwrap_or(0)),
        )
    }

    /// The share of the values that are there or should be which are invalid or missing.
    fn wrong_share(&self, field: &FieldQuality) -> String {
        let whole = field.filled().saturating_add(field.blank_mandatory);
        share(wrong(field), whole)
    }

    /// What a bar shows, in words: `2,035 submitted, 65 excluded`.
    fn in_words(&self, parts: &[Part]) -> String {
        let words = parts.iter().filter(|part| part.figure > 0);
        let words: Vec<_> = words
            .map(|part| format!("{} {}", grouped(part.figure), part.words))
            .collect();
        match words.is_empty() {
            true => "nothing".to_owned(),
            false => words.join(", "),
        }
    }

    fn part_share(&self, part: &Part, parts: &[Part]) -> String {
        let whole = parts
            .iter()
            .fold(0_u64, |sum, part| sum.saturating_add(part.figure));
        share(part.figure, whole)
    }

    /// `5 passed`, and which others there are.
    fn checks_in_words(&self) -> String {
        let of = |result: CheckResult| self.p.checks.iter().filter(|c| c.result == result).count();
        let counted = [
            CheckResult::Passed,
            CheckResult::Failed,
            CheckResult::NotRun,
        ]
        .map(|result| (of(result), result_words(result)));
        let counted = counted.iter().filter(|(n, _)| *n > 0);
        let counted: Vec<_> = counted.map(|(n, words)| format!("{n} {words}")).collect();
        match counted.is_empty() {
            true => "No check of the output was made".to_owned(),
            false => counted.join(", "),
        }
    }

    fn figure_name(&self, name: &str) -> String {
        name.replace('_', " ")
    }
}

#[cfg(test)]
mod tests;
