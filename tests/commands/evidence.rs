//! What is made of a manifest: differences, approval, registers, the report again.

use std::fs;
use std::path::Path;

use crate::support::{Council, Ran, Said, call, samples, service, tree};

fn sent() -> Ran {
    Council::of([service(), service().of("9990000026", "P100002", "E2")])
        .set("period", "{start: 2025-01-01, end: 2025-12-31}")
        .makes()
}

fn next(before: &Ran) -> Council {
    Council::of([service(), service().of("9990000026", "P100002", "E2")])
        .set("previous", before.bundle().to_str().unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn diff(before: &Path, after: &Path, more: &[&str]) -> Said {
    let arguments = ["manifest", "diff", text(before), text(after)];
    call(arguments.into_iter().chain(more.iter().copied()))
}

fn new_key(council: &Council, name: &str) -> (String, String) {
    let private = council.path(&format!("{name}.pem"));
    call(["key", "new", "--signing", text(&private)]).code(0);
    let public = council.path(&format!("{name}.pub.pem"));
    (text(&private).to_owned(), text(&public).to_owned())
}

fn sign(bundle: &Path, key: &str, more: &[&str]) -> Said {
    let council = samples("test-signing.pub.pem");
    let arguments = [
        "manifest",
        "sign",
        text(bundle),
        "--role",
        "reviewer",
        "--key",
        key,
        "--public-key",
        &council,
    ];
    call(arguments.into_iter().chain(more.iter().copied()))
}

fn verify(bundle: &Path, more: &[&str]) -> Said {
    let council = samples("test-signing.pub.pem");
    let arguments = ["manifest", "verify", text(bundle), "--public-key", &council];
    call(arguments.into_iter().chain(more.iter().copied()))
}

#[test]
fn differences_are_told_to_reviewers_and_stand_in_the_manifest() {
    let before = sent();
    let after = next(&before)
        .set("treatments", "{Gender: drop}")
        .set(
            "governance",
            "{legal_basis: Other Act, direction: No. 3, dpia: D1, retain_until: 2099-03-31, \
             national_data_opt_out: {applied: false, reason: mandated}}",
        )
        .makes();
    let human = diff(&before.bundle(), &after.bundle(), &[]).code(0).stdout;
    for part in [
        "the later names the earlier as the one before it",
        "signatures not (--public-key)",
        "Gender does not leave any more\n    before  kept: Gender (as checked)\n    now     nothing",
        "The legal basis is another one\n    before  Act\n    now     Other Act",
        "The reporting period is another one",
    ] {
        assert!(human.contains(part), "{part} in {human}");
    }
    let key = samples("test-signing.pub.pem");
    let json = diff(
        &before.bundle(),
        &after.bundle(),
        &["--format", "json", "--public-key", &key],
    );
    let json = json.code(0).json();
    assert_eq!(json["chained"], true);
    assert_eq!(json["verified"], true);
    let previous = &after.predicate()["previous"];
    assert_eq!(json["changes"], previous["changes"]);
    assert_eq!(
        json["before"]["manifest_digest"],
        previous["manifest_digest"]
    );
    assert_eq!(previous["run_id"], before.predicate()["run_id"]);
    assert_eq!(previous["period"]["end"], "2025-12-31");
    assert_eq!(previous["people_again"], "fewer than 10 people");
    let report = String::from_utf8(after.read("report.html")).unwrap();
    assert!(report.contains("Gender does not leave any more"));
    let shown = call(["manifest", "show", text(&after.bundle())])
        .code(0)
        .stdout;
    assert!(shown.contains("Gender does not leave any more (before: kept: Gender"));

    // The other way round: a field that leaves now is first, and the chain is not what it should be.
    let human = diff(&after.bundle(), &before.bundle(), &[]).code(0).stdout;
    assert!(human.contains("NOT CHAINED"));
    let first = human.find("Gender leaves now, and did not before").unwrap();
    assert!(first < human.find("legal basis").unwrap());
    let same = diff(&before.bundle(), &before.bundle(), &[]).code(0).stdout;
    assert!(same.contains("Nothing differs."));
}

#[test]
fn damaged_bundles_are_not_compared() {
    let before = sent();
    let after = next(&before).makes();
    fs::write(before.bundle().join("findings.csv"), "").unwrap();
    diff(&before.bundle(), &after.bundle(), &[])
        .code(6)
        .says(&["findings.csv was changed", text(&before.bundle())]);
    diff(Path::new("/nowhere"), &after.bundle(), &[])
        .code(3)
        .says(&["/nowhere"]);
    let (_, stranger) = new_key(&after.council, "stranger");
    diff(
        &after.bundle(),
        &after.bundle(),
        &["--public-key", &stranger],
    )
    .code(6);
}

#[test]
fn a_reviewer_approves_and_an_equal_run_leaves_the_approval() {
    let ran = sent();
    let (private, public) = new_key(&ran.council, "reviewer");
    verify(&ran.bundle(), &["--reviewer-key", &public])
        .code(6)
        .says(&["was not approved"]);
    let said = sign(&ran.bundle(), &private, &[]).code(0);
    assert!(said.stdout.starts_with("approved ") && said.stdout.contains("signatures now: 2"));
    let human = verify(&ran.bundle(), &["--reviewer-key", &public]).code(0);
    assert!(
        human
            .stdout
            .contains("approved: signed by the reviewer's key ")
    );
    let unasked = verify(&ran.bundle(), &[]).code(0).stdout;
    assert!(unasked.contains("not verified: 1 more signature by keys"));
    let json = verify(
        &ran.bundle(),
        &["--reviewer-key", &public, "--format", "json"],
    );
    let json = json.code(0).json();
    assert_eq!(json["reviewer_key_ids"].as_array().unwrap().len(), 1);
    assert_eq!(json["other_signatures"], 0);

    let approved = tree(&ran.bundle());
    sign(&ran.bundle(), &private, &[])
        .code(2)
        .says(&["already"]);
    let again = Said::of(ran.council.command().output().unwrap()).code(0);
    assert!(again.stdout.contains("left as it was"));
    assert_eq!(tree(&ran.bundle()), approved);
    assert_eq!(fs::read_dir(ran.council.path("out")).unwrap().count(), 1);
    // It can be named as the bundle before, like any other.
    next(&ran).makes();
}

#[test]
fn an_interrupted_approval_is_told_and_completed() {
    let ran = sent();
    let (private, public) = new_key(&ran.council, "reviewer");
    let list = fs::read(ran.bundle().join("manifest-sha256.txt")).unwrap();
    sign(&ran.bundle(), &private, &[]).code(0);
    fs::write(ran.bundle().join("manifest-sha256.txt"), list).unwrap();
    verify(&ran.bundle(), &[]).code(6).says(&["Sign again"]);
    let run = Said::of(ran.council.command().output().unwrap()).code(6);
    run.says(&["Sign again"]);
    let said = sign(&ran.bundle(), &private, &["--format", "json"]).code(0);
    assert_eq!(said.json()["completed"], true);
    verify(&ran.bundle(), &["--reviewer-key", &public]).code(0);
}

#[test]
fn an_approval_that_proves_nothing_is_refused() {
    let ran = sent();
    let before = tree(&ran.bundle());
    sign(&ran.bundle(), &samples("test-signing.pem"), &[])
        .code(2)
        .says(&["key that the council signed"]);
    sign(&ran.bundle(), "/nowhere.pem", &[]).code(5);
    let (private, public) = new_key(&ran.council, "reviewer");
    sign(Path::new("/nowhere"), &private, &[]).code(3);
    let council = samples("test-signing.pub.pem");
    verify(&ran.bundle(), &["--reviewer-key", &council])
        .code(2)
        .says(&["no review"]);
    let bundle = ran.bundle();
    let role = ["manifest", "sign", text(&bundle), "--role", "auditor"];
    call(
        role.into_iter()
            .chain(["--key", &private, "--public-key", &public]),
    )
    .code(2);
    assert_eq!(tree(&ran.bundle()), before);
    let file = ran.bundle().join("submission.csv");
    fs::write(&file, "other").unwrap();
    sign(&ran.bundle(), &private, &[])
        .code(6)
        .says(&["submission.csv was changed"]);
}

#[test]
fn the_report_is_made_again_byte_for_byte() {
    let ran = next(&sent()).makes();
    let bundle = ran.bundle();
    let printed = call(["report", text(&bundle)]).code(0).stdout;
    assert_eq!(printed.as_bytes(), ran.read("report.html"));
    let out = ran.council.path("again.html");
    let said = call(["report", text(&bundle), "--out", text(&out)]).code(0);
    assert!(said.stdout.contains("byte for byte"));
    assert_eq!(fs::read(&out).unwrap(), ran.read("report.html"));
    call(["report", text(&bundle), "--out", text(&out)])
        .code(2)
        .says(&["not overwritten"]);
    call(["report", "/nowhere"]).code(3).says(&["/nowhere"]);

    let manifest = bundle.join("manifest.json");
    let changed = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, changed.replace("Testshire", "Elsewhere")).unwrap();
    let refused = call(["report", text(&bundle)]).code(6);
    refused.says(&["not the one that was signed", "--even-if-different"]);
    assert_eq!(refused.stdout, "");
    let given = call(["report", text(&bundle), "--even-if-different"]).code(0);
    given.says(&["not the one that was signed"]);
    assert!(given.stdout.contains("Elsewhere"));
}

#[test]
fn registers_are_made_of_the_manifest() {
    let ran = sent();
    let bundle = ran.bundle();
    let markdown = call(["register", text(&bundle)]).code(0).stdout;
    for part in [
        "## Data release register",
        "## Record of processing activities",
        "## Annex to the data protection impact assessment",
        "| National data opt-out honoured | No: mandated (0 records removed) |",
        "| Organisation that releases | Testshire (LA code 999) |",
        "to be filled in by",
        "| Field Date of Birth | reduced: ",
    ] {
        assert!(markdown.contains(part), "{part} in {markdown}");
    }
    let csv = call(["register", text(&bundle), "--format", "csv"]).code(0);
    assert!(
        csv.stdout
            .starts_with("\u{feff}register,item,entry,to_be_filled_in_by\r\n")
    );
    let json = call(["register", text(&bundle), "--format", "json"]);
    let json = json.code(0).json();
    let items = json.as_array().unwrap().iter();
    let items: usize = items.map(|r| r["items"].as_array().unwrap().len()).sum();
    assert_eq!(csv.stdout.matches("\r\n").count(), items + 1);
    for only in ["release", "processing", "annex"] {
        let one = ["register", text(&bundle), "--only", only];
        let markdown = call(one).code(0).stdout;
        assert_eq!(markdown.matches("## ").count(), 1, "{only}");
        let csv = call(one.into_iter().chain(["--format", "csv"])).code(0);
        assert_eq!(csv.stdout.matches("\r\n").count(), 2, "a header and a line");
    }
    let key = samples("test-signing.pub.pem");
    call(["register", text(&bundle), "--public-key", &key]).code(0);
    fs::write(bundle.join("findings.csv"), "").unwrap();
    call(["register", text(&bundle)])
        .code(6)
        .says(&["findings.csv"]);
    call(["register", "/nowhere"]).code(3);
}
