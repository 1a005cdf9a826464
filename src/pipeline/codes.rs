//! What a source's own codes are and how far the mapping covers them: for `cld map`. Reads as a run does, writes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::read::{self, Input, threads};
use crate::config::Config;
use crate::date::Date;
use crate::error::Result;
use crate::extract::Cells;
use crate::map::Unfit;
use crate::nhs_number;
use crate::schema::{Field, Kind, List, Match, Privacy, Schema, Treatment};
use crate::tokens::{self, Token};
use crate::treat::{Identifiers, IdentifiersMet, skeleton};
use crate::validate::{is_blank, windows_1252};

/// How many codes of a field are told, the commonest of them.
pub const MOST_CODES: usize = 1_000;

/// How many distinct codes of a field are counted, the first ones in the order of the rows.
const MOST_COUNTED: usize = 20_000;

/// So many people who share a code make it a category: nobody can be told by it.
const ENOUGH: usize = 10;

/// How far the mappings of all sources go.
#[derive(Debug)]
pub struct Coverage {
    /// In the order of the configuration.
    pub sources: Vec<SourceCoverage>,
}

/// How far the mapping of one source goes.
#[derive(Debug)]
pub struct SourceCoverage {
    /// What the configuration calls it.
    pub name: String,
    /// Records read.
    pub records: u64,
    /// Columns that are no field and not left out: their letters, and their names unless they look like values.
    pub unplaced: Vec<(String, Option<String>)>,
    /// Fields that no column is, and that are not said to be absent.
    pub missed: Vec<usize>,
    /// Fields that the configuration says the source does not have.
    pub absent: Vec<usize>,
    /// Why a run would refuse the source, if it would.
    pub faults: Vec<String>,
    /// Rows of the file of codes that say nothing yet, by field.
    pub undecided: BTreeMap<usize, u64>,
    /// Fields of this source that have a list or a mapping, in the order of the return.
    pub fields: Vec<FieldCoverage>,
}

/// How far the codes of one field are covered. Numbers are of records.
#[derive(Debug, Default)]
pub struct FieldCoverage {
    /// Position of the field.
    pub field: usize,
    /// It has a list, and the list is known in full; otherwise nobody can say that a code is wrong.
    pub judged: bool,
    /// With a value or a mapped code.
    pub filled: u64,
    /// In the list but for capitals and spaces.
    pub listed: u64,
    /// A value of the release before that became one of this list.
    pub previous: u64,
    /// Mapped by the configuration.
    pub mapped: u64,
    /// None of these; cannot be judged unless [`FieldCoverage::judged`].
    pub uncovered: u64,
    /// Codes that are not covered, the commonest first, at most [`MOST_CODES`].
    pub codes: Vec<Code>,
    /// Codes that are not covered and not told, because they may tell who somebody is.
    pub withheld: Count,
    /// Codes that are not covered and not told, because there are too many. The number of codes is a lower bound.
    pub further: Count,
    /// Codes of the mapping that the source does not have.
    pub never_met: Vec<String>,
}

/// A code that is not covered.
#[derive(Debug)]
pub struct Code {
    /// Trimmed.
    pub local: String,
    /// How many records have it.
    pub records: u64,
}

/// Codes and records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Distinct codes.
    pub codes: u64,
    /// Records that have them.
    pub records: u64,
}

impl Coverage {
    /// Records that have a code which is in no list and not mapped, where the list is known in full.
    pub fn uncovered(&self) -> u64 {
        let fields = self.sources.iter().flat_map(|s| &s.fields);
        fields.filter(|f| f.judged).map(|f| f.uncovered).sum()
    }
}

/// Reads all sources of a configuration and holds their codes against lists and mapping. Columns that do not fit yet are
/// told and passed over.
///
/// # Errors
/// When a source cannot be read, is malformed, or does not begin with column names.
pub fn coverage(config: &Config) -> Result<Coverage> {
    let schema = &config.schema;
    let cancelled = config.selection.cancelled.as_ref();
    let cancelled = cancelled.map(|c| c.column.as_str());
    let (mut inputs, unfit) = read::open_drafts(&config.sources, cancelled, schema)?;
    let looked: Vec<Vec<usize>> = inputs.iter().map(|i| looked_at(i, schema)).collect();
    let identifiers = Identifiers::default();
    let names = Names::of(schema);
    let (_, totals, _) = read::read(
        &mut inputs,
        || None,
        || {
            identifiers.clear();
            let workers = std::iter::repeat_with(|| identifiers.meeting());
            let totals: Vec<Total> = looked
                .iter()
                .map(|fields| Total {
                    records: 0,
                    fields: fields.iter().map(|_| Tally::default()).collect(),
                })
                .collect();
            Ok((workers.take(threads()).collect(), totals))
        },
        |met: &mut IdentifiersMet<'_>, cells, input| {
            names.remember(met, cells, input);
            let fields = looked[cells.source].iter();
            let fields = fields.map(|field| tally(*field, cells, input, schema, &names));
            Ok((cells.source, cells.len() as u64, fields.collect::<Vec<_>>()))
        },
        |totals, (source, records, fields)| {
            totals[source].records += records;
            for (total, of_batch) in totals[source].fields.iter_mut().zip(fields) {
                total.merge(of_batch);
            }
            Ok(())
        },
    )?;
    let sources = totals.into_iter().zip(&inputs).zip(unfit).enumerate();
    let sources = sources.map(|(at, ((total, input), unfit))| {
        let fields = looked[at].iter().zip(total.fields);
        let fields = fields.map(|(field, tally)| tally.finish(*field, input, schema, &identifiers));
        let fields = fields.collect();
        source_coverage(config, at, input, unfit, total.records, fields)
    });
    Ok(Coverage {
        sources: sources.collect(),
    })
}

fn source_coverage(
    config: &Config,
    at: usize,
    input: &Input,
    unfit: Unfit,
    records: u64,
    fields: Vec<FieldCoverage>,
) -> SourceCoverage {
    let described = &config.sources[at];
    let mapping = &input.mapping;
    let column = |at: &usize| {
        let name = mapping.told(*at).map(str::to_owned);
        (mapping.letters[*at].clone(), name)
    };
    let mut undecided = BTreeMap::new();
    for (field, _) in described.codes.iter().flat_map(|codes| &codes.undecided) {
        *undecided.entry(*field).or_default() += 1;
    }
    SourceCoverage {
        name: input.source.name.clone(),
        records,
        unplaced: unfit.unplaced.iter().map(column).collect(),
        missed: unfit.missed,
        absent: described.absent.clone(),
        faults: unfit.faults,
        undecided,
        fields,
    }
}

/// The fields of a source whose codes are looked at: those with a list or a mapping that are sent as they are.
fn looked_at(input: &Input, schema: &Schema) -> Vec<usize> {
    let mapping = &input.mapping;
    let looked = |at: usize, field: &Field| {
        mapping.fields[at].is_some()
            && field.treatment == Treatment::Keep
            && !field.withdrawn
            && (field.list.is_some() || mapping.values[at].is_some())
    };
    let fields = schema.fields.iter().enumerate();
    fields
        .filter(|(at, field)| looked(*at, field))
        .map(|(at, _)| at)
        .collect()
}

/// What was counted of a source.
struct Total {
    records: u64,
    fields: Vec<Tally>,
}

/// What was counted of a field.
#[derive(Default)]
struct Tally {
    filled: u64,
    listed: u64,
    previous: u64,
    mapped: u64,
    uncovered: u64,
    used: BTreeSet<String>,
    open: Vec<(String, Seen)>,
    /// Positions in `open`.
    places: HashMap<String, usize>,
    further: Count,
}

/// Who has a code that is not covered.
#[derive(Default)]
struct Seen {
    records: u64,
    /// Records of which an identifier is the code or stands in it.
    own: u64,
    /// Some people who have it, as numbers.
    people: Vec<u64>,
}

impl Seen {
    fn add_person(&mut self, person: u64) {
        if self.people.len() < ENOUGH && !self.people.contains(&person) {
            self.people.push(person);
        }
    }
}

/// What a list and the mapping say of a distinct cell.
enum Judged {
    Blank,
    Mapped,
    Listed,
    Previous,
    Open {
        place: usize,
        skeleton: String,
    },
    /// Of a field that has a mapping and no list.
    Free,
}

fn tally(field: usize, cells: &Cells, input: &Input, schema: &Schema, names: &Names) -> Tally {
    let mut tally = Tally::default();
    let mapping = &input.mapping;
    let Some(column) = mapping.fields[field] else {
        return tally;
    };
    let list = schema.fields[field].list.map(|at| &schema.lists[at]);
    let values = mapping.values[field].as_ref();
    let mut known: HashMap<&[u8], Judged, FixedState> = HashMap::default();
    for (record, cell) in cells.column(column).enumerate() {
        let judged = known.entry(cell).or_insert_with(|| {
            let text = String::from_utf8_lossy(cell);
            let text = text.trim();
            if values.is_some_and(|values| values.contains_key(text)) {
                tally.used.insert(text.to_owned());
                return Judged::Mapped;
            }
            match list {
                _ if is_blank(text) => Judged::Blank,
                None => Judged::Free,
                Some(list) => match list.look_up(text) {
                    Match::Exact(_) | Match::Respelt { .. } => Judged::Listed,
                    Match::Previous { .. } => Judged::Previous,
                    Match::Retired { .. } | Match::Unlisted => Judged::Open {
                        place: tally.place(text),
                        skeleton: skeleton(text),
                    },
                },
            }
        });
        match judged {
            Judged::Blank => continue,
            Judged::Free => {}
            Judged::Mapped => tally.mapped += 1,
            Judged::Listed => tally.listed += 1,
            Judged::Previous => tally.previous += 1,
            Judged::Open { place, skeleton } => {
                tally.uncovered += 1;
                let seen = &mut tally.open[*place].1;
                seen.records += 1;
                seen.own += u64::from(names.any_in(skeleton, cells, input, record));
                seen.add_person(names.person(cells, input, record));
            }
        }
        tally.filled += 1;
    }
    tally
}

impl Tally {
    /// Where a code that is not covered is counted.
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.places.insert(text.to_owned(), self.open.len());
        self.open.push((text.to_owned(), Seen::default()));
        self.open.len() - 1
    }

    /// Adds a later batch.
    fn merge(&mut self, batch: Self) {
        self.filled += batch.filled;
        self.listed += batch.listed;
        self.previous += batch.previous;
        self.mapped += batch.mapped;
        self.uncovered += batch.uncovered;
        self.used.extend(batch.used);
        for (text, of_batch) in batch.open {
            if self.open.len() >= MOST_COUNTED && !self.places.contains_key(&text) {
                self.further.codes = 1;
                self.further.records += of_batch.records;
                continue;
            }
            let place = self.place(&text);
            let seen = &mut self.open[place].1;
            seen.records += of_batch.records;
            seen.own += of_batch.own;
            for person in of_batch.people {
                seen.add_person(person);
            }
        }
    }

    fn finish(
        self,
        field: usize,
        input: &Input,
        schema: &Schema,
        identifiers: &Identifiers,
    ) -> FieldCoverage {
        let list = schema.fields[field].list.map(|at| &schema.lists[at]);
        let values = input.mapping.values[field].iter().flatten();
        let never_met = values.filter(|(local, _)| !self.used.contains(*local));
        let mut never_met: Vec<_> = never_met.map(|(local, _)| local.clone()).collect();
        never_met.sort();
        let mut found = FieldCoverage {
            field,
            judged: list.is_some_and(|list| list.complete.is_closed()),
            filled: self.filled,
            listed: self.listed,
            previous: self.previous,
            mapped: self.mapped,
            uncovered: self.uncovered,
            further: self.further,
            never_met,
            ..FieldCoverage::default()
        };
        for (local, seen) in self.open {
            if list.is_some_and(|list| may_tell_who(&local, &seen, list, identifiers)) {
                found.withheld.codes += 1;
                found.withheld.records += seen.records;
            } else {
                let records = seen.records;
                found.codes.push(Code { local, records });
            }
        }
        let order = |code: &Code| (std::cmp::Reverse(code.records), code.local.clone());
        found.codes.sort_by_cached_key(order);
        for code in found.codes.drain(found.codes.len().min(MOST_CODES)..) {
            found.further.codes += 1;
            found.further.records += code.records;
        }
        found
    }
}

/// Whether a code may tell who somebody is. An NHS number or a postcode always does. A name or person id of the extract, a
/// long number, a day or a long text does unless so many people have it that it is a category, and it is not their own.
fn may_tell_who(code: &str, seen: &Seen, list: &List, identifiers: &Identifiers) -> bool {
    let bare = skeleton(code);
    let bytes = windows_1252(code).0;
    let values = list.values.iter().map(|v| &v.value);
    if values.chain(&list.candidates).any(|v| skeleton(v) == bare) {
        return false;
    }
    let mut postcode = false;
    tokens::scan(&bytes, |t| postcode |= matches!(t, Token::Postcode(_)));
    let number = bare
        .as_bytes()
        .windows(10)
        .filter_map(|ten| std::str::from_utf8(ten).ok())
        .any(|ten| nhs_number::canonical(ten).is_ok());
    if postcode || number || identifiers.any_hidden_in(&bytes) {
        return true;
    }
    // Codes are short, and person ids may be: the code of one person is not given away by another's number.
    let word = bare.chars().count() > 3 && identifiers.is_word(&bytes);
    let digits = code.chars().filter(char::is_ascii_digit).count();
    let suspect = word || seen.own > 0 || digits >= 5 || day(code) || code.chars().count() > 80;
    let few = seen.people.len() < ENOUGH;
    // A short code that is by chance the number of one of those who have it.
    let chance = bare.chars().count() <= 3 && seen.own < seen.records;
    suspect && (few && !chance || seen.own * 2 >= seen.records)
}

fn day(code: &str) -> bool {
    Date::parse(code.as_bytes()).is_some() || Date::parse_iso(code).is_some()
}

/// The fields that say whose record it is.
struct Names {
    words: Vec<usize>,
    number: usize,
    person: usize,
    postcode: usize,
}

impl Names {
    fn of(schema: &Schema) -> Self {
        let roles = &schema.roles;
        let other = |at: usize| at == roles.nhs_number || at == roles.postcode;
        let fields = schema.fields.iter().enumerate();
        let words = fields.filter(|(at, f)| {
            f.privacy == Privacy::DirectIdentifier && f.kind != Kind::Date && !other(*at)
        });
        Self {
            words: words.map(|(at, _)| at).collect(),
            number: roles.nhs_number,
            person: roles.person_id,
            postcode: roles.postcode,
        }
    }

    /// Keeps the identifiers of every record; neighbours often share them.
    fn remember(&self, met: &mut IdentifiersMet<'_>, cells: &Cells, input: &Input) {
        for &field in self.words.iter().chain([&self.number, &self.postcode]) {
            let Some(column) = input.mapping.fields[field] else {
                continue;
            };
            let mut last: &[u8] = b"";
            for cell in cells.column(column) {
                if !cell.is_empty() && cell != last {
                    let text = String::from_utf8_lossy(cell);
                    if field == self.number || field == self.postcode {
                        met.add_broken(&text);
                    } else {
                        met.add_word(&text);
                    }
                }
                last = cell;
            }
        }
    }

    /// Whether the code is a name or person id of its record, or holds one that is long enough to be seen in it.
    fn any_in(&self, code: &str, cells: &Cells, input: &Input, record: usize) -> bool {
        self.words.iter().any(|field| {
            let Some(column) = input.mapping.fields[*field] else {
                return false;
            };
            let name = skeleton(&String::from_utf8_lossy(cells.get(column, record)));
            !name.is_empty() && (name == code || name.chars().count() > 3 && code.contains(&name))
        })
    }

    /// A number for the person of a record: the same for the same person id, or NHS number where there is none.
    fn person(&self, cells: &Cells, input: &Input, record: usize) -> u64 {
        let cell = |field: usize| {
            let column = input.mapping.fields[field]?;
            Some(cells.get(column, record).trim_ascii()).filter(|cell| !cell.is_empty())
        };
        let who = cell(self.person).or_else(|| cell(self.number));
        // Records of nobody are taken for one person: the code is then the less likely to be told.
        FixedState::default().hash_one(who.unwrap_or_default())
    }
}
