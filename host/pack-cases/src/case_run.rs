//! The state of a case while it runs: history, state of the policy, and time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_config::duration::Seconds;
use patchbay_engine::decision::Decision;
use patchbay_engine::pipeline::{PipelineRun, Pipelines};
use patchbay_engine::plugin::Plugin;
use patchbay_engine::replay::RecordedFacts;
use patchbay_model::conversation::{Contact, Conversation, Trigger};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::{Directory, Queue};
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::knowledge::Knowledge;
use patchbay_model::situation::{DraftInput, Exchange, Situation, Surroundings};
use serde_json::{Map, Value};

use super::policy_memories::PolicyMemories;
use super::{Case, Event, Step, interaction, text};

/// How long a call waits for an instance. The engine runs nothing else.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The state of a case while it runs.
pub(super) struct CaseRun {
    pipelines: Pipelines,
    surroundings: Arc<Surroundings>,
    now: Timestamp,
    seed: u64,
    memories: PolicyMemories,
    /// Attributes by the author's address.
    contacts: BTreeMap<String, BTreeMap<String, String>>,
    /// Interactions so far, newest first.
    history: Vec<PastInteraction>,
    /// Conversations as the last step left them, by id.
    conversations: BTreeMap<String, Conversation>,
    /// The last exchange and its classification.
    latest: Option<(Arc<Exchange>, Option<Arc<Classification>>)>,
    /// Host calls in the transcript of the current step.
    recalled: RecordedFacts,
}

/// An interaction and the conversation it is in.
struct PastInteraction {
    interaction: Arc<Interaction>,
    conversation: String,
}

impl CaseRun {
    pub(super) fn start(case: &Case, plugin: &Arc<Plugin>) -> Result<CaseRun, String> {
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
        let directory = Directory::new(case.agents.clone(), queues).map_err(text)?;
        let knowledge = Knowledge::new(case.knowledge.clone()).map_err(text)?;
        let mut pipelines = Pipelines::new(&default_queue);
        for stage in Stage::ALL {
            if plugin.decides(stage) {
                pipelines.push(stage, Arc::clone(plugin));
            }
        }
        Ok(CaseRun {
            pipelines,
            surroundings: Arc::new(Surroundings {
                directory: Arc::new(directory),
                knowledge: Arc::new(knowledge),
                hours: Arc::new(case.hours.clone()),
                targets: Arc::new(case.targets.clone()),
                lengths: Arc::default(),
            }),
            now: case.now,
            seed: case.seed,
            memories: PolicyMemories::default(),
            contacts: case.contacts.clone(),
            history: Vec::new(),
            conversations: BTreeMap::new(),
            latest: None,
            recalled: RecordedFacts::default(),
        })
    }

    pub(super) fn step(&mut self, step: &Step) -> Result<Option<Decision>, String> {
        let calls = |stage| RecordedFacts::of_calls([(stage, step.transcript.as_slice())]);
        let decision = match step.event() {
            None => return Ok(None),
            Some(Event::Advance(Seconds(seconds))) => {
                let passed = SignedDuration::from_secs(seconds.into());
                self.now = self.now.checked_add(passed).map_err(text)?;
                return Ok(None);
            }
            Some(Event::Classify(document)) => {
                let interaction = interaction(document.clone())?;
                let exchange = match &step.given {
                    None => self.exchange(interaction),
                    Some(recorded) => recorded.exchange(interaction)?,
                };
                self.recalled = calls(Stage::Classify);
                self.classify(exchange)
            }
            Some(Event::Route(fields)) => {
                self.apply_recorded_input(step)?;
                self.recalled = calls(Stage::Route);
                self.route(fields)?
            }
            Some(Event::Tone(draft)) => {
                let draft = Draft::from_value(draft.clone()).map_err(text)?;
                self.apply_recorded_input(step)?;
                self.recalled = calls(Stage::Tone);
                self.check(draft)?
            }
            Some(Event::Escalate(trigger)) => {
                let trigger: Trigger = serde_json::from_value(trigger.clone()).map_err(text)?;
                self.apply_recorded_input(step)?;
                self.recalled = calls(Stage::Escalate);
                self.escalate(trigger)
            }
        };
        self.commit(&decision);
        Ok(Some(decision))
    }

    /// Replaces the last exchange by the recorded input of a step, where it has one.
    fn apply_recorded_input(&mut self, step: &Step) -> Result<(), String> {
        let Some(recorded) = &step.given else {
            return Ok(());
        };
        let latest = self.latest.take();
        let interaction = match (&recorded.interaction, &latest) {
            (Some(document), _) => interaction(document.clone())?,
            (None, Some((exchange, _))) => Interaction::clone(&exchange.interaction),
            (None, None) => return Err("`given` lacks `interaction`".to_owned()),
        };
        let classified = latest
            .filter(|(exchange, _)| exchange.interaction.id == interaction.id)
            .and_then(|(_, assessment)| assessment);
        let assessment = recorded.assessment.clone().map(Arc::new).or(classified);
        self.latest = Some((recorded.exchange(interaction)?, assessment));
        Ok(())
    }

    fn situation(&self) -> Situation {
        let (exchange, assessment) = self.latest.clone().unzip();
        Situation {
            now: self.now,
            seed: self.seed,
            surroundings: Arc::clone(&self.surroundings),
            assessment: assessment.flatten(),
            draft: None,
            trigger: None,
            memories: Arc::new(self.memories.for_exchange(exchange.as_ref())),
            exchange,
        }
    }

    fn decision(&self) -> Decision {
        let latest = self.latest.as_ref();
        Decision::of(0, latest.map(|(exchange, _)| &*exchange.interaction.id))
    }

    fn pass(&self, stage: Stage) -> PipelineRun<'_> {
        let pass = self.pipelines.begin([stage], TIMEOUT);
        pass.recorded_facts(&self.recalled)
    }

    fn classify(&mut self, exchange: Arc<Exchange>) -> Decision {
        let past = PastInteraction {
            interaction: Arc::clone(&exchange.interaction),
            conversation: exchange.conversation.id.clone(),
        };
        self.history.insert(0, past);
        self.keep_conversation(&exchange.conversation);
        self.latest = Some((exchange, None));
        let situation = Arc::new(self.situation());
        let mut decision = self.decision();
        decision.classification = decision.add(self.pass(Stage::Classify).classify(&situation));
        if let (Some(merged), Some((_, assessment))) = (&decision.classification, &mut self.latest)
        {
            *assessment = Some(Arc::new(merged.classification.retained()));
        }
        decision
    }

    /// An interaction with its history. Its conversation is the one it names, else that of the
    /// interaction it replies to, else the author's last one.
    fn exchange(&self, interaction: Interaction) -> Arc<Exchange> {
        let is_author = |past: &&PastInteraction| past.interaction.has_same_author(&interaction);
        let is_answered = |past: &&PastInteraction| {
            interaction.in_reply_to.as_ref() == Some(&past.interaction.id)
        };
        let named = interaction.conversation.clone();
        let conversation = named.or_else(|| {
            let answered = self.history.iter().find(is_answered);
            let past = answered.or_else(|| self.history.iter().find(is_author))?;
            Some(past.conversation.clone())
        });
        let interaction_of = |past: &PastInteraction| Arc::clone(&past.interaction);
        let (inside, outside): (Vec<&PastInteraction>, Vec<&PastInteraction>) = self
            .history
            .iter()
            .partition(|past| Some(&past.conversation) == conversation.as_ref());
        let earlier: Vec<_> = inside.into_iter().map(interaction_of).collect();
        let elsewhere = outside
            .into_iter()
            .filter(is_author)
            .map(interaction_of)
            .collect();
        let by_author = self.history.iter().filter(is_author).count() as u32;
        let mut exchange = Exchange::new(interaction);
        if let Some(id) = conversation {
            exchange.conversation.id = id;
        }
        if let Some(known) = self.conversations.get(&exchange.conversation.id) {
            exchange.conversation = known.clone();
            exchange.conversation.reopen();
        }
        exchange.conversation.interaction_count = earlier.len() as u32 + 1;
        let address = exchange.interaction.author.address.as_deref();
        let attributes = address.and_then(|address| self.contacts.get(address));
        exchange.contact = Contact {
            recent_interactions: by_author + 1,
            attributes: attributes.cloned().unwrap_or_default(),
            ..Contact::default()
        };
        exchange.earlier = earlier;
        exchange.elsewhere = elsewhere;
        Arc::new(exchange)
    }

    fn route(&mut self, fields: &Map<String, Value>) -> Result<Decision, String> {
        let Some((exchange, _)) = &mut self.latest else {
            return Err("there is no conversation yet; add a `classify` step before".to_owned());
        };
        let mut changed = Exchange::clone(exchange);
        let mut conversation = serde_json::to_value(&changed.conversation).unwrap_or(Value::Null);
        if let Value::Object(known) = &mut conversation {
            known.extend(fields.clone());
        }
        changed.conversation = serde_json::from_value(conversation).map_err(text)?;
        *exchange = Arc::new(changed);
        let situation = Arc::new(self.situation());
        let mut decision = self.decision();
        decision.route = decision.add(self.pass(Stage::Route).route(&situation));
        if let (Some(plan), Some((exchange, _))) = (&decision.route, &mut self.latest) {
            // The desk's next decision about the conversation sees the route.
            let default_queue = self.pipelines.default_queue();
            let conversation = &mut Arc::make_mut(exchange).conversation;
            conversation.follow(plan, default_queue);
            let conversation = conversation.clone();
            self.keep_conversation(&conversation);
        }
        Ok(decision)
    }

    fn keep_conversation(&mut self, conversation: &Conversation) {
        let id = conversation.id.clone();
        self.conversations.insert(id, conversation.clone());
    }

    fn check(&mut self, draft: Draft) -> Result<Decision, String> {
        let mut situation = self.situation();
        let exchange = situation.exchange.as_ref();
        let last = exchange.map(|exchange| &*exchange.interaction.id);
        if let Some(answered) = draft.interaction.as_deref()
            && Some(answered) != last
        {
            return Err(format!(
                "the draft answers {answered:?}, which is not the id of the last interaction"
            ));
        }
        let mut decision = self.decision();
        decision.draft = Some(draft.id.clone());
        situation.draft = Some(DraftInput {
            draft: Arc::new(draft),
            composing: false,
        });
        decision.tone = decision.add(self.pass(Stage::Tone).check(&Arc::new(situation)));
        Ok(decision)
    }

    fn escalate(&mut self, trigger: Trigger) -> Decision {
        let mut situation = self.situation();
        situation.trigger = Some(Arc::new(trigger));
        let mut decision = self.decision();
        decision.escalation =
            decision.add(self.pass(Stage::Escalate).escalate(&Arc::new(situation)));
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
        agent_capacity: None,
    }
}
