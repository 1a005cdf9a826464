//! What a configuration says of a source that is a query of a database.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::raw_table::{RawLogin, RawTable};
use super::statement;
use crate::extract::{Answer, Login, Query};
use crate::plain_file;

/// A key below the source's, with its dot, or nothing for the source itself; and what is wrong with it.
type Fault = (&'static str, String);

/// The keys of a source that say of which database it is which query.
pub(super) struct RawOdbc<'a> {
    pub connection: Option<&'a str>,
    pub dsn: Option<&'a str>,
    pub login: Option<&'a RawLogin>,
    pub query: Option<&'a str>,
    pub key: Option<&'a str>,
}

impl<'a> RawOdbc<'a> {
    pub fn of(raw: &'a RawTable) -> Self {
        Self {
            connection: raw.connection.as_deref(),
            dsn: raw.dsn.as_deref(),
            login: raw.login.as_ref(),
            query: raw.query.as_deref(),
            key: raw.key.as_deref(),
        }
    }

    /// The first of the keys that is there, with its dot.
    pub fn given(&self) -> Option<&'static str> {
        [
            (".connection", self.connection.is_some()),
            (".dsn", self.dsn.is_some()),
            (".login", self.login.is_some()),
            (".query", self.query.is_some()),
            (".key", self.key.is_some()),
        ]
        .into_iter()
        .find_map(|(key, given)| given.then_some(key))
    }
}

/// The longest query, in bytes.
const MOST: u64 = 1 << 20;

/// Reads the keys. Paths are relative to `base`; the answer is kept near `directory`.
pub(super) fn read(raw: &RawOdbc<'_>, base: &Path, directory: &Path) -> Result<Query, Vec<Fault>> {
    if !cfg!(feature = "odbc") {
        return Err(vec![(
            "",
            "kind `odbc` needs a cld that was built with it: install unixODBC (Debian: apt-get install unixodbc-dev) and build with `cargo build --release --features odbc`".into(),
        )]);
    }
    let mut faults: Vec<Fault> = Vec::new();
    let connection = connection(raw).map_err(|fault| faults.push(fault)).ok();
    let login = login(raw.login, base)
        .map_err(|fault| faults.push((".login", fault.into())))
        .ok();
    let asked = match raw.query {
        None => Err("is missing: name the file that holds the query".to_owned()),
        Some(file) => query(&base.join(file)),
    };
    let asked = asked.map_err(|fault| faults.push((".query", fault))).ok();
    if raw.key.is_some_and(|key| key.trim().is_empty()) {
        faults.push((".key", "is blank".into()));
    }
    match (connection, login, asked) {
        (Some(connection), Some(login), Some((statement, digest))) if faults.is_empty() => {
            Ok(Query {
                name: raw
                    .query
                    .and_then(|file| Path::new(file).file_name())
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                statement,
                digest,
                connection,
                login,
                key: raw.key.map(|key| key.trim().to_owned()),
                directory: directory.to_owned(),
                answer: Answer::default(),
            })
        }
        _ => Err(faults),
    }
}

/// The statement of a file, and the SHA-256 of the file.
fn query(path: &Path) -> Result<(String, String), String> {
    let shown = path.display();
    let bytes =
        plain_file::read(path, MOST).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{shown} is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.contains('\0') {
        return Err(format!("{shown} is no text"));
    }
    let statement = statement::only(text).map_err(|fault| format!("{shown} {fault}"))?;
    Ok((
        statement.to_owned(),
        data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)),
    ))
}

fn login(raw: Option<&RawLogin>, base: &Path) -> Result<Login, &'static str> {
    let Some(raw) = raw else {
        return Ok(Login::Integrated);
    };
    match (&raw.user, &raw.password, &raw.file) {
        (Some(user), Some(password), None) => {
            let is_name = |name: &str| {
                !name.is_empty()
                    && !name.starts_with(|c: char| c.is_ascii_digit())
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            };
            if is_name(user) && is_name(password) {
                Ok(Login::Environment {
                    user: user.clone(),
                    password: password.clone(),
                })
            } else {
                // What stands there may be the password itself.
                Err(
                    "`user:` and `password:` are names of environment variables, of A to Z, 0 to 9 and _, never what they hold",
                )
            }
        }
        (None, None, Some(file)) => Ok(Login::File(base.join(file))),
        _ => Err(
            "has either `user:` and `password:`, the names of two environment variables, or `file:`",
        ),
    }
}

fn connection(raw: &RawOdbc<'_>) -> Result<String, Fault> {
    match (raw.connection, raw.dsn) {
        (Some(text), None) => {
            let attributes = attributes(text).ok_or_else(|| {
                (".connection", "is not a connection string: Name=value; and so on, values with a semicolon in braces".to_owned())
            })?;
            if let Some(fault) = attributes.iter().find_map(|(name, value)| secret(name, value)) {
                return Err((".connection", fault.into()));
            }
            if !attributes.iter().any(|(name, _)| ["driver", "dsn", "filedsn"].contains(&name.as_str())) {
                return Err((".connection", "names neither a `Driver=` nor a `DSN=`".into()));
            }
            Ok(text.trim().to_owned())
        }
        (None, Some(name)) => {
            let odd = |c: char| c.is_control() || ";={}[]()?*!@\\,".contains(c);
            if name.trim().is_empty() || name.contains(odd) {
                return Err((".dsn", "is not the name of a data source".into()));
            }
            Ok(format!("DSN={}", name.trim()))
        }
        (Some(_), Some(_)) => Err((".dsn", "and `connection:` are both there. Keep one of the two".into())),
        (None, None) => Err(("", "kind `odbc` needs `connection:`, a connection string, or `dsn:`, the name of a data source".into())),
    }
}

/// Why an attribute does not belong into a configuration. Its value is not repeated.
fn secret(name: &str, value: &str) -> Option<&'static str> {
    let value = value.to_lowercase();
    let word = |of: &str| {
        [
            "pwd",
            "pass",
            "uid",
            "user",
            "secret",
            "token",
            "credential",
        ]
        .iter()
        .any(|word| of.contains(word))
    };
    // What a driver hands on to another one is written in the same way.
    let hidden = value.contains('=') && word(&value);
    if word(name) || hidden {
        Some(
            "holds a user or a password, and whoever sees the configuration sees them. Take them out, and name two environment variables under `login: {user: …, password: …}`, or a file that only you can read under `login: {file: …}`",
        )
    } else if name == "savefile" {
        Some("has SaveFile, which writes the login into a file. Take it out")
    } else if LOGS.contains(&name) {
        Some(
            "has Debug, CommLog, Trace, a log file or the like, by which a driver writes records and logins into files that anybody may read. Take it out",
        )
    } else {
        None
    }
}

/// By what drivers are told to write down what they do, also switched off: there is nothing to switch. `B2` and `B3` are short
/// names of psqlodbc's.
const LOGS: [&str; 18] = [
    "b2",
    "b3",
    "clientlog",
    "commlog",
    "debug",
    "debugfile",
    "dumpfile",
    "log",
    "logdir",
    "logfile",
    "loglevel",
    "logpath",
    "logquery",
    "querylogfile",
    "querylogon",
    "trace",
    "tracefile",
    "tracelevel",
];

/// Names in small letters, without blanks, and values without braces; `None` for what is no connection string.
fn attributes(text: &str) -> Option<Vec<(String, String)>> {
    let mut made = Vec::new();
    let mut rest = text.trim();
    if text.chars().any(char::is_control) {
        return None;
    }
    while !rest.is_empty() {
        let (name, behind) = rest.split_once('=')?;
        let name: String = name
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '_')
            .collect();
        if name.is_empty() || name.contains([';', '{', '}']) {
            return None;
        }
        let behind = behind.trim_start();
        let (value, behind) = match behind.strip_prefix('{') {
            None => behind.split_once(';').unwrap_or((behind, "")),
            Some(braced) => {
                let mut end = 0;
                loop {
                    end += braced[end..].find('}')?;
                    if !braced[end + 1..].starts_with('}') {
                        break;
                    }
                    end += 2;
                }
                let behind = braced[end + 1..].trim_start();
                let behind = if behind.is_empty() {
                    behind
                } else {
                    behind.strip_prefix(';')?
                };
                (&braced[..end], behind)
            }
        };
        made.push((name.to_lowercase(), value.trim().to_owned()));
        rest = behind.trim_start_matches([';', ' ']);
    }
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<String, Fault> {
        connection(&RawOdbc {
            connection: Some(text),
            dsn: None,
            login: None,
            query: None,
            key: None,
        })
    }

    #[test]
    fn connection_strings_without_credentials_are_taken() {
        for text in [
            "Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=5432;Database=mosaic",
            "DSN=Mosaic;",
            "driver = {a}}b;c} ; Trusted_Connection=yes; Encrypt=yes;;",
            "Driver=/usr/lib/psqlodbcw.so;pqopt={options=-c statement_timeout=0}",
        ] {
            assert_eq!(of(text), Ok(text.trim().to_owned()));
        }
    }

    #[test]
    fn credentials_are_refused_and_not_repeated() {
        for text in [
            "Driver=x;UID=hunter2",
            "Driver=x;pwd=hunter2",
            "Driver=x; User ID = hunter2",
            "Driver=x;PASSWORD={hunter2;}",
            "Driver=x;UserName=hunter2",
            "Driver=x;pqopt={password=hunter2}",
            "Driver=x;AccessToken=hunter2",
        ] {
            let (key, fault) = of(text).expect_err(text);
            assert_eq!(key, ".connection");
            assert!(
                fault.contains("login:") && !fault.contains("hunter2"),
                "{fault}"
            );
        }
        for text in [
            "",
            "hunter2",
            "Server=hunter2",
            "Driver={hunter2",
            "Driver={x}hunter2",
            "Driver=x;SaveFile=hunter2",
            "Driver=x;=hunter2",
            "Driver=x;Debug=1;Server=hunter2",
            "Driver=x; Comm Log = 1",
            "Driver=x;COMMLOG=1",
            "Driver=x;b2=1",
            "Driver=x;B3={1}",
            "Driver=x;Logdir=/hunter2",
            "Driver=x;TraceFile=hunter2",
            "Driver=x;trace=Yes",
            "Driver=x;QueryLog_On=Yes",
            "Driver=x\nPWD=hunter2",
        ] {
            let (_, fault) = of(text).expect_err(text);
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn a_data_source_is_a_name() {
        let of = |name| {
            connection(&RawOdbc {
                connection: None,
                dsn: Some(name),
                login: None,
                query: None,
                key: None,
            })
        };
        assert_eq!(of("Mosaic live"), Ok("DSN=Mosaic live".into()));
        for name in ["", "a;PWD=b", "{a}"] {
            assert!(of(name).is_err(), "{name}");
        }
        let both = RawOdbc {
            connection: Some("DSN=a"),
            dsn: Some("a"),
            login: None,
            query: None,
            key: None,
        };
        assert!(connection(&both).is_err());
    }

    #[test]
    fn a_login_is_two_names_or_a_file() {
        let base = Path::new("base");
        let raw = |user: &str, password: &str, file: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            RawLogin {
                user: given(user),
                password: given(password),
                file: given(file),
            }
        };
        assert!(login(None, base) == Ok(Login::Integrated));
        assert!(
            login(Some(&raw("A_USER", "A_1", "")), base)
                == Ok(Login::Environment {
                    user: "A_USER".into(),
                    password: "A_1".into()
                })
        );
        assert!(
            login(Some(&raw("", "", "x.login")), base) == Ok(Login::File(base.join("x.login")))
        );
        for wrong in [
            raw("A", "", ""),
            raw("", "B", ""),
            raw("A", "B", "c"),
            raw("", "", ""),
            raw("reader", "s3cret!", ""),
        ] {
            assert!(login(Some(&wrong), base).is_err());
        }
    }
}
