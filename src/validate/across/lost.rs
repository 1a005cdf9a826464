//! Services that an earlier bundle had open and this one lost: what the comparison came to, in sentences.
//!
//! In national tables joined from several submissions, a service that is still open at the end of a quarter and not seen
//! in the next submission is closed at that quarter's end (spec rules.md section 7).

use super::file::{FileJudged, FileRule};
use crate::date::Date;

/// What became of the comparison with the bundle sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// It could not be made, for this reason.
    NotRun(String),
    /// It was made.
    Made(LostServices),
}

/// Services of the bundle sent before. Each of its records is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostServices {
    /// When its period ended.
    pub end: Date,
    /// Open at its end.
    pub open: u64,
    /// Of those, not among the records of this extract.
    pub lost: u64,
    /// Of the lost, those submitted under the same LA person id, whose NHS number is now missing or another.
    pub of_another_number: u64,
    /// Of the lost, those for which a record of the same person and start is left out.
    pub unsent: u64,
    /// Of the lost, those with the same person, type and component, but another start, in this submission.
    pub of_another_start: u64,
    /// Of the lost, those with the same person and start, but another type or component, in this submission.
    pub of_another_kind: u64,
    /// In this extract, but left out of the submission, by reason: these are not lost.
    pub left_out: Vec<(String, u64)>,
}

impl Comparison {
    pub(super) fn judge(&self, out: &mut FileJudged) {
        let rule = FileRule::LostService;
        match self {
            Self::NotRun(reason) => out.not_run.push((rule, reason.clone())),
            Self::Made(services) if services.lost > 0 => {
                out.find(rule, services.lost, services.detail());
            }
            Self::Made(_) => {}
        }
    }
}

impl LostServices {
    fn detail(&self) -> String {
        let mut text = format!(
            "Services open on {}, when the period of the previous bundle ended: {}; lost: {}.",
            self.end.iso(),
            self.open,
            self.lost
        );
        for (services, what) in [
            (
                self.of_another_number,
                "that are sent, but the person's NHS number is now missing or another",
            ),
            (
                self.unsent,
                "for which a record of the same person with the same start is left out",
            ),
            (
                self.of_another_start,
                "for which a service of the same person, type and component is sent with another start",
            ),
            (
                self.of_another_kind,
                "for which a service of the same person with the same start is sent under another type or component",
            ),
        ] {
            if services > 0 {
                text += &format!(" Lost ones {what}: {services}.");
            }
        }
        if !self.left_out.is_empty() {
            let reasons = self.left_out.iter().map(|(name, n)| format!("{name} {n}"));
            let reasons: Vec<_> = reasons.collect();
            text += &format!(
                " Not counted as lost, as the extract has them and they are left out of the submission: {}.",
                reasons.join(", ")
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services() -> LostServices {
        LostServices {
            end: Date::parse_iso("2025-12-31").unwrap(),
            open: 120,
            lost: 3,
            of_another_number: 0,
            unsent: 0,
            of_another_start: 0,
            of_another_kind: 0,
            left_out: Vec::new(),
        }
    }

    fn judged(comparison: Comparison) -> FileJudged {
        let mut out = FileJudged::default();
        comparison.judge(&mut out);
        out
    }

    #[test]
    fn lost_services_are_a_finding_in_sentences() {
        let found = |services| judged(Comparison::Made(services)).findings.remove(0);
        let plain = "Services open on 2025-12-31, when the period of the previous bundle ended: 120; lost: 3.";
        assert_eq!(found(services()).detail, plain);
        let more = LostServices {
            of_another_number: 2,
            of_another_kind: 1,
            left_out: vec![("cancelled".into(), 2), ("outside_period".into(), 1)],
            ..services()
        };
        let found = found(more);
        assert_eq!((found.rule, found.records), (FileRule::LostService, 3));
        assert_eq!(
            found.detail,
            format!(
                "{plain} Lost ones that are sent, but the person's NHS number is now missing or another: 2. Lost ones for which a service of the same person with the same start is sent under another type or \
                 component: 1. Not counted as lost, as the extract has them and they are left out of the submission: \
                 cancelled 2, outside_period 1."
            )
        );
    }

    #[test]
    fn nothing_lost_is_no_finding_and_a_reason_is_passed_on() {
        let none = LostServices {
            lost: 0,
            left_out: vec![("cancelled".into(), 2)],
            ..services()
        };
        assert_eq!(judged(Comparison::Made(none)), FileJudged::default());
        let not_run = judged(Comparison::NotRun("why".into())).not_run;
        assert_eq!(not_run, [(FileRule::LostService, "why".to_owned())]);
    }
}
