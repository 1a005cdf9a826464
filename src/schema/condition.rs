//! The conditions under which a field is applicable or mandatory, compiled, and how they are evaluated.

use super::lookup::{fold, folds_to, shown};

/// What is known of a condition for one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// There is no evidence either way.
    Unknown,
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// One atomic test on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// What is looked at.
    pub subject: Subject,
    /// What is asked of it.
    pub check: Check,
}

/// What a test looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The field at this position of the schema.
    Field(usize),
    /// Whole years from date of birth to the end of the reporting period.
    AgeAtPeriodEnd,
    /// Whole years from date of birth to the start of the event.
    AgeAtEventStart,
}

/// What a test asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Equal to the text; a blank equals the empty text.
    Equals(String),
    /// Equal to one of the texts.
    In(Vec<String>),
    /// Begins with the text.
    StartsWith(String),
    /// Has the text in it.
    Contains(String),
    /// Nothing but white space, or the text NULL.
    Blank,
    /// In this relation to the number; a missing number is in none.
    Number {
        /// The relation.
        op: Comparison,
        /// The number.
        than: i64,
    },
    /// In this relation to the day of another field; a day that cannot be read is in none.
    Day {
        /// The relation.
        op: Comparison,
        /// Position of the other field.
        than: usize,
    },
}

/// A relation between numbers, or between days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// Whether the first is in this relation to the second.
    pub fn holds<T: PartialOrd>(self, number: T, than: T) -> bool {
        match self {
            Self::Less => number < than,
            Self::AtMost => number <= than,
            Self::More => number > than,
            Self::AtLeast => number >= than,
        }
    }
}

impl Test {
    /// Whether a field's text passes: trimmed, without regard to capitals, the text NULL as blank.
    pub fn holds_for_text(&self, text: &str) -> bool {
        let text = shown(text);
        match &self.check {
            Check::Equals(wanted) => is_same(wanted, text),
            Check::In(wanted) => wanted.iter().any(|wanted| is_same(wanted, text)),
            Check::StartsWith(start) => fold(text).starts_with(&fold(start)),
            Check::Contains(part) => fold(text).contains(&fold(part)),
            Check::Blank => text.is_empty(),
            Check::Number { op, than } => text
                .parse::<f64>()
                .is_ok_and(|number| op.holds(number, *than as f64)),
            Check::Day { .. } => false,
        }
    }

    /// Whether a number passes. A missing number is blank and passes no comparison; a number passes no text check.
    pub fn holds_for_number(&self, number: Option<i64>) -> bool {
        match (&self.check, number) {
            (Check::Number { op, than }, Some(number)) => op.holds(number, *than),
            (Check::Blank, None) => true,
            _ => false,
        }
    }
}

/// Whether texts are the same apart from surrounding space and capitals.
fn is_same(wanted: &str, text: &str) -> bool {
    // Mostly, and then nothing is copied.
    if wanted.is_ascii() && text.is_ascii() {
        wanted.trim().eq_ignore_ascii_case(text.trim())
    } else {
        folds_to(wanted, &fold(text))
    }
}

/// A compiled condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    text: String,
    node: Node,
}

/// The tree of a condition; tests go by their position in the schema's list of distinct tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Always(Truth),
    Test(u32),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

impl Condition {
    pub(super) fn new(text: String, node: Node) -> Self {
        Self { text, node }
    }

    /// The condition as the schema writes it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether any record may make it so: a condition that is one word is the same for all.
    pub fn may_be(&self, truth: Truth) -> bool {
        match self.node {
            Node::Always(always) => always == truth,
            _ => true,
        }
    }

    /// Positions of the tests it is made of.
    pub fn tests(&self) -> Vec<usize> {
        let mut tests = Vec::new();
        self.node.collect(&mut tests);
        tests
    }

    /// What is known of the condition where bit `i` of `results` says whether the schema's test `i` holds.
    pub fn evaluate(&self, results: u128) -> Truth {
        self.node.evaluate(results)
    }
}

impl Node {
    fn collect(&self, tests: &mut Vec<usize>) {
        match self {
            Self::Always(_) => {}
            Self::Test(at) => tests.push(*at as usize),
            Self::Not(inner) => inner.collect(tests),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect(tests))
            }
        }
    }

    /// Kleene's logic: what is unknown decides nothing, but need not be known where the rest decides.
    fn evaluate(&self, results: u128) -> Truth {
        match self {
            Self::Always(truth) => *truth,
            Self::Test(at) if results >> at & 1 == 1 => Truth::True,
            Self::Test(_) => Truth::False,
            Self::Not(inner) => !inner.evaluate(results),
            Self::All(parts) => decide(parts, results, Truth::False),
            Self::Any(parts) => decide(parts, results, Truth::True),
        }
    }
}

/// One part that equals `decisive` settles the whole; failing that, one unknown part leaves it unknown.
fn decide(parts: &[Node], results: u128, decisive: Truth) -> Truth {
    let mut whole = !decisive;
    for part in parts {
        match part.evaluate(results) {
            truth if truth == decisive => return decisive,
            Truth::Unknown => whole = Truth::Unknown,
            _ => {}
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(check: Check) -> Test {
        Test {
            subject: Subject::Field(0),
            check,
        }
    }

    #[test]
    fn text_is_compared_trimmed_without_capitals_and_null_is_blank() {
        let equals = test(Check::Equals("Service user".into()));
        assert!(equals.holds_for_text(" SERVICE USER\u{a0}"));
        assert!(!equals.holds_for_text("Service users"));
        assert!(test(Check::Equals(String::new())).holds_for_text(" null "));
        for blank in ["", " \t", "NULL", "\u{a0}Null"] {
            assert!(test(Check::Blank).holds_for_text(blank), "{blank:?}");
        }
        assert!(!test(Check::Blank).holds_for_text("nullable"));
        assert!(
            test(Check::StartsWith("Financial assessment".into()))
                .holds_for_text("financial ASSESSMENT: full")
        );
        assert!(
            test(Check::Contains("commissioned".into()))
                .holds_for_text("CASSR Commissioned Support")
        );
        assert!(test(Check::In(vec!["a".into(), "b".into()])).holds_for_text("B"));
    }

    #[test]
    fn a_missing_number_passes_no_comparison() {
        let adult = test(Check::Number {
            op: Comparison::AtLeast,
            than: 18,
        });
        let young = test(Check::Number {
            op: Comparison::Less,
            than: 18,
        });
        assert!(adult.holds_for_number(Some(18)) && !young.holds_for_number(Some(18)));
        assert!(!adult.holds_for_number(None) && !young.holds_for_number(None));
        assert!(adult.holds_for_text(" 65 ") && !adult.holds_for_text("old"));
        assert!(
            test(Check::Number {
                op: Comparison::AtMost,
                than: 18
            })
            .holds_for_number(Some(18))
        );
        assert!(
            !test(Check::Number {
                op: Comparison::More,
                than: 18
            })
            .holds_for_number(Some(18))
        );
    }

    #[test]
    fn unknown_parts_decide_nothing() {
        use Truth::{False, True, Unknown};
        let all = |a, b| Node::All(vec![Node::Always(a), Node::Always(b)]).evaluate(0);
        let any = |a, b| Node::Any(vec![Node::Always(a), Node::Always(b)]).evaluate(0);
        for (a, b, both, either) in [
            (True, True, True, True),
            (True, False, False, True),
            (True, Unknown, Unknown, True),
            (False, Unknown, False, Unknown),
            (Unknown, Unknown, Unknown, Unknown),
            (False, False, False, False),
        ] {
            assert_eq!((all(a, b), all(b, a)), (both, both));
            assert_eq!((any(a, b), any(b, a)), (either, either));
        }
        assert_eq!(
            Node::Not(Box::new(Node::Always(Unknown))).evaluate(0),
            Unknown
        );
        assert_eq!(Node::Test(127).evaluate(1 << 127), True);
    }
}
