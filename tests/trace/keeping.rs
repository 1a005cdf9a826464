//! The register as a file: verified, encrypted, purged, and held by one command at a time.

use std::fs::{self, File};
use std::process::Command;

use super::support::{NUMBERS, Tracing, found};
use crate::support::tree;

fn settled(tracing: &Tracing) {
    let rows = tracing.request();
    let answers: Vec<_> = rows
        .iter()
        .zip(NUMBERS)
        .map(|(row, number)| (row[0].as_str(), found(number)))
        .collect();
    tracing.apply("a.csv", &answers);
}

/// Changes the register with SQL, its triggers out of the way meanwhile.
fn tamper(tracing: &Tracing, sql: &str) {
    let register = rusqlite::Connection::open(tracing.register()).unwrap();
    let mut triggers = register
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap();
    let triggers: Vec<(String, String)> = triggers
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(triggers.len(), 3);
    for (name, _) in &triggers {
        register
            .execute_batch(&format!("DROP TRIGGER {name}"))
            .unwrap();
    }
    register.execute_batch(sql).unwrap();
    for (_, sql) in &triggers {
        register.execute_batch(sql).unwrap();
    }
}

#[test]
fn a_register_that_was_changed_does_not_verify() {
    let tracing = Tracing::new()
        .person("P101", "", "Quennell")
        .person("P102", "", "Ravenscroft");
    settled(&tracing);
    let verified = tracing.verify();
    let whole = fs::read(tracing.register()).unwrap();
    let head = verified["head_sha256"].as_str().unwrap().to_owned();
    for (sql, says) in [
        (
            "UPDATE people SET number = '9434765870' WHERE person = 'P101'",
            "table `people`",
        ),
        (
            "UPDATE people SET status = 5, number = NULL",
            "table `people`",
        ),
        ("DELETE FROM sent", "table `sent`"),
        (
            "UPDATE log SET at = '2020-01-01T00:00:00Z' WHERE seq = 2",
            "entry 2",
        ),
        (
            "UPDATE log SET new_number = '9434765870' WHERE seq = 5",
            "entry 5",
        ),
        (
            "UPDATE log SET person = NULL, salt = NULL WHERE seq = 2",
            "entry 2",
        ),
        ("DELETE FROM log WHERE seq = 1", "entry 1"),
        ("DELETE FROM log WHERE seq = 3", "entry 3"),
        // What no seal is about.
        (
            "UPDATE log SET new_number = '9434765870' WHERE seq = 1",
            "entry 1",
        ),
        ("UPDATE log SET flags = 1 WHERE seq = 1", "entry 1"),
        // The same number, written otherwise.
        (
            "UPDATE log SET new_number = substr(new_number, 1, 3) || ' ' || substr(new_number, 4) WHERE seq = 5",
            "entry 5",
        ),
        ("UPDATE log SET old_status = 99 WHERE seq = 2", "entry 2"),
        ("UPDATE log SET day = 0 WHERE seq = 5", "entry 5"),
        // What the database is made of.
        ("DROP INDEX one_holder", "indexes"),
        ("CREATE TABLE more (text TEXT)", "tables"),
        ("CREATE VIEW more AS SELECT person FROM people", "tables"),
        (
            "CREATE TRIGGER hide AFTER INSERT ON people BEGIN DELETE FROM sent; END",
            "triggers",
        ),
        (
            "DROP INDEX dead_holders; CREATE INDEX dead_holders ON people (number) WHERE flags = 9",
            "indexes",
        ),
    ] {
        fs::write(tracing.register(), &whole).unwrap();
        tamper(&tracing, sql);
        tracing.trace(&["verify"]).code(6).says(&[says]);
    }
    // And the triggers themselves, which `tamper` puts back.
    for trigger in ["log_is_not_changed", "log_is_not_deleted"] {
        fs::write(tracing.register(), &whole).unwrap();
        let register = rusqlite::Connection::open(tracing.register()).unwrap();
        let drop = format!("DROP TRIGGER {trigger}");
        register.execute_batch(&drop).unwrap();
        tracing.trace(&["verify"]).code(6).says(&["triggers"]);
    }
    // An index that does not find what is in its table.
    fs::write(tracing.register(), &whole).unwrap();
    let register = rusqlite::Connection::open(tracing.register()).unwrap();
    let emptied = "PRAGMA writable_schema = ON; \
         UPDATE sqlite_schema SET sql = replace(sql, 'flags & 2 = 0', 'flags & 2 = 9') WHERE name = 'one_holder'; \
         PRAGMA writable_schema = RESET; REINDEX one_holder; PRAGMA writable_schema = ON; \
         UPDATE sqlite_schema SET sql = replace(sql, 'flags & 2 = 9', 'flags & 2 = 0') WHERE name = 'one_holder'";
    register.execute_batch(emptied).unwrap();
    drop(register);
    tracing.trace(&["verify"]).code(6).says(&["damaged within"]);
    // A form of the schema that there is none of.
    let mut bytes = whole.clone();
    bytes[47] = 99;
    fs::write(tracing.register(), bytes).unwrap();
    for command in ["verify", "status", "worklist", "request"] {
        tracing.trace(&[command]).code(6).says(&["damaged within"]);
    }
    // Put back and replaced in place by nothing: it verifies as before.
    fs::write(tracing.register(), &whole).unwrap();
    tamper(&tracing, "");
    tracing.trace(&["verify"]).code(0);
    // Cut off at the end, with what follows from it: only the digest noted shows that.
    fs::write(tracing.register(), &whole).unwrap();
    let noted = tracing.json(&["verify", "--noted", &head]);
    assert_eq!(noted["noted_entry"], noted["entries"]);
    tracing
        .trace(&["verify", "--noted", &"0".repeat(64)])
        .code(6)
        .says(&["digest noted"]);
    tracing.trace(&["verify", "--noted", "abc"]).code(2);
}

#[test]
fn the_log_is_only_added_to() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    settled(&tracing);
    let register = rusqlite::Connection::open(tracing.register()).unwrap();
    for sql in [
        "DELETE FROM log",
        "UPDATE log SET at = 'x'",
        "UPDATE log SET person = NULL, salt = NULL, purged_by = 1 WHERE seq = 2",
        "INSERT INTO log (seq, at, event, hash) VALUES (99, 'x', 'asked', x'00')",
    ] {
        let refused = register.execute_batch(sql).expect_err(sql).to_string();
        assert!(refused.contains("only added to"), "{sql}: {refused}");
    }
    // And no number is ever two living people's, whoever writes it.
    register.execute_batch("INSERT INTO people (person, status, flags, attempts, since) VALUES ('P9', 4, 0, 0, 'x')").unwrap();
    let taken = register.execute(
        "UPDATE people SET status = 1, number = ?1 WHERE person = 'P9'",
        [NUMBERS[0]],
    );
    assert!(taken.is_err());
}

#[test]
fn what_is_no_register_is_refused() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    tracing
        .trace(&["status"])
        .code(3)
        .says(&["there is no register"]);
    tracing
        .trace(&["apply", "x.csv"])
        .code(3)
        .says(&["there is no register"]);
    settled(&tracing);
    let whole = fs::read(tracing.register()).unwrap();
    for bytes in [
        &b""[..],
        b"register",
        &whole[..whole.len() - 1],
        &[&whole[..], b"x"].concat(),
    ] {
        fs::write(tracing.register(), bytes).unwrap();
        tracing.trace(&["status"]).code(3).says(&["damaged"]);
        tracing.trace(&["request"]).code(3);
        assert_eq!(fs::read(tracing.register()).unwrap(), bytes);
    }
}

#[cfg(unix)]
#[test]
fn a_register_open_to_others_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let tracing = Tracing::new().person("P101", "", "Quennell");
    settled(&tracing);
    fs::set_permissions(tracing.register(), fs::Permissions::from_mode(0o640)).unwrap();
    tracing
        .trace(&["status"])
        .code(5)
        .says(&["open to other accounts"]);
}

#[test]
fn two_commands_cannot_both_change_it() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    settled(&tracing);
    let held = File::open(tracing.path("tracing")).unwrap();
    held.lock().unwrap();
    let before = tree(&tracing.path("tracing"));
    tracing.trace(&["request"]).code(7);
    tracing.trace(&["purge"]).code(7);
    assert_eq!(tree(&tracing.path("tracing")), before);
    // Looking is not changing.
    tracing.trace(&["status"]).code(0);
    drop(held);
    // What a command that was killed left there goes with the next one.
    let left = tracing.path("tracing/.cld-register-x1");
    fs::write(&left, "half a register").unwrap();
    tracing.trace(&["request"]).code(0);
    assert!(!left.exists());
}

#[test]
fn encrypted_nothing_of_it_is_on_the_disk_in_the_clear() {
    let keygen = Command::new("age-keygen").output();
    let Ok(keygen) = keygen else {
        panic!("age is needed for this test");
    };
    let identity = String::from_utf8(keygen.stdout).unwrap();
    let recipient = identity
        .lines()
        .find_map(|l| l.strip_prefix("# public key: "))
        .unwrap()
        .to_owned();
    let settings = format!(", encrypted: {{recipient: {recipient}, identity: identity.txt}}");
    let tracing = Tracing::with(&settings).person("P10123", "", "Quennell");
    let write = |text: &str| {
        fs::write(tracing.path("identity.txt"), text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::Permissions::from_mode(0o600);
            fs::set_permissions(tracing.path("identity.txt"), mode).unwrap();
        }
    };
    // Without what opens it again it is not made.
    tracing.trace(&["request"]).code(5);
    assert!(!tracing.register().exists());
    write(&identity);
    settled(&tracing);
    assert_eq!(tracing.statuses(), [("01".into(), 1)]);
    tracing.verify();
    let bytes = fs::read(tracing.register()).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1"));
    for word in ["P10123", NUMBERS[0], "SQLite"] {
        assert!(
            !bytes.windows(word.len()).any(|w| w == word.as_bytes()),
            "{word}"
        );
    }
    // The age tool opens it, and what it holds is a database.
    let plain = Command::new("age")
        .args(["-d", "-i", tracing.path("identity.txt").to_str().unwrap()])
        .arg(tracing.register())
        .output()
        .unwrap()
        .stdout;
    assert!(plain.starts_with(b"SQLite format 3"));
    // A damaged one, another's identity, and one in the clear are refused.
    fs::write(tracing.register(), &bytes[..bytes.len() - 1]).unwrap();
    tracing.trace(&["status"]).code(3).says(&["damaged"]);
    fs::write(tracing.register(), &plain).unwrap();
    tracing.trace(&["status"]).code(2).says(&["not encrypted"]);
    fs::write(tracing.register(), &bytes).unwrap();
    let other = Command::new("age-keygen").output().unwrap().stdout;
    write(&String::from_utf8(other).unwrap());
    tracing
        .trace(&["status"])
        .code(5)
        .says(&["another public key"]);
}

#[test]
fn who_left_long_ago_is_purged_and_the_log_stays_whole() {
    let mental = ", keep: {years: 6, mental_health: {column: TEAM, values: [South], years: 20}}";
    let mut tracing = Tracing::with(mental)
        .person("P10123", "", "Quennell")
        .person("P10124", "", "Ravenscroft")
        .person("P10125", "", "Stonehouse");
    settled(&tracing);
    let head = tracing.verify()["head_sha256"].as_str().unwrap().to_owned();
    tracing.set("P10123", "DIED", "01/02/2010");
    tracing.end("P10124", "01/02/2025");
    tracing.trace(&["request"]).code(0);
    let before = tree(&tracing.path("tracing"));
    let would = tracing.json(&["purge", "--dry-run"]);
    assert_eq!(tree(&tracing.path("tracing")), before);
    assert_eq!(
        (&would["people"], &would["entries"], &would["kept"]),
        (&1.into(), &3.into(), &1.into())
    );
    let mut purged = tracing.json(&["purge"]);
    assert_eq!(purged["dry_run"], false);
    purged["dry_run"] = true.into();
    assert_eq!(purged, would);
    let bytes = fs::read(tracing.register()).unwrap();
    let holds = |word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
    assert!(
        !holds("P10123") && !holds(NUMBERS[0]),
        "erased, not only unlinked"
    );
    assert!(holds("P10124") && holds("P10125"));
    let verified = tracing.json(&["verify", "--noted", &head]);
    assert_eq!(verified["purged"], 3);
    assert_eq!(tracing.json(&["purge"])["people"], 0);
    assert_eq!(tracing.statuses(), [("01".into(), 2)]);
}

#[test]
fn young_request_and_answer_files_stay() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    settled(&tracing);
    let requests = tracing.path("tracing/requests");
    fs::copy(tracing.path("a.csv"), requests.join("answer.csv")).unwrap();
    assert_eq!(tracing.json(&["purge"])["files"], 0);
    assert_eq!(fs::read_dir(&requests).unwrap().count(), 2);
}

#[test]
fn files_that_the_register_does_not_know_are_pointed_out() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    tracing.request();
    fs::write(
        tracing.path("tracing/requests/cld-pds-20260101000000-0001.csv"),
        "x",
    )
    .unwrap();
    let said = tracing.trace(&["request", "--format", "json"]).code(0);
    assert_eq!(said.json()["unknown_files"], 1);
    said.says(&["1 of the request files", "is not in the register"]);
}
