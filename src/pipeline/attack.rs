//! `cld attack`: a bundle, the extract it was made from, and no key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::line::in_order;
use super::read::{self, Input, threads};
use crate::attack::alone::{self, Alone};
use crate::attack::dictionary::{self, Trial};
use crate::attack::forms::salted_and_keyed;
use crate::attack::known::{self, NUMBERS};
use crate::attack::numbers::{ISSUED, OF_FIRST_DIGIT, Stretch};
use crate::attack::order::{self, Alignment};
use crate::attack::submission::{self, Seen, Wanted, combined};
use crate::attack::targets::Targets;
use crate::attack::traces::Traces;
use crate::attack::{ALL, Algorithm, Circumstances, Form, Level};
use crate::attest::leak::LeakCheck;
use crate::attest::predicate::{Predicate, TreatmentKind};
use crate::attest::{self, CHECKSUMS, ENVELOPE, MANIFEST, PublicKey, SUBJECTS};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::extract::Cells;
use crate::progress::Progress;
use crate::schema::{Kind, Make, Schema};
use crate::treat::{Identifiers, MasterKey, People, RowPlan, Scope, Treater, Values, Watch};
use crate::validate::{Checker, Plan, Setting};

/// What is tried besides.
#[derive(Debug, Clone)]
pub struct AttackOptions {
    /// Bundles of other recipients, purposes or epochs, which should share no pseudonym with this one.
    pub others: Vec<PathBuf>,
    /// Whose signature the bundle should have. `None`: digests alone are checked.
    pub public_key: Option<PublicKey>,
    /// Whether all NHS numbers there can be are tried.
    pub dictionary: bool,
    /// Other numbers than all, for tests.
    stretches: Option<Vec<Stretch>>,
    /// Algorithms of the further forms; tests take fewer.
    algorithms: &'static [Algorithm],
}

impl AttackOptions {
    /// Everything, against these other bundles too.
    pub fn new(others: Vec<PathBuf>, public_key: Option<PublicKey>, dictionary: bool) -> Self {
        Self {
            others,
            public_key,
            dictionary,
            stretches: None,
            algorithms: &ALL,
        }
    }
}

/// How an attack went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Withstood,
    /// What was found, in words without any value.
    Broken(Vec<String>),
    /// Figures to judge by.
    Told,
    /// Why it was not tried.
    NotRun(String),
}

/// One attack.
#[derive(Debug, Clone)]
pub struct Attack {
    /// Its name for programs.
    pub id: &'static str,
    /// What was tried, in a sentence.
    pub tried: String,
    /// How much.
    pub figures: Vec<(String, u64)>,
    /// What else is to be said.
    pub notes: Vec<String>,
    /// How long.
    pub took: Duration,
    /// How it went.
    pub verdict: Verdict,
}

/// What the attacks came to.
#[derive(Debug)]
pub struct Attacked {
    /// Names the run that made the bundle.
    pub run_id: String,
    /// The bundle says that its key is a published one.
    pub test_key: bool,
    /// Whether a signature was checked.
    pub signed: bool,
    /// Records of the extract.
    pub records: u64,
    /// Rows of the submission.
    pub rows: u64,
    /// Different pseudonyms in the submission.
    pub pseudonyms: u64,
    /// In the order in which they were tried.
    pub attacks: Vec<Attack>,
}

impl Attacked {
    /// The attacks that succeeded.
    pub fn broken(&self) -> impl Iterator<Item = &Attack> {
        let broken = |attack: &&Attack| matches!(attack.verdict, Verdict::Broken(_));
        self.attacks.iter().filter(broken)
    }
}

/// Attacks a bundle.
///
/// # Errors
/// When the bundle does not verify, or the extract cannot be read. That an attack succeeds is no error here.
pub fn attack(config: &Config, bundle: &Path, options: &AttackOptions) -> Result<Attacked> {
    let statement = match &options.public_key {
        Some(key) => attest::verify(bundle, key)?.statement,
        None => attest::check_unsigned(bundle, None)?,
    };
    let predicate = statement.predicate();
    if predicate.controller.la_code != config.la_code || predicate.schema.id != config.schema.id {
        return Err(Error::Usage(format!(
            "{} is a bundle of another council or return than the configuration's. Name the configuration that it was made with",
            bundle.display()
        )));
    }
    let c = Circumstances {
        la_code: predicate.controller.la_code.clone(),
        council: predicate.controller.name.clone(),
        recipient: predicate.recipient.clone(),
        purpose: predicate.purpose.clone(),
        epoch: predicate.key.epoch.clone(),
        key_id: predicate.key.id.clone(),
        test_key: predicate.key.test,
    };
    let schema = &config.schema;
    // Whoever attacks has no key. This one makes columns known, and no pseudonym.
    let rows = RowPlan::new(
        std::sync::Arc::new(schema.clone()),
        &MasterKey::generate()?,
        &Scope::new(
            &config.la_code,
            &config.recipient,
            &config.purpose,
            &config.epoch,
        )?,
    )?;
    let kept = kept_columns(schema);
    let identifiers = Identifiers::default();
    let extract = gather(config, predicate.key.test, &rows, &kept, &identifiers)?;
    let check = LeakCheck::new(&identifiers, schema, &config.la_code, &rows.columns);
    let traces = Traces::new(&identifiers, &check, &rows.columns);
    let of_pseudonyms: Vec<String> = pseudonym_columns(predicate);
    let names: Vec<String> = kept.iter().map(|kept| kept.name.clone()).collect();
    let csv = bundle.join("submission.csv");
    let columns = alone::Columns::of(schema);
    let started = Instant::now();
    let wanted = Wanted {
        kept: &names,
        alone: &columns,
        pseudonyms: &of_pseudonyms,
        traces: &traces,
    };
    let seen = submission::read(&csv, &wanted).map_err(|e| unreadable(&csv, &e))?;
    crate::interrupt::check()?;
    let reading = started.elapsed();

    let attacks = vec![
        all_numbers(&c, &seen.targets, options)?,
        known_identifiers(&c, &seen.targets, &extract, options)?,
        in_order_of_the_extract(&seen, &extract),
        direct_identifiers(bundle, &seen, &traces, reading)?,
        shared_pseudonyms(predicate, &seen.targets, &options.others)?,
        people_alone(&columns, &seen.alone),
    ];
    let mut attacked = Attacked {
        run_id: predicate.run_id.clone(),
        test_key: predicate.key.test,
        signed: options.public_key.is_some(),
        records: extract.records.len() as u64,
        rows: seen.rows,
        pseudonyms: seen.targets.len() as u64,
        attacks,
    };
    if attacked.records != predicate.counts.read {
        let note = format!(
            "The extract has {} records, and the bundle was made from {}: it is not the same one, so that less may be found",
            attacked.records, predicate.counts.read
        );
        attacked.attacks.iter_mut().for_each(|attack| {
            if attack.id != "all_nhs_numbers" && attack.id != "people_alone" {
                attack.notes.push(note.clone());
            }
        });
    }
    Ok(attacked)
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    // The digests are right, so the bundle was made like this.
    Error::Verification(format!("{} cannot be read: {error}", path.display()))
}

/// A column that is sent as received, and where it comes from.
struct KeptColumn {
    name: String,
    field: usize,
    date: bool,
}

fn kept_columns(schema: &Schema) -> Vec<KeptColumn> {
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
fn pseudonym_columns(predicate: &Predicate) -> Vec<String> {
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
struct Extract {
    /// For each record in order, the hash of what is sent as received.
    records: Vec<u64>,
    /// NHS numbers and local identifiers, by domain, each once and in an order of its own.
    values: BTreeMap<String, Vec<Box<[u8]>>>,
}

type Found = BTreeMap<String, HashSet<Box<[u8]>, FixedState>>;

struct Gatherer<'a> {
    checker: Checker<'a>,
    treater: Treater<'a>,
    found: Found,
}

fn gather(
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
fn local_fields(schema: &Schema) -> Vec<(usize, String)> {
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

/// Every NHS number there can be.
fn all_numbers(c: &Circumstances, targets: &Targets, options: &AttackOptions) -> Result<Attack> {
    let forms = dictionary::forms(c);
    let mut attack = Attack {
        id: "all_nhs_numbers",
        tried: format!(
            "every NHS number that can be issued (first digit 4, 6 or 7) and the test range 999, each as {}, held against every pseudonym",
            words(&forms)
        ),
        figures: Vec::new(),
        notes: Vec::new(),
        took: Duration::ZERO,
        verdict: Verdict::NotRun(
            "--no-dictionary was given; the numbers of the extract are tried below".into(),
        ),
    };
    if !options.dictionary {
        return Ok(attack);
    }
    let started = Instant::now();
    let stretches = match &options.stretches {
        Some(some) => some.clone(),
        None => Stretch::issued().chain(Stretch::test()).collect(),
    };
    let total = OF_FIRST_DIGIT * ISSUED.len() as u64 + 909_091;
    let progress = Progress::begin("trying every NHS number", total, false);
    let counter = progress.counter();
    let workers = std::iter::repeat_with(|| Trial::new(targets, &forms))
        .take(threads())
        .collect();
    let mut met = vec![0; forms.len()];
    let mut by_first = BTreeMap::<u8, u64>::new();
    in_order(
        threads(),
        4 * threads(),
        |pass| {
            for stretch in stretches {
                if !pass(stretch) {
                    break;
                }
            }
            Ok(())
        },
        workers,
        |trial: &mut Trial<'_>, stretch| {
            let numbers = stretch.numbers();
            Ok((
                numbers.first().map(|n| n[0] - b'0'),
                numbers.len() as u64,
                trial.of(&numbers),
            ))
        },
        |(first, n, of_stretch): (Option<u8>, u64, dictionary::Met)| {
            counter.fetch_add(n, Ordering::Relaxed);
            *by_first.entry(first.unwrap_or_default()).or_default() += n;
            met.iter_mut()
                .zip(of_stretch)
                .for_each(|(all, n)| *all += n);
            Ok(())
        },
    )?;
    drop(progress);
    attack.took = started.elapsed();
    let issued: u64 = by_first
        .iter()
        .filter(|(first, _)| **first != 9)
        .map(|(_, n)| n)
        .sum();
    let all = by_first.values().sum::<u64>();
    if options.stretches.is_none() && issued != OF_FIRST_DIGIT * ISSUED.len() as u64 {
        return Err(Error::Internal("not every NHS number was tried".into()));
    }
    attack.figures = vec![
        ("numbers that can be issued".into(), issued),
        ("numbers of the test range".into(), all - issued),
        ("forms".into(), forms.len() as u64),
        ("digests compared".into(), all * forms.len() as u64),
        ("pseudonyms found".into(), met.iter().sum()),
    ];
    attack.notes.push(format!(
        "{} vectors, {} threads",
        Level::best().name(),
        threads()
    ));
    attack.verdict = verdict(&forms, &met);
    Ok(attack)
}

fn words(forms: &[Form]) -> String {
    let (last, others) = forms.split_last().expect("there are forms");
    let others: Vec<_> = others.iter().map(|form| form.name.as_str()).collect();
    format!("{}; and {}", others.join("; "), last.name)
}

fn verdict(forms: &[Form], met: &[u64]) -> Verdict {
    let found = forms.iter().zip(met).filter(|(_, met)| **met > 0);
    let found: Vec<_> = found
        .map(|(form, met)| format!("{met} pseudonyms are {}", form.name))
        .collect();
    if found.is_empty() {
        Verdict::Withstood
    } else {
        Verdict::Broken(found)
    }
}

/// Local identifiers of each kind that try the likeliest forms, and identifiers that try every form that has no lanes.
const MANY: usize = 100_000;
const SOME: usize = 1_000;

/// The extract's own identifiers, in forms by the thousand.
fn known_identifiers(
    c: &Circumstances,
    targets: &Targets,
    extract: &Extract,
    options: &AttackOptions,
) -> Result<Attack> {
    let started = Instant::now();
    let (likely, thorough) = (known::likely(c), salted_and_keyed(c, options.algorithms));
    let forms: Vec<&Form> = likely.iter().chain(&thorough).collect();
    // What is tried of each domain: values by how many of them.
    let mut jobs = Vec::new();
    let mut figures = Vec::new();
    for (domain, values) in &extract.values {
        let (many, some) = (values.len().min(MANY), values.len().min(SOME));
        let hashed = |values: &[Box<[u8]>]| -> Vec<Box<[u8]>> {
            let forms = values
                .iter()
                .flat_map(|value| known::as_hashed(domain, value, c));
            forms.map(Vec::into_boxed_slice).collect()
        };
        let (all, few) = (hashed(&values[..many]), hashed(&values[..some]));
        let of = |n: usize| n as u64;
        let in_likely = if domain == NUMBERS {
            values.len()
        } else {
            many
        };
        figures.push((format!("{domain}: in every likely form"), of(in_likely)));
        figures.push((format!("{domain}: in every further form"), of(some)));
        if domain == NUMBERS {
            let digits = values
                .iter()
                .filter_map(|value| <[u8; 10]>::try_from(&**value).ok());
            jobs.push((Domain::Numbers(digits.collect()), all, few));
        } else {
            jobs.push((Domain::Texts, all, few));
        }
    }
    let progress = Progress::begin(
        "trying forms of hashing",
        (forms.len() * jobs.len()) as u64,
        false,
    );
    let counter = progress.counter();
    let mut met = vec![0; forms.len()];
    let mut compared = 0;
    let mut lanes = 0;
    in_order(
        threads(),
        8 * threads(),
        |pass| {
            for at in 0..forms.len() * jobs.len() {
                if !pass(at) {
                    break;
                }
            }
            Ok(())
        },
        vec![(); threads()],
        |(), at| {
            let (form, (values, all, few)) = (forms[at % forms.len()], &jobs[at / forms.len()]);
            Ok(match values {
                // All of them, many at once.
                Domain::Numbers(numbers) if Trial::takes(form) => {
                    let met = Trial::new(targets, std::slice::from_ref(form)).of(numbers);
                    (at, numbers.len() as u64, met[0], true)
                }
                _ => {
                    let values = if at % forms.len() < likely.len() {
                        all
                    } else {
                        few
                    };
                    (
                        at,
                        values.len() as u64,
                        known::met(form, values, targets),
                        false,
                    )
                }
            })
        },
        |(at, n, of_form, in_lanes): (usize, u64, u64, bool)| {
            counter.fetch_add(1, Ordering::Relaxed);
            met[at % forms.len()] += of_form;
            compared += n;
            lanes += u64::from(in_lanes);
            Ok(())
        },
    )?;
    drop(progress);
    let names: Vec<Form> = forms.into_iter().cloned().collect();
    figures.extend([
        ("likely forms".to_owned(), likely.len() as u64),
        ("further forms".to_owned(), thorough.len() as u64),
        ("forms tried with every NHS number".to_owned(), lanes),
        ("digests compared".to_owned(), compared),
        ("pseudonyms found".to_owned(), met.iter().sum()),
    ]);
    let mut notes = Vec::new();
    if c.test_key {
        notes.push("TEST KEY: pseudonyms of the published test key protect nobody, as the bundle says; that key was not tried".to_owned());
    }
    Ok(Attack {
        id: "known_identifiers",
        tried: "identifiers of the extract in every usual form: alone, with obvious salts before and behind, grouped, hashed twice, and keyed with what is no secret".into(),
        figures,
        notes,
        took: started.elapsed(),
        verdict: verdict(&names, &met),
    })
}

/// What is known about the values of a domain.
enum Domain {
    /// All are NHS numbers, which go into lanes.
    Numbers(Vec<[u8; 10]>),
    Texts,
}

fn in_order_of_the_extract(seen: &Seen, extract: &Extract) -> Attack {
    let started = Instant::now();
    let alignment = Alignment::of(&seen.kept, &extract.records);
    let mut found = Vec::new();
    if alignment.is_aligned() {
        found.push(format!(
            "the rows stand in an order like the extract's: rank correlation {:.3} (chance stays below {:.3}), {} pairs of neighbours kept",
            alignment.correlation, alignment.limit, alignment.neighbours
        ));
    }
    if let Some(row) = seen.out_of_order {
        found.push(format!("the rows are not in the order that the manifest states: row {row} of submission.csv stands before one that it should follow"));
    }
    let note = if alignment.is_told() {
        format!(
            "rank correlation {:.3}; chance stays below {:.3} (five times its spread)",
            alignment.correlation, alignment.limit
        )
    } else {
        format!(
            "fewer than {} people can be found again by what is sent as received: no correlation is told",
            order::FEWEST
        )
    };
    Attack {
        id: "order_of_rows",
        tried: "rows found again by what is sent as received, once for each person, and their places compared; the stated order".into(),
        figures: vec![
            ("people found again by unique rows".into(), alignment.people),
            ("neighbours that are neighbours in the extract".into(), alignment.neighbours),
            ("neighbours that chance may make".into(), order::NEIGHBOURS),
        ],
        notes: vec![note],
        took: started.elapsed(),
        verdict: if found.is_empty() { Verdict::Withstood } else { Verdict::Broken(found) },
    }
}

fn direct_identifiers(
    bundle: &Path,
    seen: &Seen,
    traces: &Traces<'_>,
    reading: Duration,
) -> Result<Attack> {
    let started = Instant::now();
    let mut found: Vec<String> = Vec::new();
    let cell = |column: &String| {
        format!("a direct identifier stands in column {column} of submission.csv")
    };
    found.extend(seen.identifying.iter().map(cell));
    let other = |column: &String| {
        format!("column {column} of submission.csv holds something else than pseudonyms")
    };
    found.extend(seen.no_pseudonyms.iter().map(other));
    let mut bytes = 0;
    for name in SUBJECTS.into_iter().chain([MANIFEST, ENVELOPE, CHECKSUMS]) {
        crate::interrupt::check()?;
        let path = bundle.join(name);
        // A million cells hold words by chance; they are looked at one by one.
        let words = !name.starts_with("submission.");
        bytes += std::fs::metadata(&path)
            .map_err(Error::io("read", &path))?
            .len();
        if traces
            .in_file(&path, words)
            .map_err(Error::io("read", &path))?
        {
            found.push(format!("a direct identifier stands in {name}"));
        }
    }
    let name = bundle
        .canonicalize()
        .ok()
        .and_then(|path| Some(path.file_name()?.to_owned()));
    if name.is_some_and(|name| traces.in_text(name.as_encoded_bytes())) {
        found.push("a direct identifier stands in the name of the bundle's directory".to_owned());
    }
    let parquet = bundle.join("submission.parquet");
    let (in_parquet, cells) = traces
        .in_parquet(&parquet)
        .map_err(|e| unreadable(&parquet, &e))?;
    found.extend(
        in_parquet
            .into_iter()
            .map(|place| format!("a direct identifier stands in {place}")),
    );
    Ok(Attack {
        id: "direct_identifiers",
        tried: "NHS numbers and full postcodes of the extract (plain, spaced, hyphenated, in hex, in base64) in every byte of every \
            file; its person ids and names as cells; what the Parquet file says about itself, its statistics and dictionaries"
            .into(),
        figures: vec![
            ("files".into(), 8),
            ("bytes".into(), bytes),
            ("distinct cells of submission.csv".into(), seen.cells),
            ("distinct cells of submission.parquet".into(), cells),
        ],
        notes: Vec::new(),
        took: started.elapsed() + reading,
        verdict: if found.is_empty() { Verdict::Withstood } else { Verdict::Broken(found) },
    })
}

fn shared_pseudonyms(
    predicate: &Predicate,
    targets: &Targets,
    others: &[PathBuf],
) -> Result<Attack> {
    let started = Instant::now();
    let (mut found, mut figures, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (at, bundle) in others.iter().enumerate() {
        let statement = attest::check_unsigned(bundle, None)?;
        let other = statement.predicate();
        let csv = bundle.join("submission.csv");
        let theirs = submission::pseudonyms(&csv).map_err(|e| unreadable(&csv, &e))?;
        let shared = targets.shared(&theirs);
        let name = format!("bundle {}", at + 1);
        figures.push((format!("{name}: pseudonyms"), theirs.len() as u64));
        figures.push((format!("{name}: shared"), shared));
        let differs = [
            ("key", predicate.key.id != other.key.id),
            (
                "controller",
                predicate.controller.la_code != other.controller.la_code,
            ),
            ("recipient", predicate.recipient != other.recipient),
            ("purpose", predicate.purpose != other.purpose),
            ("epoch", predicate.key.epoch != other.key.epoch),
        ];
        let differs: Vec<_> = differs
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(name, _)| name)
            .collect();
        if differs.is_empty() {
            notes.push(format!("{name} was made with the same key for the same controller, recipient, purpose and epoch: it is meant to share pseudonyms"));
        } else if shared > 0 {
            found.push(format!(
                "{shared} pseudonyms stand in {name} too, which has another {}",
                differs.join(", another ")
            ));
        } else {
            notes.push(format!("{name} has another {}", differs.join(", another ")));
        }
    }
    Ok(Attack {
        id: "shared_pseudonyms",
        tried: "pseudonyms that stand in a bundle of another recipient, purpose or epoch too"
            .into(),
        figures,
        notes,
        took: started.elapsed(),
        verdict: match (others, found.is_empty()) {
            ([], _) => Verdict::NotRun("no other bundle was named with --other".into()),
            (_, true) => Verdict::Withstood,
            (_, false) => Verdict::Broken(found),
        },
    })
}

fn people_alone(columns: &alone::Columns, alone: &Alone) -> Attack {
    let started = Instant::now();
    let people = alone.people();
    let mut notes = Vec::new();
    let mut figures = Vec::new();
    if people >= alone::SMALLEST {
        figures.push(("people".to_owned(), people));
    }
    for ((details, _), share) in alone::SETS.into_iter().zip(alone.clone().shares()) {
        notes.push(match share.per_mille() {
            Some(share) => format!("{}.{} % are alone in {details}", share / 10, share % 10),
            None => format!(
                "alone in {details}: not told, as it would tell of fewer than {} people",
                alone::SMALLEST
            ),
        });
    }
    Attack {
        id: "people_alone",
        tried: "people told apart by the pseudonym of their LA person id, and how many of them share what stands about them with nobody: a figure to judge by, as the return demands these details".into(),
        figures,
        notes,
        took: started.elapsed(),
        verdict: match columns.person {
            Some(_) => Verdict::Told,
            None => Verdict::NotRun("the submission has no pseudonym of the LA person id".into()),
        },
    }
}

#[cfg(test)]
#[path = "attack_tests.rs"]
mod tests;
