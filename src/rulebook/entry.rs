//! One rule with all that is known of it.

use super::cases::{Case, cases};
use crate::schema::{List, Schema};
use crate::validate::{Broken, Check, Plan, Rule};

/// A rule of a return.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    plan: &'a Plan,
    /// The rule itself.
    pub rule: Rule<'a>,
    /// Cannot be broken as the return stands, because its list is not known in full.
    pub idle: bool,
}

/// Something that is settled for this field: its condition, its list, its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// For programs.
    pub key: &'static str,
    /// For people.
    pub label: &'static str,
    /// What it is.
    pub words: String,
}

impl<'a> Entry<'a> {
    /// Every rule of the return, by field and check.
    pub fn all(plan: &'a Plan) -> Vec<Self> {
        let entry = |rule| Self {
            plan,
            rule,
            idle: false,
        };
        plan.rules().into_iter().map(entry).collect()
    }

    /// The rules that wait for a list: `cld validate` names them as not run, and a council that completes the list has
    /// them.
    pub fn waiting(plan: &'a Plan) -> Vec<Self> {
        let broken = Broken::Check(Check::NotInList);
        let open = plan.schema.fields.iter().enumerate().filter(|(_, field)| {
            let list = field.list.map(|list| &plan.schema.lists[list]);
            !field.withdrawn && list.is_some_and(|list| !list.complete.is_closed())
        });
        open.map(|(at, field)| Self {
            plan,
            rule: Rule {
                at: at as u16,
                field,
                broken,
                severity: plan.severity(at as u16, broken),
                evidence: plan.evidence(at as u16, broken),
                page: plan.page(broken),
            },
            idle: true,
        })
        .collect()
    }

    /// `gender.not_in_list`.
    pub fn code(&self) -> String {
        self.plan.code(self.rule.at, self.rule.broken).to_owned()
    }

    /// `not_in_list`.
    pub fn check(&self) -> &'a str {
        match self.rule.broken {
            Broken::Check(check) => check.name(),
            Broken::Rule(at) => &self.plan.schema.rules[usize::from(at)].check,
        }
    }

    /// The return.
    pub fn schema(&self) -> &'a Schema {
        &self.plan.schema
    }

    /// The examples of this return's release; failing that, those of another.
    pub fn examples(&self) -> Vec<&'static Case> {
        let code = self.code();
        let of_rule: Vec<&Case> = cases().iter().filter(|case| case.rule == code).collect();
        let release = &self.plan.schema.release;
        let own = of_rule
            .iter()
            .copied()
            .filter(|case| case.release.to_string() == *release);
        let own: Vec<&Case> = own.collect();
        if own.is_empty() { of_rule } else { own }
    }

    /// What is settled for this field.
    pub fn details(&self) -> Vec<Detail> {
        let field = self.rule.field;
        let mut details = Vec::new();
        let mut add = |key, label, words: String| {
            if !words.is_empty() {
                details.push(Detail { key, label, words });
            }
        };
        let check = match self.rule.broken {
            Broken::Rule(at) => {
                let rule = &self.plan.schema.rules[usize::from(at)];
                add("broken_if", "broken if", rule.broken_if.text().to_owned());
                return details;
            }
            Broken::Check(check) => check,
        };
        let every = |condition: &str| match condition {
            "true" => "(every record)".to_owned(),
            condition => condition.to_owned(),
        };
        let known = || match field.evidence_note.as_str() {
            "" => field.evidence.clone(),
            note => format!("{}: {note}", field.evidence),
        };
        match check {
            Check::BlankMandatory => {
                let mandatory = every(field.mandatory.text());
                add("mandatory_if", "mandatory if", mandatory);
                if field.applicable.text() != field.mandatory.text() {
                    let applicable = every(field.applicable.text());
                    add("applicable_if", "applicable if", applicable);
                }
                add("conditions_are", "conditions are", known());
            }
            Check::NotApplicable => {
                let applicable = every(field.applicable.text());
                add("applicable_if", "applicable if", applicable);
                add("conditions_are", "conditions are", known());
            }
            Check::NotInList | Check::Unverified | Check::Capitals => {
                add("list", "list", self.list(|_| String::new()));
            }
            Check::ReleaseOne => {
                let words = |list: &List| {
                    let was: usize = list.values.iter().map(|value| value.was.len()).sum();
                    format!("; {was} values of Release 1 became one of them")
                };
                add("list", "list", self.list(words));
            }
            Check::ReleaseOneRetired => {
                let words = |list: &List| {
                    let retired: Vec<_> = list.retired.iter().map(|r| r.value.as_str()).collect();
                    format!("; of Release 1 and gone: {}", retired.join(", "))
                };
                add("list", "list", self.list(words));
            }
            Check::Shape => {
                add("format", "format", field.format.clone());
                let shape = field.shape.as_ref().map_or("", |shape| shape.as_str());
                add("shape", "shape", shape.to_owned());
            }
            Check::TooLong => {
                let most = self.plan.fields[usize::from(self.rule.at)].max_length;
                add("max_length", "most characters", most.to_string());
            }
            Check::Malformed | Check::NotADate | Check::NotANumber | Check::Decimals => {
                add("format", "format", field.format.clone());
            }
            _ => {}
        }
        details
    }

    /// The list of the field: how many values, how much of it is known and how to see it.
    fn list(&self, more: impl Fn(&List) -> String) -> String {
        let schema = self.schema();
        let Some(list) = self.rule.field.list.map(|list| &schema.lists[list]) else {
            return String::new();
        };
        let another = match schema.id.as_str() {
            "cld-release-2" => String::new(),
            id => format!(" --schema {id}"),
        };
        format!(
            "{} values ({}), shown by `cld schema show {}{another}`{}",
            list.values.len(),
            list.complete.description(),
            self.rule.field.snake,
            more(list)
        )
    }
}
