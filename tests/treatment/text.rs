//! The bytes of submission.csv: encoding, quotes, line ends, and values that would run as a formula.

use crate::support::{Council, Ran, Record, service};

fn practice(text: &str) -> Record {
    service().with("GP Practice Code", text)
}

#[track_caller]
fn written(ran: &Ran) -> String {
    ran.submission().only("GP_Practice_Code").to_owned()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|w| w == part)
}

#[test]
fn text_is_windows_1252_and_quoted_only_where_needed() {
    for (text, bytes) in [
        ("plain", &b",plain,"[..]),
        ("Zoë", b",Zo\xEB,"),
        ("€5 – “q”", b",\x805 \x96 \x93q\x94,"),
        ("a,b", b",\"a,b\","),
        ("a\"b", b",\"a\"\"b\","),
        ("a\nb", b",\"a\nb\","),
        ("a\r\nb", b",\"a\r\nb\","),
        ("a b;c", b",a b;c,"),
    ] {
        let file = Council::of([practice(text)]).makes().read("submission.csv");
        assert!(holds(&file, bytes), "{text:?}");
        assert!(file.ends_with(b"\r\n") && !file.starts_with(b"\xEF\xBB\xBF"));
    }
}

#[test]
fn every_line_ends_as_windows_has_it() {
    let file = Council::of([service(), service()])
        .makes()
        .read("submission.csv");
    let lines: Vec<_> = file.split_inclusive(|b| *b == b'\n').collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.ends_with(b"\r\n")));
    assert!(!file.contains(&b'"'));
}

#[test]
fn a_character_outside_windows_1252_is_a_finding_and_a_question_mark() {
    for (text, expected) in [
        ("Łódź", "?ód?"),
        ("日本", "??"),
        ("a\u{85}b", "a?b"),
        ("a\u{fffd}b", "a?b"),
    ] {
        let ran = Council::of([practice(text)]).makes();
        assert_eq!(written(&ran), expected);
        assert!(
            ran.rules()
                .contains(&"gp_practice_code.encoding".to_owned())
        );
    }
    let ran = Council::of([practice("Ÿž")]).makes();
    assert_eq!(written(&ran), "Ÿž");
    assert!(
        !ran.rules()
            .contains(&"gp_practice_code.encoding".to_owned())
    );
}

#[test]
fn what_would_run_as_a_formula_is_withheld() {
    for text in [
        "=1+1", "+44 113", "@sum", "-x", "-", "- 5", "-5-5", "\tA81001", "\rA81001", " =1+1", "=",
    ] {
        let ran = Council::of([practice(text)]).makes();
        assert_eq!(written(&ran), "", "{text:?}");
        let table = ran.worklist();
        let severity = table.find("rule", "gp_practice_code.formula", "severity");
        assert_eq!(severity, "error", "{text:?}");
    }
    for text in ["-5.00", "-5", "a=b", "5+5", "a@b.uk", "A-1"] {
        let ran = Council::of([practice(text)]).makes();
        assert_eq!(written(&ran), text);
        assert!(!ran.rules().contains(&"gp_practice_code.formula".to_owned()));
    }
    let ran = Council::of([service().with("Unit Cost", "-5.00")]).makes();
    assert_eq!(ran.submission().only("Unit_Cost"), "-5.00");
}

#[test]
fn a_formula_in_a_list_is_withheld_too() {
    for field in ["Gender", "Dementia"] {
        let ran = Council::of([service().with(field, "=cmd()")]).makes();
        assert_eq!(ran.submission().only(field), "", "{field}");
        let rule = format!("{}.formula", field.to_lowercase());
        assert!(ran.rules().contains(&rule));
    }
}

#[test]
fn numbers_and_dates_that_cannot_be_read_are_written_empty_and_text_as_received() {
    let ran = Council::of([service()
        .with("Unit Cost", "about 5")
        .with("Planned units per week", "1.234")
        .with("Date of Death", "June")
        .with("Gender", "Femmale")])
    .makes();
    let table = ran.submission();
    for column in ["Unit_Cost", "Planned_units_per_week", "Date_of_Death"] {
        assert_eq!(table.only(column), "", "{column}");
    }
    assert_eq!(table.only("Gender"), "Femmale");
}
