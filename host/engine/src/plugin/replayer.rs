//! An instance that runs recorded decisions again.

use std::sync::Arc;
use std::time::Duration;

use patchbay_model::decision::stage::Stage;
use patchbay_model::duration::{ByteSize, Millis};
use patchbay_model::limits::Limits;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::Serialize;
use serde_json::Value;

use super::Plugin;
use crate::answers::{self, Answer};
use crate::care::recorder::{HostCall, Recording};
use crate::care::{Divergence, Recall, Record};
use crate::component::LoadError;
use crate::gate::Pass;
use crate::instance::{CallContext, Instance, Trace};
use crate::prepare::call_prepare;
use crate::replay::RecordedPart;

/// How much longer a call may take than when it was made: the machine may be
/// busier, and how long it took is not compared.
const SLOWER: u64 = 10;

/// A fresh instance of a plugin, with the memory the recorded one had.
pub(crate) struct Replayer {
    plugin: Arc<Plugin>,
    instance: Instance,
    limits: Limits,
}

/// What a call came to this time.
pub(crate) struct Again {
    pub(crate) outcome: Outcome,
    pub(crate) answer: Option<Value>,
    pub(crate) divergence: Option<Divergence>,
}

impl Plugin {
    /// A place for one instance of it, held while there is one.
    pub(crate) fn enter(&self, patience: Duration) -> Result<Pass<'_>, Outcome> {
        self.engine.enter(patience)
    }
}

impl Replayer {
    /// Start the instance, by somebody who has entered the engine.
    pub(crate) fn start(plugin: Arc<Plugin>, memory: u64) -> Result<Replayer, Outcome> {
        let limits = Limits {
            memory: ByteSize(memory),
            deadline: Millis(plugin.limits.deadline.0.saturating_mul(SLOWER)),
            ..plugin.limits.clone()
        };
        let mut instance = Instance::start(&plugin.engine, &plugin.linked, &limits)?;
        if plugin.prepare_each {
            call_prepare(&mut instance, &plugin.rights, &limits).map_err(|error| match error {
                LoadError::Prepare(outcome) => outcome,
                other => Outcome::with_detail(OutcomeKind::Failed, other.to_string()),
            })?;
        }
        Ok(Replayer {
            plugin,
            instance,
            limits,
        })
    }

    /// Make a recorded call again, its host calls answered from the record.
    pub(crate) fn call(&mut self, part: &RecordedPart, calls: Vec<HostCall>) -> Again {
        let context = CallContext {
            rights: &self.plugin.rights,
            limits: &self.limits,
            situation: None,
            recording: Recording::NONE,
            recall: Some(Recall::Record(Box::new(Record::new(calls, part.ended())))),
        };
        let instance = &mut self.instance;
        match part.stage {
            Stage::Classify => {
                let (answer, trace) = instance.classify(context);
                self.again(answer.map(answers::classification), trace)
            }
            Stage::Route => {
                let (answer, trace) = instance.route(context);
                self.again(answer.map(answers::route_plan), trace)
            }
            Stage::Tone => {
                let (answer, trace) = instance.check(context);
                self.again(answer.map(answers::review), trace)
            }
            Stage::Escalate => {
                let (answer, trace) = instance.escalate(context);
                self.again(answer.map(answers::escalation), trace)
            }
        }
    }

    fn again<A: Answer + Serialize>(&self, answer: Option<A>, trace: Trace) -> Again {
        let divergence = match trace.recall {
            Some(Recall::Record(record)) => record.finish(),
            _ => None,
        };
        let mut outcome = trace.outcome;
        let limit = self.limits.output.0;
        let answer = answer.filter(|given| {
            let fits = given.bytes() as u64 <= limit;
            if !fits {
                outcome = Outcome::limited(OutcomeKind::BadOutput, "output", limit, "bytes");
            }
            fits
        });
        Again {
            outcome,
            answer: answer.and_then(|answer| serde_json::to_value(answer).ok()),
            divergence,
        }
    }
}
