//! Worked examples of events that are one nationally.

use super::*;

/// Spec section 7, by hand. All rows state the period to 31 March 2026 unless said otherwise. The joined key of a service
/// is person, start, client type, event type, service type and component; the single-submission key adds delivery, cost,
/// frequency and units.
#[test]
fn duplicates_collapse_as_national_tables_collapse_them() {
    let row = |row, event, detail, outcome| Record {
        event,
        detail,
        outcome,
        period_end: day(2026, 3, 31),
        ..blank(row)
    };
    let records = vec![
        // Event 1: home care of one person from one day. Rows 2 to 5 cost the same (detail 1), so they are one event in
        // every table. Row 2 falls: its period ends earlier, though its outcome is the best of all.
        Record {
            period_end: day(2025, 12, 31),
            ..row(2, 1, 1, 0)
        },
        // Row 3 falls: it has ended, and 4 and 5 are open.
        Record {
            end: day(2026, 2, 28),
            ..row(3, 1, 1, 1)
        },
        // Row 4 falls: same period, open, same outcome as row 5, but no conversation.
        row(4, 1, 1, 5),
        Record {
            flags: Record::CONVERSATION,
            ..row(5, 1, 1, 5)
        },
        // Row 6 costs more since an uplift (detail 2): another event in single-submission tables, where 5 and 6 both
        // stay. In joined tables it is the same event, and outcome 2 comes before 5: row 5 falls to row 6.
        row(6, 1, 2, 2),
        // Event 2: double-up care on identical rows 7 and 8. One stays, by the national record id. Row 9 has no outcome,
        // which comes last, so it falls to whichever stays.
        row(7, 2, 1, 4),
        row(8, 2, 1, 4),
        row(9, 2, 1, Record::NO_OUTCOME),
        // Event 3: two prices, otherwise equal. Both stay in single-submission tables, one of the two in joined ones.
        row(10, 3, 1, 4),
        row(11, 3, 2, 4),
        // Event 4: one row. And a row without an event.
        row(12, 4, 1, 4),
        row(13, 0, 1, 4),
    ];
    let judged = of(records.clone()).judge();
    assert_eq!(
        judged.events,
        Collapsed {
            // Events 1, 2 and 3 have 5, 3 and 2 rows: 4 + 2 + 1 go. Rows 2 to 12 have an event.
            joined: Collapse {
                records: 11,
                groups: 3,
                going: 7
            },
            // Detail 1 of event 1 has 4 rows, that of event 2 has 3: 3 + 2 go.
            single: Collapse {
                records: 11,
                groups: 2,
                going: 5
            },
        }
    );
    use Rule::{DuplicateEvent, DuplicateJoined};
    assert_eq!(
        rows(of(records)),
        [
            (2, DuplicateEvent, Instead::Stays(at(5))),
            (3, DuplicateEvent, Instead::Stays(at(5))),
            (4, DuplicateEvent, Instead::Stays(at(5))),
            (5, DuplicateJoined, Instead::Stays(at(6))),
            (7, DuplicateEvent, Instead::OneOf(2)),
            (8, DuplicateEvent, Instead::OneOf(2)),
            (9, DuplicateEvent, Instead::BehindOneOf(2)),
            (10, DuplicateJoined, Instead::OneOf(2)),
            (11, DuplicateJoined, Instead::OneOf(2)),
        ]
    );
}

/// Each step of the order decides only where all before it are equal.
#[test]
fn which_duplicate_stays_goes_by_five_steps() {
    let base = |row| Record {
        event: 1,
        period_end: day(2026, 3, 31),
        end: day(2026, 1, 31),
        outcome: 5,
        ..blank(row)
    };
    let conversation = Record::CONVERSATION;
    let better_than: [(Record, Record); 7] = [
        // A later period beats an open end, and any readable period one that is not.
        (
            base(2),
            Record {
                period_end: day(2025, 12, 31),
                end: None,
                ..base(3)
            },
        ),
        (
            base(2),
            Record {
                period_end: None,
                end: None,
                ..base(3)
            },
        ),
        // An open end beats a late one, and that an earlier one with a better outcome.
        (
            Record {
                end: None,
                outcome: 9,
                ..base(2)
            },
            Record {
                end: day(2026, 3, 31),
                ..base(3)
            },
        ),
        (
            Record {
                end: day(2026, 2, 1),
                ..base(2)
            },
            Record {
                outcome: 0,
                ..base(3)
            },
        ),
        // A better outcome beats a conversation; any outcome beats none.
        (
            Record {
                outcome: 4,
                ..base(2)
            },
            Record {
                flags: conversation,
                ..base(3)
            },
        ),
        (
            Record {
                outcome: 254,
                ..base(2)
            },
            Record {
                outcome: Record::NO_OUTCOME,
                ..base(3)
            },
        ),
        // Otherwise the conversation stays.
        (
            Record {
                flags: conversation,
                ..base(2)
            },
            base(3),
        ),
    ];
    for (better, worse) in better_than {
        for records in [[better, worse], [worse, better]] {
            let falls = (3, Rule::DuplicateEvent, Instead::Stays(at(2)));
            assert_eq!(rows(of(records.to_vec())), [falls]);
        }
    }
}

/// Rows 2 and 3 are equal in one detail group and fall behind row 4 in joined tables: they are told once.
#[test]
fn equals_are_told_of_each_other_only() {
    let row = |row, detail, outcome| Record {
        event: 1,
        detail,
        outcome,
        ..blank(row)
    };
    let records = vec![row(2, 1, 5), row(3, 1, 5), row(4, 2, 1)];
    let one_of = |row| (row, Rule::DuplicateEvent, Instead::OneOf(2));
    assert_eq!(rows(of(records)), [2, 3].map(one_of));
}
