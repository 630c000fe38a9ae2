use crate::source::types;
use crate::{Assessment, Contact, Interaction, Timestamp};

/// Interactions that belong together on one channel thread.
#[derive(Debug)]
pub struct Conversation {
    pub(crate) host: types::Conversation,
}

impl Conversation {
    pub(crate) fn new(host: types::Conversation) -> Self {
        Self { host }
    }

    /// The company's identifier of the conversation; the id of its first
    /// interaction where conversations are not kept.
    pub fn id(&self) -> String {
        self.host.id()
    }

    /// Code of the channel, as in `interaction.channel`.
    pub fn channel(&self) -> String {
        self.host.channel()
    }

    /// State: `queued`, `reserved`, `active`, `waiting-on-customer`,
    /// `on-hold`, `awaiting-approval`, `wrapping` or `resolved`.
    pub fn state(&self) -> String {
        self.host.state()
    }

    /// Code of why a route is asked for: `new`, `reopened`, `returned` (its
    /// agent gave it back, went offline or left), `expired` (the last step of
    /// its plan passed and nobody took it), `held` (the time it was on hold
    /// for is over) or `re-routed` (an escalation asked). The set grows.
    /// Outside routing, the cause of the last route.
    pub fn cause(&self) -> String {
        self.host.cause()
    }

    /// When its first interaction was accepted.
    pub fn created_at(&self) -> Timestamp {
        self.host.created_at()
    }

    /// How many interactions it holds, both directions.
    pub fn interaction_count(&self) -> u32 {
        self.host.interaction_count()
    }

    /// The newest inbound interaction.
    pub fn latest(&self) -> Interaction {
        Interaction::new(self.host.latest())
    }

    /// The customer it is with.
    pub fn contact(&self) -> Contact {
        Contact::new(self.host.contact())
    }

    /// What the classifiers said of the newest inbound interaction;
    /// absent where it has not been classified.
    pub fn assessment(&self) -> Option<Assessment> {
        self.host.assessment().map(Assessment::new)
    }

    /// Queue it waits in or came from; absent before the first route.
    pub fn queue(&self) -> Option<String> {
        self.host.queue()
    }

    /// Agent who owns it; absent while nobody does.
    pub fn owner(&self) -> Option<String> {
        self.host.owner()
    }

    /// Agent who last replied in it, or to its contact elsewhere; absent
    /// where nobody has.
    pub fn last_agent(&self) -> Option<String> {
        self.host.last_agent()
    }

    /// Priority, 0 (lowest) to 100.
    pub fn priority(&self) -> u8 {
        self.host.priority()
    }

    /// Tags, sorted; at most 64.
    pub fn tags(&self) -> Vec<String> {
        self.host.tags()
    }

    /// When the oldest customer message that nobody has answered was
    /// received; absent where every message is answered.
    pub fn unanswered_since(&self) -> Option<Timestamp> {
        self.host.unanswered_since()
    }

    /// Subject of the incident it belongs to, as `open-incident` named it;
    /// absent where it belongs to none.
    pub fn incident(&self) -> Option<String> {
        self.host.incident()
    }
}
