//! The order of a run: read and check in parallel, then sort and write in parallel, then attest. Here and nowhere else
//! are threads made.

mod across;
mod attack;
mod attest;
mod bridge;
mod codes;
mod line;
mod open_services;
mod people;
mod previous;
mod read;
mod reader;
mod run;
mod traced;
mod validate;
mod worklist;
mod write;

pub use across::AcrossFound;
pub use attack::{Attack, AttackOptions, Attacked, Verdict, attack};
pub use bridge::{Bridge, BridgeOptions, bridge};
pub use codes::{Code, Coverage, FieldCoverage, SourceCoverage, coverage};
pub use line::in_order;
pub use run::{Excluded, MadeSource, Outcome, RunOptions, load_key, run};
pub use validate::{Validated, validate};
