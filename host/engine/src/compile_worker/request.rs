//! What the server and a process that compiles say to each other, and the side
//! of that process.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write, stdin, stdout};
use std::sync::atomic::Ordering;

use patchbay_model::limits::{Limits, LimitsFile};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::component::without_schema_code;
use crate::config::{
    Allocation, EngineSettings, Meter, compile_quickly, metered_config, serving_config,
};

/// Niceness added to the process of a server: decisions come first.
const NICENESS: i32 = 10;
/// Bytes of data that an allocator may reserve without using them.
const RESERVED: u64 = 4 << 30;
/// The answer begins with one of these bytes.
pub(super) const COMPILED: u8 = 0;
pub(super) const INVALID: u8 = 1;

/// The head of a request: one line of JSON, followed by the component.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CompileRequest {
    /// Whether the code counts fuel instead of checking epochs.
    pub(crate) is_metered: bool,
    /// Whether instances come from a pool.
    pub(crate) is_pooled: bool,
    /// Whether the code runs once and is not optimised; an engine loads both kinds.
    pub(crate) runs_once: bool,
    pub(crate) instances: u32,
    /// Reserved address space of a memory; absent: the default.
    pub(crate) memory_reservation: Option<u64>,
    pub(crate) memory_per_instance: u64,
    pub(crate) table_elements: u32,
    pub(crate) stack: usize,
    /// Most bytes of memory.
    pub(crate) memory: u64,
    /// Most bytes of compiled code.
    pub(crate) code: u64,
    /// Most seconds of CPU time of all its threads.
    pub(crate) cpu_seconds: u64,
    /// Whether it leaves the processor to others.
    pub(crate) low_priority: bool,
}

/// A name of the compiler's configuration: code of another one is not loaded.
pub(crate) fn compatibility(wasm: &wasmtime::Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    wasm.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

impl CompileRequest {
    /// The request for code that this engine loads.
    pub(crate) fn of(settings: &EngineSettings, meter: Meter, is_pooled: bool) -> CompileRequest {
        // Several threads compile; the wall-clock limit is exact.
        let cpu_seconds = settings.compile.time.as_secs().saturating_mul(8).max(8);
        CompileRequest {
            is_metered: meter == Meter::Fuel,
            is_pooled,
            runs_once: false,
            instances: settings.instances,
            memory_reservation: settings.memory_reservation,
            memory_per_instance: settings.ceiling.memory.0,
            table_elements: settings.ceiling.table_elements,
            stack: settings.stack,
            memory: settings.compile.memory,
            code: settings.compile.code,
            cpu_seconds,
            low_priority: super::LOW_PRIORITY.load(Ordering::Acquire),
        }
    }

    fn engine(&self) -> wasmtime::Result<wasmtime::Engine> {
        let mut ceiling = Limits::ceiling(&LimitsFile::default());
        ceiling.memory.0 = self.memory_per_instance;
        ceiling.table_elements = self.table_elements;
        let settings = EngineSettings {
            instances: self.instances,
            memory_reservation: self.memory_reservation,
            ceiling,
            stack: self.stack,
            allocation: match self.is_pooled {
                true => Allocation::Pooling,
                false => Allocation::OnDemand,
            },
            ..EngineSettings::default()
        };
        let mut config = match self.is_metered {
            true => metered_config(&settings),
            false => serving_config(&settings),
        };
        if self.runs_once {
            compile_quickly(&mut config);
        }
        // One core for each compilation. The code is the same.
        config.parallel_compilation(false);
        wasmtime::Engine::new(&config)
    }

    /// Limit this process. The server watches its resident memory; the limit of
    /// its data has room for what an allocator reserves and does not use.
    fn limit_process(&self) {
        for (resource, most) in [
            (Resource::Data, self.memory.saturating_add(RESERVED)),
            (Resource::Cpu, self.cpu_seconds),
            (Resource::Core, 0),
        ] {
            let limit = Rlimit {
                current: Some(most),
                maximum: Some(most),
            };
            // The server's own watch holds where the system refuses this.
            let _ = setrlimit(resource, limit);
        }
        if self.low_priority {
            let _ = rustix::process::nice(NICENESS);
        }
    }
}

/// Compile what standard input holds; the exit status.
pub(super) fn serve() -> i32 {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    // A panic of the compiler ends the process at once.
    std::panic::set_hook(Box::new(|_| std::process::abort()));
    let mut input = Vec::new();
    if stdin().lock().read_to_end(&mut input).is_err() {
        return 2;
    }
    let mut halves = input.splitn(2, |byte| *byte == b'\n');
    let head = halves.next().unwrap_or_default();
    let Ok(request) = serde_json::from_slice::<CompileRequest>(head) else {
        return 2;
    };
    request.limit_process();
    let bytes = halves.next().unwrap_or_default();
    let compiled = request
        .engine()
        .and_then(|engine| engine.precompile_component(&without_schema_code(bytes)));
    let (status, answer) = match compiled {
        Ok(code) => (COMPILED, code),
        Err(error) => (
            INVALID,
            crate::limits::stop::root_cause(&error).into_bytes(),
        ),
    };
    let mut output = stdout().lock();
    let written = output
        .write_all(&[status])
        .and_then(|()| output.write_all(&answer))
        .and_then(|()| output.flush());
    i32::from(written.is_err())
}
