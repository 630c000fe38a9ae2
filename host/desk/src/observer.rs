//! What the desk tells whoever counts, logs and traces what it does. It knows
//! nothing of how that is done; every call is on the way of a decision and has
//! to be quick.

use std::fmt;
use std::time::{Duration, Instant};

use patchbay_engine::breaker::Turn;
use patchbay_engine::decision::{Decision, Micros};
use patchbay_journal::ConversationId;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::traceparent::Traceparent;

use crate::desk::ReceiptStatus;
use patchbay_records::history::EntryKind;

/// Somebody who is told what the desk does. What is not of interest may be left
/// out.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Policies were asked. Nothing is written yet: what is decided about again
    /// is told again.
    fn decided(&self, _company: &str, _decision: &Decision) {}

    /// A delivery was looked at.
    fn took_in(&self, _company: &str, _status: ReceiptStatus) {}

    /// Whether a pass over a conversation is to be told with all its parts.
    /// Asked once, when it begins; with what the caller who delivered its input
    /// traced that as.
    fn traces(
        &self,
        _company: &str,
        _conversation: ConversationId,
        _delivered_in: Option<Traceparent>,
    ) -> bool {
        false
    }

    /// A pass over a conversation is on disk.
    fn committed(&self, _pass: &CommittedPass<'_>) {}

    /// A pass came to nothing, because somebody else moved the conversation on.
    fn overtaken(&self, _company: &str) {}

    /// A breaker opened or closed.
    fn turned(&self, _company: &str, _turned: &Turned) {}
}

/// Nobody.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// A breaker that opened or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// Name of the plugin.
    pub plugin: String,
    /// Stage at which it is left alone, or asked again.
    pub stage: Stage,
    /// Number of the generation it belongs to.
    pub generation: u64,
    /// Which of the two.
    pub turn: Turn,
}

/// A pass over a conversation that is on disk.
#[derive(Clone, Copy, Debug)]
pub struct CommittedPass<'a> {
    /// Name of the company.
    pub company: &'a str,
    /// The conversation.
    pub conversation: ConversationId,
    /// What it was about: `input`, `clock`, `floor` or `action`.
    pub cause: &'static str,
    /// The conversation's number of its first entry.
    pub first_sequence: u64,
    /// The company's feed number of its first entry.
    pub first_feed: u64,
    /// What happened in it.
    pub told: &'a Told,
    /// When writing it began; it is over now.
    pub writing: Instant,
}

impl CommittedPass<'_> {
    /// The number a decision is known by.
    pub fn id(&self, decision: &ToldDecision) -> u64 {
        self.first_feed + decision.entry
    }
}

/// What happened in a pass, as far as it is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// When it began.
    pub began: Instant,
    /// When deciding was over.
    pub ended: Instant,
    /// How long the input had waited since it was taken in.
    pub waited: Option<Duration>,
    /// What the caller who delivered the input traced that as.
    pub delivered_in: Option<Traceparent>,
    /// Whether it is told with all its parts.
    pub traced: bool,
    /// Its decisions, in order.
    pub decisions: Vec<ToldDecision>,
    /// Numbers of the kinds of its entries, in order; empty unless it is traced.
    pub kinds: Vec<u16>,
    /// Decisions in it whose transcript was wanted and is not kept.
    pub unrecorded: u64,
}

/// One decision of a pass.
#[derive(Clone, Debug)]
pub struct ToldDecision {
    /// Place of its entry in the commit, from 0.
    pub entry: u64,
    /// What it was made about.
    pub kind: EntryKind,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Number of the generation it was made by.
    pub generation: u64,
    /// When it was made.
    pub made: Instant,
    /// Stages at which a plugin was asked, by [`Stage`].
    pub stages: [bool; 4],
    /// The plugins that were asked, in order; unless it is traced, only those
    /// that failed.
    pub parts: Vec<ToldPart>,
}

/// One plugin's part in a decision.
#[derive(Clone, Debug)]
pub struct ToldPart {
    /// Stage at which it was asked.
    pub stage: Stage,
    /// Its name.
    pub plugin: String,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Times.
    pub micros: Micros,
}

impl Told {
    /// What is told of a pass that begins now.
    pub(crate) fn new(delivered_in: Option<Traceparent>, traced: bool) -> Told {
        let now = Instant::now();
        Told {
            began: now,
            ended: now,
            waited: None,
            delivered_in,
            traced,
            decisions: Vec::new(),
            kinds: Vec::new(),
            unrecorded: 0,
        }
    }
}

impl ToldDecision {
    pub(crate) fn of(
        entry: usize,
        kind: EntryKind,
        decision: &Decision,
        traced: bool,
    ) -> ToldDecision {
        let parts = &decision.stamp.plugins;
        let mut stages = [false; 4];
        for part in parts {
            stages[part.stage as usize] = true;
        }
        let told = parts
            .iter()
            .filter(|part| traced || part.outcome.is_failure());
        ToldDecision {
            entry: entry as u64,
            kind,
            outcome: decision.outcome,
            generation: decision.stamp.generation,
            made: Instant::now(),
            stages,
            parts: told
                .map(|part| ToldPart {
                    stage: part.stage,
                    plugin: part.name.clone(),
                    outcome: part.outcome,
                    micros: part.micros,
                })
                .collect(),
        }
    }
}
