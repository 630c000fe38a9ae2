//! Replies that a conversation has already: an id that was accepted once is the same reply
//! for as long as the conversation is stored.

use patchbay_records::recorded_reply::{self, RecordedReply};
use patchbay_records::reply::{ReplyRecord, ReplyStatus, outbox_key_entry};

use super::unit_of_work::UnitOfWork;
use super::{Pass, PassError};

/// A reply that the conversation has.
#[derive(Debug)]
pub(super) struct KnownReply {
    /// Id of the reply, from the agent's client.
    pub(super) id: String,
    /// Digest of its draft.
    pub(super) digest: String,
    /// What became of it.
    pub(super) status: ReplyStatus,
    /// Number of the entry with its draft; absent in snapshots of earlier versions.
    pub(super) entry: Option<u64>,
}

/// The reply with an id: one of the newest, which the snapshot remembers, or else one of
/// the history.
pub(super) fn find(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    id: &str,
) -> Result<Option<KnownReply>, PassError> {
    let snapshot = unit.snapshot();
    if let Some(known) = snapshot.answers.iter().find(|known| known.id == id) {
        return Ok(Some(remembered(unit, known)));
    }
    if !snapshot.may_have_forgotten_replies() {
        return Ok(None);
    }
    let conversation = unit.conversation.row.id;
    let found = recorded_reply::find(pass.journal, pass.company, conversation, id)?;
    Ok(found.map(KnownReply::from))
}

/// The reply with a key in the outbox.
pub(super) fn find_sent(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    key: &str,
) -> Result<Option<KnownReply>, PassError> {
    let snapshot = unit.snapshot();
    let has_key = |known: &&ReplyRecord| known.echo.as_ref().is_some_and(|echo| echo.key == key);
    if let Some(known) = snapshot.answers.iter().find(has_key) {
        return Ok(Some(remembered(unit, known)));
    }
    let conversation = unit.conversation.row.id;
    let Some(entry) = outbox_key_entry(conversation, key) else {
        return Ok(None);
    };
    let found = recorded_reply::of_entry(pass.journal, pass.company, conversation, entry)?;
    Ok(found.map(KnownReply::from))
}

fn remembered(unit: &UnitOfWork, known: &ReplyRecord) -> KnownReply {
    let conversation = unit.conversation.row.id;
    let echo = known.echo.as_ref();
    KnownReply {
        id: known.id.clone(),
        digest: known.digest.clone(),
        status: known.status,
        entry: echo.and_then(|echo| outbox_key_entry(conversation, &echo.key)),
    }
}

impl From<RecordedReply> for KnownReply {
    fn from(reply: RecordedReply) -> KnownReply {
        KnownReply {
            id: reply.id,
            digest: reply.digest,
            status: reply.status,
            entry: Some(reply.entry),
        }
    }
}
