//! Every pair of the mapping from Release 1 to Release 2.

use crate::schema::{Match, Schema};

/// A value of Release 1 and the value it became; none where no single one is evidenced.
type Pair = (&'static str, Option<&'static str>);

/// The pairs of each list.
#[rustfmt::skip]
const PAIRS: &[(&str, &[Pair])] = &[
    ("event_type", &[
        ("Request", Some("Request")),
        ("Assessment", Some("Assessment")),
        ("Service", Some("Service")),
        ("Review", Some("Review")),
    ]),
    ("client_type", &[
        ("Service User", Some("Service user")),
        ("Carer", Some("Unpaid carer")),
        ("Carer known by association", Some("Unpaid carer known by association")),
    ]),
    ("gender", &[
        ("Male", Some("Male")),
        ("Female", Some("Female")),
        ("Other", Some("Other")),
        ("Unknown", Some("Unknown")),
    ]),
    ("ethnicity", &[
        ("Asian or Asian British - Indian", Some("Asian or Asian British: Indian")),
        ("Asian or Asian British - Pakistani", Some("Asian or Asian British: Pakistani")),
        ("Asian or Asian British - Bangladeshi", Some("Asian or Asian British: Bangladeshi")),
        ("Asian or Asian British - Chinese", Some("Asian or Asian British: Chinese")),
        ("Asian or Asian British - Any other Asian background", Some("Asian or Asian British: Any other Asian background")),
        ("Black, Black British, Caribbean or African - Caribbean", Some("Black, Black British, Caribbean or African: Caribbean")),
        ("Black, Black British, Caribbean or African - African", Some("Black, Black British, Caribbean or African: African")),
        ("Black, Black British, Caribbean or African - Any other Black, Black British or Caribbean background", Some("Black, Black British, Caribbean or African: Any other Black, Black British or Caribbean background")),
        ("Mixed or multiple ethnic groups - White and Black Caribbean", Some("Mixed or multiple ethnic groups: White and Black Caribbean")),
        ("Mixed or multiple ethnic groups - White and Black African", Some("Mixed or multiple ethnic groups: White and Black African")),
        ("Mixed or multiple ethnic groups - White and Asian", Some("Mixed or multiple ethnic groups: White and Asian")),
        ("Mixed or multiple ethnic groups - Any other Mixed or multiple ethnic background", Some("Mixed or multiple ethnic groups: Any other Mixed or multiple ethnic background")),
        ("White - English, Welsh, Scottish, Northern Irish or British", Some("White: English, Welsh, Scottish, Northern Irish or British")),
        ("White - Irish", Some("White: Irish")),
        ("White - Gypsy or Irish Traveller", Some("White: Gypsy or Irish Traveller")),
        ("White - Roma", Some("White: Roma")),
        ("White - Any other White background", Some("White: Any other White background")),
        ("Other ethnic group - Arab", Some("Other ethnic group: Arab")),
        ("Other ethnic group - Any other ethnic group", Some("Other ethnic group: Any other ethnic group")),
        ("No data - Refused", Some("No data: Refused")),
        ("No data - Undeclared or Not known", Some("No data: Undeclared or not known")),
    ]),
    ("primary_support_reason", &[
        ("Physical Support: Access & mobility only", Some("Physical support: Access and mobility only")),
        ("Physical Support: Personal care support", Some("Physical support: Personal care support")),
        ("Sensory Support: Support for visual impairment", Some("Sensory support: Support for visual impairment")),
        ("Sensory Support: Support for hearing impairment", Some("Sensory support: Support for hearing impairment")),
        ("Sensory Support: Support for dual impairment", Some("Sensory support: Support for dual impairment")),
        ("Support with Memory & Cognition", Some("Support with memory and cognition")),
        ("Learning Disability Support", Some("Learning disability support")),
        ("Mental Health Support", Some("Mental health support")),
        ("Social Support: Substance misuse support", Some("Social support: Substance misuse support")),
        ("Social Support: Asylum seeker support", Some("Social support: Asylum seeker support")),
        ("Social Support: Support for Social Isolation/Other", Some("Social support: Support for social isolation or other reason")),
        ("Social Support: Support to Carer", Some("Social support: Support to unpaid carer")),
        ("Unknown", Some("Unknown")),
    ]),
    ("accommodation_status", &[
        ("Owner occupier or shared ownership scheme", Some("Owner occupier or shared ownership scheme")),
        ("Tenant", Some("Tenant: Local authority or other social housing provider")),
        ("Tenant - private landlord", Some("Tenant: Private landlord")),
        ("Settled mainstream housing with family / friends", Some("Settled mainstream housing with family or friends")),
        ("Supported accommodation / supported lodgings / supported group home", Some("Supported accommodation, supported lodgings or supported group home")),
        ("Shared Lives scheme", Some("Shared Lives scheme")),
        ("Approved premises for offenders released from prison or under probation supervision", Some("Approved premises for offenders released from prison or under probation supervision")),
        ("Sheltered housing / extra care housing / other sheltered housing", Some("Sheltered housing, extra care housing or other sheltered housing")),
        ("Mobile accommodation for Gypsy / Roma and Traveller communities", Some("Mobile accommodation for Gypsy, Roma and Traveller communities")),
        ("Rough sleeper / squatting", Some("Rough sleeper or squatting")),
        ("Night shelter / emergency hostel / direct access hostel", Some("Night shelter, emergency hostel or direct access hostel")),
        ("Refuge", Some("Refuge")),
        ("Placed in temporary accommodation by the council (inc. homelessness resettlement)", Some("Placed in temporary accommodation by the council (inc. homelessness resettlement)")),
        ("Staying with family / friends as a short-term guest", Some("Staying with family or friends as a short term guest")),
        ("Acute / long-term healthcare residential facility or hospital", Some("Acute hospital or long term healthcare residential facility")),
        ("Registered care home", Some("Registered care home")),
        ("Registered nursing home", Some("Registered nursing home")),
        ("Prison / Young offenders institution / detention centre", Some("Prison, young offenders institution or detention centre")),
        ("Other temporary accommodation", Some("Other temporary accommodation")),
        ("Unknown", Some("Unknown")),
    ]),
    ("employment_status", &[
        ("Paid: Less than 16 hours a week", Some("Paid: Less than 16 hours a week")),
        ("Paid: 16 or more hours a week", Some("Paid: 16 or more hours a week")),
        ("Paid: Hours per week unknown", Some("Paid: Hours per week unknown")),
        ("Not in Paid Employment (seeking work)", Some("Not in paid employment: Seeking work")),
        ("Not in Paid Employment (not actively seeking work / retired)", Some("Not in paid employment: Not actively seeking work or retired")),
        ("Not in Paid Employment (voluntary work only)", Some("Not in paid employment: Voluntary work only")),
        ("Unknown", Some("Unknown")),
    ]),
    ("has_unpaid_carer", &[
        ("Yes", Some("Yes")),
        ("No", Some("No")),
        ("Unknown", Some("Unknown")),
    ]),
    ("visual_impairment", &[
        ("Blind/severely sight impaired", Some("Blind/severely sight impaired")),
        ("Partial sight/sight impaired", Some("Partial sight/sight impaired")),
        ("No visual impairment", Some("No visual impairment")),
        ("Visual impairment - severity unknown", Some("Visual impairment: Severity unknown")),
        ("Unknown", Some("Unknown")),
    ]),
    ("hearing_impairment", &[
        ("Deaf with speech", Some("Deaf with speech")),
        ("Deaf without speech", Some("Deaf without speech")),
        ("Hard of hearing", Some("Hard of hearing")),
        ("No hearing impairment", Some("No hearing impairment")),
        ("Hearing impairment - severity unknown", Some("Hearing impairment: Severity unknown")),
        ("Unknown", Some("Unknown")),
    ]),
    ("client_funding_status", &[
        ("18(3) (full cost client)", Some("Fully client funded")),
        ("Joint Client and Social Care Funded", Some("Joint client and social care funded")),
        ("Fully Social Care Funded", Some("Fully social care funded")),
        ("Unknown - Individual Level", Some("Unknown")),
        ("Self-funder - Metering Only", None),
        ("Joint Health and Social Care Funded", None),
        ("Fully Health Funded", None),
    ]),
    ("event_outcome", &[
        ("Progress to Reablement/ST-Max", Some("Progress to reablement/ST-Max")),
        ("Progress to Assessment", Some("Progress to assessment, review or reassessment")),
        ("Progress to Re-assessment / Unplanned Review", Some("Progress to assessment, review or reassessment")),
        ("Progress to Support Planning / Services", Some("Progress to support planning or services")),
        ("No change in package", Some("Continuation of support or services")),
        ("Provision of service", Some("Continuation of support or services")),
        ("Admitted to hospital", Some("Admitted to hospital")),
        ("Progress to End of Life Care", None),
        ("Progress to financial assessment", None),
        ("Service ended as planned", Some("NFA: Support ended as planned")),
        ("NFA - Moved to another LA", Some("NFA: Responsibility moved to another local authority")),
        ("NFA - 100% NHS funded care", Some("NFA: Referral to NHS services or NHS funded social care")),
        ("NFA - Self-funded client (Inc. 12wk disregard)", Some("NFA: Self-funded client or under 12wk disregard")),
        ("NFA - Information & Advice / Signposting only", Some("NFA: Information and advice or signposting")),
        ("NFA - Support declined", Some("NFA: Support declined")),
        ("NFA - Deceased", Some("NFA: Deceased")),
        ("NFA - Support ended: Other reason", Some("NFA: Support ended for other reason")),
        ("NFA - No services offered: Other reason", Some("NFA: No services offered for other reason")),
        ("NFA- Other", Some("NFA: Other")),
    ]),
    ("assessment_type", &[
        ("Short Term Assessment", Some("Short term assessment")),
        ("Long Term Assessment", Some("Long term assessment")),
        ("Financial Assessment", None),
    ]),
    ("service_type", &[
        ("Short Term Support: ST-Max", Some("Short term support: ST-Max")),
        ("Short Term Support: Ongoing Low Level", Some("Short term support: Ongoing low level")),
        ("Short Term Support: Other Short Term", Some("Short term support: Other short term")),
        ("Long Term Support: Nursing Care", Some("Long term support: Nursing care")),
        ("Long Term Support: Residential Care", Some("Long term support: Residential care")),
        ("Long Term Support: Community", Some("Long term support: Community")),
        ("Long Term Support: Prison", Some("Long term support: Prison")),
        ("Carer Support: Direct to Carer", Some("Unpaid carer support: Direct to unpaid carer")),
        ("Carer Support: Support involving the person cared-for", Some("Unpaid carer support: Support involving the person cared-for")),
    ]),
    ("service_component", &[
        ("Reablement", Some("Reablement")),
        ("Short Term Nursing Care", Some("Short term nursing care")),
        ("Short Term Residential Care", Some("Short term residential care")),
        ("Long Term Nursing Care", Some("Long term nursing care")),
        ("Long Term Residential Care", Some("Long term residential care")),
        ("Home Support", Some("Home support or domiciliary care")),
        ("Day Support", Some("Day support")),
        ("Meals", Some("Meals")),
        ("Transport", Some("Transport")),
        ("Equipment", Some("Equipment")),
        ("Direct Payment", Some("Direct payment")),
        ("Shared Lives", Some("Shared Lives")),
        ("Community Supported Living", Some("Community supported living")),
        ("Professional Support", None),
        ("Professional Support- Social Worker", Some("Professional support: Social worker")),
        ("Learning/Education/Employment Support", Some("Learning, education or employment support")),
        ("End of Life Care", Some("End of life care")),
        ("Emergency Support", Some("Emergency support")),
        ("Other Short Term Support", Some("Other short term support")),
        ("Other Long Term Support", Some("Other long term support")),
        ("Carer Respite", Some("Unpaid carer respite")),
        ("Carer Sitting Service", Some("Unpaid carer sitting service")),
        ("Carer Universal Services", Some("Unpaid carer universal services")),
        ("Other Carer Support", Some("Other unpaid carer support")),
    ]),
    ("delivery_mechanism", &[
        ("Direct Payment", Some("Direct payment")),
        ("CASSR Managed Personal Budget", Some("CASSR managed personal budget")),
        ("CASSR Commissioned Support", Some("CASSR commissioned support")),
        ("Self-Funder Metering Only", None),
    ]),
    ("review_reason", &[
        ("Planned", None),
        ("Unplanned - Hospital (Planned and unplanned episodes)", None),
        ("Unplanned - Carer related", None),
        ("Unplanned - Safeguarding concern", None),
        ("Unplanned - Other Reason", None),
        ("Unplanned - Provider Failure", None),
        ("Unplanned - Change in Commissioning arrangements", None),
    ]),
    ("cost_frequency_unit_type", &[
        ("Per session", Some("Per session")),
        ("Hourly", Some("Hourly")),
        ("Daily", Some("Daily")),
        ("Weekly", Some("Weekly")),
        ("Fortnightly", Some("Fortnightly")),
        ("4-weekly", Some("4-weekly")),
        ("Monthly", Some("Monthly")),
        ("Quarterly", Some("Quarterly")),
        ("Annually", Some("Annually")),
        ("One-off", Some("One-off")),
    ]),
];

#[test]
fn every_pair_of_the_mapping_is_found() {
    let schema = Schema::load("cld-release-2", None).unwrap();
    for (name, pairs) in PAIRS {
        let list = schema.list(name).unwrap();
        for (old, new) in *pairs {
            let expected = match new {
                Some(new) if new == old => Match::Exact(new),
                Some(value) if value.to_lowercase() == old.to_lowercase() => Match::Respelt {
                    value,
                    space: false,
                    capitals: true,
                },
                Some(value) => Match::Previous { value },
                None if list.complete.is_closed() => {
                    let retired = list.retired.iter().find(|r| r.value == *old).unwrap();
                    Match::Retired {
                        choices: &retired.choices,
                    }
                }
                // "Planned" and the like: the new list is not known, so nothing is said of them.
                None => Match::Unlisted,
            };
            assert_eq!(list.look_up(old), expected, "{name}: {old}");
        }
    }
}

#[test]
fn every_value_of_release_1_is_accounted_for() {
    let old = Schema::load("cld-release-1", None).unwrap();
    let new = Schema::load("cld-release-2", None).unwrap();
    for list in &old.lists {
        let successor = new.list(&list.name).unwrap();
        for value in list.values.iter().map(|v| &v.value) {
            let retired = successor.retired.iter().any(|r| r.value == *value);
            let found = successor.look_up(value) != Match::Unlisted;
            assert!(found || retired, "{}: {value}", list.name);
        }
    }
}
