//! A finding: one broken rule at one place, as data. Texts for people are made from it at the edge.

use std::borrow::Cow;

use crate::extract::Cells;
use crate::map::{Mapping, letters};
use crate::redact::Identifying;
use crate::schema::{Field, Kind, Page, Severity};
use crate::validate::{Broken, Check, Checker, Issue, Plan};

/// The source of a finding that is about the extract as a whole, or whose source is not known any more.
pub const ALL_SOURCES: &str = "all sources";

/// One broken rule at one place. Only [`Finding::case`] is identifiable.
#[derive(Debug)]
pub struct Finding<'a> {
    /// `gender.not_in_list`.
    pub rule: String,
    /// What the rule says of itself.
    pub page: &'a Page,
    /// How bad it is.
    pub severity: Severity,
    /// The field concerned.
    pub field: &'a Field,
    /// Name of the source in the configuration, or [`ALL_SOURCES`].
    pub source: &'a str,
    /// As a spreadsheet counts: the header is row 1. `None` if the finding is about no single record.
    pub row: Option<u64>,
    /// As a spreadsheet names it; `None` if the source does not have the field.
    pub column: Option<String>,
    /// The name of the column in the source, where it is not the field's.
    pub source_column: Option<&'a str>,
    /// What was expected, without anything of the value received.
    pub expected: Cow<'a, str>,
    /// The rule code of the finding it follows from.
    pub follows_from: Option<String>,
    /// Whose record it is and what it says.
    pub case: Identifying<Case<'a>>,
}

/// The identifiable part, for the worklist alone.
#[derive(Clone)]
pub struct Case<'a> {
    /// LA Person Unique Identifier as received.
    pub person_id: &'a [u8],
    /// Event Reference as received.
    pub event_reference: &'a [u8],
    /// The value as received.
    pub received: &'a [u8],
    /// What to write instead, where that is known from the value; else empty.
    pub suggestion: &'a str,
}

impl<'a> Finding<'a> {
    /// The finding behind an issue of the checker's last batch.
    pub fn of(
        issue: Issue,
        plan: &'a Plan,
        checker: &'a Checker<'_>,
        cells: &'a Cells,
        mapping: &'a Mapping,
        source: &'a str,
    ) -> Self {
        let at = usize::from(issue.field);
        let field = &plan.schema.fields[at];
        let record = issue.record as usize;
        let cell = |field: usize| {
            mapping.fields[field].map_or(&b""[..], |column| cells.get(column, record))
        };
        let roles = &plan.schema.roles;
        let column = mapping.fields[at];
        Self {
            rule: plan.code(issue.field, issue.broken),
            page: plan.page(issue.broken),
            severity: plan.severity(issue.field, issue.broken),
            field,
            source,
            row: Some(cells.row(record)),
            column: column.map(letters),
            source_column: column
                .map(|c| mapping.names[c].as_str())
                .filter(|name| *name != field.name),
            expected: expected(issue.broken, field, plan),
            follows_from: issue.cause.map(|(field, broken)| plan.code(field, broken)),
            case: Identifying::new(Case {
                person_id: cell(roles.person_id),
                event_reference: cell(roles.event_reference),
                received: cell(at),
                suggestion: suggestion(issue, checker, cells.source),
            }),
        }
    }
}

/// What was expected, as far as that can be said without the value.
fn expected<'a>(broken: Broken, field: &'a Field, plan: &'a Plan) -> Cow<'a, str> {
    let of_list = || {
        Cow::Owned(format!(
            "a value of the list: cld schema show {}",
            field.snake
        ))
    };
    match broken {
        Broken::Check(Check::NotInList | Check::ReleaseOneRetired | Check::ReleaseOne) => of_list(),
        Broken::Check(Check::BlankMandatory) if field.kind == Kind::List => of_list(),
        Broken::Check(Check::NotController) => Cow::Borrowed(&plan.la_code),
        Broken::Check(Check::OtherPeriod) => {
            let (start, end) = plan
                .period
                .map_or((None, None), |(s, e)| (Some(s), Some(e)));
            let date = if field.snake == plan.schema.fields[plan.schema.roles.period_start].snake {
                start
            } else {
                end
            };
            Cow::Owned(date.map_or(String::new(), crate::date::Date::dmy))
        }
        _ => match plan.page(broken).expected.as_str() {
            "" => Cow::Borrowed(&field.format),
            expected => Cow::Borrowed(expected),
        },
    }
}

/// What to write instead, where that is known from the value received.
fn suggestion<'a>(issue: Issue, checker: &'a Checker<'_>, source: usize) -> &'a str {
    let entry = checker.entry(source, usize::from(issue.field), issue.record as usize);
    let Broken::Check(check) = issue.broken else {
        return "";
    };
    match (check, entry) {
        (Check::NotInList | Check::ReleaseOneRetired, Some(entry)) => &entry.hint,
        (
            Check::Capitals | Check::ReleaseOne | Check::WhiteSpace | Check::NumberFormat,
            Some(entry),
        ) => &entry.text,
        _ => "",
    }
}
