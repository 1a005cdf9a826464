//! Whether a text of SQL is one statement that reads. The database is what keeps it from writing; this is to say so early, and
//! to whoever wrote it.

/// The one statement, without what stands behind it.
///
/// # Errors
/// What is wrong, with what to do. Nothing of the text is repeated.
pub(super) fn only(text: &str) -> Result<&str, &'static str> {
    let mut words = Words { text, at: 0 };
    let mut first = true;
    let mut end = None;
    while let Some(token) = words.next()? {
        if end.is_some() {
            return Err("holds more than one statement. Leave the one that gives the records");
        }
        match token {
            Token::End(at) => end = Some(at),
            Token::Word(word) => {
                let is = |known: &&str| word.eq_ignore_ascii_case(known);
                if std::mem::take(&mut first) && !["select", "with"].iter().any(is) {
                    return Err(
                        "does not begin with SELECT or WITH, and nothing else is asked of a database",
                    );
                }
                if WRITE.iter().any(is) {
                    return Err(
                        "has one of the words INSERT, UPDATE, DELETE, MERGE and INTO, by which a statement writes. If it is a name, put it in quotation marks",
                    );
                }
            }
            // A bracket before a query, among others.
            Token::Other => {}
        }
    }
    if first {
        return Err("holds no statement");
    }
    Ok(text[..end.unwrap_or(text.len())].trim())
}

const WRITE: [&str; 5] = ["insert", "update", "delete", "merge", "into"];

const UNENDED: &str = "has a quotation mark or a comment that is never closed";

enum Token<'a> {
    Word(&'a str),
    /// A semicolon.
    End(usize),
    Other,
}

/// What stands in a statement outside comments; what is quoted is passed over.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Result<Option<Token<'a>>, &'static str> {
        loop {
            let rest = &self.text[self.at..];
            let Some(character) = rest.chars().next() else {
                return Ok(None);
            };
            let begins = self.at;
            self.at += character.len_utf8();
            match character {
                c if c.is_whitespace() || c == '\u{feff}' => {}
                '-' if rest.starts_with("--") => {
                    self.at = begins + rest.find('\n').unwrap_or(rest.len())
                }
                '/' if rest.starts_with("/*") => self.pass_comment(begins)?,
                ';' => return Ok(Some(Token::End(begins))),
                '\'' | '"' | '`' | '[' => {
                    // `[` begins a name on SQL Server and a place of a list on PostgreSQL: both end with the other one.
                    let closing = if character == '[' { ']' } else { character };
                    self.pass(&closing.to_string())?;
                    return Ok(Some(Token::Other));
                }
                '$' => {
                    if let Some(tag) = dollar_tag(rest) {
                        self.at = begins + tag.len();
                        self.pass(tag)?;
                    }
                    return Ok(Some(Token::Other));
                }
                c if c.is_alphabetic() || c == '_' => {
                    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '@');
                    let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
                    self.at = begins + length;
                    return Ok(Some(Token::Word(&rest[..length])));
                }
                _ => return Ok(Some(Token::Other)),
            }
        }
    }

    /// Behind the next of these. A doubled quotation mark begins another quotation at once, which comes to the same.
    fn pass(&mut self, closing: &str) -> Result<(), &'static str> {
        let found = self.text[self.at..].find(closing).ok_or(UNENDED)?;
        self.at += found + closing.len();
        Ok(())
    }

    /// Comments stand in one another, as in PostgreSQL and SQL Server.
    fn pass_comment(&mut self, begins: usize) -> Result<(), &'static str> {
        let (mut at, mut deep) = (begins + 2, 1);
        while deep > 0 {
            let rest = &self.text[at..];
            let open = rest.find("/*").unwrap_or(usize::MAX);
            let close = rest.find("*/").ok_or(UNENDED)?;
            deep = if open < close { deep + 1 } else { deep - 1 };
            at += open.min(close) + 2;
        }
        self.at = at;
        Ok(())
    }
}

/// `$$` or `$tag$` at the beginning, between which PostgreSQL quotes.
fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest[1..].find('$')? + 2;
    let name = &rest[1..end - 1];
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain && !name.starts_with(|c: char| c.is_ascii_digit())).then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::only;

    #[test]
    fn one_statement_that_reads_is_taken() {
        for (text, is) in [
            ("SELECT 1", "SELECT 1"),
            (
                "\u{feff}-- events; all of them\n/* a /* b */ ; */ select 'it''s; insert' ;\n -- end",
                "\u{feff}-- events; all of them\n/* a /* b */ ; */ select 'it''s; insert'",
            ),
            (
                "with e as (select \"update\", [delete], `into`, $$; merge$$, $q$';$q$, price$1 from t) select * from e;",
                "with e as (select \"update\", [delete], `into`, $$; merge$$, $q$';$q$, price$1 from t) select * from e",
            ),
            (
                "SELECT updated_on, a - b, a / b, '{', E'' FROM deleted_x",
                "SELECT updated_on, a - b, a / b, '{', E'' FROM deleted_x",
            ),
        ] {
            assert_eq!(only(text), Ok(is.trim()), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, part) in [
            ("", "no statement"),
            (" -- only a comment", "no statement"),
            ("DELETE FROM t", "does not begin with"),
            ("exec p", "does not begin with"),
            ("/* SELECT */ UPDATE t SET a = 1", "does not begin with"),
            ("SELECT 1; SELECT 2", "more than one"),
            ("SELECT 1; DROP TABLE t", "more than one"),
            (
                "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
                "by which a statement writes",
            ),
            ("SELECT * INTO copy FROM t", "by which a statement writes"),
            ("SELECT * FROM t FOR UPDATE", "by which a statement writes"),
            ("SELECT 'never closed", "never closed"),
            ("SELECT 1 /* /* */", "never closed"),
        ] {
            let fault = only(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }
}
