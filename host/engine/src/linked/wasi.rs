//! A deterministic WASI without side effects, which ordinary Rust, JavaScript
//! and Python guests need: random numbers from the decision's seed, clocks that
//! show the decision's time, stdout and stderr into the decision's capped log,
//! no environment, no files. Every other WASI function links too, and denies by
//! name when called.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    Component, ComponentNamedList, ComponentType, Lift, Linker, LinkerInstance, Lower, Resource,
    ResourceType,
};
use wasmtime::{Engine, StoreContextMut};

use crate::care::HostState;
use crate::limits::stop::Stop;

/// Marker for every WASI resource; the number of the handle says which it is.
enum Wasi {}

type Handle = Resource<Wasi>;

fn handle(number: u32) -> Handle {
    Resource::new_own(number)
}

const STDIN: u32 = 0;
const STDOUT: u32 = 1;
const STDERR: u32 = 2;
const READY: u32 = 3;

/// `wasi:io/streams.stream-error`.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Handle),
    #[component(name = "closed")]
    Closed,
}

/// `wasi:clocks/wall-clock.datetime`.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Most bytes of random data in one call.
const RANDOM_BYTES: u64 = 64 << 10;
/// Bytes an output stream says it accepts.
const WRITE_BYTES: u64 = 4096;

type Slot<'a> = LinkerInstance<'a, HostState>;
type Store<'a> = StoreContextMut<'a, HostState>;
type Defined = wasmtime::Result<()>;

/// Link what this component imports of WASI, under the versions it names.
pub(super) fn link(
    engine: &Engine,
    linker: &mut Linker<HostState>,
    component: &Component,
) -> Defined {
    let component_type = component.component_type();
    for (name, item) in component_type.imports(engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else {
            continue;
        };
        if !name.starts_with("wasi:") {
            continue;
        }
        let interface = name.split('@').next().unwrap_or(name);
        let mut slot = linker.instance(name)?;
        for (item_name, item) in instance.exports(engine) {
            match item.ty {
                ComponentItem::Resource(_) => {
                    slot.resource(item_name, ResourceType::host::<Wasi>(), |_, _| Ok(()))?;
                }
                ComponentItem::ComponentFunc(_) => define(&mut slot, interface, item_name)?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// Defines the supported functions: interface, function, parameters, and the
/// results for the state and the arguments.
macro_rules! functions {
    ($( $interface:pat, $name:pat, $params:ty => $work:expr; )+) => {
        /// Define one function; one that is not supported denies.
        fn define(slot: &mut Slot<'_>, interface: &str, function: &str) -> Defined {
            match (interface, function) {
                $( ($interface, $name) => wrap::<$params, _>(slot, function, $work), )+
                _ => deny(slot, interface, function),
            }
        }
    };
}

functions! {
    "wasi:cli/environment", "get-environment", () => |state, ()| {
        Ok((state.call("wasi:cli/environment.get-environment", (), |_| Ok(Vec::<(String, String)>::new()))?,))
    };
    "wasi:cli/environment", "get-arguments", () => |state, ()| {
        Ok((state.call("wasi:cli/environment.get-arguments", (), |_| Ok(Vec::<String>::new()))?,))
    };
    "wasi:cli/environment", "initial-cwd", () => |state, ()| {
        Ok((state.call("wasi:cli/environment.initial-cwd", (), |_| Ok(None::<String>))?,))
    };
    "wasi:filesystem/preopens", "get-directories", () => |state, ()| {
        let () = state.call("wasi:filesystem/preopens.get-directories", (), |_| Ok(()))?;
        Ok((Vec::<(Handle, String)>::new(),))
    };
    "wasi:cli/exit", "exit", (Result<(), ()>,) => |state, (status,)| {
        let code = i32::from(status.is_err());
        state.call("wasi:cli/exit.exit", code, |_| Err::<(), _>(Stop::Exited(code)))
    };
    "wasi:cli/exit", "exit-with-code", (u8,) => |state, (code,)| {
        state.call("wasi:cli/exit.exit-with-code", code, |_| Err::<(), _>(Stop::Exited(code.into())))
    };
    _, "get-random-u64" | "get-insecure-random-u64", () => |state, ()| {
        Ok((state.call("wasi:random/random.get-random-u64", (), |state| Ok(state.next_random()))?,))
    };
    _, "get-random-bytes" | "get-insecure-random-bytes", (u64,) => |state, (length,)| {
        Ok((state.call("wasi:random/random.get-random-bytes", length, |state| random_bytes(state, length))?,))
    };
    _, "insecure-seed" | "get-insecure-seed", () => |state, ()| {
        let seed: (u64, u64) = state.call("wasi:random/insecure-seed.insecure-seed", (), |state| {
            Ok((state.next_random(), state.next_random()))
        })?;
        Ok((seed,))
    };
    "wasi:clocks/wall-clock", "now", () => |state, ()| {
        let ms: u64 = state.call("wasi:clocks/wall-clock.now", (), |state| Ok(state.now_ms()))?;
        Ok((Datetime { seconds: ms / 1000, nanoseconds: (ms % 1000) as u32 * 1_000_000 },))
    };
    "wasi:clocks/monotonic-clock", "now", () => |state, ()| {
        let ms: u64 = state.call("wasi:clocks/monotonic-clock.now", (), |state| Ok(state.now_ms()))?;
        Ok((ms.saturating_mul(1_000_000),))
    };
    "wasi:clocks/wall-clock", "resolution", () => |_, ()| Ok((Datetime { seconds: 0, nanoseconds: 1_000_000 },));
    "wasi:clocks/monotonic-clock", "resolution", () => |_, ()| Ok((1_000_000_u64,));
    // Time stands still in a decision: every wait is over at once.
    "wasi:clocks/monotonic-clock", "subscribe-instant" | "subscribe-duration", (u64,) => |_, _| Ok((handle(READY),));
    _, "get-stdin", () => |_, ()| Ok((handle(STDIN),));
    _, "get-stdout", () => |_, ()| Ok((handle(STDOUT),));
    _, "get-stderr", () => |_, ()| Ok((handle(STDERR),));
    _, "get-terminal-stdin" | "get-terminal-stdout" | "get-terminal-stderr", () => |_, ()| Ok((None::<Handle>,));
    "wasi:io/error", "[method]error.to-debug-string", (Handle,) => |_, _| Ok((String::from("closed"),));
    "wasi:io/poll", "[method]pollable.ready", (Handle,) => |_, _| Ok((true,));
    "wasi:io/poll", "[method]pollable.block", (Handle,) => |_, _| Ok(());
    "wasi:io/poll", "poll", (Vec<Handle>,) => |_, (all,)| Ok(((0..all.len() as u32).collect::<Vec<u32>>(),));
    "wasi:io/streams", "[method]input-stream.read" | "[method]input-stream.blocking-read", (Handle, u64) =>
        |_, _| Ok((Err::<Vec<u8>, _>(StreamError::Closed),));
    "wasi:io/streams", "[method]output-stream.check-write", (Handle,) =>
        |_, _| Ok((Ok::<_, StreamError>(WRITE_BYTES),));
    "wasi:io/streams", "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush", (Handle, Vec<u8>) =>
        |state, (stream, bytes)| {
            write(state, stream.rep(), &bytes)?;
            Ok((Ok::<_, StreamError>(()),))
        };
    "wasi:io/streams", "[method]output-stream.flush" | "[method]output-stream.blocking-flush", (Handle,) =>
        |_, _| Ok((Ok::<_, StreamError>(()),));
    "wasi:io/streams", "[method]output-stream.subscribe" | "[method]input-stream.subscribe", (Handle,) =>
        |_, _| Ok((handle(READY),));
}

fn wrap<P, R>(
    slot: &mut Slot<'_>,
    function: &str,
    work: impl Fn(&mut HostState, P) -> wasmtime::Result<R> + Send + Sync + 'static,
) -> Defined
where
    P: ComponentNamedList + Lift + 'static,
    R: ComponentNamedList + Lower + 'static,
{
    slot.func_wrap(function, move |mut store: Store<'_>, params: P| {
        work(store.data_mut(), params)
    })
}

/// A function that only lets the component link, and denies every call.
fn deny(slot: &mut Slot<'_>, interface: &str, function: &str) -> Defined {
    let name = interned(format!("{interface}.{function}"));
    slot.func_new(function, move |mut store, _, _, _| {
        store.data_mut().call(name, (), |_| -> Result<(), Stop> {
            Err(Stop::denied(format!("`{name}` is outside the sandbox")))
        })
    })
}

/// A name with the lifetime of the process. The set is small: every component
/// that imports a function shares its name.
fn interned(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock();
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let leaked: &'static str = Box::leak(name.into_boxed_str());
    names.insert(leaked);
    leaked
}

fn random_bytes(state: &mut HostState, length: u64) -> Result<Vec<u8>, Stop> {
    if length > RANDOM_BYTES {
        return Err(Stop::out_of_memory("random", RANDOM_BYTES, "bytes"));
    }
    let mut bytes = Vec::with_capacity(length as usize + 8);
    while (bytes.len() as u64) < length {
        bytes.extend_from_slice(&state.next_random().to_le_bytes());
    }
    bytes.truncate(length as usize);
    Ok(bytes)
}

fn write(state: &mut HostState, stream: u32, bytes: &[u8]) -> wasmtime::Result<()> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\n');
    let level = if stream == STDERR { "stderr" } else { "stdout" };
    state.call("wasi:io/streams.write", (level, text), |state| {
        if !text.is_empty() {
            state.log.write(level, text);
        }
        Ok(())
    })
}
