//! The distinct values of one column of one source, each judged once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap as StdMap;

use std::hash::BuildHasher as _;

use compact_str::CompactString;
use foldhash::fast::FixedState;
use foldhash::quality::FixedState as QualityState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use super::check::{Check, Checks};
use super::number::{self, Number};
use super::plan::{ClientKind, EventKind, Judge, Kernel, Plan, funds_own_care};
use super::postcode;
use super::status::Validity;
use crate::extract::{Key, text_of};
use crate::map::Mapping;
use crate::schema::{List, Match, Test};
use crate::tokens::{self, Token};

/// How many distinct values are remembered; beyond it the column is not one that repeats, and the memory is given back.
const CAPACITY: usize = 1 << 14;

/// Bytes of a text that takes no memory of its own: costs, postcodes, codes.
const SHORT: usize = 16;

/// Bytes beyond which no text can be a value of a list; a longer one is looked at no further.
const LONGEST_VALUE: usize = 512;

/// The rank of a value that no hierarchy names.
const NO_RANK: u8 = 255;

/// A number for a value of a list: the same for values that are the same apart from capitals, and in every run.
pub fn key_of(value: &str) -> u64 {
    hash(value.to_lowercase().as_bytes())
}

/// A number for a text, the same in every run.
fn hash(text: &[u8]) -> u64 {
    QualityState::default().hash_one(text)
}

/// The start of a text, so many bytes at most.
fn start(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// What is known of one distinct value.
#[derive(Clone)]
pub struct Entry {
    /// Whether it is right. `Blank` here; whether that is a fault depends on the record.
    pub validity: Validity,
    /// What is wrong with it.
    pub checks: Checks,
    /// The value after mapping and respelling, UTF-8.
    pub text: CompactString,
    /// What the submission writes: Windows-1252.
    pub written: SmallVec<[u8; SHORT]>,
    /// Bit i: test i of the schema holds for it.
    pub tests: u128,
    /// What is written was copied from the extract, so that it may be or hold anything: no value of a list, no small number.
    pub open: bool,
    /// The kind of event it names, if it is an event type.
    pub event: EventKind,
    /// The kind of client it names, if it is a client type.
    pub client: ClientKind,
    /// It says that the person pays for all of the care, if it is a funding status.
    pub funds_own_care: bool,
    /// What to write instead, where the list has something like it; looked for when somebody asks.
    hint: OnceCell<Box<str>>,
    /// A full postcode, packed.
    pub postcode: u64,
    /// Position of a known value in the list, from 1; 0 for none, and for one that says that nothing is known.
    pub place: u8,
    /// Rank among the values of duplicates of an event: the lowest stays. 255 where there is none.
    pub rank: u8,
    /// The same for values that are the same apart from capitals, or the same number.
    pub key: u64,
    /// In no list, where the list is not known in full.
    pub unlisted: bool,
    /// Records met with it, counted where it is unlisted.
    pub records: u64,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({:?}, withheld)", self.validity)
    }
}

/// The distinct values of one column.
pub struct Lexicon {
    /// Positions by the hash of the text.
    seen: HashTable<u32>,
    /// The texts as received, by position.
    received: Vec<SmallVec<[u8; SHORT]>>,
    entries: Vec<Entry>,
    /// What the loop over cells asks of each entry, side by side.
    marks: Vec<Mark>,
    /// The positions met last, by what texts begin and end with: most columns have few values.
    recent: Box<[Recent; 1 << RECENT_BITS]>,
    /// How often everything was forgotten.
    generation: u32,
}

/// What the loop over cells asks of an entry.
#[derive(Clone, Copy)]
pub struct Mark {
    /// As of the entry.
    pub validity: Validity,
    /// Something is wrong with it, or it is to be counted.
    pub is_noted: bool,
}

/// A position met lately.
#[derive(Clone, Copy)]
struct Recent {
    key: Key,
    at: u32,
}

const RECENT_BITS: u32 = 8;

/// No text has this key and is looked up.
const FORGOTTEN: Recent = Recent {
    key: Key::EMPTY,
    at: 0,
};

/// Whether texts are the same whose keys are.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    a.len() == b.len() && a.iter().zip(b).skip(1).all(|(a, b)| a == b)
}

/// What a lexicon needs to know to judge a value.
pub struct Context<'a> {
    /// How to judge.
    pub judge: &'a Judge,
    /// The list of the field, if it has one.
    pub list: Option<&'a List>,
    /// Local code to value.
    pub values: Option<&'a StdMap<String, String>>,
    /// The schema's tests whose subject is this field, with their positions.
    pub tests: &'a [(usize, Test)],
    /// The controller's LA code; empty where it is not known.
    pub la_code: &'a str,
    /// Most characters that the field takes.
    pub max_length: usize,
    /// National processing knows events again by the field.
    pub keyed: bool,
}

impl Lexicon {
    /// One that knows only the blank.
    pub fn new(context: &Context<'_>) -> Self {
        let mut lexicon = Self {
            seen: HashTable::new(),
            received: Vec::new(),
            entries: Vec::new(),
            marks: Vec::new(),
            recent: Box::new([FORGOTTEN; 1 << RECENT_BITS]),
            generation: 0,
        };
        lexicon.reset(context);
        lexicon
    }

    /// Forgets everything if there is too much of it. Positions given before mean nothing after.
    pub fn trim(&mut self, context: &Context<'_>, forgotten: impl FnMut(Entry)) {
        if self.entries.len() > CAPACITY {
            self.entries.drain(..).for_each(forgotten);
            self.reset(context);
        }
    }

    fn reset(&mut self, context: &Context<'_>) {
        self.seen.clear();
        self.received.clear();
        self.entries.clear();
        self.marks.clear();
        self.recent.fill(FORGOTTEN);
        self.add(b"", context.judge(""));
        self.generation += 1;
    }

    /// Positions of one generation mean nothing in another.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Position of a cell's value; the empty cell is at 0.
    #[inline(always)]
    pub fn position(&mut self, cell: &[u8], key: Key, context: &Context<'_>) -> u32 {
        if cell.is_empty() {
            return 0;
        }
        let slot = key.slot(RECENT_BITS);
        let recent = self.recent[slot];
        if recent.key == key
            && (cell.len() <= Key::HOLDS || same(cell, &self.received[recent.at as usize]))
        {
            return recent.at;
        }
        let at = self.look_up(cell, context);
        self.recent[slot] = Recent { key, at };
        at
    }

    #[inline(never)]
    fn look_up(&mut self, cell: &[u8], context: &Context<'_>) -> u32 {
        let received = &self.received;
        let is_it = |at: &u32| *received[*at as usize] == *cell;
        let found = self.seen.find(FixedState::default().hash_one(cell), is_it);
        match found {
            Some(&at) => at,
            None => self.learn(cell, context),
        }
    }

    #[cold]
    fn learn(&mut self, cell: &[u8], context: &Context<'_>) -> u32 {
        let text = text_of(cell);
        let entry = context.judge(&text);
        let at = self.add(cell, entry);
        let (received, state) = (&self.received, FixedState::default());
        let hash = |at: &u32| state.hash_one(&*received[*at as usize]);
        self.seen.insert_unique(state.hash_one(cell), at, hash);
        at
    }

    fn add(&mut self, received: &[u8], entry: Entry) -> u32 {
        let at = self.entries.len() as u32;
        self.received.push(SmallVec::from_slice(received));
        self.marks.push(Mark {
            validity: entry.validity,
            is_noted: entry.unlisted || !entry.checks.is_empty(),
        });
        self.entries.push(entry);
        at
    }

    /// What the loop over cells asks of each entry, by position.
    #[inline]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The value at a position.
    #[inline]
    pub fn entry(&self, at: u32) -> &Entry {
        &self.entries[at as usize]
    }

    /// All values.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The value at a position, to count it.
    #[inline]
    pub fn entry_mut(&mut self, at: u32) -> &mut Entry {
        &mut self.entries[at as usize]
    }
}

/// Whether a trimmed value counts as nothing.
pub fn is_blank(trimmed: &str) -> bool {
    trimmed.is_empty() || trimmed.eq_ignore_ascii_case("NULL")
}

impl<'a> Context<'a> {
    /// For a field of a source; `None` if the field is not judged by distinct values.
    pub fn of(plan: &'a Plan, mapping: &'a Mapping, field: usize) -> Option<Self> {
        let of_field = &plan.fields[field];
        let Kernel::Distinct(judge) = &of_field.kernel else {
            return None;
        };
        Some(Self {
            judge,
            list: plan.schema.fields[field]
                .list
                .map(|list| &plan.schema.lists[list]),
            values: mapping.values[field].as_ref(),
            tests: &of_field.tests,
            la_code: &plan.la_code,
            max_length: of_field.max_length,
            keyed: of_field.keyed,
        })
    }

    /// Judges one value as received.
    fn judge(&self, received: &str) -> Entry {
        let trimmed = received.trim();
        let mapped = self.values.and_then(|values| values.get(trimmed));
        let text = mapped.map_or(trimmed, String::as_str);
        let mut entry = Entry {
            validity: Validity::Blank,
            checks: Checks::default(),
            text: CompactString::default(),
            written: SmallVec::new(),
            tests: 0,
            open: false,
            event: EventKind::None,
            client: ClientKind::Other,
            funds_own_care: false,
            hint: OnceCell::new(),
            postcode: 0,
            place: 0,
            rank: NO_RANK,
            key: 0,
            unlisted: false,
            records: 0,
        };
        if !is_blank(text) {
            if mapped.is_none() && trimmed.len() != received.len() {
                entry.checks.add(Check::WhiteSpace);
            }
            self.judge_text(text, &mut entry);
            if matches!(
                self.judge,
                Judge::List | Judge::Text | Judge::Code(_) | Judge::LaCode(_)
            ) {
                let received = if mapped.is_some() { text } else { received };
                self.guard(received, &mut entry);
            } else if !matches!(self.judge, Judge::Postcode) {
                entry.written = SmallVec::from_slice(entry.text.as_bytes());
                if tokens::holds_nhs_number(&entry.written) {
                    entry.withhold(Check::Identifier);
                }
            }
        }
        // What cannot be read is sent empty, but the cell is not blank.
        let unread = entry.validity == Validity::Invalid && entry.text.is_empty();
        let told = if unread { text } else { &*entry.text };
        let told = start(told, LONGEST_VALUE);
        for (at, test) in self.tests {
            entry.tests |= u128::from(test.holds_for_text(told)) << at;
        }
        entry.open = match self.judge {
            Judge::List => !matches!(entry.validity, Validity::Valid | Validity::ReleaseOne),
            Judge::LaCode(_) => *entry.text != *self.la_code,
            Judge::Number { .. } => entry.written.len() > 3,
            Judge::Text | Judge::Code(_) => true,
            Judge::Postcode => false,
        };
        if self.keyed {
            let number = matches!(self.judge, Judge::Number { .. })
                .then(|| entry.text.parse::<f64>().ok())
                .flatten();
            entry.key = match number {
                Some(number) => hash(&number.to_bits().to_ne_bytes()),
                None => key_of(&entry.text),
            };
        }
        if let Some(list) = self.list {
            self.rank(list, &mut entry);
        }
        if entry.validity != Validity::Blank {
            entry.event = EventKind::named(&entry.text, entry.validity);
            entry.client = ClientKind::named(&entry.text);
            entry.funds_own_care = funds_own_care(&entry.text);
        }
        entry
    }

    fn judge_text(&self, text: &str, entry: &mut Entry) {
        entry.validity = Validity::Valid;
        entry.text = text.into();
        match self.judge {
            Judge::List => self.look_up(text, entry),
            Judge::Text => self.measure(text, entry),
            Judge::Code(shape) | Judge::LaCode(shape) => {
                if shape.as_ref().is_some_and(|shape| !shape.is_match(text)) {
                    entry.validity = Validity::Unverified;
                    entry.checks.add(Check::Shape);
                } else {
                    self.measure(text, entry);
                }
                if matches!(self.judge, Judge::LaCode(_))
                    && !self.la_code.is_empty()
                    && text != self.la_code
                {
                    entry.checks.add(Check::NotController);
                }
            }
            // The text stays as it is.
            Judge::Number { decimals } if number::is_plain(text, *decimals) => {}
            Judge::Number { decimals } => {
                let number = number::read(text, *decimals);
                match number {
                    Number::Plain(plain) => entry.text = plain.into(),
                    Number::Dressed(plain) => {
                        entry.text = plain.into();
                        entry.checks.add(Check::NumberFormat);
                    }
                    Number::TooFine | Number::Unreadable => {
                        entry.validity = Validity::Invalid;
                        entry.checks.add(if number == Number::TooFine {
                            Check::Decimals
                        } else {
                            Check::NotANumber
                        });
                        entry.text = CompactString::default();
                    }
                }
            }
            Judge::Postcode => match postcode::full(text) {
                Some(full) => {
                    entry.written = SmallVec::from_slice(postcode::sector(&full).as_bytes());
                    entry.postcode = tokens::pack_postcode(&full);
                }
                None => {
                    entry.validity = Validity::Invalid;
                    entry.checks.add(Check::NotAPostcode);
                }
            },
        }
    }

    /// Where the value stands in its list, and in the order by which duplicates of an event are told apart.
    fn rank(&self, list: &List, entry: &mut Entry) {
        let position = |mut values: Box<dyn Iterator<Item = &str> + '_>| {
            values
                .position(|value| value == &*entry.text)
                .and_then(|at| u8::try_from(at).ok())
        };
        let says_nothing = entry.text.eq_ignore_ascii_case("unknown")
            || entry.text.to_ascii_lowercase().starts_with("no data");
        let place = position(Box::new(list.values.iter().map(|v| &*v.value)));
        let hierarchy = list.hierarchies.first();
        let rank = hierarchy.and_then(|h| position(Box::new(h.order.iter().map(String::as_str))));
        let retired = hierarchy
            .filter(|_| entry.checks.iter().any(|c| c == Check::ReleaseOneRetired))
            .and_then(|h| {
                h.order
                    .iter()
                    .position(|v| Some(v) == h.retired_rank_as.as_ref())
            })
            .and_then(|at| u8::try_from(at).ok());
        entry.rank = rank.or(retired).unwrap_or(NO_RANK);
        if !says_nothing {
            entry.place = place.map_or(0, |at| at.saturating_add(1));
        }
    }

    fn measure(&self, text: &str, entry: &mut Entry) {
        // A character has a byte at least, and most texts are short.
        if text.len() > self.max_length && text.chars().count() > self.max_length {
            entry.checks.add(Check::TooLong);
        }
    }

    fn look_up(&self, text: &str, entry: &mut Entry) {
        let Some(list) = self.list else { return };
        let found = if text.len() > LONGEST_VALUE {
            Match::Unlisted
        } else {
            list.look_up(text)
        };
        match found {
            Match::Exact(value) => entry.text = value.into(),
            Match::Respelt {
                value, capitals, ..
            } => {
                entry.text = value.into();
                if capitals {
                    entry.checks.add(Check::Capitals);
                }
            }
            Match::Previous { value } => {
                entry.text = value.into();
                entry.validity = Validity::ReleaseOne;
                entry.checks.add(Check::ReleaseOne);
            }
            Match::Retired { choices } => {
                entry.hint = OnceCell::from(Box::from(choices.join(", or ")));
                entry.validity = Validity::ReleaseOne;
                entry.checks.add(Check::ReleaseOneRetired);
            }
            Match::Unlisted => {
                if list.complete.is_closed() {
                    entry.validity = Validity::Invalid;
                    entry.checks.add(Check::NotInList);
                } else {
                    // No finding for each record: nobody can correct it there. The value and its count go to the council.
                    entry.validity = Validity::Unverified;
                    entry.unlisted = true;
                    self.measure(text, entry);
                }
            }
        }
    }

    /// Makes the value safe to write: no formula, no identifier, no character that the portal cannot read.
    fn guard(&self, received: &str, entry: &mut Entry) {
        let as_received = *entry.text == *received.trim();
        let first = |text: &str| text.chars().next().unwrap_or(' ');
        let starts = |c: char| matches!(c, '=' | '+' | '@' | '\t' | '\r') || c == '-';
        let is_number = || matches!(number::read(&entry.text, 16), Number::Plain(_));
        if as_received
            && (starts(first(&entry.text)) || matches!(first(received), '\t' | '\r'))
            && !(first(&entry.text) == '-' && is_number())
        {
            return entry.withhold(Check::Formula);
        }
        let (bytes, whole) = windows_1252(&entry.text);
        let known = matches!(entry.validity, Validity::Valid | Validity::ReleaseOne)
            && !matches!(self.judge, Judge::Text);
        if !known && tokens::holds_nhs_number(&bytes) {
            return entry.withhold(Check::Identifier);
        }
        if !whole {
            if hides_identifier(&entry.text) {
                return entry.withhold(Check::Identifier);
            }
            entry.checks.add(Check::Encoding);
        }
        entry.written = SmallVec::from_slice(&bytes);
    }
}

/// Whether an NHS number or a full postcode stands in the text, broken up by characters that would be written as
/// question marks: 943?476?5919 is as good to read as with hyphens.
fn hides_identifier(text: &str) -> bool {
    let lost = |c: char| !windows_1252(c.encode_utf8(&mut [0; 4])).1;
    let joined: String = text.chars().filter(|c| !lost(*c)).collect();
    let hyphened: String = text
        .chars()
        .map(|c| if lost(c) { '-' } else { c })
        .collect();
    [joined, hyphened].iter().any(|text| {
        let bytes = windows_1252(text).0;
        let mut postcode = false;
        tokens::scan(&bytes, |t| postcode |= matches!(t, Token::Postcode(_)));
        postcode || tokens::holds_nhs_number(&bytes)
    })
}

impl Entry {
    /// What to write instead, where the list has something like it; else empty.
    pub fn hint(&self, list: &List) -> &str {
        self.hint.get_or_init(|| {
            let near = list.nearest(start(&self.text, LONGEST_VALUE));
            near.unwrap_or_default().into()
        })
    }

    fn withhold(&mut self, check: Check) {
        self.validity = Validity::Invalid;
        // What else is wrong with it says what would be sent, and nothing is.
        self.checks = Checks::default();
        self.checks.add(check);
        self.written = SmallVec::new();
    }
}

/// The text in Windows-1252, and whether every character has a place in it. Control characters that only the WHATWG's
/// reading of the encoding has are not counted as having one.
pub fn windows_1252(text: &str) -> (Cow<'_, [u8]>, bool) {
    if text.is_ascii() {
        return (Cow::Borrowed(text.as_bytes()), true);
    }
    let mut whole = true;
    let mut bytes = Vec::with_capacity(text.len());
    let mut buffer = [0; 4];
    for c in text.chars() {
        let (encoded, _, lost) = encoding_rs::WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
        if lost || ('\u{80}'..='\u{9f}').contains(&c) {
            whole = false;
            bytes.push(b'?');
        } else {
            bytes.extend_from_slice(&encoded);
        }
    }
    (Cow::Owned(bytes), whole)
}

#[cfg(test)]
#[path = "lexicon_tests.rs"]
mod tests;
