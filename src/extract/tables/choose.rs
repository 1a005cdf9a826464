//! Which row of a table a record gets, where several have its key.

use super::lookup::Lookup;
use super::{Join, Otherwise};
use crate::date::Date;

/// What looking up came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The record has no key.
    NoKey,
    /// No row has it, or none counts.
    Nothing,
    /// Several have it, and nothing decides.
    Undecided,
    /// This one.
    Row(u32),
}

/// Chooses. `day` is the record's, where rows are in force for a time; `room` is memory that is used again.
pub(super) fn choose(
    lookup: &Lookup,
    join: &Join,
    key: &[u8],
    day: Option<Date>,
    period: (Date, Date),
    room: &mut Vec<u32>,
) -> Choice {
    let mut rows = lookup.rows_of(key);
    let Some(first) = rows.next() else {
        return Choice::Nothing;
    };
    room.clear();
    room.push(first);
    room.extend(rows);
    if let Some(valid_at) = &join.valid_at {
        in_force(lookup, valid_at.otherwise, day, period, room);
    }
    for number in 0..join.prefer.len() {
        if one(lookup, room).is_some() {
            break;
        }
        // What holds for none says nothing about which is the right one.
        if room.iter().any(|row| lookup.is_preferred(*row, number)) {
            room.retain(|row| lookup.is_preferred(*row, number));
        }
    }
    match (room.is_empty(), one(lookup, room)) {
        (true, _) => Choice::Nothing,
        (false, Some(row)) => Choice::Row(row),
        (false, None) => Choice::Undecided,
    }
}

/// The first row, if all others say the same.
fn one(lookup: &Lookup, rows: &[u32]) -> Option<u32> {
    let (first, others) = rows.split_first()?;
    let same = others
        .iter()
        .all(|other| lookup.says_the_same(*first, *other));
    same.then_some(*first)
}

/// Leaves the rows in force on the day that began last; if there is none, those that are to be taken otherwise.
fn in_force(
    lookup: &Lookup,
    otherwise: Otherwise,
    day: Option<Date>,
    (start, end): (Date, Date),
    rows: &mut Vec<u32>,
) {
    rows.retain(|row| lookup.days(*row).is_some());
    let within = |row: u32, from: Date, to: Date| {
        lookup
            .days(row)
            .is_some_and(|(first, last)| first <= to && last >= from)
    };
    let on_day = |row: &u32| day.is_some_and(|day| within(*row, day, day));
    if rows.iter().any(on_day) {
        rows.retain(on_day);
    } else {
        match otherwise {
            Otherwise::Nothing => rows.clear(),
            Otherwise::LatestInPeriod => rows.retain(|row| within(*row, start, end)),
            Otherwise::Latest => {}
        }
    }
    let begins = |row: &u32| lookup.days(*row).map(|(first, _)| first);
    let last = rows.iter().map(begins).max().flatten();
    rows.retain(|row| begins(row) == last);
}
