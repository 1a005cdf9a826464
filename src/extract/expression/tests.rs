use super::*;

fn columns() -> Vec<String> {
    ["A", "B", "people.SEX"].map(str::to_owned).to_vec()
}

fn stage(expressions: &[(&str, &str, Gives)]) -> Result<Stage, (String, String)> {
    let read: Vec<_> = expressions
        .iter()
        .map(|(name, text, gives)| {
            let read = Expression::read(name, text, &["people"]);
            (
                *name,
                *gives,
                read.unwrap_or_else(|e| panic!("{text}: {e}")),
            )
        })
        .collect();
    Stage::new(
        &columns(),
        read.iter().map(|(name, gives, expression)| Step {
            name,
            gives: *gives,
            expression,
        }),
    )
}

/// The results of one expression over rows of A, B and people.SEX, of which an empty one is NULL.
fn results(text: &str, rows: &[[&str; 3]]) -> Vec<String> {
    let stage =
        stage(&[("x", text, Gives::Value)]).unwrap_or_else(|(_, fault)| panic!("{text}: {fault}"));
    run(&stage, rows)
        .unwrap_or_else(|_| panic!("{text} fails"))
        .remove(0)
}

fn run(stage: &Stage, rows: &[[&str; 3]]) -> Result<Vec<Vec<String>>, Failed> {
    let made = stage.run(rows.len(), |at, row| rows[row][at].as_bytes())?;
    let text = |column: &Rendered| {
        let texts = (0..rows.len()).map(|row| {
            let mut room = Vec::new();
            String::from_utf8(column.text(row, &mut room).to_vec()).unwrap()
        });
        texts.collect()
    };
    Ok(made.iter().map(text).collect())
}

#[test]
fn expressions_are_worked_out_and_written_plainly() {
    let rows = [["3", "4", "F"], ["12", "", "M"], ["", "", ""]];
    for (text, expected) in [
        (
            "LPAD(A, 2, '0') || '/' || LPAD(B, 2, '0')",
            ["03/04", "", ""],
        ),
        ("people.SEX", ["F", "M", ""]),
        ("COALESCE(A, 'none')", ["3", "12", "none"]),
        ("'always'", ["always"; 3]),
        (
            "CASE WHEN people.SEX = 'F' THEN 'Female' WHEN people.SEX = 'M' THEN 'Male' END",
            ["Female", "Male", ""],
        ),
        ("TRY_CAST(A AS INT) + 1", ["4", "13", ""]),
        ("TRY_CAST(A AS DOUBLE) / 2", ["1.5", "6", ""]),
        ("A IS NULL", ["FALSE", "FALSE", "TRUE"]),
        ("NULL", [""; 3]),
    ] {
        assert_eq!(results(text, &rows), expected, "{text}");
    }
}

#[test]
fn days_are_written_as_the_return_has_them() {
    let rows = [["2024-02-29", "", ""], ["1900-01-01", "", ""], ["", "", ""]];
    let day = results("STRPTIME(A, '%Y-%m-%d')", &rows);
    assert_eq!(day, ["29/02/2024", "01/01/1900", ""]);
    let rows = [
        ["2024-02-29 13:05:09", "", ""],
        ["2024-02-29 00:00:00", "", ""],
    ];
    let moments = results("STRPTIME(A, '%Y-%m-%d %H:%M:%S')", &rows);
    assert_eq!(moments, ["29/02/2024 13:05:09", "29/02/2024"]);
    assert_eq!(results("LEFT(A, 10)", &rows), ["2024-02-29"; 2]);
}

#[test]
fn a_later_expression_sees_an_earlier_one() {
    let stage = stage(&[
        ("A", "A || 'x'", Gives::Value),
        ("C", "A || 'y'", Gives::Value),
        ("no", "C = '1xy'", Gives::Condition),
    ]);
    let made = run(
        &stage.unwrap_or_else(|_| panic!("sound")),
        &[["1", "", ""], ["2", "", ""]],
    );
    let made = made.unwrap_or_else(|_| panic!("worked out"));
    assert_eq!(made, [["1x", "2x"], ["1xy", "2xy"], ["TRUE", "FALSE"]]);
}

#[test]
fn what_does_not_fit_is_told_with_its_key() {
    for (text, gives, word) in [
        ("C", Gives::Value, "`C` is not a column"),
        (
            "people.GONE = 'x'",
            Gives::Condition,
            "`people.GONE` is not a column",
        ),
        ("A", Gives::Condition, "is no condition"),
        (
            "ABS(A) > 1",
            Gives::Condition,
            "does not fit columns of text",
        ),
    ] {
        let Err((key, fault)) = stage(&[("the.key", text, gives)]) else {
            panic!("{text} is taken")
        };
        assert_eq!(key, "the.key");
        assert!(fault.contains(word), "{text}: {fault}");
    }
    for text in ["", "A ||", "(A", "A B C", "FROM", "UPPER(A, A, A, A)", "*"] {
        assert!(Expression::read("k", text, &[]).is_err(), "{text}");
    }
}

#[test]
fn a_value_that_an_expression_fails_on_is_told_by_its_place_alone() {
    let stage = stage(&[
        ("a", "A || 'x'", Gives::Value),
        ("b", "CAST(B AS INT) + 1", Gives::Value),
    ]);
    let stage = stage.unwrap_or_else(|_| panic!("sound"));
    let rows = [
        ["1", "1", ""],
        ["2", "", ""],
        ["3", "secret", ""],
        ["4", "4", ""],
    ];
    let Err(failed) = run(&stage, &rows) else {
        panic!("a strict cast fails")
    };
    assert_eq!((failed.key.as_str(), failed.record), ("b", 2));
}

/// Whatever is let through gives a record alone what it gives it among others.
#[test]
fn results_hang_on_no_other_record() {
    let rows = [
        ["3", "b", "x y"],
        ["", "é", "M"],
        ["12", "", ""],
        ["-1", "zz", "'q'"],
    ];
    for text in [
        "A || B",
        "UPPER(B)",
        "REPLACE(B, 'z', 'y')",
        "REVERSE(people.SEX)",
        "SUBSTR(B, 1, 1)",
        "SPLIT_PART(people.SEX, ' ', 1)",
        "NULLIF(A, '3')",
        "GREATEST(A, B)",
        "LENGTH(B)",
        "CONCAT_WS('-', A, B)",
        "A IN ('3', '12')",
        "B LIKE 'z%'",
        "TRIM(people.SEX)",
        "A BETWEEN '1' AND '4'",
        "STARTS_WITH(B, 'z')",
        "TRY_CAST(A AS INT) * 2",
        "IF(A = '3', B, 'n')",
        "STRPOS(B, 'z')",
        "RPAD(B, 4, '.')",
    ] {
        let together = results(text, &rows);
        let alone: Vec<_> = rows.iter().flat_map(|row| results(text, &[*row])).collect();
        assert_eq!(together, alone, "{text}");
    }
}

/// Days that cannot be read end the run, unless somebody says that they may be empty.
#[test]
fn days_that_cannot_be_read_fail_or_are_empty() {
    let rows = [["2024-02-29", "", ""], ["29/02/24", "", ""], ["", "", ""]];
    let strict = stage(&[("x", "STRPTIME(A, '%Y-%m-%d')", Gives::Value)]);
    let strict = strict.unwrap_or_else(|_| panic!("sound"));
    let Err(failed) = run(&strict, &rows) else {
        panic!("STRPTIME is strict")
    };
    assert_eq!(failed.record, 1);
    let lenient = results("TRY_CAST(LEFT(A, 10) AS DATE)", &rows);
    assert_eq!(lenient, ["29/02/2024", "", ""]);
}

/// Every function that is let through works.
#[test]
fn every_function_is_there() {
    let rows = [["2024-02-29", "2", "x"], ["", "", ""]];
    let day = "TRY_CAST(A AS DATE)";
    let number = "TRY_CAST(B AS DOUBLE)";
    let mut broken = Vec::new();
    for name in words::FUNCTIONS {
        let call = match *name {
            "CAST" | "SAFE_CAST" | "TRY_CAST" => format!("{name}(B AS INT)"),
            "EXTRACT" => format!("EXTRACT(YEAR FROM {day})"),
            "DATE_PART" => format!("DATE_PART('year', {day})"),
            "STRFTIME" => format!("STRFTIME({day}, '%d/%m/%Y')"),
            "STRPTIME" => "STRPTIME(A, '%Y-%m-%d')".to_owned(),
            "DATETIME" | "TIMESTAMP" => format!("{name}(A, '%Y-%m-%d')"),
            "DATE" => "DATE(A)".to_owned(),
            "POSITION" => "POSITION('0' IN A)".to_owned(),
            "IF" => "IF(A = 'x', A, B)".to_owned(),
            "CONCAT_WS" => "CONCAT_WS('-', A, B)".to_owned(),
            "LEFT" | "RIGHT" | "SUBSTR" | "SUBSTRING" => format!("{name}(A, 2)"),
            "LPAD" | "RPAD" => format!("{name}(B, 3, '0')"),
            "REPLACE" => "REPLACE(A, '-', '/')".to_owned(),
            "SPLIT_PART" => "SPLIT_PART(A, '-', 1)".to_owned(),
            "REGEXP_LIKE" | "STARTS_WITH" | "ENDS_WITH" | "STRPOS" => format!("{name}(A, '2')"),
            "COALESCE" | "CONCAT" | "GREATEST" | "LEAST" | "IFNULL" | "NULLIF" => {
                format!("{name}(A, B)")
            }
            "MOD" | "DIV" | "POW" | "POWER" => format!("{name}({number}, 2)"),
            "ABS" | "CEIL" | "CEILING" | "FLOOR" | "ROUND" | "SIGN" | "TRUNC" => {
                format!("{name}({number})")
            }
            _ => format!("{name}(A)"),
        };
        let works = Expression::read("k", &call, &[]).and_then(|expression| {
            let step = Step {
                name: "x",
                gives: Gives::Value,
                expression: &expression,
            };
            let stage = Stage::new(&columns(), [step]).map_err(|(_, fault)| fault)?;
            run(&stage, &rows).map_err(|_| "fails".to_owned())
        });
        if let Err(fault) = works {
            broken.push(format!("{call}: {fault}"));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
