//! Deciding without a desk: somebody else keeps the conversations, and sends
//! everything a decision needs. State is read nowhere and written nowhere.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_engine::Recording;
use patchbay_engine::decision::{Decided, Decision};
use patchbay_engine::pipeline::PipelinePass;
use patchbay_engine::replay::Recalled;
use patchbay_model::bypass::Bypasses;
use patchbay_model::conversation::{Contact, Conversation, Trigger};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::{Agent, Directory, Queue};
use patchbay_model::input::InputError;
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::{DraftAtHand, Exchange, Situation, Surroundings};
use serde::Deserialize;
use serde_json::Value;

use crate::Generation;

/// Most earlier interactions of a request.
const EARLIER: usize = 256;

/// An interaction to decide about, with whatever the sender knows of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// The interaction.
    pub interaction: Value,
    /// What to decide; classify and route unless said.
    #[serde(default = "classify_and_route")]
    pub stages: BTreeSet<Stage>,
    /// Its conversation; a new one unless said.
    #[serde(default)]
    pub conversation: Option<Conversation>,
    /// What is known of its author.
    #[serde(default)]
    pub contact: Contact,
    /// Earlier interactions of the conversation, newest first.
    #[serde(default)]
    pub earlier: Vec<Value>,
    /// What the interaction is, where that is known: then it is not classified.
    #[serde(default)]
    pub classification: Option<Classification>,
    /// The agents there are; the company file's unless said.
    #[serde(default)]
    pub agents: Option<Vec<Agent>>,
    /// The queues there are; the company file's unless said.
    #[serde(default)]
    pub queues: Option<Vec<Queue>>,
    /// What escalation is asked about; `classified` unless said.
    #[serde(default)]
    pub trigger: Option<Trigger>,
    /// Seed of the policies' random numbers; derived from the id unless said.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Keep every host call in the answer.
    #[serde(default)]
    pub transcript: bool,
}

fn classify_and_route() -> BTreeSet<Stage> {
    BTreeSet::from([Stage::Classify, Stage::Route])
}

/// A draft to check, with what it answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToneRequest {
    /// The draft.
    pub draft: Value,
    /// The interaction it answers.
    #[serde(default)]
    pub interaction: Option<Value>,
    /// What the interaction is; classified first unless said.
    #[serde(default)]
    pub classification: Option<Classification>,
    /// Its conversation.
    #[serde(default)]
    pub conversation: Option<Conversation>,
    /// Whether the agent is still typing.
    #[serde(default)]
    pub composing: bool,
    /// Seed of the policies' random numbers.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Keep every host call in the answer.
    #[serde(default)]
    pub transcript: bool,
}

/// How a decision is made, beside on what.
#[derive(Clone, Debug, Default)]
pub struct Trying {
    /// What is kept of it.
    pub recording: Recording,
    /// What is known of things that have changed since, where it is made on a
    /// record.
    pub recalled: Recalled,
    /// What an operator has taken out.
    pub bypasses: Arc<Bypasses>,
    /// Whether nobody goes by it: then it leaves breakers as they are.
    pub aside: bool,
}

impl Trying {
    /// One that nobody goes by.
    pub fn aside() -> Trying {
        Trying {
            aside: true,
            ..Trying::default()
        }
    }

    /// On things as they are.
    pub fn recording(recording: Recording) -> Trying {
        Trying {
            recording,
            ..Trying::default()
        }
    }

    /// The same, without what an operator has taken out.
    #[must_use]
    pub fn bypassing(self, bypasses: &Arc<Bypasses>) -> Trying {
        Trying {
            bypasses: Arc::clone(bypasses),
            ..self
        }
    }
}

/// When a decision is made, how long it may wait for its turn, and without
/// whom.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The moment.
    pub now: Timestamp,
    /// How long to wait to be admitted.
    pub patience: Duration,
    /// What an operator has taken out.
    pub bypasses: Arc<Bypasses>,
}

impl Terms {
    /// With everybody.
    pub fn at(now: Timestamp, patience: Duration) -> Terms {
        Terms {
            now,
            patience,
            bypasses: Arc::default(),
        }
    }

    fn trying(&self, recording: Recording) -> Trying {
        Trying::recording(recording).bypassing(&self.bypasses)
    }
}

/// A decision and the instances it was made with: drop them once the answer is
/// on its way.
pub struct Made<'a> {
    /// The decision.
    pub decision: Decision,
    /// The instances.
    pub pass: PipelinePass<'a>,
}

impl Generation {
    /// Decide about an interaction.
    ///
    /// # Errors
    /// [`InputError`] for what cannot be decided about.
    pub fn decide(&self, request: DecideRequest, terms: &Terms) -> Result<Made<'_>, InputError> {
        let interaction = Interaction::from_outside(request.interaction)?;
        if request.earlier.len() > EARLIER {
            return Err(InputError::TooLarge {
                field: "earlier".to_owned(),
                limit: EARLIER,
                size: request.earlier.len(),
                unit: "entries",
            });
        }
        let earlier = request
            .earlier
            .into_iter()
            .map(|value| Interaction::from_outside(value).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        let surroundings = self.surroundings_with(request.agents, request.queues)?;
        let seed = request.seed.unwrap_or_else(|| seed_of(&interaction.id));
        let mut exchange = Exchange::new(interaction);
        if let Some(conversation) = request.conversation {
            exchange.conversation = conversation;
        }
        exchange.contact = request.contact;
        exchange.earlier = earlier;
        let mut situation = Situation::of(surroundings, exchange, terms.now, seed);
        let mut stages = request.stages;
        situation.assessment = given(request.classification, situation.text())?;
        if situation.assessment.is_some() {
            // Said already; the policies after it go by what was said.
            stages.remove(&Stage::Classify);
        }
        situation.trigger = request.trigger.map(Arc::new);
        let recording = request.transcript.into();
        let trying = terms.trying(recording);
        Ok(self.decide_on(situation, &stages, &trying, terms.patience))
    }

    /// Decide about an interaction in a situation, at these stages: tone is
    /// not among them. Each goes by what the ones before it said. Escalation
    /// is asked about the situation's trigger, `classified` where it has none.
    pub fn decide_on(
        &self,
        situation: Situation,
        stages: &BTreeSet<Stage>,
        trying: &Trying,
        patience: Duration,
    ) -> Made<'_> {
        let id = situation.exchange.as_ref();
        let mut decision = Decision::of(
            self.number,
            id.map(|exchange| exchange.interaction.id.as_str()),
        );
        let mut situation = Arc::new(situation);
        let mut pass = self
            .pipelines
            .pass(stages.iter().copied(), patience)
            .recording(trying.recording)
            .recalling(&trying.recalled)
            .bypassing(&trying.bypasses)
            .aside(trying.aside);
        if stages.contains(&Stage::Classify) {
            let decided = pass.classify(&situation);
            classified(&mut decision, &mut situation, decided);
        }
        // Whoever was too busy for one stage is asked for no other: the caller
        // tries again.
        let goes_on = |decision: &Decision| decision.outcome != OutcomeKind::Overloaded;
        if stages.contains(&Stage::Route) && goes_on(&decision) {
            decision.route = decision.add(without_opinion(pass.route(&situation)));
        }
        if stages.contains(&Stage::Escalate) && goes_on(&decision) {
            if situation.trigger.is_none() {
                let classified = Trigger::of("classified");
                Arc::make_mut(&mut situation).trigger = Some(Arc::new(classified));
            }
            let escalated = pass.escalate(&situation);
            decision.escalation = decision.add(without_opinion(escalated));
        }
        Made { decision, pass }
    }

    /// Check a draft.
    ///
    /// # Errors
    /// [`InputError`] for what cannot be checked.
    pub fn check(&self, request: ToneRequest, terms: &Terms) -> Result<Made<'_>, InputError> {
        let draft = Draft::from_value(request.draft)?;
        let seed = request.seed.unwrap_or_else(|| seed_of(&draft.id));
        let mut situation = Situation {
            now: terms.now,
            seed,
            surroundings: Arc::clone(&self.surroundings),
            exchange: None,
            assessment: None,
            draft: None,
            trigger: None,
            memories: Arc::default(),
        };
        if request.conversation.is_some() && request.interaction.is_none() {
            return Err(InputError::Invalid {
                field: "conversation".to_owned(),
                problem: "needs `interaction`, the message the draft answers".to_owned(),
            });
        }
        if let Some(value) = request.interaction {
            let interaction = Interaction::from_outside(value)?;
            let mut exchange = Exchange::new(interaction);
            if let Some(conversation) = request.conversation {
                exchange.conversation = conversation;
            }
            situation.exchange = Some(Arc::new(exchange));
        }
        situation.assessment = given(request.classification, situation.text())?;
        let at_hand = DraftAtHand {
            draft: Arc::new(draft),
            composing: request.composing,
        };
        let recording = request.transcript.into();
        let trying = terms.trying(recording);
        Ok(self.check_on(situation, at_hand, &trying, terms.patience))
    }

    /// Check a draft in a situation. What it answers is classified first,
    /// unless the situation says what it is.
    pub fn check_on(
        &self,
        situation: Situation,
        at_hand: DraftAtHand,
        trying: &Trying,
        patience: Duration,
    ) -> Made<'_> {
        let answered = situation.exchange.as_ref();
        let answered = answered.map(|exchange| exchange.interaction.id.as_str());
        let mut decision = Decision::of(
            self.number,
            answered.or(at_hand.draft.interaction.as_deref()),
        );
        decision.draft = Some(at_hand.draft.id.clone());
        let classifies = situation.exchange.is_some() && situation.assessment.is_none();
        let stages = classifies.then_some(Stage::Classify);
        let mut pass = self
            .pipelines
            .pass(stages.into_iter().chain([Stage::Tone]), patience)
            .recording(trying.recording)
            .recalling(&trying.recalled)
            .bypassing(&trying.bypasses)
            .aside(trying.aside);
        let mut situation = Arc::new(situation);
        if classifies {
            let decided = pass.classify(&situation);
            classified(&mut decision, &mut situation, decided);
        }
        Arc::make_mut(&mut situation).draft = Some(at_hand);
        decision.tone = decision.add(without_opinion(pass.check(&situation)));
        Made { decision, pass }
    }

    fn surroundings_with(
        &self,
        agents: Option<Vec<Agent>>,
        queues: Option<Vec<Queue>>,
    ) -> Result<Arc<Surroundings>, InputError> {
        if agents.is_none() && queues.is_none() {
            return Ok(Arc::clone(&self.surroundings));
        }
        let own = &self.surroundings;
        let queues = queues.unwrap_or_else(|| {
            let ids = own.directory.queue_ids();
            ids.filter_map(|id| own.directory.queue(id))
                .map(|queue| Queue::clone(queue))
                .collect()
        });
        let agents = agents.unwrap_or_else(|| {
            let all = own.directory.agents();
            all.iter().map(|agent| Agent::clone(agent)).collect()
        });
        let directory = Directory::new(agents, queues).map_err(|error| InputError::Invalid {
            field: "agents".to_owned(),
            problem: format!("and `queues` do not fit together: {error}"),
        })?;
        if directory.queue(self.pipelines.default_queue()).is_none() {
            return Err(InputError::Invalid {
                field: "queues".to_owned(),
                problem: format!(
                    "lacks {:?}, the company's default queue",
                    self.pipelines.default_queue()
                ),
            });
        }
        Ok(Arc::new(Surroundings {
            directory: Arc::new(directory),
            knowledge: Arc::clone(&own.knowledge),
            hours: Arc::clone(&own.hours),
            targets: Arc::clone(&own.targets),
            legacy_140: Arc::clone(&own.legacy_140),
        }))
    }
}

/// A classification the asker gives, held to the same rules as a policy's.
fn given(
    classification: Option<Classification>,
    text: &str,
) -> Result<Option<Arc<Classification>>, InputError> {
    let Some(classification) = classification else {
        return Ok(None);
    };
    match classification.validate(text) {
        Ok(()) => Ok(Some(Arc::new(classification))),
        Err(bad) => Err(InputError::Invalid {
            field: "classification".to_owned(),
            problem: bad.to_string(),
        }),
    }
}

/// Put a classification into the decision and before the next policies.
fn classified(
    decision: &mut Decision,
    situation: &mut Arc<Situation>,
    decided: Decided<patchbay_model::decision::classification::MergedClassification>,
) {
    decision.classification = decision.add(without_opinion(decided));
    let merged = decision.classification.as_ref();
    Arc::make_mut(situation).assessment =
        merged.map(|merged| Arc::new(merged.classification.clone()));
}

/// No opinion at one stage does not make a decision of several stages end
/// `declined`: the record of each part says who declined.
fn without_opinion<A>(mut decided: Decided<A>) -> Decided<A> {
    if decided.outcome.kind == OutcomeKind::Declined {
        decided.outcome = Outcome::plain(OutcomeKind::Ok);
    }
    decided
}

/// A seed that is the same for the same interaction (FNV-1a).
pub fn seed_of(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
