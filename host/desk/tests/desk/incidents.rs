//! What supervisors say about incidents, also where the storage fails in the middle.

use std::path::Path;

use patchbay_desk::{Desk, IncidentChange};
use patchbay_events::{EventKind, IncidentState};
use patchbay_journal::EntryPage;
use patchbay_pass::agent_action::AgentAction;
use rusqlite::Connection;

use crate::floor::{act, supervisor};
use crate::office::{conversations, desk, feed, northwind, noted, said, take_in};

/// What a change of an incident writes. Each row is refused in turn, as a failing disk does.
const WRITES: [&str; 4] = [
    "INSERT ON directive",
    "DELETE ON directive",
    "INSERT ON entry",
    "INSERT ON audit",
];

fn database(place: &Path) -> Connection {
    Connection::open(place.join("desk.db")).expect("opened")
}

/// A desk with a conversation in each of these incidents.
fn desk_with_incidents(place: &Path, subjects: &[&str]) -> Desk {
    let stored = {
        let desk = desk(place);
        for subject in subjects {
            take_in(&desk, vec![said(subject, &format!("@{subject}"), "Down")]);
        }
        conversations(&desk)
    };
    let sql = database(place);
    for (row, subject) in stored.iter().zip(subjects) {
        let changed = sql.execute(
            "UPDATE conversation SET snapshot = CAST(json_set(CAST(snapshot AS TEXT),
               '$.incident', ?1, '$.incident_since', '2026-01-01T00:00:00Z') AS BLOB)
             WHERE id = ?2",
            rusqlite::params![subject, row.id.0],
        );
        assert_eq!(changed.expect("changed"), 1);
    }
    drop(sql);
    desk(place)
}

fn change(desk: &Desk, subject: &str, change: IncidentChange) -> Result<(), String> {
    let changed = desk
        .incidents()
        .change("northwind", subject, change, "sue", noted());
    changed.map(|_| ()).map_err(|error| error.to_string())
}

fn name(name: &str) -> IncidentChange {
    IncidentChange {
        name: Some(Some(name.to_owned())),
        state: None,
    }
}

/// Everything that a change of an incident may change, here and in the journal.
fn everything(desk: &Desk) -> String {
    let incidents = desk.incidents().list("northwind", None, None, 10);
    let directives = desk.journal().directives(northwind(desk));
    let audit = desk.journal().audit_records(None, EntryPage::After(0), 100);
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}",
        incidents.expect("there"),
        directives.expect("readable"),
        audit.expect("readable"),
        feed(desk)
    )
}

#[test]
fn a_change_of_an_incident_is_written_whole_or_not_at_all() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_with_incidents(place.path(), &["ended", "outage"]);
    change(&desk, "ended", name("Over soon")).expect("named");
    let ended = desk.incidents().one("northwind", "ended", None, 1);
    let (_, places) = ended.expect("there");
    act(&desk, places[0].1, supervisor(), AgentAction::Resolve).expect("resolved");
    let close = || IncidentChange {
        state: Some(IncidentState::Closed),
        ..name("Outage in Lisbon")
    };

    let before = everything(&desk);
    for write in WRITES {
        let trigger =
            format!("CREATE TRIGGER full BEFORE {write} BEGIN SELECT RAISE(ABORT, 'full'); END;");
        database(place.path()).execute_batch(&trigger).expect(write);
        let failed = change(&desk, "outage", close());
        let drop_trigger = database(place.path()).execute_batch("DROP TRIGGER full;");
        drop_trigger.expect("dropped");
        failed.expect_err(write);
        assert_eq!(everything(&desk), before, "{write}");
    }
    change(&desk, "outage", close()).expect("closed");

    let changes = || {
        let all = feed(&desk).into_iter();
        let changes = all.filter(|entry| entry.kind == EventKind::IncidentChanged as u16);
        changes.count()
    };
    assert_eq!(changes(), 2, "one for each incident");
    let stored = desk.journal().directives(northwind(&desk));
    let stored = stored.expect("readable");
    let names: Vec<&str> = stored.iter().map(|stored| stored.name.as_str()).collect();
    assert_eq!(names, ["incident outage"], "the ended one is forgotten");
    let (view, _) = desk
        .incidents()
        .one("northwind", "outage", None, 1)
        .expect("there");
    assert_eq!(view.state(), IncidentState::Closed);
    assert_eq!(view.note.name.as_deref(), Some("Outage in Lisbon"));
}
