//! The conformance suite: every example of `tests/cases/` as it stands, through the library. No rule is without one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, LazyLock};

use cld_return::finding::Finding;
use cld_return::nhs_number;
use cld_return::pipeline;
use cld_return::rulebook::{Base, CASE_FILES, Case, Change, Example, TestNumbers, bases, cases};
use cld_return::schema::{Level, Schema, Severity};
use cld_return::tokens::{self, Token};
use cld_return::validate::{Broken, Check, Plan, Rule, Setting};

use crate::support::Council;

/// A release of the return: its plan, and its rules by code.
struct Release {
    plan: Plan,
    rules: BTreeMap<String, (Severity, Level)>,
}

/// Both releases, by number.
static RELEASES: LazyLock<BTreeMap<u8, Release>> = LazyLock::new(|| {
    let release = |number: u8| {
        let schema = Schema::load(&format!("cld-release-{number}"), None).expect("sound");
        let plan = Plan::new(Arc::new(schema), &Setting::default());
        let known = |rule: Rule<'_>| {
            let code = plan.code(rule.at, rule.broken).to_owned();
            (code, (rule.severity, rule.page.level))
        };
        let rules = plan.rules().into_iter().map(known).collect();
        (number, Release { plan, rules })
    };
    [1, 2].into_iter().map(release).collect()
});

/// What decides how records are validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Manner<'a> {
    release: u8,
    la_code: Option<&'a str>,
    period: Option<(cld_return::date::Date, cld_return::date::Date)>,
    test_numbers: TestNumbers,
}

impl<'a> Manner<'a> {
    fn of(case: &'a Case) -> Self {
        Self {
            release: case.release,
            la_code: case.la_code.as_deref(),
            period: case.period,
            test_numbers: case.test_numbers,
        }
    }
}

/// Makes the records of one file: every person gets a number of the test range and an id.
#[derive(Default)]
struct Maker {
    people: usize,
    named: BTreeMap<String, usize>,
    records: Vec<BTreeMap<String, String>>,
}

impl Maker {
    /// Adds the records of an example in which those that do not say whose they are are one person's.
    fn add_all(&mut self, case: &Case, changes: &[Change]) {
        for change in changes {
            match change.repeat {
                Some(repeat) => (0..repeat).for_each(|_| self.add(case, change, None)),
                None => self.add(case, change, Some(change.person.as_deref().unwrap_or(""))),
            }
        }
    }

    /// Adds a record of this person, or of a new one.
    fn add(&mut self, case: &Case, change: &Change, person: Option<&str>) {
        let base = change.record.as_ref().unwrap_or(&case.record);
        let base = Base::named(case.release, base).expect("a base record");
        self.add_changed(base, &change.cells, person);
    }

    fn add_changed(&mut self, base: &Base, cells: &[(String, String)], person: Option<&str>) {
        let known = person.and_then(|person| self.named.get(person).copied());
        let at = known.unwrap_or_else(|| {
            self.people += 1;
            self.people
        });
        if let Some(person) = person {
            self.named.insert(person.to_owned(), at);
        }
        let mut record = BTreeMap::from([
            ("NHS Number".to_owned(), test_number(at)),
            ("LA Person Unique Identifier".into(), format!("P9{at:05}")),
        ]);
        if base.name != "association" {
            let reference = format!("E9{:05}", self.records.len());
            record.insert("Event Reference".into(), reference);
        }
        let of_base = base.cells().into_iter();
        let changed = cells.iter().map(|(f, v)| (f.as_str(), v.as_str()));
        record.extend(
            of_base
                .chain(changed)
                .map(|(f, v)| (f.to_owned(), v.to_owned())),
        );
        self.records.push(record);
    }

    fn csv(&self, release: u8) -> Vec<u8> {
        let fields = RELEASES[&release].plan.schema.fields.iter();
        let names: Vec<_> = fields.filter(|f| !f.withdrawn).map(|f| &f.name).collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&names).expect("written");
        for record in &self.records {
            for field in record.keys() {
                assert!(
                    names.contains(&field),
                    "Release {release} has no field {field}"
                );
            }
            let cells = names.iter().map(|name| record.get(*name));
            writer
                .write_record(cells.map(|cell| cell.map_or("", String::as_str)))
                .expect("written");
        }
        writer.into_inner().expect("written")
    }
}

/// The valid number of the test range at this place.
fn test_number(at: usize) -> String {
    static NUMBERS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let range = (9_990_000_000_u64..9_990_010_000).map(|n| n.to_string());
        range.filter(|n| nhs_number::canonical(n).is_ok()).collect()
    });
    NUMBERS[at].clone()
}

/// A finding, with its row if it is about a record.
struct Found {
    row: Option<u64>,
    rule: String,
    severity: &'static str,
    suggestion: String,
}

/// What a validation found.
struct Judged {
    found: Vec<Found>,
    /// Severity by rule, of whatever level.
    rules: BTreeMap<String, &'static str>,
}

impl Judged {
    fn at(&self, row: u64, rule: &str) -> Option<&Found> {
        self.found
            .iter()
            .find(|f| f.row == Some(row) && f.rule == rule)
    }
}

fn judge(manner: Manner<'_>, maker: &Maker) -> Judged {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cases.csv");
    fs::write(&path, maker.csv(manner.release)).expect("written");
    let setting = Setting {
        la_code: manner.la_code.unwrap_or_default(),
        test_numbers: manner.test_numbers == TestNumbers::Allowed,
        period: manner.period,
    };
    let release = &RELEASES[&manner.release];
    let plan = Plan::new(Arc::clone(&release.plan.schema), &setting);
    let note = |findings: &[Finding<'_>], found: &mut Vec<Found>| {
        found.extend(findings.iter().map(|finding| Found {
            row: finding.row,
            rule: finding.rule.to_string(),
            severity: finding.severity.name(),
            suggestion: finding.case.expose().suggestion.text().to_owned(),
        }));
    };
    let mut found = Vec::new();
    let validated = pipeline::validate(&plan, &[path], None, note, |more| {
        found.extend(more);
        Ok(())
    })
    .expect("validated");
    assert_eq!(validated.read, maker.records.len() as u64);
    let rules = validated.findings.iter();
    let judged = Judged {
        found,
        rules: rules.map(|row| (row.rule.clone(), row.severity)).collect(),
    };
    for rule in judged.rules.keys() {
        let known = release.rules.contains_key(rule);
        assert!(
            known,
            "{rule} is found, but is no rule of Release {}",
            manner.release
        );
    }
    judged
}

/// Whether a value of the field is only counted, so that the whole file has to be looked at.
fn is_counted(case: &Case) -> bool {
    case.rule.ends_with(Check::Unverified.name())
}

#[test]
fn every_rule_of_either_release_has_an_example() {
    let covered: BTreeSet<&str> = cases().iter().map(|case| case.rule.as_str()).collect();
    let rules = RELEASES.values().flat_map(|release| release.rules.keys());
    let without: BTreeSet<_> = rules
        .filter(|rule| !covered.contains(rule.as_str()))
        .collect();
    assert!(without.is_empty(), "rules without an example: {without:#?}");
}

#[test]
fn every_example_is_of_a_rule_of_its_release() {
    for case in cases() {
        let known = RELEASES[&case.release].rules.contains_key(&case.rule);
        assert!(known, "Release {} has no rule {}", case.release, case.rule);
        let both = [&case.passes, &case.fails].map(|e| matches!(e, Example::Record(_)));
        assert_eq!(both[0], both[1], "{}: records, or files", case.rule);
    }
}

#[test]
fn the_base_records_have_no_error_and_no_warning() {
    for base in bases() {
        let manner = Manner {
            release: base.release,
            la_code: Some("999"),
            period: None,
            test_numbers: TestNumbers::Allowed,
        };
        let mut maker = Maker::default();
        maker.add_changed(base, &[], None);
        let found = judge(manner, &maker).found.into_iter();
        for found in found.filter(|found| found.row.is_some()) {
            assert_eq!(found.severity, "info", "{}: {}", base.name, found.rule);
        }
    }
}

/// One file for all records that pass and one for all that fail: who reads them has them apart by their rows.
#[test]
fn examples_of_one_record_hold() {
    let mut manners: BTreeMap<Manner<'_>, Vec<&Case>> = BTreeMap::new();
    for case in cases() {
        let is_record = matches!(case.passes, Example::Record(_));
        if is_record && !is_counted(case) && case.table.is_empty() {
            manners.entry(Manner::of(case)).or_default().push(case);
        }
    }
    let mut wrong = Vec::new();
    for (manner, cases) in manners {
        let [pass, fail] = [
            |case: &Case| case.passes.records()[0].clone(),
            |case: &Case| case.fails.records()[0].clone(),
        ]
        .map(|side| {
            let mut maker = Maker::default();
            cases
                .iter()
                .for_each(|case| maker.add(case, &side(case), None));
            judge(manner, &maker)
        });
        for (case, row) in cases.into_iter().zip(2..) {
            let (rule, release) = (&case.rule, manner.release);
            // What passes is sound in every other way too, or it would be no example to follow. That examples share their
            // numbers is another matter.
            let rules = &RELEASES[&release].rules;
            let unsound = |f: &&Found| {
                let of_record = matches!(rules[&f.rule].1, Level::Cell | Level::Record);
                f.row == Some(row) && (f.rule == *rule || of_record && f.severity != "info")
            };
            for other in pass.found.iter().filter(unsound) {
                let code = &other.rule;
                wrong.push(format!(
                    "{rule}, Release {release}: what should pass has {code}"
                ));
            }
            let Some(found) = fail.at(row, rule) else {
                wrong.push(format!(
                    "{rule}, Release {release}: what should fail passes"
                ));
                continue;
            };
            let severity = rules[rule].0.name();
            if found.severity != severity {
                wrong.push(format!("{rule}: {} for {severity}", found.severity));
            }
            if let Some(suggests) = &case.suggests
                && *suggests != found.suggestion
            {
                wrong.push(format!("{rule}: suggests {:?}", found.suggestion));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rules across records, and values that are only counted: each example is a file.
#[test]
fn examples_of_a_file_hold() {
    let mut wrong = Vec::new();
    for case in cases() {
        let is_file = matches!(case.passes, Example::File(_)) || is_counted(case);
        if !is_file || !case.previous.is_empty() {
            continue;
        }
        let [pass, fail] = [&case.passes, &case.fails].map(|side| {
            let mut maker = Maker::default();
            maker.add_all(case, side.records());
            judge(Manner::of(case), &maker)
        });
        let (rule, release) = (&case.rule, case.release);
        if pass.rules.contains_key(rule) {
            wrong.push(format!("{rule}, Release {release}: what should pass fails"));
        }
        let severity = RELEASES[&release].rules[rule].0.name();
        if fail.rules.get(rule) != Some(&severity) {
            wrong.push(format!(
                "{rule}, Release {release}: what should fail passes"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rules about tables that are looked up: by the person's id, for the field of the rule.
#[test]
fn examples_with_a_table_hold() {
    let with_table: Vec<_> = cases().iter().filter(|c| !c.table.is_empty()).collect();
    assert!(!with_table.is_empty());
    for case in with_table {
        let (field, _) = case.rule.split_once('.').expect("a rule");
        let schema = &RELEASES[&case.release].plan.schema;
        let field = &schema.fields[schema.position(field).expect("a field")].name;
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["key", "value"]).expect("written");
        for row in &case.table {
            table.write_record([&row.key, &row.value]).expect("written");
        }
        let table = table.into_inner().expect("written");
        // The person's id is the key, and no column of the table is that.
        let columns = match &**field {
            "LA Person Unique Identifier" => "ignore: [other.value]".to_owned(),
            field => format!("columns: {{other.value: {field}}}, ignore: [{field}]"),
        };
        for (side, broken) in [(&case.passes, false), (&case.fails, true)] {
            let mut maker = Maker::default();
            maker.add_all(case, side.records());
            let ran = Council::bare()
                .beside("records.csv", maker.csv(case.release))
                .beside("other.csv", &table)
                .described(&format!(
                    "tables: {{records: {{file: records.csv}}, other: {{file: other.csv}}}}, from: records, \
                     join: [{{table: other, on: {{LA Person Unique Identifier: key}}, take: [value]}}], {columns}"
                ))
                .makes();
            let rules = ran.whole_worklist().column("rule");
            assert_eq!(rules.contains(&case.rule), broken, "{}", case.rule);
        }
    }
}

/// Rules that compare with the bundle before: a run of the quarter before makes it.
#[test]
fn examples_with_a_bundle_before_hold() {
    let with_before: Vec<_> = cases().iter().filter(|c| !c.previous.is_empty()).collect();
    assert!(!with_before.is_empty());
    for case in with_before {
        let csv = |changes: &[Change], dates: Option<[&str; 2]>| {
            // The people of the bundle before come first, so that each is the same person in both.
            let mut maker = Maker::default();
            maker.add_all(case, &case.previous);
            let before = maker.records.len();
            maker.add_all(case, changes);
            maker.records.drain(..before);
            for (field, date) in PERIOD.iter().zip(dates.into_iter().flatten()) {
                for record in &mut maker.records {
                    record.insert((*field).to_owned(), date.to_owned());
                }
            }
            maker.csv(case.release)
        };
        let dates = ["01/01/2025", "31/12/2025"];
        let before = Council::file("cld.csv", csv(&case.previous, Some(dates)))
            .set("period", "{start: 2025-01-01, end: 2025-12-31}")
            .makes();
        let bundle = before.bundle();
        for (side, broken) in [(&case.passes, false), (&case.fails, true)] {
            let ran = Council::file("cld.csv", csv(side.records(), None))
                .set("previous", bundle.to_str().expect("UTF-8"))
                .makes();
            let rules = ran.whole_worklist().column("rule");
            assert_eq!(rules.contains(&case.rule), broken, "{}", case.rule);
        }
    }
}

const PERIOD: [&str; 2] = ["Reporting Period Start Date", "Reporting Period End Date"];

#[test]
fn every_file_of_examples_is_read() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let names: BTreeSet<String> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    let read = CASE_FILES.iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(names, read.chain(["records.yaml".into()]).collect());
}

#[test]
fn examples_name_nobody() {
    for (name, text) in CASE_FILES {
        tokens::scan(text.as_bytes(), |token| match token {
            Token::TenDigits(number) => {
                let published = number == 9_434_765_919;
                let valid = nhs_number::canonical(&format!("{number:010}")).is_ok();
                assert!(!valid || published || number / 10_000_000 == 999, "{name}");
            }
            Token::Postcode(postcode) => {
                assert_eq!(postcode, tokens::pack_postcode("ZZ99 3VZ"), "{name}");
            }
        });
    }
}

/// What a rule that no published document states says of its source.
const OURSELVES: [&str; 3] = [
    "this program",
    "the official list could not be had",
    "the names of the values (S6, S7); the official table of components by type could not be had",
];

#[test]
fn every_page_names_sources_that_exist() {
    for release in RELEASES.values() {
        let schema = &release.plan.schema;
        for rule in release.plan.rules() {
            let code = release.plan.code(rule.at, rule.broken);
            let source = &rule.page.source;
            let words = source.split(|c: char| !c.is_ascii_alphanumeric());
            let is_code = |word: &&str| {
                let digits = word.strip_prefix('S').unwrap_or_default();
                *word == "GEN" || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
            };
            let named: BTreeSet<_> = words.filter(is_code).collect();
            let known: BTreeSet<_> = schema.cited(source).map(|(code, _)| code).collect();
            assert_eq!(named, known, "{code}: {source}");
            let says_so = !named.is_empty() || OURSELVES.contains(&source.as_str());
            assert!(says_so, "{code}: {source}");
            if let Broken::Rule(_) = rule.broken {
                assert!(!rule.page.expected.is_empty(), "{code}");
            }
        }
    }
}
