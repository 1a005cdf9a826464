//! Pseudonyms: keyed hashes of canonical identifiers, one space per domain.

use std::borrow::Cow;
use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use zeroize::Zeroizing;

use crate::nhs_number::NhsNumber;
use crate::redact::WITHHELD;

/// Parts of a message that is hashed are joined by U+001F, which no part but the last may contain.
pub(super) const SEPARATOR: u8 = 0x1f;

/// A keyed hash of one identifier: HMAC-SHA-256 under the key of its domain.
///
/// Ordered as its hexadecimal form is. `Debug` withholds it: a pseudonym is personal data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym([u8; 32]);

impl Pseudonym {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight bytes: enough to tell the people of one council apart.
    pub fn start(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// 64 lowercase hexadecimal digits: the form the national data set uses.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// The same into a buffer, without allocation.
    pub fn write_hex(&self, to: &mut [u8; 64]) {
        HEXLOWER.encode_mut(&self.0, to);
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WITHHELD)
    }
}

/// Why a local identifier gets no pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LocalRefusal {
    /// 64 hexadecimal digits: output of an earlier run, which must not be hashed again.
    #[error("already looks like a pseudonym; output is never pseudonymised twice")]
    AlreadyPseudonymised,
}

/// The key of one domain for one controller, recipient, purpose and epoch, ready to hash.
///
/// Holds HMAC states rather than key bytes; they are wiped on drop. No `Debug`, no `Serialize`.
pub struct DomainKey {
    keyed: Hmac<Sha256>,
    /// The same after the controller's LA code and U+001F: every local value begins with them.
    local: Hmac<Sha256>,
    /// In tests alone: pseudonyms are not what they should be.
    #[cfg(test)]
    weakness: Option<(super::weak::Weak, Vec<u8>)>,
}

impl DomainKey {
    /// From the 32 bytes of the derived key and the controller's LA code.
    pub(super) fn new(key: &[u8; 32], la_code: &str) -> Self {
        let keyed = keyed(key);
        let mut local = keyed.clone();
        local.update(la_code.as_bytes());
        local.update(&[SEPARATOR]);
        Self {
            keyed,
            local,
            #[cfg(test)]
            weakness: None,
        }
    }

    /// Makes pseudonyms in a form that must be found out. No other build has this.
    #[cfg(test)]
    pub(super) fn weaken(&mut self, weakness: super::weak::Weak, la_code: &str) {
        self.weakness = Some((weakness, la_code.as_bytes().to_vec()));
    }

    /// The pseudonym of an NHS number: its ten digits are hashed, so that it is the same for whoever holds
    /// the key, whichever council wrote it. Meant for a key of the `nhs-number` domain.
    pub fn pseudonym_of_nhs(&self, number: &NhsNumber) -> Pseudonym {
        #[cfg(test)]
        if let Some((weakness, la_code)) = &self.weakness {
            return Pseudonym(weakness.of(number.digits(), la_code));
        }
        finish(self.keyed.clone(), number.digits())
    }

    /// The pseudonym of an identifier that one council gave out: LA code, U+001F, then the value trimmed of
    /// Unicode white space and in NFC. The LA code is the controller's, from the scope of the key. `None`
    /// for a blank: nothing but white space, or the text NULL in any case.
    ///
    /// # Errors
    /// [`LocalRefusal::AlreadyPseudonymised`] for 64 hexadecimal digits in either case.
    pub fn pseudonym_of_local(&self, value: &str) -> Result<Option<Pseudonym>, LocalRefusal> {
        let value = value.trim();
        if value.is_empty() || value.eq_ignore_ascii_case("null") {
            return Ok(None);
        }
        if looks_like_pseudonym(value) {
            return Err(LocalRefusal::AlreadyPseudonymised);
        }
        #[cfg(test)]
        if let Some((weakness, la_code)) = &self.weakness {
            return Ok(Some(Pseudonym(weakness.of(value.as_bytes(), la_code))));
        }
        Ok(Some(match normal_form(value) {
            Cow::Borrowed(text) => finish(self.local.clone(), text.as_bytes()),
            Cow::Owned(text) => finish(self.local.clone(), Zeroizing::new(text).as_bytes()),
        }))
    }
}

/// A keyed digest of a whole source file. A plain digest of identifiable data could be guessed by brute force.
pub struct SourceDigester(Hmac<Sha256>);

impl SourceDigester {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(keyed(key))
    }

    /// Takes the next bytes of the file, as they stand on the disk.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// 64 lowercase hexadecimal digits over everything taken.
    pub fn finish(self) -> String {
        HEXLOWER.encode(&self.0.finalize().into_bytes())
    }
}

/// NFC; text that is normal already, ASCII above all, is not copied.
fn normal_form(value: &str) -> Cow<'_, str> {
    if value.is_ascii() || is_nfc_quick(value.chars()) == IsNormalized::Yes {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.nfc().collect())
    }
}

fn looks_like_pseudonym(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn finish(mut state: Hmac<Sha256>, message: &[u8]) -> Pseudonym {
    state.update(message);
    Pseudonym(state.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nhs_number::canonical;
    use proptest::prelude::*;

    fn key() -> DomainKey {
        DomainKey::new(&[7; 32], "999")
    }

    fn local(value: &str) -> Option<Pseudonym> {
        key().pseudonym_of_local(value).expect("accepted")
    }

    /// RFC 4231 sections 4.2 to 4.8, HMAC-SHA-256. Case 5 is truncated to 128 bits there.
    #[test]
    fn rfc_4231() {
        let counting: Vec<u8> = (0x01..=0x19).collect();
        let longest: &[u8] =
            b"This is a test using a larger than block-size key and a larger than \
            block-size data. The key needs to be hashed before being used by the HMAC algorithm.";
        let cases: [(&[u8], &[u8], &str); 7] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                &counting,
                &[0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                &[0x0c; 20],
                b"Test With Truncation",
                "a3b6167473100ee06e0c796c2955552b",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &[0xaa; 131],
                longest,
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, data, expected) in cases {
            let found = finish(keyed(key), data).hex();
            assert_eq!(&found[..expected.len()], expected);
        }
    }

    #[test]
    fn white_space_and_normal_form_do_not_split_a_person() {
        let plain = local("P100001");
        for value in [
            " P100001",
            "P100001\t",
            "\u{a0}P100001\u{3000}\r\n",
            "\u{2007}P100001",
        ] {
            assert_eq!(local(value), plain);
        }
        assert_eq!(local("Ame\u{301}lie"), local("Am\u{e9}lie"));
        assert_ne!(local("p100001"), plain, "capitals are part of a local id");
        assert_ne!(local("P 100001"), plain, "so is space inside");
    }

    #[test]
    fn blanks_have_no_pseudonym() {
        for value in ["", "  ", "\u{a0}\u{2003}\t", "NULL", " null"] {
            assert_eq!(local(value), None);
        }
    }

    #[test]
    fn output_is_never_hashed_again() {
        let hex = local("P100001").expect("made").hex();
        for value in [hex.clone(), hex.to_uppercase(), format!(" {hex}\r")] {
            assert_eq!(
                key().pseudonym_of_local(&value),
                Err(LocalRefusal::AlreadyPseudonymised)
            );
        }
        assert!(local(&hex[1..]).is_some());
    }

    #[test]
    fn councils_do_not_share_pseudonyms_of_local_ids() {
        let other = DomainKey::new(&[7; 32], "998")
            .pseudonym_of_local("P1")
            .expect("accepted");
        assert_ne!(other, local("P1"));
    }

    #[test]
    fn hexadecimal_forms_agree_and_formatting_withholds() {
        let pseudonym = key().pseudonym_of_nhs(&canonical("9434765919").expect("valid"));
        let mut buffer = [0; 64];
        pseudonym.write_hex(&mut buffer);
        assert_eq!(pseudonym.hex().as_bytes(), buffer);
        assert_eq!(HEXLOWER.encode(pseudonym.as_bytes()), pseudonym.hex());
        assert_eq!(format!("{:016x}", pseudonym.start()), pseudonym.hex()[..16]);
        assert_eq!(format!("{pseudonym:?}"), WITHHELD);
    }

    proptest! {
        #[test]
        fn canonicalising_is_idempotent(value in "\\PC*") {
            let once = normal_form(value.trim()).into_owned();
            prop_assert_eq!(normal_form(once.trim()), once.as_str());
            prop_assert_eq!(key().pseudonym_of_local(&value), key().pseudonym_of_local(&once));
        }

        #[test]
        fn order_is_that_of_the_hexadecimal_form(a in any::<[u8; 32]>(), b in any::<[u8; 32]>()) {
            prop_assert_eq!(Pseudonym(a).cmp(&Pseudonym(b)), Pseudonym(a).hex().cmp(&Pseudonym(b).hex()));
        }
    }
}
