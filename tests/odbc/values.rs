//! Values that no file of records has, and what the session is told before a query.

use super::server::{asking, columns, load};
use crate::support::{Record, Table, service};

/// What a finding of a rule says was received, for records whose column is one of these values each.
fn received(column: &str, values: &[&str], rule: &str) -> Vec<String> {
    let record = service().of("9990002002", "P1", "E1").without(column);
    let table = Table::of(&Record::csv(&[record]));
    let name = load(&table, |_| "text");
    let values: Vec<_> = values.iter().map(|value| format!("({value})")).collect();
    let query = format!(
        "SELECT {}, v.x AS \"{column}\" FROM {name}, (VALUES {}) v(x)",
        columns(&table),
        values.join(", ")
    );
    let ran = asking(&query, "").run();
    // Where no value is a day no record is left to submit: the worklist is there all the same.
    assert!([0, 4].contains(&ran.said.code), "{}", ran.said.stderr);
    let found = ran.whole_worklist();
    let [of_rule, of_value] = ["rule", "received"].map(|name| found.at(name));
    let rows = found.rows.iter().filter(|row| row[of_rule] == rule);
    rows.map(|row| row[of_value].clone()).collect()
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn what_is_no_day_of_the_calendar_never_becomes_one() {
    let rule = "event_start_date.not_a_date";
    let of = |values: &[&str]| received("Event Start Date", values, rule);
    // In the driver's own words, of which none is a day.
    assert_eq!(
        of(&[
            "date 'infinity'",
            "date '-infinity'",
            "date '12345-01-01'",
            "date '2025-05-01'"
        ]),
        ["0000-00-00", "0000-00-00", "1234-00-00"]
    );
    assert_eq!(
        of(&[
            "timestamp 'infinity'",
            "timestamp '-infinity'",
            "timestamp '10000-01-01'",
            "timestamp '12345-01-01'",
            "timestamp '1940-05-01 BC'",
            "timestamp '2025-05-01 12:30:00.25'",
            "timestamp '2025-05-01'",
        ]),
        [
            "31/12/9999 23:59:59",
            "9999-01-01 00:00:00 BC",
            "0000-00-00 00:00:00",
            "0000-00-00 00:00:00",
            "1940-05-01 00:00:00 BC",
            "01/05/2025 12:30:00.250",
        ]
    );
    assert_eq!(
        of(&["time '24:00'", "time '12:30'"]),
        ["24:00:00", "12:30:00"]
    );
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_uuid_is_written_as_the_database_does() {
    assert_eq!(
        received(
            "Gender",
            &["uuid 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"],
            "gender.not_in_list"
        ),
        ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]
    );
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn no_transaction_of_the_session_may_write() {
    for setting in ["default_transaction_read_only", "transaction_read_only"] {
        assert_eq!(
            received(
                "Gender",
                &[&format!("current_setting('{setting}')")],
                "gender.not_in_list"
            ),
            ["on"],
            "{setting}"
        );
    }
}
