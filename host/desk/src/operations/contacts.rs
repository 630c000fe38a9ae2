//! Changes to contacts that the desk's caches must follow.

use patchbay_journal::{AuditEntry, ContactId, Erasure};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::agent_action::AgentAction;

use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::operations::conversations::ConversationService;

/// Most conversations that an erasure resolves.
const CONVERSATIONS: usize = 10_000;

/// The contacts of the desk's companies.
pub struct ContactService<'a>(pub(crate) &'a DeskCore);

impl ContactService<'_> {
    /// Merge a contact into another. Returns the number of the change.
    ///
    /// # Errors
    /// As the journal's merge.
    pub fn merge(
        &self,
        company: &str,
        contact: ContactId,
        into: ContactId,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let (id, now) = (self.0.company_id(company)?, self.0.now());
        let change = self
            .0
            .journal
            .merge_contacts(id, contact, into, by, now, audit)?;
        self.0.cache.clear();
        Ok(change)
    }

    /// Split a contact from the one it was merged into. Returns the number of
    /// the change.
    ///
    /// # Errors
    /// As the journal's split.
    pub fn split(
        &self,
        company: &str,
        contact: ContactId,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let (id, now) = (self.0.company_id(company)?, self.0.now());
        let change = self.0.journal.split_contact(id, contact, by, now, audit)?;
        self.0.cache.clear();
        Ok(change)
    }

    /// Undo a merge or a split. Returns the number of the new change.
    ///
    /// # Errors
    /// As the journal's undo.
    pub fn undo(
        &self,
        company: &str,
        change: u64,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let (id, now) = (self.0.company_id(company)?, self.0.now());
        let change = self
            .0
            .journal
            .undo_contact_change(id, change, by, now, audit)?;
        self.0.cache.clear();
        Ok(change)
    }

    /// Erase the person behind a contact: destroy the key of their texts, and
    /// resolve their conversations.
    ///
    /// # Errors
    /// As the journal's erase.
    pub fn erase(
        &self,
        company: &str,
        contact: ContactId,
        audit: AuditEntry,
    ) -> Result<Erasure, DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &self.0.journal;
        let rows = journal.conversations_of_contact(id, contact, CONVERSATIONS)?;
        let erased = journal.erase_person(id, contact, self.0.now(), audit)?;
        self.0.cache.clear();
        let actor = Actor {
            id: "erasure".to_owned(),
            role: ActorRole::Supervisor,
        };
        for row in rows {
            if row.state != ConversationState::Resolved {
                let service = ConversationService(self.0);
                let resolved = service.act(company, row.id, actor.clone(), AgentAction::Resolve)?;
                if let Err(error) = resolved {
                    tracing::warn!(company, conversation = %row.id, %error, "a conversation of an erased contact is still open");
                }
            }
        }
        Ok(erased)
    }
}
