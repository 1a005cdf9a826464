//! A small invented manifest and bundle that the tests of attestation share.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::disclosed::PeopleCount;
use super::predicate::*;
use super::sign::{self, SigningKey};
use super::{REPORT, SUBJECTS, Statement, digest, report, seal};
use crate::treat::key;

pub(super) fn signing_key() -> SigningKey {
    SigningKey::from_pem(include_bytes!("../../samples/keys/test-signing.pem"))
        .expect("the published key")
}

pub(super) fn statement() -> Statement {
    stating(predicate())
}

pub(super) fn stating(predicate: Predicate) -> Statement {
    let files = SUBJECTS.map(|name| (name.to_owned(), digest::of_bytes(name.as_bytes())));
    Statement::new(files.into(), predicate).expect("sound")
}

/// A sealed bundle in a directory of its own.
pub(super) fn bundle() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    fill(directory.path());
    directory
}

/// A sealed bundle below a directory.
pub(super) fn bundle_in(directory: &Path) -> PathBuf {
    let bundle = directory.join("bundle");
    fs::create_dir(&bundle).expect("made");
    fill(&bundle);
    bundle
}

fn fill(directory: &Path) {
    for name in SUBJECTS {
        let text = if name == REPORT {
            report::render(&predicate())
        } else {
            format!("content of {name}\n")
        };
        fs::write(directory.join(name), text).expect("written");
    }
    seal::seal(
        directory,
        predicate(),
        &std::collections::BTreeMap::new(),
        &signing_key(),
    )
    .expect("sealed");
}

/// Every list has an item and every option a value, so that tests reach each part of the shape.
pub(super) fn predicate() -> Predicate {
    Predicate {
        status: STATUS.into(),
        notice: NOTICE.into(),
        run_id: "2026-03-31-4be75661".into(),
        tool: Tool {
            name: "cld-return".into(),
            version: "0.1.0".into(),
        },
        schema: SchemaRef {
            id: "cld-release-2".into(),
            title: "Client Level Data, Release 2".into(),
            release: "2".into(),
            digest: digest::of_bytes(b"schema"),
        },
        configuration_digest: digest::of_bytes(b"configuration"),
        controller: Controller {
            la_code: "999".into(),
            name: "Sample & Sons Council".into(),
        },
        recipient: "nhs-england".into(),
        purpose: "client-level-data".into(),
        governance: Governance {
            legal_basis: Some("Health and Social Care Act 2012, section 259".into()),
            direction: Some("Adult Social Care Client Level Data No. 3 Directions 2023".into()),
            dpia: Some("DPIA-12".into()),
            dpia_review_by: Some("2027-01-31".into()),
            sharing_agreement: Some("DSA-7".into()),
            sharing_agreement_ends: Some("2028-12-31".into()),
            retain_until: Some("2032-03-31".into()),
        },
        opt_outs: OptOuts {
            national_data_opt_out: OptOut {
                applied: false,
                reason: "the disclosure is required by law".into(),
                records_removed: 0,
            },
            objections: Objections {
                applied: false,
                reason: "the disclosure is a legal obligation".into(),
                records_removed: 0,
                list: Some(ObjectionsList {
                    entries: PeopleCount::of(57),
                    unread: PeopleCount::of(2),
                    people: PeopleCount::of(41),
                }),
            },
        },
        period: Period {
            stated: dates("2025-04-01"),
            derived: Some(dates("2025-04-01")),
        },
        key: Key {
            id: "4be756613018645e".into(),
            epoch: "2026".into(),
            algorithm: key::ALGORITHM.into(),
            domains: vec![
                "event-reference".into(),
                "la-person".into(),
                "nhs-number".into(),
            ],
            test: true,
            custody: "published test key".into(),
            crosswalk: Some(
                "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj".into(),
            ),
        },
        signing_key: SigningKeyRef {
            id: signing_key().public().key_id(),
            algorithm: sign::ALGORITHM.into(),
            test: true,
        },
        sources: vec![source("case-system", 1_230_000), source("finance", 4_567)],
        treatment: treatment(),
        selection: [("duplicates".to_owned(), false)].into(),
        counts: Counts {
            read: 1_234_567,
            submitted: 1_234_000,
            excluded: [
                ("outside_period".to_owned(), 560),
                ("no_event".to_owned(), 7),
            ]
            .into(),
            people: 300_000,
            with_errors: 1_200,
        },
        tracing: None,
        people: vec![
            group("Client Type", "service users", 280_000),
            group("Client Type", "unpaid carers", 31_000),
            group("Client Type", "of another client type", 4),
            group(
                "Client Funding Status",
                "people who fund their own care",
                12_500,
            ),
        ],
        gate: Gate {
            max_error_records: "100%".into(),
            people_again: Some("at least 60%".into()),
        },
        findings: vec![
            finding(
                "event_end_date.before_start",
                Severity::Error,
                "Event End Date",
                1_100,
                3,
            ),
            finding("gender.capitals", Severity::Warning, "Gender", 90, 0),
            finding(
                "service_type.unverified",
                Severity::Info,
                "Service Type",
                1,
                0,
            ),
        ],
        rewritten: vec![Rewritten {
            field: "Gender".into(),
            change: "exact spelling of the list".into(),
            records: 90,
        }],
        rules_not_run: vec![RuleNotRun {
            rule: "gp_practice_code.closed".into(),
            reason: "no register of practices was given".into(),
        }],
        data_quality: vec![
            quality("Gender", 1_233_000),
            quality("Date of Birth", 1_100_000),
        ],
        output: Output {
            row_order: ROW_ORDER.into(),
            columns: 51,
            rows: 1_234_000,
        },
        checks: vec![Check {
            check: "No NHS number of the extract stands in any file of the bundle".into(),
            result: CheckResult::Passed,
            figures: [
                ("bytes_read".to_owned(), 1_048_576),
                ("identifiers_found".to_owned(), 0),
            ]
            .into(),
        }],
        self_attack: SelfAttack {
            identifiers: [("la-person", "1000 of more, or all"), ("nhs-number", "all")]
                .map(|(domain, likely)| {
                    let further = "4 of more, or all".into();
                    let likely = likely.to_owned();
                    (domain.to_owned(), TriedIdentifiers { likely, further })
                })
                .into(),
            likely_forms: 60,
            further_forms: 1_500,
            comparisons: 100_000,
            matches: 0,
            uniqueness: vec![
                Uniqueness {
                    details: "month of birth, gender".into(),
                    alone: "12.3%".into(),
                },
                Uniqueness {
                    details: "month of birth, gender, postcode sector".into(),
                    alone: "all, or all but fewer than 10".into(),
                },
            ],
        },
        previous: Some(Previous {
            manifest_digest: digest::of_bytes(b"previous"),
            run_id: "2025-12-31-9f0c1a2b".into(),
            period: Dates {
                start: "2025-01-01".into(),
                end: "2025-12-31".into(),
            },
            people_again: Some("97%".into()),
            changes: vec![
                Change {
                    kind: ChangeKind::FieldAdded,
                    words: "Gender leaves now, and did not before".into(),
                    before: None,
                    after: Some("kept: Gender (as checked)".into()),
                },
                Change {
                    kind: ChangeKind::People,
                    words: "Fewer people in the submission".into(),
                    before: Some("312,000".into()),
                    after: Some("300,000".into()),
                },
            ],
        }),
        run: Run {
            started: "2026-04-07T09:00:00Z".into(),
            finished: "2026-04-07T09:00:02Z".into(),
            duration_ms: 2_150,
            tool_build: "x86_64-unknown-linux-gnu release".into(),
            tool_digest: Some(digest::of_bytes(b"program")),
        },
    }
}

fn group(field: &str, group: &str, people: u64) -> PeopleGroup {
    PeopleGroup {
        field: field.into(),
        group: group.into(),
        people: PeopleCount::of(people),
    }
}

fn dates(start: &str) -> Dates {
    Dates {
        start: start.into(),
        end: "2026-03-31".into(),
    }
}

fn source(name: &str, rows: u64) -> Source {
    Source {
        name: name.into(),
        kind: "csv".into(),
        encoding: Some("utf-8".into()),
        sheet: None,
        query: None,
        bytes: rows * 500,
        rows,
        blank_lines: 2,
        keyed_digest: digest::of_bytes(name.as_bytes()),
        columns_ignored: vec!["Team".into(), "local_worker".into()],
        fields_absent: vec!["Dementia".into()],
        values_mapped: [("Gender".to_owned(), 2)].into(),
        tables: vec![Table {
            name: "people".into(),
            kind: "xlsx".into(),
            encoding: None,
            sheet: Some("People".into()),
            query: None,
            bytes: 70_000,
            rows: 900,
            keyed_digest: digest::of_bytes(b"people"),
            records: TableRecords {
                matched: rows,
                unmatched: 0,
                undecided: 0,
                without_key: 0,
            },
        }],
    }
}

fn treatment() -> Vec<FieldTreatment> {
    let field =
        |field: &str, treatment, columns: &[(&str, &str)], stricter_than_schema| FieldTreatment {
            field: field.into(),
            treatment,
            columns: columns
                .iter()
                .map(|(name, form)| OutputColumn {
                    name: (*name).into(),
                    form: (*form).into(),
                })
                .collect(),
            stricter_than_schema,
        };
    vec![
        field(
            "NHS Number",
            TreatmentKind::Pseudonymise,
            &[("Der_NHS_Number_Pseudo", "keyed pseudonym (nhs-number)")],
            false,
        ),
        field(
            "Gender",
            TreatmentKind::Keep,
            &[("Gender", "as checked")],
            false,
        ),
        field(
            "Date of Birth",
            TreatmentKind::Derive,
            &[("Der_Birth_Year", "year"), ("Der_Birth_Month", "month")],
            false,
        ),
        field("Event Reference", TreatmentKind::Drop, &[], true),
    ]
}

fn finding(rule: &str, severity: Severity, field: &str, records: u64, caused: u64) -> RuleFindings {
    RuleFindings {
        rule: rule.into(),
        severity,
        field: field.into(),
        words: format!("{field} <is> as the rule asks"),
        records,
        caused,
    }
}

fn quality(field: &str, valid: u64) -> FieldQuality {
    FieldQuality {
        module: "person".into(),
        field: field.into(),
        valid,
        release_1: 10,
        unverified: 20,
        invalid: 70,
        blank_mandatory: 400,
        blank: 1_234_000 - valid - 500,
    }
}
