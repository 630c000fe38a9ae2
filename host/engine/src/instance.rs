//! One instance of a linked component, and the calls into it.

use std::time::{Duration, Instant};

use patchbay_model::limits::Limits;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use wasmtime::component::Instance as WasmInstance;
use wasmtime::{Store, UpdateDeadline};

use crate::call::{StageAnswer, Trace};
use crate::care::log_buffer::escape_controls;
use crate::care::recall::Recall;
use crate::care::recorder::Recording;
use crate::care::{CallScope, HostState, NewHandle, PluginContext};
use crate::component::{LoadError, SettingsProblem};
use crate::config::Meter;
use crate::limits::limiter::Limiter;
use crate::limits::stop::{StopContext, causes, outcome_of};
use crate::linked::{Exports, Linked};
use crate::runtime::Runtime;

/// Bytes stored of the message a policy fails with.
const FAILURE_BYTES: usize = 1024;

/// One instance: a sandbox with its own memory.
pub(crate) struct Instance {
    store: Store<HostState>,
    wasm: WasmInstance,
    exports: Exports,
    meter: Meter,
    stack: u64,
    used: u32,
    spent: bool,
}

impl Instance {
    /// Instantiate a component and run the start functions of its modules.
    pub(crate) fn start(
        runtime: &Runtime,
        linked: &Linked,
        limits: &Limits,
    ) -> Result<Instance, Outcome> {
        let mut store = Store::new(&runtime.wasm, HostState::idle(Limiter::new(limits)));
        store.limiter(|state| &mut state.limiter);
        let meter = runtime.meter;
        let stack = runtime.settings.stack as u64;
        if meter == Meter::Epochs {
            store.epoch_deadline_callback(|mut context| {
                context.data_mut().deadline.check()?;
                Ok(UpdateDeadline::Continue(1))
            });
        }
        arm(&mut store, meter, limits);
        let started = linked.pre.instantiate(&mut store).and_then(|wasm| {
            let exports = linked.exports.load(&mut store, &wasm)?;
            Ok((wasm, exports))
        });
        match started {
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
                let context = stop_context(&store, limits, stack);
                let outcome = outcome_of(&error, context);
                // The initial memory was denied, or an export has another type.
                Err(match (outcome.kind, context.denied) {
                    (OutcomeKind::BadOutput, Some(denied)) => denied.outcome(),
                    (OutcomeKind::BadOutput, None) => {
                        Outcome::with_detail(OutcomeKind::Incompatible, causes(&error))
                    }
                    _ => outcome,
                })
            }
        }
    }

    /// Decisions made so far.
    pub(crate) fn used(&self) -> u32 {
        self.used
    }

    /// Whether a call crashed or was stopped: do not use the instance again.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent
    }

    /// Apply another plugin's limits. False: the instance exceeds them already.
    pub(crate) fn adopt(&mut self, limits: &Limits) -> bool {
        self.store.data_mut().limiter.adopt(limits)
    }

    /// Take the instance apart for a snapshot of its memory.
    pub(crate) fn into_parts(self) -> (Store<HostState>, WasmInstance) {
        (self.store, self.wasm)
    }

    /// Call `lifecycle.prepare`, if the component exports it.
    ///
    /// # Errors
    /// [`LoadError::Settings`] where the policy rejects its settings,
    /// [`LoadError::Prepare`] where the call fails.
    pub(crate) fn prepare(
        &mut self,
        plugin: &PluginContext,
        limits: &Limits,
    ) -> Result<(), LoadError> {
        let Some(guest) = self.exports.lifecycle.as_ref() else {
            return Ok(());
        };
        let store = &mut self.store;
        let scope = CallScope {
            plugin,
            limits,
            situation: None,
            recording: Recording::NONE,
            recall: None,
        };
        store.data_mut().begin(None, scope);
        arm(store, self.meter, limits);
        let result = guest.call_prepare(&mut *store, &plugin.settings);
        store.data_mut().end();
        match result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(problems)) => {
                let problems = problems.into_iter().map(|problem| SettingsProblem {
                    path: problem.path,
                    message: problem.message,
                });
                Err(LoadError::Settings(problems.collect()))
            }
            Err(error) => {
                let context = stop_context(store, limits, self.stack);
                Err(LoadError::Prepare(outcome_of(&error, context)))
            }
        }
    }

    /// Call the function of a stage.
    pub(crate) fn call<A: StageAnswer>(&mut self, scope: CallScope<'_>) -> (Option<A>, Trace) {
        let limits = scope.limits;
        self.used += 1;
        let store = &mut self.store;
        store.data_mut().begin(Some(A::STAGE), scope);
        let started = arm(store, self.meter, limits);
        let result =
            insert_subject::<A>(store).and_then(|subject| A::call(&self.exports, store, subject));
        let call = started.elapsed();
        let (answer, outcome) = match result {
            Ok(Ok(Some(answer))) => (Some(A::lift(answer)), Outcome::plain(OutcomeKind::Ok)),
            Ok(Ok(None)) => (None, Outcome::plain(OutcomeKind::Declined)),
            Ok(Err(message)) => (None, failed(&message)),
            Err(error) => {
                self.spent = true;
                let context = stop_context(store, limits, self.stack);
                (None, outcome_of(&error, context))
            }
        };
        let fuel = match self.meter {
            Meter::Fuel => store.get_fuel().ok(),
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
            fuel: fuel.map(|left| limits.fuel.saturating_sub(left)),
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
            // Fails only on an engine without fuel.
            if let Err(error) = store.set_fuel(limits.fuel) {
                tracing::error!(%error, "the metered engine has no fuel; the call is not bounded");
            }
        }
    }
    now
}

fn stop_context(store: &Store<HostState>, limits: &Limits, stack: u64) -> StopContext {
    StopContext {
        denied: store.data().limiter.denied(),
        stack,
        fuel: limits.fuel,
    }
}

/// The handle of what the call is about.
fn insert_subject<A: StageAnswer>(store: &mut Store<HostState>) -> wasmtime::Result<NewHandle> {
    let state = store.data_mut();
    if let Some(Recall::Strict(_)) = state.recall {
        return Ok(NewHandle::FIRST);
    }
    let subject = A::subject(state.situation()?).ok_or_else(|| {
        wasmtime::Error::msg(format!(
            "the situation lacks what the stage {} decides about",
            A::STAGE
        ))
    })?;
    Ok(state.handles.insert(subject)?)
}

fn failed(message: &str) -> Outcome {
    let end = message.floor_char_boundary(FAILURE_BYTES);
    Outcome::with_detail(OutcomeKind::Failed, escape_controls(&message[..end]))
}
