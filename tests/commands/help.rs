//! Help, completions and manual page, all from one definition.

use crate::support::{call, cld};

/// Every command line that has subcommands or does something: `[]`, `[key]`, `[key, new]`.
fn commands() -> Vec<Vec<String>> {
    fn below(path: Vec<String>, all: &mut Vec<Vec<String>>) {
        let help = help(&path);
        let listed = help
            .split_once("\nCommands:\n")
            .map_or("", |(_, rest)| rest);
        let lines = listed.lines().take_while(|line| line.starts_with("  "));
        for name in lines.filter_map(|line| line.split_whitespace().next()) {
            if name != "help" {
                below([path.as_slice(), &[name.to_owned()]].concat(), all);
            }
        }
        all.push(path);
    }
    let mut all = Vec::new();
    below(Vec::new(), &mut all);
    all
}

fn help(path: &[String]) -> String {
    let mut command = cld(path.iter().map(String::as_str).chain(["--help"]));
    let output = command.env_remove("COLUMNS").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_commands_of_the_contract_are_there() {
    let all: Vec<_> = commands().iter().map(|path| path.join(" ")).collect();
    for command in [
        "run",
        "validate",
        "worklist",
        "map suggest",
        "map check",
        "attack",
        "trace select",
        "trace request",
        "trace apply",
        "trace worklist",
        "trace status",
        "trace verify",
        "trace purge",
        "key new",
        "key id",
        "key check",
        "manifest show",
        "manifest verify",
        "manifest diff",
        "manifest sign",
        "report",
        "register",
        "purge",
        "schema list",
        "schema show",
        "schema check",
        "explain",
        "completions",
        "man",
    ] {
        assert!(all.iter().any(|path| path == command), "{command}");
    }
}

#[test]
fn every_help_text_is_as_reviewed() {
    for path in commands() {
        let name = ["cld"].into_iter().chain(path.iter().map(String::as_str));
        let name: Vec<_> = name.collect();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name.join("-"), help(&path));
        });
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "fish", "zsh", "powershell", "elvish"] {
        let script = call(["completions", shell]).code(0).stdout;
        for path in commands() {
            let Some(name) = path.last() else { continue };
            assert!(script.contains(name.as_str()), "{name} for {shell}");
        }
    }
    call(["completions", "cmd"]).code(2).says(&["bash"]);
}

#[test]
fn the_manual_page_describes_every_command() {
    let page = call(["man"]).code(0).stdout;
    assert!(page.contains(".TH cld 1"));
    for path in commands() {
        if path.is_empty() {
            continue;
        }
        let heading = format!(".SH \"CLD {}\"", path.join(" ").to_uppercase());
        assert!(page.contains(&heading), "{heading}");
    }
    assert!(page.contains("allow\\-test\\-key") && page.contains("Exit codes"));
}

#[test]
fn the_version_is_the_packages() {
    let said = call(["--version"]).code(0);
    assert_eq!(said.stdout, format!("cld {}\n", env!("CARGO_PKG_VERSION")));
}
