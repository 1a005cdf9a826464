//! Finds anchors and aliases in YAML: the reader itself resolves them without telling.

use super::Place;

/// The first `&name` or `*name` where a value or entry may begin, outside quotes, comments and block texts. A line of
/// running text that begins so is refused with the rest: telling them apart would take a second reader of YAML.
pub(super) fn first_anchor(text: &str) -> Option<Place> {
    let mut open = Open::default();
    for (number, line) in lines(text).enumerate() {
        if let Some(column) = open.anchor_in(line) {
            return Some(Place {
                line: number + 1,
                column,
            });
        }
    }
    None
}

/// The lines as YAML 1.1 ends them, so that nothing looks like the rest of a comment which the reader takes for a line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some((at, end)) = text
            .char_indices()
            .find(|(_, c)| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'))
        else {
            rest = None;
            return Some(text);
        };
        let behind = &text[at + end.len_utf8()..];
        rest = Some(match end {
            '\r' => behind.strip_prefix('\n').unwrap_or(behind),
            _ => behind,
        });
        Some(&text[..at])
    })
}

/// What is still open at the end of a line.
#[derive(Default)]
struct Open {
    /// The quote that must close.
    quote: Option<char>,
    /// How far the owner of a block text is indented; the text is whatever is indented further.
    block: Option<usize>,
    /// Depth of brackets and braces.
    flow: usize,
}

impl Open {
    /// The column of the first anchor or alias in the next line.
    fn anchor_in(&mut self, line: &str) -> Option<usize> {
        if let Some(owner) = self.block {
            let indent = line.chars().take_while(|c| *c == ' ').count();
            if line.trim().is_empty() || indent > owner {
                return None;
            }
            self.block = None;
        }
        let mut begins = self.quote.is_none();
        // Where the entry of this line begins behind its dashes, and its last dash: either owns a block text.
        let (mut entry, mut dash) = (None, 0);
        let (mut before, mut escaped) = (' ', false);
        let mut chars = line.chars().enumerate().peekable();
        if line.starts_with("--- ") {
            chars.nth(2);
        }
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map_or(' ', |(_, next)| *next);
            if self.quote.is_none()
                && entry.is_none()
                && !c.is_whitespace()
                && (c != '-' || !next.is_whitespace())
            {
                entry = Some(at);
            }
            match (self.quote, c) {
                (Some('"'), '\\') if !escaped => escaped = true,
                (Some(quote), _) => {
                    // A doubled single quote closes and opens again, which comes to the same.
                    if c == quote && !escaped {
                        self.quote = None;
                    }
                    escaped = false;
                }
                (None, '#') if before.is_whitespace() => break,
                (None, '&' | '*') if begins && !next.is_whitespace() => return Some(at + 1),
                (None, '"' | '\'') if begins || (c == '\'' && before == '\'') => {
                    self.quote = Some(c);
                    begins = false;
                }
                (None, '|' | '>') if begins && self.flow == 0 => {
                    self.block = Some(entry.filter(|entry| *entry != at).unwrap_or(dash));
                    break;
                }
                (None, '!') if begins => {
                    while chars.next_if(|(_, next)| !next.is_whitespace()).is_some() {}
                }
                (None, '[' | '{') if begins => self.flow += 1,
                (None, ']' | '}') if self.flow > 0 => self.flow -= 1,
                (None, ',') if self.flow > 0 => begins = true,
                (None, ':' | '?') if next.is_whitespace() => begins = true,
                (None, '-') if begins && next.is_whitespace() => dash = at,
                (None, _) => begins &= c.is_whitespace(),
            }
            before = c;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(usize, usize)> {
        first_anchor(text).map(|place| (place.line, place.column))
    }

    #[test]
    fn anchors_and_aliases_are_refused_where_they_stand() {
        assert_eq!(found("a: &x 1\nb: *x\n"), Some((1, 4)));
        assert_eq!(found("a: 1\nb:\n  - &x c\n"), Some((3, 5)));
        assert_eq!(found("a: [1, &x 2]\n"), Some((1, 8)));
        assert_eq!(found("a: {b: &x 2}\n"), Some((1, 8)));
        assert_eq!(found("&x a: 1\n"), Some((1, 1)));
        assert_eq!(found("a: 'it''s'\nb: *x\n"), Some((2, 4)));
        assert_eq!(found("a: \"say \\\"x\"\nb: &x 1\n"), Some((2, 4)));
        assert_eq!(found("a: >-\n  *text* &c\nb: &x 1\n"), Some((3, 4)));
        assert_eq!(found("- a: |\n    *text\n  b: &x 1\n"), Some((3, 6)));
        assert_eq!(found("- >\n *text\n- &x 1\n"), Some((3, 3)));
        assert_eq!(found("--- &x a\n"), Some((1, 5)));
        assert_eq!(found("a: b # &x\nc: !!str &x d\n"), Some((2, 10)));
        // Every end of a line that YAML knows ends a comment.
        for end in ["\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(
                found(&format!("a: b # c{end}d: &x 1\n")),
                Some((2, 4)),
                "{end:?}"
            );
        }
        assert_eq!(found("\u{feff}&x a: 1\n"), Some((1, 1)));
    }

    #[test]
    fn signs_inside_texts_are_no_anchors() {
        for text in [
            "a: Access & mobility\n",
            "a: Access &mobility, *all\n",
            "a: \"x: &y\"\n",
            "a: '&x'\n",
            "a: |\n  &x\n\n  *y\nb: 1\n",
            "# &x\na: it's b&c *\n",
            "a: \"two\n  &lines\"\nb: [\"&x\", '*y']\n",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
