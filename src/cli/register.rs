//! `cld register`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::print;
use crate::attest::{self, PublicKey, register};
use crate::error::Result;

/// Print what registers ask about a bundle.
///
/// All of it comes from the bundle's manifest, whose digests are checked first. What a manifest cannot know is left for
/// whoever does, and marked so.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The directory of the bundle.
    bundle: PathBuf,
    /// Verify the council's signature with this public key too.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Print this one only. As CSV it is then one line below a header, to append to a register kept as a spreadsheet.
    #[arg(long, value_enum)]
    only: Option<Register>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Form::Markdown)]
    format: Form,
}

/// Which register, in the order in which they are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Register {
    /// The data release register
    Release,
    /// The record of processing activities
    Processing,
    /// The annex to the data protection impact assessment
    Annex,
}

/// How entries are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables to paste into a document
    Markdown,
    /// A line for each item, for a spreadsheet
    Csv,
    /// For programs
    Json,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let key = arguments.public_key.as_deref().map(PublicKey::load);
    let statement = match key.transpose()? {
        Some(key) => attest::verify(&arguments.bundle, &key)?.statement,
        None => attest::check_unsigned(&arguments.bundle, None)?,
    };
    let [release, processing, annex] = register::entries(&statement);
    let entries = match arguments.only {
        None => vec![release, processing, annex],
        Some(Register::Release) => vec![release],
        Some(Register::Processing) => vec![processing],
        Some(Register::Annex) => vec![annex],
    };
    match (arguments.format, entries.as_slice()) {
        (Form::Markdown, entries) => print::out(&register::markdown(entries)),
        (Form::Csv, [entry]) => print::out(&register::csv_line(entry)),
        (Form::Csv, entries) => print::out(&register::csv(entries)),
        (Form::Json, entries) => print::json(&register::json(entries)),
    }
}
