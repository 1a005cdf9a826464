//! T14: what is said of people beside their identifiers: no day of birth, no full postcode, very old people flagged, and no
//! field without a decision about it.

use cld_return::schema::Schema;

use crate::support::{Council, service, tree};
use crate::treatment::parquet;

/// Every day of birth of a leap year, with postcodes of every shape: the years and sectors leave, the days and the rest do not.
#[test]
fn t14_no_day_of_birth_and_no_full_postcode_leaves() {
    let postcodes = [
        "LS1 4AP", "M1 1AE", "CR2 6XH", "DN55 1PT", "W1A 1HQ", "EC1A 1BB", "b338th", "SW1A2AA",
    ];
    let month_length = |month| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let days: Vec<_> = (1..=12)
        .flat_map(|month| (1..=month_length(month)).map(move |day| (day, month)))
        .collect();
    assert_eq!(days.len(), 366);
    let records = days.iter().enumerate().map(|(n, (day, month))| {
        service()
            .of("", &format!("P{n:05}"), &format!("E{n}"))
            .with("Date of Birth", format!("{day:02}/{month:02}/1948"))
            .with("Postcode", postcodes[n % postcodes.len()])
            .with("Unit Cost", format!("{}.00", 1_000 + n))
    });
    let ran = Council::of(records).makes();
    let submission = ran.submission();
    assert_eq!(submission, parquet::read(&ran));
    assert_eq!(submission.rows.len(), 366);
    let cost = submission.column("Unit_Cost");
    let (years, months) = (
        submission.column("Der_Birth_Year"),
        submission.column("Der_Birth_Month"),
    );
    let sectors = submission.column("Der_Postcode_Sector");
    for (row, cost) in cost.iter().enumerate() {
        let n: usize = cost[1..4].parse().unwrap();
        assert_eq!(
            (years[row].as_str(), months[row].as_str()),
            ("1948", days[n].1.to_string().as_str())
        );
        let full = postcodes[n % postcodes.len()]
            .replace(' ', "")
            .to_uppercase();
        let outward = &full[..full.len() - 3];
        assert_eq!(
            sectors[row],
            format!("{outward} {}", &full[outward.len()..=outward.len()])
        );
    }
    let birth: Vec<_> = submission
        .header
        .iter()
        .filter(|name| name.contains("Birth"))
        .collect();
    assert_eq!(birth, ["Der_Birth_Year", "Der_Birth_Month"]);
    // Nothing that varies with the day alone: two people born in one month are told apart by nothing.
    let kept = |row: &Vec<String>| {
        let own = ["Unit_Cost", "Der_Postcode_Sector", "Der_Birth_Month"];
        let cells = submission
            .header
            .iter()
            .zip(row)
            .filter(|(name, cell)| !own.contains(&name.as_str()) && cell.len() < 64);
        cells.map(|(_, cell)| cell.clone()).collect::<Vec<_>>()
    };
    let ages = [
        "Der_Age_Event_Start_Date",
        "Der_Age_Reporting_Period_End_Date",
    ];
    let ages = ages.map(|name| submission.at(name));
    let age_may_differ = |row: &Vec<String>| {
        let mut row = row.clone();
        ages.iter().for_each(|at| row[*at].clear());
        kept(&row)
    };
    let first = age_may_differ(&submission.rows[0]);
    assert!(
        submission
            .rows
            .iter()
            .all(|row| age_may_differ(row) == first)
    );
    for (name, bytes) in tree(&ran.bundle()) {
        let text = String::from_utf8_lossy(&bytes).to_uppercase();
        for (day, month) in &days {
            for form in [
                format!("{day:02}/{month:02}/1948"),
                format!("1948-{month:02}-{day:02}"),
            ] {
                assert!(!text.contains(&form), "{name} has a day of birth");
            }
        }
        for postcode in postcodes {
            let plain = postcode.replace(' ', "").to_uppercase();
            let (outward, inward) = plain.split_at(plain.len() - 3);
            for form in [plain.clone(), format!("{outward} {inward}")] {
                let mut words = text.match_indices(&form);
                let whole = |at: usize| {
                    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                    !inside(text[..at].chars().next_back())
                        && !inside(text[at + form.len()..].chars().next())
                };
                assert!(
                    !words.any(|(at, _)| whole(at)),
                    "{name} has a full postcode"
                );
            }
        }
    }
}

#[test]
fn t14_ages_of_115_and_over_are_flagged() {
    const RULE: &str = "date_of_birth.age_115_or_over";
    // The period ends on 31/03/2026.
    for (birth, flagged) in [
        ("31/03/1911", true),
        ("01/04/1911", false),
        ("30/03/1911", true),
        ("01/01/1900", true),
        ("15/06/1930", false),
    ] {
        let ran = Council::of([service().with("Date of Birth", birth)]).makes();
        assert_eq!(
            ran.rules().iter().any(|rule| rule == RULE),
            flagged,
            "{birth}"
        );
        if flagged {
            assert_eq!(ran.findings().find("rule", RULE, "records"), "1");
        }
    }
}

/// Each of the return's fields in turn: without its treatment the schema is no schema, and a run has nothing to work by.
#[test]
fn t14_a_field_without_a_treatment_stops() {
    const RELEASE_1: &str = include_str!("../../schemas/cld-release-1.yaml");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cld-release-1.yaml");
    let lines: Vec<&str> = RELEASE_1.split_inclusive('\n').collect();
    let treatments = (0..lines.len()).filter(|at| lines[*at].starts_with("    treatment: "));
    let treatments: Vec<usize> = treatments.collect();
    assert_eq!(treatments.len(), 50);
    for at in treatments.into_iter().step_by(5) {
        let text: String = lines[..at]
            .iter()
            .chain(&lines[at + 1..])
            .copied()
            .collect();
        std::fs::write(&path, text).unwrap();
        let error = Schema::load("cld-release-1", Some(directory.path())).unwrap_err();
        assert!(error.to_string().contains("treatment"), "{error}");
    }
    let schemas = directory.path().to_str().unwrap();
    let council = Council::of([service()]).set("return", "cld-release-1");
    council
        .argument("--schemas")
        .argument(schemas)
        .fails(2)
        .said
        .says(&["treatment"]);
}
