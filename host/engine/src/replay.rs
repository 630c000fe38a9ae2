//! Running a recorded decision again in the sandbox, from its transcript: what
//! was asked for then must be asked for again, and the same be answered.

mod compare;
mod recalled;

use std::sync::Arc;
use std::time::Duration;

use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::care::{Asked, Divergence};
use crate::component::Digest;
use crate::pipeline::Pipelines;
use crate::plugin::Plugin;
use crate::plugin::Replayer;
pub use compare::{Difference, canonical, differences};
pub use recalled::Recalled;

use crate::care::recorder::HostCall;

/// How long a replay waits for a place.
const PATIENCE: Duration = Duration::from_secs(10);

/// A plugin's part in a decision, as it was recorded.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedPart {
    /// Stage it was asked at.
    pub stage: Stage,
    /// Name in the pipeline.
    pub name: String,
    /// Version of its pack.
    pub version: String,
    /// Digest of its component.
    pub digest: Digest,
    /// Digest of its settings.
    pub settings: Digest,
    /// Digest of the picture its instance started from.
    #[serde(default)]
    pub snapshot: Option<Digest>,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// The particulars.
    #[serde(default)]
    pub problem: Option<Outcome>,
    /// Which decision of its instance this was; 0: it was not called.
    #[serde(rename = "use")]
    pub use_number: u32,
    /// Linear memory it might have had, in bytes.
    pub memory_limit: u64,
    /// What it answered, allowed or not.
    #[serde(default)]
    pub answer: Option<Value>,
    /// Every host call; absent where none was kept.
    #[serde(default)]
    pub transcript: Option<Vec<HostCall>>,
}

impl RecordedPart {
    /// How it ended, with the particulars.
    pub(crate) fn ended(&self) -> Outcome {
        let plain = || Outcome::plain(self.outcome);
        self.problem.clone().unwrap_or_else(plain)
    }

    /// Whether the host refused what it answered.
    fn was_refused(&self) -> bool {
        self.outcome == OutcomeKind::BadOutput && self.answer.is_some()
    }
}

/// Plugins that are kept, to replay what they decided.
pub trait Kept {
    /// The plugin of a component with these settings.
    fn plugin(&self, component: &Digest, settings: &Digest) -> Option<Arc<Plugin>>;
}

impl Kept for Pipelines {
    fn plugin(&self, component: &Digest, settings: &Digest) -> Option<Arc<Plugin>> {
        let mut all = self.plugins().into_iter();
        all.find(|plugin| plugin.component().digest == *component && plugin.settings() == *settings)
            .cloned()
    }
}

/// Why something is not replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotReplayable {
    /// Its author was erased, and with them what the policies read.
    Erased,
    /// No transcript was kept of it.
    NoTranscript,
    /// Its plugin is in no generation that is kept.
    PackNotKept,
    /// Its instance had decided before, about something else.
    ReusedInstance,
    /// It was not called: left alone, or failed earlier in the same pass.
    NotCalled,
    /// It ended in a way that depends on the machine and the moment: timeout,
    /// overload, stack overflow.
    NotCompared,
}

impl NotReplayable {
    /// Why, in a sentence without a full stop.
    pub const fn message(self) -> &'static str {
        match self {
            NotReplayable::Erased => "its author was erased, and what the policies read with them",
            NotReplayable::NoTranscript => {
                "no transcript of it was kept; [record] in the company file says of which decisions one is"
            }
            NotReplayable::PackNotKept => {
                "the pack with these settings is in no generation that is kept"
            }
            NotReplayable::ReusedInstance => {
                "its instance had decided about something else before; the same bytes are promised for fresh instances"
            }
            NotReplayable::NotCalled => "it was not called",
            NotReplayable::NotCompared => {
                "it ended in a way that depends on the machine and the moment"
            }
        }
    }
}

/// What a replay came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum Replayed {
    /// The same bytes.
    Same,
    /// It asked for the same, and answered something else.
    Different {
        /// Where, and what.
        differences: Vec<Difference>,
    },
    /// It asked for something else: it is not deterministic.
    Diverged(Divergence),
    /// It was not compared.
    NotReplayable {
        /// Why.
        why: NotReplayable,
        /// How it ended then or now, where that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<OutcomeKind>,
    },
}

impl Replayed {
    /// Not compared, for this reason.
    pub const fn not(why: NotReplayable) -> Replayed {
        Replayed::NotReplayable { why, ended: None }
    }

    /// The code, as in JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Replayed::Same => "same",
            Replayed::Different { .. } => "different",
            Replayed::Diverged(_) => "diverged",
            Replayed::NotReplayable { .. } => "not-replayable",
        }
    }
}

/// What replaying one plugin's part came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayedPart {
    /// Stage it was asked at.
    pub stage: Stage,
    /// Name in the pipeline.
    pub name: String,
    /// What it came to.
    #[serde(flatten)]
    pub replayed: Replayed,
}

/// Replay the parts of one decision, in the order in which they were made.
/// Parts of one instance are replayed in one instance, one plugin after the
/// other: none waits for a second place while it has one.
pub fn replay(parts: &[RecordedPart], kept: &dyn Kept) -> Vec<ReplayedPart> {
    let mut replayed: Vec<Option<Replayed>> = vec![None; parts.len()];
    for (first, part) in parts.iter().enumerate() {
        if replayed.get(first).is_some_and(Option::is_some) {
            continue;
        }
        let plugin = kept.plugin(&part.digest, &part.settings);
        let inside = plugin.as_ref().map(|plugin| plugin.enter(PATIENCE));
        let of_plugin = match &inside {
            None => Ok(None),
            Some(Ok(_)) => Ok(plugin.as_ref()),
            Some(Err(outcome)) => Err(outcome.kind),
        };
        let mut running = None;
        for (slot, same) in replayed.iter_mut().zip(parts) {
            if same.name == part.name {
                *slot = Some(one(same, &mut running, of_plugin));
            }
        }
    }
    let results = parts.iter().zip(replayed);
    results
        .map(|(part, replayed)| ReplayedPart {
            stage: part.stage,
            name: part.name.clone(),
            replayed: replayed.unwrap_or(Replayed::not(NotReplayable::NotCalled)),
        })
        .collect()
}

/// An instance that replays, and how many decisions it has replayed.
struct Running {
    replayer: Replayer,
    used: u32,
}

/// Replay a part; `plugin` is absent where it is not kept, and an outcome where
/// the engine has no place for an instance of it.
fn one(
    part: &RecordedPart,
    running: &mut Option<Running>,
    plugin: Result<Option<&Arc<Plugin>>, OutcomeKind>,
) -> Replayed {
    let not_compared = |ended| Replayed::NotReplayable {
        why: NotReplayable::NotCompared,
        ended: Some(ended),
    };
    if part.use_number == 0 {
        return Replayed::NotReplayable {
            why: NotReplayable::NotCalled,
            ended: Some(part.outcome),
        };
    }
    let Some(transcript) = &part.transcript else {
        return Replayed::not(NotReplayable::NoTranscript);
    };
    let plugin = match plugin {
        Ok(Some(plugin)) => plugin,
        Ok(None) => return Replayed::not(NotReplayable::PackNotKept),
        Err(ended) => return not_compared(ended),
    };
    if part.use_number == 1 {
        // The one before goes first: there is one place.
        *running = None;
        match Replayer::start(Arc::clone(plugin), part.memory_limit) {
            Ok(replayer) => *running = Some(Running { replayer, used: 0 }),
            Err(outcome) => return not_compared(outcome.kind),
        }
    }
    let Some(running) = running
        .as_mut()
        .filter(|running| running.used + 1 == part.use_number)
    else {
        return Replayed::not(NotReplayable::ReusedInstance);
    };
    running.used += 1;
    let machine = |kind: OutcomeKind| {
        matches!(
            kind,
            OutcomeKind::Timeout
                | OutcomeKind::OutOfFuel
                | OutcomeKind::Overloaded
                | OutcomeKind::StackOverflow
        )
    };
    if machine(part.outcome) {
        return Replayed::NotReplayable {
            why: NotReplayable::NotCompared,
            ended: Some(part.outcome),
        };
    }
    let again = running.replayer.call(part, transcript.clone());
    if let Some(divergence) = again.divergence {
        return Replayed::Diverged(divergence);
    }
    if machine(again.outcome.kind) {
        return Replayed::NotReplayable {
            why: NotReplayable::NotCompared,
            ended: Some(again.outcome.kind),
        };
    }
    compare::part(part, &again)
}
