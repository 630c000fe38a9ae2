//! What one pass changes: a conversation, and everything its commit writes.

use patchbay_floor::PlacementRecord;
use patchbay_journal::{
    ContactId, EntryScope, FailedDelivery, NamedFile, NewEntry, NewOutbox, StateChange,
};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::sla::Due;
use patchbay_records::conversation_cache::{CachedConversation, CachedText};
use patchbay_records::reply::ReplyResult;
use patchbay_records::snapshot::Snapshot;
use patchbay_records::word_index::{ListChange, TextTerms};

use super::PassError;
use crate::agent_action::ActionError;
use crate::floor_state::{FloorEvent, FollowUp};
use crate::observer::PassTrace;

/// The reply's status where the action was one, or why the action failed; or
/// why it could not be tried.
pub(super) type Attempt = Result<Result<Option<ReplyResult>, ActionError>, PassError>;

/// A conversation and the changes of one pass.
pub(crate) struct UnitOfWork {
    pub(super) conversation: CachedConversation,
    pub(super) entries: Vec<NewEntry>,
    pub(super) state: Vec<StateChange>,
    pub(super) outbox: Vec<NewOutbox>,
    /// The terms of its new texts.
    pub(super) terms: Vec<TextTerms>,
    /// Lists with these terms, made last.
    pub(super) words: Vec<ListChange>,
    /// Whether a text was replaced or deleted: its words are no longer those of the
    /// conversation.
    pub(super) has_outdated_words: bool,
    /// Keys of outbox items that this commit finishes.
    pub(super) sent: Vec<String>,
    /// Outbox items that this commit moves to the failed deliveries.
    pub(super) failed: Vec<FailedDelivery>,
    /// Keys of outbox items that this commit takes back.
    pub(super) taken_back: Vec<String>,
    /// Uploaded files that its entries name.
    pub(super) files: Vec<NamedFile>,
    /// Uploaded files that it removes.
    pub(super) removed_files: Vec<NamedFile>,
    /// The agent to whom it was offered before.
    pub(super) offered_before: Option<String>,
    /// Floor events that this commit writes; given back if it fails.
    pub(super) floor_events: Vec<FloorEvent>,
    /// What the floor events call for.
    pub(super) follow_ups: Vec<FollowUp>,
    /// What fell due on the SLA clocks and is not in the history yet.
    pub(super) due: Vec<Due>,
    /// Reasons of what the policies decided about the conversation; `None`: they decided
    /// nothing.
    pub(super) report: Option<Vec<String>>,
    /// Whether the conversation has a new route plan.
    pub(super) is_routed: bool,
    /// Agents whose row in the roster changed.
    pub(super) agents: Vec<String>,
    /// Telemetry of the pass, reported once the commit is durable.
    pub(super) trace: PassTrace,
}

impl UnitOfWork {
    pub(super) fn new(conversation: CachedConversation, trace: PassTrace) -> UnitOfWork {
        UnitOfWork {
            offered_before: offered_agent(&conversation.snapshot).cloned(),
            conversation,
            entries: Vec::new(),
            state: Vec::new(),
            outbox: Vec::new(),
            terms: Vec::new(),
            words: Vec::new(),
            has_outdated_words: false,
            sent: Vec::new(),
            failed: Vec::new(),
            taken_back: Vec::new(),
            files: Vec::new(),
            removed_files: Vec::new(),
            floor_events: Vec::new(),
            follow_ups: Vec::new(),
            due: Vec::new(),
            report: None,
            is_routed: false,
            agents: Vec::new(),
            trace,
        }
    }

    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.conversation.snapshot
    }

    pub(super) fn snapshot_mut(&mut self) -> &mut Snapshot {
        &mut self.conversation.snapshot
    }

    pub(super) fn contact(&self) -> Option<ContactId> {
        self.conversation.row.contact
    }

    /// Number of the next entry.
    pub(super) fn next_entry(&self) -> u64 {
        self.conversation.row.sequence + self.entries.len() as u64 + 1
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The newest message that a customer wrote in person; `None` where the
    /// company or a program wrote everything, and where it was deleted or its
    /// author erased. It is what policies decide about and what a reply answers.
    pub(super) fn latest_message(&self) -> Option<CachedText> {
        self.conversation.latest_message().cloned()
    }

    /// The agents and queues that it had before and has now.
    pub(super) fn scope(&self) -> EntryScope {
        let (row, snapshot) = (&self.conversation.row, self.snapshot());
        let agents = [
            row.owner.as_ref(),
            self.offered_before.as_ref(),
            snapshot.owner.as_ref(),
            offered_agent(snapshot),
        ];
        EntryScope::new(agents, [row.queue.as_ref(), snapshot.queue.as_ref()])
    }

    /// The error for an action that the state does not allow.
    pub(super) fn not_now(&self) -> ActionError {
        ActionError::NotNow {
            state: self.snapshot().state,
        }
    }

    /// Check that the conversation is in one of these states.
    pub(super) fn require(&self, states: &[ConversationState]) -> Result<(), ActionError> {
        match states.contains(&self.snapshot().state) {
            true => Ok(()),
            false => Err(self.not_now()),
        }
    }

    /// Check that the actor is the owner or a supervisor.
    pub(super) fn check_access(&self, actor: &Actor) -> Result<(), ActionError> {
        let owner = &self.snapshot().owner;
        match actor.role == ActorRole::Supervisor || owner.as_ref() == Some(&actor.id) {
            true => Ok(()),
            false => Err(ActionError::NotYours {
                owner: owner.clone(),
            }),
        }
    }
}

/// The agent to whom a conversation is offered.
fn offered_agent(snapshot: &Snapshot) -> Option<&String> {
    match &snapshot.floor.as_ref()?.place {
        PlacementRecord::Offered(offer) => Some(&offer.agent),
        PlacementRecord::Waiting | PlacementRecord::Held { .. } => None,
    }
}
