//! What happened when: the kind and the dates of an event.

use super::day::Day;
use super::random::Random;
use super::row::{Event, EventKind};
use super::services::Service;

/// Of ten thousand events, those below the first number lie before the period, those up to the second after it.
const EARLY: u64 = 90;
const LATE: u64 = 120;

/// How far after the period an event may lie.
const LATEST: i32 = 30;

/// The kind of the next event: half are services.
pub(super) fn kind(random: &mut Random) -> EventKind {
    match random.below(100) {
        0..18 => EventKind::Request,
        18..33 => EventKind::Assessment,
        33..83 => EventKind::Service,
        _ => EventKind::Review,
    }
}

/// When a request, assessment or review began and ended: nearly always ended in the period, before a death.
pub(super) fn completed(
    random: &mut Random,
    kind: EventKind,
    period: (Day, Day),
    death: Option<Day>,
) -> Event {
    let last = death.unwrap_or(period.1);
    let end = match random.below(10_000) {
        0..EARLY => period.0.plus(-random.between(1, 60)),
        EARLY..LATE if death.is_none() => period.1.plus(random.between(1, LATEST)),
        _ => period.0.plus(random.between(0, last.since(period.0))),
    };
    let days = match kind {
        EventKind::Request => random.between(0, 14),
        EventKind::Assessment => random.between(1, 56),
        EventKind::Service | EventKind::Review => random.between(0, 28),
    };
    event(random, kind, end.plus(-days), Some(end))
}

/// When a service began and ended: nearly always active in the period, and ended where the person died.
pub(super) fn service(
    random: &mut Random,
    service: &Service,
    period: (Day, Day),
    death: Option<Day>,
) -> Event {
    let last = death.unwrap_or(period.1);
    let (start, end) = match random.below(10_000) {
        0..EARLY => {
            let end = period.0.plus(-random.between(1, 60));
            (end.plus(-random.between(0, 400)), Some(end))
        }
        EARLY..LATE if death.is_none() && !service.equipment => {
            (period.1.plus(random.between(1, LATEST)), None)
        }
        _ => {
            let start = if random.percent(40) && !service.equipment {
                period.0.plus(-random.between(1, 1500))
            } else {
                period.0.plus(random.between(0, last.since(period.0)))
            };
            let first_end = if start < period.0 { period.0 } else { start };
            let open = death.is_none() && random.percent(service.open_percent);
            let end = first_end.plus(random.between(0, last.since(first_end)));
            // Half of those who die are supported to the end.
            let end = if death.is_some() && random.percent(50) {
                last
            } else {
                end
            };
            (start, (!open).then_some(end))
        }
    };
    Event {
        equipment: service.equipment,
        ..event(random, EventKind::Service, start, end)
    }
}

fn event(random: &mut Random, kind: EventKind, start: Day, end: Option<Day>) -> Event {
    Event {
        kind,
        start,
        end,
        equipment: false,
        cancelled: random.below(1000) < 8,
    }
}
