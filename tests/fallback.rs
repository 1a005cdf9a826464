//! SHA-256 for processors that have no instructions for it: the portable code of the `sha2` that is linked here, built by
//! itself with the others switched off, makes the same hashes. What could hurt: such a machine gives people other
//! pseudonyms than the ones they had.
//!
//! The whole program is tried on a processor without the instructions by `tests/bench/instructions`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Reads lines of a key and a message in hexadecimal digits; prints the HMAC and the hash of each message.
const PROGRAM: &str = r#"
use data_encoding::HEXLOWER as HEX;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (key, message) = line.split_once(' ').unwrap();
        let [key, message] = [key, message].map(|text| HEX.decode(text.as_bytes()).unwrap());
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(&message);
        let (mac, hash) = (mac.finalize().into_bytes(), Sha256::digest(&message));
        println!("{} {}", HEX.encode(&mac), HEX.encode(&hash));
    }
}
"#;

#[test]
fn the_portable_sha_256_makes_the_hashes_of_the_processors_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("portable-sha-256");
    fs::create_dir_all(package.join("src")).unwrap();
    fs::write(package.join("src/main.rs"), PROGRAM).unwrap();
    // What is linked here, with its features and in its version: cargo has fetched it already.
    let own = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let mut manifest =
        "[package]\nname = \"portable\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n"
            .to_owned();
    for dependency in ["data-encoding = ", "hmac = ", "sha2 = "] {
        let line = own.lines().find(|line| line.starts_with(dependency));
        manifest += &format!(
            "{}\n",
            line.unwrap_or_else(|| panic!("{dependency}in Cargo.toml"))
        );
    }
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(package.join("target"))
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", r#"--cfg sha2_256_backend="soft""#)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");

    // The switch has an effect: what was built holds the portable code and no other.
    let program = package
        .join("target/debug")
        .join(format!("portable{}", std::env::consts::EXE_SUFFIX));
    let binary = fs::read(&program).unwrap();
    let holds = |name: &str| memchr::memmem::find(&binary, name.as_bytes()).is_some();
    assert!(holds("sha2564soft"), "the portable code");
    for other in ["x86_sha", "aarch64_sha2", "shani_cpuid", "sha2_hwcap"] {
        assert!(!holds(other), "{other}");
    }

    // Every length around the ends of one, two and three blocks, and longer ones.
    let messages = (0..200).chain([1000, 4096, 65_537]).map(|length: usize| {
        let bytes = (0..length).map(|at| (at * 31 + length) as u8);
        let key: Vec<u8> = (0..32).map(|at| (at * 7 + length) as u8).collect();
        (key, bytes.collect::<Vec<u8>>())
    });
    let (mut input, mut expected) = (String::new(), String::new());
    for (key, message) in messages {
        writeln!(
            input,
            "{} {}",
            HEXLOWER.encode(&key),
            HEXLOWER.encode(&message)
        )
        .unwrap();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(&message);
        let (mac, hash) = (mac.finalize().into_bytes(), Sha256::digest(&message));
        writeln!(
            expected,
            "{} {}",
            HEXLOWER.encode(&mac),
            HEXLOWER.encode(&hash)
        )
        .unwrap();
    }
    let cases = package.join("cases");
    fs::write(&cases, input).unwrap();
    let made = Command::new(program)
        .stdin(Stdio::from(fs::File::open(&cases).unwrap()))
        .output()
        .unwrap();
    assert!(made.status.success());
    assert!(made.stdout == expected.as_bytes(), "other hashes");
}
