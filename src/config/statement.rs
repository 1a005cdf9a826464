//! Whether a text of SQL is one statement that reads, whatever database it is for. Databases do not agree on what a quotation mark,
//! a comment and the end of a statement are, so what two of them could read in different ways is refused. The account and the
//! transaction are what keep a database from being written to; this is to say so early, and to whoever wrote it.

/// The one statement, without the semicolon behind it.
///
/// # Errors
/// What is wrong, with what to do. Nothing of the text is repeated.
pub(super) fn only(text: &str) -> Result<&str, &'static str> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let odd = |c: char| {
        c.is_control() && !matches!(c, '\t' | '\n') || matches!(c, '\u{2028}' | '\u{2029}')
    };
    // A line that ends as on Windows ends for all of them; a bare carriage return for some.
    if text.replace("\r\n", "\n").contains(odd) {
        return Err(
            "has a control character, or a carriage return alone. Let every line end with a line feed",
        );
    }
    let statement = text.strip_suffix(';').unwrap_or(text).trim_end();
    let mut reading = Reading {
        text: statement,
        at: 0,
        begun: false,
    };
    reading.whole()?;
    // Wherever it stands: one within a text for this database may be the end of the statement for another.
    if statement.contains(';') {
        return Err(
            "holds more than one statement, or a semicolon in a text, a name or a comment. Leave the one statement that gives the records; a semicolon may only end the file",
        );
    }
    if !reading.begun {
        return Err("holds no statement");
    }
    Ok(statement)
}

/// Words of statements that write, end a transaction, change a session or run something else. SQL Server needs nothing between
/// two statements, so they count wherever they stand.
const WRITE: &[&str] = &[
    "abort",
    "alter",
    "backup",
    "begin",
    "bulk",
    "call",
    "checkpoint",
    "commit",
    "conversation",
    "copy",
    "create",
    "dbcc",
    "deallocate",
    "declare",
    "delete",
    "deny",
    "discard",
    "do",
    "drop",
    "exec",
    "execute",
    "goto",
    "grant",
    "insert",
    "into",
    "kill",
    "listen",
    "load",
    "lock",
    "merge",
    "notify",
    "opendatasource",
    "openquery",
    "openrowset",
    "pragma",
    "prepare",
    "raiserror",
    "receive",
    "reconfigure",
    "refresh",
    "reindex",
    "restore",
    "revert",
    "revoke",
    "rollback",
    "save",
    "savepoint",
    "set",
    "set_config",
    "setuser",
    "shutdown",
    "tran",
    "transaction",
    "trigger",
    "truncate",
    "update",
    "updatetext",
    "vacuum",
    "waitfor",
    "writetext",
];

const WRITES: &str = "has a word by which a statement writes or ends, such as INSERT, UPDATE, DELETE, INTO, SET, DO, LOCK, EXEC, COMMIT or DROP. If it is the name of a column, put it in double quotation marks, or read it through a view that names it otherwise";

const UNENDED: &str = "has a quotation mark or a comment that is never closed";

const BACKSLASH: &str = "has a backslash before a quotation mark, which some databases take for a part of the text. Write the text without it";

const DOLLAR: &str = "has text between dollar signs ($$ or $name$), which only some databases take for a text. Put it in single quotation marks";

const Q_QUOTE: &str = "has a text that begins with q', which only some databases take for one. Put it in single quotation marks";

const BRACKET: &str = "has a quotation mark, a bracket or a comment within [ ], which is a name for some databases and a list for others. Put the name in double quotation marks, or write the list without brackets";

const BACKTICK: &str = "has a quotation mark, a bracket or a comment within backticks. Read that column through a view";

const COMMENT: &str = "has a comment within a comment, or one that begins with /*! or /*M!, which some databases execute. Take it out";

const DASHES: &str = "has -- with neither a blank nor the end of the line behind it, and a quotation mark, a bracket or a comment in the same line. Put a blank behind the dashes";

const HASH: &str = "has # outside a text, which begins a comment for some databases. If it belongs to a name, put that in double quotation marks";

/// What begins or ends a quotation or a comment for any database.
const MARKS: [&str; 12] = [
    "'", "\"", "`", "[", "]", "\\", "$", "#", "/*", "*/", "--", ";",
];

struct Reading<'a> {
    text: &'a str,
    at: usize,
    /// Whether there was a word.
    begun: bool,
}

impl Reading<'_> {
    fn whole(&mut self) -> Result<(), &'static str> {
        dollars(self.text)?;
        while let Some(character) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            match character {
                '-' if rest.starts_with("--") => self.line_comment(rest)?,
                '/' if rest.starts_with("/*") => self.comment(rest)?,
                '\'' | '"' => self.quoted(rest, character)?,
                '`' => self.name(rest, '`', BACKTICK)?,
                '[' => {
                    self.name(rest, ']', BRACKET)?;
                    // `]]` is a bracket within the name on SQL Server, and two ends elsewhere.
                    if self.text[self.at..].starts_with(']') {
                        return Err(BRACKET);
                    }
                }
                '#' => return Err(HASH),
                '\\' if rest[1..].starts_with(QUOTES) => return Err(BACKSLASH),
                c if is_part(c) => {
                    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                    self.word(&rest[..length])?;
                    self.at += length;
                    let of_oracle = ["q", "nq"]
                        .iter()
                        .any(|q| rest[..length].eq_ignore_ascii_case(q));
                    if of_oracle && rest[length..].starts_with('\'') {
                        return Err(Q_QUOTE);
                    }
                }
                c => self.at += c.len_utf8(),
            }
        }
        Ok(())
    }

    /// A word outside quotations.
    fn word(&mut self, word: &str) -> Result<(), &'static str> {
        let first = |c: char| c.is_alphabetic() || c == '_';
        if !std::mem::replace(&mut self.begun, true)
            && !["select", "with"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        {
            return Err(
                "does not begin with SELECT or WITH, and nothing else is asked of a database",
            );
        }
        let word = word.to_ascii_lowercase();
        // Behind a number a word needs no blank before it everywhere: `1DROP`.
        let is = |write: &&str| {
            if word.starts_with(first) {
                word == **write
            } else {
                word.ends_with(*write)
            }
        };
        if WRITE.iter().any(is) {
            Err(WRITES)
        } else {
            Ok(())
        }
    }

    /// The words of what may be no quotation or comment somewhere.
    fn words(&mut self, text: &str) -> Result<(), &'static str> {
        let begun = std::mem::replace(&mut self.begun, true);
        let mut words = text.split(|c| !is_part(c)).filter(|word| !word.is_empty());
        let told = words.try_for_each(|word| self.word(word));
        self.begun = begun;
        told
    }

    /// Up to the end of the line.
    fn line_comment(&mut self, rest: &str) -> Result<(), &'static str> {
        let length = rest.find('\n').unwrap_or(rest.len());
        let inside = &rest[2..length];
        self.at += length;
        let marked = MARKS.iter().any(|mark| inside.contains(mark));
        // MySQL subtracts twice where there is no blank.
        let sure = inside.is_empty() || inside.starts_with([' ', '\t', '\r']);
        match (sure, marked) {
            (false, true) => Err(DASHES),
            (true, false) => Ok(()),
            _ => self.words(inside),
        }
    }

    /// Comments stand in one another for some databases only.
    fn comment(&mut self, rest: &str) -> Result<(), &'static str> {
        let inside = &rest[2..];
        let end = inside.find("*/").ok_or(UNENDED)?;
        let executed = ["!", "m!", "M!"]
            .iter()
            .any(|mark| inside.starts_with(mark));
        // With the star of its end, for `/*/` at the end begins another one.
        if executed || inside[..=end].contains("/*") {
            return Err(COMMENT);
        }
        self.at += end + 4;
        if MARKS.iter().any(|mark| inside[..end].contains(mark)) {
            self.words(&inside[..end])?;
        }
        Ok(())
    }

    /// A text, or a name in double quotation marks. A doubled mark begins another at once, which comes to the same.
    fn quoted(&mut self, rest: &str, mark: char) -> Result<(), &'static str> {
        let inside = &rest[1..];
        let end = inside.find(mark).ok_or(UNENDED)?;
        let inside = &inside[..end];
        self.at += end + 2;
        if QUOTES
            .iter()
            .any(|quote| inside.contains(&format!("\\{quote}")))
            || inside.ends_with('\\')
        {
            return Err(BACKSLASH);
        }
        if inside.contains('\\') {
            self.words(inside)?;
        }
        Ok(())
    }

    /// A name as one database quotes it; another one reads what stands in it.
    fn name(&mut self, rest: &str, closing: char, fault: &'static str) -> Result<(), &'static str> {
        let end = rest[1..].find(closing).ok_or(UNENDED)?;
        let inside = &rest[1..=end];
        self.at += end + 2;
        if MARKS
            .iter()
            .any(|mark| *mark != "#" && *mark != "$" && inside.contains(mark))
        {
            return Err(fault);
        }
        self.words(inside)
    }
}

const QUOTES: [char; 3] = ['\'', '"', '`'];

/// Whether a word may have it.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@')
}

/// `$$` or `$tag$` anywhere, between which PostgreSQL quotes.
fn dollars(text: &str) -> Result<(), &'static str> {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('$') {
        let tag = behind.find(|c: char| !(c.is_alphanumeric() || c == '_' || !c.is_ascii()));
        if tag.is_some_and(|end| behind[end..].starts_with('$')) {
            return Err(DOLLAR);
        }
        rest = behind;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::only;

    #[test]
    fn one_statement_that_reads_is_taken() {
        for text in [
            "SELECT 1",
            "(select 1)",
            "-- events, all of them\n/* a -- b */ select 'it''s, insert', N'Q', 'c:\\dir' from v$session",
            "-- The council's events\r\nselect \"update\", \"Set\", [Case No], `b`, a[1], price$1 from t",
            "with e as (select case when a = 1 then 'DO' end from t) select * from e",
            "SELECT updated_on, a - b, a / b, '{', E'', offset_into, \"#\", '[' FROM deleted_x --end\n",
            "SELECT '-- no comment', '/*', \"it's\", '\"', 'a' --\n FROM t -- delete them all",
            "SELECT 1 /* drop **/ /**/ FROM t",
        ] {
            assert_eq!(only(text), Ok(text.trim()), "{text}");
            assert_eq!(
                only(&format!("\u{feff}\n{text}\n ;\n")),
                Ok(text.trim()),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, part) in [
            ("", "no statement"),
            (" -- only a comment", "no statement"),
            (";", "no statement"),
            ("DELETE FROM t", "does not begin with"),
            ("exec p", "does not begin with"),
            ("/* SELECT */ UPDATE t", "does not begin with"),
            ("SELECT 1; SELECT 2", "more than one"),
            ("SELECT 1;;", "more than one"),
            ("SELECT 1; -- end", "more than one"),
            ("SELECT 'a;b'", "more than one"),
            ("SELECT 1 -- a; b\n", "more than one"),
            ("SELECT 1 AS \"a;\"", "more than one"),
            (
                "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
                "a statement writes",
            ),
            ("SELECT * INTO t2 FROM t", "a statement writes"),
            ("SELECT * FROM t FOR UPDATE", "a statement writes"),
            ("SELECT 'never closed", "never closed"),
            ("SELECT [never closed", "never closed"),
            ("SELECT 1 /* /* */", "within a comment"),
        ] {
            let fault = only(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }

    #[test]
    fn what_databases_read_in_different_ways_is_refused() {
        for (text, part) in [
            ("SELECT E'\\'' <> 'a', b", "backslash"),
            (
                "SELECT E'\\'' <> 'a'; COMMIT; BEGIN; INSERT INTO t VALUES (1) --'",
                "backslash",
            ),
            ("SELECT \"a\\\"\" FROM t", "backslash"),
            ("SELECT 'a\\n', 'drop\\n'", "a statement writes"),
            ("SELECT ARRAY[']'] IS NOT NULL", "within [ ]"),
            ("SELECT a[b[1]]", "within [ ]"),
            ("SELECT [a]], b]", "within [ ]"),
            ("SELECT [a/*], b /*]*/", "within [ ]"),
            ("SELECT [delete] FROM t", "a statement writes"),
            ("SELECT `a'`, '`'", "within backticks"),
            ("SELECT `into` FROM t", "a statement writes"),
            ("SELECT 1 -- a\r, 2", "carriage return"),
            ("SELECT 1 -- a\u{85}, 2", "control character"),
            ("SELECT 1\0", "control character"),
            ("SELECT 1 /* /* */, 2 /* */ */", "within a comment"),
            ("SELECT 1 /* a /*/ , 2 /* */", "within a comment"),
            ("SELECT 1 /*! , 2 */", "/*!"),
            ("SELECT 1 /*M!100100 , 2 */", "/*!"),
            ("SELECT 1 /* ' drop */", "a statement writes"),
            ("SELECT 1 -- ' drop", "a statement writes"),
            ("SELECT 5--'\n, 2 --'", "blank behind the dashes"),
            ("SELECT 5--/*\n, 2 --*/", "blank behind the dashes"),
            ("SELECT 1 # '\n, 2 # '", "has # outside"),
            ("SELECT q'[']', 2 --']'", "begins with q'"),
            ("SELECT nQ'!'!', 2 --'!'", "begins with q'"),
            ("SELECT $$'$$, 2 --'$$", "dollar signs"),
            ("SELECT $q$'$q$, 2 --'$q$", "dollar signs"),
            ("SELECT $é$'$é$, 2", "dollar signs"),
        ] {
            let fault = only(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }

    #[test]
    fn words_that_write_need_no_semicolon_before_them() {
        for write in [
            "DROP TABLE t",
            "EXEC sp_who",
            "execute p",
            "COMMIT",
            "ROLLBACK",
            "BEGIN TRAN",
            "TRUNCATE TABLE t",
            "ALTER TABLE t",
            "CREATE TABLE t",
            "GRANT a",
            "REVOKE a",
            "MERGE t",
            "CALL p()",
            "COPY t",
            "SET a",
            "DO a",
            "LOCK t",
            "VACUUM",
            "SAVE TRANSACTION a",
            "DISABLE TRIGGER a ON b",
            "DECLARE @a int",
        ] {
            for text in [
                format!("SELECT 1 AS a {write}"),
                format!("SELECT 1{write}"),
                format!("SELECT ''{write}"),
                format!("SELECT (1){write}"),
                format!("SELECT a.{write}"),
                format!("SELECT 1\u{200b}{write}"),
                format!("SELECT 1 --{write}"),
            ] {
                let fault = only(&text).expect_err(&text);
                assert!(fault.contains("a statement writes"), "{text}: {fault}");
            }
        }
    }
}
