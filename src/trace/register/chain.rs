//! The digests that hold the log together.

use sha2::{Digest, Sha256};

use super::{Digest32, Entry, Whom};

/// Takes parts so that no two sequences of parts give the same bytes.
struct Parts(Sha256);

impl Parts {
    fn of(what: &str) -> Self {
        let mut parts = Self(Sha256::new());
        parts.add(Some(what.as_bytes()));
        parts
    }

    fn add(&mut self, part: Option<&[u8]>) {
        match part {
            None => self.0.update([0]),
            Some(bytes) => {
                self.0.update([1]);
                self.0.update((bytes.len() as u64).to_be_bytes());
                self.0.update(bytes);
            }
        }
    }

    fn number(&mut self, number: Option<u64>) {
        self.add(number.map(u64::to_be_bytes).as_ref().map(|b| &b[..]));
    }

    fn finish(self) -> Digest32 {
        self.0.finalize().into()
    }
}

/// The salted digest of whom an entry is about.
pub(super) fn seal(whom: &Whom, salt: &[u8; 16]) -> Digest32 {
    let mut parts = Parts::of("cld-register/1 whom");
    parts.add(Some(salt));
    parts.add(Some(whom.person.as_bytes()));
    parts.add(whom.reference.as_ref().map(|r| &r.bytes()[..]));
    for number in [&whom.old_number, &whom.new_number] {
        parts.add(number.as_ref().map(|n| &n.digits()[..]));
    }
    for day in [whom.birth, whom.day] {
        parts.number(day.map(|day| u64::from(day.packed())));
    }
    parts.add(whom.facts.as_ref().map(|digest| &digest[..]));
    parts.number(Some(u64::from(whom.flags)));
    parts.number(whom.confidence.map(u64::from));
    parts.finish()
}

/// The digest of an entry that comes after another one.
pub(super) fn chain(
    before: &Digest32,
    seq: u64,
    at: &str,
    entry: &Entry,
    sealed: Option<&Digest32>,
) -> Digest32 {
    let mut parts = Parts::of("cld-register/1 entry");
    parts.add(Some(before));
    parts.number(Some(seq));
    parts.add(Some(at.as_bytes()));
    parts.add(Some(entry.event.word().as_bytes()));
    for text in [&entry.rule, &entry.code, &entry.name] {
        parts.add(text.as_ref().map(String::as_bytes));
    }
    parts.add(entry.file.as_ref().map(|digest| &digest[..]));
    parts.number(entry.rows);
    parts.number(entry.of);
    for status in [entry.old_status, entry.new_status] {
        parts.number(status.map(|status| u64::from(status.number())));
    }
    parts.add(sealed.map(|digest| &digest[..]));
    parts.finish()
}

/// A digest of numbers of entries, for what a purge says it purged.
pub(super) fn digest_of_entries(entries: impl Iterator<Item = u64>) -> Digest32 {
    let mut parts = Parts::of("cld-register/1 purged");
    for entry in entries {
        parts.number(Some(entry));
    }
    parts.finish()
}
