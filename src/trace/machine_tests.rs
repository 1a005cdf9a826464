//! Random sequences of requests, answers, changes of the case system, repeats and purges, held against what must always be
//! so: no number is two living people's, none is believed that PDS did not give under all conditions, nothing changes
//! without an entry in the log, and replaying the log makes the same register.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::apply::apply;
use super::ask::ask;
use super::purge::purge;
use super::register::entry::DEAD;
use super::register::{Digest32, Keeping, Person, Register, Status};
use super::request::Reference;
use super::select::Moment;
use crate::config::{
    AllocationsConfig, Flag, KeepConfig, PeopleConfig, RegisterLock, TracingConfig,
};
use crate::date::Date;
use crate::extract::{Format, Kind, Source};
use crate::nhs_number::canonical;
use crate::treat::Ask;

const NUMBERS: [&str; 3] = ["9434765919", "4010232137", "9434765870"];
const PEOPLE: usize = 4;

/// Somebody in the case system.
#[derive(Debug, Clone, Default)]
struct Somebody {
    number: Option<usize>,
    name: u8,
    postcode: bool,
    dead: bool,
    ended: bool,
    away: bool,
}

/// A row of an answer.
#[derive(Debug, Clone)]
struct Said {
    /// Which of all questions so far, counted from the last one.
    question: usize,
    code: u8,
    number: usize,
    born: bool,
    exact: bool,
    dead: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Ask,
    Answer(Vec<Said>),
    Repeat(usize),
    Change(usize, u8),
    Later(u8),
    Purge,
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![
        6 => Just(0_u8),
        1 => Just(90),
        1 => Just(92),
        1 => prop_oneof![Just(91), Just(96), Just(98), Just(14), Just(77)],
    ];
    let said = (
        0_usize..6,
        code,
        0..NUMBERS.len() + 1,
        0_u8..8,
        0_u8..8,
        0_u8..8,
    )
        .prop_map(|(question, code, number, born, exact, dead)| Said {
            question,
            code,
            number,
            born: born > 0,
            exact: exact > 0,
            dead: dead == 0,
        });
    prop_oneof![
        4 => Just(Step::Ask),
        5 => prop::collection::vec(said, 1..4).prop_map(Step::Answer),
        1 => (0_usize..4).prop_map(Step::Repeat),
        3 => (0..PEOPLE, 0_u8..9).prop_map(|(person, what)| Step::Change(person, what)),
        1 => (1_u8..40).prop_map(Step::Later),
        1 => Just(Step::Purge),
    ]
}

/// A council in a folder.
struct Council {
    folder: TempDir,
    config: TracingConfig,
    keeping: Keeping,
    people: Vec<Somebody>,
    days: i32,
    hour: u32,
    /// Every question so far, with the person.
    questions: Vec<(Reference, String)>,
    answers: Vec<PathBuf>,
    /// Numbers that PDS gave so that they may be believed.
    may_hold: BTreeSet<(String, usize)>,
}

fn source(folder: &Path, file: &str) -> Source {
    Source {
        name: file.into(),
        path: folder.join(file),
        encoding: None,
        format: Format::of(Kind::Csv),
        query: None,
        configured: true,
        recipe: None,
    }
}

pub(super) fn config(folder: &Path) -> TracingConfig {
    TracingConfig {
        register: folder.join("register/register.db"),
        encrypted: None,
        requests: folder.join("requests"),
        people: PeopleConfig {
            source: source(folder, "people.csv"),
            person: "ID".into(),
            nhs_number: "NHS".into(),
            family_name: "LAST".into(),
            given_name: "FIRST".into(),
            gender: "SEX".into(),
            birth_date: "BORN".into(),
            death_date: "DIED".into(),
            postcode: "PCODE".into(),
            genders: Vec::new(),
            objection: None,
            verified: None,
        },
        allocations: AllocationsConfig {
            source: source(folder, "allocations.csv"),
            person: "ID".into(),
            end: "ENDED".into(),
            kind: None,
        },
        ask_again_after_days: 30,
        keep: KeepConfig {
            years: 6,
            mental_health: Some(Flag {
                column: "SEX".into(),
                values: vec!["9".into()],
            }),
            mental_health_years: 20,
        },
    }
}

pub(super) fn keeping(config: &TracingConfig, lock: Option<RegisterLock>) -> Keeping {
    Keeping {
        path: config.register.clone(),
        lock,
        ask: Ask::default(),
        ask_new: Ask::default(),
    }
}

type State = (Vec<Person>, u64);

impl Council {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        fs::create_dir(&config.requests).unwrap();
        let keeping = keeping(&config, None);
        let council = Self {
            people: vec![Somebody::default(); PEOPLE],
            folder,
            config,
            keeping,
            days: 20_000,
            hour: 0,
            questions: Vec::new(),
            answers: Vec::new(),
            may_hold: BTreeSet::new(),
        };
        council.write();
        council
    }

    fn moment(&mut self) -> Moment {
        self.hour += 1;
        let today = Date::from_days_since_1970(self.days).unwrap();
        Moment {
            at: format!(
                "{}T{:02}:{:02}:00Z",
                today.iso(),
                self.hour / 60 % 24,
                self.hour % 60
            ),
            today,
        }
    }

    fn write(&self) {
        let mut people = "ID,NHS,LAST,FIRST,SEX,BORN,DIED,PCODE\n".to_owned();
        let mut allocations = "ID,ENDED\n".to_owned();
        for (at, one) in self.people.iter().enumerate() {
            if one.away {
                continue;
            }
            let number = one.number.map_or("", |n| NUMBERS[n]);
            let died = if one.dead { "01/01/2000" } else { "" };
            let postcode = if one.postcode { "LS1 4AP" } else { "" };
            people += &format!(
                "P{at},{number},Quennell{},Ann,F,01/05/1940,{died},{postcode}\n",
                letters(one.name)
            );
            let ended = if one.ended { "01/01/2020" } else { "" };
            allocations += &format!("P{at},{ended}\n");
        }
        fs::write(self.folder.path().join("people.csv"), people).unwrap();
        fs::write(self.folder.path().join("allocations.csv"), allocations).unwrap();
    }

    fn change(&mut self, person: usize, what: u8) {
        let one = &mut self.people[person];
        match what {
            0 => one.name = (one.name + 1) % 26,
            1 => one.postcode = !one.postcode,
            2 | 3 => one.dead = !one.dead,
            4 => one.ended = !one.ended,
            5 => one.away = !one.away,
            6 => one.number = None,
            n => one.number = Some(usize::from(n) - 7),
        }
        self.write();
    }

    fn state(&self) -> State {
        let mut people = Vec::new();
        let Some(register) = Register::open(&self.keeping).unwrap() else {
            return (people, 0);
        };
        register.people(|person| people.push(person)).unwrap();
        (people, register.head().entries)
    }

    fn ask(&mut self) {
        let moment = self.moment();
        let mut changed = Register::to_change(&self.keeping).unwrap();
        let directory = self.config.requests.clone();
        ask(&self.config, &mut changed, &directory, &moment).unwrap();
        drop(changed);
        for person in self.state().0 {
            let Some(reference) = person.reference else {
                continue;
            };
            if !self.questions.iter().any(|(known, _)| *known == reference) {
                self.questions.push((reference, person.person));
            }
        }
    }

    fn answer(&mut self, rows: &[Said]) {
        let mut text = "UNIQUE REFERENCE,DATE_OF_BIRTH,DATE_OF_DEATH,SENSITIVITY_FLAG,ERROR/SUCCESS_CODE,MATCHED_NHS_NO,\
            MATCHED_ALGORITHM_INDICATOR,MATCHED_CONFIDENCE_PERCENTAGE\n"
            .to_owned();
        for said in rows {
            let reference = match self.questions.len() {
                0 => Reference::of([7; 16]),
                n => {
                    let (reference, person) = &self.questions[n - 1 - said.question % n];
                    if matches!(said.code, 0 | 90 | 92)
                        && said.born
                        && said.exact
                        && said.number < NUMBERS.len()
                    {
                        self.may_hold.insert((person.clone(), said.number));
                    }
                    *reference
                }
            };
            let number = NUMBERS.get(said.number).copied().unwrap_or("0000000000");
            text += &format!(
                "{},{},{},,{:02},{number},{},100\n",
                reference.text(),
                if said.born { "19400501" } else { "19400502" },
                if said.dead { "20240101" } else { "" },
                said.code,
                if said.exact { 3 } else { 4 },
            );
        }
        let path = self
            .folder
            .path()
            .join(format!("answer-{}.csv", self.answers.len()));
        fs::write(&path, text).unwrap();
        self.answers.push(path.clone());
        self.apply(&path);
    }

    fn apply(&mut self, path: &Path) {
        let moment = self.moment();
        let mut changed = Register::to_change(&self.keeping).unwrap();
        apply(
            &self.config,
            changed.register(),
            &[path.to_owned()],
            &moment,
        )
        .unwrap();
        changed.save().unwrap();
    }

    fn purge(&mut self) {
        let moment = self.moment();
        let mut changed = Register::to_change(&self.keeping).unwrap();
        purge(&self.config, &mut changed, &moment, false).unwrap();
    }

    /// What must always be so.
    fn holds(&self, before: &State, noted: &Digest32) -> Result<Digest32, TestCaseError> {
        let Some(register) = Register::open(&self.keeping).unwrap() else {
            return Ok(*noted);
        };
        let noted = (before.1 > 0).then_some(noted);
        let verified = register.verify(noted);
        prop_assert!(verified.is_ok(), "{:?}", verified);
        let (after, entries) = self.state();
        let mut living: BTreeMap<u64, usize> = BTreeMap::new();
        for person in &after {
            prop_assert_eq!(person.number.is_some(), person.status == Status::Verified);
            let Some(number) = person.number else {
                continue;
            };
            if !person.has(DEAD) {
                *living.entry(number.as_u64()).or_default() += 1;
            }
            let at = NUMBERS
                .iter()
                .position(|n| canonical(n).ok() == Some(number))
                .unwrap();
            prop_assert!(
                self.may_hold.contains(&(person.person.clone(), at)),
                "believed without cause"
            );
        }
        prop_assert!(
            living.values().all(|holders| *holders == 1),
            "two living people hold one number"
        );
        // Whatever is another one than before has an entry of its own.
        for person in &after {
            let was = before.0.iter().find(|was| was.person == person.person);
            let history = register.history(&person.person).unwrap();
            let last = history
                .iter()
                .rev()
                .find(|(_, entry)| entry.new_status.is_some());
            let (_, last) = last.expect("an entry");
            prop_assert_eq!(last.new_status, Some(person.status));
            if was.is_none_or(|was| *was != *person) {
                prop_assert!(entries > before.1, "changed without an entry");
                let was = was.map(|was| was.status);
                prop_assert!(
                    history.iter().any(|(_, entry)| entry.old_status == was),
                    "no entry goes from what it was"
                );
            }
        }
        Ok(register.head().hash)
    }
}

fn letters(n: u8) -> char {
    char::from(b'a' + n % 26)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_register_holds(steps in prop::collection::vec(step(), 1..24)) {
        let mut council = Council::new();
        let mut noted = [0; 32];
        for step in steps {
            let before = council.state();
            match step {
                Step::Ask => council.ask(),
                Step::Answer(rows) => council.answer(&rows),
                Step::Repeat(n) => {
                    if let Some(path) = council.answers.get(n).cloned() {
                        council.apply(&path);
                        prop_assert!(council.state() == before, "a file changed something the second time");
                    }
                }
                Step::Change(person, what) => council.change(person, what),
                Step::Later(days) => council.days += i32::from(days),
                Step::Purge => council.purge(),
            }
            noted = council.holds(&before, &noted)?;
        }
    }
}

/// The machine would not see much if nobody ever got a number.
#[test]
fn the_way_through_all_of_it_is_gone() {
    let mut council = Council::new();
    council.ask();
    let said = |question, number| Said {
        question,
        code: 0,
        number,
        born: true,
        exact: true,
        dead: false,
    };
    council.answer(&[said(0, 0), said(1, 1)]);
    let statuses = |council: &Council| -> Vec<u8> {
        let (people, _) = council.state();
        people.iter().map(|p| p.status.number()).collect()
    };
    assert_eq!(statuses(&council), [6, 6, 1, 1]);
    council.change(3, 2);
    council.ask();
    council.purge();
    assert_eq!(statuses(&council), [6, 6, 1]);
    let register = Register::open(&council.keeping).unwrap().unwrap();
    assert_eq!(register.verify(None).unwrap().purged, 3);
}
