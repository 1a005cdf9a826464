//! Encoding, hidden identifiers, and a column with more values than are remembered.

use super::*;
use crate::schema::Schema;

#[test]
fn characters_without_a_place_are_question_marks() {
    for (text, bytes, whole) in [
        ("plain", &b"plain"[..], true),
        ("Zoë €–", b"Zo\xEB \x80\x96", true),
        ("Ł", b"?", false),
        ("a\u{81}b", b"a?b", false),
        ("a\u{9f}", b"a?", false),
        ("\u{a0}", b"\xA0", true),
        ("😀", b"?", false),
    ] {
        assert_eq!(windows_1252(text), (Cow::Borrowed(bytes), whole), "{text}");
    }
}

#[test]
fn an_identifier_does_not_hide_behind_odd_characters() {
    for text in [
        "943\u{2010}476\u{2010}5919",
        "943\u{200b}4765919",
        "see 9434765919 Ł",
        "LS1\u{2009}4AP",
        "LS1\u{200d} 4AP",
    ] {
        assert!(hides_identifier(text), "{text}");
    }
    for text in ["Ł 9434765918", "Łódź", "LS1\u{2009}4", "A\u{2009}81001"] {
        assert!(!hides_identifier(text), "{text}");
    }
}

fn position(lexicon: &mut Lexicon, cell: &str, context: &Context<'_>) -> u32 {
    lexicon.position(cell.as_bytes(), Key::of(cell.as_bytes()), context)
}

/// Texts that are as long, begin alike and end alike are looked at in between.
#[test]
fn values_that_differ_in_the_middle_are_two() {
    let context = Context {
        judge: &Judge::Text,
        list: None,
        values: None,
        tests: &[],
        la_code: "",
        max_length: 255,
        keyed: false,
    };
    let mut lexicon = Lexicon::new(&context);
    let mut met: Vec<String> = Vec::new();
    for length in 1..50 {
        met.push("x".repeat(length));
        met.extend((0..length).map(|at| {
            let mut text = "x".repeat(length);
            text.replace_range(at..=at, "y");
            text
        }));
    }
    for _ in 0..2 {
        for (at, text) in met.iter().enumerate() {
            let found = position(&mut lexicon, text, &context);
            assert_eq!(found as usize, at + 1, "{text}");
            assert_eq!(&*lexicon.entry(found).text, text);
            assert_eq!(lexicon.marks()[found as usize].validity, Validity::Valid);
            assert_eq!(position(&mut lexicon, text, &context), found);
        }
    }
}

#[test]
fn counts_survive_when_values_are_forgotten() {
    let schema = Schema::load("cld-release-2", None).unwrap();
    let list = schema.lists.iter().find(|l| l.name == "dementia");
    let context = Context {
        judge: &Judge::List,
        list,
        values: None,
        tests: &[],
        la_code: "",
        max_length: 255,
        keyed: false,
    };
    let mut lexicon = Lexicon::new(&context);
    for n in 0..=CAPACITY {
        let at = position(&mut lexicon, &format!("value {n}"), &context);
        lexicon.entry_mut(at).records += 2;
        assert_eq!(position(&mut lexicon, &format!("value {n}"), &context), at);
    }
    let mut forgotten = 0;
    lexicon.trim(&context, |entry| forgotten += entry.records);
    assert_eq!(forgotten, 2 * (CAPACITY as u64 + 1));
    assert_eq!(lexicon.entries().len(), 1, "the blank stays");
    assert_eq!(position(&mut lexicon, "", &context), 0);
    lexicon.trim(&context, |_| panic!("there is room"));
}
