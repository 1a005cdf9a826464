//! Canonical values against a plain reading of the contract, section 3 and 4.

use cld_return::nhs_number::{self, Refusal};
use cld_return::schema::Domain;
use cld_return::treat::{DomainKey, LocalRefusal, MasterKey, Scope};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::OnceLock;
use unicode_normalization::UnicodeNormalization;

/// What the contract's section 4 says, word by word. U+200B to U+200D and U+2060 are its zero-width characters.
fn plain_number(text: &str) -> Option<[u8; 10]> {
    const REMOVED: &str = " -\t\r\u{a0}\u{2007}\u{202f}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\
                           \u{200b}\u{200c}\u{200d}\u{2060}\u{feff}";
    let left: String = text.chars().filter(|c| !REMOVED.contains(*c)).collect();
    let digits: [u8; 10] = left.as_bytes().try_into().ok()?;
    if !left.chars().all(|c| ('0'..='9').contains(&c)) {
        return None;
    }
    let value = |at: usize| u32::from(digits[at] - b'0');
    let remainder = (0..9).map(|at| value(at) * (10 - at as u32)).sum::<u32>() % 11;
    let check = match 11 - remainder {
        11 => 0,
        10 => return None,
        check => check,
    };
    let repeated = digits.iter().all(|d| *d == digits[0]);
    let placeholder = repeated || left == "0123456789" || left == "9876543210";
    (value(9) == check && !placeholder).then_some(digits)
}

/// Agrees with the plain reading; what is accepted stands in the text digit by digit and is accepted again as itself.
pub fn nhs_number(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let found = nhs_number::canonical(&text);
    assert!(found.ok().map(|n| *n.digits()) == plain_number(&text));
    match found {
        Ok(number) => {
            let digits = std::str::from_utf8(number.digits()).expect("digits");
            assert!(nhs_number::canonical(digits) == Ok(number));
            let held: String = text.chars().filter(char::is_ascii_digit).collect();
            assert!(held == digits, "repaired");
            assert!(number.is_test() == digits.starts_with("999"));
            assert!(format!("{:010}", number.as_u64()) == digits);
            assert!(!format!("{number:?}").contains(char::is_numeric));
        }
        Err(refusal) => {
            let blank = text.trim().is_empty() || text.trim().eq_ignore_ascii_case("null");
            assert!((refusal == Refusal::Blank) == blank);
        }
    }
}

/// The contract's vector: the domain key `la-person` of the published key in the scope below.
const LA_PERSON: &str = "1662d018ab1af9537ecc053bd1a77cfa4347c0747ca4b62660b3f1ada6477085";

fn ours() -> &'static DomainKey {
    static KEY: OnceLock<DomainKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = MasterKey::parse(include_bytes!("../../../samples/keys/test.key"));
        let scope = Scope::new("999", "nhs-england", "client-level-data", "2026");
        let key = key
            .expect("published")
            .domain_key(&scope.expect("sound"), &Domain::LaPerson);
        key.expect("derived")
    })
}

/// LA code, U+001F, the value trimmed and in NFC, under HMAC-SHA-256; nothing for a blank, an error for a pseudonym.
pub fn local_id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let canonical: String = text.trim().nfc().collect();
    let is_pseudonym = canonical.len() == 64 && canonical.bytes().all(|b| b.is_ascii_hexdigit());
    let is_blank = canonical.is_empty() || canonical.eq_ignore_ascii_case("null");
    match ours().pseudonym_of_local(&text) {
        Ok(None) => assert!(is_blank),
        Err(LocalRefusal::AlreadyPseudonymised) => assert!(is_pseudonym),
        Ok(Some(pseudonym)) => {
            assert!(!is_blank && !is_pseudonym);
            let key: Vec<u8> = (0..32)
                .map(|at| u8::from_str_radix(&LA_PERSON[2 * at..2 * at + 2], 16).expect("hex"))
                .collect();
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("any length");
            mac.update(b"999\x1f");
            mac.update(canonical.as_bytes());
            assert!(mac.finalize().into_bytes()[..] == pseudonym.as_bytes()[..]);
            assert!(
                ours().pseudonym_of_local(&canonical) == Ok(Some(pseudonym)),
                "not idempotent"
            );
            assert!(ours().pseudonym_of_local(&pseudonym.hex()).is_err());
        }
    }
}
