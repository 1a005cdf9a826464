//! Runs the plan over one batch of cells after another. One checker belongs to one thread.

use std::collections::BTreeMap;

use super::check::{Broken, Check, Checks};
use super::lexicon::{Context, Entry, Lexicon, is_blank};
use super::plan::{Kernel, Plan};
use super::status::{Eight, Profiles, Status, Validity};
use crate::date::Date;
use crate::extract::{Cells, Key, text_of};
use crate::map::{Mapping, Miss};
use crate::nhs_number::{self, NhsNumber, Refusal};
use crate::schema::{Check as TestCheck, Severity, Subject};

/// A broken rule at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue {
    /// Position of the record in its batch.
    pub record: u32,
    /// Position of the field in the schema.
    pub field: u16,
    /// What is wrong.
    pub broken: Broken,
    /// The broken rule of the same record that it follows from.
    pub cause: Option<(u16, Broken)>,
}

/// What was found out about one field in a batch. Only the part that the field's kernel fills is in use.
#[derive(Debug, Default)]
pub struct ColumnResult {
    /// Whether each cell is right.
    pub validity: Vec<Validity>,
    /// Position of each cell's value in the lexicon.
    pub entries: Vec<u32>,
    /// The day, where one could be read.
    pub dates: Vec<Option<Date>>,
    /// The NHS number, where it is one.
    pub numbers: Vec<Option<NhsNumber>>,
}

/// What was found out about a batch.
#[derive(Debug, Default)]
pub struct Checked {
    /// One for each field of the schema.
    pub columns: Vec<ColumnResult>,
    /// For each record its profile: which statuses its fields have.
    pub profiles: Vec<u32>,
    /// Sorted by record, source column and check.
    pub issues: Vec<Issue>,
    /// Whether each record has a finding that is an error.
    pub has_error: Vec<bool>,
}

/// An identifier that is a pseudonym already: the place is all that may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyPseudonym {
    /// Position of the record in its batch.
    pub record: usize,
    /// Position of the field in the schema.
    pub field: usize,
}

/// Runs a plan over batches.
pub struct Checker<'a> {
    plan: &'a Plan,
    /// For each source and field, the values met.
    lexicons: Vec<Vec<Option<Lexicon>>>,
    profiles: Profiles,
    checked: Checked,
    results: Vec<u128>,
    /// Records of a column about whose value there is something to note; room for all of them.
    noted: Vec<u32>,
    /// Which of eight cells of each record are blank.
    blank: Vec<u8>,
    /// Counts of lexicons that were given back.
    unverified: Unverified,
}

/// Values that could not be verified because no full list is known: field, value, records.
pub type Unverified = BTreeMap<(usize, Box<str>), u64>;

fn count_unverified(counts: &mut Unverified, field: usize, entry: &Entry) {
    if entry.records > 0 {
        *counts
            .entry((field, entry.text.as_str().into()))
            .or_default() += entry.records;
    }
}

impl<'a> Checker<'a> {
    /// A checker for so many sources.
    pub fn new(plan: &'a Plan, sources: usize) -> Self {
        let fields = plan.fields.len();
        Self {
            plan,
            lexicons: (0..sources)
                .map(|_| (0..fields).map(|_| None).collect())
                .collect(),
            profiles: Profiles::default(),
            checked: Checked {
                columns: (0..fields).map(|_| ColumnResult::default()).collect(),
                ..Checked::default()
            },
            results: Vec::new(),
            noted: Vec::new(),
            blank: Vec::new(),
            unverified: Unverified::new(),
        }
    }

    /// What the last batch came to.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The value of a cell of the last batch, for fields that are checked by distinct values.
    #[inline]
    pub fn entry(&self, source: usize, field: usize, record: usize) -> Option<&Entry> {
        let lexicon = self.lexicons[source][field].as_ref()?;
        Some(lexicon.entry(self.checked.columns[field].entries[record]))
    }

    /// The values of a field of a source, if the source was read and the field is checked by distinct values.
    pub fn lexicon(&self, source: usize, field: usize) -> Option<&Lexicon> {
        self.lexicons[source][field].as_ref()
    }

    /// What could not be verified, over all batches.
    pub fn into_unverified(self) -> Unverified {
        let Self {
            lexicons,
            mut unverified,
            ..
        } = self;
        for fields in &lexicons {
            for (field, lexicon) in fields.iter().enumerate() {
                lexicon
                    .iter()
                    .flat_map(|l| l.entries())
                    .for_each(|entry| count_unverified(&mut unverified, field, entry));
            }
        }
        unverified
    }

    /// The statuses of a field, by the profile of a record.
    pub fn statuses_of(&self, field: usize) -> &[Status] {
        self.profiles.of_field(field)
    }

    /// Checks a batch.
    ///
    /// # Errors
    /// When an identifier is a pseudonym already.
    pub fn check(&mut self, cells: &Cells, mapping: &Mapping) -> Result<(), AlreadyPseudonym> {
        let records = cells.len();
        self.checked.issues.clear();
        self.results.clear();
        self.results.resize(records, 0);
        for field in 0..self.plan.fields.len() {
            self.column(field, cells, mapping)?;
        }
        self.ages(records);
        self.days(records);
        self.checked.profiles.clear();
        for results in &self.results {
            self.checked
                .profiles
                .push(self.profiles.of(*results, &self.plan.schema));
        }
        self.statuses();
        self.stated_rules();
        self.other_period(records);
        self.misses(cells, mapping);
        self.forgive_empty(records);
        self.finish(records, mapping);
        Ok(())
    }

    fn column(
        &mut self,
        field: usize,
        cells: &Cells,
        mapping: &Mapping,
    ) -> Result<(), AlreadyPseudonym> {
        let records = cells.len();
        let column = mapping.fields[field];
        let result = &mut self.checked.columns[field];
        let mut issues = Issues {
            field: field as u16,
            list: &mut self.checked.issues,
        };
        result.validity.clear();
        match (&self.plan.fields[field].kernel, column) {
            (Kernel::Distinct(_), _) => self.distinct(field, cells, mapping),
            (Kernel::Date, _) => {
                result.dates.clear();
                match column {
                    None => {
                        result.dates.resize(records, None);
                        result.validity.resize(records, Validity::Blank);
                    }
                    Some(column) => {
                        result.dates.reserve(records);
                        result.validity.reserve(records);
                        for (record, cell) in cells.column(column).enumerate() {
                            let (date, validity) = date(cell, record, &mut issues);
                            result.dates.push(date);
                            result.validity.push(validity);
                        }
                    }
                }
            }
            (Kernel::NhsNumber, _) => {
                result.numbers.clear();
                let mut last: (&[u8], Option<NhsNumber>, Validity, Checks) =
                    (b"", None, Validity::Blank, Checks::default());
                for record in 0..records {
                    let cell = column.map_or(&b""[..], |c| cells.get(c, record));
                    if cell != last.0 {
                        refuse_pseudonym(cell, record, field)?;
                        let (number, validity, checks) = nhs_number(cell, self.plan.test_numbers);
                        last = (cell, number, validity, checks);
                    }
                    result.numbers.push(last.1);
                    result.validity.push(last.2);
                    issues.add_all(record, last.3);
                }
            }
            (Kernel::LocalId, Some(column)) => {
                result.validity.reserve(records);
                for (record, cell) in cells.column(column).enumerate() {
                    refuse_pseudonym(cell, record, field)?;
                    result.validity.push(presence(cell));
                }
            }
            (Kernel::Unsent, Some(column)) => {
                result.validity.extend(cells.column(column).map(presence));
            }
            (Kernel::LocalId | Kernel::Unsent, None) => {
                result.validity.resize(records, Validity::Blank)
            }
        }
        if !matches!(self.plan.fields[field].kernel, Kernel::Distinct(_)) {
            self.test_presence(field, records);
        }
        Ok(())
    }

    fn distinct(&mut self, field: usize, cells: &Cells, mapping: &Mapping) {
        let plan = &self.plan.fields[field];
        let records = cells.len();
        let Some(context) = Context::of(self.plan, mapping, field) else {
            return;
        };
        let lexicon =
            self.lexicons[cells.source][field].get_or_insert_with(|| Lexicon::new(&context));
        let unverified = &mut self.unverified;
        lexicon.trim(&context, |entry| {
            count_unverified(unverified, field, &entry)
        });
        let result = &mut self.checked.columns[field];
        result.entries.clear();
        match mapping.fields[field] {
            Some(column) => {
                let keyed = cells.keyed_column(column);
                let position = |keyed: Option<(&[u8], Key)>| {
                    keyed.map_or(0, |(cell, key)| lexicon.position(cell, key, &context))
                };
                result.entries.extend(keyed.map(position));
            }
            None => result.entries.resize(cells.len(), 0),
        }
        let mut issues = Issues {
            field: field as u16,
            list: &mut self.checked.issues,
        };
        let marks = lexicon.marks();
        if self.noted.len() < records {
            self.noted.resize(records, 0);
        }
        let room = &mut self.noted[..records];
        let mut noted = 0;
        let validity = result.entries.iter().enumerate().map(|(record, &at)| {
            let mark = marks[at as usize];
            // Written in any case, and written over unless something is to be noted: cheaper than to ask.
            room[noted] = record as u32;
            noted += usize::from(mark.is_noted);
            mark.validity
        });
        result.validity.extend(validity);
        if !plan.tests.is_empty() {
            for (results, &at) in self.results.iter_mut().zip(&result.entries) {
                *results |= lexicon.entry(at).tests;
            }
        }
        for &record in &self.noted[..noted] {
            let record = record as usize;
            let entry = lexicon.entry_mut(result.entries[record]);
            issues.add_all(record, entry.checks);
            entry.records += u64::from(entry.unlisted);
        }
    }

    /// The schema's tests on fields that are not judged by distinct values can only ask whether there is a value.
    fn test_presence(&mut self, field: usize, records: usize) {
        for (at, test) in &self.plan.fields[field].tests {
            if matches!(test.check, TestCheck::Day { .. }) {
                continue;
            }
            // All that is known of a cell is whether it is blank.
            if test.check != TestCheck::Blank && !test.holds_for_text("") {
                continue;
            }
            let validity = &self.checked.columns[field].validity;
            let bit = 1_u128 << at;
            for (results, validity) in self.results.iter_mut().zip(validity).take(records) {
                *results |= if *validity == Validity::Blank { bit } else { 0 };
            }
        }
    }

    fn ages(&mut self, records: usize) {
        let roles = &self.plan.schema.roles;
        for (at, test) in &self.plan.age_tests {
            let on = match test.subject {
                Subject::AgeAtEventStart => roles.event_start,
                _ => roles.period_end,
            };
            let [birth, end] = [roles.birth, on].map(|field| &self.checked.columns[field].dates);
            for record in 0..records {
                let age = birth[record]
                    .zip(end[record])
                    .map(|(birth, end)| i64::from(birth.years_until(end)));
                self.results[record] |= u128::from(test.holds_for_number(age)) << at;
            }
        }
    }

    fn days(&mut self, records: usize) {
        for test in &self.plan.day_tests {
            let [days, others] =
                [test.field, test.than].map(|field| &self.checked.columns[field].dates);
            let bit = 1_u128 << test.bit;
            let pairs = days.iter().zip(others).take(records);
            for (results, (day, other)) in self.results.iter_mut().zip(pairs) {
                let holds = day
                    .zip(*other)
                    .is_some_and(|(day, other)| test.op.holds(day, other));
                *results |= if holds { bit } else { 0 };
            }
        }
    }

    /// Blank where mandatory; a value where not applicable. Eight fields of a record are asked about together, and of
    /// nearly every record the answer is that all are as they should be.
    fn statuses(&mut self) {
        let checked = &mut self.checked;
        let blank = &mut self.blank;
        for (at, columns) in checked.columns.chunks_mut(Eight::FIELDS).enumerate() {
            blank.clear();
            blank.resize(checked.profiles.len(), 0);
            for (bit, column) in columns.iter().enumerate() {
                debug_assert_eq!(column.validity.len(), blank.len());
                for (blank, validity) in blank.iter_mut().zip(&column.validity) {
                    *blank |= u8::from(*validity == Validity::Blank) << bit;
                }
            }
            let asked = self.profiles.of_eight(at);
            for (record, (&blank, &profile)) in blank.iter().zip(&checked.profiles).enumerate() {
                let mut broken = asked[profile as usize].broken(blank);
                while broken != 0 {
                    let bit = broken.trailing_zeros() as usize;
                    broken &= broken - 1;
                    let mut issues = Issues {
                        field: (at * Eight::FIELDS + bit) as u16,
                        list: &mut checked.issues,
                    };
                    let validity = &mut columns[bit].validity[record];
                    if *validity == Validity::Blank {
                        *validity = Validity::BlankMandatory;
                        issues.add(record, Check::BlankMandatory);
                    } else {
                        issues.add(record, Check::NotApplicable);
                    }
                }
            }
        }
    }

    /// A record in which no field has a value, as spreadsheets leave them behind the last, is left out for having no
    /// person id. That says it all: fifty findings about what it lacks would bury those that matter.
    fn forgive_empty(&mut self, records: usize) {
        let mut empty = vec![true; records];
        for column in &self.checked.columns {
            for (empty, validity) in empty.iter_mut().zip(&column.validity) {
                *empty &= !validity.has_value();
            }
        }
        if empty.contains(&true) {
            self.checked
                .issues
                .retain(|issue| !empty[issue.record as usize]);
        }
    }

    /// The rules that the schema states. What a record breaks was worked out with its profile.
    fn stated_rules(&mut self) {
        let checked = &mut self.checked;
        for (record, &profile) in checked.profiles.iter().enumerate() {
            for &rule in self.profiles.broken(profile) {
                checked.issues.push(Issue {
                    record: record as u32,
                    field: self.plan.schema.rules[usize::from(rule)].field as u16,
                    broken: Broken::Rule(rule),
                    cause: None,
                });
            }
        }
    }

    /// A stated period that is not the one of the configuration.
    fn other_period(&mut self, records: usize) {
        let Some((start, end)) = self.plan.period else {
            return;
        };
        let roles = &self.plan.schema.roles;
        for (field, wanted) in [(roles.period_start, start), (roles.period_end, end)] {
            let mut issues = Issues {
                field: field as u16,
                list: &mut self.checked.issues,
            };
            let dates = &self.checked.columns[field].dates;
            for (record, date) in dates.iter().enumerate().take(records) {
                if date.is_some_and(|date| date != wanted) {
                    issues.add(record, Check::OtherPeriod);
                }
            }
        }
    }

    /// Tables that were looked up in vain.
    fn misses(&mut self, cells: &Cells, mapping: &Mapping) {
        let mut last = None;
        for (record, field, miss) in mapping.joined().misses(cells) {
            let check = match miss {
                Miss::Unmatched => Check::Unmatched,
                Miss::Undecided => Check::Undecided,
            };
            let issue = Issue {
                record: record as u32,
                field,
                broken: check.into(),
                cause: None,
            };
            // One finding tells of all tables that are looked up for a field.
            let of_record = self.checked.issues.iter().rev();
            let mut of_record =
                of_record.take_while(|i| last == Some(i.record) && i.record == issue.record);
            if !of_record.any(|i| *i == issue) {
                self.checked.issues.push(issue);
            }
            last = Some(issue.record);
        }
    }

    /// Puts the issues in order and names the cause of those that follow from another.
    fn finish(&mut self, records: usize, mapping: &Mapping) {
        let column = |field: u16| mapping.fields[usize::from(field)].unwrap_or(usize::MAX);
        let issues = &mut self.checked.issues;
        issues.sort_unstable_by_key(|i| (i.record, column(i.field), i.field, i.broken));
        let mut at = 0;
        while at < issues.len() {
            let record = issues[at].record;
            let end = at
                + issues[at..]
                    .iter()
                    .position(|i| i.record != record)
                    .unwrap_or(issues.len() - at);
            for i in at..end {
                issues[i].cause = self.plan.cause(&issues[at..end], issues[i]);
            }
            at = end;
        }
        self.checked.has_error.clear();
        self.checked.has_error.resize(records, false);
        for issue in issues.iter() {
            if self.plan.severity(issue.field, issue.broken) == Severity::Error {
                self.checked.has_error[issue.record as usize] = true;
            }
        }
    }
}

impl Plan {
    /// A field's status hangs on others; if one of those cannot be read, what the status says follows from that. What a
    /// rule says of a cell that is missed anyway follows from its being missed.
    fn cause(&self, of_record: &[Issue], issue: Issue) -> Option<(u16, Broken)> {
        match issue.broken {
            Broken::Check(Check::BlankMandatory | Check::NotApplicable) => {}
            Broken::Check(_) => return None,
            Broken::Rule(rule) => {
                let asks = self.rule_asks[usize::from(rule)];
                let says_it = |i: &&Issue| match i.broken {
                    Broken::Check(Check::BlankMandatory) => i.field == issue.field,
                    // A stray period makes the record's own dates look wrong.
                    Broken::Check(Check::OtherPeriod) => asks >> i.field & 1 == 1,
                    _ => false,
                };
                return of_record.iter().find(says_it).map(|i| (i.field, i.broken));
            }
        }
        let depends_on = self.fields[usize::from(issue.field)].depends_on;
        let unreadable = |i: &&Issue| {
            matches!(
                i.broken,
                Broken::Check(
                    Check::BlankMandatory
                        | Check::NotInList
                        | Check::Formula
                        | Check::Identifier
                        | Check::NotADate
                )
            ) && i.field != issue.field
                && depends_on >> i.field & 1 == 1
        };
        // The first in the order of the return, whatever the order of the columns.
        of_record
            .iter()
            .filter(unreadable)
            .min_by_key(|i| i.field)
            .map(|i| (i.field, i.broken))
    }
}

/// Collects the issues of one field.
struct Issues<'a> {
    field: u16,
    list: &'a mut Vec<Issue>,
}

impl Issues<'_> {
    fn add(&mut self, record: usize, check: Check) {
        self.list.push(Issue {
            record: record as u32,
            field: self.field,
            broken: check.into(),
            cause: None,
        });
    }

    #[inline]
    fn add_all(&mut self, record: usize, checks: Checks) {
        if !checks.is_empty() {
            checks.iter().for_each(|check| self.add(record, check));
        }
    }
}

#[inline]
fn date(cell: &[u8], record: usize, issues: &mut Issues<'_>) -> (Option<Date>, Validity) {
    if cell.is_empty() {
        return (None, Validity::Blank);
    }
    match Date::parse(cell) {
        Some(date) => {
            if date.is_placeholder() {
                issues.add(record, Check::PlaceholderDate);
            }
            (Some(date), Validity::Valid)
        }
        None => odd_date(cell, record, issues),
    }
}

#[cold]
fn odd_date(cell: &[u8], record: usize, issues: &mut Issues<'_>) -> (Option<Date>, Validity) {
    let text = text_of(cell);
    let trimmed = text.trim();
    if is_blank(trimmed) {
        return (None, Validity::Blank);
    }
    if trimmed.len() != text.len() {
        issues.add(record, Check::WhiteSpace);
    }
    match Date::parse(trimmed.as_bytes()) {
        Some(date) => {
            if date.is_placeholder() {
                issues.add(record, Check::PlaceholderDate);
            }
            (Some(date), Validity::Valid)
        }
        None => {
            issues.add(record, Check::NotADate);
            (None, Validity::Invalid)
        }
    }
}

fn nhs_number(cell: &[u8], test_key: bool) -> (Option<NhsNumber>, Validity, Checks) {
    let mut checks = Checks::default();
    if cell.is_empty() {
        return (None, Validity::Blank, checks);
    }
    // What is blank, NULL in any case included, canonical says itself.
    match nhs_number::canonical(&text_of(cell)) {
        Ok(number) => {
            if number.is_test() && !test_key {
                checks.add(Check::TestNumber);
            }
            (Some(number), Validity::Valid, checks)
        }
        Err(Refusal::Blank) => (None, Validity::Blank, checks),
        Err(refusal) => {
            checks.add(match refusal {
                Refusal::CheckDigit => Check::CheckDigit,
                Refusal::Placeholder => Check::Placeholder,
                _ => Check::Malformed,
            });
            (None, Validity::Invalid, checks)
        }
    }
}

#[inline]
fn presence(cell: &[u8]) -> Validity {
    let blank = match cell {
        [] => true,
        // Only the text NULL begins with a letter and is blank.
        [first, ..] if first.is_ascii_alphanumeric() && !matches!(first, b'n' | b'N') => false,
        _ => is_blank(text_of(cell).trim()),
    };
    if blank {
        Validity::Blank
    } else {
        Validity::Valid
    }
}

#[inline]
fn refuse_pseudonym(cell: &[u8], record: usize, field: usize) -> Result<(), AlreadyPseudonym> {
    if cell.len() >= 64 {
        let text = text_of(cell);
        let text = text.trim();
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(AlreadyPseudonym { record, field });
        }
    }
    Ok(())
}
