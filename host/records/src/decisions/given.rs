//! What a decision was made on, as it stands in its record: texts by their
//! place in the order of acceptance, where they are kept once and sealed.

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

use crate::reading;

/// Places of the texts a decision could read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sources {
    /// Of the interaction it is about.
    pub interaction: u64,
    /// Of the conversation's earlier ones, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<u64>,
    /// Of those in the contact's other conversations, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<u64>,
}

/// What a decision was made on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecordedInput {
    /// When it was made.
    pub now: Timestamp,
    /// Seed of the random numbers.
    pub seed: u64,
    /// What was asked.
    pub stages: BTreeSet<Stage>,
    /// Where its texts are.
    pub texts: Sources,
    /// The conversation as it was.
    pub conversation: Conversation,
    /// What was known of the author.
    pub contact: Contact,
    /// What the classifiers had said before.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "as_it_was"
    )]
    pub assessment: Option<Classification>,
    /// The draft that was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    /// What escalation was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
}

impl RecordedInput {
    /// What these stages are asked about.
    pub fn of(situation: &Situation, sources: &Sources, stages: &BTreeSet<Stage>) -> RecordedInput {
        let exchange = situation.exchange.as_deref();
        let conversation = exchange.map(|exchange| exchange.conversation.clone());
        RecordedInput {
            now: situation.now,
            seed: situation.seed,
            stages: stages.clone(),
            texts: sources.clone(),
            conversation: conversation.unwrap_or_else(nothing),
            contact: exchange.map_or_else(Contact::default, |exchange| exchange.contact.clone()),
            assessment: situation.assessment.as_deref().cloned(),
            draft: None,
            trigger: situation.trigger.as_deref().cloned(),
        }
    }

    /// The texts, opened; none where one's author was erased.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
    ) -> Result<Option<Texts>, JournalError> {
        let read = |ordinals: &[u64]| -> Result<Option<Vec<Interaction>>, JournalError> {
            let places: Vec<Ordinal> = ordinals.iter().copied().map(Ordinal).collect();
            let messages = journal.inputs(company, &places)?;
            let mut texts = Vec::with_capacity(places.len());
            for place in &places {
                let message = messages.iter().find(|message| message.ordinal == *place);
                let text = match message {
                    Some(message) => reading::open(journal, message)?,
                    None => None,
                };
                match text {
                    Some(text) => texts.push(text),
                    None => return Ok(None),
                }
            }
            Ok(Some(texts))
        };
        let Some(interaction) = read(&[self.texts.interaction])?.and_then(|mut one| one.pop())
        else {
            return Ok(None);
        };
        let (earlier, elsewhere) = (read(&self.texts.earlier)?, read(&self.texts.elsewhere)?);
        Ok(earlier.zip(elsewhere).map(|(earlier, elsewhere)| Texts {
            interaction,
            earlier,
            elsewhere,
        }))
    }
}

/// A classification with what nobody had an opinion on absent: documents for
/// people show those scores as 0.
pub fn as_it_was<S: Serializer>(
    assessment: &Option<Classification>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let Some(assessment) = assessment else {
        return serializer.serialize_none();
    };
    let mut document = serde_json::to_value(assessment).unwrap_or_default();
    for (field, score) in [
        ("sentiment", assessment.sentiment),
        ("spam", assessment.spam),
        ("abuse", assessment.abuse),
    ] {
        document[field] = score.into();
    }
    document.serialize(serializer)
}

fn nothing() -> Conversation {
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
        incident: None,
    }
}

/// The texts a decision could read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Texts {
    /// The interaction it is about.
    pub interaction: Interaction,
    /// The conversation's earlier ones, newest first.
    pub earlier: Vec<Interaction>,
    /// Those in the contact's other conversations, newest first.
    pub elsewhere: Vec<Interaction>,
}

impl Texts {
    /// Everything a policy could read, but for what has changed since; and the
    /// draft it was asked about.
    pub fn situation(
        self,
        given: &RecordedInput,
        surroundings: Arc<Surroundings>,
    ) -> (Situation, Option<DraftInput>) {
        let shared = |texts: Vec<Interaction>| texts.into_iter().map(Arc::new).collect();
        let exchange = Exchange {
            interaction: Arc::new(self.interaction),
            conversation: given.conversation.clone(),
            contact: given.contact.clone(),
            earlier: shared(self.earlier),
            elsewhere: shared(self.elsewhere),
        };
        let mut situation = Situation::of(surroundings, exchange, given.now, given.seed);
        situation.assessment = given.assessment.clone().map(Arc::new);
        situation.trigger = given.trigger.clone().map(Arc::new);
        let draft = given.draft.clone().map(|draft| DraftInput {
            draft: Arc::new(draft),
            composing: false,
        });
        (situation, draft)
    }
}
