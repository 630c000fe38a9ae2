//! A company's pipelines: which plugins are called at each stage, how their
//! answers are merged, and what happens when one fails.

mod stage_run;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_model::bypass::Bypasses;
use patchbay_model::decision::classification::{Classification, MergedClassification};
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::{Finding, Review, Severity, Verdict};
use patchbay_model::on_failure::{RouteFailure, ToneFailure};
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::Situation;

use crate::breaker::CallOrigin;
use crate::call::{StageAnswer, Trace};
use crate::care::recall::{Recall, RecordedAnswers};
use crate::care::recorder::Recording;
use crate::component::Digest;
use crate::decision::{Fallback, Micros, PluginResult, StageResult, has_particulars, micros};
use crate::plugin::{Admission, Lease, Plugin};
use crate::replay::{PluginSource, RecordedFacts};
use stage_run::StageRun;

/// Rule of a bypassed plugin that the operator treats as absent.
const LET_THROUGH: &str = "let-through";
const DEFAULT_QUEUE: &str = "default-queue";

/// The plugins of each stage in order, and the queue of conversations without a
/// route. Immutable once built: a change is another generation.
#[derive(Clone, Debug)]
pub struct Pipelines {
    stages: BTreeMap<Stage, Vec<Arc<Plugin>>>,
    default_queue: String,
}

impl Pipelines {
    /// Pipelines without plugins.
    pub fn new(default_queue: &str) -> Pipelines {
        Pipelines {
            stages: BTreeMap::new(),
            default_queue: default_queue.to_owned(),
        }
    }

    /// Append a plugin to a stage.
    pub fn push(&mut self, stage: Stage, plugin: Arc<Plugin>) {
        self.stages.entry(stage).or_default().push(plugin);
    }

    /// Plugins of a stage, in order.
    pub fn of(&self, stage: Stage) -> &[Arc<Plugin>] {
        self.stages.get(&stage).map_or(&[], Vec::as_slice)
    }

    /// Every plugin once, in the order of the stages.
    pub fn plugins(&self) -> Vec<&Arc<Plugin>> {
        let mut all: Vec<&Arc<Plugin>> = Vec::new();
        for plugin in self.stages.values().flatten() {
            if !all.iter().any(|known| Arc::ptr_eq(known, plugin)) {
                all.push(plugin);
            }
        }
        all
    }

    /// Queue of conversations without a route.
    pub fn default_queue(&self) -> &str {
        &self.default_queue
    }

    /// Begin the decision of these stages about one interaction. Its first call
    /// waits up to `timeout` for permits for all plugins of these stages; each
    /// plugin has one instance for all of them.
    pub fn begin(
        &self,
        stages: impl IntoIterator<Item = Stage>,
        timeout: Duration,
    ) -> PipelineRun<'_> {
        let plugins = stages.into_iter().flat_map(|stage| {
            let of_stage = self.of(stage).iter();
            of_stage.map(move |plugin| (stage, Arc::as_ref(plugin)))
        });
        PipelineRun {
            pipelines: self,
            admission: AdmissionState::Pending(plugins.collect()),
            leases: Vec::new(),
            timeout,
            recording: Recording::NONE,
            recorded: BTreeMap::new(),
            bypasses: Arc::default(),
            shadow: false,
        }
    }
}

impl PluginSource for Pipelines {
    fn plugin(&self, component: &Digest, settings: &Digest) -> Option<Arc<Plugin>> {
        let mut all = self.plugins().into_iter();
        all.find(|plugin| plugin.component().digest == *component && plugin.settings() == *settings)
            .cloned()
    }
}

/// The stages of one decision. Drop it after the answer is on its way: dropping
/// discards instances and may start others ahead.
pub struct PipelineRun<'a> {
    pipelines: &'a Pipelines,
    leases: Vec<Lease<'a>>,
    admission: AdmissionState<'a>,
    timeout: Duration,
    recording: Recording,
    /// Recorded results of volatile host calls, by stage.
    recorded: BTreeMap<Stage, Arc<RecordedAnswers>>,
    bypasses: Arc<Bypasses>,
    shadow: bool,
}

/// The permits for all plugins of a decision, requested at its first call.
enum AdmissionState<'a> {
    Pending(Vec<(Stage, &'a Plugin)>),
    Admitted(Admission<'a>),
    Refused(Outcome),
}

impl<'a> PipelineRun<'a> {
    /// Set what the decision stores; nothing by default.
    #[must_use]
    pub fn recording(mut self, recording: Recording) -> PipelineRun<'a> {
        self.recording = recording;
        self
    }

    /// Whether host calls are stored.
    pub fn is_recording(&self) -> bool {
        self.recording.transcript > 0
    }

    /// Answer volatile host calls from a record, as far as it has them.
    #[must_use]
    pub fn recorded_facts(mut self, facts: &RecordedFacts) -> PipelineRun<'a> {
        self.recorded.clone_from(&facts.answers);
        self
    }

    /// Skip the plugins and stages that an operator bypasses. The decision does
    /// not wait for their permits.
    #[must_use]
    pub fn bypasses(mut self, bypasses: &Arc<Bypasses>) -> PipelineRun<'a> {
        self.bypasses = Arc::clone(bypasses);
        if let AdmissionState::Pending(plugins) = &mut self.admission {
            plugins.retain(|(stage, plugin)| bypasses.find(*stage, plugin.name()).is_none());
        }
        self
    }

    /// Make a decision without effect: breakers neither stop nor count it, and
    /// it runs only while capacity stays free for decisions that count.
    #[must_use]
    pub fn shadow(mut self, shadow: bool) -> PipelineRun<'a> {
        self.shadow = shadow;
        self
    }

    /// Call all classifiers and merge the answers of those that succeed.
    pub fn classify(&mut self, situation: &Arc<Situation>) -> StageResult<MergedClassification> {
        self.call_all::<Classification, _>(situation, "continue", MergedClassification::of)
    }

    /// Call routers until one answers. Without an answer, or after a failure
    /// whose rule says so, the conversation goes to the default queue.
    pub fn route(&mut self, situation: &Arc<Situation>) -> StageResult<RoutePlan> {
        let mut stage = StageRun::default();
        for plugin in self.pipelines.of(Stage::Route) {
            let usual = match plugin.on_failure().route {
                RouteFailure::DefaultQueue => DEFAULT_QUEUE,
                RouteFailure::Next => "next",
            };
            let rule = self.rule(Stage::Route, plugin, usual);
            let kind = self.call(plugin, situation, rule, &mut stage);
            let call_next =
                kind == OutcomeKind::Declined || (kind.is_failure() && rule != DEFAULT_QUEUE);
            if !call_next {
                break;
            }
        }
        let answer = stage.answers.pop().map(|(_, plan)| plan);
        if answer.is_some() || stage.is_overloaded() {
            return stage.finish(answer);
        }
        let fallback = stage.fallback.get_or_insert_with(|| Fallback {
            stage: Stage::Route,
            rule: DEFAULT_QUEUE,
            plugin: None,
            because: "no routing plugin had an opinion".to_owned(),
        });
        // Whatever the rule of the plugin that failed: this is what happened.
        fallback.rule = DEFAULT_QUEUE;
        let why = format!("the default queue, because {}", fallback.because);
        let plan = RoutePlan::to_queue(self.pipelines.default_queue(), &why);
        stage.finish(Some(plan))
    }

    /// Call all tone checks; the strictest verdict wins. A draft that could not
    /// be checked gets the verdict of the plugin's failure rule. There is no
    /// review where no plugin has an opinion.
    pub fn check(&mut self, situation: &Arc<Situation>) -> StageResult<Review> {
        let mut stage = StageRun::default();
        for plugin in self.pipelines.of(Stage::Tone) {
            let (verdict, usual) = match plugin.on_failure().tone {
                ToneFailure::Hold => (Verdict::Hold, "hold"),
                ToneFailure::Revise => (Verdict::Revise, "revise"),
                ToneFailure::Block => (Verdict::Block, "block"),
            };
            let rule = self.rule(Stage::Tone, plugin, usual);
            let kind = self.call(plugin, situation, rule, &mut stage);
            if kind.is_failure() && rule != LET_THROUGH {
                let review = unchecked(plugin.name(), kind, verdict);
                stage.answers.push((plugin.name(), review));
            }
        }
        if stage.is_overloaded() {
            return stage.finish(None);
        }
        let answers = std::mem::take(&mut stage.answers);
        stage.finish((!answers.is_empty()).then(|| Review::merge(answers)))
    }

    /// Call all escalation plugins and unite their actions.
    pub fn escalate(&mut self, situation: &Arc<Situation>) -> StageResult<Escalation> {
        self.call_all::<Escalation, _>(situation, "alert", Escalation::merge)
    }

    fn call_all<A: StageAnswer, M>(
        &mut self,
        situation: &Arc<Situation>,
        usual: &'static str,
        merge: impl FnOnce(Vec<(&'a str, A)>) -> M,
    ) -> StageResult<M> {
        let mut stage = StageRun::default();
        for plugin in self.pipelines.of(A::STAGE) {
            let rule = self.rule(A::STAGE, plugin, usual);
            self.call(plugin, situation, rule, &mut stage);
        }
        let answers = std::mem::take(&mut stage.answers);
        stage.finish((!answers.is_empty()).then(|| merge(answers)))
    }

    /// What the host does if the plugin gives no answer: the stage's usual rule,
    /// unless an operator bypasses the plugin as if it were absent.
    fn rule(&self, stage: Stage, plugin: &Plugin, usual: &'static str) -> &'static str {
        match self.bypasses.find(stage, plugin.name()) {
            Some(bypass) if bypass.let_through => LET_THROUGH,
            _ => usual,
        }
    }

    /// Call one plugin, add the result to the stage, and return its outcome.
    fn call<A: StageAnswer>(
        &mut self,
        plugin: &'a Arc<Plugin>,
        situation: &Arc<Situation>,
        rule: &'static str,
        stage: &mut StageRun<'a, A>,
    ) -> OutcomeKind {
        let (recording, shadow) = (self.recording, self.shadow);
        let recorded = self.recorded.get(&A::STAGE).cloned();
        let (answer, trace, use_number, times) = match self.lease(A::STAGE, plugin, situation) {
            Ok((lease, times)) => {
                lease.recorded = recorded;
                lease.shadow = shadow;
                let use_number = lease.next_use();
                let (answer, trace) = lease.call::<A>(situation, recording);
                let call = micros(trace.call);
                (answer, trace, use_number, Micros { call, ..times })
            }
            Err(outcome) => (None, Trace::not_called(outcome), 0, Micros::default()),
        };
        let kind = trace.outcome.kind;
        let result = PluginResult {
            stage: A::STAGE,
            name: plugin.name().to_owned(),
            pack: plugin.pack().to_owned(),
            version: plugin.version().to_owned(),
            digest: plugin.component().digest,
            settings: plugin.settings(),
            data: plugin.data(),
            snapshot: plugin.snapshot(),
            outcome: kind,
            problem: has_particulars(&trace.outcome).then_some(trace.outcome),
            use_number: if trace.called { use_number } else { 0 },
            micros: times,
            memory_limit: plugin.limits().memory.0,
            peak_memory: trace.peak_memory,
            host_calls: trace.host_calls,
            fuel: trace.fuel,
            log: trace.log,
            log_dropped: trace.log_dropped,
            answer: trace.answer,
            transcript: trace.transcript,
            recalled: match &trace.recall {
                Some(Recall::Partial(recall)) => (recall.hits, recall.misses),
                _ => (0, 0),
            },
            writes: trace.writes,
        };
        stage.add(plugin.name(), answer, result, rule);
        kind
    }

    /// The decision's instance of a plugin, and the times it took to get it.
    ///
    /// # Errors
    /// The outcome to report instead of calling the plugin.
    fn lease(
        &mut self,
        stage: Stage,
        plugin: &'a Plugin,
        situation: &Situation,
    ) -> Result<(&mut Lease<'a>, Micros), Outcome> {
        if let Some(bypass) = self.bypasses.find(stage, plugin.name()) {
            return Err(bypass.outcome());
        }
        let breaker = (!self.shadow).then(|| plugin.breaker(stage));
        // An open breaker costs no instance.
        let refusal = breaker.and_then(|breaker| {
            breaker.refusal(CallOrigin::of(situation).as_ref(), Instant::now())
        });
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        self.admitted_lease(plugin).inspect_err(|outcome| {
            // A plugin that does not start has failed too, for every author.
            if let Some(breaker) = breaker.filter(|_| outcome.kind.is_failure()) {
                breaker.report(outcome.kind, None, Instant::now());
            }
        })
    }

    fn admitted_lease(&mut self, plugin: &'a Plugin) -> Result<(&mut Lease<'a>, Micros), Outcome> {
        let mut times = Micros {
            queue: self.admit(plugin)?,
            ..Micros::default()
        };
        let index = match self.leases.iter().position(|lease| lease.is_of(plugin)) {
            Some(index) => index,
            None => {
                let lease = Lease::admitted(plugin)?;
                times.instantiate = micros(lease.instantiated);
                self.leases.push(lease);
                self.leases.len() - 1
            }
        };
        Ok((&mut self.leases[index], times))
    }

    /// Acquire the permits at the first call. Returns the wait in µs.
    fn admit(&mut self, plugin: &Plugin) -> Result<u64, Outcome> {
        let mut queued = 0;
        if let AdmissionState::Pending(plugins) = &mut self.admission {
            let plugins = std::mem::take(plugins).into_iter();
            let plugins = plugins.map(|(_, plugin)| plugin).collect();
            let admission = match self.shadow {
                true => Admission::try_with_headroom(plugins),
                false => Admission::wait_for(plugins, self.timeout),
            };
            self.admission = match admission {
                Ok(admission) => {
                    queued = micros(admission.queued);
                    AdmissionState::Admitted(admission)
                }
                Err(outcome) => AdmissionState::Refused(outcome),
            };
        }
        match &self.admission {
            AdmissionState::Admitted(admission) if admission.covers(plugin) => Ok(queued),
            AdmissionState::Refused(outcome) => Err(outcome.clone()),
            _ => Err(Outcome::with_detail(
                OutcomeKind::Failed,
                "not called: the decision did not begin with this stage",
            )),
        }
    }
}

/// The review of a draft a plugin failed to check.
fn unchecked(plugin: &str, kind: OutcomeKind, verdict: Verdict) -> Review {
    Review {
        verdict,
        findings: vec![Finding {
            code: "check.failed".to_owned(),
            severity: Severity::Medium,
            start: None,
            end: None,
            message: format!("The check by {plugin} did not finish: {}.", kind.message()),
            suggestion: None,
        }],
        approvers: Vec::new(),
        why: format!("not checked: {}", kind.message()),
    }
}
