//! What is found in records: every check, the national grid, what follows from what (contract section 6).

mod causes;
mod checks;
mod grid;
