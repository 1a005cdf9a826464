//! `cld attack`: what it prints and how it ends. What it finds is tested in the library, on bundles of weakened builds.

use std::fs;

use crate::support::{Council, Said, call, request};

const NUMBERS: [&str; 3] = ["9990000018", "9990000026", "9990000034"];

fn council() -> Council {
    Council::of((0..3).map(|at| {
        request()
            .with("NHS Number", NUMBERS[at])
            .with("LA Person Unique Identifier", format!("P70000{at}"))
    }))
}

fn attack(directory: &std::path::Path, bundle: &str, more: &[&str]) -> Said {
    let config = directory.join("council.yaml");
    let arguments = [
        "attack",
        bundle,
        "--extract",
        config.to_str().unwrap(),
        "--no-dictionary",
    ];
    let said = call(arguments.into_iter().chain(more.iter().copied()));
    for number in NUMBERS.into_iter().chain(["P70000"]) {
        assert!(!said.stdout.contains(number) && !said.stderr.contains(number));
    }
    said
}

#[test]
fn a_sound_bundle_withstands() {
    let ran = council().makes();
    let (directory, bundle) = (ran.council.directory.path(), ran.bundle());
    let bundle = bundle.to_str().unwrap();
    let said = attack(directory, bundle, &[]).code(0);
    for words in [
        "All NHS numbers: not run: --no-dictionary was given",
        "Known identifiers: withstood, ",
        "Order of rows: not run: fewer than 30 people can be found again",
        "Direct identifiers: withstood, ",
        "Shared pseudonyms: not run: no other bundle",
        "not told: fewer than 10 people",
        "No attack succeeded.",
    ] {
        assert!(said.stdout.contains(words), "{words}\n{}", said.stdout);
    }
    let key = crate::support::samples("test-signing.pub.pem");
    let json = attack(
        directory,
        bundle,
        &["--format", "json", "--public-key", &key, "--other", bundle],
    )
    .code(0)
    .json();
    assert_eq!(
        (&json["withstood"], &json["signature_checked"]),
        (&true.into(), &true.into())
    );
    let attacks = json["attacks"].as_array().unwrap();
    let results: Vec<_> = attacks
        .iter()
        .map(|a| a["result"].as_str().unwrap())
        .collect();
    assert_eq!(
        results,
        [
            "not_run",
            "withstood",
            "not_run",
            "withstood",
            "withstood",
            "told"
        ]
    );
    // Three numbers, three people, and the event reference that all records have.
    assert_eq!(attacks[4]["figures"]["bundle 1: shared"], 7);
}

#[test]
fn what_is_damaged_or_not_there_is_refused() {
    let ran = council().makes();
    let directory = ran.council.directory.path();
    let bundle = ran.bundle();
    attack(directory, directory.join("nowhere").to_str().unwrap(), &[])
        .code(3)
        .says(&["no such directory"]);
    let missing = [
        "attack",
        bundle.to_str().unwrap(),
        "--extract",
        "nowhere.yaml",
    ];
    assert_ne!(call(missing).code, 0);
    fs::write(bundle.join("findings.csv"), "rule\r\n").unwrap();
    attack(directory, bundle.to_str().unwrap(), &[])
        .code(6)
        .says(&["findings.csv was changed"]);
    let config = directory.join("council.yaml");
    let other = fs::read_to_string(&config)
        .unwrap()
        .replace("la_code: \"999\"", "la_code: \"998\"");
    fs::write(&config, other).unwrap();
    fs::remove_file(bundle.join("findings.csv")).unwrap();
    attack(directory, bundle.to_str().unwrap(), &[])
        .code(6)
        .says(&["findings.csv is missing"]);
}

#[test]
fn another_councils_bundle_is_a_usage_fault() {
    let ran = council().makes();
    let directory = ran.council.directory.path();
    let config = directory.join("council.yaml");
    let other = fs::read_to_string(&config)
        .unwrap()
        .replace("la_code: \"999\"", "la_code: \"998\"");
    fs::write(&config, other).unwrap();
    attack(directory, ran.bundle().to_str().unwrap(), &[])
        .code(2)
        .says(&["another council or return"]);
}
