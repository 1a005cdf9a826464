//! What is refused before any database is asked.

use crate::support::Council;

#[cfg(not(feature = "odbc"))]
#[test]
fn a_build_without_databases_says_how_to_get_one_with_them() {
    let ran = Council::bare()
        .and_query("events.sql", "SELECT 1")
        .reads("dsn: Mosaic")
        .fails(2);
    ran.said.says(&[
        "sources[1]",
        "kind `odbc` needs a cld that was built with it",
        "--features odbc",
    ]);
}

#[test]
fn keys_of_files_and_of_queries_do_not_mix() {
    for (council, part) in [
        (
            Council::file("cld.csv", "LA Code\n").reads("dsn: Mosaic"),
            "sources[1].dsn: goes with odbc, and this source is csv",
        ),
        (
            Council::file("cld.csv", "LA Code\n").reads("key: id"),
            "sources[1].key: goes with odbc",
        ),
        (
            Council::bare()
                .and_query("events.sql", "SELECT 1")
                .reads("dsn: Mosaic, file: cld.csv"),
            "sources[1].file: goes with files",
        ),
        (
            Council::bare()
                .and_query("events.sql", "SELECT 1")
                .reads("dsn: Mosaic, delimiter: tab"),
            "sources[1].delimiter: goes with csv",
        ),
    ] {
        council.fails(2).said.says(&[part]);
    }
}

#[cfg(feature = "odbc")]
#[test]
fn credentials_in_a_configuration_are_refused_and_not_repeated() {
    for settings in [
        "connection: \"Driver=x;UID=hunter2\"",
        "connection: \"Driver=x;pwd={hunter2;}\"",
        "dsn: \"Mosaic;PWD=hunter2\"",
        "dsn: Mosaic, login: {user: READER, password: hunter2}",
        "dsn: Mosaic, login: {password: READER_PASSWORD}",
        "dsn: Mosaic, connection: \"Driver=x\"",
        "login: {file: hunter2}",
    ] {
        let ran = Council::bare()
            .and_query("events.sql", "SELECT 1")
            .reads(settings)
            .fails(2);
        assert!(!ran.said.stderr.contains("hunter2"), "{}", ran.said.stderr);
        ran.said.says(&["sources[1]"]);
    }
}

#[cfg(feature = "odbc")]
#[test]
fn what_is_not_one_statement_that_reads_is_refused() {
    for (statement, part) in [
        ("DELETE FROM events", "does not begin with SELECT or WITH"),
        ("SELECT 1; SELECT 2", "holds more than one statement"),
        (
            "SELECT 1 AS a DROP TABLE canary",
            "by which a statement writes",
        ),
        ("SELECT E'\\'' <> 'a', 2 --'", "a backslash before"),
        ("SELECT 1 -- a\r, 2", "a carriage return alone"),
        ("", "holds no statement"),
    ] {
        let council = Council::bare()
            .and_query("events.sql", statement)
            .reads("dsn: Mosaic");
        council
            .fails(2)
            .said
            .says(&["sources[1].query", "events.sql", part]);
    }
}
