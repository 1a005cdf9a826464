//! The commands beside `cld run`: what they print for people and programs, and their exit codes.

mod attack;
mod evidence;
mod explain;
mod help;
mod junit;
mod key;
mod manifest;
mod map;
mod portal;
mod purge;
mod reports;
mod sarif;
mod schema;
mod validate;
mod worklist;
