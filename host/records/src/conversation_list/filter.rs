//! Which conversations a list has.

use std::collections::BTreeSet;

use patchbay_journal::{ContactId, ConversationId};
use patchbay_model::codes;
use patchbay_model::conversation_state::ConversationState;

use super::ListedConversation;

codes! {
    /// What the SLA clocks of a conversation say at a moment.
    pub enum ClockWarning {
        /// One of them runs and is at risk.
        AtRisk = "at-risk",
        /// One of them is missed, running or stopped.
        Missed = "missed",
    }
}

/// Which conversations a list has; what is absent leaves nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Their states; absent: all but resolved.
    pub states: Option<BTreeSet<ConversationState>>,
    /// The queue they wait in or came from.
    pub queue: Option<String>,
    /// The agent who owns them; of resolved ones, who replied last.
    pub owner: Option<String>,
    /// The agent who owns them or is offered them; of resolved ones, who replied last.
    pub agent: Option<String>,
    /// What is on offer to `agent`.
    pub offered: BTreeSet<ConversationId>,
    /// Code of their channel.
    pub channel: Option<String>,
    /// A tag that they have.
    pub tag: Option<String>,
    /// The incident that they belong to.
    pub incident: Option<String>,
    /// What one of their clocks says; empty: anything.
    pub clocks: BTreeSet<ClockWarning>,
    /// The contacts of their customer.
    pub contacts: Option<BTreeSet<ContactId>>,
    /// What a search found.
    pub found: Option<BTreeSet<ConversationId>>,
}

impl ListFilter {
    /// Whether a list has conversations of a state.
    pub fn has_state(&self, state: ConversationState) -> bool {
        match &self.states {
            Some(states) => states.contains(&state),
            None => state != ConversationState::Resolved,
        }
    }

    /// Whether a list has conversations that are not resolved.
    pub fn has_open(&self) -> bool {
        let mut states = ConversationState::ALL.into_iter();
        states.any(|state| state != ConversationState::Resolved && self.has_state(state))
    }

    /// Whether only contacts and states are chosen, and nothing is searched for.
    pub fn is_by_contact_at_most(&self) -> bool {
        let ListFilter {
            queue,
            owner,
            agent,
            channel,
            tag,
            incident,
            clocks,
            found,
            states: _,
            offered: _,
            contacts: _,
        } = self;
        [queue, owner, agent, channel, tag, incident]
            .into_iter()
            .all(Option::is_none)
            && clocks.is_empty()
            && found.is_none()
    }

    /// Whether a list has a conversation at a moment, apart from its state.
    pub fn lists(&self, row: &ListedConversation, now_ms: u64) -> bool {
        self.matches(row) && self.has_clock(row, now_ms)
    }

    /// Whether a conversation has one of the filter's clock states at a moment.
    pub(super) fn has_clock(&self, row: &ListedConversation, now_ms: u64) -> bool {
        let mut clocks = self.clocks.iter();
        clocks.len() == 0
            || clocks.any(|clock| match clock {
                ClockWarning::AtRisk => row.is_at_risk(now_ms),
                ClockWarning::Missed => row.is_missed(now_ms),
            })
    }

    /// Whether a list has a conversation, apart from its state and its clocks.
    pub(super) fn matches(&self, row: &ListedConversation) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == found)
        };
        let has_agent = is(&self.agent, row.agent()) || self.offered.contains(&row.id);
        let has_contact = |of: &BTreeSet<ContactId>| row.contact.is_some_and(|it| of.contains(&it));
        has_agent
            && is(&self.queue, row.queue.as_deref())
            && is(&self.owner, row.agent())
            && is(&self.channel, Some(&row.channel))
            && is(&self.incident, row.incident.as_deref())
            && self.tag.as_ref().is_none_or(|tag| row.tags.contains(tag))
            && self.contacts.as_ref().is_none_or(has_contact)
            && self
                .found
                .as_ref()
                .is_none_or(|found| found.contains(&row.id))
    }
}
