//! The rules by which the register's entries are made: why a number was taken, or why it was not.

/// Why a person's status is what it is. Names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// One match, and every gate holds.
    Matched,
    /// The number was superseded by another one, and every gate holds.
    Superseded,
    /// One match with a sensitive record, and every gate holds.
    Sensitive,
    /// The person's record is not any more what was sent.
    RecordChanged,
    /// The number is one that stands for none or for several.
    Sentinel,
    /// The number's check digit is wrong.
    CheckDigit,
    /// No whole birth date was returned.
    BirthDateNotWhole,
    /// The birth date returned is not the one sent.
    BirthDate,
    /// PDS does not say in a known way how the record was found.
    UnknownAlgorithm,
    /// Found by an algorithmic or simple trace.
    NotCertain,
    /// The number is another one than the case system has, and nothing says that it was superseded.
    NumberChanged,
    /// Found by cross check, and no number was sent that could be checked.
    NothingToCheck,
    /// Said to be exact, and not wholly sure.
    NotSure,
    /// Code 90, and the number that was superseded was not what was asked about.
    NotSuperseded,
    /// The number that came back as the one asked about is not the one that was sent.
    OtherQuestion,
    /// Another living person has the number.
    AnotherPerson,
    /// Code 91.
    InvalidRecord,
    /// Code 95.
    UnderInvestigation,
    /// Code 96.
    SeveralExact,
    /// Code 97.
    SeveralClose,
    /// Code 98.
    NoMatch,
    /// Codes 10 to 17: the request was not carried out.
    Fault,
    /// A code that is not known.
    UnknownCode,
    /// Two answers to one question that differ.
    Twice,
    /// An answer to a question that was asked again since.
    Late,
    /// A later answer to the same question says something else.
    Contradicts,
    /// The person has died.
    Died,
    /// The person has no worker any more.
    Left,
    /// The person is back.
    Returned,
    /// Back, while another living person has the number.
    Withdrawn,
    /// A baby under six weeks.
    Baby,
    /// Too little is recorded to ask.
    Incomplete,
    /// Two living people of the case system have this number.
    Shared,
    /// The person objects to the use of the number.
    Objected,
    /// The date of death cannot be read or stands for none.
    DeathUnclear,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 35] = [
        Self::Matched,
        Self::Superseded,
        Self::Sensitive,
        Self::RecordChanged,
        Self::Sentinel,
        Self::CheckDigit,
        Self::BirthDateNotWhole,
        Self::BirthDate,
        Self::UnknownAlgorithm,
        Self::NotCertain,
        Self::NumberChanged,
        Self::NothingToCheck,
        Self::NotSure,
        Self::NotSuperseded,
        Self::OtherQuestion,
        Self::AnotherPerson,
        Self::InvalidRecord,
        Self::UnderInvestigation,
        Self::SeveralExact,
        Self::SeveralClose,
        Self::NoMatch,
        Self::Fault,
        Self::UnknownCode,
        Self::Twice,
        Self::Late,
        Self::Contradicts,
        Self::Died,
        Self::Left,
        Self::Returned,
        Self::Withdrawn,
        Self::Baby,
        Self::Incomplete,
        Self::Shared,
        Self::Objected,
        Self::DeathUnclear,
    ];

    /// As the register has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Matched => "match.single",
            Self::Superseded => "match.superseded",
            Self::Sensitive => "match.sensitive",
            Self::RecordChanged => "record.changed",
            Self::Sentinel => "number.sentinel",
            Self::CheckDigit => "number.check_digit",
            Self::BirthDateNotWhole => "birth_date.not_whole",
            Self::BirthDate => "birth_date.differs",
            Self::UnknownAlgorithm => "match.unknown_algorithm",
            Self::NotCertain => "match.not_certain",
            Self::NumberChanged => "number.changed",
            Self::NothingToCheck => "match.nothing_to_check",
            Self::NotSure => "match.not_sure",
            Self::NotSuperseded => "number.not_superseded",
            Self::OtherQuestion => "answer.other_question",
            Self::AnotherPerson => "number.another_person",
            Self::InvalidRecord => "match.invalid_record",
            Self::UnderInvestigation => "match.under_investigation",
            Self::SeveralExact => "match.several_exact",
            Self::SeveralClose => "match.several_close",
            Self::NoMatch => "match.none",
            Self::Fault => "request.fault",
            Self::UnknownCode => "code.unknown",
            Self::Twice => "answer.twice",
            Self::Late => "answer.late",
            Self::Contradicts => "answer.contradicts",
            Self::Died => "person.died",
            Self::Left => "person.left",
            Self::Returned => "person.returned",
            Self::Withdrawn => "number.withdrawn",
            Self::Baby => "person.baby",
            Self::Incomplete => "record.incomplete",
            Self::Shared => "number.shared",
            Self::Objected => "person.objected",
            Self::DeathUnclear => "person.death_unclear",
        }
    }

    /// The rule of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for rule in Rule::ALL {
            assert_eq!(Rule::of(rule.name()), Some(rule));
        }
        assert_eq!(Rule::of("match"), None);
    }
}
