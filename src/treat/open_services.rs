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
}

/// The services that an earlier bundle had open, by person.
///
/// A person has up to two pseudonyms, of the LA person id and of the NHS number. A record under either is the person's:
/// new ids of a new case system lose nothing as long as the number stays, nor does a number that is newly known.
#[derive(Default)]
pub struct OpenServices {
    services: Vec<Service>,
    /// Starts of pseudonyms and positions of services, sorted once all are added.
    of: Vec<(u64, u32)>,
    /// Start of a pseudonym: position among the people.
    people: HashMap<u64, u32, FixedState>,
    /// Where the services of each person begin in `of`, and where those of the last one end.
    begins: Vec<u32>,
}

impl OpenServices {
    /// Adds a service of whoever has pseudonyms that start so. Services are numbered in the order in which they come.
    pub fn add(&mut self, people: impl IntoIterator<Item = u64>, service: Service) {
        let number = self.services.len() as u32;
        self.of
            .extend(people.into_iter().map(|person| (person, number)));
        self.services.push(service);
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
    /// A submitted service of the person with the same start, of another type or component.
    OfAnotherKind,
    /// The service, in a record that is left out.
    LeftOut(Exclusion),
    /// The service.
    Submitted,
}

impl Sighting {
    /// Whether the service is lost. One that the extract holds is not, even where selection leaves it out.
    pub fn is_lost(self) -> bool {
        matches!(self, Self::Nowhere | Self::OfAnotherKind)
    }
}

/// Where the records of this run have a person of the earlier bundle. What says more is smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// First in this record, with an LA person id.
    At(Place),
    /// In records without an LA person id only.
    WithoutId,
    /// In no record.
    Nowhere,
}

/// What one thread saw of the services that are looked for.
pub struct Sightings<'a> {
    sought: &'a OpenServices,
    services: Vec<Sighting>,
    people: Vec<Met>,
}

impl<'a> Sightings<'a> {
    /// Nothing yet.
    pub fn new(sought: &'a OpenServices) -> Self {
        Self {
            sought,
            services: vec![Sighting::Nowhere; sought.len()],
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
                None => Met::WithoutId,
            };
            self.people[person] = self.people[person].min(met);
            let Some(service) = service() else { continue };
            for at in self.sought.services_of(person) {
                let sought = &self.sought.services[at];
                if sought.start != service.start {
                    continue;
                }
                let sighting = match (sought.is_of_the_kind_of(&service), left_out) {
                    (true, None) => Sighting::Submitted,
                    (true, Some(reason)) => Sighting::LeftOut(reason),
                    (false, None) => Sighting::OfAnotherKind,
                    (false, Some(_)) => Sighting::Nowhere,
                };
                self.services[at] = self.services[at].max(sighting);
            }
        }
    }

    /// Adds another thread's.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.services.iter_mut().zip(&other.services) {
            *mine = (*mine).max(*theirs);
        }
        for (mine, theirs) in self.people.iter_mut().zip(&other.people) {
            *mine = (*mine).min(*theirs);
        }
    }

    /// What was seen of each service, in the order in which they were added.
    pub fn services(&self) -> &[Sighting] {
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

    /// The records that tell the ids of those who lost a service, in order.
    pub fn places_of_the_lost(&self) -> Vec<Place> {
        let lost = |person: &usize| {
            let mut services = self.sought.services_of(*person);
            services.any(|at| self.services[at].is_lost())
        };
        let people = (0..self.people.len()).filter(lost);
        let mut places: Vec<_> = people
            .filter_map(|person| match self.people[person] {
                Met::At(place) => Some(place),
                Met::WithoutId | Met::Nowhere => None,
            })
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

#[cfg(test)]
#[path = "open_services_tests.rs"]
mod tests;
