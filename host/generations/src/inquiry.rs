//! What somebody asks who keeps the conversations elsewhere, and sends
//! everything a decision needs. State is read nowhere and written nowhere.

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
use crate::decide::seed_of;

/// Most earlier interactions of a request.
const EARLIER: usize = 256;
/// What an agent or a queue is counted as.
const PERSON_BYTES: usize = 1_024;

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

/// What is asked, held to its limits.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// At which stages; none where it is about a draft.
    pub stages: BTreeSet<Stage>,
    /// The draft it is about.
    pub draft: Option<DraftInput>,
    /// Whether every host call is kept in the answer.
    pub transcript: bool,
    /// About how many bytes the people and queues take that the asker names.
    pub bytes: usize,
    /// Id of its conversation, as the asker names it.
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
        let seed = request.seed.unwrap_or_else(|| seed_of(&interaction.id));
        let assessment = given(request.classification, &interaction.text)?;
        let mut stages = request.stages;
        if assessment.is_some() {
            // Said already; the policies after it go by what was said.
            stages.remove(&Stage::Classify);
        }
        let named = named(request.conversation.as_ref(), Some(&interaction));
        let mut exchange = Exchange::new(interaction);
        if let Some(conversation) = request.conversation {
            exchange.conversation = conversation;
        }
        exchange.contact = request.contact;
        exchange.earlier = earlier;
        Ok(Inquiry {
            stages,
            draft: None,
            transcript: request.transcript,
            bytes: PERSON_BYTES * (count(&request.agents) + count(&request.queues)),
            conversation: named,
            exchange: Some(Arc::new(exchange)),
            assessment,
            trigger: request.trigger.map(Arc::new),
            agents: request.agents,
            queues: request.queues,
            seed,
        })
    }
}

impl TryFrom<ToneRequest> for Inquiry {
    type Error = InputError;

    fn try_from(request: ToneRequest) -> Result<Inquiry, InputError> {
        let draft = Draft::from_value(request.draft)?;
        let seed = request.seed.unwrap_or_else(|| seed_of(&draft.id));
        if request.conversation.is_some() && request.interaction.is_none() {
            return Err(InputError::Invalid {
                field: "conversation".to_owned(),
                problem: "needs `interaction`, the message the draft answers".to_owned(),
            });
        }
        let interaction = request.interaction.map(Interaction::from_outside);
        let interaction = interaction.transpose()?;
        let named = named(request.conversation.as_ref(), interaction.as_ref());
        let mut exchange = interaction.map(Exchange::new);
        if let (Some(exchange), Some(conversation)) = (&mut exchange, request.conversation) {
            exchange.conversation = conversation;
        }
        let answered = exchange
            .as_ref()
            .map(|exchange| &*exchange.interaction.text);
        let assessment = given(request.classification, answered.unwrap_or_default())?;
        Ok(Inquiry {
            stages: BTreeSet::new(),
            draft: Some(DraftInput {
                draft: Arc::new(draft),
                composing: request.composing,
            }),
            transcript: request.transcript,
            bytes: 0,
            conversation: named,
            exchange: exchange.map(Arc::new),
            assessment,
            trigger: None,
            agents: None,
            queues: None,
            seed,
        })
    }
}

fn count<T>(all: &Option<Vec<T>>) -> usize {
    all.as_ref().map_or(0, Vec::len)
}

/// The conversation the asker names.
fn named(conversation: Option<&Conversation>, interaction: Option<&Interaction>) -> Option<String> {
    let own = conversation.map(|conversation| &conversation.id);
    let own = own.filter(|id| !id.is_empty());
    own.or(interaction?.conversation.as_ref()).cloned()
}

impl Inquiry {
    /// What tells its conversation from others, as far as the asker says: the
    /// conversation's id, else the contact's, else its author on the channel,
    /// else the message.
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
                if let Some(author) = &interaction.author.address {
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

    /// Whether it is about a draft that is still being typed.
    pub fn is_typed(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.composing)
    }

    /// What a generation is asked in.
    ///
    /// # Errors
    /// As [`surroundings`](Inquiry::surroundings).
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

    /// What a generation goes by: what it has, but for the people and queues
    /// the asker names.
    ///
    /// # Errors
    /// [`InputError`] where those do not fit the generation.
    pub fn surroundings(&self, generation: &Generation) -> Result<Arc<Surroundings>, InputError> {
        let own = &generation.surroundings;
        if self.agents.is_none() && self.queues.is_none() {
            return Ok(Arc::clone(own));
        }
        let queues = self.queues.clone().unwrap_or_else(|| {
            let ids = own.directory.queue_ids();
            ids.filter_map(|id| own.directory.queue(id))
                .map(|queue| Queue::clone(queue))
                .collect()
        });
        let agents = self.agents.clone().unwrap_or_else(|| {
            let all = own.directory.agents();
            all.iter().map(|agent| Agent::clone(agent)).collect()
        });
        let directory = Directory::new(agents, queues).map_err(|error| InputError::Invalid {
            field: "agents".to_owned(),
            problem: format!("and `queues` do not fit together: {error}"),
        })?;
        if directory
            .queue(generation.pipelines.default_queue())
            .is_none()
        {
            return Err(InputError::Invalid {
                field: "queues".to_owned(),
                problem: format!(
                    "lacks {:?}, the company's default queue",
                    generation.pipelines.default_queue()
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
