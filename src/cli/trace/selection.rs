//! What a selection came to, in words and for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{line, some};
use crate::cli::print::number;
use crate::config::TracingConfig;
use crate::trace::rule::Rule;
use crate::trace::selection::{Exclusion, Selection, Unread};

/// In words. `done`: what is noted of people is in the register; else a request would put it there.
pub fn told(selection: &Selection, config: &TracingConfig, done: bool) -> String {
    let mut text = some(
        selection.rows,
        "row in the people file",
        "rows in the people file",
    );
    text += &line(selection.selected(), "to be asked about");
    text += &line(
        selection.cross_check,
        "  with the number they have (cross check)",
    );
    text += &line(selection.alphanumeric, "  by name (alphanumeric trace)");
    if selection.again > 0 {
        text += &line(
            selection.again,
            "  of these were asked about before, and their record has not changed since",
        );
    }
    for exclusion in Exclusion::ALL {
        let count = selection.excluded.get(&exclusion).copied().unwrap_or(0);
        if count > 0 {
            text += &line(count, &format!("not: {}", exclusion.words()));
        }
        if exclusion == Exclusion::NoPersonId {
            text += &rows(&selection.rows_without_id, count);
        }
    }
    text += &unread(selection, config);
    text += &noticed(selection, done);
    text
}

/// What could not be read, and what it was taken as.
fn unread(selection: &Selection, config: &TracingConfig) -> String {
    let mut text = String::new();
    let mut add = |found: &Unread, one: &str, many: &str, rest: &str| {
        if found.count > 0 {
            let word = if found.count == 1 { one } else { many };
            text += &line(found.count, &format!("{word} {rest}"));
            text += &rows(&found.first, found.count);
        }
    };
    let people = &config.people;
    add(
        &selection.unreadable_births,
        "of those with too little",
        "of those with too little",
        &format!(
            "to ask: the date of birth (`{}`) cannot be read. Read are dd/mm/yyyy, yyyy-mm-dd and yyyymmdd",
            people.birth_date
        ),
    );
    add(
        &selection.unread_genders,
        "row has",
        "rows have",
        &format!(
            "a code in `{}` that is none of the usual ones: sent as not known. Name it under `genders:`",
            people.gender
        ),
    );
    if let Some(verified) = &people.verified {
        add(
            &selection.unread_verified,
            "row has",
            "rows have",
            &format!(
                "a value in `{}` that is named neither under `values:` nor `none:` of `verified:`: taken as not verified",
                verified.flag.column
            ),
        );
    }
    add(
        &selection.unreadable_ends,
        "allocation has",
        "allocations have",
        &format!(
            "an end (`{}`) that cannot be read: taken as ended",
            config.allocations.end
        ),
    );
    if selection.fit.strangers > 0 {
        text += &some(
            selection.fit.strangers,
            "person of the allocations is not in the people file",
            "people of the allocations are not in the people file",
        );
    }
    text
}

/// What is noted of people in the register.
fn noticed(selection: &Selection, done: bool) -> String {
    let mut text = String::new();
    let (back_words, noted) = if done {
        ("taken back: not used any more", "noted in the register")
    } else {
        (
            "that cld trace request takes back",
            "that cld trace request notes in the register",
        )
    };
    let back: u64 = selection.taken_back.values().sum();
    if back > 0 {
        text += &some(
            back,
            &format!("verified number {back_words}"),
            &format!("verified numbers {back_words}"),
        );
        for (rule, count) in &selection.taken_back {
            text += &line(*count, &format!("  {}", words(*rule)));
        }
    }
    let others = selection.noticed.iter().map(|(rule, all)| {
        let back = selection.taken_back.get(rule).copied().unwrap_or(0);
        (rule, all - back)
    });
    let others: Vec<_> = others.filter(|(_, count)| *count > 0).collect();
    let other = if back > 0 { "other " } else { "" };
    let sum: u64 = others.iter().map(|(_, count)| count).sum();
    if sum > 0 {
        text += &some(
            sum,
            &format!("{other}change {noted}"),
            &format!("{other}changes {noted}"),
        );
        for (rule, count) in others {
            text += &line(count, &format!("  {}", words(*rule)));
        }
    }
    text
}

/// What a selection notices, by the rule.
fn words(rule: Rule) -> &'static str {
    match rule {
        Rule::Objected => "objected to the use of the NHS number",
        Rule::Shared => "another living person has the same number: on the work list",
        Rule::RecordChanged => {
            "another date of birth, or both names changed: asked about again while there is a worker"
        }
        Rule::Withdrawn => {
            "not dead after all, and somebody else has the number by now: on the work list"
        }
        Rule::Died => "died, by the case system",
        Rule::Left => "no worker any more, or not in the people file",
        Rule::Returned => "a worker again",
        Rule::Baby => "a baby under six weeks: later",
        Rule::Incomplete => "too little is recorded to ask: on the work list",
        Rule::DeathUnclear => "a date of death that says nothing: on the work list",
        // No selection notices any other.
        rule => rule.name(),
    }
}

/// Which rows a count is of, as far as they are named.
fn rows(named: &[u64], of: u64) -> String {
    if named.is_empty() {
        return String::new();
    }
    let all: Vec<_> = named.iter().map(u64::to_string).collect();
    let word = if of == 1 { "row" } else { "rows" };
    let words = match of.saturating_sub(named.len() as u64) {
        0 => String::new(),
        more => format!(" and {} more", number(more)),
    };
    format!("{:>12}    in {word} {}{words}\n", "", all.join(", "))
}

/// For programs.
pub fn machine(selection: &Selection) -> Value {
    let excluded = selection.excluded.iter();
    let by_rule = |counts: &BTreeMap<Rule, u64>| {
        let counts = counts.iter().map(|(rule, n)| (rule.name(), *n));
        counts.collect::<BTreeMap<_, _>>()
    };
    let unread = |found: &Unread| json!({ "count": found.count, "first_rows": found.first });
    json!({
        "people": selection.rows,
        "selected": selection.selected(),
        "cross_check": selection.cross_check,
        "alphanumeric": selection.alphanumeric,
        "again": selection.again,
        "rows_without_person_id": selection.rows_without_id,
        "unreadable_ends": selection.unreadable_ends.count,
        "unread": {
            "birth_date": unread(&selection.unreadable_births),
            "gender": unread(&selection.unread_genders),
            "verified": unread(&selection.unread_verified),
            "allocation_end": unread(&selection.unreadable_ends),
        },
        "allocations": {
            "rows": selection.fit.rows,
            "counted": selection.fit.counted,
            "people": selection.fit.ids,
            "people_not_in_people_file": selection.fit.strangers,
        },
        "excluded": excluded.map(|(e, n)| (e.name(), *n)).collect::<BTreeMap<_, _>>(),
        "noticed": by_rule(&selection.noticed),
        "numbers_taken_back": by_rule(&selection.taken_back),
    })
}
