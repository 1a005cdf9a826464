//! One invented person: everything that repeats on each of the person's rows.

use super::day::Day;
use super::nhs;
use super::random::{Purpose, Random};
use super::services::Setting;
use super::vocabulary::{FEMALE_NAMES, LAST_NAMES, MALE_NAMES, TEAMS, WORKERS};
use super::words::Words;

/// What a person is to the council.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    ServiceUser,
    Carer,
    KnownCarer,
}

/// A person. Derived from the seed and the person's number alone, but for the role and who is cared for.
pub(super) struct Person<'w> {
    /// From 0.
    pub(super) number: u64,
    pub(super) role: Role,
    /// The numbers of up to three adults whom this person cares for.
    pub(super) cares_for: [Option<u64>; 3],
    pub(super) nhs: Option<[u8; 10]>,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) gender: &'w str,
    pub(super) ethnicity: &'w str,
    pub(super) birth: Day,
    pub(super) death: Option<Day>,
    pub(super) reason: &'w str,
    pub(super) reason_as_carer: &'w str,
    pub(super) setting: Setting,
    pub(super) accommodation: &'w str,
    pub(super) employment: &'w str,
    pub(super) has_carer: &'w str,
    pub(super) asd: &'w str,
    pub(super) visual: &'w str,
    pub(super) hearing: &'w str,
    pub(super) dementia: &'w str,
    pub(super) funding: &'w str,
    pub(super) hours: &'w str,
    pub(super) postcode: String,
    /// Which of the GP practices.
    pub(super) practice: u64,
    pub(super) team: &'static str,
    pub(super) worker: &'static str,
}

/// Letters that stand in the second half of a postcode.
const INWARD: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";

/// Postcode areas that do not exist.
const AREAS: [&str; 4] = ["ZX", "XX", "XZ", "QX"];

/// How many GP practices there are.
const PRACTICES: u64 = 60;

impl<'w> Person<'w> {
    /// The person of that number. Whoever dies does so in the reporting period.
    pub(super) fn new(
        words: &'w Words,
        seed: u64,
        period: (Day, Day),
        number: u64,
        role: Role,
    ) -> Self {
        let random = &mut Random::stream(seed, Purpose::Person, number);
        let is_user = role == Role::ServiceUser;
        let years = if is_user && random.percent(28) {
            random.between(19, 64)
        } else {
            random.between(65, 99)
        };
        let years = if is_user {
            years
        } else {
            random.between(22, 84)
        };
        let birth = period
            .0
            .plus(-(years * 365 + years / 4 + random.between(1, 364)));
        let gender = words.gender.pick(random).as_str();
        let first_name = match gender {
            "Female" => random.one(&FEMALE_NAMES),
            "Male" => random.one(&MALE_NAMES),
            _ if random.percent(50) => random.one(&FEMALE_NAMES),
            _ => random.one(&MALE_NAMES),
        };
        let setting = match random.below(100) {
            _ if !is_user => Setting::Home,
            0..12 => Setting::CareHome,
            12..18 => Setting::NursingHome,
            18 => Setting::Prison,
            _ => Setting::Home,
        };
        let accommodation = match setting {
            Setting::Home => &words.at_home,
            Setting::CareHome => &words.care_home,
            Setting::NursingHome => &words.nursing_home,
            Setting::Prison => &words.prison,
        };
        // A person of 64 may turn 65 in the period: the status is filled in all the same.
        let young = years < 65;
        let days = period.1.since(period.0);
        let dies = is_user && random.percent(5);
        Self {
            number,
            role,
            cares_for: [None; 3],
            nhs: nhs::number(seed, number),
            first_name,
            last_name: random.one(&LAST_NAMES),
            gender,
            ethnicity: words.ethnicity.pick(random),
            birth,
            death: dies.then(|| period.0.plus(random.between(days.min(30), days))),
            reason: if young {
                &words.reason_young
            } else {
                &words.reason_old
            }
            .pick(random),
            reason_as_carer: words.reason_carer.pick(random),
            setting,
            accommodation: accommodation.pick(random),
            employment: if young {
                &words.working
            } else {
                &words.retired
            }
            .pick(random),
            has_carer: if is_user {
                &words.has_carer
            } else {
                &words.no_carer
            }
            .pick(random),
            asd: words.asd.pick(random),
            visual: words.visual.pick(random),
            hearing: words.hearing.pick(random),
            dementia: words.dementia.pick(random),
            funding: words.funding.pick(random),
            hours: words.hours.pick(random),
            postcode: postcode(random),
            practice: random.below(PRACTICES),
            team: random.one(&TEAMS),
            worker: random.one(&WORKERS),
        }
    }

    /// The council's own id of the person of that number.
    pub(super) fn append_id(number: u64, text: &mut String) {
        push_number(text, 'P', 100_001 + number);
    }

    /// The NHS number, if the person has one.
    pub(super) fn nhs_text(&self) -> Option<&str> {
        self.nhs
            .as_ref()
            .and_then(|digits| std::str::from_utf8(digits).ok())
    }
}

/// A letter and a number.
pub(super) fn push_number(text: &mut String, letter: char, number: u64) {
    use std::fmt::Write;
    text.push(letter);
    let _ = write!(text, "{number}");
}

fn postcode(random: &mut Random) -> String {
    let mut text = String::with_capacity(8);
    text.push_str(random.one(&AREAS));
    push_number(
        &mut text,
        char::from(b'1' + random.below(9) as u8),
        random.below(10),
    );
    // One district in ten has two digits, the others one.
    if !random.percent(10) {
        text.pop();
    }
    push_number(&mut text, ' ', random.below(10));
    for _ in 0..2 {
        text.push(char::from(
            INWARD[random.below(INWARD.len() as u64) as usize],
        ));
    }
    text
}
