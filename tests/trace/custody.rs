//! Who can open the register and read the files beside it.

use std::fs;
use std::process::Command;

use super::support::{NUMBERS, Tracing, found};

/// A new identity: its file's text and its public key.
fn keygen() -> (String, String) {
    let made = Command::new("age-keygen").output();
    let made = made.expect("age is needed for this test").stdout;
    let text = String::from_utf8(made).unwrap();
    let public = text.lines().find_map(|l| l.strip_prefix("# public key: "));
    (text.clone(), public.unwrap().to_owned())
}

fn write_identity(tracing: &Tracing, text: &str) {
    let path = tracing.path("identity.txt");
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn encrypted_to(recipient: &str) -> Tracing {
    let settings = format!(", encrypted: {{recipient: {recipient}, identity: identity.txt}}");
    Tracing::with(&settings).person("P101", "", "Quennell")
}

#[test]
fn a_register_that_the_identity_could_not_open_is_never_written() {
    let ((ours, to_us), (theirs, to_them)) = (keygen(), keygen());
    let tracing = encrypted_to(&to_them);
    write_identity(&tracing, &ours);
    tracing.trace(&["request"]).code(2).says(&[
        "does not open",
        "identity.txt",
        "tracing.encrypted",
    ]);
    assert!(!tracing.register().exists());
    // Nor is one that opens by now.
    let tracing = encrypted_to(&to_us);
    write_identity(&tracing, &ours);
    let rows = tracing.request();
    let before = fs::read(tracing.register()).unwrap();
    let config = fs::read_to_string(tracing.path("council.yaml")).unwrap();
    fs::write(
        tracing.path("council.yaml"),
        config.replacen(&to_us, &to_them, 1),
    )
    .unwrap();
    tracing.answer("a.csv", &[(&rows[0][0], found(NUMBERS[0]))]);
    let answers = tracing.path("a.csv");
    let apply = ["apply", answers.to_str().unwrap()];
    for arguments in [&["request"][..], &apply, &["purge"]] {
        tracing
            .trace(arguments)
            .code(2)
            .says(&["tracing.encrypted"]);
    }
    assert_eq!(fs::read(tracing.register()).unwrap(), before);
    // Looking at it harms nothing.
    tracing.trace(&["status"]).code(0);
    // An identity file may hold several, of which the recipient may be any.
    write_identity(&tracing, &format!("{ours}{theirs}"));
    tracing.trace(&apply).code(0);
    write_identity(&tracing, &theirs);
    assert_eq!(tracing.statuses(), [("01".into(), 1)]);
}

#[test]
fn requests_are_not_written_where_the_worklists_are() {
    let tracing = Tracing::new().person("P101", "", "Quennell");
    for inside in ["worklist", "worklist/tracing", "worklist/../worklist/x"] {
        let out = tracing.path(inside);
        let there = out.exists();
        tracing
            .trace(&["request", "--out", out.to_str().unwrap()])
            .code(2)
            .says(&["folder of the worklists"]);
        assert_eq!(out.exists(), there);
    }
    assert!(!tracing.register().exists());
    let out = tracing.path("private");
    tracing
        .trace(&["request", "--out", out.to_str().unwrap()])
        .code(0);
    assert_eq!(fs::read_dir(out).unwrap().count(), 1);
}

#[test]
fn a_passphrase_that_nobody_can_give_is_told_once_with_what_to_do() {
    let tracing = Tracing::with(", encrypted: {passphrase: true}").person("P101", "", "Quennell");
    let said = tracing.trace(&["request"]).code(5);
    assert_eq!(
        said.stderr.matches("passphrase").count(),
        1,
        "{}",
        said.stderr
    );
    assert_eq!(
        said.stderr.matches("terminal").count(),
        2,
        "{}",
        said.stderr
    );
    said.says(&["there is no terminal", "under `tracing:`"]);
    assert!(!said.stderr.contains("cld key encrypt"), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn files_and_folders_open_to_others_are_pointed_out_and_used_all_the_same() {
    use std::os::unix::fs::PermissionsExt;
    let tracing = Tracing::new().person("P101", "", "Quennell");
    let requests = tracing.path("tracing/requests");
    let close = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let notes = |arguments: &[&str]| {
        let said = tracing.trace(arguments).code(0);
        let has = |words: &str| said.stderr.contains(words);
        (
            has("may look into the folder of the requests"),
            has("may read 1 of"),
        )
    };
    assert_eq!(notes(&["request"]), (false, false));
    close(&requests, 0o750);
    assert_eq!(notes(&["request"]), (true, false));
    let path = requests.join("a.csv");
    tracing.answer("a.csv", &[(&"B".repeat(32), found(NUMBERS[0]))]);
    fs::rename(tracing.path("a.csv"), &path).unwrap();
    let apply = ["apply", path.to_str().unwrap()];
    for (folder, file, expected) in [
        (0o750, 0o644, (true, true)),
        (0o700, 0o640, (false, true)),
        (0o755, 0o600, (true, false)),
        (0o700, 0o600, (false, false)),
    ] {
        close(&requests, folder);
        close(&path, file);
        assert_eq!(notes(&apply), expected);
    }
}
