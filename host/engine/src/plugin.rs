//! A plugin: a component with one company's settings, grants and limits, ready
//! to decide.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_model::company::{Grants, OnFailure};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::Review;
use patchbay_model::limits::Limits;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::Situation;
use serde_json::Value;

use crate::answers;
use crate::breaker::Breaker;
use crate::care::Rights;
use crate::component::{Description, Digest, Linked, LoadError, does_not_start};
use crate::engine::Engine;
use crate::gate::{Gate, Pass};
use crate::instance::{CallContext, Instance, Trace};
use crate::prepare::call_prepare;
use crate::shelf::{Place, Shelf};

/// What a plugin is made of.
#[derive(Clone, Debug)]
pub struct PluginSpec {
    /// Name in the company's pipelines.
    pub name: String,
    /// Name of the pack, for the stamp.
    pub pack: String,
    /// Version of the pack.
    pub version: String,
    /// The component.
    pub component: Arc<[u8]>,
    /// Settings, defaults filled in.
    pub settings: Value,
    /// What the operator granted.
    pub grants: Grants,
    /// What it may use.
    pub limits: Limits,
    /// Decisions an instance makes before it is thrown away; 0: one.
    pub reuse: u32,
    /// What happens when it fails.
    pub on_failure: OnFailure,
}

/// A plugin that is activated.
pub struct Plugin {
    name: Arc<str>,
    pack: String,
    version: String,
    engine: Engine,
    component: Description,
    settings: Digest,
    linked: Arc<Linked>,
    /// Whether each instance must be prepared by itself, because no picture
    /// of it can be taken.
    prepare_each: bool,
    rights: Rights,
    limits: Limits,
    reuse: u32,
    on_failure: OnFailure,
    gate: Gate,
    breakers: [Breaker; 4],
    /// Instances kept for reuse.
    kept: Shelf,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("component", &self.component)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// Compile, link, prepare, and start one instance to see that it does.
    ///
    /// # Errors
    /// [`LoadError`]: everything that is wrong is found here, off the path of
    /// any interaction.
    pub fn activate(engine: &Engine, spec: PluginSpec) -> Result<Plugin, LoadError> {
        let settings_text: Arc<str> = spec.settings.to_string().into();
        let settings = Digest::of(settings_text.as_bytes());
        let rights = Rights {
            plugin: spec.name.as_str().into(),
            grants: Arc::new(spec.grants),
            settings: settings_text,
        };
        let mut prepare_each = false;
        let linked = match engine.prepared(&spec.component, settings) {
            Some(known) => known,
            None => {
                let original = engine.load(&spec.component)?;
                match original.description.lifecycle {
                    false => original,
                    true => match engine.load_prepared(
                        &spec.component,
                        &original,
                        &rights,
                        settings,
                        &spec.limits,
                    )? {
                        Some(prepared) => prepared,
                        None => {
                            prepare_each = true;
                            original
                        }
                    },
                }
            }
        };
        let component = linked.origin.as_ref().unwrap_or(&linked.description);
        let plugin = Plugin {
            name: rights.plugin.clone(),
            pack: spec.pack,
            version: spec.version,
            engine: engine.clone(),
            component: component.clone(),
            settings,
            linked,
            prepare_each,
            gate: Gate::new(
                spec.limits.concurrency as usize,
                engine.settings().queue_length,
            ),
            rights,
            limits: spec.limits,
            reuse: spec.reuse,
            on_failure: spec.on_failure,
            breakers: Default::default(),
            kept: Shelf::default(),
        };
        plugin.try_out()?;
        Ok(plugin)
    }

    /// One instance, so that what does not start is refused now.
    fn try_out(&self) -> Result<(), LoadError> {
        let _inside = self
            .engine
            .enter(self.engine.settings().queue_deadline)
            .map_err(LoadError::Start)?;
        let mut instance =
            Instance::start(&self.engine, &self.linked, &self.limits).map_err(does_not_start)?;
        if self.prepare_each {
            call_prepare(&mut instance, &self.rights, &self.limits)?;
        }
        Ok(())
    }

    /// Name in the company's pipelines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of the pack.
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// Version of the pack.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the component is, as its author built it.
    pub fn component(&self) -> &Description {
        &self.component
    }

    /// Digest of the settings.
    pub fn settings(&self) -> Digest {
        self.settings
    }

    /// Digest of the picture its instances start from; absent where they
    /// start from the component itself.
    pub fn snapshot(&self) -> Option<Digest> {
        let digest = self.linked.description.digest;
        (digest != self.component.digest).then_some(digest)
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What happens when it fails.
    pub fn on_failure(&self) -> &OnFailure {
        &self.on_failure
    }

    /// Whether it makes this decision.
    pub fn decides(&self, stage: Stage) -> bool {
        self.component.stages.contains(&stage)
    }

    /// The breaker of a stage.
    pub fn breaker(&self, stage: Stage) -> &Breaker {
        &self.breakers[stage as usize]
    }

    /// An instance to decide with, waiting up to `patience` for a place.
    ///
    /// # Errors
    /// `overloaded`, or how starting an instance ended.
    pub fn lease(&self, patience: Duration) -> Result<Lease<'_>, Outcome> {
        let (mut lease, place) = self.lease_first(patience, 1)?;
        lease._of_engine = Some(place);
        Ok(lease)
    }

    /// The first instance of a pass, and the engine's places for all that the
    /// pass will use: one that held some and waited for more would starve
    /// others of its kind.
    pub(crate) fn lease_first(
        &self,
        patience: Duration,
        places: usize,
    ) -> Result<(Lease<'_>, Pass<'_>), Outcome> {
        let asked = Instant::now();
        // In this order: whoever waits for one plugin keeps nobody from
        // another.
        let of_plugin = self.gate.enter(patience)?;
        let patience = patience.saturating_sub(asked.elapsed());
        let of_engine = self.engine.enter_with(patience, places)?;
        Ok((self.admitted(asked, of_plugin)?, of_engine))
    }

    /// A further instance of a pass that has the engine's places already.
    pub(crate) fn lease_further(&self, patience: Duration) -> Result<Lease<'_>, Outcome> {
        let asked = Instant::now();
        let of_plugin = self.gate.enter(patience)?;
        self.admitted(asked, of_plugin)
    }

    fn admitted<'a>(&'a self, asked: Instant, of_plugin: Pass<'a>) -> Result<Lease<'a>, Outcome> {
        let admitted = Instant::now();
        let instance = match self.parked() {
            Some(instance) => instance,
            None => self.fresh()?,
        };
        Ok(Lease {
            plugin: self,
            instance: Some(instance),
            queued: admitted - asked,
            instantiated: admitted.elapsed(),
            _of_plugin: of_plugin,
            _of_engine: None,
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
    /// Time spent waiting for a place.
    pub queued: Duration,
    /// Time spent finding or making the instance.
    pub instantiated: Duration,
    _of_plugin: Pass<'a>,
    /// Absent where the pass holds it.
    _of_engine: Option<Pass<'a>>,
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
        transcript: bool,
    ) -> (Option<Classification>, Trace) {
        self.ask(
            Stage::Classify,
            situation,
            transcript,
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
        transcript: bool,
    ) -> (Option<RoutePlan>, Trace) {
        self.ask(
            Stage::Route,
            situation,
            transcript,
            |instance, context| {
                let (answer, trace) = instance.route(context);
                (answer.map(answers::route_plan), trace)
            },
            |answer| answer.validate(&situation.surroundings.directory),
        )
    }

    /// Ask whether a draft may go out.
    pub fn check(
        &mut self,
        situation: &Arc<Situation>,
        transcript: bool,
    ) -> (Option<Review>, Trace) {
        self.ask(
            Stage::Tone,
            situation,
            transcript,
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
        transcript: bool,
    ) -> (Option<Escalation>, Trace) {
        let surroundings = &situation.surroundings;
        self.ask(
            Stage::Escalate,
            situation,
            transcript,
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
        transcript: bool,
        call: impl FnOnce(&mut Instance, &CallContext<'_>) -> (Option<A>, Trace),
        validate: impl FnOnce(&A) -> Result<(), patchbay_model::decision::BadOutput>,
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
        if let Err(outcome) = plugin.breaker(stage).admit(Instant::now()) {
            return (None, Trace::not_called(outcome));
        }
        let context = CallContext {
            rights: &plugin.rights,
            limits: &plugin.limits,
            situation,
            transcript,
        };
        let (mut answer, mut trace) = call(instance, &context);
        if let Some(given) = &answer {
            let limit = plugin.limits.output.0;
            if given.bytes() as u64 > limit {
                trace.outcome = Outcome::limited(OutcomeKind::BadOutput, "output", limit, "bytes");
                trace.writes.clear();
                answer = None;
            } else if let Err(bad) = validate(given) {
                trace.reject(bad);
                answer = None;
            }
        }
        plugin
            .breaker(stage)
            .report(trace.outcome.kind, Instant::now());
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

/// What every answer has in common.
trait Answer {
    /// Bytes of its texts: what the limit on output counts.
    fn bytes(&self) -> usize;
}

impl Answer for Classification {
    fn bytes(&self) -> usize {
        let intents: usize = self.intents.iter().map(|intent| intent.name.len()).sum();
        let topics: usize = self.topics.iter().map(String::len).sum();
        let kinds: usize = self
            .personal_data
            .iter()
            .map(|found| found.kind.len())
            .sum();
        intents + topics + kinds + self.why.len()
    }
}

impl Answer for RoutePlan {
    fn bytes(&self) -> usize {
        let steps: usize = self
            .steps
            .iter()
            .map(|step| {
                step.skills.keys().map(String::len).sum::<usize>()
                    + step.languages.iter().map(String::len).sum::<usize>()
            })
            .sum();
        let tags: usize = self.tags.iter().map(String::len).sum();
        steps + tags + self.why.len()
    }
}

impl Answer for Review {
    fn bytes(&self) -> usize {
        let findings: usize = self
            .findings
            .iter()
            .map(|finding| {
                finding.code.len()
                    + finding.message.len()
                    + finding.suggestion.as_ref().map_or(0, String::len)
            })
            .sum();
        findings + self.why.len()
    }
}

impl Answer for Escalation {
    fn bytes(&self) -> usize {
        let actions: usize = self
            .actions
            .iter()
            .map(|action| {
                action.kind.len()
                    + action.target.as_ref().map_or(0, String::len)
                    + action.message.as_ref().map_or(0, String::len)
            })
            .sum();
        actions + self.why.len()
    }
}
