//! NHS Number Status Indicator: how far the NHS number of a person is known.

/// The eight codes of the NHS Data Dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// 01
    Verified = 1,
    /// 02
    NotTraced = 2,
    /// 03
    Required = 3,
    /// 04
    NoneOrSeveral = 4,
    /// 05
    Conflict = 5,
    /// 06
    InProgress = 6,
    /// 07
    NotRequired = 7,
    /// 08
    Postponed = 8,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Verified,
        Self::NotTraced,
        Self::Required,
        Self::NoneOrSeveral,
        Self::Conflict,
        Self::InProgress,
        Self::NotRequired,
        Self::Postponed,
    ];

    /// As the register keeps it.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// What the register keeps.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.number() == number)
    }

    /// Two digits.
    pub fn code(self) -> String {
        format!("{:02}", self.number())
    }

    /// In the words of the dictionary, shortened.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Verified => "present and verified",
            Self::NotTraced => "present, not traced",
            Self::Required => "trace required",
            Self::NoneOrSeveral => "traced: none, or several",
            Self::Conflict => "conflict to be resolved",
            Self::InProgress => "trace in progress",
            Self::NotRequired => "absent, trace not required",
            Self::Postponed => "postponed: a baby under six weeks",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back_and_no_other_ones() {
        for status in Status::ALL {
            assert_eq!(Status::of(status.number()), Some(status));
        }
        assert_eq!(Status::Postponed.code(), "08");
        assert_eq!((Status::of(0), Status::of(9)), (None, None));
    }
}
