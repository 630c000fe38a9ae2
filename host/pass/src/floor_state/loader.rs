//! Loading a company's floor from the journal.

use std::collections::HashMap;

use jiff::Timestamp;
use patchbay_clock::SkippedTime;
use patchbay_events::Departure;
use patchbay_floor::{AgentRecord, Floor, FloorError, FloorRecord, PlacementRecord};
use patchbay_generations::Generation;
use patchbay_journal::{Conversation, ConversationId, Slot};
use patchbay_model::conversation::RouteCause;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::directory::{Presence, Queue};
use patchbay_records::roster::Agent;
use patchbay_records::snapshot::Snapshot;

use super::{CompanyFloor, FloorEvent, FloorState, FollowUp, settings_of};

/// The queues of a generation.
pub fn queues_of(generation: &Generation) -> Vec<Queue> {
    let directory = &generation.surroundings.directory;
    let queues = directory.queue_ids().filter_map(|id| directory.queue(id));
    queues.map(|queue| Queue::clone(queue)).collect()
}

/// Fit a record to a generation's queues and the agents on the roster. A
/// conversation of a removed queue moves to `moved-to`, else to the default
/// queue; one of a removed agent is queued. Returns the moves by conversation.
pub(super) fn fit(
    record: &mut FloorRecord,
    queues: &[Queue],
    generation: &Generation,
) -> Vec<(String, FloorEvent)> {
    let mut moves = Vec::new();
    let is_queue = |id: &str| queues.iter().any(|queue| queue.id == id);
    for agent in &mut record.agents {
        agent.profile.queues.retain(|queue| is_queue(queue));
    }
    let agents: std::collections::HashSet<String> = record
        .agents
        .iter()
        .map(|agent| agent.profile.id.clone())
        .collect();
    for one in &mut record.conversations {
        if !is_queue(&one.terms.queue) {
            let to = generation.present_queue(&one.terms.queue).to_owned();
            let moved = FloorEvent::Moved {
                from: std::mem::replace(&mut one.terms.queue, to.clone()),
                to,
            };
            moves.push((one.conversation.clone(), moved));
        }
        let is_gone = match &one.place {
            PlacementRecord::Waiting => false,
            PlacementRecord::Offered(offer) => !agents.contains(&offer.agent),
            PlacementRecord::Held { agent, .. } => !agents.contains(agent),
        };
        if is_gone {
            one.place = PlacementRecord::Waiting;
        }
    }
    moves
}

impl CompanyFloor {
    /// A company's floor with its roster and its unresolved conversations.
    pub fn load(
        generation: &Generation,
        roster: Vec<(Agent, AgentRecord)>,
        open: &[(Conversation, Snapshot)],
        (first_offer, skipped): (u64, SkippedTime),
        now: Timestamp,
    ) -> Result<CompanyFloor, FloorError> {
        let queues = queues_of(generation);
        let offline: Vec<String> = roster
            .iter()
            .filter(|(_, record)| record.presence == Presence::Offline)
            .map(|(agent, _)| agent.id.clone())
            .collect();
        let (people, agents): (HashMap<String, Agent>, Vec<AgentRecord>) = roster
            .into_iter()
            .map(|(agent, record)| ((agent.id.clone(), agent), record))
            .unzip();
        let on_floor = open
            .iter()
            .filter_map(|(_, snapshot)| snapshot.floor.clone());
        let mut record = FloorRecord {
            next_offer: first_offer,
            agents,
            conversations: on_floor.collect(),
        };
        let moves = fit(&mut record, &queues, generation);
        let floor = Floor::restore(settings_of(&generation.desk), queues, record, now)?;
        let company_floor = CompanyFloor::new(floor, generation, people, skipped);
        let mut state = company_floor.lock();
        for (row, snapshot) in open {
            state.overview.update(row.id, snapshot);
            if snapshot.floor.is_none() {
                continue;
            }
            let slot = Slot::for_thread(row.company, &row.thread);
            state.slots.insert(row.id, slot);
            state.set_waits_on_customer(row.id, snapshot.waits_on_customer());
            state.restore_missed(row.id, snapshot, now);
        }
        for (conversation, moved) in moves {
            state.push_event(&conversation, moved);
        }
        for agent in offline {
            if !state.holdings(&agent).is_empty() {
                state.schedule_return(&agent, now);
            }
        }
        drop(state);
        Ok(company_floor)
    }
}

impl FloorState {
    /// Add the events of changes while the host was down: the owner or the agent
    /// with the offer is no longer on the roster.
    fn restore_missed(&mut self, id: ConversationId, snapshot: &Snapshot, now: Timestamp) {
        let Some(owner) = &snapshot.owner else {
            if snapshot.state == ConversationState::Reserved
                && matches!(
                    self.record_of(id).map(|record| record.place),
                    Some(PlacementRecord::Waiting)
                )
            {
                self.push_event(
                    &id.to_string(),
                    FloorEvent::Due(FollowUp::Route(RouteCause::Returned)),
                );
            }
            return;
        };
        if !self.has_agent(owner) {
            let agent = owner.clone();
            let because = Departure::Removed;
            self.push_event(&id.to_string(), FloorEvent::Returned { agent, because });
            if snapshot.waits_on_customer() {
                self.release(id, now);
            }
        }
    }
}
