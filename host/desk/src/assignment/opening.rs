//! Building a company's floor from what was written down.

use std::collections::HashMap;

use jiff::Timestamp;
use patchbay_generations::Generation;
use patchbay_journal::{Conversation, ConversationId, Slot};
use patchbay_model::conversation::{ConversationState, RouteCause};
use patchbay_model::directory::{Presence, Queue};

use super::{Assignments, Consequence, News, settings_of};
use patchbay_floor::{AgentRecord, Floor, FloorError, FloorRecord, PlaceRecord};
use crate::roster::Agent;
use patchbay_records::snapshot::Snapshot;

/// A company's queues.
pub(crate) fn queues_of(generation: &Generation) -> Vec<Queue> {
    let directory = &generation.surroundings.directory;
    let queues = directory.queue_ids().filter_map(|id| directory.queue(id));
    queues.map(|queue| Queue::clone(queue)).collect()
}

/// Make what was written fit the queues and agents there are now: what waited
/// in a queue that is gone waits where that moved to, or in the default one,
/// and nobody keeps what they hold beyond being on the roster. What moved, for
/// its conversations.
pub(super) fn fit(
    record: &mut FloorRecord,
    queues: &[Queue],
    generation: &Generation,
) -> Vec<(String, News)> {
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
            let to = generation.moved.get(&one.terms.queue);
            let to = to.map_or(generation.pipelines.default_queue(), String::as_str);
            let moved = News::Moved {
                from: std::mem::replace(&mut one.terms.queue, to.to_owned()),
                to: to.to_owned(),
            };
            moves.push((one.conversation.clone(), moved));
        }
        let is_gone = match &one.place {
            PlaceRecord::Waiting => false,
            PlaceRecord::Offered(offer) => !agents.contains(&offer.agent),
            PlaceRecord::Held { agent, .. } => !agents.contains(agent),
        };
        if is_gone {
            one.place = PlaceRecord::Waiting;
        }
    }
    moves
}

impl Assignments {
    /// A company's floor with its roster and the conversations that are not
    /// resolved, as they were written.
    ///
    /// # Errors
    /// [`FloorError`] where the roster does not fit the queues.
    pub(crate) fn open(
        generation: &Generation,
        roster: Vec<(Agent, AgentRecord)>,
        open: &[(Conversation, Snapshot)],
        now: Timestamp,
    ) -> Result<Assignments, FloorError> {
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
            // Never a number that was given before, open or not.
            next_offer: u64::try_from(now.as_microsecond()).unwrap_or(1),
            agents,
            conversations: on_floor.collect(),
        };
        let moves = fit(&mut record, &queues, generation);
        let floor = Floor::restore(settings_of(&generation.desk), queues, record, now)?;
        let assignments = Assignments::of(floor, generation, people);
        let mut room = assignments.room();
        for (row, snapshot) in open {
            room.overview.note(
                row.id,
                snapshot.incident.as_deref(),
                snapshot.pending.is_some(),
            );
            if snapshot.floor.is_none() {
                continue;
            }
            let slot = Slot::of(row.company, &row.thread);
            room.slots.insert(row.id, slot);
            room.set_quiet(row.id, snapshot.is_quiet());
            room.missed(row.id, snapshot, now);
        }
        for (conversation, moved) in moves {
            room.tell(&conversation, moved);
        }
        for agent in offline {
            if !room.holdings(&agent).is_empty() {
                room.leave_later(&agent, now);
            }
        }
        drop(room);
        Ok(assignments)
    }
}

impl super::Room {
    /// What changed while nobody looked: the agent of a conversation is not on
    /// the roster any more.
    fn missed(&mut self, id: ConversationId, snapshot: &Snapshot, now: Timestamp) {
        let Some(owner) = &snapshot.owner else {
            if snapshot.state == ConversationState::Reserved
                && matches!(
                    self.record_of(id).map(|record| record.place),
                    Some(PlaceRecord::Waiting)
                )
            {
                self.tell(&id.to_string(), News::Due(Consequence::Route(RouteCause::Returned)));
            }
            return;
        };
        if !self.has_agent(owner) {
            let agent = owner.clone();
            let because = super::Departure::Removed;
            self.tell(&id.to_string(), News::Left { agent, because });
            if snapshot.is_quiet() {
                self.release(id, now);
            }
        }
    }
}
