//! Answering host calls from the record of a decision instead of a situation.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use patchbay_model::outcome::Outcome;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transcript::HostCall;
use crate::limits::stop::Stop;

/// The first host call in which a replay and its record differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Number of the host call, from 1.
    pub call: usize,
    /// The call in the replay; absent where the policy made no further call.
    #[serde(rename = "asked", skip_serializing_if = "Option::is_none")]
    pub replayed: Option<CallSignature>,
    /// The call in the record; absent where the record has no further call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<CallSignature>,
}

/// A host call without its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallSignature {
    /// Interface and function, as in the contract.
    pub name: String,
    /// The arguments; handles as numbers.
    pub args: Value,
}

impl From<HostCall> for CallSignature {
    fn from(call: HostCall) -> CallSignature {
        CallSignature {
            name: call.name,
            args: call.args,
        }
    }
}

/// The record that answers host calls.
#[derive(Debug)]
pub(crate) enum Recall {
    /// A replay: each call must be the next one of the record.
    Strict(Box<StrictRecall>),
    /// A trial of another policy: a call the record has is answered from it,
    /// every other one from the situation.
    Partial(PartialRecall),
}

impl Recall {
    /// The recorded result; `None` where the situation has to answer.
    pub(crate) fn answer<A: Serialize, R: DeserializeOwned>(
        &mut self,
        name: &str,
        args: &A,
    ) -> Option<Result<R, Stop>> {
        let args = serde_json::to_value(args).unwrap_or(Value::Null);
        match self {
            Recall::Strict(record) => Some(record.answer(name, args)),
            Recall::Partial(answers) => answers.answer(name, args),
        }
    }
}

/// The calls of one plugin at one stage, in order.
#[derive(Debug)]
pub(crate) struct StrictRecall {
    left: VecDeque<HostCall>,
    calls: usize,
    /// Outcome of the recorded decision, for a call that was stopped.
    outcome: Outcome,
    divergence: Option<Divergence>,
}

impl StrictRecall {
    pub(crate) fn new(calls: Vec<HostCall>, outcome: Outcome) -> StrictRecall {
        StrictRecall {
            left: calls.into(),
            calls: 0,
            outcome,
            divergence: None,
        }
    }

    /// The first difference; a recorded call without a replayed one counts.
    pub(crate) fn finish(mut self) -> Option<Divergence> {
        let left = self.left.pop_front();
        self.divergence.or(left.map(|call| Divergence {
            call: self.calls + 1,
            replayed: None,
            recorded: Some(call.into()),
        }))
    }

    fn answer<R: DeserializeOwned>(&mut self, name: &str, args: Value) -> Result<R, Stop> {
        self.calls += 1;
        let recorded = self.left.pop_front();
        if let Some(call) = &recorded
            && call.name == name
            && call.args == args
        {
            if call.stopped.is_some() {
                return Err(Stop::Recorded(Box::new(self.outcome.clone())));
            }
            let result = call.result.clone().unwrap_or(Value::Null);
            if let Ok(answer) = serde_json::from_value(result) {
                return Ok(answer);
            }
        }
        self.left.clear();
        self.divergence = Some(Divergence {
            call: self.calls,
            replayed: Some(CallSignature {
                name: name.to_owned(),
                args,
            }),
            recorded: recorded.map(CallSignature::from),
        });
        Err(Stop::Diverged)
    }
}

/// Recorded results, in order, by function and arguments.
pub(crate) type RecordedAnswers = HashMap<(String, String), Vec<Value>>;

/// Functions whose results change over time. All other results follow from the
/// interaction and the generation.
const VOLATILE: [&str; 5] = [
    "agents.find-summaries",
    "agents.count",
    "agents.queue-ids",
    "state.get",
    "state.counter",
];
/// The same for handles, answered from a directory built from the record.
const VOLATILE_HANDLES: [&str; 3] = ["agents.find", "agents.get", "agents.get-queue"];

/// Whether a function's results change over time.
pub(crate) fn is_volatile(name: &str) -> bool {
    VOLATILE.contains(&name) || VOLATILE_HANDLES.contains(&name)
}

/// Recorded results for the volatile functions.
#[derive(Debug)]
pub(crate) struct PartialRecall {
    answers: Arc<RecordedAnswers>,
    used: HashMap<(String, String), usize>,
    pub(crate) hits: u32,
    pub(crate) misses: u32,
}

impl PartialRecall {
    pub(crate) fn new(answers: Arc<RecordedAnswers>) -> PartialRecall {
        PartialRecall {
            answers,
            used: HashMap::new(),
            hits: 0,
            misses: 0,
        }
    }

    fn answer<R: DeserializeOwned>(&mut self, name: &str, args: Value) -> Option<Result<R, Stop>> {
        if !is_volatile(name) {
            return None;
        }
        let call = (name.to_owned(), args.to_string());
        let Some(answers) = self.answers.get(&call) else {
            self.misses += 1;
            return None;
        };
        self.hits += 1;
        if VOLATILE_HANDLES.contains(&name) {
            return None;
        }
        // More calls than the record has get its last result.
        let used = self.used.entry(call).or_default();
        let answer = answers.get(*used).or(answers.last())?;
        *used += 1;
        serde_json::from_value(answer.clone()).ok().map(Ok)
    }
}
