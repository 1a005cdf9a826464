//! Findings for people: one line each, what follows from a finding on its line, and a summary.

use std::fmt::Write as _;
use std::io::Write;

use super::fold::{Folded, fold};
use super::{Job, Out, Told, extract, grid};
use crate::cli::portal;
use crate::cli::print::number;
use crate::error::Result;
use crate::finding::{Case, Finding};
use crate::pipeline::Validated;

/// Validates and prints.
///
/// # Errors
/// When a file cannot be validated; what was found before is printed.
pub fn report(job: &Job<'_>, out: &mut Out<impl Write + Send>) -> Result<Told> {
    let values = job.show_values;
    let (validated, preflights) = job.validate(
        |findings, lines: &mut String| {
            for folded in fold(findings) {
                line(&folded, values, lines);
            }
        },
        |lines| out.put(lines),
    );
    if let Ok(validated) = &validated {
        out.put(summary(validated, job.grid))?;
    }
    out.put(portal::human(&preflights))?;
    Ok((validated?, preflights))
}

/// `file:row:column: severity rule: what is wrong; what was expected; what to do`, and what follows from it.
pub(super) fn line(folded: &Folded<'_, '_>, values: bool, lines: &mut String) {
    let finding = folded.cause;
    let harmless = |c: char| !c.is_control() && !is_invisible(c);
    let source = finding.shown_source();
    if source.chars().all(harmless) {
        *lines += &source;
    } else {
        *lines += &shown(source.as_bytes());
    }
    if let Some(row) = finding.row {
        let _ = write!(lines, ":{row}:{}", finding.column.unwrap_or("-"));
    }
    // Pieces one by one: there may be a million such lines, and formatting them costs more than finding them.
    for piece in [
        ": ",
        finding.severity.name(),
        " ",
        &finding.rule,
        ": ",
        &finding.field.name,
    ] {
        *lines += piece;
    }
    if let Some(name) = finding.source_column {
        let _ = write!(lines, " (column {})", shown(name.as_bytes()));
    }
    for piece in [
        " ",
        &finding.fault,
        "; expected ",
        &finding.expected,
        "; ",
        &finding.page.remedy,
        " (",
        &finding.page.who,
        ")",
    ] {
        *lines += piece;
    }
    if let Some(consequences) = folded.consequences() {
        let _ = write!(lines, "; {consequences}");
    }
    if values {
        *lines += &received(finding);
    }
    lines.push('\n');
}

/// ` [received "Femmale"; did you mean "Female"?; person "P1"; event "E1"]`: what may stand on a terminal alone.
fn received(finding: &Finding<'_>) -> String {
    let Case {
        person_id,
        event_reference,
        received,
        suggestion,
    } = finding.case.expose();
    let part =
        |before, value: &[u8]| (!value.is_empty()).then(|| format!("{before} {}", shown(value)));
    let text = suggestion.text();
    let meant = || format!("did you mean {}?", choices(text));
    let parts = [
        part("received", received),
        (!text.is_empty()).then(meant),
        part("person", person_id),
        part("event", event_reference),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" [{}]", parts.join("; "))
    }
}

/// Each choice of a suggestion between quotation marks of its own.
fn choices(suggestion: &str) -> String {
    let choices: Vec<_> = suggestion.split(CHOICE).map(quoted).collect();
    choices.join(CHOICE)
}

/// What stands between the choices of a suggestion.
const CHOICE: &str = ", or ";

/// Characters of a value that are shown at most.
const SHOWN: usize = 60;

/// A value between quotation marks, harmless to a terminal: nothing in it moves the cursor, sets a colour, turns the
/// direction of writing or hides. A long one is cut, and the mark of that stands behind the quotation mark.
fn shown(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => quoted(&text[..end]) + "…",
        None => quoted(&text),
    }
}

/// The same of a text that is never cut.
fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => shown.extend(['\\', c]),
            '\t' | '\n' | '\r' => shown.extend(c.escape_default()),
            _ if c.is_control() || is_invisible(c) => shown.extend(c.escape_unicode()),
            _ => shown.push(c),
        }
    }
    shown.push('"');
    shown
}

/// Marks of direction, joiners and spaces of no width, line separators, tags: what changes how the rest looks, unseen.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

fn summary(validated: &Validated, whole_grid: bool) -> String {
    let mut text = String::new();
    let broken: Vec<_> = validated.findings.iter().collect();
    if !broken.is_empty() {
        text += "\n";
    }
    for finding in &broken {
        let caused = if finding.caused > 0 {
            format!("  and {} that follow from another", number(finding.caused))
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{:>9}  {:<7}  {}{caused}",
            match (finding.records, finding.caused) {
                // About the extract, and no record can be named.
                (0, 0) => "-".to_owned(),
                (n, _) => number(n),
            },
            finding.severity,
            finding.rule
        );
    }
    let not_run = extract::not_run(&validated.not_checked);
    if !not_run.is_empty() {
        text += "\n";
        text += &not_run;
    }
    text += "\n";
    if whole_grid {
        text += "\n";
        text += &grid::table(&validated.grid, "all records that are not empty");
        text += "\n";
    }
    text += &grid::line(&validated.grid, whole_grid);
    text += &extract::periods(&validated.periods);
    text += &extract::deduplication(&validated.collapsed);
    let _ = writeln!(
        text,
        "{} records, {} with an error",
        number(validated.read),
        number(validated.with_errors)
    );
    text
}

#[cfg(test)]
mod tests {
    use super::{choices, shown};

    #[test]
    fn suggestions_are_whole_and_quoted_apart() {
        let long = "a".repeat(61);
        assert_eq!(
            choices(&format!("{long}, or B, C")),
            format!("\"{long}\", or \"B, C\"")
        );
    }

    #[test]
    fn values_are_harmless_to_a_terminal() {
        for (value, safe) in [
            ("Femmale", r#""Femmale""#),
            ("", r#""""#),
            ("Zoë Ł", r#""Zoë Ł""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\u{1b}[31mred\u{7}", r#""\u{1b}[31mred\u{7}""#),
            ("\u{9b}2J", r#""\u{9b}2J""#),
            ("a\tb\r\nc\0", r#""a\tb\r\nc\u{0}""#),
            ("a\u{202e}b\u{200b}", r#""a\u{202e}b\u{200b}""#),
        ] {
            assert_eq!(shown(value.as_bytes()), safe);
        }
        assert_eq!(shown(b"\xFFa"), "\"\u{fffd}a\"");
        assert_eq!(
            shown("ä".repeat(61).as_bytes()),
            format!("\"{}\"…", "ä".repeat(60))
        );
        assert_eq!(
            shown("ä".repeat(60).as_bytes()),
            format!("\"{}\"", "ä".repeat(60))
        );
    }
}
