//! Small files that unpack to much are refused in little memory, and what is no file is not read.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};

use super::writers;
use crate::support::{Council, Record, Said, Table, service};

/// Memory that refusing takes at most, in KiB: 64 MiB.
const MOST: u64 = 64 << 10;

/// What a hostile file unpacks to.
const UNPACKED: usize = 512 << 20;

/// Runs a command and gives what it said, with the most memory it was seen to have, in KiB, the pages of the program itself
/// apart: one with all its checks has far more of them. What the system sums up afterwards counts in what the test itself had
/// when it started the command.
#[cfg(target_os = "linux")]
fn measured(mut command: Command) -> (Said, u64) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let kib = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        if let (Some(high), Some(own)) = (kib("VmHWM:"), kib("RssFile:")) {
            most = most.max(high.saturating_sub(own));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(most > 0, "seen while it ran");
    (Said::of(child.wait_with_output().unwrap()), most)
}

/// A mebibyte that repeats, packed so that it can follow itself any number of times.
fn packed(head: &[u8], filling: &[u8], most: usize) -> (Vec<u8>, usize) {
    let mut compress = Compress::new(Compression::best(), false);
    let mut pack = |bytes: &[u8]| {
        let mut packed = Vec::with_capacity(1 << 20);
        compress
            .compress_vec(bytes, &mut packed, FlushCompress::Full)
            .unwrap();
        packed
    };
    let piece = filling.repeat((1 << 20) / filling.len());
    let times = most / piece.len();
    let mut stream = pack(head);
    stream.extend(pack(&piece).repeat(times));
    // An empty last block.
    stream.extend([3, 0]);
    (stream, head.len() + times * piece.len())
}

fn gzip_of(byte: u8, most: usize) -> Vec<u8> {
    let (stream, _) = packed(&Record::csv(&[service()]), &[byte], most);
    let mut file = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    file.extend(stream);
    file.extend([0; 8]);
    file
}

/// One part of a package as it is stored.
struct Part {
    name: String,
    stream: Vec<u8>,
    crc: u32,
    size: u32,
}

/// A sound workbook in which one part is another.
fn with_part(part: &str, head: &str, filling: &[u8], most: usize) -> Vec<u8> {
    let table = Table::of(&Record::csv(&[service()]));
    let sound = writers::xlsx(&table, false);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(sound)).unwrap();
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index_raw(at).unwrap();
        let name = file.name().unwrap().into_owned();
        if name != part {
            let mut stream = Vec::new();
            file.read_to_end(&mut stream).unwrap();
            parts.push(Part {
                name,
                stream,
                crc: file.crc32(),
                size: file.size() as u32,
            });
        }
    }
    let (stream, size) = packed(head.as_bytes(), filling, most);
    parts.push(Part {
        name: part.to_owned(),
        stream,
        crc: 0,
        size: size as u32,
    });
    package(&parts)
}

/// A zip archive of packed parts.
fn package(parts: &[Part]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        let at = file.len() as u32;
        let mut fields = Vec::new();
        // Version, flags, method, time, date; checksum, sizes, lengths of name and extra field.
        for field in [20_u16, 0, 8, 0, 33] {
            fields.extend(field.to_le_bytes());
        }
        for field in [part.crc, part.stream.len() as u32, part.size] {
            fields.extend(field.to_le_bytes());
        }
        fields.extend((part.name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&fields);
        file.extend(part.name.as_bytes());
        file.extend(&part.stream);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(part.name.as_bytes());
    }
    let (at, count) = (file.len() as u32, parts.len() as u16);
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(at.to_le_bytes());
    file.extend([0, 0]);
    file
}

#[cfg(target_os = "linux")]
#[test]
fn a_small_file_that_unpacks_to_much_takes_little_memory() {
    const SHEET: &str = "xl/worksheets/sheet1.xml";
    const TEXTS: &str = "xl/sharedStrings.xml";
    let spaces = with_part(SHEET, "<worksheet><sheetData>", b" ", UNPACKED);
    let rows = with_part(
        SHEET,
        "<worksheet><sheetData>",
        b"<row><c><v>1</v></c></row>",
        UNPACKED,
    );
    let texts = with_part(TEXTS, "<sst>", b"<si><t>x</t></si>", UNPACKED);
    let other = with_part("xl/styles.xml", "<styleSheet>", b"<a/>", UNPACKED);
    let announced = with_part(
        TEXTS,
        "<sst uniqueCount = '99999999999999'>",
        b"<si><t>x</t></si>",
        1 << 20,
    );
    let ratio = "unpacks to more than 200 times its size";
    for (file, bytes, said) in [
        ("zeros.csv.gz", gzip_of(b'0', UNPACKED), ratio),
        ("lines.csv.gz", gzip_of(b'\n', UNPACKED), ratio),
        ("spaces.xlsx", spaces, "holds a text longer than 16 MiB"),
        ("rows.xlsx", rows, ratio),
        ("texts.xlsx", texts, "more than"),
        ("other.xlsx", other, "more than"),
        (
            "announced.xlsx",
            announced,
            "has more than 4000000 different texts",
        ),
    ] {
        assert!(bytes.len() < 3 << 20, "{file}: {} bytes", bytes.len());
        let council = Council::file(file, bytes);
        let (told, memory) = measured(council.command());
        assert_eq!(told.code, 3, "{file}: {}", told.stderr);
        told.says(&[file, said]);
        assert!(memory < MOST, "{file}: {memory} KiB");
        eprintln!("{file}: {memory} KiB");
        // What the portal would say of a gzip file is found out by unpacking all of it, in as little memory but slowly here.
        if file.ends_with(".gz") {
            continue;
        }
        let path = council.path(file);
        let mut validate = Command::new(env!("CARGO_BIN_EXE_cld"));
        validate.arg("validate").arg(&path);
        let (told, memory) = measured(validate);
        assert_eq!(told.code, 3, "{file}: {}", told.stderr);
        assert!(memory < MOST, "validate {file}: {memory} KiB");
    }
}

#[test]
fn what_is_unpacked_has_a_limit_that_the_configuration_sets() {
    let table = Table::of(&Record::csv(&vec![service(); 40]));
    let texts = writers::batch(&table, false);
    for (file, bytes) in [
        (
            "cld.csv.gz",
            writers::gzip(writers::text(&table, b',').as_bytes()),
        ),
        ("cld.xlsx", writers::xlsx(&table, false)),
        (
            "cld.parquet",
            writers::parquet(&texts, parquet::basic::Compression::SNAPPY),
        ),
        ("cld.arrow", writers::arrow_file(&texts, None)),
    ] {
        Council::file(file, &bytes)
            .reads("max_inflated: 8 KiB")
            .fails(3)
            .said
            .says(&["holds more than 8 KiB of text", "`max_inflated:`"]);
        Council::file(file, &bytes)
            .reads("max_inflated: 1 MiB")
            .makes();
    }
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_refused_whatever_they_are_called() {
    for file in [
        "cld.csv",
        "cld.csv.gz",
        "cld.xlsx",
        "cld.parquet",
        "cld.arrow",
    ] {
        for make in [link as fn(&Path), pipe] {
            let council = Council::bare().and_missing(file);
            make(&council.path(file));
            let said = council.run().said;
            assert_eq!(said.code, 3);
            said.says(&[file, "is not a plain file"]);
        }
    }
}

#[cfg(unix)]
fn link(at: &Path) {
    let target = at.with_extension("target");
    fs::write(&target, "x").unwrap();
    std::os::unix::fs::symlink(target, at).unwrap();
}

#[cfg(unix)]
fn pipe(at: &Path) {
    nix::unistd::mkfifo(at, nix::sys::stat::Mode::S_IRUSR).unwrap();
}
