//! What the policies decided about a message, for a help desk that keeps the conversation.

use std::fmt;

/// What the policies decided about a message. Empty where no policy said it. `Debug` shows
/// no text.
#[derive(Clone)]
pub struct DecisionReport<'a> {
    /// Key of the outbox item, the same at every attempt.
    pub key: &'a str,
    /// Code of the channel.
    pub channel: &'a str,
    /// The company's account that the customer wrote to.
    pub account: &'a str,
    /// The interaction's conversation, as the adapter gave it.
    pub conversation: Option<&'a str>,
    /// The provider's id of the message: the attribute `provider_id`.
    pub message: Option<&'a str>,
    /// Codes of the intents, the surest first.
    pub intents: &'a [String],
    /// Codes of the topics.
    pub topics: &'a [String],
    /// Tags of the conversation.
    pub tags: &'a [String],
    /// Language of the message, as in BCP 47.
    pub language: Option<&'a str>,
    /// From -1, negative, to 1, positive.
    pub sentiment: Option<f64>,
    /// From 0 to 100; 100 is the most urgent.
    pub urgency: Option<u8>,
    /// Whether the message is spam, from 0 to 1.
    pub spam: Option<f64>,
    /// Id of the queue in which the conversation waits; `None`: as last reported, so that
    /// what a person changed at the help desk stays.
    pub queue: Option<&'a str>,
    /// Id of the agent for whom it waits; `None`: as last reported, or no agent.
    pub agent: Option<&'a str>,
    /// Priority of the conversation, from 0 to 100; 100 is the highest. `None`: as last
    /// reported.
    pub priority: Option<u8>,
    /// Why, in the words of the policies, one sentence each. They may contain personal data:
    /// for people of the company only.
    pub reasons: &'a [String],
    /// Labels that the help desk's conversation had when its last message came: the attribute
    /// `labels` of the interaction. A help desk whose API replaces them all needs them; `None`
    /// where the delivery did not say them.
    pub labels: Option<&'a [String]>,
}

impl fmt::Debug for DecisionReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionReport")
            .field("key", &self.key)
            .field("queue", &self.queue)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}
