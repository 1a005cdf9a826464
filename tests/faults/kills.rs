//! Runs that are killed or asked to stop, anywhere.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::fault::{Fault, WRITING, signal};
use super::{Chance, Scene, said};
use crate::support::Said;

/// Kills or stops runs at so many moments.
fn killed_at(points: u64, rows: u32) {
    let scene = Scene::new(rows);
    let mut chance = Chance::new();
    let begun = Instant::now();
    scene.recovers();
    let whole = begun.elapsed().as_micros() as u64;
    let mut finished = 0;
    for point in 0..points {
        let ends = match point % 5 {
            3 => Signal::SIGTERM,
            4 => Signal::SIGINT,
            _ => Signal::SIGKILL,
        };
        let mut command = scene.command();
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = piped.spawn().unwrap();
        std::thread::sleep(Duration::from_micros(chance.below(whole)));
        signal(child.id(), ends);
        let output = child.wait_with_output().unwrap();
        let code = output.status.code();
        let said = scene.silent(Said::of(output));
        // A signal that comes before anybody listens ends the program as it always does.
        let expected = match ends {
            Signal::SIGKILL => code.is_none() || code == Some(0),
            _ => matches!(code, None | Some(0 | 130)),
        };
        assert!(expected, "{ends} {code:?} {}", said.stderr);
        if code == Some(130) {
            said.says(&["stopped on request"]);
            assert!(scene.is_intact().is_empty(), "left behind");
        }
        // The last step of all may be done when the signal comes.
        let made = scene.takes_back_or_leaves(point % 2 == 0);
        assert!(made || code != Some(0));
        finished += u64::from(made);
        if point % 10 == 9 {
            scene.recovers();
        }
    }
    scene.recovers();
    println!("{finished} of {points} had finished");
}

#[test]
fn a_run_killed_at_any_moment_leaves_the_earlier_bundle_and_no_half_of_another() {
    killed_at(15, 100);
}

#[test]
#[ignore = "a minute"]
fn a_longer_run_killed_at_50_moments_leaves_the_earlier_bundle_and_no_half_of_another() {
    killed_at(50, 300);
}

/// Kills a run before the calls that `pick` chooses of all that change the disk.
fn killed_before(pick: impl Fn(u64) -> bool) {
    let scene = Scene::new(40);
    let mark = scene.council.path("mark");
    for at in 1.. {
        if !pick(at) && at < 400 {
            continue;
        }
        let fault = Fault {
            calls: WRITING,
            path: scene.council.directory.path().display().to_string(),
            at,
            outcome: "kill",
            lasting: false,
        };
        let Some(mut command) = fault.put(scene.command(), &mark) else {
            return;
        };
        let said = scene.silent(said(&mut command));
        let killed = std::fs::remove_file(&mark).is_ok();
        assert_eq!(said.code, if killed { -1 } else { 0 });
        let made = scene.takes_back_or_leaves(at % 2 == 0);
        assert!(killed || made);
        if !killed {
            break;
        }
    }
    scene.recovers();
}

#[test]
fn a_run_killed_before_a_write_leaves_the_earlier_bundle_and_no_half_of_another() {
    killed_before(|at| at % 11 == 1);
}

#[test]
#[ignore = "a minute"]
fn a_run_killed_before_any_write_leaves_the_earlier_bundle_and_no_half_of_another() {
    killed_before(|_| true);
}
