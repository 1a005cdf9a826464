//! Rules that look across records: one person under several numbers, facts that contradict each other, links to nobody,
//! events that national processing takes to be one (spec rules.md sections 5, 7 and 8).
//!
//! While records pass, [`Across`] keeps of each what these rules need, and nothing else: 33 bytes for the rules about its
//! person and 30 for those about its event, dealt into parts by the first bits of a hash. At the end each part is sorted
//! and judged on its own, by all processors; whatever the order in which they came, the same records are flagged. Beyond
//! 72 MiB, which is a little over a million records, facts go to the disk, encrypted with a key of the moment. Rules about
//! the extract as a whole are in [`file`].

mod events;
pub mod file;
pub mod lost;
mod people;
pub mod period_2;
mod store;
mod threads;
mod wording;

#[cfg(test)]
mod reference;

use std::fmt;
use std::io;
use std::num::NonZero;
use std::path::Path;

use self::store::{Dealer, Size, Store};
use crate::date::Date;
use crate::nhs_number::{self, NhsNumber};
use crate::redact::WITHHELD;

/// Where a record stands: source and row as a spreadsheet counts. Ordered as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(u64);

impl Place {
    const ROW_BITS: u32 = 48;

    /// A row of a source.
    pub fn new(source: usize, row: u64) -> Self {
        debug_assert!(source >> 16 == 0 && row >> Self::ROW_BITS == 0);
        Self((source as u64) << Self::ROW_BITS | row)
    }

    /// Position of the source in the configuration.
    pub fn source(self) -> usize {
        (self.0 >> Self::ROW_BITS) as usize
    }

    /// As a spreadsheet counts: the header is row 1.
    pub fn row(self) -> u64 {
        self.0 & ((1 << Self::ROW_BITS) - 1)
    }
}

/// What the rules across records need of one record. Identifiable, so `Debug` tells where it stands and nothing else.
#[derive(Clone, Copy)]
pub struct Record {
    /// Where it stands. No two records have the same.
    pub place: Place,
    /// Hash of the LA person id; 0: none.
    pub person: u64,
    /// Hash of the national unique event key for joined tables; 0: no event, or not submitted.
    pub event: u64,
    /// Hash of what the key for single-submission tables adds to it.
    pub detail: u32,
    /// As [`first_nine`] gives it; 0: none that is valid.
    pub nhs: u32,
    /// Date of birth.
    pub birth: Option<Date>,
    /// Date of death.
    pub death: Option<Date>,
    /// Event end as derived nationally.
    pub end: Option<Date>,
    /// Reporting period end stated on the record.
    pub period_end: Option<Date>,
    /// Position in the list, from 1; 0: not known.
    pub gender: u8,
    /// Position in the list, from 1; 0: not known.
    pub ethnicity: u8,
    /// Rank in the outcome hierarchy: the lowest stays.
    pub outcome: u8,
    /// Of the constants below.
    pub flags: u8,
    /// Why the record is left out, as the caller numbers reasons from 1; 0: it is submitted.
    pub left_out: u8,
}

impl Record {
    /// Flag: the client type says service user.
    pub const SERVICE_USER: u8 = 1;
    /// Flag: the event description has the word for an initial conversation.
    pub const CONVERSATION: u8 = 1 << 1;
    /// Rank of an outcome that is missing.
    pub const NO_OUTCOME: u8 = 255;
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({:?}, {WITHHELD})", self.place)
    }
}

/// A linked person id on a carer's record.
#[derive(Clone, Copy)]
pub struct Link {
    /// Where the carer's record stands.
    pub place: Place,
    /// Which of the linked ids, from 0.
    pub slot: u8,
    /// Hash of the id; 0 is no link.
    pub person: u64,
    /// As for [`Record::left_out`].
    pub left_out: u8,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({:?}, {}, {WITHHELD})", self.place, self.slot)
    }
}

/// A valid number in four bytes, never 0: its first nine digits, and one. The tenth follows from them.
pub fn first_nine(number: &NhsNumber) -> u32 {
    (number.as_u64() / 10) as u32 + 1
}

/// The number that [`first_nine`] was given.
pub fn ten_digits(nhs: u32) -> Option<NhsNumber> {
    let nine = nhs.checked_sub(1)?;
    // Of the ten digits that may follow, one at most makes a valid number.
    (0..10).find_map(|last| nhs_number::canonical(&format!("{nine:09}{last}")).ok())
}

/// What is gathered while records pass, by all threads together.
pub struct Across {
    store: Store,
}

/// One thread's way to gather.
pub struct Gathered<'a> {
    dealer: Dealer<'a>,
}

impl fmt::Debug for Across {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Across({} facts, {WITHHELD})", self.store.facts())
    }
}

impl Gathered<'_> {
    /// Adds a record about somebody or with an event.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        people::deal_record(&mut self.dealer, record)?;
        events::deal(&mut self.dealer, record)
    }

    /// Adds a linked person id.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn link(&mut self, link: &Link) -> io::Result<()> {
        people::deal_link(&mut self.dealer, link)
    }

    /// Hands over what is left.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> io::Result<()> {
        self.dealer.finish()
    }
}

/// A rule across records, as far as it concerns one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// NHS number: one person id has several, and most of its records have another one.
    SeveralForPerson,
    /// LA person id: one NHS number stands with several, and most of its records have another one.
    SeveralForNumber,
    /// NHS number: none, but another record of the person id has one.
    KnownElsewhere,
    /// Records of one person id contradict each other.
    Conflicting(Attribute),
    /// The linked id in this slot, from 0, is no service user's.
    NotAServiceUser(u8),
    /// Event: another record is the same event in joined and in single-submission tables.
    DuplicateEvent,
    /// Event: another record is the same event in joined tables only.
    DuplicateJoined,
}

/// A fact about a person that every record repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    Birth,
    Death,
    Gender,
    Ethnicity,
}

/// What others say, or which record stays. May be identifiable, so `Debug` shows no values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instead {
    /// Nothing can be said.
    Nothing,
    /// This NHS number, for [`ten_digits`].
    Number(u32),
    /// The LA person id of the record there.
    SameAs(Place),
    /// This day.
    Day(Date),
    /// This value of the list, from 1.
    Value(u8),
    /// No value has more records than every other.
    Tie,
    /// The record there stays, and this one goes.
    Stays(Place),
    /// This one and others, so many together, are equally good: one of them stays, by the order of a national record id.
    OneOf(u32),
    /// This one goes. So many others are equally good, and one of them stays.
    BehindOneOf(u32),
}

impl fmt::Debug for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::Number(_) => write!(f, "Number({WITHHELD})"),
            Self::SameAs(place) => write!(f, "SameAs({place:?})"),
            Self::Day(_) => write!(f, "Day({WITHHELD})"),
            Self::Value(_) => write!(f, "Value({WITHHELD})"),
            Self::Tie => f.write_str("Tie"),
            Self::Stays(place) => write!(f, "Stays({place:?})"),
            Self::OneOf(n) => write!(f, "OneOf({n})"),
            Self::BehindOneOf(n) => write!(f, "BehindOneOf({n})"),
        }
    }
}

/// A record that breaks a rule.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    /// Which record.
    pub place: Place,
    /// As for [`Record::left_out`].
    pub left_out: u8,
    /// Which rule.
    pub rule: Rule,
    /// What others say.
    pub instead: Instead,
    /// Another record of the same event, for people to look at: which one depends on the order of the rows, so it has no
    /// part in whether two verdicts are equal.
    pub beside: Option<Place>,
}

impl Verdict {
    fn what(&self) -> (Place, Rule, Instead) {
        (self.place, self.rule, self.instead)
    }
}

impl PartialEq for Verdict {
    fn eq(&self, other: &Self) -> bool {
        self.what() == other.what()
    }
}

impl Eq for Verdict {}

impl std::hash::Hash for Verdict {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.what().hash(state);
    }
}

/// How far events collapse in one kind of national table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collapse {
    /// Records with an event.
    pub records: u64,
    /// Events that more than one record describes.
    pub groups: u64,
    /// Records that go: all of each such event but one.
    pub going: u64,
}

/// How far events collapse nationally.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collapsed {
    /// In tables joined from several submissions.
    pub joined: Collapse,
    /// In tables made from one submission.
    pub single: Collapse,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Judged {
    /// By place, then rule. A record stands here once for each rule it breaks.
    pub verdicts: Vec<Verdict>,
    /// Events that are the same nationally.
    pub events: Collapsed,
}

impl Across {
    /// Fewer facts are not worth a thread.
    const WORTH_A_THREAD: u64 = 40_000;

    /// Nothing yet. What memory is not to hold goes to a nameless file in `directory`.
    pub fn new(directory: &Path) -> Self {
        Self {
            store: Store::new(directory, Size::USUAL),
        }
    }

    /// Where the temporary file is made if one is needed.
    pub fn directory(&self) -> &Path {
        self.store.directory()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.store.clear();
    }

    /// One thread's way to gather.
    pub fn gather(&self) -> Gathered<'_> {
        Gathered {
            dealer: Dealer::new(&self.store),
        }
    }

    /// Judges all records, and forgets what was gathered.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn judge(&self) -> io::Result<Judged> {
        let worth = 1 + self.store.facts() / Self::WORTH_A_THREAD;
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        self.judge_with(threads.min(usize::try_from(worth).unwrap_or(usize::MAX)))
    }

    fn judge_with(&self, threads: usize) -> io::Result<Judged> {
        let mut verdicts = people::judge(&self.store, threads)?;
        let (mut duplicates, events) = events::judge(&self.store, threads)?;
        self.store.clear();
        verdicts.append(&mut duplicates);
        verdicts.sort_unstable_by_key(|v| (v.place, v.rule));
        Ok(Judged { verdicts, events })
    }
}

#[cfg(test)]
mod tests;
