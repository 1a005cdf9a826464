//! Makes a cell bad in a given way.

use super::clean::append_location;
use super::day::Day;
use super::dirt::Dirt;
use super::fits::{Judge, Target, test};
use super::nhs;
use super::options::{Options, Summary};
use super::person::{Person, push_number};
use super::random::{Purpose, Random};
use super::row::Row;
use super::slots::Slots;
use crate::schema::{Kind, List, Schema};

/// How far the numbers given out as second ones are from the first ones.
const SECOND: u64 = nhs::AVAILABLE / 2;

/// Makes records bad.
pub(super) struct Spoiler<'a> {
    schema: &'a Schema,
    options: &'a Options,
    slots: &'a Slots,
    judge: Judge<'a>,
    period: (Day, Day),
}

impl<'a> Spoiler<'a> {
    /// For a sample of no more than so many people.
    pub(super) fn new(
        schema: &'a Schema,
        options: &'a Options,
        slots: &'a Slots,
        people: u64,
    ) -> Self {
        let judge = Judge {
            slots,
            numbers_to_spare: people <= SECOND,
        };
        let period = (options.period.0.into(), options.period.1.into());
        Self {
            schema,
            options,
            slots,
            judge,
            period,
        }
    }

    /// Goes through the cells of the record of that number and makes the share asked for bad, counting what it did.
    pub(super) fn spoil(
        &self,
        row: &mut Row,
        number: u64,
        person: &Person<'_>,
        summary: &mut Summary,
    ) {
        let share = self.options.bad_rate.millionths();
        if share == 0 {
            return;
        }
        let random = &mut Random::stream(self.options.seed, Purpose::Dirt, number);
        let mut results = None;
        for (at, field) in self.schema.fields.iter().enumerate() {
            if !random.millionths(share) || field.withdrawn {
                continue;
            }
            // The conditions are those of the record before anything went wrong with it.
            let results =
                *results.get_or_insert_with(|| test(self.schema, row, Some(self.age(person))));
            let target = Target::new(self.schema, at, results);
            // Half of the fields must stay blank on any record: not every other finding should be of that kind.
            if target.not_applicable && !random.percent(25) {
                continue;
            }
            if let Some(dirt) = self.choose(random, &target, row, person, summary) {
                self.apply(dirt, &target, row, person, random);
                summary.dirt[dirt as usize] += 1;
            }
        }
    }

    fn age(&self, person: &Person<'_>) -> i64 {
        let (born, end) = (person.birth.date(), self.period.1.date());
        end.years_since(born).map_or(-1, i64::from)
    }

    /// One of the ways that fit, each as likely as the others; but first those that the sample does not have yet, so
    /// that even a small one has nearly all.
    fn choose(
        &self,
        random: &mut Random,
        target: &Target<'_>,
        row: &Row,
        person: &Person<'_>,
        summary: &Summary,
    ) -> Option<Dirt> {
        let mut fitting = [Dirt::NullText; Dirt::ALL.len()];
        let mut count = 0;
        let mut new = false;
        for dirt in Dirt::ALL {
            let first = summary.of(dirt) == 0;
            if (new && !first) || !self.judge.fits(dirt, target, row, person) {
                continue;
            }
            if first && !new {
                new = true;
                count = 0;
            }
            fitting[count] = dirt;
            count += 1;
        }
        (count > 0).then(|| fitting[random.below(count as u64) as usize])
    }

    fn apply(
        &self,
        dirt: Dirt,
        target: &Target<'_>,
        row: &mut Row,
        person: &Person<'_>,
        random: &mut Random,
    ) {
        match dirt {
            Dirt::NoPersonId => row.cells[self.slots.nhs_number].clear(),
            Dirt::DoubleUp => {
                row.repeat = true;
                return;
            }
            _ => {}
        }
        let text = self.spoilt(dirt, target, row, person, random);
        row.cells[target.at] = text;
    }

    /// What stands in the cell afterwards.
    fn spoilt(
        &self,
        dirt: Dirt,
        target: &Target<'_>,
        row: &Row,
        person: &Person<'_>,
        random: &mut Random,
    ) -> String {
        let text = row.cells[target.at].as_str();
        let day = || Day::read(text).unwrap_or(self.period.0);
        let start = row.event.map_or(self.period.0, |event| event.start);
        let end = row
            .event
            .and_then(|event| event.end)
            .unwrap_or(self.period.1);
        let nhs = person.nhs_text().unwrap_or("9990000018");
        match dirt {
            Dirt::NullText => random.one(&["NULL", "Null", "null"]).into(),
            Dirt::StraySpace => stray_space(text, random),
            Dirt::OddCapitals => odd_capitals(text, random),
            Dirt::EnDash if text.contains(": ") => text.replacen(": ", " \u{2013} ", 1),
            Dirt::EnDash => text.replacen('-', "\u{2013}", 1),
            Dirt::ReleaseOne => target
                .list
                .map_or_else(String::new, |list| release_one(list, text, random)),
            Dirt::Retired => target.list.map_or_else(String::new, |list| {
                one_of(&list.retired, random).value.clone()
            }),
            Dirt::Valueless if target.at == self.slots.ethnicity => {
                random.one(&["White", "Other", "Mixed"]).into()
            }
            Dirt::Valueless => "Other".into(),
            Dirt::NotInList => random
                .one(&[
                    "Not recorded",
                    "TBC",
                    "See case notes",
                    "Legacy code 7",
                    "Yes/No",
                ])
                .into(),
            Dirt::NotApplicable => self.out_of_place(target, person),
            Dirt::Formula => random
                .one(&[
                    "=A2",
                    "@Carers Hub",
                    "+44 unknown",
                    "=IF(B2=1,\"Yes\",\"No\")",
                    "-",
                ])
                .into(),
            Dirt::IdentifierMisplaced => nhs.into(),
            Dirt::OtherCouncil if self.options.la_code == "998" => "997".into(),
            Dirt::OtherCouncil => "998".into(),
            Dirt::OtherPeriod if target.at == self.slots.reporting_period_start_date => {
                day().plus(-91).text()
            }
            Dirt::OtherPeriod => day().plus(91).text(),
            Dirt::NhsShort => nhs[..9].into(),
            Dirt::NhsSpaced => format!("{} {} {}", &nhs[..3], &nhs[3..6], &nhs[6..]),
            Dirt::NhsCheckDigit => wrong_check_digit(nhs),
            Dirt::NhsPlaceholder => "9999999999".into(),
            Dirt::NhsSecond => nhs::number(self.options.seed, person.number + SECOND)
                .map(|digits| String::from_utf8_lossy(&digits).into_owned())
                .unwrap_or_default(),
            Dirt::SecondId => numbered('X', 500_001 + person.number),
            Dirt::Accent if target.at == self.slots.first_name => {
                random.one(&["Zoë", "Siân", "René", "Chloé"]).into()
            }
            Dirt::Accent => random
                .one(&["Núñez", "Müller", "Sørensen", "Gonçalves"])
                .into(),
            Dirt::Conflicting => target
                .list
                .map_or_else(String::new, |list| conflicting(list, text, random)),
            Dirt::PracticeShape => random
                .one(&["Z8001", "80013", "ZZ80013", "Larkrise"])
                .into(),
            Dirt::PostcodeIncomplete if random.percent(50) => {
                text.split(' ').next().unwrap_or_default().into()
            }
            Dirt::PostcodeIncomplete => text[..text.len().saturating_sub(2)].into(),
            Dirt::Ancient => random
                .one(&["01/01/1900", "01/01/1900", "17/08/1907", "11/11/1901"])
                .into(),
            Dirt::DeathBeforeStart => start.plus(-random.between(1, 60)).text(),
            Dirt::LinkedStranger => numbered('P', 90_000_001 + person.number),
            Dirt::ImpossibleDate => random
                .one(&["31/02/2025", "30/02/2026", "31/06/2025", "00/00/0000"])
                .into(),
            Dirt::IsoDate => day().iso(),
            Dirt::TwoDigitYear => day().with_two_digit_year(),
            Dirt::DateWithTime => day().with_time(),
            Dirt::WrongEnd => end.plus(if random.percent(50) { -365 } else { 365 }).text(),
            Dirt::FutureEnd => random
                .one(&["31/12/2099", "01/01/2050", "31/12/2035"])
                .into(),
            Dirt::EndBeforeStart => start.plus(-random.between(1, 40)).text(),
            Dirt::StartReset => self.period.0.text(),
            Dirt::Negative => format!("-{text}"),
            Dirt::ThousandsComma => match text.len().checked_sub("000.00".len()) {
                Some(at @ 1..) => format!("{},{}", &text[..at], &text[at..]),
                _ => format!("1,{text:0>6}"),
            },
            Dirt::ThreeDecimals => format!("{text}5"),
            Dirt::PoundSign => format!("£{text}"),
            Dirt::NotANumber => random.one(&["n/a", "two", "TBC", "see plan"]).into(),
            Dirt::FrequencyMisfit => "Annually".into(),
            Dirt::BlankMandatory
            | Dirt::NhsMissing
            | Dirt::NoPersonId
            | Dirt::NoEventType
            | Dirt::MissingEnd
            | Dirt::OpenEquipment
            | Dirt::BlankDelivery
            | Dirt::DoubleUp => String::new(),
        }
    }

    /// A value of the right kind for a field in which nothing should stand.
    fn out_of_place(&self, target: &Target<'_>, person: &Person<'_>) -> String {
        let mut text = String::new();
        if let Some(list) = target.list {
            let known = list
                .values
                .iter()
                .map(|known| &known.value)
                .chain(&list.candidates)
                .next();
            return known.cloned().unwrap_or_else(|| "Yes".into());
        }
        match target.field.kind {
            Kind::Date => self.period.0.text(),
            Kind::Integer => "1".into(),
            Kind::Decimal => "25.00".into(),
            _ if self.slots.linked().contains(&target.at) => {
                Person::append_id(person.number, &mut text);
                text
            }
            _ if target.at == self.slots.provider_cqc_location_id => {
                append_location(self.options.seed, 0, &mut text);
                text
            }
            _ if target.at == self.slots.event_reference => {
                numbered('E', 9_000_001 + person.number)
            }
            _ => "See case notes".into(),
        }
    }
}

fn numbered(letter: char, number: u64) -> String {
    let mut text = String::new();
    push_number(&mut text, letter, number);
    text
}

fn one_of<'t, T>(things: &'t [T], random: &mut Random) -> &'t T {
    &things[random.below(things.len() as u64) as usize]
}

fn stray_space(text: &str, random: &mut Random) -> String {
    match random.below(4) {
        0 => format!(" {text}"),
        1 => format!("{text} "),
        2 => format!("  {text} "),
        _ => format!("{text}\u{a0}"),
    }
}

fn odd_capitals(text: &str, random: &mut Random) -> String {
    let (upper, lower) = (text.to_ascii_uppercase(), text.to_ascii_lowercase());
    if upper == text || (lower != text && random.percent(50)) {
        lower
    } else {
        upper
    }
}

/// What the value was in Release 1, or another value's former self if it has none.
fn release_one(list: &List, text: &str, random: &mut Random) -> String {
    let own = list
        .values
        .iter()
        .find(|known| known.value == text)
        .filter(|known| !known.was.is_empty());
    let renamed: Vec<_> = list
        .values
        .iter()
        .filter(|known| !known.was.is_empty())
        .collect();
    let known = own.unwrap_or_else(|| *one_of(&renamed, random));
    one_of(&known.was, random).clone()
}

fn conflicting(list: &List, text: &str, random: &mut Random) -> String {
    let others: Vec<_> = list
        .values
        .iter()
        .filter(|known| known.value != text)
        .collect();
    if others.is_empty() {
        text.into()
    } else {
        one_of(&others, random).value.clone()
    }
}

fn wrong_check_digit(nhs: &str) -> String {
    let last = (nhs.as_bytes()[9] - b'0' + 1) % 10;
    format!("{}{last}", &nhs[..9])
}
