//! The commands beside `cld run`: what they print for people and programs, and their exit codes.

mod help;
mod key;
mod manifest;
mod portal;
mod schema;
mod validate;
