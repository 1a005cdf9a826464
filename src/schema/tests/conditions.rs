//! Every condition of both releases on representative records. The expected results come from a second, independent
//! evaluation of the published expressions.

use crate::schema::{Condition, Field, Schema, Subject, Truth};

/// Fields given, age at the end of the period, then one sign per field in the order of the return (1 holds, 0 does not,
/// ? unknown): whether it is applicable, whether it is mandatory.
type Case = (
    &'static [(&'static str, &'static str)],
    Option<i64>,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const RELEASE_1: &[Case] = &[
    // blank
    (&[], None,
        "11111111111111111110000011111100000000000000000000",
        "11111??0011101111010000010110100000000000000000000"),
    // a working-age service user with learning disability, request
    (&[("client_type", "Service User"), ("event_type", "Request"), ("primary_support_reason", "Learning Disability Support")], Some(18),
        "11111111111111111111111111111110000000000000000000",
        "11111??0011101011110000010110110000000000000000000"),
    // the same at 65, in capitals
    (&[("client_type", "  SERVICE USER "), ("event_type", "REQUEST"), ("primary_support_reason", "Learning Disability Support")], Some(65),
        "11111111111111111111111111111110000000000000000000",
        "11111??0011101011010000010110110000000000000000000"),
    // referral
    (&[("client_type", "Service User"), ("event_type", "Referral by GP")], Some(40),
        "11111111111111111111111111111110000000000000000000",
        "11111??0011101011010000010110110000000000000000000"),
    // long term assessment
    (&[("client_type", "Service User"), ("event_type", "Assessment"), ("assessment_type", "Long Term Assessment")], Some(30),
        "11111111111111111111111111111101110000000000000000",
        "11111??0011101111010000010110101010000000000000000"),
    // financial assessment
    (&[("client_type", "Service User"), ("event_type", "Assessment"), ("assessment_type", "Financial Assessment")], Some(90),
        "11111111111111111111111111111101110000000000000000",
        "11111??0011101111010000110110001000000000000000000"),
    // commissioned community service
    (&[("client_type", "Service User"), ("event_type", "Service"), ("service_type", "Long Term Support: Community"), ("service_component", "Home Support"), ("delivery_mechanism", "CASSR Commissioned Support")], Some(80),
        "11111111111111111111111111111100000000011111000111",
        "11111??0011101111010000110100100000000011000000000"),
    // community service by direct payment, died
    (&[("client_type", "Service User"), ("event_type", "Service"), ("service_type", "Long Term Support: Community"), ("service_component", "Home Support"), ("delivery_mechanism", "Direct Payment"), ("date_of_death", "01/05/2025")], Some(80),
        "11111111111111111111111111111100000000011111000111",
        "11111??0011101111010000110110100000000011000000111"),
    // short term service
    (&[("client_type", "Service User"), ("event_type", "Service"), ("service_type", "Short Term Support: Other Short Term"), ("service_component", "Home Support")], Some(80),
        "11111111111111111111111111111100000000011111000111",
        "11111??0011101111010000110100100000000011000000000"),
    // short stay in residential care
    (&[("client_type", "Service User"), ("event_type", "Service"), ("service_type", "Short Term Support: Other Short Term"), ("service_component", "Short Term Residential Care")], Some(80),
        "11111111111111111111111111111100000000011111000111",
        "11111??0011101111010000110100100000000011000000111"),
    // planned review
    (&[("client_type", "Service User"), ("event_type", "Review"), ("review_reason", "Planned")], Some(50),
        "11111111111111111111111111111100000000000000111000",
        "11111??0011101111010000110110100000000000000111000"),
    // unplanned review
    (&[("client_type", "Service User"), ("event_type", "Review"), ("review_reason", "Unplanned - Carer related")], Some(50),
        "11111111111111111111111111111100000000000000111000",
        "11111??0011101111010000110110100000000000000101000"),
    // direct support to a carer
    (&[("client_type", "Carer"), ("event_type", "Service"), ("service_type", "Carer Support: Direct to Carer")], Some(50),
        "11111111111111111110000011111100001111111111000111",
        "11111??0011101111010000010100100000000011000000111"),
    // carer known by association
    (&[("client_type", "Carer known by association")], Some(50),
        "11111111111111111110000000000000001111100000000000",
        "11111??0011101111010000000000000000000000000000000"),
    // carer known by association, died, event type NULL
    (&[("client_type", "Carer known by association"), ("event_type", "NULL"), ("date_of_death", "01/05/2025")], Some(50),
        "11111111111111111110000000000000001111100000000000",
        "11111??0011101111010000000010000000000000000000000"),
];

#[rustfmt::skip]
const RELEASE_2: &[Case] = &[
    // blank
    (&[], None,
        "1111111?1111111111100000111111000000000000?0000000",
        "11111???0111011110100000101101000000000000?0000000"),
    // a working-age service user with learning disability, request
    (&[("client_type", "Service user"), ("event_type", "Request"), ("primary_support_reason", "Learning disability support")], Some(18),
        "1111111?1111111111111111111111100000000000?0000000",
        "11111???0111010111100000101101100000000000?0000000"),
    // the same at 65, in capitals
    (&[("client_type", "  SERVICE USER "), ("event_type", "REQUEST"), ("primary_support_reason", "Learning disability support")], Some(65),
        "1111111?1111111111111111111111100000000000?0000000",
        "11111???0111010110100000101101100000000000?0000000"),
    // referral
    (&[("client_type", "Service user"), ("event_type", "Referral by GP")], Some(40),
        "1111111?1111111111111111111111000000000000?0000000",
        "11111???0111011110100000101101000000000000?0000000"),
    // long term assessment
    (&[("client_type", "Service user"), ("event_type", "Assessment"), ("assessment_type", "Long term assessment")], Some(30),
        "1111111?1111111111111111111111011100000000?0000000",
        "11111???0111011110100000101101010100000000?0000000"),
    // financial assessment
    (&[("client_type", "Service user"), ("event_type", "Assessment"), ("assessment_type", "Financial assessment")], Some(90),
        "1111111?1111111111111111111111011100000000?0000000",
        "11111???0111011110100001101100010000000000?0000000"),
    // commissioned community service
    (&[("client_type", "Service user"), ("event_type", "Service"), ("service_type", "Long term support: Community"), ("service_component", "Home support or domiciliary care"), ("delivery_mechanism", "CASSR commissioned support")], Some(80),
        "1111111?1111111111111111111111000000000111?1000111",
        "11111???0111011110100001101001000000000110?0000000"),
    // community service by direct payment, died
    (&[("client_type", "Service user"), ("event_type", "Service"), ("service_type", "Long term support: Community"), ("service_component", "Home support or domiciliary care"), ("delivery_mechanism", "Direct payment"), ("date_of_death", "01/05/2025")], Some(80),
        "1111111?1111111111111111111111000000000111?1000111",
        "11111???0111011110100001101101000000000110?0000111"),
    // short term service
    (&[("client_type", "Service user"), ("event_type", "Service"), ("service_type", "Short term support: Other short term"), ("service_component", "Home support or domiciliary care")], Some(80),
        "1111111?1111111111111111111111000000000111?1000111",
        "11111???0111011110100001101001000000000110?0000000"),
    // short stay in residential care
    (&[("client_type", "Service user"), ("event_type", "Service"), ("service_type", "Short term support: Other short term"), ("service_component", "Short term residential care")], Some(80),
        "1111111?1111111111111111111111000000000111?1000111",
        "11111???0111011110100001101001000000000110?0000111"),
    // planned review
    (&[("client_type", "Service user"), ("event_type", "Review"), ("review_reason", "Planned: Annual")], Some(50),
        "1111111?1111111111111111111111000000000000?0111000",
        "11111???0111011110100001101101000000000000?0111000"),
    // unplanned review
    (&[("client_type", "Service user"), ("event_type", "Review"), ("review_reason", "Unplanned: Carer related")], Some(50),
        "1111111?1111111111111111111111000000000000?0111000",
        "11111???0111011110100001101101000000000000?0101000"),
    // direct support to a carer
    (&[("client_type", "Unpaid carer"), ("event_type", "Service"), ("service_type", "Unpaid carer support: Direct to unpaid carer")], Some(50),
        "1111111?1111111111100000111111000011111111?1000111",
        "11111???0111011110100000101001000000000110?0000111"),
    // carer known by association
    (&[("client_type", "Unpaid carer known by association")], Some(50),
        "1111111?1111111111100000000000000011111000?0000000",
        "11111???0111011110100000000000000000000000?0000000"),
    // carer known by association, died, event type NULL
    (&[("client_type", "Unpaid carer known by association"), ("event_type", "NULL"), ("date_of_death", "01/05/2025")], Some(50),
        "1111111?1111111111100000000000000011111000?0000000",
        "11111???0111011110100000000100000000000000?0000000"),
];

#[test]
fn every_condition_of_release_1_holds_as_published() {
    check("cld-release-1", RELEASE_1);
}

#[test]
fn every_condition_of_release_2_holds_as_inferred() {
    check("cld-release-2", RELEASE_2);
}

fn check(id: &str, cases: &[Case]) {
    let schema = Schema::load(id, None).unwrap();
    for (record, age, applicable, mandatory) in cases {
        let results = results(&schema, record, *age);
        let signs = |condition: fn(&Field) -> &Condition| -> String {
            schema
                .fields
                .iter()
                .map(|field| sign(condition(field).evaluate(results)))
                .collect()
        };
        assert_eq!(
            signs(|field| &field.applicable),
            *applicable,
            "applicable for {record:?}"
        );
        assert_eq!(
            signs(|field| &field.mandatory),
            *mandatory,
            "mandatory for {record:?}"
        );
    }
}

fn sign(truth: Truth) -> char {
    match truth {
        Truth::True => '1',
        Truth::False => '0',
        Truth::Unknown => '?',
    }
}

/// The bit set of the schema's tests for one record.
fn results(schema: &Schema, record: &[(&str, &str)], age: Option<i64>) -> u128 {
    let given = |at: usize| {
        let snake = &schema.fields[at].snake;
        record
            .iter()
            .find(|(given, _)| given == snake)
            .map_or("", |(_, text)| text)
    };
    schema.tests.iter().enumerate().fold(0, |bits, (i, test)| {
        let holds = match test.subject {
            Subject::Field(at) => test.holds_for_text(given(at)),
            Subject::AgeAtPeriodEnd => test.holds_for_number(age),
            Subject::AgeAtEventStart => false,
        };
        bits | u128::from(holds) << i
    })
}
