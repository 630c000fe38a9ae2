//! The newest wording of a message id, and whether the message was deleted.
//!
//! A row of `message_state` exists once a second input of the id came; before,
//! the first input is the state.

use jiff::Timestamp;
use patchbay_journal::vault::Vault;
use patchbay_journal::{Arrival, InputKind, Ordinal, Result, WordingStatus};
use rusqlite::{Connection, Row, params};

use super::super::{Micros, Query, code, optional_time, time};
use crate::{clamp_i64, id};

/// Most inputs of an id that are read where its state is not stored.
const MAX_INPUTS: usize = 1_000;
/// Bytes of a digest.
const DIGEST: usize = 32;

/// Digests of the arrival's content under the journal's key: what was said, and
/// the rest without its times.
pub(super) fn content_digest(vault: &Vault, arrival: &Arrival) -> [u8; 2 * DIGEST] {
    let mut content = [0; 2 * DIGEST];
    content[..DIGEST].copy_from_slice(&vault.digest(4, &arrival.said));
    content[DIGEST..].copy_from_slice(&vault.digest(5, &arrival.details));
    content
}

/// What the inputs of one message id amount to.
#[derive(Clone, Debug)]
pub(super) struct MessageState {
    /// The newest wording, or the deletion.
    ordinal: Ordinal,
    is_deleted: bool,
    /// When the channel says that it was written or deleted.
    written_at: Option<Timestamp>,
    /// Its digest as an arrival.
    digest: [u8; DIGEST],
    /// Its [`content_digest`]; absent for an input of an earlier version.
    content: Option<[u8; 2 * DIGEST]>,
}

/// What an arrival means for its message.
pub(super) enum Change {
    /// It is an input.
    Input(WordingStatus),
    /// Nothing new: the input that has it.
    Known(Ordinal),
    /// The same words with other attributes: the input that has the words.
    Counters(Ordinal),
}

/// An arrival, as its message's state sees it.
pub(super) struct NewWording {
    pub(super) is_deleted: bool,
    pub(super) written_at: Option<Timestamp>,
    pub(super) digest: [u8; DIGEST],
    pub(super) content: Option<[u8; 2 * DIGEST]>,
    /// The input that has exactly this digest, if any.
    pub(super) same: Option<Ordinal>,
}

impl NewWording {
    /// Whether the channel says at a later time what the state has already: what
    /// is dated between the two is then older.
    pub(super) fn confirms(&self, state: &MessageState) -> bool {
        is_before(state.written_at, self.written_at)
    }
}

/// Whether the channel dates one before another. Without both times the order
/// of acceptance counts.
fn is_before(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one < other)
}

/// What an arrival changes, given the state of its message.
pub(super) fn judge(state: Option<&MessageState>, new: &NewWording) -> Change {
    let Some(state) = state else {
        return Change::Input(WordingStatus::First);
    };
    let is_older = is_before(new.written_at, state.written_at);
    let known = |otherwise| new.same.map_or(otherwise, Change::Known);
    match (state.is_deleted, new.is_deleted) {
        (true, true) => Change::Known(state.ordinal),
        // A channel that restores a message dates that.
        (true, false) if is_before(state.written_at, new.written_at) => {
            Change::Input(WordingStatus::First)
        }
        (true, false) => known(Change::Input(WordingStatus::Superseded)),
        (false, true) if is_older => known(Change::Input(WordingStatus::Superseded)),
        (false, true) => Change::Input(WordingStatus::First),
        (false, false) => match (state.content, new.content) {
            (None, _) | (_, None) => match state.digest == new.digest {
                true => Change::Known(state.ordinal),
                false if is_older => known(Change::Input(WordingStatus::Superseded)),
                false => Change::Input(WordingStatus::Newer),
            },
            (Some(old), Some(new_content)) if old[..DIGEST] == new_content[..DIGEST] => {
                match old == new_content || is_older {
                    true => Change::Known(state.ordinal),
                    false => Change::Counters(state.ordinal),
                }
            }
            _ if is_older => known(Change::Input(WordingStatus::Superseded)),
            _ => Change::Input(WordingStatus::Newer),
        },
    }
}

impl MessageState {
    /// The state after an input; `state` is the one before.
    fn after(state: Option<MessageState>, ordinal: Ordinal, new: NewWording) -> MessageState {
        let next = MessageState {
            ordinal,
            is_deleted: new.is_deleted,
            written_at: new.written_at,
            digest: new.digest,
            content: new.content,
        };
        match (judge(state.as_ref(), &new), state) {
            (Change::Input(WordingStatus::Superseded), Some(state)) => state,
            (Change::Known(_), Some(state)) => MessageState {
                written_at: match new.confirms(&state) {
                    true => new.written_at,
                    false => state.written_at,
                },
                ..state
            },
            (Change::Counters(known), Some(_)) => MessageState {
                ordinal: known,
                ..next
            },
            _ => next,
        }
    }

    /// The state of an arrival's message; `None` before its first wording.
    pub(super) fn load(sql: &Connection, arrival: &Arrival) -> Result<Option<MessageState>> {
        let key = params![
            arrival.company.0,
            arrival.channel,
            arrival.account,
            arrival.message
        ];
        let stored = sql.read_first(
            "SELECT ordinal, deleted, written_at, digest, content FROM message_state
             WHERE company = ?1 AND channel = ?2 AND account = ?3 AND message = ?4",
            key,
            |row| {
                Ok(MessageState {
                    ordinal: id(row, 0)?,
                    is_deleted: row.get(1)?,
                    written_at: optional_time(row, 2)?,
                    digest: row.get(3)?,
                    content: row.get(4)?,
                })
            },
        )?;
        if stored.is_some() {
            return Ok(stored);
        }
        let query = format!(
            "SELECT ordinal, kind, received_at, accepted_at, written_at, digest, content
             FROM inbound WHERE company = ?1 AND channel = ?2 AND account = ?3 AND message = ?4
               AND kind IN ('message', 'edit', 'delete') ORDER BY ordinal LIMIT {MAX_INPUTS}"
        );
        let inputs = sql.read_all(&query, key, read_wording)?;
        let states = inputs.into_iter();
        Ok(states.fold(None, |state, (ordinal, wording)| {
            Some(MessageState::after(state, ordinal, wording))
        }))
    }

    /// Store the state after an input of the arrival's message.
    pub(super) fn store(
        sql: &Connection,
        arrival: &Arrival,
        before: Option<MessageState>,
        ordinal: Ordinal,
        new: NewWording,
    ) -> Result<()> {
        let state = MessageState::after(before, ordinal, new);
        sql.run(
            "INSERT OR REPLACE INTO message_state (company, channel, account, message, ordinal,
               deleted, written_at, digest, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                arrival.company.0,
                arrival.channel,
                arrival.account,
                arrival.message,
                clamp_i64(state.ordinal.0),
                state.is_deleted,
                state.written_at.map(Micros),
                state.digest,
                state.content,
            ],
        )?;
        Ok(())
    }
}

fn read_wording(row: &Row<'_>) -> rusqlite::Result<(Ordinal, NewWording)> {
    let kind = code(row, 1, InputKind::from_code)?;
    let (received_at, accepted_at) = (time(row, 2)?, time(row, 3)?);
    // Earlier versions stored the time of acceptance where the channel gave
    // none.
    let dated = (received_at != accepted_at).then_some(received_at);
    let content: Option<[u8; 2 * DIGEST]> = row.get(6)?;
    let wording = NewWording {
        is_deleted: kind == InputKind::Delete,
        written_at: match content {
            Some(_) => optional_time(row, 4)?,
            None => dated,
        },
        digest: row.get(5)?,
        content,
        same: None,
    };
    Ok((id(row, 0)?, wording))
}
