//! Running `lifecycle.prepare` once, and keeping a picture of the memory it
//! leaves: the picture is a component of its own, and every fresh instance of
//! it starts prepared (wasmtime-wizer).

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use patchbay_model::duration::Millis;
use patchbay_model::limits::Limits;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use wasmtime::component::{Component, Instance as WasmInstance, Lift, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::care::{HostState, Rights};
use crate::component::{LoadError, SettingsProblem, describe, does_not_start, invalid, link};
use crate::engine::Engine;
use crate::instance::Instance;

/// CPU time `prepare` may take. It runs once per activation, off the path of
/// any interaction.
const PREPARE_DEADLINE: Duration = Duration::from_secs(5);
/// Bytes the picture of one memory may have.
const PICTURE_BYTES: usize = 1 << 30;

/// Limits while preparing: those of the plugin, with time to build things.
fn limits_while_preparing(limits: &Limits) -> Limits {
    Limits {
        deadline: Millis(PREPARE_DEADLINE.as_millis() as u64),
        ..limits.clone()
    }
}

/// Call `prepare` and say what the policy said. Where no picture can be taken
/// this happens for every instance, under the plugin's own limits.
pub(crate) fn call_prepare(
    instance: &mut Instance,
    rights: &Rights,
    limits: &Limits,
) -> Result<(), LoadError> {
    let settings = rights.settings.to_string();
    match instance.prepare(rights, limits, &settings) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problems)) => Err(LoadError::Settings(
            problems
                .into_iter()
                .map(|problem| SettingsProblem {
                    path: problem.path,
                    message: problem.message,
                })
                .collect(),
        )),
        Err(outcome) => Err(LoadError::Prepare(outcome)),
    }
}

/// Prepare a component with its settings and take the picture.
///
/// # Errors
/// What the policy says of its settings; or `Ok(None)` where the component is
/// of a shape no picture can be taken of (it changes tables, or has modules
/// within components): then every instance prepares itself.
pub(crate) fn snapshot(
    engine: &Engine,
    bytes: &[u8],
    rights: &Rights,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, LoadError> {
    let wizer = Wizer::new();
    let Some((context, instrumented)) = where_possible(|| wizer.instrument_component(bytes)) else {
        return Ok(None);
    };
    let component =
        Component::new(engine.wasm(), &instrumented).map_err(|error| invalid(&error))?;
    let description = describe(
        engine.wasm(),
        &component,
        crate::component::Digest::of(&instrumented),
        instrumented.len(),
    )?;
    let linked = link(engine.wasm(), engine.care(), &component, description)?;
    let _inside = engine
        .enter(engine.settings().queue_deadline)
        .map_err(LoadError::Start)?;
    let limits = limits_while_preparing(limits);
    let mut instance = Instance::start(engine, &linked, &limits).map_err(does_not_start)?;
    call_prepare(&mut instance, rights, &limits)?;
    let (store, wasm_instance) = instance.into_parts();
    let mut state = Picture {
        store,
        instance: wasm_instance,
        fault: None,
    };
    state.store.set_hostcall_fuel(PICTURE_BYTES);
    state
        .store
        .data_mut()
        .deadline
        .start(PREPARE_DEADLINE, Instant::now());
    let taken = where_possible(|| ready(wizer.snapshot_component(&context, &mut state)));
    match state.fault {
        Some(fault) => Err(LoadError::Prepare(Outcome::with_detail(
            OutcomeKind::Trapped,
            fault,
        ))),
        None => Ok(taken),
    }
}

/// What the library makes of a component, or none where it makes nothing of
/// it. Some shapes it does not expect end in a panic there, such as a vector in
/// a global that changes.
fn where_possible<T>(attempt: impl FnOnce() -> wasmtime::Result<T>) -> Option<T> {
    let why = match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(Ok(made)) => return Some(made),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it has a shape the library does not expect".to_owned(),
    };
    tracing::info!(
        why,
        "no picture can be taken of this component; each instance prepares itself"
    );
    None
}

/// The instance a picture is taken of.
struct Picture {
    store: wasmtime::Store<HostState>,
    instance: WasmInstance,
    /// What went wrong with an accessor: the library's interface has no room
    /// for it, and a picture with a hole must not be used.
    fault: Option<String>,
}

impl Picture {
    /// Call one of the accessors the instrumentation added.
    fn read<R: Lift + 'static, T>(
        &mut self,
        instance: &str,
        function: &str,
        look: impl FnOnce(&wasmtime::Store<HostState>, R) -> T,
    ) -> wasmtime::Result<T> {
        let missing = || {
            wasmtime::Error::msg(format!(
                "the instrumented component lacks {instance}#{function}"
            ))
        };
        let (_, interface) = self
            .instance
            .get_export(&mut self.store, None, instance)
            .ok_or_else(missing)?;
        let (_, index) = self
            .instance
            .get_export(&mut self.store, Some(&interface), function)
            .ok_or_else(missing)?;
        let accessor = self
            .instance
            .get_typed_func::<(), (R,)>(&mut self.store, index)?;
        self.store.set_epoch_deadline(1);
        let (value,) = accessor.call(&mut self.store, ())?;
        Ok(look(&self.store, value))
    }

    fn number<R: Lift + Default + 'static>(&mut self, instance: &str, function: &str) -> R {
        self.read(instance, function, |_, value: R| value)
            .unwrap_or_else(|error| {
                self.fault = Some(error.to_string());
                R::default()
            })
    }
}

impl ComponentInstanceState for Picture {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        let read = self.read(instance, function, |store, list: WasmList<u8>| {
            contents(list.as_le_slice(store));
        });
        if let Err(error) = read {
            self.fault = Some(error.to_string());
        }
    }

    async fn call_func_ret_s32(&mut self, instance: &str, function: &str) -> i32 {
        self.number(instance, function)
    }

    async fn call_func_ret_s64(&mut self, instance: &str, function: &str) -> i64 {
        self.number(instance, function)
    }

    async fn call_func_ret_f32(&mut self, instance: &str, function: &str) -> u32 {
        self.number::<f32>(instance, function).to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, function: &str) -> u64 {
        self.number::<f64>(instance, function).to_bits()
    }
}

/// What a future that never waits comes to.
fn ready<T>(future: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(made) => made,
        Poll::Pending => Err(wasmtime::Error::msg("taking the picture waits")),
    }
}
