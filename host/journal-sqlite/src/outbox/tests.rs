use patchbay_journal::ConversationId;
use rusqlite::{Connection, StatementStatus};

use super::*;
use crate::schema;

use tempfile::TempDir;

const ACME: CompanyId = CompanyId(1);

fn open() -> (TempDir, Connection) {
    let directory = tempfile::tempdir().expect("a directory");
    let sql = schema::open_writer(&directory.path().join("journal.db"), &[0; 16]).expect("opened");
    (directory, sql)
}

fn item(key: &str, conversation: u8) -> NewOutbox {
    NewOutbox {
        key: key.to_owned(),
        target: "crm".to_owned(),
        conversation: Some(ConversationId([conversation; 16])),
        payload: Vec::new(),
        not_before: Timestamp::UNIX_EPOCH,
        can_take_back: false,
    }
}

fn plan(sql: &Connection, query: &str) -> Vec<String> {
    let mut statement = sql
        .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
        .expect("valid");
    // A statement that is only explained needs no parameters.
    let rows = statement.raw_query().mapped(|row| row.get(3));
    rows.map(|row| row.expect("a row")).collect()
}

#[test]
fn every_outbox_query_uses_an_index() {
    let (_directory, sql) = open();
    let due =
        "SEARCH outbox USING INDEX outbox_due ((not_before,company,key)>(?,?,?) AND not_before<?)";
    let next = "SEARCH outbox USING COVERING INDEX outbox_due";
    let first = "SEARCH outbox USING COVERING INDEX outbox_line (company=? AND conversation=? AND target=? AND state=?)";
    let unsent = "SEARCH outbox USING COVERING INDEX outbox_line (company=? AND conversation=?)";
    let open_items = "SEARCH outbox USING INDEX outbox_open (company=? AND state=? AND key>?)";
    let done = "SEARCH outbox USING INDEX outbox_key (company=? AND key>?)";
    let count = "SCAN outbox USING COVERING INDEX outbox_open";
    for (query, expected) in [
        (due_query(), due),
        (NEXT.to_owned(), next),
        (target_queue::first_query(), first),
        (UNSENT.to_owned(), unsent),
        (list_query(OutboxState::Waiting), open_items),
        (list_query(OutboxState::Dead), open_items),
        (list_query(OutboxState::Done), done),
        (COUNT.to_owned(), count),
    ] {
        assert_eq!(plan(&sql, &query), [expected], "{query}");
    }
}

/// Steps of the database's virtual machine to find due items, and to find the
/// first item of a queue.
fn steps(sql: &Connection) -> [i32; 2] {
    let queue = TargetQueue {
        company: ACME,
        conversation: ConversationId([1; 16]),
        target: "crm".to_owned(),
    };
    let measure = || {
        [due_query(), target_queue::first_query()].map(|query| {
            let statement = sql.prepare_cached(&query).expect("prepared");
            statement.reset_status(StatementStatus::VmStep)
        })
    };
    measure();
    let found = due(sql, Timestamp::UNIX_EPOCH, None, 10).expect("read");
    assert_eq!(found.len(), 1);
    assert!(queue.find_first(sql).expect("read").is_some());
    measure()
}

#[test]
fn done_and_held_items_do_not_slow_the_search() {
    let (_directory, sql) = open();
    sql.execute_batch("BEGIN").expect("started");
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
