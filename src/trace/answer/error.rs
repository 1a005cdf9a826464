//! Why an answer file is refused, whole. No message has a cell of it.

use std::io;

use super::{Column, FileCode};

/// An answer file that is not applied. Reads after the name of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The system said no.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A directory, device or pipe.
    #[error("is not a plain file")]
    NotPlain,
    /// No byte.
    #[error(
        "holds nothing, so it is no answer. A MESH message of the type REPORT has an empty body: it says that the request \
         was not delivered. Look at its status code (mex-statuscode), put that right and send the request again"
    )]
    Empty,
    /// More bytes than any answer has.
    #[error("is longer than {} MB, so it is no answer of PDS", most / 1_000_000)]
    TooLong {
        /// The most.
        most: u64,
    },
    /// A row of more bytes than any answer's has.
    #[error(
        "has a row longer than {} KiB at line {line}: a quotation mark may not be closed. Fetch the message again",
        most / 1024
    )]
    RowTooLong {
        /// The line it begins at; the first is 1.
        line: u64,
        /// The most.
        most: u64,
    },
    /// Neither of the first two lines has the names of the columns.
    #[error(
        "has no column UNIQUE REFERENCE in its first two lines, so it is no answer of PDS MESH: expected a CSV file with the \
         names of its columns, after one record about the file or none. It may be the report of a failed delivery, or an \
         answer of the former service, which has no names; neither can be applied"
    )]
    NoNames,
    /// PDS refused the request.
    #[error(
        "says that PDS refused the whole request: code {code}, {}. Nobody in it was traced; put it right and send the \
         request again",
        code.meaning()
    )]
    Refused {
        /// The code.
        code: FileCode,
    },
    /// The record about the file has something else in the place of its code.
    #[error(
        "has in its first line, after the number of rows, a code that this program does not know: expected 00 to 09. Nothing \
         of it was applied; ask PDS what it means"
    )]
    FileCode,
    /// Columns without which no number can be believed.
    #[error(
        "has no column {}. Nothing of it was applied; ask PDS for the answer again",
        listed(columns)
    )]
    Missing {
        /// Which.
        columns: Vec<Column>,
    },
    /// Two columns of one name: which of them holds is not known.
    #[error("has two columns {}. Nothing of it was applied; ask PDS for the answer again", column.names()[0])]
    Twice {
        /// Which.
        column: Column,
    },
    /// A row that is not whole.
    #[error(
        "has {found} cells in the row at line {line}, where its columns are {expected}: the file is cut off or damaged. \
         Nothing of it was applied; fetch the message again"
    )]
    Cells {
        /// The line the row begins at; the first is 1.
        line: u64,
        /// Cells of the row.
        found: usize,
        /// Columns.
        expected: usize,
    },
    /// A quotation mark opens a cell and is not closed on its line.
    #[error(
        "has a cell in the row at line {line} whose quotation mark is not closed on that line, so two rows could be read as \
         one. Nothing of it was applied; fetch the message again, and if it is the same, ask PDS for the answer again"
    )]
    QuoteOpen {
        /// The line of the row; the first is 1.
        line: u64,
    },
    /// Something follows a quotation mark that closes a cell.
    #[error(
        "has a cell in the row at line {line} that goes on after its closing quotation mark, so rows could be read wrongly. \
         Nothing of it was applied; fetch the message again, and if it is the same, ask PDS for the answer again"
    )]
    QuoteClosed {
        /// The line of the row; the first is 1.
        line: u64,
    },
    /// A quotation mark stands within a cell that does not begin with one.
    #[error(
        "has a quotation mark within an unquoted cell of the row at line {line}, so rows could be read wrongly. Nothing of \
         it was applied; fetch the message again, and if it is the same, ask PDS for the answer again"
    )]
    QuoteWithin {
        /// The line of the row; the first is 1.
        line: u64,
    },
    /// The last row ends without a line end where something may have been lost.
    #[error(
        "ends within the row at line {line}: it has no line end, and no first line that tells the number of rows, or an empty \
         last cell, so it may be cut off. Nothing of it was applied; fetch the message again, and do not edit it"
    )]
    CutOff {
        /// The line the row begins at; the first is 1.
        line: u64,
    },
    /// Other rows than the record before them says.
    #[error(
        "has {found} rows, where its first line says {expected}: the file is cut off or damaged. Nothing of it was \
         applied; fetch the message again"
    )]
    Rows {
        /// Rows found.
        found: u64,
        /// Rows told.
        expected: u64,
    },
    /// Names of columns, and no row.
    #[error("has the names of columns and no row, so it answers nothing. Fetch the message again")]
    NoRows,
    /// An error was met and then passed over.
    #[error("was not read to its end")]
    Unread,
    /// It was written to between its two readings.
    #[error("changed while it was read. Nothing of it was applied; wait until it is whole")]
    Changed,
}

fn listed(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.names()[0]).collect();
    names.join(", ")
}
