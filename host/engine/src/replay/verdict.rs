use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::comparison::{Difference, differences};
use super::recorded_result::RecordedResult;
use crate::care::recall::Divergence;

/// Why a decision is not replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotReplayable {
    /// Its author was erased, and with them what the policies read.
    Erased,
    /// No transcript of it is stored.
    NoTranscript,
    /// No stored generation has the plugin with these settings.
    PackNotKept,
    /// Its instance had made another decision before.
    ReusedInstance,
    /// Not called: an open breaker, or a failure at an earlier stage.
    NotCalled,
    /// Timeout, overload or stack overflow, which depend on the machine.
    NotCompared,
}

impl NotReplayable {
    /// The reason as a sentence without a full stop.
    pub const fn message(self) -> &'static str {
        match self {
            NotReplayable::Erased => "its author was erased, and with them what the policies read",
            NotReplayable::NoTranscript => {
                "no transcript of it is stored; [record] in the company file says which decisions have one"
            }
            NotReplayable::PackNotKept => "no stored generation has the pack with these settings",
            NotReplayable::ReusedInstance => {
                "its instance had made another decision before; only fresh instances repeat the same bytes"
            }
            NotReplayable::NotCalled => "it was not called",
            NotReplayable::NotCompared => "its outcome depends on the machine and the moment",
        }
    }
}

/// The result of a replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum ReplayVerdict {
    /// The same bytes.
    Same,
    /// The same host calls, and another answer.
    Different {
        /// Every field that differs.
        differences: Vec<Difference>,
    },
    /// Another host call: the policy is not deterministic.
    Diverged(Divergence),
    /// It was not compared.
    NotReplayable {
        /// Why.
        why: NotReplayable,
        /// The outcome then or now, where that is the reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<OutcomeKind>,
    },
}

impl ReplayVerdict {
    /// Not replayed, for this reason.
    pub const fn not(why: NotReplayable) -> ReplayVerdict {
        ReplayVerdict::NotReplayable { why, ended: None }
    }

    /// Not replayed, because of this outcome.
    pub(super) const fn because_of(why: NotReplayable, outcome: OutcomeKind) -> ReplayVerdict {
        ReplayVerdict::NotReplayable {
            why,
            ended: Some(outcome),
        }
    }

    /// Compare a recorded result with the outcome and the answer of its replay.
    pub(super) fn of(
        recorded: &RecordedResult,
        outcome: &Outcome,
        answer: Option<&Value>,
    ) -> ReplayVerdict {
        let mut all = Vec::new();
        // A replay does not validate answers, so a rejection does not repeat.
        if !recorded.was_rejected() {
            let was = comparable(&recorded.full_outcome());
            all = differences(Some(&was), Some(&comparable(outcome)));
        }
        all.extend(differences(recorded.answer.as_ref(), answer));
        match all.is_empty() {
            true => ReplayVerdict::Same,
            false => ReplayVerdict::Different { differences: all },
        }
    }

    /// The code, as in JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            ReplayVerdict::Same => "same",
            ReplayVerdict::Different { .. } => "different",
            ReplayVerdict::Diverged(_) => "diverged",
            ReplayVerdict::NotReplayable { .. } => "not-replayable",
        }
    }
}

/// The fields of an outcome that must repeat.
fn comparable(outcome: &Outcome) -> Value {
    let mut fields = Map::new();
    fields.insert("outcome".to_owned(), outcome.kind.as_str().into());
    if let OutcomeKind::Failed | OutcomeKind::Denied = outcome.kind
        && let Some(detail) = &outcome.detail
    {
        fields.insert("detail".to_owned(), detail.as_str().into());
    }
    Value::Object(fields)
}
