//! Running cases in the real sandbox, on the metered engine: budgets that are
//! the same on every machine.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_engine::config::EngineSettings;
use patchbay_engine::decision::Decision;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_engine::replay::Recalled;
use patchbay_model::conversation::{Contact, Conversation, Trigger};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::{Directory, Queue};
use patchbay_model::duration::Seconds;
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::knowledge::Knowledge;
use patchbay_model::limits::Limits;
use patchbay_model::on_failure::OnFailure;
use patchbay_model::situation::{DraftAtHand, Exchange, Situation, Surroundings};
use serde::Serialize;
use serde_json::{Map, Value};

use super::expect::{Mismatch, compare};
use super::memories::Memories;
use super::recorded;
use super::{Case, CaseError, Step};
use crate::source::Pack;

/// What came of one step.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Number of the step, from 1.
    pub step: usize,
    /// Everything that is not as expected.
    pub mismatches: Vec<Mismatch>,
    /// What was decided; absent where time only passed.
    pub decision: Option<Value>,
}

/// What came of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// The file.
    pub path: PathBuf,
    /// What it shows.
    pub note: String,
    /// Its steps.
    pub steps: Vec<StepReport>,
    /// Why it could not be run to its end.
    pub error: Option<String>,
}

impl CaseReport {
    /// Whether everything is as expected.
    pub fn passed(&self) -> bool {
        self.error.is_none() && self.steps.iter().all(|step| step.mismatches.is_empty())
    }
}

/// Runs the cases of one pack.
pub struct CaseRunner<'a> {
    pack: &'a Pack,
    engine: Engine,
    /// Activated plugins by their settings: many cases share some.
    plugins: HashMap<String, Arc<Plugin>>,
}

/// How long a case waits for its turn; nobody else uses its engine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Name of the one plugin.
const NAME: &str = "care";

impl<'a> CaseRunner<'a> {
    /// A runner for a pack.
    ///
    /// # Errors
    /// When the machine cannot run the metered engine.
    pub fn new(pack: &'a Pack) -> Result<CaseRunner<'a>, patchbay_engine::engine::EngineError> {
        Ok(CaseRunner {
            pack,
            engine: Engine::metered(EngineSettings::default())?,
            plugins: HashMap::new(),
        })
    }

    /// Run the case in a file.
    pub fn run(&mut self, path: &Path) -> CaseReport {
        let mut report = CaseReport {
            path: path.to_owned(),
            note: String::new(),
            steps: Vec::new(),
            error: None,
        };
        let case = match Case::read(path) {
            Ok(case) => case,
            Err(error) => {
                report.error = Some(error.to_string());
                return report;
            }
        };
        report.note.clone_from(&case.note);
        if let Err(error) = self.run_case(path, &case, &mut report) {
            report.error = Some(error.to_string());
        }
        report
    }

    fn run_case(
        &mut self,
        path: &Path,
        case: &Case,
        report: &mut CaseReport,
    ) -> Result<(), CaseError> {
        let wrong = |message: String| CaseError::new(path, message);
        let plugin = self.plugin(case).map_err(wrong)?;
        let mut course = Course::begin(case, &plugin).map_err(wrong)?;
        for (index, step) in case.steps.iter().enumerate() {
            let decision = course.step(step).map_err(|message| {
                CaseError::new(path, format!("step {}: {message}", index + 1))
            })?;
            let decision =
                decision.map(|decision| serde_json::to_value(decision).unwrap_or(Value::Null));
            let mismatches = match &step.expect {
                Some(expected) => compare(expected, decision.as_ref()),
                None => Vec::new(),
            };
            report.steps.push(StepReport {
                step: index + 1,
                mismatches,
                decision,
            });
        }
        Ok(())
    }

    fn plugin(&mut self, case: &Case) -> Result<Arc<Plugin>, String> {
        let settings = self
            .pack
            .complete_settings(Value::Object(case.settings.clone()))
            .map_err(|problems| {
                let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
                format!("settings: {}", texts.join("; "))
            })?;
        let key = settings.to_string();
        if let Some(known) = self.plugins.get(&key) {
            return Ok(Arc::clone(known));
        }
        let ceiling = &self.engine.settings().ceiling;
        let limits = Limits::resolve(ceiling, &self.pack.limits, &Default::default())
            .map_err(|_| "the pack's limits are above the ceiling".to_owned())?;
        let spec = PluginSpec {
            name: NAME.to_owned(),
            pack: self.pack.name.clone(),
            version: self.pack.version.to_string(),
            component: self.pack.component.clone(),
            settings,
            grants: self.pack.needs.clone(),
            limits,
            state_version: self.pack.state_version,
            reuse: 0,
            on_failure: OnFailure::default(),
        };
        let plugin = Plugin::activate(&self.engine, spec).map_err(|error| error.to_string())?;
        let plugin = Arc::new(plugin);
        self.plugins.insert(key, Arc::clone(&plugin));
        Ok(plugin)
    }
}

/// A case while it runs: what was said and decided so far.
struct Course {
    pipelines: Pipelines,
    surroundings: Arc<Surroundings>,
    now: Timestamp,
    seed: u64,
    memories: Memories,
    /// Newest first.
    said: Vec<Said>,
    latest: Option<(Arc<Exchange>, Option<Arc<Classification>>)>,
    /// What the present step's transcript knows.
    recalled: Recalled,
}

/// An interaction and the conversation it is in.
struct Said {
    interaction: Arc<Interaction>,
    conversation: String,
}

impl Course {
    fn begin(case: &Case, plugin: &Arc<Plugin>) -> Result<Course, String> {
        let mut queues = case.queues.clone();
        if queues.is_empty() {
            queues.push(general());
        }
        let default_queue = queues
            .iter()
            .find(|queue| queue.is_default)
            .or(queues.first())
            .map(|queue| queue.id.clone())
            .unwrap_or_default();
        let directory =
            Directory::new(case.agents.clone(), queues).map_err(|error| error.to_string())?;
        let knowledge =
            Knowledge::new(case.knowledge.clone()).map_err(|error| error.to_string())?;
        let mut pipelines = Pipelines::new(&default_queue);
        for stage in Stage::ALL
            .into_iter()
            .filter(|stage| plugin.decides(*stage))
        {
            pipelines.push(stage, Arc::clone(plugin));
        }
        Ok(Course {
            pipelines,
            surroundings: Arc::new(Surroundings {
                directory: Arc::new(directory),
                knowledge: Arc::new(knowledge),
                hours: Arc::new(case.hours.clone()),
                targets: Arc::new(case.targets.clone()),
                legacy_140: Arc::default(),
            }),
            now: case.now,
            seed: case.seed,
            memories: Memories::default(),
            said: Vec::new(),
            latest: None,
            recalled: Recalled::default(),
        })
    }

    fn step(&mut self, step: &Step) -> Result<Option<Decision>, String> {
        if let Some(Seconds(seconds)) = step.advance {
            let passed = SignedDuration::from_secs(seconds.into());
            self.now = self
                .now
                .checked_add(passed)
                .map_err(|error| error.to_string())?;
            return Ok(None);
        }
        let decision = if let Some(interaction) = &step.classify {
            let interaction =
                Interaction::from_own(interaction.clone()).map_err(|error| error.to_string())?;
            let exchange = match &step.given {
                None => self.exchange(interaction),
                Some(given) => recorded::exchange(given, interaction)?,
            };
            self.learn(step, Stage::Classify);
            self.classify(exchange)
        } else if let Some(fields) = &step.route {
            self.take_up(step)?;
            self.learn(step, Stage::Route);
            self.route(fields)?
        } else if let Some(draft) = &step.tone {
            let draft = Draft::from_value(draft.clone()).map_err(|error| error.to_string())?;
            self.take_up(step)?;
            self.learn(step, Stage::Tone);
            self.check(draft)?
        } else if let Some(trigger) = &step.escalate {
            let trigger: Trigger =
                serde_json::from_value(trigger.clone()).map_err(|error| error.to_string())?;
            self.take_up(step)?;
            self.learn(step, Stage::Escalate);
            self.escalate(trigger)
        } else {
            return Ok(None);
        };
        self.commit(&decision);
        Ok(Some(decision))
    }

    /// What a recorded decision learned of things that change by themselves.
    fn learn(&mut self, step: &Step, stage: Stage) {
        self.recalled = Recalled::of_calls([(stage, step.transcript.as_slice())]);
    }

    /// Go by what a recorded decision was made on.
    fn take_up(&mut self, step: &Step) -> Result<(), String> {
        let Some(given) = &step.given else {
            return Ok(());
        };
        let said = self.latest.take();
        let interaction = match (&given.interaction, &said) {
            (Some(value), _) => {
                Interaction::from_own(value.clone()).map_err(|error| error.to_string())?
            }
            (None, Some((exchange, _))) => Interaction::clone(&exchange.interaction),
            (None, None) => return Err("given lacks `interaction`".to_owned()),
        };
        let is_same = said
            .as_ref()
            .is_some_and(|(exchange, _)| exchange.interaction.id == interaction.id);
        let said = said.filter(|_| is_same).and_then(|(_, said)| said);
        let assessment = given.assessment.clone().map(Arc::new).or(said);
        let exchange = recorded::exchange(given, interaction)?;
        self.latest = Some((exchange, assessment));
        Ok(())
    }

    fn situation(&self) -> Situation {
        let exchange = self.latest.as_ref().map(|(exchange, _)| exchange);
        Situation {
            now: self.now,
            seed: self.seed,
            surroundings: Arc::clone(&self.surroundings),
            exchange: exchange.cloned(),
            assessment: self
                .latest
                .as_ref()
                .and_then(|(_, assessment)| assessment.clone()),
            draft: None,
            trigger: None,
            memories: Arc::new(self.memories.of(exchange)),
        }
    }

    fn decision(&self) -> Decision {
        let id = self
            .latest
            .as_ref()
            .map(|(exchange, _)| exchange.interaction.id.as_str());
        Decision::of(0, id)
    }

    fn classify(&mut self, exchange: Arc<Exchange>) -> Decision {
        let said = Said {
            interaction: Arc::clone(&exchange.interaction),
            conversation: exchange.conversation.id.clone(),
        };
        self.said.insert(0, said);
        self.latest = Some((exchange, None));
        let situation = Arc::new(self.situation());
        let mut decision = self.decision();
        let mut pass = self
            .pipelines
            .pass([Stage::Classify], PATIENCE)
            .recalling(&self.recalled);
        decision.classification = decision.add(pass.classify(&situation));
        let assessment = decision
            .classification
            .as_ref()
            .map(|merged| Arc::new(merged.classification.clone()));
        if let Some((_, slot)) = &mut self.latest {
            *slot = assessment;
        }
        decision
    }

    /// The interaction with what was said before it: by conversation where it
    /// names one, else by what it replies to, else by author.
    fn exchange(&self, interaction: Interaction) -> Arc<Exchange> {
        let same_author = |earlier: &&Said| earlier.interaction.author.is(&interaction.author);
        let answered = |earlier: &&Said| {
            let id = &earlier.interaction.id;
            interaction.in_reply_to.as_ref() == Some(id)
        };
        let of = |said: &'_ Said| said.conversation.clone();
        let conversation = interaction
            .conversation
            .clone()
            .or_else(|| self.said.iter().find(answered).map(of))
            .or_else(|| self.said.iter().find(same_author).map(of));
        let (in_it, others): (Vec<&Said>, Vec<&Said>) = self
            .said
            .iter()
            .partition(|said| Some(&said.conversation) == conversation.as_ref());
        let earlier: Vec<_> = in_it
            .iter()
            .map(|said| Arc::clone(&said.interaction))
            .collect();
        let elsewhere: Vec<_> = others
            .iter()
            .filter(|said| same_author(said))
            .map(|said| Arc::clone(&said.interaction))
            .collect();
        let by_author = self.said.iter().filter(same_author).count() as u32;
        let mut exchange = Exchange::new(interaction);
        if let Some(id) = conversation {
            exchange.conversation.id = id;
        }
        exchange.conversation.interaction_count = earlier.len() as u32 + 1;
        exchange.contact = Contact {
            recent_interactions: by_author + 1,
            ..Contact::default()
        };
        exchange.earlier = earlier;
        exchange.elsewhere = elsewhere;
        Arc::new(exchange)
    }

    fn route(&mut self, fields: &Map<String, Value>) -> Result<Decision, String> {
        let Some((exchange, _)) = &mut self.latest else {
            return Err("there is no conversation yet; classify an interaction first".to_owned());
        };
        let mut changed = Exchange::clone(exchange);
        let mut conversation = serde_json::to_value(&changed.conversation).unwrap_or(Value::Null);
        if let Value::Object(known) = &mut conversation {
            known.extend(fields.clone());
        }
        changed.conversation = serde_json::from_value::<Conversation>(conversation)
            .map_err(|error| error.to_string())?;
        *exchange = Arc::new(changed);
        let situation = Arc::new(self.situation());
        let mut decision = self.decision();
        let mut pass = self
            .pipelines
            .pass([Stage::Route], PATIENCE)
            .recalling(&self.recalled);
        decision.route = decision.add(pass.route(&situation));
        Ok(decision)
    }

    fn check(&mut self, draft: Draft) -> Result<Decision, String> {
        let mut situation = self.situation();
        let last = situation
            .exchange
            .as_ref()
            .map(|exchange| exchange.interaction.id.as_str());
        if let Some(answered) = draft.interaction.as_deref()
            && Some(answered) != last
        {
            return Err(format!(
                "the draft answers {answered:?}, which is not the last interaction"
            ));
        }
        let mut decision = self.decision();
        decision.draft = Some(draft.id.clone());
        situation.draft = Some(DraftAtHand {
            draft: Arc::new(draft),
            composing: false,
        });
        let mut pass = self
            .pipelines
            .pass([Stage::Tone], PATIENCE)
            .recalling(&self.recalled);
        decision.tone = decision.add(pass.check(&Arc::new(situation)));
        Ok(decision)
    }

    fn escalate(&mut self, trigger: Trigger) -> Decision {
        let mut situation = self.situation();
        situation.trigger = Some(Arc::new(trigger));
        let mut decision = self.decision();
        let mut pass = self
            .pipelines
            .pass([Stage::Escalate], PATIENCE)
            .recalling(&self.recalled);
        decision.escalation = decision.add(pass.escalate(&Arc::new(situation)));
        decision
    }

    fn commit(&mut self, decision: &Decision) {
        let exchange = self.latest.as_ref().map(|(exchange, _)| &**exchange);
        for (plugin, write) in decision.writes() {
            self.memories.commit(plugin, write, exchange, self.now);
        }
    }
}

fn general() -> Queue {
    Queue {
        id: "general".to_owned(),
        is_default: true,
        skills: BTreeMap::new(),
        waiting: 0,
        longest_wait: None,
        open: true,
        hours: None,
    }
}
