//! A company's pipelines: which plugins are asked at each stage, how their
//! answers become one, and what happens when one fails.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_model::bypass::{Bypass, Bypasses};
use patchbay_model::decision::classification::MergedClassification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::{Finding, Review, Severity, Verdict};
use patchbay_model::on_failure::{RouteFailure, ToneFailure};
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::Situation;

use crate::care::recorder::Recording;
use crate::care::{Answers, Recall};
use crate::decision::{Decided, Fallback, Micros, Part, has_particulars, micros};
use crate::instance::Trace;
use crate::plugin::{Admission, Lease, Plugin};
use crate::replay::Recalled;

/// What is done for want of an answer of a plugin that was bypassed so that
/// everything goes on as without it.
const LET_THROUGH: &str = "let-through";

/// The plugins of each stage, in order, and where conversations go for want of
/// a route. Immutable: a change is another value.
#[derive(Clone, Debug)]
pub struct Pipelines {
    stages: BTreeMap<Stage, Vec<Arc<Plugin>>>,
    default_queue: String,
}

impl Pipelines {
    /// Pipelines with no plugin at any stage.
    pub fn new(default_queue: &str) -> Pipelines {
        Pipelines {
            stages: BTreeMap::new(),
            default_queue: default_queue.to_owned(),
        }
    }

    /// Ask this plugin too at a stage, after those added before.
    pub fn push(&mut self, stage: Stage, plugin: Arc<Plugin>) {
        self.stages.entry(stage).or_default().push(plugin);
    }

    /// Plugins of a stage.
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

    /// Queue for want of a route.
    pub fn default_queue(&self) -> &str {
        &self.default_queue
    }

    /// Begin a pass: the decisions of these stages about one interaction, made
    /// with the same instances, which nobody else used before or uses after.
    pub fn pass(
        &self,
        stages: impl IntoIterator<Item = Stage>,
        patience: Duration,
    ) -> PipelinePass<'_> {
        let plugins = stages.into_iter().flat_map(|stage| {
            let of_stage = self.of(stage).iter();
            of_stage.map(move |plugin| (stage, Arc::as_ref(plugin)))
        });
        PipelinePass {
            pipelines: self,
            admission: Admitted::NotYet(plugins.collect()),
            leases: Vec::new(),
            patience,
            recording: Recording::NONE,
            known: BTreeMap::new(),
            bypasses: Arc::default(),
            aside: false,
        }
    }
}

/// The decisions about one interaction. Drop it after the answer is on its
/// way: instances are thrown away and made ahead then.
pub struct PipelinePass<'a> {
    pipelines: &'a Pipelines,
    leases: Vec<(&'a Plugin, Lease<'a>)>,
    admission: Admitted<'a>,
    /// How long to wait to be admitted.
    patience: Duration,
    recording: Recording,
    /// What a record knows of things that have changed since, by stage.
    known: BTreeMap<Stage, Arc<Answers>>,
    /// What an operator has taken out.
    bypasses: Arc<Bypasses>,
    /// Whether nobody goes by what it comes to: then no breaker does, and it
    /// waits for nothing.
    aside: bool,
}

/// Whether a pass may use the instances it needs; asked once, for all plugins
/// of its stages, when the first of them is called.
enum Admitted<'a> {
    NotYet(Vec<(Stage, &'a Plugin)>),
    Yes(Admission<'a>),
    No(Outcome),
}

/// What asking one plugin came to.
struct Asked<A> {
    answer: Option<A>,
    outcome: Outcome,
    part: Part,
}

impl<'a> PipelinePass<'a> {
    /// What to keep in the parts of the decisions.
    #[must_use]
    pub fn recording(mut self, recording: Recording) -> PipelinePass<'a> {
        self.recording = recording;
        self
    }

    /// Whether host calls are kept.
    pub fn is_recording(&self) -> bool {
        self.recording.transcript > 0
    }

    /// Answer what changes by itself from what was recorded of another
    /// decision, as far as that goes.
    #[must_use]
    pub fn recalling(mut self, recalled: &Recalled) -> PipelinePass<'a> {
        self.known.clone_from(&recalled.answers);
        self
    }

    /// Leave out what an operator has taken out; nothing of it is waited for.
    #[must_use]
    pub fn bypassing(mut self, bypasses: &Arc<Bypasses>) -> PipelinePass<'a> {
        self.bypasses = Arc::clone(bypasses);
        if let Admitted::NotYet(plugins) = &mut self.admission {
            plugins.retain(|(stage, plugin)| bypasses.find(*stage, plugin.name()).is_none());
        }
        self
    }

    /// Make a decision nobody goes by: breakers neither stop it nor count it,
    /// and it is made only where a place is left for one that counts.
    #[must_use]
    pub fn aside(mut self, aside: bool) -> PipelinePass<'a> {
        self.aside = aside;
        self
    }

    fn bypass(&self, stage: Stage, plugin: &Plugin) -> Option<&Bypass> {
        self.bypasses.find(stage, plugin.name())
    }

    /// What is done for want of a plugin's answer: the stage's rule, unless an
    /// operator said that it goes on as without the plugin.
    fn rule(&self, stage: Stage, plugin: &Plugin, usual: &'static str) -> &'static str {
        match self.bypass(stage, plugin) {
            Some(bypass) if bypass.let_through => LET_THROUGH,
            _ => usual,
        }
    }

    /// What the interaction is: all plugins are asked, and their answers
    /// merged; one that fails is left out.
    pub fn classify(&mut self, situation: &Arc<Situation>) -> Decided<MergedClassification> {
        let mut stage = StageRun::default();
        for plugin in self.pipelines.of(Stage::Classify) {
            let asked = self.ask(plugin, Stage::Classify, |lease, recording| {
                lease.classify(situation, recording)
            });
            let rule = self.rule(Stage::Classify, plugin, "continue");
            stage.took(plugin.name(), asked, || rule);
        }
        let merged =
            (!stage.answers.is_empty()).then(|| MergedClassification::of(stage.answers.drain(..)));
        stage.decided(merged)
    }

    /// Where the conversation goes: the first plugin with an opinion decides.
    /// Nobody having one, or one failing, means the default queue.
    pub fn route(&mut self, situation: &Arc<Situation>) -> Decided<RoutePlan> {
        let mut stage = StageRun::default();
        for plugin in self.pipelines.of(Stage::Route) {
            let asked = self.ask(plugin, Stage::Route, |lease, recording| {
                lease.route(situation, recording)
            });
            let usual = match plugin.on_failure().route {
                RouteFailure::DefaultQueue => "default-queue",
                RouteFailure::Next => "next",
            };
            let rule = self.rule(Stage::Route, plugin, usual);
            let kind = asked.outcome.kind;
            stage.took(plugin.name(), asked, || rule);
            let ask_next =
                kind == OutcomeKind::Declined || (kind.is_failure() && rule != "default-queue");
            if !ask_next {
                break;
            }
        }
        let answer = stage.answers.pop().map(|(_, plan)| plan);
        if answer.is_some() || stage.is_overloaded() {
            return stage.decided(answer);
        }
        let queue = self.pipelines.default_queue();
        let why = match &stage.fallback {
            Some(fallback) => format!("the default queue, because {}", fallback.because),
            None => "the default queue, because no routing policy had an opinion".to_owned(),
        };
        // Whatever the failing plugin's rule was: this is what was done.
        match &mut stage.fallback {
            Some(fallback) => fallback.rule = "default-queue",
            none => {
                *none = Some(Fallback {
                    stage: Stage::Route,
                    rule: "default-queue",
                    plugin: None,
                    because: "no routing policy had an opinion".to_owned(),
                });
            }
        }
        let plan = RoutePlan::to_queue(queue, &why);
        stage.decided(Some(plan))
    }

    /// Whether a draft may go out: all plugins are asked, the strictest
    /// verdict wins. A draft that could not be checked is held, never sent.
    pub fn check(&mut self, situation: &Arc<Situation>) -> Decided<Review> {
        let mut stage = StageRun::default();
        for plugin in self.pipelines.of(Stage::Tone) {
            let asked = self.ask(plugin, Stage::Tone, |lease, recording| {
                lease.check(situation, recording)
            });
            let (verdict, rule) = match plugin.on_failure().tone {
                ToneFailure::Hold => (Verdict::Hold, "hold"),
                ToneFailure::Revise => (Verdict::Revise, "revise"),
                ToneFailure::Block => (Verdict::Block, "block"),
            };
            let rule = self.rule(Stage::Tone, plugin, rule);
            let kind = asked.outcome.kind;
            stage.took(plugin.name(), asked, || rule);
            if kind.is_failure() && rule != LET_THROUGH {
                stage
                    .answers
                    .push((plugin.name(), unchecked(plugin.name(), kind, verdict)));
            }
        }
        if stage.is_overloaded() {
            return stage.decided(None);
        }
        let merged = Review::merge(stage.answers.drain(..));
        stage.decided(Some(merged))
    }

    /// Who else must know: all plugins are asked, their actions united.
    pub fn escalate(&mut self, situation: &Arc<Situation>) -> Decided<Escalation> {
        let mut stage = StageRun::default();
        for plugin in self.pipelines.of(Stage::Escalate) {
            let asked = self.ask(plugin, Stage::Escalate, |lease, recording| {
                lease.escalate(situation, recording)
            });
            let rule = self.rule(Stage::Escalate, plugin, "alert");
            stage.took(plugin.name(), asked, || rule);
        }
        let merged =
            (!stage.answers.is_empty()).then(|| Escalation::merge(stage.answers.drain(..)));
        stage.decided(merged)
    }

    fn ask<A>(
        &mut self,
        plugin: &'a Arc<Plugin>,
        stage: Stage,
        call: impl FnOnce(&mut Lease<'a>, Recording) -> (Option<A>, Trace),
    ) -> Asked<A> {
        let recording = self.recording;
        let known = self.known.get(&stage).cloned();
        let aside = self.aside;
        if let Some(bypass) = self.bypass(stage, plugin) {
            let trace = Trace::not_called(bypass.outcome());
            return asked(plugin, stage, None, trace, 0, Micros::default());
        }
        // One that is left alone costs no instance.
        let refusal = match self.aside {
            true => None,
            false => plugin.breaker(stage).refusal(Instant::now()),
        };
        if let Some(outcome) = refusal {
            let trace = Trace::not_called(outcome);
            return asked(plugin, stage, None, trace, 0, Micros::default());
        }
        let (lease, started) = match self.lease(plugin) {
            Ok(found) => found,
            Err(outcome) => {
                // One that does not start fails too.
                if outcome.kind.is_failure() && !self.aside {
                    plugin.breaker(stage).report(outcome.kind, Instant::now());
                }
                let trace = Trace::not_called(outcome);
                return asked(plugin, stage, None, trace, 0, Micros::default());
            }
        };
        let use_number = lease.next_use();
        lease.known = known;
        lease.aside = aside;
        let (answer, trace) = call(lease, recording);
        let micros = Micros {
            call: micros(trace.call),
            ..started
        };
        asked(plugin, stage, answer, trace, use_number, micros)
    }

    /// The pass's instance of a plugin; with the times it took to get, if this
    /// is the first time it is asked for.
    fn lease(&mut self, plugin: &'a Arc<Plugin>) -> Result<(&mut Lease<'a>, Micros), Outcome> {
        let plugin: &'a Plugin = plugin;
        let mut started = Micros {
            queue: self.admit(plugin)?,
            ..Micros::default()
        };
        let known = self
            .leases
            .iter()
            .position(|(of, _)| std::ptr::eq(*of, plugin));
        let index = match known {
            Some(index) => index,
            None => {
                let lease = plugin.lease_admitted()?;
                started.instantiate = micros(lease.instantiated);
                self.leases.push((plugin, lease));
                self.leases.len() - 1
            }
        };
        Ok((&mut self.leases[index].1, started))
    }

    /// See that the pass is admitted, to this plugin too; the microseconds
    /// that took.
    fn admit(&mut self, plugin: &Plugin) -> Result<u64, Outcome> {
        let mut queued = 0;
        if let Admitted::NotYet(plugins) = &mut self.admission {
            let plugins = std::mem::take(plugins).into_iter();
            let plugins = plugins.map(|(_, plugin)| plugin).collect();
            let admitted = match self.aside {
                true => Admission::aside(plugins),
                false => Admission::wait_for(plugins, self.patience),
            };
            self.admission = match admitted {
                Ok(admission) => {
                    queued = micros(admission.queued);
                    Admitted::Yes(admission)
                }
                Err(outcome) => Admitted::No(outcome),
            };
        }
        match &self.admission {
            Admitted::Yes(admission) if admission.covers(plugin) => Ok(queued),
            Admitted::No(outcome) => Err(outcome.clone()),
            _ => Err(Outcome::with_detail(
                OutcomeKind::Failed,
                "not called: the pass was not begun for this stage",
            )),
        }
    }
}

fn asked<A>(
    plugin: &Plugin,
    stage: Stage,
    answer: Option<A>,
    trace: Trace,
    use_number: u32,
    micros: Micros,
) -> Asked<A> {
    Asked {
        answer,
        part: Part {
            stage,
            name: plugin.name().to_owned(),
            pack: plugin.pack().to_owned(),
            version: plugin.version().to_owned(),
            digest: plugin.component().digest,
            settings: plugin.settings(),
            snapshot: plugin.snapshot(),
            outcome: trace.outcome.kind,
            problem: has_particulars(&trace.outcome).then(|| trace.outcome.clone()),
            use_number: if trace.called { use_number } else { 0 },
            micros,
            memory_limit: plugin.limits().memory.0,
            peak_memory: trace.peak_memory,
            host_calls: trace.host_calls,
            fuel: trace.fuel,
            log: trace.log,
            log_dropped: trace.log_dropped,
            answer: trace.answer,
            transcript: trace.transcript,
            recalled: match &trace.recall {
                Some(Recall::Known(known)) => (known.hits, known.misses),
                _ => (0, 0),
            },
            writes: trace.writes,
        },
        outcome: trace.outcome,
    }
}

/// The review of a draft nobody could check.
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

/// A stage while its plugins are being asked.
struct StageRun<'a, A> {
    answers: Vec<(&'a str, A)>,
    parts: Vec<Part>,
    fallback: Option<Fallback>,
    worst: Option<Outcome>,
    overloaded: bool,
}

impl<A> Default for StageRun<'_, A> {
    fn default() -> Self {
        StageRun {
            answers: Vec::new(),
            parts: Vec::new(),
            fallback: None,
            worst: None,
            overloaded: false,
        }
    }
}

impl<'a, A> StageRun<'a, A> {
    fn took(&mut self, plugin: &'a str, asked: Asked<A>, rule: impl FnOnce() -> &'static str) {
        let Asked {
            answer,
            outcome,
            part,
        } = asked;
        if outcome.kind == OutcomeKind::Overloaded {
            self.overloaded = true;
            self.worst.get_or_insert(outcome);
        } else if outcome.kind.is_failure() {
            self.fallback.get_or_insert_with(|| Fallback {
                stage: part.stage,
                rule: rule(),
                plugin: Some(plugin.to_owned()),
                because: format!("{plugin} ended {}", outcome.kind),
            });
            self.worst.get_or_insert(outcome);
        }
        self.parts.push(part);
        if let Some(answer) = answer {
            self.answers.push((plugin, answer));
        }
    }

    /// Whether somebody could not be asked for want of room: then nothing
    /// falls back, whoever asked tries again.
    fn is_overloaded(&self) -> bool {
        self.overloaded
    }

    fn decided<B>(self, answer: Option<B>) -> Decided<B> {
        let asked_anybody = self
            .parts
            .iter()
            .any(|part| part.outcome == OutcomeKind::Ok);
        let outcome = self.worst.unwrap_or_else(|| {
            Outcome::plain(match asked_anybody {
                true => OutcomeKind::Ok,
                false => OutcomeKind::Declined,
            })
        });
        Decided {
            answer,
            outcome,
            parts: self.parts,
            fallback: self.fallback,
        }
    }
}
