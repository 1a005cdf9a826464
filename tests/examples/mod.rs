//! The worked examples under `config/examples`: four case systems that hold the same invented people make the same return.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{Said, Table, call, directory, only_directory};

/// One of the examples, run where it leaves nothing in the tree.
pub struct Example {
    pub directory: TempDir,
    pub said: Said,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of an example whose configuration is changed so.
pub fn copy(name: &str, change: impl Fn(String) -> String) -> (TempDir, PathBuf) {
    let copy = directory();
    for entry in fs::read_dir(root().join("config/examples").join(name)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    let file = copy.path().join("cld.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let samples = root().join("samples");
    let text = text
        .replace("../../../samples", samples.to_str().unwrap())
        .replace("../../../", "");
    fs::write(&file, change(text)).unwrap();
    (copy, file)
}

/// Runs an example.
pub fn run(name: &str, change: impl Fn(String) -> String) -> Example {
    let (directory, file) = copy(name, change);
    let said = call(["run", "--config", file.to_str().unwrap()]).code(0);
    Example { directory, said }
}

impl Example {
    fn only(&self, folder: &str) -> PathBuf {
        only_directory(&only_directory(&self.directory.path().join(folder)))
    }

    pub fn submission(&self) -> Table {
        Table::of(&fs::read(self.only("out").join("submission.csv")).unwrap())
    }

    pub fn worklist(&self) -> Table {
        Table::of(&fs::read(self.only("worklist").join("findings.csv")).unwrap())
    }

    /// The records by everything but the case system's own number of the event, in order.
    pub fn records(&self, leave_out: &[&str]) -> Vec<Vec<String>> {
        let table = self.submission();
        let stays = |name: &str| !leave_out.contains(&name) && !name.contains("Event_Reference");
        let stays: Vec<_> = (0..table.header.len())
            .filter(|at| stays(&table.header[*at]))
            .collect();
        let mut records: Vec<Vec<_>> = table
            .rows
            .iter()
            .map(|row| stays.iter().map(|at| row[*at].clone()).collect())
            .collect();
        records.sort();
        records
    }
}

#[track_caller]
pub fn tells(example: &Example, parts: &[&str]) {
    for part in parts {
        let said = &example.said.stdout;
        assert!(said.contains(part), "{part} in {said}");
    }
}

const NUMBERS: [&str; 2] = ["Der_NHS_Number_Pseudo", "Der_NHS_LA_Combined_Person_ID"];

#[test]
fn warehouses_of_mosaic_and_liquidlogic_give_the_same_records() {
    let mosaic = run("mosaic-warehouse", |text| text);
    let liquidlogic = run("liquidlogic-warehouse", |text| text);
    // Liquidlogic's people have one address, Mosaic's the one at the time.
    let but_where = |example: &Example| example.records(&["Der_Postcode_Sector"]);
    assert_eq!(but_where(&mosaic).len(), 93);
    assert!(but_where(&mosaic) == but_where(&liquidlogic));
    let sectors = |example: &Example| example.submission().column("Der_Postcode_Sector");
    assert!(sectors(&mosaic).contains(&"QX1 1".to_owned()));
    assert!(!sectors(&liquidlogic).contains(&"QX1 1".to_owned()));
    tells(
        &liquidlogic,
        &["duplicate_person", "1: no key", "Read as empty"],
    );
}

#[test]
fn mosaics_tables_give_the_same_records_and_say_whose_number_is_undecided() {
    let tables = run("mosaic-tables", |text| text);
    let warehouse = run("mosaic-warehouse", |text| text);
    let mut records = tables.records(&NUMBERS);
    let same = warehouse.records(&NUMBERS);
    records.retain(|record| !same.contains(record));
    // A step of somebody who is not among the people; that of nobody is left out.
    assert_eq!(records.len(), 1);
    assert_eq!(tables.records(&NUMBERS).len(), same.len() + 1);
    tells(
        &tables,
        &[
            "test_person",
            "cancelled",
            "no_person_id",
            "several and no rule decides",
        ],
    );
    let worklist = tables.worklist();
    let rules = worklist.column("rule");
    for rule in ["nhs_number.undecided", "nhs_number.blank_mandatory"] {
        assert!(rules.iter().any(|broken| broken == rule), "{rule}");
    }
    // Each finding of a joined record names the row of each side.
    let at = rules
        .iter()
        .position(|r| r == "nhs_number.undecided")
        .unwrap();
    let row = worklist.column("local_people_row")[at].parse::<u64>();
    assert!(row.unwrap() > 1);
}

/// What a mapping leaves uncovered is told before the run.
#[test]
fn nothing_of_an_example_is_left_uncovered() {
    for name in ["mosaic-tables", "mosaic-warehouse", "liquidlogic-warehouse"] {
        let (_directory, file) = copy(name, |text| text);
        let said = call(["map", "check", "--config", file.to_str().unwrap()]);
        said.code(0);
    }
    // And what is, shows.
    let (_directory, file) = copy("mosaic-warehouse", |text| {
        text.replace("KNOWN: \"\"", "OLD: \"\"")
    });
    let said = call(["map", "check", "--config", file.to_str().unwrap()]);
    assert!(said.stdout.contains("KNOWN"), "{}", said.stdout);
}
