use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::cells::{At, Odd, Scan, Sink};
use super::file::{LIMITS, Limit, Limits};
use super::*;

fn specification() -> Specification {
    let names = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect();
    Specification {
        id: "test".into(),
        names: names(&["LA Code", "First Name", "Event Type", "Adult 1 ID"]),
        withdrawn: names(&["GP Name"]),
    }
}

const HEADER: &str = "LA Code,First Name,Event Type,Adult 1 ID\r\n";

fn read(limits: &Limits, name: &str, bytes: &[u8]) -> Preflight {
    let path = Path::new(name);
    let length = bytes.len() as u64;
    within(limits, path, length, bytes, &specification(), &|| Ok(())).unwrap()
}

fn of(bytes: impl AsRef<[u8]>) -> Preflight {
    read(&LIMITS, "a.csv", bytes.as_ref())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn rules(preflight: &Preflight) -> Vec<Rule> {
    preflight.problems.iter().map(|p| p.rule).collect()
}

#[track_caller]
fn only(preflight: &Preflight, rule: Rule) -> &Problem {
    assert_eq!(rules(preflight), [rule], "{:?}", preflight.problems);
    &preflight.problems[0]
}

fn place(byte: usize, row: u64, column: u64) -> Place {
    Place {
        byte: byte as u64,
        row: Some(row),
        column: Some(column),
    }
}

#[test]
fn a_clean_file_passes() {
    for body in ["999,Ada,Service,\r\n", "999,\"A, \"\"b\"\"\r\nc\",,-5"] {
        let preflight = of([HEADER, body].concat());
        assert_eq!(preflight.problems, [], "{body}");
        assert!(preflight.would_pass());
        assert_eq!(preflight.format, Format::Csv);
        assert_eq!(preflight.sizes.gzipped, Gzipped::NotNeeded);
    }
    let quoted = of("\"LA Code\",\"First Name\",\"Event Type\",\"Adult 1 ID\"\n,,,\n");
    assert_eq!(quoted.problems, []);
}

#[test]
fn names_without_a_record_are_warned_of() {
    for body in ["", "\r\n\r\n"] {
        let preflight = of([HEADER, body].concat());
        only(&preflight, Rule::NoRecord);
        assert_eq!(preflight.verdict(), "would pass, with warnings");
    }
    let cut = gzip(HEADER.repeat(2).as_bytes());
    let cut = read(&LIMITS, "a.csv.gz", &cut[..cut.len() - 9]);
    assert!(!rules(&cut).contains(&Rule::NoRecord), "{cut:?}");
}

#[test]
fn a_gzip_is_read_as_what_it_holds() {
    let text = [HEADER, "999,=a,,\r\n"].concat();
    let packed = gzip(text.as_bytes());
    let preflight = read(&LIMITS, "a.csv.gz", &packed);
    assert_eq!(preflight.format, Format::Gzip);
    assert_eq!(preflight.sizes.plain, Some(text.len() as u64));
    assert_eq!(preflight.sizes.gzipped, Gzipped::Is(packed.len() as u64));
    let problem = only(&preflight, Rule::FirstCharacter);
    assert_eq!(problem.places, [place(HEADER.len() + 4, 2, 1)]);
    assert_eq!(
        read(&LIMITS, "a.csv", &packed).problems[1].rule,
        Rule::GzipName
    );
    let plain = read(&LIMITS, "a.csv.gz", text.as_bytes());
    assert_eq!(rules(&plain), [Rule::Format, Rule::FirstCharacter]);
    for length in [3, packed.len() - 1] {
        let cut = read(&LIMITS, "a.csv.gz", &packed[..length]);
        assert!(rules(&cut).contains(&Rule::DamagedGzip), "{length}");
        assert_eq!(cut.sizes.plain, None);
    }
    only(
        &read(&LIMITS, "a.csv.gz", &gzip(b"PK\x03\x04")),
        Rule::Format,
    );
}

#[test]
fn other_formats_are_told_by_their_first_bytes() {
    for (bytes, says) in [
        (b"PK\x03\x04xl/".as_slice(), "spreadsheet"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", ".xls"),
        (b"%PDF-1.7", "PDF"),
        (b"", "empty"),
    ] {
        let preflight = of(bytes);
        let problem = only(&preflight, Rule::Format);
        assert!(problem.message.contains(says), "{}", problem.message);
        assert_eq!(preflight.format, Format::Other);
        assert!(!preflight.would_pass());
    }
    for bytes in [b"\xFF\xFEL\0".as_slice(), b"\xFE\xFF\0L"] {
        only(&of(bytes), Rule::Utf16);
    }
}

#[test]
fn a_mark_is_refused_and_the_names_behind_it_are_read() {
    let preflight = of(["\u{feff}", HEADER, "999,=a,,\n"].concat());
    assert_eq!(rules(&preflight), [Rule::Mark, Rule::FirstCharacter]);
    assert_eq!(preflight.problems[0].places, [Place::byte(0)]);
    let at = place(3 + HEADER.len() + 4, 2, 1);
    assert_eq!(preflight.problems[1].places, [at]);
}

#[test]
fn names_must_match_to_the_character() {
    let preflight = of(
        "LA_Code,first name,Event Type ,Adult 1 ID,local_x,Jones,,GP Name,la code,Event Typ\n,,,,,,,,,\n",
    );
    let places: Vec<_> = preflight
        .problems
        .iter()
        .map(|p| (p.rule, p.places[0].byte))
        .collect();
    assert_eq!(
        places,
        [
            (Rule::Misspelt, 0),
            (Rule::Misspelt, 8),
            (Rule::Misspelt, 19),
            (Rule::Unexpected, 42),
            (Rule::Unexpected, 56),
            (Rule::Unexpected, 65),
            (Rule::Unexpected, 50),
            (Rule::Unexpected, 73),
            (Rule::Withdrawn, 57),
        ]
    );
    let text = format!("{:?}", preflight.problems);
    assert!(!text.contains("Jones"), "{text}");
    assert!(text.contains("capitals count") && text.contains("`Event Type `"));

    let preflight = of("LA_Code,First Name,Event Type,Adult 1 ID\n,,,");
    let problem = only(&preflight, Rule::Misspelt);
    assert!(problem.message.contains("`LA_Code`, not exactly `LA Code`"));
    assert_eq!(problem.places, [place(0, 1, 0)]);
    assert_eq!(problem.fields, ["LA Code"]);
    // No other digits, and nothing at all among records.
    let preflight = of("LA Code,First Name,Event Type,Adult 7 ID\n,,,");
    assert_eq!(rules(&preflight), [Rule::Unexpected, Rule::Missing]);
    assert!(!format!("{preflight:?}").contains("Adult 7"));
    let preflight = of("LA Code,Bevent Type,x,y,z");
    assert!(!format!("{preflight:?}").contains("Bevent"));
    only(&of("999,Ada,Service,\n"), Rule::NoHeader);
}

#[test]
fn columns_that_are_missing_and_another_order_are_told() {
    let preflight = of("First Name,LA Code,Event Type\n,,\n");
    assert_eq!(rules(&preflight), [Rule::Missing, Rule::Order]);
    assert_eq!(preflight.problems[0].fields, ["Adult 1 ID"]);
    assert_eq!(preflight.problems[1].places, [place(11, 1, 1)]);
}

#[test]
fn first_characters_are_counted_by_column() {
    let body =
        "=a,-5,\"+x\",-x\n@b,-,=,\n\"quoted\n=no\",a=b,\" =\",\"\"\"=\"\n=c,,,-5 days\n=d,,,\n";
    let preflight = of([HEADER, body].concat());
    let at = HEADER.len();
    let places: Vec<_> = preflight
        .problems
        .iter()
        .map(|p| (p.rule, p.count, p.places.clone()))
        .collect();
    let is = |needle: &str| at + body.find(needle).unwrap();
    assert_eq!(
        places,
        [
            (
                Rule::FirstCharacter,
                4,
                vec![
                    place(at, 2, 0),
                    place(is("@b"), 3, 0),
                    place(is("=c"), 5, 0)
                ]
            ),
            (Rule::FirstCharacter, 1, vec![place(is("-,=,"), 3, 1)]),
            (
                Rule::FirstCharacter,
                2,
                vec![place(is("+x"), 2, 2), place(is("=,\n"), 3, 2)]
            ),
            (Rule::FirstCharacter, 1, vec![place(is("-x"), 2, 3)]),
            (Rule::Minus, 1, vec![place(is("-5 days"), 5, 3)]),
        ]
    );
    assert!(
        preflight.problems[0]
            .message
            .contains("`LA Code` begins with")
    );
    assert!(preflight.problems[0].message.contains("= or @"));
}

#[test]
fn encodings_are_told_apart() {
    let windows = [HEADER.as_bytes(), b"999,Zo\xEB,\x80,\n"].concat();
    assert_eq!(of(windows).problems, []);
    let utf8 = [HEADER, "999,Zoë,,\n,,\u{c1}n,\n"].concat();
    let preflight = of(utf8);
    assert_eq!(rules(&preflight), [Rule::Utf8, Rule::NoCharacter]);
    assert_eq!(preflight.problems[0].count, 2);
    assert_eq!(
        preflight.problems[0].places[0],
        place(HEADER.len() + 6, 2, 1)
    );
    assert!(preflight.would_pass());
    let mixed = [HEADER.as_bytes(), "999,ë,,\n,".as_bytes(), b"\xEB\x81,,\n"].concat();
    let preflight = of(mixed);
    assert!(preflight.problems[0].message.contains("others of the file"));
    assert_eq!(
        preflight.problems[1].places,
        [place(HEADER.len() + 11, 3, 1)]
    );
}

#[test]
fn what_is_odd_is_noted() {
    for (body, rule, byte, row) in [
        ("1,2,3\n", Rule::Cells, 0, 2),
        ("1,2,3,4\n1,2,3,4,5", Rule::Cells, 8, 3),
        ("1,2\r3,3,4\n", Rule::LoneReturn, 3, 2),
        ("1,2\0,3,4\n", Rule::Nul, 3, 2),
        ("1,\"2\"x,3,4\n", Rule::TextAfterQuote, 5, 2),
        ("1,2,3,\"4\n", Rule::OpenQuote, 6, 2),
    ] {
        let preflight = of([HEADER, body].concat());
        let problem = only(&preflight, rule);
        assert_eq!(
            problem.places[0].byte,
            (HEADER.len() + byte) as u64,
            "{body}"
        );
        assert_eq!(problem.places[0].row, Some(row), "{body}");
        assert!(preflight.would_pass());
    }
}

#[test]
fn sizes_are_held_against_the_limits() {
    let limit = Limit {
        strict: 300,
        generous: 350,
        cis2: 100,
        ..LIMITS.plain
    };
    let limits = Limits {
        plain: limit,
        gzipped: Limit {
            strict: 90,
            generous: 95,
            cis2: 80,
            ..LIMITS.gzipped
        },
    };
    let sized = |n: usize| format!("{HEADER}999,{},,\n", "a".repeat(n - HEADER.len() - 7));
    assert_eq!(read(&limits, "a.csv", sized(100).as_bytes()).problems, []);
    for (bytes, rule) in [
        (101, Rule::SizeCis2),
        (300, Rule::SizeCis2),
        (301, Rule::SizeUnit),
        (350, Rule::SizeUnit),
        (351, Rule::Size),
    ] {
        let preflight = read(&limits, "a.csv", sized(bytes).as_bytes());
        let problem = only(&preflight, rule);
        assert!(matches!(preflight.sizes.gzipped, Gzipped::AtMost(50..=90)));
        assert!(problem.message.contains("may pass"), "{}", problem.message);
    }
    let packed = gzip(sized(301).as_bytes());
    let preflight = read(&limits, "a.csv.gz", &packed);
    only(&preflight, Rule::SizeUnpacked);
}

/// Keeps all that a scan tells.
#[derive(Debug, Default, PartialEq)]
struct Record {
    signs: Vec<(At, bool, u8)>,
    high: Vec<At>,
    odd: Vec<(Odd, At)>,
    rows: Vec<(u64, u64, u64)>,
    starts: Vec<u64>,
}

impl Sink for Record {
    fn sign(&mut self, at: At, rest: &[u8], quoted: bool) {
        self.signs.push((at, quoted, rest[0]));
    }
    fn high(&mut self, at: At, _rest: &[u8]) {
        self.high.push(at);
    }
    fn odd(&mut self, odd: Odd, at: At) {
        self.odd.push((odd, at));
    }
    fn row(&mut self, begin: u64, row: u64, cells: u64) {
        self.rows.push((begin, row, cells));
    }
    fn starts(&mut self, base: u64, mask: u64) {
        let bits = (0..64).filter(|bit| mask >> bit & 1 == 1);
        self.starts.extend(bits.map(|bit| base + bit));
    }
}

fn scan(bytes: &[u8], size: usize, by_blocks: bool) -> Record {
    let mut scan = Scan::new(Record::default(), 0, 1);
    if !by_blocks {
        scan = scan.byte_by_byte();
    }
    let mut held = Vec::new();
    for piece in bytes.chunks(size) {
        held.extend_from_slice(piece);
        let done = scan.advance(&held, false);
        held.drain(..done);
    }
    scan.advance(&held, true);
    scan.sink
}

fn cell() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a",
        "bc",
        "é",
        ",",
        "\"",
        "\"\"",
        "\n",
        "\r\n",
        "\r",
        " ",
        "5\"",
        "=",
        "-",
        "a long enough text",
        "",
    ]);
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// What the CSV text of a cell stands for.
fn value(raw: &[u8]) -> Vec<u8> {
    match raw.strip_prefix(b"\"").and_then(|r| r.strip_suffix(b"\"")) {
        Some(inner) => String::from_utf8_lossy(inner)
            .replace("\"\"", "\"")
            .into_bytes(),
        None => raw.to_vec(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn cells_begin_where_the_csv_crate_has_them(
        rows in (1..6_usize).prop_flat_map(|columns| vec(vec(cell(), columns), 1..14)),
        always: bool,
        windows: bool,
    ) {
        let mut writer = csv::WriterBuilder::new()
            .quote_style(if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .terminator(if windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let record = scan(&bytes, 1 << 20, true);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
        let mut starts = record.starts.iter().map(|at| *at as usize);
        let ends = record.starts.iter().skip(1).map(|at| *at as usize - 1).chain([bytes.len() - 1]);
        let mut ends = ends.map(|end| end - usize::from(windows && bytes[end] == b'\n'));
        let mut begins = Vec::new();
        for row in reader.byte_records() {
            let row = row.unwrap();
            let begin = row.position().unwrap().byte();
            // The crate leaves the line feed of a CRLF to the next record.
            let begin = begin + u64::from(bytes[begin as usize] == b'\n');
            begins.push((begin, row.len() as u64));
            for cell in &row {
                let raw = &bytes[starts.next().unwrap()..ends.next().unwrap()];
                prop_assert_eq!(value(raw), cell);
            }
        }
        prop_assert_eq!(starts.next(), None);
        let ours: Vec<_> = record.rows.iter().map(|(begin, _, cells)| (*begin, *cells)).collect();
        prop_assert_eq!(ours, begins);
        prop_assert_eq!(record.odd, []);
    }

    #[test]
    fn blocks_tell_what_bytes_tell(
        pieces in vec(
            prop_oneof![
                4 => select(vec!["\"", "\"\"", ",", "\n", "\r\n", "\r", "=", "-", "\0", "a", "longer text of a cell", ",\"quoted\",", "\n\n"])
                    .prop_map(|s| s.as_bytes().to_vec()),
                1 => vec(any::<u8>(), 0..5),
            ],
            0..120,
        ),
        size in select(vec![1, 7, 63, 64, 65, 200, 1 << 20]),
    ) {
        let bytes = pieces.concat();
        let plainly = scan(&bytes, 1 << 20, false);
        prop_assert_eq!(&scan(&bytes, size, true), &plainly);
        // The header is read by itself, with the same grammar.
        let read = super::header::Header::read(&bytes, 0, true).unwrap();
        let cells = plainly.rows.iter().find(|(begin, _, _)| *begin == 0);
        if let Some((_, _, cells)) = cells {
            prop_assert_eq!(read.0.width() as u64, *cells);
        }
    }
}
