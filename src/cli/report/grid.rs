//! The national grid for people: by field, how many records want it and how right its cells are.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::print::number;
use crate::validate::{Status, Validity};
use crate::write::GridRow;

/// The cells of one field.
#[derive(Debug, PartialEq, Eq)]
struct Field<'a> {
    module: &'a str,
    name: &'a str,
    /// Records by status.
    statuses: [u64; Status::ALL.len()],
    /// Records by validity, where the field is mandatory or applicable.
    validities: [u64; Validity::ALL.len()],
}

impl Field<'_> {
    /// The records of which percentages are.
    fn wanted(&self) -> u64 {
        self.validities.iter().sum()
    }

    /// Those that count as failed nationally.
    fn failed(&self) -> u64 {
        let cells = Validity::ALL.into_iter().zip(self.validities);
        cells.filter(|(v, _)| v.fails()).map(|(_, n)| n).sum()
    }
}

fn fields(rows: &[GridRow]) -> Vec<Field<'_>> {
    let of_fields = rows.chunk_by(|a, b| a.field == b.field);
    of_fields
        .map(|rows| {
            let mut field = Field {
                module: &rows[0].module,
                name: &rows[0].field,
                statuses: [0; Status::ALL.len()],
                validities: [0; Validity::ALL.len()],
            };
            for row in rows {
                field.statuses[row.status as usize] += row.records;
                if matches!(row.status, Status::Mandatory | Status::Applicable) {
                    field.validities[row.validity as usize] += row.records;
                }
            }
            field
        })
        .collect()
}

/// The grid in one line.
pub fn line(rows: &[GridRow], shown: bool) -> String {
    let fields = fields(rows);
    let wanted: u64 = fields.iter().map(Field::wanted).sum();
    if wanted == 0 {
        return String::new();
    }
    let of = |validity: Validity| -> u64 {
        let cells = fields.iter().map(|f| f.validities[validity as usize]);
        cells.sum()
    };
    // Nationally a blank passes where the field is not mandatory.
    let passed = of(Validity::Valid) + of(Validity::Blank);
    let unverified = of(Validity::Unverified);
    let failed: u64 = fields.iter().map(Field::failed).sum();
    let failing = fields.iter().filter(|field| field.failed() > 0).count();
    let hint = if shown {
        ""
    } else {
        "; --grid shows them by field"
    };
    format!(
        "National quality: of {} cells of mandatory and applicable fields {} pass ({}), {} fail ({}) in {failing} fields, {} cannot be verified ({}){hint}\n",
        number(wanted),
        number(passed),
        percent(passed, wanted),
        number(failed),
        percent(failed, wanted),
        number(unverified),
        percent(unverified, wanted),
    )
}

/// Width of a column of numbers, the space before it included: 120 characters with ten of them and the field's name.
const NUMBER: usize = 9;
const NAME: usize = 28;

const HEAD: [[&str; 10]; 2] = [
    [
        "", "", "not", "undeter-", "", "", "blank,", "Release", "unveri-", "",
    ],
    [
        "mandat.", "applic.", "applic.", "mined", "valid", "blank", "mandat.", "1", "fied",
        "invalid",
    ],
];

/// The validities in the order in which they are shown.
const SHOWN: [Validity; 6] = [
    Validity::Valid,
    Validity::Blank,
    Validity::BlankMandatory,
    Validity::ReleaseOne,
    Validity::Unverified,
    Validity::Invalid,
];

/// The grid as a table; `records` says which records it is over.
pub fn table(rows: &[GridRow], records: &str) -> String {
    let mut text = format!(
        "National quality by field, over {records}.\n\
         Left: all records, by whether the field is wanted. Right: those where it is mandatory or applicable, by what the cell\n\
         is, and per cent of those. ! means that cells fail nationally: blank though mandatory, a Release 1 value, or invalid.\n\n"
    );
    let width = 2 + NAME;
    for line in HEAD {
        push_line(&mut text, "", line.map(str::to_owned), width);
    }
    let mut module = "";
    for field in fields(rows) {
        if field.module != module {
            module = field.module;
            let _ = writeln!(text, "{module}");
        }
        let mark = if field.failed() > 0 { '!' } else { ' ' };
        let name = format!("{mark} {}", cut(field.name));
        let [mandatory, applicable, not_applicable, undetermined] = field.statuses;
        let validities = SHOWN.map(|validity| field.validities[validity as usize]);
        let [valid, blank, missed, release_1, unverified, invalid] = validities;
        let counts = [
            mandatory,
            applicable,
            not_applicable,
            undetermined,
            valid,
            blank,
            missed,
            release_1,
            unverified,
            invalid,
        ];
        push_line(&mut text, &name, counts.map(count), width);
        if field.wanted() > 0 {
            let none = String::new;
            let [a, b, c, d, e, f] = validities.map(|n| match n {
                0 => none(),
                n => percent(n, field.wanted()),
            });
            let shares = [none(), none(), none(), none(), a, b, c, d, e, f];
            push_line(&mut text, "", shares, width);
        }
    }
    text
}

fn push_line(text: &mut String, name: &str, cells: [String; 10], width: usize) {
    let mut line = format!("{name:<width$}");
    for cell in cells {
        let _ = write!(line, "{cell:>NUMBER$}");
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// A name that is too long keeps its start.
fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        name.to_owned()
    } else {
        name.chars().take(NAME - 1).chain(['…']).collect()
    }
}

/// Nothing is a hyphen, so that what there is stands out. From a million on there is no room to part thousands.
fn count(n: u64) -> String {
    match n {
        0 => "-".to_owned(),
        1..1_000_000 => number(n),
        _ => n.to_string(),
    }
}

/// Per cent to one decimal; what is not all is never shown as 100 %, and what is not nothing never as 0 %.
fn percent(part: u64, whole: u64) -> String {
    let share = part as f64 / whole.max(1) as f64 * 100.0;
    match format!("{share:.1}").as_str() {
        "100.0" if part < whole => ">99.9 %".to_owned(),
        "0.0" if part > 0 => "<0.1 %".to_owned(),
        text => format!("{text} %"),
    }
}

/// The grid for programs, in the words of `data-quality.csv`.
pub fn machine(rows: &[GridRow]) -> Value {
    let cell = |row: &GridRow| {
        json!({
            "module": row.module,
            "field": row.field,
            "status": row.status.name(),
            "validity": row.validity.name(),
            "records": row.records,
        })
    };
    rows.iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(field: &str, status: Status, validity: Validity, records: u64) -> GridRow {
        GridRow {
            module: "person details".into(),
            field: field.into(),
            status,
            validity,
            records,
        }
    }

    #[test]
    fn per_cents_do_not_round_a_failure_away() {
        for (part, whole, text) in [
            (0, 0, "0.0 %"),
            (0, 7, "0.0 %"),
            (7, 7, "100.0 %"),
            (1, 3, "33.3 %"),
            (1, 1_000_000, "<0.1 %"),
            (999_999, 1_000_000, ">99.9 %"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
    }

    #[test]
    fn the_table_is_aligned_and_fits() {
        let rows = [
            row("gender", Status::Mandatory, Validity::Valid, 12_345_678),
            row("gender", Status::Mandatory, Validity::BlankMandatory, 2),
            row(
                "a_field_with_a_name_that_is_too_long",
                Status::Applicable,
                Validity::Blank,
                999_999,
            ),
            row(
                "a_field_with_a_name_that_is_too_long",
                Status::NotApplicable,
                Validity::Invalid,
                7,
            ),
            row("first_name", Status::Undetermined, Validity::Valid, 1),
        ];
        let table = table(&rows, "these records");
        assert!(
            table.lines().all(|line| line.chars().count() <= 120),
            "{table}"
        );
        let lines: Vec<_> = table.lines().skip(4).collect();
        let expected = [
            "                                                      not undeter-                     blank,  Release  unveri-",
            "                                mandat.  applic.  applic.    mined    valid    blank  mandat.        1     fied  invalid",
            "person details",
            "! gender                       12345680        -        -        - 12345678        -        2        -        -        -",
            "                                                                    >99.9 %            <0.1 %",
            "  a_field_with_a_name_that_is…        -  999,999        7        -        -  999,999        -        -        -        -",
            "                                                                             100.0 %",
            "  first_name                          -        -        -        1        -        -        -        -        -        -",
        ];
        assert_eq!(lines, expected);
        let line = line(&rows, false);
        assert!(line.contains("of 13,345,679 cells"), "{line}");
        assert!(line.contains("2 fail (<0.1 %) in 1 fields"), "{line}");
    }
}
