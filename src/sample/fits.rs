//! Which kinds of dirt fit which cell.

use super::dirt::Dirt;
use super::person::Person;
use super::row::{EventKind, Row};
use super::slots::Slots;
use crate::schema::{Field, Kind, List, Schema, Subject, Treatment, Truth};

/// A cell about to be made bad.
pub(super) struct Target<'t> {
    pub(super) at: usize,
    pub(super) field: &'t Field,
    pub(super) list: Option<&'t List>,
    /// The field must stay blank on this record.
    pub(super) not_applicable: bool,
    /// The field must be filled in on this record.
    pub(super) mandatory: bool,
}

impl<'t> Target<'t> {
    /// The cell of a field, given the results of the schema's tests on the record.
    pub(super) fn new(schema: &'t Schema, at: usize, results: u128) -> Self {
        let field = &schema.fields[at];
        Self {
            at,
            field,
            list: field.list.map(|list| &schema.lists[list]),
            not_applicable: field.applicable.evaluate(results) == Truth::False,
            mandatory: field.mandatory.evaluate(results) == Truth::True,
        }
    }
}

/// The results of the schema's tests on a record, one bit each.
pub(super) fn test(schema: &Schema, row: &Row, age: Option<i64>) -> u128 {
    schema
        .tests
        .iter()
        .enumerate()
        .fold(0, |results, (at, test)| {
            let holds = match test.subject {
                Subject::Field(field) => test.holds_for_text(&row.cells[field]),
                Subject::AgeAtPeriodEnd => test.holds_for_number(age),
                // Asked by rules, and conditions of fields do not depend on it.
                Subject::AgeAtEventStart => false,
            };
            results | u128::from(holds) << at
        })
}

/// Decides which dirt fits a cell.
pub(super) struct Judge<'s> {
    pub(super) slots: &'s Slots,
    /// There are NHS numbers left for a second one each.
    pub(super) numbers_to_spare: bool,
}

impl Judge<'_> {
    /// Whether the cell can be made bad in that way.
    pub(super) fn fits(
        &self,
        dirt: Dirt,
        target: &Target<'_>,
        row: &Row,
        person: &Person<'_>,
    ) -> bool {
        let at = target.at;
        let slots = self.slots;
        let text = row.cells[at].as_str();
        if text.is_empty() {
            return match dirt {
                Dirt::NotApplicable => target.not_applicable,
                Dirt::NullText => !target.not_applicable,
                Dirt::DeathBeforeStart => at == slots.date_of_death && row.event.is_some(),
                _ => false,
            };
        }
        let kind = target.field.kind;
        let event =
            |wanted: fn(EventKind) -> bool| row.event.is_some_and(|event| wanted(event.kind));
        let in_service = || event(|kind| kind == EventKind::Service);
        let among = |places: &[usize]| places.contains(&at);
        let has_number = person.nhs.is_some();
        match dirt {
            Dirt::NullText | Dirt::StraySpace => true,
            Dirt::NotApplicable => false,
            Dirt::BlankMandatory => {
                target.mandatory
                    && !among(&[slots.nhs_number, slots.event_type, slots.event_end_date])
            }
            Dirt::Formula => {
                target.field.treatment == Treatment::Keep && matches!(kind, Kind::Code | Kind::List)
            }
            _ if target.list.is_some_and(|list| fits_list(dirt, list, text)) => true,
            Dirt::IdentifierMisplaced => {
                has_number && (kind == Kind::List || at == slots.provider_cqc_location_id)
            }
            Dirt::Valueless => among(&[
                slots.ethnicity,
                slots.primary_support_reason,
                slots.accommodation_status,
            ]),
            Dirt::Conflicting => {
                let places = [
                    slots.gender,
                    slots.ethnicity,
                    slots.primary_support_reason,
                    slots.accommodation_status,
                ];
                among(&places) && !row.first
            }
            Dirt::OtherCouncil => at == slots.la_code,
            Dirt::OtherPeriod => among(&[
                slots.reporting_period_start_date,
                slots.reporting_period_end_date,
            ]),
            Dirt::NhsMissing
            | Dirt::NhsShort
            | Dirt::NhsSpaced
            | Dirt::NhsCheckDigit
            | Dirt::NhsPlaceholder => at == slots.nhs_number,
            Dirt::NhsSecond => at == slots.nhs_number && self.numbers_to_spare && !row.first,
            Dirt::SecondId => at == slots.la_person_unique_identifier && has_number && !row.first,
            Dirt::NoPersonId => at == slots.la_person_unique_identifier,
            Dirt::Accent => among(&[slots.first_name, slots.last_name]),
            Dirt::PracticeShape => at == slots.gp_practice_code,
            Dirt::PostcodeIncomplete => at == slots.postcode,
            Dirt::Ancient => at == slots.date_of_birth,
            Dirt::DeathBeforeStart => at == slots.date_of_death && row.event.is_some(),
            Dirt::LinkedStranger => slots.linked().contains(&at),
            Dirt::ImpossibleDate | Dirt::IsoDate | Dirt::TwoDigitYear | Dirt::DateWithTime => {
                kind == Kind::Date
            }
            Dirt::NoEventType => at == slots.event_type && row.event.is_some(),
            Dirt::MissingEnd => at == slots.event_end_date && !in_service(),
            Dirt::WrongEnd | Dirt::FutureEnd | Dirt::EndBeforeStart => at == slots.event_end_date,
            Dirt::OpenEquipment => {
                at == slots.event_end_date && row.event.is_some_and(|event| event.equipment)
            }
            Dirt::StartReset => at == slots.event_start_date && in_service(),
            Dirt::DoubleUp => at == slots.event_reference && in_service() && row.repeatable,
            Dirt::BlankDelivery => at == slots.delivery_mechanism,
            Dirt::Negative | Dirt::NotANumber => matches!(kind, Kind::Integer | Kind::Decimal),
            Dirt::ThousandsComma | Dirt::ThreeDecimals | Dirt::PoundSign => kind == Kind::Decimal,
            Dirt::FrequencyMisfit => {
                at == slots.cost_frequency_unit_type
                    && ["Hourly", "Daily", "Per session"].contains(&text)
            }
            Dirt::OddCapitals
            | Dirt::EnDash
            | Dirt::ReleaseOne
            | Dirt::Retired
            | Dirt::NotInList => false,
        }
    }
}

/// Whether a filled cell of a listed field can be made bad in a way that has to do with its list.
fn fits_list(dirt: Dirt, list: &List, text: &str) -> bool {
    match dirt {
        Dirt::OddCapitals => text.bytes().any(|byte| byte.is_ascii_alphabetic()),
        Dirt::EnDash => text.contains(": ") || text.contains('-'),
        Dirt::ReleaseOne => list.values.iter().any(|known| !known.was.is_empty()),
        Dirt::Retired => !list.retired.is_empty(),
        Dirt::NotInList => list.complete.is_closed(),
        _ => false,
    }
}
