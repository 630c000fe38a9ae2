//! One instance of a component, and one call into it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_model::decision::BadOutput;
use patchbay_model::decision::stage::Stage;
use patchbay_model::limits::Limits;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::Situation;
use patchbay_model::state::StateWrite;
use wasmtime::component::Instance as WasmInstance;
use wasmtime::error::Context as _;
use wasmtime::{Store, UpdateDeadline};

use crate::answers::Answered;
use crate::care::handles::{Given, Item};
use crate::care::recorder::{LogLine, Recording, Transcript, escape_controls};
use crate::care::{HostState, Recall, Rights};
use crate::component::Linked;
use crate::contract::{CONTRACT_VERSION, classification, escalation, lifecycle, routing, tone};
use crate::engine::{Engine, Meter};
use crate::limiter::Limiter;
use crate::stop::{Circumstances, causes, outcome_of};

/// Most bytes kept of the message a policy fails with.
const FAILURE_BYTES: usize = 1024;

/// The functions a component exports, found in one instance.
struct Exports {
    classification: Option<classification::Guest>,
    routing: Option<routing::Guest>,
    tone: Option<tone::Guest>,
    escalation: Option<escalation::Guest>,
    lifecycle: Option<lifecycle::Guest>,
}

/// One instance: a sandbox with a memory of its own.
pub(crate) struct Instance {
    store: Store<HostState>,
    wasm: WasmInstance,
    exports: Exports,
    meter: Meter,
    stack: u64,
    /// Decisions it has made.
    pub(crate) used: u32,
    /// Whether a call ended in a way after which it cannot be trusted.
    pub(crate) spent: bool,
}

/// What one call cost and left behind, beside its answer.
#[derive(Debug)]
pub struct Trace {
    /// How it ended.
    pub outcome: Outcome,
    /// Time inside the policy and the host calls it made.
    pub call: Duration,
    /// Fuel used; only on the metered engine.
    pub fuel: Option<u64>,
    /// Most linear memory the instance had, in bytes.
    pub peak_memory: u64,
    /// Host calls made.
    pub host_calls: u32,
    /// Lines the policy wrote.
    pub log: Vec<LogLine>,
    /// Lines beyond the limit, dropped.
    pub log_dropped: u32,
    /// State written; empty unless the outcome is ok or declined.
    pub writes: Vec<StateWrite>,
    /// What it answered, allowed or not, where that is recorded.
    pub answer: Option<Answered>,
    /// Every host call, where a transcript was asked for and did not grow
    /// too long.
    pub transcript: Option<Transcript>,
    /// Whether it was called at all.
    pub called: bool,
    /// What host calls were answered from, where that was a record.
    pub(crate) recall: Option<Recall>,
}

/// What a call is made with.
pub(crate) struct CallContext<'a> {
    pub(crate) rights: &'a Rights,
    pub(crate) limits: &'a Limits,
    /// Absent in a replay, which knows nothing but its record.
    pub(crate) situation: Option<&'a Arc<Situation>>,
    pub(crate) recording: Recording,
    /// What host calls are answered from, where it is not the situation alone.
    pub(crate) recall: Option<Recall>,
}

type GuestResult<T> = wasmtime::Result<Result<Option<T>, String>>;

impl Instance {
    /// Make an instance. The start functions of its modules run here.
    pub(crate) fn start(
        engine: &Engine,
        linked: &Linked,
        limits: &Limits,
    ) -> Result<Instance, Outcome> {
        let mut store = Store::new(engine.wasm(), HostState::idle(Limiter::new(limits)));
        store.limiter(|state| &mut state.limiter);
        let meter = engine.meter();
        let stack = engine.settings().stack as u64;
        match meter {
            Meter::Epochs => {
                store.epoch_deadline_callback(|mut context| {
                    context.data_mut().deadline.check()?;
                    Ok(UpdateDeadline::Continue(1))
                });
            }
            Meter::Fuel => {}
        }
        arm(&mut store, meter, limits);
        let made = linked.pre.instantiate(&mut store).and_then(|wasm| {
            let exports = Exports::find(linked, &mut store, &wasm)?;
            Ok((wasm, exports))
        });
        match made {
            Ok((wasm, exports)) => Ok(Instance {
                store,
                wasm,
                exports,
                meter,
                stack,
                used: 0,
                spent: false,
            }),
            Err(error) => {
                let mut outcome = outcome_of(&error, circumstances(&store, limits, stack));
                if outcome.kind == OutcomeKind::BadOutput {
                    // Nothing was put out yet: the limiter refused the memory
                    // it starts with, or an export has another type.
                    outcome = match store.data().limiter.refused() {
                        Some(refused) => refused.outcome(),
                        None => Outcome::with_detail(OutcomeKind::Incompatible, causes(&error)),
                    };
                }
                Err(outcome)
            }
        }
    }

    /// Hold an instance made ahead, or used before, to its next user's limits.
    pub(crate) fn adopt(&mut self, limits: &Limits) -> bool {
        self.store.data_mut().limiter.adopt(limits)
    }

    /// Taken apart for a picture of its memory.
    pub(crate) fn into_parts(self) -> (Store<HostState>, WasmInstance) {
        (self.store, self.wasm)
    }

    /// Call `prepare`.
    pub(crate) fn prepare(
        &mut self,
        rights: &Rights,
        limits: &Limits,
        settings: &str,
    ) -> Result<Result<(), Vec<lifecycle::Problem>>, Outcome> {
        let Some(guest) = self.exports.lifecycle.as_ref() else {
            return Ok(Ok(()));
        };
        let store = &mut self.store;
        store
            .data_mut()
            .begin(rights, None, None, limits, Recording::NONE);
        arm(store, self.meter, limits);
        let result = guest.call_prepare(&mut *store, settings);
        store.data_mut().end();
        result.map_err(|error| outcome_of(&error, circumstances(store, limits, self.stack)))
    }

    pub(crate) fn classify(
        &mut self,
        context: CallContext<'_>,
    ) -> (Option<classification::Classification>, Trace) {
        self.call(Stage::Classify, context, |exports, store| {
            let interaction = give(store, |situation| {
                let exchange = situation.exchange.as_ref()?;
                Some(Item::Interaction(Arc::clone(&exchange.interaction)))
            })?;
            exported(&exports.classification)?.call_classify(store, interaction.into_handle())
        })
    }

    pub(crate) fn route(
        &mut self,
        context: CallContext<'_>,
    ) -> (Option<routing::RoutePlan>, Trace) {
        self.call(Stage::Route, context, |exports, store| {
            let conversation = give(store, |situation| {
                situation.exchange.clone().map(Item::Conversation)
            })?;
            exported(&exports.routing)?.call_route(store, conversation.into_handle())
        })
    }

    pub(crate) fn check(&mut self, context: CallContext<'_>) -> (Option<tone::Review>, Trace) {
        self.call(Stage::Tone, context, |exports, store| {
            let draft = give(store, |situation| situation.draft.clone().map(Item::Draft))?;
            exported(&exports.tone)?.call_check(store, draft.into_handle())
        })
    }

    pub(crate) fn escalate(
        &mut self,
        context: CallContext<'_>,
    ) -> (Option<escalation::Escalation>, Trace) {
        self.call(Stage::Escalate, context, |exports, store| {
            let trigger = give(store, |situation| {
                situation.trigger.clone().map(Item::Trigger)
            })?;
            exported(&exports.escalation)?.call_escalate(store, trigger.into_handle())
        })
    }

    fn call<T>(
        &mut self,
        stage: Stage,
        context: CallContext<'_>,
        invoke: impl FnOnce(&Exports, &mut Store<HostState>) -> GuestResult<T>,
    ) -> (Option<T>, Trace) {
        let limits = context.limits;
        self.used += 1;
        let store = &mut self.store;
        store.data_mut().begin(
            context.rights,
            Some(stage),
            context.situation,
            limits,
            context.recording,
        );
        store.data_mut().recall = context.recall;
        let started = arm(store, self.meter, limits);
        let result = invoke(&self.exports, store);
        let call = started.elapsed();
        let (answer, outcome) = match result {
            Ok(Ok(Some(answer))) => (Some(answer), Outcome::plain(OutcomeKind::Ok)),
            Ok(Ok(None)) => (None, Outcome::plain(OutcomeKind::Declined)),
            Ok(Err(message)) => (None, failed(&message)),
            Err(error) => {
                self.spent = true;
                (
                    None,
                    outcome_of(&error, circumstances(store, limits, self.stack)),
                )
            }
        };
        let fuel = match self.meter {
            Meter::Fuel => store
                .get_fuel()
                .ok()
                .map(|left| limits.fuel.saturating_sub(left)),
            Meter::Epochs => None,
        };
        let state = store.data_mut();
        let (log, log_dropped) = state.log.take();
        let writes = match outcome.kind.is_failure() {
            true => Vec::new(),
            false => std::mem::take(&mut state.writes.list),
        };
        let trace = Trace {
            outcome,
            call,
            fuel,
            peak_memory: state.limiter.peak_memory(),
            host_calls: state.recorder.calls(),
            log,
            log_dropped,
            writes,
            answer: None,
            transcript: state.recorder.take(),
            called: true,
            recall: state.recall.take(),
        };
        state.end();
        (answer, trace)
    }
}

impl Trace {
    /// The trace of a call that was never made.
    pub(crate) fn not_called(outcome: Outcome) -> Trace {
        Trace {
            outcome,
            call: Duration::ZERO,
            fuel: None,
            peak_memory: 0,
            host_calls: 0,
            log: Vec::new(),
            log_dropped: 0,
            writes: Vec::new(),
            answer: None,
            transcript: None,
            called: false,
            recall: None,
        }
    }

    /// The answer turned out to be one the contract does not allow.
    pub(crate) fn reject(&mut self, bad: BadOutput) {
        self.outcome = Outcome::with_detail(OutcomeKind::BadOutput, bad.to_string());
        self.writes.clear();
    }
}

impl Exports {
    fn find(
        linked: &Linked,
        store: &mut Store<HostState>,
        wasm: &WasmInstance,
    ) -> wasmtime::Result<Exports> {
        let indices = &linked.indices;
        Ok(Exports {
            classification: match &indices.classification {
                Some(indices) => Some(
                    indices
                        .load(&mut *store, wasm)
                        .with_context(|| differs("classification"))?,
                ),
                None => None,
            },
            routing: match &indices.routing {
                Some(indices) => Some(
                    indices
                        .load(&mut *store, wasm)
                        .with_context(|| differs("routing"))?,
                ),
                None => None,
            },
            tone: match &indices.tone {
                Some(indices) => Some(
                    indices
                        .load(&mut *store, wasm)
                        .with_context(|| differs("tone"))?,
                ),
                None => None,
            },
            escalation: match &indices.escalation {
                Some(indices) => Some(
                    indices
                        .load(&mut *store, wasm)
                        .with_context(|| differs("escalation"))?,
                ),
                None => None,
            },
            lifecycle: match &indices.lifecycle {
                Some(indices) => Some(
                    indices
                        .load(&mut *store, wasm)
                        .with_context(|| differs("lifecycle"))?,
                ),
                None => None,
            },
        })
    }
}

/// The interface whose type is not the contract's.
fn differs(package: &str) -> String {
    format!("its export patchbay:{package}/{package}@{CONTRACT_VERSION} is of another type")
}

/// Start the clocks of a call.
fn arm(store: &mut Store<HostState>, meter: Meter, limits: &Limits) -> Instant {
    store.set_hostcall_fuel(limits.transfer.0 as usize);
    let now = Instant::now();
    match meter {
        Meter::Epochs => {
            let allowed = Duration::from_millis(limits.deadline.0);
            store.data_mut().deadline.start(allowed, now);
            store.set_epoch_deadline(1);
        }
        Meter::Fuel => {
            // Setting fuel fails only on an engine that does not meter it.
            if let Err(error) = store.set_fuel(limits.fuel) {
                tracing::error!(%error, "the metered engine does not meter");
            }
        }
    }
    now
}

fn circumstances(store: &Store<HostState>, limits: &Limits, stack: u64) -> Circumstances {
    Circumstances {
        refused: store.data().limiter.refused(),
        stack,
        fuel: limits.fuel,
    }
}

/// Give the guest the one handle its call is about.
fn give(
    store: &mut Store<HostState>,
    find: impl FnOnce(&Situation) -> Option<Item>,
) -> wasmtime::Result<Given> {
    let state = store.data_mut();
    if let Some(Recall::Record(_)) = state.recall {
        return Ok(Given::FIRST);
    }
    let item = find(state.situation()?);
    let item = item.ok_or_else(|| {
        wasmtime::Error::msg("the situation does not hold what this stage decides about")
    })?;
    Ok(state.handles.give(item)?)
}

fn exported<T>(guest: &Option<T>) -> wasmtime::Result<&T> {
    guest
        .as_ref()
        .ok_or_else(|| wasmtime::Error::msg("the component does not export this decision"))
}

fn failed(message: &str) -> Outcome {
    let end = message.floor_char_boundary(FAILURE_BYTES);
    Outcome::with_detail(OutcomeKind::Failed, escape_controls(&message[..end]))
}
