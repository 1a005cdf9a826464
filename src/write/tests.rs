//! What is written, from the bytes of a cell to directories that appear whole.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::csv_file::push_quoted;
use super::{
    Key, Lock, SortedRows, Spill, SpillWriter, Staging, Texts, WorklistHeader, WorklistLines,
    groups, render_csv,
};
use crate::treat::{Form, INLINE, Layout, OutputColumn, PSEUDONYM, Stored, Values};

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
fn cells_made_before_stand_among_the_others() {
    let mut made = WorklistLines::default();
    made.cell(b"=a");
    made.cell(b"");
    let mut lines = WorklistLines::default();
    for _ in 0..2 {
        lines.cells(&made);
        for number in [0, 7, 10, 987, u64::MAX] {
            lines.number(number);
        }
        lines.cells(&made);
        lines.end();
    }
    let line = "'=a,,0,7,10,987,18446744073709551615,'=a,\r\n";
    assert_eq!(String::from_utf8(lines.bytes).unwrap(), line.repeat(2));
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
    assert_eq!(groups(&[5_000; 4]), [0..2, 2..4]);
    assert_eq!(groups(&[0; 4]), vec![0..4; 1]);
}

/// A person by the first bytes of the pseudonym, and one more cell.
type Given<'a> = (Option<[u8; 4]>, &'a str);

/// What stands in the files, with the number of cells withheld. Values that get a number, and bytes in memory, are bounded.
fn written(
    rows: &[Given<'_>],
    withhold: &str,
    numbered: usize,
    in_memory: usize,
) -> (Vec<String>, u64) {
    let column = |name: &str, form, stored| OutputColumn {
        name: name.into(),
        form,
        field: 0,
        stored,
    };
    // The person stands behind the value, as in the return.
    let columns = [
        column("Cell", Form::Text, Stored::Value(0)),
        column("Person", Form::Pseudonym, Stored::Pseudonym(0)),
    ];
    let layout = Layout {
        values: 1,
        pseudonyms: 1,
        order: vec![1, 0],
        by_person: true,
        prefix: b"999_".to_vec(),
    };
    let directory = tempfile::tempdir().unwrap();
    let spill = Spill::with_memory(directory.path(), in_memory);
    let values = Values::with_room_for(1, numbered);
    // Rows reach the spill through any thread's writer.
    let mut writers = [SpillWriter::new(&spill), SpillWriter::new(&spill)];
    for (n, (person, cell)) in rows.iter().enumerate() {
        let person = person.map(|first| {
            let mut pseudonym = [0x11; PSEUDONYM];
            pseudonym[..4].copy_from_slice(&first);
            pseudonym
        });
        let number = values.number(0, cell.as_bytes(), true);
        let inline = (number == INLINE).then_some(cell.as_bytes());
        let mut row = Vec::new();
        layout.pack(
            &mut row,
            &[number],
            [person.as_ref()].into_iter(),
            inline.into_iter(),
        );
        let first = person.and_then(|p| p.first_chunk().copied());
        writers[n % 2].push(first, &row).unwrap();
    }
    for writer in writers {
        writer.finish().unwrap();
    }
    let texts = Texts::new(&values, &layout, &columns, |text, _| {
        text == withhold.as_bytes()
    })
    .unwrap();
    let key = Key {
        layout: &layout,
        columns: &columns,
        texts: &texts,
    };
    let (mut lines, mut withheld) = (Vec::new(), 0);
    for group in groups(&spill.rows()) {
        let rows =
            SortedRows::load(&spill, group, key, |_, text| text == withhold.as_bytes()).unwrap();
        withheld += rows.withheld.values().sum::<u64>();
        for row in 0..rows.len() {
            lines.push(String::from_utf8(render_csv(&rows, row..row + 1).to_vec()).unwrap());
        }
        let together = render_csv(&rows, 0..rows.len());
        let last = &lines[lines.len() - rows.len()..];
        assert_eq!(
            *together,
            *last.concat().as_bytes(),
            "a line hangs on the one before"
        );
    }
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        0,
        "nothing has a name"
    );
    (lines, withheld)
}

fn line((person, cell): Given<'_>) -> String {
    let mut quoted = Vec::new();
    push_quoted(&mut quoted, cell.as_bytes());
    let person = person.map_or(String::new(), |first| {
        format!(
            "{}{}",
            data_encoding::HEXLOWER.encode(&first),
            "11".repeat(28)
        )
    });
    format!("{},{person}\r\n", String::from_utf8(quoted).unwrap())
}

#[test]
fn rows_come_back_sorted_with_the_withheld_cells_empty() {
    let person = |first: u8, second: u8| Some([first, second, 0, 1]);
    let given = [
        (person(0xff, 0xff), "a"),
        (None, "z"),
        (person(0, 0xaa), "secret"),
        (person(0, 0xaa), "b"),
        (person(0, 0xaa), ""),
        (person(0x7f, 0), "b, c"),
        (person(0, 0xaa), "b"),
        (None, ""),
    ];
    let expected = [
        (None, ""),
        (None, "z"),
        (person(0, 0xaa), ""),
        (person(0, 0xaa), ""),
        (person(0, 0xaa), "b"),
        (person(0, 0xaa), "b"),
        (person(0x7f, 0), "b, c"),
        (person(0xff, 0xff), "a"),
    ];
    // Whether all texts, some or none have a number.
    for numbered in [9, 2, 0] {
        let (lines, withheld) = written(&given, "secret", numbered, 1 << 20);
        assert_eq!(lines, expected.map(line), "{numbered}");
        assert_eq!(withheld, 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Beside the plain sort of what is written, however much of it went by the disk.
    #[test]
    fn no_row_is_lost_or_changed(
        rows in proptest::collection::vec(
            (proptest::option::of(any::<[u8; 4]>().prop_map(|[a, b, c, d]| [a % 3 * 127, b % 3 * 127, c % 2, d % 2])), "[a-c,\" ]{0,2}"),
            0..80,
        ),
        numbered in 0_usize..12,
        in_memory in prop_oneof![Just(0_usize), Just(1 << 20)],
    ) {
        let mut given: Vec<Given<'_>> = rows.iter().map(|(person, cell)| (*person, cell.as_str())).collect();
        let (lines, _) = written(&given, "never", numbered, in_memory);
        given.sort();
        prop_assert_eq!(lines, given.into_iter().map(line).collect::<Vec<_>>());
    }
}

/// More than a thread collects at once, so that there are several runs, some in memory and some on the disk.
#[test]
fn rows_beyond_memory_go_by_the_disk_unharmed() {
    let long = "x".repeat(1 << 20);
    let cells: Vec<String> = (0..20).map(|n| format!("{n:03}{long}")).collect();
    let given: Vec<Given<'_>> = cells
        .iter()
        .zip(0_u32..)
        .map(|(cell, n)| {
            (
                Some(n.wrapping_mul(0x3700_0001).to_be_bytes()),
                cell.as_str(),
            )
        })
        .collect();
    let (lines, _) = written(&given, "", 0, 5 << 20);
    let mut expected = given;
    expected.sort();
    assert!(
        lines == expected.into_iter().map(line).collect::<Vec<_>>(),
        "rows differ"
    );
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
