//! Exit code 2: an agreement, an assessment or a retention date that has passed.

use crate::support::{Council, service};

fn council(governance: &str) -> Council {
    let governance = format!(
        "{{legal_basis: Act, direction: No. 3, dpia: D1, {governance}, \
         national_data_opt_out: {{applied: false, reason: mandated}}}}"
    );
    Council::of([service()]).set("governance", governance)
}

#[test]
fn a_run_refuses_when_a_date_that_it_names_has_passed() {
    for (governance, says) in [
        (
            "retain_until: 2020-01-31",
            &["governance.retain_until: 2020-01-31 has passed"][..],
        ),
        (
            "retain_until: 2099-01-31, sharing_agreement_ends: 2020-01-31",
            &["governance.sharing_agreement_ends: 2020-01-31", "Renew"],
        ),
        (
            "retain_until: 2099-01-31, dpia_review_by: 2020-01-31",
            &["governance.dpia_review_by: 2020-01-31", "reviewed"],
        ),
        (
            "retain_until: 2020-01-31, dpia_review_by: 2020-02-28",
            &["retain_until: 2020-01-31", "dpia_review_by: 2020-02-28"],
        ),
    ] {
        council(governance).fails(2).said.says(says);
    }
}

#[test]
fn dates_to_come_stand_in_the_manifest() {
    let ran = council(
        "retain_until: 2099-01-31, dpia_review_by: 2099-02-28, sharing_agreement: A, \
         sharing_agreement_ends: 2099-03-31",
    )
    .makes();
    let governance = ran.predicate()["governance"].clone();
    assert_eq!(governance["retain_until"], "2099-01-31");
    assert_eq!(governance["dpia_review_by"], "2099-02-28");
    assert_eq!(governance["sharing_agreement_ends"], "2099-03-31");
}

#[test]
fn what_is_no_day_is_told() {
    council("retain_until: 2099-01-31, dpia_review_by: 31/01/2099")
        .fails(2)
        .said
        .says(&["governance.dpia_review_by", "2026-03-31"]);
}
