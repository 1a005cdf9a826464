//! The distinct texts of each column, numbered as they are met by any thread.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::layout::INLINE;

/// Texts that get a number, over all columns, and their bytes. Far more than the values of lists, days and amounts;
/// what comes after them stands in the rows themselves.
const MOST: usize = 1 << 18;
const MOST_BYTES: usize = 16 << 20;

/// Numbers of the texts of each column. Holds only what is written.
///
/// A text has a number or it has none: once one of a column had to do without, no new one gets any. So rows are equal
/// exactly if they are equal in this form.
pub struct Values {
    columns: Vec<Mutex<Column>>,
    count: AtomicUsize,
    bytes: AtomicUsize,
    most: usize,
}

#[derive(Default)]
struct Column {
    numbers: HashMap<Box<[u8]>, u16, FixedState>,
    /// By number, less one.
    texts: Vec<Value>,
    full: bool,
}

/// One distinct text of a column.
pub struct Value {
    /// In Windows-1252.
    pub text: Box<[u8]>,
    /// It is copied from the extract, so that it may be an identifier.
    pub copied: bool,
}

impl Values {
    /// None yet, for so many columns.
    pub fn new(columns: usize) -> Self {
        Self::with_room_for(columns, MOST)
    }

    /// The same with room for fewer.
    pub fn with_room_for(columns: usize, most: usize) -> Self {
        Self {
            columns: (0..columns).map(|_| Mutex::default()).collect(),
            count: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            most,
        }
    }

    /// The number of a text in a column; 0 is the empty text, and [`INLINE`] says that it has none.
    pub fn number(&self, column: usize, text: &[u8], copied: bool) -> u16 {
        if text.is_empty() {
            return 0;
        }
        let mut column = self.column(column);
        if let Some(&number) = column.numbers.get(text) {
            column.texts[usize::from(number) - 1].copied |= copied;
            return number;
        }
        let fits =
            |now: &AtomicUsize, more, most| now.fetch_add(more, Ordering::Relaxed) + more <= most;
        column.full = column.full
            || column.texts.len() + 1 >= usize::from(INLINE) - 1
            || !fits(&self.count, 1, self.most)
            || !fits(&self.bytes, text.len(), MOST_BYTES);
        if column.full {
            return INLINE;
        }
        column.texts.push(Value {
            text: text.into(),
            copied,
        });
        let number = column.texts.len() as u16;
        column.numbers.insert(text.into(), number);
        number
    }

    /// Forgets everything.
    pub fn clear(&self) {
        for column in 0..self.columns.len() {
            *self.column(column) = Column::default();
        }
        self.count.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// Shows the texts of a column; the first has the number 1.
    pub fn of_column<T>(&self, column: usize, look: impl FnOnce(&[Value]) -> T) -> T {
        look(&self.column(column).texts)
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    fn column(&self, at: usize) -> MutexGuard<'_, Column> {
        self.columns[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_or_none_for_ever() {
        let values = Values::with_room_for(2, 3);
        assert_eq!(values.number(0, b"", true), 0);
        assert_eq!(values.number(0, b"a", false), 1);
        assert_eq!(values.number(1, b"a", false), 1);
        assert_eq!(values.number(0, b"b", true), 2);
        assert_eq!(values.number(0, b"c", false), INLINE);
        assert_eq!(values.number(0, b"c", false), INLINE);
        assert_eq!(
            values.number(0, b"a", true),
            1,
            "what has a number keeps it"
        );
        values.of_column(0, |texts| {
            assert!(texts.iter().map(|v| &*v.text).eq([&b"a"[..], b"b"]));
            assert!(texts[0].copied, "copied once is copied");
        });
        values.clear();
        assert!(values.of_column(0, <[Value]>::is_empty));
        assert_eq!(values.number(0, b"c", false), 1);
    }

    #[test]
    fn a_column_never_gives_out_the_mark_of_no_number() {
        let values = Values::new(1);
        let numbers: Vec<u16> = (0..70_000_u32)
            .map(|n| values.number(0, &n.to_le_bytes(), false))
            .collect();
        let numbered = numbers.iter().take_while(|n| **n != INLINE).count();
        assert!(numbered > 65_000 && numbers[numbered..].iter().all(|n| *n == INLINE));
        assert!(numbers[..numbered].iter().copied().eq(1..=numbered as u16));
    }
}
