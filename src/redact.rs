//! Identifying values: a wrapper that nothing which formats, logs or panics can look into.

use std::fmt;

/// What stands in any text in the place of an identifying value.
pub const WITHHELD: &str = "[withheld]";

/// A value that identifies a person or may do so: a cell of the extract, an NHS number, a name.
///
/// `Debug` and `Display` print [`WITHHELD`] whatever the content and whatever width or precision is
/// asked for, so that not even the length shows. There is no `Serialize` and no `Deref`: the content is
/// reached through [`expose`](Self::expose) alone, which makes every such place easy to find and review.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifying<T>(T);

impl<T> Identifying<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for computing with it. What is exposed must not reach a message.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, for handing it on by move.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// Another identifying value made from this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Identifying<U> {
        Identifying(f(self.0))
    }
}

impl Identifying<String> {
    /// The same text, borrowed.
    pub fn as_deref(&self) -> Identifying<&str> {
        Identifying(&self.0)
    }
}

impl<T> From<T> for Identifying<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Identifying<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WITHHELD)
    }
}

impl<T> fmt::Display for Identifying<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WITHHELD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_way_of_formatting_withholds() {
        let cell = Identifying::new("Jones");
        assert_eq!(format!("{cell}"), WITHHELD);
        assert_eq!(format!("{cell:?}"), WITHHELD);
        assert_eq!(format!("{cell:#?}"), WITHHELD);
        // Width and precision would tell how long the content is, or cut the notice.
        assert_eq!(format!("{cell:>40.2}"), WITHHELD);
        assert_eq!(
            format!("{:?}", Some(Identifying::new(1))),
            "Some([withheld])"
        );
        assert_eq!(format!("{:?}", vec![cell; 2]), "[[withheld], [withheld]]");
    }

    #[test]
    fn a_failed_unwrap_withholds() {
        fn refuse() -> Result<(), Identifying<String>> {
            Err(Identifying::new("Jones".to_owned()))
        }
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        let caught = std::panic::catch_unwind(|| refuse().unwrap());
        std::panic::set_hook(hook);
        let payload = caught.expect_err("it panics");
        let message = payload.downcast_ref::<String>().expect("a text");
        assert!(message.contains(WITHHELD) && !message.contains("Jones"));
    }

    #[test]
    fn the_content_is_reached_by_name_only() {
        let cell = Identifying::from("a ".to_owned());
        assert_eq!(cell.expose(), "a ");
        assert_eq!(cell.as_deref().map(str::trim), Identifying::new("a"));
        assert_eq!(cell.into_exposed(), "a ");
    }

    proptest! {
        #[test]
        fn no_content_is_ever_shown(text in ".*") {
            let cell = Identifying::new(text);
            prop_assert_eq!(format!("{cell}{cell:?}"), format!("{WITHHELD}{WITHHELD}"));
        }
    }
}
