//! The PostgreSQL that `tests/odbc/server` started, and councils that ask it.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::{Council, Table};

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run this with tests/odbc/server"))
}

/// Runs SQL as the owner of everything; gives what it prints, a line for each row.
#[track_caller]
pub fn sql(text: &str) -> String {
    let port = variable("CLD_TEST_PG_PORT");
    let mut psql = Command::new(format!("{}/psql", variable("CLD_TEST_PG_BIN")))
        .args([
            "-q",
            "-X",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "owner",
            "-d",
            "mosaic",
        ])
        .env("PGPASSWORD", variable("CLD_TEST_PG_OWNER_PASSWORD"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("psql");
    psql.stdin
        .take()
        .expect("piped")
        .write_all(text.as_bytes())
        .expect("read");
    let output = psql.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{text}");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}

/// A name that no other test has.
pub fn name() -> String {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    format!(
        "events_{}_{}",
        std::process::id(),
        NAMES.fetch_add(1, Ordering::Relaxed)
    )
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Makes a table of rows that the reader may read, with a column `id` before them; gives its name. `of` says the type of
/// each column. Empty cells are NULL.
pub fn load(table: &Table, of: impl Fn(usize) -> &'static str) -> String {
    let name = name();
    let columns = table.header.iter().enumerate();
    let columns: Vec<_> = columns
        .map(|(at, column)| format!("{} {}", quoted(column), of(at)))
        .collect();
    let mut text = format!(
        "SET datestyle = 'ISO, DMY';\nCREATE TABLE {name} (id serial PRIMARY KEY, {});\n",
        columns.join(", ")
    );
    for rows in table.rows.chunks(100) {
        let row = |row: &Vec<String>| {
            let cells = row.iter().map(|cell| match cell.as_str() {
                "" => "NULL".to_owned(),
                cell => format!("'{}'", cell.replace('\'', "''")),
            });
            format!("(DEFAULT, {})", cells.collect::<Vec<_>>().join(", "))
        };
        let rows: Vec<_> = rows.iter().map(row).collect();
        text += &format!("INSERT INTO {name} VALUES {};\n", rows.join(",\n"));
    }
    text += &format!("GRANT SELECT ON {name} TO reader;\n");
    sql(&text);
    name
}

/// The columns of a table of records, as a query names them.
pub fn columns(table: &Table) -> String {
    table
        .header
        .iter()
        .map(|column| quoted(column))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Driver, server and database.
pub fn connection() -> String {
    format!(
        "Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={};Database=mosaic",
        variable("CLD_TEST_PG_PORT")
    )
}

/// As whom, by the variables that the tests are run with.
pub const LOGIN: &str = "login: {user: CLD_TEST_PG_READER, password: CLD_TEST_PG_READER_PASSWORD}";

/// A council whose source is this query, with more settings of it.
pub fn asking(statement: &str, settings: &str) -> Council {
    let connection = connection();
    Council::bare()
        .and_query("events.sql", statement)
        .reads(&format!("connection: \"{connection}\", {LOGIN}{settings}"))
}

/// What must stand in no message.
pub fn secrets() -> Vec<String> {
    let password = variable("CLD_TEST_PG_READER_PASSWORD");
    vec![
        password[..10].to_owned(),
        password,
        "127.0.0.1".into(),
        variable("CLD_TEST_PG_PORT"),
    ]
}
