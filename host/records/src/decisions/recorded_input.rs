//! Recorded input of a decision. Texts are stored once, sealed, in the inbox;
//! the record refers to them by ordinal.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::{CompanyId, Journal, JournalError, Ordinal};
use patchbay_model::conversation::{Contact, Conversation, RouteCause, Trigger};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::stage::Stage;
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::situation::{DraftInput, Exchange, Situation, Surroundings};
use serde::{Deserialize, Serialize, Serializer};

use crate::conversation_reader::open_input;

/// Ordinals of the texts a decision could read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextSources {
    /// The interaction decided about; absent for a draft that answers none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction: Option<u64>,
    /// Earlier ones of the conversation, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<u64>,
    /// Those of the contact's other conversations, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<u64>,
}

/// Input of a decision, for explanation, replay and test cases.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecordedInput {
    /// Time of the decision.
    pub now: Timestamp,
    /// Seed of the plugins' random numbers.
    pub seed: u64,
    /// Stages that were evaluated.
    pub stages: BTreeSet<Stage>,
    /// Ordinals of the texts.
    pub texts: TextSources,
    /// The conversation at that time.
    pub conversation: Conversation,
    /// The author's contact.
    pub contact: Contact,
    /// The classification from before.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "serialize_absent_scores"
    )]
    pub assessment: Option<Classification>,
    /// The draft to check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    /// What triggered the escalation stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
}

impl RecordedInput {
    /// The input of these stages; `draft` is absent.
    pub fn new(
        situation: &Situation,
        sources: &TextSources,
        stages: &BTreeSet<Stage>,
    ) -> RecordedInput {
        let exchange = situation.exchange.as_deref();
        let conversation = exchange.map(|exchange| exchange.conversation.clone());
        RecordedInput {
            now: situation.now,
            seed: situation.seed,
            stages: stages.clone(),
            texts: sources.clone(),
            conversation: conversation.unwrap_or_else(empty_conversation),
            contact: exchange.map_or_else(Contact::default, |exchange| exchange.contact.clone()),
            assessment: situation.assessment.as_deref().cloned(),
            draft: None,
            trigger: situation.trigger.as_deref().cloned(),
        }
    }

    /// Reads the texts; `None` if one is missing or its author was erased. A
    /// decision about a draft that answers nothing has none to read.
    pub fn open_texts(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
    ) -> Result<Option<SourceTexts>, JournalError> {
        let read = |ordinals: &[u64]| -> Result<Option<Vec<Interaction>>, JournalError> {
            let ordinals: Vec<Ordinal> = ordinals.iter().copied().map(Ordinal).collect();
            let inputs = journal.inputs(company, &ordinals)?;
            let mut texts = Vec::with_capacity(ordinals.len());
            for ordinal in ordinals {
                let input = inputs.iter().find(|input| input.ordinal == ordinal);
                let text = input.map(|input| open_input(journal, input)).transpose()?;
                let Some(text) = text.flatten() else {
                    return Ok(None);
                };
                texts.push(text);
            }
            Ok(Some(texts))
        };
        let interaction = match self.texts.interaction {
            None => None,
            Some(ordinal) => match read(&[ordinal])?.and_then(|mut one| one.pop()) {
                None => return Ok(None),
                read => read,
            },
        };
        let (earlier, elsewhere) = (read(&self.texts.earlier)?, read(&self.texts.elsewhere)?);
        Ok(earlier
            .zip(elsewhere)
            .map(|(earlier, elsewhere)| SourceTexts {
                interaction,
                earlier,
                elsewhere,
            }))
    }
}

/// Writes absent scores as null; the model's own serialization writes 0.
fn serialize_absent_scores<S: Serializer>(
    assessment: &Option<Classification>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let Some(assessment) = assessment else {
        return serializer.serialize_none();
    };
    let mut document = serde_json::to_value(assessment).unwrap_or_default();
    document["sentiment"] = assessment.sentiment.into();
    document["spam"] = assessment.spam.into();
    document["abuse"] = assessment.abuse.into();
    document.serialize(serializer)
}

fn empty_conversation() -> Conversation {
    Conversation {
        id: String::new(),
        state: Default::default(),
        cause: RouteCause::New,
        created_at: None,
        interaction_count: 0,
        queue: None,
        owner: None,
        last_agent: None,
        priority: 0,
        tags: Vec::new(),
        unanswered_since: None,
        reply_window_ends: None,
        incident: None,
    }
}

/// The texts a decision could read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceTexts {
    /// The interaction decided about; absent for a draft that answers none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<Interaction>,
    /// Earlier ones of the conversation, newest first.
    pub earlier: Vec<Interaction>,
    /// Those of the contact's other conversations, newest first.
    pub elsewhere: Vec<Interaction>,
}

impl SourceTexts {
    /// Rebuilds the situation and the draft of a decision; `surroundings` are
    /// today's.
    pub fn into_situation(
        self,
        input: &RecordedInput,
        surroundings: Arc<Surroundings>,
    ) -> (Situation, Option<DraftInput>) {
        let shared = |texts: Vec<Interaction>| texts.into_iter().map(Arc::new).collect();
        let exchange = self.interaction.map(|interaction| Exchange {
            interaction: Arc::new(interaction),
            conversation: input.conversation.clone(),
            contact: input.contact.clone(),
            earlier: shared(self.earlier),
            elsewhere: shared(self.elsewhere),
        });
        let mut situation = Situation::of(surroundings, exchange, input.now, input.seed);
        situation.assessment = input.assessment.clone().map(Arc::new);
        situation.trigger = input.trigger.clone().map(Arc::new);
        let draft = input.draft.clone().map(|draft| DraftInput {
            draft: Arc::new(draft),
            composing: false,
        });
        (situation, draft)
    }
}
