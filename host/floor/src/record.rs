//! The floor as plain data: to build it at the start, and to build it anew
//! when queues or settings change.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::directory::Queue;
use patchbay_model::interaction::Visibility;
use serde::{Deserialize, Serialize};

use super::agent::AgentRecord;
use super::conversation::{Conversation, Hold, Refused, Terms, Whereabouts};
use super::offer::Offer;
use super::settings::FloorSettings;
use super::{Floor, FloorError};

/// Everything a floor knows beyond its settings and queues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FloorRecord {
    /// Number of the next offer; open offers push it up.
    pub next_offer: u64,
    /// Agents; as a floor gives them, by id.
    pub agents: Vec<AgentRecord>,
    /// Conversations; as a floor gives them, by id.
    pub conversations: Vec<ConversationRecord>,
}

/// A conversation as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConversationRecord {
    /// The conversation.
    pub conversation: String,
    /// Code of its channel.
    pub channel: String,
    /// Who may read it; absent: the channel's usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Since when it waits or waited.
    pub since: Timestamp,
    /// On what terms it waits or waited.
    pub terms: Terms,
    /// Position of its step; as many as there are steps: the last has passed.
    pub step: u32,
    /// Since when it is in that step.
    pub step_since: Timestamp,
    /// Who refused it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusalRecord>,
    /// Where it is.
    pub place: PlaceRecord,
}

/// That an agent refused a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RefusalRecord {
    /// The agent.
    pub agent: String,
    /// How often.
    pub times: u32,
    /// From when they may be asked again if nobody else fits.
    pub again_at: Timestamp,
}

/// Where a conversation is, as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceRecord {
    /// Waits for an agent.
    Waiting,
    /// Set before an agent.
    Offered(Offer),
    /// Held by an agent.
    Held {
        /// The agent.
        agent: String,
        /// What they do with it.
        hold: Hold,
    },
}

impl Floor {
    /// A floor from what one gave before: it goes on as that one would have.
    /// Settings and queues may differ; what is held stays held even where it
    /// fits no longer. Who refused and is no longer there is forgotten, and
    /// nobody waits for an agent who is not there.
    ///
    /// # Errors
    /// Where an id is used twice, a queue or agent is unknown, or a value is
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
            floor.enter(agent)?;
        }
        for conversation in record.conversations {
            floor.reinstate(conversation, now)?;
        }
        Ok(floor)
    }

    /// The floor as plain data.
    pub fn record(&self) -> FloorRecord {
        let on_roster = self.agents.iter().filter(|agent| !agent.gone);
        let mut agents: Vec<AgentRecord> = on_roster.map(|agent| agent.record.clone()).collect();
        agents.sort_by(|left, right| left.profile.id.cmp(&right.profile.id));
        let mut conversations: Vec<ConversationRecord> = self
            .conversations
            .values()
            .map(|conversation| self.written(conversation))
            .collect();
        conversations.sort_by(|left, right| left.conversation.cmp(&right.conversation));
        FloorRecord {
            next_offer: self.next_offer,
            agents,
            conversations,
        }
    }

    /// A conversation as plain data; `None` where it is not on the floor.
    pub fn record_of(&self, conversation: &str) -> Option<ConversationRecord> {
        let one = self.conversations.get(conversation)?;
        Some(self.written(one))
    }

    fn written(&self, one: &Conversation) -> ConversationRecord {
        let refused = one.refused.iter().filter_map(|(&slot, refused)| {
            let agent = self.agents.get(slot as usize).filter(|agent| !agent.gone)?;
            Some(RefusalRecord {
                agent: agent.id.to_string(),
                times: refused.times,
                again_at: refused.again_at,
            })
        });
        let waiting = PlaceRecord::Waiting;
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
                Whereabouts::Waiting(_) => waiting,
                Whereabouts::Offered(offer) => {
                    let offer = self.offers.get(offer).cloned();
                    offer.map_or(waiting, PlaceRecord::Offered)
                }
                Whereabouts::Held(slot, hold) => PlaceRecord::Held {
                    agent: self.name(*slot).unwrap_or_default(),
                    hold: *hold,
                },
            },
        }
    }

    fn reinstate(&mut self, record: ConversationRecord, now: Timestamp) -> Result<(), FloorError> {
        record.terms.check()?;
        if !self.queues.contains_key(&record.terms.queue) {
            return Err(FloorError::UnknownQueue(record.terms.queue));
        }
        let id: Arc<str> = record.conversation.as_str().into();
        if self.conversations.contains_key(&id) {
            return Err(FloorError::DuplicateConversation(record.conversation));
        }
        let refused = record.refused.iter().filter_map(|refusal| {
            let refused = Refused {
                times: refusal.times,
                again_at: refusal.again_at,
            };
            Some((self.slot(&refusal.agent).ok()?, refused))
        });
        let capacity = &self.settings.capacity;
        let mut conversation = Conversation {
            id: Arc::clone(&id),
            medium: capacity.index_of(&record.channel, record.visibility),
            since: record.since,
            step: record.step as usize,
            step_since: record.step_since,
            refused: refused.collect(),
            channel: record.channel,
            visibility: record.visibility,
            terms: record.terms,
            // Replaced below.
            place: Whereabouts::Offered(Default::default()),
        };
        let medium = conversation.medium;
        let (slot, waits) = match record.place {
            PlaceRecord::Waiting => (None, true),
            PlaceRecord::Held { agent, hold } => {
                let slot = self.slot(&agent)?;
                conversation.place = Whereabouts::Held(slot, hold);
                if let Some(agent) = self.agents.get_mut(slot as usize) {
                    agent.held.insert(Arc::clone(&id));
                    if hold != Hold::Parked {
                        agent.load.add(medium);
                    }
                }
                (Some(slot), false)
            }
            PlaceRecord::Offered(offer) => {
                let slot = self.slot(&offer.agent)?;
                if *offer.conversation != *id {
                    return Err(FloorError::UnknownConversation(offer.conversation));
                }
                if self.offers.contains_key(&offer.id) {
                    let (kind, id) = ("offer", offer.id.to_string());
                    return Err(FloorError::DuplicateId { kind, id });
                }
                conversation.place = Whereabouts::Offered(offer.id);
                if let Some(agent) = self.agents.get_mut(slot as usize) {
                    agent.offers.insert(offer.id);
                    agent.load.add(medium);
                }
                self.next_offer = self.next_offer.max(offer.id.0.saturating_add(1));
                self.deadlines.insert((offer.deadline, offer.id));
                self.offers.insert(offer.id, offer);
                (Some(slot), false)
            }
        };
        self.conversations.insert(Arc::clone(&id), conversation);
        if waits {
            self.line_up(&id, now);
        }
        if let Some(slot) = slot {
            self.restand(slot);
        }
        Ok(())
    }
}
