//! Conversations and their history.

use patchbay_model::conversation::ConversationState;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::commit::Conversation;
use crate::entry::{Entry, Feed};
use crate::error::JournalError;
use crate::id::{CompanyId, ContactId, ConversationId};
use crate::sqlite::ledger::newest_feed;
use crate::sqlite::row::{At, Coded, limit, place};

const CONVERSATION: &str = "company, id, sequence, thread, contact, state, queue, owner, due_at,
    opened_at, snapshot";
const ENTRY: &str = "v.id, e.sequence, e.feed, e.kind, e.at, e.input, e.head, e.sealed, e.contact";

/// The one connection between a person's contacts: `person` holds the ids of
/// all that are one with the contact ?2 of company ?1.
pub(super) const PERSON: &str = "WITH RECURSIVE
    up (id) AS (
      SELECT ?2 UNION
      SELECT c.merged_into FROM contact c JOIN up ON c.company = ?1 AND c.id = up.id
        WHERE c.merged_into IS NOT NULL),
    person (id) AS (
      SELECT up.id FROM up UNION
      SELECT c.id FROM contact c JOIN person ON c.company = ?1 AND c.merged_into = person.id)";

fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        company: row.get(0)?,
        id: row.get(1)?,
        sequence: row.get(2)?,
        thread: row.get(3)?,
        contact: row.get(4)?,
        state: row.get::<_, Coded<ConversationState>>(5)?.0,
        queue: row.get(6)?,
        owner: row.get(7)?,
        due_at: row.get::<_, Option<At>>(8)?.map(|at| at.0),
        opened_at: row.get::<_, At>(9)?.0,
        snapshot: row.get(10)?,
    })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        conversation: row.get(0)?,
        sequence: row.get(1)?,
        feed: row.get(2)?,
        kind: row.get(3)?,
        at: row.get::<_, At>(4)?.0,
        input: row.get(5)?,
        head: row.get(6)?,
        sealed: row.get(7)?,
        contact: row.get(8)?,
    })
}

fn all<T>(
    sql: &Connection,
    query: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, JournalError> {
    let mut statement = sql.prepare_cached(query)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A conversation by its id.
pub(super) fn by_id(
    sql: &Connection,
    company: CompanyId,
    id: ConversationId,
) -> Result<Option<Conversation>, JournalError> {
    let query = format!("SELECT {CONVERSATION} FROM conversation WHERE company = ?1 AND id = ?2");
    let found = sql
        .prepare_cached(&query)?
        .query_row(params![company, id], conversation)
        .optional()?;
    Ok(found)
}

/// The conversation opened last on a thread.
pub(super) fn current(
    sql: &Connection,
    company: CompanyId,
    thread: &[u8],
) -> Result<Option<Conversation>, JournalError> {
    let query = format!(
        "SELECT {CONVERSATION} FROM conversation WHERE company = ?1 AND thread = ?2
         ORDER BY opened_at DESC, rowid DESC LIMIT 1"
    );
    let found = sql
        .prepare_cached(&query)?
        .query_row(params![company, thread], conversation)
        .optional()?;
    Ok(found)
}

/// How many conversations a thread has had.
pub(super) fn count_on(
    sql: &Connection,
    company: CompanyId,
    thread: &[u8],
) -> Result<u32, JournalError> {
    let count = sql
        .prepare_cached("SELECT count(*) FROM conversation WHERE company = ?1 AND thread = ?2")?
        .query_row(params![company, thread], |row| row.get(0))?;
    Ok(count)
}

/// A person's conversations.
pub(super) fn of_person(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
    most: usize,
) -> Result<Vec<Conversation>, JournalError> {
    let query = format!(
        "{PERSON} SELECT {CONVERSATION} FROM conversation
         WHERE company = ?1 AND contact IN (SELECT id FROM person)
         ORDER BY opened_at DESC, rowid DESC LIMIT ?3"
    );
    let mut found = all(
        sql,
        &query,
        params![company, contact, limit(most)],
        conversation,
    )?;
    found.reverse();
    Ok(found)
}

/// Entries of one conversation.
pub(super) fn entries(
    sql: &Connection,
    company: CompanyId,
    of: ConversationId,
    after: u64,
    most: usize,
) -> Result<Vec<Entry>, JournalError> {
    let query = format!(
        "SELECT {ENTRY} FROM conversation v CROSS JOIN entry e
           ON e.company = ?1 AND e.conversation = v.number
         WHERE v.company = ?1 AND v.id = ?2 AND e.sequence > ?3 ORDER BY e.sequence LIMIT ?4"
    );
    all(
        sql,
        &query,
        params![company, of, place(after), limit(most)],
        entry,
    )
}

/// Entries of a person's conversations.
pub(super) fn journey(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
    after: u64,
    most: usize,
) -> Result<Vec<Entry>, JournalError> {
    // Found through the few conversations, not by walking the company's feed.
    let query = format!(
        "{PERSON} SELECT {ENTRY} FROM conversation v CROSS JOIN entry e INDEXED BY entry_sequence
           ON e.company = ?1 AND e.conversation = v.number
         WHERE v.company = ?1 AND v.contact IN (SELECT id FROM person) AND e.feed > ?3
         ORDER BY e.feed LIMIT ?4"
    );
    let params = params![company, contact, place(after), limit(most)];
    all(sql, &query, params, entry)
}

/// Entries somebody should see.
pub(super) fn watched(
    sql: &Connection,
    company: CompanyId,
    after: u64,
    most: usize,
) -> Result<Vec<Entry>, JournalError> {
    let query = format!(
        "SELECT {ENTRY} FROM entry e INDEXED BY entry_watched
         LEFT JOIN conversation v ON v.number = e.conversation
         WHERE e.company = ?1 AND e.feed > ?2 AND e.kind BETWEEN 48 AND 63
         ORDER BY e.feed LIMIT ?3"
    );
    all(
        sql,
        &query,
        params![company, place(after), limit(most)],
        entry,
    )
}

/// A stretch of a company's feed.
pub(super) fn feed(
    sql: &Connection,
    company: CompanyId,
    after: u64,
    most: usize,
) -> Result<Feed, JournalError> {
    let oldest: Option<u64> = sql
        .prepare_cached("SELECT feed_oldest FROM company WHERE id = ?1")?
        .query_row([company], |row| row.get(0))
        .optional()?;
    let query = format!(
        "SELECT {ENTRY} FROM entry e LEFT JOIN conversation v ON v.number = e.conversation
         WHERE e.company = ?1 AND e.feed > ?2 ORDER BY e.feed LIMIT ?3"
    );
    Ok(Feed {
        entries: all(
            sql,
            &query,
            params![company, place(after), limit(most)],
            entry,
        )?,
        oldest: oldest.unwrap_or(1),
        newest: newest_feed(sql, company)?,
    })
}

/// Which conversations are listed at the start.
pub(super) enum Live {
    Due,
    Unresolved,
}

/// Conversations that are live, of all companies.
pub(super) fn live(
    sql: &Connection,
    which: Live,
    after: Option<(CompanyId, ConversationId)>,
    most: usize,
) -> Result<Vec<Conversation>, JournalError> {
    let which = match which {
        Live::Due => "due_at IS NOT NULL",
        Live::Unresolved => "state <> 'resolved'",
    };
    let query = format!(
        "SELECT {CONVERSATION} FROM conversation INDEXED BY conversation_live
         WHERE live = 1 AND (company, id) > (?1, ?2) AND {which}
         ORDER BY company, id LIMIT ?3"
    );
    let (company, id) = match after {
        Some((company, id)) => (i64::from(company.0), id.0.to_vec()),
        None => (-1, Vec::new()),
    };
    all(sql, &query, params![company, id, limit(most)], conversation)
}
