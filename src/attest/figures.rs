//! Figures and codes as people read them: grouped digits, shares, the words for reasons and treatments.

use super::predicate::{CheckResult, Severity, TreatmentKind};

/// Thousands apart: `1,234,567`.
pub(super) fn grouped(figure: u64) -> String {
    let digits = figure.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share with one decimal: `12.5%`. Rounded, except that only all is `100.0%` and only nothing is `0.0%`. A dash where
/// there is no whole.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let thousandths = (u128::from(part) * 2000 + u128::from(whole)) / (2 * u128::from(whole));
    if thousandths == 0 && part > 0 {
        return "<0.1%".to_owned();
    }
    if thousandths == 1000 && part < whole {
        return ">99.9%".to_owned();
    }
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// `1 record`, `2 records`.
pub(super) fn records(figure: u64) -> String {
    format!(
        "{} {}",
        grouped(figure),
        if figure == 1 { "record" } else { "records" }
    )
}

/// Why records were excluded, in the order in which the reasons are tried (contract section 9).
const REASONS: [(&str, &str); 5] = [
    (
        "no_person_id",
        "Neither a valid NHS number nor a council person identifier",
    ),
    (
        "no_event",
        "No event: no event type or no start date that can be read",
    ),
    ("cancelled", "Marked as cancelled in the council's system"),
    (
        "open_event",
        "Request, assessment or review that has not ended",
    ),
    ("outside_period", "Outside the reporting period"),
];

/// Where a reason stands among the reasons; unknown ones come last.
pub(super) fn reason_order(reason: &str) -> usize {
    REASONS
        .iter()
        .position(|(code, _)| *code == reason)
        .unwrap_or(REASONS.len())
}

/// A reason in words; an unknown one as it is, without its underscores.
pub(super) fn reason_words(reason: &str) -> String {
    REASONS.get(reason_order(reason)).map_or_else(
        || reason.replace('_', " "),
        |(_, words)| (*words).to_owned(),
    )
}

/// What happened to a field, for a column of a table.
pub(super) fn treatment_words(treatment: TreatmentKind) -> &'static str {
    match treatment {
        TreatmentKind::Keep => "kept",
        TreatmentKind::Derive => "reduced",
        TreatmentKind::Pseudonymise => "pseudonymised",
        TreatmentKind::Drop => "not sent",
    }
}

/// A severity in lower case.
pub(super) fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// The result of a check in lower case.
pub(super) fn result_words(result: CheckResult) -> &'static str {
    match result {
        CheckResult::Passed => "passed",
        CheckResult::Failed => "failed",
        CheckResult::NotRun => "not run",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        for (figure, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(figure), text);
        }
        assert_eq!(
            (records(1), records(1200)),
            ("1 record".to_owned(), "1,200 records".to_owned())
        );
    }

    #[test]
    fn only_all_is_everything_and_only_none_is_nothing() {
        for (part, whole, text) in [
            (0, 10, "0.0%"),
            (1, 8, "12.5%"),
            (1, 3, "33.3%"),
            (1, 1_000_000, "<0.1%"),
            (999_999, 1_000_000, ">99.9%"),
            (21, 46, "45.7%"),
            (7, 7, "100.0%"),
            (0, 0, "–"),
            (u64::MAX, u64::MAX, "100.0%"),
        ] {
            assert_eq!(share(part, whole), text);
        }
    }

    #[test]
    fn unknown_reasons_are_shown_as_they_are() {
        assert_eq!(reason_words("no_event"), REASONS[1].1);
        assert_eq!(reason_words("opted_out"), "opted out");
        assert!(reason_order("opted_out") > reason_order("outside_period"));
    }
}
