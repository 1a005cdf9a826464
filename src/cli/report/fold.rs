//! The findings of one record, each cause with what follows from it: an event type that cannot be read is one thing to
//! put right, not thirteen.

use crate::finding::Finding;

/// A finding that is told, and those that are told with it.
pub struct Folded<'f, 'a> {
    /// The finding that follows from no other.
    pub cause: &'f Finding<'a>,
    /// What follows from it, at once or through another, in the order of the columns.
    pub follows: Vec<&'f Finding<'a>>,
}

/// How many consequences are named where people read them.
const NAMED: usize = 5;

/// Folds the findings of one record. Every finding is told once: as a cause or with its cause.
pub fn fold<'f, 'a>(findings: &'f [Finding<'a>]) -> Vec<Folded<'f, 'a>> {
    let parents: Vec<_> = findings
        .iter()
        .map(|finding| {
            let rule = finding.follows_from?;
            findings.iter().position(|other| other.rule == rule)
        })
        .collect();
    let roots: Vec<_> = (0..findings.len()).map(|at| root(&parents, at)).collect();
    let causes = (0..findings.len()).filter(|at| roots[*at] == *at);
    causes
        .map(|cause| Folded {
            cause: &findings[cause],
            follows: (0..findings.len())
                .filter(|at| *at != cause && roots[*at] == cause)
                .map(|at| &findings[at])
                .collect(),
        })
        .collect()
}

/// Where the chain of causes ends. Two fields may each hang on the other; then the first of them stands for both.
fn root(parents: &[Option<usize>], at: usize) -> usize {
    let mut met = Vec::new();
    let mut here = at;
    while let Some(parent) = parents[here] {
        if let Some(start) = met.iter().position(|seen| *seen == here) {
            return met[start..].iter().copied().min().unwrap_or(here);
        }
        met.push(here);
        here = parent;
    }
    here
}

impl Folded<'_, '_> {
    /// `12 fields follow from this: A, B, …`; nothing where nothing does.
    pub fn consequences(&self) -> Option<String> {
        let mut fields: Vec<&str> = Vec::new();
        for finding in &self.follows {
            let name = finding.field.name.as_str();
            if name != self.cause.field.name && !fields.contains(&name) {
                fields.push(name);
            }
        }
        let told = match fields.len() {
            0 if self.follows.is_empty() => return None,
            // Something more about the very cell that is the cause.
            0 => {
                fields.extend(self.follows.iter().map(|finding| &*finding.rule));
                "this follows from it"
            }
            1 => "1 field follows from this",
            n => &format!("{n} fields follow from this"),
        };
        let more = if fields.len() > NAMED { ", …" } else { "" };
        fields.truncate(NAMED);
        Some(format!("{told}: {}{more}", fields.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::root;

    #[test]
    fn every_chain_has_one_end() {
        let parents = [None, Some(0), Some(1), None, Some(5), Some(4), Some(5)];
        let roots: Vec<_> = (0..7).map(|at| root(&parents, at)).collect();
        assert_eq!(roots, [0, 0, 0, 3, 4, 4, 4]);
    }
}
