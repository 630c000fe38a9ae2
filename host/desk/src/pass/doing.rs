//! What people do about a conversation.

use patchbay_journal::ConversationId;
use patchbay_model::conversation::{ConversationState, RouteCause};
use patchbay_model::decision::route::{RoutePlan, Target, TargetKind};
use serde_json::{Value, json};

use super::sheet::Sheet;
use super::{Acted, Pass, Undecided};
use crate::action::{ActError, Action, Actor, Destination, Done, Role};
use crate::assignment::{Consequence, Departure};
use patchbay_floor::{Hold, OfferId};
use patchbay_records::history::EntryKind;
use patchbay_records::reply::Sent;
use patchbay_records::snapshot::{from_unix_ms, span};

/// What came of doing something, or why it was not done, or why it could not
/// even be tried.
type Tried = Result<Result<Option<Sent>, ActError>, Undecided>;

impl Pass<'_> {
    /// Do something about a conversation.
    pub(crate) fn act_on(
        &self,
        id: ConversationId,
        actor: &Actor,
        action: &Action,
    ) -> Result<Acted, Undecided> {
        let known = match self.conversation(id) {
            Ok(known) => known,
            Err(Undecided::Nothing) => {
                return Ok(Acted {
                    planned: None,
                    answer: Err(ActError::UnknownConversation),
                });
            }
            Err(other) => return Err(other),
        };
        let mut sheet = self.sheet(known, None);
        self.take_up_news(&mut sheet);
        let tried = match self.follow_up(&mut sheet) {
            Ok(()) => self.attempt(&mut sheet, actor, action),
            Err(undecided) => Err(undecided),
        };
        let tried = match tried {
            // What follows from the deed itself.
            Ok(answer) => self.follow_up(&mut sheet).map(|()| answer),
            Err(undecided) => Err(undecided),
        };
        let answer = match tried {
            Ok(answer) => answer,
            Err(undecided) => {
                self.assignments.room().give_back(id, sheet.news);
                return Err(undecided);
            }
        };
        if sheet.is_empty() {
            let answer = answer.map(|reply| self.done(&sheet, reply));
            self.at_hand.put(sheet.known);
            return Ok(Acted {
                planned: None,
                answer,
            });
        }
        self.place(&mut sheet);
        let answer = answer.map(|reply| self.done(&sheet, reply));
        Ok(Acted {
            planned: Some(self.plan(sheet)),
            answer,
        })
    }

    fn done(&self, sheet: &Sheet, reply: Option<Sent>) -> Done {
        let snapshot = &sheet.known.snapshot;
        let owner = snapshot.owner.clone();
        let room = self.assignments.room();
        let agent = owner.as_deref().and_then(|owner| room.agent(owner));
        Done {
            state: snapshot.state,
            exceeds_capacity: agent.is_some_and(|(_, view)| view.load > view.capacity.into()),
            owner,
            reply,
        }
    }

    fn attempt(&self, sheet: &mut Sheet, actor: &Actor, action: &Action) -> Tried {
        let answer = match action {
            Action::Accept(offer) => self.accept(sheet, actor, *offer),
            Action::Decline(offer) => self.decline(sheet, actor, *offer),
            Action::Assign { agent } => self.assign(sheet, actor, agent),
            Action::Transfer(destination) => self.transfer(sheet, actor, destination),
            Action::Return => self.give_back(sheet, actor),
            Action::Requeue => self.requeue(sheet, actor),
            Action::Hold => self.hold(sheet, actor),
            Action::Resume => self.resume(sheet, actor),
            Action::Wait => self.wait(sheet, actor),
            Action::WrapUp => self.wrap_up(sheet, actor),
            Action::Resolve => self.resolve(sheet, actor),
            Action::Reply(reply) => return self.reply(sheet, actor, reply),
            Action::Approve { reply } => return self.approve(sheet, actor, reply),
            Action::Reject { reply, why } => return Ok(self.reject(sheet, actor, reply, why)),
            Action::Delivered { key } => {
                self.delivered(sheet, key);
                Ok(())
            }
            Action::Undeliverable { key, problem } => {
                self.undeliverable(sheet, key, problem);
                Ok(())
            }
        };
        Ok(answer.map(|()| None))
    }

    fn accept(&self, sheet: &mut Sheet, actor: &Actor, offer: OfferId) -> Result<(), ActError> {
        let snapshot = &sheet.known.snapshot;
        if snapshot.accepted == Some(offer) && snapshot.owner.as_ref() == Some(&actor.id) {
            // Asked for again: it was done.
            return Ok(());
        }
        self.is_offered_to(sheet, actor, offer)?;
        self.assignments.room().accept(offer, self.now)?;
        self.take_up_news(sheet);
        Ok(())
    }

    fn decline(&self, sheet: &mut Sheet, actor: &Actor, offer: OfferId) -> Result<(), ActError> {
        self.is_offered_to(sheet, actor, offer)?;
        self.assignments.room().decline(offer, self.now)?;
        self.take_up_news(sheet);
        Ok(())
    }

    fn is_offered_to(&self, sheet: &Sheet, actor: &Actor, offer: OfferId) -> Result<(), ActError> {
        let open = self.assignments.room().offered(offer);
        let ((_, conversation), open) = open.ok_or(ActError::OfferOver(offer))?;
        if conversation != sheet.known.row.id {
            return Err(ActError::OfferOver(offer));
        }
        match open.agent == actor.id {
            true => Ok(()),
            false => Err(ActError::NotYours {
                owner: Some(open.agent),
            }),
        }
    }

    fn assign(&self, sheet: &mut Sheet, actor: &Actor, agent: &str) -> Result<(), ActError> {
        let snapshot = &sheet.known.snapshot;
        let takes_free = snapshot.owner.is_none() && actor.id == agent;
        if actor.role != Role::Supervisor && !takes_free {
            return Err(ActError::SupervisorsOnly);
        }
        if snapshot.state == ConversationState::Resolved {
            return Err(not_now(sheet));
        }
        if snapshot.owner.as_deref() == Some(agent) {
            return Ok(());
        }
        let id = sheet.known.row.id;
        let slot = patchbay_journal::Slot::of(self.company, &sheet.known.row.thread);
        self.make_stale(sheet, "agent-left");
        let mut room = self.assignments.room();
        let arrival = self.arrival(sheet, &room);
        room.assign((slot, id), arrival, agent, self.now)?;
        drop(room);
        self.take_up_news(sheet);
        self.sign(sheet, actor);
        Ok(())
    }

    fn transfer(
        &self,
        sheet: &mut Sheet,
        actor: &Actor,
        destination: &Destination,
    ) -> Result<(), ActError> {
        self.may_touch(sheet, actor)?;
        if sheet.known.snapshot.state == ConversationState::Resolved {
            return Err(not_now(sheet));
        }
        let room = self.assignments.room();
        let (target, queue) = match destination {
            Destination::Queue(queue) if room.has_queue(queue) => (Target::queue(queue), queue),
            Destination::Queue(queue) => return Err(ActError::UnknownQueue(queue.clone())),
            Destination::Agent(agent) if room.has_agent(agent) => {
                let wait = span(self.generation.desk.wait_for_agent);
                let target = Target {
                    kind: TargetKind::Agent,
                    id: Some(agent.clone()),
                    queue: None,
                    until: self.now.checked_add(wait).ok(),
                    while_away: true,
                };
                (target, agent)
            }
            Destination::Agent(agent) => return Err(ActError::UnknownAgent(agent.clone())),
        };
        drop(room);
        let from = sheet.known.snapshot.owner.clone();
        sheet.snapshot().disown();
        self.make_stale(sheet, "agent-left");
        let mut plan = RoutePlan::to_queue(queue, "");
        plan.target = target;
        let head = json!({"to": plan.target, "from": from, "by": actor});
        self.follow(sheet, plan);
        self.record(sheet, EntryKind::Transferred, head, None);
        Ok(())
    }

    fn give_back(&self, sheet: &mut Sheet, actor: &Actor) -> Result<(), ActError> {
        self.may_touch(sheet, actor)?;
        if sheet.known.snapshot.owner.is_none() {
            return Err(not_now(sheet));
        }
        self.take_from_owner(sheet, Departure::GivenBack);
        self.sign(sheet, actor);
        self.enter(sheet, ConversationState::Queued);
        // Whoever hands it on is asked again only if nobody else fits.
        sheet.is_routed = true;
        sheet.consequences.push(Consequence::Route(RouteCause::Returned));
        Ok(())
    }

    /// It waits again, as if nobody had ever held it; but with its age.
    fn requeue(&self, sheet: &mut Sheet, actor: &Actor) -> Result<(), ActError> {
        if actor.role != Role::Supervisor {
            return Err(ActError::SupervisorsOnly);
        }
        let state = sheet.known.snapshot.state;
        if state == ConversationState::Resolved {
            return Err(not_now(sheet));
        }
        self.make_stale(sheet, "requeued");
        let snapshot = sheet.snapshot();
        let head = json!({
            "from": state,
            "agent": snapshot.owner,
            "queue": snapshot.queue,
            "by": actor,
        });
        snapshot.disown();
        snapshot.held_until = None;
        self.enter(sheet, ConversationState::Queued);
        self.record(sheet, EntryKind::Requeued, head, None);
        sheet.is_routed = true;
        sheet.consequences.push(Consequence::Route(RouteCause::Returned));
        Ok(())
    }

    fn hold(&self, sheet: &mut Sheet, actor: &Actor) -> Result<(), ActError> {
        self.may_touch(sheet, actor)?;
        self.needs(
            sheet,
            &[
                ConversationState::Active,
                ConversationState::WaitingOnCustomer,
            ],
        )?;
        self.change_state(sheet, ConversationState::OnHold, Some(json!(actor)));
        Ok(())
    }

    fn resume(&self, sheet: &mut Sheet, actor: &Actor) -> Result<(), ActError> {
        self.may_touch(sheet, actor)?;
        self.needs(
            sheet,
            &[
                ConversationState::OnHold,
                ConversationState::WaitingOnCustomer,
                ConversationState::Wrapping,
            ],
        )?;
        if sheet.known.snapshot.owner.is_none() {
            // It lay still without an owner: it waits for one again.
            self.change_state(sheet, ConversationState::Queued, Some(json!(actor)));
            sheet.consequences.push(Consequence::Route(RouteCause::Returned));
            return Ok(());
        }
        let id = sheet.known.row.id;
        let _ = self.assignments.room().hold(id, Hold::Active, self.now)?;
        self.change_state(sheet, ConversationState::Active, Some(json!(actor)));
        let silent_after = self.generation.desk.silent_after;
        sheet.snapshot().expect_answer(silent_after, self.now);
        Ok(())
    }

    fn wait(&self, sheet: &mut Sheet, actor: &Actor) -> Result<(), ActError> {
        self.may_touch(sheet, actor)?;
        self.needs(
            sheet,
            &[ConversationState::Active, ConversationState::OnHold],
        )?;
        if sheet.known.snapshot.owner.is_none() {
            return Err(not_now(sheet));
        }
        if let Some(since) = sheet.known.snapshot.clocks.unanswered_since() {
            let since = from_unix_ms(since);
            return Err(ActError::Unanswered { since });
        }
        self.wait_on_customer(sheet, Some(json!(actor)));
        Ok(())
    }

    /// The customer is next; the agent keeps it, for a while with capacity.
    pub(super) fn wait_on_customer(&self, sheet: &mut Sheet, by: Option<Value>) {
        self.change_state(sheet, ConversationState::WaitingOnCustomer, by);
        let snapshot = sheet.snapshot();
        if snapshot.state == ConversationState::WaitingOnCustomer && snapshot.owner.is_some() {
            let park_after = span(self.generation.desk.park_after);
            snapshot.park_at = self.now.checked_add(park_after).ok();
        }
    }

    fn wrap_up(&self, sheet: &mut Sheet, actor: &Actor) -> Result<(), ActError> {
        self.may_touch(sheet, actor)?;
        self.needs(
            sheet,
            &[
                ConversationState::Active,
                ConversationState::WaitingOnCustomer,
                ConversationState::OnHold,
            ],
        )?;
        self.start_wrapping(sheet, Some(json!(actor)))
    }

    pub(super) fn start_wrapping(
        &self,
        sheet: &mut Sheet,
        by: Option<Value>,
    ) -> Result<(), ActError> {
        let id = sheet.known.row.id;
        let _ = self.assignments.room().hold(id, Hold::Wrapping, self.now)?;
        self.make_stale(sheet, "resolved");
        self.change_state(sheet, ConversationState::Wrapping, by);
        let wrap_up = span(self.generation.desk.wrap_up);
        sheet.snapshot().wrap_until = self.now.checked_add(wrap_up).ok();
        Ok(())
    }

    fn resolve(&self, sheet: &mut Sheet, actor: &Actor) -> Result<(), ActError> {
        if sheet.known.snapshot.state == ConversationState::Resolved {
            return Ok(());
        }
        self.may_touch(sheet, actor)?;
        self.change_state(sheet, ConversationState::Resolved, Some(json!(actor)));
        Ok(())
    }

    /// Whether somebody may do something about it: its owner, or a supervisor.
    pub(super) fn may_touch(&self, sheet: &Sheet, actor: &Actor) -> Result<(), ActError> {
        let owner = &sheet.known.snapshot.owner;
        match actor.role == Role::Supervisor || owner.as_ref() == Some(&actor.id) {
            true => Ok(()),
            false => Err(ActError::NotYours {
                owner: owner.clone(),
            }),
        }
    }

    fn needs(&self, sheet: &Sheet, states: &[ConversationState]) -> Result<(), ActError> {
        match states.contains(&sheet.known.snapshot.state) {
            true => Ok(()),
            false => Err(not_now(sheet)),
        }
    }

    /// Add to the newest entry who did it.
    fn sign(&self, sheet: &mut Sheet, actor: &Actor) {
        if let Some(entry) = sheet.entries.last_mut()
            && let Ok(Value::Object(mut head)) = serde_json::from_str(&entry.head)
        {
            head.insert("by".to_owned(), json!(actor));
            entry.head = Value::Object(head).to_string();
        }
    }
}

pub(super) fn not_now(sheet: &Sheet) -> ActError {
    ActError::NotNow {
        state: sheet.known.snapshot.state,
    }
}
