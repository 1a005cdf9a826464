//! Attestation: what the bundle says about itself, the signature over it, and how anyone checks both.

mod approve;
mod changes;
pub mod checksums;
pub mod digest;
pub mod disclosed;
pub mod dsse;
mod facts;
mod figures;
pub mod leak;
pub mod lines;
pub mod manifest;
pub mod predicate;
pub mod register;
pub mod report;
pub mod seal;
mod show;
pub mod sign;
pub mod verify;

pub use approve::{ApproveError, Approved, approve};
pub use changes::changes;
pub use manifest::{MANIFEST_SCHEMA, ManifestError, Statement};
pub use predicate::Predicate;
pub use report::render as render_report;
pub use seal::{SealError, seal};
pub use show::{change_words, show};
pub use sign::{PublicKey, SigningKey};
pub use verify::{Verified, VerifyError, check_unsigned, verify, verify_approved};

/// The statement about the other files, signed.
pub const MANIFEST: &str = "manifest.json";
/// The signature over it.
pub const ENVELOPE: &str = "manifest.dsse.json";
/// The list that `sha256sum -c` reads.
pub const CHECKSUMS: &str = "manifest-sha256.txt";
/// The report for reviewers.
pub const REPORT: &str = "report.html";
/// The files that the manifest is about, sorted by name (contract section 7). A bundle holds these, the
/// manifest, its signature and the list of checksums, and nothing else.
pub const SUBJECTS: [&str; 5] = [
    "data-quality.csv",
    "findings.csv",
    REPORT,
    "submission.csv",
    "submission.parquet",
];

#[cfg(test)]
mod example;
