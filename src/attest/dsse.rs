//! DSSE 1.0.2: the envelope that carries the manifest with signatures over its type and its bytes.

use data_encoding::{BASE64, BASE64URL};
use serde::{Deserialize, Serialize};

use super::sign::{PublicKey, SigningKey};

/// The type of what is signed.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Why an envelope cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DsseError {
    /// Not JSON of the envelope's shape.
    #[error("is not a DSSE envelope (line {line}, column {column})")]
    Shape {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The payload is something else than an in-toto statement.
    #[error("carries another payload type than {PAYLOAD_TYPE}")]
    PayloadType,
    /// The payload is not base64.
    #[error("carries a payload that is not base64")]
    Payload,
    /// None of the signatures is that of the given key over the payload.
    #[error("is not signed with the given public key, or was changed after it was signed")]
    Signature,
}

/// A payload and the signatures over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Base64 of the bytes.
    payload: String,
    /// Their type.
    #[serde(rename = "payloadType")]
    payload_type: String,
    /// At least one; a reviewer's signature may be added to the council's.
    signatures: Vec<EnvelopeSignature>,
}

/// One signature. Fields that are not known are ignored, as DSSE asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct EnvelopeSignature {
    /// A hint at the key, not itself signed.
    #[serde(default)]
    keyid: String,
    /// Base64 of the signature.
    sig: String,
}

/// Pre-authentication encoding: the bytes that are signed. Type and body with their lengths, so that neither
/// can pass for part of the other.
pub fn pre_authentication_encoding(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Envelope {
    /// Wraps and signs a statement.
    pub fn sign(body: &[u8], key: &SigningKey) -> Self {
        let signature = key.sign(&pre_authentication_encoding(PAYLOAD_TYPE, body));
        Self {
            payload: BASE64.encode(body),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![EnvelopeSignature {
                keyid: key.public().key_id(),
                sig: BASE64.encode(&signature),
            }],
        }
    }

    /// Adds another signature over the same payload, after those that are there. DSSE signs the payload alone: what a
    /// signature stands for hangs on whose key it is.
    ///
    /// # Errors
    /// [`DsseError::PayloadType`] or [`DsseError::Payload`].
    pub fn add_signature(&mut self, key: &SigningKey) -> Result<(), DsseError> {
        let body = self.unverified()?;
        let signature = key.sign(&pre_authentication_encoding(PAYLOAD_TYPE, &body));
        self.signatures.push(EnvelopeSignature {
            keyid: key.public().key_id(),
            sig: BASE64.encode(&signature),
        });
        Ok(())
    }

    /// How many signatures there are, whosever.
    pub fn signatures(&self) -> usize {
        self.signatures.len()
    }

    /// The envelope as it was before its last signature was added.
    pub fn without_last_signature(&self) -> Self {
        let mut earlier = self.clone();
        earlier.signatures.pop();
        earlier
    }

    /// Reads an envelope. Nothing is verified yet.
    ///
    /// # Errors
    /// [`DsseError::Shape`] with the place.
    pub fn parse(bytes: &[u8]) -> Result<Self, DsseError> {
        serde_json::from_slice(bytes).map_err(|error| DsseError::Shape {
            line: error.line(),
            column: error.column(),
        })
    }

    /// The envelope as JSON, with a line feed at its end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("texts always have a JSON form");
        text.push('\n');
        text
    }

    /// The signed bytes, once a signature of the given key over them was found. The payload is not looked
    /// into before that.
    ///
    /// # Errors
    /// Every [`DsseError`] but `Shape`.
    pub fn verify(&self, key: &PublicKey) -> Result<Vec<u8>, DsseError> {
        let body = self.unverified()?;
        let signed = pre_authentication_encoding(&self.payload_type, &body);
        // A key id is only a hint, so every signature is tried.
        let is_ours = |signature: &EnvelopeSignature| {
            decode(&signature.sig).is_some_and(|signature| key.verifies(&signed, &signature))
        };
        if self.signatures.iter().any(is_ours) {
            Ok(body)
        } else {
            Err(DsseError::Signature)
        }
    }

    /// The bytes, whoever signed them, if anybody did.
    ///
    /// # Errors
    /// [`DsseError::PayloadType`] or [`DsseError::Payload`].
    pub fn unverified(&self) -> Result<Vec<u8>, DsseError> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(DsseError::PayloadType);
        }
        decode(&self.payload).ok_or(DsseError::Payload)
    }
}

/// Standard or URL-safe base64: DSSE lets the writer choose.
fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64
        .decode(text.as_bytes())
        .or_else(|_| BASE64URL.decode(text.as_bytes()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::from_pem(include_bytes!("../../samples/keys/test-signing.pem")).expect("a key")
    }

    /// The example of the DSSE protocol text.
    #[test]
    fn pre_authentication_encoding_is_that_of_the_protocol() {
        assert_eq!(
            pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(pre_authentication_encoding("", b""), b"DSSEv1 0  0 ");
    }

    #[test]
    fn what_was_signed_comes_out_and_nothing_else_does() {
        let envelope = Envelope::sign(b"{}", &key());
        let read = Envelope::parse(envelope.to_json().as_bytes()).expect("an envelope");
        assert_eq!(read, envelope);
        assert_eq!(read.verify(&key().public()), Ok(b"{}".to_vec()));

        let stranger = SigningKey::generate().expect("random").public();
        assert_eq!(envelope.verify(&stranger), Err(DsseError::Signature));
        let changed = |change: fn(&mut Envelope)| {
            let mut envelope = envelope.clone();
            change(&mut envelope);
            envelope.verify(&key().public())
        };
        assert_eq!(
            changed(|e| e.payload = BASE64.encode(b"[]")),
            Err(DsseError::Signature)
        );
        assert_eq!(
            changed(|e| e.payload = "*".to_owned()),
            Err(DsseError::Payload)
        );
        assert_eq!(
            changed(|e| e.payload_type = "text/plain".to_owned()),
            Err(DsseError::PayloadType)
        );
        assert_eq!(changed(|e| e.signatures.clear()), Err(DsseError::Signature));
        assert_eq!(
            changed(|e| e.signatures[0].sig.clear()),
            Err(DsseError::Signature)
        );
    }

    #[test]
    fn a_second_signature_and_unknown_fields_are_no_obstacle() {
        let mut envelope = Envelope::sign(b"{}", &SigningKey::generate().expect("random"));
        envelope
            .signatures
            .extend(Envelope::sign(b"{}", &key()).signatures);
        let json = envelope.to_json().replacen('{', "{\"added\": 1,", 1);
        let read = Envelope::parse(json.as_bytes()).expect("an envelope");
        assert_eq!(read.verify(&key().public()), Ok(b"{}".to_vec()));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>(), payload in "\\PC*", sig in "\\PC*") {
            let _ = Envelope::parse(&bytes);
            let envelope = Envelope {
                payload,
                payload_type: PAYLOAD_TYPE.to_owned(),
                signatures: vec![EnvelopeSignature { keyid: String::new(), sig }],
            };
            prop_assert!(envelope.verify(&key().public()).is_err());
        }
    }
}
