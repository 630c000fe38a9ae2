//! Stateless requests: the caller stores the conversations, and sends all data
//! that a decision needs. Plugin state is neither read nor written.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::conversation::{Contact, Conversation, Trigger};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::{Agent, Directory, Queue};
use patchbay_model::input::InputError;
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::situation::{DraftInput, Exchange, Situation, Surroundings};
use serde::Deserialize;
use serde_json::Value;

use crate::Generation;

/// Most earlier interactions of a request.
const MAX_EARLIER: usize = 256;
/// Estimated bytes of an agent or a queue.
const ENTRY_BYTES: usize = 1_024;

/// A request to decide about an interaction.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// The interaction.
    pub interaction: Value,
    /// Stages to run. Default: classify and route.
    #[serde(default = "classify_and_route")]
    pub stages: BTreeSet<Stage>,
    /// Its conversation. Default: a new one.
    pub conversation: Option<Conversation>,
    /// Its author.
    #[serde(default)]
    pub contact: Contact,
    /// Earlier interactions of the conversation, newest first; at most 256.
    #[serde(default)]
    pub earlier: Vec<Value>,
    /// A known classification; then the classify stage is skipped.
    pub classification: Option<Classification>,
    /// Default: the agents of the company file.
    pub agents: Option<Vec<Agent>>,
    /// Default: the queues of the company file.
    pub queues: Option<Vec<Queue>>,
    /// Trigger of the escalation stage. Default: `classified`.
    pub trigger: Option<Trigger>,
    /// Seed of the policies' random numbers. Default: derived from the id.
    pub seed: Option<u64>,
    /// Return the transcript of host calls.
    #[serde(default)]
    pub transcript: bool,
}

fn classify_and_route() -> BTreeSet<Stage> {
    BTreeSet::from([Stage::Classify, Stage::Route])
}

/// A request to check the tone of a draft.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToneRequest {
    /// The draft.
    pub draft: Value,
    /// The interaction it answers.
    pub interaction: Option<Value>,
    /// Classification of the interaction. Default: classify it first.
    pub classification: Option<Classification>,
    /// The conversation of the interaction.
    pub conversation: Option<Conversation>,
    /// Whether the agent is still typing.
    #[serde(default)]
    pub composing: bool,
    /// Seed of the policies' random numbers. Default: derived from the id.
    pub seed: Option<u64>,
    /// Return the transcript of host calls.
    #[serde(default)]
    pub transcript: bool,
}

/// A valid stateless request.
#[derive(Clone, Debug, Default)]
pub struct Inquiry {
    /// Stages to run; `classify` and `tone` for a draft.
    pub stages: BTreeSet<Stage>,
    /// The draft to check.
    pub draft: Option<DraftInput>,
    /// Whether to return the transcript.
    pub transcript: bool,
    /// Estimated bytes of the agents and queues in the request.
    pub bytes: usize,
    /// The caller's id of the conversation.
    conversation: Option<String>,
    exchange: Option<Arc<Exchange>>,
    assessment: Option<Arc<Classification>>,
    trigger: Option<Arc<Trigger>>,
    agents: Option<Vec<Agent>>,
    queues: Option<Vec<Queue>>,
    seed: u64,
}

impl TryFrom<DecideRequest> for Inquiry {
    type Error = InputError;

    fn try_from(request: DecideRequest) -> Result<Inquiry, InputError> {
        let interaction = Interaction::from_outside(request.interaction)?;
        if request.earlier.len() > MAX_EARLIER {
            return Err(InputError::TooLarge {
                field: "earlier".to_owned(),
                limit: MAX_EARLIER,
                size: request.earlier.len(),
                unit: "entries",
            });
        }
        let earlier = request.earlier.into_iter();
        let earlier = earlier
            .map(|value| Interaction::from_outside(value).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        let seed = request.seed.unwrap_or_else(|| seed_of(&interaction.id));
        let assessment = validate(request.classification, &interaction.text)?;
        let mut stages = request.stages;
        if assessment.is_some() {
            stages.remove(&Stage::Classify);
        }
        let conversation = conversation_id(request.conversation.as_ref(), Some(&interaction));
        let mut exchange = Exchange::new(interaction);
        if let Some(conversation) = request.conversation {
            exchange.conversation = conversation;
        }
        exchange.contact = request.contact;
        exchange.earlier = earlier;
        let entries = count(&request.agents) + count(&request.queues);
        Ok(Inquiry {
            stages,
            transcript: request.transcript,
            bytes: ENTRY_BYTES * entries,
            conversation,
            exchange: Some(Arc::new(exchange)),
            assessment,
            trigger: request.trigger.map(Arc::new),
            agents: request.agents,
            queues: request.queues,
            seed,
            draft: None,
        })
    }
}

impl TryFrom<ToneRequest> for Inquiry {
    type Error = InputError;

    fn try_from(request: ToneRequest) -> Result<Inquiry, InputError> {
        let draft = Draft::from_value(request.draft)?;
        let seed = request.seed.unwrap_or_else(|| seed_of(&draft.id));
        if request.conversation.is_some() && request.interaction.is_none() {
            let problem = "needs `interaction`, the message the draft answers";
            return Err(invalid("conversation", problem));
        }
        let interaction = request.interaction.map(Interaction::from_outside);
        let interaction = interaction.transpose()?;
        let conversation = conversation_id(request.conversation.as_ref(), interaction.as_ref());
        let mut exchange = interaction.map(Exchange::new);
        if let (Some(exchange), Some(conversation)) = (&mut exchange, request.conversation) {
            exchange.conversation = conversation;
        }
        let answered = exchange.as_ref();
        let answered = answered.map(|exchange| &*exchange.interaction.text);
        let assessment = validate(request.classification, answered.unwrap_or_default())?;
        Ok(Inquiry {
            stages: [Stage::Classify, Stage::Tone].into(),
            draft: Some(DraftInput {
                draft: Arc::new(draft),
                composing: request.composing,
            }),
            transcript: request.transcript,
            conversation,
            exchange: exchange.map(Arc::new),
            assessment,
            seed,
            ..Inquiry::default()
        })
    }
}

fn count<T>(entries: &Option<Vec<T>>) -> usize {
    entries.as_ref().map_or(0, Vec::len)
}

/// The conversation id in the request, if any.
fn conversation_id(
    conversation: Option<&Conversation>,
    interaction: Option<&Interaction>,
) -> Option<String> {
    let id = conversation.map(|conversation| &conversation.id);
    let id = id.filter(|id| !id.is_empty());
    id.or(interaction?.conversation.as_ref()).cloned()
}

/// Check a classification of the caller by the rules for a policy's.
fn validate(
    classification: Option<Classification>,
    text: &str,
) -> Result<Option<Arc<Classification>>, InputError> {
    let validate = |classification: Classification| match classification.validate(text) {
        Ok(()) => Ok(Arc::new(classification)),
        Err(error) => Err(invalid("classification", error)),
    };
    classification.map(validate).transpose()
}

fn invalid(field: &str, problem: impl ToString) -> InputError {
    InputError::Invalid {
        field: field.to_owned(),
        problem: problem.to_string(),
    }
}

impl Inquiry {
    /// The thread that decides the share of a rollout: the conversation's id,
    /// else the contact's, else the author and channel, else the message.
    pub fn thread(&self) -> String {
        if let Some(conversation) = &self.conversation {
            return format!("conversation\0{conversation}");
        }
        let message = match (&self.exchange, &self.draft) {
            (Some(exchange), _) => {
                let interaction = &exchange.interaction;
                if let Some(contact) = &exchange.contact.id {
                    return format!("contact\0{contact}");
                }
                if let Some(author) = interaction.canonical_author() {
                    let account = interaction.account.as_deref().unwrap_or_default();
                    return format!("author\0{}\0{account}\0{author}", interaction.channel);
                }
                interaction.id.as_str()
            }
            (None, Some(DraftInput { draft, .. })) => {
                draft.interaction.as_deref().unwrap_or(&draft.id)
            }
            (None, None) => "",
        };
        format!("message\0{message}")
    }

    /// Whether it is about a draft that the agent is still typing.
    pub fn is_composing(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.composing)
    }

    /// The situation for the policies of a generation.
    pub fn situation(
        &self,
        generation: &Generation,
        now: Timestamp,
    ) -> Result<Situation, InputError> {
        Ok(Situation {
            now,
            seed: self.seed,
            surroundings: self.surroundings(generation)?,
            exchange: self.exchange.clone(),
            assessment: self.assessment.clone(),
            draft: None,
            trigger: self.trigger.clone(),
            memories: Arc::default(),
        })
    }

    /// The generation's data, with the agents and queues of the request.
    ///
    /// # Errors
    /// [`InputError`] where those do not fit the generation.
    pub fn surroundings(&self, generation: &Generation) -> Result<Arc<Surroundings>, InputError> {
        let own = &generation.surroundings.directory;
        if self.agents.is_none() && self.queues.is_none() {
            return Ok(Arc::clone(&generation.surroundings));
        }
        let queues = self.queues.clone().unwrap_or_else(|| {
            let queues = own.queue_ids().filter_map(|id| own.queue(id));
            queues.map(|queue| Queue::clone(queue)).collect()
        });
        let agents = self.agents.clone().unwrap_or_else(|| {
            let agents = own.agents().iter();
            agents.map(|agent| Agent::clone(agent)).collect()
        });
        let directory = Directory::new(agents, queues).map_err(|error| {
            invalid(
                "agents",
                format!("and `queues` do not fit together: {error}"),
            )
        })?;
        let default = generation.pipelines.default_queue();
        if directory.queue(default).is_none() {
            let problem = format!("lacks {default:?}, the company's default queue");
            return Err(invalid("queues", problem));
        }
        Ok(generation.surroundings_with(Arc::new(directory)))
    }
}

/// The seed for an interaction or draft id: its FNV-1a hash.
pub fn seed_of(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
