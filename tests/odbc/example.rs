//! The example of Eclipse, whose views are made in the real PostgreSQL.

use std::fs;

use super::server::{LOGIN, connection, sql};
use crate::examples;

#[test]
#[ignore = "needs a PostgreSQL: tests/odbc/server"]
fn eclipse_gives_the_same_records_as_mosaic() {
    let tables = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/config/examples/eclipse/tables.sql"
    );
    sql(&fs::read_to_string(tables).unwrap());
    sql("GRANT SELECT ON personview, addresspersonview, gpview, eclipseevent TO reader;");
    let change = |text: String| {
        let lines = text.lines().map(|line| match line.trim_start() {
            line if line.starts_with("connection:") => {
                format!("    connection: \"{}\"", connection())
            }
            line if line.starts_with("login:") => format!("    {LOGIN}"),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let eclipse = examples::run("eclipse", change);
    let mosaic = examples::run("mosaic-warehouse", |text| text);
    assert!(eclipse.records(&[]) == mosaic.records(&[]));
    examples::tells(&eclipse, &["duplicate_person"]);
    let worklist = eclipse.worklist();
    let sources = worklist.column("source").into_iter();
    let of_records: Vec<_> = sources
        .zip(worklist.column("local_eventid"))
        // What is said of the return as a whole has no row.
        .filter(|(source, _)| source != "all sources")
        .collect();
    assert!(!of_records.is_empty());
    for (source, key) in of_records {
        assert!(source.contains("events.sql"), "{source}");
        assert!(key.parse::<u32>().is_ok());
    }
}
