//! Days as numbers, for sums, and as the return writes them.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate};

/// A day, counted as the calendar counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(i32);

impl Day {
    /// So many days later, or earlier if negative.
    pub(super) fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// Days from the other to this one.
    pub(super) fn since(self, other: Self) -> i32 {
        self.0 - other.0
    }

    /// The day in the calendar.
    pub(super) fn date(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0).unwrap_or_default()
    }

    /// Appends dd/mm/yyyy.
    pub(super) fn append(self, text: &mut String) {
        let date = self.date();
        let year = date.year().clamp(0, 9999) as u32;
        for part in [date.day(), date.month()] {
            push_two(text, part);
            text.push('/');
        }
        push_two(text, year / 100);
        push_two(text, year % 100);
    }

    /// dd/mm/yyyy.
    pub(super) fn text(self) -> String {
        let mut text = String::with_capacity(10);
        self.append(&mut text);
        text
    }

    /// yyyy-mm-dd.
    pub(super) fn iso(self) -> String {
        self.date().to_string()
    }

    /// dd/mm/yy.
    pub(super) fn with_two_digit_year(self) -> String {
        let mut text = self.text();
        text.replace_range(6..8, "");
        text
    }

    /// dd/mm/yyyy with a time, as a report that exports timestamps writes it.
    pub(super) fn with_time(self) -> String {
        let mut text = self.text();
        let _ = write!(text, " 00:00:00");
        text
    }

    /// Reads dd/mm/yyyy.
    pub(super) fn read(text: &str) -> Option<Self> {
        NaiveDate::parse_from_str(text, "%d/%m/%Y")
            .ok()
            .map(Self::from)
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce())
    }
}

fn push_two(text: &mut String, number: u32) {
    text.push(char::from(b'0' + (number / 10 % 10) as u8));
    text.push(char::from(b'0' + (number % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_four_spellings() {
        let day = Day::read("29/02/2024").expect("a day");
        assert_eq!(day.text(), "29/02/2024");
        assert_eq!(day.iso(), "2024-02-29");
        assert_eq!(day.with_two_digit_year(), "29/02/24");
        assert_eq!(day.with_time(), "29/02/2024 00:00:00");
        assert_eq!(day.plus(1).text(), "01/03/2024");
        assert_eq!(day.plus(1).since(day), 1);
    }
}
