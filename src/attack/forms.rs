//! The forms in which an identifier may have been hashed by somebody who had no key, or had one that is no secret.

use hkdf::Hkdf;
use sha2::Sha256;

use super::algorithm::{ALL, Algorithm, COMMON, Digest};
use crate::treat::joined;

/// What everybody may know of a bundle: it stands in its manifest, or is public.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// Of the controller.
    pub la_code: String,
    /// The controller's name.
    pub council: String,
    pub recipient: String,
    pub purpose: String,
    pub epoch: String,
    pub key_id: String,
    /// The bundle says that its key is a published one: that its pseudonyms hang on it is no news.
    pub test_key: bool,
}

/// The published test key.
const TEST_KEY: [u8; 32] = {
    let mut key = [0; 32];
    let mut at = 0;
    while at < key.len() {
        key[at] = at as u8;
        at += 1;
    }
    key
};

/// What stands between a salt and a value.
const SEPARATORS: [(&str, &str); 7] = [
    ("", ""),
    ("|", " with |"),
    (":", " with :"),
    ("-", " with -"),
    ("_", " with _"),
    (" ", " with a space"),
    ("\u{1f}", " with U+001F"),
];

/// Words that people take for a salt.
const WORDS: [&str; 18] = [
    "cld-return/v1",
    "nhs",
    "NHS",
    "nhsnumber",
    "nhs_number",
    "nhs-number",
    "la-person",
    "event-reference",
    "salt",
    "pepper",
    "secret",
    "password",
    "hash",
    "key",
    "cld",
    "CLD",
    "test",
    "123456",
];

/// How an identifier is hashed. The name says it without any value but those of the words that are tried.
#[derive(Debug, Clone)]
pub struct Form {
    /// For people.
    pub name: String,
    pub algorithm: Algorithm,
    how: How,
}

#[derive(Debug, Clone)]
enum How {
    /// The value between two texts.
    Salted(Vec<u8>, Vec<u8>),
    /// Ten digits in groups of 3, 3 and 4 with this between them.
    Grouped(u8),
    /// HMAC with this key.
    Keyed(Vec<u8>),
    /// The digest of the digest.
    Twice(Again),
}

#[derive(Debug, Clone, Copy)]
enum Again {
    Bytes,
    Lower,
    Upper,
}

impl Form {
    /// What a value becomes. `None` where the form does not apply to it.
    pub fn digest(&self, value: &[u8]) -> Option<Digest> {
        match &self.how {
            How::Salted(before, behind) => {
                let mut message = Vec::with_capacity(before.len() + value.len() + behind.len());
                message.extend_from_slice(before);
                message.extend_from_slice(value);
                message.extend_from_slice(behind);
                self.algorithm.digest(&message)
            }
            How::Grouped(gap) => {
                let digits: &[u8; 10] = value.try_into().ok()?;
                let (first, rest) = digits.split_at(3);
                let (second, third) = rest.split_at(3);
                let message = [first, second, third].join(gap);
                digits
                    .iter()
                    .all(u8::is_ascii_digit)
                    .then(|| self.algorithm.digest(&message))?
            }
            How::Keyed(key) => self.algorithm.hmac(key, value),
            How::Twice(again) => {
                let once = self.algorithm.digest(value)?;
                match again {
                    Again::Bytes => self.algorithm.digest(once.bytes()),
                    Again::Lower => self
                        .algorithm
                        .digest(data_encoding::HEXLOWER.encode(once.bytes()).as_bytes()),
                    Again::Upper => self
                        .algorithm
                        .digest(data_encoding::HEXUPPER.encode(once.bytes()).as_bytes()),
                }
            }
        }
    }

    /// What stands before and behind the value, where nothing else is done to it.
    pub fn salts(&self) -> Option<(&[u8], &[u8])> {
        match &self.how {
            How::Salted(before, behind) => Some((before, behind)),
            _ => None,
        }
    }
}

/// The value itself, hashed by everything there is.
pub fn plain() -> Vec<Form> {
    ALL.into_iter()
        .map(|algorithm| salted(algorithm, "", b"", b""))
        .collect()
}

/// The LA code before and behind the value, alone and as local ids have it.
pub fn with_la_code(c: &Circumstances, algorithms: &[Algorithm]) -> Vec<Form> {
    let mut forms = Vec::new();
    let code = c.la_code.as_bytes();
    for &algorithm in algorithms {
        forms.push(salted(algorithm, "the LA code before it", code, b""));
        forms.push(salted(algorithm, "the LA code behind it", b"", code));
        let local = [code, b"\x1f"].concat();
        forms.push(salted(
            algorithm,
            "the LA code and U+001F before it",
            &local,
            b"",
        ));
    }
    forms
}

/// Everything that is not [`plain`], with salts for these algorithms. What the contract's own construction comes to without
/// a secret key is among it.
pub fn salted_and_keyed(c: &Circumstances, algorithms: &[Algorithm]) -> Vec<Form> {
    let mut forms = Vec::new();
    let salts = salts(c);
    for &algorithm in algorithms {
        for (name, salt) in &salts {
            for (separator, with) in SEPARATORS {
                let before = [salt.as_bytes(), separator.as_bytes()].concat();
                let behind = [separator.as_bytes(), salt.as_bytes()].concat();
                forms.push(salted(
                    algorithm,
                    &format!("{name} before it{with}"),
                    &before,
                    b"",
                ));
                forms.push(salted(
                    algorithm,
                    &format!("{name} behind it{with}"),
                    b"",
                    &behind,
                ));
            }
        }
        for (gap, name) in [(b' ', "spaces"), (b'-', "hyphens")] {
            forms.push(Form {
                name: format!("{} of the number grouped with {name}", algorithm.name()),
                algorithm,
                how: How::Grouped(gap),
            });
        }
        for (again, name) in [
            (Again::Bytes, "its digest"),
            (Again::Lower, "its digest in lowercase hex"),
            (Again::Upper, "its digest in uppercase hex"),
        ] {
            forms.push(Form {
                name: format!("{} of {name}", algorithm.name()),
                algorithm,
                how: How::Twice(again),
            });
        }
    }
    for &algorithm in COMMON {
        for (name, key) in keys(c, &salts) {
            forms.push(Form {
                name: format!("HMAC-{} keyed with {name}", algorithm.name()),
                algorithm,
                how: How::Keyed(key),
            });
        }
    }
    forms
}

fn salted(algorithm: Algorithm, words: &str, before: &[u8], behind: &[u8]) -> Form {
    let name = match words {
        "" => algorithm.name().to_owned(),
        words => format!("{}, {words}", algorithm.name()),
    };
    Form {
        name,
        algorithm,
        how: How::Salted(before.to_vec(), behind.to_vec()),
    }
}

/// Salts by name.
fn salts(c: &Circumstances) -> Vec<(String, String)> {
    let named = [
        ("the LA code", &c.la_code),
        ("the council's name", &c.council),
        ("the recipient", &c.recipient),
        ("the purpose", &c.purpose),
        ("the epoch", &c.epoch),
        ("the key id", &c.key_id),
    ];
    let named = named
        .into_iter()
        .map(|(name, salt)| (name.to_owned(), salt.clone()));
    let words = WORDS
        .into_iter()
        .map(|word| (format!("the word {word}"), word.to_owned()));
    let mut salts: Vec<_> = named.chain(words).collect();
    for domain in DOMAINS {
        salts.push((
            format!("all that keys are derived for ({domain})"),
            info(c, domain),
        ));
    }
    salts.retain(|(_, salt)| !salt.is_empty());
    salts
}

const DOMAINS: [&str; 3] = ["nhs-number", "la-person", "event-reference"];

/// What a domain's key is derived for (contract section 3).
fn info(c: &Circumstances, domain: &str) -> String {
    let parts = [
        "cld-return/v1",
        &c.la_code,
        &c.recipient,
        &c.purpose,
        &c.epoch,
        domain,
    ];
    String::from_utf8(joined(parts)).expect("texts")
}

/// Keys that are no secret, by name.
fn keys(c: &Circumstances, salts: &[(String, String)]) -> Vec<(String, Vec<u8>)> {
    let mut keys = vec![("nothing".to_owned(), Vec::new())];
    keys.extend(
        salts
            .iter()
            .map(|(name, salt)| (name.clone(), salt.clone().into_bytes())),
    );
    keys.push((
        "the published test key itself".to_owned(),
        TEST_KEY.to_vec(),
    ));
    let mut masters: Vec<(&str, &[u8])> =
        vec![("no master key", b""), ("a master key of zeros", &[0; 32])];
    if !c.test_key {
        masters.push(("the published test key", &TEST_KEY));
    }
    for (name, master) in masters {
        for domain in DOMAINS {
            let mut key = [0; 32];
            Hkdf::<Sha256>::new(None, master)
                .expand(info(c, domain).as_bytes(), &mut key)
                .expect("32 bytes are within HKDF's limit of 8,160");
            keys.push((
                format!("what is derived from {name} for {domain}"),
                key.to_vec(),
            ));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use std::collections::BTreeSet;

    pub fn circumstances(test_key: bool) -> Circumstances {
        Circumstances {
            la_code: "999".into(),
            council: "Testshire".into(),
            recipient: "nhs-england".into(),
            purpose: "client-level-data".into(),
            epoch: "2026".into(),
            key_id: "4be756613018645e".into(),
            test_key,
        }
    }

    fn names_that_make(expected: &str, value: &[u8], test_key: bool) -> Vec<String> {
        let c = circumstances(test_key);
        // Salts are the same for each; a debug build takes long for all.
        let some = [Algorithm::Sha256, Algorithm::Md5, Algorithm::Blake3];
        let all = [plain(), with_la_code(&c, &ALL), salted_and_keyed(&c, &some)].concat();
        let makes = |form: &&Form| {
            form.digest(value)
                .is_some_and(|d| HEXLOWER.encode(d.bytes()) == expected)
        };
        all.iter()
            .filter(makes)
            .map(|form| form.name.clone())
            .collect()
    }

    /// With the contract's vectors: the published test key is found out, unless the bundle says that it was used.
    #[test]
    fn the_contracts_construction_with_the_published_key_is_among_them() {
        for (value, pseudonym, domain) in [
            (
                &b"9434765919"[..],
                "d8767e5ac9f66cd09010633327ac6c7a412b78eb230ea5a82e076b353879382f",
                "nhs-number",
            ),
            (
                b"999\x1fP100001",
                "0d107c6a8984de9d3d669eb09a3e18317aff7fa8d187d4254eb148e68cf32086",
                "la-person",
            ),
            (
                b"999\x1fE1",
                "2ef51490350c0dd66202c4bdb044f6f408a15cb197b46a3956c9b51c79656db2",
                "event-reference",
            ),
        ] {
            let name = format!(
                "HMAC-SHA-256 keyed with what is derived from the published test key for {domain}"
            );
            assert_eq!(names_that_make(pseudonym, value, false), [name]);
            assert!(names_that_make(pseudonym, value, true).is_empty());
        }
    }

    #[test]
    fn obvious_forms_are_among_them() {
        let number = b"9434765919";
        let messages: [&[u8]; 9] = [
            b"9434765919",
            b"9999434765919",
            b"9434765919999",
            b"999\x1f9434765919",
            b"nhs-england|9434765919",
            b"9434765919:pepper",
            b"943 476 5919",
            b"943-476-5919",
            b"4be756613018645e_9434765919",
        ];
        for message in messages {
            for algorithm in [Algorithm::Sha256, Algorithm::Md5, Algorithm::Blake3] {
                let expected = HEXLOWER.encode(algorithm.digest(message).expect("short").bytes());
                let found = names_that_make(&expected, number, true);
                assert!(
                    !found.is_empty(),
                    "{} {}",
                    algorithm.name(),
                    message.escape_ascii()
                );
                assert!(found.iter().all(|name| name.starts_with(algorithm.name())));
            }
        }
        for key in [&b""[..], b"999", b"salt", &TEST_KEY] {
            let digest = Algorithm::Sha256.hmac(key, number).expect("made");
            assert!(!names_that_make(&HEXLOWER.encode(digest.bytes()), number, true).is_empty());
        }
        let once = HEXLOWER.encode(Algorithm::Md5.digest(number).expect("short").bytes());
        let twice = Algorithm::Md5.digest(once.as_bytes()).expect("short");
        assert_eq!(
            names_that_make(&HEXLOWER.encode(twice.bytes()), number, true),
            ["MD5 of its digest in lowercase hex"]
        );
    }

    #[test]
    fn a_secret_key_is_not_among_them() {
        let digest = Algorithm::Sha256
            .hmac(&[7; 32], b"9434765919")
            .expect("made");
        assert!(names_that_make(&HEXLOWER.encode(digest.bytes()), b"9434765919", false).is_empty());
    }

    #[test]
    fn every_form_has_a_name_of_its_own() {
        let c = circumstances(false);
        let forms = [plain(), salted_and_keyed(&c, &ALL)].concat();
        let names: BTreeSet<_> = forms.iter().map(|form| &form.name).collect();
        assert!(
            names.len() == forms.len() && forms.len() > 5_000,
            "{}",
            forms.len()
        );
    }
}
