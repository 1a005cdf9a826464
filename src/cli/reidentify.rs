//! `cld reidentify`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Format;
use super::print::{self, number};
use crate::custodian::{
    self, CrosswalkError, Entry, Found, Log, LogError, Meaning, Places, Sought,
};
use crate::encrypted::OpenError;
use crate::error::{Error, Result};
use crate::treat::{KeyError, identities};

/// Find what pseudonyms stand for; every look is written to a log.
///
/// Searches a crosswalk that `cld run --crosswalk` made. Who looks, when, for what reason, at which pseudonym and whether it
/// was found is added to the log and is on the disk before anything is printed; what was found is never in the log. A
/// pseudonym that is not in the crosswalk is an answer too: the exit code is 0.
///
/// Re-identification without the consent of the controller is an offence (Data Protection Act 2018, section 171).
#[derive(Debug, Args)]
pub struct Arguments {
    /// The crosswalk.
    #[arg(required_unless_present = "check_log")]
    crosswalk: Option<PathBuf>,
    /// 64 hexadecimal digits each, or a combined person id (999_ and 64 digits); read from standard input, one on each line,
    /// if there is none here.
    #[arg(value_name = "PSEUDONYM")]
    pseudonyms: Vec<String>,
    /// The custodian's age identity file.
    #[arg(long, value_name = "FILE", required_unless_present = "check_log")]
    identity: Option<PathBuf>,
    /// Who asks and what for: a few words, for the log.
    #[arg(long, value_name = "TEXT", required_unless_present = "check_log")]
    reason: Option<String>,
    /// The log. It is begun if it is not there.
    #[arg(long, value_name = "FILE", required_unless_present = "check_log")]
    log: Option<PathBuf>,
    /// Look nothing up: check that no line of this log was changed, taken out or put in.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["crosswalk", "pseudonyms", "identity", "reason", "log"])]
    check_log: Option<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// What standard input may hold.
const MOST_INPUT: u64 = 1 << 20;

pub fn run(arguments: &Arguments) -> Result<()> {
    if let Some(log) = &arguments.check_log {
        return check(log, arguments.format);
    }
    let (Some(crosswalk), Some(identity), Some(reason), Some(log)) = (
        &arguments.crosswalk,
        &arguments.identity,
        &arguments.reason,
        &arguments.log,
    ) else {
        return Err(Error::Usage(
            "give the crosswalk, --identity, --reason and --log".into(),
        ));
    };
    custodian::judge_reason(reason).map_err(|e| Error::Usage(format!("--reason {e}")))?;
    let sought = sought(&arguments.pseudonyms)?;
    let identities = identities(identity)?;
    // Nothing is looked for before it is sure that it can be written down.
    let mut opened = Log::open(log).map_err(|e| of_log(log, e))?;
    let found =
        custodian::find(crosswalk, &identities, &sought).map_err(|e| of_crosswalk(crosswalk, e))?;
    let entries = entries(&found, reason.trim());
    opened.append(entries).map_err(|e| of_log(log, e))?;
    match arguments.format {
        Format::Human => print::out(&human(&found)),
        Format::Json => print::json(&machine(&found)),
    }
}

/// The pseudonyms asked about, each once. None that is wrong is repeated: somebody may have typed an NHS number.
fn sought(given: &[String]) -> Result<Vec<Sought>> {
    let mut text = String::new();
    if given.is_empty() {
        let mut input = std::io::stdin().lock().take(MOST_INPUT + 1);
        input
            .read_to_string(&mut text)
            .map_err(|e| Error::Input(format!("standard input cannot be read: {e}")))?;
        if text.len() as u64 > MOST_INPUT {
            return Err(Error::Input(
                "standard input is longer than 1 MiB. Ask in several goes".into(),
            ));
        }
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let words: Vec<&str> = given.iter().map(String::as_str).chain(lines).collect();
    let mut sought = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let one = word.parse().map_err(|()| {
            Error::Usage(format!(
                "pseudonym {} of {} is none: 64 hexadecimal digits are expected, as in the submission",
                at + 1,
                words.len()
            ))
        })?;
        sought.push(one);
    }
    sought.sort();
    sought.dedup();
    if sought.is_empty() {
        return Err(Error::Usage(
            "no pseudonym was given, neither as an argument nor on standard input".into(),
        ));
    }
    Ok(sought)
}

fn of_log(path: &Path, error: LogError) -> Error {
    let message = format!("log {} {error}", path.display());
    match error {
        LogError::Broken { .. } => Error::Verification(message),
        LogError::Io(source) => Error::Io {
            action: "write the log, so there is no answer:",
            path: path.to_owned(),
            source,
        },
        _ => Error::Usage(format!("{message}. There is no answer without a log")),
    }
}

fn of_crosswalk(path: &Path, error: CrosswalkError) -> Error {
    let path = path.to_owned();
    match error {
        CrosswalkError::Open(source @ (OpenError::NotForUs | OpenError::HasPassphrase)) => {
            KeyError::Sealed { path, source }.into()
        }
        CrosswalkError::Kept(fault) => KeyError::Kept { path, fault }.into(),
        error => Error::Input(format!("{} {error}", path.display())),
    }
}

fn entries(found: &Found, reason: &str) -> Vec<Entry> {
    let at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let account = account();
    let each = found.records.iter();
    each.map(|(sought, meanings)| Entry {
        line: 0,
        at: at.clone(),
        account: account.clone(),
        reason: reason.to_owned(),
        crosswalk: found.digest.clone(),
        key_id: found.key_id.clone(),
        pseudonym: sought.hex().to_owned(),
        found: !meanings.is_empty(),
        before: String::new(),
    })
    .collect()
}

/// The account as the system names it: the environment would name whomever one likes.
#[cfg(unix)]
fn account() -> String {
    let id = nix::unistd::getuid();
    match nix::unistd::User::from_uid(id) {
        Ok(Some(user)) => format!("{} ({id})", user.name),
        _ => id.to_string(),
    }
}

#[cfg(not(unix))]
fn account() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "not known".into())
}

fn human(found: &Found) -> String {
    let mut text = String::new();
    for (sought, meanings) in &found.records {
        text += &format!("{}\n", sought.hex());
        if meanings.is_empty() {
            text += "  not found in this crosswalk\n";
        }
        for (meaning, places) in meanings {
            text += &format!(
                "  {} ({}): {}\n",
                harmless(&meaning.field),
                harmless(&meaning.domain),
                harmless(&meaning.value)
            );
            for (source, rows) in places {
                let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
                let word = if rows.len() == 1 { "row" } else { "rows" };
                text += &format!("    {} {word} {}\n", harmless(source), rows.join(", "));
            }
        }
    }
    text
}

/// Nothing of a cell that could move the cursor or hide itself.
fn harmless(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let visible = !c.is_control()
                && !('\u{200b}'..='\u{200f}').contains(&c)
                && !('\u{202a}'..='\u{202e}').contains(&c);
            let shown = if visible {
                c.to_string()
            } else {
                c.escape_unicode().to_string()
            };
            shown.chars().collect::<Vec<_>>()
        })
        .collect()
}

fn machine(found: &Found) -> serde_json::Value {
    let meaning = |(meaning, places): (&Meaning, &Places)| {
        json!({
            "domain": meaning.domain, "field": meaning.field, "value": meaning.value, "rows": places,
        })
    };
    let each = found.records.iter().map(|(sought, meanings)| {
        let meanings: Vec<_> = meanings.iter().map(meaning).collect();
        json!({ "pseudonym": sought.hex(), "found": !meanings.is_empty(), "stands_for": meanings })
    });
    json!({ "key_id": found.key_id, "crosswalk": found.digest, "pseudonyms": each.collect::<Vec<_>>() })
}

fn check(log: &Path, format: Format) -> Result<()> {
    let checked = custodian::check(log).map_err(|e| match e {
        LogError::Io(source) => Error::Input(format!("cannot read {}: {source}", log.display())),
        error => of_log(log, error),
    })?;
    match format {
        Format::Human => print::out(&format!(
            "{} lines, each follows from the one before\nlast line  {}\n\n\
             Lines cut off at the end do not show in the log itself: compare with the digest noted the last time.\n",
            number(checked.lines),
            checked.last
        )),
        Format::Json => {
            print::json(&json!({ "lines": checked.lines, "last_line_sha256": checked.last }))
        }
    }
}
