//! What goes wrong with a database ends a run with 3, leaves nothing, and is told without a word of the driver's.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::server::{LOGIN, asking, columns, connection, load, secrets, sql};
use crate::support::{Council, Said, Table, service, tree};

/// Fails, and says so without what nobody else is to know.
#[track_caller]
fn fails(council: Council, parts: &[&str]) {
    let ran = council.fails(3);
    ran.said.says(parts);
    for secret in secrets() {
        assert!(
            !ran.said.stderr.contains(&secret),
            "a secret in: {}",
            ran.said.stderr
        );
    }
    for word in ["reader", "9434765919", "FATAL", "ERROR", "["] {
        assert!(
            !ran.said.stderr.contains(word),
            "`{word}` in: {}",
            ran.said.stderr
        );
    }
}

fn connecting(connection: &str, login: &str) -> Council {
    Council::bare()
        .and_query("events.sql", "SELECT 1")
        .reads(&format!("connection: \"{connection}\", {login}"))
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_connection_that_cannot_be_made_is_explained() {
    let here = connection();
    fails(
        connecting(
            &here.replace("PostgreSQL Unicode", "Nobody's Driver"),
            LOGIN,
        ),
        &["events.sql: ", "the driver cannot be loaded"],
    );
    fails(
        connecting("DSN=Nobody", LOGIN),
        &["neither a driver nor a data source of this name is known here"],
    );
    fails(
        connecting(&here.replace("mosaic", "nobody"), LOGIN),
        &["no such database"],
    );
    let elsewhere = here.split(";Port=").next().unwrap().to_owned() + ";Port=1;Database=mosaic";
    fails(
        connecting(&elsewhere, LOGIN),
        &["the database cannot be reached"],
    );
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_login_that_is_refused_is_explained() {
    let here = connection();
    // The name of the server is no password of the reader.
    fails(
        connecting(
            &here,
            "login: {user: CLD_TEST_PG_READER, password: CLD_TEST_PG_BIN}",
        ),
        &["the database refused the login"],
    );
    fails(
        connecting(
            &here,
            "login: {user: CLD_TEST_PG_READER, password: CLD_NOT_SET}",
        ),
        &["the environment variable CLD_NOT_SET, which `login:` names, is not set"],
    );
    fails(
        connecting(&here, "login: {file: nobody.login}"),
        &["nobody.login, which `login:` names, cannot be read"],
    );
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_query_that_is_refused_is_explained() {
    for (query, part) in [
        (
            "SELECT nobody FROM pg_class",
            "names a column that its table does not have",
        ),
        (
            "SELECT * FROM nobody",
            "names a table that the database does not have",
        ),
        ("SELECT FROM WHERE", "does not understand the query"),
        (
            "SELECT '9434765919x'::int AS \"LA Code\"",
            "could not make a value",
        ),
        (
            "SELECT rolpassword AS \"LA Code\" FROM pg_authid",
            "may not read what the query asks for",
        ),
        (
            "SELECT '9434765919x'::bytea AS \"LA Code\"",
            "column A of the answer is binary data",
        ),
        (
            "SELECT repeat('9434765919', 2000) AS \"LA Code\"",
            "column A `LA Code` of the answer holds a text that is longer",
        ),
        ("SELECT 1 AS \"Nobody\"", "no"),
    ] {
        fails(asking(query, ""), &["events.sql: ", part]);
    }
    // In the middle of the answer.
    let late = "SELECT CASE n WHEN 5000 THEN '9434765919x' ELSE '1' END::int AS \"LA Code\" FROM generate_series(1, 9000) n";
    fails(
        asking(late, &format!(", absent: {}", all_but_la_code())),
        &["could not make a value"],
    );
}

/// The fields that a council's record has, but one.
fn all_but_la_code() -> String {
    let record = service();
    let columns = record.columns();
    let quoted: Vec<_> = columns
        .into_iter()
        .filter(|c| *c != "LA Code")
        .map(|c| format!("\"{c}\""))
        .collect();
    format!("[{}]", quoted.join(", "))
}

/// A query whose answer stops coming after 3,000 records, and who asks it.
fn slow() -> (Council, String) {
    let records = [service().of("9990002002", "P1", "E1")];
    let table = Table::of(&crate::support::Record::csv(&records));
    let name = load(&table, |_| "text");
    let query = format!(
        "SELECT {} FROM {name}, LATERAL (SELECT n, CASE WHEN n > 3000 THEN pg_sleep(0.2) END FROM generate_series(1, 20000) n) numbers",
        columns(&table)
    );
    (asking(&query, ""), name)
}

/// Whoever asks that table now; waits for it to have come to where it is slow.
fn backend(table: &str) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let found = sql(&format!(
            "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND usename = 'reader' AND (query LIKE '%{table}%' OR query LIKE 'fetch%')"
        ));
        if let Some(pid) = found.lines().next() {
            return pid.to_owned();
        }
        assert!(Instant::now() < until, "nobody asks {table}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One test after the other: who is found sleeping must be the one that is meant.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Runs it, disturbs it, and looks what is left.
fn disturbed(code: i32, disturb: impl FnOnce(&str, u32)) -> Said {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let (council, name) = slow();
    let mut command = council.command();
    let before = tree(council.directory.path());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let backend = backend(&name);
    disturb(&backend, child.id());
    let since = Instant::now();
    let said = Said::of(child.wait_with_output().unwrap()).code(code);
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "it took {:?} to end",
        since.elapsed()
    );
    let mut after = tree(council.directory.path());
    // The folders themselves are made before anything is read.
    after.retain(|name, _| name != "out/" && name != "worklist/" && !name.ends_with(".cld-lock"));
    assert_eq!(before, after, "what is left behind");
    sql(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {backend}"
    ));
    said
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_connection_lost_in_the_middle_ends_the_run_and_leaves_nothing() {
    let said = disturbed(3, |backend, _| {
        assert_eq!(sql(&format!("SELECT pg_terminate_backend({backend})")), "t");
    });
    said.says(&["events.sql: the connection to the database was lost"]);
    for word in ["terminating", "reader", "panicked", "127.0.0.1"] {
        assert!(!said.stderr.contains(word), "{}", said.stderr);
    }
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn ctrl_c_ends_a_run_that_waits_for_its_database() {
    let said = disturbed(130, |_, run| {
        kill(Pid::from_raw(run as i32), Signal::SIGINT).unwrap()
    });
    said.says(&["stopped on request"]);
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn an_answer_that_does_not_fit_on_the_disk_ends_the_run_and_leaves_nothing() {
    let records = [service().of("9990002002", "P1", "E1")];
    let table = Table::of(&crate::support::Record::csv(&records));
    let name = load(&table, |_| "text");
    let query = format!(
        "SELECT {} FROM {name}, generate_series(1, 20000)",
        columns(&table)
    );
    let council = asking(&query, "");
    let run = council.command();
    let before = tree(council.directory.path());
    let mut limited = std::process::Command::new("bash");
    limited
        .args(["-c", "ulimit -f 1000; exec \"$0\" \"$@\""])
        .arg(run.get_program())
        .args(run.get_args());
    let said = Said::of(limited.output().unwrap()).code(1);
    said.says(&[
        "cannot keep the answer of the database in",
        "File too large",
    ]);
    let mut after = tree(council.directory.path());
    after.retain(|name, _| name != "out/" && name != "worklist/" && !name.ends_with(".cld-lock"));
    assert_eq!(before, after, "what is left behind");
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_run_killed_in_the_middle_leaves_no_record_on_the_disk() {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let (council, name) = slow();
    let mut child = council
        .command()
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let backend = backend(&name);
    child.kill().unwrap();
    child.wait().unwrap();
    for (name, bytes) in tree(council.directory.path()) {
        assert!(
            !String::from_utf8_lossy(&bytes).contains("9990002002"),
            "{name}"
        );
    }
    sql(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {backend}"
    ));
}
