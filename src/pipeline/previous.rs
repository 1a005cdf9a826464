//! The bundle sent before: whether it is sound and can be compared, what it had open, and what this run lost of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::across::read_again;
use super::open_services::{self, Open};
use super::read::Input;
use super::worklist::private_file;
use crate::attest::predicate::{Predicate, TreatmentKind};
use crate::attest::{self, PublicKey, VerifyError, digest, disclosed};
use crate::config::{Band, Config};
use crate::date::Date;
use crate::error::{Error, Result};
use crate::schema::{List, Match};
use crate::select::Exclusion;
use crate::treat::{
    MasterKey, Met, OpenServices, PeopleBefore, SERVICE_KIND, Seen, Service, Sighting, Sightings,
    key,
};
use crate::validate::across::Place;
use crate::validate::across::lost::{Comparison, LostServices};
use crate::validate::{Plan, key_of};
use crate::write::WorklistLines;

/// The submission in a bundle that is read.
const SUBMISSION: &str = "submission.parquet";

/// The file of the worklist that lists lost services.
const LOST_SERVICES: &str = "lost-services.csv";

/// The columns of that file. A person has a pseudonym only where the extract has no record of them: nobody should find
/// it beside an id, or beside the row that tells one.
const COLUMNS: [&str; 10] = [
    "person_id",
    "person_pseudonym",
    "event_start_date",
    "service_type",
    "service_component",
    "delivery_mechanism",
    "what_this_extract_has",
    "source",
    "row",
    "event_reference",
];

/// The bundle that the configuration names under `previous:`.
pub(super) struct Previous {
    /// SHA-256 of its `manifest.json`.
    pub manifest_digest: String,
    /// What its manifest says.
    pub predicate: Predicate,
    /// Its people, or why they cannot be compared.
    pub people: std::result::Result<PeopleBefore, String>,
    submission: PathBuf,
    /// When its period ended.
    end: Date,
    /// Its services that were open then, or why they cannot be compared.
    open: std::result::Result<OpenServices, String>,
}

impl Previous {
    /// Opens the bundle, if the configuration names one.
    ///
    /// # Errors
    /// When it is no bundle, is damaged, or is another council's or of another return.
    pub fn open(
        config: &Config,
        key: &MasterKey,
        signing: &PublicKey,
        plan: &Plan,
    ) -> Result<Option<Self>> {
        let Some(bundle) = &config.previous else {
            return Ok(None);
        };
        let other = config.previous_public_key.as_deref().map(PublicKey::load);
        let other = other.transpose()?;
        let statement = attest::verify(bundle, other.as_ref().unwrap_or(signing))
            .map_err(|e| refusal(bundle, &e))?
            .statement;
        let predicate = statement.predicate();
        of_this_return(bundle, predicate, config)?;
        let manifest = bundle.join(attest::MANIFEST);
        let (manifest_digest, _) =
            digest::of_file(&manifest).map_err(Error::io("read", &manifest))?;
        let end = &predicate.period.stated.end;
        let end = Date::parse_iso(end).ok_or_else(|| {
            Error::Verification(format!(
                "previous: {}: the manifest states a period that cannot be read",
                bundle.display()
            ))
        })?;
        let submission = bundle.join(SUBMISSION);
        let (people, open) = match other_pseudonyms(predicate, config, key) {
            Some(reason) => (Err(reason.clone()), Err(reason)),
            None => {
                let open = match incomparable(predicate, end, config) {
                    Some(reason) => Err(reason),
                    None => Ok(gather(&submission, end, plan)?),
                };
                (Ok(people(&submission)?), open)
            }
        };
        Ok(Some(Self {
            manifest_digest,
            predicate: predicate.clone(),
            people,
            submission,
            end,
            open,
        }))
    }

    /// The services to look for.
    pub fn sought(&self) -> Option<&OpenServices> {
        self.open.as_ref().ok()
    }

    /// The share of its people who were met again, as it may be told; `None` where they cannot be compared.
    pub fn people_again(&self) -> Option<String> {
        let people = self.people.as_ref().ok()?;
        Some(disclosed::share(people.again(), people.count()))
    }

    /// Why the share of its people who were met again is outside the band, if it is.
    pub fn held(&self, band: Band) -> Option<String> {
        if band.is_open() {
            return None;
        }
        let people = match &self.people {
            Ok(people) if band.admits(people.again(), people.count()) => return None,
            Ok(people) => people,
            Err(reason) => {
                return Some(format!(
                    "the configuration asks for {} of the people of the previous bundle, and nobody can be known again: {reason}. If that is meant, take gate.min_people_again and gate.max_people_again away for this run",
                    band.text()
                ));
            }
        };
        Some(format!(
            "of the people of the previous bundle this run has again: {}; the configuration asks for {}. Check that key, epoch, sources and period are those that are meant",
            disclosed::share(people.again(), people.count()),
            band.text()
        ))
    }

    /// Lists the services that are lost among the files of the worklist, if there are any.
    ///
    /// # Errors
    /// When a file changed since it was read first, or the disk is full.
    pub fn list_lost(
        &self,
        sightings: &Sightings<'_>,
        (inputs, declared): (&[Input], &[String]),
        plan: &Plan,
        worklist: &Path,
    ) -> Result<()> {
        if !sightings.services().iter().any(|s| s.sighting.is_lost()) {
            return Ok(());
        }
        let told = told(&sightings.places_of_the_lost(), inputs, plan)?;
        let path = worklist.join(LOST_SERVICES);
        let file = private_file(&path).map_err(Error::io("write", &path))?;
        let mut file = BufWriter::new(file);
        let mut lines = WorklistLines::default();
        lines.bytes.extend_from_slice(b"\xEF\xBB\xBF");
        lines.line(COLUMNS.into_iter().map(str::as_bytes));
        let mut seen = sightings.services().iter();
        open_services::each(&self.submission, self.end, |open| {
            let Some(seen) = seen.next().filter(|s| s.sighting.is_lost()) else {
                return Ok(());
            };
            let met = sightings.met(open.person().into_iter().flatten());
            line(&mut lines, &open, *seen, met, &told, (inputs, declared));
            file.write_all(&lines.bytes)
                .map_err(Error::io("write", &path))?;
            lines.bytes.clear();
            Ok(())
        })?;
        file.into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .map_err(Error::io("write", &path))
    }
}

/// What the comparison came to, for the rule.
pub(super) fn judge(
    previous: Option<&Previous>,
    sightings: Option<&Sightings<'_>>,
    declared: &[String],
) -> Comparison {
    let Some(previous) = previous else {
        return Comparison::NotRun("no `previous:` bundle is named".into());
    };
    let (open, sightings) = match (&previous.open, sightings) {
        (Err(reason), _) => return Comparison::NotRun(reason.clone()),
        (Ok(_), None) => return Comparison::NotRun("nothing was looked for".into()),
        (Ok(open), Some(sightings)) => (open, sightings),
    };
    let count = |is: &dyn Fn(Sighting) -> bool| {
        sightings
            .services()
            .iter()
            .filter(|s| is(s.sighting))
            .count() as u64
    };
    let left_out = Exclusion::all(declared).map(|reason| {
        let n = count(&|sighting| sighting == Sighting::LeftOut(reason));
        (reason.name(declared).to_owned(), n)
    });
    Comparison::Made(LostServices {
        end: previous.end,
        open: open.len() as u64,
        lost: count(&Sighting::is_lost),
        of_another_number: count(&|sighting| sighting == Sighting::OfAnotherNumber),
        unsent: count(&|sighting| matches!(sighting, Sighting::Unsent(_))),
        of_another_start: count(&|sighting| sighting == Sighting::OfAnotherStart),
        of_another_kind: count(&|sighting| sighting == Sighting::OfAnotherKind),
        left_out: left_out.filter(|(_, n)| *n > 0).collect(),
    })
}

/// What is not there is input that is missing; everything else is damage.
fn refusal(bundle: &Path, error: &VerifyError) -> Error {
    let message = format!(
        "previous: {}: {error}. Name the directory of the bundle that was sent before, as it was made; if another key signed it, name its public key under `previous_public_key:`",
        bundle.display()
    );
    match error {
        VerifyError::NoBundle(_) | VerifyError::Missing(_) | VerifyError::Unreadable { .. } => {
            Error::Input(message)
        }
        _ => Error::Verification(message),
    }
}

/// A bundle of another council or another return cannot have been sent before this one.
fn of_this_return(bundle: &Path, before: &Predicate, config: &Config) -> Result<()> {
    // `cld-release-1` and `cld-release-2` are releases of one return.
    let family = |id: &str| id.split('-').next().map(str::to_owned);
    let fault = if before.controller.la_code != config.la_code {
        "a bundle of another council (LA code)"
    } else if family(&before.schema.id) != family(&config.schema.id) {
        "a bundle of another return"
    } else {
        return Ok(());
    };
    Err(Error::Usage(format!(
        "previous: {} is {fault}. Name the bundle that was sent before this one, or none",
        bundle.display()
    )))
}

/// The people of the bundle.
fn people(submission: &Path) -> Result<PeopleBefore> {
    let mut people = PeopleBefore::default();
    open_services::each_person(submission, |person| people.add(person))?;
    Ok(people.settle())
}

/// Why nobody in the bundle can be known again, if nobody can.
fn other_pseudonyms(before: &Predicate, config: &Config, master: &MasterKey) -> Option<String> {
    let differs: Vec<_> = [
        ("key", before.key.id == master.key_id()),
        ("epoch", before.key.epoch == config.epoch),
        ("recipient", before.recipient == config.recipient),
        ("purpose", before.purpose == config.purpose),
        ("algorithm", before.key.algorithm == key::ALGORITHM),
    ]
    .into_iter()
    .filter(|(_, equal)| !equal)
    .map(|(name, _)| name)
    .collect();
    if !differs.is_empty() {
        return Some(format!(
            "the pseudonyms of the previous bundle cannot be compared with those of this run: another {}",
            differs.join(", another ")
        ));
    }
    let people = ["LA Person Unique Identifier", "NHS Number"];
    if !people
        .iter()
        .any(|field| treats(before, field, TreatmentKind::Pseudonymise))
    {
        return Some("the previous bundle has no pseudonyms of people".into());
    }
    None
}

fn treats(before: &Predicate, field: &str, treatment: TreatmentKind) -> bool {
    let mut fields = before.treatment.iter();
    fields.any(|f| f.field == field && f.treatment == treatment)
}

/// Why services of the bundle cannot be compared, if they cannot, though its people can.
fn incomparable(before: &Predicate, end: Date, config: &Config) -> Option<String> {
    let period = config.period;
    if end >= period.end {
        return Some(format!(
            "the period of the previous bundle ends on {}, not before the end of this one's",
            end.iso()
        ));
    }
    if end.days_since_1970() + 1 < period.start.days_since_1970() {
        return Some(format!(
            "the period of the previous bundle ends on {}, and this one's starts later than the day after: a service that \
             ended between them is rightly in neither",
            end.iso()
        ));
    }
    let dropped = |field: &&str| !treats(before, field, TreatmentKind::Keep);
    let events = ["Event Type", "Event Start Date", "Event End Date"];
    if let Some(field) = events.iter().find(|field| dropped(field)) {
        return Some(format!("the previous bundle does not tell the {field}"));
    }
    None
}

/// Numbers of the services that were open.
fn gather(submission: &Path, end: Date, plan: &Plan) -> Result<OpenServices> {
    let mut values = SERVICE_KIND.map(|(field, _)| {
        let schema = &plan.schema;
        let list = schema.position(field).and_then(|at| schema.fields[at].list);
        Values {
            list: list.map(|list| &schema.lists[list]),
            known: HashMap::new(),
        }
    });
    let mut open = OpenServices::default();
    open_services::each(submission, end, |service| {
        let [of_type, component] = &mut values;
        let kind = [
            service.kind[0].and_then(|value| of_type.key(value)),
            service.kind[1].and_then(|value| component.key(value)),
        ];
        let start = service.start;
        open.add(service.person(), Service { start, kind });
        Ok(())
    })?;
    Ok(open.settle())
}

/// What values of the bundle before are in the list of this return.
struct Values<'a> {
    list: Option<&'a List>,
    known: HashMap<String, Option<u64>>,
}

impl Values<'_> {
    /// What the value hashes to as this return has it. `None` where it has none like it: the release changed, and nobody
    /// can say to what; or the value was wrong, and may have been put right.
    fn key(&mut self, value: &str) -> Option<u64> {
        if let Some(key) = self.known.get(value) {
            return *key;
        }
        let key = match self.list.map(|list| list.look_up(value)) {
            Some(
                Match::Exact(value) | Match::Respelt { value, .. } | Match::Previous { value },
            ) => Some(key_of(value)),
            _ => None,
        };
        self.known.insert(value.to_owned(), key);
        key
    }
}

/// Person id and event reference of a record, as received.
type Told = [Vec<u8>; 2];

/// What these records tell.
fn told(places: &[Place], inputs: &[Input], plan: &Plan) -> Result<HashMap<Place, Told>> {
    let mut told = HashMap::new();
    let roles = plan.schema.roles;
    let fields = [roles.person_id, roles.event_reference];
    read_again(
        inputs,
        places,
        |place| *place,
        |cells, input, found| {
            let of = |(record, place): (usize, &Place)| {
                let cell = |field: usize| {
                    let column = input.mapping.fields[field];
                    column.map_or(Vec::new(), |column| cells.get(column, record).to_vec())
                };
                (*place, fields.map(cell))
            };
            found.into_iter().map(of).collect::<Vec<_>>()
        },
        |found| {
            told.extend(found);
            Ok(())
        },
    )?;
    Ok(told)
}

fn line(
    lines: &mut WorklistLines,
    open: &Open<'_>,
    seen: Seen,
    met: Met,
    told: &HashMap<Place, Told>,
    (inputs, declared): (&[Input], &[String]),
) {
    let [id, _] = of(told, met.place());
    // Where nothing is there of the service, any record of the person is a place to begin.
    let place = seen.place.or(met.place());
    let [_, reference] = of(told, place);
    let source = place.map_or(Cow::Borrowed(""), |place| inputs[place.source()].shown());
    let row = place.map_or(String::new(), |place| place.row().to_string());
    let pseudonym = open.pseudonyms.into_iter().flatten().next();
    let pseudonym = pseudonym.filter(|_| place.is_none());
    let has = what_there_is(seen.sighting, met, declared);
    lines.line(
        [
            id,
            pseudonym.unwrap_or_default().as_bytes(),
            open.start.dmy().as_bytes(),
            open.kind[0].unwrap_or_default().as_bytes(),
            open.kind[1].unwrap_or_default().as_bytes(),
            open.delivery.unwrap_or_default().as_bytes(),
            has.as_bytes(),
            source.as_bytes(),
            row.as_bytes(),
            reference,
        ]
        .into_iter(),
    );
}

fn of(told: &HashMap<Place, Told>, place: Option<Place>) -> [&[u8]; 2] {
    let told = place.and_then(|place| told.get(&place));
    told.map_or([b"", b""], |told| told.each_ref().map(Vec::as_slice))
}

fn what_there_is(sighting: Sighting, met: Met, declared: &[String]) -> Cow<'static, str> {
    let words = match (sighting, met) {
        (Sighting::OfAnotherNumber, _) => {
            "the service, but the person's NHS number is now missing or another"
        }
        (Sighting::Unsent(reason), _) => {
            return Cow::Owned(format!(
                "a record of the person with this start that is left out ({}: {})",
                reason.name(declared),
                reason.words()
            ));
        }
        (Sighting::OfAnotherKind, _) => {
            "a service of the person with this start, of another type or component"
        }
        (Sighting::OfAnotherStart, _) => {
            "a service of the person of this type and component, with another start"
        }
        (_, Met::Nowhere) => "no record of the person",
        _ => "other records of the person",
    };
    Cow::Borrowed(words)
}
