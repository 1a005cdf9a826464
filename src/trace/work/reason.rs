//! Why somebody is on the work list, and what has to be done next: one table, from the codes of PDS and from what keeps a
//! number from being believed.

use crate::trace::answer::RecordCode;
use crate::trace::request::{Form, NotEnough, Why};

/// What has to be done next. In the order of the sheets: what is quickest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Nothing but another request.
    SendAgain,
    /// The extract has a person twice, or a date that cannot be read.
    CorrectExtract,
    /// The postcode is missing.
    AddPostcode,
    /// The name is missing, or written as PDS does not take it.
    AddName,
    /// The birth date is missing, or another one than PDS has.
    CheckBirthDate,
    /// The number in the case system is not the one that PDS has.
    CorrectNumber,
    /// Two records are of one person, it seems.
    MergeRecords,
    /// The case system has a date of death that says nothing.
    ClearDeath,
    /// PDS has a date of death.
    CheckDeath,
    /// A match that is likely and not certain.
    DecideMatch,
    /// A request file cannot find it: the person or their GP can tell.
    AskGp,
    /// The PDS record itself is at fault.
    ReferToBackOffice,
}

impl Group {
    /// Every one, in their order.
    pub const ALL: [Self; 12] = [
        Self::SendAgain,
        Self::CorrectExtract,
        Self::AddPostcode,
        Self::AddName,
        Self::CheckBirthDate,
        Self::CorrectNumber,
        Self::MergeRecords,
        Self::ClearDeath,
        Self::CheckDeath,
        Self::DecideMatch,
        Self::AskGp,
        Self::ReferToBackOffice,
    ];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendAgain => "send_again",
            Self::CorrectExtract => "correct_extract",
            Self::AddPostcode => "add_postcode",
            Self::AddName => "add_name",
            Self::CheckBirthDate => "check_birth_date",
            Self::CorrectNumber => "correct_number",
            Self::MergeRecords => "merge_records",
            Self::ClearDeath => "clear_death",
            Self::CheckDeath => "check_death",
            Self::DecideMatch => "decide_match",
            Self::AskGp => "ask_gp",
            Self::ReferToBackOffice => "refer_to_back_office",
        }
    }

    /// The name of its sheet.
    pub const fn sheet(self) -> &'static str {
        match self {
            Self::SendAgain => "Send again",
            Self::CorrectExtract => "Correct the extract",
            Self::AddPostcode => "Add a postcode",
            Self::AddName => "Add a name",
            Self::CheckBirthDate => "Check a birth date",
            Self::CorrectNumber => "Correct a number",
            Self::MergeRecords => "Merge two records",
            Self::ClearDeath => "Correct a date of death",
            Self::CheckDeath => "Check a death",
            Self::DecideMatch => "Decide a match",
            Self::AskGp => "Ask the GP",
            Self::ReferToBackOffice => "Refer to the back office",
        }
    }

    /// What to do, in full.
    pub const fn what_to_do(self) -> &'static str {
        match self {
            Self::SendAgain => {
                "Nothing to correct: ask again with the next request. Look closer if the attempts grow"
            }
            Self::CorrectExtract => {
                "Correct what writes the people file: one row for each person (merge the records if the case system has \
                 several), and dates as dd/mm/yyyy, yyyy-mm-dd or yyyymmdd"
            }
            Self::AddPostcode => {
                "Record the full postcode of where the person lives or is registered, then ask again"
            }
            Self::AddName => {
                "Record the whole family name, without anything in it that is not of the name, then ask again. If it is right \
                 as it stands, leave it so, and ask the person or their GP practice for the number"
            }
            Self::CheckBirthDate => {
                "Check the date of birth with the person or a document. If the case system is wrong, correct it and ask \
                 again; if PDS is, ask the GP to correct it"
            }
            Self::CorrectNumber => {
                "Compare the number in the case system with the one from PDS, and replace or remove it there"
            }
            Self::MergeRecords => {
                "Two living people of the case system would have one number. If they are one person, merge the records; if \
                 not, find out whose number it is"
            }
            Self::ClearDeath => {
                "This date is not from PDS. Find out whether the person is alive: if so, clear the date of death in the case \
                 system, or in what writes the extract; if not, record the day on which they died"
            }
            Self::CheckDeath => {
                "PDS has a date of death. Check it, and record it in the case system if it is right"
            }
            Self::DecideMatch => {
                "Compare what is known of the person with the PDS record, with somebody who may see it, and decide"
            }
            Self::AskGp => {
                "Find the number in another way: ask the person or the GP practice they are registered with, or look on the NHS \
                 web pages for tracing, where the council may use them. Then record it"
            }
            Self::ReferToBackOffice => {
                "Refer the record to the national back office, which alone can put it right"
            }
        }
    }

    /// Who does it.
    pub const fn who(self) -> &'static str {
        match self {
            Self::SendAgain => "who runs the tracing",
            Self::CorrectExtract => "who makes the extract of the case system",
            Self::ClearDeath => {
                "the allocated worker, or who makes the extract if the case system has no such date"
            }
            Self::AddPostcode | Self::AddName | Self::CheckBirthDate | Self::CheckDeath => {
                "the allocated worker or their team"
            }
            Self::CorrectNumber | Self::MergeRecords | Self::DecideMatch => {
                "who looks after the case system's records"
            }
            Self::AskGp => "the allocated worker",
            Self::ReferToBackOffice => "who runs the tracing, with the information governance lead",
        }
    }
}

/// What was sent, as far as it decides what an answer without a match means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// What was asked for.
    pub form: Form,
    /// Whether with a postcode.
    pub postcode: bool,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident $name:literal $group:ident $wrong:literal;)*) => {
        /// Why somebody is on the work list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[$doc])* $reason,)*
        }

        impl Reason {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$reason),*];

            /// Its name in files and registers: stable.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$reason => $name,)* }
            }

            /// What has to be done next.
            pub const fn group(self) -> Group {
                match self { $(Self::$reason => Group::$group,)* }
            }

            /// What is wrong, in words.
            pub const fn what_is_wrong(self) -> &'static str {
                match self { $(Self::$reason => $wrong,)* }
            }
        }
    };
}

// One line each: the reason, its name, what has to be done next, and what is wrong.
reasons! {
    /// No question without a birth date.
    NoBirthDate "no_birth_date" CheckBirthDate "no date of birth is recorded, so PDS cannot be asked";
    /// No question with a birth date that nobody can read.
    BirthDateUnreadable "birth_date_unreadable" CorrectExtract "the people file has a date of birth that cannot be read (read are dd/mm/yyyy, yyyy-mm-dd and yyyymmdd, of days that there are), so PDS was not asked";
    /// No question with a birth date that is none.
    BirthDateStandIn "birth_date_stand_in" CheckBirthDate "the date of birth recorded is one that stands for none (01/01/1900, 01/01/1753) or in the future, so PDS was not asked";
    /// No question without a family name.
    NoFamilyName "no_family_name" AddName "no family name is recorded, so PDS cannot be asked";
    /// A family name that cannot be sent for its letters.
    NameNotAscii "name_not_ascii" AskGp "the family name has a letter with an accent or another character that PDS takes in no request file; the record is right, leave it as it is";
    /// A family name that cannot be sent for another reason.
    NameNotSendable "name_not_sendable" AddName "the family name is too long for PDS, has no letter, or has a comma, quotation mark or sign in it";
    /// A number that is held and was not found with the birth date.
    NumberNotConfirmed "number_not_confirmed" SendAgain "PDS does not have the number held with this date of birth; the next request asks by name";
    /// 98 with a postcode.
    NotFoundAtPostcode "not_found_at_postcode" SendAgain "PDS found nobody at this postcode; the next request asks without it";
    /// 98 without a postcode.
    NotFound "not_found" AskGp "PDS found nobody with this name, date of birth and gender";
    /// 96: what was missing was the postcode, as no question goes without a birth date.
    SeveralExact "several_exact" AddPostcode "several people have this name and date of birth, and no postcode was sent";
    /// 97 without a postcode.
    SeveralClose "several_close" AddPostcode "several people are much like this one, and no postcode was sent";
    /// 96 or 97 although there was a postcode.
    SeveralAtPostcode "several_at_postcode" AskGp "several people are like this one, although a postcode was sent";
    /// 91
    InvalidRecord "invalid_record" ReferToBackOffice "the matching PDS record is invalid";
    /// 95
    UnderInvestigation "under_investigation" ReferToBackOffice "the PDS record is under investigation";
    /// 10 to 13, 16, 17
    RowRefused "row_refused" SendAgain "PDS refused the row of the request; tell the makers of this program if it happens again";
    /// 14, 15
    NotTraced "not_traced" SendAgain "PDS could not trace at that time";
    /// A code that is not known.
    UnknownCode "unknown_code" SendAgain "PDS gave a code that this program does not know; look it up before asking again";
    /// 10 to 17, a code or a number that says nothing, or two answers, once too often.
    AskedEnough "asked_enough" AskGp "PDS gave nothing that can be used, however often it was asked; it is asked again only once something of the record is changed";
    /// A person id that stands on several rows.
    SeveralRows "several_rows" CorrectExtract "several rows of the people file have this person id, so nobody knows which is right";
    /// Asked, and no answer.
    NoAnswer "no_answer" SendAgain "the request has not been answered";
    /// Two answers that are not equal.
    TwoAnswers "two_answers" SendAgain "two different answers came to one question, so none was taken";
    /// The person's record is another one than when the request was made.
    ChangedSince "changed_since" SendAgain "the record was changed after it was sent, so the answer was not taken";
    /// A code that brings a number, and no number that could be one.
    NoUsableNumber "no_usable_number" SendAgain "PDS told of a match and gave no valid number";
    /// Another birth date came back.
    BirthDateDiffers "birth_date_differs" CheckBirthDate "PDS has another date of birth than was sent";
    /// Part of a birth date came back.
    BirthDateNotWhole "birth_date_not_whole" CheckBirthDate "PDS has no whole date of birth for the matching record";
    /// Found by likeness.
    NotExact "not_exact" DecideMatch "the match was found by likeness, so it is not certain";
    /// Found in a way that is not known.
    UnknownAlgorithm "unknown_algorithm" DecideMatch "PDS does not say in a known way how the match was found";
    /// Found by a check of a number that was not sent.
    NothingToCheck "nothing_to_check" DecideMatch "PDS says that it checked a number, and none was sent";
    /// Exact, and not sure.
    NotSure "not_sure" DecideMatch "PDS says that the match is exact, and that it is less than 100 per cent sure of it";
    /// The number that came back is not the one that was sent.
    OtherQuestion "other_question" DecideMatch "the answer names another number than was asked about, so it is not the one to the question";
    /// Another living person has the number.
    HeldByAnother "held_by_another" MergeRecords "another living person of the case system has this number";
    /// The other person who had the number is gone or has another one.
    SharedNoMore "shared_no_more" SendAgain "another person had this number and has it no more; the next request asks again";
    /// PDS has another number than was asked about, and the case system has none.
    OtherThanAsked "other_than_asked" DecideMatch "PDS has another number for this person than it was asked about, and the case system has none";
    /// 90, with the number that was asked about.
    SupersededByItself "superseded_by_itself" DecideMatch "PDS says that the number asked about has been superseded, and gives that same number";
    /// PDS has another number than the case system, and does not say that it took its place.
    OtherNumber "other_number" CorrectNumber "PDS has another number for this person than the case system";
    /// 90
    Superseded "superseded" CorrectNumber "the number in the case system has been superseded by another one";
    /// 90 for a number that was not asked about.
    NotSuperseded "not_superseded" CorrectNumber "PDS says that a number has been superseded, and that was not what it was asked about";
    /// The number held is none.
    HeldNumberInvalid "held_number_invalid" CorrectNumber "the number in the case system is not a valid NHS number";
    /// A date of death that says nothing.
    DeathUnclear "death_unclear" ClearDeath "what the case system has as the date of death cannot be read (read are dd/mm/yyyy, yyyy-mm-dd and yyyymmdd), or is no day on which the person can have died (01/01/1900 and the like, one to come, one before the birth): it does not say that they died";
    /// A date of death came back.
    Dead "dead" CheckDeath "PDS has a date of death that the case system does not have";
}

impl Reason {
    /// Whether the number from PDS is needed to do it. Never where the register keeps none, and never where several people or
    /// several numbers are in question: there the first thing to find out is not a number.
    pub const fn compares_numbers(self) -> bool {
        match self {
            Self::OtherQuestion => false,
            Self::BirthDateDiffers | Self::BirthDateNotWhole => true,
            _ => matches!(self.group(), Group::CorrectNumber | Group::DecideMatch),
        }
    }

    /// The reason of a name, as [`name`](Self::name) gave it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.name() == name)
    }

    /// Why somebody is on the list whom nothing could be asked about.
    pub const fn of_not_enough(why: NotEnough) -> Self {
        match why {
            NotEnough::BirthDate => Self::NoBirthDate,
            NotEnough::BirthDateStandIn => Self::BirthDateStandIn,
            NotEnough::FamilyName => Self::NoFamilyName,
            NotEnough::FamilyNameLeftOut(Why::NotAscii) => Self::NameNotAscii,
            NotEnough::FamilyNameLeftOut(_) => Self::NameNotSendable,
        }
    }

    /// Why somebody is on the list whose answer has this code. `None` where the code brings a number: then the gates decide.
    pub const fn of_code(code: RecordCode, sent: Sent) -> Option<Self> {
        Some(match code {
            RecordCode::Matched | RecordCode::Superseded | RecordCode::Sensitive => return None,
            RecordCode::FieldMissing
            | RecordCode::FieldTooLong
            | RecordCode::BadGender
            | RecordCode::BadFormat
            | RecordCode::TooFewFields
            | RecordCode::TooManyFields => Self::RowRefused,
            RecordCode::Datastore | RecordCode::NotTraced => Self::NotTraced,
            RecordCode::InvalidRecord => Self::InvalidRecord,
            RecordCode::UnderInvestigation => Self::UnderInvestigation,
            RecordCode::SeveralExact | RecordCode::SeveralClose if sent.postcode => {
                Self::SeveralAtPostcode
            }
            RecordCode::SeveralExact => Self::SeveralExact,
            RecordCode::SeveralClose => Self::SeveralClose,
            RecordCode::NoMatch => match (sent.form, sent.postcode) {
                (Form::CrossCheck, _) => Self::NumberNotConfirmed,
                (Form::Alphanumeric, true) => Self::NotFoundAtPostcode,
                (Form::Alphanumeric, false) => Self::NotFound,
            },
            RecordCode::Unknown(_) => Self::UnknownCode,
        })
    }
}
