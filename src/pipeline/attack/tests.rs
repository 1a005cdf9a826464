//! Bundles that must be found out: made by a weakened build, or with something planted in them.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

use super::super::run::{Outcome, RunOptions, run};
use super::*;
use crate::attest::{CHECKSUMS, ENVELOPE, MANIFEST, REPORT, SigningKey};
use crate::treat::weak::Weak;

/// An NHS number and a person id of the extract.
const NUMBER: &str = "9990000018";
const PERSON: &str = "P1000";

/// A council of forty people with two events each.
struct Council(TempDir);

fn numbers() -> Vec<String> {
    let numbers = Stretch::around(9_990_000_018).numbers();
    numbers[..40]
        .iter()
        .map(|n| String::from_utf8_lossy(n).into_owned())
        .collect()
}

impl Council {
    fn new() -> Self {
        let council = Self(tempfile::tempdir().unwrap());
        let mut numbers = numbers();
        let known = numbers
            .iter()
            .position(|n| n == NUMBER)
            .expect("it lies in the stretch");
        numbers.swap(0, known);
        let mut csv = "LA Code,Reporting Period Start Date,Reporting Period End Date,NHS Number,LA Person Unique Identifier,\
            Gender,Date of Birth,Postcode,Event Type,Event Reference,Event Start Date,Event End Date,GP Practice Code\n"
            .to_owned();
        for (at, number) in numbers.iter().enumerate() {
            for event in 0..2 {
                csv += &format!(
                    "999,01/04/2025,31/03/2026,{number},P{},{},0{}/05/19{},ZX1 {}AB,Request,E{at}-{event},{:02}/{:02}/2025,28/12/2025,A{:05}\n",
                    1000 + at,
                    ["Female", "Male"][at % 2],
                    1 + at % 9,
                    30 + at,
                    at % 10,
                    1 + at % 28,
                    4 + event,
                    81_000 + at,
                );
            }
        }
        fs::write(council.0.path().join("cld.csv"), csv).unwrap();
        council
    }

    fn config(&self, settings: &str) -> Config {
        let samples = format!("{}/samples/keys", env!("CARGO_MANIFEST_DIR"));
        let recipient = if settings.contains("recipient:") {
            ""
        } else {
            "recipient: nhs-england\n"
        };
        let schema = crate::schema::Schema::load("cld-release-2", None).unwrap();
        let header = fs::read_to_string(self.0.path().join("cld.csv")).unwrap();
        let header: Vec<&str> = header.lines().next().unwrap().split(',').collect();
        let absent = schema
            .fields
            .iter()
            .filter(|f| !header.contains(&f.name.as_str()) && !f.optional());
        let absent: Vec<_> = absent.map(|f| format!("\"{}\"", f.name)).collect();
        let yaml = format!(
            "return: cld-release-2\nperiod: {{start: 2025-04-01, end: 2026-03-31}}\ncontroller: {{la_code: \"999\", name: Testshire}}\n\
             {recipient}{settings}purpose: client-level-data\nkey: {{file: {samples}/test.key, epoch: \"2026\"}}\n\
             signing_key: {samples}/test-signing.pem\nsources:\n  - {{name: all, file: cld.csv, absent: [{}]}}\n\
             output: {{bundle: out, worklist: worklist}}\ngovernance: {{legal_basis: Act, direction: No. 3, dpia: D1, \
             retain_until: 2032-03-31, national_data_opt_out: {{applied: false, reason: mandated}}}}\n",
            absent.join(", ")
        );
        let path = self.0.path().join("council.yaml");
        fs::write(&path, yaml).unwrap();
        Config::load(&path, None).unwrap()
    }

    fn run(&self, settings: &str, weak: Option<Weak>, unattacked: bool) -> Result<Outcome> {
        let mut options = RunOptions::new(None, false);
        (options.weak, options.unattacked) = (weak, unattacked);
        run(self.config(settings), &options)
    }

    fn bundle(&self, weak: Option<Weak>) -> PathBuf {
        self.run("", weak, weak.is_some()).unwrap().bundle.unwrap()
    }

    fn attack(&self, bundle: &Path, others: Vec<PathBuf>) -> Attacked {
        let mut options = AttackOptions::new(others, None, true);
        // One stretch has all numbers of this council, and what is issued is for the release build to try.
        options.stretches = Some(vec![Stretch::around(9_990_000_018)]);
        // What further forms find is tested where they are made.
        options.algorithms = &[];
        attack(&self.config(""), bundle, &options).unwrap()
    }
}

/// The ids of the attacks that succeeded.
fn broken(attacked: &Attacked) -> Vec<&'static str> {
    attacked.broken().map(|attack| attack.id).collect()
}

fn verdict_of<'a>(attacked: &'a Attacked, id: &str) -> &'a Verdict {
    &attacked
        .attacks
        .iter()
        .find(|attack| attack.id == id)
        .expect("tried")
        .verdict
}

fn words_of(attacked: &Attacked) -> String {
    format!("{:?}", attacked.attacks)
}

/// Changes a file of a bundle and seals it again, as whoever made it could.
fn reseal(bundle: &Path, file: &str, change: impl FnOnce(&Path)) {
    let path = bundle.join(file);
    let statement = attest::check_unsigned(bundle, None).unwrap();
    change(&path);
    for name in [MANIFEST, ENVELOPE, CHECKSUMS] {
        fs::remove_file(bundle.join(name)).unwrap();
    }
    let pem = format!(
        "{}/samples/keys/test-signing.pem",
        env!("CARGO_MANIFEST_DIR")
    );
    let key = SigningKey::load(Path::new(&pem)).unwrap();
    attest::seal(
        bundle,
        statement.predicate().clone(),
        &BTreeMap::new(),
        &key,
    )
    .unwrap();
}

#[test]
fn a_sound_bundle_withstands_and_its_manifest_has_the_same_figures() {
    let council = Council::new();
    let bundle = council.bundle(None);
    let attacked = council.attack(&bundle, Vec::new());
    assert!(broken(&attacked).is_empty(), "{}", words_of(&attacked));
    assert_eq!((attacked.records, attacked.rows), (80, 80));
    // Number, person, two events of forty people.
    assert_eq!(attacked.pseudonyms, 160);
    let order = attacked
        .attacks
        .iter()
        .find(|a| a.id == "order_of_rows")
        .unwrap();
    assert_eq!(
        order.figures[0].1, 40,
        "everybody is found again by a practice of their own"
    );
    let tried = attest::check_unsigned(&bundle, None).unwrap();
    let tried = &tried.predicate().self_attack;
    let known: Vec<_> = tried
        .identifiers
        .iter()
        .map(|(family, n)| (family.as_str(), &*n.likely, &*n.further))
        .collect();
    assert_eq!(
        known,
        [
            ("event-reference", "all", "4 of more, or all"),
            ("la-person", "all", "4 of more, or all"),
            ("nhs-number", "all", "4 of more, or all")
        ]
    );
    assert!(tried.matches == 0 && tried.comparisons > 10_000);
    let told = &attacked.attacks.last().unwrap().notes;
    for (uniqueness, note) in tried.uniqueness.iter().zip(told) {
        assert_eq!(
            *note,
            format!("alone in {}: {}", uniqueness.details, uniqueness.alone)
        );
    }
    assert_eq!(tried.uniqueness.len(), 4);
    assert_eq!(tried.uniqueness[0].alone, "all, or all but fewer than 10");
    let said = words_of(&attacked);
    assert!(!said.contains(NUMBER) && !said.contains(PERSON));
}

#[test]
fn a_weakened_run_ends_before_it_seals_anything() {
    for (weak, form) in [
        (Weak::Plain, "SHA-256"),
        (Weak::LaCode, "SHA-256, the LA code before it"),
        (Weak::Md5, "MD5"),
        (Weak::EmptyKey, "HMAC-SHA-256 keyed with nothing"),
        (Weak::NumbersOnly, "SHA-256"),
    ] {
        let council = Council::new();
        let error = council.run("", Some(weak), false).unwrap_err();
        assert_eq!(error.exit_status(), 1);
        let message = error.to_string();
        assert!(
            message.contains(form) && !message.contains(NUMBER),
            "{message}"
        );
        assert!(
            !council.0.path().join("out").exists() && !council.0.path().join("worklist").exists(),
            "something was left"
        );
    }
}

#[test]
fn a_weakened_bundle_is_caught_without_its_key() {
    for (weak, in_dictionary) in [
        (Weak::Plain, true),
        (Weak::LaCode, true),
        (Weak::Md5, true),
        (Weak::EmptyKey, false),
        (Weak::NumbersOnly, true),
    ] {
        let council = Council::new();
        let bundle = council.bundle(Some(weak));
        let attacked = council.attack(&bundle, Vec::new());
        let mut expected = vec!["known_identifiers"];
        if in_dictionary {
            expected.insert(0, "all_nhs_numbers");
        }
        assert_eq!(broken(&attacked), expected, "{weak:?}");
        if in_dictionary {
            let numbers = &attacked.attacks[0];
            assert_eq!(
                numbers.figures.last(),
                Some(&("pseudonyms found".to_owned(), 40))
            );
            assert_eq!(numbers.figures[2].1, 15);
        }
        let said = words_of(&attacked);
        assert!(!said.contains(NUMBER) && !said.contains(PERSON));
    }
}

#[test]
fn an_identifier_in_any_file_is_found() {
    let text = |words: &'static str| {
        move |path: &Path| {
            let text = fs::read_to_string(path).unwrap();
            fs::write(path, format!("{text}{words}")).unwrap();
        }
    };
    let cases: [(&str, &'static str); 6] = [
        (REPORT, "<p>9990000018</p>"),
        (REPORT, "<!-- OTk5MDAwMDAxOA== -->"),
        (REPORT, "<p>P1000</p>"),
        ("findings.csv", "999 000 0018,error,gender,1,0\r\n"),
        ("data-quality.csv", "39393930303030303138,gender,a,b,1\r\n"),
        ("findings.csv", "ZX1 0AB,error,gender,1,0\r\n"),
    ];
    let council = Council::new();
    let bundle = council.bundle(None);
    for (file, words) in cases {
        let sound = fs::read(bundle.join(file)).unwrap();
        reseal(&bundle, file, text(words));
        let attacked = council.attack(&bundle, Vec::new());
        assert_eq!(broken(&attacked), ["direct_identifiers"], "{words}");
        let Verdict::Broken(found) = verdict_of(&attacked, "direct_identifiers") else {
            unreachable!("it is broken")
        };
        assert_eq!(found, &[format!("a direct identifier stands in {file}")]);
        reseal(&bundle, file, |path| fs::write(path, sound).unwrap());
    }
    assert!(broken(&council.attack(&bundle, Vec::new())).is_empty());
}

#[test]
fn an_identifier_in_a_cell_is_found() {
    for cell in ["9990000018", "P1000", "zx1-0ab"] {
        let council = Council::new();
        let bundle = council.bundle(None);
        reseal(&bundle, "submission.csv", |path| {
            let text = fs::read_to_string(path).unwrap();
            fs::write(path, text.replacen(",A81007,", &format!(",{cell},"), 1)).unwrap();
        });
        let attacked = council.attack(&bundle, Vec::new());
        // The row does not stand where it should any more, or it does.
        assert!(broken(&attacked).contains(&"direct_identifiers"), "{cell}");
        assert!(
            words_of(&attacked).contains("in column GP_Practice_Code of submission.csv"),
            "{cell}"
        );
    }
}

#[test]
fn an_identifier_in_a_parquet_file_is_found_wherever_it_stands() {
    let write = |path: &Path, said: Option<&str>, name: &str, cells: &[&str], statistics: bool| {
        let schema = Arc::new(ArrowSchema::new(vec![Field::new(
            name,
            DataType::Utf8,
            true,
        )]));
        let column: ArrayRef = Arc::new(StringArray::from(cells.to_vec()));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap();
        let level = if statistics {
            parquet::file::properties::EnabledStatistics::Page
        } else {
            parquet::file::properties::EnabledStatistics::None
        };
        let properties = WriterProperties::builder()
            .set_key_value_metadata(
                said.map(|said| vec![KeyValue::new("note".to_owned(), said.to_owned())]),
            )
            .set_statistics_enabled(level);
        let file = fs::File::create(path).unwrap();
        let mut writer = ArrowWriter::try_new(file, schema, Some(properties.build())).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    };
    let council = Council::new();
    let bundle = council.bundle(None);
    /// What the metadata say, the column's name, its cells, the places that must be named.
    type Case = (
        Option<&'static str>,
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
    );
    let cases: [Case; 5] = [
        (None, "Gender", &["Female", "Male"], &[]),
        (
            Some("of 9990000018"),
            "Gender",
            &["Female"],
            &["the metadata"],
        ),
        (
            Some("of OTk5MDAwMDAxOA"),
            "Gender",
            &["Female"],
            &["the metadata"],
        ),
        (None, "of 9990000018", &["Female"], &["the column names"]),
        (
            None,
            "Gender",
            &["Female", "999 000 0018"],
            &["the statistics", "a dictionary", "a cell"],
        ),
    ];
    for (said, name, cells, places) in cases {
        reseal(&bundle, "submission.parquet", |path| {
            write(path, said, name, cells, true)
        });
        let attacked = council.attack(&bundle, Vec::new());
        assert_eq!(
            broken(&attacked).is_empty(),
            places.is_empty(),
            "{}",
            words_of(&attacked)
        );
        for place in places {
            assert!(
                words_of(&attacked).contains(&format!("{place} of submission.parquet")),
                "{place}"
            );
        }
    }
}

#[test]
fn rows_in_the_order_of_the_extract_are_found_out() {
    let council = Council::new();
    let bundle = council.bundle(None);
    reseal(&bundle, "submission.csv", |path| {
        let text = fs::read_to_string(path).unwrap();
        let (header, rows) = text.split_once("\r\n").unwrap();
        let mut rows: Vec<&str> = rows.split_terminator("\r\n").collect();
        // The practices are numbered as the people of the extract are.
        rows.sort_by_key(|row| {
            row.split(',')
                .find(|cell| cell.starts_with("A81"))
                .map(str::to_owned)
        });
        fs::write(path, format!("{header}\r\n{}\r\n", rows.join("\r\n"))).unwrap();
    });
    let attacked = council.attack(&bundle, Vec::new());
    assert_eq!(broken(&attacked), ["order_of_rows"]);
    let said = words_of(&attacked);
    assert!(
        said.contains("rank correlation 1.000")
            && said.contains("not in the order that the manifest states"),
        "{said}"
    );
}

#[test]
fn other_recipients_share_nothing_and_the_same_one_may() {
    let council = Council::new();
    let bundle = council.bundle(None);
    let other = council
        .run("recipient: icb\n", None, false)
        .unwrap()
        .bundle
        .unwrap();
    let weak = Council::new();
    let weak_here = weak.bundle(Some(Weak::Plain));
    let weak_there = weak
        .run("recipient: icb\n", Some(Weak::Plain), true)
        .unwrap()
        .bundle
        .unwrap();

    let attacked = council.attack(&bundle, vec![other, bundle.clone()]);
    assert!(broken(&attacked).is_empty(), "{}", words_of(&attacked));
    let shared = &attacked.attacks[4];
    assert_eq!((shared.figures[1].1, shared.figures[3].1), (0, 160));
    assert!(shared.notes[1].contains("meant to share"));

    let attacked = weak.attack(&weak_here, vec![weak_there]);
    let Verdict::Broken(found) = verdict_of(&attacked, "shared_pseudonyms") else {
        panic!("it is broken")
    };
    assert_eq!(
        found,
        &["160 pseudonyms stand in bundle 1 too, which has another recipient"]
    );
}

#[test]
fn a_damaged_bundle_and_another_councils_are_refused() {
    let council = Council::new();
    let bundle = council.bundle(None);
    fs::write(bundle.join("findings.csv"), "x").unwrap();
    let error = attack(
        &council.config(""),
        &bundle,
        &AttackOptions::new(Vec::new(), None, false),
    )
    .unwrap_err();
    assert_eq!(error.exit_status(), 6);
    let nowhere = council.0.path().join("nowhere");
    let error = attack(
        &council.config(""),
        &nowhere,
        &AttackOptions::new(Vec::new(), None, false),
    )
    .unwrap_err();
    assert_eq!(error.exit_status(), 3);
}
