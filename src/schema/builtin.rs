//! Finds schemas by name: in a directory given by the user first, then among those built in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::compile::compile;
use super::fault::{Fault, Problem, SchemaError};
use super::merge::{Document, Documents};
use super::model::Schema;
use super::raw::RawSchema;
use crate::yaml::{self, LIMIT, Place, Step};

/// The schemas that come with the program.
const BUILT_IN: [(&str, &str); 2] = [
    (
        "cld-release-1",
        include_str!("../../schemas/cld-release-1.yaml"),
    ),
    (
        "cld-release-2",
        include_str!("../../schemas/cld-release-2.yaml"),
    ),
];

impl Schema {
    /// Loads and compiles the schema of that name, with those it is based on. A file `<name>.yaml` in `dir` goes before
    /// a built-in schema of the same name.
    pub fn load(id: &str, dir: Option<&Path>) -> Result<Self, SchemaError> {
        compile(Documents::new(documents(id, dir)?))
    }

    /// Loads and compiles one file; what it is based on is looked for beside it first.
    pub fn load_file(path: &Path) -> Result<Self, SchemaError> {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let dir = path.parent().unwrap_or(Path::new(""));
        let newest = document(&stem, path.display().to_string(), read(path)?)?;
        compile(Documents::new(with_bases(&stem, newest, Some(dir))?))
    }
}

/// Name and title of every schema that can be loaded, by name.
pub fn known(dir: Option<&Path>) -> Result<Vec<(String, String)>, SchemaError> {
    let mut titles = BTreeMap::new();
    for id in ids(dir)? {
        let (file, text) = text(&id, dir)?;
        titles.insert(id.clone(), document(&id, file, text)?.raw.title.to_string());
    }
    Ok(titles.into_iter().collect())
}

/// The document of that name and those it is based on, the newest first.
fn documents(id: &str, dir: Option<&Path>) -> Result<Vec<Document>, SchemaError> {
    let (file, text) = text(id, dir)?;
    with_bases(id, document(id, file, text)?, dir)
}

fn with_bases(
    id: &str,
    newest: Document,
    dir: Option<&Path>,
) -> Result<Vec<Document>, SchemaError> {
    let mut chain = vec![id.to_owned()];
    let mut documents = vec![newest];
    while let Some(newest) = documents.last()
        && let Some(base) = newest.raw.based_on.0.as_deref().map(str::to_owned)
    {
        let circular = chain.contains(&base);
        chain.push(base.clone());
        if circular {
            return Err(SchemaError::Circular { chain });
        }
        let (file, text) = text(&base, dir).map_err(|error| base_fault(newest, error))?;
        let document = document(&base, file, text)?;
        documents.push(document);
    }
    Ok(documents)
}

/// A base that does not exist is a fault of the line that names it.
fn base_fault(document: &Document, error: SchemaError) -> SchemaError {
    match error {
        SchemaError::Unknown { id, known } => {
            let place =
                yaml::locate(&document.text, &[Step::Key("based_on")]).unwrap_or(Place::START);
            let nearest =
                crate::nearest::nearest(&id, known.iter().map(String::as_str)).map(str::to_owned);
            let problem = Problem::Unknown {
                what: "schema",
                name: id,
                nearest,
            };
            fault(document.file.clone(), place, problem)
        }
        other => other,
    }
}

fn fault(file: String, place: Place, problem: Problem) -> SchemaError {
    SchemaError::Faults(vec![Fault {
        file,
        line: place.line,
        column: place.column,
        problem,
    }])
}

/// Reads the shape of one document and checks that it is the one its name promises.
fn document(id: &str, file: String, text: String) -> Result<Document, SchemaError> {
    let raw: RawSchema = match yaml::parse(&text) {
        Ok(raw) => raw,
        Err(error) => return Err(fault(file, error.place, Problem::Yaml(error.message))),
    };
    if *raw.schema != *id {
        let place = yaml::locate(&text, &[Step::Key("schema")]).unwrap_or(Place::START);
        let problem = Problem::OtherName {
            file: id.to_owned(),
            says: raw.schema.to_string(),
        };
        return Err(fault(file, place, problem));
    }
    Ok(Document { file, text, raw })
}

/// The text of the schema of that name, with the file as the user knows it.
fn text(id: &str, dir: Option<&Path>) -> Result<(String, String), SchemaError> {
    if id.is_empty()
        || !id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    {
        return Err(SchemaError::Name { id: id.to_owned() });
    }
    if let Some(dir) = dir {
        let path = dir.join(format!("{id}.yaml"));
        if path.exists() {
            return Ok((path.display().to_string(), read(&path)?));
        }
    }
    match BUILT_IN.iter().find(|(known, _)| *known == id) {
        Some((_, text)) => Ok((format!("{id}.yaml (built in)"), (*text).to_owned())),
        None => Err(SchemaError::Unknown {
            id: id.to_owned(),
            known: ids(dir)?,
        }),
    }
}

/// The names there are, sorted.
fn ids(dir: Option<&Path>) -> Result<Vec<String>, SchemaError> {
    let mut ids: Vec<String> = BUILT_IN.iter().map(|(id, _)| (*id).to_owned()).collect();
    if let Some(dir) = dir {
        let unreadable = |source| SchemaError::Read {
            path: dir.to_owned(),
            source,
        };
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let path: PathBuf = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|ending| ending == "yaml")
                && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
            {
                ids.push(stem.to_owned());
            }
        }
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn read(path: &Path) -> Result<String, SchemaError> {
    let unreadable = |source| SchemaError::Read {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    // One byte beyond the limit tells a file at the limit from one above it, whatever its length claims.
    File::open(path)
        .map_err(unreadable)?
        .take(LIMIT + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > LIMIT {
        return Err(SchemaError::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(text)
}
