use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::tone::Review;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::Situation;

use super::active_plugin::Plugin;
use super::admission::Admission;
use crate::breaker::CallOrigin;
use crate::call::{StageAnswer, Trace};
use crate::care::CallScope;
use crate::care::log_buffer::LogLine;
use crate::care::recall::{PartialRecall, Recall, RecordedAnswers};
use crate::care::recorder::Recording;
use crate::instance::Instance;

/// An instance for the stages of one decision. Drop it after the answer is on
/// its way: dropping discards the instance and may start the next one ahead.
pub struct Lease<'a> {
    plugin: &'a Plugin,
    /// `None` only while it is dropped.
    instance: Option<Instance>,
    /// Time spent on taking or starting the instance.
    pub instantiated: Duration,
    /// Recorded results that answer host calls before the situation does.
    pub(crate) recorded: Option<Arc<RecordedAnswers>>,
    /// Whether its decisions have no effect: then breakers ignore them.
    pub(crate) shadow: bool,
    /// Absent where the pipelines hold the permits.
    _admission: Option<Admission<'a>>,
}

/// Public methods for calling one stage.
macro_rules! stages {
    ($( $(#[doc = $doc:literal])+ $method:ident -> $answer:ty; )+) => { $(
        $(#[doc = $doc])+
        pub fn $method(
            &mut self,
            situation: &Arc<Situation>,
            recording: impl Into<Recording>,
        ) -> (Option<$answer>, Trace) {
            self.call(situation, recording.into())
        }
    )+ };
}

impl<'a> Lease<'a> {
    /// Lease an instance of a plugin, waiting up to `timeout` for permits.
    ///
    /// # Errors
    /// `overloaded`, or the outcome of an instance that does not start.
    pub fn acquire(plugin: &'a Plugin, timeout: Duration) -> Result<Lease<'a>, Outcome> {
        let admission = Admission::wait_for(vec![plugin], timeout)?;
        let mut lease = Lease::admitted(plugin)?;
        lease._admission = Some(admission);
        Ok(lease)
    }

    /// Lease an instance for a caller that holds the permits.
    pub(crate) fn admitted(plugin: &'a Plugin) -> Result<Lease<'a>, Outcome> {
        let started = Instant::now();
        Ok(Lease {
            plugin,
            instance: Some(plugin.take_instance()?),
            instantiated: started.elapsed(),
            recorded: None,
            shadow: false,
            _admission: None,
        })
    }

    pub(crate) fn is_of(&self, plugin: &Plugin) -> bool {
        std::ptr::eq(self.plugin, plugin)
    }

    /// Number of the instance's next decision, from 1.
    pub fn next_use(&self) -> u32 {
        self.instance.as_ref().map_or(0, |it| it.used() + 1)
    }

    stages! {
        /// Classify the situation's interaction.
        classify -> Classification;
        /// Route the situation's conversation.
        route -> RoutePlan;
        /// Check the situation's draft.
        check -> Review;
        /// Escalate for the situation's trigger.
        escalate -> Escalation;
    }

    /// Call the plugin and validate its answer.
    pub(crate) fn call<A: StageAnswer>(
        &mut self,
        situation: &Arc<Situation>,
        recording: Recording,
    ) -> (Option<A>, Trace) {
        let plugin = self.plugin;
        let Some(instance) = self.instance.as_mut().filter(|it| !it.is_spent()) else {
            let outcome = Outcome::with_detail(
                OutcomeKind::Failed,
                "not called: the plugin failed at an earlier stage of this decision",
            );
            return (None, Trace::not_called(outcome));
        };
        // Take the breaker permit last: every permit must be matched by
        // `report`, or a half-open breaker stays stuck.
        let breaker = (!self.shadow).then(|| plugin.breaker(A::STAGE));
        let origin = CallOrigin::of(situation);
        let permit = breaker.map(|breaker| breaker.admit(origin.as_ref(), Instant::now()));
        if let Some(Err(outcome)) = permit {
            return (None, Trace::not_called(outcome));
        }
        let recorded = self.recorded.clone().map(PartialRecall::new);
        let (answer, mut trace) = instance.call::<A>(CallScope {
            plugin: &plugin.context,
            limits: plugin.limits(),
            situation: Some(situation),
            recording,
            recall: recorded.map(Recall::Partial),
        });
        let answer = answer.and_then(|mut answer| {
            if let Err(too_large) = answer.check_size(plugin.limits().output.0) {
                trace.reject(too_large);
                return None;
            }
            trace.answer = recording.answers.then(|| answer.to_plugin_answer());
            if let Some(message) = answer.repair() {
                let level = "warn".to_owned();
                trace.log.push(LogLine { level, message });
            }
            if let Err(bad) = answer.validate_in(situation) {
                trace.reject(Outcome::with_detail(
                    OutcomeKind::BadOutput,
                    bad.to_string(),
                ));
                return None;
            }
            Some(answer)
        });
        if let Some(breaker) = breaker {
            breaker.report(trace.outcome.kind, origin.as_ref(), Instant::now());
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
