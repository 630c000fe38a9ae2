//! A conversation in a list.

use jiff::Timestamp;
use patchbay_journal::{ContactId, Conversation, ConversationId, SeenMark};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::hours::Hours;
use patchbay_model::sla::{ClockPhase, ClockReading, Deadline};

use crate::last_message::{MessageAuthor, MessagePlace};
use crate::snapshot::Snapshot;

/// A conversation in a list, without names and texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedConversation {
    /// Its id.
    pub id: ConversationId,
    /// Number of its last history entry.
    pub sequence: u64,
    /// Its state.
    pub state: ConversationState,
    /// Code of its channel.
    pub channel: String,
    /// The customer, as first seen.
    pub contact: Option<ContactId>,
    /// Queue it waits in or came from.
    pub queue: Option<String>,
    /// Agent who owns it.
    pub owner: Option<String>,
    /// Agent who replied last.
    pub last_agent: Option<String>,
    /// Priority, 0 to 100.
    pub priority: u8,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Whether every reply needs approval.
    pub needs_approval: bool,
    /// Incident it belongs to.
    pub incident: Option<String>,
    /// When its first interaction was accepted.
    pub created_at: Timestamp,
    /// The nearest deadline of its SLA clocks.
    pub deadline: Option<Deadline>,
    /// Its SLA clocks.
    pub clocks: Vec<ClockReading>,
    /// Number of interactions.
    pub interactions: u32,
    /// When its newest message was written, by either side.
    pub last_message_at: Option<Timestamp>,
    /// Who wrote that.
    pub last_message_from: Option<MessageAuthor>,
    /// Where the text of that is.
    pub last_message: Option<MessagePlace>,
    /// Ordinal of the newest message with the customer's name.
    pub named: Option<u64>,
}

impl ListedConversation {
    /// A conversation whose clocks count by these hours.
    pub fn new(
        row: &Conversation,
        snapshot: &Snapshot,
        hours: Option<&Hours>,
    ) -> ListedConversation {
        let last = snapshot.last_message.as_ref();
        // Earlier versions stored neither.
        let newest = snapshot.recent.first().copied().filter(|_| last.is_none());
        ListedConversation {
            id: row.id,
            sequence: row.sequence,
            state: row.state,
            channel: snapshot.channel.clone(),
            contact: row.contact,
            queue: row.queue.clone(),
            owner: row.owner.clone(),
            last_agent: snapshot.last_agent.clone(),
            priority: snapshot.priority,
            tags: snapshot.tags.clone(),
            needs_approval: snapshot.needs_approval,
            incident: snapshot.incident.clone(),
            created_at: snapshot.created_at,
            deadline: snapshot.clocks.nearest_deadline(hours),
            clocks: snapshot.clocks.readings(hours),
            interactions: snapshot.interaction_count,
            last_message_at: last.map(|last| last.at).or(snapshot.last_inbound_at),
            last_message_from: last.map(|last| last.from),
            last_message: last
                .map(|last| last.place)
                .or(newest.map(MessagePlace::Input)),
            named: snapshot.named.or(newest),
        }
    }

    /// Whether one of its clocks is missed at a moment.
    pub fn is_missed(&self, now_ms: u64) -> bool {
        let mut phases = self.clocks.iter().map(|clock| clock.phase_at(now_ms));
        phases.any(|phase| phase == ClockPhase::Missed)
    }

    /// Whether one of its clocks runs and is at risk at a moment.
    pub fn is_at_risk(&self, now_ms: u64) -> bool {
        self.clocks.iter().any(|clock| clock.is_at_risk(now_ms))
    }

    /// Whether its newest message is news for a person who has seen it up to a mark. What an
    /// agent wrote is none.
    pub fn is_unread(&self, seen: Option<SeenMark>) -> bool {
        let seen = seen.unwrap_or_default();
        let is_newer = match self.last_message {
            Some(MessagePlace::Input(ordinal)) => ordinal > seen.input,
            Some(MessagePlace::Entry(entry)) => entry > seen.sequence,
            None => false,
        };
        is_newer && self.last_message_from != Some(MessageAuthor::Agent)
    }

    /// The agent whose it is: the owner; of a resolved one the agent who replied last.
    pub fn agent(&self) -> Option<&str> {
        match self.state {
            ConversationState::Resolved => self.last_agent.as_deref(),
            _ => self.owner.as_deref(),
        }
    }
}
