//! `cld explain`.

use cld_return::schema::Schema;
use cld_return::validate::{Plan, Setting};

use crate::support::call;

#[test]
fn pages_are_as_reviewed() {
    for code in [
        "gender.not_in_list",
        "unit_cost.blank_mandatory",
        "service_component.not_of_service_type",
        "reporting_period_start_date.outside_derived_1",
    ] {
        let page = call(["explain", code]).code(0).stdout;
        assert!(
            page.lines().all(|line| line.chars().count() <= 100),
            "{page}"
        );
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("explain-{code}"), page);
        });
    }
}

#[test]
fn a_field_or_a_check_lists_its_rules() {
    let by_name = call(["explain", "Has Unpaid Carer"]).code(0).stdout;
    assert_eq!(
        by_name,
        call(["explain", "has_unpaid_carer"]).code(0).stdout
    );
    assert!(by_name.contains("has_unpaid_carer.not_in_list") && by_name.contains("7 rules"));
    let check = call(["explain", "shape"]).code(0).stdout;
    for code in [
        "la_code.shape",
        "gp_practice_code.shape",
        "provider_cqc_location_id.shape",
    ] {
        assert!(check.contains(code), "{check}");
    }
    let json = call(["explain", "shape", "--format", "json"])
        .code(0)
        .json();
    assert_eq!(json.as_array().map(Vec::len), Some(3));
}

#[test]
fn all_of_it_is_every_rule_of_the_return() {
    for id in ["cld-release-1", "cld-release-2"] {
        let arguments = ["explain", "--all", "--schema", id];
        let json = call(arguments.into_iter().chain(["--format", "json"]))
            .code(0)
            .json();
        let plan = Plan::new(Schema::load(id, None).unwrap().into(), &Setting::default());
        let codes: Vec<_> = plan
            .rules()
            .iter()
            .map(|r| plan.code(r.at, r.broken))
            .collect();
        let explained = json.as_array().unwrap();
        let found: Vec<_> = explained
            .iter()
            .map(|e| e["rule"].as_str().unwrap())
            .collect();
        // The rules that wait for a list are there as well, since `cld validate` names them.
        let waiting = |code: &&str| !codes.contains(code);
        assert!(
            found
                .iter()
                .filter(|c| waiting(c))
                .all(|c| c.ends_with(".not_in_list"))
        );
        assert_eq!(
            found
                .into_iter()
                .filter(|c| !waiting(c))
                .collect::<Vec<_>>(),
            codes
        );
        for entry in explained {
            if !codes.contains(&entry["rule"].as_str().unwrap()) {
                continue;
            }
            let examples = entry["examples"].as_array().unwrap();
            assert!(!examples.is_empty(), "{}", entry["rule"]);
        }
        let human = call(arguments).code(0).stdout;
        assert!(
            codes
                .iter()
                .all(|code| human.contains(&format!("\n{code}\n")))
        );
        assert!(human.contains("\nGender (gender), person details\n"));
    }
}

#[test]
fn a_release_shows_its_own_examples_where_it_has_some() {
    let page =
        |schema: &str, code: &str| call(["explain", code, "--schema", schema]).code(0).stdout;
    let own = page("cld-release-1", "service_component.not_of_service_type");
    assert!(own.contains("Home Support") && !own.contains("Release 2"));
    let other = page("cld-release-1", "unit_cost.decimals");
    assert!(other.contains("in the words of Release 2"));
}

#[test]
fn a_rule_that_waits_for_a_list_says_so() {
    let page = call(["explain", "dementia.not_in_list"]).code(0).stdout;
    assert!(
        page.contains("not run") && page.contains("`lists:`"),
        "{page}"
    );
}

#[test]
fn what_is_not_known_is_answered_with_the_nearest() {
    for (asked, nearest) in [
        ("gender.not_on_list", "`gender.not_in_list`"),
        ("Gendre", "`Gender`"),
        ("blank_mandatry", "`blank_mandatory`"),
        ("reporting_period_end_date.superseded_release", "--schema"),
    ] {
        call(["explain", asked]).code(2).says(&[asked, nearest]);
    }
    call(["explain"]).code(2);
    call(["explain", "gender", "--all"]).code(2);
}

#[test]
fn a_rule_of_the_portal_has_a_page() {
    let said = call(["explain", "portal.first_character"]).code(0);
    for part in ["No value begins with", "refused", "what to do"] {
        assert!(said.stdout.contains(part), "{part}");
    }
    let json = call(["explain", "portal.utf_8", "--format", "json"])
        .code(0)
        .json();
    assert_eq!(json["level"], "warning");
    call(["explain", "portal.nothing"]).code(2);
}
