//! Routes a conversation: queue, steps, preferred agent, priority, SLA targets and tags.

mod priority;
mod queue;
mod sla;
mod steps;

use patchbay_sdk::prelude::*;

use crate::SocialCare;

/// Confidence or probability from which an intent, spam or abuse counts as certain.
pub(crate) const SURE: f64 = 0.5;

/// By how much the probability of spam must exceed the confidence of every other intent.
const MARGIN: f64 = 0.5;
/// Mood at or below which a message complains.
const COMPLAINS_AT: f64 = -0.3;
/// Mood from which praise is meant.
const THANKFUL: f64 = 0.3;
const SPAM: &str = "spam";
const COMPLAINT: &str = "complaint";
const PRAISE: &str = "praise";
const AUTOMATIC_REPLY: &str = "automatic-reply";

/// The conversation, read once.
pub(crate) struct Situation<'a> {
    pub(crate) policy: &'a SocialCare,
    pub(crate) conversation: &'a Conversation,
    /// Best first, with their confidence.
    pub(crate) intents: Vec<Intent>,
    pub(crate) topics: Vec<String>,
    pub(crate) mood: f64,
    pub(crate) urgency: Option<u8>,
    pub(crate) language: Option<String>,
    pub(crate) spam: f64,
    pub(crate) abuse: f64,
    pub(crate) personal_data: bool,
    pub(crate) public: bool,
    pub(crate) reach: u64,
    pub(crate) verified: bool,
    pub(crate) recent: u32,
    pub(crate) cause: RouteCause,
    pub(crate) last_agent: Option<String>,
    /// Whether the newest message answers one of the company's.
    pub(crate) is_reply: bool,
    /// Whether the classification says that the customer expects no reply.
    pub(crate) expects_no_reply: bool,
}

/// The plan for a conversation; `None` where the company has no queue.
pub(crate) fn plan(policy: &SocialCare, conversation: &Conversation) -> Option<RoutePlan> {
    let situation = Situation::read(policy, conversation);
    if let Some((tag, why)) = situation.needs_no_agent() {
        return Some(RoutePlan::close().tag(tag).because(why));
    }
    let queue = queue::choose(&situation)?;
    let priority = priority::of(&situation);
    let mut plan = RoutePlan::to_queue(&queue.id).priority(priority);
    let steps = steps::steps(&situation, &queue.id);
    plan.steps = steps.steps;
    let preferred = situation.preferred_agent();
    if let Some((agent, score)) = &preferred {
        plan = plan.prefer(agent, *score);
    }
    for (clock, seconds) in sla::targets(policy, priority, situation.public) {
        plan = plan.sla(clock, seconds);
    }
    for tag in situation.tags() {
        plan = plan.tag(tag);
    }
    if !queue.open {
        plan = plan.tag("out-of-hours");
    }
    let why = format!(
        "{}{}; priority {priority}{}.",
        queue.why,
        steps.wanted,
        if preferred.is_some() {
            "; its last agent is preferred"
        } else {
            ""
        }
    );
    Some(plan.because(why))
}

impl<'a> Situation<'a> {
    fn read(policy: &'a SocialCare, conversation: &'a Conversation) -> Self {
        let assessment = conversation.assessment();
        let assessment = assessment.as_ref();
        let contact = conversation.contact();
        let least = policy.settings.least_confidence;
        Self {
            policy,
            conversation,
            intents: assessment
                .map(|it| {
                    it.intents()
                        .into_iter()
                        .filter(|intent| intent.confidence >= least)
                        .collect()
                })
                .unwrap_or_default(),
            topics: assessment.map(Assessment::topics).unwrap_or_default(),
            mood: assessment.and_then(Assessment::sentiment).unwrap_or(0.0),
            urgency: assessment.and_then(Assessment::urgency),
            language: assessment.and_then(Assessment::language),
            spam: assessment.and_then(Assessment::spam).unwrap_or(0.0),
            abuse: assessment.and_then(Assessment::abuse).unwrap_or(0.0),
            personal_data: assessment.is_some_and(|it| !it.personal_data_kinds().is_empty()),
            public: conversation.latest().is_public(),
            reach: contact.reach().unwrap_or(0),
            verified: contact.verified().unwrap_or(false),
            recent: contact.recent_interactions(),
            cause: conversation.cause(),
            last_agent: conversation.last_agent(),
            is_reply: conversation.latest().in_reply_to().is_some(),
            expects_no_reply: assessment.and_then(Assessment::reply_expected) == Some(false),
        }
    }

    /// Tag and reason where the conversation is closed without an agent.
    fn needs_no_agent(&self) -> Option<(&'static str, String)> {
        if self.is_certain_spam() {
            let why = format!(
                "Spam with probability {:.2}, nothing a customer would write, and no agent has answered \
                 this contact before.",
                self.spam
            );
            return Some(("spam", why));
        }
        let settings = &self.policy.settings;
        if settings.close_automatic_replies && self.is_only(AUTOMATIC_REPLY) {
            let why = "No person wrote it: an automatic reply or notification.".to_owned();
            return Some(("automatic-reply", why));
        }
        if settings.close_thanks && self.cause == RouteCause::Reopened && self.only_thanks() {
            let why = "Thanks after the conversation was resolved.".to_owned();
            return Some(("thanks", why));
        }
        None
    }

    /// Whether the message is praise in a good mood and asks for nothing.
    fn only_thanks(&self) -> bool {
        let certain = |intent: &&Intent| intent.name != PRAISE && intent.confidence >= SURE;
        self.intents
            .first()
            .is_some_and(|first| first.name == PRAISE)
            && !self.intents.iter().any(|it| certain(&it))
            && self.mood >= THANKFUL
            && self.expects_no_reply
            && !self.personal_data
    }

    /// Whether an intent is the best one and no other one is certain.
    fn is_only(&self, intent: &str) -> bool {
        self.intents.first().is_some_and(|first| {
            first.name == intent && first.confidence >= SURE && !self.personal_data
        }) && self.intents[1..]
            .iter()
            .all(|other| other.confidence < SURE)
    }

    /// Whether spam may be closed unread: it leads any other intent by a margin, it is no complaint and
    /// no reply, and no agent has answered the contact, who has not written before either.
    fn is_certain_spam(&self) -> bool {
        let others = || self.intents.iter().filter(|intent| intent.name != SPAM);
        self.spam >= self.policy.settings.close_spam_from
            && others()
                .all(|other| self.spam - other.confidence >= MARGIN && other.name != COMPLAINT)
            && self.mood > COMPLAINS_AT
            && self.last_agent.is_none()
            && !self.is_reply
            && self.cause == RouteCause::New
            && self.recent <= 1
            && !self.verified
    }

    /// Spam that is not certain enough to be closed.
    fn is_likely_spam(&self) -> bool {
        self.spam >= SURE
    }

    pub(crate) fn widely_seen(&self) -> bool {
        self.public && self.reach >= self.policy.settings.wide_reach
    }

    pub(crate) fn comes_again(&self) -> bool {
        self.recent >= self.policy.settings.repeat_contacts
    }

    /// The agent who answered last, unless away or the one who returned the conversation.
    fn preferred_agent(&self) -> Option<(String, u8)> {
        if !self.policy.settings.prefer_last_agent || self.cause == RouteCause::Returned {
            return None;
        }
        let id = self.last_agent.as_ref()?;
        let score = match agents::get(id)?.presence() {
            Presence::Available => 90,
            Presence::Busy => 70,
            _ => return None,
        };
        Some((id.clone(), score))
    }

    fn tags(&self) -> Vec<&'static str> {
        [
            (self.widely_seen(), "wide-reach"),
            (self.comes_again(), "repeat-contact"),
            (self.mood <= -0.5, "negative"),
            (self.abuse >= SURE, "abusive"),
            (self.is_likely_spam(), "spam-review"),
            (self.personal_data, "personal-data"),
            (self.personal_data && self.public, "personal-data-public"),
            (self.cause == RouteCause::Reopened, "reopened"),
        ]
        .into_iter()
        .filter_map(|(holds, tag)| holds.then_some(tag))
        .collect()
    }
}

#[cfg(test)]
mod tests;
