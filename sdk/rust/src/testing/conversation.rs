use super::NOON;
use super::example::example;
use crate::source::types;
use crate::{
    Assessment, Attachment, Contact, Conversation, ConversationState, Draft, Intent, Interaction,
    RouteCause, Trigger, Visibility, WrittenBy,
};

impl Conversation {
    /// A conversation for a test: new, queued, with this one unanswered interaction.
    pub fn example(latest: impl Into<Interaction>) -> ConversationExample {
        let latest = latest.into().host;
        ConversationExample(
            types::Conversation {
                id: latest.id.clone(),
                channel: latest.channel.clone(),
                state: ConversationState::Queued.into(),
                cause: RouteCause::New.into(),
                created_at: latest.received_at,
                interaction_count: 1,
                contact: latest.author.clone(),
                unanswered_since: Some(latest.received_at),
                latest,
                ..types::Conversation::default()
            }
            .into(),
        )
    }
}

impl Assessment {
    /// An assessment for a test, without any value.
    pub fn example() -> AssessmentExample {
        AssessmentExample(types::Assessment::default().into())
    }
}

impl Draft {
    /// A draft for a test: private, written by an agent, complete. Its length counts characters, unless
    /// `length` sets it.
    pub fn example(channel: impl Into<String>, text: impl Into<String>) -> DraftExample {
        let text = text.into();
        DraftExample(
            types::Draft {
                id: "example".to_owned(),
                channel: channel.into(),
                length: text.chars().count() as u32,
                text,
                visibility: Visibility::Private.into(),
                written_by: WrittenBy::Human.into(),
                ..types::Draft::default()
            }
            .into(),
        )
    }
}

impl Trigger {
    /// A trigger for a test with this code, at [`NOON`](super::NOON).
    pub fn example(code: impl Into<String>) -> TriggerExample {
        TriggerExample(
            types::Trigger {
                code: code.into(),
                at: NOON,
                ..types::Trigger::default()
            }
            .into(),
        )
    }
}

example! {
    ConversationExample of Conversation {
        /// Identifier. Default: that of its interaction.
        text id;
        /// State. Default: `queued`.
        text state;
        /// Why a route is requested. Default: `new`.
        text cause;
        /// When its first interaction was accepted.
        value created_at: u64;
        /// Number of its interactions. Default: 1.
        value interaction_count: u32;
        /// The customer. Default: the author of its interaction.
        thing contact: Contact;
        /// Classification of its interaction.
        maybe_thing assessment: Assessment;
        /// Queue it waits in or came from.
        maybe_text queue;
        /// Agent who owns it.
        maybe_text owner;
        /// Agent who last replied.
        maybe_text last_agent;
        /// Priority, 0 to 100.
        value priority: u8;
        /// Adds a tag.
        one_text tag => tags;
        /// When the oldest unanswered message was received.
        maybe unanswered_since: u64;
        /// Until when the channel takes a free reply.
        maybe reply_window_ends: u64;
        /// Subject of the incident it belongs to.
        maybe_text incident;
    }
}

impl ConversationExample {
    /// Marks every message as answered.
    pub fn answered(mut self) -> Self {
        self.0.host.unanswered_since = None;
        self
    }
}

example! {
    AssessmentExample of Assessment {
        /// Mood, -1 to 1.
        maybe sentiment: f64;
        /// Urgency, 0 to 100.
        maybe urgency: u8;
        /// Language of the text (BCP 47).
        maybe_text language;
        /// Probability of spam, 0 to 1.
        maybe spam: f64;
        /// Probability of abuse, 0 to 1.
        maybe abuse: f64;
        /// Whether the customer expects a reply.
        maybe reply_expected: bool;
        /// Adds a kind of personal data.
        one_text personal_data => personal_data_kinds;
    }
}

impl AssessmentExample {
    /// Adds an intent; the most likely comes first in any order of calls.
    pub fn intent(mut self, name: impl Into<String>, confidence: f64) -> Self {
        let intents = &mut self.0.host.intents;
        intents.push(Intent {
            name: name.into(),
            confidence,
        });
        intents.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        // Anew: it may have kept the intents of an earlier read.
        Self(self.0.host.into())
    }

    /// Adds a topic.
    pub fn topic(mut self, name: impl Into<String>) -> Self {
        self.0.host.topics.push(name.into());
        self
    }
}

example! {
    DraftExample of Draft {
        /// Identifier. Default: `example`.
        text id;
        /// Agent who sends it.
        maybe_text agent;
        /// The interaction it answers.
        maybe_thing answers: Interaction;
        /// Classification of the interaction it answers.
        maybe_thing assessment: Assessment;
        /// Its conversation.
        maybe_thing conversation: Conversation;
        /// Length as the channel counts. Default: the number of characters.
        value length: u32;
        /// Maximum length on the channel.
        maybe length_limit: u32;
    }
}

impl DraftExample {
    /// Makes it readable by anyone.
    pub fn public(mut self) -> Self {
        self.0.host.visibility = Visibility::Public.into();
        self
    }

    /// Makes it readable by the customer and the company alone, as by default.
    pub fn private(mut self) -> Self {
        self.0.host.visibility = Visibility::Private.into();
        self
    }

    /// Adds a file.
    pub fn attachment(mut self, attachment: impl Into<Attachment>) -> Self {
        self.0.host.attachments.push(attachment.into().host);
        self
    }

    /// Marks it as written by a policy.
    pub fn written_by_policy(mut self) -> Self {
        self.0.host.written_by = WrittenBy::Policy.into();
        self
    }

    /// Marks it as still being typed.
    pub fn composing(mut self) -> Self {
        self.0.host.composing = true;
        self
    }
}

example! {
    TriggerExample of Trigger {
        /// When it fired.
        value at: u64;
        /// The conversation it is about.
        maybe_thing conversation: Conversation;
        /// The clock of an SLA trigger.
        maybe_text clock;
        /// When the target of an SLA trigger is or was due.
        maybe due_at: u64;
        /// The topic or intent that surges, or the name of a wake-up.
        maybe_text subject;
        /// The agent who declined or let an offer time out, or is silent.
        maybe_text agent;
        /// Count of a surge, or number of failed offers.
        maybe count: u64;
        /// Usual count in a surge's window.
        maybe usual: f64;
        /// Length of a surge's window in seconds.
        maybe window_seconds: u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_takes_its_values_from_its_interaction() {
        let conversation = Conversation::example(
            Interaction::example("chat", "Hi")
                .id("7")
                .reach(3)
                .received_at(5),
        )
        .tag("z")
        .tag("a");
        assert_eq!(
            (conversation.0.id().as_str(), conversation.0.created_at()),
            ("7", 5)
        );
        assert_eq!(conversation.latest().text(), "Hi");
        assert_eq!(conversation.0.contact().reach(), Some(3));
        assert_eq!(conversation.tags(), ["a", "z"]);
        assert_eq!(conversation.answered().0.unanswered_since(), None);
    }

    #[test]
    fn the_best_intent_comes_first() {
        let assessment = Assessment::example()
            .intent("praise", 0.2)
            .intent("refund", 0.9);
        assert_eq!(assessment.best_intent().unwrap().name, "refund");
        assert_eq!(assessment.confidence("praise"), Some(0.2));
        assert_eq!(assessment.confidence("other"), None);
    }

    #[test]
    fn a_draft_has_what_its_builder_set() {
        let draft = Draft::example("x", "Tschüss")
            .public()
            .answers(Interaction::example("x", "Bye"))
            .length_limit(280)
            .attachment(Attachment::example("image").name("label.png"))
            .composing();
        assert!(draft.is_public() && draft.0.composing());
        assert_eq!((draft.0.length(), draft.0.length_limit()), (7, Some(280)));
        assert_eq!(draft.0.answers().unwrap().text(), "Bye");
        let files = draft.attachments();
        assert_eq!(files[0].name().as_deref(), Some("label.png"));
    }
}
