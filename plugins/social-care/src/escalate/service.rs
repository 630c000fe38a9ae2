//! Escalates service problems: SLA clocks, returned customers, offers without an agent, silence.

use patchbay_sdk::prelude::*;

use super::{notify, which};
use crate::SocialCare;

/// Failed offers from which a manager is notified.
const MANY_OFFERS: u64 = 3;

pub(super) fn at_risk(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    // A customer without an answer is more urgent than a conversation without an end.
    Some(clock(policy, trigger, "at risk", 85, 70))
}

pub(super) fn breached(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    Some(clock(policy, trigger, "missed", 95, 80))
}

/// Raises the priority, by the kind of clock, and notifies a manager.
fn clock(
    policy: &SocialCare,
    trigger: &Trigger,
    state: &str,
    response: u8,
    resolution: u8,
) -> Escalation {
    let clock = trigger.clock();
    let priority = match clock {
        Some(SlaClock::Resolution) => resolution,
        _ => response,
    };
    let clock = clock.map_or_else(|| "response".to_owned(), String::from);
    let place = which(trigger.conversation().as_ref());
    let problem = format!("The {clock} target is {state}");
    let escalation = Escalation::because(format!("{problem}.")).raise_priority(priority);
    notify(
        policy,
        escalation,
        "manager",
        &format!("{problem}: {place}."),
    )
}

pub(super) fn returned(trigger: &Trigger) -> Option<Escalation> {
    let priority = trigger
        .conversation()?
        .priority()
        .saturating_add(10)
        .clamp(60, 100);
    Some(
        Escalation::because("The customer returned: the answer did not resolve it.")
            .raise_priority(priority),
    )
}

pub(super) fn declined(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    let conversation = trigger.conversation()?;
    let offers = trigger.count().unwrap_or(1);
    let priority = conversation.priority().saturating_add(5).clamp(50, 100);
    let escalation =
        Escalation::because(format!("{offers} offers of it were declined or timed out."))
            .raise_priority(priority);
    if offers < MANY_OFFERS {
        return Some(escalation);
    }
    Some(notify(
        policy,
        escalation,
        "manager",
        &format!(
            "No agent has accepted it after {offers} offers: {}.",
            which(Some(&conversation))
        ),
    ))
}

pub(super) fn silent(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    let conversation = trigger.conversation()?;
    let place = which(Some(&conversation));
    let priority = conversation.priority().saturating_add(10).clamp(70, 100);
    let agent = trigger
        .agent()
        .map_or_else(|| "An agent".to_owned(), |id| format!("Agent {id}"));
    let mut escalation = Escalation::because("Its agent is silent: another agent must take it.")
        .raise_priority(priority);
    if let Some(queue) = conversation
        .queue()
        .or_else(|| policy.settings.default_queue.as_ref().map(String::from))
    {
        escalation = escalation.re_route(queue);
    }
    Some(notify(
        policy,
        escalation,
        "manager",
        &format!("{agent} has gone silent: {place}."),
    ))
}
