//! `cld validate`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::portal;
use super::print;
use super::report::{self, Job, Out};
use super::schema::refuse_collisions;
use crate::error::{Error, Result};
use crate::extract::Kind;
use crate::portal::Level;
use crate::schema::Schema;
use crate::validate::{Plan, Setting};
use crate::write::FindingRow;

/// Check files against a return's schema; writes nothing.
///
/// A file is expected as it would be submitted before pseudonymisation: the return's own column names, in CSV or gzipped
/// CSV, a sheet of an Excel workbook (.xlsx), Parquet or Arrow, by the ending of its name. Findings name file, row, column and rule, and never a value unless --show-values is given. A finding that only
/// follows from another one of its record is told with that one.
///
/// Each file is also held against the file rules of the Data Landing Portal, as it stands: its format, size and encoding,
/// the names in its first row, and values that begin as a formula.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The sheet of a workbook, where more than one holds something.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The return.
    #[arg(long, value_name = "ID", default_value = "cld-release-2")]
    schema: String,
    /// The LA code that every record should have. Without it the code's shape is checked only.
    #[arg(long, value_name = "CODE")]
    la_code: Option<String>,
    /// Take NHS numbers of the 999 test range as they are, for files of invented people.
    #[arg(long)]
    allow_test_numbers: bool,
    /// End with exit code 4 if there is a finding as bad as this; a file that the portal would refuse is an error.
    #[arg(long, value_enum, default_value_t = FailOn::Never)]
    fail_on: FailOn,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Print the national grid: by field, how many records want it and how right its cells are.
    ///
    /// It is over all records of the files, as which of them a run would submit is not known here. Programs get it with
    /// --format json, without this.
    #[arg(long)]
    grid: bool,
    /// Print the values received, what was probably meant, and whose record it is. THESE IDENTIFY PEOPLE.
    ///
    /// For your own eyes, at a terminal of the council: keep the output out of files, tickets, mails and CI logs. Only
    /// with --format human.
    #[arg(long)]
    show_values: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Any error
    Error,
    /// Any error or warning
    Warning,
    /// Nothing
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code hosts; lines are rows as a spreadsheet counts them
    Sarif,
    /// JUnit XML, for CI servers: errors are failures, and warnings too with --fail-on warning
    Junit,
}

pub fn run(arguments: &Arguments, schemas: Option<&Path>) -> Result<()> {
    arguments.fit_together()?;
    let schema = Schema::load(&arguments.schema, schemas)?;
    refuse_collisions(&schema)?;
    let setting = Setting {
        la_code: arguments.la_code.as_deref().unwrap_or_default(),
        test_numbers: arguments.allow_test_numbers,
        period: None,
    };
    let plan = Plan::new(Arc::new(schema), &setting);
    let job = Job {
        plan: &plan,
        files: &arguments.files,
        sheet: arguments.sheet.as_deref(),
        warnings_fail: arguments.fail_on == FailOn::Warning,
        show_values: arguments.show_values,
        grid: arguments.grid,
    };
    let mut out = Out(std::io::BufWriter::new(std::io::stdout()));
    let told = match arguments.format {
        Format::Human => report::human::report(&job, &mut out),
        Format::Json => report::json::report(&job, &mut out),
        Format::Sarif => report::sarif::report(&job, &mut out),
        Format::Junit => report::junit::report(&job, &mut out),
    };
    // What was found before a failure is printed, and before its message.
    out.flush()?;
    drop(out);
    let (validated, preflights) = told?;
    for (path, row) in &validated.mixed {
        print::note(&print::mixed(path, *row));
    }
    let bad = |row: &&FindingRow| match arguments.fail_on {
        FailOn::Never => false,
        FailOn::Error => row.severity == "error",
        FailOn::Warning => row.severity != "info",
    };
    let least = match arguments.fail_on {
        FailOn::Never => None,
        FailOn::Error => Some(Level::Refused),
        FailOn::Warning => Some(Level::Warning),
    };
    let portals = least.map_or(0, |least| portal::broken(&preflights, least));
    match validated.findings.iter().filter(bad).count() + portals {
        0 => Ok(()),
        rules => Err(Error::Gate(not_let_pass(rules, portals))),
    }
}

/// So many rules are broken, so many of them the portal's.
fn not_let_pass(rules: usize, portals: usize) -> String {
    let (noun, verb) = if rules == 1 {
        ("rule", "is")
    } else {
        ("rules", "are")
    };
    let broken = match portals {
        0 => format!("{noun} {verb} broken"),
        n if n == rules => format!("{noun} of the portal {verb} broken"),
        n => format!("{noun} {verb} broken, {n} of them the portal's,"),
    };
    format!("{rules} {broken} that --fail-on does not let pass")
}

impl Arguments {
    /// Values are for people: what programs read is kept, sent on and shown to others.
    fn fit_together(&self) -> Result<()> {
        if self.show_values && self.format != Format::Human {
            return Err(Error::Usage(
                "--show-values goes with --format human only: the values identify people, and what programs read is kept and passed on"
                    .into(),
            ));
        }
        let workbook = |file: &PathBuf| Kind::of_path(file) == Some(Kind::Xlsx);
        if self.sheet.is_some() && !self.files.iter().any(workbook) {
            return Err(Error::Usage(
                "--sheet goes with a workbook (.xlsx), and none of the files is one".into(),
            ));
        }
        if self.grid && matches!(self.format, Format::Sarif | Format::Junit) {
            return Err(Error::Usage(
                "--grid goes with --format human; --format json has the grid without it".into(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::not_let_pass;

    #[test]
    fn rules_are_counted_in_words() {
        for ((rules, portals), words) in [
            ((1, 0), "1 rule is broken that"),
            ((2, 0), "2 rules are broken that"),
            ((1, 1), "1 rule of the portal is broken that"),
            ((2, 2), "2 rules of the portal are broken that"),
            (
                (149, 3),
                "149 rules are broken, 3 of them the portal's, that",
            ),
        ] {
            let expected = format!("{words} --fail-on does not let pass");
            assert_eq!(not_let_pass(rules, portals), expected);
        }
    }
}
