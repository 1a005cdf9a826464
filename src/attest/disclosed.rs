//! Numbers of people as they may be told: none below ten, and none that a total gives away.
//!
//! A council of small numbers is a village: "three people fund their own care" may name them. So a number of people who
//! have something in common stands in whatever leaves only from ten on, nought included, as "nobody" says something of
//! everybody. Where the total and the other numbers would tell a hidden one, one more is withheld.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::figures::grouped;

/// Numbers of people below this one are not told.
pub const FEWEST: u64 = 10;

/// What stands for a number below [`FEWEST`].
pub const FEWER: &str = "fewer than 10";

/// What stands for a number that would give another one away.
pub const WITHHELD: &str = "not shown";

/// How many people have something in common, as far as it may be told.
///
/// In JSON a whole number from ten on, or one of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeopleCount {
    /// So many; never fewer than [`FEWEST`].
    Exact(u64),
    /// Nobody to nine.
    Fewer,
    /// Ten or more, but with the other numbers it would tell one that is hidden.
    Withheld,
}

impl PeopleCount {
    /// The number, hidden if it is small.
    pub fn of(people: u64) -> Self {
        if people < FEWEST {
            Self::Fewer
        } else {
            Self::Exact(people)
        }
    }

    /// The greatest number that it may stand for among so many people.
    fn at_most(self, total: u64) -> u64 {
        match self {
            Self::Exact(people) => people,
            Self::Fewer => (FEWEST - 1).min(total),
            Self::Withheld => total,
        }
    }
}

impl fmt::Display for PeopleCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(people) => f.write_str(&grouped(*people)),
            Self::Fewer => f.write_str(FEWER),
            Self::Withheld => f.write_str(WITHHELD),
        }
    }
}

impl Serialize for PeopleCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exact(people) => serializer.serialize_u64(*people),
            Self::Fewer => serializer.serialize_str(FEWER),
            Self::Withheld => serializer.serialize_str(WITHHELD),
        }
    }
}

impl<'de> Deserialize<'de> for PeopleCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = PeopleCount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a number from {FEWEST} on, `{FEWER}` or `{WITHHELD}`")
            }
            fn visit_u64<E: serde::de::Error>(self, people: u64) -> Result<PeopleCount, E> {
                match PeopleCount::of(people) {
                    PeopleCount::Fewer => Err(E::custom("a number that may not be told")),
                    told => Ok(told),
                }
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<PeopleCount, E> {
                match text {
                    FEWER => Ok(PeopleCount::Fewer),
                    WITHHELD => Ok(PeopleCount::Withheld),
                    _ => Err(E::custom("neither a number nor the words for a hidden one")),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A number of people beside the total, which is told: hidden if it is small, and withheld if those left over are.
pub fn among(total: u64, people: u64) -> PeopleCount {
    match PeopleCount::of(people) {
        PeopleCount::Exact(_) if total.saturating_sub(people) < FEWEST => PeopleCount::Withheld,
        told => told,
    }
}

/// Numbers of people in groups that may overlap and that together hold everybody, beside the total, which is told.
///
/// A total says that a group is at least what all the others leave over. Where that is more than nothing for a hidden
/// group, the smallest number that is told is withheld: then the others may leave nothing over.
pub fn groups(total: u64, people: &[u64]) -> Vec<PeopleCount> {
    let mut told: Vec<_> = people.iter().map(|n| among(total, *n)).collect();
    let reach = told
        .iter()
        .map(|group| group.at_most(total))
        .fold(0, u64::saturating_add);
    let hidden = PeopleCount::Fewer.at_most(total);
    // With everybody in the other groups at most, a hidden one is at least so large.
    let left_over = total.saturating_sub(reach.saturating_sub(hidden));
    if told.contains(&PeopleCount::Fewer) && left_over > 0 {
        let smallest = told
            .iter_mut()
            .filter(|group| matches!(group, PeopleCount::Exact(_)))
            .min_by_key(|group| group.at_most(total));
        if let Some(smallest) = smallest {
            *smallest = PeopleCount::Withheld;
        }
    }
    told
}

/// A list of people, how many of its entries cannot be read, and how many of the others are among those who were looked
/// for: `listed`, `unread` and `found`, where `found` is at most `listed` less `unread`.
pub fn listed(listed: u64, unread: u64, found: u64) -> [PeopleCount; 3] {
    let rest = |part: u64, other: u64| part < FEWEST && other >= FEWEST && listed - other < FEWEST;
    // What the list holds beyond the one would bound the other, which is hidden.
    let tells = rest(unread, found) || rest(found, unread);
    let all = if tells {
        PeopleCount::Withheld
    } else {
        PeopleCount::of(listed)
    };
    [all, PeopleCount::of(unread), PeopleCount::of(found)]
}

/// A share of people in whole per cent, or words where those who have it, or those who have not, are fewer than ten.
pub fn share(part: u64, whole: u64) -> String {
    let rest = whole.saturating_sub(part);
    if part < FEWEST {
        "fewer than 10 people".to_owned()
    } else if rest < FEWEST {
        "all, or all but fewer than 10 people".to_owned()
    } else {
        let percent = (u128::from(part) * 200 + u128::from(whole)) / (2 * u128::from(whole));
        format!("{percent}%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// What is told, and the numbers behind it that somebody could think of.
    type Told<const N: usize> = BTreeMap<String, Vec<[u64; N]>>;

    /// Every hidden number might be another one, even for somebody who knows how this is done.
    #[track_caller]
    fn nothing_can_be_solved<const N: usize>(told: &Told<N>) {
        for (told, behind) in told {
            for (at, text) in told.split('|').enumerate().take(N) {
                if text == FEWER {
                    let possible: BTreeSet<u64> = behind.iter().map(|n| n[at]).collect();
                    assert!(possible.len() > 1, "{told}: number {at} is {possible:?}");
                }
            }
        }
    }

    fn text(counts: &[PeopleCount], total: u64) -> String {
        let mut text: String = counts.iter().map(|count| format!("{count}|")).collect();
        text += &format!("of {total}");
        text
    }

    /// Everything that can be: up to 23 people in three groups that together hold them all.
    #[test]
    fn no_total_gives_a_hidden_group_away() {
        for total in 1..=23 {
            let mut told: Told<3> = BTreeMap::new();
            for a in 0..=total {
                for b in 0..=total {
                    for c in 0..=total {
                        if a + b + c >= total {
                            let text = text(&groups(total, &[a, b, c]), total);
                            told.entry(text).or_default().push([a, b, c]);
                        }
                    }
                }
            }
            nothing_can_be_solved(&told);
        }
    }

    #[test]
    fn no_length_of_a_list_gives_a_hidden_number_away() {
        let mut told: Told<3> = BTreeMap::new();
        for unread in 0..=20 {
            for found in 0..=20 {
                // Longer lists would only add possibilities.
                for all in unread + found..=60 {
                    let text = text(&listed(all, unread, found), 0);
                    told.entry(text).or_default().push([all, unread, found]);
                }
            }
        }
        nothing_can_be_solved(&told);
    }

    #[test]
    fn a_group_is_withheld_only_where_it_must_be() {
        let texts = |total, people: &[u64]| -> Vec<String> {
            groups(total, people)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(
            texts(109, &[100, 9, 30]),
            [WITHHELD, FEWER, "30"],
            "nine are not in the first"
        );
        assert_eq!(texts(135, &[100, 9, 26]), ["100", FEWER, WITHHELD]);
        assert_eq!(texts(126, &[100, 0, 26]), ["100", FEWER, "26"]);
        assert_eq!(texts(5, &[5, 5, 0]), [FEWER, FEWER, FEWER]);
        assert_eq!(texts(50, &[50, 20, 10]), [WITHHELD, "20", "10"]);
        assert_eq!(texts(110, &[100, 9, 30]), ["100", FEWER, "30"]);
    }

    #[test]
    fn shares_of_few_are_words() {
        for (part, whole, text) in [
            (0, 0, "fewer than 10 people"),
            (9, 1_000_000, "fewer than 10 people"),
            (999_991, 1_000_000, "all, or all but fewer than 10 people"),
            (1_000, 1_000, "all, or all but fewer than 10 people"),
            (10, 20, "50%"),
            (995, 1_500, "66%"),
            (u64::MAX / 2, u64::MAX, "50%"),
        ] {
            assert_eq!(share(part, whole), text);
        }
    }

    proptest! {
        #[test]
        fn no_small_number_stands_in_json(people in 0_u64..40) {
            let told = serde_json::to_string(&PeopleCount::of(people)).expect("JSON");
            prop_assert_eq!(told.parse::<u64>().is_ok(), people >= FEWEST);
            prop_assert_eq!(serde_json::from_str::<PeopleCount>(&told).expect("read"), PeopleCount::of(people));
            prop_assert!(people >= FEWEST || serde_json::from_str::<PeopleCount>(&people.to_string()).is_err());
        }

        #[test]
        fn no_number_leaves_few_over(total in 0_u64..200, people in 0_u64..200) {
            if let PeopleCount::Exact(people) = among(total, people) {
                prop_assert!(people >= FEWEST && total.saturating_sub(people) >= FEWEST);
            }
        }

        #[test]
        fn numbers_from_ten_on_are_told_as_they_are(total in 1_u64..2_000_000, parts in proptest::collection::vec(0_u64..2_000_000, 1..5)) {
            let people: Vec<u64> = parts.iter().map(|n| n % (total + 1)).collect();
            for (told, people) in groups(total, &people).iter().zip(&people) {
                match told {
                    PeopleCount::Exact(n) => prop_assert!(n == people && *n >= FEWEST),
                    PeopleCount::Fewer => prop_assert!(*people < FEWEST),
                    PeopleCount::Withheld => prop_assert!(*people >= FEWEST),
                }
            }
        }
    }
}
