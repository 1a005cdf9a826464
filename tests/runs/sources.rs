//! What sources may look like: encodings, line ends, columns, codes, several files, completed lists.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Council, Ran, Record, Table, call, carer, request, service};

/// A record whose GP practice code, free text to the checker, is this.
fn practice(text: &str) -> Record {
    service().with("GP Practice Code", text)
}

/// The same in Windows-1252.
fn windows(records: &[Record]) -> Vec<u8> {
    let text = String::from_utf8(Record::csv(records)).unwrap();
    let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(&text);
    assert!(!lost);
    bytes.into_owned()
}

fn utf8(records: &[Record]) -> Vec<u8> {
    Record::csv(records)
}

#[track_caller]
fn encoding(ran: &Ran) -> String {
    ran.predicate()["sources"][0]["encoding"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn encodings_are_told_apart() {
    let records = [practice("Zoë – €5")];
    let marked = [b"\xEF\xBB\xBF", utf8(&records).as_slice()].concat();
    for (bytes, settings, expected) in [
        (utf8(&records), "kind: csv", "utf-8"),
        (marked.clone(), "kind: csv", "utf-8"),
        (marked, "encoding: utf-8", "utf-8"),
        (utf8(&records), "encoding: UTF-8", "utf-8"),
        (windows(&records), "kind: csv", "windows-1252"),
        (windows(&records), "encoding: windows-1252", "windows-1252"),
        (utf8(&[service()]), "kind: csv", "ascii"),
    ] {
        let ran = Council::file("cld.csv", bytes).reads(settings).makes();
        assert_eq!(encoding(&ran), expected, "{settings}");
        if expected != "ascii" {
            assert_eq!(ran.submission().only("GP_Practice_Code"), "Zoë – €5");
        }
    }
}

#[test]
fn a_declared_encoding_goes_before_what_the_bytes_look_like() {
    let ran = Council::of([practice("Zoë")])
        .reads("encoding: windows-1252")
        .makes();
    assert_eq!(ran.submission().only("GP_Practice_Code"), "ZoÃ«");
    Council::file("cld.csv", windows(&[practice("Zoë")]))
        .reads("encoding: utf-8")
        .fails(3)
        .said
        .says(&["cld.csv", "not UTF-8 throughout", "encoding: windows-1252"]);
    // In one file the row that is otherwise is told.
    let two = |first: &[u8], second: &[u8]| {
        let record = second.splitn(2, |b| *b == b'\n').nth(1).unwrap();
        [first, record].concat()
    };
    let (of_windows, of_utf8) = (windows(&[practice("Zoë")]), utf8(&[practice("Zoë")]));
    let mixed = two(&of_windows, &of_utf8);
    let ran = Council::file("cld.csv", &mixed).makes();
    let told = "cld.csv row 3 looks like UTF-8";
    assert!(ran.said.stdout.contains(told), "{}", ran.said.stdout);
    let validated = call(["validate", ran.council.path("cld.csv").to_str().unwrap()]);
    validated.says(&[told]);
    for sound in [of_windows, of_utf8] {
        let said = Council::file("cld.csv", &sound).makes().said;
        assert!(!said.stdout.contains("looks like"), "{}", said.stdout);
    }
    let marked = [b"\xEF\xBB\xBF", utf8(&[service()]).as_slice()].concat();
    Council::file("cld.csv", marked)
        .reads("encoding: windows-1252")
        .fails(3)
        .said
        .says(&["mark of UTF-8", "Remove `encoding:`"]);
}

#[test]
fn a_mark_of_utf_8_that_lies_is_told_as_such() {
    let lying = [b"\xEF\xBB\xBF", windows(&[practice("Zoë")]).as_slice()].concat();
    let council = Council::file("cld.csv", &lying);
    council.fails(3).said.says(&[
        "begins with the mark of UTF-8, but is not",
        "Save it as \"CSV\"",
    ]);
    let council = Council::bare().beside("cld.csv", &lying);
    let path = council.path("cld.csv");
    call(["validate", path.to_str().unwrap()])
        .code(3)
        .says(&["begins with the mark of UTF-8, but is not"]);
}

/// The first odd bytes of the file pass as UTF-8; the ones that do not come blocks later.
#[test]
fn a_file_that_looks_like_utf_8_at_first_is_read_again() {
    let mut records = vec![practice("ZoÃ«").with("Gender", "x").with("local_n", "1")];
    // Few people, so that their rows were handed on before the odd bytes came.
    records.extend((0..8_000).map(|n| service().of("", &format!("P{}", n % 3), &format!("E{n}"))));
    records.push(practice("Zoë"));
    let bytes = windows(&records);
    // Of several blocks, whatever their size.
    assert!(bytes.len() > 5 << 19);
    let ran = Council::file("cld.csv", bytes).makes();
    assert_eq!(encoding(&ran), "windows-1252");
    assert_eq!(ran.predicate()["counts"]["submitted"], 8_002);
    let codes = ran.submission().column("GP_Practice_Code");
    for code in ["ZoÃ«", "Zoë"] {
        assert_eq!(codes.iter().filter(|c| *c == code).count(), 1, "{code}");
    }
    // What the first reading had found is forgotten.
    let rules = ran.rules();
    let genders = rules.iter().filter(|r| *r == "gender.not_in_list");
    assert_eq!(genders.count(), 1);
    assert_eq!(
        ran.findings().find("rule", "gender.not_in_list", "records"),
        "1"
    );
}

#[test]
fn line_ends_do_not_matter() {
    let records = [
        service(),
        request().with("Event Description", "two\nlines, \"quoted\""),
    ];
    let unix = String::from_utf8(utf8(&records)).unwrap();
    let windows = unix.replace('\n', "\r\n");
    let open = unix.trim_end_matches('\n').to_owned();
    let blank = unix.replace("\n999", "\n\n\r\n999") + "\n\n";
    let submission = |text: String| {
        Council::file("cld.csv", text)
            .makes()
            .read("submission.csv")
    };
    let expected = submission(unix);
    for text in [windows, open, blank] {
        assert_eq!(submission(text), expected);
    }
}

#[test]
fn rows_are_counted_as_a_spreadsheet_does() {
    let wrong = |r: Record| Record::csv(&[r.with("Gender", "x")]);
    let line = |r: Record| {
        let csv = String::from_utf8(wrong(r)).unwrap();
        csv.split_once('\n').unwrap().1.to_owned()
    };
    let tall = || service().with("Event Description", "one\r\ntwo\nthree");
    let header = String::from_utf8(wrong(service())).unwrap();
    let header = header.split_inclusive('\n').next().unwrap();
    // Row 2, a blank row 3, rows 4 and 5, two blank rows, row 8.
    let text = [
        header,
        &line(tall()),
        "\r\n",
        &line(tall()),
        &line(service()),
        "\n\n",
        &line(service()),
    ];
    let ran = Council::file("cld.csv", text.concat()).makes();
    assert_eq!(ran.worklist().column("row"), ["2", "4", "5", "8"]);
    assert_eq!(ran.predicate()["sources"][0]["blank_lines"], 3);
    assert_eq!(ran.predicate()["sources"][0]["rows"], 4);
}

#[test]
fn columns_stand_in_any_order_and_under_other_names() {
    let expected = Council::of([service()]).makes().read("submission.csv");
    let same = |council: Council| assert_eq!(council.makes().read("submission.csv"), expected);
    same(Council::of([service().reversed()]));
    same(
        Council::of([service()
            .renamed("NHS Number", "NHS No")
            .renamed("Gender", " Sex ")])
        .reads("columns: {NHS No: NHS Number, Sex: Gender}"),
    );
    same(
        Council::of([service().with("Team", "North").with("Notes", "Ada")])
            .reads("ignore: [Team, Notes]"),
    );
    same(Council::of([service()
        .without("First Name")
        .without("Last Name")]));
    // Withdrawn fields are taken and not sent.
    same(Council::of([service()
        .with("GP Practice Name", "The Surgery")
        .with("Provider CQC Location Name", "The Home")]));
}

#[test]
fn an_ignored_field_may_come_from_another_column() {
    let record = service().with("Gender", "Male").with("Sex", "Female");
    let ran = Council::of([record])
        .reads("columns: {Sex: Gender}, ignore: [Gender]")
        .makes();
    assert_eq!(ran.submission().only("Gender"), "Female");
}

#[test]
fn local_codes_become_values_of_the_list() {
    let records = ["F", " M ", "Female", "f"].map(|code| service().with("Gender", code));
    let ran = Council::of(records)
        .reads("values: {Gender: {F: Female, M: Male}}")
        .makes();
    let mut genders = ran.submission().column("Gender");
    genders.sort();
    assert_eq!(genders, ["Female", "Female", "Male", "f"]);
    assert_eq!(ran.rules(), ["gender.not_in_list"]);
    assert_eq!(ran.predicate()["sources"][0]["values_mapped"]["Gender"], 2);
}

#[test]
fn a_blank_cell_may_have_a_value_as_any_other_code() {
    let records = ["", "  ", "F"].map(|code| service().with("Gender", code));
    let ran = Council::of(records)
        .reads("values: {Gender: {'': Male, F: Female}}")
        .makes();
    let mut genders = ran.submission().column("Gender");
    genders.sort();
    assert_eq!(genders, ["Female", "Male", "Male"]);
    assert_eq!(ran.rules(), Vec::<String>::new());
}

#[test]
fn a_field_that_a_source_lacks_is_sent_empty() {
    let ran = Council::of([service().without("Dementia").without("Has Unpaid Carer")])
        .reads("absent: [Dementia, Has Unpaid Carer]")
        .makes();
    assert_eq!(ran.submission().only("Dementia"), "");
    assert_eq!(ran.rules(), ["has_unpaid_carer.blank_mandatory"]);
    assert_eq!(ran.worklist().only("column"), "");
    assert_eq!(
        ran.predicate()["sources"][0]["fields_absent"],
        serde_json::json!(["Dementia", "Has Unpaid Carer"])
    );
}

#[test]
fn local_columns_come_back_in_the_worklist_and_nowhere_else() {
    let worker = "Keyworker Babbage";
    let ran = Council::of([service().with("Gender", "x").with("local_worker", worker)])
        .source(
            "b.csv",
            [service()
                .with("Gender", "y")
                .with("local_team", "Team Engine")],
        )
        .makes();
    let worklist = ran.worklist();
    assert_eq!(worklist.column("local_worker"), [worker, ""]);
    assert_eq!(worklist.column("local_team"), ["", "Team Engine"]);
    for entry in std::fs::read_dir(ran.bundle()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for word in [worker, "Team Engine"] {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()));
        }
    }
}

#[test]
fn several_files_are_one_extract() {
    let records = [service(), request(), carer().of("9990000026", "P2", "")];
    let one = Council::of(records.clone()).makes();
    let [a, b, c] = records;
    let three = Council::of([c])
        .source("b.csv", [a.reversed()])
        .source("c.csv", [b.renamed("Gender", "Sex")])
        .reads("columns: {Sex: Gender}")
        .makes();
    for file in ["submission.csv", "submission.parquet", "data-quality.csv"] {
        assert_eq!(one.read(file), three.read(file), "{file}");
    }
}

#[test]
fn a_gzip_file_equals_the_plain_one() {
    let plain = Record::csv(&[service(), request()]);
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let (head, tail) = plain.split_at(plain.len() / 2);
    let members = [gzip(head), gzip(tail)].concat();
    let expected = Council::file("cld.csv", &plain).makes();
    for bytes in [gzip(&plain), members] {
        let ran = Council::file("cld.csv.gz", bytes).makes();
        assert_eq!(ran.read("submission.csv"), expected.read("submission.csv"));
        assert_eq!(ran.predicate()["sources"][0]["kind"], "csv.gz");
    }
}

#[test]
fn a_list_that_the_council_completes_is_held_against_the_values() {
    let records = || ["Yes", "no", "Maybe"].map(|v| service().with("Dementia", v));
    let dementia = |ran: &Ran| {
        let quality = ran.quality();
        let at = quality.at("field");
        let mut rows = quality.rows.clone();
        rows.retain(|row| row[at] == "dementia");
        rows.into_iter()
            .map(|row| (row[3].clone(), row[4].clone()))
            .collect::<Vec<_>>()
    };
    let pair = |validity: &str, n: &str| (validity.to_owned(), n.to_owned());
    let ran = Council::of(records()).makes();
    assert_eq!(dementia(&ran), [pair("unverified", "3")]);
    let unverified = ran.worklist_directory().join("unverified-values.csv");
    let unverified = Table::of(&std::fs::read(unverified).unwrap());
    assert_eq!(unverified.find("value", "Maybe", "field"), "Dementia");

    let ran = Council::of(records())
        .beside("lists.csv", "field,value\nDementia,Yes\ndementia,No\n")
        .set("lists", "lists.csv")
        .makes();
    assert_eq!(dementia(&ran), [pair("valid", "2"), pair("invalid", "1")]);
    assert_eq!(ran.rules(), ["dementia.capitals", "dementia.not_in_list"]);
    let mut written = ran.submission().column("Dementia");
    written.sort();
    assert_eq!(written, ["Maybe", "No", "Yes"]);

    for (lists, says) in [
        ("field,value\nDementai,Yes\n", &["Dementai"][..]),
        ("field,value\nPostcode,x\n", &["has no list"]),
        ("field,value\nDementia,\n", &["row 2", "blank"]),
        ("Dementia,Yes\n", &["`field,value`"]),
    ] {
        Council::of(records())
            .beside("lists.csv", lists)
            .set("lists", "lists.csv")
            .fails(2)
            .said
            .says(says);
    }
}

/// A source may have many columns that are nothing to the return: its first row is a header all the same.
#[test]
fn many_other_columns_do_not_hide_the_header() {
    let names: Vec<String> = (0..400).map(|n| format!("Other {n}")).collect();
    let record = names.iter().fold(service(), |r, name| r.with(name, "x"));
    let ran = Council::of([record])
        .reads(&format!("ignore: [{}]", names.join(", ")))
        .makes();
    assert_eq!(ran.submission().rows.len(), 1);
}
