//! Lines and headers that no return has, in memory that does not grow with them.

use std::io::Write as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Scene, sample};
use crate::support::Said;

/// Mebibytes that a refusal may take.
const MOST: u64 = 256;

/// Runs the scene and says how much memory it took, in mebibytes.
fn measured(scene: &Scene) -> (Said, u64) {
    let mut command = scene.council.command();
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = piped.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watch = thread::spawn(move || {
        let mut peak = 0;
        while let Ok(status) = std::fs::read_to_string(&status) {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(line) = line else { break };
            let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
            peak = peak.max(kib / 1024);
            thread::sleep(Duration::from_millis(5));
        }
        peak
    });
    let said = Said::of(child.wait_with_output().unwrap());
    (said, watch.join().unwrap())
}

/// Gzipped: the first two lines of a sample, then a gibibyte of these bytes without a line end, in pieces that are alike.
fn endless(byte: u8) -> Vec<u8> {
    let gzip = |bytes: &[u8]| {
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    };
    let rows = sample(5, 1);
    let end = memchr::memchr_iter(b'\n', &rows).nth(1).unwrap();
    let begin = gzip(&[&rows[..=end], b"999,"].concat());
    [begin, gzip(&vec![byte; 1 << 20]).repeat(1 << 10)].concat()
}

fn refused(source: &str, bytes: &[u8], says: &[&str]) {
    let name = source.to_owned();
    let scene = Scene::new(40);
    let scene = Scene {
        council: {
            let mut council = crate::support::Council::file(&name, bytes);
            council.directory = scene.council.directory;
            council
        },
        ..scene
    };
    let (said, peak) = measured(&scene);
    scene.failed(said, 3, says);
    assert!(peak < MOST, "{peak} MiB");
}

#[test]
fn a_line_of_a_gigabyte_is_refused_with_its_row_in_little_memory() {
    let line = endless(b'x');
    refused(
        "line.csv.gz",
        &line,
        &["line.csv.gz row 3", "longer than 16 MiB", "quote"],
    );
}

#[test]
fn a_gigabyte_of_nothing_is_refused_with_its_row_in_little_memory() {
    let nothing = endless(0);
    refused("nothing.csv.gz", &nothing, &["nothing.csv.gz row 3", "NUL"]);
}

/// A sample with so many more columns, in the header, in the rows, or both.
fn wide(more: usize, header: bool, rows: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut wide = Vec::new();
    for (at, line) in sample(30, 4).split_inclusive(|b| *b == b'\n').enumerate() {
        wide.extend_from_slice(line.trim_ascii_end());
        for n in 0..more {
            match at {
                0 if header => write!(wide, ",local_{n}").unwrap(),
                0 => {}
                _ if rows(at) => wide.push(b','),
                _ => {}
            }
        }
        wide.extend_from_slice(b"\r\n");
    }
    wide
}

#[test]
fn five_thousand_columns_of_which_48_are_the_return_s_are_read() {
    let scene = Scene::new(40);
    let scene = Scene {
        council: {
            let bytes = wide(4952, true, |_| true);
            let mut council = crate::support::Council::file("cld.csv", bytes);
            council.directory = scene.council.directory;
            council.set("gate", "{max_error_records: 100%}")
        },
        ..scene
    };
    let (said, peak) = measured(&scene);
    scene.silent(said).code(0);
    assert!(peak < MOST, "{peak} MiB");
    assert!(scene.takes_back(), "a bundle");
}

#[test]
fn five_thousand_columns_that_nobody_knows_are_refused() {
    let bytes = wide(4952, true, |_| true);
    let bytes = String::from_utf8(bytes)
        .unwrap()
        .replace(",local_", ",more_");
    refused(
        "cld.csv",
        bytes.as_bytes(),
        &["cld.csv", "more_0", "under `ignore:`"],
    );
}

#[test]
fn a_row_of_five_thousand_cells_below_a_header_of_48_is_refused() {
    let bytes = wide(4952, false, |row| row == 7);
    refused("cld.csv", &bytes, &["cld.csv row 8", "5000"]);
}
