//! What every cell, code and name of an answer is read as.

use super::sample::{read, reference, refused, rows, table};
use super::*;
use crate::date::Date;
use crate::nhs_number;

#[test]
fn every_cell_that_matters_has_its_type() {
    let text = table().text();
    let (rows, summary) = read(text.as_bytes()).unwrap();
    let number = |text| nhs_number::canonical(text).unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(
        rows[0],
        AnswerRow {
            line: 2,
            reference: Some(reference(0)),
            code: RecordCode::Matched,
            matched: Matched::Number(number("9434765919")),
            algorithm: Algorithm::Alphanumeric,
            confidence: Confidence::PerCent(100),
            birth_date: PdsDate::Day(Date::new(1950, 3, 7).unwrap()),
            death_date: PdsDate::None,
            flagged: false,
            requested: Requested::None,
            scores: Scores::default(),
        }
    );
    assert!(rows[1].is_sensitive() && rows[1].flagged);
    assert_eq!(rows[1].birth_date, PdsDate::Year(1950));
    assert_eq!(rows[1].death_date.day(), Date::new(2025, 1, 2));
    assert_eq!(rows[1].confidence.per_cent(), Some(100));
    assert_eq!(rows[2].confidence.per_cent(), Some(73));
    assert_eq!(
        rows[2].birth_date,
        PdsDate::Month {
            year: 1950,
            month: 3
        }
    );
    assert_eq!(rows[2].requested, Requested::Number(number("9000000009")));
    assert_eq!(rows[3].matched, Matched::None);
    assert_eq!(rows[3].birth_date, PdsDate::None);
    assert_eq!(
        summary,
        Summary {
            digest: crate::attest::digest::of_bytes(text.as_bytes()),
            bytes: text.len() as u64,
            rows: 4,
            batch: None,
        }
    );
}

#[test]
fn every_code_is_told_and_no_other_is_taken_for_a_match() {
    for number in 0..100 {
        let code = RecordCode::parse(format!("{number:02}").as_bytes());
        let known = matches!(number, 0 | 10..=17 | 90..=92 | 95..=98);
        assert_eq!(matches!(code, RecordCode::Unknown(_)), !known, "{number}");
        assert_eq!(code.number(), Some(number));
        assert_eq!(code.to_string(), format!("{number:02}"));
        assert_eq!(code.brings_a_number(), matches!(number, 0 | 90 | 92));
    }
    for text in ["", "0", "000", "0O", "ok", "9"] {
        let code = RecordCode::parse(text.as_bytes());
        assert_eq!(code, RecordCode::Unknown(None), "{text}");
        assert_eq!(code.to_string(), "");
    }
    for (text, exact) in [("0", false), ("1", true), ("2", false), ("3", true)] {
        let algorithm = Algorithm::parse(text.as_bytes());
        assert_eq!(algorithm.is_exact(), exact, "{text}");
        assert_eq!(algorithm.number().unwrap().to_string(), text);
    }
    for text in ["4", "5", "", "01", "x"] {
        assert!(!Algorithm::parse(text.as_bytes()).is_exact(), "{text}");
    }
}

#[test]
fn sentinels_and_placeholders_are_never_numbers() {
    let sentinel = |text: &str| Matched::parse(text.as_bytes());
    for text in ["", " ", "0000000000", " 0000000000 ", "000 000 0000"] {
        assert_eq!(sentinel(text), Matched::None, "{text}");
    }
    for text in ["9999999999", "999 999 9999"] {
        assert_eq!(sentinel(text), Matched::Several, "{text}");
    }
    for text in [
        "9434765918",
        "943476591",
        "1111111111",
        "0123456789",
        "000-000-0000",
        "999-999-9999",
        "9.43E+09",
        "none",
        "\u{e9}",
    ] {
        assert_eq!(sentinel(text), Matched::Invalid, "{text}");
    }
    assert!(matches!(sentinel("943 476 5919"), Matched::Number(_)));
}

#[test]
fn a_number_asked_about_that_cannot_be_one_is_told_from_none() {
    for (text, expected) in [
        ("", Requested::None),
        ("0000000000", Requested::None),
        ("9999999999", Requested::Invalid),
        ("9434765918", Requested::Invalid),
        ("n/a", Requested::Invalid),
        (
            "943 476 5919",
            Requested::Number(nhs_number::canonical("9434765919").unwrap()),
        ),
    ] {
        let mut table = table();
        table.rows[0][1] = text.to_owned();
        assert_eq!(rows(&table.text())[0].requested, expected, "{text}");
    }
}

#[test]
fn dates_may_be_whole_or_in_part() {
    let date = |text: &str| PdsDate::parse(text.as_bytes());
    assert_eq!(date(" "), PdsDate::None);
    assert_eq!(date("20240229").day(), Date::new(2024, 2, 29));
    assert_eq!(date("2024"), PdsDate::Year(2024));
    assert_eq!(
        date("202402"),
        PdsDate::Month {
            year: 2024,
            month: 2
        }
    );
    for text in [
        "20230229",
        "202413",
        "202400",
        "0000",
        "000001",
        "2024-02-29",
        "202402290",
        "20240",
        "2O24",
        "202402291200",
    ] {
        assert_eq!(date(text), PdsDate::Unreadable, "{text}");
        assert!(date(text).is_there() && date(text).day().is_none());
    }
}

#[test]
fn a_confidence_is_a_percentage_or_none() {
    for (text, expected) in [
        ("100", Some(100)),
        ("100.00", Some(100)),
        ("0", Some(0)),
        ("49.99", Some(49)),
        ("", None),
    ] {
        let mut table = table();
        table.rows[0][28] = text.to_owned();
        let confidence = rows(&table.text())[0].confidence;
        assert_eq!(confidence.per_cent(), expected, "{text}");
        let exact = matches!(expected, None | Some(100));
        assert_eq!(confidence.is_exact(), exact, "{text}");
    }
    for text in ["100.01", "101", "-1", "50.", "NaN", "100%"] {
        let mut table = table();
        table.rows[0][28] = text.to_owned();
        let confidence = rows(&table.text())[0].confidence;
        assert_eq!(confidence, Confidence::Unreadable, "{text}");
        assert!(!confidence.is_exact());
    }
}

#[test]
fn what_is_not_known_to_mean_no_means_sensitive() {
    for (flag, sensitive) in [
        ("", false),
        ("N", false),
        ("0", false),
        (" u ", false),
        ("S", true),
        ("Y", true),
        ("1", true),
        ("?", true),
    ] {
        let mut table = table();
        table.rows[0][23] = flag.to_owned();
        assert_eq!(rows(&table.text())[0].is_sensitive(), sensitive, "{flag}");
    }
    let mut table = table();
    table.rows[1][23].clear();
    let row = &rows(&table.text())[1];
    assert!(!row.flagged && row.is_sensitive(), "by its code");
}

#[test]
fn a_carriage_return_in_an_address_ends_no_row() {
    let expected = rows(&table().text());
    for address in ["1\rHigh Street", "\"1,\rHigh \"\"Street\"\"\""] {
        let mut table = table();
        table.rows[3][8] = address.to_owned();
        assert_eq!(rows(&table.text()), expected, "{address:?}");
    }
}

#[test]
fn spellings_of_one_name_are_one_column() {
    let expected = rows(&table().text());
    for (from, to) in [
        ("UNIQUE REFERENCE", "UNIQUE_REFERENCE"),
        ("UNIQUE REFERENCE", " unique reference "),
        ("REQ_NHS_NUMBER", "REQ_NHS_NO"),
        ("ERROR/SUCCESS_CODE", "ERROR_SUCCESS_CODE"),
        ("SENSITIVITY_FLAG", "SENSITIVTY_FLAG"),
        ("POSTCODE", "POST_CODE"),
        ("GP_PRACTICE_CODE", "SOMETHING_NEW"),
    ] {
        assert_eq!(rows(&table().rename(from, to).text()), expected, "{to}");
    }
    // A column that may be missing, under a name that is not known, is missing.
    let other = rows(&table().rename("REQ_NHS_NUMBER", "NHS_NO").text());
    assert_eq!(other[2].requested, Requested::None);
}

/// One that a council's data service received: other columns among them, no confidence.
#[test]
fn an_answer_without_a_confidence_is_read() {
    let columns = "UNIQUE REFERENCE,REQ_NHS_NUMBER,DATE_OF_BIRTH,DATE_OF_DEATH,DEATH_NOTIFICATION_STATUS,\
                   PREFERRED_CONTACT_METHOD,SENSITIVITY FLAG,MPS_ID,ERROR/SUCCESS_CODE,MATCHED_NHS_NO,\
                   MATCHED_ALGORITHM_INDICATOR";
    let text = format!(
        "{columns}\n{},,19441002,,,,S,,00,9434765919,3\n",
        reference(1).text()
    );
    let row = &rows(&text)[0];
    assert!(matches!(row.matched, Matched::Number(_)) && row.algorithm.is_exact());
    assert!(row.flagged && row.confidence == Confidence::NotTold);
}

#[test]
fn scores_of_the_older_form_are_read() {
    let mut table = table();
    for (name, score) in [
        ("ALGORITHMIC_TRACE_FAMILY_NAME_SCORE_PERC", "90.5"),
        ("ALGORITHMIC_TRACE_GIVEN_NAME_SCORE_PERC", "80"),
        ("ALGORITHMIC_TRACE_DOB_SCORE_PERC", "100"),
        ("ALGORITHMIC_TRACE_GENDER_SCORE_PERC", ""),
        ("ALGORITHMIC_TRACE_POSTCODE_SCORE_PERC", "0"),
    ] {
        table.columns.push(name.to_owned());
        for row in &mut table.rows {
            row.push(score.to_owned());
        }
    }
    assert_eq!(
        rows(&table.text())[2].scores,
        Scores {
            family_name: Some(90),
            given_name: Some(80),
            birth_date: Some(100),
            gender: None,
            postcode: Some(0),
        }
    );
}

#[test]
fn two_answers_and_answers_for_nobody_are_given_as_they_are() {
    let mut table = table();
    table.rows[1][0] = reference(0).text();
    table.rows[2][0] = "9434765919".to_owned();
    table.rows[3][0] = reference(200).text();
    let found: Vec<_> = rows(&table.text()).iter().map(|r| r.reference).collect();
    assert_eq!(
        found,
        [
            Some(reference(0)),
            Some(reference(0)),
            None,
            Some(reference(200))
        ]
    );
}

#[test]
fn neither_an_error_nor_a_row_shows_a_cell() {
    let secret = "Zebedee";
    let mut table = table();
    for row in &mut table.rows {
        for cell in &mut row[2..25] {
            *cell = secret.to_owned();
        }
    }
    let text = table.text();
    for row in rows(&text) {
        assert!(!format!("{row:?}").contains(secret));
        assert_eq!(
            format!("{:?} {:?}", row.birth_date, row.requested),
            "[withheld] [withheld]"
        );
    }
    let cut = &text[..text.len() - 60];
    let broken = text.replacen(secret, "Zebedee,Zebedee", 1);
    let first = format!("Zebedee,00\nZebedee\n{text}");
    for text in [cut, &broken, &first] {
        let error = refused(text);
        assert!(!format!("{error} {error:?}").contains(secret));
    }
}
