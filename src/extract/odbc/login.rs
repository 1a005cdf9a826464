//! Where the user and the password for a database are.

use zeroize::Zeroizing;

use super::super::query::{Fault, Login};
use crate::custody::{Kept, ReadError};

/// A user and a password, wiped when dropped. No `Debug`.
pub(super) struct Credentials {
    pub user: Zeroizing<String>,
    pub password: Zeroizing<String>,
}

impl Login {
    /// The user and the password, where the configuration says where they are.
    pub(super) fn credentials(&self) -> Result<Option<Credentials>, Fault> {
        match self {
            Self::Integrated => Ok(None),
            Self::Environment { user, password } => {
                let variable = |name: &String| match std::env::var(name) {
                    Ok(value) if !value.is_empty() => {
                        sound(Zeroizing::new(value)).ok_or_else(|| {
                            Fault::new(
                                format!(
                                    "the environment variable {name} holds a control character"
                                ),
                                CREDENTIALS,
                            )
                        })
                    }
                    _ => Err(Fault::new(
                        format!(
                            "the environment variable {name}, which `login:` names, is not set"
                        ),
                        "Set it where cld is started, and nowhere that is kept",
                    )),
                };
                Ok(Some(Credentials {
                    user: variable(user)?,
                    password: variable(password)?,
                }))
            }
            Self::File(path) => {
                let fault = |what: &str| {
                    Fault::new(
                        format!("the file {}, which `login:` names, {what}", path.display()),
                        CREDENTIALS,
                    )
                };
                let kept = Kept::read(path).map_err(|error| match error {
                    ReadError::Io(error) => fault(&format!("cannot be read: {error}")),
                    ReadError::Fault(of_file) => fault(&of_file.to_string()),
                })?;
                kept.judge()
                    .map_err(|of_file| fault(&of_file.to_string()))?;
                let text = std::str::from_utf8(&kept.bytes).map_err(|_| fault("is not UTF-8"))?;
                two_lines(text)
                    .map(Some)
                    .ok_or_else(|| fault("does not hold a user and a password"))
            }
        }
    }
}

const CREDENTIALS: &str =
    "Two lines, the user and the password, or `user=` and `password=`, in a file of mode 600";

/// A line each for user and password, in this order or with their names.
fn two_lines(text: &str) -> Option<Credentials> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let (first, second) = (lines.next()?, lines.next()?);
    if lines.any(|line| !line.trim().is_empty()) {
        return None;
    }
    let named = |name: &str| {
        [first, second]
            .into_iter()
            .find_map(|line| line.strip_prefix(name))
    };
    let (user, password) = match (named("user="), named("password=")) {
        (Some(user), Some(password)) => (user, password),
        _ => (first, second),
    };
    let kept = |text: &str| sound(Zeroizing::new(text.to_owned()));
    let empty = user.is_empty() || password.is_empty();
    (!empty).then_some(())?;
    Some(Credentials {
        user: kept(user)?,
        password: kept(password)?,
    })
}

/// Nothing that ends a text or a line for some driver.
fn sound(text: Zeroizing<String>) -> Option<Zeroizing<String>> {
    (!text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, Login) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mosaic.login");
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        (directory, Login::File(path))
    }

    #[test]
    fn a_file_of_two_lines_holds_the_login() {
        for text in [
            "reader\ns3;c}ret =\n",
            "user=reader\r\npassword=s3;c}ret =\r\n\r\n",
            "password=s3;c}ret =\nuser=reader",
        ] {
            let (_kept, login) = file(text, 0o600);
            let read = login.credentials().ok().flatten().expect("a login");
            assert_eq!(
                (read.user.as_str(), read.password.as_str()),
                ("reader", "s3;c}ret ="),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_not_two_lines_is_refused_without_being_repeated() {
        for text in [
            "",
            "reader",
            "reader\n",
            "\ns3cret",
            "reader\ns3cret\nmore",
            "reader\ns3\u{0}cret",
        ] {
            let (_kept, login) = file(text, 0o600);
            let fault = login.credentials().err().expect("refused").fault;
            assert!(
                fault.contains("mosaic.login") && !fault.contains("s3"),
                "{fault}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let (_kept, login) = file("reader\ns3cret\n", 0o640);
        let fault = login.credentials().err().expect("refused").fault;
        assert!(
            fault.contains("open to other accounts (mode 0640)"),
            "{fault}"
        );
    }

    #[test]
    fn variables_that_are_not_set_are_named() {
        let login = Login::Environment {
            user: "PATH".into(),
            password: "CLD_NOBODY_SETS_THIS".into(),
        };
        let fault = login.credentials().err().expect("refused").fault;
        assert!(
            fault.contains("CLD_NOBODY_SETS_THIS") && !fault.contains("/bin"),
            "{fault}"
        );
    }
}
