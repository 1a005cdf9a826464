//! An answer reads the same however it is written down.

use proptest::prelude::*;

use super::sample::{COLUMNS, Table, read, reference, rows, table};
use super::*;
use crate::date::Date;

/// Ways to write one table down that mean the same.
#[derive(Debug, Clone)]
struct Written {
    order: Vec<usize>,
    crlf: bool,
    mark: bool,
    quotes: u64,
    last_end: bool,
    header: bool,
    blank: bool,
}

fn written() -> impl Strategy<Value = Written> {
    let order = Just((0..COLUMNS.len()).collect::<Vec<_>>()).prop_shuffle();
    (order, any::<[bool; 5]>(), any::<u64>()).prop_map(
        |(order, [crlf, mark, last_end, header, blank], quotes)| Written {
            order,
            crlf,
            mark,
            quotes,
            last_end,
            header,
            blank,
        },
    )
}

impl Written {
    fn text(&self, table: &Table) -> String {
        let table = table.ordered(&self.order);
        let end = if self.crlf { "\r\n" } else { "\n" };
        let mut text = String::new();
        if self.mark {
            text.push('\u{feff}');
        }
        if self.header {
            text += &format!("RESP_1,W,20260101120000,{},00{end}", table.rows.len());
        }
        let mut cells = 0_u32;
        for row in std::iter::once(&table.columns).chain(&table.rows) {
            for (at, cell) in row.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                cells += 1;
                if self.quotes.rotate_left(cells) & 1 == 1 {
                    text += &format!("\"{}\"", cell.replace('"', "\"\""));
                } else {
                    text += cell;
                }
            }
            text += end;
        }
        if self.blank {
            text += end;
        } else if !self.last_end && self.header {
            // Without the number of rows it would be refused.
            text.truncate(text.len() - end.len());
        }
        text
    }
}

/// Cells of all kinds, right and wrong.
fn any_table() -> impl Strategy<Value = Table> {
    let number = prop_oneof![
        Just("9434765919"),
        Just("0000000000"),
        Just("9999999999"),
        Just("9434765918"),
        Just("4010232137"),
    ];
    let date = prop_oneof![
        Just("19500307"),
        Just("1950"),
        Just("195003"),
        Just("x"),
        Just("20250101")
    ];
    let row = (
        any::<u8>(),
        0_u8..100,
        number,
        date.clone(),
        date,
        0_u8..6,
        0_u8..=100,
        "[A-Za-z ]{0,8}",
    );
    prop::collection::vec(row, 1..12).prop_map(|rows| {
        let rows = rows
            .into_iter()
            .map(|(n, code, number, birth, death, how, sure, name)| {
                let mut row = vec![String::new(); COLUMNS.len()];
                // None that is read is empty: with no line end after it, an empty one refuses the file.
                row[0] = reference(n).text();
                row[1] = "9000000009".to_owned();
                row[2] = name;
                row[6] = birth.to_owned();
                row[7] = death.to_owned();
                row[23] = "N".to_owned();
                row[25] = format!("{code:02}");
                row[26] = number.to_owned();
                row[27] = how.to_string();
                row[28] = sure.to_string();
                row
            });
        Table {
            rows: rows.collect(),
            columns: COLUMNS.map(str::to_owned).into(),
        }
    })
}

/// Rows without their places, sorted.
fn plain(rows: Vec<AnswerRow>) -> Vec<String> {
    let mut plain: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let number = match row.matched {
                Matched::Number(number) => number.as_u64(),
                Matched::None => 1,
                Matched::Several => 2,
                Matched::Invalid => 3,
            };
            let dates = [row.birth_date, row.death_date].map(|d| d.day().map(Date::iso));
            let reference = row.reference.map(|r| r.text());
            format!(
                "{reference:?} {} {number} {:?} {:?} {dates:?} {}",
                row.code, row.algorithm, row.confidence, row.flagged
            )
        })
        .collect();
    plain.sort_unstable();
    plain
}

proptest! {
    #[test]
    fn however_it_is_written_down_it_says_the_same(table in any_table(), written in written()) {
        let expected = plain(rows(&table.text()));
        prop_assert_eq!(plain(rows(&written.text(&table))), expected);
    }

    #[test]
    fn the_order_of_rows_makes_no_difference(table in any_table()) {
        let mut reversed = table.clone();
        reversed.rows.reverse();
        prop_assert_eq!(plain(rows(&table.text())), plain(rows(&reversed.text())));
    }

    /// Cut anywhere, a file is refused or cut between rows; one whose rows are told is refused, or its last row says less
    /// and never another number or an exact match that was none.
    #[test]
    fn a_file_cut_anywhere_never_says_something_else(table in any_table(), written in written(), near_end: bool, at in 0.0..1.0) {
        let written = Written { quotes: 0, ..written };
        let text = written.text(&table);
        let whole = rows(&text);
        // Half of them near the end, where one whose rows are told may be read.
        let from_end = if near_end { text.len().min(8) } else { text.len() };
        let cut = &text.as_bytes()[..text.len() - (from_end as f64 * at) as usize];
        let ended = cut.trim_ascii_end().len() < cut.len();
        let Ok((cut, _)) = read(cut) else {
            return Ok(());
        };
        prop_assert!(ended || written.header);
        prop_assert!(cut.len() == whole.len() || !written.header);
        let (last, before) = cut.split_last().expect("a row");
        prop_assert_eq!(before, &whole[..before.len()]);
        let same = &whole[before.len()];
        prop_assert!(last.reference == same.reference || last.reference.is_none());
        prop_assert!(last.matched == same.matched || !matches!(last.matched, Matched::Number(_)));
        prop_assert!(last.code == same.code || last.code == RecordCode::Unknown(None));
        prop_assert!(last.algorithm == same.algorithm || last.algorithm == Algorithm::Unknown);
        prop_assert!(last.confidence <= same.confidence);
        prop_assert!(last.birth_date == same.birth_date || last.birth_date.day().is_none());
        prop_assert_eq!(last.death_date.is_there(), same.death_date.is_there());
        prop_assert_eq!(last.flagged, same.flagged);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, written in written()) {
        let _ = read(&bytes);
        let mut text = written.text(&self::table()).into_bytes();
        for (n, byte) in bytes.iter().enumerate() {
            let at = (n * 7919 + usize::from(*byte)) % text.len();
            text[at] = *byte;
        }
        let _ = read(&text);
    }
}
