//! Exit code 2: usage and configuration.

use std::fs;

use crate::support::{Council, call, service};

const GOVERNANCE: &str = "{legal_basis: Act, direction: No. 3, dpia: D1, retain_until: 2099-03-31, \
     national_data_opt_out: {applied: true, reason: mandated}}";

#[test]
fn a_fault_is_named_with_its_key() {
    for (key, value, says) in [
        (
            "recipeint",
            "x",
            &["unknown key `recipeint`; the nearest known one is `recipient`"][..],
        ),
        (
            "period",
            "{start: 2025-02-30, end: 2026-03-31}",
            &["period.start", "2026-03-31"],
        ),
        (
            "period",
            "{start: 2026-04-01, end: 2026-03-31}",
            &["period", "after it ends"],
        ),
        (
            "treatments",
            "{Event Reference: keep}",
            &["treatments", "Event Reference: keep", "stricter"],
        ),
        ("treatments", "{NHS Number: keep}", &["not stricter"]),
        ("treatments", "{Date of Birth: pseudonymise}", &["stricter"]),
        ("treatments", "{First Name: keep}", &["not stricter"]),
        (
            "treatments",
            "{Gendr: drop}",
            &["`Gendr` is not a field", "`Gender`"],
        ),
        (
            "treatments",
            "{Gender: hide}",
            &["no treatment", "keep, pseudonymise, derive and drop"],
        ),
        (
            "governance",
            GOVERNANCE,
            &["national_data_opt_out.applied", "set it to false"],
        ),
        (
            "output",
            "{bundle: out, worklist: out/worklist}",
            &["output", "worklist"],
        ),
        (
            "output",
            "{bundle: out, worklist: ./x/../out/y}",
            &["output", "worklist"],
        ),
        (
            "output",
            "{bundle: worklist/out, worklist: worklist}",
            &["output", "worklist"],
        ),
        ("selection", "{open_event: &a true}", &["anchor"]),
        (
            "return",
            "cld-release-3",
            &["cld-release-3", "cld-release-2"],
        ),
        (
            "controller",
            "{la_code: 99, name: T}",
            &["controller.la_code", "three digits"],
        ),
        ("recipient", "\" \"", &["recipient", "blank"]),
        (
            "gate",
            "{max_error_records: 101%}",
            &["gate.max_error_records", "2.5%"],
        ),
        (
            "gate",
            "{max_error_records: \"5\"}",
            &["gate.max_error_records"],
        ),
        ("lists", "nowhere.csv", &["lists", "cannot read"]),
    ] {
        let ran = Council::of([service()]).set(key, value).fails(2);
        ran.said.says(says);
    }
}

#[test]
fn a_fault_of_a_source_is_named_with_the_source() {
    for (settings, says) in [
        ("encoding: ebcdic", &["sources[1].encoding", "utf-8"][..]),
        ("kind: word", &["sources[1]", "xlsx"]),
        (
            "columns: {NHS No: NHS Numbr}",
            &["sources[1].columns", "`NHS Number`"],
        ),
        (
            "columns: {A: Gender, B: Gender}",
            &["`A` and `B` are both `Gender`"],
        ),
        ("absent: [Dementa]", &["sources[1].absent", "`Dementia`"]),
        (
            "values: {Gender: {F: Femal}}",
            &["`F` is mapped to `Femal`", "`Female`"],
        ),
        (
            "values: {NHS Number: {x: y}}",
            &["never mapped", "case system"],
        ),
        ("colums: {}", &["colums", "`columns`"]),
    ] {
        let ran = Council::of([service()]).reads(settings).fails(2);
        ran.said.says(says);
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let ran = Council::of([service()])
        .set("gate", "{max_error_records: much}")
        .set("treatments", "{Gendr: drop}")
        .fails(2);
    ran.said.says(&["gate.max_error_records", "`Gender`"]);
}

#[test]
fn files_that_are_no_configuration_are_refused() {
    let council = Council::bare();
    let run = |yaml: &[u8]| {
        fs::write(council.path("c.yaml"), yaml).unwrap();
        let path = council.path("c.yaml");
        call(["run", "--config", path.to_str().unwrap()]).code(2)
    };
    run(b"return: [").says(&["line"]);
    run(b"return: a\nreturn: b\n").says(&["return"]);
    run(b"a: &x 1\nb: *x\n").says(&["anchor"]);
    run(b"\xFF\xFE").says(&["UTF-8"]);
    run(&vec![b'#'; (1 << 20) + 1]).says(&["1 MiB"]);
    call(["run", "--config", "/nowhere.yaml"])
        .code(2)
        .says(&["/nowhere.yaml"]);
}

#[test]
fn usage_is_told() {
    for arguments in [
        &["run", "--colour"][..],
        &["walk"],
        &["validate"],
        &["manifest", "verify", "x"],
        &["run", "--format", "xml"],
        &[],
    ] {
        call(arguments.iter().copied()).code(2).says(&["--help"]);
    }
}

#[test]
fn the_command_line_cannot_nest_the_directories_either() {
    let council = Council::of([service()]);
    let out = council.path("worklist/out");
    council
        .argument("--out")
        .argument(out.to_str().unwrap())
        .fails(2)
        .said
        .says(&["worklist"]);
}
