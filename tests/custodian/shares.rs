//! `cld key split` and `cld key join`.

use std::fs;

use super::{age_keys, text};
use crate::support::{call, samples, tree};

struct Split {
    directory: tempfile::TempDir,
    key: String,
    id: String,
}

impl Split {
    /// A key, and five shares of it, three of which are needed.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let key = text(&directory.path().join("council.key"));
        call(["key", "new", &key]).code(0);
        let id = call(["key", "id", &key]).code(0).stdout.trim().to_owned();
        let split = Self { directory, key, id };
        let out = split.at("shares");
        let arguments = [
            "key",
            "split",
            &split.key,
            "--shares",
            "5",
            "--threshold",
            "3",
            "--out",
        ];
        let said = call(arguments.into_iter().chain([out.as_str()])).code(0);
        assert!(said.stdout.contains(&split.id) && !said.stdout.contains(&split.line()));
        split
    }

    fn at(&self, name: &str) -> String {
        text(&self.directory.path().join(name))
    }

    fn share(&self, n: usize) -> String {
        self.at(&format!("shares/share-{n}-of-5.txt"))
    }

    fn line(&self) -> String {
        let text = fs::read_to_string(&self.key).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("cld-key-1:"));
        line.unwrap().to_owned()
    }

    fn join(&self, shares: &[String], out: &str) -> crate::support::Said {
        let out = self.at(out);
        let shares = shares.iter().map(String::as_str);
        call(
            ["key", "join"]
                .into_iter()
                .chain(shares)
                .chain(["--out", &out]),
        )
    }
}

#[test]
fn every_three_of_five_make_the_key_and_no_two() {
    let split = Split::new();
    for which in 0..32_u32 {
        let shares: Vec<_> = (1..=5)
            .filter(|n| which >> (n - 1) & 1 == 1)
            .map(|n| split.share(n))
            .collect();
        if shares.is_empty() {
            continue;
        }
        let name = format!("joined-{which}.key");
        let said = split.join(&shares, &name);
        if shares.len() >= 3 {
            let said = said.code(0);
            assert!(said.stdout.contains(&split.id));
            let joined = fs::read_to_string(split.at(&name)).unwrap();
            assert!(joined.contains(&split.line()));
            assert_eq!(super::mode(split.at(&name).as_ref()), 0o600);
        } else {
            let needed = format!("{} of the 3 shares", shares.len());
            said.code(5).says(&[&needed]);
            assert!(!fs::exists(split.at(&name)).unwrap());
        }
    }
}

#[test]
fn the_share_that_is_at_fault_is_named() {
    let (split, other) = (Split::new(), Split::new());
    let good = || vec![split.share(1), split.share(2), split.share(3)];
    let mut swapped = good();
    swapped[1] = other.share(2);
    split
        .join(&swapped, "a.key")
        .code(5)
        .says(&[&other.share(2), &other.id, &split.id]);
    let twice = [split.share(4), split.share(1), split.share(4)];
    split
        .join(&twice, "a.key")
        .code(5)
        .says(&["the same share"]);

    let text = fs::read_to_string(split.share(3)).unwrap();
    let at = text.find("cld-share-1:").unwrap() + 40;
    let other_letter = if &text[at..=at] == "A" { "B" } else { "A" };
    let damaged = format!("{}{other_letter}{}", &text[..at], &text[at + 1..]);
    fs::write(split.share(3), damaged).unwrap();
    split
        .join(&good(), "a.key")
        .code(5)
        .says(&[&split.share(3), "damaged"]);
    fs::write(split.share(3), "nothing\n").unwrap();
    split
        .join(&good(), "a.key")
        .code(5)
        .says(&[&split.share(3), "line 1"]);
    assert!(!fs::exists(split.at("a.key")).unwrap());
}

#[test]
fn nothing_is_divided_that_makes_no_sense_and_nothing_written_over() {
    let split = Split::new();
    let before = tree(split.directory.path());
    let call_split = |key: &str, shares: &str, threshold: &str, out: &str| {
        let out = split.at(out);
        let numbers = ["--shares", shares, "--threshold", threshold];
        call(
            ["key", "split", key, "--out", &out]
                .into_iter()
                .chain(numbers),
        )
    };
    call_split(&split.key, "3", "1", "other")
        .code(5)
        .says(&["at least 2"]);
    call_split(&split.key, "3", "4", "other")
        .code(5)
        .says(&["4 of 3"]);
    call_split(&split.key, "5", "3", "shares")
        .code(5)
        .says(&["exists"]);
    call_split(&samples("test.key"), "5", "3", "other")
        .code(5)
        .says(&["published"]);
    split
        .join(
            &[split.share(1), split.share(2), split.share(3)],
            "council.key",
        )
        .code(5);
    assert_eq!(tree(split.directory.path()), before);
}

#[test]
fn an_encrypted_key_is_divided_and_joined_into_an_encrypted_one() {
    let split = Split::new();
    let (identity, public) = age_keys(split.directory.path(), "custodian.txt");
    let locked = split.at("locked.age");
    call([
        "key",
        "encrypt",
        &split.key,
        "--out",
        &locked,
        "--encrypt-to",
        &public,
    ])
    .code(0);
    let out = split.at("again");
    let numbers = ["--shares", "2", "--threshold", "2", "--identity", &identity];
    call(
        ["key", "split", &locked, "--out", &out]
            .into_iter()
            .chain(numbers),
    )
    .code(0);
    let [one, two] = [1, 2].map(|n| split.at(&format!("again/share-{n}-of-2.txt")));
    let joined = split.at("joined.age");
    call([
        "key",
        "join",
        &one,
        &two,
        "--out",
        &joined,
        "--encrypt-to",
        &public,
    ])
    .code(0);
    let id = call(["key", "id", &joined, "--identity", &identity]).code(0);
    assert_eq!(id.stdout.trim(), split.id);
    // Shares of two divisions of one key do not fit.
    call([
        "key",
        "join",
        &split.share(1),
        &split.share(3),
        &one,
        "--out",
        &split.at("no.key"),
    ])
    .code(5)
    .says(&[&one, "another division"]);
}
