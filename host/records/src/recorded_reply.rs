//! A reply as the history of its conversation records it. The conversation's snapshot
//! remembers the newest replies only; the history has them all.

use patchbay_events::{Event, EventKind, ReplyDraftedEvent};
use patchbay_journal::{CompanyId, ConversationId, Entry, Journal, JournalError, WrittenId};

use crate::reply::ReplyStatus;

/// What became of a reply: the kinds of entries that decide its status.
const OUTCOMES: [u16; 9] = [
    EventKind::ReplyPublished as u16,
    EventKind::ReplyRevise as u16,
    EventKind::ReplyHeld as u16,
    EventKind::ReplyBlocked as u16,
    EventKind::ReplyRejected as u16,
    EventKind::ReplyStale as u16,
    EventKind::ReplyDelivered as u16,
    EventKind::ReplyUndeliverable as u16,
    EventKind::ReplyTakenBack as u16,
];

/// A reply of a conversation's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedReply {
    /// Id of the reply, from the agent's client.
    pub id: String,
    /// [`draft_digest`](crate::reply::draft_digest) of its newest draft.
    pub digest: String,
    /// Number of the entry with the newest draft.
    pub entry: u64,
    /// What became of it.
    pub status: ReplyStatus,
}

/// The reply of a conversation with an id, however long ago it was sent. Reads entries about
/// that reply only.
///
/// # Errors
/// [`JournalError::Corrupt`] if an entry is not valid.
pub fn find(
    journal: &dyn Journal,
    company: CompanyId,
    conversation: ConversationId,
    id: &str,
) -> Result<Option<RecordedReply>, JournalError> {
    let about = WrittenId::Reply(id);
    let newest = |kinds: &[u16]| journal.newest_entry_about(company, conversation, kinds, about);
    let Some(outcome) = newest(&OUTCOMES)? else {
        return Ok(None);
    };
    let Some(drafted) = newest(&[EventKind::ReplyDrafted as u16])? else {
        return Ok(None);
    };
    let draft = read_draft(&drafted)?;
    Ok(status_after(outcome.kind).map(|status| RecordedReply {
        id: draft.reply,
        digest: draft.digest,
        entry: drafted.sequence,
        status,
    }))
}

/// The reply whose draft is an entry; `None` if the entry is none, or if the reply was
/// drafted again since.
///
/// # Errors
/// As [`find`].
pub fn of_entry(
    journal: &dyn Journal,
    company: CompanyId,
    conversation: ConversationId,
    entry: u64,
) -> Result<Option<RecordedReply>, JournalError> {
    let found = journal.entries(company, conversation, entry.saturating_sub(1), 1)?;
    let is_draft = EventKind::ReplyDrafted as u16;
    let mut found = found.iter();
    let Some(drafted) = found.find(|found| found.sequence == entry && found.kind == is_draft)
    else {
        return Ok(None);
    };
    let draft = read_draft(drafted)?;
    let reply = find(journal, company, conversation, &draft.reply)?;
    Ok(reply.filter(|reply| reply.entry == entry))
}

fn read_draft(entry: &Entry) -> Result<ReplyDraftedEvent, JournalError> {
    match Event::from_head(EventKind::ReplyDrafted, &entry.head) {
        Ok(Event::ReplyDrafted(event)) => Ok(event),
        Ok(_) => Err(JournalError::Corrupt("an entry is not a draft".to_owned())),
        Err(error) => Err(JournalError::Corrupt(format!(
            "draft of a reply in entry {}: {error}",
            entry.sequence
        ))),
    }
}

/// The status of a reply whose newest outcome is an entry of this kind.
fn status_after(kind: u16) -> Option<ReplyStatus> {
    Some(match EventKind::from_number(kind)? {
        EventKind::ReplyPublished => ReplyStatus::Published,
        EventKind::ReplyRevise => ReplyStatus::Revise,
        EventKind::ReplyHeld => ReplyStatus::Held,
        EventKind::ReplyBlocked => ReplyStatus::Blocked,
        EventKind::ReplyRejected => ReplyStatus::Rejected,
        EventKind::ReplyStale => ReplyStatus::Stale,
        EventKind::ReplyDelivered => ReplyStatus::Delivered,
        EventKind::ReplyUndeliverable => ReplyStatus::Undeliverable,
        EventKind::ReplyTakenBack => ReplyStatus::TakenBack,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_a_status() {
        let statuses = OUTCOMES.map(status_after);
        assert!(statuses.iter().all(Option::is_some), "{statuses:?}");
        assert_eq!(status_after(EventKind::ReplyDrafted as u16), None);
    }
}
