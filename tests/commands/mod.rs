//! The commands beside `cld run`: what they print for people and programs, and their exit codes.

mod help;
mod key;
mod manifest;
mod schema;
mod validate;
mod worklist;
