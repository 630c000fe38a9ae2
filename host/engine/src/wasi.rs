//! A WASI that is deterministic and harmless, because ordinary Rust,
//! JavaScript and Python guests need one: random from the decision's seed,
//! clocks that show the decision's time, stdout and stderr into the decision's
//! capped log, no environment, no files. Everything else of WASI is linked
//! too, and denies by name when it is called.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    Component, ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType,
};
use wasmtime::{Engine, StoreContextMut};

use crate::care::HostState;
use crate::stop::Stop;

/// Marker for every WASI resource of the baseline; the number of the handle
/// says which stream it is.
enum Baseline {}

const STDIN: u32 = 0;
const STDOUT: u32 = 1;
const STDERR: u32 = 2;
const READY: u32 = 3;

/// `wasi:io/streams.stream-error`.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<Baseline>),
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
/// What a stream says it takes.
const WRITE_BYTES: u64 = 4096;

type Defined = wasmtime::Result<()>;

/// Link what this component imports of WASI, under the very version it names.
pub(crate) fn link(
    engine: &Engine,
    linker: &mut Linker<HostState>,
    component: &Component,
) -> Defined {
    let component_type = component.component_type();
    for (name, item) in component_type.imports(engine) {
        if !name.starts_with("wasi:") {
            continue;
        }
        let ComponentItem::ComponentInstance(instance) = item.ty else {
            continue;
        };
        let interface = name.split('@').next().unwrap_or(name);
        let mut slot = linker.instance(name)?;
        for (item_name, item) in instance.exports(engine) {
            match item.ty {
                ComponentItem::Resource(_) => {
                    slot.resource(item_name, ResourceType::host::<Baseline>(), |_, _| Ok(()))?;
                }
                ComponentItem::ComponentFunc(_) => define(&mut slot, interface, item_name)?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// A function of the baseline, or one that denies.
fn define(slot: &mut LinkerInstance<'_, HostState>, interface: &str, function: &str) -> Defined {
    match baseline(slot, interface, function)? {
        true => Ok(()),
        false => deny(slot, interface, function),
    }
}

/// A name that lives as long as the process: there are few, and every component
/// that imports one shares it.
fn interned(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let kept: &'static str = Box::leak(name.into_boxed_str());
    names.insert(kept);
    kept
}

/// A function that is there, so that the component links, and denies.
fn deny(slot: &mut LinkerInstance<'_, HostState>, interface: &str, function: &str) -> Defined {
    let name = interned(format!("{interface}.{function}"));
    slot.func_new(function, move |mut store, _, _, _| {
        store.data_mut().call(name, (), |_| -> Result<(), Stop> {
            Err(Stop::denied(format!("`{name}` is outside the sandbox")))
        })
    })
}

/// Define a function of the baseline; false if it is none.
fn baseline(
    slot: &mut LinkerInstance<'_, HostState>,
    interface: &str,
    function: &str,
) -> wasmtime::Result<bool> {
    match interface {
        "wasi:cli/environment" | "wasi:filesystem/preopens" => surroundings(slot, function),
        "wasi:cli/exit" => exit(slot, function),
        "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => {
            random(slot, function)
        }
        "wasi:clocks/wall-clock" | "wasi:clocks/monotonic-clock" => {
            clocks(slot, interface, function)
        }
        _ => streams(slot, interface, function),
    }
}

type Store<'a> = StoreContextMut<'a, HostState>;

fn surroundings(
    slot: &mut LinkerInstance<'_, HostState>,
    function: &str,
) -> wasmtime::Result<bool> {
    match function {
        "get-environment" => slot.func_wrap(function, |mut store: Store<'_>, (): ()| {
            let none = store
                .data_mut()
                .call("wasi:cli/environment.get-environment", (), |_| {
                    Ok(Vec::<(String, String)>::new())
                })?;
            Ok((none,))
        })?,
        "get-arguments" => slot.func_wrap(function, |mut store: Store<'_>, (): ()| {
            let none = store
                .data_mut()
                .call("wasi:cli/environment.get-arguments", (), |_| {
                    Ok(Vec::<String>::new())
                })?;
            Ok((none,))
        })?,
        "initial-cwd" => slot.func_wrap(function, |mut store: Store<'_>, (): ()| {
            let none = store
                .data_mut()
                .call("wasi:cli/environment.initial-cwd", (), |_| {
                    Ok(None::<String>)
                })?;
            Ok((none,))
        })?,
        "get-directories" => slot.func_wrap(function, |mut store: Store<'_>, (): ()| {
            store
                .data_mut()
                .call("wasi:filesystem/preopens.get-directories", (), |_| Ok(()))?;
            Ok((Vec::<(Resource<Baseline>, String)>::new(),))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn exit(slot: &mut LinkerInstance<'_, HostState>, function: &str) -> wasmtime::Result<bool> {
    match function {
        "exit" => slot.func_wrap(
            function,
            |mut store: Store<'_>, (status,): (Result<(), ()>,)| {
                let code = i32::from(status.is_err());
                store.data_mut().call("wasi:cli/exit.exit", code, |_| {
                    Err::<(), _>(Stop::Exited(code))
                })
            },
        )?,
        "exit-with-code" => slot.func_wrap(function, |mut store: Store<'_>, (code,): (u8,)| {
            store
                .data_mut()
                .call("wasi:cli/exit.exit-with-code", code, |_| {
                    Err::<(), _>(Stop::Exited(code.into()))
                })
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn random(slot: &mut LinkerInstance<'_, HostState>, function: &str) -> wasmtime::Result<bool> {
    match function {
        "get-random-u64" | "get-insecure-random-u64" => {
            slot.func_wrap(function, |mut store: Store<'_>, (): ()| {
                let bits =
                    store
                        .data_mut()
                        .call("wasi:random/random.get-random-u64", (), |state| {
                            Ok(state.next_random())
                        })?;
                Ok((bits,))
            })?;
        }
        "get-random-bytes" | "get-insecure-random-bytes" => {
            slot.func_wrap(function, |mut store: Store<'_>, (length,): (u64,)| {
                let bytes = store.data_mut().call(
                    "wasi:random/random.get-random-bytes",
                    length,
                    |state| {
                        if length > RANDOM_BYTES {
                            return Err(Stop::out_of_memory("random", RANDOM_BYTES, "bytes"));
                        }
                        let mut bytes = Vec::with_capacity(length as usize + 8);
                        while (bytes.len() as u64) < length {
                            bytes.extend_from_slice(&state.next_random().to_le_bytes());
                        }
                        bytes.truncate(length as usize);
                        Ok(bytes)
                    },
                )?;
                Ok((bytes,))
            })?;
        }
        "insecure-seed" | "get-insecure-seed" => {
            slot.func_wrap(function, |mut store: Store<'_>, (): ()| {
                let seed = store.data_mut().call(
                    "wasi:random/insecure-seed.insecure-seed",
                    (),
                    |state| Ok((state.next_random(), state.next_random())),
                )?;
                Ok((seed,))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn clocks(
    slot: &mut LinkerInstance<'_, HostState>,
    interface: &str,
    function: &str,
) -> wasmtime::Result<bool> {
    match (interface, function) {
        ("wasi:clocks/wall-clock", "now") => {
            slot.func_wrap(function, |mut store: Store<'_>, (): ()| {
                let ms = store
                    .data_mut()
                    .call("wasi:clocks/wall-clock.now", (), |state| Ok(state.now_ms()))?;
                Ok((Datetime {
                    seconds: ms / 1000,
                    nanoseconds: (ms % 1000) as u32 * 1_000_000,
                },))
            })?
        }
        ("wasi:clocks/wall-clock", "resolution") => slot.func_wrap(function, |_, (): ()| {
            Ok((Datetime {
                seconds: 0,
                nanoseconds: 1_000_000,
            },))
        })?,
        ("wasi:clocks/monotonic-clock", "now") => {
            slot.func_wrap(function, |mut store: Store<'_>, (): ()| {
                let ms = store
                    .data_mut()
                    .call("wasi:clocks/monotonic-clock.now", (), |state| {
                        Ok(state.now_ms())
                    })?;
                Ok((ms.saturating_mul(1_000_000),))
            })?
        }
        ("wasi:clocks/monotonic-clock", "resolution") => {
            slot.func_wrap(function, |_, (): ()| Ok((1_000_000u64,)))?;
        }
        ("wasi:clocks/monotonic-clock", "subscribe-instant" | "subscribe-duration") => {
            // Time stands still in a decision: whoever waits has waited.
            slot.func_wrap(function, |_, (_,): (u64,)| {
                Ok((Resource::<Baseline>::new_own(READY),))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn streams(
    slot: &mut LinkerInstance<'_, HostState>,
    interface: &str,
    function: &str,
) -> wasmtime::Result<bool> {
    let own =
        |number: u32| move |_: Store<'_>, (): ()| Ok((Resource::<Baseline>::new_own(number),));
    match (interface, function) {
        (_, "get-stdin") => slot.func_wrap(function, own(STDIN))?,
        (_, "get-stdout") => slot.func_wrap(function, own(STDOUT))?,
        (_, "get-stderr") => slot.func_wrap(function, own(STDERR))?,
        (_, "get-terminal-stdin" | "get-terminal-stdout" | "get-terminal-stderr") => {
            slot.func_wrap(function, |_, (): ()| Ok((None::<Resource<Baseline>>,)))?;
        }
        ("wasi:io/error", "[method]error.to-debug-string") => {
            slot.func_wrap(function, |_, (_,): (Resource<Baseline>,)| {
                Ok((String::from("closed"),))
            })?;
        }
        ("wasi:io/poll", "[method]pollable.ready") => {
            slot.func_wrap(function, |_, (_,): (Resource<Baseline>,)| Ok((true,)))?;
        }
        ("wasi:io/poll", "[method]pollable.block") => {
            slot.func_wrap(function, |_, (_,): (Resource<Baseline>,)| Ok(()))?;
        }
        ("wasi:io/poll", "poll") => {
            slot.func_wrap(function, |_, (all,): (Vec<Resource<Baseline>>,)| {
                Ok(((0..all.len() as u32).collect::<Vec<u32>>(),))
            })?;
        }
        ("wasi:io/streams", "[method]input-stream.read" | "[method]input-stream.blocking-read") => {
            slot.func_wrap(function, |_, (_, _): (Resource<Baseline>, u64)| {
                Ok((Err::<Vec<u8>, _>(StreamError::Closed),))
            })?;
        }
        ("wasi:io/streams", "[method]output-stream.check-write") => {
            slot.func_wrap(function, |_, (_,): (Resource<Baseline>,)| {
                Ok((Ok::<_, StreamError>(WRITE_BYTES),))
            })?;
        }
        (
            "wasi:io/streams",
            "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush",
        ) => {
            slot.func_wrap(
                function,
                |mut store: Store<'_>, (stream, bytes): (Resource<Baseline>, Vec<u8>)| {
                    write(store.data_mut(), stream.rep(), &bytes)?;
                    Ok((Ok::<_, StreamError>(()),))
                },
            )?;
        }
        (
            "wasi:io/streams",
            "[method]output-stream.flush" | "[method]output-stream.blocking-flush",
        ) => {
            slot.func_wrap(function, |_, (_,): (Resource<Baseline>,)| {
                Ok((Ok::<_, StreamError>(()),))
            })?;
        }
        (
            "wasi:io/streams",
            "[method]output-stream.subscribe" | "[method]input-stream.subscribe",
        ) => {
            slot.func_wrap(function, |_, (_,): (Resource<Baseline>,)| {
                Ok((Resource::<Baseline>::new_own(READY),))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
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
