//! What a guest sees of the host: one state per instance, behind every import.

mod agents;
pub(crate) mod handles;
mod interactions;
mod knowledge;
mod recall;
pub(crate) mod recorder;
mod services;
mod state;
mod types;

use std::sync::Arc;

use patchbay_model::company::Grants;
use patchbay_model::decision::stage::Stage;
use patchbay_model::situation::Situation;
use patchbay_model::state::{Memory, StateWrite};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::component::{HasSelf, Linker, Resource};

use crate::contract;
use crate::deadline::Deadline;
use crate::limiter::Limiter;
use crate::stop::Stop;
use handles::{Given, Handles, Item};
pub use recall::Asked;
pub use recall::Divergence;
pub(crate) use recall::{Answers, Known, Recall, Record, changes_by_itself};
use recorder::{LogBuffer, Recorder, Recording};

/// Which of its rights a guest has while it runs.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    /// Name of the plugin, which is also the namespace of its state.
    pub(crate) plugin: Arc<str>,
    /// What the operator granted.
    pub(crate) grants: Arc<Grants>,
    /// The settings as JSON.
    pub(crate) settings: Arc<str>,
}

/// Everything the host keeps for one instance.
pub(crate) struct HostState {
    pub(crate) limiter: Limiter,
    pub(crate) deadline: Deadline,
    pub(crate) handles: Handles,
    pub(crate) recorder: Recorder,
    pub(crate) log: LogBuffer,
    pub(crate) writes: Writes,
    /// What host calls are answered from, where it is not the situation.
    pub(crate) recall: Option<Recall>,
    rights: Option<Rights>,
    situation: Option<Arc<Situation>>,
    stage: Option<Stage>,
    random: SplitMix64,
}

/// What a decision wrote, and what it reads of it.
#[derive(Default)]
pub(crate) struct Writes {
    pub(crate) list: Vec<StateWrite>,
    bytes: usize,
    limit: usize,
    /// The memory with the writes applied; only once there is one.
    seen: Option<Memory>,
}

/// Seed of what a guest asks for before it has a decision: instances are made
/// ahead, so it cannot depend on who will use them.
const START_SEED: u64 = 0x5061_7463_6862_6179;

impl HostState {
    /// State for a guest that has nothing to decide yet.
    pub(crate) fn idle(limiter: Limiter) -> HostState {
        HostState {
            limiter,
            deadline: Deadline::default(),
            handles: Handles::default(),
            recorder: Recorder::default(),
            log: LogBuffer::default(),
            writes: Writes::default(),
            recall: None,
            rights: None,
            situation: None,
            stage: None,
            random: SplitMix64(START_SEED),
        }
    }

    /// Begin a decision, or the preparation of one: whatever an earlier one
    /// left is gone.
    pub(crate) fn begin(
        &mut self,
        rights: &Rights,
        stage: Option<Stage>,
        situation: Option<&Arc<Situation>>,
        limits: &patchbay_model::limits::Limits,
        recording: Recording,
    ) {
        self.handles.next_decision(limits.handles);
        self.recorder.begin(recording.transcript);
        self.recall = None;
        self.limiter.begin();
        self.log.begin(limits.log.0 as usize);
        self.writes = Writes {
            limit: limits.state.0 as usize,
            ..Writes::default()
        };
        self.rights = Some(rights.clone());
        self.stage = stage;
        let seed = situation.map_or(START_SEED, |situation| situation.seed);
        self.random = SplitMix64(seed ^ stage.map_or(0, |stage| stage as u64 + 1));
        self.situation = situation.cloned();
    }

    /// End the decision: nothing of the customer stays behind.
    pub(crate) fn end(&mut self) {
        self.handles.next_decision(0);
        self.situation = None;
        self.writes = Writes::default();
    }

    /// The one door every host call goes through.
    pub(crate) fn call<A: Serialize, R: Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
        args: A,
        work: impl FnOnce(&mut HostState) -> Result<R, Stop>,
    ) -> wasmtime::Result<R> {
        let recalled = match &mut self.recall {
            None => None,
            Some(recall) => recall.answer(name, &args),
        };
        let result = match recalled {
            Some(answer) => answer,
            None => work(self),
        };
        self.recorder.record(name, args, &result);
        Ok(result?)
    }

    /// A host call that gives the guest a new handle.
    pub(crate) fn call_giving<A: Serialize, T: 'static>(
        &mut self,
        name: &'static str,
        args: A,
        work: impl FnOnce(&mut HostState) -> Result<Item, Stop>,
    ) -> wasmtime::Result<Resource<T>> {
        let given = self.call(name, args, |state| {
            let item = work(state)?;
            state.handles.give(item)
        })?;
        Ok(given.into_handle())
    }

    /// A host call that may give the guest a new handle.
    pub(crate) fn call_maybe_giving<A: Serialize, T: 'static>(
        &mut self,
        name: &'static str,
        args: A,
        work: impl FnOnce(&mut HostState) -> Result<Option<Item>, Stop>,
    ) -> wasmtime::Result<Option<Resource<T>>> {
        let given = self.call(name, args, |state| match work(state)? {
            Some(item) => state.handles.give(item).map(Some),
            None => Ok(None),
        })?;
        Ok(given.map(Given::into_handle))
    }

    pub(crate) fn situation(&self) -> Result<&Arc<Situation>, Stop> {
        self.situation
            .as_ref()
            .ok_or_else(|| Stop::denied("there is no decision yet: only log, settings, clock and random answer while preparing"))
    }

    pub(crate) fn settings(&self) -> Result<Arc<str>, Stop> {
        match &self.rights {
            Some(rights) => Ok(Arc::clone(&rights.settings)),
            None => Err(Stop::denied(
                "there are no settings while an instance starts",
            )),
        }
    }

    fn granted(&self, what: &str, has: impl FnOnce(&Grants) -> bool) -> Result<(), Stop> {
        match &self.rights {
            Some(rights) if has(&rights.grants) => Ok(()),
            _ => Err(Stop::denied(format!(
                "`{what}` was not granted; grant it in the company file under grants, or do without"
            ))),
        }
    }

    /// Milliseconds since 1970; while preparing, the epoch itself, so that a
    /// snapshot does not depend on when it was taken.
    pub(crate) fn now_ms(&self) -> u64 {
        self.situation
            .as_ref()
            .map_or(0, |situation| ms(situation.now))
    }

    /// The next 64 random bits of the decision's own sequence.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random.next()
    }
}

/// Milliseconds since 1970; a moment before that is 1970.
pub(crate) fn ms(at: jiff::Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

/// Link every interface of `patchbay:care`. What needs a grant denies each
/// call without it.
pub(crate) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    contract::types::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?;
    contract::interactions::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?;
    contract::agents::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?;
    contract::knowledge::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?;
    contract::state::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?;
    contract::clock::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?;
    contract::random::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?;
    contract::settings::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)?;
    contract::log::add_to_linker::<_, HasSelf<HostState>>(linker, |state| state)
}

/// SplitMix64 (Steele, Lea and Flood, 2014): a small generator whose sequence
/// is the same everywhere, which is what a replay needs. Not for secrets.
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
