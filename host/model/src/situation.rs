//! Everything a policy may read for one decision. It is loaded before the call,
//! so that no host call waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::channel;
use crate::channel::Visibility;
use crate::conversation::{Contact, Conversation, Trigger};
use crate::decision::classification::Classification;
use crate::directory::Directory;
use crate::hours::Hours;
use crate::interaction::{Draft, Interaction};
use crate::knowledge::Knowledge;
use crate::length::{LengthRule, Measure};
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
    /// Length rules of the company's own, by channel code; those of direct
    /// messages on a public channel by its code with `-direct`.
    pub lengths: Arc<BTreeMap<String, LengthRule>>,
}

impl Surroundings {
    /// A company with only a directory.
    pub fn of(directory: Directory) -> Surroundings {
        Surroundings {
            directory: Arc::new(directory),
            knowledge: Arc::new(Knowledge::default()),
            hours: Arc::default(),
            targets: Arc::default(),
            lengths: Arc::default(),
        }
    }

    /// Length of a text and the limit of its channel, by the company's rule for
    /// it or else by the channel's. A private text on a public channel is a
    /// direct message.
    pub fn measure(&self, channel: &str, visibility: Visibility, text: &str) -> Measure {
        let code = channel::length_code(channel, visibility);
        let own = self.lengths.get(&*code).copied();
        own.unwrap_or_else(|| channel::length_rule(&code))
            .measure(text)
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
    /// Input for one inbound interaction, or for a draft that answers none.
    pub fn of(
        surroundings: Arc<Surroundings>,
        exchange: impl Into<Option<Exchange>>,
        now: Timestamp,
        seed: u64,
    ) -> Situation {
        Situation {
            now,
            seed,
            surroundings,
            exchange: exchange.into().map(Arc::new),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::length::LengthUnit;

    #[test]
    fn a_rule_of_the_company_precedes_the_rule_of_the_channel() {
        let mut company = Surroundings::of(Directory::default());
        company.lengths = Arc::new(BTreeMap::from([
            ("fax".to_owned(), LengthRule::new(LengthUnit::Bytes, 5)),
            (
                "x-direct".to_owned(),
                LengthRule::new(LengthUnit::Characters, 7),
            ),
        ]));
        for (channel, visibility, limit) in [
            ("fax", Visibility::Private, Some(5)),
            ("x", Visibility::Public, Some(280)),
            ("x", Visibility::Private, Some(7)),
            ("instagram", Visibility::Private, Some(1_000)),
            ("letter", Visibility::Private, None),
        ] {
            let measured = company.measure(channel, visibility, "界界");
            assert_eq!(measured.limit, limit, "{channel} {visibility:?}");
        }
        assert!(!company.measure("fax", Visibility::Private, "界界").fits());
    }
}
