use super::example::example;
use crate::source::{agents, knowledge};
use crate::{Agent, Article, Queue};

impl Agent {
    /// An agent for a test: available, idle, without skills.
    pub fn example(id: impl Into<String>) -> AgentExample {
        AgentExample(Self::new(agents::Agent {
            id: id.into(),
            presence: "available".to_owned(),
            capacity: 100,
            ..agents::Agent::default()
        }))
    }
}

impl Queue {
    /// A queue for a test: open and empty.
    pub fn example(id: impl Into<String>) -> QueueExample {
        QueueExample(Self::new(agents::Queue {
            id: id.into(),
            is_open: true,
            ..agents::Queue::default()
        }))
    }
}

impl Article {
    /// An approved answer for a test.
    pub fn example(id: impl Into<String>, text: impl Into<String>) -> ArticleExample {
        ArticleExample(Self::new(knowledge::Article {
            id: id.into(),
            text: text.into(),
            ..knowledge::Article::default()
        }))
    }
}

example! {
    AgentExample of Agent {
        /// Display name.
        maybe_text name;
        /// One more skill, 1 (learning) to 5 (expert).
        one_skill skill => skills;
        /// One more language (BCP 47).
        one_text language => languages;
        /// `available`, `busy`, `away` or `offline`; otherwise `available`.
        text presence;
        /// Capacity in use.
        value load: u32;
        /// Total capacity; otherwise 100.
        value capacity: u32;
        /// Seconds since they last took up or finished a conversation.
        maybe idle_seconds: u32;
        /// One more queue they are a member of; without any, of every queue
        /// whose skills they have.
        one_text queue => queues;
        /// One more team.
        one_text team => teams;
        /// Site.
        maybe_text site;
    }
}

example! {
    QueueExample of Queue {
        /// One more skill all its members have at least so well.
        one_skill skill => skills;
        /// Conversations that wait in it.
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
    /// Conversations without a route go here.
    pub fn default_queue(mut self) -> Self {
        self.0.host.is_default = true;
        self
    }

    /// Outside of its business hours.
    pub fn closed(mut self) -> Self {
        self.0.host.is_open = false;
        self.0.host.closes_at = None;
        self
    }

    /// Outside of its business hours until a moment.
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
        /// One more intent it answers.
        one_text intent => intents;
        /// Language (BCP 47).
        maybe_text language;
        /// One more phrase not to use.
        one_text never_say => never_say;
    }
}
