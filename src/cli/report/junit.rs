//! Findings as JUnit XML, which CI servers show as tests: one suite for each file and one for the extract as a whole, in
//! it one test for each rule.
//!
//! A test fails where its rule was broken of itself, once with a count and the first places. Errors always fail, warnings
//! with `--fail-on warning`; what does not fail is told as the test's output. Nothing of a value is in it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::path::Path;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use super::fold::fold;
use super::{Job, Out, Told};
use crate::cli::portal;
use crate::cli::print::{number, told};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::pipeline::Validated;
use crate::portal::{Level as FileLevel, Preflight, Problem};
use crate::schema::{Level, Severity};

/// Places of a rule that are told at most.
const PLACES: usize = 20;

/// The suite of the rules about the extract as a whole.
const EXTRACT: &str = "the extract as a whole";

/// What was found of each rule, by suite and rule code. Of a million findings it keeps sums and the first places.
#[derive(Default)]
pub(super) struct Broken(BTreeMap<(String, String), Count>);

struct Count {
    severity: Severity,
    /// What is wrong and what to do.
    fault: String,
    remedy: String,
    /// Findings of themselves.
    records: u64,
    /// Findings that follow from another.
    caused: u64,
    /// The first of those that stand for themselves.
    places: Vec<String>,
}

impl Broken {
    /// Adds the findings of one record.
    pub fn add_record(&mut self, findings: &[Finding<'_>]) {
        for folded in fold(findings) {
            self.add(folded.cause, false);
            folded.follows.iter().for_each(|f| self.add(f, true));
        }
    }

    fn add(&mut self, finding: &Finding<'_>, follows: bool) {
        let source = finding.shown_source();
        let suite = match finding.page.level {
            Level::File => EXTRACT,
            _ => &*source,
        };
        let key = (suite.to_owned(), finding.rule.to_string());
        let count = self.0.entry(key).or_insert_with(|| Count {
            severity: finding.severity,
            fault: format!("{} {}", finding.field.name, finding.fault),
            remedy: format!("{} ({})", finding.page.remedy, finding.page.who),
            records: 0,
            caused: 0,
            places: Vec::new(),
        });
        if follows {
            count.caused += 1;
            return;
        }
        count.records += 1;
        if count.places.len() < PLACES {
            let column = finding.column.unwrap_or("-");
            count.places.push(match finding.row {
                Some(row) => format!("{source} row {row} column {column}"),
                None => source.to_string(),
            });
        }
    }

    /// The suites in which something is broken.
    #[cfg(test)]
    pub fn suites(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|(suite, _)| suite.as_str())
    }

    /// Adds what comes after, in the order of files and rows.
    fn merge(&mut self, later: Self) {
        for (key, later) in later.0 {
            match self.0.entry(key) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(later);
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    let count = entry.get_mut();
                    count.records += later.records;
                    count.caused += later.caused;
                    let room = PLACES - count.places.len();
                    count.places.extend(later.places.into_iter().take(room));
                }
            }
        }
    }
}

impl Count {
    /// `12 times: Gender is not a value of the list`.
    fn headline(&self) -> String {
        let times = match self.records {
            1 => "once".to_owned(),
            n => format!("{} times", number(n)),
        };
        format!("{times}: {}", self.fault)
    }

    fn details(&self) -> String {
        let mut text = format!("What to do: {}\n", self.remedy);
        for place in &self.places {
            text += &format!("{place}\n");
        }
        let more = self.records - self.places.len() as u64;
        if more > 0 {
            text += &format!("and {} more\n", number(more));
        }
        if self.caused > 0 {
            text += &format!(
                "and {} that follow from another finding\n",
                number(self.caused)
            );
        }
        text
    }
}

/// Validates and prints.
///
/// # Errors
/// When a file cannot be validated. The document is whole then: it has the rules that were broken before, none that seems
/// to have passed, and the error.
pub fn report(job: &Job<'_>, out: &mut Out<impl Write + Send>) -> Result<Told> {
    let mut broken = Broken::default();
    let (validated, preflights) = job.validate(
        |findings, made: &mut Broken| made.add_record(findings),
        |made| {
            broken.merge(made);
            Ok(())
        },
    );
    let mut suites = suites(job, &broken, &validated);
    suites.extend(
        preflights
            .iter()
            .map(|(file, p)| portal_suite(job, file, p)),
    );
    out.io(|out| write(&suites, out))?;
    Ok((validated?, preflights))
}

/// What the portal would make of a file: a test for each rule it breaks, and one that passes where it breaks none.
fn portal_suite(job: &Job<'_>, file: &Path, preflight: &Preflight) -> Suite {
    let case = |problems: &[Problem]| {
        let rule = problems[0].rule;
        let details: Vec<_> = problems
            .iter()
            .flat_map(|problem| {
                let places = problem.places.iter().map(portal::place);
                std::iter::once(problem.message.clone()).chain(places)
            })
            .collect();
        let severity = match rule.level() {
            FileLevel::Refused => Severity::Error,
            FileLevel::Warning => Severity::Warning,
            FileLevel::Note => Severity::Info,
        };
        let outcome = if job.fails(severity) {
            Outcome::Failed {
                message: problems[0].message.clone(),
                severity,
                details: details.join("\n"),
            }
        } else {
            Outcome::Noted(format!("{}: {}", severity.name(), details.join("\n")))
        };
        Case {
            rule: rule.name().to_owned(),
            outcome,
        }
    };
    let mut cases: Vec<_> = preflight
        .problems
        .chunk_by(|a, b| a.rule == b.rule)
        .map(case)
        .collect();
    if cases.is_empty() {
        cases.push(Case {
            rule: "portal".to_owned(),
            outcome: Outcome::Passed,
        });
    }
    Suite {
        name: format!("portal: {}", file.display()),
        cases,
    }
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    rule: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    /// Broken, but not so that it fails.
    Noted(String),
    Skipped(String),
    Failed {
        message: String,
        severity: Severity,
        details: String,
    },
    Error(String),
}

fn suites(job: &Job<'_>, broken: &Broken, validated: &Result<Validated>) -> Vec<Suite> {
    let not_run: HashMap<&str, &str> = match validated {
        Ok(validated) => (validated.not_checked.iter())
            .map(|(rule, reason)| (&**rule, &**reason))
            .collect(),
        Err(_) => HashMap::new(),
    };
    let mut rules: Vec<(String, Level)> = (job.plan.rules().iter())
        .map(|rule| {
            (
                job.plan.code(rule.at, rule.broken).to_owned(),
                rule.page.level,
            )
        })
        .collect();
    // A rule that nothing can break, as its list is not known, is told all the same.
    let known: HashSet<_> = rules.iter().map(|(rule, _)| rule.as_str()).collect();
    let mut more: Vec<_> = not_run.keys().filter(|r| !known.contains(**r)).collect();
    more.sort_unstable();
    let more: Vec<_> = more
        .iter()
        .map(|r| ((**r).to_owned(), Level::Cell))
        .collect();
    rules.extend(more);

    let files = job.files.iter().map(|file| file.display().to_string());
    let mut suites: Vec<_> = files
        .chain([EXTRACT.to_owned()])
        .map(|name| {
            let here = |level: Level| (level == Level::File) == (name == EXTRACT);
            let of_suite = rules.iter().filter(|(_, level)| here(*level));
            let cases = of_suite.filter_map(|(rule, _)| {
                let outcome = match broken.0.get(&(name.clone(), rule.clone())) {
                    Some(count) => outcome(job, count),
                    // What was not read to the end has not passed.
                    None if validated.is_err() => return None,
                    None => (not_run.get(rule.as_str())).map_or(Outcome::Passed, |reason| {
                        Outcome::Skipped((*reason).to_owned())
                    }),
                };
                Some(Case {
                    rule: rule.clone(),
                    outcome,
                })
            });
            Suite {
                cases: cases.collect(),
                name,
            }
        })
        .collect();
    if let (Err(e), Some(extract)) = (validated, suites.last_mut()) {
        extract.cases.push(stopped(e));
    }
    suites
}

fn outcome(job: &Job<'_>, count: &Count) -> Outcome {
    if count.records == 0 {
        Outcome::Noted(count.details())
    } else if job.fails(count.severity) {
        Outcome::Failed {
            message: count.headline(),
            severity: count.severity,
            details: count.details(),
        }
    } else {
        Outcome::Noted(format!(
            "{}: {}\n{}",
            count.severity.name(),
            count.headline(),
            count.details()
        ))
    }
}

fn stopped(error: &Error) -> Case {
    Case {
        rule: "read to the end".into(),
        outcome: Outcome::Error(told(error)),
    }
}

/// What XML has no place for, as a file's name may hold it.
fn fit(text: &str) -> String {
    let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars()
        .map(|c| if fits(c) { c } else { '\u{fffd}' })
        .collect()
}

type Xml<'w> = Writer<&'w mut dyn Write>;

fn write(suites: &[Suite], out: &mut impl Write) -> io::Result<()> {
    let mut xml: Xml<'_> = Writer::new_with_indent(out, b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts = counts(suites.iter().flat_map(|suite| &suite.cases));
    xml.create_element("testsuites")
        .with_attribute(("name", "cld validate"))
        .with_attributes(counts.iter().map(|(k, n)| (*k, n.as_str())))
        .write_inner_content(|xml| suites.iter().try_for_each(|suite| write_suite(xml, suite)))?;
    xml.get_mut().write_all(b"\n")
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> [(&'static str, String); 4] {
    let [mut tests, mut failures, mut errors, mut skipped] = [0_u64; 4];
    for case in cases {
        tests += 1;
        match case.outcome {
            Outcome::Failed { .. } => failures += 1,
            Outcome::Error(_) => errors += 1,
            Outcome::Skipped(_) => skipped += 1,
            Outcome::Passed | Outcome::Noted(_) => {}
        }
    }
    [
        ("tests", tests.to_string()),
        ("failures", failures.to_string()),
        ("errors", errors.to_string()),
        ("skipped", skipped.to_string()),
    ]
}

fn write_suite(xml: &mut Xml<'_>, suite: &Suite) -> io::Result<()> {
    let name = fit(&suite.name);
    let counts = counts(suite.cases.iter());
    xml.create_element("testsuite")
        .with_attribute(("name", &*name))
        .with_attributes(counts.iter().map(|(k, n)| (*k, n.as_str())))
        .write_inner_content(|xml| {
            // The suite stands in each test's class too: servers that mix suites tell tests apart by class and name.
            (suite.cases.iter()).try_for_each(|case| write_case(xml, &name, case))
        })?;
    Ok(())
}

fn write_case(xml: &mut Xml<'_>, class: &str, case: &Case) -> io::Result<()> {
    let element = xml
        .create_element("testcase")
        .with_attribute(("classname", class))
        .with_attribute(("name", &*case.rule));
    match &case.outcome {
        Outcome::Passed => element.write_empty()?,
        Outcome::Noted(text) => element.write_inner_content(|xml| {
            let told = xml.create_element("system-out");
            told.write_text_content(BytesText::new(&fit(text)))?;
            Ok(())
        })?,
        Outcome::Skipped(reason) => element.write_inner_content(|xml| {
            let skipped = xml.create_element("skipped");
            skipped
                .with_attribute(("message", &*fit(reason)))
                .write_empty()?;
            Ok(())
        })?,
        Outcome::Failed {
            message,
            severity,
            details,
        } => element.write_inner_content(|xml| {
            xml.create_element("failure")
                .with_attribute(("message", &*fit(message)))
                .with_attribute(("type", severity.name()))
                .write_text_content(BytesText::new(&fit(details)))?;
            Ok(())
        })?,
        Outcome::Error(message) => element.write_inner_content(|xml| {
            let error = xml.create_element("error");
            error
                .with_attribute(("message", &*fit(message)))
                .write_empty()?;
            Ok(())
        })?,
    };
    Ok(())
}
