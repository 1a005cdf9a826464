//! `cld explain`.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use super::Format;
use super::portal;
use super::print;
use crate::error::{Error, Result};
use crate::nearest::closest;
use crate::portal::Rule;
use crate::rulebook::{Entry, entry_json, entry_text};
use crate::schema::Schema;
use crate::validate::{Plan, Setting};

/// Explain a rule: what it checks, why, how to put it right, with examples.
///
/// A page says what is checked, what happens nationally when the rule is broken, how to put it right and who can, which
/// source says so and how sure that is, and shows records that pass and records that fail. All examples are tested.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The code of a rule as findings have it (gender.not_in_list). A field ("Gender", gender) or a check (not_in_list)
    /// lists its rules.
    #[arg(required_unless_present = "all")]
    code: Option<String>,
    /// Explain every rule of the return, by field.
    #[arg(long, conflicts_with = "code")]
    all: bool,
    /// The return.
    #[arg(long, value_name = "ID", default_value = "cld-release-2")]
    schema: String,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// What was asked for.
enum Asked<'a> {
    /// One rule.
    Page(Entry<'a>),
    /// The rules of a field or a check: how they are headed, and the rules.
    Listed(String, Vec<Entry<'a>>),
    /// All rules.
    All(Vec<Entry<'a>>),
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    let schema = Arc::new(Schema::load(&arguments.schema, schemas)?);
    let plan = Plan::new(schema, &Setting::default());
    if let Some((text, value)) = arguments
        .code
        .as_deref()
        .and_then(|c| portal::page(c.trim()))
    {
        return match arguments.format {
            Format::Human => print::out(&text),
            Format::Json => print::json(&value),
        };
    }
    let asked = match &arguments.code {
        Some(code) => find(&plan, code.trim())?,
        None => {
            let mut all = Entry::all(&plan);
            all.extend(Entry::waiting(&plan));
            all.sort_by_key(|entry| (entry.rule.at, entry.rule.broken));
            Asked::All(all)
        }
    };
    match arguments.format {
        Format::Human => print::out(&asked.text()),
        Format::Json => print::json(&asked.json()),
    }
}

fn find<'a>(plan: &'a Plan, asked: &str) -> Result<Asked<'a>> {
    let all = Entry::all(plan);
    let waiting = Entry::waiting(plan);
    let page = all
        .iter()
        .chain(&waiting)
        .find(|entry| entry.code().eq_ignore_ascii_case(asked));
    if let Some(page) = page {
        return Ok(Asked::Page(*page));
    }
    let those = |wanted: &dyn Fn(&Entry<'a>) -> bool| -> Vec<Entry<'a>> {
        all.iter().filter(|entry| wanted(entry)).copied().collect()
    };
    let is = |name: &str| name.eq_ignore_ascii_case(asked);
    let mut fields = plan.schema.fields.iter();
    if let Some(field) = fields.find(|field| is(&field.name) || is(&field.snake)) {
        let of_field = those(&|entry| entry.rule.field.snake == field.snake);
        let heading = match of_field.len() {
            0 => format!("{} has no rule in {}", field.name, plan.schema.id),
            n => format!("{}: {n} rules", field.name),
        };
        return Ok(Asked::Listed(heading, of_field));
    }
    let of_check = those(&|entry| is(entry.check()));
    if let [first, ..] = of_check.as_slice() {
        let heading = format!("{}: {} fields", first.check(), of_check.len());
        return Ok(Asked::Listed(heading, of_check));
    }
    let of_portal = Rule::ALL.map(Rule::name);
    let codes: Vec<String> = all.iter().chain(&waiting).map(Entry::code).collect();
    let checks = all.iter().map(Entry::check);
    let fields = plan.schema.fields.iter().map(|field| field.name.as_str());
    let known = codes
        .iter()
        .map(String::as_str)
        .chain(fields)
        .chain(checks)
        .chain(of_portal);
    let near = closest(asked, known).unwrap_or_default();
    Err(Error::Usage(format!(
        "{} has no rule, field or check `{asked}`; the nearest is `{near}`. To explain a rule of another return, name it with --schema",
        plan.schema.id
    )))
}

impl Asked<'_> {
    fn text(&self) -> String {
        match self {
            Self::Page(entry) => entry_text(entry),
            Self::Listed(heading, entries) => {
                let widest = entries.iter().map(|entry| entry.code().len()).max();
                let width = widest.unwrap_or_default();
                let line = |entry: &Entry<'_>| {
                    let (severity, fault) = (entry.rule.severity.name(), &entry.rule.page.fault);
                    format!("  {:width$}  {severity:<7}  {fault}\n", entry.code())
                };
                let lines: String = entries.iter().map(line).collect();
                format!("{heading}\n\n{lines}")
            }
            Self::All(entries) => {
                let mut text = String::new();
                for of_field in entries.chunk_by(|a, b| a.rule.field.snake == b.rule.field.snake) {
                    let field = of_field[0].rule.field;
                    let heading = format!("{} ({}), {}", field.name, field.snake, field.module);
                    let line = "=".repeat(heading.chars().count());
                    text += &format!("{heading}\n{line}\n\n");
                    for entry in of_field {
                        text += &entry_text(entry);
                        text.push('\n');
                    }
                }
                text
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Page(entry) => entry_json(entry),
            Self::Listed(_, entries) | Self::All(entries) => {
                entries.iter().map(entry_json).collect()
            }
        }
    }
}
