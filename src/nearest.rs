//! What a misspelt name or value probably meant.

/// How much of the longer text may differ before a suggestion would only confuse.
const NEAR: f64 = 0.7;

/// The text most like the given one, if any is near. Capitals, spaces and punctuation do not count: they are what
/// differs most between releases and systems.
pub fn nearest<'a>(text: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(text, among)
        .filter(|(likeness, _)| *likeness >= NEAR)
        .map(|(_, best)| best)
}

/// The text most like the given one, however far; `None` only if there is none.
pub fn closest<'a>(text: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(text, among).map(|(_, best)| best)
}

fn ranked<'a>(text: &str, among: impl IntoIterator<Item = &'a str>) -> Option<(f64, &'a str)> {
    let wanted = letters(text);
    let mut best: Option<(f64, &str)> = None;
    for candidate in among {
        let likeness = strsim::normalized_damerau_levenshtein(&wanted, &letters(candidate));
        if best.is_none_or(|(so_far, _)| likeness > so_far) {
            best = Some((likeness, candidate));
        }
    }
    best
}

fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_only_what_is_near() {
        let names = ["Event Type", "Event Outcome", "Gender"];
        assert_eq!(nearest("event_typ", names), Some("Event Type"));
        assert_eq!(nearest("GENDER ", names), Some("Gender"));
        assert_eq!(nearest("Postcode", names), None);
        assert_eq!(nearest("", names), None);
    }
}
