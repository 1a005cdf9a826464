//! The extract's own identifiers in every form: whoever could guess the form would find all of them, so that a few of each kind
//! try thousands of forms, and all of them the likeliest.

use super::algorithm::{ALL, COMMON};
use super::forms::{self, Circumstances, Form};
use super::targets::{Target, Targets, is_of};
use crate::treat::{Chosen, Pseudonym};

/// Of the identifiers of each kind that a run chose so many try every salt and key.
pub const FEW: usize = 4;

/// What a run tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Family of identifiers, how many of them in the likeliest forms, how many in all.
    pub identifiers: Vec<(String, u64, u64)>,
    /// Forms that all of them were tried in.
    pub likely_forms: u64,
    /// Forms that a few were tried in besides.
    pub further_forms: u64,
    /// Digests that were compared.
    pub comparisons: u64,
    /// The forms that make a pseudonym of the run. Empty, or the run must end.
    pub found: Vec<String>,
}

/// The likeliest forms.
pub fn likely(c: &Circumstances) -> Vec<Form> {
    [forms::plain(), forms::with_la_code(c, &ALL)].concat()
}

/// The short form of every run: identifiers with their pseudonyms, each held against its own.
pub fn short(c: &Circumstances, chosen: &Chosen) -> Tried {
    // A run has less time than an attack: salts go with the commonest hashes.
    let likely = [forms::plain(), forms::with_la_code(c, COMMON)].concat();
    let further = forms::salted_and_keyed(c, COMMON);
    let mut tried = Tried {
        identifiers: Vec::new(),
        likely_forms: likely.len() as u64,
        further_forms: further.len() as u64,
        comparisons: 0,
        found: Vec::new(),
    };
    for (domain, pairs) in chosen.by_domain() {
        let few = pairs.len().min(FEW);
        tried
            .identifiers
            .push((domain.to_owned(), pairs.len() as u64, few as u64));
        let mut hold = |forms: &[Form], (pseudonym, value): (&Pseudonym, &[u8])| {
            let Some(target) = Targets::target(pseudonym.as_bytes()) else {
                return;
            };
            for form in forms {
                tried.comparisons += 1;
                if is_met(form, value, &target) && !tried.found.contains(&form.name) {
                    tried.found.push(form.name.clone());
                }
            }
        };
        for (at, (pseudonym, value)) in pairs.iter().enumerate() {
            hold(&likely, (pseudonym, value.expose()));
            if at < few {
                for value in as_hashed(domain, value.expose(), c) {
                    hold(&further, (pseudonym, &value));
                }
            }
        }
    }
    tried
}

/// What of an identifier is tried: itself, and a local one behind the LA code too, as the contract hashes it.
pub fn as_hashed(domain: &str, value: &[u8], c: &Circumstances) -> Vec<Vec<u8>> {
    let local = (domain != NUMBERS).then(|| [c.la_code.as_bytes(), b"\x1f", value].concat());
    std::iter::once(value.to_vec()).chain(local).collect()
}

/// The domain of NHS numbers.
pub const NUMBERS: &str = "nhs-number";

fn is_met(form: &Form, value: &[u8], target: &Target) -> bool {
    form.digest(value)
        .is_some_and(|digest| is_of(target, digest.bytes()))
}

/// How many of these values a form turns into a pseudonym of the bundle.
pub fn met(form: &Form, values: &[Box<[u8]>], targets: &Targets) -> u64 {
    let digests = values.iter().filter_map(|value| form.digest(value));
    digests
        .filter(|digest| targets.may_start(digest.start()) && targets.has(digest.bytes()))
        .count() as u64
}
