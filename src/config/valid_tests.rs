//! Gates and paths; whole configurations are tested through the binary.

use super::*;

#[test]
fn a_gate_is_a_percentage_with_four_decimals() {
    for (text, parts) in [
        ("0%", 0),
        ("100%", 1_000_000),
        (" 2.5 % ", 25_000),
        ("0.0001%", 1),
        ("99.9999%", 999_999),
    ] {
        assert_eq!(Gate::parse(text), Some(Gate(parts)), "{text}");
        let again = Gate(parts).text();
        assert_eq!(Gate::parse(&again), Some(Gate(parts)), "{again}");
    }
    for text in [
        "", "%", "5", "-1%", "100.1%", "1e1%", "0.00001%", ".5%", "1.2.3%", "٣%",
    ] {
        assert_eq!(Gate::parse(text), None, "{text}");
    }
}

#[test]
fn a_gate_admits_up_to_its_share() {
    for (gate, with_error, records, admits) in [
        ("0%", 0, 10, true),
        ("0%", 1, u64::MAX, false),
        ("25%", 1, 4, true),
        ("24.9999%", 1, 4, false),
        ("100%", 10, 10, true),
        ("50%", u64::MAX / 2, u64::MAX, true),
    ] {
        let gate = Gate::parse(gate).unwrap();
        assert_eq!(gate.admits(with_error, records), admits, "{gate:?}");
    }
}

#[test]
fn directories_are_nested_however_they_are_written() {
    for (a, b, expected) in [
        ("/x/out", "/x/out", true),
        ("/x/out", "/x/out/w", true),
        ("/x/out/w", "/x/out", true),
        ("/x/out", "/x/./y/../out/w", true),
        ("/x/out", "/x/outer", false),
        ("/x/out", "/x/list", false),
        ("out", "work", false),
        ("out", "./out/w", true),
    ] {
        assert_eq!(nested(Path::new(a), Path::new(b)), expected, "{a} {b}");
    }
}
