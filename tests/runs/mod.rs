//! What a run makes of its sources, and what it leaves.

mod codes;
mod included;
mod previous;
mod repeat;
mod selection;
mod sources;
mod workbook;
mod worklist;
