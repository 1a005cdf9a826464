//! Which rules a plan can find broken: the catalogue that `cld explain` prints and that tests hold against cases.

use super::across::{self, Attribute, file::FileRule};
use super::check::{Broken, Check};
use super::plan::{Judge, Kernel, Plan};
use crate::schema::{Condition, Evidence, Field, List, Page, Schema, Severity, Truth};

/// One rule of a return.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'a> {
    /// Position of its field.
    pub at: u16,
    /// Its field.
    pub field: &'a Field,
    /// The check, or the rule of the schema.
    pub broken: Broken,
    /// How bad it is when broken.
    pub severity: Severity,
    /// How it is known, for this field.
    pub evidence: Evidence,
    /// What it says of itself.
    pub page: &'a Page,
}

/// The codes of rules that a schema states and that a check of this program has already. A code means one rule.
pub fn collisions(schema: &Schema) -> Vec<String> {
    let taken = |rule: &&crate::schema::Rule| {
        Check::ALL
            .into_iter()
            .any(|check| check.name() == rule.check)
    };
    let code =
        |rule: &crate::schema::Rule| format!("{}.{}", schema.fields[rule.field].snake, rule.check);
    schema.rules.iter().filter(taken).map(code).collect()
}

impl Plan {
    /// Every rule, by field and check.
    pub fn rules(&self) -> Vec<Rule<'_>> {
        let mut rules = Vec::new();
        for (at, field) in self.schema.fields.iter().enumerate() {
            let mut broken: Vec<Broken> = self
                .checks_of(at, field)
                .into_iter()
                .map(Broken::from)
                .collect();
            let stated = self.schema.rules.iter().enumerate();
            broken.extend(
                stated
                    .filter(|(_, rule)| rule.field == at)
                    .map(|(number, _)| Broken::Rule(number as u16)),
            );
            broken.sort_unstable();
            rules.extend(broken.into_iter().map(|broken| Rule {
                at: at as u16,
                field,
                broken,
                severity: self.severity(at as u16, broken),
                evidence: self.evidence(at as u16, broken),
                page: self.page(broken),
            }));
        }
        rules
    }

    /// The field and check behind a rule across records.
    pub fn across(&self, rule: across::Rule) -> (u16, Check) {
        let roles = &self.schema.roles;
        let (field, check) = match rule {
            across::Rule::SeveralForPerson => (roles.nhs_number, Check::SeveralForPerson),
            across::Rule::SeveralForNumber => (roles.person_id, Check::SeveralForNumber),
            across::Rule::KnownElsewhere => (roles.nhs_number, Check::KnownElsewhere),
            across::Rule::Conflicting(attribute) => {
                let field = match attribute {
                    Attribute::Birth => roles.birth,
                    Attribute::Death => roles.death,
                    Attribute::Gender => roles.gender,
                    Attribute::Ethnicity => roles.ethnicity,
                };
                (field, Check::Conflicting)
            }
            across::Rule::NotAServiceUser(slot) => {
                (self.links[usize::from(slot)], Check::NotAServiceUser)
            }
            across::Rule::DuplicateEvent => (roles.event_type, Check::DuplicateEvent),
            across::Rule::DuplicateJoined => (roles.event_type, Check::DuplicateJoined),
        };
        (field as u16, check)
    }

    /// The field and check behind a rule about the extract as a whole.
    pub fn of_file(&self, rule: FileRule) -> (u16, Check) {
        let roles = &self.schema.roles;
        let (field, check) = match rule {
            FileRule::SeveralStarts => (roles.period_start, Check::Several),
            FileRule::SeveralEnds => (roles.period_end, Check::Several),
            FileRule::NotTwelveMonths => (roles.period_end, Check::NotTwelveMonths),
            FileRule::StartBeforeDerived1 => (roles.period_start, Check::OutsideDerived1),
            FileRule::EndAfterDerived1 => (roles.period_end, Check::OutsideDerived1),
            FileRule::StartBeforeDerived2 => (roles.period_start, Check::OutsideDerived2),
            FileRule::EndAfterDerived2 => (roles.period_end, Check::OutsideDerived2),
            FileRule::ToleratedGap2 => (roles.event_end, Check::ToleratedGap),
            FileRule::MonthMissing => (roles.event_end, Check::MonthMissing),
            FileRule::TypeMissing => (roles.event_type, Check::Missing),
            FileRule::LostService => (roles.event_type, Check::LostService),
            FileRule::SupersededRelease => (roles.period_end, Check::SupersededRelease),
            FileRule::MissingShare => (roles.nhs_number, Check::MissingShare),
        };
        (field as u16, check)
    }

    /// The checks that can fail for a field.
    fn checks_of(&self, at: usize, field: &Field) -> Vec<Check> {
        if field.withdrawn {
            return Vec::new();
        }
        let roles = &self.schema.roles;
        let mut checks = Vec::new();
        let may_be = |condition: &Condition, truth| condition.may_be(truth);
        if may_be(&field.mandatory, Truth::True) && may_be(&field.applicable, Truth::True) {
            checks.push(Check::BlankMandatory);
        }
        if may_be(&field.applicable, Truth::False) {
            checks.push(Check::NotApplicable);
        }
        match &self.fields[at].kernel {
            Kernel::Distinct(judge) => {
                let list = field.list.map(|list| &self.schema.lists[list]);
                checks.extend(of_judge(judge, list));
            }
            Kernel::Date => {
                checks.extend([Check::NotADate, Check::WhiteSpace, Check::PlaceholderDate])
            }
            Kernel::NhsNumber => checks.extend([
                Check::Malformed,
                Check::CheckDigit,
                Check::Placeholder,
                Check::TestNumber,
                Check::SeveralForPerson,
                Check::KnownElsewhere,
                Check::MissingShare,
            ]),
            Kernel::LocalId | Kernel::Unsent => {}
        }
        for (holds, more) in [
            (at == roles.person_id, &[Check::SeveralForNumber][..]),
            (
                [roles.person_id, roles.nhs_number, roles.postcode].contains(&at),
                &[Check::Unmatched, Check::Undecided],
            ),
            (self.links.contains(&at), &[Check::NotAServiceUser]),
            (
                [roles.birth, roles.death, roles.gender, roles.ethnicity].contains(&at),
                &[Check::Conflicting],
            ),
            (
                at == roles.event_type,
                &[
                    Check::DuplicateEvent,
                    Check::DuplicateJoined,
                    Check::Missing,
                    Check::LostService,
                ],
            ),
            (
                at == roles.event_end,
                &[Check::ToleratedGap, Check::MonthMissing],
            ),
            (
                at == roles.period_start || at == roles.period_end,
                &[
                    Check::OtherPeriod,
                    Check::Several,
                    Check::OutsideDerived1,
                    Check::OutsideDerived2,
                ],
            ),
            (at == roles.period_end, &[Check::NotTwelveMonths]),
            (
                at == roles.period_end && self.schema.release == "1",
                &[Check::SupersededRelease],
            ),
        ] {
            if holds {
                checks.extend_from_slice(more);
            }
        }
        checks
    }
}

fn of_judge(judge: &Judge, list: Option<&List>) -> Vec<Check> {
    let copied = [
        Check::Formula,
        Check::Identifier,
        Check::Encoding,
        Check::WhiteSpace,
    ];
    let mut checks = Vec::new();
    match judge {
        Judge::List => {
            checks.extend(copied);
            let Some(list) = list else { return checks };
            if !list.values.is_empty() {
                checks.push(Check::Capitals);
            }
            if list.values.iter().any(|value| !value.was.is_empty()) {
                checks.push(Check::ReleaseOne);
            }
            if !list.complete.is_closed() {
                checks.extend([Check::Unverified, Check::TooLong]);
            } else {
                checks.push(Check::NotInList);
                if !list.retired.is_empty() {
                    checks.push(Check::ReleaseOneRetired);
                }
            }
        }
        Judge::Text => checks.extend(copied.into_iter().chain([Check::TooLong])),
        Judge::Code(shape) | Judge::LaCode(shape) => {
            checks.extend(copied);
            checks.push(if shape.is_some() {
                Check::Shape
            } else {
                Check::TooLong
            });
            if matches!(judge, Judge::LaCode(_)) {
                checks.push(Check::NotController);
            }
        }
        Judge::Number { .. } => checks.extend([
            Check::NotANumber,
            Check::Decimals,
            Check::NumberFormat,
            Check::WhiteSpace,
            Check::Identifier,
        ]),
        Judge::Postcode => checks.extend([Check::NotAPostcode, Check::WhiteSpace]),
    }
    checks
}
