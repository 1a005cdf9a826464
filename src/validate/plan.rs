//! The schema's rules made ready for the loop over cells: nothing here changes while records are read.

use std::sync::Arc;

use regex::Regex;

use super::status::Validity;
use crate::schema::{Kind, Make, Roles, Schema, Subject, Test, Treatment};

/// How the cells of a field are checked.
#[derive(Debug)]
pub enum Kernel {
    /// By its distinct values.
    Distinct(Judge),
    /// dd/mm/yyyy.
    Date,
    /// Contract section 4.
    NhsNumber,
    /// An identifier of the council's own system.
    LocalId,
    /// Text that never leaves: only whether it is there matters.
    Unsent,
}

/// How a distinct value is judged.
#[derive(Debug)]
pub enum Judge {
    /// Against the list of the field.
    List,
    /// Anything goes.
    Text,
    /// By its shape, where it has one.
    Code(Option<Regex>),
    /// Against the controller's code, and by its shape.
    LaCode(Option<Regex>),
    /// A number with so many decimals.
    Number {
        /// 0 or 2.
        decimals: usize,
    },
    /// A full UK postcode, of which the sector is written.
    Postcode,
}

/// What kind of event a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// None that can be read.
    None,
    Request,
    Assessment,
    Service,
    Review,
}

impl EventKind {
    /// The kinds that can be read.
    pub const ALL: [Self; 4] = [Self::Request, Self::Assessment, Self::Service, Self::Review];

    pub(super) fn named(text: &str, validity: Validity) -> Self {
        match text.to_ascii_lowercase().as_str() {
            _ if validity == Validity::Invalid => Self::None,
            "request" => Self::Request,
            "assessment" => Self::Assessment,
            "service" => Self::Service,
            "review" => Self::Review,
            _ => Self::None,
        }
    }

    /// The value of the list.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Request => "Request",
            Self::Assessment => "Assessment",
            Self::Service => "Service",
            Self::Review => "Review",
        }
    }
}

/// What kind of client a record is about, as far as selection needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// Anyone else, or not readable.
    Other,
    /// A carer known by association, who needs no event.
    KnownByAssociation,
}

impl ClientKind {
    pub(super) fn named(text: &str) -> Self {
        if text
            .to_ascii_lowercase()
            .ends_with("carer known by association")
        {
            Self::KnownByAssociation
        } else {
            Self::Other
        }
    }
}

/// One field, ready to check.
#[derive(Debug)]
pub struct FieldPlan {
    /// How its cells are checked.
    pub kernel: Kernel,
    /// Tests of the schema about this field, with their positions.
    pub tests: Vec<(usize, Test)>,
    /// Bit i: the conditions of this field look at field i.
    pub depends_on: u128,
    /// Taken to be a number without evidence: a value that is none gets a warning only.
    pub assumed_number: bool,
}

/// Everything the checker needs to know.
#[derive(Debug)]
pub struct Plan {
    /// The return.
    pub schema: Arc<Schema>,
    /// One for each field of the schema.
    pub fields: Vec<FieldPlan>,
    /// Tests about the age at the end of the period, with their positions.
    pub age_tests: Vec<(usize, Test)>,
    /// Three digits.
    pub la_code: String,
    /// A test key is used, under which test numbers are no finding.
    pub test_key: bool,
}

impl Plan {
    /// Compiles the schema for a council.
    pub fn new(schema: Arc<Schema>, la_code: &str, test_key: bool) -> Self {
        let fields = schema.fields.iter().enumerate().map(|(at, field)| {
            let tests = schema
                .tests
                .iter()
                .enumerate()
                .filter(|(_, t)| t.subject == Subject::Field(at));
            let mut depends_on = 0;
            for bit in field
                .applicable
                .tests()
                .into_iter()
                .chain(field.mandatory.tests())
            {
                match schema.tests[bit].subject {
                    Subject::Field(f) => depends_on |= 1 << f,
                    Subject::AgeAtPeriodEnd => depends_on |= 1 << schema.roles.birth,
                }
            }
            FieldPlan {
                kernel: kernel(at, field, &schema.roles),
                tests: tests.map(|(i, t)| (i, t.clone())).collect(),
                depends_on,
                assumed_number: field.kind == Kind::Integer && field.confidence != "high",
            }
        });
        let fields = fields.collect();
        let age_tests = schema
            .tests
            .iter()
            .enumerate()
            .filter(|(_, t)| t.subject == Subject::AgeAtPeriodEnd)
            .map(|(i, t)| (i, t.clone()))
            .collect();
        Self {
            fields,
            age_tests,
            la_code: la_code.to_owned(),
            test_key,
            schema,
        }
    }
}

fn kernel(at: usize, field: &crate::schema::Field, roles: &Roles) -> Kernel {
    let local_id = field
        .columns
        .iter()
        .any(|c| matches!(c.make, Make::Pseudonym(_)))
        && matches!(field.privacy, crate::schema::Privacy::DirectIdentifier)
        || at == roles.person_id
        || at == roles.event_reference;
    if at == roles.nhs_number {
        Kernel::NhsNumber
    } else if field.kind == Kind::Date {
        Kernel::Date
    } else if at == roles.postcode {
        Kernel::Distinct(Judge::Postcode)
    } else if local_id {
        Kernel::LocalId
    } else if field.kind == Kind::List {
        Kernel::Distinct(Judge::List)
    } else if field.kind == Kind::Decimal {
        Kernel::Distinct(Judge::Number { decimals: 2 })
    } else if field.kind == Kind::Integer {
        Kernel::Distinct(Judge::Number { decimals: 0 })
    } else if at == roles.la_code {
        Kernel::Distinct(Judge::LaCode(field.shape.clone()))
    } else if field.treatment == Treatment::Drop
        || field.treatment == Treatment::Derive
        || field.withdrawn
    {
        Kernel::Unsent
    } else if field.kind == Kind::Code {
        Kernel::Distinct(Judge::Code(field.shape.clone()))
    } else {
        Kernel::Distinct(Judge::Text)
    }
}
