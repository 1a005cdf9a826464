//! Every exit code but 0, with what is said, and that nothing is left behind.

mod configuration;
mod gate;
mod input;
mod keys;
mod malformed;
mod output;
mod papers;
mod previous;
mod verification;
