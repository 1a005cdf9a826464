//! What is in an answer, cell by cell, and what is said of it.

use super::server::{LOGIN, asking, columns, connection, load, name, secrets, sql};
use crate::support::{Council, Record, Table, call, service};

fn table(records: &[Record]) -> Table {
    Table::of(&Record::csv(records))
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_finding_names_the_query_the_row_and_the_key() {
    let records = [
        service().of("9990002002", "P1", "E1"),
        service().of("9990002029", "P2", "E2").with("Gender", "Q"),
    ];
    let table = table(&records);
    let name = load(&table, |_| "text");
    sql(&format!("UPDATE {name} SET id = id + 770000"));
    let query = format!(
        "SELECT id AS \"WORKFLOW_STEP_ID\", {} FROM {name} ORDER BY id",
        columns(&table)
    );
    let ran = asking(&query, ", key: WORKFLOW_STEP_ID").makes();
    let worklist = ran.worklist();
    let of = |column: &str| {
        worklist
            .find("rule", "gender.not_in_list", column)
            .to_owned()
    };
    assert_eq!(of("source"), "source-1 [events.sql]");
    assert_eq!(of("row"), "3");
    assert_eq!(of("local_WORKFLOW_STEP_ID"), "770002");
    let source = &ran.predicate()["sources"][0];
    assert_eq!(
        source["columns_ignored"],
        serde_json::json!(["WORKFLOW_STEP_ID"])
    );
    // What leaves names no machine, no account, and no row of the database.
    let mut never = secrets();
    never.extend(["770002".into(), "reader".into(), "PostgreSQL".into()]);
    for file in [
        "manifest.json",
        "report.html",
        "findings.csv",
        "submission.csv",
    ] {
        let text = String::from_utf8_lossy(&ran.read(file)).into_owned();
        for word in &never {
            assert!(!text.contains(word.as_str()), "{word} in {file}");
        }
    }
    assert!(!ran.said.stdout.contains("770002") && !ran.said.stderr.contains("770002"));
    let report = String::from_utf8(ran.read("report.html")).unwrap();
    assert!(report.contains("query events.sql"), "the report");
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_key_may_be_a_field_and_has_to_be_there() {
    let table = table(&[service().of("9990002002", "P1", "E1").with("Gender", "Q")]);
    let name = load(&table, |_| "text");
    let query = format!("SELECT {} FROM {name}", columns(&table));
    let ran = asking(&query, ", key: Event Reference").makes();
    assert_eq!(
        ran.worklist()
            .find("rule", "gender.not_in_list", "local_Event Reference"),
        "E1"
    );
    assert_eq!(
        ran.predicate()["sources"][0]["columns_ignored"],
        serde_json::json!([])
    );
    let ran = asking(&query, ", key: STEP").fails(3);
    ran.said.says(&[
        "events.sql",
        "`key:` is `STEP`",
        "the query gives no column of that name",
    ]);
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn values_come_as_they_are_and_nothing_is_put_right() {
    let records = [
        service()
            .of("9990002002", "O'BRIEN", "E1")
            .with("Event Description", "ŵ 😀 it's\n\"so\""),
        service()
            .of("9990002029", "P2", "E2")
            .with("Event Description", ""),
    ];
    let table = table(&records);
    let name = load(&table, |_| "text");
    sql(&format!(
        "ALTER TABLE {name} ALTER \"Event Start Date\" TYPE timestamp USING CASE id WHEN 1 THEN timestamp '2025-05-01 00:00' ELSE timestamp '2025-05-01 12:30:00.25' END,
         ALTER \"NHS Number\" TYPE numeric USING CASE id WHEN 1 THEN 9990002002 ELSE 123456789 END,
         ALTER \"Unit Cost\" TYPE numeric(10, 2) USING CASE id WHEN 1 THEN 0.5 ELSE NULL END,
         ALTER \"Client Type\" TYPE char(40)"
    ));
    let query = format!("SELECT {} FROM {name} ORDER BY id", columns(&table));
    let ran = asking(&query, ", key: LA Person Unique Identifier").makes();
    let worklist = ran.worklist();
    let received = |rule: &str| worklist.find("rule", rule, "received").to_owned();
    assert_eq!(
        received("event_start_date.not_a_date"),
        "01/05/2025 12:30:00.250"
    );
    assert_eq!(received("nhs_number.malformed"), "123456789");
    // Filled up with blanks, as the database gives it; the national check trims.
    assert!(
        worklist
            .rows
            .iter()
            .all(|row| row[worklist.at("rule")] != "client_type.not_in_list")
    );
    let sent = ran.submission();
    assert!(
        sent.column("Unit_Cost").contains(&"0.50".to_owned()),
        "{:?}",
        sent.column("Unit_Cost")
    );
    assert!(
        sent.column("Event_Start_Date")
            .contains(&"01/05/2025".to_owned())
    );
    let keys = worklist.column("local_LA Person Unique Identifier");
    assert!(keys.contains(&"P2".to_owned()), "{keys:?}");
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_query_is_asked_once_whatever_reads_its_answer() {
    // Events that are one nationally are looked for a second time, to say where they are.
    let records = [
        service().of("9990002002", "P1", "E1"),
        service().of("9990002002", "P1", "E1"),
    ];
    let table = table(&records);
    let name = load(&table, |_| "text");
    let scans = || {
        sql(&format!(
            "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = '{name}'"
        ))
    };
    let before: u32 = scans().parse().unwrap();
    let query = format!("SELECT {} FROM {name}", columns(&table));
    let ran = asking(&query, "").makes();
    let found = ran.whole_worklist();
    assert!(
        found
            .column("source")
            .iter()
            .all(|s| s == "source-1 [events.sql]" || s == "all sources")
    );
    assert!(
        found
            .column("rule")
            .iter()
            .any(|rule| rule.contains("duplicate")),
        "{:?}",
        found.column("rule")
    );
    for _ in 0..50 {
        if scans().parse::<u32>().unwrap() > before {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(scans().parse::<u32>().unwrap(), before + 1);
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn data_sources_login_files_and_files_beside_them_are_read() {
    let table = table(&[service().of("9990002002", "P1", "E1")]);
    let name = load(&table, |_| "text");
    let query = format!("SELECT {} FROM {name}", columns(&table));
    let council = Council::of([service().of("9990002029", "P2", "E2")])
        .and_query("events.sql", &query)
        .reads("dsn: Mosaic live, login: {file: mosaic.login}");
    let [user, password] = ["CLD_TEST_PG_READER", "CLD_TEST_PG_READER_PASSWORD"]
        .map(|name| std::env::var(name).unwrap());
    let council = council
        .beside("mosaic.login", format!("{user}\n{password}\n"))
        .beside(
            "odbc.ini",
            format!(
                "[Mosaic live]\n{}\n",
                connection()
                    .replace("Server=", "Servername=")
                    .replace(';', "\n")
                    .replace(['{', '}'], "")
            ),
        );
    use std::os::unix::fs::PermissionsExt as _;
    let of_login = council.path("mosaic.login");
    let mode = |mode: u32| {
        std::fs::set_permissions(&of_login, std::fs::Permissions::from_mode(mode)).unwrap()
    };
    let run = || {
        let output = council
            .command()
            .env("ODBCINI", council.path("odbc.ini"))
            .output()
            .unwrap();
        crate::support::Said::of(output)
    };
    mode(0o644);
    run()
        .code(3)
        .says(&["mosaic.login, which `login:` names, is open to other accounts"]);
    mode(0o600);
    let said = run().code(0);
    assert!(
        said.stdout.contains("Records in                2"),
        "{}",
        said.stdout
    );
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn a_mapping_is_looked_at_without_a_run() {
    let table = table(&[service()
        .renamed("Gender", "Sex")
        .of("9990002002", "P1", "E1")]);
    let name = load(&table, |_| "text");
    let query = format!("SELECT {} FROM {name}", columns(&table));
    let council = asking(&query, "");
    drop(council.command());
    let config = council.path("council.yaml");
    let said = call(["map", "check", "--config", config.to_str().unwrap()]).code(0);
    assert!(said.stdout.contains("Sex"), "{}", said.stdout);
    assert!(!council.path("out").exists());
}

#[test]
#[ignore = "asks the server that tests/odbc/server starts"]
fn nothing_in_the_database_can_be_changed() {
    let sequence = name();
    sql(&format!(
        "CREATE TABLE {sequence} (n int); GRANT ALL ON {sequence} TO reader;
         CREATE FUNCTION {sequence}_f() RETURNS int LANGUAGE sql AS 'INSERT INTO {sequence} VALUES (1) RETURNING n';
         CREATE SEQUENCE {sequence}_s; GRANT ALL ON SEQUENCE {sequence}_s TO reader;"
    ));
    for query in [
        format!("SELECT {sequence}_f() AS \"LA Code\""),
        format!("SELECT nextval('{sequence}_s') AS \"LA Code\""),
    ] {
        let ran = asking(&query, "").fails(3);
        ran.said
            .says(&["events.sql: the query would change something, and nothing is changed here"]);
    }
    for query in [
        format!("INSERT INTO {sequence} VALUES (1)"),
        format!("WITH new AS (INSERT INTO {sequence} VALUES (1) RETURNING n) SELECT * FROM new"),
        format!("SELECT 1; DROP TABLE {sequence}"),
        format!(
            "SELECT E'\\'' <> 'a'; COMMIT; BEGIN; INSERT INTO {sequence} VALUES (1); COMMIT; SELECT 1 --'"
        ),
        format!("SELECT ARRAY[']'] IS NOT NULL; COMMIT; INSERT INTO {sequence} VALUES (1) --']"),
        format!("SELECT 1 AS a -- a\r; COMMIT; INSERT INTO {sequence} VALUES (1)"),
        format!("SELECT 1 AS a /* /* */; DROP TABLE {sequence} /* */ */"),
        format!("SELECT 1 AS a DROP TABLE {sequence}"),
    ] {
        asking(&query, "")
            .fails(2)
            .said
            .says(&["sources[1].query", "events.sql"]);
    }
    assert_eq!(sql(&format!("SELECT count(*) FROM {sequence}")), "0");
    assert_eq!(sql(&format!("SELECT is_called FROM {sequence}_s")), "f");
    assert!(LOGIN.contains("READER"));
}
