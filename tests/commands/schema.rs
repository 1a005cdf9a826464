//! `cld schema`, and schemas of the council's own.

use std::fs;

use crate::support::{Council, call, service};

const BUILT_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");

#[test]
fn the_returns_known_are_listed_with_what_is_not_known_of_them() {
    let human = call(["schema", "list"]).code(0).stdout;
    for part in ["cld-release-1", "cld-release-2", "dementia", "not found"] {
        assert!(human.contains(part), "{part}");
    }
    let json = call(["schema", "list", "--format", "json"]).code(0).json();
    let ids: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["cld-release-1", "cld-release-2"]);
}

#[test]
fn a_return_a_field_and_a_list_are_shown() {
    let overview = call(["schema", "show"]).code(0).stdout;
    assert!(overview.contains("Event Type") && overview.contains("Planned units per week"));
    for name in ["Event Type", "event_type", "EVENT TYPE"] {
        let field = call(["schema", "show", name]).code(0).stdout;
        assert!(
            field.contains("Assessment") && field.contains("keep"),
            "{field}"
        );
    }
    let old = call(["schema", "show", "client_type", "--schema", "cld-release-1"]).code(0);
    assert!(old.stdout.contains("Carer known by association"));
    assert!(!old.stdout.contains("Unpaid carer known"));
    let json = call(["schema", "show", "gender", "--format", "json"])
        .code(0)
        .json();
    assert_eq!(json["field"]["name"], "Gender");
    assert!(json["list"].to_string().contains("Female"));
    let json = call(["schema", "show", "--format", "json"]).code(0).json();
    assert!(json.to_string().contains("cld-release-2"));

    call(["schema", "show", "gendr"])
        .code(2)
        .says(&["gendr", "`Gender`"]);
    call(["schema", "show", "--schema", "cld-release-9"])
        .code(2)
        .says(&["cld-release-9"]);
}

#[test]
fn the_built_in_schemas_are_sound() {
    for id in ["cld-release-1", "cld-release-2"] {
        let file = format!("{BUILT_IN}/{id}.yaml");
        let said = call(["schema", "check", &file]).code(0);
        assert!(said.stdout.contains("is sound") && said.stdout.contains(id));
        let json = call(["schema", "check", &file, "--format", "json"])
            .code(0)
            .json();
        assert_eq!(json["fields"], 50);
    }
}

#[test]
fn a_broken_schema_is_told_with_line_and_column() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cld-release-1.yaml");
    let whole = fs::read_to_string(format!("{BUILT_IN}/cld-release-1.yaml")).unwrap();
    let name = path.to_str().unwrap();
    for (found, put, says) in [
        ("    type: date\n", "    type: dat\n", "dat"),
        ("    treatment: keep\n", "    treatmnt: keep\n", "treatmnt"),
        ("    list: gender\n", "    list: gendre\n", "gendre"),
        ("    treatment: keep\n", "", "treatment"),
        (
            "applicable: 'client_type starts_with",
            "applicable: 'client_typ starts_with",
            "client_typ",
        ),
    ] {
        let at = whole.find(found).unwrap_or_else(|| panic!("{found}"));
        let line = whole[..at].matches('\n').count() + 1;
        fs::write(&path, whole.replacen(found, put, 1)).unwrap();
        let said = call(["schema", "check", name]).code(2);
        said.says(&["cld-release-1.yaml", says]);
        // Of a missing key the place is the field that lacks it.
        if !put.is_empty() {
            let place = said.stderr.lines().any(|l| l.contains(&format!("{line}:")));
            assert!(place, "line {line} in {}", said.stderr);
        }
    }
    fs::write(&path, "schema: [\n").unwrap();
    call(["schema", "check", name])
        .code(2)
        .says(&["cld-release-1.yaml", ":"]);
    call(["schema", "check", "/nowhere.yaml"])
        .code(2)
        .says(&["/nowhere.yaml"]);
}

#[test]
fn a_directory_of_schemas_goes_first() {
    let council = Council::of([service().with("Gender", "Person")]);
    let directory = council.path("schemas");
    fs::create_dir(&directory).unwrap();
    for id in ["cld-release-1", "cld-release-2"] {
        let text = fs::read_to_string(format!("{BUILT_IN}/{id}.yaml")).unwrap();
        let text = text.replace(
            "- value: Female\n",
            "- value: Female\n      - value: Person\n",
        );
        fs::write(directory.join(format!("{id}.yaml")), text).unwrap();
    }
    let schemas = directory.to_str().unwrap().to_owned();
    let shown = call(["--schemas", &schemas, "schema", "show", "gender"]).code(0);
    assert!(shown.stdout.contains("Person"));
    let built_in = Council::of([service().with("Gender", "Person")]).makes();
    assert_eq!(built_in.rules(), ["gender.not_in_list"]);
    let own = council.argument("--schemas").argument(&schemas).makes();
    assert_eq!(own.rules(), Vec::<String>::new());
    assert_ne!(
        own.predicate()["schema"]["digest"],
        built_in.predicate()["schema"]["digest"]
    );
}

/// A code means one rule: a schema that states one of a check would have two of it.
#[test]
fn a_rule_may_not_have_the_code_of_a_check() {
    let directory = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(format!("{BUILT_IN}/cld-release-1.yaml")).unwrap();
    for (renamed, code) in [
        ("- rule: event_end_date.blank_mandatory", 2),
        ("- rule: event_end_date.early", 0),
    ] {
        let text = text
            .replace("schema: cld-release-1\n", "schema: own\n")
            .replace("- rule: event_end_date.before_start", renamed);
        let path = directory.path().join("own.yaml");
        fs::write(&path, text).unwrap();
        let said = call(["schema", "check", path.to_str().unwrap()]).code(code);
        if code == 2 {
            said.says(&["event_end_date.blank_mandatory", "another name"]);
        }
    }
}
