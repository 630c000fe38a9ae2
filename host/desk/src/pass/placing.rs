//! A conversation and the floor: what happened there is taken up, and what was
//! decided is carried there.

use jiff::SignedDuration;
use patchbay_model::conversation::{ConversationState, RouteCause, Trigger, TriggerCode};
use patchbay_model::decision::route::{Preference, TargetKind};
use serde_json::{Value, json};

use super::Pass;
use super::sheet::Sheet;
use crate::assignment::{Consequence, Departure, News, Room};
use patchbay_floor::{
    Arrival, Assignment, ClosedOffer, Hold, OfferState, Refusal, Terms, WaitFor, Widened,
};
use patchbay_records::history::EntryKind;

/// How long an offer that can be made at once may take to be made.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(1);
/// How much the agent who last answered a customer is preferred.
const SAME_AGENT: u8 = 100;

impl Pass<'_> {
    /// Take up what happened to it on the floor.
    pub(super) fn take_up_news(&self, sheet: &mut Sheet) {
        let id = sheet.known.row.id;
        let (news, record) = {
            let mut room = self.assignments.room();
            (room.news(id), room.record_of(id))
        };
        if news.is_empty() {
            return;
        }
        sheet.snapshot().floor = record;
        self.learn(sheet, news);
    }

    fn learn(&self, sheet: &mut Sheet, news: Vec<News>) {
        for one in &news {
            self.heard_of(sheet, one);
        }
        sheet.news.extend(news);
    }

    fn heard_of(&self, sheet: &mut Sheet, news: &News) {
        match news {
            News::Offered(offer) => {
                self.enter(sheet, ConversationState::Reserved);
                let head = json!({
                    "offer": offer.id,
                    "agent": offer.agent,
                    "deadline": offer.deadline,
                    "step": offer.step,
                    "again": offer.again,
                });
                self.record(sheet, EntryKind::Offered, head, None);
                if offer.again > 0 {
                    let about = json!({"agent": offer.agent, "again": offer.again});
                    self.alert(sheet, "offered-again", about);
                }
            }
            News::Taken(assignment) => self.taken(sheet, assignment),
            News::Refused(refusal) => self.refused(sheet, refusal),
            News::Withdrawn(closed) => self.withdrawn(sheet, closed),
            News::Widened(widened) => self.widened(sheet, widened),
            News::Left { agent, because } => self.left(sheet, agent, *because),
            News::Moved { from, to } => self.moved(sheet, from, to),
            News::Ended => self.change_state(sheet, ConversationState::Resolved, None),
            News::Due(consequence) => {
                sheet.consequences.push(consequence.clone());
            }
        }
    }

    fn left(&self, sheet: &mut Sheet, agent: &str, because: Departure) {
        sheet.snapshot().disown();
        self.make_stale(sheet, "agent-left");
        // The customer is next: there is nothing anybody could do.
        let waits = sheet.known.snapshot.state == ConversationState::WaitingOnCustomer
            && matches!(because, Departure::Offline | Departure::Removed);
        if !waits {
            self.enter(sheet, ConversationState::Queued);
        }
        let state = sheet.known.snapshot.state;
        let head = json!({"agent": agent, "because": because, "state": state});
        self.record(sheet, EntryKind::Returned, head, None);
        if !waits {
            sheet.consequences.push(Consequence::Route(RouteCause::Returned));
        }
    }

    fn moved(&self, sheet: &mut Sheet, from: &str, to: &str) {
        let snapshot = sheet.snapshot();
        snapshot.queue = Some(to.to_owned());
        if let Some(plan) = &mut snapshot.plan
            && plan.target.id.as_deref() == Some(from)
            && plan.target.kind == TargetKind::Queue
        {
            plan.target.id = Some(to.to_owned());
        }
        let head = json!({"queue": to, "from": from, "because": "moved"});
        self.record(sheet, EntryKind::Transferred, head, None);
    }

    fn taken(&self, sheet: &mut Sheet, assignment: &Assignment) {
        let accepted = assignment
            .closed
            .as_ref()
            .filter(|closed| closed.state == OfferState::Accepted);
        let kind = match accepted {
            Some(_) => EntryKind::Accepted,
            None => EntryKind::Assigned,
        };
        let head = json!({
            "agent": assignment.agent,
            "offer": assignment.closed.as_ref().map(|closed| closed.offer.id),
            "exceeds_capacity": assignment.exceeds_capacity,
            "previous": assignment.previous,
        });
        let snapshot = sheet.snapshot();
        snapshot.owner = Some(assignment.agent.clone());
        snapshot.accepted = accepted.map(|closed| closed.offer.id);
        snapshot.expect_answer(self.generation.desk.silent_after, self.now);
        self.enter(sheet, ConversationState::Active);
        self.record(sheet, kind, head, None);
    }

    fn refused(&self, sheet: &mut Sheet, refusal: &Refusal) {
        let closed = &refusal.closed;
        let kind = match closed.state {
            OfferState::TimedOut => EntryKind::TimedOut,
            _ => EntryKind::Declined,
        };
        self.unreserve(sheet);
        let head = json!({
            "offer": closed.offer.id,
            "agent": closed.offer.agent,
            "again_at": refusal.again_at,
            "alone": refusal.alone,
        });
        self.record(sheet, kind, head, None);
        if closed.state == OfferState::TimedOut {
            sheet.agents.push(closed.offer.agent.clone());
        }
        if refusal.alone {
            let about = json!({"agent": closed.offer.agent, "queue": sheet.known.snapshot.queue});
            self.alert(sheet, "nobody-else-fits", about);
            let trigger = Trigger {
                agent: Some(closed.offer.agent.clone()),
                ..Trigger::of(TriggerCode::Declined)
            };
            sheet.consequences.push(Consequence::Escalate(trigger));
        }
    }

    fn withdrawn(&self, sheet: &mut Sheet, closed: &ClosedOffer) {
        self.unreserve(sheet);
        let head = json!({
            "offer": closed.offer.id,
            "agent": closed.offer.agent,
            "state": closed.state,
        });
        self.record(sheet, EntryKind::Withdrawn, head, None);
    }

    fn widened(&self, sheet: &mut Sheet, widened: &Widened) {
        let head = json!({"step": widened.step, "skipped": widened.skipped});
        self.record(sheet, EntryKind::Widened, head, None);
        // While somebody has it before them it is not late to ask.
        if widened.step.is_none() {
            sheet.consequences.push(Consequence::Route(RouteCause::Expired));
        }
    }

    fn unreserve(&self, sheet: &mut Sheet) {
        if sheet.known.snapshot.state == ConversationState::Reserved {
            self.enter(sheet, ConversationState::Queued);
        }
    }

    /// Take it from its owner, if it has one.
    pub(super) fn take_from_owner(&self, sheet: &mut Sheet, because: Departure) {
        let Some(agent) = sheet.known.snapshot.owner.clone() else {
            return;
        };
        sheet.snapshot().disown();
        self.make_stale(sheet, "agent-left");
        let head = json!({"agent": agent, "because": because});
        self.record(sheet, EntryKind::Returned, head, None);
    }

    /// Carry to the floor what this pass came to: where it waits, that it
    /// waits no more. What happened there meanwhile comes first; somebody who
    /// took it keeps it.
    pub(super) fn place(&self, sheet: &mut Sheet) {
        let id = sheet.known.row.id;
        let mut room = self.assignments.room();
        let late = room.news(id);
        if !late.is_empty() {
            self.learn_late(sheet, &mut room, late);
        }
        let state = sheet.known.snapshot.state;
        let is_on_floor = room.record_of(id).is_some();
        match state {
            ConversationState::Resolved => room.release(id, self.now),
            ConversationState::OnHold | ConversationState::WaitingOnCustomer
                if sheet.known.snapshot.owner.is_none() =>
            {
                room.release(id, self.now);
            }
            ConversationState::Queued if sheet.is_routed || !is_on_floor => {
                self.queue_up(sheet, &mut room);
            }
            _ => room.set_priority(id, sheet.known.snapshot.priority, self.now),
        }
        // An offer taken back by that is part of it.
        let after = room.news(id);
        if !after.is_empty() {
            self.learn_late(sheet, &mut room, after);
        }
        let snapshot = &mut sheet.known.snapshot;
        snapshot.floor = room.record_of(id);
        room.set_quiet(id, snapshot.is_quiet());
        let is_over = snapshot.state == ConversationState::Resolved;
        let incident = snapshot.incident.as_deref().filter(|_| !is_over);
        room.overview.note(id, incident, snapshot.pending.is_some());
    }

    /// News that come when policies cannot be asked any more: what follows
    /// from them is done next.
    fn learn_late(&self, sheet: &mut Sheet, room: &mut Room, news: Vec<News>) {
        self.learn(sheet, news);
        for consequence in std::mem::take(&mut sheet.consequences) {
            room.put_off(sheet.known.row.id, consequence);
        }
    }

    fn queue_up(&self, sheet: &mut Sheet, room: &mut Room) {
        let id = sheet.known.row.id;
        let default_queue = self.generation.pipelines.default_queue();
        let snapshot = sheet.snapshot();
        let wanted = snapshot.queue.as_deref().unwrap_or(default_queue);
        snapshot.queue = Some(room.queue_for(wanted));
        let arrival = self.arrival(sheet, room);
        let slot = patchbay_journal::Slot::of(self.company, &sheet.known.row.thread);
        if let Err(error) = room.queue_up((slot, id), arrival, self.now) {
            // Queues and agents a plan names were checked; both may have gone
            // since. Nobody must be lost for that.
            tracing::warn!(company = self.generation.company, conversation = %id, %error, "its route cannot be followed; it goes to the default queue");
            let queue = room.queue_for(default_queue);
            let arrival = Arrival {
                terms: Terms::queue(&queue),
                ..self.arrival(sheet, room)
            };
            sheet.snapshot().queue = Some(queue);
            if let Err(error) = room.queue_up((slot, id), arrival, self.now) {
                tracing::error!(company = self.generation.company, conversation = %id, %error, "a conversation cannot be queued");
            }
        }
    }

    /// A conversation as it comes to the floor, with its age.
    pub(super) fn arrival(&self, sheet: &Sheet, room: &Room) -> Arrival {
        let snapshot = &sheet.known.snapshot;
        let known = snapshot.floor.as_ref().map(|record| record.since);
        Arrival {
            conversation: sheet.known.row.id.to_string(),
            channel: snapshot.channel.clone(),
            visibility: snapshot.visibility,
            since: known.unwrap_or(self.now),
            terms: self.terms(sheet, room),
        }
    }

    /// On what terms it waits.
    fn terms(&self, sheet: &Sheet, room: &Room) -> Terms {
        let snapshot = &sheet.known.snapshot;
        let default_queue = self.generation.pipelines.default_queue();
        let queue = snapshot.queue.as_deref().unwrap_or(default_queue);
        let mut terms = Terms::queue(queue);
        terms.priority = snapshot.priority.min(100);
        let Some(plan) = &snapshot.plan else {
            return terms;
        };
        terms.steps.clone_from(&plan.steps);
        terms.preferences.clone_from(&plan.preferences);
        terms.excluded.clone_from(&plan.excluded);
        terms.offer_timeout = plan.offer_timeout;
        if plan.target.kind == TargetKind::Agent
            && let Some(agent) = plan.target.id.clone().filter(|id| room.has_agent(id))
        {
            let target = &plan.target;
            let there = room.is_present(&agent);
            // Without a bound they must be offered it at once, or it goes on.
            let at_once = self.now.checked_add(AT_ONCE).ok();
            let until = target.until.or(at_once.filter(|_| room.has_room(&agent)));
            terms.wait_for = until
                .filter(|_| there || target.while_away)
                .map(|until| WaitFor {
                    agent,
                    until,
                    while_away: target.while_away,
                });
        }
        if terms.preferences.is_empty()
            && let Some(agent) = snapshot.familiar.clone()
        {
            let score = SAME_AGENT;
            terms.preferences.push(Preference { agent, score });
        }
        terms
    }

    /// It waits on its customer, who does not write: it holds no capacity any
    /// more.
    pub(super) fn park(&self, sheet: &mut Sheet) {
        let id = sheet.known.row.id;
        let parked = self.assignments.room().hold(id, Hold::Parked, self.now);
        if parked.is_ok() {
            self.record(sheet, EntryKind::Parked, json!({}), None);
        }
    }

    /// Enter a state and write it down, with who asked for it.
    pub(super) fn change_state(&self, sheet: &mut Sheet, to: ConversationState, by: Option<Value>) {
        let from = sheet.known.snapshot.state;
        self.enter(sheet, to);
        let entered = sheet.known.snapshot.state;
        if entered == ConversationState::Resolved {
            self.make_stale(sheet, "resolved");
            sheet.snapshot().disown();
        }
        let mut head = json!({"from": from, "to": entered});
        if let (Some(by), Some(head)) = (by, head.as_object_mut()) {
            head.insert("by".to_owned(), by);
        }
        self.record(sheet, EntryKind::StateChanged, head, None);
    }
}
