//! Intake: each arrival once, in one order, on the right thread.

mod message_state;

use std::sync::Arc;
use std::time::Duration;

use patchbay_model::input;
use patchbay_model::traceparent::Traceparent;
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Row, params};

use super::{
    Micros, Query, SqliteJournal, WriteTransaction, clamp_i64, code, decided_mark, id, only_id,
    optional_id, time, value,
};
use message_state::{Change, MessageState, NewWording};
use patchbay_journal::limits::{self, check_length};
use patchbay_journal::vault::Vault;
use patchbay_journal::{
    AcceptHook, AcceptOutcome, AcceptedInput, Arrival, CompanyId, Input, InputKind, Intake,
    JournalError, Ordinal, PendingInput, Result, Slot, WordingStatus,
};

/// How many inputs may be pending.
#[derive(Clone, Copy)]
pub(super) struct Backlog {
    pub(super) per_company: u64,
    pub(super) total: u64,
    pub(super) retry_after: Duration,
}

impl Intake for SqliteJournal {
    fn accept_with(&self, arrivals: Vec<Arrival>, hook: AcceptHook) -> Result<Vec<AcceptOutcome>> {
        arrivals.iter().try_for_each(check)?;
        if arrivals.is_empty() {
            return Ok(Vec::new());
        }
        let (vault, backlog) = (Arc::clone(&self.vault), self.backlog);
        // The caller's thread owns them again in the end, and frees them.
        let arrivals = Arc::new(arrivals);
        let [to_accept, placed] = [Arc::clone(&arrivals), Arc::clone(&arrivals)];
        let verdicts = self.writer.call(
            arrivals.len(),
            move |work| {
                let arrivals = to_accept.iter();
                arrivals
                    .map(|arrival| accept(work, &vault, backlog, arrival))
                    .collect::<Result<Vec<_>, _>>()
            },
            move |verdicts| hook(&accepted_inputs(&placed, verdicts)),
        )?;
        let arrivals = Arc::unwrap_or_clone(arrivals).into_iter();
        Ok(arrivals
            .zip(verdicts)
            .map(|(arrival, verdict)| outcome(arrival, verdict))
            .collect())
    }

    fn newest_input(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        message: &str,
    ) -> Result<Option<Input>> {
        let query = format!(
            "SELECT {COLUMNS} FROM inbound i WHERE i.company = ?1 AND i.channel = ?2
               AND i.account = ?3 AND i.message = ?4 ORDER BY i.ordinal DESC LIMIT 1"
        );
        self.read(|sql| {
            sql.read_first(
                &query,
                params![company.0, channel, account, message],
                read_input,
            )
        })
    }

    fn newest_wording(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        message: &str,
    ) -> Result<Option<Input>> {
        let wordings = [InputKind::Message, InputKind::Edit, InputKind::Delete];
        let [first, second, third] = wordings.map(InputKind::as_str);
        let query = format!(
            "SELECT {COLUMNS} FROM inbound i WHERE i.company = ?1 AND i.channel = ?2
               AND i.account = ?3 AND i.message = ?4 AND i.kind IN (?5, ?6, ?7)
             ORDER BY i.ordinal DESC LIMIT 1"
        );
        let of = params![company.0, channel, account, message, first, second, third];
        self.read(|sql| sql.read_first(&query, of, read_input))
    }

    fn first_wording(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        message: &str,
    ) -> Result<Option<Ordinal>> {
        let query = "SELECT ordinal FROM inbound WHERE company = ?1 AND channel = ?2
               AND account = ?3 AND message = ?4 AND kind IN ('message', 'edit', 'echo')
               AND ifnull(wording, kind = 'edit') = 0 ORDER BY ordinal LIMIT 1";
        let of = params![company.0, channel, account, message];
        self.read(|sql| sql.read_first(query, of, only_id))
    }

    fn inputs(&self, company: CompanyId, ordinals: &[Ordinal]) -> Result<Vec<Input>> {
        let query =
            format!("SELECT {COLUMNS} FROM inbound i WHERE i.ordinal = ?1 AND i.company = ?2");
        let mut ordinals = ordinals.to_vec();
        ordinals.sort_unstable();
        ordinals.dedup();
        self.read(|sql| {
            let read = |ordinal: &Ordinal| {
                sql.read_first(&query, params![clamp_i64(ordinal.0), company.0], read_input)
            };
            ordinals
                .iter()
                .filter_map(|at| read(at).transpose())
                .collect()
        })
    }

    fn pending(&self, after: Ordinal, limit: usize) -> Result<Vec<PendingInput>> {
        let query = format!(
            "SELECT {COLUMNS} FROM inbound i WHERE i.ordinal > ?1 AND NOT EXISTS
               (SELECT 1 FROM entry e WHERE e.company = i.company AND e.input = i.ordinal)
             ORDER BY i.ordinal LIMIT ?2"
        );
        self.read(|sql| {
            let after = after.0.max(decided_mark(sql)?);
            let params = params![clamp_i64(after), clamp_i64(limit)];
            sql.read_all(&query, params, |row| {
                let crashes = row.get(13)?;
                Ok(PendingInput {
                    input: read_input(row)?,
                    crashes,
                    quarantined: crashes >= limits::CRASHES,
                })
            })
        })
    }

    fn mark_in_flight(&self, lane: u16, input: Ordinal) -> Result<()> {
        self.lanes.mark(lane, input)
    }

    fn clear_in_flight(&self, lane: u16) -> Result<()> {
        self.mark_in_flight(lane, Ordinal(0))
    }
}

fn check(arrival: &Arrival) -> Result<()> {
    if arrival.message.is_empty() {
        return Err(JournalError::invalid("message id", "must not be empty"));
    }
    check_length("channel", &arrival.channel, input::CODE_BYTES)?;
    check_length("account", &arrival.account, input::NAME_BYTES)?;
    check_length("message id", &arrival.message, input::ID_BYTES)?;
    check_length("thread", &arrival.thread, limits::THREAD)?;
    check_length("body", &arrival.body, limits::INPUT_BODY)
}

/// What the writer decided about an arrival; the caller has the arrival.
enum Verdict {
    Accepted {
        ordinal: Ordinal,
        slot: Slot,
        kind: InputKind,
        wording: WordingStatus,
        /// Its thread, if not the arrival's own.
        thread: Option<Vec<u8>>,
        /// For new counters, the input that has the words.
        words: Option<Ordinal>,
    },
    Refused(AcceptOutcome),
}

fn accepted_inputs(arrivals: &[Arrival], verdicts: &[Verdict]) -> Vec<AcceptedInput> {
    let each = arrivals.iter().zip(verdicts).enumerate();
    each.filter_map(
        |(arrival, (Arrival { company, .. }, verdict))| match verdict {
            Verdict::Accepted { ordinal, slot, .. } => Some(AcceptedInput {
                arrival,
                company: *company,
                slot: *slot,
                ordinal: *ordinal,
            }),
            _ => None,
        },
    )
    .collect()
}

fn outcome(arrival: Arrival, verdict: Verdict) -> AcceptOutcome {
    match verdict {
        Verdict::Accepted {
            ordinal,
            slot,
            kind,
            wording,
            thread,
            words,
        } => {
            let input = Box::new(Input {
                ordinal,
                company: arrival.company,
                slot,
                channel: arrival.channel,
                account: arrival.account,
                message: arrival.message,
                kind,
                wording,
                thread: thread.unwrap_or(arrival.thread),
                body: arrival.body,
                contact: arrival.contact,
                received_at: Micros(arrival.received_at).rounded(),
                accepted_at: Micros(arrival.accepted_at).rounded(),
                traceparent: arrival.traceparent,
            });
            match words {
                Some(ordinal) => AcceptOutcome::Updated { ordinal, input },
                None => AcceptOutcome::Accepted(input),
            }
        }
        Verdict::Refused(outcome) => outcome,
    }
}

fn accept(
    work: &mut WriteTransaction<'_>,
    vault: &Vault,
    backlog: Backlog,
    arrival: &Arrival,
) -> Result<Verdict> {
    let digest = vault.digest(digest_class(arrival.kind), &arrival.digest);
    let is_wording = matches!(
        arrival.kind,
        InputKind::Message | InputKind::Edit | InputKind::Delete
    );
    let content = is_wording.then(|| message_state::content_digest(vault, arrival));
    let written_at = arrival.written_at.map(|at| Micros(at).rounded());
    let earlier = thread_of(work.sql, arrival, &arrival.message)?;
    // Most message ids are new: for those, one search is enough.
    let same = match earlier {
        Some(_) => find_duplicate(work.sql, arrival, &digest)?,
        None => None,
    };
    let new = NewWording {
        is_deleted: arrival.kind == InputKind::Delete,
        written_at,
        digest,
        content,
        same,
    };
    let state = match is_wording && earlier.is_some() {
        true => MessageState::load(work.sql, arrival)?,
        false => None,
    };
    let change = match (is_wording, same) {
        (true, _) => message_state::judge(state.as_ref(), &new),
        (false, Some(ordinal)) => Change::Known(ordinal),
        (false, None) => Change::Input(WordingStatus::First),
    };
    let (kind, wording, words) = match change {
        Change::Known(ordinal) => {
            if state.as_ref().is_some_and(|state| new.confirms(state)) {
                MessageState::store(work.sql, arrival, state, ordinal, new)?;
            }
            return Ok(Verdict::Refused(AcceptOutcome::Duplicate { ordinal }));
        }
        Change::Counters(words) => (InputKind::Counters, WordingStatus::Newer, Some(words)),
        Change::Input(WordingStatus::Newer) if arrival.kind == InputKind::Message => {
            (InputKind::Edit, WordingStatus::Newer, None)
        }
        Change::Input(wording) => (arrival.kind, wording, None),
    };
    if arrival.is_final && earlier.is_some() {
        return Ok(Verdict::Refused(match words {
            Some(ordinal) => AcceptOutcome::Duplicate { ordinal },
            None => AcceptOutcome::Conflict,
        }));
    }
    let stored = work.bytes.current(arrival.company);
    if stored.is_full() {
        let limit = stored.limit;
        return Ok(Verdict::Refused(AcceptOutcome::Full { limit }));
    }
    if work.cache.pending_of(arrival.company) >= backlog.per_company
        || work.cache.pending() >= backlog.total
        || (arrival.no_edit && matches!(kind, InputKind::Edit | InputKind::Counters))
    {
        // Counters matter less than anything that waits.
        if let Some(ordinal) = words {
            return Ok(Verdict::Refused(AcceptOutcome::Duplicate { ordinal }));
        }
        let retry_after = backlog.retry_after;
        return Ok(Verdict::Refused(AcceptOutcome::Busy { retry_after }));
    }
    let is_second = is_wording && earlier.is_some();
    let thread = match (earlier, &arrival.in_reply_to) {
        (Some(thread), _) => Some(thread),
        (None, Some(parent)) => thread_of_parent(work.sql, arrival, parent)?,
        (None, None) => None,
    };
    let key = thread.as_ref().unwrap_or(&arrival.thread);
    let slot = Slot::for_thread(arrival.company, key);
    let ordinal = work.cache.assign_ordinal(arrival.company);
    // A wording can come back; its digest is unique all the same.
    let unique = match same {
        Some(_) => vault.digest(
            digest_class(kind),
            &vault.digest(6, &repeated(&digest, ordinal)),
        ),
        None => digest,
    };
    work.sql.run(
        "INSERT INTO inbound (ordinal, company, slot, channel, account, message, digest,
           kind, thread, contact, received_at, accepted_at, traceparent, body, written_at,
           content, wording)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
            clamp_i64(ordinal.0),
            arrival.company.0,
            slot.0,
            arrival.channel,
            arrival.account,
            arrival.message,
            unique,
            kind.as_str(),
            key,
            arrival.contact.map(|it| it.0),
            Micros(arrival.received_at),
            Micros(arrival.accepted_at),
            arrival.traceparent.map(Traceparent::to_bytes),
            arrival.body,
            written_at.map(Micros),
            content,
            wording as u8,
        ],
    )?;
    if is_second {
        MessageState::store(work.sql, arrival, state, ordinal, new)?;
    }
    Ok(Verdict::Accepted {
        ordinal,
        slot,
        kind,
        wording,
        thread,
        words,
    })
}

/// A digest that an earlier input has too, told apart by its ordinal.
fn repeated(digest: &[u8; 32], ordinal: Ordinal) -> [u8; 32] {
    let mut bytes = *digest;
    for (byte, of_ordinal) in bytes.iter_mut().zip(ordinal.0.to_le_bytes()) {
        *byte ^= of_ordinal;
    }
    bytes
}

/// Part of the digest, so that one body may be delivered as several kinds. A
/// message and its edit share a class: an edit without a change is a duplicate.
fn digest_class(kind: InputKind) -> u8 {
    match kind {
        InputKind::Message | InputKind::Edit | InputKind::Counters => 0,
        InputKind::Delete => 1,
        InputKind::Reaction => 2,
        InputKind::Echo => 3,
    }
}

fn find_duplicate(
    sql: &Connection,
    arrival: &Arrival,
    digest: &[u8; 32],
) -> Result<Option<Ordinal>> {
    sql.read_first(
        "SELECT ordinal FROM inbound WHERE company = ?1 AND channel = ?2 AND account = ?3
           AND message = ?4 AND digest = ?5",
        params![
            arrival.company.0,
            arrival.channel,
            arrival.account,
            arrival.message,
            digest
        ],
        only_id,
    )
}

/// The thread of a message id: all inputs of one id are on one thread.
fn thread_of(sql: &Connection, arrival: &Arrival, message: &str) -> Result<Option<Vec<u8>>> {
    sql.read_first(
        "SELECT thread FROM inbound WHERE company = ?1 AND channel = ?2 AND account = ?3
           AND message = ?4 LIMIT 1",
        params![arrival.company.0, arrival.channel, arrival.account, message],
        value,
    )
}

/// The thread of the message that an arrival answers, if its author may join it.
fn thread_of_parent(sql: &Connection, arrival: &Arrival, parent: &str) -> Result<Option<Vec<u8>>> {
    let thread = match thread_of(sql, arrival, parent)? {
        Some(thread) if arrival.participants_only => thread,
        thread => return Ok(thread),
    };
    let is_participant = sql.read_first(
        "SELECT 1 FROM conversation c, contact own, contact other
         WHERE c.company = ?1 AND c.thread = ?2
           AND own.company = ?1 AND own.id = c.contact
           AND other.company = ?1 AND other.id = ?3
           AND ifnull(own.merged_into, own.id) = ifnull(other.merged_into, other.id)
         LIMIT 1",
        params![arrival.company.0, thread, arrival.contact.map(|it| it.0)],
        value::<i64>,
    )?;
    Ok(is_participant.map(|_| thread))
}

pub(super) const COLUMNS: &str =
    "i.ordinal, i.company, i.slot, i.channel, i.account, i.message, i.kind,
    i.thread, i.contact, i.received_at, i.accepted_at, i.traceparent, i.body, i.crashes, i.wording";

pub(super) fn read_input(row: &Row<'_>) -> rusqlite::Result<Input> {
    let traceparent: Option<[u8; Traceparent::BYTES]> = row.get(11)?;
    let parse = |bytes| Traceparent::from_bytes(&bytes).ok_or(FromSqlError::InvalidType);
    let kind = code(row, 6, InputKind::from_code)?;
    let wording = match (row.get::<_, Option<u8>>(14)?, kind) {
        (Some(0), _) => WordingStatus::First,
        (Some(1), _) => WordingStatus::Newer,
        (Some(2), _) => WordingStatus::Superseded,
        (Some(_), _) => return Err(FromSqlError::InvalidType.into()),
        // Accepted by an earlier version.
        (None, InputKind::Edit) => WordingStatus::Newer,
        (None, _) => WordingStatus::First,
    };
    Ok(Input {
        ordinal: id(row, 0)?,
        company: id(row, 1)?,
        slot: id(row, 2)?,
        channel: row.get(3)?,
        account: row.get(4)?,
        message: row.get(5)?,
        kind,
        wording,
        thread: row.get(7)?,
        contact: optional_id(row, 8)?,
        received_at: time(row, 9)?,
        accepted_at: time(row, 10)?,
        traceparent: traceparent.map(parse).transpose()?,
        body: row.get(12)?,
    })
}

/// Count a crash for inputs that were in flight when the last run ended, unless
/// they were decided.
pub(super) fn count_crash(sql: &Connection, in_flight: &[Ordinal]) -> Result<()> {
    for ordinal in in_flight {
        sql.run(
            "UPDATE inbound SET crashes = crashes + 1 WHERE ordinal = ?1 AND NOT EXISTS
               (SELECT 1 FROM entry e WHERE e.company = inbound.company AND e.input = ?1)",
            [clamp_i64(ordinal.0)],
        )?;
    }
    Ok(())
}
