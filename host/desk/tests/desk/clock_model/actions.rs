//! What agents do, and what becomes of their replies.

use std::thread;

use patchbay_desk::Desk;
use patchbay_journal::{Conversation, ConversationId};
use patchbay_model::actor::Actor;
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::agent_action::{ActionError, AgentAction, Destination};
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_records::reply::AfterReply;

use super::customer::Pending;
use super::oracle::{Draft, Phase, Then};
use super::sequence::Sequence;
use super::terms::QUEUES;
use crate::floor::{agent, supervisor};
use crate::office::{northwind, noted};
use crate::replies::reply_then;
use crate::undeliverable::gone;

/// Agents act at the same time in so many threads.
const THREADS: usize = 4;

pub(super) fn phase(state: ConversationState) -> Phase {
    match state {
        ConversationState::WaitingOnCustomer => Phase::Waiting,
        ConversationState::OnHold => Phase::OnHold,
        ConversationState::Resolved => Phase::Resolved,
        _ => Phase::Open,
    }
}

fn waits_for_agent(state: ConversationState) -> bool {
    matches!(
        state,
        ConversationState::Queued | ConversationState::Reserved
    )
}

/// What happens to one conversation.
pub(super) struct Plan {
    who: usize,
    conversation: ConversationId,
    /// Whether an agent takes it first, if it has none.
    assigns: bool,
    act: Act,
}

enum Act {
    Reply {
        id: String,
        then: Then,
        draft: Draft,
    },
    Deliver(Pending),
    Fail(Pending),
    TakeBack(Pending),
    Perform(&'static str, AgentAction),
    Transfer(&'static str),
}

/// What became of it.
struct Done {
    was_assigned: bool,
    /// State of the conversation before.
    before: ConversationState,
    after: Conversation,
    result: Result<(), ActionError>,
}

fn row(desk: &Desk, id: ConversationId) -> Conversation {
    let row = desk.journal().conversation(northwind(desk), id);
    row.expect("readable").expect("there")
}

fn act(desk: &Desk, id: ConversationId, by: Actor, action: AgentAction) -> Result<(), ActionError> {
    loop {
        let done = desk
            .conversations()
            .act("northwind", id, by.clone(), action.clone());
        match done.expect("a desk that works") {
            // On a machine without processor time for this process.
            Err(ActionError::Busy { .. }) => {}
            result => return result.map(drop),
        }
    }
}

impl Plan {
    fn perform(&self, desk: &Desk) -> Done {
        let id = self.conversation;
        let mut before = row(desk, id).state;
        let was_assigned = self.assigns && waits_for_agent(before);
        if was_assigned {
            let assign = AgentAction::Assign {
                agent: "ana".to_owned(),
            };
            act(desk, id, supervisor(), assign).expect("assigned");
            before = row(desk, id).state;
        }
        let result = match &self.act {
            Act::Reply {
                id: reply, then, ..
            } => {
                let after = match then {
                    Then::Stay => AfterReply::Stay,
                    Then::Wait => AfterReply::Wait,
                    Then::Resolve => AfterReply::Resolve,
                };
                let reply = reply_then(reply, &format!("Reply {reply}"), after);
                act(desk, id, supervisor(), reply)
            }
            Act::Deliver(pending) => {
                let noted = desk.outbox().delivered("northwind", &pending.key);
                noted.expect("noted");
                Ok(())
            }
            Act::Fail(pending) => {
                let noted = desk.outbox().fail("northwind", &pending.key, &gone());
                noted.expect("noted");
                Ok(())
            }
            Act::TakeBack(pending) => {
                let reply = pending.id.clone();
                act(desk, id, supervisor(), AgentAction::TakeBack { reply })
            }
            Act::Perform(_, action) => act(desk, id, agent("ana"), action.clone()),
            Act::Transfer(queue) => {
                let queue = Destination::Queue((*queue).to_owned());
                act(desk, id, supervisor(), AgentAction::Transfer(queue))
            }
        };
        Done {
            was_assigned,
            before,
            after: row(desk, id),
            result,
        }
    }
}

impl Sequence {
    /// Choose something that an agent or a target does.
    pub(super) fn plan(&mut self, who: usize) -> Option<Plan> {
        let act = match self.rng.u8(..44) {
            0..=10 => Act::Reply {
                id: self.name("r"),
                then: [Then::Stay, Then::Wait, Then::Resolve][self.rng.usize(..3)],
                draft: self.oracle(who).draft(),
            },
            11..=22 => Act::Deliver(self.take_pending(who)?),
            23..=26 => Act::Fail(self.take_pending(who)?),
            27..=36 => {
                let (name, action) = match self.rng.u8(..4) {
                    0 => ("hold", AgentAction::Hold),
                    1 => ("resume", AgentAction::Resume),
                    2 => ("wait", AgentAction::Wait),
                    _ => ("resolve", AgentAction::Resolve),
                };
                Act::Perform(name, action)
            }
            37..=40 => Act::TakeBack(self.take_pending(who)?),
            _ => Act::Transfer(QUEUES[self.rng.usize(..QUEUES.len())]),
        };
        let assigns = match &act {
            Act::Reply { .. } => self.rng.u8(..4) > 0,
            Act::Perform(..) => true,
            _ => false,
        };
        let conversation = self.customers[who].thread().id.expect("decided");
        Some(Plan {
            who,
            conversation,
            assigns,
            act,
        })
    }

    fn take_pending(&mut self, who: usize) -> Option<Pending> {
        let count = self.customers[who].thread().pending.len();
        (count > 0).then(|| {
            let index = self.rng.usize(..count);
            self.customers[who].thread().pending.remove(index)
        })
    }

    /// Perform the plans, each of another conversation.
    pub(super) fn perform(&mut self, plans: Vec<Plan>) {
        let desk = self.desk();
        let size = plans.len().div_ceil(THREADS).max(1);
        let done: Vec<Done> = thread::scope(|scope| {
            let each = |part: &'_ [Plan]| part.iter().map(|plan| plan.perform(desk)).collect();
            let parts: Vec<_> = plans
                .chunks(size)
                .map(|part| scope.spawn(move || -> Vec<Done> { each(part) }))
                .collect();
            let parts = parts.into_iter().map(|part| part.join());
            parts.flat_map(|part| part.expect("no panic")).collect()
        });
        desk.wait_until_idle();
        for (plan, done) in plans.into_iter().zip(done) {
            let who = plan.who;
            if done.was_assigned {
                self.note(Some(who), "assigned".to_owned());
                self.coverage.count("assign");
            }
            match plan.act {
                Act::Reply { id, then, draft } => self.replied(who, (id, then, draft), done),
                Act::Deliver(pending) => self.delivered(who, &pending, done.before),
                Act::Fail(pending) => self.failed(who, pending),
                Act::TakeBack(pending) => self.taken_back(who, pending, &done),
                Act::Perform(name, action) => self.acted(who, (name, &action), &done),
                Act::Transfer(queue) => self.transferred(who, queue, &done),
            }
        }
    }

    fn replied(&mut self, who: usize, (id, then, draft): (String, Then, Draft), done: Done) {
        let is_taken = done.result.is_ok();
        self.note(Some(who), format!("reply {id}, then {then:?}: {is_taken}"));
        if let Err(refused) = done.result {
            if phase(done.before) != Phase::Resolved {
                self.fail(Some(who), &format!("{refused:?}"));
            }
            self.coverage.count_step("reply, refused");
            return;
        }
        self.coverage.count_step("reply");
        let sending = read_snapshot(&done.after).expect("readable").sending;
        let key = sending.iter().find(|sending| sending.id == id);
        let key = key.expect("on its way").key.clone();
        self.customers[who].thread().pending.push(Pending {
            id,
            key,
            draft,
            has_echo: false,
            is_tried: false,
            then,
            state: done.before,
        });
    }

    fn delivered(&mut self, who: usize, pending: &Pending, before: ConversationState) {
        self.note(Some(who), format!("{} is delivered", pending.id));
        self.coverage.count_step("delivery");
        self.oracle(who).accept_reply(&pending.draft);
        self.customers[who].thread().sent.push(pending.key.clone());
        // In other states somebody decided otherwise after the reply.
        let may_follow = before == pending.state
            || waits_for_agent(before) && waits_for_agent(pending.state)
            || matches!(
                before,
                ConversationState::Active | ConversationState::WaitingOnCustomer
            );
        let is_answered = self.oracle(who).unanswered_since().is_none();
        match (pending.then, may_follow && is_answered) {
            (Then::Stay, _) => {}
            (_, false) => self.coverage.count("delivery, withheld"),
            (Then::Wait, true) => self.coverage.count("delivery, then wait"),
            (Then::Resolve, true) => self.coverage.count("delivery, then resolve"),
        }
        if may_follow {
            self.oracle(who).follow(pending.then);
        }
    }

    fn failed(&mut self, who: usize, pending: Pending) {
        self.note(Some(who), format!("{} is refused", pending.id));
        self.coverage.count_step("failed delivery");
        // It stays among the failed deliveries: an operator may retry it.
        if self.rng.bool() {
            self.coverage.count("failed delivery, retried");
            let desk = self.desk();
            let retried =
                desk.journal()
                    .retry_outbox(northwind(desk), &pending.key, desk.now(), noted());
            retried.expect("it waits again");
            self.customers[who].thread().pending.push(Pending {
                is_tried: true,
                ..pending
            });
        }
    }

    /// A reply of which nothing was sent never stopped a clock: the oracle knows nothing
    /// of it.
    fn taken_back(&mut self, who: usize, pending: Pending, done: &Done) {
        let what = format!("{} is taken back: {}", pending.id, done.result.is_ok());
        self.note(Some(who), what);
        match (&done.result, pending.is_tried) {
            (Ok(()), false) => self.coverage.count_step("take back"),
            (Err(ActionError::AlreadySent { .. }), true) => {
                self.coverage.count_step("take back, refused");
                self.customers[who].thread().pending.push(pending);
            }
            (result, _) => self.fail(Some(who), &format!("{result:?}")),
        }
    }

    fn acted(&mut self, who: usize, (name, action): (&str, &AgentAction), done: &Done) {
        self.note(Some(who), format!("{name}: {}", done.result.is_ok()));
        if done.result.is_err() {
            self.coverage.count_step(&format!("act {name}, refused"));
            return;
        }
        self.coverage.count_step(&format!("act {name}"));
        let before = self.oracle(who).phase;
        match action {
            AgentAction::Hold => self.oracle(who).set_hold(true),
            AgentAction::Resume => self.oracle(who).set_hold(false),
            AgentAction::Wait => {
                if !self.oracle(who).wait() {
                    self.fail(Some(who), "it waits on a customer who waits");
                }
            }
            _ => self.oracle(who).resolve(),
        }
        match (before, self.oracle(who).phase) {
            (Phase::Open, Phase::OnHold | Phase::Waiting) => self.coverage.count("pause"),
            (Phase::OnHold | Phase::Waiting, Phase::Open) => self.coverage.count("pause ends"),
            _ => {}
        }
    }

    fn transferred(&mut self, who: usize, queue: &str, done: &Done) {
        self.note(
            Some(who),
            format!("transfer to {queue}: {}", done.result.is_ok()),
        );
        if done.result.is_err() {
            if phase(done.before) != Phase::Resolved {
                self.fail(Some(who), &format!("{:?}", done.result));
            }
            self.coverage.count_step("transfer, refused");
            return;
        }
        self.coverage.count_step("transfer");
        if done.after.queue.as_deref() != Some(queue) {
            self.fail(Some(who), "it is in another queue");
        }
        let terms = self.terms[queue].clone();
        // It resumes by the terms of its new queue.
        self.oracle(who).retarget(terms);
        self.oracle(who).set_hold(false);
    }
}
