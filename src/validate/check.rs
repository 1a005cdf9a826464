//! The checks that are code. A rule is a check of one field; its code is `field.check` and never changes. What each says
//! of itself stands in `checks.yaml` beside this file; rules that are conditions stand in the schemas.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::schema::{Evidence, Level, Named, Page, Severity};
use crate::yaml;

/// One check. The order is that in which findings of one cell are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Check {
    BlankMandatory,
    NotInList,
    ReleaseOne,
    ReleaseOneRetired,
    Malformed,
    CheckDigit,
    Placeholder,
    TestNumber,
    NotADate,
    NotANumber,
    Decimals,
    NotAPostcode,
    NotController,
    OtherPeriod,
    Formula,
    Identifier,
    NotApplicable,
    Capitals,
    WhiteSpace,
    NumberFormat,
    Shape,
    TooLong,
    Encoding,
    Unverified,
    SeveralForPerson,
    SeveralForNumber,
    KnownElsewhere,
    Conflicting,
    NotAServiceUser,
    DuplicateEvent,
    DuplicateJoined,
    Several,
    NotTwelveMonths,
    OutsideDerived1,
    OutsideDerived2,
    ToleratedGap,
    MonthMissing,
    Missing,
    LostService,
    SupersededRelease,
    MissingShare,
    PlaceholderDate,
    Unmatched,
    Undecided,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Self; 44] = [
        Self::BlankMandatory,
        Self::NotInList,
        Self::ReleaseOne,
        Self::ReleaseOneRetired,
        Self::Malformed,
        Self::CheckDigit,
        Self::Placeholder,
        Self::TestNumber,
        Self::NotADate,
        Self::NotANumber,
        Self::Decimals,
        Self::NotAPostcode,
        Self::NotController,
        Self::OtherPeriod,
        Self::Formula,
        Self::Identifier,
        Self::NotApplicable,
        Self::Capitals,
        Self::WhiteSpace,
        Self::NumberFormat,
        Self::Shape,
        Self::TooLong,
        Self::Encoding,
        Self::Unverified,
        Self::SeveralForPerson,
        Self::SeveralForNumber,
        Self::KnownElsewhere,
        Self::Conflicting,
        Self::NotAServiceUser,
        Self::DuplicateEvent,
        Self::DuplicateJoined,
        Self::Several,
        Self::NotTwelveMonths,
        Self::OutsideDerived1,
        Self::OutsideDerived2,
        Self::ToleratedGap,
        Self::MonthMissing,
        Self::Missing,
        Self::LostService,
        Self::SupersededRelease,
        Self::MissingShare,
        Self::PlaceholderDate,
        Self::Unmatched,
        Self::Undecided,
    ];

    /// Second half of the rule code.
    pub fn name(self) -> &'static str {
        match self {
            Self::BlankMandatory => "blank_mandatory",
            Self::NotInList => "not_in_list",
            Self::ReleaseOne => "release_1",
            Self::ReleaseOneRetired => "release_1_retired",
            Self::Malformed => "malformed",
            Self::CheckDigit => "check_digit",
            Self::Placeholder => "placeholder",
            Self::TestNumber => "test_number",
            Self::NotADate => "not_a_date",
            Self::NotANumber => "not_a_number",
            Self::Decimals => "decimals",
            Self::NotAPostcode => "not_a_postcode",
            Self::NotController => "not_controller",
            Self::OtherPeriod => "other_period",
            Self::Formula => "formula",
            Self::Identifier => "identifier",
            Self::NotApplicable => "not_applicable",
            Self::Capitals => "capitals",
            Self::WhiteSpace => "white_space",
            Self::NumberFormat => "number_format",
            Self::Shape => "shape",
            Self::TooLong => "too_long",
            Self::Encoding => "encoding",
            Self::Unverified => "unverified",
            Self::SeveralForPerson => "several_for_person",
            Self::SeveralForNumber => "several_for_number",
            Self::KnownElsewhere => "known_elsewhere",
            Self::Conflicting => "conflicting",
            Self::NotAServiceUser => "not_a_service_user",
            Self::DuplicateEvent => "duplicate_event",
            Self::DuplicateJoined => "duplicate_joined",
            Self::Several => "several",
            Self::NotTwelveMonths => "not_twelve_months",
            Self::OutsideDerived1 => "outside_derived_1",
            Self::OutsideDerived2 => "outside_derived_2",
            Self::ToleratedGap => "tolerated_gap",
            Self::MonthMissing => "month_missing",
            Self::Missing => "missing",
            Self::LostService => "lost_service",
            Self::SupersededRelease => "superseded_release",
            Self::MissingShare => "missing_share",
            Self::PlaceholderDate => "placeholder_date",
            Self::Unmatched => "unmatched",
            Self::Undecided => "undecided",
        }
    }

    /// What it says of itself.
    pub fn page(self) -> &'static Page {
        &PAGES[self as usize]
    }
}

/// The pages of all checks, in their order.
static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
    // The text is compiled in, and a test reads it whole: it cannot fail in a user's hands.
    pages(include_str!("checks.yaml")).expect("checks.yaml is sound")
});

/// An entry of `checks.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    check: String,
    level: String,
    severity: String,
    evidence: String,
    source: String,
    confidence: String,
    checks: String,
    why: String,
    fault: String,
    #[serde(default)]
    expected: String,
    remedy: String,
    who: String,
}

fn pages(text: &str) -> Result<Vec<Page>, String> {
    let entries: Vec<Entry> = yaml::parse(text).map_err(|e| e.to_string())?;
    if entries.len() != Check::ALL.len() {
        return Err(format!(
            "{} entries for {} checks",
            entries.len(),
            Check::ALL.len()
        ));
    }
    let page = |check: Check| {
        let entry = entries
            .iter()
            .find(|entry| entry.check == check.name())
            .ok_or_else(|| format!("no entry for {}", check.name()))?;
        let word = |key, word: &str| format!("{}: {key}: {word}", check.name());
        let severity = Severity::from_word(&entry.severity)
            .ok_or_else(|| word("severity", &entry.severity))?;
        let evidence = Evidence::from_word(&entry.evidence)
            .ok_or_else(|| word("evidence", &entry.evidence))?;
        if severity == Severity::Error && evidence == Evidence::Inferred {
            return Err(word("severity", "an error without evidence"));
        }
        Ok(Page {
            level: Level::from_word(&entry.level).ok_or_else(|| word("level", &entry.level))?,
            severity,
            evidence,
            source: entry.source.clone(),
            confidence: entry.confidence.clone(),
            checks: entry.checks.clone(),
            why: entry.why.clone(),
            fault: entry.fault.clone(),
            expected: entry.expected.clone(),
            remedy: entry.remedy.clone(),
            who: entry.who.clone(),
        })
    };
    Check::ALL.into_iter().map(page).collect()
}

/// What broke: a check that is code, or a rule that the schema states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Broken {
    /// A check of the field.
    Check(Check),
    /// The rule at this position of [`crate::schema::Schema::rules`].
    Rule(u16),
}

impl From<Check> for Broken {
    fn from(check: Check) -> Self {
        Self::Check(check)
    }
}

/// A set of checks that failed for one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checks(u64);

impl Checks {
    /// Adds one.
    pub fn add(&mut self, check: Check) {
        self.0 |= 1 << check as u8;
    }

    /// Whether none failed.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that failed, in order.
    pub fn iter(self) -> impl Iterator<Item = Check> {
        Check::ALL
            .into_iter()
            .filter(move |c| self.0 & 1 << *c as u8 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_says_what_it_is() {
        let pages = pages(include_str!("checks.yaml")).unwrap();
        for (check, page) in Check::ALL.into_iter().zip(&pages) {
            for text in [
                &page.checks,
                &page.why,
                &page.fault,
                &page.remedy,
                &page.who,
            ] {
                assert!(!text.is_empty(), "{}", check.name());
            }
            assert!(page.checks.ends_with('.') && page.why.ends_with('.'));
            assert!(!page.fault.ends_with('.') && !page.remedy.ends_with('.'));
        }
    }

    #[test]
    fn an_error_needs_evidence() {
        let (sound, broken) = ("  evidence: standard", "  evidence: inferred");
        let text = include_str!("checks.yaml").replacen(sound, broken, 1);
        assert!(pages(&text).unwrap_err().contains("without evidence"));
    }
}
