//! Looking a received value up in a list.

use super::model::{Completeness, List};
use crate::nearest::nearest;

/// What a list says of a received value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match<'a> {
    /// Permitted and spelt exactly.
    Exact(&'a str),
    /// Permitted but for surrounding space, capitals or both.
    Respelt {
        /// The exact spelling.
        value: &'a str,
        /// There is white space around it.
        space: bool,
        /// Its capitals differ.
        capitals: bool,
    },
    /// A value of the release before that became exactly this one.
    Previous {
        /// The value of this release.
        value: &'a str,
    },
    /// A value of the release before that this one lacks, without a single counterpart.
    Retired {
        /// What it may have become.
        choices: &'a [String],
    },
    /// None of these.
    Unlisted,
}

impl List {
    /// Looks up a value as received. Capitals and surrounding white space do not count, in the sense of Unicode.
    pub fn look_up<'a>(&'a self, text: &str) -> Match<'a> {
        if let Some(exact) = self.values.iter().find(|v| v.value == text) {
            return Match::Exact(&exact.value);
        }
        let trimmed = text.trim();
        let folded = fold(text);
        // The list itself goes before the release before: a value that both have is no change.
        if let Some(found) = self.values.iter().find(|v| folds_to(&v.value, &folded)) {
            let space = trimmed.len() != text.len();
            return Match::Respelt {
                value: &found.value,
                space,
                capitals: trimmed != found.value,
            };
        }
        if let Some(new) = self
            .values
            .iter()
            .find(|v| v.was.iter().any(|was| folds_to(was, &folded)))
        {
            return Match::Previous { value: &new.value };
        }
        // Where the list may be longer than we know, the value may still be in it.
        if self.complete.is_closed()
            && let Some(retired) = self.retired.iter().find(|r| folds_to(&r.value, &folded))
        {
            return Match::Retired {
                choices: &retired.choices,
            };
        }
        Match::Unlisted
    }

    /// What an unlisted value may have meant: a known misspelling, else a value or guess that is near.
    pub fn nearest(&self, text: &str) -> Option<&str> {
        let folded = fold(text);
        let seen = self.also_seen.iter().find(|seen| match seen.prefix {
            true => folded.starts_with(&fold(&seen.value)),
            false => folds_to(&seen.value, &folded),
        });
        let permitted = || self.values.iter().map(|v| v.value.as_str());
        if let Some(seen) = seen {
            return permitted().find(|value| *value == seen.means);
        }
        nearest(text, permitted())
            .or_else(|| nearest(text, self.candidates.iter().map(String::as_str)))
    }

    /// Rank among duplicates of an event, from 1 (stays) upwards, by the first hierarchy of the list. Values without
    /// a rank have none; nationally they go last, as 999.
    pub fn rank(&self, text: &str) -> Option<usize> {
        let hierarchy = self.hierarchies.first()?;
        let ranked = match self.look_up(text) {
            Match::Exact(value) | Match::Respelt { value, .. } | Match::Previous { value } => value,
            Match::Retired { .. } => hierarchy.retired_rank_as.as_deref()?,
            Match::Unlisted => return None,
        };
        hierarchy
            .order
            .iter()
            .position(|value| value == ranked)
            .map(|at| at + 1)
    }
}

impl Completeness {
    /// In words, for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Yes => "complete: any other value is wrong",
            Self::Unknown => "may be longer than shown: another value is unverified, not wrong",
            Self::NotFound => "not found: any value is unverified, not wrong",
            Self::ByCouncil => "completed by the council's configuration: any other value is wrong",
        }
    }
}

/// Whether a text has this folded form. Most texts are ASCII, and nothing is copied then.
pub(super) fn folds_to(text: &str, folded: &str) -> bool {
    if text.is_ascii() {
        text.trim().eq_ignore_ascii_case(folded)
    } else {
        fold(text) == folded
    }
}

/// The form in which texts are compared: trimmed, in small letters.
pub(super) fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The text without what the return does not regard as content: surrounding space, or all of it if it says NULL.
pub(super) fn shown(text: &str) -> &str {
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("null") {
        ""
    } else {
        trimmed
    }
}
