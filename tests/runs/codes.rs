//! Local codes from a file beside the configuration.

use crate::support::{Council, Ran, service};

/// Women and men by these codes, with this file.
fn council(codes: &[&str], file: &str) -> Council {
    let records = codes.iter().map(|code| service().with("Gender", *code));
    Council::of(records.collect::<Vec<_>>())
        .beside("codes.csv", file)
        .reads("values_file: codes.csv")
}

fn genders(ran: &Ran) -> Vec<String> {
    let mut genders = ran.submission().column("Gender");
    genders.sort();
    genders
}

#[test]
fn codes_of_a_file_become_values_of_the_list() {
    let file = "field,local,value\nGender,1, Male\nGender,'-f,Female\nGender,3,\n";
    let ran = council(&["1", "-f", " 1 ", "3"], file)
        .reads("values: {Gender: {F: Female}}")
        .makes();
    assert_eq!(genders(&ran), ["3", "Female", "Male", "Male"]);
    assert_eq!(ran.rules(), ["gender.not_in_list"]);
    // The undecided one is not mapped; inline and file are counted together.
    assert_eq!(ran.predicate()["sources"][0]["values_mapped"]["Gender"], 3);
}

#[test]
fn the_file_names_the_run() {
    let id = |file: &str| {
        let ran = council(&["F"], file).makes();
        ran.bundle().file_name().unwrap().to_owned()
    };
    let first = id("field,local,value\nGender,F,Female\n");
    assert_eq!(first, id("field,local,value\nGender,F,Female\n"));
    assert_ne!(first, id("field,local,value\nGender,F,Male\n"));
}

#[test]
fn one_file_may_serve_several_sources() {
    let file = "source,field,local,value\nsource-1,Gender,1,Male\nsource-2,Gender,1,Female\n,Gender,2,Unknown\n";
    let of = |code: &str, event: &str| service().of("", "P1", event).with("Gender", code);
    let ran = Council::bare()
        .beside("codes.csv", file)
        .source("a.csv", [of("1", "E1"), of("2", "E2")])
        .reads("values_file: codes.csv")
        .source("b.csv", [of("1", "E3"), of("2", "E4")])
        .reads("values_file: codes.csv")
        .makes();
    assert_eq!(genders(&ran), ["Female", "Male", "Unknown", "Unknown"]);
}

#[test]
fn what_a_file_cannot_say_is_told_with_its_row() {
    for (file, says) in [
        (
            "Gender,F,Femal\n",
            &[
                "codes.csv row 2",
                "`Femal` is not in the list of `Gender`",
                "`Female`",
            ][..],
        ),
        (
            "Gendr,F,Female\n",
            &["row 2", "`Gendr` is not a field", "`Gender`"],
        ),
        (
            "NHS Number,x,y\n",
            &["row 2", "`NHS Number` is an identifier", "never mapped"],
        ),
        ("First Name,Qqsecret,\n", &["row 2", "never mapped"]),
        (
            "Event Start Date,x,01/04/2025\n",
            &["row 2", "days are never mapped"],
        ),
        (
            "Gender,Qqsecret,Male\nGender, Qqsecret ,Male\n",
            &["row 3", "of row 2 again"],
        ),
        (
            "Gender,M,Female\n",
            &["row 2", "under `values:`", "Keep one"],
        ),
        (
            "Gender,Qqsecret,9990000018\n",
            &["row 2", "not repeated here"],
        ),
        ("Gender,Qqsecret,LS1 4AP\n", &["row 2", "not repeated here"]),
        ("Gender,,Male\n", &["row 2", "local code is blank"]),
        ("Gender,Qqsecret\n", &["row 2", "has 2 cells"]),
    ] {
        let ran = council(&["F"], &format!("field,local,value\n{file}"))
            .reads("values: {Gender: {M: Male}}")
            .fails(2);
        ran.said.says(&["sources[1].values_file"]);
        ran.said.says(says);
        assert!(!ran.said.stderr.contains("Qqsecret"), "{}", ran.said.stderr);
    }
    let ran = council(
        &["F"],
        "source,field,local,value\nsource-2,Gender,F,Female\n",
    )
    .fails(2);
    ran.said.says(&[
        "row 2",
        "`source-2` is not the name of a source",
        "`source-1`",
    ]);
    let ran = council(&["F"], "a,b\n").fails(2);
    ran.said.says(&["row 1", "`field,local,value`"]);
    let many = "Nothing,F,Female\n".repeat(50);
    let ran = council(&["F"], &format!("field,local,value\n{many}")).fails(2);
    ran.said.says(&["row 21:", "has 30 more faults"]);
    assert!(!ran.said.stderr.contains("row 22:"));
}

#[test]
fn a_file_that_is_none_is_refused() {
    let ran = Council::of([service()])
        .reads("values_file: none.csv")
        .fails(2);
    ran.said
        .says(&["sources[1].values_file", "cannot read", "none.csv"]);
    let ran = Council::of([service()]).reads("values_file: .").fails(2);
    ran.said.says(&["is no plain file"]);
    let large = "field,local,value\n".to_owned() + &"\n".repeat(5 << 20);
    let ran = council(&["F"], &large).fails(2);
    ran.said.says(&["larger than 4 MiB"]);
    let ran = Council::of([service()])
        .reads("values: {Event Start Date: {x: y}}")
        .fails(2);
    ran.said
        .says(&["sources[1].values", "days are never mapped"]);
}
