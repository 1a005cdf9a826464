//! Lays the documents of a schema over one another: the release asked for over the one it is based on.

use super::fault::{Fault, Problem};
use super::lookup::fold;
use super::raw::{RawField, RawList, RawRule, RawSchema, Stated};
use crate::nearest::nearest;
use crate::yaml::{Place, Step, locate};

/// One file of a schema.
#[derive(Debug)]
pub(super) struct Document {
    /// The file as the user knows it.
    pub file: String,
    pub text: String,
    pub raw: RawSchema,
}

/// The files of one schema, the newest first, and the faults found in them so far.
#[derive(Debug)]
pub(super) struct Documents {
    pub newest_first: Vec<Document>,
    pub faults: Vec<Fault>,
}

/// Something of a schema that has a place in its files.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner<'a> {
    Top,
    Field(&'a str),
    List(&'a str),
    Rule(&'a str),
}

/// Everything the documents say together.
#[derive(Debug)]
pub(super) struct Merged {
    pub fields: Vec<RawField>,
    pub lists: Vec<RawList>,
    pub rules: Vec<RawRule>,
}

impl Documents {
    pub fn new(newest_first: Vec<Document>) -> Self {
        Self {
            newest_first,
            faults: Vec::new(),
        }
    }

    /// Reports a fault in what the files say together, at the newest place that states it.
    pub fn report(&mut self, owner: Owner<'_>, steps: &[Step<'_>], problem: Problem) {
        let mut owner_at = None;
        let mut exact = None;
        for (at, document) in self.newest_first.iter().enumerate() {
            let Some(mut path) = document.path(owner) else {
                continue;
            };
            owner_at = owner_at.or_else(|| locate(&document.text, &path).map(|place| (at, place)));
            path.extend_from_slice(steps);
            exact = locate(&document.text, &path).map(|place| (at, place));
            if exact.is_some() {
                break;
            }
        }
        let (at, place) = exact.or(owner_at).unwrap_or((0, Place::START));
        self.push(at, place, problem);
    }

    /// Reports a fault of one document.
    fn report_in(&mut self, at: usize, steps: &[Step<'_>], problem: Problem) {
        let place = locate(&self.newest_first[at].text, steps).unwrap_or(Place::START);
        self.push(at, place, problem);
    }

    fn push(&mut self, at: usize, place: Place, problem: Problem) {
        let file = self.newest_first[at].file.clone();
        let fault = Fault {
            file,
            line: place.line,
            column: place.column,
            problem,
        };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Lays newer documents over older ones.
    pub fn merge(&mut self) -> Merged {
        let mut merged = Merged {
            fields: Vec::new(),
            lists: Vec::new(),
            rules: Vec::new(),
        };
        for at in (0..self.newest_first.len()).rev() {
            self.refuse_repetition(at);
            self.lay_over_fields(at, &mut merged.fields);
            let lists = self.newest_first[at].raw.lists.clone();
            for list in lists {
                match merged
                    .lists
                    .iter_mut()
                    .find(|known| known.list == list.list)
                {
                    Some(known) => *known = list,
                    None => merged.lists.push(list),
                }
            }
            let rules = self.newest_first[at].raw.rules.clone();
            for rule in rules {
                match merged
                    .rules
                    .iter_mut()
                    .find(|known| known.rule == rule.rule)
                {
                    Some(known) => known.lay_over(rule),
                    None => merged.rules.push(rule),
                }
            }
        }
        merged
    }

    fn lay_over_fields(&mut self, at: usize, fields: &mut Vec<RawField>) {
        let raw = &self.newest_first[at].raw;
        let (changes, default) = (raw.fields.clone(), raw.conditions_are.clone());
        let is_base = at + 1 == self.newest_first.len();
        if default.0.is_some() {
            fields
                .iter_mut()
                .for_each(|field| field.conditions_are = default.clone());
        }
        for (item, mut change) in changes.into_iter().enumerate() {
            if let Some(known) = fields.iter_mut().find(|known| known.snake == change.snake) {
                if change.after.0.is_some() {
                    let steps = [Step::Key("fields"), Step::Item(item), Step::Key("after")];
                    let name = change.snake.to_string();
                    self.report_in(
                        at,
                        &steps,
                        Problem::Repeated {
                            what: "field",
                            name,
                        },
                    );
                }
                known.lay_over(change);
                continue;
            }
            if change.conditions_are.0.is_none() {
                change.conditions_are = default.clone();
            }
            let after = change
                .after
                .0
                .as_deref()
                .map(|name| (name, fields.iter().position(|f| *f.snake == *name)));
            let known = || fields.iter().map(|f| &*f.snake);
            let (key, name, near) = match after {
                Some((_, Some(position))) => {
                    fields.insert(position + 1, change);
                    continue;
                }
                None if is_base => {
                    fields.push(change);
                    continue;
                }
                Some((name, None)) => ("after", name, nearest(name, known())),
                None => ("snake", &*change.snake, nearest(&change.snake, known())),
            };
            let problem = Problem::Unknown {
                what: "field",
                name: name.into(),
                nearest: near.map(str::to_owned),
            };
            self.report_in(
                at,
                &[Step::Key("fields"), Step::Item(item), Step::Key(key)],
                problem,
            );
        }
    }

    /// Refuses what one document says twice.
    fn refuse_repetition(&mut self, at: usize) {
        let raw = &self.newest_first[at].raw;
        let named = |part, key, what, names: Vec<String>| (part, key, what, names);
        let parts = [
            named(
                "fields",
                "snake",
                "field",
                raw.fields.iter().map(|f| f.snake.to_string()).collect(),
            ),
            named(
                "lists",
                "list",
                "list",
                raw.lists.iter().map(|l| l.list.to_string()).collect(),
            ),
            named(
                "rules",
                "rule",
                "rule",
                raw.rules.iter().map(|r| r.rule.to_string()).collect(),
            ),
            named(
                "sources",
                "code",
                "source",
                raw.sources.iter().map(|s| s.code.to_string()).collect(),
            ),
            named(
                "background",
                "topic",
                "topic",
                raw.background.iter().map(|t| t.topic.to_string()).collect(),
            ),
        ];
        for (part, key, what, names) in parts {
            for (item, name) in repeated(names.iter().map(String::as_str)) {
                let problem = Problem::Repeated {
                    what,
                    name: name.to_owned(),
                };
                self.report_in(
                    at,
                    &[Step::Key(part), Step::Item(item), Step::Key(key)],
                    problem,
                );
            }
        }
    }
}

impl Document {
    /// The way to a field or list of this document, if it names it.
    fn path(&self, owner: Owner<'_>) -> Option<Vec<Step<'static>>> {
        let (part, item) = match owner {
            Owner::Top => return Some(Vec::new()),
            Owner::Field(snake) => (
                "fields",
                self.raw.fields.iter().position(|f| *f.snake == *snake)?,
            ),
            Owner::List(name) => (
                "lists",
                self.raw.lists.iter().position(|l| *l.list == *name)?,
            ),
            Owner::Rule(code) => (
                "rules",
                self.raw.rules.iter().position(|r| *r.rule == *code)?,
            ),
        };
        Some(vec![Step::Key(part), Step::Item(item)])
    }
}

/// The names that stood before, apart from capitals and space, each with its position.
pub(super) fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let mut seen = std::collections::HashSet::new();
    names
        .enumerate()
        .filter(|(_, name)| !seen.insert(fold(name)))
        .collect()
}

/// Takes over a key if the newer release states it.
fn take<T>(older: &mut Stated<T>, newer: Stated<T>) {
    if newer.0.is_some() {
        *older = newer;
    }
}

impl RawRule {
    /// Takes over the keys that the newer release states.
    fn lay_over(&mut self, newer: Self) {
        take(&mut self.broken_if, newer.broken_if);
        take(&mut self.severity, newer.severity);
        take(&mut self.evidence, newer.evidence);
        take(&mut self.source, newer.source);
        take(&mut self.confidence, newer.confidence);
        take(&mut self.checks, newer.checks);
        take(&mut self.why, newer.why);
        take(&mut self.fault, newer.fault);
        take(&mut self.expected, newer.expected);
        take(&mut self.remedy, newer.remedy);
        take(&mut self.who, newer.who);
    }
}

impl RawField {
    /// Takes over the keys that the newer release states.
    fn lay_over(&mut self, newer: Self) {
        take(&mut self.name, newer.name);
        take(&mut self.module, newer.module);
        take(&mut self.kind, newer.kind);
        take(&mut self.list, newer.list);
        take(&mut self.format, newer.format);
        take(&mut self.shape, newer.shape);
        take(&mut self.max_length, newer.max_length);
        take(&mut self.withdrawn, newer.withdrawn);
        take(&mut self.applicable, newer.applicable);
        take(&mut self.mandatory, newer.mandatory);
        take(&mut self.conditions_are, newer.conditions_are);
        take(&mut self.privacy, newer.privacy);
        take(&mut self.treatment, newer.treatment);
        take(&mut self.writes, newer.writes);
        take(&mut self.nationally, newer.nationally);
        take(&mut self.null_seen, newer.null_seen);
        take(&mut self.source, newer.source);
        take(&mut self.confidence, newer.confidence);
        take(&mut self.notes, newer.notes);
    }
}
