use rusqlite::{Connection, StatementStatus};
use tempfile::TempDir;

use super::*;
use crate::id::ConversationId;
use crate::sqlite::schema;

const ACME: CompanyId = CompanyId(1);

fn opened() -> (TempDir, Connection) {
    let place = tempfile::tempdir().expect("a place");
    let sql = schema::writer(&place.path().join("journal.db"), &[0; 16]).expect("made");
    (place, sql)
}

fn item(key: &str, conversation: u8) -> NewOutbox {
    NewOutbox {
        key: key.to_owned(),
        target: "crm".to_owned(),
        conversation: Some(ConversationId([conversation; 16])),
        payload: Vec::new(),
        not_before: Timestamp::UNIX_EPOCH,
    }
}

fn plan(sql: &Connection, query: &str) -> Vec<String> {
    let mut statement = sql
        .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
        .expect("valid");
    // Nothing need be bound to a statement that is only explained.
    let rows = statement.raw_query().mapped(|row| row.get(3));
    rows.map(|row| row.expect("a line")).collect()
}

#[test]
fn whatever_is_asked_of_the_outbox_is_found_by_an_index() {
    let (_place, sql) = opened();
    let due =
        "SEARCH outbox USING INDEX outbox_due ((not_before,company,key)>(?,?,?) AND not_before<?)";
    let next = "SEARCH outbox USING COVERING INDEX outbox_due";
    let first = "SEARCH outbox USING COVERING INDEX outbox_line (company=? AND conversation=? AND target=? AND state=?)";
    let unsent = "SEARCH outbox USING COVERING INDEX outbox_line (company=? AND conversation=?)";
    let open = "SEARCH outbox USING INDEX outbox_open (company=? AND state=? AND key>?)";
    let done = "SEARCH outbox USING INDEX outbox_key (company=? AND key>?)";
    let count = "SCAN outbox USING COVERING INDEX outbox_open";
    for (query, expected) in [
        (due_query(), due),
        (NEXT.to_owned(), next),
        (line::first(), first),
        (UNSENT.to_owned(), unsent),
        (list_query(OutboxState::Waiting), open),
        (list_query(OutboxState::Dead), open),
        (list_query(OutboxState::Done), done),
        (COUNT.to_owned(), count),
    ] {
        assert_eq!(plan(&sql, &query), [expected], "{query}");
    }
}

/// Steps of the database's machine it takes to find what is due, and to find
/// the first of a line.
fn steps(sql: &Connection) -> [i32; 2] {
    let line = Line {
        company: ACME,
        conversation: ConversationId([1; 16]),
        target: "crm".to_owned(),
    };
    let taken = || {
        [due_query(), line::first()].map(|query| {
            let statement = sql.prepare_cached(&query).expect("kept");
            statement.reset_status(StatementStatus::VmStep)
        })
    };
    taken();
    let found = due(sql, Timestamp::UNIX_EPOCH, None, 10).expect("read");
    assert_eq!(found.len(), 1);
    assert!(line.first(sql).expect("read").is_some());
    taken()
}

#[test]
fn neither_what_is_done_nor_what_is_held_back_costs_anything() {
    let (_place, sql) = opened();
    sql.execute_batch("BEGIN").expect("begun");
    let put = |key: &str, conversation| insert(&sql, ACME, &item(key, conversation)).expect("put");
    put("waits", 1);
    let before = steps(&sql);
    for number in 0..1000 {
        let key = format!("done {number}");
        put(&key, 2);
        step(&sql, ACME, &key, &Step::Done).expect("done");
        put(&format!("held {number}"), 1);
    }
    assert_eq!(steps(&sql), before);
}
