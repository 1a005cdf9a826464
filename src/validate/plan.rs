//! The schema's rules made ready for the loop over cells: nothing here changes while records are read.

use std::collections::HashSet;
use std::sync::Arc;

use regex::Regex;

use super::check::{Broken, Check};
use super::status::Validity;
use crate::date::Date;
use crate::schema::{
    Check as TestCheck, Comparison, Domain, Evidence, Field, Kind, List, Make, Page, Roles, Schema,
    Severity, Subject, Test, Treatment,
};

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
        let kind = Self::ALL
            .into_iter()
            .filter(|_| validity != Validity::Invalid)
            .find(|kind| text.eq_ignore_ascii_case(kind.name()));
        kind.unwrap_or(Self::None)
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

/// What kind of client a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// Anyone else, or not readable.
    Other,
    /// A service user.
    ServiceUser,
    /// An unpaid carer.
    Carer,
    /// A carer known by association, who needs no event.
    KnownByAssociation,
}

impl ClientKind {
    pub(super) fn named(text: &str) -> Self {
        const BY_ASSOCIATION: &[u8] = b"carer known by association";
        let end = text.len().saturating_sub(BY_ASSOCIATION.len());
        if text.as_bytes()[end..].eq_ignore_ascii_case(BY_ASSOCIATION) {
            Self::KnownByAssociation
        } else if text.eq_ignore_ascii_case("service user") {
            Self::ServiceUser
        } else if ["carer", "unpaid carer"]
            .iter()
            .any(|name| text.eq_ignore_ascii_case(name))
        {
            Self::Carer
        } else {
            Self::Other
        }
    }
}

/// Whether a funding status says that the person pays for all of the care: arranged by the council for a full-cost client
/// (Release 1 and 2), or only metered by it. An event outcome that tells of self-funding is no funding status and says
/// "or under 12-week disregard" besides, so it does not count.
pub(super) fn funds_own_care(text: &str) -> bool {
    [
        "Fully client funded",
        "18(3) (full cost client)",
        "Self-funder - Metering Only",
    ]
    .iter()
    .any(|status| text.eq_ignore_ascii_case(status))
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
    /// Most characters that the field takes.
    pub max_length: usize,
    /// National processing knows events again by it.
    pub keyed: bool,
    /// The rule codes of all checks of the field, in their order. Made once: findings are many.
    codes: Vec<String>,
    /// What is expected of a value of a list.
    pub of_list: String,
    /// What is expected of a field that is mandatory.
    pub wanted: String,
}

impl FieldPlan {
    /// What the values are, for people: without the marks of where that is known from.
    pub fn format<'a>(&self, field: &'a Field) -> &'a str {
        field.format.trim_end_matches(" (GEN)")
    }
}

/// Values of a list that are told one by one at most.
const TOLD: usize = 12;

/// What is expected of a value of the field's list.
fn of_list(field: &Field, list: Option<&List>) -> String {
    match list {
        Some(list) if (1..=TOLD).contains(&list.values.len()) && list.complete.is_closed() => {
            let values: Vec<_> = list.values.iter().map(|v| v.value.as_str()).collect();
            format!("one of: {}", values.join("; "))
        }
        _ => format!("a value of the list: cld schema show {}", field.snake),
    }
}

/// What is expected of the field where it is mandatory, and when it is, if that depends on the record.
fn wanted(field: &Field, list: Option<&List>) -> String {
    let value = match list {
        Some(_) => of_list(field, list),
        None => field.format.trim_end_matches(" (GEN)").to_owned(),
    };
    match field.mandatory.text() {
        "true" => value,
        condition => format!("{value}; mandatory if {condition}"),
    }
}

/// A test that compares the days of two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTest {
    /// Its position among the schema's tests.
    pub bit: usize,
    /// The field whose day is compared.
    pub field: usize,
    /// How.
    pub op: Comparison,
    /// The field whose day it is compared with.
    pub than: usize,
}

/// What a council or a command settles about the checks.
#[derive(Debug, Clone, Default)]
pub struct Setting<'a> {
    /// The LA code that every record should have; empty where it is not known.
    pub la_code: &'a str,
    /// NHS numbers of the test range are no finding.
    pub test_numbers: bool,
    /// The period of the return, where it is configured.
    pub period: Option<(Date, Date)>,
}

/// Everything the checker needs to know.
#[derive(Debug)]
pub struct Plan {
    /// The return.
    pub schema: Arc<Schema>,
    /// One for each field of the schema.
    pub fields: Vec<FieldPlan>,
    /// Positions of the linked person ids.
    pub links: Vec<usize>,
    /// The codes of the rules that the schema states.
    rule_codes: Vec<String>,
    /// Bit i: the rule that the schema states looks at field i.
    pub(super) rule_asks: Vec<u128>,
    /// Tests about ages, with their positions.
    pub age_tests: Vec<(usize, Test)>,
    /// Tests that compare days.
    pub day_tests: Vec<DayTest>,
    /// Three digits; empty where it is not known.
    pub la_code: String,
    /// NHS numbers of the test range are no finding, as under a test key.
    pub test_numbers: bool,
    /// The period of the return, where it is configured.
    pub period: Option<(Date, Date)>,
}

impl Plan {
    /// Compiles the schema for a council.
    pub fn new(schema: Arc<Schema>, setting: &Setting<'_>) -> Self {
        let event = &schema.unique_event;
        let by_type = event.joined.iter().chain(&event.single);
        let keyed: HashSet<usize> = (event.every.iter())
            .chain(by_type.flat_map(|(_, fields)| fields))
            .copied()
            .collect();
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
                    Subject::AgeAtPeriodEnd | Subject::AgeAtEventStart => {
                        depends_on |= 1 << schema.roles.birth
                    }
                }
            }
            let list = field.list.map(|list| &schema.lists[list]);
            FieldPlan {
                kernel: kernel(at, field, &schema.roles),
                tests: tests.map(|(i, t)| (i, t.clone())).collect(),
                depends_on,
                assumed_number: field.kind == Kind::Integer && field.confidence != "high",
                max_length: field.max_length.map_or(LONGEST, |most| most as usize),
                keyed: keyed.contains(&at),
                codes: Check::ALL
                    .map(|check| format!("{}.{}", field.snake, check.name()))
                    .to_vec(),
                of_list: of_list(field, list),
                wanted: wanted(field, list),
            }
        });
        let fields = fields.collect();
        let age_tests = schema
            .tests
            .iter()
            .enumerate()
            .filter(|(_, t)| !matches!(t.subject, Subject::Field(_)))
            .map(|(i, t)| (i, t.clone()))
            .collect();
        let day_test = |(bit, test): (usize, &Test)| match (test.subject, &test.check) {
            (Subject::Field(field), TestCheck::Day { op, than }) => Some(DayTest {
                bit,
                field,
                op: *op,
                than: *than,
            }),
            _ => None,
        };
        let day_tests = schema.tests.iter().enumerate().filter_map(day_test);
        let is_link = |(at, field): &(usize, &crate::schema::Field)| {
            *at != schema.roles.person_id
                && (field.columns.iter()).any(|c| c.make == Make::Pseudonym(Domain::LaPerson))
        };
        let links = schema.fields.iter().enumerate().filter(is_link);
        Self {
            fields,
            links: links.map(|(at, _)| at).collect(),
            rule_asks: schema
                .rules
                .iter()
                .map(|rule| asked(rule, &schema))
                .collect(),
            rule_codes: (schema.rules.iter())
                .map(|rule| format!("{}.{}", schema.fields[rule.field].snake, rule.check))
                .collect(),
            age_tests,
            day_tests: day_tests.collect(),
            la_code: setting.la_code.to_owned(),
            test_numbers: setting.test_numbers,
            period: setting.period,
            schema,
        }
    }

    /// What a rule says of itself.
    pub fn page(&self, broken: Broken) -> &Page {
        match broken {
            Broken::Check(check) => check.page(),
            Broken::Rule(at) => &self.schema.rules[usize::from(at)].page,
        }
    }

    /// `gender.not_in_list`.
    pub fn code(&self, field: u16, broken: Broken) -> &str {
        match broken {
            Broken::Check(check) => &self.fields[usize::from(field)].codes[check as usize],
            Broken::Rule(at) => &self.rule_codes[usize::from(at)],
        }
    }

    /// How a rule is known.
    pub fn evidence(&self, field: u16, broken: Broken) -> Evidence {
        match broken {
            Broken::Check(Check::NotANumber | Check::Decimals)
                if self.fields[usize::from(field)].assumed_number =>
            {
                Evidence::Inferred
            }
            _ => self.page(broken).evidence,
        }
    }

    /// How bad a broken rule is.
    pub fn severity(&self, field: u16, broken: Broken) -> Severity {
        match broken {
            Broken::Check(Check::NotANumber | Check::Decimals)
                if self.fields[usize::from(field)].assumed_number =>
            {
                Severity::Warning
            }
            _ => self.page(broken).severity,
        }
    }
}

/// The fields that a rule of the schema looks at, one bit each.
fn asked(rule: &crate::schema::Rule, schema: &Schema) -> u128 {
    let roles = &schema.roles;
    let mut asked = 0;
    for test in rule
        .broken_if
        .tests()
        .into_iter()
        .map(|at| &schema.tests[at])
    {
        asked |= match test.subject {
            Subject::Field(field) => 1 << field,
            Subject::AgeAtPeriodEnd => 1 << roles.birth | 1 << roles.period_end,
            Subject::AgeAtEventStart => 1 << roles.birth | 1 << roles.event_start,
        };
        if let TestCheck::Day { than, .. } = test.check {
            asked |= 1 << than;
        }
    }
    asked
}

/// Characters at which national quality output cuts a value (spec meta, length).
const LONGEST: usize = 255;

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
