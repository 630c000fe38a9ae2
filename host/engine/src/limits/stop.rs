//! Why the host stopped a guest. A host function or a limit returns a [`Stop`]
//! as its error; it unwinds the guest's stack and arrives typed in the caller,
//! where [`outcome_of`] turns any error of a call into an outcome without
//! reading message texts.

use patchbay_model::outcome::{Outcome, OutcomeKind};
use rustix::io::Errno;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

/// The host's reason to stop a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Limit(LimitReached),
    /// Something was used without a grant, or an outdated handle.
    Denied(String),
    /// The guest called `exit` with this code.
    Exited(i32),
    /// The recorded decision was stopped at this host call, so a replay is too.
    Recorded(Box<Outcome>),
    /// A replay made another host call than the recorded decision.
    Diverged,
}

/// A limit, its value, and the outcome of reaching it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitReached {
    pub(crate) kind: OutcomeKind,
    pub(crate) limit: &'static str,
    pub(crate) value: u64,
    pub(crate) unit: &'static str,
}

impl LimitReached {
    pub(crate) fn memory(limit: &'static str, value: u64, unit: &'static str) -> LimitReached {
        LimitReached {
            kind: OutcomeKind::OutOfMemory,
            limit,
            value,
            unit,
        }
    }

    pub(crate) fn outcome(self) -> Outcome {
        Outcome::limited(self.kind, self.limit, self.value, self.unit)
    }
}

impl Stop {
    pub(crate) fn denied(detail: impl Into<String>) -> Stop {
        Stop::Denied(detail.into())
    }

    pub(crate) fn out_of_memory(limit: &'static str, value: u64, unit: &'static str) -> Stop {
        Stop::Limit(LimitReached::memory(limit, value, unit))
    }

    fn outcome(&self) -> Outcome {
        match self {
            Stop::Limit(limit) => limit.outcome(),
            Stop::Denied(detail) => Outcome::with_detail(OutcomeKind::Denied, detail),
            Stop::Exited(code) => Outcome::with_detail(
                OutcomeKind::Trapped,
                format!("the policy exited with exit code {code}"),
            ),
            Stop::Recorded(outcome) => Outcome::clone(outcome),
            Stop::Diverged => Outcome::with_detail(
                OutcomeKind::Denied,
                "the policy made another host call than in the recorded decision",
            ),
        }
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.outcome().fmt(f)
    }
}

impl std::error::Error for Stop {}

/// What the limiter and the engine's settings add to an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopContext {
    /// A growth the limiter denied.
    pub(crate) denied: Option<LimitReached>,
    /// Stack limit in bytes.
    pub(crate) stack: u64,
    /// Fuel limit.
    pub(crate) fuel: u64,
}

/// The outcome of a call that ended with an error.
pub(crate) fn outcome_of(error: &wasmtime::Error, context: StopContext) -> Outcome {
    let mut outcome = match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(stop), _) => stop.outcome(),
        (None, Some(trap)) => of_trap(*trap, context),
        // The gate bounds instances; one instance can still need more tables or
        // memories than its share of the pool.
        (None, None) if error.is::<PoolConcurrencyLimitError>() => {
            Outcome::with_detail(OutcomeKind::Overloaded, root_cause(error))
        }
        (None, None) if is_out_of_address_space(error) => Outcome::with_detail(
            OutcomeKind::Overloaded,
            "the process has no address space for another instance; raise `ulimit -v`, or lower `instances` under [engine] (`patchbay doctor` says how much is needed)",
        ),
        // A value the canonical ABI cannot lift: invalid UTF-8, a pointer
        // outside memory, an unknown handle, more bytes than the transfer limit.
        (None, None) => Outcome::with_detail(OutcomeKind::BadOutput, root_cause(error)),
    };
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        outcome.backtrace = frames(backtrace);
    }
    outcome
}

/// Whether the system refused to reserve memory.
fn is_out_of_address_space(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| {
        let system = cause.downcast_ref::<std::io::Error>();
        let system = system.and_then(std::io::Error::raw_os_error);
        let code = system.or_else(|| {
            cause
                .downcast_ref::<Errno>()
                .map(|code| code.raw_os_error())
        });
        code == Some(Errno::NOMEM.raw_os_error())
    })
}

fn of_trap(trap: Trap, context: StopContext) -> Outcome {
    match trap {
        Trap::StackOverflow => {
            Outcome::limited(OutcomeKind::StackOverflow, "stack", context.stack, "bytes")
        }
        Trap::OutOfFuel => Outcome::limited(OutcomeKind::OutOfFuel, "fuel", context.fuel, "units"),
        other => match context.denied {
            Some(denied) => denied.outcome(),
            None => Outcome::with_detail(OutcomeKind::Trapped, other.to_string()),
        },
    }
}

/// Whether a replay of the same call can end otherwise on another machine, or
/// at another moment.
pub(crate) fn depends_on_machine(kind: OutcomeKind) -> bool {
    matches!(
        kind,
        OutcomeKind::Timeout
            | OutcomeKind::OutOfFuel
            | OutcomeKind::Overloaded
            | OutcomeKind::StackOverflow
    )
}

/// The first line of every message in the chain, outermost first.
pub(crate) fn causes(error: &wasmtime::Error) -> String {
    let mut parts: Vec<String> = error.chain().map(|cause| first_line(&cause)).collect();
    parts.dedup();
    parts.join(": ")
}

/// The first line of the innermost message.
pub(crate) fn root_cause(error: &wasmtime::Error) -> String {
    first_line(&error.root_cause())
}

fn first_line(error: &dyn std::fmt::Display) -> String {
    let mut text = error.to_string();
    text.truncate(text.find('\n').unwrap_or(text.len()));
    text
}

fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let frames = backtrace.frames().iter().map(|frame| {
        let function = match frame.func_name() {
            Some(name) => format!("{:#}", rustc_demangle::demangle(name)),
            None => format!("<function {}>", frame.func_index()),
        };
        match frame.module_offset() {
            Some(offset) => format!("{function} (+{offset:#x})"),
            None => function,
        }
    });
    frames.collect()
}
