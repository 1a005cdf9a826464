//! What services there are: component and type that fit, who gets them where, how they are paid for.

use super::chance::Choice;
use super::words::Lexicon;

/// Where a person lives, as far as it decides what support there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Home,
    CareHome,
    NursingHome,
    Prison,
}

/// How a service is paid for: frequency, unit cost from and to in pence, units a week from and to in quarters.
#[derive(Clone, Copy)]
pub(super) struct Price {
    frequency: &'static str,
    pub(super) pence: (i32, i32),
    /// None where there is nothing to count.
    pub(super) quarters: Option<(i32, i32)>,
}

const HOURLY: Price = Price {
    frequency: "Hourly",
    pence: (1800, 2900),
    quarters: Some((14, 168)),
};
const SESSION: Price = Price {
    frequency: "Per session",
    pence: (3200, 8500),
    quarters: Some((4, 20)),
};
const DAILY: Price = Price {
    frequency: "Daily",
    pence: (9000, 16500),
    quarters: Some((4, 28)),
};
const WEEKLY: Price = Price {
    frequency: "Weekly",
    pence: (45000, 149000),
    quarters: Some((4, 4)),
};
const FOUR_WEEKLY: Price = Price {
    frequency: "4-weekly",
    pence: (40000, 220000),
    quarters: Some((4, 4)),
};
const ONE_OFF: Price = Price {
    frequency: "One-off",
    pence: (3500, 90000),
    quarters: None,
};

/// One way of being supported.
pub(super) struct Service {
    pub(super) kind: String,
    pub(super) component: String,
    pub(super) delivery: String,
    pub(super) frequency: Option<String>,
    pub(super) price: Option<Price>,
    /// Bought once and done with: never left open in a clean sample.
    pub(super) equipment: bool,
    /// Given by a provider that the Care Quality Commission registers.
    pub(super) registered: bool,
    /// How many in a hundred have no end date.
    pub(super) open_percent: u64,
}

/// What there is for whom.
pub(super) struct Services {
    home: Choice<Service>,
    care_home: Choice<Service>,
    nursing_home: Choice<Service>,
    prison: Choice<Service>,
    /// For carers.
    pub(super) carer: Choice<Service>,
}

impl Services {
    /// What there is for a service user.
    pub(super) fn at(&self, setting: Setting) -> &Choice<Service> {
        match setting {
            Setting::Home => &self.home,
            Setting::CareHome => &self.care_home,
            Setting::NursingHome => &self.nursing_home,
            Setting::Prison => &self.prison,
        }
    }
}

const ST_MAX: &str = "Short term support: ST-Max";
const LOW: &str = "Short term support: Ongoing low level";
const SHORT: &str = "Short term support: Other short term";
const COMMUNITY: &str = "Long term support: Community";
const RESIDENTIAL: &str = "Long term support: Residential care";
const NURSING: &str = "Long term support: Nursing care";
const IN_PRISON: &str = "Long term support: Prison";
const TO_CARER: &str = "Unpaid carer support: Direct to unpaid carer";
const WITH_CARED_FOR: &str = "Unpaid carer support: Support involving the person cared-for";

const PAYMENT: &str = "Direct payment";
const MANAGED: &str = "CASSR managed personal budget";
const COMMISSIONED: &str = "CASSR commissioned support";

/// Weight, type, component, delivery, price, registered, open in a hundred.
type Line = (
    u64,
    &'static str,
    &'static str,
    &'static str,
    Option<Price>,
    bool,
    u64,
);

const AT_HOME: [Line; 20] = [
    (10, ST_MAX, "Reablement", COMMISSIONED, None, true, 8),
    (12, LOW, "Equipment", COMMISSIONED, Some(ONE_OFF), false, 0),
    (2, LOW, "Transport", COMMISSIONED, None, false, 35),
    (2, LOW, "Meals", COMMISSIONED, None, false, 35),
    (
        4,
        SHORT,
        "Short term residential care",
        MANAGED,
        Some(WEEKLY),
        true,
        5,
    ),
    (
        2,
        SHORT,
        "Short term nursing care",
        COMMISSIONED,
        Some(WEEKLY),
        true,
        5,
    ),
    (2, SHORT, "Emergency support", COMMISSIONED, None, true, 0),
    (1, SHORT, "End of life care", COMMISSIONED, None, true, 5),
    (
        1,
        SHORT,
        "Other short term support",
        COMMISSIONED,
        None,
        false,
        10,
    ),
    (
        24,
        COMMUNITY,
        "Home support or domiciliary care",
        MANAGED,
        Some(HOURLY),
        true,
        58,
    ),
    (
        6,
        COMMUNITY,
        "Home support or domiciliary care",
        COMMISSIONED,
        Some(HOURLY),
        true,
        58,
    ),
    (
        7,
        COMMUNITY,
        "Day support",
        MANAGED,
        Some(SESSION),
        false,
        60,
    ),
    (
        9,
        COMMUNITY,
        "Direct payment",
        PAYMENT,
        Some(FOUR_WEEKLY),
        false,
        65,
    ),
    (
        6,
        COMMUNITY,
        "Community supported living",
        MANAGED,
        Some(WEEKLY),
        true,
        75,
    ),
    (
        2,
        COMMUNITY,
        "Shared Lives",
        MANAGED,
        Some(WEEKLY),
        true,
        75,
    ),
    (
        2,
        COMMUNITY,
        "Extra care housing",
        MANAGED,
        Some(WEEKLY),
        true,
        75,
    ),
    (
        1,
        COMMUNITY,
        "Learning, education or employment support",
        PAYMENT,
        Some(SESSION),
        false,
        50,
    ),
    (
        1,
        COMMUNITY,
        "Professional support: Social worker",
        COMMISSIONED,
        Some(HOURLY),
        false,
        50,
    ),
    (
        1,
        COMMUNITY,
        "Professional support: Other",
        MANAGED,
        Some(HOURLY),
        false,
        50,
    ),
    (
        2,
        COMMUNITY,
        "Other long term support",
        MANAGED,
        Some(DAILY),
        false,
        50,
    ),
];
const IN_CARE_HOME: [Line; 2] = [
    (
        9,
        RESIDENTIAL,
        "Long term residential care",
        MANAGED,
        Some(WEEKLY),
        true,
        65,
    ),
    (1, LOW, "Equipment", COMMISSIONED, Some(ONE_OFF), false, 0),
];
const IN_NURSING_HOME: [Line; 2] = [
    (
        9,
        NURSING,
        "Long term nursing care",
        MANAGED,
        Some(WEEKLY),
        true,
        60,
    ),
    (
        1,
        NURSING,
        "Long term nursing care",
        COMMISSIONED,
        Some(WEEKLY),
        true,
        60,
    ),
];
const FOR_PRISONERS: [Line; 1] = [(
    1,
    IN_PRISON,
    "Other long term support",
    COMMISSIONED,
    Some(SESSION),
    false,
    50,
)];
const FOR_CARERS: [Line; 5] = [
    (
        5,
        TO_CARER,
        "Direct payment",
        PAYMENT,
        Some(ONE_OFF_PAYMENT),
        false,
        5,
    ),
    (
        5,
        TO_CARER,
        "Unpaid carer universal services",
        COMMISSIONED,
        None,
        false,
        40,
    ),
    (
        2,
        TO_CARER,
        "Other unpaid carer support",
        MANAGED,
        Some(SESSION),
        false,
        40,
    ),
    (
        5,
        WITH_CARED_FOR,
        "Unpaid carer respite",
        MANAGED,
        Some(DAILY),
        true,
        20,
    ),
    (
        3,
        WITH_CARED_FOR,
        "Unpaid carer sitting service",
        MANAGED,
        Some(HOURLY),
        true,
        50,
    ),
];
/// A carer's direct payment must count units although there is one.
const ONE_OFF_PAYMENT: Price = Price {
    frequency: "One-off",
    pence: (10000, 50000),
    quarters: Some((4, 4)),
};

/// The services as the schema spells them. Those that it does not know are left out, unless it knows none.
pub(super) fn spelt(lexicon: &Lexicon<'_>) -> Services {
    let choice = |lines: &[Line]| {
        let known: Vec<_> = lines
            .iter()
            .filter_map(|line| service(line, |field, text| lexicon.spelling(field, text)))
            .collect();
        if known.is_empty() {
            let unspelt = lines
                .iter()
                .filter_map(|line| service(line, |_, text| Some(text.to_owned())));
            return Choice::new(unspelt);
        }
        Choice::new(known)
    };
    Services {
        home: choice(&AT_HOME),
        care_home: choice(&IN_CARE_HOME),
        nursing_home: choice(&IN_NURSING_HOME),
        prison: choice(&FOR_PRISONERS),
        carer: choice(&FOR_CARERS),
    }
}

/// A line of the tables, if all of it can be spelt, and its weight.
fn service(line: &Line, spell: impl Fn(&str, &str) -> Option<String>) -> Option<(Service, u64)> {
    let (weight, kind, component, delivery, price, registered, open_percent) = *line;
    let frequency = price.and_then(|price| spell("cost_frequency_unit_type", price.frequency));
    let service = Service {
        kind: spell("service_type", kind)?,
        component: spell("service_component", component)?,
        delivery: spell("delivery_mechanism", delivery)?,
        frequency,
        price,
        equipment: component == "Equipment",
        registered,
        open_percent,
    };
    Some((service, weight))
}
