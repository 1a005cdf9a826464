//! Every NHS number there can be, hashed in every usual form, held against the pseudonyms of a bundle.

use super::algorithm::{Algorithm, WITH_LANES};
use super::forms::{self, Circumstances, Form};
use super::lanes::{Block, DIGITS, Digits, LANES, Level};
use super::targets::Targets;

/// What one thread needs for its share.
pub struct Trial<'a> {
    targets: &'a Targets,
    level: Level,
    forms: Vec<(&'a Form, Block)>,
}

/// What came of some numbers: how many pseudonyms each form met, in the order of the forms.
pub type Met = Vec<u64>;

/// The forms that all numbers are tried in: nearly every algorithm that has lanes alone, and the commonest with the LA code.
pub fn forms(c: &Circumstances) -> Vec<Form> {
    let common = [Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256];
    // Of SHA3-512 somebody would have had to cut off half, and it takes as long as all 32-bit hashes together.
    let whole =
        |form: &Form| WITH_LANES.contains(&form.algorithm) && form.algorithm != Algorithm::Sha3_512;
    let plain = forms::plain().into_iter().filter(whole);
    let coded = forms::with_la_code(c, &common).into_iter();
    // With U+001F is how local ids are hashed, never numbers.
    plain
        .chain(coded.filter(|form| !form.name.contains("U+001F")))
        .collect()
}

impl<'a> Trial<'a> {
    /// Of those forms that can be tried many numbers at once; the others are left out.
    pub fn new(targets: &'a Targets, forms: &'a [Form]) -> Self {
        let block = |form: &'a Form| {
            let (before, behind) = form.salts()?;
            Some((form, Block::new(form.algorithm, before, behind)?))
        };
        Self {
            targets,
            level: Level::best(),
            forms: forms.iter().filter_map(block).collect(),
        }
    }

    /// Whether a form can be tried many numbers at once.
    pub fn takes(form: &Form) -> bool {
        form.salts()
            .is_some_and(|(before, behind)| Block::new(form.algorithm, before, behind).is_some())
    }

    /// Tries these numbers in every form.
    pub fn of(&mut self, numbers: &[[u8; DIGITS]]) -> Met {
        let batches: Vec<_> = numbers
            .chunks(LANES)
            .map(|part| (Digits::of(part), part.len()))
            .collect();
        let targets = self.targets;
        let level = self.level;
        let mut starts = [0; LANES];
        let met = self.forms.iter_mut().map(|(form, block)| {
            let mut met = 0;
            for (digits, length) in &batches {
                block.hash(level, digits, &mut starts);
                let may = starts
                    .iter()
                    .fold(false, |any, start| any | targets.may_start(*start));
                if may {
                    let lanes = (0..*length).filter(|lane| targets.may_start(starts[*lane]));
                    let whole = lanes.filter_map(|lane| form.digest(&digits.number(lane)));
                    met += whole.filter(|digest| targets.has(digest.bytes())).count() as u64;
                }
            }
            met
        });
        met.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::numbers::Stretch;
    use super::*;

    #[test]
    fn a_number_is_met_in_its_form_and_in_no_other() {
        let c = Circumstances {
            la_code: "999".into(),
            council: "Testshire".into(),
            recipient: "nhs-england".into(),
            purpose: "client-level-data".into(),
            epoch: "2026".into(),
            key_id: "4be756613018645e".into(),
            test_key: true,
        };
        let forms = forms(&c);
        assert_eq!(forms.len(), 15);
        let numbers = Stretch::around(9_990_000_018).numbers();
        for (at, form) in forms.iter().enumerate() {
            // One at the start, one in the middle, one that shares its batch with a filled lane.
            let some = [0, 4_000, numbers.len() - 1].map(|at| numbers[at]);
            let made = some.map(|number| form.digest(&number).expect("made"));
            let cells = made
                .iter()
                .map(|digest| &digest.bytes()[..digest.bytes().len().min(32)]);
            let targets = Targets::new(cells.filter_map(Targets::target).collect());
            let mut trial = Trial::new(&targets, &forms);
            let near = [
                &numbers[..40],
                &numbers[3_990..4_010],
                &numbers[numbers.len() - 3..],
            ]
            .concat();
            let met = trial.of(&near);
            let expected: Vec<u64> = (0..forms.len())
                .map(|other| 3 * u64::from(other == at))
                .collect();
            assert_eq!(met, expected, "{}", form.name);
            assert!(trial.of(&numbers[100..164]).iter().all(|met| *met == 0));
        }
    }
}
