//! Disks that fill up, and files that may not grow.

use std::fs;
use std::process::Command;

use super::{Scene, shell};
use crate::support::Said;

/// The words that begin a command in which file systems can be mounted; `None`, with the reason on stdout, where that is
/// not allowed.
pub fn mounting(scene: &Scene) -> Option<Vec<&'static str>> {
    let place = scene.council.path("mounted");
    fs::create_dir_all(&place).unwrap();
    for words in [&["unshare", "-Urm"][..], &["unshare", "-m"]] {
        let mut command = Command::new(words[0]);
        let command = command
            .args(&words[1..])
            .args(["mount", "-t", "tmpfs", "tmpfs"]);
        if command
            .arg(&place)
            .output()
            .is_ok_and(|o| o.status.success())
        {
            return Some(words.to_vec());
        }
    }
    println!("SKIPPED: this account may mount nothing, not even in a namespace of its own");
    None
}

/// Runs a script where file systems can be mounted, in the scene's directory, with the run's command as its arguments.
pub fn where_mounted(words: &[&str], scene: &Scene, script: &str) -> Said {
    let run = scene.command();
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .args(["sh", "-c", script, "sh"])
        .arg(run.get_program())
        .args(run.get_args())
        .current_dir(scene.council.directory.path());
    Said::of(command.output().unwrap())
}

/// Runs with one of the directories on a disk that has room for so many more kibibytes.
fn filling(directory: &str, room: impl Iterator<Item = u64>) {
    let scene = Scene::new(100);
    let Some(words) = mounting(&scene) else {
        return;
    };
    let held = fs::canonicalize(scene.council.path(directory)).unwrap();
    let (mut full, mut done) = (0, false);
    for room in room {
        // The disk begins with what was there; what it has at the end replaces that.
        let script = format!(
            "set -e; used=$(du -sk --apparent-size {directory} | cut -f1); files=$(find {directory} | wc -l)\n\
             mount -t tmpfs -o size=$((used + 4 * files + {room}))k,mode=700 tmpfs mounted\n\
             cp -a {directory}/. mounted/; mkdir kept; cp -a {directory}/. kept/\n\
             mount --bind mounted {directory}; code=0; \"$@\" || code=$?\n\
             mkdir after; cp -a {directory}/. after/; umount {directory}; umount mounted\n\
             rm -rf {directory}; mv after {directory}; rm -rf kept; exit $code"
        );
        let said = where_mounted(&words, &scene, &script);
        if said.code == 0 {
            assert!(scene.takes_back(), "a bundle");
            done = true;
            break;
        }
        full += 1;
        let held = held.to_str().unwrap();
        scene.failed(said, 1, &["disk is full", "about three times", held]);
    }
    assert!(full > 1, "the disk was full at times");
    println!("{directory}: full {full} times, enough at last: {done}");
}

#[test]
fn a_full_disk_under_the_bundles_leaves_everything_as_it_was() {
    filling("out", (0..7).map(|n| 4 + n * 36));
}

#[test]
fn a_full_disk_under_the_worklists_leaves_everything_as_it_was() {
    filling("worklist", (0..7).map(|n| 4 + n * 36));
}

#[test]
#[ignore = "a minute"]
fn a_disk_that_is_full_at_any_two_pages_leaves_everything_as_it_was() {
    for directory in ["out", "worklist"] {
        filling(directory, (0..100).map(|n| n * 8));
    }
}

#[test]
fn a_file_that_may_not_grow_fails_the_run_and_does_not_kill_it() {
    let scene = Scene::new(400);
    for blocks in [0, 1, 4, 16, 64] {
        let script = format!("ulimit -f {blocks}; exec \"$@\"");
        let said = Said::of(shell(&script, &scene.command()));
        scene.failed(said, 1, &["ulimit -f", "cannot"]);
    }
    scene.recovers();
}
