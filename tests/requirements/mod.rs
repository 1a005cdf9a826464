//! The hard requirements on privacy, one test each, named after its number.
//!
//! A requirement that is tested in full elsewhere has no second test here. Where the contract says something else, the
//! contract holds. Of each requirement, the tests:
//!
//! | requirement | tested by |
//! | --- | --- |
//! | T1 RFC 4231 and RFC 5869 vectors | `treat::pseudonym::tests::rfc_4231` (7), `treat::key::tests::rfc_5869` (3), `contract_vectors` |
//! | T2 keys of 32 bytes, well kept | `exits::keys::only_a_sound_key_of_32_bytes_is_taken` (0, 16, 31 bytes, pass-phrases, equal bytes), `treat::key_file::tests::weak_keys_are_refused_even_as_test_keys`; here `t02` for every mode. By the contract a mode that shuts group and others out is enough (0700 too), and a test key may be open |
//! | T3 one pseudonym for every variant | here `t03`. `?` between digits is refused: the contract has no switch for it |
//! | T4 modulus 11 | here `t04` (exact counts; 2,430 changed digits; swaps) |
//! | T5 placeholders | here `t05`; `nhs_number::tests` |
//! | T6 no canary leaks | here `t06`: 10,000 numbers; after exit codes 0 to 5 and 7 of a run and 6 of `manifest verify`. `property::identifiers` adds names, person ids and postcodes; `faults::temporary` looks at the disk while a run goes on; names of files, columns and sheets are planted in as well |
//! | T7 no plain hash | here `t07`; `cld attack` does it on a bundle |
//! | T8 separation | `treat::key::tests::recipients_purposes_and_epochs_share_nothing_in_100_000` (all eight ways, and another council) |
//! | T9 linkage | here `t09` |
//! | T10 wrong key | here `t10`; `exits::keys::a_key_that_is_not_there_or_another_one_is_refused` |
//! | T11 length | `treat::pseudonym::tests::output_is_never_hashed_again`, `exits::input::a_pseudonym_is_never_pseudonymised_again`. By the contract 256 bits in 64 digits, without prefix and check character: the national form |
//! | T12 order | here `t12`; `property::order` for records of any kind |
//! | T13 small counts | by the contract `findings.csv` and the grid hold exact counts of records; what the report shows is `attest::report`'s |
//! | T14 fields | here `t14`; `treatment::columns`; `schema::tests::broken` |
//! | T15 conservation | `property::order`, `runs::selection`, `attest::manifest::tests::subjects_and_sums_are_checked` |
//! | T16 lanes | the contract has no lane in which the number is sent: no bundle ever holds it (T6) |
//! | T17 status codes | not a field of the return; `trace` keeps them as the two digits that they are (`trace::register::status`) |
//! | T18 opt-outs | `exits::configuration`: the return is mandated, so an opt-out that is applied is refused, and the reason is in the manifest |
//! | T19 manifest | `attest::verify::tests::a_thousand_flipped_bytes_are_a_thousand_refusals`, `the_steps_of_the_report_work_and_notice_damage` (OpenSSL, sha256sum), `runs::repeat::nothing_but_the_run_block_tells_equal_runs_apart` |
//! | T20 crash | `faults::kills` (50 moments, and before every write; run by `.ci/run`). What a killed run leaves is closed to others, holds no identifier and is cleared by the next run |
//! | T21 hostile input | `faults::large`, `exits::input`, `exits::malformed`; fuzzing (`tests/fuzz`) |
//! | T22 race | `exits::output::a_directory_that_another_run_holds_is_left_alone`, `faults::output::runs_that_race_for_one_directory_never_disturb_each_other` |
//! | T23 formulas | here `t23`; `treatment::text::what_would_run_as_a_formula_is_withheld`. By the contract the submission too has none: such a value is written empty |
//! | T24 speed | `tests/bench/run`, `tests/bench/instructions` |
//! | T25 self-attack | `pipeline::attack::tests` (five weakened builds are caught, a sound one is not), `attack::numbers::tests`; `commands::attack` |

mod fields;
mod formulas;
mod keys;
mod leaks;
mod numbers;
mod permutations;
mod pseudonyms;

use std::os::unix::fs::PermissionsExt as _;

use crate::support::Council;

/// Pseudo-random numbers, the same in every run, so that a failure can be had again (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// The tenth digit that NHS numbers have behind nine, by the Data Dictionary's own words: weights 10 to 2, the sum's
/// remainder by 11 taken from 11, 11 is 0 and 10 is none.
fn check_digit(nine: &str) -> Option<u32> {
    let digits = nine.bytes().map(|b| u32::from(b - b'0'));
    match 11 - digits.zip((2..=10).rev()).map(|(d, w)| d * w).sum::<u32>() % 11 {
        11 => Some(0),
        10 => None,
        check => Some(check),
    }
}

/// So many different valid numbers that could be real people's: they begin with 4, 6 or 7.
fn real_numbers(count: usize) -> Vec<String> {
    let mut chance = Chance(u64::from(u32::from_be_bytes(*b"CLDR")));
    let mut numbers = std::collections::BTreeSet::new();
    while numbers.len() < count {
        let nine = format!(
            "{}{:08}",
            ["4", "6", "7"][chance.below(3)],
            chance.below(100_000_000)
        );
        numbers.extend(check_digit(&nine).map(|check| format!("{nine}{check}")));
    }
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    chance.shuffle(&mut numbers);
    numbers
}

/// A council with a key of its own, no test key, always the same one.
fn with_own_key(council: Council) -> Council {
    let key: [u8; 32] = std::array::from_fn(|n| (n as u8).wrapping_mul(37) ^ 0x5a);
    let line = format!("cld-key-1:{}\n", data_encoding::BASE64.encode(&key));
    let council = council.beside("council.key", line);
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(council.path("council.key"), mode).unwrap();
    council.set("key", "{file: council.key, epoch: \"2026\"}")
}
