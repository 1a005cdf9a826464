//! `cld schema`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::Format;
use super::print;
use crate::error::{Error, Result};
use crate::nearest::closest;
use crate::schema::{Schema, known, show};
use crate::validate::collisions;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the returns that are known
    List(List),
    /// Show a return, one of its fields or one of its lists
    Show(Show),
    /// Check a schema file, and say line and column of every fault
    Check(Check),
}

#[derive(Debug, Args)]
pub struct List {
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct Show {
    /// A field by its name ("Event Type", event_type) or a list. Without it, the whole return in short.
    name: Option<String>,
    /// The return.
    #[arg(long, value_name = "ID", default_value = "cld-release-2")]
    schema: String,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct Check {
    /// The schema file.
    file: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Command {
    pub fn run(&self, schemas: Option<&Path>) -> Result<()> {
        match self {
            Self::List(list) => list.run(schemas),
            Self::Show(show) => show.run(schemas),
            Self::Check(check) => check.run(),
        }
    }
}

impl List {
    fn run(&self, schemas: Option<&Path>) -> Result<()> {
        let known = known(schemas)?;
        match self.format {
            Format::Human => {
                let mut text = String::new();
                for (id, title) in &known {
                    text += &format!("{id}  {title}\n");
                    let schema = Schema::load(id, schemas)?;
                    for list in schema.lists.iter().filter(|l| !l.complete.is_closed()) {
                        text +=
                            &format!("    list {}: {}\n", list.name, list.complete.description());
                    }
                }
                print::out(&text)
            }
            Format::Json => print::json(&json!(
                known
                    .iter()
                    .map(|(id, title)| json!({ "id": id, "title": title }))
                    .collect::<Vec<_>>()
            )),
        }
    }
}

impl Show {
    fn run(&self, schemas: Option<&Path>) -> Result<()> {
        let schema = Schema::load(&self.schema, schemas)?;
        let (text, value) = match &self.name {
            None => (show::overview_text(&schema), show::overview_json(&schema)),
            Some(name) => {
                let field = schema.fields.iter().find(|f| {
                    f.name.eq_ignore_ascii_case(name) || f.snake.eq_ignore_ascii_case(name)
                });
                let named = schema
                    .lists
                    .iter()
                    .find(|l| l.name.eq_ignore_ascii_case(name));
                let list = named.or_else(|| Some(&schema.lists[field?.list?]));
                if field.is_none() && list.is_none() {
                    let names = schema
                        .fields
                        .iter()
                        .map(|f| f.name.as_str())
                        .chain(schema.lists.iter().map(|l| l.name.as_str()));
                    let near = closest(name, names).unwrap_or_default();
                    return Err(Error::Usage(format!(
                        "{} has no field or list `{name}`; the nearest is `{near}`. To show another return, name it with --schema",
                        schema.id
                    )));
                }
                // A field's text shows its list too.
                let text = match (field, list) {
                    (Some(field), _) => show::field_text(&schema, field),
                    (None, Some(list)) => show::list_text(&schema, list),
                    (None, None) => String::new(),
                };
                let value = json!({ "field": field.map(|f| show::field_json(&schema, f)), "list": list.map(show::list_json) });
                (text, value)
            }
        };
        match self.format {
            Format::Human => print::out(&text),
            Format::Json => print::json(&value),
        }
    }
}

/// A rule code means one rule, so a schema may not state one that a check of this program has.
///
/// # Errors
/// When it does.
pub fn refuse_collisions(schema: &Schema) -> Result<()> {
    match collisions(schema).as_slice() {
        [] => Ok(()),
        codes => Err(Error::Usage(format!(
            "{}: rules: {} would be the code of a check of this program too. Give the rule another name",
            schema.id,
            codes.join(", ")
        ))),
    }
}

impl Check {
    fn run(&self) -> Result<()> {
        let schema = Schema::load_file(&self.file)?;
        refuse_collisions(&schema)?;
        match self.format {
            Format::Human => print::out(&format!(
                "{} is sound: {}, {} fields, {} lists\n",
                self.file.display(),
                schema.id,
                schema.fields.len(),
                schema.lists.len()
            )),
            Format::Json => print::json(
                &json!({ "id": schema.id, "fields": schema.fields.len(), "lists": schema.lists.len(), "digest": schema.digest }),
            ),
        }
    }
}
