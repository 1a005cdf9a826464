//! Treatment: what happens to each field on its way out, and the keys that pseudonyms hang on.

mod chosen;
mod identifiers;
pub mod key;
mod key_file;
mod layout;
mod look;
mod memo;
mod met;
mod numbered;
mod objections;
mod open_services;
mod opening;
mod pairs;
mod people;
mod people_before;
mod pseudonym;
mod row;
pub mod shares;
mod traced;
mod values;
#[cfg(test)]
pub mod weak;

pub use chosen::{Chosen, Pair};
pub use identifiers::{Identifiers, IdentifiersMet, skeleton};
pub(crate) use key::joined;
pub use key::{Custody, ENCRYPT_THE_KEY, KeyError, MasterKey, Scope};
pub use key_file::{FormatError, Weakness};
pub use layout::{INLINE, LENGTH, Layout, OutputColumn, PSEUDONYM, Packed, Pseudonyms, Stored};
pub use objections::{Objections, ObjectionsError};
pub use open_services::{Met, OpenServices, SERVICE_KIND, Seen, Service, Sighting, Sightings};
pub use opening::{Ask, Opening, identities};
pub use pairs::Made;
pub use people::{People, PeopleMet, Traits};
pub use people_before::PeopleBefore;
pub use pseudonym::{DomainKey, LocalRefusal, Pseudonym, SourceDigester};
pub use row::{Form, RowPlan, Treater, Watch};
pub use traced::{Beside, Traced, TracedSums};
pub use values::{Value, Values};
