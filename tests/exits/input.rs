//! Exit code 3: sources that are missing, unreadable, or whose columns do not fit.

use crate::support::{Council, service};

#[test]
fn a_source_that_is_no_plain_file_is_refused() {
    Council::bare()
        .and_missing("cld.csv")
        .fails(3)
        .said
        .says(&["cld.csv", "Check the path under `sources:`"]);

    let council = Council::bare().and_missing("cld.csv");
    std::fs::create_dir(council.path("cld.csv")).unwrap();
    council
        .fails(3)
        .said
        .says(&["cld.csv", "not a plain file", "name the file itself"]);

    #[cfg(unix)]
    {
        let council = Council::of([service()]).and_missing("link.csv");
        std::os::unix::fs::symlink("cld.csv", council.path("link.csv")).unwrap();
        council.fails(3).said.says(&["link.csv", "not a link"]);
    }
}

#[test]
fn columns_that_do_not_fit_are_told_with_letter_and_nearest_field() {
    for (record, says) in [
        (
            service().renamed("NHS Number", "NHS No"),
            &[
                "column D `NHS No`",
                "nearest is `NHS Number`",
                "`NHS No: NHS Number` under `columns:`",
                "under `ignore:`",
                "no column is the field `NHS Number`",
            ][..],
        ),
        (
            service().with("Team", "North"),
            &["column AW `Team`", "under `ignore:`"],
        ),
        (
            service().without("Dementia"),
            &["the field `Dementia`", "under `absent:`"],
        ),
        (
            service().with("", "x"),
            &["column AW has no name", "remove it"],
        ),
        (
            // Names are the specification's exactly: space and underscore are not interchangeable.
            service().renamed("Event Type", "Event_Type"),
            &["column X `Event_Type`", "nearest is `Event Type`"],
        ),
    ] {
        Council::of([record]).fails(3).said.says(says);
    }
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let csv = "LA Code,Gender,Gender\n999,x,y\n";
    Council::file("cld.csv", csv)
        .fails(3)
        .said
        .says(&["column B and column C are both called `Gender`", "Rename"]);

    Council::of([service().with("Sex", "Male")])
        .reads("columns: {Sex: Gender}")
        .fails(3)
        .said
        .says(&["columns I and AW are both the field `Gender`", "`ignore:`"]);
}

#[test]
fn settings_that_the_file_contradicts_are_told() {
    Council::of([service()])
        .reads("absent: [Dementia]")
        .fails(3)
        .said
        .says(&["`Dementia` stands under `absent:`", "column V"]);
    Council::of([service().without("Gender")])
        .reads("columns: {Sex: Gender}")
        .fails(3)
        .said
        .says(&["`columns:` reads it from `Sex`"]);
}

#[test]
fn faults_of_all_sources_are_told_at_once() {
    Council::of([service().without("Dementia")])
        .source("more.csv", [service().with("Team", "")])
        .fails(3)
        .said
        .says(&["cld.csv", "`Dementia`", "more.csv", "`Team`"]);
}

#[test]
fn a_file_without_column_names_shows_none_of_its_first_record() {
    let csv = "999,01/04/2025,31/03/2026,9990000018,P100001,Ada,Lovelace,LS1 4AP\n";
    let ran = Council::file("cld.csv", csv).fails(3);
    ran.said.says(&["first row", "column names"]);
    for word in ["9990000018", "P100001", "Ada", "Lovelace", "LS1 4AP"] {
        assert!(!ran.said.stderr.contains(word), "{}", ran.said.stderr);
    }
    // A word of a record that happens to be the name of a field makes it no row of names.
    let csv = "999,01/04/2025,31/03/2026,Ada,Lovelace,Dementia,Engine House,Analytical\n";
    let ran = Council::file("cld.csv", csv).fails(3);
    ran.said.says(&["only 1 of 8 cells", "column names"]);
    for word in ["Ada", "Lovelace", "Engine", "Analytical"] {
        assert!(!ran.said.stderr.contains(word), "{}", ran.said.stderr);
    }
}

#[test]
fn a_pseudonym_is_never_pseudonymised_again() {
    let pseudonym = "d8767e5ac9f66cd09010633327ac6c7a412b78eb230ea5a82e076b353879382f";
    for (field, column) in [
        ("NHS Number", "D"),
        ("LA Person Unique Identifier", "E"),
        ("Event Reference", "Y"),
        ("Adult 1 Linked Person_ID", "AJ"),
        ("Adult 3 Linked Person_ID", "AL"),
    ] {
        for text in [
            pseudonym.to_owned(),
            format!(" {} ", pseudonym.to_uppercase()),
        ] {
            let again = service().with(field, text);
            let ran = Council::of([service(), again]).fails(3);
            let place = format!("row 3 column {column}: {field} is a pseudonym already");
            ran.said.says(&[&place, "give the extract instead"]);
            assert!(!ran.said.stderr.to_lowercase().contains(&pseudonym[..16]));
        }
    }
}
