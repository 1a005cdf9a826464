//! What a sample is asked for and what it turned out to hold.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::dirt::Dirt;

/// What a sample is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many records, the header not counted.
    pub rows: u64,
    /// Another seed, another sample.
    pub seed: u64,
    /// About how many people; `None` for one to every six and a half rows.
    pub people: Option<u64>,
    /// The share of cells made bad. Of cells that must stay blank, only a quarter as many are.
    pub bad_rate: Rate,
    /// First and last day of the reporting period.
    pub period: (NaiveDate, NaiveDate),
    /// The council: three digits.
    pub la_code: String,
    /// Adds `local_team`, `local_worker` and `local_status`, which is `Cancelled` or `Live`.
    pub local_columns: bool,
    /// Writes as a council's own report might: `NHS No` for `NHS Number`, F and M for two of the genders, and a column
    /// `Team` that is not of the return.
    pub council_style: bool,
}

impl Default for Options {
    /// A thousand records of the year 2025-26 for council 999, one cell in a hundred bad.
    fn default() -> Self {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
        Self {
            rows: 1000,
            seed: 1,
            people: None,
            bad_rate: Rate::per_million(10_000),
            period: (day(2025, 4, 1), day(2026, 3, 31)),
            la_code: "999".into(),
            local_columns: false,
            council_style: false,
        }
    }
}

/// A share from 0 to 1 in whole millionths, so that no rounding differs between machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

/// A text that is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number from 0 to 1 with at most six decimals, as in 0.01")]
pub struct RateError;

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many in a million; more than all is all.
    pub const fn per_million(share: u32) -> Self {
        Self(if share > 1_000_000 { 1_000_000 } else { share })
    }

    /// The share in millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return Err(RateError);
        }
        let millionths = format!("{whole}{fraction:0<6}").parse::<u32>();
        millionths
            .ok()
            .filter(|share| *share <= 1_000_000)
            .map(Self)
            .ok_or(RateError)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// What a sample holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Records written.
    pub rows: u64,
    /// Distinct people among them.
    pub people: u64,
    pub(super) dirt: [u64; Dirt::ALL.len()],
}

impl Summary {
    pub(super) const EMPTY: Self = Self {
        rows: 0,
        people: 0,
        dirt: [0; Dirt::ALL.len()],
    };

    /// How many cells were made bad in this way.
    pub fn of(&self, dirt: Dirt) -> u64 {
        self.dirt[dirt as usize]
    }

    /// How many cells were made bad.
    pub fn bad_cells(&self) -> u64 {
        self.dirt.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_and_written_exactly() {
        for (text, millionths) in [
            ("0", 0),
            ("0.01", 10_000),
            ("0.000001", 1),
            ("1", 1_000_000),
            ("1.0", 1_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Rate(millionths)), "{text}");
        }
        for text in [
            "",
            ".",
            ".5",
            "1.",
            "1.000001",
            "2",
            "-0.1",
            "0.0000001",
            "1e-2",
            "99999999999",
            "0,1",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
        assert_eq!(Rate(10_000).to_string(), "0.01");
        assert_eq!(Rate::ZERO.to_string(), "0");
        assert_eq!(Rate::per_million(u32::MAX).to_string(), "1");
    }
}
