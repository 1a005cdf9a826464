//! Treatment: what happens to each field on its way out, and the keys that pseudonyms hang on.

mod identifiers;
pub mod key;
mod key_file;
mod layout;
mod look;
mod memo;
mod met;
mod numbered;
mod open_services;
mod opening;
mod pairs;
mod people;
mod pseudonym;
mod row;
pub mod shares;
mod values;

pub use identifiers::{Identifiers, IdentifiersMet, skeleton};
pub use key::{Custody, KeyError, MasterKey, Scope};
pub use key_file::{FormatError, Weakness};
pub use layout::{INLINE, LENGTH, Layout, OutputColumn, PSEUDONYM, Packed, Pseudonyms, Stored};
pub use open_services::{Met, OpenServices, SERVICE_KIND, Seen, Service, Sighting, Sightings};
pub use opening::{Ask, Opening, identities};
pub use pairs::Made;
pub use people::{People, PeopleMet};
pub use pseudonym::{DomainKey, LocalRefusal, Pseudonym, SourceDigester};
pub use row::{Form, RowPlan, Treater};
pub use values::{Value, Values};
