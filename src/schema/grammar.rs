//! Reads a condition as the schema writes it. The grammar stands at the head of `schemas/cld-release-1.yaml`.

use super::condition::{Check, Comparison, Condition, Node, Subject, Test, Truth};
use super::fault::ConditionError;
use super::lookup::fold;
use super::model::{Kind, List};
use super::tokens::{Placed, Result, Token, syntax, tokens};
use crate::nearest::nearest;

/// The names of the subjects that are no fields.
pub(super) const AGES: [(&str, Subject); 2] = [
    ("age_at_period_end", Subject::AgeAtPeriodEnd),
    ("age_at_event_start", Subject::AgeAtEventStart),
];

/// Results of tests are the bits of a `u128`.
const MOST_TESTS: usize = 128;

/// Deeper nesting is a mistake, and reading it recursively would not end well.
const MOST_DEPTH: usize = 32;

/// What a condition may speak of.
pub(super) struct Scope<'a> {
    pub fields: Vec<Subjectable<'a>>,
    /// The distinct tests so far.
    pub tests: Vec<Test>,
}

/// A field as conditions see it; its position is that in the schema.
pub(super) struct Subjectable<'a> {
    pub snake: &'a str,
    pub kind: Option<Kind>,
    pub list: Option<&'a List>,
}

/// Compiles one condition. The fault comes with the position of its character, from 1.
pub(super) fn compile(text: &str, scope: &mut Scope<'_>) -> Result<Condition> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
        scope,
    };
    let node = parser.any()?;
    match parser.peek().token {
        Token::End => Ok(Condition::new(text.to_owned(), node)),
        _ => Err(parser.expected("`and`, `or` or the end")),
    }
}

struct Parser<'p, 's> {
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
    scope: &'p mut Scope<'s>,
}

impl Parser<'_, '_> {
    fn peek(&self) -> &Placed {
        // The last token is End, and nothing moves beyond it.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Placed {
        let placed = self.peek().clone();
        self.next += 1;
        placed
    }

    fn take_if(&mut self, token: &Token) -> bool {
        let is_next = self.peek().token == *token;
        self.next += usize::from(is_next);
        is_next
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.take_if(&Token::Word(word.to_owned()))
    }

    fn expected(&self, expected: &'static str) -> (usize, ConditionError) {
        let found = match &self.peek().token {
            Token::Word(word) => format!("`{word}`"),
            Token::Text(text) => format!("\"{text}\""),
            Token::Number(number) => format!("`{number}`"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".to_owned(),
        };
        syntax(self.peek().at, expected, &found)
    }

    fn any(&mut self) -> Result<Node> {
        let mut parts = vec![self.all()?];
        while self.take_word("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Node::Any(parts)
        })
    }

    fn all(&mut self) -> Result<Node> {
        let mut parts = vec![self.factor()?];
        while self.take_word("and") {
            parts.push(self.factor()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Node::All(parts)
        })
    }

    fn factor(&mut self) -> Result<Node> {
        if self.depth == MOST_DEPTH {
            return Err((self.peek().at + 1, ConditionError::TooDeep));
        }
        self.depth += 1;
        let node = self.nested();
        self.depth -= 1;
        node
    }

    fn nested(&mut self) -> Result<Node> {
        if self.take_if(&Token::Sign("(")) {
            let inner = self.any()?;
            return match self.take_if(&Token::Sign(")")) {
                true => Ok(inner),
                false => Err(self.expected("`and`, `or` or `)`")),
            };
        }
        let Token::Word(word) = self.peek().token.clone() else {
            return Err(self.expected("a field, `not` or `(`"));
        };
        match word.as_str() {
            "and" | "or" => return Err(self.expected("a field, `not` or `(`")),
            _ => self.next += 1,
        }
        match word.as_str() {
            "not" => Ok(Node::Not(Box::new(self.factor()?))),
            "true" => Ok(Node::Always(Truth::True)),
            "false" => Ok(Node::Always(Truth::False)),
            "unknown" => Ok(Node::Always(Truth::Unknown)),
            _ => self.test(&word),
        }
    }

    /// The rest of a test whose first word was taken.
    fn test(&mut self, name: &str) -> Result<Node> {
        let at = self.tokens[self.next - 1].at + 1;
        let subject = self.subject(name, at)?;
        let operator = self.take();
        let check = match operator.token {
            Token::Sign("==" | "!=") => Check::Equals(self.listed_text(subject)?),
            Token::Word(ref word) if word == "in" => Check::In(self.texts(subject)?),
            Token::Word(ref word) if word == "starts_with" => Check::StartsWith(self.text()?),
            Token::Word(ref word) if word == "contains" => Check::Contains(self.text()?),
            Token::Word(ref word) if word == "is" && self.take_word("blank") => Check::Blank,
            Token::Word(ref word) if word == "is" && self.take_word("present") => {
                return Ok(Node::Not(Box::new(self.shared(
                    Test {
                        subject,
                        check: Check::Blank,
                    },
                    at,
                )?)));
            }
            Token::Word(ref word) if word == "is" => {
                return Err(self.expected("`blank` or `present`"));
            }
            Token::Sign("<") => self.compared(Comparison::Less)?,
            Token::Sign("<=") => self.compared(Comparison::AtMost)?,
            Token::Sign(">") => self.compared(Comparison::More)?,
            Token::Sign(">=") => self.compared(Comparison::AtLeast)?,
            _ => {
                self.next -= 1;
                return Err(self.expected(
                    "`==`, `!=`, `in`, `starts_with`, `contains`, `is`, `<`, `<=`, `>` or `>=`",
                ));
            }
        };
        self.fits(name, subject, &check)
            .map_err(|error| (at, error))?;
        let test = self.shared(Test { subject, check }, at)?;
        Ok(if operator.token == Token::Sign("!=") {
            Node::Not(Box::new(test))
        } else {
            test
        })
    }

    fn subject(&self, name: &str, at: usize) -> Result<Subject> {
        if let Some((_, age)) = AGES.iter().find(|(age, _)| *age == name) {
            return Ok(*age);
        }
        let known = || self.scope.fields.iter().map(|field| field.snake);
        known()
            .position(|snake| snake == name)
            .map(Subject::Field)
            .ok_or_else(|| {
                let nearest =
                    nearest(name, known().chain(AGES.map(|(age, _)| age))).map(str::to_owned);
                (
                    at,
                    ConditionError::UnknownField {
                        name: name.to_owned(),
                        nearest,
                    },
                )
            })
    }

    /// Numbers with numbers, days with days, texts with texts.
    fn fits(
        &self,
        name: &str,
        subject: Subject,
        check: &Check,
    ) -> std::result::Result<(), ConditionError> {
        // A field whose type is itself at fault is not blamed again.
        let is = |at: usize, wanted: &[Kind]| {
            self.scope.fields[at]
                .kind
                .is_none_or(|kind| wanted.contains(&kind))
        };
        let numeric = match subject {
            Subject::AgeAtPeriodEnd | Subject::AgeAtEventStart => true,
            Subject::Field(at) => is(at, &[Kind::Integer, Kind::Decimal]),
        };
        match (check, subject) {
            (Check::Number { .. }, _) if !numeric => {
                Err(ConditionError::NotANumber(name.to_owned()))
            }
            (Check::Day { than, .. }, Subject::Field(at)) => match (at, *than) {
                (at, than) if is(at, &[Kind::Date]) && is(than, &[Kind::Date]) => Ok(()),
                (at, than) => {
                    let wrong = if is(at, &[Kind::Date]) { than } else { at };
                    let snake = self.scope.fields[wrong].snake;
                    Err(ConditionError::NotADate(snake.to_owned()))
                }
            },
            (Check::Number { .. } | Check::Blank, _) | (_, Subject::Field(_)) => Ok(()),
            _ => Err(ConditionError::NumberOnly(name.to_owned())),
        }
    }

    /// What stands behind a sign: a whole number, or the name of a date.
    fn compared(&mut self, op: Comparison) -> Result<Check> {
        let placed = self.peek().clone();
        let check = match placed.token {
            Token::Number(than) => Check::Number { op, than },
            Token::Word(name) => match self.subject(&name, placed.at + 1)? {
                Subject::Field(than) => Check::Day { op, than },
                _ => return Err(self.expected("a whole number or a date")),
            },
            _ => return Err(self.expected("a whole number or a date")),
        };
        self.next += 1;
        Ok(check)
    }

    fn text(&mut self) -> Result<String> {
        let Token::Text(text) = self.peek().token.clone() else {
            return Err(self.expected("a text in double quotes"));
        };
        self.next += 1;
        Ok(text)
    }

    /// A text that is compared as a whole: where the field's list is complete it must be in it, or the test could
    /// never hold and the mistake would never show.
    fn listed_text(&mut self, subject: Subject) -> Result<String> {
        let at = self.peek().at + 1;
        let text = self.text()?;
        if let Subject::Field(position) = subject
            && let field = &self.scope.fields[position]
            && let Some(list) = field.list
            && list.complete.is_closed()
            && !text.is_empty()
            && !list.values.iter().any(|v| fold(&v.value) == fold(&text))
        {
            let nearest =
                nearest(&text, list.values.iter().map(|v| v.value.as_str())).map(str::to_owned);
            return Err((
                at,
                ConditionError::NotInList {
                    text,
                    field: field.snake.to_owned(),
                    nearest,
                },
            ));
        }
        Ok(text)
    }

    fn texts(&mut self, subject: Subject) -> Result<Vec<String>> {
        if !self.take_if(&Token::Sign("[")) {
            return Err(self.expected("`[`"));
        }
        let mut texts = vec![self.listed_text(subject)?];
        while self.take_if(&Token::Sign(",")) {
            texts.push(self.listed_text(subject)?);
        }
        match self.take_if(&Token::Sign("]")) {
            true => Ok(texts),
            false => Err(self.expected("`,` or `]`")),
        }
    }

    /// The test's position, the same for equal tests.
    fn shared(&mut self, test: Test, at: usize) -> Result<Node> {
        let tests = &mut self.scope.tests;
        let position = tests
            .iter()
            .position(|known| *known == test)
            .unwrap_or(tests.len());
        if position == MOST_TESTS {
            return Err((at, ConditionError::TooManyTests));
        }
        if position == tests.len() {
            tests.push(test);
        }
        // Below 128 by the check above.
        Ok(Node::Test(position as u32))
    }
}
