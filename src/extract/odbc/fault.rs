//! What a driver complains of, in our own words. Its own are never repeated: they quote values of records, parts of the query,
//! users and servers.

use arrow::error::ArrowError;
use arrow_odbc::odbc_api::Error;
use arrow_odbc::odbc_api::handles::Record;

use super::super::query::Fault;
use super::MAX_TEXT;
use super::columns::Columns;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connecting,
    Asking,
    Reading,
}

/// The failure of a call of the driver.
pub(super) fn of(error: &Error, stage: Stage) -> Fault {
    match error {
        Error::Diagnostics { record, .. }
        | Error::UnsupportedOdbcApiVersion(record)
        | Error::InvalidRowArraySize { record, .. }
        | Error::UnableToRepresentNull(record)
        | Error::OracleOdbcDriverDoesNotSupport64Bit(record) => of_record(record, stage),
        Error::FailedAllocatingEnvironment | Error::FailedSettingConnectionPooling => Fault::new(
            "the driver manager of ODBC cannot be used",
            "Install unixODBC (Debian: apt-get install unixodbc)",
        ),
        Error::TooLargeColumnBufferSize { .. } => too_large(),
        _ => Fault::new("the driver failed and does not say why", REMEDY),
    }
}

/// The failure of reading on.
pub(super) fn of_reading(error: &ArrowError, columns: &Columns) -> Fault {
    let ArrowError::ExternalError(cause) = error else {
        return Fault::new("the driver gave what is no table", REMEDY);
    };
    match cause.downcast_ref::<Error>() {
        Some(Error::TooLargeValueForBuffer { buffer_index, .. }) => {
            too_long(&columns.told(*buffer_index))
        }
        Some(error) => of(error, Stage::Reading),
        None => Fault::new(
            "the answer holds a value that is not what its column says",
            "Make the column text in the query, with CAST(… AS VARCHAR(…))",
        ),
    }
}

/// The failure of finding out what the columns are.
pub(super) fn of_columns(error: &arrow_odbc::Error) -> Fault {
    match error {
        arrow_odbc::Error::UnableToRetrieveNumCols(error) => of(error, Stage::Asking),
        arrow_odbc::Error::ColumnFailure { index, .. } => Fault::new(
            format!(
                "column {} of the answer is of a kind that cannot be read",
                super::super::letters(*index)
            ),
            "Make it text in the query, with CAST(… AS VARCHAR(…)), or leave it out",
        ),
        arrow_odbc::Error::OdbcBufferTooSmall { .. } => too_large(),
        arrow_odbc::Error::EncodingInvalid { .. } => Fault::new(
            "a name of a column is not UTF-8",
            "Give it another name in the query, with AS",
        ),
    }
}

const REMEDY: &str = "Try the query with the database's own tool";

fn too_large() -> Fault {
    Fault::new(
        "a row of the answer may be longer than there is memory for",
        "Leave out columns that the return does not need",
    )
}

fn too_long(column: &str) -> Fault {
    Fault::new(
        format!(
            "{column} of the answer holds a text that is longer than its column says, or than the driver has room for ({MAX_TEXT} characters always fit)"
        ),
        "It is not cut off in silence: make it shorter in the query, with CAST(… AS VARCHAR(…)), or leave it out",
    )
}

fn of_record(record: &Record, stage: Stage) -> Fault {
    let message: String = record
        .message
        .iter()
        .filter_map(|c| char::from_u32((*c).into()))
        .collect();
    let state = std::str::from_utf8(&record.state.0).unwrap_or_default();
    let (what, remedy) = explain(state, &message.to_lowercase(), stage);
    let known = state.len() == 5 && state.bytes().all(|b| b.is_ascii_alphanumeric());
    let code = if known {
        format!(" (SQLSTATE {state})")
    } else {
        String::new()
    };
    Fault::new(format!("{what}{code}"), remedy)
}

/// In words, with what to do. `message` is the driver's, in lower case: looked into where a state means several things, and
/// never told.
fn explain(state: &str, message: &str, stage: Stage) -> (&'static str, &'static str) {
    use Stage::{Asking, Connecting, Reading};
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let login = (
        "the database refused the login",
        "Check the user and the password that `login:` names, and that the account may connect to this database",
    );
    let no_such = (
        "the database server has no such database or account",
        "Check the database that `connection:` names, and the user",
    );
    let library = (
        "the driver cannot be loaded",
        "Install the database's ODBC driver; `odbcinst -q -d` lists those that are there, and `connection:` names one of them",
    );
    let lost = (
        "the connection to the database was lost",
        "Run again; if it is lost again, ask the database's administrator what ends it",
    );
    match (state, stage) {
        ("01000", Connecting) if says(&["can't open lib", "file not found"]) => library,
        ("IM003" | "IM004" | "IM005", _) => library,
        ("IM002" | "IM007" | "IM010" | "IM012", _) => (
            "neither a driver nor a data source of this name is known here",
            "`odbcinst -q -d` lists drivers, `odbcinst -q -s` data sources; check `connection:` or `dsn:`",
        ),
        ("25006", _) => (
            "the query would change something, and nothing is changed here",
            "Ask for what is there, with SELECT",
        ),
        _ if stage != Connecting && says(&["read-only transaction", "connection is readonly"]) => (
            "the query would change something, and nothing is changed here",
            "Ask for what is there, with SELECT",
        ),
        (state, Connecting) if state.starts_with("28") => login,
        (_, Connecting)
            if says(&[
                "password authentication failed",
                "login failed",
                "invalid username",
                "access denied",
                "no password supplied",
                "ora-01017",
            ]) =>
        {
            login
        }
        ("3D000", _) => no_such,
        (_, Connecting) if says(&["does not exist", "cannot open database"]) => no_such,
        ("HYT00" | "HYT01", Connecting) => ("the database did not answer in time", REACH),
        // Some drivers have one state for all of it, and say the rest in the server's language.
        (_, Connecting) => (
            "the database cannot be reached, or does not let this account in",
            REACH,
        ),
        ("HYT00" | "HYT01" | "57014" | "HY008", _) => (
            "the database gave the query up: it took too long or was cancelled",
            "Ask for less, or ask the database's administrator for more time",
        ),
        ("57P01" | "57P02" | "57P03" | "HYT02" | "01002", _) => lost,
        (state, _) if state.starts_with("08") => lost,
        (_, Asking | Reading)
            if says(&[
                "server closed the connection",
                "terminating connection",
                "communication link",
                "no connection to the server",
                "connection reset",
                "ssl syscall",
            ]) =>
        {
            lost
        }
        ("42501" | "42000", _) if says(&["permission", "denied"]) => (
            "the account may not read what the query asks for",
            "Ask the database's administrator for the right to SELECT",
        ),
        ("42501", _) => (
            "the account may not read what the query asks for",
            "Ask the database's administrator for the right to SELECT",
        ),
        ("42P01" | "42S02" | "S0002" | "3F000", _) => (
            "the query names a table that the database does not have",
            QUERY,
        ),
        ("42703" | "42S22" | "S0022", _) => (
            "the query names a column that its table does not have",
            QUERY,
        ),
        ("42883" | "42804", _) => (
            "the query uses a function or a comparison that the database does not know for these types",
            QUERY,
        ),
        (state, _) if state.starts_with("42") || state == "37000" => {
            ("the database does not understand the query", QUERY)
        }
        (state, _) if state.starts_with("22") => (
            "the database could not make a value of what is stored: a text that is no number or no day, a division by zero, or a value too large",
            "Look for CASTs in the query that not every row can take",
        ),
        (state, _) if state.starts_with("40") => (
            "the database gave the query up for another one",
            "Run again",
        ),
        (state, _) if state.starts_with("53") || state == "HY001" => (
            "the database, or the driver, has no memory, disk or connection left",
            "Ask the database's administrator, or run later",
        ),
        (_, Asking) => ("the database refused the query", REMEDY),
        (_, Reading) => (
            "the database broke off in the middle of the answer",
            "Run again, or try the query with the database's own tool",
        ),
    }
}

const REACH: &str = "Check the server and port that `connection:` or `dsn:` names, that the database runs, and that this machine and this account may connect to it";

const QUERY: &str = "Try the query with the database's own tool, as the same account";

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_odbc::odbc_api::handles::{SqlChar, State};

    fn told(state: &str, message: &str, stage: Stage) -> String {
        let mut code = [b' '; 5];
        code.copy_from_slice(state.as_bytes());
        #[allow(clippy::useless_conversion, reason = "they are wide on Windows")]
        let message: Vec<SqlChar> = message.bytes().map(SqlChar::from).collect();
        let record = Record {
            state: State(code),
            native_error: 1,
            message,
        };
        let Fault { fault, remedy } = of(
            &Error::Diagnostics {
                record,
                function: "SQLDriverConnect",
            },
            stage,
        );
        format!("{fault}. {remedy}")
    }

    #[test]
    fn what_drivers_say_is_told_in_other_words() {
        use Stage::{Asking, Connecting, Reading};
        let secret = "9434765919";
        for (state, message, stage, part) in [
            (
                "28P01",
                "FATAL: password authentication failed for user",
                Connecting,
                "refused the login",
            ),
            (
                "28000",
                "Login failed for user",
                Connecting,
                "refused the login",
            ),
            (
                "08001",
                "FATAL: password authentication failed for user",
                Connecting,
                "refused the login",
            ),
            (
                "08001",
                "could not connect to server: Connection refused",
                Connecting,
                "cannot be reached",
            ),
            (
                "HYT00",
                "Login timeout expired",
                Connecting,
                "did not answer in time",
            ),
            (
                "IM002",
                "Data source name not found, and no default driver specified",
                Connecting,
                "neither a driver",
            ),
            (
                "01000",
                "Can't open lib 'x' : file not found",
                Connecting,
                "cannot be loaded",
            ),
            (
                "3D000",
                "database does not exist",
                Connecting,
                "no such database",
            ),
            (
                "25006",
                "cannot execute nextval() in a read-only transaction",
                Asking,
                "would change something",
            ),
            (
                "S1000",
                "Connection is readonly",
                Asking,
                "would change something",
            ),
            ("42P01", "relation does not exist", Asking, "names a table"),
            ("42703", "column does not exist", Asking, "names a column"),
            (
                "42501",
                "permission denied for table",
                Asking,
                "may not read",
            ),
            (
                "42601",
                "syntax error at or near",
                Asking,
                "does not understand",
            ),
            (
                "22P02",
                "invalid input syntax for type integer:",
                Reading,
                "could not make a value",
            ),
            (
                "57014",
                "canceling statement due to statement timeout",
                Reading,
                "took too long",
            ),
            (
                "57P01",
                "terminating connection due to administrator command",
                Reading,
                "was lost",
            ),
            ("08S01", "Communication link failure", Reading, "was lost"),
            (
                "HY000",
                "server closed the connection unexpectedly",
                Reading,
                "was lost",
            ),
            ("HY000", "something", Reading, "broke off"),
            ("40P01", "deadlock", Reading, "for another one"),
            ("53200", "out of memory", Reading, "no memory"),
        ] {
            let told = told(state, &format!("{message} {secret} Server=db1"), stage);
            assert!(
                told.contains(part) && told.contains(state),
                "{state}: {told}"
            );
            assert!(!told.contains(secret) && !told.contains("db1"), "{told}");
        }
    }
}
