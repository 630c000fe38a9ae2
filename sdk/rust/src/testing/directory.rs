use super::example::example;
use crate::source::{agents, knowledge};
use crate::{Agent, Article, Presence, Queue};

impl Agent {
    /// An agent for a test: available, idle, without skills.
    pub fn example(id: impl Into<String>) -> AgentExample {
        AgentExample(
            agents::Agent {
                id: id.into(),
                presence: Presence::Available.into(),
                capacity: 100,
                ..agents::Agent::default()
            }
            .into(),
        )
    }
}

impl Queue {
    /// A queue for a test: open and empty.
    pub fn example(id: impl Into<String>) -> QueueExample {
        QueueExample(
            agents::Queue {
                id: id.into(),
                is_open: true,
                ..agents::Queue::default()
            }
            .into(),
        )
    }
}

impl Article {
    /// An approved answer for a test.
    pub fn example(id: impl Into<String>, text: impl Into<String>) -> ArticleExample {
        ArticleExample(
            knowledge::Article {
                id: id.into(),
                text: text.into(),
                ..knowledge::Article::default()
            }
            .into(),
        )
    }
}

example! {
    AgentExample of Agent {
        /// Display name.
        maybe_text name;
        /// Adds a skill, 1 (learning) to 5 (expert).
        one_skill skill => skills;
        /// Adds a language (BCP 47).
        one_text language => languages;
        /// Whether they are at work. Default: `available`.
        text presence;
        /// Capacity in use.
        value load: u32;
        /// Total capacity. Default: 100.
        value capacity: u32;
        /// Seconds since they last accepted or finished a conversation.
        maybe idle_seconds: u32;
        /// Adds a queue they are a member of. Default: every queue whose skills they have.
        one_text queue => queues;
        /// Adds a team.
        one_text team => teams;
        /// Site.
        maybe_text site;
    }
}

example! {
    QueueExample of Queue {
        /// Adds a skill with the minimum proficiency of its members.
        one_skill skill => skills;
        /// Number of conversations waiting in it.
        value waiting: u32;
        /// Seconds the oldest of them has waited.
        maybe longest_wait_seconds: u32;
        /// Name of its business hours.
        maybe_text hours;
        /// When it closes next.
        maybe closes_at: u64;
    }
}

impl QueueExample {
    /// Makes it the queue of conversations without a route.
    pub fn default_queue(mut self) -> Self {
        self.0.host.is_default = true;
        self
    }

    /// Closes it.
    pub fn closed(mut self) -> Self {
        self.0.host.is_open = false;
        self.0.host.closes_at = None;
        self
    }

    /// Closes it until a time.
    pub fn opens_at(mut self, at: u64) -> Self {
        self = self.closed();
        self.0.host.opens_at = Some(at);
        self
    }
}

example! {
    ArticleExample of Article {
        /// Title.
        text title;
        /// Adds an intent it answers.
        one_text intent => intents;
        /// Language (BCP 47).
        maybe_text language;
        /// Adds a phrase an answer must not use.
        one_text never_say => never_say;
    }
}
