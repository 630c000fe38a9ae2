//! Everything a policy may read for one decision, fetched before it starts:
//! nothing a policy asks for ever waits.

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

/// What a company has, whoever writes: immutable, shared by all its decisions.
#[derive(Debug)]
pub struct Surroundings {
    /// Agents and queues.
    pub directory: Arc<Directory>,
    /// Approved answers.
    pub knowledge: Arc<Knowledge>,
    /// Business hours by name.
    pub hours: Arc<BTreeMap<String, Hours>>,
    /// Names an escalation may notify.
    pub targets: Arc<BTreeSet<String>>,
    /// Channels on which the old limit of 140 characters is kept.
    pub legacy_140: Arc<BTreeSet<String>>,
}

impl Surroundings {
    /// A company with nothing but a directory.
    pub fn of(directory: Directory) -> Surroundings {
        Surroundings {
            directory: Arc::new(directory),
            knowledge: Arc::new(Knowledge::default()),
            hours: Arc::default(),
            targets: Arc::default(),
            legacy_140: Arc::default(),
        }
    }

    /// Length of a text and the most its channel takes, by the channel's own
    /// counting and the company's setting for it.
    pub fn measure(&self, channel: &str, text: &str) -> Measure {
        length::measure(channel, text, self.legacy_140.contains(channel))
    }
}

/// A customer's message with what it belongs to.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The newest inbound interaction.
    pub interaction: Arc<Interaction>,
    /// Its conversation.
    pub conversation: Conversation,
    /// Its author, beyond what the channel says.
    pub contact: Contact,
    /// The conversation's earlier interactions, newest first.
    pub earlier: Vec<Arc<Interaction>>,
    /// The contact's interactions in other conversations, newest first.
    pub elsewhere: Vec<Arc<Interaction>>,
}

impl Exchange {
    /// A message that starts a conversation, from somebody nobody knows.
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

/// A draft and whether it is still being typed.
#[derive(Clone, Debug)]
pub struct DraftAtHand {
    /// The draft.
    pub draft: Arc<Draft>,
    /// Whether the agent is still typing.
    pub composing: bool,
}

/// Everything a policy may read for one decision.
#[derive(Clone, Debug)]
pub struct Situation {
    /// When the decision is made.
    pub now: Timestamp,
    /// Seed of every random number it sees.
    pub seed: u64,
    /// The company.
    pub surroundings: Arc<Surroundings>,
    /// The customer's message; absent for a draft that answers none and for a
    /// surge over many.
    pub exchange: Option<Arc<Exchange>>,
    /// What the classifiers said of it.
    pub assessment: Option<Arc<Classification>>,
    /// The draft to check.
    pub draft: Option<DraftAtHand>,
    /// The trigger of an escalation.
    pub trigger: Option<Arc<Trigger>>,
    /// What each plugin remembers, by the plugin's name.
    pub memories: Arc<BTreeMap<String, Memory>>,
}

impl Situation {
    /// The situation of one inbound interaction.
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

    /// The text an answer's spans point into: the draft's at a tone check,
    /// else the interaction's.
    pub fn text(&self) -> &str {
        match (&self.draft, &self.exchange) {
            (Some(at_hand), _) => &at_hand.draft.text,
            (None, Some(exchange)) => &exchange.interaction.text,
            (None, None) => "",
        }
    }
}
