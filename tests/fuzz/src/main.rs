//! One libFuzzer binary for everything that reads what others wrote; `CLD_FUZZ` names the target. `tests/fuzz/run` sets it.
//!
//! Each target is a function of bytes that panics when a promise is broken: not only where the program would, but where
//! what was read and written again differs, where a plain reader written from the contract sees something else, or where
//! an error could carry a value.
#![no_main]

mod answer;
mod attest;
mod csv_source;
mod identifiers;
mod keys;
mod yaml;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 14] = [
    ("manifest", attest::manifest),
    ("envelope", attest::envelope),
    ("checksums", attest::checksums),
    ("key", keys::key),
    ("signing-key", keys::signing_key),
    ("public-key", keys::public_key),
    ("yaml", yaml::yaml),
    ("configuration", yaml::configuration),
    ("schema", yaml::schema),
    ("lists", yaml::lists),
    ("csv", csv_source::csv),
    ("nhs-number", identifiers::nhs_number),
    ("local-id", identifiers::local_id),
    ("answer", answer::answer),
];

fuzz_target!(|bytes: &[u8]| {
    static TARGET: OnceLock<Target> = OnceLock::new();
    let target = TARGET.get_or_init(|| {
        let wanted = std::env::var("CLD_FUZZ").expect("CLD_FUZZ names the target");
        let found = TARGETS.iter().find(|(name, _)| *name == wanted);
        found.expect("CLD_FUZZ names a target that is there").1
    });
    target(bytes);
});

/// An error's words with `#` for every run of digits must be one of these: then no value of the input can stand in it,
/// of whatever length.
#[track_caller]
fn says_nothing_but(message: &str, texts: &[&str]) {
    let mut shape = String::new();
    for c in message.chars() {
        match c {
            '0'..='9' if shape.ends_with('#') => {}
            '0'..='9' => shape.push('#'),
            c => shape.push(c),
        }
    }
    assert!(
        texts.contains(&shape.as_str()),
        "an error that is none of those known: {shape}"
    );
}
