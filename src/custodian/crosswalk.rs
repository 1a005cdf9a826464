//! The crosswalk: a line of CSV for each pseudonym of each record that was submitted, with what it stands for. It is only ever
//! written encrypted, in the order of the extract.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::custody::{Kept, ReadError};
use crate::encrypted::{Form, Identities, OpenError};
use crate::treat::Made;

/// Begins the first line, which is a comment.
const MARK: &str = "# cld-crosswalk-1 key ";

const COLUMNS: [&str; 6] = ["domain", "pseudonym", "source", "row", "field", "value"];

/// The first lines: of which key and epoch the pseudonyms are, and the names of the columns.
pub fn head(key_id: &str, epoch: &str) -> String {
    format!("{MARK}{key_id} epoch {epoch}\n{}\n", COLUMNS.join(","))
}

/// Lines of a crosswalk. No `Debug`; wiped when they were written.
pub struct CrosswalkLines {
    lines: csv::Writer<Vec<u8>>,
}

impl Default for CrosswalkLines {
    fn default() -> Self {
        Self {
            lines: csv::WriterBuilder::new().from_writer(Vec::new()),
        }
    }
}

impl CrosswalkLines {
    /// Adds one.
    ///
    /// # Errors
    /// Never: it goes to memory.
    pub fn add(&mut self, made: &Made<'_>, field: &str, source: &str, row: u64) -> io::Result<()> {
        let mut hex = [0; 64];
        made.pseudonym.write_hex(&mut hex);
        let cells = [
            made.domain.as_bytes(),
            &hex,
            source.as_bytes(),
            row.to_string().as_bytes(),
            field.as_bytes(),
            made.value.trim().as_bytes(),
        ]
        .map(<[u8]>::to_vec);
        self.lines.write_record(cells).map_err(io::Error::other)
    }

    /// The lines as text.
    ///
    /// # Errors
    /// Never.
    pub fn bytes(self) -> io::Result<Vec<u8>> {
        self.lines
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
    }
}

/// A pseudonym that somebody asks about. `Debug` withholds it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sought(String);

impl Sought {
    /// 64 lowercase hexadecimal digits.
    pub fn hex(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sought {
    type Err = ();

    /// 64 hexadecimal digits, or the combined person id of the national data set: LA code, `_` and a pseudonym.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let digits = match text.split_once('_') {
            Some((code, digits)) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()) => {
                digits
            }
            Some(_) => return Err(()),
            None => text,
        };
        let sound = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        sound.then(|| Self(digits.to_ascii_lowercase())).ok_or(())
    }
}

impl fmt::Debug for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(crate::redact::WITHHELD)
    }
}

/// What a pseudonym stands for. No `Debug`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Meaning {
    /// The family of identifiers.
    pub domain: String,
    /// The field of the return.
    pub field: String,
    /// The identifier.
    pub value: String,
}

/// Where it stands: rows of sources, as a spreadsheet counts them.
pub type Places = BTreeMap<String, Vec<u64>>;

/// What was found. No `Debug`.
pub struct Found {
    /// The key of the pseudonyms.
    pub key_id: String,
    /// SHA-256 of the crosswalk file, in hex.
    pub digest: String,
    /// For each pseudonym that was sought, what it stands for and where; nothing where it is not in the crosswalk.
    pub records: BTreeMap<Sought, BTreeMap<Meaning, Places>>,
}

/// Why a crosswalk cannot be searched. Reads after the name of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrosswalkError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is kept so that others may exchange it, or is no file.
    #[error("{0}")]
    Kept(crate::custody::Fault),
    /// It opens, and is something else.
    #[error("is an encrypted file, but no crosswalk")]
    NoCrosswalk,
    /// Not encrypted.
    #[error("is not encrypted, so it is not what `cld run --crosswalk` made")]
    Plain,
}

/// Searches a crosswalk to its end, which shows that nothing of it was changed or cut off. Memory holds what was found only.
///
/// # Errors
/// [`CrosswalkError`].
pub fn find(
    path: &Path,
    identities: &Identities,
    sought: &[Sought],
) -> Result<Found, CrosswalkError> {
    let open = |e: io::Error| CrosswalkError::Open(OpenError::Io(e));
    let (file, start) = Kept::open(path).map_err(|e| match e {
        ReadError::Io(e) => open(e),
        ReadError::Fault(fault) => CrosswalkError::Kept(fault),
    })?;
    match Form::of(&start) {
        Form::Plain => return Err(CrosswalkError::Plain),
        Form::Armoured => return Err(OpenError::Armoured.into()),
        Form::Passphrase(_) | Form::PublicKey => {}
    }
    let mut digested = Digested {
        file,
        digest: Sha256::new(),
    };
    let plain = identities.reader(BufReader::with_capacity(1 << 18, &mut digested))?;
    let (key_id, records) = search(BufReader::with_capacity(1 << 16, plain), sought)?;
    Ok(Found {
        key_id,
        digest: HEXLOWER.encode(&digested.digest.finalize()),
        records,
    })
}

type Records = BTreeMap<Sought, BTreeMap<Meaning, Places>>;

fn search(
    mut plain: impl io::BufRead,
    sought: &[Sought],
) -> Result<(String, Records), CrosswalkError> {
    let reading = |e: io::Error| CrosswalkError::Open(OpenError::of_reading(e));
    let mut first = String::new();
    let mut head = Read::take(&mut plain, 4096);
    head.read_line(&mut first).map_err(reading)?;
    let key_id = first
        .strip_prefix(MARK)
        .and_then(|rest| rest.split(' ').next())
        .ok_or(CrosswalkError::NoCrosswalk)?
        .to_owned();
    let mut records: Records = sought
        .iter()
        .map(|sought| (sought.clone(), BTreeMap::new()))
        .collect();
    let mut lines = csv::Reader::from_reader(plain);
    let broken = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(e) => reading(e),
        _ => CrosswalkError::NoCrosswalk,
    };
    if lines.byte_headers().map_err(broken)? != COLUMNS.as_slice() {
        return Err(CrosswalkError::NoCrosswalk);
    }
    let mut line = csv::ByteRecord::new();
    // Only what is sought is ever made a text of.
    let wanted: std::collections::HashMap<&[u8], &Sought> =
        sought.iter().map(|s| (s.0.as_bytes(), s)).collect();
    while lines.read_byte_record(&mut line).map_err(broken)? {
        let Some(sought) = wanted.get(&line[1]) else {
            continue;
        };
        let text = |at: usize| String::from_utf8_lossy(&line[at]).into_owned();
        let meaning = Meaning {
            domain: text(0),
            field: text(4),
            value: text(5),
        };
        let row = text(3).parse().map_err(|_| CrosswalkError::NoCrosswalk)?;
        if let Some(found) = records.get_mut(*sought) {
            let places = found.entry(meaning).or_default();
            places.entry(text(2)).or_default().push(row);
        }
    }
    Ok((key_id, records))
}

/// Digests what is read on the way.
struct Digested {
    file: std::fs::File,
    digest: Sha256,
}

impl Read for Digested {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(to)?;
        self.digest.update(&to[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "d8767e5ac9f66cd09010633327ac6c7a412b78eb230ea5a82e076b353879382f";
    const B: &str = "0d107c6a8984de9d3d669eb09a3e18317aff7fa8d187d4254eb148e68cf32086";

    fn sought(text: &str) -> Sought {
        text.parse().expect("a pseudonym")
    }

    #[test]
    fn pseudonyms_are_64_digits_with_or_without_the_council() {
        assert_eq!(sought(A).hex(), A);
        assert_eq!(sought(&format!(" {}\n", A.to_uppercase())).hex(), A);
        assert_eq!(sought(&format!("999_{A}")).hex(), A);
        for wrong in [
            "9434765919",
            "",
            &A[1..],
            &format!("99_{A}"),
            &format!("abc_{A}"),
            &format!("{A}_1"),
        ] {
            assert!(wrong.parse::<Sought>().is_err(), "{wrong}");
        }
        assert!(!format!("{:?}", sought(A)).contains("d876"));
    }

    #[test]
    fn what_was_written_is_found_again_with_all_its_places() {
        let mut text = head("4be756613018645e", "2026");
        for (row, field) in [(2, "NHS Number"), (5, "NHS Number"), (5, "Other")] {
            text += &format!("nhs-number,{A},case-system,{row},{field},\"94,\"\"3\"\n");
        }
        let (key_id, records) = search(text.as_bytes(), &[sought(A), sought(B)]).expect("read");
        assert_eq!(key_id, "4be756613018645e");
        assert!(records[&sought(B)].is_empty());
        let found: Vec<_> = records[&sought(A)].iter().collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].0.value == "94,\"3" && found[0].0.field == "NHS Number");
        assert_eq!(found[0].1["case-system"], [2, 5]);
    }

    #[test]
    fn other_texts_are_no_crosswalk() {
        for text in [
            "",
            "domain,old,new\n",
            "# cld-crosswalk-1 key 4be7 epoch 1\na,b\n",
        ] {
            let error = search(text.as_bytes(), &[sought(A)]).err();
            assert!(matches!(error, Some(CrosswalkError::NoCrosswalk)), "{text}");
        }
        let torn = head("4be7", "1") + "nhs-number,x\n";
        assert!(search(torn.as_bytes(), &[sought(A)]).is_err());
    }
}
