//! Services that an earlier bundle had open, looked for among the records of this run by the pseudonyms of their people.
//!
//! Of the earlier bundle only numbers are kept: of each person the start of the pseudonym, of each service its day and what
//! its type and component hash to.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::Pseudonym;
use crate::date::Date;
use crate::select::Exclusion;
use crate::validate::across::Place;

/// The fields by which national processing tells services of one person with the same start apart, and their columns in
/// a submission.
///
/// The national key for services (spec rules.md section 7) has the client type too. It is left out here: a service of an
/// unpaid carer says so in its type, so the client type tells hardly any two services apart, and a service whose client
/// type was put right is not missing from the extract.
pub const SERVICE_KIND: [(&str, &str); 2] = [
    ("Service Type", "Service_Type"),
    ("Service Component", "Service_Component"),
];

/// A service, apart from whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Event Start Date.
    pub start: Date,
    /// What [`key_of`](crate::validate::key_of) makes of its type and component; `None` is compared with nothing.
    pub kind: [Option<u64>; 2],
}

impl Service {
    fn is_of_the_kind_of(&self, other: &Self) -> bool {
        let pairs = self.kind.iter().zip(&other.kind);
        pairs
            .into_iter()
            .all(|(a, b)| a.zip(*b).is_none_or(|(a, b)| a == b))
    }

    /// Whether anything but the start says that this is the other service. Without a type or component that can be
    /// compared, nothing does.
    fn is_as(&self, other: &Self) -> bool {
        let mut pairs = self.kind.iter().zip(&other.kind);
        self.is_of_the_kind_of(other) && pairs.any(|(a, b)| a.is_some() && b.is_some())
    }
}

/// A service that an earlier bundle had open.
#[derive(Debug, Clone, Copy)]
struct Sought {
    service: Service,
    /// Start of the pseudonym of the NHS number, by which the person is known nationally.
    number: Option<u64>,
}

impl Sought {
    /// Whether national tables know the person of a record by the same id. A number that is newly known counts as the
    /// same: it is an improvement, and tracing may have found it before.
    fn is_of(&self, number: Option<u64>) -> bool {
        self.number.is_none() || self.number == number
    }
}

/// The services that an earlier bundle had open, by person.
///
/// A person has up to two pseudonyms, of the LA person id and of the NHS number. A record under either is the person's:
/// new ids of a new case system lose nothing as long as the number stays, nor does a number that is newly known. A number
/// that is missing now, or another, makes another person of them nationally.
#[derive(Default)]
pub struct OpenServices {
    services: Vec<Sought>,
    /// Starts of pseudonyms and positions of services, sorted once all are added.
    of: Vec<(u64, u32)>,
    /// Start of a pseudonym: position among the people.
    people: HashMap<u64, u32, FixedState>,
    /// Where the services of each person begin in `of`, and where those of the last one end.
    begins: Vec<u32>,
}

impl OpenServices {
    /// Adds a service of whoever has pseudonyms that start so, that of the LA person id first. Services are numbered in the
    /// order in which they come.
    pub fn add(&mut self, person: [Option<u64>; 2], service: Service) {
        let at = self.services.len() as u32;
        self.of
            .extend(person.into_iter().flatten().map(|start| (start, at)));
        self.services.push(Sought {
            service,
            number: person[1],
        });
    }

    /// Makes services findable once all are added.
    pub fn settle(mut self) -> Self {
        self.of.sort_unstable();
        self.people.clear();
        self.begins.clear();
        for (at, (person, _)) in self.of.iter().enumerate() {
            if at == 0 || self.of[at - 1].0 != *person {
                self.people.insert(*person, self.begins.len() as u32);
                self.begins.push(at as u32);
            }
        }
        self.begins.push(self.of.len() as u32);
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.services.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    fn person(&self, start: u64) -> Option<usize> {
        self.people.get(&start).map(|at| *at as usize)
    }

    /// Positions of the services of a person.
    fn services_of(&self, person: usize) -> impl Iterator<Item = usize> {
        let [from, to] = [person, person + 1].map(|at| self.begins[at] as usize);
        self.of[from..to]
            .iter()
            .map(|(_, service)| *service as usize)
    }
}

/// What the records of this run have of a service. What says more is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sighting {
    /// Nothing.
    Nowhere,
    /// A submitted service of the person of the same type and component with another start, which the earlier bundle did
    /// not have open.
    OfAnotherStart,
    /// A submitted service of the person with the same start, of another type or component.
    OfAnotherKind,
    /// A record of the person with the same start that is left out, and that does not tell that it is the service.
    Unsent(Exclusion),
    /// The service, submitted, of the same LA person id, whose NHS number is now missing or another.
    OfAnotherNumber,
    /// The service, in a record that is left out. Its event type could be read.
    LeftOut(Exclusion),
    /// The service.
    Submitted,
}

impl Sighting {
    /// Whether the service is lost. One that the extract tells of is not, even where selection leaves it out.
    pub fn is_lost(self) -> bool {
        !matches!(self, Self::LeftOut(_) | Self::Submitted)
    }
}

/// What was seen of a service, and the first record that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What the record says.
    pub sighting: Sighting,
    /// `None` if nothing was seen.
    pub place: Option<Place>,
}

impl Seen {
    const NOTHING: Self = Self {
        sighting: Sighting::Nowhere,
        place: None,
    };

    /// Keeps what says more, and of equal ones the first in the order of the rows.
    fn take(&mut self, other: Self) {
        let earlier = other.sighting == self.sighting && other.place < self.place;
        if other.sighting > self.sighting || earlier {
            *self = other;
        }
    }
}

/// Where the records of this run have a person of the earlier bundle. What says more is smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// First in this record, with an LA person id.
    At(Place),
    /// In records without an LA person id only, first in this one.
    WithoutId(Place),
    /// In no record.
    Nowhere,
}

impl Met {
    /// Where, if anywhere.
    pub fn place(self) -> Option<Place> {
        match self {
            Self::At(place) | Self::WithoutId(place) => Some(place),
            Self::Nowhere => None,
        }
    }
}

/// What one thread saw of the services that are looked for.
pub struct Sightings<'a> {
    sought: &'a OpenServices,
    services: Vec<Seen>,
    people: Vec<Met>,
}

impl<'a> Sightings<'a> {
    /// Nothing yet.
    pub fn new(sought: &'a OpenServices) -> Self {
        Self {
            sought,
            services: vec![Seen::NOTHING; sought.len()],
            people: vec![Met::Nowhere; sought.people.len()],
        }
    }

    /// Takes a record of the person with these pseudonyms, that of the LA person id first. `service` says which service
    /// it is about, if it is about one; it is asked for people of the earlier bundle only.
    pub(super) fn meet(
        &mut self,
        pseudonyms: [Option<Pseudonym>; 2],
        place: Place,
        service: impl Fn() -> Option<Service>,
        left_out: Option<Exclusion>,
    ) {
        let starts = pseudonyms.map(|p| p.as_ref().map(Pseudonym::start));
        for start in starts.into_iter().flatten() {
            let Some(person) = self.sought.person(start) else {
                continue;
            };
            let met = match starts[0] {
                Some(_) => Met::At(place),
                None => Met::WithoutId(place),
            };
            self.people[person] = self.people[person].min(met);
            let Some(service) = service() else { continue };
            let all = || self.sought.services_of(person);
            // What the earlier bundle had open itself is not another one of its services with its start changed.
            let was_open = all().any(|at| {
                let sought = &self.sought.services[at].service;
                sought.start == service.start && sought.is_of_the_kind_of(&service)
            });
            for at in all() {
                let sought = &self.sought.services[at];
                let same_start = sought.service.start == service.start;
                let same_kind = sought.service.is_of_the_kind_of(&service);
                let sighting = match (same_start, same_kind, left_out) {
                    (true, true, None) if sought.is_of(starts[1]) => Sighting::Submitted,
                    (true, true, None) => Sighting::OfAnotherNumber,
                    (true, true, Some(reason)) if reason != Exclusion::NoEvent => {
                        Sighting::LeftOut(reason)
                    }
                    (true, _, Some(reason)) => Sighting::Unsent(reason),
                    (true, false, None) => Sighting::OfAnotherKind,
                    (false, true, None) if !was_open && sought.service.is_as(&service) => {
                        Sighting::OfAnotherStart
                    }
                    (false, ..) => continue,
                };
                let place = Some(place);
                self.services[at].take(Seen { sighting, place });
            }
        }
    }

    /// Adds another thread's.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.services.iter_mut().zip(&other.services) {
            mine.take(*theirs);
        }
        for (mine, theirs) in self.people.iter_mut().zip(&other.people) {
            *mine = (*mine).min(*theirs);
        }
    }

    /// What was seen of each service, in the order in which they were added.
    pub fn services(&self) -> &[Seen] {
        &self.services
    }

    /// Where the person was met whose pseudonyms start so.
    pub fn met(&self, starts: impl IntoIterator<Item = u64>) -> Met {
        let people = starts.into_iter().filter_map(|s| self.sought.person(s));
        people
            .map(|person| self.people[person])
            .min()
            .unwrap_or(Met::Nowhere)
    }

    /// The records that tell the ids of those who lost a service and what there is of it, in order.
    pub fn places_of_the_lost(&self) -> Vec<Place> {
        let is_lost = |at: &usize| self.services[*at].sighting.is_lost();
        let mut places = Vec::new();
        for (person, met) in self.people.iter().enumerate() {
            let lost = || self.sought.services_of(person).filter(is_lost);
            places.extend(met.place().filter(|_| lost().next().is_some()));
            places.extend(lost().filter_map(|at| self.services[at].place));
        }
        places.sort_unstable();
        places.dedup();
        places
    }
}

#[cfg(test)]
#[path = "open_services_tests.rs"]
mod tests;
