//! The program holds no network client. `.deny.toml` says so at length; this says so to whoever only runs the tests.
use std::process::Command;

const BANNED: &[&str] = &[
    "curl",
    "h2",
    "hyper",
    "native-tls",
    "object_store",
    "openssl-sys",
    "quinn",
    "reqwest",
    "rustls",
    "ureq",
];

#[test]
fn no_network_client_is_linked_into_the_program() {
    // `-e normal`: what is linked, for this machine, with the features that are switched on; no development dependencies.
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "-e",
            "normal",
            "--all-features",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let listed = String::from_utf8(tree.stdout).expect("UTF-8");
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(
        names.contains(&"csv"),
        "the list is not the program's: {names:?}"
    );
    let found: Vec<&&str> = names.iter().filter(|name| BANNED.contains(name)).collect();
    assert!(
        found.is_empty(),
        "network clients in the program: {found:?}"
    );
}
