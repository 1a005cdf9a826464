//! Calendar days: read from dd/mm/yyyy, compared, and counted in whole years.

use std::num::NonZeroU32;

use chrono::{Datelike, NaiveDate};

/// A day of the calendar, from year 1 to 9999. Ordered as time is.
///
/// Packed as year, month and day, so that a comparison is one instruction and so is a difference in whole years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NonZeroU32);

impl Date {
    /// The earliest day.
    pub const FIRST: Self = Self(NonZeroU32::new(1 << 9 | 1 << 5 | 1).unwrap());
    /// The latest day.
    pub const LAST: Self = Self(NonZeroU32::new(9999 << 9 | 12 << 5 | 31).unwrap());

    /// A day, if the calendar has it.
    pub fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        /// Days of each month, the leap day left out.
        const LONGEST: [u8; 13] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let longest = u32::from(*LONGEST.get(month as usize)?);
        if day > longest {
            let leap =
                year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            if !(month == 2 && day == 29 && leap) {
                return None;
            }
        }
        if day == 0 || !(1..=9999).contains(&year) {
            return None;
        }
        NonZeroU32::new(year << 9 | month << 5 | day).map(Self)
    }

    /// Reads exactly dd/mm/yyyy.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Self> {
        // All eight bytes at once: a digit is at most 9 above zero, a slash is a slash.
        const ZERO: u64 = u64::from_le_bytes(*b"00/00/00");
        const ROOM: u64 = u64::from_le_bytes([0x76, 0x76, 0x7f, 0x76, 0x76, 0x7f, 0x76, 0x76]);
        const HIGHEST: u64 = 0x8080_8080_8080_8080;
        let [begin @ .., y3, y4] = text.first_chunk::<10>().filter(|_| text.len() == 10)?;
        let above = u64::from_le_bytes(*begin.first_chunk()?) ^ ZERO;
        let [y3, y4] = [y3, y4].map(|digit| u32::from(digit.wrapping_sub(b'0')));
        // A byte that carries over to the next is above 0x7f itself.
        if (above.wrapping_add(ROOM) | above) & HIGHEST != 0 || y3 > 9 || y4 > 9 {
            return None;
        }
        let two =
            |at: u32| (above >> (8 * at) & 15) as u32 * 10 + (above >> (8 * at + 8) & 15) as u32;
        Self::new(two(6) * 100 + y3 * 10 + y4, two(3), two(0))
    }

    /// Reads exactly yyyy-mm-dd.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
            return None;
        };
        Self::new(
            number([y1, y2, y3, y4])?,
            number([m1, m2])?,
            number([d1, d2])?,
        )
    }

    /// Whether it is one of the days that systems write where nothing is known.
    #[inline]
    pub fn is_placeholder(self) -> bool {
        const DAYS: [u32; 3] = [
            1900 << 9 | 1 << 5 | 1,
            1753 << 9 | 1 << 5 | 1,
            Date::LAST.0.get(),
        ];
        DAYS.contains(&self.0.get())
    }

    /// The calendar year.
    pub fn year(self) -> u32 {
        self.0.get() >> 9
    }

    /// 1 to 12.
    pub fn month(self) -> u32 {
        self.0.get() >> 5 & 15
    }

    /// A number for the day: five bits of day, four of month, then the year.
    pub fn packed(self) -> u32 {
        self.0.get()
    }

    /// 1 to 31.
    pub fn day(self) -> u32 {
        self.0.get() & 31
    }

    /// Whole years from this day to a later one; negative if the other is earlier. A person born on 29 February is a
    /// year older on 1 March of a common year.
    pub fn years_until(self, later: Self) -> i32 {
        (later.0.get() as i32 - self.0.get() as i32) >> 9
    }

    /// dd/mm/yyyy.
    pub fn dmy(self) -> String {
        format!("{:02}/{:02}/{:04}", self.day(), self.month(), self.year())
    }

    /// 1 January 1970 where 1 January of year 1 is day 1.
    const EPOCH: i32 = 719_163;

    /// Days since 1 January 1970, as Arrow's Date32.
    pub fn days_since_1970(self) -> i32 {
        NaiveDate::from_ymd_opt(self.year() as i32, self.month(), self.day())
            .map_or(0, |date| date.num_days_from_ce() - Self::EPOCH)
    }

    /// The day so many days after 1 January 1970.
    pub fn from_days_since_1970(days: i32) -> Option<Self> {
        let date = NaiveDate::from_num_days_from_ce_opt(days.checked_add(Self::EPOCH)?)?;
        Self::new(u32::try_from(date.year()).ok()?, date.month(), date.day())
    }

    /// A day or none in four bytes, for what is kept for a while.
    pub fn pack(day: Option<Self>) -> u32 {
        day.map_or(0, |day| day.0.get())
    }

    /// What [`Self::pack`] was given.
    pub fn unpack(packed: u32) -> Option<Self> {
        NonZeroU32::new(packed).map(Self)
    }

    /// yyyy-mm-dd.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

fn number<const N: usize>(digits: [u8; N]) -> Option<u32> {
    digits.iter().try_fold(0, |n, d| {
        d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_days_of_the_calendar_are_read() {
        for good in [
            "01/01/2025",
            "29/02/2024",
            "29/02/2000",
            "31/12/9999",
            "01/01/0001",
        ] {
            assert!(Date::parse(good.as_bytes()).is_some(), "{good}");
        }
        for bad in [
            "29/02/2025",
            "29/02/1900",
            "31/04/2025",
            "00/01/2025",
            "01/13/2025",
            "01/00/2025",
            "1/1/2025",
            "2025-01-01",
            "01/01/25",
            "01/01/0000",
            "01/01/2025 ",
            "+1/01/2025",
        ] {
            assert!(Date::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    proptest! {
        /// Each byte of a day may be any other.
        #[test]
        fn only_digits_and_slashes_are_read(at in 0_usize..10, byte: u8, length in 0_usize..12) {
            let mut text = *b"12/11/2012//";
            text[at] = byte;
            let fits = if matches!(at, 2 | 5) { byte == b'/' } else { byte.is_ascii_digit() };
            let read = Date::parse(&text[..length]);
            prop_assert!(read.is_none() || fits && length == 10);
            let [d1, d2, _, m1, m2, _, y @ .., _, _] = text;
            let expected = (|| Date::new(number(y)?, number([m1, m2])?, number([d1, d2])?))();
            prop_assert_eq!(Date::parse(&text[..10]), expected.filter(|_| fits));
        }

        #[test]
        fn agrees_with_another_calendar(y in 1_i32..=9999, m in 1_u32..=12, d in 1_u32..=31) {
            let theirs = NaiveDate::from_ymd_opt(y, m, d);
            let ours = Date::new(y as u32, m, d);
            prop_assert_eq!(ours.is_some(), theirs.is_some());
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                prop_assert_eq!(ours.days_since_1970(), (theirs - NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()).num_days() as i32);
                prop_assert_eq!(Date::from_days_since_1970(ours.days_since_1970()), Some(ours));
                prop_assert_eq!(Date::parse(theirs.format("%d/%m/%Y").to_string().as_bytes()), (y >= 1000).then_some(ours).or(Some(ours)));
            }
        }

        #[test]
        fn whole_years_agree_with_chrono(a in 0_i32..60_000, b in 0_i32..60_000) {
            let day = |n| NaiveDate::from_num_days_from_ce_opt(690_000 + n).unwrap();
            let ours = |n: NaiveDate| Date::new(n.year() as u32, n.month(), n.day()).unwrap();
            let (a, b) = (day(a.min(b)), day(a.max(b)));
            prop_assert_eq!(Some(ours(a).years_until(ours(b)) as u32), b.years_since(a));
        }
    }
}
