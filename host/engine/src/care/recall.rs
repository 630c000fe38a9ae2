//! Answering host calls from what was recorded of a decision, instead of from a
//! situation.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use patchbay_model::outcome::Outcome;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::recorder::HostCall;
use crate::stop::Stop;

/// Where a replay left what was recorded: the policy is not deterministic, or
/// is another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Number of the host call, from 1.
    pub call: usize,
    /// What the policy asked for this time; absent where it asked for nothing
    /// more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// What it had asked for when the decision was made; absent where that was
    /// nothing more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Asked>,
}

/// A host call without its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Interface and function, as in the contract.
    pub name: String,
    /// The arguments.
    pub args: Value,
}

/// What host calls are answered from.
#[derive(Debug)]
pub(crate) enum Recall {
    /// The record, and nothing else.
    Record(Box<Record>),
    /// The record where it has the same question, else the situation.
    Known(Known),
}

impl Recall {
    /// The answer; absent where the situation has to give it.
    pub(crate) fn answer<A: Serialize, R: DeserializeOwned>(
        &mut self,
        name: &str,
        args: &A,
    ) -> Option<Result<R, Stop>> {
        let args = serde_json::to_value(args).unwrap_or(Value::Null);
        match self {
            Recall::Record(record) => Some(record.answer(name, args)),
            Recall::Known(known) => known.answer(name, args),
        }
    }
}

/// The calls of one part, in order; each must come again as it came.
#[derive(Debug)]
pub(crate) struct Record {
    left: VecDeque<HostCall>,
    made: usize,
    /// How the call ended that was stopped.
    ended: Outcome,
    /// The first difference.
    pub(crate) divergence: Option<Divergence>,
}

impl Record {
    pub(crate) fn new(calls: Vec<HostCall>, ended: Outcome) -> Record {
        Record {
            left: calls.into(),
            made: 0,
            ended,
            divergence: None,
        }
    }

    /// The difference between what was asked for and the record; one too few
    /// is one as well.
    pub(crate) fn finish(mut self) -> Option<Divergence> {
        let left = self.left.pop_front();
        self.divergence.or(left.map(|call| Divergence {
            call: self.made + 1,
            asked: None,
            recorded: Some(asked(call)),
        }))
    }

    fn answer<R: DeserializeOwned>(&mut self, name: &str, args: Value) -> Result<R, Stop> {
        self.made += 1;
        let recorded = self.left.pop_front();
        let recorded = match recorded {
            Some(call) if call.name == name && call.args == args => {
                if call.stopped.is_some() {
                    return Err(Stop::Recalled(Box::new(self.ended.clone())));
                }
                let result = call.result.clone().unwrap_or(Value::Null);
                if let Ok(answer) = serde_json::from_value(result) {
                    return Ok(answer);
                }
                Some(call)
            }
            other => other,
        };
        self.left.clear();
        self.divergence = Some(Divergence {
            call: self.made,
            asked: Some(Asked {
                name: name.to_owned(),
                args,
            }),
            recorded: recorded.map(asked),
        });
        Err(Stop::Diverged)
    }
}

fn asked(call: HostCall) -> Asked {
    Asked {
        name: call.name,
        args: call.args,
    }
}

/// What a decision learned of things that have changed since: answers by
/// question, those of the same question in order.
pub(crate) type Answers = HashMap<(String, String), Vec<Value>>;

/// Questions about things that change by themselves. All else a policy may
/// read follows from the interaction and the company's setup.
const PLAIN: [&str; 5] = [
    "agents.find-summaries",
    "agents.count",
    "agents.queue-ids",
    "state.get",
    "state.counter",
];
/// The same, answered with handles: from a directory made of the record.
const HANDLES: [&str; 3] = ["agents.find", "agents.get", "agents.get-queue"];

/// Whether a record is asked about a function.
pub(crate) fn changes_by_itself(name: &str) -> bool {
    PLAIN.contains(&name) || HANDLES.contains(&name)
}

/// Answers of the record, as far as they go.
#[derive(Debug)]
pub(crate) struct Known {
    answers: Arc<Answers>,
    given: HashMap<(String, String), usize>,
    pub(crate) hits: u32,
    pub(crate) misses: u32,
}

impl Known {
    pub(crate) fn new(answers: Arc<Answers>) -> Known {
        Known {
            answers,
            given: HashMap::new(),
            hits: 0,
            misses: 0,
        }
    }

    fn answer<R: DeserializeOwned>(&mut self, name: &str, args: Value) -> Option<Result<R, Stop>> {
        if !changes_by_itself(name) {
            return None;
        }
        let question = (name.to_owned(), args.to_string());
        let Some(answers) = self.answers.get(&question) else {
            self.misses += 1;
            return None;
        };
        self.hits += 1;
        if HANDLES.contains(&name) {
            return None;
        }
        // Asked more often than the record has it: as the last time.
        let given = self.given.entry(question).or_default();
        let answer = answers.get(*given).or(answers.last())?;
        *given += 1;
        serde_json::from_value(answer.clone()).ok().map(Ok)
    }
}
