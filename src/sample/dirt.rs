//! The ways in which a cell of a sample can be bad: the irregularities seen nationally and those that checks look for.

macro_rules! dirt {
    ($($(#[$doc:meta])+ $kind:ident = $name:literal),+ $(,)?) => {
        /// One way of being bad.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Dirt { $($(#[$doc])+ $kind),+ }

        impl Dirt {
            /// Every way, in the order of the declaration.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$kind),+];

            /// A short name for counts.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }
        }
    };
}

dirt! {
    /// The text NULL in any case, where a database has nothing.
    NullText = "null text",
    /// White space before or after a value, hard spaces included.
    StraySpace = "stray space",
    /// Capitals other than the list's.
    OddCapitals = "odd capitals",
    /// An en dash for the punctuation of the list.
    EnDash = "en dash",
    /// A Release 1 value that became one of Release 2.
    ReleaseOne = "release 1 value",
    /// A Release 1 value without a single counterpart.
    Retired = "retired value",
    /// A label without its value: `White`, `Other`.
    Valueless = "valueless label",
    /// A text that a closed list does not have.
    NotInList = "not in list",
    /// Nothing where something must be.
    BlankMandatory = "blank mandatory",
    /// A value where the field is not applicable.
    NotApplicable = "not applicable",
    /// A list's cell that begins as a formula does.
    Formula = "formula",
    /// The person's NHS number in a field of another kind.
    IdentifierMisplaced = "identifier misplaced",

    /// The code of another council.
    OtherCouncil = "other council",
    /// Another stated period than the rest of the file has.
    OtherPeriod = "other period",

    /// No NHS number.
    NhsMissing = "nhs number missing",
    /// An NHS number that lost a digit.
    NhsShort = "nhs number short",
    /// An NHS number in groups of 3, 3 and 4: untidy, but right.
    NhsSpaced = "nhs number spaced",
    /// An NHS number whose check digit is wrong.
    NhsCheckDigit = "nhs number check digit",
    /// 9999999999, typed by people who have no number to type.
    NhsPlaceholder = "nhs number placeholder",
    /// A second NHS number for one council id.
    NhsSecond = "second nhs number",
    /// A second council id for one NHS number.
    SecondId = "second person id",
    /// Neither an NHS number nor a council id.
    NoPersonId = "no person id",
    /// A letter beyond ASCII in a name: right, and a trial of encodings.
    Accent = "accent",
    /// Another gender, ethnicity, support reason or accommodation than the person's other records have.
    Conflicting = "conflicting",
    /// A GP practice code of another shape.
    PracticeShape = "practice code shape",
    /// Part of a postcode.
    PostcodeIncomplete = "postcode incomplete",
    /// A birth date that makes the person 115 or older.
    Ancient = "age 115 or over",
    /// A death before the event began.
    DeathBeforeStart = "death before start",
    /// A cared-for adult who is not in the file.
    LinkedStranger = "linked stranger",

    /// A day that the calendar does not have: 31/02/2025.
    ImpossibleDate = "impossible date",
    /// yyyy-mm-dd.
    IsoDate = "iso date",
    /// dd/mm/yy.
    TwoDigitYear = "two-digit year",
    /// A date with a time.
    DateWithTime = "date with time",
    /// An event without a type.
    NoEventType = "no event type",
    /// A request, assessment or review that never ended.
    MissingEnd = "missing end",
    /// An end in the wrong year.
    WrongEnd = "wrong end",
    /// An end far in the future.
    FutureEnd = "future end",
    /// An end before the start.
    EndBeforeStart = "end before start",
    /// Equipment that was never closed.
    OpenEquipment = "open equipment",
    /// A service's start moved up to the first day of the period.
    StartReset = "start reset",
    /// The same record twice, as two carers on one visit are often written.
    DoubleUp = "double-up",

    /// No delivery mechanism for a service.
    BlankDelivery = "blank delivery mechanism",
    /// A negative number.
    Negative = "negative number",
    /// A number with a comma in its thousands.
    ThousandsComma = "thousands comma",
    /// A number with three decimals.
    ThreeDecimals = "three decimals",
    /// A number with a pound sign.
    PoundSign = "pound sign",
    /// Words for a number.
    NotANumber = "not a number",
    /// A yearly cost for a service that is counted by the hour, day or session.
    FrequencyMisfit = "frequency misfit",
}
