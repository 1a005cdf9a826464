//! What is written, from the bytes of a cell to directories that appear whole.

use std::fs;
use std::io;
use std::path::Path;

use super::csv_file::push_quoted;
use super::{Lock, SortedRows, Spill, SpillWriter, Staging, WorklistHeader, WorklistLines, groups};

#[test]
fn cells_are_quoted_only_where_needed() {
    for (cell, expected) in [
        ("", ""),
        ("a b;c'", "a b;c'"),
        ("a,b", "\"a,b\""),
        ("a\"b", "\"a\"\"b\""),
        ("a\nb", "\"a\nb\""),
        ("a\rb", "\"a\rb\""),
    ] {
        let mut line = b"x,".to_vec();
        push_quoted(&mut line, cell.as_bytes());
        assert_eq!(line, format!("x,{expected}").as_bytes());
    }
}

#[test]
fn the_worklist_runs_no_formula() {
    let mut lines = WorklistLines::default();
    for cell in ["=a", "+1", "@b", "-c", "-5.00", "-", "\tx", "a,\"b", ""] {
        lines.cell(cell.as_bytes());
    }
    lines.end();
    lines.cell(b"next");
    lines.end();
    assert_eq!(
        String::from_utf8(lines.bytes).unwrap(),
        "'=a,'+1,'@b,'-c,-5.00,'-,'\tx,\"a,\"\"b\",\r\nnext\r\n"
    );
}

#[test]
fn local_columns_stand_once_at_the_end_of_the_header() {
    let header = WorklistHeader::new(["local_b", "local_a", "local_b"].into_iter());
    assert_eq!(header.local(), ["local_b", "local_a"]);
    let line = header.findings();
    assert!(line.starts_with(b"\xEF\xBB\xBFrule,severity,"));
    assert!(line.ends_with(b",record_excluded,local_b,local_a\r\n"));
}

#[test]
fn groups_hold_all_buckets_once_and_in_order() {
    for rows in [
        vec![0; 128],
        vec![1; 128],
        vec![20_000; 128],
        vec![40_000, 0, 0],
    ] {
        let groups = groups(&rows);
        let all: Vec<_> = groups.iter().cloned().flatten().collect();
        assert!(all.iter().copied().eq(0..all.len()), "{groups:?}");
        assert_eq!(rows[all.len()..].iter().sum::<u64>(), 0);
    }
    assert_eq!(groups(&[20_000; 4]), [0..2, 2..4]);
    assert_eq!(groups(&[0; 4]), vec![0..4; 1]);
}

/// A row of a person pseudonym and one more cell.
fn row(pseudonym: &str, cell: &str) -> Vec<u8> {
    format!("{pseudonym}\0{cell}\0").into_bytes()
}

fn sorted(rows: &[Vec<u8>], withhold: &str) -> io::Result<(Vec<Vec<u8>>, u64)> {
    let directory = tempfile::tempdir()?;
    let spill = Spill::new(directory.path());
    // Rows reach the spill through any thread's writer.
    let mut writers = [SpillWriter::new(&spill), SpillWriter::new(&spill)];
    for (n, row) in rows.iter().enumerate() {
        let first = row
            .get(..2)
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        writers[n % 2].push(first, |buffer| {
            buffer.extend_from_slice(row);
            0b11
        })?;
    }
    for writer in writers {
        writer.finish()?;
    }
    let (mut all, mut withheld) = (Vec::new(), 0);
    for bucket in groups(&spill.rows()).into_iter().flatten() {
        let rows = SortedRows::load(&spill, bucket, 2, |at, cell| {
            at == 1 && cell == withhold.as_bytes()
        })?;
        all.extend(rows.iter().map(|row| row.bytes.to_vec()));
        withheld += rows.withheld.values().sum::<u64>();
    }
    assert_eq!(
        fs::read_dir(directory.path())?.count(),
        0,
        "nothing has a name"
    );
    Ok((all, withheld))
}

#[test]
fn rows_come_back_sorted_with_the_withheld_cells_empty() {
    let given = [
        row("ffff", "a"),
        row("", "z"),
        row("00aa", "secret"),
        row("00aa", "b"),
        row("00aa", ""),
        row("7f00", "b"),
        row("00aa", "b"),
    ];
    let (rows, withheld) = sorted(&given, "secret").unwrap();
    let expected = [
        row("", "z"),
        row("00aa", ""),
        row("00aa", ""),
        row("00aa", "b"),
        row("00aa", "b"),
        row("7f00", "b"),
        row("ffff", "a"),
    ];
    assert_eq!(rows, expected);
    assert_eq!(withheld, 1);
}

#[test]
fn rows_beyond_memory_go_by_the_disk_unharmed() {
    let long = "x".repeat(1 << 20);
    let given: Vec<_> = (0..130_u32)
        .map(|n| {
            row(
                &format!("{:02x}{n:04}", n * 37 % 256),
                &format!("{n:03}{long}"),
            )
        })
        .collect();
    let (rows, _) = sorted(&given, "").unwrap();
    let mut expected = given;
    expected.sort();
    assert!(rows == expected, "rows differ");
}

fn begin(base: &Path) -> Staging {
    let begun = Staging::begin(base, false).unwrap();
    begun.expect("nobody holds it")
}

#[test]
fn a_directory_appears_whole_or_not_at_all() {
    let base = tempfile::tempdir().unwrap();
    let out = base.path().join("out");
    {
        let stage = begin(&out);
        fs::write(stage.path().join("a"), "1").unwrap();
        assert!(!out.join("run").exists());
    }
    assert!(!out.exists(), "a base that was made goes again");

    let stage = begin(&out);
    fs::write(stage.path().join("a"), "1").unwrap();
    stage.finish("run", false).unwrap();
    assert_eq!(fs::read_to_string(out.join("run/a")).unwrap(), "1");

    // What is there is replaced on demand only.
    let stage = begin(&out);
    fs::write(stage.path().join("b"), "2").unwrap();
    assert!(stage.finish("run", false).is_err());
    assert!(out.join("run/a").exists());
    let stage = begin(&out);
    fs::write(stage.path().join("b"), "2").unwrap();
    stage.finish("run", true).unwrap();
    assert!(!out.join("run/a").exists() && out.join("run/b").exists());
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn only_what_dead_runs_left_is_cleared() {
    let base = tempfile::tempdir().unwrap();
    let left = base.path().join(".cld-unfinished-x/filled");
    fs::create_dir_all(&left).unwrap();
    fs::create_dir(base.path().join("run")).unwrap();
    fs::write(base.path().join(".cld-unfinished-file"), "").unwrap();
    let stage = begin(base.path());
    assert!(!left.exists() && stage.path().exists());
    assert!(base.path().join("run").exists());
    assert!(base.path().join(".cld-unfinished-file").exists());
    // Nor what a run is at work on.
    assert!(Staging::begin(base.path(), false).unwrap().is_none());
    assert!(stage.path().exists());
}

#[test]
fn a_lock_is_held_once() {
    let base = tempfile::tempdir().unwrap();
    let held = Lock::take(base.path()).unwrap();
    assert!(held.is_some());
    assert!(Lock::take(base.path()).unwrap().is_none());
    drop(held);
    assert!(Lock::take(base.path()).unwrap().is_some());
    assert!(Lock::take(&base.path().join("nowhere")).is_err());
}
