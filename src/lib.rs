//! From a council's identifiable records to a pseudonymised, signed Client Level Data return.
//!
//! # How data flow
//!
//! ```text
//! extract ─▶ map ─▶ validate ─▶ select ─▶ treat ─▶ write ─▶ attest (─▶ attack)
//! ```
//!
//! | module | what it does | knows |
//! | --- | --- | --- |
//! | [`cli`] | arguments in, text out, exit code; the only printer | everything |
//! | [`pipeline`] | the order of a run, and its threads | all below |
//! | [`attack`] | what somebody without the key would try on a bundle; a short form of it in every run | what is left of it |
//! | [`attest`] | manifest, signatures, report, verification, differences, registers, the check of what was written | what is left of it |
//! | [`write`] | sorted rows as CSV and Parquet, the worklist and its workbook, directories that appear by one rename | … |
//! | [`treat`] | keys, pseudonyms, derived values, the rows that leave | … |
//! | [`select`] | which records go | … |
//! | [`rulebook`] | every rule as people read it, with examples that are tested | `validate` |
//! | [`validate`] | validity and status of every cell, findings | … |
//! | [`map`] | source columns to fields, local codes to values, and which value a code may stand for | … |
//! | [`extract`] | files and answers of databases to blocks of records, blocks to columns of cells; tables looked up, columns derived, on the way | nothing of the return |
//! | [`custodian`] | what only the custodian of the key has: crosswalk, log of re-identifications | `treat` |
//! | [`trace`] | NHS numbers that are missing: who is asked about, the request to PDS, its answer, the register, what people then do | `validate`, [`write`], [`config`] |
//! | [`portal`] | whether a file would pass the portal's file rules as it stands, for `cld validate` | the return's field names |
//! | [`config`], [`schema`] | what the council wants, what the return is; read strictly, compiled once | each other's names |
//! | [`finding`], [`error`] | what is wrong with a record, what ends a command | |
//! | [`nhs_number`], [`date`], [`tokens`], [`redact`], [`refusal`], [`custody`], [`encrypted`], [`yaml`], [`nearest`], [`progress`], [`interrupt`], [`nameless`] | one thing each | nothing |
//!
//! # Invariants
//!
//! - **Nothing is lost.** Every record read is submitted or excluded for one reason; the manifest is not sealed otherwise.
//!   What is malformed ends the run with file and row.
//! - **Nothing identifiable is printed.** Messages have places and rule codes, no values; cells, cases and keys have types
//!   whose `Debug` shows nothing, and a panic tells its place only. Values stand in the worklist and, where somebody asks
//!   for them, on that person's terminal; nowhere else.
//! - **Only `treat` sees keys**, and what it makes of a record is all that is ever written, temporary files included.
//! - **Rules and treatments are compiled before the first record.** The loops over cells read no configuration.
//! - **Equal in, equal out.** Rows are sorted by what is written; sums do not depend on who adds first; no clock, locale,
//!   hash order or number of threads reaches a submission file. Only the manifest's `run` block knows the time.
//! - **All or nothing.** A bundle appears by one rename, after its bytes were checked, or not at all.
//! - **The report is made from the manifest alone**, so nothing can stand in it that is not signed.
//!
//! # The engine, and why
//!
//! One pass reads each source in blocks of half a mebibyte. A block's cells are places in its text, found by masks of
//! sixty-four bytes. Columns are checked one at a time; columns that repeat are judged by their distinct values (a look-up,
//! a shape, an encoding happens once for each), conditions by the distinct combinations of what they ask. Rows that leave
//! are numbers of distinct texts and bytes of pseudonyms ([`treat::Layout`]), a third of their text; they are bucketed by
//! the first bits of the person pseudonym, go to a file without a name where memory does not suffice, and are sorted and
//! written as CSV and Parquet group by group. What can be decided of a distinct text (may it leave, how is it quoted, what
//! is it as a number) is decided once. Both passes have a thread for each processor and none besides: whoever is free
//! reads the next block and works on it, and whoever ends the one that is wanted next writes it down. A thread that
//! only reads and one that only writes, beside those that work, left a tenth of two processors idle: three threads
//! never fit on them.
//!
//! Measured before this was chosen, on two cores with 1,000,000 rows of 48 columns (585 MB), CPU seconds for reading,
//! 20 code lists and 8 date columns: the csv crate row by row 1.0; into Arrow string views with kernels 2.5; the same
//! through polars expressions per batch 3.3; polars streaming 4.2, and 0.6 to 1.7 GB of memory against 13 to 150 MB.
//! polars' own CSV reader also refuses or misreads what case systems write (an inch mark, a short row, a lone carriage
//! return), and brings an HTTP client when it is switched on together with its lazy engine. So: the reading of records is
//! ours, as are the pages of Parquet columns, since the library's writer hashes every cell to find out what is known here
//! already; Arrow and Parquet lay down the file; and polars works on tables: the derived reporting period, and expressions
//! of derived columns and conditions, batch by batch. Tables that are looked up are arenas of ours: which row counts is a
//! rule for each record, and a join of polars would hold the events as well. Rules across records keep little of each, bring those of one person or event together by the
//! first bits of a hash and sort small parts; beyond a bound they go to a nameless file too, encrypted with a key that is
//! never written, because what they hold may not leave.
//! `tests/bench/run` measures a whole run against polars' plain copy of the same file, `tests/bench/kernels.rs` its parts
//! against what the machine can do.

pub mod attack;
pub mod attest;
pub mod cli;
pub mod config;
pub mod custodian;
pub mod custody;
pub mod date;
pub mod encrypted;
pub mod error;
pub mod extract;
pub mod finding;
mod formula;
mod hex;
pub mod interrupt;
pub mod map;
mod masks;
pub mod nameless;
pub mod nearest;
pub mod nhs_number;
pub mod pipeline;
pub mod plain_file;
pub mod portal;
pub mod progress;
pub mod redact;
pub mod refusal;
pub mod rulebook;
pub mod sample;
pub mod schema;
pub mod select;
mod separator;
mod spare;
pub mod tokens;
pub mod trace;
pub mod treat;
pub mod validate;
pub mod write;
pub mod yaml;

pub use cli::run;
