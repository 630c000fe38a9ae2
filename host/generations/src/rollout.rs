//! A generation that is tried on live traffic beside the one that decides: as a
//! shadow, whose answers have no effect, or as a canary, which decides for a
//! share of the conversations.
//!
//! ```text
//!             ┌─ takes it? ─▶ candidate ─┐                        effects
//!  a pass ────┤   (canary)               ├─▶ decision ──────────────▶
//!             └──────────────▶ control ──┘      │ a copy, if there is room
//!                                               ▼
//!                          ComparisonQueue ─▶ the other of the two ─▶ compared ─▶ Tally
//!                            one thread that gives way to all others   │
//!                                                       judge ◀────────┘
//! ```

mod shadow;
mod judge;
pub mod store;
mod comparison_queue;
mod recent;
mod scratch;
mod tally;
mod feed;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use patchbay_engine::decision::Decision;
use crate::Generation;
use patchbay_journal::{CompanyId, JournalError};
use patchbay_model::rollout::{RolloutKind, RolloutTerms};
use serde::Serialize;
use thiserror::Error;

pub use shadow::ShadowRunner;
pub use judge::breach;
pub use patchbay_model::rollout::{Bound, Breach};
pub use store::ResumedRollout;
pub use comparison_queue::{Job, ComparisonQueue, Next, Question};
pub use tally::Tally;
pub use tally::{ArmReport, Compared, Example, FieldReport, Latency};
pub use feed::{Ending, RolloutView, end_notes, rollout_event};

/// Why a rollout did not start, change or end. Nothing changed.
#[derive(Debug, Error)]
pub enum RolloutError {
    /// The company runs no shadow or canary.
    #[error("the company tries no generation")]
    NothingTried,
    /// The company runs another candidate.
    #[error(
        "the company tries generation {0} already; end that first (`shadow stop`, `canary promote` or `canary abort`)"
    )]
    Tried(u64),
    /// The candidate is the active generation.
    #[error("the company decides by generation {0} already")]
    Active(u64),
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

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// The generation the company decides by.
    Control,
    /// The one that is tried.
    Candidate,
}

/// A generation that is tried.
#[derive(Debug)]
pub struct Rollout {
    pub company: CompanyId,
    pub terms: RolloutTerms,
    pub control: Arc<Generation>,
    pub candidate: Arc<Generation>,
    key: [u8; 32],
    tally: Arc<Mutex<Tally>>,
}

/// How what is tried stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RolloutReport {
    /// Name of the company.
    pub company: String,
    /// The generation that is tried.
    pub generation: u64,
    /// The one the company decides by.
    pub control: u64,
    /// On what terms.
    #[serde(flatten)]
    pub terms: RolloutTerms,
    /// What the generation that is tried came to.
    pub candidate_arm: ArmReport,
    /// What the other came to on its own share; of a shadow, on the
    /// conversations in the shadow's share.
    pub control_arm: ArmReport,
    /// How the answers of the two compare on the same input.
    pub compared: Compared,
    /// The bound it is beyond; a canary that is beyond one is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breach: Option<Breach>,
}

impl Rollout {
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

    /// The same on other terms: whoever it took it takes still, if its share
    /// did not shrink.
    pub fn on(&self, terms: RolloutTerms) -> Rollout {
        Rollout {
            company: self.company,
            terms: RolloutTerms {
                since: self.terms.since,
                ..terms
            },
            control: Arc::clone(&self.control),
            candidate: Arc::clone(&self.candidate),
            key: self.key,
            tally: Arc::clone(&self.tally),
        }
    }

    /// Whether a thread is in its share; the same thread always is or never.
    pub fn takes(&self, thread: &[u8]) -> bool {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(thread);
        let mut first = [0; 8];
        hasher.finalize_xof().fill(&mut first);
        self.terms.share.includes(u64::from_le_bytes(first))
    }

    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bound a canary is beyond.
    pub fn breach(&self) -> Option<Breach> {
        match self.terms.kind {
            RolloutKind::Canary => breach(&self.terms.bounds, &self.tally()),
            RolloutKind::Shadow => None,
        }
    }

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
            breach,
        }
    }
}

/// What a pass has to do with what is tried.
#[derive(Clone, Copy)]
pub struct RolloutAssignment<'a> {
    pub rollout: &'a Arc<Rollout>,
    /// Who decides in this pass.
    pub arm: Arm,
    pub line: &'a ComparisonQueue,
    /// Whether there is time for what nobody waits for.
    pub has_time: bool,
}

impl<'a> RolloutAssignment<'a> {
    /// How a thread is concerned; none: not at all.
    pub fn of(
        rollout: &'a Arc<Rollout>,
        thread: &[u8],
        line: &'a ComparisonQueue,
        has_time: bool,
    ) -> Option<RolloutAssignment<'a>> {
        let taken = rollout.takes(thread);
        let arm = match (rollout.terms.kind, taken) {
            (RolloutKind::Shadow, false) => return None,
            (RolloutKind::Canary, true) => Arm::Candidate,
            _ => Arm::Control,
        };
        Some(RolloutAssignment {
            rollout,
            arm,
            line,
            has_time,
        })
    }

    /// Whether what is decided is to be decided by the other, too, and there is
    /// time for that.
    pub fn compares(&self) -> bool {
        self.has_time && self.is_compared()
    }

    fn is_compared(&self) -> bool {
        self.rollout.terms.kind == RolloutKind::Shadow || self.arm == Arm::Candidate
    }

    /// It was decided; and the other may be asked the same.
    pub fn decided(&self, decision: &Decision, question: Option<Question>) {
        let by_policies = !decision.stamp.plugins.is_empty();
        if by_policies {
            self.rollout.tally().arm(self.arm).count(decision);
        }
        let Some(question) = question else {
            if self.is_compared() {
                self.rollout.tally().compared.no_time += 1;
            }
            return;
        };
        let job = Job {
            rollout: Arc::clone(self.rollout),
            arm: self.arm,
            decision: answers(decision),
            by_policies,
            failed: tally::failure(decision).is_some(),
            question,
        };
        if !self.line.push(job) {
            self.rollout.tally().compared.no_time += 1;
        }
    }

    /// It could not be decided for want of room.
    pub fn found_no_room(&self) {
        self.rollout.tally().arm(self.arm).found_no_room();
    }
}

/// The generation that decides in a pass.
pub fn decides<'a>(
    trying: Option<&RolloutAssignment<'a>>,
    control: &'a Arc<Generation>,
) -> &'a Arc<Generation> {
    match trying {
        Some(trying) if trying.arm == Arm::Candidate => &trying.rollout.candidate,
        _ => control,
    }
}

/// A decision without what each plugin contributed.
fn answers(decision: &Decision) -> Decision {
    Decision {
        classification: decision.classification.clone(),
        route: decision.route.clone(),
        tone: decision.tone.clone(),
        escalation: decision.escalation.clone(),
        ..Decision::of(decision.stamp.generation, decision.interaction.as_deref())
    }
}
