//! `cld key rotate` and `cld bridge`.

use std::collections::BTreeMap;
use std::fs;

use super::{Kept, age, age_keys, kept, text};
use crate::support::{Said, Table, call, cld, tree};

fn rotate(kept: &Kept, more: &[&str]) -> Said {
    kept.council.command();
    let (config, out) = (text(&kept.council.path("council.yaml")), next(kept));
    let rotate = ["key", "rotate", "--config", &config, "--out", &out];
    call(rotate.into_iter().chain(more.iter().copied()))
}

fn next(kept: &Kept) -> String {
    text(&kept.council.path("next.key"))
}

fn bridge(kept: &Kept, out: &str, more: &[&str]) -> Said {
    let config = text(&kept.council.path("council.yaml"));
    let (key, out) = (next(kept), text(&kept.council.path(out)));
    let arguments = [
        "bridge",
        "--config",
        &config,
        "--new-key",
        &key,
        "--recipient",
        &kept.public,
        "--out",
        &out,
    ];
    let more = if more.is_empty() {
        &["--new-epoch", "2027"]
    } else {
        more
    };
    call(arguments.into_iter().chain(more.iter().copied()))
}

#[test]
fn the_next_epoch_has_a_key_of_its_own_and_the_line_that_takes_it_into_use() {
    let kept = kept();
    let said = rotate(&kept, &[]).code(0).stdout;
    let [old, new] = [&kept.key, &next(&kept)].map(|key| {
        let id = call(["key", "id", key]).code(0).stdout;
        id.trim().to_owned()
    });
    assert_ne!(old, new);
    let comments = fs::read_to_string(next(&kept)).unwrap();
    assert!(comments.contains(&format!("# epoch 2027; follows key {old} of epoch 2026\n")));
    assert!(said.contains("cld bridge") && said.contains(&old));
    let line = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("key: "));
    let line = line.unwrap().to_owned();
    assert!(
        line.contains("\"next.key\"") && line.contains(&kept.public),
        "{line}"
    );
    // As printed, the configuration takes it.
    let ran = kept.council.set("key", line).makes();
    assert_eq!(ran.predicate()["key"]["id"], new.as_str());
    assert_eq!(ran.predicate()["key"]["epoch"], "2027");
}

#[test]
fn a_rotation_that_is_none_is_refused() {
    let kept = kept();
    rotate(&kept, &["--epoch", "2026"])
        .code(2)
        .says(&["the present one"]);
    rotate(&kept, &["--epoch", " "]).code(5).says(&["epoch"]);
    rotate(&kept, &["--epoch", "a\u{1}b"])
        .code(5)
        .says(&["control character"]);
    assert!(!fs::exists(next(&kept)).unwrap());
    rotate(&kept, &["--epoch", "spring"]).code(0);
    rotate(&kept, &[]).code(5).says(&["never overwritten"]);
    let named = kept
        .council
        .set("key", "{file: council.key, epoch: spring}");
    let kept = Kept {
        council: named,
        ..kept
    };
    fs::remove_file(next(&kept)).unwrap();
    rotate(&kept, &[]).code(2).says(&["--epoch"]);
    // The key is what the configuration means, or there is no next one.
    let wrong = kept.council.set(
        "key",
        "{file: council.key, epoch: \"2026\", id: 4be756613018645e}",
    );
    let kept = Kept {
        council: wrong,
        ..kept
    };
    rotate(&kept, &[]).code(5).says(&["wrong key"]);
    assert!(!fs::exists(next(&kept)).unwrap());
}

#[test]
fn an_encrypted_key_is_followed_by_an_encrypted_one() {
    let kept = kept();
    let said = rotate(&kept, &["--encrypt-to", &kept.public])
        .code(0)
        .stdout;
    assert!(said.contains("THE IDENTITY FILE"), "{said}");
    let locked = text(&kept.council.path("council.key.age"));
    call([
        "key",
        "encrypt",
        &kept.key,
        "--out",
        &locked,
        "--encrypt-to",
        &kept.public,
    ])
    .code(0);
    let council = kept.council.set(
        "key",
        "{file: council.key.age, epoch: \"2026\", identity: custodian.txt}",
    );
    let kept = Kept { council, ..kept };
    fs::remove_file(next(&kept)).unwrap();
    let said = rotate(&kept, &["--encrypt-to", &kept.public])
        .code(0)
        .stdout;
    let line = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("key: "));
    assert!(
        line.unwrap().contains("identity: \"custodian.txt\""),
        "{said}"
    );
    let more = ["--new-epoch", "2027", "--new-identity", &kept.identity];
    bridge(&kept, "bridge.age", &more).code(0);
    bridge(&kept, "other.age", &[])
        .code(5)
        .says(&["next.key", "identity"]);
    assert!(!kept.council.path("other.age").exists());
    kept.council.set("key", line.unwrap().to_owned()).makes();
}

/// Rows without order.
fn sorted(mut table: Table) -> Table {
    table.rows.sort();
    table
}

#[test]
fn the_bridge_leads_from_every_old_pseudonym_to_its_new_one() {
    let kept = kept();
    rotate(&kept, &[]).code(0);
    let said = bridge(&kept, "bridge.age", &[]).code(0);
    for words in [
        "epoch 2026",
        "epoch 2027",
        "la-person",
        "nhs-number",
        &kept.public,
    ] {
        assert!(said.stdout.contains(words), "{words} in {}", said.stdout);
    }
    let file = kept.council.path("bridge.age");
    assert_eq!(super::mode(&file), 0o600);
    let raw = fs::read(&file).unwrap();
    assert!(raw.starts_with(b"age-encryption.org/v1\n"));
    let plain = age(&["-d", "-i", &kept.identity, file.to_str().unwrap()]);
    let table = Table::of(&plain);
    assert_eq!(table.header, ["domain", "old", "new"]);
    assert!(table.column("old").is_sorted());
    let text = String::from_utf8(plain).unwrap();
    for identifier in ["P100001", "9990000018", "E1\n", "100003"] {
        assert!(!text.contains(identifier));
    }
    let map: BTreeMap<_, _> = table
        .rows
        .iter()
        .map(|row| (row[1].clone(), row[2].clone()))
        .collect();
    assert_eq!(map.len(), table.rows.len());

    // The old submission, led over the bridge, is the new one.
    let old = kept.council.makes();
    let mut led = old.submission();
    let mut met = 0;
    for cell in led.rows.iter_mut().flatten() {
        let (prefix, pseudonym) = match cell.split_once('_') {
            Some((code, rest)) if rest.len() == 64 => (format!("{code}_"), rest.to_owned()),
            _ => (String::new(), cell.clone()),
        };
        if pseudonym.len() == 64 {
            *cell = prefix + &map[&pseudonym];
            met += 1;
        }
    }
    assert_eq!(met, 20);
    // Nobody who was left out is in it.
    let submission = old.submission();
    let held: Vec<_> = super::pseudonyms(&submission);
    for pseudonym in map.keys() {
        assert!(held.iter().any(|(_, held)| held.ends_with(pseudonym)));
    }
    fs::remove_dir_all(old.council.path("out")).unwrap();
    let key = "{file: next.key, epoch: \"2027\"}";
    let new = old.council.set("key", key).makes().submission();
    assert_eq!(sorted(led), sorted(new));
}

#[test]
fn a_new_epoch_alone_needs_a_bridge_too() {
    let kept = kept();
    fs::copy(&kept.key, next(&kept)).unwrap();
    kept.council.command();
    bridge(&kept, "bridge.age", &["--new-epoch", "2026"])
        .code(2)
        .says(&["nothing to bridge"]);
    let json = bridge(
        &kept,
        "bridge.age",
        &["--new-epoch", "2027", "--format", "json"],
    )
    .code(0)
    .json();
    assert_eq!(json["from"]["key_id"], json["to"]["key_id"]);
    assert_eq!(json["records"]["read"], 7);
    assert_eq!(json["records"]["submitted"], 5);
    assert_eq!(json["pseudonyms"]["la-person"], 3);
    assert_eq!(json["pseudonyms"]["nhs-number"], 2);
    assert_eq!(json["pseudonyms"]["event-reference"], 5);
}

#[test]
fn there_is_a_whole_bridge_or_none_and_never_beside_a_bundle() {
    let kept = kept();
    rotate(&kept, &[]).code(0);
    fs::create_dir_all(kept.council.path("out/sub")).unwrap();
    fs::write(kept.council.path("there.age"), "there").unwrap();
    let before = tree(kept.council.directory.path());
    bridge(&kept, "out/bridge.age", &[])
        .code(2)
        .says(&["bundles"]);
    bridge(&kept, "out/sub/../bridge.age", &[])
        .code(2)
        .says(&["bundles"]);
    bridge(&kept, "worklist/bridge.age", &[])
        .code(2)
        .says(&["worklists"]);
    bridge(&kept, "there.age", &[])
        .code(2)
        .says(&["there.age", "exists"]);
    bridge(&kept, "nowhere/bridge.age", &[]).code(1);
    assert_eq!(tree(kept.council.directory.path()), before);
    // An extract that breaks off.
    let mut csv = fs::read(kept.council.path("cld.csv")).unwrap();
    csv.extend_from_slice(b"\"999,");
    fs::write(kept.council.path("cld.csv"), csv).unwrap();
    let before = tree(kept.council.directory.path());
    bridge(&kept, "bridge.age", &[]).code(3).says(&["cld.csv"]);
    assert_eq!(tree(kept.council.directory.path()), before);
    // Somebody else's identity does not open one that is whole.
    kept.council.command();
    bridge(&kept, "bridge.age", &[]).code(0);
    let (other, _) = age_keys(kept.council.directory.path(), "other.txt");
    let file = text(&kept.council.path("bridge.age"));
    let age = std::process::Command::new("age")
        .args(["-d", "-i", &other, &file])
        .output();
    assert!(!age.unwrap().status.success());
}

#[test]
fn a_test_key_bridges_no_real_people() {
    let kept = kept();
    rotate(&kept, &[]).code(0);
    let real = crate::support::service().of("9434765919", "P100007", "E9");
    let council = kept.council.source("more.csv", [real]);
    let test = crate::support::samples("test.key");
    council.command();
    let config = text(&council.path("council.yaml"));
    let out = text(&council.path("bridge.age"));
    let said = Said::of(
        cld([
            "bridge",
            "--config",
            &config,
            "--new-key",
            &test,
            "--new-epoch",
            "2027",
            "--recipient",
            &kept.public,
            "--out",
            &out,
        ])
        .output()
        .unwrap(),
    );
    said.code(5).says(&["test key"]);
    assert!(!council.path("bridge.age").exists());
}
