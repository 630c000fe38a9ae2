//! Everything a policy may read for one decision. It is loaded before the call,
//! so that no host call waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::conversation::{Contact, Conversation, Trigger};
use crate::decision::classification::Classification;
use crate::directory::Directory;
use crate::hours::Hours;
use crate::interaction::{Draft, Interaction};
use crate::knowledge::Knowledge;
use crate::length::{self, Measure};
use crate::state::Memory;

/// Data of a company: immutable, shared by all its decisions.
#[derive(Debug)]
pub struct Surroundings {
    /// Agents and queues.
    pub directory: Arc<Directory>,
    /// Approved answers.
    pub knowledge: Arc<Knowledge>,
    /// Business hours by name.
    pub hours: Arc<BTreeMap<String, Hours>>,
    /// Names of the targets an escalation may notify.
    pub targets: Arc<BTreeSet<String>>,
    /// Channels with the legacy limit of 140 characters.
    pub legacy_140: Arc<BTreeSet<String>>,
}

impl Surroundings {
    /// A company with only a directory.
    pub fn of(directory: Directory) -> Surroundings {
        Surroundings {
            directory: Arc::new(directory),
            knowledge: Arc::new(Knowledge::default()),
            hours: Arc::default(),
            targets: Arc::default(),
            legacy_140: Arc::default(),
        }
    }

    /// Length of a text and the limit of its channel, with the company's
    /// setting for it.
    pub fn measure(&self, channel: &str, text: &str) -> Measure {
        length::measure(channel, text, self.legacy_140.contains(channel))
    }
}

/// A customer's message in context.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The newest inbound interaction.
    pub interaction: Arc<Interaction>,
    /// Its conversation.
    pub conversation: Conversation,
    /// Its author.
    pub contact: Contact,
    /// The conversation's earlier interactions, newest first.
    pub earlier: Vec<Arc<Interaction>>,
    /// The contact's interactions in other conversations, newest first.
    pub elsewhere: Vec<Arc<Interaction>>,
}

impl Exchange {
    /// A message of a new contact that starts a conversation.
    pub fn new(interaction: Interaction) -> Exchange {
        let interaction = Arc::new(interaction);
        Exchange {
            conversation: Conversation::starting_with(&interaction),
            contact: Contact::default(),
            earlier: Vec::new(),
            elsewhere: Vec::new(),
            interaction,
        }
    }
}

/// Input of a tone decision.
#[derive(Clone, Debug)]
pub struct DraftInput {
    /// The draft.
    pub draft: Arc<Draft>,
    /// Whether the agent is still typing: the result is advice and is not
    /// recorded.
    pub composing: bool,
}

/// Input of one decision.
#[derive(Clone, Debug)]
pub struct Situation {
    /// Moment of the decision.
    pub now: Timestamp,
    /// Seed of the random numbers the policy gets.
    pub seed: u64,
    /// The company.
    pub surroundings: Arc<Surroundings>,
    /// The customer's message; absent for a draft that answers none and for a
    /// surge.
    pub exchange: Option<Arc<Exchange>>,
    /// Merged classification.
    pub assessment: Option<Arc<Classification>>,
    /// The draft to check.
    pub draft: Option<DraftInput>,
    /// The trigger of an escalation.
    pub trigger: Option<Arc<Trigger>>,
    /// State of each plugin, by name.
    pub memories: Arc<BTreeMap<String, Memory>>,
}

impl Situation {
    /// Input for one inbound interaction.
    pub fn of(
        surroundings: Arc<Surroundings>,
        exchange: Exchange,
        now: Timestamp,
        seed: u64,
    ) -> Situation {
        Situation {
            now,
            seed,
            surroundings,
            exchange: Some(Arc::new(exchange)),
            assessment: None,
            draft: None,
            trigger: None,
            memories: Arc::default(),
        }
    }

    /// The text that spans in an answer refer to: the draft at a tone check,
    /// otherwise the interaction.
    pub fn text(&self) -> &str {
        match (&self.draft, &self.exchange) {
            (Some(at_hand), _) => &at_hand.draft.text,
            (None, Some(exchange)) => &exchange.interaction.text,
            (None, None) => "",
        }
    }
}
