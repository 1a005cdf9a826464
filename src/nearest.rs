//! What a misspelt name or value probably meant.

/// How much of the longer text may differ before a suggestion would only confuse.
const NEAR: f64 = 0.7;

/// The text most like the given one, if any is near. Capitals, spaces and punctuation do not count: they are what
/// differs most between releases and systems.
pub fn nearest<'a>(text: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(text, among, NEAR)
}

/// The text most like the given one, if it is at least so like, from 0 to 1.
pub fn nearest_of<'a>(
    text: &str,
    among: impl IntoIterator<Item = &'a str>,
    least: f64,
) -> Option<&'a str> {
    ranked(text, among, least)
}

/// The text most like the given one, however far; `None` only if there is none.
pub fn closest<'a>(text: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(text, among, 0.0)
}

/// How like two texts are, from 0 to 1, as everything here measures it.
pub fn likeness(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(&letters(a), &letters(b))
}

fn ranked<'a>(text: &str, among: impl IntoIterator<Item = &'a str>, least: f64) -> Option<&'a str> {
    let wanted = letters(text);
    let mut best: Option<(f64, &str)> = None;
    for candidate in among {
        let so_far = best.map_or(least, |(so_far, _)| so_far);
        // Most candidates are out by their letters alone, which costs a small part of a comparison.
        if most_alike(&wanted, candidate) < so_far {
            continue;
        }
        let likeness = strsim::normalized_damerau_levenshtein(&wanted, &letters(candidate));
        if likeness >= least && best.is_none_or(|(so_far, _)| likeness > so_far) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The most that the letters of two texts can be alike, given how often each stands in them: an edit changes the sum of
/// the differences by two at most.
fn most_alike(letters: &str, other: &str) -> f64 {
    let mut differences = [0_i32; 64];
    let (mut ours, mut theirs) = (0_usize, 0_usize);
    for c in letters.chars() {
        differences[c as usize % 64] += 1;
        ours += 1;
    }
    for c in each_letter(other) {
        differences[c as usize % 64] -= 1;
        theirs += 1;
    }
    let longest = ours.max(theirs);
    let (more, fewer) = differences.iter().fold((0, 0), |(more, fewer), d| {
        (more + (*d).max(0), fewer + (-*d).max(0))
    });
    if longest == 0 {
        1.0
    } else {
        1.0 - f64::from(more.max(fewer)) / longest as f64
    }
}

/// The letters and digits of a text, in small letters.
pub fn letters(text: &str) -> String {
    each_letter(text).collect()
}

fn each_letter(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{letters, most_alike, nearest};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_bound_is_never_below_the_likeness(a in "[a-fA-F ]{0,12}", b in "[a-fA-F ]{0,12}") {
            let (a, b) = (letters(&a), letters(&b));
            let likeness = strsim::normalized_damerau_levenshtein(&a, &b);
            prop_assert!(most_alike(&a, &b) >= likeness - 1e-9, "{} {}", most_alike(&a, &b), likeness);
        }
    }

    #[test]
    fn suggests_only_what_is_near() {
        let names = ["Event Type", "Event Outcome", "Gender"];
        assert_eq!(nearest("event_typ", names), Some("Event Type"));
        assert_eq!(nearest("GENDER ", names), Some("Gender"));
        assert_eq!(nearest("Postcode", names), None);
        assert_eq!(nearest("", names), None);
    }
}
