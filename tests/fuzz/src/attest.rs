//! What verifies a bundle: the manifest, its envelope, the list of checksums.

use cld_return::attest::dsse::Envelope;
use cld_return::attest::{PublicKey, Statement, checksums};

use crate::says_nothing_but;

const PUBLIC: &[u8] = include_bytes!("../../../samples/keys/test-signing.pub.pem");
const SIGNED: &[u8] = include_bytes!("../../../samples/expected/manifest.json");

/// What is accepted has one spelling, which is accepted and means the same; errors are sentences without values.
pub fn manifest(bytes: &[u8]) {
    match Statement::parse(bytes) {
        Ok(statement) => {
            let text = statement.to_json();
            let again = Statement::parse(text.as_bytes()).expect("what was written is read");
            assert!(again == statement && again.to_json() == text);
        }
        Err(error) => says_nothing_but(
            &error.to_string(),
            &[
                "is not a manifest of this version of cld (line #, column #)",
                "is a statement of another kind or version; expected urn:cld-return:run:v#",
                "does not name each file of the bundle once with its SHA-#",
                "contradicts itself: the rows of the sources do not add up to the records read",
                "contradicts itself: records submitted and excluded do not add up to the records read",
                "contradicts itself: the submission has another number of rows than records were submitted",
                "contradicts itself: the quality figures of a field do not add up to the records submitted",
            ],
        ),
    }
}

/// Nobody can forge a signature: what verifies with the published key is what was signed with it for the seeds, the
/// sample's manifest and `{}`.
pub fn envelope(bytes: &[u8]) {
    match Envelope::parse(bytes) {
        Ok(envelope) => {
            let again = Envelope::parse(envelope.to_json().as_bytes());
            assert!(again.as_ref() == Ok(&envelope));
            let key = PublicKey::from_pem(PUBLIC).expect("the published key");
            match envelope.verify(&key) {
                Ok(body) => {
                    assert!(body == SIGNED || body == b"{}", "a forged signature");
                    assert!(envelope.unverified() == Ok(body));
                }
                Err(error) => says_nothing_but(&error.to_string(), &ENVELOPE),
            }
        }
        Err(error) => says_nothing_but(&error.to_string(), &ENVELOPE),
    }
}

const ENVELOPE: [&str; 4] = [
    "is not a DSSE envelope (line #, column #)",
    "carries another payload type than application/vnd.in-toto+json",
    "carries a payload that is not base#",
    "is not signed with the given public key, or was changed after it was signed",
];

/// One content, one spelling: no byte of a list can change unseen.
pub fn checksums(bytes: &[u8]) {
    match checksums::parse(bytes) {
        Ok(list) => {
            assert!(checksums::render(&list).as_bytes() == bytes);
            for (name, digest) in &list {
                assert!(digest.len() == 64);
                assert!(!name.contains(['/', '\\', '\0', '\n']) && !name.starts_with('.'));
            }
        }
        Err(error) => says_nothing_but(
            &error.to_string(),
            &[
                "is not a text of whole lines",
                "line # is not a digest, two spaces and a file name",
                "line # is out of order: names are sorted and stand once",
            ],
        ),
    }
}
