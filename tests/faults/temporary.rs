//! What lies on the disk while a run goes on.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::fault::{Fault, Stopped, WRITING};
use super::{Scene, mode};

/// The files that a process has open to write, by the name that the system gives them, with their handle.
fn written(process: u32) -> Vec<(PathBuf, PathBuf)> {
    let handles = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let handles = handles.map(|entry| entry.unwrap().path());
    let named = handles.filter_map(|handle| Some((fs::read_link(&handle).ok()?, handle)));
    let plain = named.filter(|(_, handle)| fs::metadata(handle).is_ok_and(|m| m.is_file()));
    plain
        .filter(|(_, handle)| {
            let info = handle.to_str().unwrap().replace("/fd/", "/fdinfo/");
            let info = fs::read_to_string(info).unwrap();
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
            // The lowest bits say whether it is open to be read only.
            !flags.unwrap().trim().ends_with('0')
        })
        .collect()
}

#[test]
fn temporary_files_lie_in_the_output_are_closed_to_others_and_hold_only_what_may_leave() {
    // Enough findings for the sheets of the workbook to have a file each.
    let scene = Scene::new(300);
    let base = scene.council.directory.path().to_owned();
    let temporary = scene.council.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let (mut seen, mut nameless, mut ended) = (0, 0, false);
    for at in (3..1000).step_by(11) {
        let fault = Fault {
            calls: WRITING,
            path: format!("{}/", base.display()),
            at,
            outcome: "stop",
            lasting: false,
        };
        let mut command = scene.command();
        command.env("TMPDIR", &temporary);
        let Some(command) = fault.put(command, &scene.council.path("mark")) else {
            return;
        };
        let Some(stopped) = Stopped::start(command) else {
            ended = true;
            break;
        };
        for (name, handle) in written(stopped.id()) {
            seen += 1;
            let text = name.display().to_string();
            assert!(name.starts_with(&base), "elsewhere: {text}");
            let below = name.strip_prefix(&base).unwrap();
            let metadata = fs::metadata(&handle).unwrap();
            let output = fs::metadata(base.join("out")).unwrap();
            assert_eq!(metadata.dev(), output.dev(), "{text}");
            assert_eq!(metadata.mode() & 0o7777, 0o600, "{text}");
            nameless += u32::from(metadata.nlink() == 0);
            // What the worklist's directory holds stays in the council.
            if below.starts_with("out") {
                scene.holds_nobody(&text, &fs::read(&handle).unwrap());
            } else {
                assert!(below.starts_with("worklist"), "{text}");
            }
        }
        for name in scene
            .is_intact()
            .keys()
            .filter(|name| name.matches('/').count() == 2)
        {
            if name.ends_with('/') && name.contains("/.cld-unfinished-") {
                scene.is_private(&scene.council.path(name), name.starts_with("out/"));
            }
        }
        assert_eq!(
            fs::read_dir(&temporary).unwrap().count(),
            0,
            "nothing in TMPDIR"
        );
        scene.silent(stopped.goes_on()).code(0);
        assert!(scene.takes_back());
    }
    assert!(
        seen > 10 && nameless > 0 && ended,
        "{seen} files seen, {nameless} of them nameless"
    );
}

#[test]
fn a_finished_bundle_is_open_as_usual_and_a_worklist_is_not() {
    let scene = Scene::new(40);
    let script = "umask 027; exec \"$@\"";
    let said = crate::support::Said::of(super::shell(script, &scene.command()));
    scene.silent(said).code(0);
    for name in scene.is_intact().keys() {
        let path: &Path = &scene.council.path(name);
        let expected = match (name.starts_with("out/"), path.is_dir()) {
            (true, true) => 0o750,
            (true, false) => 0o640,
            (false, true) => 0o700,
            (false, false) => 0o600,
        };
        assert_eq!(mode(path), expected, "{name}");
    }
}
