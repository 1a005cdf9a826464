//! Compiles the rules that a schema states.

use super::condition::{Condition, Node, Truth};
use super::fault::Problem;
use super::grammar::{self, Scope};
use super::merge::{Documents, Merged, Owner};
use super::model::Rule;
use super::page::{Evidence, Level, Page, Severity};
use super::raw::{RawRule, Stated, Text};
use super::words::Named;
use crate::nearest::nearest;
use crate::yaml::Step;

/// Compiles every rule, by code. A faulty one is reported and compiled as far as it goes.
pub(super) fn compile(
    merged: &Merged,
    scope: &mut Scope<'_>,
    documents: &mut Documents,
) -> Vec<Rule> {
    let mut rules: Vec<Rule> = merged
        .rules
        .iter()
        .filter_map(|raw| Compiler { raw, documents }.rule(scope))
        .collect();
    rules.sort_by(|a, b| (a.field, &a.check).cmp(&(b.field, &b.check)));
    rules
}

/// Compiles one rule, reporting its faults.
struct Compiler<'a> {
    raw: &'a RawRule,
    documents: &'a mut Documents,
}

impl Compiler<'_> {
    fn rule(&mut self, scope: &mut Scope<'_>) -> Option<Rule> {
        let (field, check) = self.code(scope)?;
        let raw = self.raw;
        let severity = self.choice("severity", &raw.severity);
        let evidence = self.choice("evidence", &raw.evidence);
        if severity == Some(Severity::Error) && evidence == Some(Evidence::Inferred) {
            let text = "what is inferred is at most a warning: an error needs evidence";
            self.report(&[Step::Key("severity")], Problem::Conflict(text.into()));
        }
        Some(Rule {
            field,
            check,
            broken_if: self.condition(scope),
            page: Page {
                level: Level::Record,
                severity: severity.unwrap_or(Severity::Info),
                evidence: evidence.unwrap_or(Evidence::Inferred),
                source: self.required("source", &raw.source),
                confidence: self.required("confidence", &raw.confidence),
                checks: self.required("checks", &raw.checks),
                why: self.required("why", &raw.why),
                fault: self.required("fault", &raw.fault),
                expected: self.required("expected", &raw.expected),
                remedy: self.required("remedy", &raw.remedy),
                who: self.required("who", &raw.who),
            },
        })
    }

    /// The position of the field and the name of the check.
    fn code(&mut self, scope: &Scope<'_>) -> Option<(usize, String)> {
        let code = &*self.raw.rule;
        let snake = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        let Some((field, check)) = code.split_once('.').filter(|(_, check)| snake(check)) else {
            let text = format!(
                "`{code}` is no rule code: write the field's snake name, a full stop and a snake name"
            );
            self.report(&[Step::Key("rule")], Problem::Conflict(text));
            return None;
        };
        let known = || scope.fields.iter().map(|f| f.snake);
        let Some(at) = known().position(|name| name == field) else {
            let problem = Problem::Unknown {
                what: "field",
                name: field.to_owned(),
                nearest: nearest(field, known()).map(str::to_owned),
            };
            self.report(&[Step::Key("rule")], problem);
            return None;
        };
        Some((at, check.to_owned()))
    }

    fn condition(&mut self, scope: &mut Scope<'_>) -> Condition {
        let key = "broken_if";
        let text = self.required(key, &self.raw.broken_if);
        if !text.is_empty() {
            match grammar::compile(&text, scope) {
                Ok(condition) => return condition,
                Err((at, error)) => {
                    self.report(&[Step::Key(key)], Problem::Condition { key, at, error });
                }
            }
        }
        Condition::new(text, Node::Always(Truth::Unknown))
    }

    fn report(&mut self, steps: &[Step<'_>], problem: Problem) {
        self.documents
            .report(Owner::Rule(&self.raw.rule), steps, problem);
    }

    fn required(&mut self, key: &'static str, stated: &Stated<Text>) -> String {
        if stated.0.is_none() {
            let owner = format!("the rule `{}`", &*self.raw.rule);
            self.report(&[], Problem::Missing { owner, key });
        }
        stated.or_empty()
    }

    fn choice<T: Named>(&mut self, key: &'static str, stated: &Stated<Text>) -> Option<T> {
        let text = self.required(key, stated);
        let choice = T::from_word(&text);
        if choice.is_none() && !text.is_empty() {
            let problem = Problem::Choice {
                key,
                word: text,
                choices: T::words(),
            };
            self.report(&[Step::Key(key)], problem);
        }
        choice
    }
}
