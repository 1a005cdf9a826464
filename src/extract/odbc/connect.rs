//! Opens a connection that changes nothing, and asks.

use arrow_odbc::odbc_api::{
    Connection, ConnectionOptions, Cursor as _, DataType, Error, OwnedCursor,
    ResultSetMetadata as _, environment, sys::SqlDataType,
};
use zeroize::Zeroizing;

use super::super::query::{Fault, Query};
use super::MAX_TEXT;
use super::fault::{self, Stage};

/// Seconds to connect in.
const PATIENCE: u32 = 30;

/// What psqlodbc needs to be told. It would hold the whole answer in memory, and cut off texts of columns without a length.
const POSTGRESQL: &str = "UseDeclareFetch=1;Fetch=1000;Debug=0;CommLog=0;";

pub(super) type Answer = OwnedCursor<Connection<'static>>;

/// Connects, makes sure that nothing can be changed, and sends the query.
pub(super) fn ask(query: &Query) -> Result<Answer, Fault> {
    let credentials = query.login.credentials()?;
    let mut text = Zeroizing::new(String::with_capacity(query.connection.len() + 1024));
    text.push_str(query.connection.trim().trim_end_matches(';'));
    text.push(';');
    if let Some(credentials) = &credentials {
        user(&mut text, &credentials.user);
        attribute(&mut text, "PWD", &credentials.password);
    }
    let lower = query.connection.to_lowercase();
    let told = ["postgres", "psqlodbc"]
        .iter()
        .any(|name| lower.contains(name));
    if told {
        text.push_str(&for_postgresql());
    }
    let mut connection = open(&text)?;
    let mut product = product(&connection)?;
    if !told && product == "postgresql" {
        // A data source has only a name, which does not tell what is behind it.
        text.push_str(&for_postgresql());
        drop(connection);
        connection = open(&text)?;
        product = self::product(&connection)?;
    }
    drop(text);
    read_only(&connection, &product)?;
    let answer = connection.into_cursor(&query.statement, (), None);
    let answer = answer.map_err(|failed| {
        let fault = fault::of(&failed.error, Stage::Asking);
        // One that broke cannot be closed, and panics when it finds that out.
        std::mem::forget(failed.previous);
        fault
    })?;
    answer.ok_or_else(|| {
        Fault::new(
            "the query gives no rows and columns",
            "Ask for records, with SELECT",
        )
    })
}

/// Which columns of an answer are UUIDs.
pub(super) fn uuids(answer: &mut Answer, columns: usize) -> Result<Vec<bool>, Fault> {
    (1..=columns)
        .map(|number| {
            let number = u16::try_from(number).unwrap_or(u16::MAX);
            let of = answer
                .col_data_type(number)
                .map_err(|e| fault::of(&e, Stage::Asking))?;
            let data_type = match of {
                DataType::Other { data_type, .. } => data_type,
                _ => return Ok(false),
            };
            Ok(data_type == SqlDataType::EXT_GUID)
        })
        .collect()
}

fn for_postgresql() -> String {
    format!("{POSTGRESQL}MaxVarcharSize={MAX_TEXT};MaxLongVarcharSize={MAX_TEXT};ReadOnly=1;")
}

/// Adds the user. Some drivers take braces around one for a part of the name, so there are none without need.
fn user(text: &mut String, name: &str) {
    let plain = |c: char| c.is_alphanumeric() || "_-.@\\$#".contains(c);
    if name.chars().all(plain) {
        text.push_str(&format!("UID={name};"));
    } else {
        attribute(text, "UID", name);
    }
}

/// Adds an attribute whose value ends where it ends, whatever it holds.
fn attribute(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    text.push_str("={");
    for part in value.split_inclusive('}') {
        text.push_str(part);
        if part.ends_with('}') {
            text.push('}');
        }
    }
    text.push_str("};");
}

fn open(text: &str) -> Result<Connection<'static>, Fault> {
    let options = ConnectionOptions {
        login_timeout_sec: Some(PATIENCE),
        ..ConnectionOptions::default()
    };
    environment()
        .and_then(|environment| environment.connect_with_connection_string(text, options))
        .map_err(|error| fault::of(&error, Stage::Connecting))
}

/// What kind of database it is, in small letters.
fn product(connection: &Connection<'_>) -> Result<String, Fault> {
    let name = connection.database_management_system_name();
    name.map(|name| name.to_lowercase())
        .map_err(|e| fault::of(&e, Stage::Connecting))
}

/// Begins a transaction that is never committed; where the database knows such, one that may only read.
fn read_only(connection: &Connection<'_>, product: &str) -> Result<(), Fault> {
    let is = |name: &str| product.contains(name);
    let before = if is("postgresql") {
        // Should a query get out of its transaction all the same, the next one may not write either.
        Some("SELECT set_config('default_transaction_read_only', 'on', false)")
    } else if is("mysql") || is("mariadb") {
        Some("SET SESSION TRANSACTION READ ONLY")
    } else {
        None
    };
    let within = if is("postgresql") {
        // `SET TRANSACTION READ ONLY`, in words that psqlodbc lets through where it lets nothing through that writes.
        Some("SELECT set_config('transaction_read_only', 'on', true)")
    } else if is("oracle") {
        Some("SET TRANSACTION READ ONLY")
    } else if is("sqlite") {
        Some("PRAGMA query_only = ON")
    } else {
        None
    };
    let say = |statement: Option<&str>| -> Result<(), Error> {
        if let Some(statement) = statement
            && let Some(mut answer) = connection.execute(statement, (), None)?
        {
            // Some do nothing before they are to give their answer.
            while answer.next_row()?.is_some() {}
        }
        Ok(())
    };
    say(before)
        .and_then(|()| connection.set_autocommit(false))
        .and_then(|()| say(within))
        .map_err(|error| {
            let Fault { fault, .. } = fault::of(&error, Stage::Asking);
            Fault::new(
                format!("the database does not let itself be kept from changing anything: {fault}"),
                "Use a driver that has transactions",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::{attribute, user};

    #[test]
    fn a_value_cannot_add_an_attribute() {
        let mut text = String::new();
        attribute(&mut text, "PWD", "a;ReadOnly=0;x={y}} z");
        assert_eq!(text, "PWD={a;ReadOnly=0;x={y}}}} z};");
        let of = |name: &str| {
            let mut text = String::new();
            user(&mut text, name);
            text
        };
        assert_eq!(of("COUNCIL\\cld.reader"), "UID=COUNCIL\\cld.reader;");
        assert_eq!(of("a;PWD=b}"), "UID={a;PWD=b}}};");
    }
}
