//! Whether a conversation changed since the author of a reply or an action saw it, in a
//! way that they must know of.

use patchbay_events::{Event, EventKind, TransferredEvent};
use patchbay_journal::{Entry, Ordinal};
use patchbay_model::actor::Actor;
use patchbay_model::conversation_state::ConversationState;
use patchbay_records::reply::{ExpectedEcho, is_outbox_key_of, names_in_echo, text_digest};

use super::unit_of_work::UnitOfWork;
use super::{Pass, PassError};
use crate::agent_action::ActionError;

/// Most newer entries that are read. More of them are a change in any case.
const MOST_READ: usize = 1_000;
/// Most newer entries that an error has: the newest.
const MOST_NEWER: usize = 100;

/// Check that nothing that matters came after the entry that the author saw last; `None`:
/// they do not say.
pub(super) fn check(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    actor: &Actor,
    expected: Option<u64>,
) -> Result<Result<(), ActionError>, PassError> {
    let Some(expected) = expected else {
        return Ok(Ok(()));
    };
    let row = &unit.conversation.row;
    if expected > row.sequence {
        return Ok(Err(ActionError::NotYetThere {
            sequence: row.sequence,
        }));
    }
    let newer_count = row.sequence - expected;
    let limit = usize::try_from(newer_count).map_or(MOST_READ, |count| count.min(MOST_READ));
    let read = match limit {
        0 => Vec::new(),
        _ => {
            let after_last = row.sequence.saturating_add(1);
            let journal = pass.journal;
            journal.entries_before(pass.company, row.id, after_last, limit)?
        }
    };
    let is_too_far = newer_count > read.len() as u64;
    let mut newer: Vec<Entry> = read
        .into_iter()
        .filter(|entry| matters(unit, actor, (entry.kind, &entry.head, entry.input)))
        .collect();
    // What the floor did just now is not stored yet.
    let mut unstored = unit.entries.iter();
    let moves = unstored.any(|entry| matters(unit, actor, (entry.kind, &entry.head, entry.input)));
    if newer.is_empty() && !moves && !is_too_far {
        return Ok(Ok(()));
    }
    newer.drain(..newer.len().saturating_sub(MOST_NEWER));
    for entry in &mut newer {
        entry.sealed = Vec::new();
    }
    Ok(Err(ActionError::Moved {
        sequence: row.sequence,
        newer,
    }))
}

/// Whether an author must know of an entry before they act: a customer's message, a reply
/// of any agent, and what another person or the host did to its owner or state. What follows
/// from a reply that they saw is no news, nor are offers, tags and alerts.
fn matters(
    unit: &UnitOfWork,
    actor: &Actor,
    (kind, head, input): (u16, &str, Option<Ordinal>),
) -> bool {
    let Some(kind) = EventKind::from_number(kind) else {
        return false;
    };
    let Ok(event) = Event::from_head(kind, head) else {
        return true;
    };
    let is_other = |by: &Actor| by.id != actor.id;
    match event {
        Event::Received(event) | Event::Edited(event) | Event::Deleted(event) => {
            !event.automatic && !event.superseded
        }
        Event::Quarantined(_) | Event::ReplyPublished(_) | Event::ReplyHeld(_) => true,
        Event::Echoed(event) => {
            !event.automatic && !event.superseded && !is_echo_of_reply(unit, input)
        }
        Event::ReplyRejected(event) => is_other(&event.by),
        Event::ReplyTakenBack(event) => is_other(&event.by),
        Event::ReplyUndeliverable(_) => true,
        Event::Accepted(event) | Event::Assigned(event) => {
            event.agent != actor.id && event.by.as_ref().is_none_or(is_other)
        }
        Event::Returned(event) => event.by.as_ref().is_none_or(is_other),
        Event::Transferred(TransferredEvent::Person { by, .. }) => is_other(&by),
        Event::Requeued(event) => is_other(&event.by),
        Event::StateChanged(event) => match &event.by {
            Some(by) => is_other(by),
            // What the author of a delivered reply chose.
            None => !matches!(
                event.to,
                ConversationState::WaitingOnCustomer | ConversationState::Wrapping
            ),
        },
        _ => false,
    }
}

/// Whether an input is the channel's copy of a reply of the desk.
fn is_echo_of_reply(unit: &UnitOfWork, input: Option<Ordinal>) -> bool {
    let mut texts = unit.conversation.texts.iter();
    let Some(text) = texts.find(|text| Some(text.ordinal) == input) else {
        return false;
    };
    let echo = &text.interaction;
    let conversation = unit.conversation.row.id;
    if names_in_echo(echo).any(|name| is_outbox_key_of(conversation, name)) {
        return true;
    }
    let digest = text_digest(&echo.text);
    let mut replies = unit.snapshot().answers.iter();
    replies.any(|reply| {
        let is_of = |expected: &ExpectedEcho| {
            expected.is_named_by(&reply.id, echo) || expected.text == digest
        };
        reply.echo.as_ref().is_some_and(is_of)
    })
}
