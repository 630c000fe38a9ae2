//! Runs `lifecycle.prepare` once and takes a snapshot (wasmtime-wizer): a
//! component of its own, whose instances start prepared.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use patchbay_config::duration::Millis;
use patchbay_model::decision::stage::Stage;
use patchbay_model::limits::Limits;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use wasmtime::component::{Instance as WasmInstance, Lift, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::cancel::CancelSignal;
use crate::care::{HostState, PluginContext};
use crate::component::{
    Compiler, Description, Digest, LoadError, component_with_reachable_code, export_prefix,
};
use crate::instance::Instance;
use crate::linked::Linked;
use crate::runtime::Runtime;

/// CPU time of `prepare`. It runs once per activation, off the decision path.
const PREPARE_DEADLINE: Duration = Duration::from_secs(5);
/// Most bytes of one memory in a snapshot.
const SNAPSHOT_BYTES: usize = 1 << 30;

/// Prepare a component with its settings and take the snapshot. `None` where
/// wizer does not support the component (it changes tables, or nests modules in
/// components): then every instance calls `prepare`.
///
/// # Errors
/// [`LoadError`] where the component does not start or rejects its settings.
pub(crate) fn take_snapshot(
    runtime: &Runtime,
    compiler: &Compiler,
    bytes: &[u8],
    plugin: &PluginContext,
    limits: &Limits,
    cancel: &CancelSignal,
) -> Result<Option<Vec<u8>>, LoadError> {
    compiler.check_parts(bytes)?;
    let wizer = Wizer::new();
    let Some((context, instrumented)) = if_supported(|| wizer.instrument_component(bytes)) else {
        return Ok(None);
    };
    let digest = Digest::of(&instrumented);
    let code = component_with_reachable_code(&instrumented, &|export| !is_decision(export));
    let component = compiler.compile_to_run_once(&code, digest, cancel)?;
    let description = Description::read(&runtime.wasm, &component, digest, instrumented.len())?;
    let linked = Linked::new(&runtime.wasm, &runtime.care, &component, description)?;
    let _permit = runtime
        .gate
        .enter(runtime.settings.queue_deadline)
        .map_err(LoadError::Start)?;
    let limits = Limits {
        deadline: Millis(PREPARE_DEADLINE.as_millis() as u64),
        ..limits.clone()
    };
    let mut instance = Instance::start(runtime, &linked, &limits).map_err(LoadError::start)?;
    instance.prepare(plugin, &limits)?;
    let (mut store, instance) = instance.into_parts();
    store.set_hostcall_fuel(SNAPSHOT_BYTES);
    store
        .data_mut()
        .deadline
        .start(PREPARE_DEADLINE, Instant::now());
    let mut prepared = PreparedInstance {
        store,
        instance,
        error: None,
    };
    let snapshot = if_supported(|| ready(wizer.snapshot_component(&context, &mut prepared)));
    match prepared.error {
        Some(error) => Err(LoadError::Prepare(Outcome::with_detail(
            OutcomeKind::Trapped,
            error,
        ))),
        None => Ok(snapshot),
    }
}

/// Whether a core export belongs to a decision, which `prepare` does not call.
fn is_decision(export: &str) -> bool {
    let export = export.strip_prefix("cabi_post_").unwrap_or(export);
    let mut stages = Stage::ALL.into_iter();
    stages.any(|stage| export.starts_with(export_prefix(stage)))
}

/// The result of a wizer call, or `None` for a component it does not support:
/// some shapes make it panic, such as a vector in a mutable global.
fn if_supported<T>(attempt: impl FnOnce() -> wasmtime::Result<T>) -> Option<T> {
    let why = match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(Ok(result)) => return Some(result),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "wizer does not support its shape".to_owned(),
    };
    tracing::info!(
        why,
        "cannot take a snapshot of this component; each instance calls `prepare`"
    );
    None
}

/// The instance a snapshot is taken of.
struct PreparedInstance {
    store: wasmtime::Store<HostState>,
    instance: WasmInstance,
    /// An accessor's error, after which the snapshot is incomplete.
    error: Option<String>,
}

impl PreparedInstance {
    /// Call one of the accessors that wizer added.
    fn read<R: Lift + 'static, T>(
        &mut self,
        instance: &str,
        function: &str,
        convert: impl FnOnce(&wasmtime::Store<HostState>, R) -> T,
    ) -> Option<T> {
        let mut call = || {
            let missing = || {
                wasmtime::Error::msg(format!(
                    "the instrumented component lacks {instance}#{function}"
                ))
            };
            let store = &mut self.store;
            let (_, interface) = self
                .instance
                .get_export(&mut *store, None, instance)
                .ok_or_else(missing)?;
            let (_, index) = self
                .instance
                .get_export(&mut *store, Some(&interface), function)
                .ok_or_else(missing)?;
            let accessor = self
                .instance
                .get_typed_func::<(), (R,)>(&mut *store, index)?;
            store.set_epoch_deadline(1);
            accessor.call(store, ())
        };
        match call() {
            Ok((value,)) => Some(convert(&self.store, value)),
            Err(error) => {
                self.error = Some(error.to_string());
                None
            }
        }
    }
}

macro_rules! numbers {
    ($( $name:ident -> $result:ty: $number:ty, |$value:ident| $convert:expr; )+) => { $(
        async fn $name(&mut self, instance: &str, function: &str) -> $result {
            let read = self.read(instance, function, |_, $value: $number| $convert);
            read.unwrap_or_default()
        }
    )+ };
}

impl ComponentInstanceState for PreparedInstance {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        self.read(instance, function, |store, list: WasmList<u8>| {
            contents(list.as_le_slice(store));
        });
    }

    numbers! {
        call_func_ret_s32 -> i32: i32, |value| value;
        call_func_ret_s64 -> i64: i64, |value| value;
        call_func_ret_f32 -> u32: f32, |value| value.to_bits();
        call_func_ret_f64 -> u64: f64, |value| value.to_bits();
    }
}

/// The result of a future that never waits.
fn ready<T>(future: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(wasmtime::Error::msg("taking the snapshot blocks")),
    }
}
