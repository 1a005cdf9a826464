//! What an attacker who holds the extract knows of it.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::super::read::{self, Input, threads};
use crate::attack::alone::{self};
use crate::attack::known::NUMBERS;
use crate::attack::submission::combined;
use crate::attest::predicate::{Predicate, TreatmentKind};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::extract::Cells;
use crate::schema::{Kind, Make, Schema};
use crate::treat::{Identifiers, People, RowPlan, Treater, Values, Watch};
use crate::validate::{Checker, Plan, Setting};

/// A column that is sent as received, and where it comes from.
pub(super) struct KeptColumn {
    pub name: String,
    pub field: usize,
    pub date: bool,
}

pub(super) fn kept_columns(schema: &Schema) -> Vec<KeptColumn> {
    let kept = schema
        .columns()
        .filter(|(_, column)| matches!(column.make, Make::Value | Make::PostcodeSector));
    let kept = kept.map(|(field, column)| KeptColumn {
        name: column.name.clone(),
        field,
        date: column.make == Make::Value && schema.fields[field].kind == Kind::Date,
    });
    kept.collect()
}

/// Columns of fields that are pseudonymised, as the manifest has them.
pub(super) fn pseudonym_columns(predicate: &Predicate) -> Vec<String> {
    let fields = predicate
        .treatment
        .iter()
        .filter(|f| f.treatment == TreatmentKind::Pseudonymise);
    fields
        .flat_map(|f| &f.columns)
        .map(|column| column.name.clone())
        .collect()
}

/// What is known of the extract.
pub(super) struct Extract {
    /// For each record in order, the hash of what is sent as received.
    pub records: Vec<u64>,
    /// NHS numbers and local identifiers, by domain, each once and in an order of its own.
    pub values: BTreeMap<String, Vec<Box<[u8]>>>,
}

type Found = BTreeMap<String, HashSet<Box<[u8]>, FixedState>>;

pub(super) struct Gatherer<'a> {
    checker: Checker<'a>,
    treater: Treater<'a>,
    found: Found,
}

pub(super) fn gather(
    config: &Config,
    test_numbers: bool,
    rows: &RowPlan,
    kept: &[KeptColumn],
    identifiers: &Identifiers,
) -> Result<Extract> {
    let schema = std::sync::Arc::new(config.schema.clone());
    let setting = Setting {
        la_code: &config.la_code,
        test_numbers,
        period: Some((config.period.start, config.period.end)),
    };
    let plan = Plan::new(schema, &setting);
    let cancelled = config
        .selection
        .cancelled
        .as_ref()
        .map(|c| c.column.as_str());
    let mut inputs = read::open(&config.sources, cancelled, &config.schema)?;
    let sources = inputs.len();
    let (values, people) = (Values::new(rows.layout.values), People::default());
    let local = local_fields(&config.schema);
    let (gatherers, records, _) = read::read(
        &mut inputs,
        || None,
        || {
            identifiers.clear();
            let new = || Gatherer {
                checker: Checker::new(&plan, sources),
                treater: Treater::new(
                    rows,
                    &values,
                    (identifiers, &people),
                    sources,
                    Watch::default(),
                ),
                found: Found::new(),
            };
            Ok((
                std::iter::repeat_with(new).take(threads()).collect(),
                Vec::new(),
            ))
        },
        |gatherer: &mut Gatherer<'_>, cells, input| {
            gatherer.batch(cells, input, &plan, &local, kept)
        },
        |records: &mut Vec<u64>, of_batch: Vec<u64>| {
            records.extend(of_batch);
            Ok(())
        },
    )?;
    let mut found = Found::new();
    for gatherer in gatherers {
        gatherer.treater.finish();
        for (domain, values) in gatherer.found {
            found.entry(domain).or_default().extend(values);
        }
    }
    let in_no_order = |values: HashSet<Box<[u8]>, FixedState>| {
        let mut values: Vec<_> = values.into_iter().collect();
        // So that the first thousand are any thousand, and the same ones every time.
        values.sort_unstable_by_key(|value| (alone::text(value), value.clone()));
        values
    };
    Ok(Extract {
        records,
        values: found
            .into_iter()
            .map(|(domain, values)| (domain, in_no_order(values)))
            .collect(),
    })
}

/// Fields of local identifiers, with their domains.
pub(super) fn local_fields(schema: &Schema) -> Vec<(usize, String)> {
    let columns = schema
        .columns()
        .filter_map(|(field, column)| match &column.make {
            Make::Pseudonym(domain) if domain.label() != NUMBERS => {
                Some((field, domain.label().to_owned()))
            }
            _ => None,
        });
    columns.collect()
}

impl Gatherer<'_> {
    fn batch(
        &mut self,
        cells: &Cells,
        input: &Input,
        plan: &Plan,
        local: &[(usize, String)],
        kept: &[KeptColumn],
    ) -> Result<Vec<u64>> {
        let mapping = &input.mapping;
        let path = input.source.path.display();
        self.checker.check(cells, mapping).map_err(|e| {
            Error::Input(format!(
                "{path} row {}: {} is a pseudonym already. Name the configuration of the extract, not of a bundle",
                cells.row(e.record),
                plan.schema.fields[e.field].name
            ))
        })?;
        // Nothing is submitted: this only remembers the identifiers.
        self.treater
            .treat(cells, mapping, &self.checker, &[], |_, _| {
                Ok::<_, crate::treat::LocalRefusal>(())
            })
            .map_err(|refusal| Error::Input(format!("{path}: an identifier {refusal}")))?;
        let columns = &self.checker.checked().columns;
        let mut last = None;
        for number in columns[plan.schema.roles.nhs_number]
            .numbers
            .iter()
            .flatten()
        {
            if last.replace(number) != Some(number) {
                self.found
                    .entry(NUMBERS.to_owned())
                    .or_default()
                    .insert(number.digits().as_slice().into());
            }
        }
        for (field, domain) in local {
            let Some(column) = mapping.fields[*field] else {
                continue;
            };
            let found = self.found.entry(domain.clone()).or_default();
            for record in 0..cells.len() {
                let text = String::from_utf8_lossy(cells.get(column, record));
                let value = text.trim();
                if !value.is_empty()
                    && !value.eq_ignore_ascii_case("null")
                    && !found.contains(value.as_bytes())
                {
                    found.insert(value.as_bytes().into());
                }
            }
        }
        let of_column = |record: usize, kept: &KeptColumn| {
            if kept.date {
                let date = columns[kept.field].dates[record];
                alone::text(date.map_or(String::new(), |date| date.dmy()).as_bytes())
            } else {
                let entry = self.checker.entry(cells.source, kept.field, record);
                alone::text(entry.map_or(b"", |entry| &entry.written))
            }
        };
        let records = 0..cells.len();
        Ok(records
            .map(|record| combined(kept.iter().map(|kept| of_column(record, kept))))
            .collect())
    }
}
