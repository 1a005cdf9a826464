//! T12: the order of the input, and the files that it comes in, leave no trace in the output.

use super::Chance;
use crate::support::{Council, call};

const FILES: [&str; 4] = [
    "submission.csv",
    "submission.parquet",
    "data-quality.csv",
    "findings.csv",
];

#[test]
fn t12_twenty_permutations_over_several_files_give_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sample.csv");
    let rows = [
        "sample",
        "--rows",
        "300",
        "--seed",
        "12",
        "--bad-rate",
        "0.03",
        "--out",
    ];
    call(rows.into_iter().chain([path.to_str().unwrap()])).code(0);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(path)
        .unwrap();
    let mut records: Vec<_> = reader.byte_records().map(Result::unwrap).collect();
    let header = records.remove(0);
    let file = |part: &[csv::ByteRecord]| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in [&header].into_iter().chain(part) {
            writer.write_byte_record(record).unwrap();
        }
        writer.into_inner().unwrap()
    };
    let outputs = |files: Vec<Vec<u8>>| {
        let council = files
            .into_iter()
            .enumerate()
            .fold(Council::bare(), |council, (n, bytes)| {
                council.and_file(&format!("{n}.csv"), bytes)
            });
        let ran = council.makes();
        FILES.map(|name| ran.read(name))
    };
    let expected = outputs(vec![file(&records)]);
    assert!(expected[0].split(|b| *b == b'\n').count() > 250);
    let mut chance = Chance(12);
    for turn in 0..20 {
        let before = records.clone();
        chance.shuffle(&mut records);
        assert!(records != before, "another order");
        let size = records.len().div_ceil(1 + turn % 4);
        let files = records.chunks(size).map(file).collect();
        let found = outputs(files);
        for (name, (found, expected)) in FILES.iter().zip(found.iter().zip(&expected)) {
            assert!(found == expected, "{name} differs in permutation {turn}");
        }
    }
}
