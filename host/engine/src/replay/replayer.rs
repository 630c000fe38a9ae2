use std::sync::Arc;
use std::time::Duration;

use patchbay_config::duration::{ByteSize, Millis};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::Review;
use patchbay_model::limits::Limits;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::{Deserialize, Serialize};

use super::recorded_result::RecordedResult;
use super::verdict::{NotReplayable, ReplayVerdict};
use crate::call::StageAnswer;
use crate::care::CallScope;
use crate::care::recall::{Recall, StrictRecall};
use crate::care::recorder::Recording;
use crate::care::transcript::HostCall;
use crate::component::Digest;
use crate::instance::Instance;
use crate::limits::stop::depends_on_machine;
use crate::plugin::Plugin;

/// How long a replay waits for a free instance.
const TIMEOUT: Duration = Duration::from_secs(10);
/// CPU time of a replayed call, as a multiple of the recorded one's: the machine
/// may be busier, and times are not compared.
const SLOWER: u64 = 10;

/// The plugins available for replay.
pub trait PluginSource {
    /// The plugin of a component with these settings, if it is available.
    fn plugin(&self, component: &Digest, settings: &Digest) -> Option<Arc<Plugin>>;
}

/// The replay of one plugin at one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PluginReplay {
    /// The stage.
    pub stage: Stage,
    /// Name of the plugin in the pipelines.
    pub name: String,
    /// The result.
    #[serde(flatten)]
    pub verdict: ReplayVerdict,
}

/// Replay what each plugin did in one decision; `recorded` is in the order of
/// the record. Runs one plugin after the other, each in one instance, so it
/// never needs two instances at once.
pub fn replay(recorded: &[RecordedResult], plugins: &dyn PluginSource) -> Vec<PluginReplay> {
    let mut verdicts: Vec<Option<ReplayVerdict>> = vec![None; recorded.len()];
    for (first, result) in recorded.iter().enumerate() {
        if verdicts[first].is_some() {
            continue;
        }
        let plugin = plugins.plugin(&result.digest, &result.settings);
        let permit = plugin
            .as_ref()
            .map(|plugin| plugin.runtime.gate.enter(TIMEOUT));
        let available = match &permit {
            Some(Err(overloaded)) => Err(overloaded.kind),
            _ => Ok(plugin.as_ref()),
        };
        let mut running = None;
        for (verdict, same) in verdicts.iter_mut().zip(recorded) {
            if same.name == result.name {
                *verdict = Some(replay_plugin(same, &mut running, available));
            }
        }
    }
    let replays = recorded.iter().zip(verdicts);
    let replays = replays.map(|(result, verdict)| PluginReplay {
        stage: result.stage,
        name: result.name.clone(),
        verdict: verdict.unwrap_or(ReplayVerdict::not(NotReplayable::NotCalled)),
    });
    replays.collect()
}

/// Replay one plugin at one stage. `plugin` is `None` where it is not available, and an error
/// where the engine is too busy for it.
fn replay_plugin(
    recorded: &RecordedResult,
    running: &mut Option<Replayer>,
    plugin: Result<Option<&Arc<Plugin>>, OutcomeKind>,
) -> ReplayVerdict {
    let not_compared = |outcome| ReplayVerdict::because_of(NotReplayable::NotCompared, outcome);
    if recorded.use_number == 0 {
        return ReplayVerdict::because_of(NotReplayable::NotCalled, recorded.outcome);
    }
    let Some(transcript) = &recorded.transcript else {
        return ReplayVerdict::not(NotReplayable::NoTranscript);
    };
    let plugin = match plugin {
        Ok(Some(plugin)) => plugin,
        Ok(None) => return ReplayVerdict::not(NotReplayable::PackNotKept),
        Err(overloaded) => return not_compared(overloaded),
    };
    if recorded.use_number == 1 {
        // Drop the previous instance first: there is one permit.
        *running = None;
        match Replayer::start(Arc::clone(plugin), recorded.memory_limit) {
            Ok(replayer) => *running = Some(replayer),
            Err(outcome) => return not_compared(outcome.kind),
        }
    }
    let Some(replayer) = running
        .as_mut()
        .filter(|replayer| replayer.used + 1 == recorded.use_number)
    else {
        return ReplayVerdict::not(NotReplayable::ReusedInstance);
    };
    replayer.used += 1;
    if depends_on_machine(recorded.outcome) {
        return not_compared(recorded.outcome);
    }
    match recorded.stage {
        Stage::Classify => replayer.call::<Classification>(recorded, transcript.clone()),
        Stage::Route => replayer.call::<RoutePlan>(recorded, transcript.clone()),
        Stage::Tone => replayer.call::<Review>(recorded, transcript.clone()),
        Stage::Escalate => replayer.call::<Escalation>(recorded, transcript.clone()),
    }
}

/// A fresh instance with the memory limit of the recorded one.
struct Replayer {
    plugin: Arc<Plugin>,
    instance: Instance,
    limits: Limits,
    /// Recorded decisions so far. One that depends on the machine counts,
    /// though it is not called again.
    used: u32,
}

impl Replayer {
    /// Start the instance. The caller holds a permit of the engine.
    fn start(plugin: Arc<Plugin>, memory: u64) -> Result<Replayer, Outcome> {
        let limits = Limits {
            memory: ByteSize(memory),
            deadline: Millis(plugin.limits().deadline.0.saturating_mul(SLOWER)),
            ..plugin.limits().clone()
        };
        Ok(Replayer {
            instance: plugin.start_instance(&limits)?,
            plugin,
            limits,
            used: 0,
        })
    }

    /// Repeat a call with its host calls answered from the record; compare.
    fn call<A: StageAnswer>(
        &mut self,
        recorded: &RecordedResult,
        calls: Vec<HostCall>,
    ) -> ReplayVerdict {
        let recall = StrictRecall::new(calls, recorded.full_outcome());
        let (answer, trace) = self.instance.call::<A>(CallScope {
            plugin: &self.plugin.context,
            limits: &self.limits,
            situation: None,
            recording: Recording::NONE,
            recall: Some(Recall::Strict(Box::new(recall))),
        });
        if let Some(Recall::Strict(recall)) = trace.recall
            && let Some(divergence) = recall.finish()
        {
            return ReplayVerdict::Diverged(divergence);
        }
        let mut outcome = trace.outcome;
        let answer = answer.filter(|answer| match answer.check_size(self.limits.output.0) {
            Ok(()) => true,
            Err(too_large) => {
                outcome = too_large;
                false
            }
        });
        if depends_on_machine(outcome.kind) {
            return ReplayVerdict::because_of(NotReplayable::NotCompared, outcome.kind);
        }
        let answer = answer.and_then(|answer| serde_json::to_value(answer).ok());
        ReplayVerdict::of(recorded, &outcome, answer.as_ref())
    }
}
