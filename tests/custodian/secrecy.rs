//! Key material stands in key files and shares, and nowhere else.

use std::fs;
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};

use super::{age_keys, kept, text};
use crate::support::{Said, cld, tree};

/// Everything that a secret would look like.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![
        secret.to_vec(),
        HEXLOWER.encode(secret).into_bytes(),
        HEXUPPER.encode(secret).into_bytes(),
    ];
    // Base64 of a text that begins one or two bytes before looks otherwise.
    for skipped in 0..3 {
        let whole = (secret.len() - skipped) / 3 * 3;
        forms.push(
            BASE64
                .encode(&secret[skipped..skipped + whole])
                .into_bytes(),
        );
    }
    forms
}

fn secret_of(key: &Path) -> Vec<u8> {
    let text = fs::read_to_string(key).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("cld-key-1:"));
    BASE64.decode(line.unwrap().as_bytes()).unwrap()
}

#[test]
fn no_command_leaves_a_key_anywhere_but_in_key_files() {
    let kept = kept();
    let base = kept.council.directory.path().to_owned();
    let at = |name: &str| text(&base.join(name));
    fs::create_dir(base.join("tmp")).unwrap();
    fs::create_dir(base.join("keys")).unwrap();
    kept.council.command();
    let config = at("council.yaml");
    let (identity, public) = age_keys(&base, "second.txt");
    let mut printed = Vec::new();
    let mut call = |arguments: &[&str]| {
        let output = cld(arguments.iter().copied())
            .env("TMPDIR", at("tmp"))
            .output()
            .unwrap();
        let said = Said::of(output);
        printed.push(format!("{}{}", said.stdout, said.stderr));
        said
    };
    let key = &kept.key;
    call(&[
        "run",
        "--config",
        &config,
        "--crosswalk",
        &at("crosswalk.age"),
    ])
    .code(0);
    call(&["key", "id", key]).code(0);
    call(&["key", "check", key]).code(0);
    call(&[
        "key",
        "encrypt",
        key,
        "--out",
        &at("locked.age"),
        "--encrypt-to",
        &public,
    ])
    .code(0);
    call(&["key", "id", &at("locked.age"), "--identity", &identity]).code(0);
    call(&[
        "key",
        "rotate",
        "--config",
        &config,
        "--out",
        &at("keys/next.key"),
    ])
    .code(0);
    call(&[
        "key",
        "split",
        key,
        "--shares",
        "3",
        "--threshold",
        "2",
        "--out",
        &at("shares"),
    ])
    .code(0);
    let [one, two] = [1, 3].map(|n| at(&format!("shares/share-{n}-of-3.txt")));
    call(&["key", "join", &one, &two, "--out", &at("keys/joined.key")]).code(0);
    let bridge = [
        "--new-epoch",
        "2027",
        "--recipient",
        &public,
        "--out",
        &at("bridge.age"),
    ];
    let arguments = [
        "bridge",
        "--config",
        &config,
        "--new-key",
        &at("keys/next.key"),
    ];
    call(&[&arguments[..], &bridge[..]].concat()).code(0);
    let arguments = [
        "reidentify",
        &at("crosswalk.age"),
        "--identity",
        &kept.identity,
        "--log",
        &at("look.log"),
        "--reason",
        "NHS England query 17",
        &"0".repeat(64),
    ];
    call(&arguments).code(0);
    // And where it goes wrong.
    call(&["key", "id", &at("locked.age"), "--identity", &kept.identity]).code(5);
    call(&["key", "new", key]).code(5);
    call(&["key", "join", &one, "--out", &at("keys/no.key")]).code(5);
    for file in [at("keys/next.key"), one.clone(), identity.clone()] {
        call(&["run", "--config", &file])
            .code(2)
            .says(&["holds a key"]);
    }
    call(&["validate", key]).code(3);
    call(&["key", "id", &one]).code(5);

    let identity_line = fs::read_to_string(&identity).unwrap();
    let identity_line = identity_line.lines().last().unwrap();
    let share = fs::read_to_string(&one).unwrap();
    let share = share
        .lines()
        .last()
        .unwrap()
        .trim_start_matches("cld-share-1:");
    let mut secrets = vec![identity_line.as_bytes().to_vec(), share.as_bytes().to_vec()];
    for key in [base.join("council.key"), base.join("keys/next.key")] {
        secrets.extend(forms(&secret_of(&key)));
    }
    let joined = secret_of(&base.join("keys/joined.key"));
    assert_eq!(joined, secret_of(&base.join("council.key")));
    let holds = |bytes: &[u8]| {
        secrets
            .iter()
            .any(|s| bytes.windows(s.len()).any(|w| w == s))
    };
    for text in &printed {
        assert!(!holds(text.as_bytes()), "{text}");
    }
    let mut looked_at = 0;
    for (name, bytes) in tree(&base) {
        let keeps =
            name == "council.key" || name.starts_with("keys/") || name.starts_with("shares/");
        if keeps || name == "second.txt" || name == "custodian.txt" {
            continue;
        }
        looked_at += 1;
        assert!(!holds(&bytes), "{name}");
    }
    assert!(looked_at > 15);
    // The search itself finds what is there.
    assert!(holds(&fs::read(base.join("council.key")).unwrap()));
    assert!(holds(&fs::read(&one).unwrap()));
    assert!(fs::read_dir(base.join("tmp")).unwrap().next().is_none());
}
