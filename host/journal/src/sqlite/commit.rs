//! What a pass decided, written as one: everything is checked first.

use std::collections::{HashMap, HashSet};

use patchbay_model::conversation::ConversationState;
use rusqlite::{Connection, OptionalExtension, params};

use crate::commit::{Commit, Committed, Conversation};
use crate::error::{Conflict, JournalError};
use crate::id::ContactId;
use crate::sqlite::accept::THREAD_BYTES;
use crate::sqlite::row::{At, within};
use crate::sqlite::writer::Work;
use crate::sqlite::{memory, outbox};

/// Most entries of one commit.
const ENTRIES: usize = 1000;
/// Most outbox keys said to be sent.
const SENT: usize = 1000;
/// Most bytes of a snapshot, a head, or what is sealed beside it.
const PART_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of the name of a queue, an agent, a target or a key.
const NAME_BYTES: usize = 1024;

/// Hold a commit to its limits.
pub(super) fn check(commit: &Commit) -> Result<(), JournalError> {
    let conversation = &commit.conversation;
    within("thread", conversation.thread.len(), THREAD_BYTES)?;
    within("snapshot", conversation.snapshot.len(), PART_BYTES)?;
    for name in [&conversation.queue, &conversation.owner]
        .into_iter()
        .flatten()
    {
        within("queue or owner", name.len(), NAME_BYTES)?;
    }
    if commit.entries.is_empty() || commit.entries.len() > ENTRIES {
        let problem = format!("must be 1 to {ENTRIES}");
        return Err(JournalError::invalid("number of entries", problem));
    }
    let mut inputs = HashSet::new();
    for entry in &commit.entries {
        within("head", entry.head.len(), PART_BYTES)?;
        within("sealed part", entry.sealed.len(), PART_BYTES)?;
        if !entry.input.is_none_or(|input| inputs.insert(input)) {
            return Err(JournalError::invalid("input", "is named by two entries"));
        }
    }
    for item in &commit.outbox {
        within("outbox key", item.key.len(), NAME_BYTES)?;
        within("target", item.target.len(), NAME_BYTES)?;
        within("payload", item.payload.len(), PART_BYTES)?;
    }
    if commit.sent.len() > SENT {
        let problem = format!("must be at most {SENT}");
        return Err(JournalError::invalid("number of keys sent", problem));
    }
    for key in &commit.sent {
        within("outbox key", key.len(), NAME_BYTES)?;
    }
    memory::check(&commit.state)
}

/// What there is of a conversation before a commit.
struct Before {
    number: i64,
    sequence: u64,
    thread: Vec<u8>,
    contact: Option<ContactId>,
    opened_at: i64,
    live: bool,
}

/// Write a commit, or say what it was wrong about.
pub(super) fn commit(
    work: &mut Work<'_>,
    commit: &Commit,
) -> Result<Result<Committed, Conflict>, JournalError> {
    let before = before(work.sql, &commit.conversation)?;
    let found = before.as_ref().map_or(0, |before| before.sequence);
    if found != commit.expected {
        return Ok(Err(Conflict::Sequence {
            expected: commit.expected,
            found,
        }));
    }
    if let Some(conflict) = input_conflict(work, commit)? {
        return Ok(Err(conflict));
    }
    let mut items = HashMap::new();
    for item in &commit.outbox {
        let same = items
            .insert(&item.key, item)
            .is_none_or(|other| item.is_again(other));
        if !same || outbox::differs(work.sql, commit.conversation.company, item)? {
            return Ok(Err(Conflict::OutboxDiffers(item.key.clone())));
        }
    }

    let sequence = commit.expected + commit.entries.len() as u64;
    let number = put(work.sql, commit, before.as_ref(), sequence)?;
    let first_feed = append(work, commit, number)?;
    memory::write(work.sql, commit)?;
    // In the order given: those of one line keep it.
    for item in &commit.outbox {
        outbox::insert(work.sql, commit.conversation.company, item)?;
    }
    for key in &commit.sent {
        outbox::sent(work.sql, commit.conversation.company, key)?;
    }
    Ok(Ok(Committed {
        sequence,
        first_feed,
    }))
}

fn before(sql: &Connection, of: &Conversation) -> Result<Option<Before>, JournalError> {
    let found = sql
        .prepare_cached(
            "SELECT number, sequence, thread, contact, opened_at, live FROM conversation
             WHERE company = ?1 AND id = ?2",
        )?
        .query_row(params![of.company, of.id], |row| {
            Ok(Before {
                number: row.get(0)?,
                sequence: row.get(1)?,
                thread: row.get(2)?,
                contact: row.get(3)?,
                opened_at: row.get(4)?,
                live: row.get(5)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn input_conflict(work: &Work<'_>, commit: &Commit) -> Result<Option<Conflict>, JournalError> {
    let company = commit.conversation.company;
    for input in commit.entries.iter().filter_map(|entry| entry.input) {
        match work.ledger.pending_at(input) {
            Some(owner) if owner == company => {}
            Some(_) => return Ok(Some(Conflict::InputUnknown(input))),
            None => {
                let ours = work
                    .sql
                    .prepare_cached("SELECT 1 FROM inbound WHERE ordinal = ?1 AND company = ?2")?
                    .exists(params![input, company])?;
                return Ok(Some(match ours {
                    true => Conflict::InputDone(input),
                    false => Conflict::InputUnknown(input),
                }));
            }
        }
    }
    Ok(None)
}

/// Append the entries; answers the feed number of the first.
fn append(work: &mut Work<'_>, commit: &Commit, number: i64) -> Result<u64, JournalError> {
    let company = commit.conversation.company;
    let count = commit.entries.len() as u64;
    let first_feed = work.ledger.feed(work.sql, company, count)?;
    let mut statement = work.sql.prepare_cached(
        "INSERT INTO entry (company, feed, conversation, sequence, kind, at, input, contact,
           head, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for (entry, place) in commit.entries.iter().zip(0..) {
        statement.execute(params![
            company,
            first_feed + place,
            number,
            commit.expected + 1 + place,
            entry.kind,
            At(entry.at),
            entry.input,
            entry.contact,
            entry.head,
            entry.sealed,
        ])?;
        if let Some(input) = entry.input {
            work.ledger.done(input);
        }
    }
    Ok(first_feed)
}

/// Write the conversation's row; answers its number.
fn put(
    sql: &Connection,
    commit: &Commit,
    before: Option<&Before>,
    sequence: u64,
) -> Result<i64, JournalError> {
    let of = &commit.conversation;
    let live = of.state != ConversationState::Resolved || of.due_at.is_some();
    let opened_at = of.opened_at.as_microsecond();
    let settled = before.is_some_and(|before| {
        before.live == live
            && before.opened_at == opened_at
            && before.contact == of.contact
            && before.thread == of.thread
    });
    // Naming an indexed column makes the database touch its index, changed or
    // not.
    let query = match (before, settled) {
        (None, _) => {
            "INSERT INTO conversation (number, sequence, state, queue, owner, due_at,
               touched_at, snapshot, thread, contact, opened_at, live, company, id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        }
        (Some(_), true) => {
            "UPDATE conversation SET sequence = ?2, state = ?3, queue = ?4, owner = ?5,
               due_at = ?6, touched_at = ?7, snapshot = ?8 WHERE number = ?1"
        }
        (Some(_), false) => {
            "UPDATE conversation SET sequence = ?2, state = ?3, queue = ?4, owner = ?5,
               due_at = ?6, touched_at = ?7, snapshot = ?8,
               thread = ?9, contact = ?10, opened_at = ?11, live = ?12 WHERE number = ?1"
        }
    };
    let mut statement = sql.prepare_cached(query)?;
    let number = before.map(|before| before.number);
    let often = params![
        number,
        sequence,
        of.state.as_str(),
        of.queue,
        of.owner,
        of.due_at.map(At),
        At(commit.at),
        of.snapshot,
    ];
    let seldom = params![of.thread, of.contact, opened_at, live];
    let once = params![of.company, of.id];
    let values = match (number, settled) {
        (None, _) => [often, seldom, once].concat(),
        (Some(_), false) => [often, seldom].concat(),
        (Some(_), true) => often.to_vec(),
    };
    statement.execute(values.as_slice())?;
    Ok(number.unwrap_or_else(|| sql.last_insert_rowid()))
}
