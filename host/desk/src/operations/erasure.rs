//! Resolves the conversations of a person who was erased.

use std::thread;
use std::time::Duration;

use patchbay_engine::CancelSignal;
use patchbay_journal::{CompanyId, ContactId, ConversationId, JournalError};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_pass::agent_action::{ActionError, AgentAction};

use crate::desk_core::DeskCore;
use crate::operations::conversations::ConversationService;

/// Conversations that are read in one step.
const STEP: usize = 100;
/// How often a conversation is tried that is answered as busy.
const ATTEMPTS: usize = 3;
/// Answers as busy after which an erasure tries no more: each may take as long as an action.
const MOST_BUSY: usize = 6;
/// Pause before another attempt.
const PAUSE: Duration = Duration::from_millis(250);

/// Result of an erasure. The keys are destroyed, also where conversations are still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonErasure {
    /// The contacts whose keys were destroyed: all of the person, in order. Empty if they
    /// were erased before.
    pub contacts: Vec<ContactId>,
    /// Whether the journal's files hold no trace of the keys any more.
    pub scrubbed: bool,
    /// Conversations of the person that are still open: another erasure resolves them.
    /// `None` if the journal could not count them.
    pub open_conversations: Option<usize>,
}

/// A person who was erased, by one of their contacts.
pub(crate) struct ErasedPerson<'a> {
    pub(crate) desk: &'a DeskCore,
    /// Name and id of the company.
    pub(crate) company: (&'a str, CompanyId),
    pub(crate) contact: ContactId,
    /// When cancelled, the conversations that are left stay open.
    pub(crate) cancel: &'a CancelSignal,
}

impl ErasedPerson<'_> {
    /// Resolves the person's conversations, one after the other, and returns how many are
    /// still open. One that cannot be resolved does not stop the others.
    pub(crate) fn resolve_conversations(&self) -> Option<usize> {
        let (name, company) = self.company;
        if let Err(error) = self.try_all() {
            tracing::warn!(company = name, contact = %self.contact, %error, "cannot read the conversations of an erased contact");
        }
        let journal = &self.desk.journal;
        let open = journal.count_unresolved_of_contact(company, self.contact);
        let open = open.inspect_err(|error| {
            tracing::warn!(company = name, contact = %self.contact, %error, "cannot count the conversations of an erased contact");
        });
        open.ok()
    }

    fn try_all(&self) -> Result<(), JournalError> {
        let (_, company) = self.company;
        let journal = &self.desk.journal;
        let mut left = MOST_BUSY;
        let mut after = None;
        loop {
            let step = journal.unresolved_of_contact(company, self.contact, after, STEP)?;
            let Some(last) = step.last() else {
                return Ok(());
            };
            after = Some(*last);
            for conversation in step {
                if left == 0 || self.is_cancelled() {
                    return Ok(());
                }
                self.resolve(conversation, &mut left);
            }
        }
    }

    /// Resolves a conversation, with at most `left` answers as busy.
    fn resolve(&self, conversation: ConversationId, left: &mut usize) {
        let (name, _) = self.company;
        let actor = Actor {
            id: "erasure".to_owned(),
            role: ActorRole::Supervisor,
        };
        let service = ConversationService(self.desk);
        let mut attempt = 1;
        let error = loop {
            let resolved = service.act(name, conversation, actor.clone(), AgentAction::Resolve);
            match resolved {
                Ok(Ok(_)) => return,
                Ok(Err(error @ ActionError::Busy { .. })) => {
                    *left -= 1;
                    if attempt == ATTEMPTS || *left == 0 || self.is_cancelled() {
                        break error.to_string();
                    }
                    attempt += 1;
                    thread::sleep(PAUSE);
                }
                Ok(Err(error)) => break error.to_string(),
                Err(error) => break error.to_string(),
            }
        };
        tracing::warn!(company = name, %conversation, error, "a conversation of an erased contact is still open");
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled() || self.desk.work.is_closed()
    }
}
