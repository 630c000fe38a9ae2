use patchbay_config::bound::BoundLimit;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::Serialize;
use thiserror::Error;

use crate::contract::CONTRACT_VERSION;
use crate::contract_version::{self, ContractVersion};
use crate::limits::stop::{causes, root_cause};

/// Why a component cannot be used.
#[derive(Clone, Debug, Error)]
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
    /// Compiling it exceeds a limit of the host.
    #[error("{message}; the operator can raise `{}`", limit.setting)]
    AtLimit {
        /// The limit.
        limit: &'static BoundLimit,
        /// Its value.
        value: u64,
        /// What exceeds it.
        message: String,
    },
    /// It declares more than an instance may have.
    #[error("its {count} {part} exceed the {most} that one component may have on this host")]
    TooManyParts {
        /// Of what, in the plural.
        part: &'static str,
        /// How many it declares.
        count: u64,
        /// How many it may have.
        most: u64,
    },
    /// Its caller does not wait for it any more.
    #[error("the compilation was cancelled")]
    Cancelled,
    /// The process that compiles does not work on this machine.
    #[error(
        "cannot run the compiler: {0}; try again, and look at the machine's memory and processes"
    )]
    Compiler(String),
    /// An import or export is not in the contract, or has another type.
    #[error("does not fit contract {CONTRACT_VERSION}: {0}")]
    Incompatible(String),
    /// It was built against another version of the contract.
    #[error(
        "it was built for contract {built}; this host speaks {CONTRACT_VERSION}. {}",
        cure(built)
    )]
    Contract {
        /// Version the component names.
        built: String,
    },
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
    /// Whether the component fails so again with the same settings and limits,
    /// whatever the machine does and whoever loads it.
    pub(crate) fn is_lasting(&self) -> bool {
        match self {
            LoadError::Cancelled | LoadError::Compiler(_) => false,
            LoadError::Start(outcome) | LoadError::Prepare(outcome) => match outcome.kind {
                // Companies have different grants.
                OutcomeKind::Denied | OutcomeKind::Overloaded => false,
                OutcomeKind::Timeout => {
                    outcome.limit.as_ref().is_some_and(|hit| hit.limit == "cpu")
                }
                _ => true,
            },
            _ => true,
        }
    }

    /// The component and the contract differ; the linker names the item.
    pub(crate) fn incompatible(error: &wasmtime::Error) -> LoadError {
        LoadError::differs(&causes(error))
    }

    /// The component cannot be linked: it names another version of the contract,
    /// or the linker names the item that differs.
    pub(crate) fn unlinkable(error: &wasmtime::Error, names: &[&[String]]) -> LoadError {
        match other_contract(names) {
            Some(built) => LoadError::Contract { built },
            None => LoadError::incompatible(error),
        }
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

/// The first version of a `patchbay:` interface that this host does not offer: of
/// another track, or later than this host's.
fn other_contract(names: &[&[String]]) -> Option<String> {
    let names = names.iter().flat_map(|names| names.iter());
    let mut others = names.filter(|name| !contract_version::is_offered(name));
    let (_, version) = others.next()?.rsplit_once('@')?;
    Some(version.to_owned())
}

/// What to do about a component of another version.
fn cure(built: &str) -> &'static str {
    let version = |text: &str| text.parse::<ContractVersion>().ok();
    match version(built) > version(CONTRACT_VERSION) {
        true => {
            "Update the host, or build the policy with the SDK and contract of this host (`patchbay contract` writes it out)"
        }
        false => {
            "Build the policy again with the SDK and contract of this host (`patchbay contract` writes it out)"
        }
    }
}

/// One setting a policy rejects.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize)]
#[error("{}{message}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct SettingsProblem {
    /// JSON Pointer into the settings.
    pub path: String,
    /// The policy's own message.
    pub message: String,
}

fn list(problems: &[SettingsProblem]) -> String {
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_contract_is_named_with_what_to_do() {
        let names = |version: &str| vec![format!("patchbay:care/types@{version}")];
        for offered in ["0.1.0", CONTRACT_VERSION] {
            assert_eq!(other_contract(&[&names(offered)]), None, "{offered}");
        }
        for (version, advice) in [
            ("0.0.9", "Build the policy again"),
            ("9.0.0", "Update the host"),
        ] {
            let built = other_contract(&[&names(CONTRACT_VERSION), &names(version)]);
            let built = built.expect("another version");
            let message = LoadError::Contract { built }.to_string();
            let versions =
                format!("built for contract {version}; this host speaks {CONTRACT_VERSION}");
            assert!(message.contains(&versions), "{message}");
            assert!(message.contains(advice), "{message}");
        }
    }
}
