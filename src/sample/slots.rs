//! Where the fields that a sample fills stand in the schema.

use crate::schema::Schema;

macro_rules! slots {
    ($($name:ident),+ $(,)?) => {
        /// Positions of fields in a row, by snake name. Fields that the schema lacks or has withdrawn share one place
        /// after the last field, which is never written.
        pub(super) struct Slots { $(pub(super) $name: usize),+ }

        impl Slots {
            /// The places of a schema.
            pub(super) fn new(schema: &Schema) -> Self {
                let place = |name: &str| {
                    schema
                        .position(name)
                        .filter(|at| !schema.fields[*at].withdrawn)
                        .unwrap_or(schema.fields.len())
                };
                Self { $($name: place(stringify!($name))),+ }
            }
        }
    };
}

slots! {
    la_code, reporting_period_start_date, reporting_period_end_date, nhs_number, la_person_unique_identifier,
    first_name, last_name, gp_practice_name, gp_practice_code, gender, ethnicity, date_of_birth, date_of_death,
    client_type, primary_support_reason, postcode, accommodation_status, employment_status, has_unpaid_carer,
    autism_spectrum_disorder_asd, visual_impairment, hearing_impairment, dementia, client_funding_status,
    event_type, event_reference, event_start_date, event_end_date, event_description, event_outcome,
    request_route_of_access, assessment_type, eligible_needs_identified, method_of_assessment,
    total_hrs_caring_per_week, no_of_adults_being_cared_for, adult_1_linked_person_id, adult_2_linked_person_id,
    adult_3_linked_person_id, service_type, service_component, delivery_mechanism, provider_cqc_location_name,
    provider_cqc_location_id, review_reason, review_outcomes_achieved, method_of_review, unit_cost,
    cost_frequency_unit_type, planned_units_per_week,
}

impl Slots {
    /// The three fields for adults cared for.
    pub(super) fn linked(&self) -> [usize; 3] {
        [
            self.adult_1_linked_person_id,
            self.adult_2_linked_person_id,
            self.adult_3_linked_person_id,
        ]
    }
}
