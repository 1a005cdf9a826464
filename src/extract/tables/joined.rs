//! Reads the table that has a row for each record, looks the others up, and writes the records as text.

use std::io::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::blocks::Blocks;
use super::super::expression::{Failed, Rendered};
use super::super::flow::{Halt, Sink, Start, flow};
use super::super::source::{Source, Text, Watch};
use super::super::{Cells, Encoding, ExtractError, Kind};
use super::choose::{Choice, choose};
use super::lookup::{Filling, Lookup, day_of, is_no_key, push_part, too_large};
use super::plan::{Columns, Out, Place, Plan};
use super::{Join, JoinCounts, Made, Recipe, TableFacts};

/// Opens a source that has a recipe. `watch` sees the bytes of its own file, `tables` those of the tables that are looked
/// up, in their order.
pub(in super::super) fn open(
    source: &Source,
    recipe: &Arc<Recipe>,
    read: Arc<AtomicU64>,
    watch: Option<Watch>,
    tables: Vec<Option<Watch>>,
) -> Result<Text, ExtractError> {
    let own = Source {
        recipe: None,
        ..source.clone()
    };
    let made = Arc::new(Mutex::new(Made::default()));
    let (recipe, facts) = (Arc::clone(recipe), Arc::clone(&made));
    let described = own.clone();
    let (start, text) = flow(&own, move |sink| {
        let joined = Joined::open(&described, &recipe, read, watch, tables, sink)?;
        let made = joined.write(&recipe, sink)?;
        *facts.lock().unwrap_or_else(PoisonError::into_inner) = made;
        Ok(())
    })?;
    Ok(Text {
        reader: Box::new(text),
        first_row: start.first_row,
        first_column: start.first_column,
        sheet: start.sheet,
        decoded: Some(Encoding::Utf8),
        in_place: false,
        own_columns: start.own_columns,
        made: Some(made),
    })
}

/// A source being made.
struct Joined {
    own: Source,
    records: Blocks,
    width: usize,
    tables: Vec<Table>,
    plan: Plan,
}

/// A table that is still to be read.
struct Table {
    rows: Blocks,
    columns: Columns,
    facts: TableFacts,
}

impl Joined {
    /// Opens all tables, finds all columns and writes the header.
    fn open(
        own: &Source,
        recipe: &Recipe,
        read: Arc<AtomicU64>,
        watch: Option<Watch>,
        watches: Vec<Option<Watch>>,
        sink: &mut Sink,
    ) -> Result<Self, Halt> {
        let text = own.open_watched(Arc::clone(&read), watch)?;
        let (first_row, first_column) = (text.first_row, text.first_column);
        let records = Blocks::open(own, 0, text)?;
        let mut watches = watches.into_iter();
        let mut tables = Vec::new();
        for join in &recipe.joins {
            tables.push(open_table(
                join,
                recipe,
                Arc::clone(&read),
                watches.next().flatten(),
            )?);
        }
        let header = records.header();
        let plan = Plan::new(recipe, header)?;
        sink.start(Start {
            first_row,
            first_column,
            sheet: header.sheet.clone(),
            own_columns: Some(header.names.len()),
        })?;
        for name in &plan.header {
            sink.cell(name.as_bytes())?;
        }
        sink.end_record()?;
        // Who wants the header alone need not wait for the tables.
        sink.pass()?;
        Ok(Self {
            own: own.clone(),
            width: header.names.len(),
            records,
            tables,
            plan,
        })
    }

    fn write(mut self, recipe: &Recipe, sink: &mut Sink) -> Result<Made, Halt> {
        let mut made = Made::default();
        let mut lookups = Vec::new();
        let mut room = recipe.memory;
        for (table, join) in self.tables.into_iter().zip(&recipe.joins) {
            let (lookup, facts) = table.load(join, recipe, room, &mut made.emptied, sink)?;
            room = room.saturating_sub(facts.memory);
            lookups.push(lookup);
            made.tables.push(facts);
        }
        let mut writing = Writing {
            recipe,
            plan: &self.plan,
            lookups: &lookups,
            choices: vec![Vec::new(); lookups.len()],
            counts: vec![JoinCounts::default(); lookups.len()],
            emptied: 0,
        };
        while let Some(block) = self.records.next()? {
            let cells = block.into_cells(self.width, &self.own.path)?;
            writing
                .batch(&cells, sink)
                .map_err(|stopped| stopped.at(&self.own, &cells))?;
        }
        made.emptied += writing.emptied;
        for (facts, counts) in made.tables.iter_mut().zip(writing.counts) {
            facts.counts = counts;
        }
        made.encoding = (self.own.format.kind == Kind::Csv).then(|| self.records.encoding());
        made.mixed = self.records.mixed();
        Ok(made)
    }
}

fn open_table(
    join: &Join,
    recipe: &Recipe,
    read: Arc<AtomicU64>,
    watch: Option<Watch>,
) -> Result<Table, Halt> {
    // Known beforehand, so that nothing has to be read a second time once rows were taken.
    let source = Source {
        encoding: (join.source.format.kind == Kind::Csv)
            .then(|| join.source.detect_encoding())
            .transpose()?,
        ..join.source.clone()
    };
    let rows = Blocks::open(&source, 0, source.open_watched(read, watch)?)?;
    let columns = Columns::new(join, rows.header(), recipe)?;
    let facts = TableFacts {
        encoding: source.encoding,
        sheet: rows.header().sheet.clone(),
        ..TableFacts::default()
    };
    Ok(Table {
        rows,
        columns,
        facts,
    })
}

impl Table {
    /// Reads all rows that count.
    fn load(
        mut self,
        join: &Join,
        recipe: &Recipe,
        room: u64,
        emptied: &mut u64,
        sink: &Sink,
    ) -> Result<(Lookup, TableFacts), Halt> {
        let filling = Filling {
            join,
            columns: &self.columns,
            no_key: &recipe.no_key,
            room,
        };
        let mut lookup = Lookup::new(join);
        let width = self.rows.header().names.len();
        while let Some(block) = self.rows.next()? {
            sink.listen()?;
            let cells = block.into_cells(width, &join.source.path)?;
            let kept = self
                .columns
                .judge(&cells)
                .map_err(|failed| Stopped::Failed(failed).at(&join.source, &cells))?;
            lookup.fill(&cells, &kept, &filling, emptied, &mut self.facts)?;
        }
        lookup.index();
        self.facts.memory = lookup.memory();
        if self.facts.memory > room {
            return Err(too_large(room, &filling));
        }
        self.facts.mixed = self.rows.mixed();
        Ok((lookup, self.facts))
    }
}

/// Why a batch was not written.
enum Stopped {
    Halt(Halt),
    Failed(Failed),
}

impl From<Halt> for Stopped {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl Stopped {
    fn at(self, source: &Source, cells: &Cells) -> Halt {
        match self {
            Self::Halt(halt) => halt,
            Self::Failed(failed) => Halt::Fault(ExtractError::Row {
                path: source.path.clone(),
                row: cells.row(failed.record),
                fault: format!("{} cannot be worked out for it", failed.key),
                remedy: "Use TRY_CAST instead of CAST, which gives an empty cell where a value is not as expected, or \
                         correct the value",
            }),
        }
    }
}

/// What does not change from batch to batch, and what is counted.
struct Writing<'a> {
    recipe: &'a Recipe,
    plan: &'a Plan,
    lookups: &'a [Lookup],
    /// For each join what each record of the batch got.
    choices: Vec<Vec<Choice>>,
    counts: Vec<JoinCounts>,
    emptied: u64,
}

impl Writing<'_> {
    fn batch(&mut self, cells: &Cells, sink: &mut Sink) -> Result<(), Stopped> {
        for join in 0..self.lookups.len() {
            self.choose(join, cells);
        }
        let plan = self.plan;
        let made = if plan.stage.is_empty() {
            Vec::new()
        } else {
            let value = |at: usize, record: usize| self.value(plan.places[at], cells, record);
            plan.stage
                .run(cells.len(), value)
                .map_err(Stopped::Failed)?
        };
        let mut text = Vec::new();
        let mut emptied = 0;
        for record in 0..cells.len() {
            sink.blank_until(cells.row(record))?;
            for out in &plan.outs {
                let value = match *out {
                    Out::Place(Place::Own(at)) => {
                        let (value, was_emptied) = plan.own[at].read(cells.get(at, record));
                        emptied += u64::from(was_emptied);
                        value
                    }
                    Out::Place(place) => self.value(place, cells, record),
                    Out::Key(place) => {
                        let value = self.value(place, cells, record);
                        let is_none = is_no_key(value, &self.recipe.no_key);
                        if is_none { b"" } else { value }
                    }
                    Out::Derived(at) => made[at].text(record, &mut text),
                    Out::Row(join) => self.row(join, record, &mut text),
                    Out::Joins => self.joins(record, &mut text),
                    Out::Reason => self.left_out(&made[plan.derived..], record, &mut text),
                };
                sink.cell(value)?;
            }
            sink.end_record()?;
        }
        self.emptied += emptied;
        Ok(())
    }

    /// Looks a table up for every record of the batch.
    fn choose(&mut self, join: usize, cells: &Cells) {
        let mut choices = std::mem::take(&mut self.choices[join]);
        choices.clear();
        let plan = &self.plan.joins[join];
        let described = &self.recipe.joins[join];
        let (mut key, mut rows) = (Vec::new(), Vec::new());
        'records: for record in 0..cells.len() {
            key.clear();
            for place in &plan.on {
                let part = self.value(*place, cells, record);
                if is_no_key(part, &self.recipe.no_key) {
                    choices.push(Choice::NoKey);
                    continue 'records;
                }
                push_part(&mut key, part, plan.on.len());
            }
            let day = plan.date.and_then(|place| {
                let text = self.value(place, cells, record);
                day_of(text).ok().flatten()
            });
            let lookup = &self.lookups[join];
            choices.push(choose(
                lookup,
                described,
                &key,
                day,
                self.recipe.period,
                &mut rows,
            ));
        }
        let counts = &mut self.counts[join];
        for choice in &choices {
            *match choice {
                Choice::NoKey => &mut counts.without_key,
                Choice::Nothing => &mut counts.unmatched,
                Choice::Undecided => &mut counts.undecided,
                Choice::Row(_) => &mut counts.matched,
            } += 1;
        }
        self.choices[join] = choices;
    }

    fn value<'c>(&'c self, place: Place, cells: &'c Cells, record: usize) -> &'c [u8] {
        match place {
            Place::Own(at) => self.plan.own[at].read(cells.get(at, record)).0,
            Place::Taken(join, cell) => match self.choices[join][record] {
                Choice::Row(row) => self.lookups[join].taken(row, cell),
                _ => b"",
            },
        }
    }

    fn row<'t>(&self, join: usize, record: usize, text: &'t mut Vec<u8>) -> &'t [u8] {
        text.clear();
        if let Choice::Row(row) = self.choices[join][record] {
            let _ = write!(text, "{}", self.lookups[join].file_row(row));
        }
        text
    }

    /// What is to be found of the joins of a record, as [`super::notes`] reads it.
    fn joins<'t>(&self, record: usize, text: &'t mut Vec<u8>) -> &'t [u8] {
        text.clear();
        for (join, choices) in self.choices.iter().enumerate() {
            let note = match choices[record] {
                Choice::Nothing if !self.recipe.joins[join].optional => 'u',
                Choice::Undecided => 's',
                _ => continue,
            };
            let _ = write!(text, "{note}{join} ");
        }
        text
    }

    fn left_out<'t>(&self, reasons: &[Rendered], record: usize, text: &'t mut Vec<u8>) -> &'t [u8] {
        text.clear();
        let reasons = reasons.iter().zip(&self.recipe.exclude);
        if let Some((_, (number, _))) = reasons.into_iter().find(|(made, _)| made.holds(record)) {
            let _ = write!(text, "{number}");
        }
        text
    }
}
