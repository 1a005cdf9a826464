//! The values a sample writes, spelt as the schema at hand spells them.

use super::chance::Choice;
use super::services::{self, Services};
use super::vocabulary as v;
use crate::schema::{List, Match, Schema, SchemaError};

/// The release whose spellings `vocabulary` uses.
const SPOKEN: &str = "cld-release-2";

/// Finds the spelling of a value in a schema of either release.
pub(super) struct Lexicon<'a> {
    schema: &'a Schema,
    spoken: Schema,
}

impl<'a> Lexicon<'a> {
    fn new(schema: &'a Schema) -> Result<Self, SchemaError> {
        let spoken = if schema.id == SPOKEN {
            schema.clone()
        } else {
            Schema::load(SPOKEN, None)?
        };
        Ok(Self { schema, spoken })
    }

    /// How the schema spells a value; `None` where its list does not have it. Any text will do where no list is known.
    pub(super) fn spelling(&self, field: &str, wanted: &str) -> Option<String> {
        let Some(list) = list_of(self.schema, field) else {
            return Some(wanted.to_owned());
        };
        if list.values.is_empty() && list.candidates.is_empty() {
            return Some(wanted.to_owned());
        }
        let same = |text: &str| -> Option<String> {
            if let Match::Exact(value) | Match::Respelt { value, .. } = list.look_up(text) {
                return Some(value.to_owned());
            }
            list.candidates
                .iter()
                .find(|guess| guess.eq_ignore_ascii_case(text))
                .cloned()
        };
        let formerly = || {
            let spoken = list_of(&self.spoken, field)?
                .values
                .iter()
                .find(|known| known.value == wanted)?;
            spoken.was.iter().find_map(|was| same(was))
        };
        same(wanted).or_else(formerly)
    }

    /// Every value of a field's list, or the guesses at it.
    pub(super) fn values(&self, field: &str) -> Vec<String> {
        let list = list_of(self.schema, field);
        let known: Vec<String> = list
            .iter()
            .flat_map(|list| &list.values)
            .map(|known| known.value.clone())
            .collect();
        if known.is_empty() {
            list.map(|list| list.candidates.clone()).unwrap_or_default()
        } else {
            known
        }
    }
}

fn list_of<'s>(schema: &'s Schema, field: &str) -> Option<&'s List> {
    schema.fields[schema.position(field)?]
        .list
        .map(|at| &schema.lists[at])
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $field:literal from $table:ident),+ $(,)?) => {
        /// Every choice of a value, ready to be drawn from.
        pub(super) struct Words {
            $($(#[$doc])* pub(super) $name: Choice<String>,)+
            /// What services there are, by where the person lives.
            pub(super) services: Services,
        }

        impl Words {
            /// The values of a schema.
            ///
            /// # Errors
            /// A built-in schema that does not load.
            pub(super) fn new(schema: &Schema) -> Result<Self, SchemaError> {
                let lexicon = Lexicon::new(schema)?;
                Ok(Self {
                    $($name: Choice::of(&lexicon, $field, &v::$table),)+
                    services: services::spelt(&lexicon),
                })
            }
        }
    };
}

words! {
    gender: "gender" from GENDER,
    ethnicity: "ethnicity" from ETHNICITY,
    service_user: "client_type" from SERVICE_USER,
    carer: "client_type" from CARER,
    known_carer: "client_type" from KNOWN_CARER,
    reason_young: "primary_support_reason" from REASON_YOUNG,
    reason_old: "primary_support_reason" from REASON_OLD,
    reason_carer: "primary_support_reason" from REASON_CARER,
    at_home: "accommodation_status" from AT_HOME,
    care_home: "accommodation_status" from CARE_HOME,
    nursing_home: "accommodation_status" from NURSING_HOME,
    prison: "accommodation_status" from PRISON,
    working: "employment_status" from WORKING,
    retired: "employment_status" from RETIRED,
    has_carer: "has_unpaid_carer" from HAS_CARER,
    no_carer: "has_unpaid_carer" from NO_CARER,
    asd: "autism_spectrum_disorder_asd" from SELDOM,
    visual: "visual_impairment" from VISUAL,
    hearing: "hearing_impairment" from HEARING,
    dementia: "dementia" from SELDOM,
    funding: "client_funding_status" from FUNDING,
    request: "event_type" from REQUEST,
    assessment: "event_type" from ASSESSMENT,
    service: "event_type" from SERVICE,
    review: "event_type" from REVIEW,
    request_outcome: "event_outcome" from REQUEST_OUTCOME,
    assessment_outcome: "event_outcome" from ASSESSMENT_OUTCOME,
    review_outcome: "event_outcome" from REVIEW_OUTCOME,
    service_goes_on: "event_outcome" from SERVICE_GOES_ON,
    service_ended: "event_outcome" from SERVICE_ENDED,
    died: "event_outcome" from DIED,
    route: "request_route_of_access" from ROUTE,
    short_or_long: "assessment_type" from SHORT_OR_LONG,
    financial: "assessment_type" from FINANCIAL,
    needs: "eligible_needs_identified" from NEEDS,
    method_of_assessment: "method_of_assessment" from METHOD,
    carer_assessment: "method_of_assessment" from CARER_METHOD,
    method_of_review: "method_of_review" from METHOD,
    carer_review: "method_of_review" from CARER_METHOD,
    hours: "total_hrs_caring_per_week" from HOURS,
    planned: "review_reason" from PLANNED,
    not_planned: "review_reason" from NOT_PLANNED,
    achieved: "review_outcomes_achieved" from ACHIEVED,
}
