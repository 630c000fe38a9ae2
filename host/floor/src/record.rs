//! The floor as plain data: to restore it at the start, and when queues or
//! settings change.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::channel::Visibility;
use patchbay_model::directory::Queue;
use serde::{Deserialize, Serialize};

use super::agent::AgentRecord;
use super::conversation::{Conversation, Hold, PlacementState, PriorRefusals, RoutingTerms};
use super::offer::Offer;
use super::settings::FloorSettings;
use super::{Floor, FloorError};

/// State of a floor, without its settings and queues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FloorRecord {
    /// Least id of the next offer; restoring raises it above open offers.
    pub next_offer: u64,
    /// Agents; [`Floor::record`] sorts them by id.
    pub agents: Vec<AgentRecord>,
    /// Conversations; [`Floor::record`] sorts them by id.
    pub conversations: Vec<ConversationRecord>,
}

/// State of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConversationRecord {
    /// Id of the conversation.
    pub conversation: String,
    /// Code of its channel.
    pub channel: String,
    /// Who may read it; absent: the channel's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Its age: since when it waits or waited.
    pub since: Timestamp,
    /// The terms it waits or waited on.
    pub terms: RoutingTerms,
    /// Index of its step; the number of steps once all have expired.
    pub step: u32,
    /// When that step began.
    pub step_since: Timestamp,
    /// Agents who refused it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusalRecord>,
    /// Its placement.
    pub place: PlacementRecord,
}

/// An agent's refusals of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RefusalRecord {
    /// The agent.
    pub agent: String,
    /// Number of refusals.
    pub times: u32,
    /// When the agent may be offered it again if no other agent fits.
    pub again_at: Timestamp,
}

/// A [`Placement`](super::Placement) with the whole offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlacementRecord {
    /// In a queue.
    Waiting,
    /// Offered to an agent.
    Offered(Offer),
    /// Held by an agent.
    Held {
        /// Id of the agent.
        agent: String,
        /// State of the conversation.
        hold: Hold,
    },
}

impl Floor {
    /// Restores a floor from its record; settings and queues may differ from
    /// the recorded floor's. Held conversations stay held even if they exceed
    /// capacity. Refusals of and waits for agents who are not in the record
    /// are dropped.
    ///
    /// # Errors
    /// A duplicate id, an unknown queue, holder or offered agent, or a value
    /// outside its range.
    pub fn restore(
        settings: FloorSettings,
        queues: impl IntoIterator<Item = Queue>,
        record: FloorRecord,
        now: Timestamp,
    ) -> Result<Floor, FloorError> {
        let mut floor = Floor::new(settings, queues)?;
        floor.next_offer = record.next_offer.max(1);
        for agent in record.agents {
            if floor.slots.contains_key(agent.profile.id.as_str()) {
                let id = agent.profile.id;
                return Err(FloorError::DuplicateId { kind: "agent", id });
            }
            floor.insert_agent(agent)?;
        }
        for conversation in record.conversations {
            floor.restore_conversation(conversation, now)?;
        }
        Ok(floor)
    }

    /// The floor as plain data, for [`Floor::restore`].
    pub fn record(&self) -> FloorRecord {
        let on_roster = self.agents.iter().filter(|agent| !agent.removed);
        let mut agents: Vec<AgentRecord> = on_roster.map(|agent| agent.record.clone()).collect();
        agents.sort_by(|left, right| left.profile.id.cmp(&right.profile.id));
        let mut conversations: Vec<ConversationRecord> = self
            .conversations
            .values()
            .map(|conversation| self.to_record(conversation))
            .collect();
        conversations.sort_by(|left, right| left.conversation.cmp(&right.conversation));
        FloorRecord {
            next_offer: self.next_offer,
            agents,
            conversations,
        }
    }

    /// A conversation as plain data; `None` if it is not on the floor.
    pub fn record_of(&self, conversation: &str) -> Option<ConversationRecord> {
        let one = self.conversations.get(conversation)?;
        Some(self.to_record(one))
    }

    fn to_record(&self, one: &Conversation) -> ConversationRecord {
        let refused = one.refused.iter().filter_map(|(&slot, refused)| {
            let agent = self.agents.get(slot).filter(|agent| !agent.removed)?;
            Some(RefusalRecord {
                agent: agent.id.to_string(),
                times: refused.times,
                again_at: refused.again_at,
            })
        });
        let waiting = PlacementRecord::Waiting;
        ConversationRecord {
            conversation: one.id.to_string(),
            channel: one.channel.clone(),
            visibility: one.visibility,
            since: one.since,
            terms: one.terms.clone(),
            step: one.step as u32,
            step_since: one.step_since,
            refused: refused.collect(),
            place: match &one.place {
                PlacementState::Waiting(_) => waiting,
                PlacementState::Offered(offer) => {
                    let offer = self.offers.get(offer).cloned();
                    offer.map_or(waiting, PlacementRecord::Offered)
                }
                PlacementState::Held(slot, hold) => PlacementRecord::Held {
                    agent: self.agent_id(*slot),
                    hold: *hold,
                },
            },
        }
    }

    pub(super) fn restore_conversation(
        &mut self,
        record: ConversationRecord,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        record.terms.check()?;
        if !self.queues.contains_key(&record.terms.queue) {
            return Err(FloorError::UnknownQueue(record.terms.queue));
        }
        let id: Arc<str> = record.conversation.as_str().into();
        if self.conversations.contains_key(&id) {
            return Err(FloorError::DuplicateConversation(record.conversation));
        }
        let refused = record.refused.iter().filter_map(|refusal| {
            let refused = PriorRefusals {
                times: refusal.times,
                again_at: refusal.again_at,
            };
            Some((self.slot(&refusal.agent).ok()?, refused))
        });
        let mut conversation = Conversation {
            id: Arc::clone(&id),
            class: self.rules.class_of(&record.channel, record.visibility),
            since: record.since,
            step: record.step as usize,
            step_since: record.step_since,
            refused: refused.collect(),
            channel: record.channel,
            visibility: record.visibility,
            terms: record.terms,
            // Replaced below, for a waiting one by `insert_waiting`.
            place: PlacementState::Offered(Default::default()),
        };
        let (class, queue) = (conversation.class, conversation.terms.queue.clone());
        let slot = match record.place {
            PlacementRecord::Waiting => None,
            PlacementRecord::Held { agent, hold } => {
                let slot = self.slot(&agent)?;
                conversation.place = PlacementState::Held(slot, hold);
                if let Some(agent) = self.agents.get_mut(slot) {
                    agent.held.insert(Arc::clone(&id));
                    if hold != Hold::Parked {
                        agent.load.add(class, &queue);
                    }
                }
                Some(slot)
            }
            PlacementRecord::Offered(offer) => {
                let slot = self.slot(&offer.agent)?;
                if *offer.conversation != *id {
                    return Err(FloorError::UnknownConversation(offer.conversation));
                }
                if self.offers.contains_key(&offer.id) {
                    let (kind, id) = ("offer", offer.id.to_string());
                    return Err(FloorError::DuplicateId { kind, id });
                }
                conversation.place = PlacementState::Offered(offer.id);
                self.next_offer = self.next_offer.max(offer.id.0.saturating_add(1));
                self.insert_offer(offer, slot, class, &queue);
                Some(slot)
            }
        };
        self.conversations.insert(Arc::clone(&id), conversation);
        match slot {
            Some(slot) => self.update_availability(slot),
            None => self.insert_waiting(&id, now),
        }
        Ok(())
    }
}
