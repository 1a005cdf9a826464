//! Single calls to the system that fail: writes, syncs, renames, files that cannot be opened, a clock that is set back.

use std::fs;

use super::fault::{EIO, EMFILE, ENOSPC, Fault, WRITING, library};
use super::{Scene, said, shell};
use crate::support::Said;

/// What a message says of an error.
fn remedy(error: &str) -> &'static str {
    match error {
        ENOSPC => "disk is full",
        EMFILE => "ulimit -n",
        _ => "Check the disk",
    }
}

/// Lets the calls fail that `pick` chooses of all that change the disk, with the error that is their turn.
fn failing(pick: impl Fn(u64) -> bool) {
    let scene = Scene::new(40);
    let mark = scene.council.path("mark");
    let place = scene.council.directory.path().display().to_string();
    let mut failed = 0;
    for at in 1.. {
        if !pick(at) && at < 400 {
            continue;
        }
        let outcome = [ENOSPC, EIO, EMFILE][at as usize % 3];
        let fault = Fault {
            calls: WRITING,
            path: place.clone(),
            at,
            outcome,
            lasting: at % 2 == 0,
        };
        let Some(mut command) = fault.put(scene.command(), &mark) else {
            return;
        };
        let said = said(&mut command);
        if fs::remove_file(&mark).is_err() {
            assert_eq!(said.code, 0);
            break;
        }
        failed += 1;
        assert!(said.stderr.contains(&place), "which file: {}", said.stderr);
        // The very last steps come after the worklist has its name.
        let last = scene.is_intact();
        let worklist = last.keys().all(|name| name.starts_with("worklist/2"));
        if !last.is_empty() && worklist {
            scene.silent(said).code(1).says(&[remedy(outcome)]);
            assert!(!scene.takes_back());
        } else {
            scene.failed(said, 1, &[remedy(outcome)]);
        }
    }
    assert!(failed > 3, "calls that failed");
    scene.takes_back();
    scene.recovers();
}

#[test]
fn a_write_that_fails_leaves_everything_as_it_was_and_says_what_to_do() {
    failing(|at| at % 13 == 2);
}

#[test]
#[ignore = "a minute"]
fn any_write_that_fails_leaves_everything_as_it_was_and_says_what_to_do() {
    failing(|_| true);
}

#[test]
fn a_source_that_cannot_be_read_on_is_refused_and_says_what_to_do() {
    let scene = Scene::new(3000);
    let mark = scene.council.path("mark");
    // The second and third pass over the file read it again.
    for at in [1, 2, 3, 5, 8] {
        let fault = Fault {
            calls: ",read,",
            path: "cld.csv".into(),
            at,
            outcome: EIO,
            lasting: true,
        };
        let Some(mut command) = fault.put(scene.command(), &mark) else {
            return;
        };
        let said = said(&mut command);
        assert!(fs::remove_file(&mark).is_ok(), "read {at} times");
        scene.failed(said, 3, &["cannot read", "cld.csv", "another disk"]);
    }
    scene.recovers();
}

#[test]
fn a_run_without_file_handles_ends_in_order_and_says_what_to_do() {
    let scene = Scene::new(40);
    let mut done = 0;
    // From too few for the first file to enough.
    for handles in 4..40 {
        let script = format!("ulimit -n {handles}; exec \"$@\"");
        let said = Said::of(shell(&script, &scene.command()));
        if said.code == 0 {
            assert!(scene.takes_back(), "a bundle");
            done += 1;
            if done == 2 {
                break;
            }
            continue;
        }
        let code = said.code;
        // Whose file it was is what the exit code tells; a library that cannot be loaded ends the program first.
        assert!(
            matches!(code, 1 | 2 | 3 | 5 | 127),
            "{code} {}",
            said.stderr
        );
        let says: &[&str] = match code {
            1 | 3 => &["ulimit -n"],
            _ => &["open"],
        };
        scene.failed(said, code, says);
    }
    assert_eq!(done, 2, "enough at last");
}

#[test]
fn a_clock_that_is_set_back_changes_nothing_but_what_it_says() {
    let Some(library) = library() else {
        return;
    };
    let scene = Scene::new(40);
    let manifest = |back: &str, after: &str| {
        let mut command = scene.command();
        let command = command
            .env("LD_PRELOAD", library)
            .env("CLOCK_BACK", back)
            .env("CLOCK_AFTER", after);
        scene.silent(said(command)).code(0);
        let new = scene.is_intact();
        let name = new
            .keys()
            .find(|n| n.starts_with("out/") && n.ends_with("manifest.json"));
        let text = fs::read(scene.council.path(name.expect("a manifest"))).unwrap();
        // Twice the same: an equal bundle from another time is left as it stands.
        scene.silent(said(&mut scene.command())).code(0);
        let again = fs::read(scene.council.path(name.unwrap())).unwrap();
        assert!(text == again);
        assert!(scene.takes_back(), "it verifies");
        serde_json::from_slice::<serde_json::Value>(&text).unwrap()
    };
    let mut usual = manifest("0", "0");
    let run = usual["predicate"]["run"].take();
    // Ten years before the earlier bundle; and a day back in the middle of the run.
    for (back, after) in [("315360000", "0"), ("86400", "1")] {
        let mut set_back = manifest(back, after);
        let then = set_back["predicate"]["run"].take();
        let which = if after == "0" { "started" } else { "finished" };
        assert!(then[which].as_str() < run["started"].as_str(), "{then}");
        assert_eq!(set_back, usual);
    }
}
