//! What the manifest says of the sources and of the tables that were looked up for them.

use super::super::read::SourceFacts;
use super::Facts;
use crate::attest::predicate::{self as say};
use crate::config::SourceConfig;
use crate::extract::{Kind, Source};
use crate::tokens::without_nhs_numbers;

pub(super) fn sources(facts: &Facts<'_>) -> Vec<say::Source> {
    let schema = &facts.plan.schema;
    let sources = facts.inputs.iter().zip(facts.sources).enumerate();
    sources
        .map(|(at, (input, source))| {
            let described = &facts.config.sources[at];
            let mut ignored: Vec<_> = described
                .ignore
                .iter()
                .chain(
                    input
                        .mapping
                        .local
                        .iter()
                        .map(|(_, at)| *at)
                        // The key of a database may be a field as well.
                        .filter(|at| !input.mapping.fields.contains(&Some(*at)))
                        .map(|at| &input.mapping.names[at]),
                )
                .filter(|name| input.mapping.names.contains(name))
                // Who names a column after a person must not send the name.
                .map(|name| without_nhs_numbers(name).into_owned())
                .collect();
            ignored.sort();
            ignored.dedup();
            let absent = schema
                .fields
                .iter()
                .enumerate()
                .filter(|(f, field)| input.mapping.fields[*f].is_none() && !field.optional());
            let mut absent: Vec<_> = absent.map(|(_, field)| field.name.clone()).collect();
            absent.sort();
            say::Source {
                name: without_nhs_numbers(&input.source.name).into_owned(),
                kind: input.source.kind().into(),
                encoding: (input.source.format.kind == Kind::Csv)
                    .then(|| source.encoding.name().into()),
                sheet: match &input.source.query {
                    None => input.mapping.sheet.clone(),
                    Some(_) => None,
                },
                query: query(&input.source),
                bytes: input.source.size(),
                rows: facts.sums.rows[at],
                blank_lines: facts.sums.blank_lines[at],
                keyed_digest: source.digest.clone().unwrap_or_default(),
                columns_ignored: ignored,
                fields_absent: absent,
                tables: tables(described, source),
                values_mapped: described
                    .values
                    .iter()
                    .map(|(f, pairs)| (schema.fields[*f].name.clone(), pairs.len() as u64))
                    .collect(),
            }
        })
        .collect()
}

fn query(source: &Source) -> Option<say::Query> {
    source.query.as_ref().map(|query| say::Query {
        name: without_nhs_numbers(&query.name).into_owned(),
        digest: query.digest.clone(),
    })
}

fn tables(described: &SourceConfig, source: &SourceFacts) -> Vec<say::Table> {
    let Some((recipe, made)) = described.source.recipe.as_ref().zip(source.made.as_ref()) else {
        return Vec::new();
    };
    let read = made.tables.iter().zip(&source.tables);
    recipe
        .joins
        .iter()
        .zip(read)
        .map(|(join, (table, digest))| say::Table {
            name: join.name.clone(),
            kind: join.source.kind().into(),
            encoding: table.encoding.map(|encoding| encoding.name().into()),
            sheet: match &join.source.query {
                Some(_) => None,
                None => table.sheet.clone(),
            },
            query: query(&join.source),
            bytes: join.source.size(),
            rows: table.rows,
            keyed_digest: digest.clone(),
            records: say::TableRecords {
                matched: table.counts.matched,
                unmatched: table.counts.unmatched,
                undecided: table.counts.undecided,
                without_key: table.counts.without_key,
            },
        })
        .collect()
}
