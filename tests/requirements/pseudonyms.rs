//! T7 and T9: a pseudonym is no hash that anybody can make, and stays the same from quarter to quarter.

use std::collections::{BTreeMap, HashSet};

use blake2::{Blake2b512, Blake2s256};
use data_encoding::HEXLOWER;
use sha2::Digest;

use super::{real_numbers, with_own_key};
use crate::support::{Council, Record, samples, service};

const COLUMNS: [&str; 3] = [
    "Der_NHS_Number_Pseudo",
    "Der_LA_Person_Unique_Identifier_Pseudo",
    "Der_Event_Reference_Pseudo",
];

/// One record of each number, with a person id and an event reference made of it.
fn records(numbers: &[String]) -> Vec<Record> {
    let record =
        |number: &String| service().of(number, &format!("P{number}"), &format!("E{number}"));
    numbers.iter().map(record).collect()
}

/// BLAKE3 of up to 64 bytes, from its paper: one compression of one block that is chunk, start, end and root at once.
fn blake3(text: &[u8]) -> Vec<u8> {
    const IV: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    const ORDER: [usize; 16] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
    const QUARTERS: [[usize; 4]; 8] = [
        [0, 4, 8, 12],
        [1, 5, 9, 13],
        [2, 6, 10, 14],
        [3, 7, 11, 15],
        [0, 5, 10, 15],
        [1, 6, 11, 12],
        [2, 7, 8, 13],
        [3, 4, 9, 14],
    ];
    let mut block = [0; 64];
    block[..text.len()].copy_from_slice(text);
    let mut words: [u32; 16] =
        std::array::from_fn(|n| u32::from_le_bytes(block[4 * n..4 * n + 4].try_into().unwrap()));
    let mut v = [0; 16];
    v[..8].copy_from_slice(&IV);
    v[8..12].copy_from_slice(&IV[..4]);
    v[14] = text.len() as u32;
    v[15] = 0b1011;
    for _ in 0..7 {
        for (at, [a, b, c, d]) in QUARTERS.into_iter().enumerate() {
            for (word, turns) in [(words[2 * at], [16, 12]), (words[2 * at + 1], [8, 7])] {
                v[a] = v[a].wrapping_add(v[b]).wrapping_add(word);
                v[d] = (v[d] ^ v[a]).rotate_right(turns[0]);
                v[c] = v[c].wrapping_add(v[d]);
                v[b] = (v[b] ^ v[c]).rotate_right(turns[1]);
            }
        }
        words = ORDER.map(|n| words[n]);
    }
    (0..8)
        .flat_map(|n| (v[n] ^ v[n + 8]).to_le_bytes())
        .collect()
}

/// Every unkeyed digest of a text that somebody might take for a pseudonym.
fn digests(text: &str) -> [Vec<u8>; 10] {
    let text = text.as_bytes();
    [
        md5::Md5::digest(text).to_vec(),
        sha1::Sha1::digest(text).to_vec(),
        sha2::Sha224::digest(text).to_vec(),
        sha2::Sha256::digest(text).to_vec(),
        sha2::Sha512::digest(text).to_vec(),
        sha3::Sha3_256::digest(text).to_vec(),
        sha3::Sha3_512::digest(text).to_vec(),
        Blake2b512::digest(text).to_vec(),
        Blake2s256::digest(text).to_vec(),
        blake3(text),
    ]
}

#[test]
fn t07_the_digests_are_the_published_ones() {
    let found = digests("abc").map(|digest| HEXLOWER.encode(&digest)[..16].to_owned());
    assert_eq!(
        found,
        [
            "900150983cd24fb0",
            "a9993e364706816a",
            "23097d223405d822",
            "ba7816bf8f01cfea",
            "ddaf35a193617aba",
            "3a985da74fe225b2",
            "b751850b1a57168a",
            "ba80a53f981c4d0d",
            "508c5e8c327c14e2",
            "6437b3ac38465133",
        ]
    );
}

/// Without a key, or with salts that anybody could guess before or behind, nobody gets from a number to a pseudonym.
#[test]
fn t07_no_pseudonym_is_a_plain_or_salted_hash() {
    let numbers = real_numbers(2_000);
    let ran = with_own_key(Council::of(records(&numbers))).makes();
    let submission = ran.submission();
    let pseudonyms = COLUMNS.map(|column| submission.column(column)).concat();
    // The whole and what is left of a longer digest or of a shortened pseudonym.
    let starts: HashSet<&str> = pseudonyms.iter().map(|p| &p[..32]).collect();
    assert_eq!(starts.len(), 3 * numbers.len());
    let key_id = ran.predicate()["key"]["id"].as_str().unwrap().to_owned();
    let salts = [
        "",
        "999",
        "2026",
        "salt",
        "nhs-england",
        "client-level-data",
        "nhs-number",
        "cld-return/v1",
        &key_id,
    ];
    for number in &numbers {
        let spaced = format!("{} {} {}", &number[..3], &number[3..6], &number[6..]);
        for (at, salt) in salts.iter().enumerate() {
            let mut forms = vec![format!("{salt}{number}"), format!("{number}{salt}")];
            if at == 0 {
                forms = vec![
                    number.clone(),
                    spaced.clone(),
                    format!("P{number}"),
                    format!("999\u{1f}P{number}"),
                    format!("E{number}"),
                ];
            }
            for digest in forms.iter().flat_map(|form| digests(form)) {
                let hex = HEXLOWER.encode(&digest);
                assert!(!starts.contains(&hex[..32]), "a pseudonym is a plain hash");
            }
        }
    }
}

/// Four quarters, one key and epoch, other events: everybody has the pseudonym they had.
#[test]
fn t09_four_quarters_have_the_same_pseudonyms() {
    let numbers = real_numbers(1_000);
    let quarter = |start: &str, end: &str, at: usize| {
        let day = |iso: &str| format!("{}/{}/{}", &iso[8..], &iso[5..7], &iso[..4]);
        let tag = |n: usize| format!("{}.00", 1_000 + n);
        let mut records: Vec<_> = records(&numbers)
            .into_iter()
            .enumerate()
            .map(|(n, record)| {
                // The cost tells in the submission who it is; what else is sent of them changes.
                record
                    .with("Unit Cost", tag(n))
                    .with("Event Start Date", day(start))
                    .with("Reporting Period Start Date", day(start))
                    .with("Reporting Period End Date", day(end))
                    .with("Event Description", format!("quarter {at}"))
            })
            .collect();
        // Every quarter in another order.
        records.rotate_left(at * 250);
        let ran = with_own_key(Council::of(records))
            .set("period", format!("{{start: {start}, end: {end}}}"))
            .makes();
        let submission = ran.submission();
        let columns = COLUMNS.map(|column| submission.column(column));
        let of_tag: BTreeMap<_, _> = submission
            .column("Unit_Cost")
            .into_iter()
            .enumerate()
            .map(|(row, cost)| (cost, columns.each_ref().map(|column| column[row].clone())))
            .collect();
        assert_eq!(of_tag.len(), numbers.len());
        of_tag
    };
    let first = quarter("2025-04-01", "2025-06-30", 0);
    for (start, end, at) in [
        ("2025-07-01", "2025-09-30", 1),
        ("2025-10-01", "2025-12-31", 2),
        ("2026-01-01", "2026-03-31", 3),
    ] {
        assert!(
            quarter(start, end, at) == first,
            "quarter {at} links to the first whole"
        );
    }
    let different: HashSet<_> = first.values().flatten().collect();
    assert_eq!(different.len(), 3 * numbers.len());
}

/// Under the published key the pseudonyms are others, so the tests above look at more than constants.
#[test]
fn t09_another_key_links_nobody() {
    let numbers = real_numbers(50);
    let with = |council: Council| {
        let submission = council.argument("--allow-test-key").makes().submission();
        COLUMNS.map(|column| submission.column(column)).concat()
    };
    let published = format!("{{file: {}, epoch: \"2026\"}}", samples("test.key"));
    let council = || Council::of(records(&numbers));
    let ours: HashSet<_> = with(with_own_key(council())).into_iter().collect();
    let theirs = with(council().set("key", published));
    assert!(theirs.iter().all(|pseudonym| !ours.contains(pseudonym)));
}
