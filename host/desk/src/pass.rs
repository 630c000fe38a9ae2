//! One pass over a conversation: what came in, rang, happened on the floor or
//! was asked for by somebody is decided about, outside any transaction, and
//! becomes one commit.

mod acting;
mod approving;
mod asking;
mod doing;
mod placing;
mod recalling;
mod recording;
mod replying;
mod sheet;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_generations::Generation;
use patchbay_journal::{Commit, CompanyId, ConversationId, Journal, JournalError, Kind, Message};
use patchbay_model::bypass::Bypasses;
use patchbay_model::conversation::{ConversationState, RouteCause, Trigger, TriggerCode};
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::hours::Hours;
use patchbay_model::interaction::Interaction;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::{ClockEvent, start_of};
use serde_json::json;

use crate::action::{ActError, Done};
use crate::assignment::{Assignments, Consequence, Departure, News};
use patchbay_floor::Hold;
use patchbay_records::history::EntryKind;
use crate::memory::{AtHand, Known, Text};
use crate::observer::{Observer, Told};
use patchbay_records::reading;
use patchbay_generations::rollout::RolloutAssignment;
use patchbay_records::snapshot::{Snapshot, WakeUp, span, unix_ms};
use crate::surge::Surges;
use sheet::Sheet;

/// What a pass works with.
pub(crate) struct Pass<'a> {
    pub(crate) journal: &'a dyn Journal,
    pub(crate) at_hand: &'a AtHand,
    pub(crate) assignments: &'a Assignments,
    pub(crate) surges: &'a Surges,
    /// What decides in it.
    pub(crate) generation: &'a Generation,
    /// What it has to do with a generation that is tried; absent: nothing.
    pub(crate) trying: Option<RolloutAssignment<'a>>,
    pub(crate) company: CompanyId,
    pub(crate) now: Timestamp,
    /// How long to wait for the policies' turn.
    pub(crate) patience: Duration,
    /// What an operator has taken out.
    pub(crate) bypasses: Arc<Bypasses>,
    pub(crate) observer: &'a dyn Observer,
}

/// What a pass came to: the commit, and the conversation as it is after it.
pub(crate) struct Planned {
    pub(crate) commit: Commit,
    pub(crate) known: Known,
    /// What is news again if it is not committed.
    pub(crate) news: Vec<News>,
    /// Agents whose row in the roster has to follow.
    pub(crate) agents: Vec<String>,
    /// What is told of it once it is committed.
    pub(crate) told: Told,
}

/// What somebody's action came to.
pub(crate) struct Acted {
    /// What to write; none where nothing changed.
    pub(crate) planned: Option<Planned>,
    /// What to tell them, once that is written.
    pub(crate) answer: Result<Done, ActError>,
}

/// Why a pass came to nothing.
#[derive(Debug)]
pub(crate) enum Undecided {
    /// The policies' turn did not come: nobody's fault, try again.
    Overloaded,
    /// It broke off with a panic.
    Broken,
    /// There is nothing to do any more.
    Nothing,
    /// There is nothing to do yet, but then there is.
    NotYet(Option<Timestamp>),
    /// The journal could not.
    Journal(JournalError),
}

impl From<JournalError> for Undecided {
    fn from(error: JournalError) -> Undecided {
        Undecided::Journal(error)
    }
}

impl Pass<'_> {
    /// Decide about an input.
    pub(crate) fn input(&self, message: &Message, quarantined: bool) -> Result<Planned, Undecided> {
        let known = self.conversation_of(message)?;
        let begins = known.row.sequence == 0;
        let mut sheet = self.sheet(known, message.traceparent);
        let decided = self.decide_input(&mut sheet, message, begins, quarantined);
        self.finished(sheet, decided)
    }

    fn decide_input(
        &self,
        sheet: &mut Sheet,
        message: &Message,
        begins: bool,
        quarantined: bool,
    ) -> Result<(), Undecided> {
        self.take_up_news(sheet);
        let kind = EntryKind::of_input(message.kind);
        let Some(interaction) = reading::open(self.journal, message)? else {
            // Erased since it was taken in: that it was there is all there is.
            if begins {
                self.enter(sheet, ConversationState::Resolved);
            }
            self.record_input(sheet, message, kind, None);
            return Ok(());
        };
        let interaction = Arc::new(interaction);
        let text = Text {
            ordinal: message.ordinal,
            contact: message.contact,
            interaction: Arc::clone(&interaction),
        };
        match message.kind {
            Kind::Message | Kind::Edit => {}
            Kind::Delete | Kind::Reaction => {
                if message.kind == Kind::Delete {
                    sheet.known.forget(&interaction.id);
                }
                if begins {
                    // About nothing that is known: nobody has to do anything.
                    self.enter(sheet, ConversationState::Resolved);
                }
                self.record_input(sheet, message, kind, None);
                return Ok(());
            }
            Kind::Echo => {
                self.reply_accepted(sheet);
                if begins {
                    self.enter(sheet, ConversationState::WaitingOnCustomer);
                }
                sheet.known.hear(text);
                self.record_input(sheet, message, kind, None);
                return Ok(());
            }
        }
        self.customer_wrote(sheet, message, text, begins, quarantined)
    }

    /// A customer's message, or a new wording of one.
    fn customer_wrote(
        &self,
        sheet: &mut Sheet,
        message: &Message,
        text: Text,
        begins: bool,
        quarantined: bool,
    ) -> Result<(), Undecided> {
        let interaction = &Arc::clone(&text.interaction);
        let is_edit = message.kind == Kind::Edit && !begins;
        if is_edit {
            sheet.known.forget(&interaction.id);
        } else {
            sheet.snapshot().heard(self.now);
        }
        if begins {
            sheet.snapshot().visibility = interaction.visibility;
        }
        let is_back = self.wake(sheet);
        self.make_stale(sheet, "customer-wrote");
        let snapshot = &sheet.known.snapshot;
        let needs_route = snapshot.owner.is_none() && (snapshot.plan.is_none() || is_back);
        if quarantined {
            self.quarantine(sheet, message, text, needs_route);
            return Ok(());
        }
        let mut stages = BTreeSet::from([Stage::Classify, Stage::Escalate]);
        if needs_route {
            stages.insert(Stage::Route);
        }
        let matter = self.matter(&sheet.known, message.contact, &text)?;
        let returned = needs_route && self.is_familiar(sheet, message)?;
        let mut asked = self.ask(matter.clone(), &stages)?;
        let decision = asked.decision();
        sheet.known.hear(text);
        let classification = decision.classification.as_ref();
        sheet.snapshot().assessment = classification.map(|merged| {
            let mut said = merged.classification.clone();
            said.why.clear();
            said
        });
        self.join_incident(sheet);
        if !is_edit {
            self.start_clocks(sheet, message);
        }
        if let Some(plan) = decision.route.clone() {
            self.follow(sheet, plan);
        }
        let unique = message.ordinal.to_string();
        self.act(sheet, &mut asked, matter, &unique)?;
        self.warn_of_failed_escalation(sheet, asked.decision());
        let kind = EntryKind::of_input(message.kind);
        self.record_input(sheet, message, kind, Some(&asked));
        self.remember(sheet, asked.decision(), message.contact);
        if returned {
            sheet
                .consequences
                .push(Consequence::Escalate(Trigger::of(TriggerCode::CustomerReturned)));
        }
        if !is_edit {
            self.watch_for_surges(sheet, interaction)?;
        }
        self.follow_up(sheet)
    }

    /// A message brings a conversation back that was answered or done; whether
    /// it is routed anew.
    fn wake(&self, sheet: &mut Sheet) -> bool {
        let snapshot = sheet.snapshot();
        let was = snapshot.state;
        let reopened = was == ConversationState::Resolved;
        if reopened {
            snapshot.cause = RouteCause::Reopened;
            snapshot.disown();
            snapshot.queue = None;
            self.enter(sheet, ConversationState::Queued);
            return true;
        }
        let Some(owner) = snapshot.owner.clone() else {
            if was != ConversationState::WaitingOnCustomer {
                return false;
            }
            // Its agent left meanwhile; or the company wrote first, and it
            // was never routed.
            if snapshot.plan.is_some() {
                snapshot.cause = RouteCause::Returned;
            }
            self.enter(sheet, ConversationState::Queued);
            return true;
        };
        let mut room = self.assignments.room();
        if !room.is_signed_in(&owner) {
            // Nobody sits before it: it must not wait for them.
            let taken = room.take_back(sheet.known.row.id, Departure::Offline, self.now);
            drop(room);
            if taken.is_ok() {
                self.enter(sheet, ConversationState::Queued);
                self.take_up_news(sheet);
            }
            return false;
        }
        if matches!(
            was,
            ConversationState::WaitingOnCustomer | ConversationState::Wrapping
        ) {
            let id = sheet.known.row.id;
            let resumed = room.hold(id, Hold::Active, self.now);
            if resumed.is_ok_and(|resumed| resumed.exceeds_capacity) {
                // Theirs again if they are the first to have room.
                let taken = room.take_back(id, Departure::NoRoom, self.now);
                drop(room);
                if taken.is_ok() {
                    sheet.snapshot().familiar = Some(owner);
                    self.take_up_news(sheet);
                }
                return false;
            }
            drop(room);
            self.enter(sheet, ConversationState::Active);
        }
        false
    }

    /// A conversation's clock rings: escalation is asked about everything that
    /// fell due.
    pub(crate) fn ring(&self, id: ConversationId) -> Result<Planned, Undecided> {
        let mut sheet = self.sheet(self.conversation(id)?, None);
        self.take_up_news(&mut sheet);
        let triggers = self.due(&mut sheet);
        if triggers.is_empty() && sheet.is_empty() {
            let due_at = sheet
                .known
                .snapshot
                .due_at(self.hours(&sheet.known.snapshot));
            self.at_hand.put(sheet.known);
            return Err(Undecided::NotYet(due_at));
        }
        let mut decided = Ok(());
        for (kind, trigger) in triggers {
            decided = decided.and_then(|()| self.escalate(&mut sheet, kind, trigger));
        }
        let decided = decided.and_then(|()| self.follow_up(&mut sheet));
        self.finished(sheet, decided)
    }

    /// Something happened to a conversation on the floor.
    pub(crate) fn news(&self, id: ConversationId) -> Result<Planned, Undecided> {
        let mut sheet = self.sheet(self.conversation(id)?, None);
        self.take_up_news(&mut sheet);
        let decided = self.follow_up(&mut sheet);
        if decided.is_ok() && sheet.is_empty() {
            self.at_hand.put(sheet.known);
            return Err(Undecided::Nothing);
        }
        self.finished(sheet, decided)
    }

    /// Bring the floor in line, and make a commit of it; or tell the news
    /// again.
    fn finished(
        &self,
        mut sheet: Sheet,
        decided: Result<(), Undecided>,
    ) -> Result<Planned, Undecided> {
        match decided {
            Ok(()) => {
                self.place(&mut sheet);
                Ok(self.plan(sheet))
            }
            Err(undecided) => {
                let id = sheet.known.row.id;
                self.assignments.room().give_back(id, sheet.news);
                Err(undecided)
            }
        }
    }

    /// What fell due by now, as triggers; what needs no policy is done.
    fn due(&self, sheet: &mut Sheet) -> Vec<(EntryKind, Trigger)> {
        let hours = self.hours(&sheet.known.snapshot);
        let now = self.now;
        let snapshot = &mut sheet.known.snapshot;
        let due = snapshot.clocks.advance(unix_ms(now), hours);
        let mut triggers: Vec<_> = due
            .into_iter()
            .map(|due| (EntryKind::ClockRang, due.trigger()))
            .collect();
        let due = |wake_up: &&WakeUp| wake_up.at <= now;
        let woken = snapshot.wake_ups.iter().filter(due).count();
        for wake_up in snapshot.wake_ups.drain(..woken) {
            let trigger = Trigger {
                subject: wake_up.name,
                due_at: Some(wake_up.at),
                ..Trigger::of(TriggerCode::WakeUp)
            };
            triggers.push((EntryKind::WokeUp, trigger));
        }
        if snapshot.silent_at.is_some_and(|at| at <= now) {
            snapshot.silent_at = None;
            let trigger = Trigger {
                agent: snapshot.owner.clone(),
                ..Trigger::of(TriggerCode::SilentAgent)
            };
            triggers.push((EntryKind::Triggered, trigger));
        }
        if snapshot.held_until.is_some_and(|at| at <= now) {
            snapshot.held_until = None;
            if snapshot.state == ConversationState::OnHold && snapshot.owner.is_none() {
                self.change_state(sheet, ConversationState::Queued, None);
                sheet.is_routed = true;
                sheet.consequences.push(Consequence::Route(RouteCause::Held));
            }
        }
        let snapshot = &mut sheet.known.snapshot;
        if snapshot.park_at.is_some_and(|at| at <= now) {
            snapshot.park_at = None;
            self.park(sheet);
        }
        if sheet.known.snapshot.wrap_until.is_some_and(|at| at <= now) {
            self.change_state(sheet, ConversationState::Resolved, None);
        }
        triggers
    }

    fn start_clocks(&self, sheet: &mut Sheet, message: &Message) {
        let hours = self.hours(&sheet.known.snapshot);
        let snapshot = &mut sheet.known.snapshot;
        let said = snapshot.assessment.as_ref();
        let event = ClockEvent::CustomerMessage {
            started_ms: start_of(
                Some(unix_ms(message.received_at)),
                unix_ms(message.accepted_at),
            ),
            expects_reply: said.and_then(|said| said.reply_expected).unwrap_or(true),
        };
        // A customer's message is never refused.
        let _ = snapshot.clocks.apply(unix_ms(self.now), event, hours);
        if snapshot.silent_at.is_none() {
            snapshot.expect_answer(self.generation.desk.silent_after, self.now);
        }
    }

    /// The channel has a reply to everything the customer wrote so far.
    pub(super) fn reply_accepted(&self, sheet: &mut Sheet) {
        let hours = self.hours(&sheet.known.snapshot);
        let snapshot = &mut sheet.known.snapshot;
        // That is never refused.
        let _ = snapshot
            .clocks
            .apply(unix_ms(self.now), ClockEvent::ReplyAccepted, hours);
        snapshot.silent_at = None;
    }

    fn hours(&self, snapshot: &Snapshot) -> Option<&Hours> {
        snapshot.hours(&self.generation.surroundings.hours)
    }

    pub(super) fn enter(&self, sheet: &mut Sheet, state: ConversationState) {
        let hours = self.hours(&sheet.known.snapshot);
        sheet.known.snapshot.enter(state, self.now, hours);
    }

    /// An input nobody may decide about goes where one goes that no policy had
    /// an opinion on, and says why.
    fn quarantine(&self, sheet: &mut Sheet, message: &Message, text: Text, needs_route: bool) {
        tracing::error!(
            company = self.generation.company,
            conversation = %sheet.known.row.id,
            input = %message.ordinal,
            "an input was being decided at three crashes in a row; no policy is asked about it again"
        );
        sheet.known.hear(text);
        self.start_clocks(sheet, message);
        if needs_route {
            let queue = self.generation.pipelines.default_queue();
            self.follow(sheet, RoutePlan::to_queue(queue, ""));
        }
        self.record_input(sheet, message, EntryKind::Quarantined, None);
        if let Some(entry) = sheet.entries.last_mut() {
            let mut head = recording::head_of(message);
            head.insert("outcome".to_owned(), json!(OutcomeKind::Quarantined));
            entry.head = serde_json::Value::Object(head).to_string();
        }
    }

    /// Whether somebody writes anew who was answered not long ago; whoever
    /// answered them is remembered.
    fn is_familiar(&self, sheet: &mut Sheet, message: &Message) -> Result<bool, Undecided> {
        let within = span(self.generation.desk.same_agent);
        let answer = self.last_answer(&sheet.known, message.contact)?;
        let lately = answer.filter(|(at, _)| self.now.duration_since(*at) <= within);
        sheet.snapshot().familiar = lately.map(|(_, agent)| agent);
        Ok(sheet.known.snapshot.familiar.is_some())
    }

    /// What is about the subject of an open incident belongs to it.
    fn join_incident(&self, sheet: &mut Sheet) {
        let said = sheet.known.snapshot.assessment.as_ref();
        let Some(intent) = said.and_then(|said| said.top_intent()) else {
            return;
        };
        let subject = intent.name.clone();
        let is_open = self.assignments.room().overview.is_open(&subject);
        let incident = &mut sheet.snapshot().incident;
        if incident.is_none() && is_open {
            *incident = Some(subject);
        }
    }

    /// Many may write about the same thing as this one.
    fn watch_for_surges(
        &self,
        sheet: &mut Sheet,
        interaction: &Interaction,
    ) -> Result<(), Undecided> {
        let said = sheet.known.snapshot.assessment.as_ref();
        let Some(intent) = said.and_then(|said| said.top_intent()) else {
            return Ok(());
        };
        let rules = &self.generation.desk.surge;
        for trigger in self
            .surges
            .heard(rules, &intent.name.clone(), interaction, self.now)
        {
            self.escalate(sheet, EntryKind::Triggered, trigger)?;
        }
        Ok(())
    }
}
