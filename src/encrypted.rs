//! Files in age format (age-encryption.org/v1): encrypted with a passphrase or to a public key, and opened again. They are
//! what the `age` tool writes and reads.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use zeroize::Zeroizing;

/// A passphrase: wiped when it is dropped, never shown.
pub use age::secrecy::SecretString as Passphrase;

/// Begins every age file.
const MAGIC: &[u8] = b"age-encryption.org/v1";
/// Begins one that was made with `age --armor`.
const ARMOUR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
/// Begins a private key in an identity file.
const SECRET: &str = "AGE-SECRET-KEY-";

/// Two to this power is the cost of trying one passphrase, in memory and time: as the `age` tool has it, 256 MiB.
const WORK: u8 = 18;
/// What is accepted of others' files, 1 GiB: somebody who can exchange the file must not be able to stop the machine.
const MOST_WORK: u8 = 20;
/// Below this a passphrase is soon guessed.
pub const LEAST_WORK: u8 = 15;

/// Characters of the shortest passphrase, and different ones among them.
const SHORTEST: usize = 12;
const FEWEST_DIFFERENT: usize = 6;

/// Why a file cannot be opened. Reads after the name of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Encrypted to somebody else.
    #[error("is encrypted to another public key than that of the identity given")]
    NotForUs,
    /// The passphrase does not fit.
    #[error("does not open with this passphrase")]
    WrongPassphrase,
    /// An identity was given for a file that has a passphrase.
    #[error("is encrypted with a passphrase, so that no identity opens it")]
    HasPassphrase,
    /// Trying the passphrase would take more memory than is given.
    #[error(
        "asks for too much work for its passphrase (2^{required}; at most 2^{MOST_WORK}). Encrypt it again"
    )]
    Work {
        /// The logarithm of it.
        required: u8,
    },
    /// The text form.
    #[error(
        "is an armoured age file (text). Make it anew without --armor, or turn it into a binary one with: age -d | age -e"
    )]
    Armoured,
    /// Changed, cut short or no age file.
    #[error("is damaged: it is no age file, or was changed or cut short")]
    Damaged,
    /// The operating system refused.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl From<DecryptError> for OpenError {
    fn from(error: DecryptError) -> Self {
        match error {
            DecryptError::NoMatchingKeys => Self::NotForUs,
            DecryptError::KeyDecryptionFailed | DecryptError::DecryptionFailed => {
                Self::WrongPassphrase
            }
            DecryptError::ExcessiveWork { required, .. } => Self::Work { required },
            DecryptError::Io(error) => Self::of_reading(error),
            _ => Self::Damaged,
        }
    }
}

impl OpenError {
    /// What the decrypting reader says of damage, and what the system says, come in one type.
    pub fn of_reading(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Self::Damaged,
            _ => Self::Io(error),
        }
    }
}

/// How a file is encrypted, as far as its beginning tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// No age file.
    Plain,
    /// With a passphrase, at a cost of two to this power.
    Passphrase(u8),
    /// To one public key or more.
    PublicKey,
    /// An age file as text.
    Armoured,
}

impl Form {
    /// Looks at the first bytes.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.trim_ascii_start().starts_with(ARMOUR) {
            return Self::Armoured;
        }
        let Some(header) = bytes.strip_prefix(MAGIC) else {
            return Self::Plain;
        };
        let mut lines = header.split(|byte| *byte == b'\n');
        let first = lines.nth(1).and_then(|line| str::from_utf8(line).ok());
        let mut words = first.unwrap_or_default().split(' ');
        match (words.next(), words.next()) {
            (Some("->"), Some("scrypt")) => {
                let work = words.nth(1).and_then(|work| work.parse().ok());
                Self::Passphrase(work.unwrap_or(0))
            }
            _ => Self::PublicKey,
        }
    }
}

/// The public key of somebody who may read a file: `age1` and 58 letters and digits.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(x25519::Recipient);

/// What is no public key. Never says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not an age public key: `age1` and 58 small letters and digits, as `age-keygen` prints it"
)]
pub struct NoPublicKey;

impl FromStr for PublicKey {
    type Err = NoPublicKey;

    fn from_str(text: &str) -> Result<Self, NoPublicKey> {
        text.trim().parse().map(Self).map_err(|_| NoPublicKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PublicKey {
    /// Reads a recipients file: a public key on each line, comments begin with `#`.
    ///
    /// # Errors
    /// The number of the first line that is none; 0 where there is no key at all.
    pub fn all(text: &str) -> Result<Vec<Self>, usize> {
        let mut keys = Vec::new();
        for (line, text) in (1_usize..).zip(text.lines().map(str::trim)) {
            if !text.is_empty() && !text.starts_with('#') {
                keys.push(text.parse().map_err(|_| line)?);
            }
        }
        if keys.is_empty() { Err(0) } else { Ok(keys) }
    }
}

/// Whether a text looks like a private key, which belongs into no argument and no configuration.
pub fn looks_private(text: &str) -> bool {
    text.trim()
        .get(..SECRET.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(SECRET))
}

/// The private keys of an identity file, as `age-keygen` writes it. No `Debug`.
pub struct Identities(Vec<x25519::Identity>);

impl Identities {
    /// Reads the text of an identity file.
    ///
    /// # Errors
    /// The number of the first line that is no identity; 0 where there is none at all.
    pub fn parse(text: &[u8]) -> Result<Self, usize> {
        let mut found = Vec::new();
        for (number, line) in (1_usize..).zip(text.split(|byte| *byte == b'\n')) {
            let line = line.trim_ascii();
            if !line.is_empty() && !line.starts_with(b"#") {
                let line = str::from_utf8(line).map_err(|_| number)?;
                found.push(line.parse().map_err(|_| number)?);
            }
        }
        if found.is_empty() {
            Err(0)
        } else {
            Ok(Self(found))
        }
    }

    /// Whether one of them opens what is encrypted to a public key.
    pub fn opens(&self, key: &PublicKey) -> bool {
        let mut ours = self.0.iter().map(x25519::Identity::to_public);
        ours.any(|ours| ours == key.0)
    }

    /// Opens a file as a stream.
    ///
    /// # Errors
    /// [`OpenError`] where it is encrypted otherwise or its head is damaged. Damage further on is met while it is read,
    /// see [`OpenError::of_reading`].
    pub fn reader<R: io::BufRead>(&self, file: R) -> Result<StreamReader<R>, OpenError> {
        let decryptor = Decryptor::new_buffered(file)?;
        if decryptor.is_scrypt() {
            return Err(OpenError::HasPassphrase);
        }
        let identities = self.0.iter().map(|identity| identity as &dyn age::Identity);
        Ok(decryptor.decrypt(identities)?)
    }

    /// Opens a small file.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        read_whole(self.reader(file)?, file.len())
    }
}

/// Opens a small file that has a passphrase.
///
/// # Errors
/// [`OpenError`].
pub fn open_with_passphrase(
    file: &[u8],
    passphrase: Passphrase,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    read_whole(reader_with_passphrase(file, passphrase)?, file.len())
}

/// Opens a file that has a passphrase as a stream.
///
/// # Errors
/// [`OpenError`] where it is encrypted otherwise or its head is damaged. Damage further on is met while it is read, see
/// [`OpenError::of_reading`].
pub fn reader_with_passphrase<R: io::BufRead>(
    file: R,
    passphrase: Passphrase,
) -> Result<StreamReader<R>, OpenError> {
    let mut identity = scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MOST_WORK);
    let decryptor = Decryptor::new_buffered(file)?;
    Ok(decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))?)
}

/// What a file holds is never longer than the file, so the buffer never grows and leaves no copy behind.
fn read_whole(mut reader: impl Read, room: usize) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let mut plain = Zeroizing::new(Vec::with_capacity(room));
    reader
        .read_to_end(&mut plain)
        .map_err(OpenError::of_reading)?;
    Ok(plain)
}

/// Who can open a file that is made.
#[derive(Debug)]
pub enum Lock {
    /// Whoever knows the passphrase.
    Passphrase(Passphrase),
    /// The holders of these keys, each alone.
    To(Vec<PublicKey>),
}

impl Lock {
    /// Encrypts a small text.
    ///
    /// # Errors
    /// When there is no memory for the passphrase's work.
    pub fn encrypt(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = self.writer(Vec::new())?;
        stream.write_all(plain)?;
        stream.finish()
    }

    /// A stream that encrypts what is written to it; it must be finished.
    ///
    /// # Errors
    /// When the head cannot be written, or there is no memory for the passphrase's work.
    pub fn writer<W: Write>(&self, output: W) -> io::Result<StreamWriter<W>> {
        let encryptor = match self {
            Self::Passphrase(passphrase) => with_passphrase(passphrase, WORK)?,
            Self::To(keys) => to(keys)?,
        };
        encryptor.wrap_output(output)
    }
}

fn with_passphrase(passphrase: &Passphrase, work: u8) -> io::Result<Encryptor> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work);
    Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(io::Error::other)
}

fn to(keys: &[PublicKey]) -> io::Result<Encryptor> {
    Encryptor::with_recipients(keys.iter().map(|key| &key.0 as &dyn age::Recipient))
        .map_err(io::Error::other)
}

/// A stream that encrypts what is written to it; it must be finished.
///
/// # Errors
/// When the head cannot be written, or there is no key.
pub fn writer<W: Write>(keys: &[PublicKey], output: W) -> io::Result<StreamWriter<W>> {
    to(keys)?.wrap_output(output)
}

/// Whether a passphrase is good enough to protect a key for years.
///
/// # Errors
/// What is wrong with it, in words.
pub fn judge(passphrase: &Passphrase) -> Result<(), &'static str> {
    let text = passphrase.expose_secret();
    let mut different: Vec<char> = text.chars().collect();
    let length = different.len();
    different.sort_unstable();
    different.dedup();
    let few = different.len() < FEWEST_DIFFERENT;
    zeroize::Zeroize::zeroize(&mut different);
    if length < SHORTEST {
        Err("is too short: at least 12 characters, better five or six words taken at random")
    } else if few {
        Err("repeats a few characters: take five or six words at random")
    } else {
        Ok(())
    }
}

/// Whether two passphrases are the same.
pub fn same(one: &Passphrase, other: &Passphrase) -> bool {
    one.expose_secret() == other.expose_secret()
}

/// Encrypts with a passphrase that costs next to nothing to try.
#[cfg(test)]
pub(crate) fn quickly(passphrase: &str, plain: &[u8]) -> Vec<u8> {
    let encryptor = with_passphrase(&Passphrase::from(passphrase), 4).expect("made");
    let mut stream = encryptor.wrap_output(Vec::new()).expect("begun");
    stream.write_all(plain).expect("written");
    stream.finish().expect("finished")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &[u8] = b"what only the custodian may read\n";

    fn pair() -> (Identities, PublicKey) {
        let identity = x25519::Identity::generate();
        let public = PublicKey(identity.to_public());
        (Identities(vec![identity]), public)
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::from(text.to_owned())
    }

    #[test]
    fn the_holder_of_the_key_reads_it_and_nobody_else() {
        let ((ours, to_us), (theirs, to_them)) = (pair(), pair());
        assert!(ours.opens(&to_us) && !ours.opens(&to_them));
        let file = Lock::To(vec![to_us.clone()]).encrypt(TEXT).expect("made");
        assert_eq!(Form::of(&file), Form::PublicKey);
        assert_eq!(ours.open(&file).expect("opened").as_slice(), TEXT);
        assert!(matches!(theirs.open(&file), Err(OpenError::NotForUs)));
        let both = Lock::To(vec![to_us, to_them]).encrypt(TEXT).expect("made");
        for identity in [ours, theirs] {
            assert_eq!(identity.open(&both).expect("opened").as_slice(), TEXT);
        }
        assert!(Lock::To(Vec::new()).encrypt(TEXT).is_err());
    }

    #[test]
    fn the_passphrase_opens_it_and_no_other_one() {
        let file = quickly("correct horse battery", TEXT);
        assert_eq!(Form::of(&file), Form::Passphrase(4));
        let open = |text| open_with_passphrase(&file, passphrase(text));
        assert_eq!(
            open("correct horse battery").expect("opened").as_slice(),
            TEXT
        );
        assert!(matches!(
            open("correct horse"),
            Err(OpenError::WrongPassphrase)
        ));
        assert!(matches!(
            pair().0.open(&file),
            Err(OpenError::HasPassphrase)
        ));
        let (_, public) = pair();
        let other = Lock::To(vec![public]).encrypt(TEXT).expect("made");
        let error = open_with_passphrase(&other, passphrase("correct horse battery"));
        assert!(matches!(error, Err(OpenError::NotForUs)));
    }

    #[test]
    fn a_file_that_asks_for_all_the_memory_is_refused() {
        // As it would be made with 2^4: only the head says otherwise, and it is refused before it is tried.
        let file = quickly("correct horse battery", TEXT);
        let end = file
            .windows(3)
            .position(|bytes| bytes == b" 4\n")
            .expect("work");
        let mut costly = file[..end].to_vec();
        costly.extend_from_slice(b" 30");
        costly.extend_from_slice(&file[end + 2..]);
        assert_eq!(Form::of(&costly), Form::Passphrase(30));
        let error = open_with_passphrase(&costly, passphrase("correct horse battery"));
        assert!(matches!(error, Err(OpenError::Work { required: 30 })));
    }

    #[test]
    fn damage_anywhere_is_noticed() {
        let (ours, public) = pair();
        let file = Lock::To(vec![public]).encrypt(TEXT).expect("made");
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert!(ours.open(&damaged).is_err(), "byte {at}");
            assert!(ours.open(&file[..at]).is_err(), "cut at {at}");
        }
        let last = file.len() - 1;
        assert!(matches!(ours.open(&file[..last]), Err(OpenError::Damaged)));
        assert!(matches!(ours.open(b"cld-key-1:"), Err(OpenError::Damaged)));
    }

    #[test]
    fn public_keys_are_read_one_by_one_and_by_the_file() {
        let (_, public) = pair();
        let text = public.to_string();
        assert_eq!(text.parse(), Ok(public.clone()));
        assert_eq!(format!(" {text}\n").parse(), Ok(public.clone()));
        for wrong in [
            "",
            "age1",
            &text[..61],
            &text.replace("age1", "age2"),
            "ssh-ed25519 AAAA",
        ] {
            assert_eq!(wrong.parse::<PublicKey>(), Err(NoPublicKey));
        }
        let file = format!("# custodians\n\n{text}\r\n{text}");
        assert_eq!(PublicKey::all(&file), Ok(vec![public.clone(), public]));
        assert_eq!(PublicKey::all("# none\n"), Err(0));
        assert_eq!(PublicKey::all(&format!("{text}\nsomebody\n")), Err(2));
        assert!(looks_private("age-secret-key-1xyz") && !looks_private(&text));
        assert!(!looks_private("AGE") && !looks_private("ägyptischer Schlüssel"));
    }

    #[test]
    fn identity_files_are_those_of_age_keygen() {
        let identity = x25519::Identity::generate();
        let secret = identity.to_string();
        let file = format!(
            "# created: 2026-01-01\n# public key: {}\n{}\n",
            identity.to_public(),
            secret.expose_secret()
        );
        let read = Identities::parse(file.as_bytes()).expect("an identity");
        assert_eq!(read.0.len(), 1);
        assert_eq!(read.0[0].to_public(), identity.to_public());
        assert_eq!(Identities::parse(b"# none\n").err(), Some(0));
        assert_eq!(Identities::parse(b"\nsecret\n").err(), Some(2));
        assert_eq!(Identities::parse(b"\xff\xfe").err(), Some(1));
    }

    #[test]
    fn weak_passphrases_are_refused() {
        for weak in [
            "",
            "short",
            "eleven char",
            "aaaaaaaaaaaaaaaa",
            "abababababababab",
        ] {
            assert!(judge(&passphrase(weak)).is_err(), "{weak}");
        }
        judge(&passphrase("correct horse battery")).expect("good");
        assert!(same(&passphrase("one"), &passphrase("one")));
        assert!(!same(&passphrase("one"), &passphrase("One")));
        assert!(!format!("{:?}", Lock::Passphrase(passphrase("one"))).contains("one"));
    }

    #[test]
    fn other_forms_are_told_apart() {
        assert_eq!(Form::of(b"cld-key-1:AAAA\n"), Form::Plain);
        assert_eq!(Form::of(b""), Form::Plain);
        assert_eq!(
            Form::of(b"-----BEGIN AGE ENCRYPTED FILE-----\n"),
            Form::Armoured
        );
        assert_eq!(Form::of(b"age-encryption.org/v1\n"), Form::PublicKey);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>()) {
            let _ = Form::of(&bytes);
            let _ = Identities::parse(&bytes);
            let _ = PublicKey::all(&String::from_utf8_lossy(&bytes));
            let mut headed = MAGIC.to_vec();
            headed.extend(&bytes);
            let _ = Form::of(&headed);
            prop_assert!(pair().0.open(&headed).is_err());
        }
    }
}
