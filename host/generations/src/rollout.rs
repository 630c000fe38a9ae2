//! Rollouts: a candidate generation runs on live traffic beside the active one
//! (the control), as a shadow run without effect or as a canary that decides a
//! share of the conversations.
//!
//! ```text
//!          ┌─ in the canary's share ──▶ candidate ─┐
//!  a pass ─┤                                       ├─▶ decision ──▶ effects
//!          └──────────────────────────▶ control ───┘      │ copy, if there is headroom
//!                                                         ▼
//!             ComparisonQueue ──▶ ShadowRunner: the other generation decides too
//!              (one low-priority thread)     │
//!                                            ▼
//!                          Tally ──▶ judge: abort a canary that exceeds a bound
//! ```

mod comparison_queue;
mod decision_number;
mod feed;
mod judge;
mod points;
mod recent;
mod scratch;
mod shadow;
pub mod store;
mod tally;

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use patchbay_engine::decision::Decision;
use patchbay_events::RolloutEndedEvent;
use patchbay_journal::{CompanyId, JournalError, Note};
use patchbay_model::rollout::{RolloutKind, RolloutTerms};
use serde::Serialize;
use thiserror::Error;

use crate::Generation;

use judge::breach;

pub use comparison_queue::{ComparisonInput, ComparisonJob, ComparisonQueue, NextJob};
pub use decision_number::DecisionNumber;
pub use feed::{Ending, rollout_event};
pub use patchbay_model::rollout::{Bound, Breach};
pub use points::RolloutPoint;
pub use shadow::ShadowRunner;
pub use store::ResumedRollout;
pub use tally::{ArmReport, ComparisonReport, Example, FieldReport, Latency, Tally};

/// Why a rollout did not start, change or end. Nothing changed.
#[derive(Debug, Error)]
pub enum RolloutError {
    /// The company runs no shadow or canary.
    #[error("the company runs no shadow or canary")]
    NoRollout,
    /// The company runs another candidate.
    #[error(
        "the company already runs a rollout of generation {0}; end it first (`shadow stop`, `canary promote` or `canary abort`)"
    )]
    OtherCandidate(u64),
    /// The candidate is the active generation.
    #[error("generation {0} is active already")]
    AlreadyActive(u64),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The host is shutting down.
    #[error("the host is stopping; nothing was changed")]
    Stopping,
    /// The desk does not know the company.
    #[error("there is no company {0:?}")]
    UnknownCompany(String),
}

/// Which of the two generations decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// The active generation.
    Control,
    /// The candidate.
    Candidate,
}

/// A running shadow run or canary.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// Id of the company.
    pub company: CompanyId,
    /// Kind, share, bounds, and who started it.
    pub terms: RolloutTerms,
    /// The active generation.
    pub control: Arc<Generation>,
    /// The candidate generation.
    pub candidate: Arc<Generation>,
    /// Decides which threads are in the share.
    key: [u8; 32],
    tally: Arc<Mutex<Tally>>,
}

/// State of a rollout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RolloutReport {
    /// Name of the company.
    pub company: String,
    /// The candidate.
    pub generation: u64,
    /// The active generation.
    pub control: u64,
    /// Kind, share, bounds, and who started it.
    #[serde(flatten)]
    pub terms: RolloutTerms,
    /// Results of the candidate.
    pub candidate_arm: ArmReport,
    /// Results of the control: in a canary on the other conversations, in a
    /// shadow run on the shadow's share.
    pub control_arm: ArmReport,
    /// Comparison of both generations' answers to the same inputs.
    pub compared: ComparisonReport,
    /// Figures over time, oldest first.
    pub points: Vec<RolloutPoint>,
    /// The bound that the canary exceeds: the host is about to abort it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breach: Option<Breach>,
}

impl Rollout {
    /// A rollout that starts, or resumes with the counts it had.
    pub fn new(
        company: CompanyId,
        terms: RolloutTerms,
        control: Arc<Generation>,
        candidate: Arc<Generation>,
        tally: Tally,
    ) -> Rollout {
        let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 rollout share");
        hasher.update(candidate.company.as_bytes());
        hasher.update(&[0]);
        hasher.update(terms.kind.as_str().as_bytes());
        hasher.update(&candidate.number.to_be_bytes());
        hasher.update(&terms.since.as_nanosecond().to_be_bytes());
        Rollout {
            company,
            terms,
            control,
            candidate,
            key: *hasher.finalize().as_bytes(),
            tally: Arc::new(Mutex::new(tally)),
        }
    }

    /// The same rollout with other terms: a thread in the share stays in it,
    /// unless the share shrinks.
    pub fn with_terms(&self, terms: RolloutTerms) -> Rollout {
        let since = self.terms.since;
        Rollout {
            terms: RolloutTerms { since, ..terms },
            ..self.clone()
        }
    }

    /// Whether a thread is in the share. Always the same for the same thread.
    pub fn includes(&self, thread: &[u8]) -> bool {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(thread);
        let mut first = [0; 8];
        hasher.finalize_xof().fill(&mut first);
        self.terms.share.includes(u64::from_le_bytes(first))
    }

    /// Lock the counts. Deciding threads wait for this lock: hold it briefly.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock()
    }

    /// The bound that a canary exceeds.
    pub fn breach(&self) -> Option<Breach> {
        match self.terms.kind {
            RolloutKind::Canary => breach(&self.terms.bounds, &self.tally()),
            RolloutKind::Shadow => None,
        }
    }

    /// The notes for the feed when the rollout ends.
    pub fn end_notes(&self, ending: &Ending<'_>, at: Timestamp) -> Vec<Note> {
        let (generation, control) = (self.candidate.number, self.control.number);
        let tally = self.tally();
        let details = Some((&self.terms, &*tally));
        feed::end_notes(generation, control, details, ending, at)
    }

    /// The event of its end.
    pub fn ended_event(&self, ending: &Ending<'_>) -> RolloutEndedEvent {
        let (generation, control) = (self.candidate.number, self.control.number);
        let tally = self.tally();
        feed::ended_event(generation, control, Some((&self.terms, &*tally)), ending)
    }

    /// The current state.
    pub fn report(&self) -> RolloutReport {
        let breach = self.breach();
        let tally = self.tally();
        RolloutReport {
            company: self.candidate.company.clone(),
            generation: self.candidate.number,
            control: self.control.number,
            terms: self.terms.clone(),
            candidate_arm: tally.candidate.report(),
            control_arm: tally.control.report(),
            compared: tally.compared.clone(),
            points: tally.points.all().to_vec(),
            breach,
        }
    }
}

/// The part that one pass has in a rollout: which generation decides, and
/// whether the other one repeats the decision.
#[derive(Clone, Copy)]
pub struct RolloutAssignment<'a> {
    rollout: &'a Arc<Rollout>,
    arm: Arm,
    queue: &'a ComparisonQueue,
    has_headroom: bool,
}

impl<'a> RolloutAssignment<'a> {
    /// Assign a thread; `None`: it takes no part in the rollout.
    pub fn of(
        rollout: &'a Arc<Rollout>,
        thread: &[u8],
        queue: &'a ComparisonQueue,
        has_headroom: bool,
    ) -> Option<RolloutAssignment<'a>> {
        let arm = match (rollout.terms.kind, rollout.includes(thread)) {
            (RolloutKind::Shadow, false) => return None,
            (RolloutKind::Canary, true) => Arm::Candidate,
            _ => Arm::Control,
        };
        Some(RolloutAssignment {
            rollout,
            arm,
            queue,
            has_headroom,
        })
    }

    /// Whether to compare with the other generation: the pass takes part and
    /// there is headroom.
    pub fn should_compare(&self) -> bool {
        self.has_headroom && self.takes_part()
    }

    fn takes_part(&self) -> bool {
        self.rollout.terms.kind == RolloutKind::Shadow || self.arm == Arm::Candidate
    }

    /// Count a decision and queue its comparison; `None` for `input`: it is not
    /// compared.
    pub fn record_decision(&self, decision: &Decision, input: Option<ComparisonInput>) {
        let called_policies = !decision.stamp.plugins.is_empty();
        if called_policies {
            self.rollout.tally().arm(self.arm).count(decision);
        }
        let is_queued = input.is_some_and(|input| {
            self.queue.push(ComparisonJob {
                rollout: Arc::clone(self.rollout),
                arm: self.arm,
                decision: without_stamp(decision),
                called_policies,
                failed: tally::failure(decision).is_some(),
                input,
            })
        });
        if !is_queued && self.takes_part() {
            self.rollout.tally().compared.no_time += 1;
        }
    }

    /// Count a pass that found no free instance.
    pub fn count_overload(&self) {
        self.rollout.tally().arm(self.arm).count_overload();
    }
}

/// The generation that decides in a pass.
pub fn deciding_generation<'a>(
    assignment: Option<&RolloutAssignment<'a>>,
    control: &'a Arc<Generation>,
) -> &'a Arc<Generation> {
    match assignment {
        Some(assignment) if assignment.arm == Arm::Candidate => &assignment.rollout.candidate,
        _ => control,
    }
}

/// The merged answers of a decision, without the results of each plugin.
fn without_stamp(decision: &Decision) -> Decision {
    Decision {
        classification: decision.classification.clone(),
        route: decision.route.clone(),
        tone: decision.tone.clone(),
        escalation: decision.escalation.clone(),
        ..Decision::of(decision.stamp.generation, decision.interaction.as_deref())
    }
}
