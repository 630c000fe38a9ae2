//! Routes a conversation: queue, steps, preferred agent, priority, SLA targets and tags.

mod priority;
mod queue;
mod sla;
mod steps;

use patchbay_sdk::prelude::*;

use crate::SocialCare;

/// Confidence or probability from which an intent, spam or abuse counts as certain.
pub(crate) const SURE: f64 = 0.5;

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
}

/// The plan for a conversation; `None` where the company has no queue.
pub(crate) fn plan(policy: &SocialCare, conversation: &Conversation) -> Option<RoutePlan> {
    let situation = Situation::read(policy, conversation);
    if situation.is_spam() {
        return Some(RoutePlan::close().tag("spam").because(format!(
            "Spam with probability {:.2}, and no agent has answered this contact before.",
            situation.spam
        )));
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
        }
    }

    /// A contact an agent has answered is a customer, whatever they write.
    fn is_spam(&self) -> bool {
        self.spam >= self.policy.settings.close_spam_from && self.last_agent.is_none()
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
