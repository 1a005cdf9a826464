//! Arrow IPC, files and streams, as text of records, batch by batch as they were written.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use arrow::ipc::reader::{FileReader, StreamReader};

use super::ExtractError;
use super::flow::{Halt, Sink};
use super::source::Source;
use super::typed;

/// Writes the file as text.
pub(super) fn write(source: &Source, mut file: File, sink: &mut Sink) -> Result<(), Halt> {
    let fault = |fault: &str, remedy| ExtractError::File {
        path: source.path.clone(),
        fault: fault.to_owned(),
        remedy,
    };
    let damaged = |_| fault("is not a sound Arrow file", "Copy or export it again");
    let mut mark = Vec::new();
    (&mut file)
        .take(6)
        .read_to_end(&mut mark)
        .and_then(|_| file.rewind())
        .map_err(|e| source.unreadable(e))?;
    if mark == b"ARROW1" {
        let mut reader = FileReader::try_new(BufReader::new(file), None).map_err(damaged)?;
        typed::write_header(&source.path, &reader.schema(), sink)?;
        for batch in &mut reader {
            typed::write_batch(&source.path, &batch.map_err(damaged)?, sink)?;
        }
    } else if mark.starts_with(b"FEA1") {
        return Err(Halt::Fault(fault(
            "is Feather of the first version",
            "Write it as version 2, which is Arrow IPC, or as Parquet",
        )));
    } else {
        let mut reader = StreamReader::try_new(BufReader::new(file), None).map_err(damaged)?;
        typed::write_header(&source.path, &reader.schema(), sink)?;
        for batch in &mut reader {
            typed::write_batch(&source.path, &batch.map_err(damaged)?, sink)?;
        }
    }
    Ok(())
}
