//! Escalates a classified interaction.

use patchbay_sdk::prelude::*;

use super::{notify, which};
use crate::SocialCare;
use crate::route::SURE;

/// An intent that is always escalated.
struct Alarm {
    intent: &'static str,
    team: &'static str,
    /// Minimum priority from now on.
    priority: u8,
    /// Whether replies need a supervisor's approval.
    approval: bool,
    message: &'static str,
}

const ALARMS: [Alarm; 4] = [
    Alarm {
        intent: "safety",
        team: "safety",
        priority: 95,
        approval: true,
        message: "A customer reports a danger or an injury",
    },
    Alarm {
        intent: "legal-threat",
        team: "legal",
        priority: 80,
        approval: true,
        message: "A customer speaks of legal action",
    },
    Alarm {
        intent: "press-inquiry",
        team: "press",
        priority: 80,
        approval: true,
        message: "A journalist asks for comment",
    },
    Alarm {
        intent: "fraud",
        team: "fraud",
        priority: 90,
        approval: false,
        message: "A customer reports fraud",
    },
];
/// Mood at or below which a public message is negative.
const BAD_MOOD: f64 = -0.2;

pub(super) fn respond(policy: &SocialCare, conversation: &Conversation) -> Option<Escalation> {
    let assessment = conversation.assessment()?;
    if assessment.spam().unwrap_or(0.0) >= SURE {
        return None;
    }
    let place = which(Some(conversation));
    let mut reasons = Vec::new();
    let mut escalation = Escalation::because("");
    let mut priority = 0;
    let mut approval = false;
    for alarm in &ALARMS {
        if assessment.confidence(alarm.intent).unwrap_or(0.0) >= SURE {
            escalation = notify(
                policy,
                escalation,
                alarm.team,
                &format!("{}: {place}.", alarm.message),
            );
            priority = priority.max(alarm.priority);
            approval |= alarm.approval;
            reasons.push(alarm.intent.to_owned());
        }
    }
    let contact = conversation.contact();
    let reach = contact.reach().unwrap_or(0);
    let mood = assessment.sentiment().unwrap_or(0.0);
    if reach >= policy.settings.escalate_reach
        && mood <= BAD_MOOD
        && conversation.latest().is_public()
    {
        escalation = notify(
            policy,
            escalation,
            "press",
            &format!("A negative public message before {reach} followers: {place}."),
        );
        priority = priority.max(85);
        reasons.push("a negative message many can see".to_owned());
    }
    let recent = contact.recent_interactions();
    if recent >= policy.settings.escalate_contacts {
        escalation = notify(
            policy,
            escalation,
            "manager",
            &format!("A customer has written {recent} times in seven days: {place}."),
        );
        priority = priority.max(70);
        reasons.push(format!("{recent} messages in seven days"));
    }
    if reasons.is_empty() {
        return None;
    }
    escalation = escalation.raise_priority(priority);
    if approval {
        escalation = escalation.require_approval();
    }
    escalation.why = format!("Escalated for {}.", reasons.join(" and "));
    Some(escalation)
}
