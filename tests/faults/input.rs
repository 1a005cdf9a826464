//! Sources that change while they are read.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use super::fault::{Fault, Stopped};
use super::{Scene, sample};
use crate::support::Said;

/// Stops a run before it reads its source for the so-manieth time, changes the source, and lets it go on. `None` where no
/// run can be stopped.
fn changed(scene: &Scene, at: u64, change: impl Fn(&Path)) -> Option<Said> {
    let fault = Fault {
        calls: ",read,",
        path: "cld.csv".into(),
        at,
        outcome: "stop",
        lasting: false,
    };
    let command = fault.put(scene.council.command(), &scene.council.path("mark"))?;
    let stopped = Stopped::start(command).expect("it stops");
    change(&scene.council.path("cld.csv"));
    Some(stopped.goes_on())
}

fn refused(change: impl Fn(&Path)) {
    let scene = Scene::new(1000);
    // The header, the first pass, its end, and the pass that finds records again.
    for at in [2, 4, 6] {
        let Some(said) = changed(&scene, at, &change) else {
            return;
        };
        scene.failed(said, 3, &["cld.csv changed while it was read", "Run again"]);
    }
    scene.recovers();
}

#[test]
fn a_source_that_grows_while_it_is_read_is_refused() {
    refused(|source| {
        let rows = sample(20, 9);
        let first = rows.iter().position(|b| *b == b'\n').unwrap();
        let mut file = OpenOptions::new().append(true).open(source).unwrap();
        file.write_all(&rows[first + 1..]).unwrap();
    });
}

#[test]
fn a_source_that_is_cut_while_it_is_read_is_refused() {
    refused(|source| {
        let file = OpenOptions::new().write(true).open(source).unwrap();
        // In the middle of a row that was not read yet, or was.
        file.set_len(300_001).unwrap();
    });
}

#[test]
fn a_source_that_is_replaced_while_it_is_read_is_refused() {
    refused(|source| {
        let other = source.with_extension("other");
        fs::write(&other, sample(1500, 3)).unwrap();
        fs::rename(other, source).unwrap();
    });
}

#[test]
fn a_source_that_is_removed_while_it_is_read_is_refused() {
    refused(|source| fs::remove_file(source).unwrap());
}

/// A table that is looked up is part of the source.
#[test]
fn a_table_that_changes_while_it_is_read_is_refused() {
    let rows: Vec<String> = (0..4000)
        .map(|n| format!("K{n},9990000018,Female,15/06/1950"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    for at in [2, 5, 8] {
        let council = crate::tables::council(&["K1"], &crate::tables::people(&rows), "", "");
        let fault = Fault {
            calls: ",read,",
            path: "people.csv".into(),
            at,
            outcome: "stop",
            lasting: false,
        };
        let Some(command) = fault.put(council.command(), &council.path("mark")) else {
            return;
        };
        let stopped = Stopped::start(command).expect("it stops");
        let table = council.path("people.csv");
        let mut file = OpenOptions::new().append(true).open(table).unwrap();
        file.write_all(b"K1,9990000026,Male,White: Irish,15/06/1950\n")
            .unwrap();
        drop(file);
        let said = stopped.goes_on().code(3);
        said.says(&["people.csv changed while it was read", "Run again"]);
    }
}
