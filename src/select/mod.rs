//! Which records go: each record that stays is left out under the first reason that holds (contract section 9).

use crate::config::{Period, REASONS_OF_THE_RETURN, Selection};
use crate::date::Date;
use crate::schema::Roles;
use crate::validate::{Checker, ClientKind, EventKind};

/// Why a record does not go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exclusion {
    /// The reason of this number that the council declared.
    Declared(u8),
    NoPersonId,
    NoEvent,
    Cancelled,
    OpenEvent,
    OutsidePeriod,
}

impl Exclusion {
    /// The reasons of the return itself, in the order in which they are asked.
    pub const FIXED: [Self; 5] = [
        Self::NoPersonId,
        Self::NoEvent,
        Self::Cancelled,
        Self::OpenEvent,
        Self::OutsidePeriod,
    ];

    /// Every reason, in the order in which they are asked: those that are declared come first.
    pub fn all(declared: &[String]) -> impl Iterator<Item = Self> {
        let own = (0..declared.len()).map(|at| Self::Declared(at as u8));
        own.chain(Self::FIXED)
    }

    /// A number for it, from 0.
    pub fn index(self) -> usize {
        match self {
            Self::NoPersonId => 0,
            Self::NoEvent => 1,
            Self::Cancelled => 2,
            Self::OpenEvent => 3,
            Self::OutsidePeriod => 4,
            Self::Declared(at) => Self::FIXED.len() + usize::from(at),
        }
    }

    /// The reason of a number.
    pub fn at(index: usize) -> Self {
        let own = || Self::Declared((index - Self::FIXED.len()) as u8);
        Self::FIXED.get(index).copied().unwrap_or_else(own)
    }

    /// The name used in files.
    pub fn name(self, declared: &[String]) -> &str {
        match self {
            Self::Declared(at) => declared.get(usize::from(at)).map_or("", String::as_str),
            fixed => REASONS_OF_THE_RETURN[fixed.index()],
        }
    }

    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Declared(_) => "as declared under `exclude:` in the configuration",
            Self::NoPersonId => "neither a valid NHS number nor an LA person id",
            Self::NoEvent => {
                "no event type or no start date that can be read, and not a carer known by association"
            }
            Self::Cancelled => "cancelled, as the source says",
            Self::OpenEvent => "a request, assessment or review without an end date",
            Self::OutsidePeriod => "outside the reporting period",
        }
    }
}

/// What selection looks at in a record.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// The number of the first declared reason that holds.
    pub declared: Option<u8>,
    /// A valid NHS number or an LA person id.
    pub has_person_id: bool,
    /// The kind of client.
    pub client: ClientKind,
    /// The kind of event.
    pub event: EventKind,
    /// Event Start Date, where it can be read.
    pub start: Option<Date>,
    /// Event End Date, where it can be read.
    pub end: Option<Date>,
    /// The source says that the event was cancelled.
    pub cancelled: bool,
}

impl Facts {
    /// What the checker found of a record of its last batch.
    pub fn of(
        checker: &Checker<'_>,
        roles: &Roles,
        source: usize,
        record: usize,
        (declared, cancelled): (Option<u8>, bool),
    ) -> Self {
        let checked = checker.checked();
        let date = |field: usize| checked.columns[field].dates[record];
        Self {
            declared,
            has_person_id: checked.columns[roles.nhs_number].numbers[record].is_some()
                || checked.columns[roles.person_id].validity[record].has_value(),
            client: checker
                .entry(source, roles.client_type, record)
                .map_or(ClientKind::Other, |e| e.client),
            event: checker
                .entry(source, roles.event_type, record)
                .map_or(EventKind::None, |e| e.event),
            start: date(roles.event_start),
            end: date(roles.event_end),
            cancelled,
        }
    }
}

/// The reason why a record does not go, if there is one.
pub fn exclusion(record: Facts, period: Period, switches: &Selection) -> Option<Exclusion> {
    if let Some(declared) = record.declared {
        return Some(Exclusion::Declared(declared));
    }
    if !record.has_person_id {
        return Some(Exclusion::NoPersonId);
    }
    let known_by_association = record.client == ClientKind::KnownByAssociation;
    let Some(start) = record.start.filter(|_| record.event != EventKind::None) else {
        return match (known_by_association, record.cancelled) {
            (false, _) => Some(Exclusion::NoEvent),
            (true, cancelled) => cancelled.then_some(Exclusion::Cancelled),
        };
    };
    if record.cancelled {
        return Some(Exclusion::Cancelled);
    }
    if known_by_association {
        return None;
    }
    let ended_outside = |end: Date| end < period.start || end > period.end;
    let outside = match (record.event, record.end) {
        (EventKind::Service, end) => {
            start > period.end || end.is_some_and(|end| end < period.start)
        }
        (_, None) if switches.open_event => return Some(Exclusion::OpenEvent),
        (_, end) => end.is_some_and(ended_outside) || start > period.end,
    };
    (outside && switches.outside_period).then_some(Exclusion::OutsidePeriod)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<Date> {
        Date::parse(text.as_bytes())
    }

    fn facts(event: EventKind, start: &str, end: &str) -> Facts {
        Facts {
            declared: None,
            has_person_id: true,
            client: ClientKind::Other,
            event,
            start: date(start),
            end: date(end),
            cancelled: false,
        }
    }

    fn judge(record: Facts) -> Option<Exclusion> {
        let period = Period {
            start: date("01/04/2025").unwrap(),
            end: date("31/03/2026").unwrap(),
        };
        exclusion(
            record,
            period,
            &Selection {
                cancelled: None,
                declared: Vec::new(),
                open_event: true,
                outside_period: true,
            },
        )
    }

    #[test]
    fn the_first_reason_that_holds_is_named() {
        use EventKind::{None as NoKind, Request, Review, Service};
        use Exclusion::{Cancelled, Declared, NoEvent, NoPersonId, OpenEvent, OutsidePeriod};
        let carer = |f: Facts| Facts {
            client: ClientKind::KnownByAssociation,
            ..f
        };
        let nobody = |f: Facts| Facts {
            has_person_id: false,
            ..f
        };
        let declared = |f: Facts| Facts {
            declared: Some(3),
            ..f
        };
        let cancelled = |f: Facts| Facts {
            cancelled: true,
            ..f
        };
        for (record, expected) in [
            (facts(Request, "01/05/2025", "02/05/2025"), None),
            (nobody(facts(NoKind, "", "")), Some(NoPersonId)),
            (declared(nobody(facts(NoKind, "", ""))), Some(Declared(3))),
            (
                declared(facts(Request, "01/05/2025", "02/05/2025")),
                Some(Declared(3)),
            ),
            (nobody(carer(facts(NoKind, "", ""))), Some(NoPersonId)),
            (facts(NoKind, "01/05/2025", "02/05/2025"), Some(NoEvent)),
            (facts(Request, "", "02/05/2025"), Some(NoEvent)),
            (carer(facts(NoKind, "", "")), None),
            (cancelled(carer(facts(NoKind, "", ""))), Some(Cancelled)),
            (cancelled(facts(Request, "", "")), Some(NoEvent)),
            (cancelled(facts(Request, "01/05/2025", "")), Some(Cancelled)),
            (facts(Review, "01/05/2025", ""), Some(OpenEvent)),
            // Started before the period and ended in it, on its first and last day.
            (facts(Request, "01/01/2020", "01/04/2025"), None),
            (facts(Request, "01/05/2025", "31/03/2026"), None),
            (
                facts(Request, "01/05/2025", "31/03/2025"),
                Some(OutsidePeriod),
            ),
            (
                facts(Request, "01/05/2025", "01/04/2026"),
                Some(OutsidePeriod),
            ),
            // An end before the start: the end decides, unless the start lies behind the period.
            (
                facts(Request, "01/04/2026", "31/03/2026"),
                Some(OutsidePeriod),
            ),
            (facts(Service, "01/01/2020", ""), None),
            (facts(Service, "01/01/2020", "01/04/2025"), None),
            (
                facts(Service, "01/01/2020", "31/03/2025"),
                Some(OutsidePeriod),
            ),
            (facts(Service, "31/03/2026", "31/12/2027"), None),
            (facts(Service, "01/04/2026", ""), Some(OutsidePeriod)),
            (carer(facts(Service, "01/01/2020", "31/03/2025")), None),
        ] {
            assert_eq!(judge(record), expected, "{record:?}");
        }
    }

    #[test]
    fn every_reason_has_a_number_and_a_name() {
        let own = ["test_person".to_owned(), "duplicate".to_owned()];
        let all: Vec<_> = Exclusion::all(&own).collect();
        let names: Vec<_> = all.iter().map(|reason| reason.name(&own)).collect();
        assert_eq!(names[..3], ["test_person", "duplicate", "no_person_id"]);
        let mut indexes: Vec<_> = all.iter().map(|reason| reason.index()).collect();
        assert!(
            all.iter()
                .all(|reason| Exclusion::at(reason.index()) == *reason)
        );
        indexes.sort_unstable();
        assert_eq!(indexes, (0..7).collect::<Vec<_>>());
    }

    #[test]
    fn switches_keep_open_and_outside_events() {
        let period = Period {
            start: date("01/04/2025").unwrap(),
            end: date("31/03/2026").unwrap(),
        };
        let off = Selection {
            cancelled: None,
            declared: Vec::new(),
            open_event: false,
            outside_period: false,
        };
        assert_eq!(
            exclusion(facts(EventKind::Review, "01/05/2025", ""), period, &off),
            None
        );
        assert_eq!(
            exclusion(
                facts(EventKind::Review, "01/05/2027", "01/06/2027"),
                period,
                &off
            ),
            None
        );
    }
}
