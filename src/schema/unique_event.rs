//! Compiles what makes two records one event nationally.

use super::fault::Problem;
use super::lookup::fold;
use super::merge::{Documents, Owner};
use super::model::{Field, List, UniqueEvent};
use super::raw::{RawEventKey, RawUniqueEvent, Text};
use crate::nearest::nearest;
use crate::yaml::Step;

/// The key as the newest document states it; an empty one where none does.
pub(super) fn compile(fields: &[Field], lists: &[List], documents: &mut Documents) -> UniqueEvent {
    let stated = documents
        .newest_first
        .iter()
        .find_map(|document| document.raw.unique_event.0.clone());
    let Some(RawUniqueEvent {
        every,
        joined,
        single,
    }) = stated
    else {
        return UniqueEvent::default();
    };
    let mut compiler = Compiler {
        fields,
        lists,
        documents,
    };
    UniqueEvent {
        every: compiler.positions(&every, &[Step::Key("every")]),
        joined: compiler.by_type("joined", &joined),
        single: compiler.by_type("single", &single),
    }
}

struct Compiler<'a> {
    fields: &'a [Field],
    lists: &'a [List],
    documents: &'a mut Documents,
}

impl Compiler<'_> {
    fn by_type(&mut self, part: &'static str, keys: &[RawEventKey]) -> Vec<(String, Vec<usize>)> {
        let types = self
            .fields
            .iter()
            .find(|field| field.snake == "event_type")
            .and_then(|field| Some(&self.lists[field.list?]));
        let mut compiled = Vec::new();
        for (item, key) in keys.iter().enumerate() {
            let known = |list: &&List| {
                list.values
                    .iter()
                    .any(|v| fold(&v.value) == fold(&key.event_type))
            };
            if types.filter(known).is_none() {
                let problem = Problem::Unknown {
                    what: "event type",
                    name: key.event_type.to_string(),
                    nearest: None,
                };
                self.report(&[Step::Key(part), Step::Item(item)], problem);
            }
            let steps = [Step::Key(part), Step::Item(item), Step::Key("fields")];
            compiled.push((
                key.event_type.to_string(),
                self.positions(&key.fields, &steps),
            ));
        }
        compiled
    }

    fn positions(&mut self, names: &[Text], steps: &[Step<'_>]) -> Vec<usize> {
        let mut positions = Vec::new();
        for name in names {
            match self.fields.iter().position(|field| field.snake == **name) {
                Some(at) => positions.push(at),
                None => {
                    let known = self.fields.iter().map(|field| field.snake.as_str());
                    let problem = Problem::Unknown {
                        what: "field",
                        name: name.to_string(),
                        nearest: nearest(name, known).map(str::to_owned),
                    };
                    self.report(steps, problem);
                }
            }
        }
        positions
    }

    fn report(&mut self, steps: &[Step<'_>], problem: Problem) {
        let whole: Vec<_> = std::iter::once(Step::Key("unique_event"))
            .chain(steps.iter().copied())
            .collect();
        self.documents.report(Owner::Top, &whole, problem);
    }
}
