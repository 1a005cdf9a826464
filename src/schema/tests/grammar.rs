//! The language of conditions: what it means and how faults in it are told.

use crate::schema::grammar::{Scope, Subjectable, compile};
use crate::schema::{Kind, Truth};

fn scope() -> Scope<'static> {
    let field = |snake, kind| Subjectable {
        snake,
        kind: Some(kind),
        list: None,
    };
    let fields = vec![
        field("event_type", Kind::Text),
        field("adults", Kind::Integer),
    ];
    Scope {
        fields,
        tests: Vec::new(),
    }
}

fn fault(text: &str) -> String {
    match compile(text, &mut scope()) {
        Ok(condition) => panic!("compiled: {condition:?}"),
        Err((at, error)) => format!("{at}: {error}"),
    }
}

#[test]
fn equal_tests_are_shared() {
    let mut scope = scope();
    let text =
        r#"event_type == "A" and (adults > 1 or event_type != "A") and event_type is present"#;
    let condition = compile(text, &mut scope).unwrap();
    assert_eq!(scope.tests.len(), 3);
    assert_eq!(condition.text(), text);
    // Bits: equals A, more than one, blank.
    assert_eq!(condition.evaluate(0b011), Truth::True);
    assert_eq!(condition.evaluate(0b001), Truth::False);
    assert_eq!(condition.evaluate(0b111), Truth::False);
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let mut scope = scope();
    let truth = |text: &str, scope: &mut Scope<'_>| compile(text, scope).unwrap().evaluate(0);
    assert_eq!(truth("true or true and false", &mut scope), Truth::True);
    assert_eq!(truth("(true or true) and false", &mut scope), Truth::False);
    assert_eq!(truth("not false and unknown", &mut scope), Truth::Unknown);
    assert_eq!(
        truth("not (true and unknown or false)", &mut scope),
        Truth::Unknown
    );
}

#[test]
fn faults_name_the_character_and_what_is_wanted() {
    for (text, wanted) in [
        ("", "1: expected a field, `not` or `(`, found the end"),
        ("event_type", "11: expected `==`, `!=`, `in`, `starts_with`"),
        (
            "event_type = \"A\"",
            "12: expected a name, a text in double quotes",
        ),
        ("event_type == A", "15: expected a name, a text"),
        ("event_type == \"A", "15: expected a closing quotation mark"),
        (
            "event_type == \"A\" event_type",
            "19: expected `and`, `or` or the end, found `event_type`",
        ),
        (
            "(true or false",
            "15: expected `and`, `or` or `)`, found the end",
        ),
        ("true and and true", "10: expected a field"),
        (
            "event_typ is blank",
            "1: there is no field `event_typ`; did you mean `event_type`?",
        ),
        (
            "event_type is empty",
            "15: expected `blank` or `present`, found `empty`",
        ),
        (
            "event_type in [\"A\" \"B\"]",
            "20: expected `,` or `]`, found \"B\"",
        ),
        ("event_type > 3", "1: `event_type` is no number"),
        (
            "age_at_period_end == \"18\"",
            "1: `age_at_period_end` is compared with whole numbers only",
        ),
        ("age_at_period_end > \"18\"", "21: expected a whole number"),
        (
            "adults > 99999999999999999999",
            "10: expected a number of sensible size",
        ),
    ] {
        assert!(fault(text).starts_with(wanted), "{text}: {}", fault(text));
    }
    assert!(fault(&"(".repeat(100_000)).contains("too deeply"));
    assert!(fault(&"not ".repeat(100_000)).contains("too deeply"));
}

#[test]
fn the_129th_test_is_one_too_many() {
    let text = |n: i64| {
        (0..n)
            .map(|i| format!("adults > {i}"))
            .collect::<Vec<_>>()
            .join(" or ")
    };
    assert!(compile(&text(128), &mut scope()).is_ok());
    assert!(fault(&text(129)).ends_with("128 distinct tests"));
}
