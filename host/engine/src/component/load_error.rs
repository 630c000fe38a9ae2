use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::Serialize;
use thiserror::Error;

use crate::contract::CONTRACT_VERSION;
use crate::limits::stop::{causes, root_cause};

/// Why a component cannot be used.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Zero bytes.
    #[error("the file is empty; expected a WebAssembly component")]
    Empty,
    /// Not WebAssembly.
    #[error("not a WebAssembly file: it does not begin with \\0asm; expected a component")]
    NotWasm,
    /// A core module.
    #[error(
        "this is a core module, not a component; build it for wasm32-wasip2, or with `patchbay build`"
    )]
    CoreModule,
    /// Truncated, damaged, or using WebAssembly features the engine disables.
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// An import or export is not in the contract, or has another type.
    #[error("does not fit contract {CONTRACT_VERSION}: {0}")]
    Incompatible(String),
    /// It exports no stage. Holds what it exports instead.
    #[error(
        "exports none of the decisions (classification, routing, tone, escalation); it exports {0}"
    )]
    NoDecision(String),
    /// Instantiation failed.
    #[error("a fresh instance does not start: {0}")]
    Start(Outcome),
    /// `lifecycle.prepare` ended without an answer.
    #[error("`prepare` failed: {0}")]
    Prepare(Outcome),
    /// `lifecycle.prepare` rejected the settings.
    #[error("the policy rejects its settings: {}", list(.0))]
    Settings(Vec<SettingsProblem>),
}

impl LoadError {
    /// The component and the contract differ; the linker names the item.
    pub(crate) fn incompatible(error: &wasmtime::Error) -> LoadError {
        LoadError::differs(&causes(error))
    }

    fn differs(what: &str) -> LoadError {
        LoadError::Incompatible(format!(
            "{what}; rebuild it against this host's `wit/` (`patchbay contract` writes it out)"
        ))
    }

    /// The compiler rejects the bytes.
    pub(crate) fn invalid(error: &wasmtime::Error) -> LoadError {
        LoadError::Invalid(root_cause(error))
    }

    /// An instance did not start. An export of another type shows only then.
    pub(crate) fn start(outcome: Outcome) -> LoadError {
        match outcome.kind {
            OutcomeKind::Incompatible => LoadError::differs(&outcome.detail.unwrap_or_default()),
            _ => LoadError::Start(outcome),
        }
    }

    /// The outcome of a decision whose instance does not start.
    pub(crate) fn into_outcome(self) -> Outcome {
        match self {
            LoadError::Start(outcome) | LoadError::Prepare(outcome) => outcome,
            other => Outcome::with_detail(OutcomeKind::Failed, other.to_string()),
        }
    }
}

/// One setting a policy rejects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsProblem {
    /// JSON Pointer into the settings.
    pub path: String,
    /// The policy's own message.
    pub message: String,
}

fn list(problems: &[SettingsProblem]) -> String {
    let texts: Vec<_> = problems
        .iter()
        .map(|problem| match problem.path.as_str() {
            "" => problem.message.clone(),
            path => format!("{path}: {}", problem.message),
        })
        .collect();
    texts.join("; ")
}
