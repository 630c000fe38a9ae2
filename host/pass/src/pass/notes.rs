//! Internal notes. A note is an entry of the conversation and nothing else: it changes no
//! state, clock, owner or capacity, answers no message, and no policy reads it.

use patchbay_events::{Event, NotedEvent};
use patchbay_journal::{Purpose, SealError};
use patchbay_model::actor::Actor;
use patchbay_records::notes::{self, NewNote};

use super::unit_of_work::{Attempt, UnitOfWork};
use super::{Pass, commit, words};
use crate::agent_action::ActionError;

/// Add a note to the conversation, whichever agent owns it and whatever its state; once for an id.
pub(super) fn add(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    actor: &Actor,
    note: &NewNote,
) -> Attempt {
    let conversation = unit.conversation.row.id;
    if let Some(known) = notes::find(pass.journal, pass.company, conversation, &note.id)? {
        // Of an erased customer the text is not known any more.
        let is_same = known.text.as_ref().is_none_or(|text| *text == note.text);
        return Ok(match is_same && known.by == *actor {
            true => Ok(None),
            false => Err(ActionError::NoteIdTaken {
                id: note.id.clone(),
            }),
        });
    }
    let Some(contact) = unit.contact() else {
        return Ok(Err(ActionError::NoCustomer));
    };
    let journal = pass.journal;
    let sealed = journal.seal(pass.company, contact, Purpose::Entry, &note.to_bytes());
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(SealError::Erased(_)) => return Ok(Err(ActionError::NoCustomer)),
        Err(error) => return Ok(Err(ActionError::Journal(error.to_string()))),
    };
    let event = Event::Noted(NotedEvent {
        note: note.id.clone(),
        by: actor.clone(),
    });
    commit::record(pass, unit, event, None);
    commit::attach_sealed(unit, contact, sealed);
    words::note_text(unit, contact, &note.text);
    Ok(Ok(None))
}
