//! One pass over a conversation: what came in is decided about, outside any
//! transaction, and becomes one commit.

mod acting;
mod recalling;
mod recording;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_engine::decision::Decision;
use patchbay_generation::Generation;
use patchbay_generation::decide::Made;
use patchbay_journal::{Commit, CompanyId, ConversationId, Journal, JournalError, Kind, Message};
use patchbay_model::conversation::{ConversationState, Trigger};
use patchbay_model::decision::escalation::Action;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::hours::Hours;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::situation::Situation;
use patchbay_model::sla::{Event, start_of};
use serde_json::{Value, json};

use crate::history::EntryKind;
use crate::memory::{AtHand, Known, Text};
use crate::reading;
use crate::snapshot::{Snapshot, unix_ms};

/// What a pass works with.
pub(crate) struct Pass<'a> {
    pub(crate) journal: &'a dyn Journal,
    pub(crate) at_hand: &'a AtHand,
    pub(crate) generation: &'a Generation,
    pub(crate) company: CompanyId,
    pub(crate) now: Timestamp,
    /// How long to wait for the policies' turn.
    pub(crate) patience: Duration,
    /// Whether every host call is recorded.
    pub(crate) transcripts: bool,
}

/// What a pass came to: the commit, and the conversation as it is after it.
pub(crate) struct Planned {
    pub(crate) commit: Commit,
    pub(crate) known: Known,
}

/// What a clock's ringing came to: the entry's kind and head, the decision if
/// the policies were asked, and what has to go out.
type Rang = (EntryKind, Value, Option<Decision>, Vec<(String, Action)>);

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
        let mut known = self.conversation_of(message)?;
        let Some(interaction) = reading::open(self.journal, message)? else {
            // Erased since it was taken in: that it was there is all there is.
            return Ok(self.plan(known, message, EntryKind::of_input(message.kind), None));
        };
        let interaction = Arc::new(interaction);
        let text = Text {
            ordinal: message.ordinal,
            contact: message.contact,
            interaction: Arc::clone(&interaction),
        };
        let begins = known.row.sequence == 0;
        match message.kind {
            Kind::Message | Kind::Edit => {}
            Kind::Delete | Kind::Reaction => {
                if message.kind == Kind::Delete {
                    known.forget(&interaction.id);
                }
                if begins {
                    // About nothing that is known: nobody has to do anything.
                    let resolved = ConversationState::Resolved;
                    known.snapshot.enter(resolved, self.now, None);
                }
                let kind = EntryKind::of_input(message.kind);
                return Ok(self.plan(known, message, kind, None));
            }
            Kind::Echo => {
                let hours = self.hours(&known.snapshot);
                let clocks = &mut known.snapshot.clocks;
                // A reply was accepted by the channel: that is never refused.
                let _ = clocks.apply(unix_ms(self.now), Event::ReplyAccepted, hours);
                if begins {
                    let waiting = ConversationState::WaitingOnCustomer;
                    known.snapshot.enter(waiting, self.now, None);
                }
                known.hear(text);
                return Ok(self.plan(known, message, EntryKind::Echoed, None));
            }
        }
        let is_edit = message.kind == Kind::Edit && !begins;
        if is_edit {
            known.forget(&interaction.id);
        } else {
            known.snapshot.heard(self.now);
        }
        let was = known.snapshot.state;
        let reopened = was == ConversationState::Resolved;
        if reopened || was == ConversationState::WaitingOnCustomer {
            if reopened {
                known.snapshot.cause = "reopened".to_owned();
            }
            let hours = self.hours(&known.snapshot);
            let next = match known.snapshot.owner {
                Some(_) => ConversationState::Active,
                None => ConversationState::Queued,
            };
            known.snapshot.enter(next, self.now, hours);
        }
        let needs_route =
            known.snapshot.owner.is_none() && (known.snapshot.plan.is_none() || reopened);
        if quarantined {
            return Ok(self.quarantine(known, message, text, needs_route));
        }
        let mut stages = BTreeSet::from([Stage::Classify, Stage::Escalate]);
        if needs_route {
            stages.insert(Stage::Route);
        }
        let situation = self.situation(&known, message.contact, &interaction)?;
        let mut made = self.ask(situation.clone(), &stages)?;
        let decision = &made.decision;
        known.hear(text);
        let classification = decision.classification.as_ref();
        known.snapshot.assessment = classification.map(|merged| {
            let mut said = merged.classification.clone();
            said.why.clear();
            said
        });
        if !is_edit {
            self.start_clocks(&mut known.snapshot, message);
        }
        if let Some(plan) = decision.route.clone() {
            self.follow(&mut known.snapshot, plan);
        }
        let unique = message.ordinal.to_string();
        let outbox = self.act(&mut known.snapshot, &mut made, situation, &unique)?;
        let kind = EntryKind::of_input(message.kind);
        let mut planned = self.plan(known, message, kind, Some(&made.decision));
        self.add(&mut planned, &made.decision, outbox, message.contact);
        Ok(planned)
    }

    /// A conversation's clock rings: escalation is asked about everything that
    /// fell due.
    pub(crate) fn ring(&self, id: ConversationId) -> Result<Planned, Undecided> {
        let row = self.journal.conversation(self.company, id)?;
        let row = row.ok_or(Undecided::Nothing)?;
        let mut known = match self.at_hand.take(self.company, &row.thread) {
            Some(known) if known.row.id == id => known,
            // Another conversation has begun on its thread.
            Some(newer) => {
                self.at_hand.put(newer);
                self.read(row)?
            }
            None => self.read(row)?,
        };
        let contact = known.row.contact;
        let expected = known.row.sequence;
        let triggers = self.due(&mut known.snapshot);
        if triggers.is_empty() {
            let due_at = known.snapshot.due_at(self.hours(&known.snapshot));
            self.at_hand.put(known);
            return Err(Undecided::NotYet(due_at));
        }
        // Absent where its author was erased: nothing an answer could be about.
        let latest = known.texts.first();
        let latest = latest.map(|text| Arc::clone(&text.interaction));
        let mut rang = Vec::new();
        for (number, (kind, trigger)) in triggers.into_iter().enumerate() {
            let head = json!({"trigger": trigger});
            let Some(latest) = &latest else {
                rang.push((kind, head, None, Vec::new()));
                continue;
            };
            if !known.snapshot.may_redecide(self.now) {
                tracing::warn!(conversation = %id, "decided about again too often within an hour; its policies are not asked");
                rang.push((kind, head, None, Vec::new()));
                continue;
            }
            let mut situation = self.situation(&known, contact, latest)?;
            situation.trigger = Some(Arc::new(trigger));
            let mut made = self.ask(situation.clone(), &BTreeSet::from([Stage::Escalate]))?;
            let unique = format!("{id}-{}", expected + 1 + number as u64);
            let outbox = self.act(&mut known.snapshot, &mut made, situation, &unique)?;
            rang.push((kind, head, Some(made.decision), outbox));
        }
        Ok(self.plan_ring(known, rang, contact))
    }

    /// What fell due by now, as triggers.
    fn due(&self, snapshot: &mut Snapshot) -> Vec<(EntryKind, Trigger)> {
        let hours = self.hours(snapshot);
        let due = snapshot.clocks.advance(unix_ms(self.now), hours);
        let mut triggers: Vec<_> = due
            .into_iter()
            .map(|due| (EntryKind::ClockRang, due.trigger()))
            .collect();
        let now = self.now;
        let woken = snapshot.wake_ups.iter().filter(|at| **at <= now).count();
        if woken > 0 {
            snapshot.wake_ups.drain(..woken);
            triggers.push((EntryKind::WokeUp, Trigger::of("wake-up")));
        }
        triggers
    }

    /// Ask the policies.
    fn ask(&self, situation: Situation, stages: &BTreeSet<Stage>) -> Result<Made<'_>, Undecided> {
        let made = self
            .generation
            .decide_on(situation, stages, self.transcripts, self.patience);
        let parts = &made.decision.stamp.plugins;
        match parts
            .iter()
            .any(|part| part.outcome == OutcomeKind::Overloaded)
        {
            true => Err(Undecided::Overloaded),
            false => Ok(made),
        }
    }

    fn start_clocks(&self, snapshot: &mut Snapshot, message: &Message) {
        let said = snapshot.assessment.as_ref();
        let event = Event::CustomerMessage {
            started_ms: start_of(
                Some(unix_ms(message.received_at)),
                unix_ms(message.accepted_at),
            ),
            expects_reply: said.and_then(|said| said.reply_expected).unwrap_or(true),
        };
        let hours = self.hours(snapshot);
        // A customer's message is never refused.
        let _ = snapshot.clocks.apply(unix_ms(self.now), event, hours);
    }

    fn hours(&self, snapshot: &Snapshot) -> Option<&Hours> {
        snapshot.hours(&self.generation.surroundings.hours)
    }

    /// An input nobody may decide about goes where one goes that no policy had
    /// an opinion on, and says why.
    fn quarantine(
        &self,
        mut known: Known,
        message: &Message,
        text: Text,
        needs_route: bool,
    ) -> Planned {
        tracing::error!(
            input = %message.ordinal,
            "an input was being decided at three crashes in a row; no policy is asked about it again"
        );
        known.hear(text);
        self.start_clocks(&mut known.snapshot, message);
        if needs_route {
            let queue = self.generation.pipelines.default_queue();
            self.follow(&mut known.snapshot, RoutePlan::to_queue(queue, ""));
        }
        let mut planned = self.plan(known, message, EntryKind::Quarantined, None);
        if let Some(entry) = planned.commit.entries.first_mut() {
            let outcome = OutcomeKind::Quarantined;
            let mut head = recording::head_of(message);
            head.insert("outcome".to_owned(), json!(outcome));
            entry.head = Value::Object(head).to_string();
        }
        planned
    }
}
