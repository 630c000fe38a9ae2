//! One pass over a conversation: what came in is decided about, outside any
//! transaction, and becomes one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_engine::decision::Decision;
use patchbay_generation::Generation;
use patchbay_generation::decide::{Made, seed_of};
use patchbay_journal::{
    Commit, CompanyId, ContactId, Conversation as Row, ConversationId, Journal, JournalError, Kind,
    Message, NewEntry, NewOutbox, Ordinal, Purpose, StateChange,
};
use patchbay_model::conversation::{Contact, ConversationState, Trigger};
use patchbay_model::decision::escalation::Action;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::hours::Hours;
use patchbay_model::interaction::Interaction;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::situation::{Exchange, Situation};
use patchbay_model::sla::{Event, Targets, start_of};
use patchbay_model::state::{Memory, Scope};
use serde_json::{Map, Value, json};

use crate::history::{EntryKind, public_view};
use crate::memory::{AtHand, Known, Person, Said, Text};
use crate::reading;
use crate::snapshot::{Snapshot, unix_ms};

/// Most conversations of a person that are read back.
const CONVERSATIONS: usize = 16;

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

    /// Carry out what escalation asked for; what has to go out.
    fn act(
        &self,
        snapshot: &mut Snapshot,
        made: &mut Made<'_>,
        situation: Situation,
        unique: &str,
    ) -> Result<Vec<(String, Action)>, Undecided> {
        let Some(escalation) = made.decision.escalation.clone() else {
            return Ok(Vec::new());
        };
        let mut outbox = Vec::new();
        let mut re_route = None;
        for (number, action) in escalation.actions.into_iter().enumerate() {
            match action.kind.as_str() {
                "raise-priority" => {
                    let least = action.priority.unwrap_or(snapshot.priority);
                    snapshot.priority = snapshot.priority.max(least);
                }
                "require-approval" => snapshot.needs_approval = true,
                "open-incident" => {
                    let usual = || {
                        let said = snapshot.assessment.as_ref();
                        let intent = said.and_then(|said| said.top_intent());
                        intent.map_or_else(|| "general".to_owned(), |intent| intent.name.clone())
                    };
                    snapshot.incident = Some(action.target.clone().unwrap_or_else(usual));
                }
                "wake-up" => {
                    if let Some(at) = action.at {
                        snapshot.wake_ups.push(at);
                        snapshot.wake_ups.sort();
                        snapshot.wake_ups.dedup();
                        snapshot.wake_ups.truncate(16);
                    }
                }
                "notify" => outbox.push((format!("{unique}-{number}"), action)),
                "re-route" => re_route = Some(action),
                // Validated: nothing else comes this far.
                _ => {}
            }
        }
        if let Some(action) = re_route {
            self.re_route(snapshot, made, situation, action)?;
        }
        Ok(outbox)
    }

    /// To the queue escalation names, else where the routing policies now say.
    fn re_route(
        &self,
        snapshot: &mut Snapshot,
        made: &mut Made<'_>,
        mut situation: Situation,
        action: Action,
    ) -> Result<(), Undecided> {
        snapshot.cause = "re-routed".to_owned();
        if let Some(queue) = action.target {
            self.follow(snapshot, RoutePlan::to_queue(&queue, ""));
            return Ok(());
        }
        if !snapshot.may_redecide(self.now) {
            tracing::warn!(
                "a conversation was routed again too often within an hour; it goes to the default queue"
            );
            let queue = self.generation.pipelines.default_queue();
            self.follow(snapshot, RoutePlan::to_queue(queue, ""));
            return Ok(());
        }
        if let Some(exchange) = &mut situation.exchange {
            let exchange = Arc::make_mut(exchange);
            exchange.conversation = snapshot.as_read(exchange.conversation.id.clone());
        }
        situation.assessment = snapshot.assessment.clone().map(Arc::new);
        situation.trigger = None;
        let routed = self.ask(situation, &BTreeSet::from([Stage::Route]))?;
        if let Some(plan) = routed.decision.route.clone() {
            self.follow(snapshot, plan.clone());
            made.decision.route = Some(plan);
        }
        made.decision
            .stamp
            .plugins
            .extend(routed.decision.stamp.plugins);
        Ok(())
    }

    fn follow(&self, snapshot: &mut Snapshot, plan: RoutePlan) {
        let default_queue = self.generation.pipelines.default_queue();
        let queue = match plan.target.kind.as_str() {
            "queue" => plan.target.id.as_deref().unwrap_or(default_queue),
            _ => default_queue,
        };
        let terms = self
            .generation
            .queues
            .get(queue)
            .cloned()
            .unwrap_or_default();
        let targets = Targets::merged(&terms.sla, &plan.sla);
        let calendars = &self.generation.surroundings.hours;
        snapshot.follow(plan, targets, terms.priority, self.now, calendars);
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
            let mut head = head_of(message);
            head.insert("outcome".to_owned(), json!(outcome));
            entry.head = Value::Object(head).to_string();
        }
        planned
    }

    /// Everything a policy may read.
    fn situation(
        &self,
        known: &Known,
        contact: Option<ContactId>,
        interaction: &Arc<Interaction>,
    ) -> Result<Situation, Undecided> {
        let person = match contact {
            Some(contact) => self.person(contact)?,
            None => Arc::default(),
        };
        let id = known.row.id;
        let said_elsewhere = person
            .conversations
            .iter()
            .filter(|(other, _)| **other != id);
        let (mut heard, mut last_agent) = (known.snapshot.heard_lately(self.now), None);
        for (_, said) in said_elsewhere {
            heard += said.heard_lately(self.now);
            last_agent = last_agent.or_else(|| said.last_agent.clone());
        }
        let earlier = known.texts.iter().map(|text| &text.interaction);
        let exchange = Exchange {
            interaction: Arc::clone(interaction),
            conversation: known.snapshot.as_read(id.to_string()),
            contact: Contact {
                id: contact.map(|contact| contact.to_string()),
                recent_interactions: heard,
                last_agent: known.snapshot.last_agent.clone().or(last_agent),
            },
            earlier: earlier
                .filter(|text| text.id != interaction.id)
                .cloned()
                .collect(),
            elsewhere: person.elsewhere(id),
        };
        let surroundings = Arc::clone(&self.generation.surroundings);
        let mut situation =
            Situation::of(surroundings, exchange, self.now, seed_of(&interaction.id));
        situation.memories = Arc::new(self.memories(id, contact)?);
        Ok(situation)
    }

    /// What each plugin that keeps state remembers.
    fn memories(
        &self,
        conversation: ConversationId,
        contact: Option<ContactId>,
    ) -> Result<BTreeMap<String, Memory>, JournalError> {
        let mut memories = BTreeMap::new();
        for plugin in self.generation.pipelines.plugins() {
            let scopes = &plugin.grants().state;
            let owners: Vec<(Scope, &[u8])> = scopes
                .iter()
                .filter_map(|scope| Some((*scope, owner(*scope, &conversation, contact.as_ref())?)))
                .collect();
            if owners.is_empty() {
                continue;
            }
            let memory = self.journal.memory(
                self.company,
                plugin.name(),
                plugin.state_version(),
                &owners,
            )?;
            memories.insert(plugin.name().to_owned(), memory);
        }
        Ok(memories)
    }

    /// The conversation an input belongs to: the thread's current one, or one
    /// that begins.
    fn conversation_of(&self, message: &Message) -> Result<Known, Undecided> {
        let thread = &message.thread;
        if let Some(known) = self.at_hand.take(self.company, thread) {
            if known.snapshot.takes_more(self.now) {
                return Ok(known);
            }
        } else if let Some(row) = self.journal.current(self.company, thread)? {
            let known = self.read(row)?;
            if known.snapshot.takes_more(self.now) {
                return Ok(known);
            }
        }
        let before = self.journal.conversations_on(self.company, thread)?;
        let snapshot = Snapshot::begin(&message.channel, self.now);
        Ok(Known {
            row: Row {
                company: self.company,
                id: ConversationId::of(self.company, thread, before),
                sequence: 0,
                thread: thread.clone(),
                contact: message.contact,
                state: snapshot.state,
                queue: None,
                owner: None,
                due_at: None,
                opened_at: self.now,
                snapshot: Vec::new(),
            },
            snapshot,
            texts: Vec::new(),
            age: self.at_hand.age(),
        })
    }

    /// A conversation read back from its row.
    fn read(&self, row: Row) -> Result<Known, Undecided> {
        let age = self.at_hand.age();
        let snapshot = reading::snapshot(&row)?;
        let texts = self.texts(&snapshot.recent)?;
        Ok(Known {
            row,
            snapshot,
            texts,
            age,
        })
    }

    fn texts(&self, recent: &[u64]) -> Result<Vec<Text>, Undecided> {
        let ordinals: Vec<Ordinal> = recent.iter().copied().map(Ordinal).collect();
        let mut texts = Vec::with_capacity(ordinals.len());
        for message in self.journal.inputs(self.company, &ordinals)? {
            if let Some(interaction) = reading::open(self.journal, &message)? {
                texts.push(Text {
                    ordinal: message.ordinal,
                    contact: message.contact,
                    interaction: Arc::new(interaction),
                });
            }
        }
        texts.sort_by_key(|text| std::cmp::Reverse(text.ordinal));
        Ok(texts)
    }

    /// What somebody wrote in their last conversations.
    fn person(&self, contact: ContactId) -> Result<Arc<Person>, Undecided> {
        if let Some(person) = self.at_hand.person(self.company, contact) {
            return Ok(person);
        }
        let mut person = Person::default();
        for row in self
            .journal
            .conversations_with(self.company, contact, CONVERSATIONS)?
        {
            let known = self.read(row)?;
            person.conversations.insert(known.row.id, known.said());
        }
        let person = Arc::new(person);
        self.at_hand
            .keep_person(self.company, contact, Arc::clone(&person));
        Ok(person)
    }

    /// The commit of an input, without what the policies wrote.
    fn plan(
        &self,
        known: Known,
        message: &Message,
        kind: EntryKind,
        decision: Option<&Decision>,
    ) -> Planned {
        let mut head = head_of(message);
        if let Some(decision) = decision {
            head.extend(public_view(decision));
        }
        let entry = self.entry(kind, head, decision, message.contact);
        let entry = NewEntry {
            input: Some(message.ordinal),
            ..entry
        };
        self.commit(known, vec![entry])
    }

    fn plan_ring(&self, known: Known, rang: Vec<Rang>, contact: Option<ContactId>) -> Planned {
        let entries = rang.iter().map(|(kind, head, decision, _)| {
            let mut head = head.as_object().cloned().unwrap_or_default();
            if let Some(decision) = decision {
                head.extend(public_view(decision));
            }
            self.entry(*kind, head, decision.as_ref(), contact)
        });
        let entries = entries.collect();
        let mut planned = self.commit(known, entries);
        for (_, _, decision, outbox) in rang {
            if let Some(decision) = decision {
                self.add(&mut planned, &decision, outbox, contact);
            }
        }
        planned
    }

    fn entry(
        &self,
        kind: EntryKind,
        head: Map<String, Value>,
        decision: Option<&Decision>,
        contact: Option<ContactId>,
    ) -> NewEntry {
        let whole = decision.and_then(|decision| serde_json::to_vec(decision).ok());
        let sealed = match (whole, contact) {
            (Some(whole), Some(contact)) => self
                .journal
                .seal(self.company, contact, Purpose::Entry, &whole)
                .ok(),
            _ => None,
        };
        NewEntry {
            kind: kind as u16,
            at: self.now,
            input: None,
            head: Value::Object(head).to_string(),
            contact: contact.filter(|_| sealed.is_some()),
            sealed: sealed.unwrap_or_default(),
        }
    }

    fn commit(&self, mut known: Known, entries: Vec<NewEntry>) -> Planned {
        let snapshot = &known.snapshot;
        known.row.state = snapshot.state;
        known.row.queue.clone_from(&snapshot.queue);
        known.row.owner.clone_from(&snapshot.owner);
        known.row.due_at = snapshot.due_at(self.hours(snapshot));
        known.row.snapshot = serde_json::to_vec(snapshot).unwrap_or_default();
        Planned {
            commit: Commit {
                expected: known.row.sequence,
                conversation: known.row.clone(),
                entries,
                state: Vec::new(),
                outbox: Vec::new(),
                at: self.now,
            },
            known,
        }
    }

    /// Add what the policies remember and what must go out.
    fn add(
        &self,
        planned: &mut Planned,
        decision: &Decision,
        outbox: Vec<(String, Action)>,
        contact: Option<ContactId>,
    ) {
        let id = planned.known.row.id;
        let plugins = self.generation.pipelines.plugins();
        for (name, write) in decision.writes() {
            let plugin = plugins.iter().find(|plugin| plugin.name() == name);
            let owner = owner(write.scope, &id, contact.as_ref());
            let (Some(plugin), Some(owner)) = (plugin, owner) else {
                continue;
            };
            planned.commit.state.push(StateChange {
                plugin: name.to_owned(),
                version: plugin.state_version(),
                scope: write.scope,
                owner: owner.to_vec(),
                key: write.key.clone(),
                change: write.change.clone(),
            });
        }
        for (key, action) in outbox {
            let Some(target) = action.target.clone() else {
                continue;
            };
            let notice = json!({
                "conversation": id.to_string(),
                "message": action.message,
                "at": self.now,
            });
            planned.commit.outbox.push(NewOutbox {
                key: format!("notify-{key}"),
                target,
                payload: self.sealed_notice(contact, &notice),
                not_before: self.now,
            });
        }
    }

    /// A notice as it waits: the contact whose key seals it, and the sealed
    /// text.
    fn sealed_notice(&self, contact: Option<ContactId>, notice: &Value) -> Vec<u8> {
        let Some(contact) = contact else {
            return [&[0; 16], notice.to_string().as_bytes()].concat();
        };
        let text = notice.to_string();
        let sealed = self
            .journal
            .seal(self.company, contact, Purpose::Outbox, text.as_bytes());
        [&contact.0[..], &sealed.unwrap_or_default()].concat()
    }
}

impl Said {
    fn heard_lately(&self, now: Timestamp) -> u32 {
        let week = jiff::SignedDuration::from_hours(7 * 24);
        let lately = |at: &&Timestamp| now.duration_since(**at) <= week;
        self.received.iter().filter(lately).count() as u32
    }
}

/// What may be read of an input by everybody.
fn head_of(message: &Message) -> Map<String, Value> {
    let head = json!({
        "interaction": message.message,
        "kind": message.kind.as_str(),
        "channel": message.channel,
        "received_at": message.received_at,
    });
    match head {
        Value::Object(head) => head,
        _ => Map::new(),
    }
}

/// Whose memory a scope's is.
fn owner<'a>(
    scope: Scope,
    conversation: &'a ConversationId,
    contact: Option<&'a ContactId>,
) -> Option<&'a [u8]> {
    match scope {
        Scope::Conversation => Some(&conversation.0),
        Scope::Contact => contact.map(|contact| &contact.0[..]),
        Scope::Company => Some(&[]),
    }
}
