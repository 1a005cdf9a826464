//! Tells a header of which the cells are separated by something else than commas.

/// `semicolons` or `tabs`, where that is what separates the cells of a first row that was split at commas.
pub fn other_than_comma(names: &[String], is_field: impl Fn(&str) -> bool) -> Option<&'static str> {
    let row = names.join(",");
    let separates = |separator: char| {
        let several = names.len() == 1 && row.matches(separator).count() > 1;
        let mut cells = row.split(separator).map(|cell| cell.trim_matches('"'));
        several || (row.contains(separator) && cells.any(|cell| is_field(cell.trim())))
    };
    [(';', "semicolons"), ('\t', "tabs")]
        .into_iter()
        .find(|(separator, _)| separates(*separator))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::other_than_comma;

    #[test]
    fn a_separator_is_told_by_its_number_or_by_a_name() {
        for (names, separator) in [
            (&["LA Code;NHS Number"][..], Some("semicolons")),
            (&["LA Code\tNHS Number"], Some("tabs")),
            (&["a;b;c"], Some("semicolons")),
            (&["a;b"], None),
            (&["a", "b;LA Code;c"], Some("semicolons")),
            (&["a;b;c", "d"], None),
            (&["a"], None),
        ] {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(
                other_than_comma(&names, |name| name == "LA Code"),
                separator,
                "{names:?}"
            );
        }
    }
}
