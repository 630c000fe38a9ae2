//! Intake: each arrival once, in one order, on the right thread.

use std::time::Duration;

use patchbay_model::input;
use rusqlite::{Connection, OptionalExtension, params};

use crate::arrival::{Accepted, Arrival, Kind, Message, Pending, Queued};
use crate::error::JournalError;
use crate::id::{CompanyId, Ordinal, Slot};
use crate::sqlite::ledger;
use crate::sqlite::row::{At, Coded, Traced, limit, place, within};
use crate::sqlite::writer::Work;
use crate::vault::Vault;

/// Most bytes of a sealed body.
pub(super) const BODY_BYTES: usize = 1024 * 1024;
/// Most bytes of a thread key.
pub(super) const THREAD_BYTES: usize = 1024;
/// Crashes in a row at which an input is not given to a policy again.
pub(super) const CRASHES: u32 = 3;

/// How many inputs may wait.
#[derive(Clone, Copy)]
pub(super) struct Backlog {
    pub(super) per_company: u64,
    pub(super) in_all: u64,
    pub(super) retry_after: Duration,
}

/// Hold arrivals to their limits.
pub(super) fn check(arrivals: &[Arrival]) -> Result<(), JournalError> {
    for arrival in arrivals {
        if arrival.message.is_empty() {
            return Err(JournalError::invalid("message id", "must not be empty"));
        }
        within("channel", arrival.channel.len(), input::CODE_BYTES)?;
        within("account", arrival.account.len(), input::NAME_BYTES)?;
        within("message id", arrival.message.len(), input::ID_BYTES)?;
        within("thread", arrival.thread.len(), THREAD_BYTES)?;
        within("body", arrival.body.len(), BODY_BYTES)?;
    }
    Ok(())
}

/// What was decided about an arrival; whoever handed it in has the rest.
pub(super) enum Verdict {
    Taken {
        ordinal: Ordinal,
        slot: Slot,
        kind: Kind,
        /// The thread it belongs to, where that is not its own.
        thread: Option<Vec<u8>>,
    },
    Duplicate(Ordinal),
    Busy(Duration),
}

/// Take arrivals in.
pub(super) fn accept(
    work: &mut Work<'_>,
    vault: &Vault,
    backlog: Backlog,
    arrivals: &[Arrival],
) -> Result<Vec<Verdict>, JournalError> {
    arrivals
        .iter()
        .map(|arrival| accept_one(work, vault, backlog, arrival))
        .collect()
}

/// The places of those that were taken in.
pub(super) fn queued(arrivals: &[Arrival], verdicts: &[Verdict]) -> Vec<Queued> {
    let placed = arrivals.iter().zip(verdicts);
    placed
        .filter_map(|(arrival, verdict)| match verdict {
            Verdict::Taken { ordinal, slot, .. } => Some(Queued {
                company: arrival.company,
                slot: *slot,
                ordinal: *ordinal,
            }),
            _ => None,
        })
        .collect()
}

/// The answer to whoever handed an arrival in.
pub(super) fn answer(arrival: Arrival, verdict: Verdict) -> Accepted {
    let (ordinal, slot, kind, thread) = match verdict {
        Verdict::Taken {
            ordinal,
            slot,
            kind,
            thread,
        } => (ordinal, slot, kind, thread),
        Verdict::Duplicate(ordinal) => return Accepted::Duplicate { ordinal },
        Verdict::Busy(retry_after) => return Accepted::Busy { retry_after },
    };
    Accepted::Taken(Box::new(Message {
        ordinal,
        company: arrival.company,
        slot,
        channel: arrival.channel,
        account: arrival.account,
        message: arrival.message,
        kind,
        thread: thread.unwrap_or(arrival.thread),
        body: arrival.body,
        contact: arrival.contact,
        received_at: At(arrival.received_at).kept(),
        accepted_at: At(arrival.accepted_at).kept(),
        traceparent: arrival.traceparent,
    }))
}

fn accept_one(
    work: &mut Work<'_>,
    vault: &Vault,
    backlog: Backlog,
    arrival: &Arrival,
) -> Result<Verdict, JournalError> {
    let digest = vault.digest(class(arrival.kind), &arrival.digest);
    let earlier = thread_of(work.sql, arrival, &arrival.message)?;
    // Most come under an id that was never seen: one search tells.
    if earlier.is_some()
        && let Some(ordinal) = known(work.sql, arrival, &digest)?
    {
        return Ok(Verdict::Duplicate(ordinal));
    }
    if work.ledger.pending_of(arrival.company) >= backlog.per_company
        || work.ledger.pending() >= backlog.in_all
    {
        return Ok(Verdict::Busy(backlog.retry_after));
    }
    let kind = match arrival.kind {
        Kind::Message if earlier.is_some() => Kind::Edit,
        kind => kind,
    };
    if arrival.no_edit && kind == Kind::Edit {
        return Ok(Verdict::Busy(backlog.retry_after));
    }
    let thread = match (earlier, &arrival.in_reply_to) {
        (Some(thread), _) => Some(thread),
        (None, Some(parent)) => thread_of(work.sql, arrival, parent)?,
        (None, None) => None,
    };
    let on = thread.as_ref().unwrap_or(&arrival.thread);
    let slot = Slot::of(arrival.company, on);
    let ordinal = work.ledger.take(arrival.company);
    work.sql
        .prepare_cached(
            "INSERT INTO inbound (ordinal, company, slot, channel, account, message, digest,
               kind, thread, contact, received_at, accepted_at, traceparent, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            ordinal,
            arrival.company,
            slot.0,
            arrival.channel,
            arrival.account,
            arrival.message,
            digest,
            kind.as_str(),
            on,
            arrival.contact,
            At(arrival.received_at),
            At(arrival.accepted_at),
            arrival.traceparent.map(Traced),
            arrival.body,
        ])?;
    Ok(Verdict::Taken {
        ordinal,
        slot,
        kind,
        thread,
    })
}

/// Kinds with the same body are told apart, except a message from its edit:
/// one with nothing new in it is no news.
fn class(kind: Kind) -> u8 {
    match kind {
        Kind::Message | Kind::Edit => 0,
        Kind::Delete => 1,
        Kind::Reaction => 2,
        Kind::Echo => 3,
    }
}

fn known(
    sql: &Connection,
    arrival: &Arrival,
    digest: &[u8; 32],
) -> Result<Option<Ordinal>, JournalError> {
    let found = sql
        .prepare_cached(
            "SELECT ordinal FROM inbound WHERE company = ?1 AND channel = ?2 AND account = ?3
               AND message = ?4 AND digest = ?5",
        )?
        .query_row(
            params![
                arrival.company,
                arrival.channel,
                arrival.account,
                arrival.message,
                digest
            ],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found)
}

/// The thread of a message id. Everything under one id is on one thread, so
/// any of its rows tells.
fn thread_of(
    sql: &Connection,
    arrival: &Arrival,
    message: &str,
) -> Result<Option<Vec<u8>>, JournalError> {
    let found = sql
        .prepare_cached(
            "SELECT thread FROM inbound WHERE company = ?1 AND channel = ?2 AND account = ?3
               AND message = ?4 LIMIT 1",
        )?
        .query_row(
            params![arrival.company, arrival.channel, arrival.account, message],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found)
}

const COLUMNS: &str = "i.ordinal, i.company, i.slot, i.channel, i.account, i.message, i.kind,
    i.thread, i.contact, i.received_at, i.accepted_at, i.traceparent, i.body, i.crashes";

fn message(row: &rusqlite::Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        ordinal: row.get(0)?,
        company: row.get(1)?,
        slot: Slot(row.get(2)?),
        channel: row.get(3)?,
        account: row.get(4)?,
        message: row.get(5)?,
        kind: row.get::<_, Coded<Kind>>(6)?.0,
        thread: row.get(7)?,
        contact: row.get(8)?,
        received_at: row.get::<_, At>(9)?.0,
        accepted_at: row.get::<_, At>(10)?.0,
        traceparent: row.get::<_, Option<Traced>>(11)?.map(|traced| traced.0),
        body: row.get(12)?,
    })
}

/// Inputs no entry names.
pub(super) fn pending(
    sql: &Connection,
    after: Ordinal,
    most: usize,
) -> Result<Vec<Pending>, JournalError> {
    let after = after.0.max(ledger::done_below(sql)?);
    let query = format!(
        "SELECT {COLUMNS} FROM inbound i WHERE i.ordinal > ?1 AND NOT EXISTS
           (SELECT 1 FROM entry e WHERE e.company = i.company AND e.input = i.ordinal)
         ORDER BY i.ordinal LIMIT ?2"
    );
    let mut statement = sql.prepare_cached(&query)?;
    let rows = statement.query_map(params![place(after), limit(most)], |row| {
        let crashes = row.get(13)?;
        Ok(Pending {
            message: message(row)?,
            crashes,
            quarantined: crashes >= CRASHES,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Raise the crash count of inputs that were in flight when the last run
/// ended, unless they were dealt with after all.
pub(super) fn crashed(sql: &Connection, in_flight: &[Ordinal]) -> Result<(), JournalError> {
    let mut statement = sql.prepare(
        "UPDATE inbound SET crashes = crashes + 1 WHERE ordinal = ?1 AND NOT EXISTS
           (SELECT 1 FROM entry e WHERE e.company = inbound.company AND e.input = ?1)",
    )?;
    for ordinal in in_flight {
        statement.execute([ordinal])?;
    }
    Ok(())
}

/// The newest row under a message id.
pub(super) fn newest(
    sql: &Connection,
    company: CompanyId,
    channel: &str,
    account: &str,
    id: &str,
) -> Result<Option<Message>, JournalError> {
    let query = format!(
        "SELECT {COLUMNS} FROM inbound i WHERE i.company = ?1 AND i.channel = ?2
           AND i.account = ?3 AND i.message = ?4 ORDER BY i.ordinal DESC LIMIT 1"
    );
    let found = sql
        .prepare_cached(&query)?
        .query_row(params![company, channel, account, id], message)
        .optional()?;
    Ok(found)
}

/// Rows by their ordinals.
pub(super) fn inputs(
    sql: &Connection,
    company: CompanyId,
    ordinals: &[Ordinal],
) -> Result<Vec<Message>, JournalError> {
    let query = format!("SELECT {COLUMNS} FROM inbound i WHERE i.ordinal = ?1 AND i.company = ?2");
    let mut statement = sql.prepare_cached(&query)?;
    let mut ordinals = ordinals.to_vec();
    ordinals.sort_unstable();
    ordinals.dedup();
    let mut found = Vec::with_capacity(ordinals.len());
    for ordinal in ordinals {
        let row = statement.query_row(params![ordinal, company], message);
        found.extend(row.optional()?);
    }
    Ok(found)
}
