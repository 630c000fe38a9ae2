use std::sync::Arc;

use patchbay_company::Grants;
use patchbay_model::decision::stage::Stage;
use patchbay_model::limits::Limits;
use patchbay_model::situation::Situation;
use serde::Serialize;

use super::handles::HandleTable;
use super::host_result::HostResult;
use super::log_buffer::LogBuffer;
use super::recall::Recall;
use super::recorder::{Recorder, Recording};
use super::state::StateWrites;
use crate::data_layer::DataSet;
use crate::limits::deadline::Deadline;
use crate::limits::limiter::Limiter;
use crate::limits::stop::Stop;

/// Who a guest runs as.
#[derive(Clone, Debug)]
pub(crate) struct PluginContext {
    /// Name of the plugin, and the namespace of its state.
    pub(crate) name: Arc<str>,
    pub(crate) grants: Arc<Grants>,
    /// The settings as JSON.
    pub(crate) settings: Arc<str>,
    /// Tables and bytes by name.
    pub(crate) data: Arc<DataSet>,
}

/// Everything one call into a guest depends on.
pub(crate) struct CallScope<'a> {
    pub(crate) plugin: &'a PluginContext,
    pub(crate) limits: &'a Limits,
    /// Absent in a replay, which reads its record only, and while preparing.
    pub(crate) situation: Option<&'a Arc<Situation>>,
    pub(crate) recording: Recording,
    /// The record that answers host calls before or instead of the situation.
    pub(crate) recall: Option<Recall>,
}

/// The data of an instance's store.
pub(crate) struct HostState {
    pub(crate) limiter: Limiter,
    pub(crate) deadline: Deadline,
    pub(crate) handles: HandleTable,
    pub(crate) recorder: Recorder,
    pub(crate) log: LogBuffer,
    pub(crate) writes: StateWrites,
    pub(crate) recall: Option<Recall>,
    pub(super) plugin: Option<PluginContext>,
    /// Most bytes that one call may answer.
    pub(super) transfer: usize,
    situation: Option<Arc<Situation>>,
    random: SplitMix64,
}

/// Seed before the first decision. Instances start ahead of their use, so it
/// cannot depend on the decision.
const START_SEED: u64 = 0x5061_7463_6862_6179;

impl HostState {
    /// State of an instance without a decision.
    pub(crate) fn idle(limiter: Limiter) -> HostState {
        HostState {
            limiter,
            deadline: Deadline::default(),
            handles: HandleTable::default(),
            recorder: Recorder::default(),
            log: LogBuffer::default(),
            writes: StateWrites::default(),
            recall: None,
            plugin: None,
            transfer: 0,
            situation: None,
            random: SplitMix64(START_SEED),
        }
    }

    /// Begin a stage of a decision, or `prepare`; resets an earlier one.
    pub(crate) fn begin(&mut self, stage: Option<Stage>, scope: CallScope<'_>) {
        let limits = scope.limits;
        self.handles.next_decision(limits.handles);
        self.recorder.begin(scope.recording.transcript);
        self.recall = scope.recall;
        self.limiter.begin();
        self.log.begin(limits.log.0 as usize);
        self.writes = StateWrites::with_limit(limits.state.0 as usize);
        self.plugin = Some(scope.plugin.clone());
        self.transfer = limits.transfer.0 as usize;
        let seed = scope
            .situation
            .map_or(START_SEED, |situation| situation.seed);
        self.random = SplitMix64(seed ^ stage.map_or(0, |stage| stage as u64 + 1));
        self.situation = scope.situation.cloned();
    }

    /// End the decision, and drop the customer's data.
    pub(crate) fn end(&mut self) {
        self.handles.next_decision(0);
        self.situation = None;
        self.writes = StateWrites::default();
    }

    /// Every host call goes through here: it is answered from the record, or by
    /// `work`, and written to the transcript.
    pub(crate) fn call<A: Serialize, R: HostResult<C>, C>(
        &mut self,
        name: &'static str,
        args: A,
        work: impl FnOnce(&mut HostState) -> Result<R, Stop>,
    ) -> wasmtime::Result<C> {
        let recalled = match &mut self.recall {
            None => None,
            Some(recall) => recall.answer(name, &args),
        };
        let result = match recalled {
            Some(answer) => answer,
            None => work(self),
        };
        self.recorder.record(name, args, &result);
        Ok(HostResult::<C>::into_contract(result?))
    }

    pub(crate) fn situation(&self) -> Result<&Arc<Situation>, Stop> {
        self.situation
            .as_ref()
            .ok_or_else(|| Stop::denied("there is no decision yet: during `prepare` only log, settings, random and the time are available, no business hours"))
    }

    pub(super) fn settings(&self) -> Result<Arc<str>, Stop> {
        match &self.plugin {
            Some(plugin) => Ok(Arc::clone(&plugin.settings)),
            None => Err(Stop::denied(
                "there are no settings while an instance starts",
            )),
        }
    }

    /// Deny the call unless the operator granted this.
    pub(super) fn require(
        &self,
        what: &str,
        is_granted: impl FnOnce(&Grants) -> bool,
    ) -> Result<(), Stop> {
        match &self.plugin {
            Some(plugin) if is_granted(&plugin.grants) => Ok(()),
            _ => Err(Stop::denied(format!(
                "`{what}` is not granted; add it to the plugin's grants in the company file, or do not use it"
            ))),
        }
    }

    /// Milliseconds since 1970. 0 during `prepare`, so that a snapshot does not
    /// depend on when it was taken.
    pub(crate) fn now_ms(&self) -> u64 {
        self.situation
            .as_ref()
            .map_or(0, |situation| unix_ms(situation.now))
    }

    /// The next 64 bits of the decision's own random sequence.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random.next()
    }
}

/// Milliseconds since 1970; earlier moments become 0.
pub(super) fn unix_ms(at: jiff::Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same sequence on every
/// machine, which a replay needs. Not for secrets.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
