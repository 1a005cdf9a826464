//! Output directories that cannot be written, go away, are links, or are wanted by two runs at once.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::process::Stdio;
use std::time::Duration;

use super::disk::{mounting, where_mounted};
use super::fault::{Fault, Stopped, WRITING};
use super::{Chance, Scene, mode, said};
use crate::support::Said;

#[test]
fn a_directory_that_may_only_be_read_is_told_with_what_to_do() {
    let scene = Scene::new(40);
    for directory in ["out", "worklist"] {
        let path = scene.council.path(directory);
        let held = path.display().to_string();
        if let Some(words) = mounting(&scene) {
            let script = format!(
                "mount --bind {directory} {directory} && mount -o remount,ro,bind {directory} && exec \"$@\""
            );
            let said = where_mounted(&words, &scene, &script);
            scene.failed(said, 1, &[&held, "may not be written", "another directory"]);
        }
        // Root may write whatever the mode says.
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            let usual = mode(&path);
            fs::set_permissions(&path, PermissionsExt::from_mode(0o500)).unwrap();
            let said = said(&mut scene.command());
            fs::set_permissions(&path, PermissionsExt::from_mode(usual)).unwrap();
            scene.failed(said, 1, &[&held, "may not be written", "another directory"]);
        }
    }
    scene.recovers();
}

#[test]
fn a_directory_that_goes_away_ends_the_run_with_what_to_do() {
    let scene = Scene::new(40);
    let mut chance = Chance::new();
    let mut told = 0;
    for round in 0..12 {
        let directory = ["out", "worklist"][round % 2];
        let fault = Fault {
            calls: WRITING,
            path: format!("{}/", scene.council.directory.path().display()),
            at: 1 + chance.below(40),
            outcome: "stop",
            lasting: false,
        };
        let mark = scene.council.path("mark");
        let Some(command) = fault.put(scene.command(), &mark) else {
            return;
        };
        let Some(stopped) = Stopped::start(command) else {
            panic!("it did not come to call {}", fault.at);
        };
        // Kept aside, so that the scene can be as before.
        let (path, aside) = (scene.council.path(directory), scene.council.path("aside"));
        fs::create_dir(&aside).unwrap();
        for entry in fs::read_dir(&path).unwrap().map(Result::unwrap) {
            if !entry.file_name().to_string_lossy().starts_with('.') {
                fs::rename(entry.path(), aside.join(entry.file_name())).unwrap();
            }
        }
        fs::remove_dir_all(&path).unwrap();
        let said = scene.silent(stopped.goes_on());
        if path.exists() {
            fs::remove_dir_all(&path).unwrap();
        }
        fs::rename(aside, path).unwrap();
        // Gone before the run wanted it, it was made again.
        if said.code != 0 {
            let said = said.code(1);
            said.says(&["cannot", "Run again"]);
            told += 1;
        }
        scene.takes_back();
    }
    assert!(told > 3, "runs that missed their directory");
    scene.recovers();
}

#[test]
fn a_link_to_a_directory_is_as_good_as_the_directory() {
    let scene = Scene::new(40);
    for directory in ["out", "worklist"] {
        fs::rename(
            scene.council.path(directory),
            scene.council.path(&format!("real-{directory}")),
        )
        .unwrap();
        symlink(format!("real-{directory}"), scene.council.path(directory)).unwrap();
    }
    scene.recovers();
    // The lock is on what the link leads to.
    let held = fs::File::open(scene.council.path("real-out")).unwrap();
    held.try_lock().unwrap();
    scene.failed(said(&mut scene.command()), 7, &["another run"]);
}

#[test]
fn a_link_that_leads_nowhere_is_refused_and_nothing_is_made_behind_it() {
    let scene = Scene::new(40);
    for (directory, deeper) in [("out", false), ("out", true), ("worklist", false)] {
        let (path, aside) = (scene.council.path(directory), scene.council.path("aside"));
        fs::rename(&path, &aside).unwrap();
        symlink("nowhere", &path).unwrap();
        let mut command = scene.command();
        if deeper {
            command.arg("--out").arg(path.join("below"));
        }
        let said = said(&mut command);
        fs::remove_file(&path).unwrap();
        fs::rename(&aside, &path).unwrap();
        let held = path.display().to_string();
        scene.failed(
            said,
            1,
            &[&held, "link that leads nowhere", "Make the directory"],
        );
        assert!(!scene.council.path("nowhere").exists());
    }
    scene.recovers();
}

#[test]
fn of_two_runs_at_once_one_makes_the_bundle_and_the_other_says_who_is_there() {
    let scene = Scene::new(40);
    let mark = scene.council.path("mark");
    // Stopped at calls from the first one of a run that has its directories to one of the last.
    for at in [6, 12, 30] {
        let fault = Fault {
            calls: WRITING,
            path: format!("{}/", scene.council.directory.path().display()),
            at,
            outcome: "stop",
            lasting: false,
        };
        let Some(command) = fault.put(scene.command(), &mark) else {
            return;
        };
        let first = Stopped::start(command).expect("it stops");
        let second = scene.silent(said(&mut scene.command())).code(7);
        second.says(&["another run", "--out", "Wait"]);
        // Another directory for the bundles, the same one for the worklists.
        let elsewhere = scene.council.path("elsewhere");
        let third = said(scene.command().arg("--out").arg(&elsewhere));
        scene
            .silent(third)
            .code(7)
            .says(&["another run", "worklist"]);
        assert!(!elsewhere.exists(), "it went again");
        scene.silent(first.goes_on()).code(0);
        assert!(scene.takes_back(), "the first one's bundle");
        assert!(
            scene
                .outputs()
                .keys()
                .all(|name| !name.contains("unfinished"))
        );
    }
}

#[test]
fn runs_that_race_for_one_directory_never_disturb_each_other() {
    let scene = Scene::new(40);
    let mut chance = Chance::new();
    for _ in 0..5 {
        let start = || {
            let mut command = scene.command();
            let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            piped.spawn().unwrap()
        };
        let runs: Vec<_> = (0..3)
            .map(|_| {
                std::thread::sleep(Duration::from_micros(chance.below(30_000)));
                start()
            })
            .collect();
        let mut made = 0;
        for run in runs {
            let said = scene.silent(Said::of(run.wait_with_output().unwrap()));
            assert!(matches!(said.code, 0 | 7), "{} {}", said.code, said.stderr);
            made += u32::from(said.code == 0);
        }
        assert!(made > 0);
        assert!(scene.takes_back());
    }
}

#[test]
fn a_summary_that_cannot_be_printed_does_not_make_a_failure_of_a_bundle() {
    let scene = Scene::new(40);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = scene.command();
    let output = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let said = scene
        .silent(Said::of(output.wait_with_output().unwrap()))
        .code(0);
    said.says(&["standard output", "disk is full", "the bundle is"]);
    assert!(scene.takes_back());
}
