//! The council's list of people who objected to their data being shared, held against the people submitted. It is for
//! counting: nothing here can leave a record out.

use std::io;
use std::path::{Path, PathBuf};

use encoding_rs::WINDOWS_1252;
use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::{DomainKey, KeyError, MasterKey, Pseudonym, Scope, SourceDigester};
use crate::nhs_number;
use crate::plain_file;
use crate::schema::Domain;

/// The columns that are read, by the return's own names. Others are left alone.
const COLUMNS: [&str; 2] = ["NHS Number", "LA Person Unique Identifier"];

/// More than a list of one council can need.
const MOST_BYTES: u64 = 64 << 20;

/// Why a list cannot be used. Never says what stands in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectionsError {
    /// The operating system refused.
    #[error("objections.file: cannot read {}: {source}", path.display())]
    Unreadable {
        /// The list.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The file is no such list.
    #[error("objections.file: {} {fault}", path.display())]
    Malformed {
        /// The list.
        path: PathBuf,
        /// What is wrong, where, and what to do.
        fault: String,
    },
    /// No key can be derived to hold it against people.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A list of objections, by the starts of the pseudonyms of the people on it.
pub struct Objections {
    starts: HashSet<u64, FixedState>,
    /// Rows that say something.
    entries: u64,
    /// Rows of them with neither an NHS number nor an LA person id that can be read.
    unread: u64,
    /// Keyed: that of a short list could be guessed.
    digest: String,
}

impl Objections {
    /// Reads a CSV file with a column `NHS Number` or `LA Person Unique Identifier`, or both, in UTF-8 or Windows-1252.
    ///
    /// # Errors
    /// [`ObjectionsError`].
    pub fn read(path: &Path, key: &MasterKey, scope: &Scope) -> Result<Self, ObjectionsError> {
        let unreadable = |source| ObjectionsError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let malformed = |fault: String| ObjectionsError::Malformed {
            path: path.to_owned(),
            fault,
        };
        let bytes = plain_file::read(path, MOST_BYTES).map_err(unreadable)?;
        let keys = [
            key.domain_key(scope, &Domain::NhsNumber)?,
            key.domain_key(scope, &Domain::LaPerson)?,
        ];
        Self::parse(&bytes, &keys, key.source_digester(scope)).map_err(malformed)
    }

    fn parse(
        bytes: &[u8],
        keys: &[DomainKey; 2],
        mut digester: SourceDigester,
    ) -> Result<Self, String> {
        digester.update(bytes);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        };
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader
            .headers()
            .map_err(|_| "is no CSV file. Save it as CSV".to_owned())?;
        let columns = COLUMNS.map(|name| header.iter().position(|h| h.eq_ignore_ascii_case(name)));
        if columns == [None, None] {
            return Err(format!(
                "has neither a column `{}` nor a column `{}`. Name them so in its first row",
                COLUMNS[0], COLUMNS[1]
            ));
        }
        let mut list = Self {
            starts: HashSet::default(),
            entries: 0,
            unread: 0,
            digest: digester.finish(),
        };
        for (at, record) in reader.records().enumerate() {
            let record = record.map_err(|_| {
                format!(
                    "row {}: another number of cells than the first row has. Correct the row",
                    at + 2
                )
            })?;
            if record.iter().all(str::is_empty) {
                continue;
            }
            let cell = |column: Option<usize>| column.and_then(|at| record.get(at));
            let number = cell(columns[0]).and_then(|cell| nhs_number::canonical(cell).ok());
            let number = number.map(|number| keys[0].pseudonym_of_nhs(&number));
            let person = cell(columns[1]).and_then(|cell| keys[1].pseudonym_of_local(cell).ok()?);
            list.entries += 1;
            if number.is_none() && person.is_none() {
                list.unread += 1;
            }
            let known = number.into_iter().chain(person);
            list.starts.extend(known.map(|p| p.start()));
        }
        Ok(list)
    }

    /// Whether one of the pseudonyms of a person is on the list.
    pub(super) fn has(&self, pseudonyms: [Option<Pseudonym>; 2]) -> bool {
        let mut known = pseudonyms.into_iter().flatten();
        known.any(|pseudonym| self.starts.contains(&pseudonym.start()))
    }

    /// Rows of the list that say something.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Those of them with neither an NHS number nor an LA person id that can be read.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Keyed digest of the file. It names the run among other things and stands nowhere.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (MasterKey, Scope) {
        let master = MasterKey::parse(include_bytes!("../../samples/keys/test.key")).unwrap();
        (master, Scope::new("999", "r", "p", "e").unwrap())
    }

    fn parse(bytes: &[u8]) -> Result<Objections, String> {
        let (key, scope) = keys();
        let keys = [Domain::NhsNumber, Domain::LaPerson].map(|d| key.domain_key(&scope, &d));
        let keys = keys.map(|key| key.unwrap());
        Objections::parse(bytes, &keys, key.source_digester(&scope))
    }

    #[test]
    fn people_are_known_by_either_id_however_it_is_written() {
        let list = "\u{feff}name,nhs number,LA Person Unique Identifier,when\r\n\
                    A,943 476 5919,,2025\r\n\
                    B,, P1 ,\r\n\
                    C,9434765911,P2,\r\n\
                    D,9434765911,NULL,\r\n\
                    ,,,\r\n";
        let list = parse(list.as_bytes()).unwrap();
        assert_eq!((list.entries(), list.unread()), (4, 1));
        let (key, scope) = keys();
        let of = |value: &str| {
            let key = key.domain_key(&scope, &Domain::LaPerson).unwrap();
            key.pseudonym_of_local(value).unwrap()
        };
        let number = nhs_number::canonical("9434765919").unwrap();
        let of_number = key.domain_key(&scope, &Domain::NhsNumber).unwrap();
        let number = Some(of_number.pseudonym_of_nhs(&number));
        assert!(list.has([of("P9"), number]) && list.has([of("P1"), None]));
        assert!(list.has([of("P2"), None]));
        assert!(!list.has([of("P9"), None]) && !list.has([None, None]));
    }

    #[test]
    fn one_column_is_enough_and_none_is_not() {
        let list = parse(b"LA Person Unique Identifier\nP\xe9\n").unwrap();
        assert_eq!((list.entries(), list.unread()), (1, 0));
        assert!(parse(b"id\nP1\n").err().unwrap().contains("NHS Number"));
        assert!(parse(b"").err().unwrap().contains("neither"));
        let fault = parse(b"NHS Number\n9434765919\n9434765919,x\n");
        let fault = fault.err().unwrap();
        assert!(fault.contains("row 3") && !fault.contains("943"), "{fault}");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let (key, scope) = keys();
        let error = Objections::read(Path::new("/nowhere.csv"), &key, &scope);
        let error = error.err().unwrap().to_string();
        assert!(error.contains("/nowhere.csv") && error.contains("objections.file"));
    }
}
