//! A finding: one broken rule at one place, as data. Texts for people are made from it at the edge.

use std::borrow::Cow;

use crate::extract::Cells;
use crate::map::{Mapping, Miss};
use crate::redact::Identifying;
use crate::schema::{Field, List, Page, Severity};
use crate::validate::across::{Instead, Verdict, ten_digits};
use crate::validate::{Broken, Check, Checker, Entry, Issue, Judge, Kernel, Plan};

/// The source of a finding that is about the extract as a whole, or whose source is not known any more.
pub const ALL_SOURCES: &str = "all sources";

/// One broken rule at one place. Only [`Finding::case`] is identifiable.
#[derive(Debug)]
pub struct Finding<'a> {
    /// `gender.not_in_list`.
    pub rule: Cow<'a, str>,
    /// What the rule says of itself.
    pub page: &'a Page,
    /// What is wrong, after the field's name.
    pub fault: Cow<'a, str>,
    /// How bad it is.
    pub severity: Severity,
    /// The field concerned.
    pub field: &'a Field,
    /// Name of the source in the configuration, or [`ALL_SOURCES`].
    pub source: &'a str,
    /// The sheet, if the source is a workbook.
    pub sheet: Option<&'a str>,
    /// As a spreadsheet counts: the header is row 1. `None` if the finding is about no single record.
    pub row: Option<u64>,
    /// As a spreadsheet names it; `None` if the source does not have the field.
    pub column: Option<&'a str>,
    /// The name of the column in the source, where it is not the field's.
    pub source_column: Option<&'a str>,
    /// What was expected, without anything of the value received.
    pub expected: Cow<'a, str>,
    /// The rule code of the finding it follows from.
    pub follows_from: Option<&'a str>,
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
    /// What to write instead, where that is known from the value.
    pub suggestion: Suggestion<'a>,
}

/// What to write instead of a value received.
#[derive(Clone)]
pub enum Suggestion<'a> {
    /// This, or nothing that is known.
    Text(Cow<'a, str>),
    /// What the list has that is near, which is looked for only if somebody wants to know.
    Near(&'a Entry, &'a List),
}

impl Suggestion<'_> {
    /// Empty where nothing is known.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Near(entry, list) => entry.hint(list),
        }
    }
}

/// A finding about the extract as a whole. Nothing of it is identifiable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractFinding {
    /// `event_type.missing`.
    pub rule: String,
    /// Position of the field concerned.
    pub field: u16,
    /// What.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// Records concerned; 0 where none can be named.
    pub records: u64,
    /// Dates and counts of records, in sentences.
    pub detail: String,
}

/// A source as people look for it: its name, with the sheet in brackets.
pub fn in_sheet<'a>(source: &'a str, sheet: Option<&str>) -> Cow<'a, str> {
    match sheet {
        None => Cow::Borrowed(source),
        Some(sheet) => Cow::Owned(format!("{source} [{sheet}]")),
    }
}

impl<'a> Finding<'a> {
    /// The source as people look for it.
    pub fn shown_source(&self) -> Cow<'a, str> {
        in_sheet(self.source, self.sheet)
    }

    /// A finding about the extract as a whole.
    pub fn of_extract(finding: &ExtractFinding, plan: &'a Plan) -> Self {
        let page = finding.check.page();
        Self {
            rule: Cow::Owned(finding.rule.clone()),
            page,
            fault: Cow::Owned(format!("{}. {}", page.fault, finding.detail)),
            severity: finding.severity,
            field: &plan.schema.fields[usize::from(finding.field)],
            source: ALL_SOURCES,
            sheet: None,
            row: None,
            column: None,
            source_column: None,
            expected: Cow::Borrowed(&page.expected),
            follows_from: None,
            case: Identifying::new(Case {
                person_id: b"",
                event_reference: b"",
                received: b"",
                suggestion: Suggestion::Text(Cow::Borrowed("")),
            }),
        }
    }

    /// The finding behind a verdict about a record that was read again. `names` are those of all sources.
    pub fn across(
        verdict: &Verdict,
        plan: &'a Plan,
        cells: &'a Cells,
        record: usize,
        mapping: &'a Mapping,
        names: &[&'a str],
    ) -> Self {
        let (field, check) = plan.across(verdict.rule);
        let page = check.page();
        let (expected, suggestion) = instead(verdict, plan, usize::from(field), names);
        Self {
            expected: expected.unwrap_or(Cow::Borrowed(&page.expected)),
            ..Self::at(
                field,
                check.into(),
                plan,
                cells,
                record,
                mapping,
                names[cells.source],
                Suggestion::Text(suggestion),
            )
        }
    }

    /// The finding behind an issue of the checker's last batch.
    pub fn of(
        issue: Issue,
        plan: &'a Plan,
        checker: &'a Checker<'_>,
        cells: &'a Cells,
        mapping: &'a Mapping,
        source: &'a str,
    ) -> Self {
        let suggestion = suggestion(issue, plan, checker, cells.source);
        Self {
            follows_from: issue.cause.map(|(field, broken)| plan.code(field, broken)),
            ..Self::at(
                issue.field,
                issue.broken,
                plan,
                cells,
                issue.record as usize,
                mapping,
                source,
                suggestion,
            )
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is one part of the finding")]
    fn at(
        at: u16,
        broken: Broken,
        plan: &'a Plan,
        cells: &'a Cells,
        record: usize,
        mapping: &'a Mapping,
        source: &'a str,
        suggestion: Suggestion<'a>,
    ) -> Self {
        let field = &plan.schema.fields[usize::from(at)];
        let cell = |field: usize| {
            mapping.fields[field].map_or(&b""[..], |column| cells.get(column, record))
        };
        let roles = &plan.schema.roles;
        let column = mapping.fields[usize::from(at)];
        Self {
            rule: Cow::Borrowed(plan.code(at, broken)),
            page: plan.page(broken),
            fault: Cow::Borrowed(&plan.page(broken).fault),
            severity: plan.severity(at, broken),
            field,
            source,
            sheet: mapping.sheet.as_deref(),
            row: Some(cells.row(record)),
            column: column.and_then(|c| mapping.letters_of(c)),
            source_column: column
                .map(|c| mapping.names[c].as_str())
                .filter(|name| *name != field.name),
            expected: match broken {
                Broken::Check(Check::Unmatched) => {
                    Cow::Owned(mapping.joined().wanted(cells, record, at, Miss::Unmatched))
                }
                Broken::Check(Check::Undecided) => {
                    Cow::Owned(mapping.joined().wanted(cells, record, at, Miss::Undecided))
                }
                _ => expected(broken, usize::from(at), plan),
            },
            follows_from: None,
            case: Identifying::new(Case {
                person_id: cell(roles.person_id),
                event_reference: cell(roles.event_reference),
                received: cell(usize::from(at)),
                suggestion,
            }),
        }
    }
}

/// What was expected, as far as that can be said without the value.
fn expected(broken: Broken, at: usize, plan: &Plan) -> Cow<'_, str> {
    let field = &plan.schema.fields[at];
    let of_list = || Cow::Borrowed(plan.fields[at].of_list.as_str());
    match broken {
        Broken::Check(Check::NotInList | Check::ReleaseOneRetired | Check::ReleaseOne) => of_list(),
        Broken::Check(Check::BlankMandatory) => Cow::Borrowed(&plan.fields[at].wanted),
        Broken::Check(Check::Decimals) => Cow::Borrowed(match plan.fields[at].kernel {
            Kernel::Distinct(Judge::Number { decimals: 0 }) => "a whole number",
            _ => "a number with at most two decimals",
        }),
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
            "" => Cow::Borrowed(plan.fields[at].format(field)),
            expected => Cow::Borrowed(expected),
        },
    }
}

/// What to write instead, where that is known from the value received.
fn suggestion<'a>(
    issue: Issue,
    plan: &'a Plan,
    checker: &'a Checker<'_>,
    source: usize,
) -> Suggestion<'a> {
    let field = usize::from(issue.field);
    let list = plan.schema.fields[field].list;
    let entry = checker.entry(source, field, issue.record as usize);
    match (issue.broken, entry, list) {
        (Broken::Check(Check::NotInList | Check::ReleaseOneRetired), Some(entry), Some(list)) => {
            Suggestion::Near(entry, &plan.schema.lists[list])
        }
        (
            Broken::Check(
                Check::Capitals | Check::ReleaseOne | Check::WhiteSpace | Check::NumberFormat,
            ),
            Some(entry),
            _,
        ) => Suggestion::Text(Cow::Borrowed(&entry.text)),
        _ => Suggestion::Text(Cow::Borrowed("")),
    }
}

/// What was expected of a record that others contradict, without and with its values.
fn instead<'a>(
    verdict: &Verdict,
    plan: &'a Plan,
    field: usize,
    names: &[&str],
) -> (Option<Cow<'a, str>>, Cow<'a, str>) {
    let place = |place: crate::validate::across::Place| {
        format!("row {} of {}", place.row(), names[place.source()])
    };
    let beside = verdict
        .beside
        .map_or(String::new(), |at| format!(" (see {})", place(at)));
    let expected = match verdict.instead {
        Instead::Tie => "one of them; no value has most of the person's records".to_owned(),
        Instead::SameAs(at) => format!("the person id of {}", place(at)),
        Instead::Stays(at) => format!("one record for one event; {} stays", place(at)),
        Instead::OneOf(n) => {
            format!(
                "one record for one event; of {n} equal ones one stays, whichever is loaded last{beside}"
            )
        }
        Instead::BehindOneOf(n) => {
            format!("one record for one event; one of {n} others stays{beside}")
        }
        Instead::Nothing | Instead::Number(_) | Instead::Day(_) | Instead::Value(_) => {
            String::new()
        }
    };
    let value = match verdict.instead {
        Instead::Number(nhs) => ten_digits(nhs)
            .and_then(|n| String::from_utf8(n.digits().to_vec()).ok())
            .unwrap_or_default(),
        Instead::Day(day) => day.dmy(),
        Instead::Value(at) => plan.schema.fields[field]
            .list
            .and_then(|list| plan.schema.lists[list].values.get(usize::from(at) - 1))
            .map_or_else(String::new, |value| value.value.clone()),
        _ => String::new(),
    };
    let expected = Some(expected).filter(|text| !text.is_empty());
    (expected.map(Cow::Owned), Cow::Owned(value))
}
