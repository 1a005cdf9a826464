//! Tests of the report: complete, deterministic, self-contained, escaped, readable by machines for people.

use super::*;
use crate::attest::example;
use crate::attest::predicate::Run;

fn html() -> String {
    render(&example::predicate())
}

#[test]
fn it_tells_no_time_and_is_the_same_for_the_same_facts() {
    let mut other = example::predicate();
    other.run = Run {
        started: "2031-01-01T00:00:00Z".into(),
        finished: "2031-01-02T00:00:00Z".into(),
        duration_ms: 1,
        tool_build: "another".into(),
        tool_digest: None,
    };
    assert_eq!(render(&other), html());
    assert!(!html().contains(&example::predicate().run.started));
}

#[test]
fn it_fetches_nothing_and_runs_nothing() {
    let html = html();
    for forbidden in [
        "<script", "http:", "https:", "url(", "@import", "<link", "<img", "<iframe", " onload",
        "src=",
    ] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn test_keys_are_said_in_a_banner_and_only_then() {
    assert!(html().contains("TEST KEY"));
    let mut real = example::predicate();
    real.key.test = false;
    assert!(
        render(&real).contains("TEST KEY"),
        "the signing key is still the published one"
    );
    real.signing_key.test = false;
    assert!(!render(&real).contains("TEST KEY"));
}

#[test]
fn text_from_the_configuration_is_escaped() {
    let mut hostile = example::predicate();
    hostile.controller.name = "<script>alert(1)</script>\"'".into();
    hostile.treatment[0].field = "</table><b>".into();
    let html = render(&hostile);
    assert!(!html.contains("<script") && !html.contains("</table><b>"));
    assert!(super::tests::html().contains("Sample &#38; Sons Council"));
}

#[test]
fn it_holds_every_fact_a_reviewer_needs() {
    let html = html();
    let p = example::predicate();
    let mut facts = vec![
        p.run_id.clone(),
        p.key.id,
        p.key.epoch,
        p.signing_key.id,
        p.schema.digest,
        p.configuration_digest,
        "1,234,567".into(),
        "1,234,000".into(),
        "560".into(),
        "300,000".into(),
        "section 171 of the Data Protection Act 2018".into(),
        "personal data (pseudonymised)".into(),
        "Outside the reporting period".into(),
        "no register of practices was given".into(),
        p.previous.as_ref().expect("given").manifest_digest.clone(),
        p.previous.as_ref().expect("given").run_id.clone(),
        "fewer than 10".into(),
        "12,500".into(),
        "2028-12-31".into(),
        "0 records removed".into(),
        "people on it in the submission: 41".into(),
    ];
    let previous = p.previous.expect("given");
    facts.extend(previous.changes.into_iter().map(|change| change.words));
    facts.extend(previous.people_again);
    facts.extend(p.people.into_iter().map(|group| group.group));
    facts.extend(p.findings.iter().map(|finding| finding.rule.clone()));
    facts.extend(p.treatment.iter().map(|field| field.field.clone()));
    facts.extend(
        p.treatment
            .iter()
            .flat_map(|field| field.columns.iter().map(|column| column.name.clone())),
    );
    facts.extend(p.sources.iter().map(|source| source.keyed_digest.clone()));
    let tables = p.sources.iter().flat_map(|source| &source.tables);
    facts.extend(tables.flat_map(|table| [table.name.clone(), table.keyed_digest.clone()]));
    facts.extend(
        [
            p.governance.legal_basis,
            p.governance.direction,
            p.governance.dpia,
        ]
        .into_iter()
        .flatten(),
    );
    facts.extend([
        p.opt_outs.national_data_opt_out.reason,
        p.opt_outs.objections.reason,
    ]);
    for fact in facts {
        assert!(html.contains(&fact), "{fact}");
    }
    assert!(html.contains("cld manifest verify"));
}

#[test]
fn missing_papers_and_empty_lists_are_said() {
    let mut bare = example::predicate();
    bare.governance.dpia = None;
    bare.findings.clear();
    bare.rules_not_run.clear();
    bare.checks.clear();
    bare.data_quality.clear();
    bare.counts.excluded.clear();
    bare.previous = None;
    bare.period.derived = None;
    let html = render(&bare);
    for words in [
        "not stated",
        "No rule was broken",
        "Every rule could run",
        "No check",
        "No record was excluded",
    ] {
        assert!(html.contains(words), "{words}");
    }
}

#[test]
fn its_structure_serves_assistive_technology() {
    let html = html();
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en-GB\">"));
    for part in [
        "<header",
        "<main",
        "<footer",
        "<nav",
        "<title>",
        "name=\"viewport\"",
        "charset=\"utf-8\"",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert_eq!(html.matches("<h1").count(), 1);
    assert_eq!(
        html.matches("<table").count(),
        html.matches("<caption").count()
    );
    assert_eq!(
        html.matches("<th").count(),
        html.matches("<th scope=").count() + html.matches("<thead").count()
    );
    for element in [
        "table", "tr", "td", "th", "section", "p", "ul", "ol", "li", "dl", "dt", "dd", "pre", "div",
    ] {
        let opened = html.matches(&format!("<{element}>")).count()
            + html.matches(&format!("<{element} ")).count();
        assert_eq!(
            opened,
            html.matches(&format!("</{element}>")).count(),
            "{element}"
        );
    }
    // Every entry of the contents leads somewhere.
    for target in html
        .split("href=\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(html.contains(&format!("id=\"{target}\"")), "{target}");
    }
}
