//! An answer is refused whole where it is not whole, and before anything fills the memory.

use std::fs;

use super::sample::{COLUMNS, file, read, refused, rows, table};
use super::*;

#[test]
fn what_a_gate_asks_for_is_required() {
    let required: Vec<_> = Column::ALL
        .into_iter()
        .filter(|column| column.is_required())
        .map(|column| column.names()[0])
        .collect();
    assert_eq!(
        required,
        [
            "UNIQUE REFERENCE",
            "DATE_OF_BIRTH",
            "DATE_OF_DEATH",
            "ERROR/SUCCESS_CODE",
            "MATCHED_NHS_NO",
            "MATCHED_ALGORITHM_INDICATOR"
        ]
    );
}

#[test]
fn a_required_column_that_is_missing_or_there_twice_refuses_the_file() {
    for (at, name) in COLUMNS.iter().enumerate() {
        let others: Vec<_> = (0..COLUMNS.len()).filter(|n| *n != at).collect();
        let found = read(table().ordered(&others).text().as_bytes());
        let column = Column::ALL.into_iter().find(|c| c.names()[0] == *name);
        match (column, found) {
            (Some(Column::Reference), Err(AnswerError::NoNames)) => (),
            (Some(column), Err(AnswerError::Missing { columns })) => {
                assert!(column.is_required());
                assert_eq!(columns, [column]);
            }
            (column, Ok(_)) => assert!(column.is_none_or(|c| !c.is_required()), "{name}"),
            (_, Err(error)) => panic!("{name}: {error}"),
        }
        let twice: Vec<_> = (0..COLUMNS.len()).chain([at]).collect();
        let found = read(table().ordered(&twice).text().as_bytes());
        match (column, found) {
            (Some(column), Err(AnswerError::Twice { column: told })) => assert_eq!(told, column),
            (None, Ok(_)) => (),
            _ => panic!("{name}"),
        }
    }
    let error = refused(&table().rename("MATCHED_NHS_NO", "X").text()).to_string();
    assert!(error.contains("MATCHED_NHS_NO"), "{error}");
    // The request itself, given by mistake.
    let request = crate::trace::request::COLUMNS.join(",") + "\n";
    let told = matches!(refused(&request), AnswerError::Missing { columns } if columns.len() == 3);
    assert!(told);
}

#[test]
fn a_record_about_the_file_may_come_first() {
    let text = table().text();
    let expected: Vec<_> = rows(&text)
        .into_iter()
        .map(|row| AnswerRow {
            line: row.line + 1,
            ..row
        })
        .collect();
    for (first, batch) in [
        (
            "RESP_1,SPINE_PDS_MESH_V1,20260101120000,4,00",
            Batch {
                code: Some(FileCode::Accepted),
                rows: Some(4),
            },
        ),
        (
            "MPTREQ_20260101120000,SPINE_MPT_RESPONSE,4,00\r",
            Batch {
                code: Some(FileCode::Accepted),
                rows: Some(4),
            },
        ),
        (
            "RESP_1,SPINE_PDS_MESH_V1,20260101120000,4,00,,,",
            Batch {
                code: Some(FileCode::Accepted),
                rows: Some(4),
            },
        ),
        (
            "MPTREQ_20260101120000,SPINE_PDS_MESH_V1,20260101120000,4",
            Batch {
                code: None,
                rows: Some(4),
            },
        ),
        (
            "something else",
            Batch {
                code: None,
                rows: None,
            },
        ),
    ] {
        let (rows, summary) = read(format!("{first}\n{text}").as_bytes()).unwrap();
        assert_eq!(rows, expected, "{first}");
        assert_eq!(summary.batch, Some(batch));
    }
    for code in 1..=9 {
        let first = format!("RESP_1,SPINE_PDS_MESH_V1,20260101120000,4,{code:02}\n");
        for text in [first.clone(), format!("{first}{text}")] {
            let error = refused(&text);
            assert!(
                matches!(error, AnswerError::Refused { code: FileCode::Refused(told) } if told == code),
                "{error}"
            );
            assert!(error.to_string().contains(&format!("code {code:02}")));
        }
    }
    for rows in ["3", "5", "10", "12"] {
        for end in [",00", "", ",", ",,"] {
            let error = refused(&format!("RESP_1,X,20260101120000,{rows}{end}\n{text}"));
            assert!(
                matches!(error, AnswerError::Rows { found: 4, .. }),
                "{error}"
            );
        }
    }
    for code in ["10", "99", "0", "000", "XX", "0O", "4"] {
        let error = refused(&format!("RESP_1,X,20260101120000,4,{code}\n{text}"));
        assert!(matches!(error, AnswerError::FileCode), "{code}: {error}");
    }
    let two = refused(&format!("a,00\nb,00\n{text}"));
    assert!(matches!(two, AnswerError::NoNames));
}

#[test]
fn what_is_no_answer_is_refused() {
    assert!(matches!(refused(""), AnswerError::Empty));
    for text in [
        "\n",
        "\r\n\r\n",
        "Message undeliverable: 14",
        "{\"errorCode\": \"EPL-152\"}",
        "<html>\n<body>\n",
        "20,ref,0,9434765919\n20,ref,0,9434765919\n",
        "PK\u{3}\u{4}",
        "U\0N\0I\0Q\0U\0E\0",
    ] {
        assert!(matches!(refused(text), AnswerError::NoNames), "{text}");
    }
    let only = COLUMNS.join(",") + "\n";
    assert!(matches!(refused(&only), AnswerError::NoRows));
    let place = tempfile::tempdir().unwrap();
    let not_plain = Answers::open(place.path()).map(drop);
    assert!(matches!(not_plain, Err(AnswerError::NotPlain)));
    let nowhere = Answers::open(&place.path().join("none")).map(drop);
    assert!(matches!(nowhere, Err(AnswerError::Io(_))));
}

#[test]
fn a_row_that_is_not_whole_refuses_the_file_and_says_where() {
    for (row, change) in [(0, ","), (3, ","), (2, ",x,y")] {
        let mut table = table();
        table.rows[row][5].push_str(change);
        let error = refused(&table.text());
        let AnswerError::Cells {
            line,
            found,
            expected,
        } = error
        else {
            panic!("{error}")
        };
        let more = change.matches(',').count();
        assert_eq!((line, found, expected), (row as u64 + 2, 29 + more, 29));
    }
    let text = table().text();
    let cut = text.trim_end().rsplit_once(',').unwrap().0;
    assert!(matches!(refused(cut), AnswerError::Cells { line: 5, .. }));
}

/// The reference and birth date of one row, and the number of the next: of the right width, as both marks are in one column.
#[test]
fn a_quotation_mark_that_joins_two_rows_refuses_the_file() {
    let mut stray = table();
    stray.rows[0][8] = "\"THE COTTAGE".to_owned();
    assert!(matches!(
        refused(&stray.text()),
        AnswerError::QuoteOpen { line: 2 }
    ));
    stray.rows[1][8] = "\"THE MILL".to_owned();
    let joined = refused(&stray.text());
    assert!(matches!(joined, AnswerError::QuoteOpen { line: 2 }));
    assert!(!joined.to_string().contains("COTTAGE"));
    assert!(matches!(
        refused(&stray.text().replace('\n', "\r\n")),
        AnswerError::QuoteOpen { line: 2 }
    ));
    // In the last row it is never closed.
    let mut last = table();
    last.rows[3][8] = "\"THE MILL".to_owned();
    assert!(matches!(
        refused(&last.text()),
        AnswerError::QuoteOpen { line: 5 }
    ));
    // Other cells that could be read in two ways.
    for (cell, closed) in [
        ("\"THE MILL\" HOUSE", true),
        ("\"THE MILL\" ", true),
        ("THE \"MILL\"", false),
        ("THE MILL\"", false),
    ] {
        let mut table = table();
        table.rows[2][8] = cell.to_owned();
        let error = refused(&table.text());
        match error {
            AnswerError::QuoteClosed { line: 4 } => assert!(closed, "{cell}"),
            AnswerError::QuoteWithin { line: 4 } => assert!(!closed, "{cell}"),
            _ => panic!("{cell}: {error}"),
        }
    }
    for cell in ["\"THE MILL\"", "\"THE \"\"MILL\"\"\"", "\"THE, MILL\""] {
        let mut whole = table();
        whole.rows[2][8] = cell.to_owned();
        assert_eq!(rows(&whole.text()), rows(&table().text()), "{cell}");
    }
}

#[test]
fn a_last_line_without_an_end_is_refused_unless_the_rows_were_counted() {
    let with_last = |column: &str| {
        let at = COLUMNS.iter().position(|c| *c == column).expect(column);
        let others = (0..COLUMNS.len()).filter(|n| *n != at);
        let mut order: Vec<_> = others.collect();
        order.push(at);
        let mut table = table();
        table.rows.truncate(2);
        table.ordered(&order).text()
    };
    for column in ["DATE_OF_DEATH", "SENSITIVITY_FLAG"] {
        for counted in [
            "RESP_1,X,20260101120000,2,00\n",
            "REQ_1,X,20260101120000,2\n",
        ] {
            let text = format!("{counted}{}", with_last(column));
            let whole = text.trim_end();
            assert_eq!(rows(whole), rows(&text));
            let cell = whole.rsplit_once(',').unwrap().1;
            let cut = &whole[..whole.len() - cell.len()];
            assert!(matches!(refused(cut), AnswerError::CutOff { line: 4 }));
            assert!(read(format!("{cut}\n").as_bytes()).is_ok());
        }
    }
    // Not counted: a confidence of 100 that is cut to 1 cannot be told from one of 1.
    let text = table().text();
    for first in ["", "something else\n", "RESP_1,X,00\n"] {
        let text = format!("{first}{text}");
        let lines = text.lines().count() as u64;
        assert_eq!(rows(&text).len(), 4);
        for cut in [1, 2] {
            let error = refused(&text[..text.len() - cut]);
            let told = matches!(error, AnswerError::CutOff { line } if line == lines);
            assert!(
                told || matches!(error, AnswerError::Cells { .. }),
                "{error}"
            );
        }
        assert!(matches!(
            refused(text.trim_end()),
            AnswerError::CutOff { .. }
        ));
    }
}

#[test]
fn a_row_without_an_end_is_refused_before_it_fills_the_memory() {
    let text = table().text();
    let long = |length: usize| {
        let mut table = table();
        table.rows[1][8] = "x".repeat(length);
        table.text()
    };
    assert_eq!(rows(&long(60_000)).len(), 4);
    for length in [70_000, 1_000_000] {
        let error = refused(&long(length));
        assert!(
            matches!(error, AnswerError::RowTooLong { line: 3, .. }),
            "{error}"
        );
    }
    let open = text.replacen("1 High Street", "\"1 High Street", 1) + &"x,\n".repeat(100_000);
    let error = refused(&open);
    assert!(
        matches!(error, AnswerError::QuoteOpen { line: 2 }),
        "{error}"
    );
    let names = "x".repeat(1_000_000);
    let error = refused(&names);
    assert!(
        matches!(error, AnswerError::RowTooLong { line: 1, .. }),
        "{error}"
    );
}

#[test]
fn of_a_row_without_an_end_no_more_is_read_than_a_row_may_have() {
    use std::io::Read;
    let (_place, path) = file(&[b'x'; 10_000]);
    let mut bounded = super::bounded::Bounded::new(fs::File::open(&path).unwrap(), 1000);
    let (mut buffer, mut given) = ([0; 64], 0);
    while let Ok(n @ 1..) = bounded.read(&mut buffer) {
        given += n;
    }
    assert!(
        bounded.exceeded && (1000..=1064).contains(&given),
        "{given}"
    );
    let mut other = super::bounded::Bounded::new(fs::File::open(&path).unwrap(), 1000);
    for at in 0..10 {
        other.row_at(at * 1000);
        buffer = [0; 64];
        for _ in 0..15 {
            assert_eq!(other.read(&mut buffer).unwrap(), 64);
        }
    }
    assert!(!other.exceeded);
}

#[test]
fn a_file_longer_than_any_answer_is_refused() {
    let (_place, path) = file(table().text().as_bytes());
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1000).unwrap();
    let digest = |most| {
        let mut file = fs::File::open(&path).unwrap();
        super::bounded::digest(&mut file, most, &mut super::quoting::Quoting::new()).unwrap()
    };
    let most = digest(1000);
    assert_eq!(most.expect("it fits").1, 1000);
    let less = digest(999);
    assert!(less.is_none());
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let (_place, path) = file(table().text().as_bytes());
    let answers = Answers::open(&path).unwrap();
    let text = table().text();
    let longer = text.clone() + text.split_once('\n').unwrap().1;
    fs::write(&path, longer.replace("100", "099")).unwrap();
    assert!(matches!(answers.finish(), Err(AnswerError::Changed)));
}

#[test]
fn an_error_that_is_passed_over_is_not_forgotten() {
    let mut table = table();
    table.rows[1].pop();
    let (_place, path) = file(table.text().as_bytes());
    let mut answers = Answers::open(&path).unwrap();
    assert!(answers.next().unwrap().is_ok());
    assert!(answers.next().unwrap().is_err());
    assert!(answers.next().is_none());
    assert!(matches!(answers.finish(), Err(AnswerError::Unread)));
}
