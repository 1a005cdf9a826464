//! `cld report`.

use std::path::PathBuf;

use clap::Args;

use super::print;
use crate::attest::{MANIFEST, REPORT, Statement, digest, render_report};
use crate::custody;
use crate::error::{Error, Result};

/// Make the report of a bundle again from its manifest.
///
/// The same manifest gives the same bytes, so whoever holds a manifest can show that report.html says what it says and
/// nothing else. The report is held against the digest that the manifest names. This does not verify the bundle: see
/// `cld manifest verify`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The directory of the bundle.
    bundle: PathBuf,
    /// Write it to this new file instead of printing it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Give it even if it is not the one that the manifest names: another version of this program words it otherwise.
    #[arg(long)]
    even_if_different: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let statement = read_manifest(&arguments.bundle)?;
    let report = render_report(statement.predicate());
    let named = statement.subjects().iter().find(|s| s.name == REPORT);
    let differs = named.is_none_or(|s| s.digest.sha256 != digest::of_bytes(report.as_bytes()));
    if differs {
        let tool = &statement.predicate().tool;
        let fault = format!(
            "the report that this program makes of {MANIFEST} is not the one that was signed. The bundle was made with {} {}, this is {}",
            tool.name,
            tool.version,
            env!("CARGO_PKG_VERSION")
        );
        if !arguments.even_if_different {
            return Err(Error::Verification(format!(
                "{fault}. Use that version, or see this one with --even-if-different"
            )));
        }
        print::note(&fault);
    }
    let Some(out) = &arguments.out else {
        return print::out(&report);
    };
    custody::refuse_among_bundles(out).map_err(Error::io("write", out))?;
    custody::write_public(out, report.as_bytes()).map_err(|source| {
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            Error::Usage(format!(
                "{} exists and is not overwritten. Name a new file",
                out.display()
            ))
        } else {
            Error::io("write", out)(source)
        }
    })?;
    let same = if differs {
        "not the report that was signed"
    } else {
        "byte for byte the report that was signed"
    };
    print::out(&format!("{}: {same}\n", out.display()))
}

/// The manifest of a bundle, without verifying it.
pub fn read_manifest(bundle: &std::path::Path) -> Result<Statement> {
    let path = bundle.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(|e| {
        Error::Input(format!(
            "cannot read {}: {e}. Name the directory of a bundle",
            path.display()
        ))
    })?;
    Statement::parse(&bytes)
        .map_err(|e| Error::Verification(format!("{}: the manifest {e}", path.display())))
}
