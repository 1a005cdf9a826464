//! What somebody without the key would try on a bundle: `cld attack`, and in short every run on itself.

mod algorithm;
pub mod alone;
pub mod dictionary;
pub mod forms;
pub mod known;
mod lanes;
pub mod numbers;
pub mod order;
pub mod submission;
pub mod targets;
pub mod traces;

pub use algorithm::{ALL, Algorithm};
pub use forms::{Circumstances, Form};
pub use lanes::Level;
