//! What the manifest says of people: how many, by what, who objected, whose number was traced.

use super::Facts;
use crate::attest::disclosed;
use crate::attest::predicate::{self as say};
use crate::treat::{People, Traits};

/// What numbers that tracing verified came to.
pub(super) fn tracing(facts: &Facts<'_>) -> Option<say::Tracing> {
    let (traced, sums) = facts.traced?;
    Some(say::Tracing {
        register: traced.head.clone(),
        records_with_number_before: sums.held,
        records_with_number: sums.known,
        records_that_differ: sums.differ,
        people: disclosed::PeopleCount::of(sums.people()),
        people_healed: disclosed::among(sums.people(), sums.healed()),
        people_who_differ: disclosed::among(sums.people(), sums.people_who_differ()),
    })
}

/// This return is mandated: whoever objected is in it, and is counted.
pub(super) fn objections(facts: &Facts<'_>) -> say::Objections {
    let config = &facts.config;
    let said = config.objections.as_ref().and_then(|o| o.reason.clone());
    let list = facts.objections.map(|list| {
        let found = facts.people.count_with(Traits::OBJECTS);
        let [entries, unread, people] = disclosed::listed(list.entries(), list.unread(), found);
        say::ObjectionsList {
            entries,
            unread,
            people,
        }
    });
    say::Objections {
        applied: false,
        reason: said.unwrap_or_else(|| {
            format!(
                "No record was left out for an objection. {}",
                config.governance.opt_out_reason
            )
        }),
        records_removed: 0,
        list,
    }
}

/// People by what they have in common, so that a reviewer sees who is included.
pub(super) fn people(people: &People) -> Vec<say::PeopleGroup> {
    const BY_CLIENT: [(Traits, &str); 4] = [
        (Traits::SERVICE_USER, "service users"),
        (Traits::CARER, "unpaid carers"),
        (
            Traits::KNOWN_BY_ASSOCIATION,
            "unpaid carers known by association",
        ),
        (
            Traits::OTHER_CLIENT,
            "another client type, or none that can be read",
        ),
    ];
    let numbers = BY_CLIENT.map(|(traits, _)| people.count_with(traits));
    let group = |field: &str, group: &str, people| say::PeopleGroup {
        field: field.into(),
        group: group.into(),
        people,
    };
    let by_client = disclosed::groups(people.count(), &numbers)
        .into_iter()
        .zip(BY_CLIENT)
        .map(|(number, (_, words))| group("Client Type", words, number));
    let funding = disclosed::among(people.count(), people.count_with(Traits::FUNDS_OWN_CARE));
    let words = "people who fund their own care";
    by_client
        .chain([group("Client Funding Status", words, funding)])
        .collect()
}
