//! A pass runs the steps of one piece of work on a conversation, outside any
//! transaction, and ends in one commit:
//!
//! | step | module | |
//! | --- | --- | --- |
//! | load | [`load`] | the conversation, its contact, the policies' state |
//! | decide | [`decide`] | call the policies |
//! | act | [`act`], [`replies`], [`take_back`], [`approvals`], [`notes`], [`agent_actions`] | carry out what policies and people decided |
//! | place | [`place`] | bring the floor in line |
//! | commit | [`commit`] | entries, snapshot, state, outbox |
//!
//! The work is an input ([`customer_message`]), a timer ([`due_timers`]), floor
//! events, or an action.

mod act;
mod agent_actions;
mod approvals;
mod commit;
mod customer_message;
mod decide;
mod drafts;
mod due_timers;
mod echo;
mod files;
mod known_reply;
mod load;
mod newer_entries;
mod notes;
mod place;
mod recipient;
mod replies;
mod report;
mod running_clocks;
mod state_changes;
mod take_back;
mod transcription;
mod unanswered;
mod unit_of_work;
mod words;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_generations::Generation;
use patchbay_generations::rollout::RolloutAssignment;
use patchbay_journal::{Commit, CompanyId, ContactId, ConversationId, Journal, JournalError};
use patchbay_model::actor::Actor;
use patchbay_model::bypass::Bypasses;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::hours::Hours;
use patchbay_model::interaction::WrittenBy;
use patchbay_model::traceparent::Traceparent;
use patchbay_records::conversation_cache::PendingInput;
use patchbay_records::conversation_cache::{CachedConversation, ConversationCache};
use patchbay_records::snapshot::{Snapshot, unix_ms};

use crate::agent_action::{ActionError, ActionResult, AgentAction, DraftCheck};
use crate::clock_rules::ClockRules;
use crate::floor_state::{CompanyFloor, FloorEvent};
use crate::observer::{Observer, PassTrace};
use crate::surge::SurgeDetector;

use unit_of_work::UnitOfWork;

/// What a pass works with.
pub struct Pass<'a> {
    /// Where conversations, contacts and state are read.
    pub journal: &'a dyn Journal,
    /// Conversations that were read or written lately.
    pub cache: &'a ConversationCache,
    /// The agents, offers and queues of the company.
    pub floor: &'a CompanyFloor,
    /// Counts messages by topic.
    pub surges: &'a SurgeDetector,
    /// The generation that decides in this pass.
    pub generation: &'a Generation,
    /// The part of this pass in a running rollout.
    pub rollout: Option<RolloutAssignment<'a>>,
    /// The company of the conversation.
    pub company: CompanyId,
    /// The time of everything in the pass.
    pub now: Timestamp,
    /// How long a decision waits for an instance.
    pub timeout: Duration,
    /// Whether the words of new texts are stored, so that they can be searched.
    pub lists_words: bool,
    /// Stages and plugins that operators switched off.
    pub bypasses: Arc<Bypasses>,
    /// Telemetry.
    pub observer: &'a dyn Observer,
    /// The rules that running SLA clocks follow.
    pub clock_rules: ClockRules,
}

/// The result of a pass.
pub struct PlannedCommit {
    /// What to write.
    pub commit: Commit,
    /// Whether the commit adds outbox items.
    pub outbox: bool,
    /// What follows.
    pub after: AfterCommit,
}

/// What the worker does once the commit is durable, or has failed.
pub struct AfterCommit {
    /// The conversation as the commit leaves it.
    pub conversation: CachedConversation,
    /// Terms that the commit adds to the words of the conversation, by contact.
    pub terms: Vec<(ContactId, Vec<String>)>,
    /// Floor events in the commit; given back if it fails.
    pub floor_events: Vec<FloorEvent>,
    /// Agents whose row in the roster must follow.
    pub agents: Vec<String>,
    /// What took how long.
    pub trace: PassTrace,
}

/// The result of an action.
pub struct ActionOutcome {
    /// What to write; `None` where nothing changed.
    pub planned: Option<PlannedCommit>,
    /// What to answer once it is durable.
    pub answer: Result<ActionResult, ActionError>,
}

/// Why a pass has no result.
#[derive(Debug)]
pub enum PassError {
    /// No instance of a policy was free in time. Run the pass again.
    Overloaded,
    /// The pass panicked.
    Panicked,
    /// The work is done already, or its conversation is gone.
    NothingToDo,
    /// The timer is not due yet; this is its new time.
    NotDue(Option<Timestamp>),
    /// The journal failed.
    Journal(JournalError),
}

impl From<JournalError> for PassError {
    fn from(error: JournalError) -> PassError {
        PassError::Journal(error)
    }
}

impl Pass<'_> {
    /// Decide an input.
    pub fn input(
        &self,
        pending: &PendingInput,
        quarantined: bool,
    ) -> Result<PlannedCommit, PassError> {
        let conversation = load::conversation_of_input(self, &pending.input)?;
        let mut unit = self.begin(conversation, pending.input.traceparent);
        let decided = act::tell_due(self, &mut unit)
            .and_then(|()| customer_message::decide_input(self, &mut unit, pending, quarantined));
        self.finish(unit, decided)
    }

    /// Call escalation for everything that is due in a conversation.
    pub fn timer_due(&self, id: ConversationId) -> Result<PlannedCommit, PassError> {
        let conversation = load::conversation(self, id)?;
        let mut unit = self.begin(conversation, None);
        let due = due_timers::collect(self, &mut unit);
        let is_nothing_due = due.is_empty() && unit.due.is_empty();
        if is_nothing_due && unit.is_empty() {
            let due_at = unit.snapshot().due_at(self.hours(unit.snapshot()));
            self.cache.put(unit.conversation);
            return Err(PassError::NotDue(due_at));
        }
        let mut decided = act::tell_due(self, &mut unit);
        for trigger in due {
            decided = decided.and_then(|()| act::escalate(self, &mut unit, trigger));
        }
        self.finish(unit, decided)
    }

    /// Write the floor's events of a conversation.
    pub fn floor_changed(&self, id: ConversationId) -> Result<PlannedCommit, PassError> {
        let conversation = load::conversation(self, id)?;
        let mut unit = self.begin(conversation, None);
        let decided = act::follow_up(self, &mut unit);
        if decided.is_ok() && unit.is_empty() {
            self.cache.put(unit.conversation);
            return Err(PassError::NothingToDo);
        }
        self.finish(unit, decided)
    }

    /// Perform an action of an agent, a supervisor or the host. `expected` is the number of
    /// the last entry that its author saw: it is refused where something that matters
    /// came later.
    pub fn act(
        &self,
        id: ConversationId,
        actor: &Actor,
        action: &AgentAction,
        expected: Option<u64>,
    ) -> Result<ActionOutcome, PassError> {
        let conversation = match load::conversation(self, id) {
            Ok(conversation) => conversation,
            Err(PassError::NothingToDo) => {
                return Ok(ActionOutcome {
                    planned: None,
                    answer: Err(ActionError::UnknownConversation),
                });
            }
            Err(other) => return Err(other),
        };
        let mut unit = self.begin(conversation, None);
        let acted = act::follow_up(self, &mut unit)
            .and_then(|()| agent_actions::perform(self, &mut unit, actor, (action, expected)))
            .and_then(|answer| act::follow_up(self, &mut unit).map(|()| answer))
            .and_then(|answer| Ok(words::make_lists(self, &mut unit).map(|()| answer)?));
        let answer = match acted {
            Ok(answer) => answer,
            Err(error) => return Err(self.abandon(unit, error)),
        };
        if unit.is_empty() {
            let answer = answer.map(|reply| agent_actions::result(self, &unit, reply));
            self.cache.put(unit.conversation);
            return Ok(ActionOutcome {
                planned: None,
                answer,
            });
        }
        place::place(self, &mut unit);
        let answer = answer.map(|reply| agent_actions::result(self, &unit, reply));
        Ok(ActionOutcome {
            planned: Some(commit::plan(self, unit)),
            answer,
        })
    }

    /// Whether an action is possible now: nothing is performed or recorded. The
    /// conversation as it is, or why the action fails. What agents do meanwhile, and what
    /// only shows as it is performed, may still refuse it.
    pub fn check_action(
        &self,
        id: ConversationId,
        actor: &Actor,
        action: &AgentAction,
        expected: Option<u64>,
    ) -> Result<Result<ActionResult, ActionError>, PassError> {
        let Some(row) = self.journal.conversation(self.company, id)? else {
            return Ok(Err(ActionError::UnknownConversation));
        };
        // Read from the journal: a worker may have the cached conversation.
        let unit = commit::begin(self, load::stored(self, row)?, None);
        let possible = agent_actions::check(self, &unit, actor, (action, expected))?;
        Ok(possible.map(|()| agent_actions::result(self, &unit, None)))
    }

    /// Check a draft while it is typed: nothing is recorded or remembered.
    pub fn check_draft(
        &self,
        id: ConversationId,
        actor: &Actor,
        text: &str,
        written_by: WrittenBy,
    ) -> Result<Result<DraftCheck, ActionError>, PassError> {
        let Some(row) = self.journal.conversation(self.company, id)? else {
            return Ok(Err(ActionError::UnknownConversation));
        };
        // Read from the journal: a worker may have the cached conversation.
        let unit = commit::begin(self, load::stored(self, row)?, None);
        if let Err(refused) = unit.check_access(actor) {
            return Ok(Err(refused));
        }
        replies::check_typed(self, &unit, actor, text, written_by).map(Ok)
    }

    /// The customer to whom a reply in a conversation goes now, whose key seals it and its
    /// files.
    pub fn recipient(
        &self,
        id: ConversationId,
    ) -> Result<Result<ContactId, ActionError>, PassError> {
        let Some(row) = self.journal.conversation(self.company, id)? else {
            return Ok(Err(ActionError::UnknownConversation));
        };
        // Read from the journal: a worker may have the cached conversation.
        let unit = commit::begin(self, load::stored(self, row)?, None);
        let found = recipient::find(self, &unit)?;
        Ok(found.map(|recipient| recipient.contact))
    }

    /// Begin the unit of work of a pass: first what fell due, then what happened
    /// on the floor. [`act::tell_due`] writes the former.
    fn begin(
        &self,
        conversation: CachedConversation,
        traceparent: Option<Traceparent>,
    ) -> UnitOfWork {
        let mut unit = commit::begin(self, conversation, traceparent);
        let due = running_clocks::follow_rules(self, &mut unit);
        unit.due.extend(due);
        let hours = self.hours(unit.snapshot());
        let clocks = &mut unit.conversation.snapshot.clocks;
        unit.due.extend(clocks.advance(unix_ms(self.now), hours));
        place::apply_floor_events(self, &mut unit);
        unit
    }

    fn finish(
        &self,
        mut unit: UnitOfWork,
        decided: Result<(), PassError>,
    ) -> Result<PlannedCommit, PassError> {
        let decided = decided
            .and_then(|()| act::follow_up(self, &mut unit))
            .and_then(|()| Ok(words::make_lists(self, &mut unit)?));
        match decided {
            Ok(()) => {
                place::place(self, &mut unit);
                Ok(commit::plan(self, unit))
            }
            Err(error) => Err(self.abandon(unit, error)),
        }
    }

    /// Give the floor its events back.
    fn abandon(&self, unit: UnitOfWork, error: PassError) -> PassError {
        let id = unit.conversation.row.id;
        self.floor.lock().return_events(id, unit.floor_events);
        error
    }

    /// The hours that the conversation's clocks follow.
    fn hours(&self, snapshot: &Snapshot) -> Option<&Hours> {
        let rules = &self.clock_rules;
        let followed = snapshot
            .clock_rules
            .filter(|digest| *digest != rules.digest);
        let before = followed.and_then(|digest| rules.hours(digest));
        snapshot.hours(before.unwrap_or(&self.generation.surroundings.hours))
    }

    fn enter(&self, unit: &mut UnitOfWork, state: ConversationState) {
        let hours = self.hours(unit.snapshot());
        let due = unit.conversation.snapshot.enter(state, self.now, hours);
        unit.due.extend(due);
    }
}
