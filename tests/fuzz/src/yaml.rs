//! What is read as YAML, and the lists that a configuration names. libFuzzer ends what takes too long or too much memory.

use std::fs;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cld_return::config::Config;
use cld_return::schema::{Schema, SchemaError};
use cld_return::yaml::{self, LIMIT, Step};
use serde_yaml::Value;

/// Whether the reader underneath meets an alias.
fn has_alias(text: &str) -> bool {
    let mut parser = MaybeUninit::uninit();
    let mut event = MaybeUninit::uninit();
    // SAFETY: parser and event are used as libyaml's interface says, and the text outlives both.
    unsafe {
        assert!(libyaml_rs::yaml_parser_initialize(parser.as_mut_ptr()).ok);
        let parser = parser.as_mut_ptr();
        libyaml_rs::yaml_parser_set_input_string(parser, text.as_ptr(), text.len() as u64);
        let mut alias = false;
        loop {
            if libyaml_rs::yaml_parser_parse(parser, event.as_mut_ptr()).fail {
                break;
            }
            let kind = (*event.as_ptr()).type_;
            libyaml_rs::yaml_event_delete(event.as_mut_ptr());
            alias |= kind == libyaml_rs::YAML_ALIAS_EVENT;
            if kind == libyaml_rs::YAML_STREAM_END_EVENT {
                break;
            }
        }
        libyaml_rs::yaml_parser_delete(parser);
        alias
    }
}

/// What is read has no alias and no key twice; written and read again it is the same; places lie within the text.
pub fn yaml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let within = |place: yaml::Place| {
        // As YAML ends lines.
        let ends = text
            .matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
            .count();
        assert!((1..=ends + 2).contains(&place.line) && place.column >= 1);
    };
    match yaml::parse::<Value>(text) {
        Ok(value) => {
            assert!(!has_alias(text), "an alias that nobody refused");
            // The library cannot write every tag that it reads; nothing of ours has tags.
            if !text.contains('!') {
                let written = serde_yaml::to_string(&value).expect("a value can be written");
                let again: Value =
                    serde_yaml::from_str(&written).expect("what was written is read");
                // A number that is none is not even itself.
                assert!(again == value || written.contains(".nan"), "{written}");
            }
        }
        Err(error) => {
            within(error.place);
            assert!(!error.message.is_empty());
        }
    }
    for steps in [
        &[][..],
        &[Step::Key("a")],
        &[Step::Key("sources"), Step::Item(1), Step::Key("columns")],
    ] {
        if let Some(place) = yaml::locate(text, steps) {
            within(place);
        }
    }
}

/// Release 2, compiled once.
fn release_2(id: &str) -> Result<Schema, SchemaError> {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    if id == "cld-release-2" {
        Ok(SCHEMA
            .get_or_init(|| Schema::load(id, None).expect("built in"))
            .clone())
    } else {
        Err(SchemaError::Unknown {
            id: id.into(),
            known: Vec::new(),
        })
    }
}

/// What is accepted is what the contract allows, and is accepted again with the same digest.
pub fn configuration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let path = Path::new("council/council.yaml");
    let Ok(config) = Config::parse(text, path, release_2) else {
        return;
    };
    assert!(config.la_code.len() == 3 && config.la_code.bytes().all(|b| b.is_ascii_digit()));
    assert!(config.gate.0 <= 1_000_000);
    assert!(config.period.start <= config.period.end);
    assert!(!config.sources.is_empty());
    assert!(!config.worklist_dir.starts_with(&config.bundle_dir));
    assert!(!config.bundle_dir.starts_with(&config.worklist_dir));
    for text in [
        &config.recipient,
        &config.purpose,
        &config.epoch,
        &config.controller,
    ] {
        assert!(!text.trim().is_empty() && !text.contains(char::is_control));
    }
    let again = Config::parse(text, path, release_2).expect("accepted once, accepted always");
    assert!(again.digest == config.digest);
    // A comment is another file.
    let commented = format!("{text}\n# more\n");
    if let Ok(other) = Config::parse(&commented, path, release_2) {
        assert!(other.digest != config.digest);
    }
}

/// A place for files that can only be read as files.
fn place() -> &'static PathBuf {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    // libFuzzer leaves without cleaning up, so the directory is the one that `run` made and will remove.
    PLACE.get_or_init(|| {
        std::env::var_os("CLD_FUZZ_PLACE")
            .expect("CLD_FUZZ_PLACE")
            .into()
    })
}

/// A schema of at most a few kilobytes: what is compiled has a treatment and a name for every field.
pub fn schema(bytes: &[u8]) {
    let path = place().join("s.yaml");
    fs::write(&path, bytes).expect("written");
    match Schema::load_file(&path) {
        Ok(schema) => {
            assert!(bytes.len() as u64 <= LIMIT && !schema.fields.is_empty());
            for field in &schema.fields {
                assert!(
                    schema.position(&field.name).is_some()
                        && schema.position(&field.snake).is_some()
                );
            }
        }
        Err(error) => {
            for fault in error.faults() {
                assert!(fault.line >= 1 && fault.column >= 1 && !fault.to_string().is_empty());
            }
        }
    }
}

const WITH_LISTS: &str = "return: cld-release-2
period: {start: 2025-04-01, end: 2026-03-31}
controller: {la_code: \"999\", name: Testshire}
recipient: nhs-england
purpose: client-level-data
key: {file: test.key, epoch: \"2026\"}
signing_key: test-signing.pem
sources: [{name: case-system, file: cld.csv}]
output: {bundle: out, worklist: worklist}
lists: lists.csv
governance: {legal_basis: Act, direction: No. 3, dpia: D1, retain_until: 2032-03-31,
  national_data_opt_out: {applied: false, reason: mandated}}
";

/// Every value of a list that is accepted is a value afterwards; none is lost and none is blank.
pub fn lists(bytes: &[u8]) {
    fs::write(place().join("lists.csv"), bytes).expect("written");
    let Ok(config) = Config::parse(WITH_LISTS, &place().join("council.yaml"), release_2) else {
        return;
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let rows: Vec<_> = reader.records().map(|row| row.expect("accepted")).collect();
    let counted: usize = config.completed_lists.iter().map(|(_, n)| n).sum();
    assert!(counted == rows.len());
    for row in &rows {
        let field = &config.schema.fields[config.schema.position(&row[0]).expect("a field")];
        let list = &config.schema.lists[field.list.expect("a list")];
        let same = |value: &str| value.trim().to_lowercase() == row[1].trim().to_lowercase();
        assert!(!row[1].trim().is_empty() && list.values.iter().any(|known| same(&known.value)));
    }
}
