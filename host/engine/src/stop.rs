//! Why the host stopped a policy. A host function or a limit returns a
//! [`Stop`] as its error; it travels through the guest's stack and comes out
//! typed at the other end, where [`outcome_of`] turns any error of a call into
//! an outcome without looking at message texts.

use patchbay_model::outcome::{Outcome, OutcomeKind};
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

/// The host's reason to stop a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A limit of this name was hit.
    Limit {
        kind: OutcomeKind,
        limit: &'static str,
        value: u64,
        unit: &'static str,
    },
    /// Something was used that was not granted, or no longer belongs to this
    /// decision.
    Denied(String),
    /// The policy asked to end itself.
    Exited(i32),
    /// It was stopped here when the decision was made, and so it is again.
    Recalled(Box<Outcome>),
    /// A replay asked for something else than the decision did.
    Diverged,
}

impl Stop {
    pub(crate) fn denied(detail: impl Into<String>) -> Stop {
        Stop::Denied(detail.into())
    }

    pub(crate) fn out_of_memory(limit: &'static str, value: u64, unit: &'static str) -> Stop {
        Stop::Limit {
            kind: OutcomeKind::OutOfMemory,
            limit,
            value,
            unit,
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            Stop::Limit {
                kind,
                limit,
                value,
                unit,
            } => Outcome::limited(*kind, limit, *value, unit),
            Stop::Denied(detail) => Outcome::with_detail(OutcomeKind::Denied, detail),
            Stop::Exited(code) => Outcome::with_detail(
                OutcomeKind::Trapped,
                format!("the policy ended itself with exit code {code}"),
            ),
            Stop::Recalled(outcome) => Outcome::clone(outcome),
            Stop::Diverged => Outcome::with_detail(
                OutcomeKind::Denied,
                "the policy asked for something else than when the decision was made",
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

/// What the limiter and the caller know beside the error itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// A growth the limiter refused, which the guest saw as −1 and usually
    /// turns into a trap of its allocator.
    pub(crate) refused: Option<Refused>,
    /// The limit on the stack.
    pub(crate) stack: u64,
    /// The limit on fuel.
    pub(crate) fuel: u64,
}

/// A growth the limiter refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) limit: &'static str,
    pub(crate) value: u64,
    pub(crate) unit: &'static str,
}

impl Refused {
    pub(crate) fn outcome(self) -> Outcome {
        Outcome::limited(OutcomeKind::OutOfMemory, self.limit, self.value, self.unit)
    }
}

/// The outcome of a call that ended with an error.
pub(crate) fn outcome_of(error: &wasmtime::Error, circumstances: Circumstances) -> Outcome {
    let mut outcome = match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(stop), _) => stop.outcome(),
        (None, Some(trap)) => of_trap(*trap, circumstances),
        // The gate bounds instances; one may still have more tables or memories
        // than its share of the pool.
        (None, None) if error.is::<PoolConcurrencyLimitError>() => {
            Outcome::with_detail(OutcomeKind::Overloaded, root_cause(error))
        }
        // A value the canonical ABI cannot lift: a string that is no UTF-8, a
        // pointer outside memory, an unknown handle, more bytes than the limit
        // on a transfer.
        (None, None) => Outcome::with_detail(OutcomeKind::BadOutput, root_cause(error)),
    };
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        outcome.backtrace = frames(backtrace);
    }
    outcome
}

fn of_trap(trap: Trap, circumstances: Circumstances) -> Outcome {
    let limited = |kind, limit, value, unit| Outcome::limited(kind, limit, value, unit);
    match trap {
        Trap::StackOverflow => limited(
            OutcomeKind::StackOverflow,
            "stack",
            circumstances.stack,
            "bytes",
        ),
        Trap::OutOfFuel => limited(OutcomeKind::OutOfFuel, "fuel", circumstances.fuel, "units"),
        other => match circumstances.refused {
            Some(refused) => refused.outcome(),
            None => Outcome::with_detail(OutcomeKind::Trapped, other.to_string()),
        },
    }
}

/// Every message on the way, outermost first, each by its first line.
pub(crate) fn causes(error: &wasmtime::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let line = cause.to_string();
        let line = line.lines().next().unwrap_or_default().to_owned();
        if parts.last() != Some(&line) {
            parts.push(line);
        }
    }
    parts.join(": ")
}

/// The innermost message, on one line.
pub(crate) fn root_cause(error: &wasmtime::Error) -> String {
    let mut text = error.root_cause().to_string();
    if let Some(end) = text.find('\n') {
        text.truncate(end);
    }
    text
}

fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    backtrace
        .frames()
        .iter()
        .map(|frame| {
            let function = frame
                .func_name()
                .map(rustc_demangle)
                .unwrap_or_else(|| format!("<function {}>", frame.func_index()));
            match frame.module_offset() {
                Some(offset) => format!("{function} (+{offset:#x})"),
                None => function,
            }
        })
        .collect()
}

fn rustc_demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
