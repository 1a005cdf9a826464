//! A rule as a page for people.

use super::cases::{Case, Example, TestNumbers};
use super::entry::Entry;
use super::record::{Base, Change};
use crate::schema::Level;
use crate::schema::show::{cited, row};

/// A rule in full: what it is, why, what to do, who says so, and its examples.
pub fn entry_text(entry: &Entry<'_>) -> String {
    let rule = &entry.rule;
    let page = rule.page;
    let mut text = format!("{}\n{} {}\n\n", entry.code(), rule.field.name, page.fault);
    if entry.idle {
        let idle = "not run: the list of this field is not known in full; add the official list under `lists:` in the \
                    configuration";
        row(&mut text, "state", idle);
    }
    row(&mut text, "severity", rule.severity.name());
    row(&mut text, "looks at", looks_at(page.level));
    row(&mut text, "checks", &page.checks);
    for detail in entry.details() {
        row(&mut text, detail.label, &detail.words);
    }
    row(&mut text, "expected", &page.expected);
    row(&mut text, "why it matters", &page.why);
    row(&mut text, "what to do", &page.remedy);
    row(&mut text, "who", &page.who);
    row(&mut text, "evidence", rule.evidence.words());
    row(&mut text, "confidence", &page.confidence);
    row(&mut text, "source", &page.source);
    cited(&mut text, entry.schema(), &page.source);
    let examples = entry.examples();
    for (at, case) in examples.iter().enumerate() {
        let number = match examples.len() {
            1 => String::new(),
            _ => format!(" {}", at + 1),
        };
        let of = if case.release.to_string() == entry.schema().release {
            String::new()
        } else {
            format!(", in the words of Release {}", case.release)
        };
        text += &format!("\nExample{number}{of}\n");
        example(&mut text, case);
    }
    text
}

/// What a rule looks at, in words.
fn looks_at(level: Level) -> &'static str {
    match level {
        Level::Cell => "one cell",
        Level::Record => "the cells of one record",
        Level::Person => "the records of one person or one event",
        Level::File => "the file as a whole",
    }
}

fn example(text: &mut String, case: &Case) {
    if let Some(code) = &case.la_code {
        row(text, "council", &format!("{code} sends the return"));
    }
    if let Some((start, end)) = case.period {
        let words = format!("{} to {} in the configuration", start.dmy(), end.dmy());
        row(text, "period", &words);
    }
    if case.test_numbers == TestNumbers::Refused {
        row(text, "test numbers", "refused");
    }
    for line in &case.table {
        row(text, "table", &format!("{}: {:?}", line.key, line.value));
    }
    let mut bases: Vec<&str> = Vec::new();
    let sides = [case.passes.records(), case.fails.records(), &case.previous];
    for change in sides.into_iter().flatten() {
        let name = change.record.as_ref().unwrap_or(&case.record);
        if !bases.contains(&name.as_str()) {
            bases.push(name);
        }
    }
    for name in bases {
        let is = Base::named(case.release, name).map_or("", |base| &base.is);
        row(text, "base record", &format!("{name}: {is}"));
    }
    let of_one = |change: &&Change| change.person.is_none() && change.repeat.is_none();
    let several = |side: &Example| side.records().iter().filter(of_one).count() > 1;
    if several(&case.passes) || several(&case.fails) {
        let whose = "of one person, except where the record says whose it is";
        row(text, "records", whose);
    }
    for change in &case.previous {
        row(text, "before", &record(change, &case.record, true));
    }
    for (label, side) in [("passes", &case.passes), ("fails", &case.fails)] {
        match side {
            Example::Record(change) => row(text, label, &record(change, &case.record, false)),
            Example::File(changes) => {
                for (at, change) in changes.iter().enumerate() {
                    let label = format!("{label}, {}", at + 1);
                    row(text, &label, &record(change, &case.record, true));
                }
            }
        }
    }
    if let Some(suggests) = &case.suggests {
        row(text, "suggested", suggests);
    }
    row(text, "note", case.because.as_deref().unwrap_or_default());
}

/// `request: Gender "Male", Unit Cost blank`.
fn record(change: &Change, base: &str, of_several: bool) -> String {
    let mut words = String::new();
    if of_several || change.record.is_some() {
        words += change.record.as_deref().unwrap_or(base);
        if let Some(person) = &change.person {
            words += &format!(", person {person}");
        }
        if let Some(repeat) = change.repeat {
            words += &format!(", {repeat} times, each of another person");
        }
        if !change.cells.is_empty() {
            words += ": ";
        }
    } else if change.cells.is_empty() {
        words += "as it is";
    }
    let cells = change
        .cells
        .iter()
        .map(|(field, value)| match value.as_str() {
            "" => format!("{field} blank"),
            // White space at the ends and characters that look like others can only be seen in quotes, and some not even there.
            value => format!("{field} {value:?}"),
        });
    words + &cells.collect::<Vec<_>>().join(", ")
}
