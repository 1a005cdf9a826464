//! Compiles the lists of a schema.

use super::fault::Problem;
use super::lookup::{fold, shown};
use super::merge::{Documents, Owner, repeated};
use super::model::{AlsoSeen, Completeness, Group, Hierarchy, List, ListValue, Mapping, Retired};
use super::raw::{RawGroup, RawHierarchy, RawList, RawRetired, RawSeen, RawValue, Text};
use super::words::Named;
use crate::yaml::Step;

/// Compiles every list; a faulty one is reported and compiled as far as it goes, so that what refers to it is checked.
pub(super) fn compile(raw: &[RawList], documents: &mut Documents) -> Vec<List> {
    let mut lists: Vec<List> = raw.iter().map(|raw| list(raw, documents)).collect();
    for list in &mut lists {
        inherit(list, documents);
    }
    lists
}

fn list(raw: &RawList, documents: &mut Documents) -> List {
    let owner = Owner::List(&raw.list);
    let complete = match Completeness::from_word(&raw.complete) {
        Some(complete) if complete != Completeness::ByCouncil => complete,
        _ => {
            let choices = "yes, unknown, not found".into();
            let problem = Problem::Choice {
                key: "state of completeness",
                word: raw.complete.to_string(),
                choices,
            };
            documents.report(owner, &[Step::Key("complete")], problem);
            Completeness::Unknown
        }
    };
    let list = List {
        name: raw.list.to_string(),
        complete,
        values: raw.values.iter().map(value).collect(),
        retired: raw.retired.iter().map(retired).collect(),
        candidates: texts(&raw.candidates),
        not_to_be_used: texts(&raw.not_to_be_used),
        also_seen: raw.also_seen.iter().map(seen).collect(),
        groups: raw.groups.iter().map(group).collect(),
        hierarchies: raw.hierarchies.iter().map(hierarchy).collect(),
        changed: raw.changed.or_empty(),
        mapping: raw.mapping.0.as_ref().map(|m| Mapping {
            basis: m.basis.to_string(),
            confidence: m.confidence.or_empty(),
            source: m.source.or_empty(),
            notes: m.notes.or_empty(),
        }),
        source: raw.source.to_string(),
        confidence: raw.confidence.to_string(),
        notes: raw.notes.or_empty(),
    };
    check(&list, raw, documents);
    list
}

fn value(raw: &RawValue) -> ListValue {
    ListValue {
        value: raw.value.to_string(),
        was: texts(&raw.was),
        mapping_confidence: raw.mapping_confidence.or_empty(),
        mapping_note: raw.mapping_note.or_empty(),
    }
}

fn retired(raw: &RawRetired) -> Retired {
    Retired {
        value: raw.value.to_string(),
        choices: texts(&raw.choices),
        confidence: raw.confidence.or_empty(),
        note: raw.note.to_string(),
    }
}

fn seen(raw: &RawSeen) -> AlsoSeen {
    AlsoSeen {
        value: raw.value.to_string(),
        prefix: raw.matching.0.as_deref() == Some("prefix"),
        means: raw.means.to_string(),
        grouped: raw.grouped.or_empty(),
        source: raw.source.to_string(),
        confidence: raw.confidence.to_string(),
    }
}

fn group(raw: &RawGroup) -> Group {
    Group {
        name: raw.group.to_string(),
        has: raw.has.to_string(),
        source: raw.source.to_string(),
    }
}

fn hierarchy(raw: &RawHierarchy) -> Hierarchy {
    Hierarchy {
        name: raw.name.to_string(),
        order: texts(&raw.order),
        retired_rank_as: raw.retired_rank_as.0.as_ref().map(|text| text.to_string()),
        source: raw.source.to_string(),
        confidence: raw.confidence.to_string(),
        note: raw.note.or_empty(),
    }
}

fn texts(raw: &[Text]) -> Vec<String> {
    raw.iter().map(|text| text.to_string()).collect()
}

/// Refuses a list that contradicts itself.
fn check(list: &List, raw: &RawList, documents: &mut Documents) {
    let owner = Owner::List(&list.name);
    let mut report = |steps: &[Step<'_>], problem| documents.report(owner, steps, problem);
    let conflict = |text: String| Problem::Conflict(text);
    let permitted: Vec<String> = list.values.iter().map(|v| fold(&v.value)).collect();
    let is_permitted = |text: &str| permitted.contains(&fold(text));

    if (list.complete == Completeness::NotFound) != list.values.is_empty() {
        let text = "a list has no values exactly when it says `complete: not found`";
        report(&[Step::Key("values")], conflict(text.into()));
    }
    for (item, name) in repeated(list.values.iter().map(|v| v.value.as_str())) {
        let problem = Problem::Repeated {
            what: "value",
            name: name.into(),
        };
        report(
            &[Step::Key("values"), Step::Item(item), Step::Key("value")],
            problem,
        );
    }
    let mut before = Vec::new();
    for (item, value) in list.values.iter().enumerate() {
        if shown(&value.value).is_empty() {
            let text = "the text NULL counts as blank, so it cannot be a value";
            report(
                &[Step::Key("values"), Step::Item(item), Step::Key("value")],
                conflict(text.into()),
            );
        }
        for (nth, was) in value.was.iter().enumerate() {
            let steps = [
                Step::Key("values"),
                Step::Item(item),
                Step::Key("was"),
                Step::Item(nth),
            ];
            if is_permitted(was) {
                let text =
                    format!("`{was}` is itself a value of this list, so it did not become another");
                report(&steps, conflict(text));
            } else if before.contains(&fold(was)) {
                report(
                    &steps,
                    Problem::Repeated {
                        what: "earlier value",
                        name: was.clone(),
                    },
                );
            }
            before.push(fold(was));
        }
    }
    for (item, retired) in list.retired.iter().enumerate() {
        let steps = [Step::Key("retired"), Step::Item(item), Step::Key("value")];
        if is_permitted(&retired.value) || before.contains(&fold(&retired.value)) {
            let text = format!(
                "`{}` has a counterpart in this list, so it is not retired",
                retired.value
            );
            report(&steps, conflict(text));
        }
        before.push(fold(&retired.value));
        for (nth, choice) in retired
            .choices
            .iter()
            .enumerate()
            .filter(|(_, choice)| !is_permitted(choice))
        {
            let problem = Problem::Unknown {
                what: "value",
                name: choice.clone(),
                nearest: None,
            };
            report(
                &[
                    Step::Key("retired"),
                    Step::Item(item),
                    Step::Key("choices"),
                    Step::Item(nth),
                ],
                problem,
            );
        }
    }
    for (item, seen) in raw.also_seen.iter().enumerate() {
        if let Some(word) = seen.matching.0.as_deref().filter(|word| *word != "prefix") {
            let problem = Problem::Choice {
                key: "way to match",
                word: word.into(),
                choices: "prefix".into(),
            };
            report(
                &[Step::Key("also_seen"), Step::Item(item), Step::Key("match")],
                problem,
            );
        }
    }
    for (item, hierarchy) in list.hierarchies.iter().enumerate() {
        let marker = hierarchy.retired_rank_as.as_deref();
        for (nth, value) in hierarchy.order.iter().enumerate() {
            if Some(value.as_str()) != marker && !list.values.iter().any(|v| v.value == *value) {
                let nearest = list.nearest(value).map(str::to_owned);
                let problem = Problem::Unknown {
                    what: "value",
                    name: value.clone(),
                    nearest,
                };
                report(
                    &[
                        Step::Key("hierarchies"),
                        Step::Item(item),
                        Step::Key("order"),
                        Step::Item(nth),
                    ],
                    problem,
                );
            }
        }
    }
}

/// Completes a list by what the release before knew: its values without a counterpart are retired even where this
/// release does not say so, and its known misspellings still mean what their values became.
fn inherit(list: &mut List, documents: &Documents) {
    let mut stated = documents
        .newest_first
        .iter()
        .filter_map(|d| d.raw.lists.iter().find(|l| *l.list == *list.name));
    // The newest document that states the list made it; the next one is the release before.
    let Some(before) = stated.nth(1) else { return };
    for old in &before.values {
        let folded = fold(&old.value);
        let known = list
            .values
            .iter()
            .any(|v| fold(&v.value) == folded || v.was.iter().any(|w| fold(w) == folded))
            || list.retired.iter().any(|r| fold(&r.value) == folded);
        if !known {
            list.retired.push(Retired {
                value: old.value.to_string(),
                choices: Vec::new(),
                confidence: String::new(),
                note: "no counterpart is known".into(),
            });
        }
    }
    for old in &before.also_seen {
        let meant = fold(&old.means);
        let became = list
            .values
            .iter()
            .find(|v| fold(&v.value) == meant || v.was.iter().any(|w| fold(w) == meant));
        let said = list
            .also_seen
            .iter()
            .any(|s| fold(&s.value) == fold(&old.value));
        let listed = list
            .values
            .iter()
            .any(|v| fold(&v.value) == fold(&old.value));
        if let Some(value) = became.filter(|_| !said && !listed) {
            let means = value.value.clone();
            list.also_seen.push(AlsoSeen { means, ..seen(old) });
        }
    }
}
