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

#[test]
fn a_band_admits_what_is_between_its_bounds() {
    let band = |least: &str, most: &str| Band {
        least: Gate::parse(least),
        most: Gate::parse(most),
    };
    for (least, most, again, people, admits) in [
        ("", "", 0, 10, true),
        ("60%", "", 6, 10, true),
        ("60%", "", 5, 10, false),
        ("", "99%", 100, 100, false),
        ("", "99%", 99, 100, true),
        ("60%", "99%", 599_999, 1_000_000, false),
        ("60%", "99%", 600_000, 1_000_000, true),
        ("100%", "", u64::MAX - 1, u64::MAX, false),
        ("60%", "", 0, 0, true),
    ] {
        let band = band(least, most);
        assert_eq!(band.admits(again, people), admits, "{band:?} {again}");
    }
    assert_eq!(band("60%", "99.5%").text(), "from 60% to 99.5%");
    assert!(band("", "").is_open() && !band("0%", "").is_open());
}

#[test]
fn papers_lapse_the_day_after_their_date() {
    let day = |text: &str| Date::parse_iso(text).unwrap();
    let governance = |agreement: Option<&str>, review: Option<&str>| Governance {
        legal_basis: String::new(),
        direction: String::new(),
        dpia: String::new(),
        dpia_review_by: review.map(day),
        sharing_agreement: None,
        sharing_agreement_ends: agreement.map(day),
        retain_until: day("2032-03-31"),
        opt_out_reason: String::new(),
    };
    let all = governance(Some("2027-01-31"), Some("2027-02-28"));
    assert_eq!(all.lapsed(day("2027-01-31")), None);
    let first = all.lapsed(day("2027-02-01")).unwrap();
    assert!(first.contains("sharing_agreement_ends: 2027-01-31 has passed"));
    assert!(!first.contains("dpia"));
    assert!(
        all.lapsed(day("2027-03-01"))
            .unwrap()
            .contains("dpia_review_by")
    );
    let none = governance(None, None);
    assert_eq!(none.lapsed(day("2032-03-31")), None);
    assert!(
        none.lapsed(day("2032-04-01"))
            .unwrap()
            .contains("retain_until")
    );
}
