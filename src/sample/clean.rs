//! Fills a record with values that are right: a plausible one in every cell where one belongs, nothing elsewhere.

use std::fmt::Write;

use super::day::Day;
use super::event;
use super::options::Options;
use super::person::{Person, Role, push_number};
use super::random::{Purpose, Random};
use super::row::{Event, EventKind, Row};
use super::services::Service;
use super::slots::Slots;
use super::vocabulary::{ON_ASSESSMENT, ON_REQUEST, ON_REVIEW, ON_SERVICE, PRACTICES, PROVIDERS};
use super::words::Words;
use crate::nhs_number::canonical;

/// How many care providers there are.
const PROVIDER_COUNT: u64 = 180;

/// Makes right records.
pub(super) struct Clean<'a> {
    pub(super) options: &'a Options,
    pub(super) words: &'a Words,
    pub(super) slots: &'a Slots,
    pub(super) period: (Day, Day),
}

impl Clean<'_> {
    /// Fills the empty record of that number. `as_carer` is whom a service user cares for on this record, if anyone.
    pub(super) fn fill(
        &self,
        row: &mut Row,
        number: u64,
        person: &Person<'_>,
        as_carer: Option<u64>,
    ) {
        let random = &mut Random::stream(self.options.seed, Purpose::Row, number);
        let (slots, words) = (self.slots, self.words);
        self.fill_person(row, person);
        let role = if as_carer.is_some() {
            Role::Carer
        } else {
            person.role
        };
        let (client, reason) = match role {
            Role::ServiceUser => (&words.service_user, person.reason),
            Role::Carer => (&words.carer, person.reason_as_carer),
            Role::KnownCarer => (&words.known_carer, person.reason_as_carer),
        };
        row.set(slots.client_type, client.pick(random));
        row.set(slots.primary_support_reason, reason);
        if role == Role::ServiceUser {
            for (at, text) in [
                (slots.autism_spectrum_disorder_asd, person.asd),
                (slots.visual_impairment, person.visual),
                (slots.hearing_impairment, person.hearing),
                (slots.dementia, person.dementia),
                (slots.client_funding_status, person.funding),
            ] {
                row.set(at, text);
            }
        } else {
            let linked = if as_carer.is_some() {
                [as_carer, None, None]
            } else {
                person.cares_for
            };
            self.fill_caring(row, person, linked);
        }
        if role != Role::KnownCarer {
            self.fill_event(row, random, number, person, role);
        }
    }

    fn fill_person(&self, row: &mut Row, person: &Person<'_>) {
        let slots = self.slots;
        row.set(slots.la_code, &self.options.la_code);
        row.set_day(slots.reporting_period_start_date, self.period.0);
        row.set_day(slots.reporting_period_end_date, self.period.1);
        row.set(slots.nhs_number, person.nhs_text().unwrap_or_default());
        Person::append_id(
            person.number,
            &mut row.cells[slots.la_person_unique_identifier],
        );
        row.set(slots.first_name, person.first_name);
        row.set(slots.last_name, person.last_name);
        row.set(
            slots.gp_practice_name,
            PRACTICES[person.practice as usize % PRACTICES.len()],
        );
        let letter = char::from(b'X' + (person.practice % 3) as u8);
        push_number(
            &mut row.cells[slots.gp_practice_code],
            letter,
            80_013 + person.practice * 41,
        );
        row.set(slots.gender, person.gender);
        row.set(slots.ethnicity, person.ethnicity);
        row.set_day(slots.date_of_birth, person.birth);
        if let Some(death) = person.death {
            row.set_day(slots.date_of_death, death);
        }
        row.set(slots.postcode, &person.postcode);
        row.set(slots.accommodation_status, person.accommodation);
        row.set(slots.employment_status, person.employment);
        row.set(slots.has_unpaid_carer, person.has_carer);
    }

    fn fill_caring(&self, row: &mut Row, person: &Person<'_>, linked: [Option<u64>; 3]) {
        row.set(self.slots.total_hrs_caring_per_week, person.hours);
        let adults = linked.iter().flatten().count();
        push_count(
            &mut row.cells[self.slots.no_of_adults_being_cared_for],
            adults,
        );
        for (at, number) in self.slots.linked().into_iter().zip(linked) {
            if let Some(number) = number {
                Person::append_id(number, &mut row.cells[at]);
            }
        }
    }

    fn fill_event(
        &self,
        row: &mut Row,
        random: &mut Random,
        number: u64,
        person: &Person<'_>,
        role: Role,
    ) {
        let kind = event::kind(random);
        let event = match kind {
            EventKind::Service => self.fill_service(row, random, person, role),
            _ => event::completed(random, kind, self.period, person.death),
        };
        let (slots, words) = (self.slots, self.words);
        push_number(
            &mut row.cells[slots.event_reference],
            'E',
            1_000_001 + number,
        );
        row.set_day(slots.event_start_date, event.start);
        if let Some(end) = event.end {
            row.set_day(slots.event_end_date, end);
        }
        row.set(slots.event_description, description(kind, random));
        let died = event.end.is_some() && event.end == person.death;
        let (word, outcome) = match kind {
            EventKind::Request => {
                row.set(slots.request_route_of_access, words.route.pick(random));
                (&words.request, &words.request_outcome)
            }
            EventKind::Assessment => (&words.assessment, &words.assessment_outcome),
            EventKind::Service if died => (&words.service, &words.died),
            EventKind::Service if event.end.is_none() => (&words.service, &words.service_goes_on),
            EventKind::Service => (&words.service, &words.service_ended),
            EventKind::Review => {
                self.fill_review(row, random, role);
                (&words.review, &words.review_outcome)
            }
        };
        row.set(slots.event_type, word.pick(random));
        let financial = kind == EventKind::Assessment && self.fill_assessment(row, random, role);
        if !financial {
            row.set(slots.event_outcome, outcome.pick(random));
        }
        row.event = Some(event);
    }

    /// Says whether it is a financial assessment, which has neither method nor outcome.
    fn fill_assessment(&self, row: &mut Row, random: &mut Random, role: Role) -> bool {
        let (slots, words) = (self.slots, self.words);
        if role == Role::ServiceUser && random.percent(8) {
            row.set(slots.assessment_type, words.financial.pick(random));
            return true;
        }
        row.set(slots.assessment_type, words.short_or_long.pick(random));
        row.set(slots.eligible_needs_identified, words.needs.pick(random));
        let method = if role == Role::Carer {
            &words.carer_assessment
        } else {
            &words.method_of_assessment
        };
        row.set(slots.method_of_assessment, method.pick(random));
        false
    }

    fn fill_review(&self, row: &mut Row, random: &mut Random, role: Role) {
        let (slots, words) = (self.slots, self.words);
        if random.percent(60) {
            row.set(slots.review_reason, words.planned.pick(random));
            row.set(slots.review_outcomes_achieved, words.achieved.pick(random));
        } else {
            row.set(slots.review_reason, words.not_planned.pick(random));
        }
        let method = if role == Role::Carer {
            &words.carer_review
        } else {
            &words.method_of_review
        };
        row.set(slots.method_of_review, method.pick(random));
    }

    fn fill_service(
        &self,
        row: &mut Row,
        random: &mut Random,
        person: &Person<'_>,
        role: Role,
    ) -> Event {
        let services = &self.words.services;
        let choice = if role == Role::Carer {
            &services.carer
        } else {
            services.at(person.setting)
        };
        let service = choice.pick(random);
        let slots = self.slots;
        row.set(slots.service_type, &service.kind);
        row.set(slots.service_component, &service.component);
        row.set(slots.delivery_mechanism, &service.delivery);
        if service.registered {
            let provider = random.below(PROVIDER_COUNT);
            row.set(
                slots.provider_cqc_location_name,
                PROVIDERS[provider as usize % PROVIDERS.len()],
            );
            append_location(
                self.options.seed,
                provider,
                &mut row.cells[slots.provider_cqc_location_id],
            );
        }
        self.fill_price(row, random, service);
        event::service(random, service, self.period, person.death)
    }

    fn fill_price(&self, row: &mut Row, random: &mut Random, service: &Service) {
        let (Some(price), Some(frequency)) = (service.price, &service.frequency) else {
            return;
        };
        let slots = self.slots;
        let pence = random.between(price.pence.0, price.pence.1);
        push_hundredths(&mut row.cells[slots.unit_cost], pence);
        row.set(slots.cost_frequency_unit_type, frequency);
        if let Some((fewest, most)) = price.quarters {
            push_hundredths(
                &mut row.cells[slots.planned_units_per_week],
                random.between(fewest, most) * 25,
            );
        }
    }
}

/// A care provider's location: `1-` and nine or ten digits that are no NHS number.
pub(super) fn append_location(seed: u64, provider: u64, text: &mut String) {
    let random = &mut Random::stream(seed, Purpose::Provider, provider);
    let mut digits = if random.percent(70) {
        100_000_000
    } else {
        1_000_000_000
    };
    digits += random.below(900_000_000);
    let start = text.len();
    push_number(text, '1', digits);
    text.insert(start + 1, '-');
    if canonical(&text[start + 2..]).is_ok() {
        // Another check digit makes it none.
        let last = if text.ends_with('0') { '1' } else { '0' };
        text.pop();
        text.push(last);
    }
}

/// A note on an event. Most have none.
fn description(kind: EventKind, random: &mut Random) -> &'static str {
    if !random.percent(30) {
        return "";
    }
    match kind {
        EventKind::Request => random.one(&ON_REQUEST),
        EventKind::Assessment => random.one(&ON_ASSESSMENT),
        EventKind::Service => random.one(&ON_SERVICE),
        EventKind::Review => random.one(&ON_REVIEW),
    }
}

fn push_count(text: &mut String, count: usize) {
    let _ = write!(text, "{count}");
}

fn push_hundredths(text: &mut String, number: i32) {
    let _ = write!(text, "{}.{:02}", number / 100, number % 100);
}
