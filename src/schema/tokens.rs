//! Cuts the text of a condition into its tokens.

use super::fault::ConditionError;

/// A result whose fault comes with the position of its character, from 1.
pub(super) type Result<T> = std::result::Result<T, (usize, ConditionError)>;

/// The smallest parts of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Number(i64),
    Sign(&'static str),
    End,
}

/// A token with its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// Position of its first character, from 0.
    pub at: usize,
    pub token: Token,
}

/// Longer signs before those that begin them.
const SIGNS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","];

/// Cuts a condition into tokens; the last one is always the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>> {
    let chars: Vec<char> = text.chars().collect();
    let run = |from: usize, wanted: fn(char) -> bool| -> String {
        chars[from..]
            .iter()
            .copied()
            .take_while(|c| wanted(*c))
            .collect()
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let rest = &chars[at..];
        let sign = SIGNS
            .iter()
            .find(|sign| rest.iter().copied().take(sign.len()).eq(sign.chars()));
        let (length, token) = if c.is_whitespace() {
            at += 1;
            continue;
        } else if let Some(sign) = sign {
            (sign.len(), Token::Sign(sign))
        } else if c == '"' {
            let inside = run(at + 1, |c| c != '"');
            let length = inside.chars().count() + 2;
            if rest.len() < length {
                return Err(syntax(at, "a closing quotation mark", "the end"));
            }
            (length, Token::Text(inside))
        } else if c.is_ascii_digit() {
            let digits = run(at, |c| c.is_ascii_digit());
            let number = digits
                .parse()
                .map_err(|_| syntax(at, "a number of sensible size", &digits))?;
            (digits.len(), Token::Number(number))
        } else if c.is_ascii_lowercase() {
            let word = run(at, |c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
            });
            (word.len(), Token::Word(word))
        } else {
            return Err(syntax(
                at,
                "a name, a text in double quotes, a number or a sign",
                &format!("`{c}`"),
            ));
        };
        found.push(Placed { at, token });
        at += length;
    }
    found.push(Placed {
        at,
        token: Token::End,
    });
    Ok(found)
}

/// Something else must stand at this character, counted from 0.
pub(super) fn syntax(at: usize, expected: &'static str, found: &str) -> (usize, ConditionError) {
    (
        at + 1,
        ConditionError::Syntax {
            expected,
            found: found.to_owned(),
        },
    )
}
