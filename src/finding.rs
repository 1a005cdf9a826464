//! A finding: one broken rule at one place, as data. Texts for people are made from it at the edge.

use std::borrow::Cow;

use crate::extract::Cells;
use crate::map::{Mapping, letters};
use crate::redact::Identifying;
use crate::schema::{Field, Kind};
use crate::validate::{Check, Checker, Issue, Plan, Severity, Validity};

/// One broken rule at one place. Only [`Finding::case`] is identifiable.
#[derive(Debug)]
pub struct Finding<'a> {
    /// What is wrong.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// The field concerned.
    pub field: &'a Field,
    /// Name of the source in the configuration.
    pub source: &'a str,
    /// As a spreadsheet counts: the header is row 1.
    pub row: u64,
    /// As a spreadsheet names it; `None` if the source does not have the field.
    pub column: Option<String>,
    /// The name of the column in the source, where it is not the field's.
    pub source_column: Option<&'a str>,
    /// What was expected.
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
}

/// The code of a rule.
pub fn rule_code(field: &str, check: Check) -> String {
    format!("{field}.{}", check.name())
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
            check: issue.check,
            severity: plan.severity(issue.field, issue.check),
            field,
            source,
            row: cells.row(record),
            column: column.map(letters),
            source_column: column
                .map(|c| mapping.names[c].as_str())
                .filter(|name| *name != field.name),
            expected: expected(issue.check, field, plan, checker, cells.source, record),
            follows_from: issue
                .cause
                .map(|(f, check)| rule_code(&plan.schema.fields[usize::from(f)].snake, check)),
            case: Identifying::new(Case {
                person_id: cell(roles.person_id),
                event_reference: cell(roles.event_reference),
                received: cell(at),
            }),
        }
    }

    /// `gender.not_in_list`.
    pub fn rule(&self) -> String {
        rule_code(&self.field.snake, self.check)
    }
}

fn expected<'a>(
    check: Check,
    field: &'a Field,
    plan: &'a Plan,
    checker: &'a Checker<'_>,
    source: usize,
    record: usize,
) -> Cow<'a, str> {
    let at = || plan.schema.position(&field.snake).unwrap_or_default();
    let value = || checker.entry(source, at(), record);
    match check {
        Check::NotInList | Check::ReleaseOneRetired => {
            match value().map(|e| &*e.hint).filter(|hint| !hint.is_empty()) {
                Some(hint) => Cow::Borrowed(hint),
                None => Cow::Owned(format!(
                    "a value of the list: cld schema show {}",
                    field.snake
                )),
            }
        }
        // Only what a list says may be told: any other value is the person's.
        Check::Capitals | Check::ReleaseOne | Check::WhiteSpace => match value() {
            Some(entry)
                if field.kind == Kind::List
                    && matches!(entry.validity, Validity::Valid | Validity::ReleaseOne) =>
            {
                Cow::Borrowed(&*entry.text)
            }
            _ => Cow::Borrowed("the value without white space around it"),
        },
        Check::BlankMandatory if field.kind == Kind::List => Cow::Owned(format!(
            "a value of the list: cld schema show {}",
            field.snake
        )),
        Check::NotController => Cow::Borrowed(&plan.la_code),
        Check::BeforeStart => Cow::Borrowed("Event Start Date or later"),
        Check::NotApplicable => Cow::Borrowed("blank"),
        Check::Formula => Cow::Borrowed("a value that does not begin with = + - @"),
        Check::Identifier => Cow::Borrowed("no identifier"),
        Check::Encoding => Cow::Borrowed("characters of Windows-1252"),
        Check::TestNumber => Cow::Borrowed("the NHS number of a person"),
        Check::Decimals | Check::NumberFormat => Cow::Borrowed("a plain number with two decimals"),
        _ => Cow::Borrowed(&field.format),
    }
}
