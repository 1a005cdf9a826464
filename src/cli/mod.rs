//! The command line: arguments in, text or JSON out, one exit code. The only module that prints.

mod attack;
mod bridge;
mod completions;
mod custodian;
mod explain;
mod key;
mod manifest;
mod map;
mod portal;
mod print;
mod purge;
mod register;
mod reidentify;
mod report;
mod report_file;
mod run;
mod sample;
mod schema;
mod trace;
mod validate;
mod worklist;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::error::{Error, Result};

/// Extracts, validates, pseudonymises and attests the adult social care Client Level Data return.
///
/// Reads the council's own files, checks every record as the national side will, replaces identifiers by keyed hashes and
/// writes a bundle that may leave the council: submission files, report and signed manifest. Works without any network.
#[derive(Debug, Parser)]
#[command(name = "cld", version, propagate_version = true, after_help = EXIT_CODES, max_term_width = 120)]
struct Cli {
    /// Read schemas from this directory before the built-in ones.
    #[arg(long, global = true, value_name = "DIR")]
    schemas: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done (findings that do not break the gate included)
  1  internal error, or the output cannot be written
  2  usage or configuration
  3  input missing, unreadable or malformed
  4  the gate failed, or no record is left to submit: no bundle, the worklist and the findings are written
  5  key missing, weak, wrong or badly kept
  6  verification failed
  7  another run holds the output directory
130  stopped with Ctrl-C

On any code but 0 no bundle exists and an earlier bundle is untouched.";

// Those with arguments are described there, in full: a comment here would stand in its place.
#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Validate(validate::Arguments),
    /// Make the mapping of a council's own columns and codes
    #[command(subcommand)]
    Map(map::Command),
    Worklist(worklist::Arguments),
    /// Trace NHS numbers that are missing: request, answers, register
    #[command(subcommand)]
    Trace(trace::Command),
    /// Make and look after keys
    #[command(subcommand)]
    Key(key::Command),
    Bridge(bridge::Arguments),
    Reidentify(reidentify::Arguments),
    /// Read and verify manifests
    #[command(subcommand)]
    Manifest(manifest::Command),
    Report(report_file::Arguments),
    Register(register::Arguments),
    Purge(purge::Arguments),
    Attack(attack::Arguments),
    /// Look up the returns that are known: fields, lists, conditions
    #[command(subcommand)]
    Schema(schema::Command),
    Explain(explain::Arguments),
    Sample(sample::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
    /// Print the manual page
    Man,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

/// Runs one command line and gives its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are no errors and go to stdout; a reader that has gone away is none either.
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    silence_panics();
    // Whatever the command: most hold a key or what identifies people.
    crate::custody::no_memory_dumps();
    crate::interrupt::listen();
    let outcome = std::panic::catch_unwind(|| cli.command.run(cli.schemas.as_deref()));
    let outcome = outcome.unwrap_or_else(|_| {
        Err(Error::Internal(
            "the program stopped where it should not".into(),
        ))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(e) => {
            print::error(&e);
            e.exit_code()
        }
    }
}

impl Command {
    fn run(&self, schemas: Option<&std::path::Path>) -> Result<()> {
        match self {
            Self::Run(arguments) => run::run(arguments, schemas),
            Self::Validate(arguments) => validate::run(arguments, schemas),
            Self::Map(command) => command.run(schemas),
            Self::Worklist(arguments) => worklist::run(arguments),
            Self::Trace(command) => command.run(schemas),
            Self::Key(command) => command.run(schemas),
            Self::Bridge(arguments) => bridge::run(arguments, schemas),
            Self::Reidentify(arguments) => reidentify::run(arguments),
            Self::Manifest(command) => command.run(),
            Self::Report(arguments) => report_file::run(arguments),
            Self::Register(arguments) => register::run(arguments),
            Self::Purge(arguments) => purge::run(arguments, schemas),
            Self::Attack(arguments) => attack::run(arguments, schemas),
            Self::Schema(command) => command.run(schemas),
            Self::Explain(arguments) => explain::run(arguments, schemas),
            Self::Sample(arguments) => sample::run(arguments, schemas),
            Self::Completions(arguments) => completions::run(arguments, Cli::command()),
            Self::Man => completions::man(Cli::command()),
        }
    }
}

/// A panic's message may hold whatever was being worked on, so only its place is told.
fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if !crate::write::is_refusal(panic.payload())
            && let Some(place) = panic.location()
        {
            print::panic(place);
        }
    }));
}
