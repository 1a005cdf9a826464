//! The words that schema and configuration files use for the fixed choices of the model.

use super::model::{Completeness, Kind, Privacy, Treatment};

/// A choice that files and reports name by a word.
pub trait Named: Copy + PartialEq + Sized + 'static {
    /// Every choice with its word, in the order in which people should read them.
    const WORDS: &'static [(&'static str, Self)];

    /// The word of this choice.
    fn word(self) -> &'static str {
        // Every choice stands in its table; a test goes through them.
        Self::WORDS
            .iter()
            .find(|(_, choice)| *choice == self)
            .map_or("", |(word, _)| word)
    }

    /// The choice of this word.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, choice)| *choice)
    }

    /// The words as a list for messages.
    fn words() -> String {
        Self::WORDS
            .iter()
            .map(|(word, _)| *word)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl Named for Kind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("code", Self::Code),
        ("date", Self::Date),
        ("whole number", Self::Integer),
        ("decimal", Self::Decimal),
        ("list", Self::List),
    ];
}

impl Named for Privacy {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("direct identifier", Self::DirectIdentifier),
        ("indirect identifier", Self::IndirectIdentifier),
        ("free text", Self::FreeText),
        ("neutral", Self::Neutral),
    ];
}

impl Named for Treatment {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("keep", Self::Keep),
        ("derive", Self::Derive),
        ("pseudonymise", Self::Pseudonymise),
        ("drop", Self::Drop),
    ];
}

impl Named for Completeness {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("yes", Self::Yes),
        ("unknown", Self::Unknown),
        ("not found", Self::NotFound),
        ("by council", Self::ByCouncil),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Named + std::fmt::Debug>(all: &[T]) {
        assert_eq!(all.len(), T::WORDS.len());
        for choice in all {
            assert_eq!(T::from_word(choice.word()), Some(*choice));
        }
    }

    #[test]
    fn every_choice_has_its_own_word() {
        use Completeness as C;
        check(&[
            Kind::Text,
            Kind::Code,
            Kind::Date,
            Kind::Integer,
            Kind::Decimal,
            Kind::List,
        ]);
        check(&[
            Privacy::DirectIdentifier,
            Privacy::IndirectIdentifier,
            Privacy::FreeText,
            Privacy::Neutral,
        ]);
        check(&[
            Treatment::Keep,
            Treatment::Derive,
            Treatment::Pseudonymise,
            Treatment::Drop,
        ]);
        check(&[C::Yes, C::Unknown, C::NotFound, C::ByCouncil]);
        assert_eq!(Treatment::from_word("encrypt"), None);
    }
}
