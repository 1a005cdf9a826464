//! The words of an expression: which columns it may name, and whether it looks at more than one record. Only what is known
//! to look at one record at a time is let through, so that results hang neither on other records nor on the clock.

/// An expression as the table engine's parser takes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// The text, with the columns of joined tables in quotes: `people.GENDER` is one name.
    pub text: String,
    /// Names that must be columns.
    pub columns: Vec<String>,
    /// Words that may be columns as well as words of the language.
    pub maybe: Vec<String>,
}

/// Functions of one record's values.
pub(super) const FUNCTIONS: &[&str] = &[
    "ABS",
    "CAST",
    "CEIL",
    "CEILING",
    "CHARACTER_LENGTH",
    "CHAR_LENGTH",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "DATE",
    "DATE_PART",
    "DATETIME",
    "DIV",
    "ENDS_WITH",
    "EXTRACT",
    "FLOOR",
    "GREATEST",
    "IF",
    "IFNULL",
    "LEAST",
    "LEFT",
    "LENGTH",
    "LOWER",
    "LPAD",
    "LTRIM",
    "MOD",
    "NULLIF",
    "OCTET_LENGTH",
    "POSITION",
    "POW",
    "POWER",
    "REGEXP_LIKE",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "ROUND",
    "RPAD",
    "RTRIM",
    "SAFE_CAST",
    "SIGN",
    "SPLIT_PART",
    "STARTS_WITH",
    "STRFTIME",
    "STRPOS",
    "STRPTIME",
    "SUBSTR",
    "SUBSTRING",
    "TIMESTAMP",
    "TRIM",
    "TRUNC",
    "TRY_CAST",
    "UPPER",
];

/// Words of the language after which a bracket is no call.
const BEFORE_BRACKETS: &[&str] = &[
    "AND",
    "BETWEEN",
    "CASE",
    "CHAR",
    "CHARACTER",
    "DECIMAL",
    "ELSE",
    "FOR",
    "FROM",
    "ILIKE",
    "IN",
    "IS",
    "LIKE",
    "NOT",
    "NUMERIC",
    "OR",
    "REGEXP",
    "RLIKE",
    "THEN",
    "VARCHAR",
    "WHEN",
    "VARYING",
];

/// Other words of the language.
const LANGUAGE: &[&str] = &[
    "AS",
    "BIGINT",
    "BOOL",
    "BOOLEAN",
    "BOTH",
    "DAY",
    "DISTINCT",
    "DOUBLE",
    "DOW",
    "DOY",
    "END",
    "ESCAPE",
    "FALSE",
    "FLOAT",
    "HOUR",
    "INT",
    "INT2",
    "INT4",
    "INT8",
    "INTEGER",
    "INTERVAL",
    "ISODOW",
    "ISOYEAR",
    "LEADING",
    "MINUTE",
    "MONTH",
    "NFC",
    "NFD",
    "NFKC",
    "NFKD",
    "NULL",
    "PRECISION",
    "QUARTER",
    "REAL",
    "SECOND",
    "SMALLINT",
    "STRING",
    "TEXT",
    "TIME",
    "TINYINT",
    "TRAILING",
    "TRUE",
    "WEEK",
];

/// Words that bring in other records, or another value each time.
const REFUSED: &[&str] = &[
    "ALL",
    "ANY",
    "ARRAY",
    "BY",
    "COLUMNS",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "EXISTS",
    "EXPLODE",
    "FILTER",
    "GROUP",
    "HAVING",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "ORDER",
    "OVER",
    "PARTITION",
    "SELECT",
    "SOME",
    "UNNEST",
    "WHERE",
    "WITHIN",
];

/// Reads an expression. `tables` are the names that may stand before a column, with a dot.
///
/// # Errors
/// What is wrong, without anything of the text but single words.
pub(super) fn read(text: &str, tables: &[&str]) -> Result<Words, String> {
    let mut words = Words {
        text: String::with_capacity(text.len() + 8),
        columns: Vec::new(),
        maybe: Vec::new(),
    };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => quoted(rest, '\'')?.1,
            '"' => {
                let (name, length) = quoted(rest, '"')?;
                words.columns.push(name);
                length
            }
            c if c.is_ascii_digit() => number(rest),
            c if c.is_alphabetic() || c == '_' => {
                rest = words.word(rest, tables)?;
                continue;
            }
            c if c.is_whitespace() || "+-*/%()<>=!,|:~^&.".contains(c) => {
                if rest.starts_with("--") || rest.starts_with("/*") {
                    return Err("holds a comment; write it behind a # of the YAML".into());
                }
                c.len_utf8()
            }
            c => {
                return Err(format!(
                    "holds `{}`, which no expression of one record has",
                    c.escape_default()
                ));
            }
        };
        words.text.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Ok(words)
}

impl Words {
    /// Takes the word that `rest` begins with; gives what follows.
    fn word<'t>(&mut self, rest: &'t str, tables: &[&str]) -> Result<&'t str, String> {
        let (word, behind) = split_word(rest);
        let next = behind.trim_start();
        if let Some(dotted) = next.strip_prefix('.') {
            let dotted = dotted.trim_start();
            if !tables.contains(&word) {
                return Err(format!("`{word}.`: no table of that name is joined before"));
            }
            let (column, after) = if dotted.starts_with('"') {
                let (name, length) = quoted(dotted, '"')?;
                (name, &dotted[length..])
            } else {
                let (column, after) = split_word(dotted);
                (column.to_owned(), after)
            };
            if column.is_empty() {
                return Err(format!("`{word}.` is followed by no column"));
            }
            let name = format!("{word}.{column}");
            self.text.push('"');
            self.text.push_str(&name.replace('"', "\"\""));
            self.text.push('"');
            self.columns.push(name);
            return Ok(after);
        }
        let upper = word.to_ascii_uppercase();
        let upper = upper.as_str();
        let is_call = next.starts_with('(');
        if REFUSED.contains(&upper) {
            return Err(format!(
                "`{word}`: an expression is of one record, and the same whenever it is run. If a column has that name, write it in double quotes"
            ));
        }
        // Its reader ends the program at a text that is none.
        if upper == "INTERVAL" {
            return Err(format!(
                "`{word}` is not known here. If a column has that name, write it in double quotes"
            ));
        }
        if is_call && !FUNCTIONS.contains(&upper) && !BEFORE_BRACKETS.contains(&upper) {
            return Err(format!(
                "`{word}(…)` is not a function of one record; known are {}",
                FUNCTIONS.join(", ")
            ));
        }
        if is_call && next[1..].trim_start().starts_with(')') {
            return Err(format!("`{word}()` is given nothing to work with"));
        }
        let of_language = [BEFORE_BRACKETS, LANGUAGE]
            .iter()
            .any(|list| list.contains(&upper));
        match (is_call, of_language || FUNCTIONS.contains(&upper)) {
            (true, _) => {}
            // A unit, as in EXTRACT(YEAR FROM …), has the name of many a column.
            (false, true) => self.maybe.push(word.to_owned()),
            (false, false) if upper == "YEAR" => self.maybe.push(word.to_owned()),
            (false, false) => self.columns.push(word.to_owned()),
        }
        self.text.push_str(word);
        Ok(behind)
    }
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
    text.split_at(end.unwrap_or(text.len()))
}

/// What stands between quotes at the beginning of the text, and how long it is with them.
fn quoted(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut inside = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            inside.push(character);
        } else if characters.next_if(|(_, c)| *c == quote).is_some() {
            inside.push(quote);
        } else {
            return Ok((inside, at + 1));
        }
    }
    Err(format!("a {quote} is never closed"))
}

fn number(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_tables_become_one_name() {
        let words = read("people.GENDER = 'people.X' || \"A b\" || NAME", &["people"]).unwrap();
        assert_eq!(
            words.text,
            "\"people.GENDER\" = 'people.X' || \"A b\" || NAME"
        );
        assert_eq!(words.columns, ["people.GENDER", "A b", "NAME"]);
        let quoted = read("people . \"First Name\" IS NULL", &["people"]).unwrap();
        assert_eq!(quoted.text, "\"people.First Name\" IS NULL");
    }

    #[test]
    fn a_word_that_would_end_the_program_is_refused() {
        assert!(read("GREATEST()", &[]).is_err());
        assert!(read("least( )", &[]).is_err());
        assert!(read("GREATEST(A, B)", &[]).is_ok());
        assert!(read("INTERVAL '1x'", &[]).is_err());
        assert!(read("\"INTERVAL\" = 'x'", &[]).is_ok());
    }

    #[test]
    fn what_is_not_of_one_record_is_refused() {
        for text in [
            "SUM(a)",
            "row_number()",
            "RANDOM()",
            "MAX(a) > b",
            "a OVER (b)",
            "CURRENT_DATE",
            "(SELECT 1)",
            "a IN (select b)",
            "EXISTS (b)",
            "COLUMNS('.*')",
            "COUNT(*)",
            "lag(a)",
            "a -- b",
            "a /* b */",
            "other.a",
            "'open",
            "\"open",
            "a; b",
            "a[1]",
            "{a}",
            "a = ANY(b)",
            "FIRST (a)",
            "STRING_AGG(a, ',')",
            "ARRAY_AGG(a)",
            "NOW()",
        ] {
            assert!(read(text, &["people"]).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_of_one_record_is_let_through() {
        for text in [
            "LPAD(a, 2, '0') || '/' || b",
            "CASE WHEN a IN ('1', '2') THEN 'x' ELSE NULL END",
            "CAST(a AS VARCHAR(10))",
            "a::int + 1.5e3",
            "EXTRACT(YEAR FROM d)",
            "NOT (a = b)",
            "a LIKE 'SUM(%' AND \"SELECT\" IS NOT NULL",
            "a = 'it''s SUM(b)'",
        ] {
            assert!(read(text, &[]).is_ok(), "{text}");
        }
    }
}
