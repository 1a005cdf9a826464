//! T6: ten thousand NHS numbers planted wherever a source or a configuration can hold one, and looked for in everything
//! that a run makes or says, however it ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use calamine::{Data, DataType as _};
use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::{Chance, real_numbers, with_own_key};
use crate::support::{
    Council, Ran, Record, Said, Table, Workbook, assessment, call, carer, request, review, service,
    tree,
};
use crate::treatment::parquet;

const CANARIES: usize = 10_000;
/// Characters of base64 that ten digits fill whatever stands before them, at each of the three places they can begin.
const BASE64_CORE: usize = 12;

/// Looks for the canaries in bytes.
struct Detector {
    numbers: HashSet<u64, FixedState>,
    cores: HashSet<[u8; BASE64_CORE], FixedState>,
}

impl Detector {
    fn new(canaries: &[String]) -> Self {
        let mut cores = HashSet::default();
        for canary in canaries {
            for (before, skip) in [("", 0), ("x", 2), ("xx", 3)] {
                let text = BASE64.encode(format!("{before}{canary}").as_bytes());
                cores.insert(
                    text.as_bytes()[skip..skip + BASE64_CORE]
                        .try_into()
                        .unwrap(),
                );
            }
        }
        let numbers = canaries
            .iter()
            .map(|canary| canary.parse().unwrap())
            .collect();
        Self { numbers, cores }
    }

    /// In which form a canary stands in the bytes, if one does.
    fn finds(&self, bytes: &[u8]) -> Option<&'static str> {
        for at in 0..bytes.len() {
            let rest = &bytes[at..];
            if rest[0].is_ascii_digit()
                && let Some(form) = self.begins(rest)
            {
                return Some(form);
            }
            if let Some(word) = rest.first_chunk::<8>() {
                let (little, big) = (u64::from_le_bytes(*word), u64::from_be_bytes(*word));
                if (little >> 34 == 0 && self.numbers.contains(&little))
                    || (big >> 34 == 0 && self.numbers.contains(&big))
                {
                    return Some("as an integer");
                }
            }
            if let Some(core) = rest.first_chunk::<BASE64_CORE>() {
                let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
                if core.iter().all(fits) && self.cores.contains(core) {
                    return Some("in base64");
                }
            }
        }
        None
    }

    /// Ten digits from here: raw, with something between the groups or all digits, or as hexadecimal of the text.
    fn begins(&self, rest: &[u8]) -> Option<&'static str> {
        let has = |digits: &[u8]| {
            let number = digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0'));
            digits.len() == 10 && self.numbers.contains(&number)
        };
        let (mut digits, mut gap) = (Vec::with_capacity(10), 0);
        for byte in rest {
            match byte {
                b'0'..=b'9' => {
                    digits.push(*byte);
                    gap = 0;
                }
                b',' | b'\n' | b'a'..=b'z' | b'A'..=b'Z' => break,
                // A character between digits has up to three bytes.
                _ if gap < 3 => gap += 1,
                _ => break,
            }
            if digits.len() == 10 {
                break;
            }
        }
        if has(&digits) {
            return Some("in digits");
        }
        let hex = rest.first_chunk::<20>()?;
        let pairs = hex.chunks(2);
        let of_text: Option<Vec<u8>> = pairs
            .map(|pair| (pair[0] == b'3' && pair[1].is_ascii_digit()).then_some(pair[1]))
            .collect();
        of_text
            .filter(|digits| has(digits))
            .map(|_| "in hexadecimal")
    }

    #[track_caller]
    fn silent(&self, what: &str, bytes: &[u8]) {
        if let Some(form) = self.finds(bytes) {
            panic!("{what}: a planted NHS number {form}");
        }
    }

    /// What was printed holds none.
    #[track_caller]
    fn says_none(&self, said: &Said) {
        self.silent("stdout", said.stdout.as_bytes());
        self.silent("stderr", said.stderr.as_bytes());
    }
}

/// The detector must be able to see what it looks for.
#[test]
fn t06_the_detector_sees_every_form() {
    let canaries = real_numbers(100);
    let detector = Detector::new(&canaries[..50]);
    for canary in &canaries[..50] {
        let (a, b, c) = (&canary[..3], &canary[3..6], &canary[6..]);
        let spread: Vec<String> = canary.chars().map(String::from).collect();
        let mut forms: Vec<Vec<u8>> = [
            canary.clone(),
            format!("x{canary}y"),
            format!("{a} {b} {c}"),
            format!("{a}-{b}-{c}"),
            format!("{a}\u{2013}{b}\u{a0}{c}"),
            spread.join(" "),
            HEXLOWER.encode(canary.as_bytes()),
            HEXUPPER.encode(format!("ab{canary}").as_bytes()),
        ]
        .map(String::into_bytes)
        .to_vec();
        for before in ["", "a", "ab", "abc"] {
            forms.push(
                BASE64
                    .encode(format!("{before}{canary} and more").as_bytes())
                    .into_bytes(),
            );
        }
        let number: u64 = canary.parse().unwrap();
        forms.extend([number.to_le_bytes().to_vec(), number.to_be_bytes().to_vec()]);
        for form in forms {
            let within = [b"before: ", &form[..], b"; after"].concat();
            assert!(
                detector.finds(&within).is_some(),
                "{}",
                String::from_utf8_lossy(&within)
            );
        }
    }
    for other in &canaries[50..] {
        assert_eq!(detector.finds(other.as_bytes()), None);
    }
}

/// How the canaries are written, one way after the other.
fn written(canary: &str, way: usize) -> String {
    let (a, b, c) = (&canary[..3], &canary[3..6], &canary[6..]);
    match way % 8 {
        0 | 1 => canary.to_owned(),
        2 => format!("{a} {b} {c}"),
        3 => format!("{a}-{b}-{c}"),
        4 => format!("rang about {canary}, no answer"),
        5 => format!("({a} {b} {c})"),
        6 => format!("NHS:{canary}"),
        _ => format!("{a}\u{2013}{b}\u{a0}{c}"),
    }
}

/// Records with a canary in every column of the return and in three of the source's own.
fn records(canaries: &[String]) -> Vec<Record> {
    let mut chance = Chance(6);
    let mut left = canaries.iter();
    let mut records = Vec::new();
    while left.len() > 0 {
        let bases = [service(), request(), assessment(), review(), carer()];
        let mut record = bases[chance.below(5)]
            .clone()
            .with("local_note", "")
            .with("local_worker", "")
            .with("Team", "");
        let columns: Vec<String> = record.columns().into_iter().map(str::to_owned).collect();
        // A third of the columns at a time: a record of nothing but numbers would be left out.
        let first = chance.below(3);
        for (at, column) in columns.iter().enumerate().filter(|(at, _)| at % 3 == first) {
            let dates = [
                "Reporting Period Start Date",
                "Event Start Date",
                "Event Type",
                "Event End Date",
            ];
            if dates.contains(&column.as_str()) && chance.below(10) > 0 {
                continue;
            }
            let Some(canary) = left.next() else { break };
            let way = if column == "NHS Number" {
                chance.below(4)
            } else {
                chance.below(8) + at
            };
            record = record.with(column, written(canary, way));
        }
        records.push(record);
    }
    records
}

/// A council whose sources hold all but the last hundred canaries; those stand in names.
fn planted(canaries: &[String]) -> Council {
    let (in_cells, in_names) = canaries.split_at(canaries.len() - 100);
    let [local, own, ignored] = [&in_names[0], &in_names[1], &in_names[2]];
    let named = |record: Record| {
        let local = format!("local_{local}");
        record
            .with(&local, "North")
            .renamed("Dementia", own)
            .with(ignored, "left out")
    };
    let records: Vec<_> = records(in_cells).into_iter().map(named).collect();
    let (first, second) = records.split_at(records.len() / 2);
    let reads = format!("columns: {{\"{own}\": Dementia}}, ignore: [Team, \"{ignored}\"]");
    let source = |council: Council, name: &str, part: &[Record]| {
        council
            .source(&format!("{name}.csv"), part.to_vec())
            .reads(&reads)
    };
    let council = source(Council::bare(), &in_names[3], first);
    with_own_key(source(
        council,
        &format!("week of {}", written(&in_names[4], 2)),
        second,
    ))
}

/// Columns of the worklist that may hold what the extract held.
fn may_hold(column: &str) -> bool {
    let cells = [
        "person_id",
        "event_reference",
        "received",
        "source_column",
        "value",
        "also_follows",
    ];
    cells.contains(&column) || column.starts_with("local_")
}

fn check_worklist(detector: &Detector, directory: &Path) {
    let mut held = 0;
    for (name, bytes) in tree(directory) {
        if name.ends_with(".csv") {
            let table = Table::of(&bytes);
            for (at, column) in table.header.iter().enumerate() {
                let hits = table
                    .rows
                    .iter()
                    .filter(|row| detector.finds(row[at].as_bytes()).is_some());
                let hits = hits.count();
                assert!(hits == 0 || may_hold(column), "{name}: {hits} in {column}");
                held += hits;
            }
        } else {
            let mut workbook = Workbook::open(&directory.join(&name));
            for sheet in workbook.sheets() {
                detector.silent("the name of a sheet", sheet.as_bytes());
                let rows = workbook.rows(&sheet);
                let header: Vec<String> = rows[0]
                    .iter()
                    .map(|cell: &Data| cell.as_string().unwrap_or_default())
                    .collect();
                for (at, column) in header
                    .iter()
                    .enumerate()
                    .filter(|(_, column)| !may_hold(column))
                {
                    for row in &rows[1..] {
                        let cell = row[at].as_string().unwrap_or_default();
                        detector.silent(&format!("{sheet} {column}"), cell.as_bytes());
                    }
                }
            }
        }
    }
    assert!(
        held > 1_000,
        "a worklist that shows what it is about: {held}"
    );
}

/// Everything below a council's directory that is not its own files, not the worklist and not named by it.
fn check_left(detector: &Detector, council: &Council, temporary: &BTreeMap<String, Vec<u8>>) {
    assert!(
        temporary.is_empty(),
        "left in the temporary directory: {:?}",
        temporary.keys()
    );
    for (name, bytes) in tree(council.directory.path()) {
        if name.starts_with("out/") || name.starts_with("tmp/") {
            detector.silent("the name of a file", name.as_bytes());
            detector.silent(&name, &bytes);
        }
    }
}

/// Runs with a temporary directory of its own.
fn run(detector: &Detector, council: Council) -> Ran {
    let temporary = council.path("tmp");
    fs::create_dir_all(&temporary).unwrap();
    let output = council
        .command()
        .env("TMPDIR", &temporary)
        .output()
        .unwrap();
    let said = Said::of(output);
    detector.says_none(&said);
    check_left(detector, &council, &tree(&temporary));
    Ran { council, said }
}

#[test]
fn t06_no_canary_leaks_from_a_run() {
    let canaries = real_numbers(CANARIES);
    let detector = Detector::new(&canaries);
    let ran = run(&detector, planted(&canaries));
    assert_eq!(ran.said.code, 0, "{}", ran.said.stderr);
    let submission = ran.submission();
    assert!(submission.rows.len() > 300, "{}", ran.said.stdout);
    // Parquet's pages are compressed: its cells as they are read.
    for cell in parquet::read(&ran).rows.iter().flatten() {
        detector.silent("submission.parquet", cell.as_bytes());
    }
    check_worklist(&detector, &ran.worklist_directory());
}

#[test]
fn t06_no_canary_leaks_from_a_run_that_fails() {
    let canaries = real_numbers(CANARIES);
    let detector = Detector::new(&canaries);
    let name = &canaries[CANARIES - 10];
    let fails = |council: Council, code: i32| {
        let ran = run(&detector, council);
        assert_eq!(ran.said.code, code, "{}", ran.said.stderr);
        ran
    };
    let planted = || planted(&canaries);
    fails(
        planted()
            .beside("file", "")
            .set("output", "{bundle: file/out, worklist: worklist}"),
        1,
    );
    fails(planted().set("treatments", "{NHS Number: keep}"), 2);
    let ragged = format!("{name},x\n");
    fails(
        planted().and_file(
            "ragged.csv",
            [
                &Record::csv(&records(&canaries[..40]))[..],
                ragged.as_bytes(),
            ]
            .concat(),
        ),
        3,
    );
    let unknown = service().with(name, "x").with(&written(name, 2), "x");
    fails(planted().source("unknown.csv", [unknown]), 3);
    fails(
        planted().and_file(
            "headless.csv",
            format!("999,01/04/2025,31/03/2026,{name},P1\n"),
        ),
        3,
    );
    fails(planted().and_missing(&format!("{name}.csv")), 3);
    let ran = fails(planted().set("gate", "{max_error_records: 1%}"), 4);
    check_worklist(&detector, &ran.worklist_directory());
    let wrong = "{file: council.key, epoch: \"2026\", id: 4be756613018645e}";
    fails(planted().set("key", wrong), 5);
    let test = format!(
        "{{file: {}, epoch: \"2026\"}}",
        crate::support::samples("test.key")
    );
    fails(planted().set("key", test), 5);
    let held = planted();
    fs::create_dir_all(held.path("out")).unwrap();
    let lock = fs::File::open(held.path("out")).unwrap();
    lock.lock().unwrap();
    fails(held, 7);
}

#[test]
fn t06_no_canary_leaks_from_other_commands() {
    let canaries = real_numbers(CANARIES);
    let detector = Detector::new(&canaries);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cld.csv");
    let plain = records(&canaries[..1_000])
        .into_iter()
        .map(|record| record.without("Team"));
    fs::write(&file, Record::csv(&plain.collect::<Vec<_>>())).unwrap();
    let file = file.to_str().unwrap();
    for format in ["human", "json", "sarif", "junit"] {
        let said = call(["validate", "--format", format, file]);
        assert!(said.stdout.len() > 5_000, "{}", said.stderr);
        detector.says_none(&said);
    }
    // A bundle that fails to verify, with a canary where it was damaged and in the name of a file.
    let ran = Council::of([service()]).makes();
    let submission = ran.bundle().join("submission.csv");
    let whole = fs::read(&submission).unwrap();
    let verify = || {
        let key = crate::support::samples("test-signing.pub.pem");
        let bundle = ran.bundle();
        let said = call([
            "manifest",
            "verify",
            bundle.to_str().unwrap(),
            "--public-key",
            &key,
        ]);
        detector.says_none(&said);
        said.code(6);
    };
    fs::write(&submission, [&whole[..], canaries[0].as_bytes()].concat()).unwrap();
    verify();
    fs::write(&submission, whole).unwrap();
    let manifest = ran.bundle().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        text.replacen("\"999\"", &format!("\"{}\"", canaries[1]), 1),
    )
    .unwrap();
    verify();
    fs::write(&manifest, text).unwrap();
    fs::write(ran.bundle().join(format!("{}.txt", canaries[2])), "").unwrap();
    verify();
}

#[test]
fn t06_no_canary_leaks_from_what_is_made_of_a_run() {
    // Fewer: an unoptimised attack tries each of them in thousands of forms.
    let canaries = real_numbers(600);
    let detector = Detector::new(&canaries);
    let ran = run(&detector, planted(&canaries));
    let (bundle, config) = (ran.bundle(), ran.council.path("council.yaml"));
    let [bundle, config] = [&bundle, &config].map(|path| path.to_str().unwrap());
    for command in [
        &["map", "suggest", "--config", config][..],
        &["map", "check", "--config", config],
        &["map", "check", "--config", config, "--format", "json"],
        &["attack", bundle, "--extract", config, "--no-dictionary"],
        &["manifest", "show", bundle],
        &["manifest", "diff", bundle, bundle],
        &["register", bundle],
        &["report", bundle],
    ] {
        let said = call(command.iter().copied());
        detector.says_none(&said);
        assert!(said.code(0).stdout.len() > 40, "{command:?}");
    }
}

#[test]
fn t06_no_canary_leaks_from_the_name_of_a_sheet() {
    let canaries = real_numbers(2);
    let detector = Detector::new(&canaries);
    let table = Table::of(&Record::csv(&[service().with("Gender", "M")]));
    let workbook = |names: &[String]| {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        for name in names {
            let sheet = workbook.add_worksheet().set_name(name).unwrap();
            for (at, row) in std::iter::once(&table.header)
                .chain(&table.rows)
                .enumerate()
            {
                for (column, cell) in row.iter().enumerate() {
                    sheet.write_string(at as u32, column as u16, cell).unwrap();
                }
            }
        }
        workbook.save_to_buffer().unwrap()
    };
    let names = [format!("of {}", canaries[0]), written(&canaries[1], 2)];
    let one = workbook(&names[..1]);
    let ran = run(&detector, Council::file("cld.xlsx", &one));
    assert_eq!(ran.said.code, 0, "{}", ran.said.stderr);
    for (name, bytes) in tree(&ran.worklist_directory()) {
        detector.silent(&name, &bytes);
    }
    let file = ran.council.path("cld.xlsx");
    for format in ["human", "json", "sarif", "junit"] {
        let said = call(["validate", "--format", format, file.to_str().unwrap()]);
        assert!(said.stdout.contains("gender"), "{format}: {}", said.stderr);
        detector.says_none(&said);
    }
    // Which of two is meant is asked for by name.
    let ran = run(&detector, Council::file("cld.xlsx", workbook(&names)));
    ran.said.code(3).says(&["several sheets"]);
}
