//! Telemetry hooks. They are called on the decision path: they must not block.

use std::fmt;
use std::time::{Duration, Instant};

use patchbay_engine::breaker::BreakerTransition;
use patchbay_engine::decision::{Decision, Micros};
use patchbay_events::EventKind;
use patchbay_generations::rollout::DecisionNumber;
use patchbay_journal::ConversationId;
use patchbay_model::alert::{Alert, AlertKey};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::traceparent::Traceparent;

use crate::ReceiptStatus;

/// Receives what the desk does. Every method has an empty default.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Policies were called. Fires before the commit, and again when the pass
    /// runs again.
    fn decided(&self, _company: &str, _decision: &Decision) {}

    /// A delivery was accepted, was a duplicate, or was refused as busy.
    fn accepted(&self, _company: &str, _status: ReceiptStatus) {}

    /// Whether to trace a pass with all its parts. Called once, when the pass
    /// begins, with the trace context of its input.
    fn wants_trace(
        &self,
        _company: &str,
        _conversation: ConversationId,
        _traceparent: Option<Traceparent>,
    ) -> bool {
        false
    }

    /// The commit of a pass is durable. Fires once per pass.
    fn committed(&self, _pass: &CommittedPass<'_>) {}

    /// Another commit came first; the pass runs again.
    fn conflicted(&self, _company: &str) {}

    /// Conversations were searched.
    fn searched(&self, _company: &str, _search: SearchObservation) {}

    /// A circuit breaker opened or closed.
    fn breaker_changed(&self, _company: &str, _event: &BreakerEvent) {}

    /// The desk noticed something that an operator should look at. Raising an
    /// alert of the same key again replaces it.
    fn alert_raised(&self, _alert: Alert) {}

    /// An alert ended before its time.
    fn alert_ended(&self, _alert: &AlertKey) {}
}

/// No telemetry.
#[derive(Clone, Copy, Debug)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// A search of conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchObservation {
    /// How it went.
    pub outcome: SearchOutcome,
    /// How long it took.
    pub took: Duration,
}

/// How a search of conversations went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchOutcome {
    /// It found conversations.
    Found,
    /// It found none on its page.
    Nothing,
    /// Not all conversations that match its filter were searched.
    Partial,
    /// It was not valid, or search is switched off.
    Refused,
    /// The journal failed.
    Failed,
}

impl SearchOutcome {
    /// Every outcome.
    pub const ALL: [SearchOutcome; 5] = [
        SearchOutcome::Found,
        SearchOutcome::Nothing,
        SearchOutcome::Partial,
        SearchOutcome::Refused,
        SearchOutcome::Failed,
    ];

    /// The code, as in metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            SearchOutcome::Found => "found",
            SearchOutcome::Nothing => "nothing",
            SearchOutcome::Partial => "partial",
            SearchOutcome::Refused => "refused",
            SearchOutcome::Failed => "failed",
        }
    }
}

/// A circuit breaker that opened or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerEvent {
    /// Name of the plugin.
    pub plugin: String,
    /// Stage of the breaker.
    pub stage: Stage,
    /// Generation of the plugin.
    pub generation: u64,
    /// Opened or closed.
    pub transition: BreakerTransition,
}

/// A pass whose commit is durable.
#[derive(Clone, Copy, Debug)]
pub struct CommittedPass<'a> {
    /// Name of the company.
    pub company: &'a str,
    /// The conversation.
    pub conversation: ConversationId,
    /// Kind of work: `input`, `clock`, `floor` or `action`.
    pub cause: &'static str,
    /// Number of its first entry in the conversation.
    pub first_sequence: u64,
    /// Number of its first entry in the company's feed.
    pub first_feed: u64,
    /// What happened in it.
    pub trace: &'a PassTrace,
    /// Start of the commit.
    pub writing: Instant,
}

impl CommittedPass<'_> {
    /// Tell comparisons of rollouts the numbers of the decisions.
    pub fn set_numbers(&self) {
        for decision in &self.trace.decisions {
            for number in &decision.numbers {
                number.set(self.id(decision));
            }
        }
    }

    /// Id of a decision.
    pub fn id(&self, decision: &TracedDecision) -> u64 {
        self.first_feed + decision.entry
    }
}

/// What telemetry gets of a pass.
#[derive(Clone, Debug)]
pub struct PassTrace {
    /// Start of the pass.
    pub began: Instant,
    /// End of the pass, before the commit.
    pub ended: Instant,
    /// How long the input waited since its acceptance.
    pub waited: Option<Duration>,
    /// Trace context of the input.
    pub traceparent: Option<Traceparent>,
    /// Whether all parts are traced.
    pub traced: bool,
    /// Its decisions, in order.
    pub decisions: Vec<TracedDecision>,
    /// Numbers of the kinds of its entries, in order; empty unless traced.
    pub kinds: Vec<u16>,
    /// Decisions whose transcript was wanted and is not stored.
    pub unrecorded: u64,
}

/// One decision of a pass.
#[derive(Clone, Debug)]
pub struct TracedDecision {
    /// Index of its entry in the commit, from 0.
    pub entry: u64,
    /// Kind of the entry.
    pub kind: EventKind,
    /// Outcome.
    pub outcome: OutcomeKind,
    /// Generation that decided.
    pub generation: u64,
    /// When it was decided.
    pub made: Instant,
    /// Stages that called a plugin, by [`Stage`].
    pub stages: [bool; 4],
    /// The plugins called, in order; unless traced, only those that failed.
    pub parts: Vec<TracedPart>,
    /// What awaits its number.
    pub numbers: Vec<DecisionNumber>,
}

/// One plugin's part in a decision.
#[derive(Clone, Debug)]
pub struct TracedPart {
    /// Stage of the call.
    pub stage: Stage,
    /// Name of the plugin.
    pub plugin: String,
    /// Outcome.
    pub outcome: OutcomeKind,
    /// Time per phase.
    pub micros: Micros,
}

impl PassTrace {
    pub(crate) fn new(traceparent: Option<Traceparent>, traced: bool) -> PassTrace {
        let now = Instant::now();
        PassTrace {
            began: now,
            ended: now,
            waited: None,
            traceparent,
            traced,
            decisions: Vec::new(),
            kinds: Vec::new(),
            unrecorded: 0,
        }
    }
}

impl TracedDecision {
    pub(crate) fn new(
        entry: usize,
        kind: EventKind,
        decision: &Decision,
        traced: bool,
    ) -> TracedDecision {
        let parts = &decision.stamp.plugins;
        let mut stages = [false; 4];
        for part in parts {
            stages[part.stage as usize] = true;
        }
        let traced_parts = parts
            .iter()
            .filter(|part| traced || part.outcome.is_failure());
        TracedDecision {
            entry: entry as u64,
            kind,
            outcome: decision.outcome,
            generation: decision.stamp.generation,
            made: Instant::now(),
            stages,
            parts: traced_parts
                .map(|part| TracedPart {
                    stage: part.stage,
                    plugin: part.name.clone(),
                    outcome: part.outcome,
                    micros: part.micros,
                })
                .collect(),
            numbers: Vec::new(),
        }
    }
}
