//! The texts of a sample and how often each is meant: values as Release 2 spells them, invented names.
//!
//! No name is a value of a list, so that a name found in a bundle is never an innocent coincidence. Where a list was
//! not found, the texts are the guesses of the schema or plausible ones.

/// A text and its weight among its neighbours.
type Weighted = (&'static str, u64);

pub(super) const GENDER: [Weighted; 4] = [
    ("Female", 580),
    ("Male", 405),
    ("Other", 5),
    ("Unknown", 10),
];

pub(super) const ETHNICITY: [Weighted; 15] = [
    (
        "White: English, Welsh, Scottish, Northern Irish or British",
        700,
    ),
    ("White: Any other White background", 50),
    ("White: Irish", 25),
    ("White: Gypsy or Irish Traveller", 5),
    ("White: Roma", 5),
    ("Asian or Asian British: Indian", 35),
    ("Asian or Asian British: Pakistani", 30),
    ("Asian or Asian British: Bangladeshi", 12),
    ("Asian or Asian British: Chinese", 8),
    ("Black, Black British, Caribbean or African: African", 25),
    ("Black, Black British, Caribbean or African: Caribbean", 30),
    (
        "Mixed or multiple ethnic groups: White and Black Caribbean",
        12,
    ),
    ("Other ethnic group: Arab", 8),
    ("No data: Refused", 15),
    ("No data: Undeclared or not known", 40),
];

pub(super) const SERVICE_USER: [Weighted; 1] = [("Service user", 1)];
pub(super) const CARER: [Weighted; 1] = [("Unpaid carer", 1)];
pub(super) const KNOWN_CARER: [Weighted; 1] = [("Unpaid carer known by association", 1)];

pub(super) const REASON_YOUNG: [Weighted; 8] = [
    ("Learning disability support", 40),
    ("Mental health support", 25),
    ("Physical support: Personal care support", 15),
    ("Physical support: Access and mobility only", 8),
    ("Sensory support: Support for hearing impairment", 3),
    ("Social support: Substance misuse support", 4),
    ("Social support: Asylum seeker support", 2),
    ("Unknown", 3),
];

pub(super) const REASON_OLD: [Weighted; 8] = [
    ("Physical support: Personal care support", 52),
    ("Physical support: Access and mobility only", 14),
    ("Support with memory and cognition", 18),
    ("Mental health support", 5),
    ("Sensory support: Support for visual impairment", 3),
    ("Sensory support: Support for dual impairment", 2),
    (
        "Social support: Support for social isolation or other reason",
        4,
    ),
    ("Unknown", 2),
];

pub(super) const REASON_CARER: [Weighted; 1] = [("Social support: Support to unpaid carer", 1)];

pub(super) const AT_HOME: [Weighted; 7] = [
    ("Owner occupier or shared ownership scheme", 45),
    (
        "Tenant: Local authority or other social housing provider",
        25,
    ),
    ("Tenant: Private landlord", 8),
    ("Settled mainstream housing with family or friends", 12),
    (
        "Supported accommodation, supported lodgings or supported group home",
        4,
    ),
    (
        "Sheltered housing, extra care housing or other sheltered housing",
        5,
    ),
    ("Unknown", 2),
];
pub(super) const CARE_HOME: [Weighted; 1] = [("Registered care home", 1)];
pub(super) const NURSING_HOME: [Weighted; 1] = [("Registered nursing home", 1)];
pub(super) const PRISON: [Weighted; 1] =
    [("Prison, young offenders institution or detention centre", 1)];

pub(super) const WORKING: [Weighted; 6] = [
    (
        "Not in paid employment: Not actively seeking work or retired",
        60,
    ),
    ("Not in paid employment: Seeking work", 12),
    ("Not in paid employment: Voluntary work only", 6),
    ("Paid: Less than 16 hours a week", 8),
    ("Paid: 16 or more hours a week", 8),
    ("Unknown", 6),
];
pub(super) const RETIRED: [Weighted; 2] = [
    (
        "Not in paid employment: Not actively seeking work or retired",
        95,
    ),
    ("Unknown", 5),
];

pub(super) const HAS_CARER: [Weighted; 3] = [("Yes", 30), ("No", 55), ("Unknown", 15)];
pub(super) const NO_CARER: [Weighted; 1] = [("No", 1)];
pub(super) const SELDOM: [Weighted; 3] = [("No", 80), ("Yes", 12), ("Unknown", 8)];

pub(super) const VISUAL: [Weighted; 4] = [
    ("No visual impairment", 80),
    ("Partial sight/sight impaired", 10),
    ("Blind/severely sight impaired", 4),
    ("Unknown", 6),
];

pub(super) const HEARING: [Weighted; 4] = [
    ("No hearing impairment", 75),
    ("Hard of hearing", 16),
    ("Deaf with speech", 3),
    ("Unknown", 6),
];

pub(super) const FUNDING: [Weighted; 4] = [
    ("Fully social care funded", 35),
    ("Joint client and social care funded", 52),
    ("Fully client funded", 10),
    ("Unknown", 3),
];

pub(super) const REQUEST: [Weighted; 1] = [("Request", 1)];
pub(super) const ASSESSMENT: [Weighted; 1] = [("Assessment", 1)];
pub(super) const SERVICE: [Weighted; 1] = [("Service", 1)];
pub(super) const REVIEW: [Weighted; 1] = [("Review", 1)];

pub(super) const REQUEST_OUTCOME: [Weighted; 9] = [
    ("Progress to assessment, review or reassessment", 38),
    ("NFA: Information and advice or signposting", 26),
    ("Progress to reablement/ST-Max", 12),
    (
        "NFA: Referral to other service within the local authority",
        7,
    ),
    ("NFA: Support declined", 6),
    ("NFA: Referral to NHS services or NHS funded social care", 4),
    ("NFA: Self-funded client or under 12wk disregard", 3),
    ("NFA: Responsibility moved to another local authority", 1),
    ("NFA: Other", 3),
];

pub(super) const ASSESSMENT_OUTCOME: [Weighted; 5] = [
    ("Progress to support planning or services", 66),
    ("Progress to reablement/ST-Max", 10),
    ("NFA: Self-funded client or under 12wk disregard", 6),
    ("NFA: No services offered for other reason", 8),
    ("NFA: Support declined", 10),
];

pub(super) const REVIEW_OUTCOME: [Weighted; 5] = [
    ("Continuation of support or services", 60),
    ("Progress to support planning or services", 28),
    ("Progress to assessment, review or reassessment", 5),
    ("NFA: Support ended as planned", 5),
    ("Admitted to hospital", 2),
];

pub(super) const SERVICE_GOES_ON: [Weighted; 1] = [("Continuation of support or services", 1)];
pub(super) const SERVICE_ENDED: [Weighted; 5] = [
    ("NFA: Support ended as planned", 55),
    ("NFA: Support ended for other reason", 20),
    ("Progress to support planning or services", 12),
    ("Admitted to hospital", 9),
    ("NFA: Responsibility moved to another local authority", 4),
];
pub(super) const DIED: [Weighted; 1] = [("NFA: Deceased", 1)];

pub(super) const ROUTE: [Weighted; 6] = [
    ("Community / Other route", 55),
    ("Discharge from Hospital", 28),
    ("Diversion from Hospital Services", 6),
    ("Discharge from Reablement", 5),
    ("Planned Entry (Transition)", 3),
    ("Transfer from Other LA", 3),
];

pub(super) const SHORT_OR_LONG: [Weighted; 2] =
    [("Long term assessment", 60), ("Short term assessment", 40)];
pub(super) const FINANCIAL: [Weighted; 1] = [("Financial assessment", 1)];
pub(super) const NEEDS: [Weighted; 2] = [("Yes", 70), ("No", 30)];
pub(super) const METHOD: [Weighted; 2] = [
    ("Service user only", 70),
    ("Service user and unpaid carer", 30),
];
/// The second is the first as Release 1 has it; a list has only one of them.
pub(super) const CARER_METHOD: [Weighted; 2] = [("Unpaid carer only", 1), ("Carer only", 1)];
pub(super) const HOURS: [Weighted; 4] = [
    ("Up to 19 hours", 25),
    ("20 to 49 hours", 35),
    ("50 to 99 hours", 25),
    ("100 hours or more", 15),
];

pub(super) const PLANNED: [Weighted; 1] = [("Planned", 1)];
pub(super) const NOT_PLANNED: [Weighted; 8] = [
    ("Review of short term support", 40),
    ("Unplanned: Hospital", 22),
    ("Unplanned: Other reason", 24),
    ("Unplanned: Carer related", 8),
    ("Unplanned: Provider failure", 6),
    ("Unplanned - Hospital (Planned and unplanned episodes)", 22),
    ("Unplanned - Other Reason", 24),
    ("Unplanned - Carer related", 8),
];
pub(super) const ACHIEVED: [Weighted; 3] =
    [("Fully met", 45), ("Partially met", 45), ("Not met", 10)];

pub(super) const FEMALE_NAMES: [&str; 24] = [
    "Ada", "Agnes", "Amina", "Beatrice", "Brenda", "Carmel", "Dorothy", "Edith", "Farah", "Gwen",
    "Hilda", "Ines", "Joan", "Kavita", "Lorna", "Maureen", "Nadia", "Olwen", "Pauline", "Rukhsana",
    "Sheila", "Thelma", "Una", "Winifred",
];
pub(super) const MALE_NAMES: [&str; 24] = [
    "Albert", "Arjun", "Bernard", "Cecil", "Clive", "Desmond", "Edwin", "Farooq", "Gerald",
    "Hamid", "Ivor", "Jerome", "Kenneth", "Leonard", "Malcolm", "Norman", "Oswald", "Percy",
    "Ravi", "Stanley", "Tariq", "Vernon", "Walter", "Yusuf",
];
pub(super) const LAST_NAMES: [&str; 40] = [
    "Abara",
    "Ackroyd",
    "Ahmed",
    "Ashdown",
    "Barraclough",
    "Begum",
    "Birtwhistle",
    "Bradwell",
    "Chaudhry",
    "Coldbeck",
    "Dewhirst",
    "Duckworth",
    "Eastwick",
    "Fairbairn",
    "Fernsby",
    "Gill-Marsh",
    "Goodacre",
    "Hallworth",
    "Hepplewhite",
    "Hussain",
    "Ikande",
    "Jagger",
    "Kaur",
    "Kettlewell",
    "Lambshead",
    "Longbottom",
    "Marwick",
    "Nwosu",
    "O'Dowd",
    "Ormerod",
    "Patel",
    "Quarmby",
    "Ramsbottom",
    "Sandiford",
    "Singh",
    "Tattersall",
    "Umpleby",
    "Varley",
    "Wragg",
    "Yewdale",
];
pub(super) const PRACTICES: [&str; 6] = [
    "Larkrise Surgery",
    "Mill Lane Medical Centre",
    "Old Quay Practice",
    "Tannery Road Surgery",
    "Hilltop Practice",
    "Beck Side Surgery",
];
pub(super) const PROVIDERS: [&str; 6] = [
    "Larchfield Care",
    "Brookvale House",
    "Harbour View",
    "Meadowbank",
    "Kestrel Homecare",
    "Ivy Lodge",
];
pub(super) const TEAMS: [&str; 5] = [
    "Adults North",
    "Adults South",
    "Adults East",
    "Adults West",
    "Hospital Team",
];
pub(super) const WORKERS: [&str; 8] = [
    "R. Pemberton",
    "S. Okafor",
    "T. Llewellyn",
    "J. Mistry",
    "C. Fothergill",
    "A. Rahman",
    "L. Whitlock",
    "D. Achebe",
];

pub(super) const ON_REQUEST: [&str; 4] = [
    "Initial conversation with the person and a relative",
    "Contact from the ward, discharge planned",
    "Telephone call, advice given",
    "Conversation 1 held at the community hub",
];
pub(super) const ON_ASSESSMENT: [&str; 4] = [
    "Three Conversations: conversation 2, by telephone",
    "Joint visit with the occupational therapist",
    "Strengths-based Conversation at home",
    "Follow-up visit; equipment fitted",
];
pub(super) const ON_SERVICE: [&str; 3] = [
    "Package as before, new call times",
    "Start confirmed by the provider",
    "Two visits a day, mornings and evenings",
];
pub(super) const ON_REVIEW: [&str; 3] = [
    "Annual review at home",
    "Said \"all is well\", no change wanted",
    "Review by telephone, relative present",
];
