//! Instances for the decisions of a pass: where they come from, the calls made
//! into them, and where they go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_model::decision::BadOutput;
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::Review;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::Situation;

use super::{Admission, Plugin};
use crate::answers::{self, Answer};
use crate::care::recorder::Recording;
use crate::care::{Answers, Known, Recall};
use crate::component::LoadError;
use crate::instance::{CallContext, Instance, Trace};
use crate::prepare::call_prepare;
use crate::shelf::Place;

impl Plugin {
    /// An instance to decide with, waiting up to `patience` for a place.
    ///
    /// # Errors
    /// `overloaded`, or how starting an instance ended.
    pub fn lease(&self, patience: Duration) -> Result<Lease<'_>, Outcome> {
        let admission = Admission::wait_for(vec![self], patience)?;
        let mut lease = self.lease_admitted()?;
        lease._admission = Some(admission);
        Ok(lease)
    }

    /// An instance for somebody who has been admitted.
    pub(crate) fn lease_admitted(&self) -> Result<Lease<'_>, Outcome> {
        let asked = Instant::now();
        let instance = match self.parked() {
            Some(instance) => instance,
            None => self.fresh()?,
        };
        Ok(Lease {
            plugin: self,
            instance: Some(instance),
            instantiated: asked.elapsed(),
            known: None,
            aside: false,
            _admission: None,
        })
    }

    /// An instance that waits for its use: one used before, where the company
    /// chose that, else one made ahead.
    fn parked(&self) -> Option<Instance> {
        let waiting = if self.reuse > 0 {
            &self.kept
        } else {
            &self.linked.ahead
        };
        if self.reuse == 0 && self.prepare_each {
            return None;
        }
        let mut instance = waiting.take()?;
        instance.adopt(&self.limits).then_some(instance)
    }

    fn fresh(&self) -> Result<Instance, Outcome> {
        let mut instance = Instance::start(&self.engine, &self.linked, &self.limits)?;
        if self.prepare_each {
            call_prepare(&mut instance, &self.rights, &self.limits).map_err(
                |error| match error {
                    LoadError::Prepare(outcome) => outcome,
                    other => Outcome::with_detail(OutcomeKind::Failed, other.to_string()),
                },
            )?;
        }
        Ok(instance)
    }

    /// Take an instance back: keep it where the company chose reuse, else throw
    /// it away and make the next one ahead.
    fn give_back(&self, instance: Instance) {
        if self.reuse > 0 {
            let worth_keeping = !instance.spent && instance.used < self.reuse;
            if worth_keeping && let Some(place) = Place::claim(&self.engine) {
                self.kept.put(instance, place);
            }
            return;
        }
        drop(instance);
        if !self.prepare_each {
            self.make_ahead();
        }
    }

    fn make_ahead(&self) {
        let wanted = self.engine.settings().made_ahead as usize;
        if self.linked.ahead.len() >= wanted {
            return;
        }
        let Some(place) = Place::claim(&self.engine) else {
            return;
        };
        // One that does not start is not kept: whoever needs it will meet the
        // same end, and report it.
        if let Ok(instance) = Instance::start(&self.engine, &self.linked, &self.limits) {
            self.linked.ahead.put(instance, place);
        }
    }
}

/// An instance for the decisions of one pass. It is given back when dropped:
/// do that after the answer is on its way, since throwing an instance away and
/// making the next one ahead is not part of the answer.
pub struct Lease<'a> {
    plugin: &'a Plugin,
    instance: Option<Instance>,
    /// Time spent finding or making the instance.
    pub instantiated: Duration,
    /// What a record knows of things that have changed since.
    pub(crate) known: Option<Arc<Answers>>,
    /// Whether nobody goes by what it comes to.
    pub(crate) aside: bool,
    /// Absent where the pass holds it.
    _admission: Option<Admission<'a>>,
}

impl Lease<'_> {
    /// Which decision of this instance the next one is, from 1.
    pub fn next_use(&self) -> u32 {
        self.instance
            .as_ref()
            .map_or(0, |instance| instance.used + 1)
    }

    /// Ask what an interaction is.
    pub fn classify(
        &mut self,
        situation: &Arc<Situation>,
        recording: impl Into<Recording>,
    ) -> (Option<Classification>, Trace) {
        self.ask(
            Stage::Classify,
            situation,
            recording.into(),
            |instance, context| {
                let (answer, trace) = instance.classify(context);
                (answer.map(answers::classification), trace)
            },
            |answer| answer.validate(situation.text()),
        )
    }

    /// Ask who handles a conversation.
    pub fn route(
        &mut self,
        situation: &Arc<Situation>,
        recording: impl Into<Recording>,
    ) -> (Option<RoutePlan>, Trace) {
        self.ask(
            Stage::Route,
            situation,
            recording.into(),
            |instance, context| {
                let (answer, trace) = instance.route(context);
                (answer.map(answers::route_plan), trace)
            },
            |answer| answer.validate(situation.now, &situation.surroundings.directory),
        )
    }

    /// Ask whether a draft may go out.
    pub fn check(
        &mut self,
        situation: &Arc<Situation>,
        recording: impl Into<Recording>,
    ) -> (Option<Review>, Trace) {
        self.ask(
            Stage::Tone,
            situation,
            recording.into(),
            |instance, context| {
                let (answer, trace) = instance.check(context);
                (answer.map(answers::review), trace)
            },
            |answer| answer.validate(situation.text()),
        )
    }

    /// Ask whether more people must know.
    pub fn escalate(
        &mut self,
        situation: &Arc<Situation>,
        recording: impl Into<Recording>,
    ) -> (Option<Escalation>, Trace) {
        let surroundings = &situation.surroundings;
        self.ask(
            Stage::Escalate,
            situation,
            recording.into(),
            |instance, context| {
                let (answer, trace) = instance.escalate(context);
                (answer.map(answers::escalation), trace)
            },
            |answer| {
                answer.validate(
                    situation.now,
                    &surroundings.directory,
                    &surroundings.targets,
                )
            },
        )
    }

    fn ask<A: Answer>(
        &mut self,
        stage: Stage,
        situation: &Arc<Situation>,
        recording: Recording,
        call: impl FnOnce(&mut Instance, CallContext<'_>) -> (Option<A>, Trace),
        validate: impl FnOnce(&A) -> Result<(), BadOutput>,
    ) -> (Option<A>, Trace) {
        let plugin = self.plugin;
        let Some(instance) = self.instance.as_mut().filter(|instance| !instance.spent) else {
            let outcome = Outcome::with_detail(
                OutcomeKind::Failed,
                "not called: the same policy failed earlier in this pass",
            );
            return (None, Trace::not_called(outcome));
        };
        // Last of all: whoever is admitted must be called and reported.
        if !self.aside
            && let Err(outcome) = plugin.breaker(stage).admit(Instant::now())
        {
            return (None, Trace::not_called(outcome));
        }
        let context = CallContext {
            rights: &plugin.rights,
            limits: &plugin.limits,
            situation: Some(situation),
            recording,
            recall: self
                .known
                .clone()
                .map(|known| Recall::Known(Known::new(known))),
        };
        let (mut answer, mut trace) = call(instance, context);
        if let Some(given) = &answer {
            let limit = plugin.limits.output.0;
            if given.bytes() as u64 > limit {
                trace.outcome = Outcome::limited(OutcomeKind::BadOutput, "output", limit, "bytes");
                trace.writes.clear();
                answer = None;
            } else {
                trace.answer = recording.answers.then(|| given.answered());
                if let Err(bad) = validate(given) {
                    trace.reject(bad);
                    answer = None;
                }
            }
        }
        if !self.aside {
            plugin
                .breaker(stage)
                .report(trace.outcome.kind, Instant::now());
        }
        (answer, trace)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take() {
            self.plugin.give_back(instance);
        }
    }
}
