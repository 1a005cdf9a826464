//! Compiles the fields of a schema and their conditions.

use regex::Regex;

use super::columns::{self, Setting};
use super::condition::{Condition, Node, Test, Truth};
use super::fault::Problem;
use super::grammar::{self, Scope, Subjectable};
use super::merge::{Documents, Merged, Owner, repeated};
use super::model::{Field, Kind, List, Privacy, Rule, Treatment};
use super::raw::{RawField, Stated, Text};
use super::rules;
use super::words::Named;
use crate::nearest::nearest;
use crate::yaml::Step;

/// How the conditions of a field may be known.
const EVIDENCE: [&str; 3] = ["published", "inferred", "none"];

/// Compiles every field, the rules between them, and the distinct tests of their conditions. A faulty field is reported and compiled as far as
/// it goes: with a fault on record the result is never used.
pub(super) fn compile(
    merged: &Merged,
    lists: &[List],
    documents: &mut Documents,
) -> (Vec<Field>, Vec<Rule>, Vec<Test>) {
    let place = |raw: &RawField| {
        raw.list
            .0
            .as_deref()
            .and_then(|name| lists.iter().position(|l| l.name == name))
    };
    let subject = |raw| subject(raw, place(raw).map(|at| &lists[at]));
    let mut scope = Scope {
        fields: merged.fields.iter().map(subject).collect(),
        tests: Vec::new(),
    };
    let mut fields = Vec::new();
    for raw in &merged.fields {
        let mut compiler = Compiler { raw, documents };
        compiler.check_list(lists);
        fields.push(compiler.field(place(raw), &mut scope));
    }
    refuse_repetition(&fields, documents);
    for list in lists.iter().filter(|list| {
        !merged
            .fields
            .iter()
            .any(|f| f.list.0.as_deref() == Some(&*list.name))
    }) {
        let problem = Problem::Conflict(format!("no field uses the list `{}`", list.name));
        documents.report(Owner::List(&list.name), &[], problem);
    }
    let rules = rules::compile(merged, &mut scope, documents);
    (fields, rules, scope.tests)
}

fn subject<'a>(raw: &'a RawField, list: Option<&'a List>) -> Subjectable<'a> {
    Subjectable {
        snake: &raw.snake,
        kind: raw.kind.0.as_deref().and_then(Kind::from_word),
        list,
    }
}

fn refuse_repetition(fields: &[Field], documents: &mut Documents) {
    for (at, name) in repeated(fields.iter().map(|field| field.name.as_str())) {
        let problem = Problem::Repeated {
            what: "field",
            name: name.into(),
        };
        documents.report(
            Owner::Field(&fields[at].snake),
            &[Step::Key("name")],
            problem,
        );
    }
    let columns: Vec<(&Field, usize)> = fields
        .iter()
        .flat_map(|f| (0..f.columns.len()).map(move |i| (f, i)))
        .collect();
    for (at, name) in repeated(
        columns
            .iter()
            .map(|(field, item)| field.columns[*item].name.as_str()),
    ) {
        let (field, item) = columns[at];
        let steps = [Step::Key("writes"), Step::Item(item), Step::Key("column")];
        documents.report(
            Owner::Field(&field.snake),
            &steps,
            Problem::Repeated {
                what: "column",
                name: name.into(),
            },
        );
    }
}

/// Compiles one field, reporting its faults.
struct Compiler<'a> {
    raw: &'a RawField,
    documents: &'a mut Documents,
}

impl Compiler<'_> {
    fn field(&mut self, list: Option<usize>, scope: &mut Scope<'_>) -> Field {
        let raw = self.raw;
        self.check_snake();
        let kind = self.choice("type", &raw.kind).unwrap_or(Kind::Text);
        let privacy = self.choice("privacy", &raw.privacy);
        let treatment = self.choice("treatment", &raw.treatment);
        let withdrawn = raw.withdrawn.0.unwrap_or(false);
        if raw.writes.0.is_none() {
            self.missing("writes");
        }
        let columns = match (&raw.writes.0, privacy, treatment) {
            (Some(writes), Some(privacy), Some(treatment)) => {
                let setting = Setting {
                    snake: &raw.snake,
                    kind,
                    privacy,
                    treatment,
                    withdrawn,
                };
                columns::compile(writes, setting, self.documents)
            }
            _ => Vec::new(),
        };
        let (evidence, evidence_note) = self.evidence();
        Field {
            name: self.required("name", &raw.name),
            snake: raw.snake.to_string(),
            module: self.required("module", &raw.module),
            kind,
            format: raw.format.or_empty(),
            shape: self.shape(),
            max_length: raw.max_length.0,
            list,
            applicable: self.condition("applicable", &raw.applicable, scope),
            mandatory: self.condition("mandatory", &raw.mandatory, scope),
            evidence,
            evidence_note,
            withdrawn,
            privacy: privacy.unwrap_or(Privacy::DirectIdentifier),
            treatment: treatment.unwrap_or(Treatment::Drop),
            columns,
            nationally: raw.nationally.or_empty(),
            null_seen: raw.null_seen.0.unwrap_or(false),
            source: self.required("source", &raw.source),
            confidence: self.required("confidence", &raw.confidence),
            notes: raw.notes.or_empty(),
        }
    }

    fn report(&mut self, steps: &[Step<'_>], problem: Problem) {
        self.documents
            .report(Owner::Field(&self.raw.snake), steps, problem);
    }

    fn missing(&mut self, key: &'static str) {
        let owner = format!("the field `{}`", &*self.raw.snake);
        self.report(&[], Problem::Missing { owner, key });
    }

    fn required(&mut self, key: &'static str, stated: &Stated<Text>) -> String {
        if stated.0.is_none() {
            self.missing(key);
        }
        stated.or_empty()
    }

    fn choice<T: Named>(&mut self, key: &'static str, stated: &Stated<Text>) -> Option<T> {
        let Some(word) = stated.0.as_deref() else {
            self.missing(key);
            return None;
        };
        let choice = T::from_word(word);
        if choice.is_none() {
            let problem = Problem::Choice {
                key,
                word: word.to_owned(),
                choices: T::words(),
            };
            self.report(&[Step::Key(key)], problem);
        }
        choice
    }

    /// The snake name becomes half of rule codes and a name in conditions.
    fn check_snake(&mut self) {
        let snake = &*self.raw.snake;
        let fits = snake.starts_with(|c: char| c.is_ascii_lowercase())
            && snake
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let reserved = ["not", "and", "or", "true", "false", "unknown"];
        let is_age = grammar::AGES.iter().any(|(age, _)| *age == snake);
        if !fits || is_age || reserved.contains(&snake) {
            let text = format!(
                "`{snake}` cannot be a snake name: use small letters, digits and _, and no word of conditions"
            );
            self.report(&[Step::Key("snake")], Problem::Conflict(text));
        }
    }

    fn check_list(&mut self, lists: &[List]) {
        let is_list = self.raw.kind.0.as_deref() == Some(Kind::List.word());
        match self.raw.list.0.as_deref() {
            None if is_list => self.missing("list"),
            Some(_) if !is_list => {
                let text = "only a field with `type: list` has a list";
                self.report(&[Step::Key("list")], Problem::Conflict(text.into()));
            }
            Some(name) if !lists.iter().any(|list| list.name == name) => {
                let nearest =
                    nearest(name, lists.iter().map(|list| list.name.as_str())).map(str::to_owned);
                let problem = Problem::Unknown {
                    what: "list",
                    name: name.to_owned(),
                    nearest,
                };
                self.report(&[Step::Key("list")], problem);
            }
            _ => {}
        }
    }

    fn shape(&mut self) -> Option<Regex> {
        let shape = self.raw.shape.0.as_deref()?;
        match Regex::new(&format!("^(?:{shape})$")) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let text = format!("the shape is no regular expression: {error}");
                self.report(&[Step::Key("shape")], Problem::Conflict(text));
                None
            }
        }
    }

    /// `published`, or `none: what there is instead`.
    fn evidence(&mut self) -> (String, String) {
        let text = self.required("conditions_are", &self.raw.conditions_are);
        let (word, note) = text.split_once(": ").unwrap_or((&text, ""));
        if !text.is_empty() && !EVIDENCE.contains(&word) {
            let choices = EVIDENCE.join(", ");
            let problem = Problem::Choice {
                key: "kind of evidence",
                word: word.to_owned(),
                choices,
            };
            self.report(&[Step::Key("conditions_are")], problem);
        }
        (word.to_owned(), note.to_owned())
    }

    fn condition(
        &mut self,
        key: &'static str,
        stated: &Stated<Text>,
        scope: &mut Scope<'_>,
    ) -> Condition {
        let text = self.required(key, stated);
        if !text.is_empty() {
            match grammar::compile(&text, scope) {
                Ok(condition) => return condition,
                Err((at, error)) => {
                    self.report(&[Step::Key(key)], Problem::Condition { key, at, error })
                }
            }
        }
        Condition::new(text, Node::Always(Truth::Unknown))
    }
}
