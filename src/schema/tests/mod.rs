//! What the built-in schemas say, and how broken ones are refused.

mod broken;
mod conditions;
mod grammar;
mod layers;
mod mapping;
mod releases;
