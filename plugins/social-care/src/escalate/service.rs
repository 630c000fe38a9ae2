//! When service falls behind: clocks, offers nobody takes, silence.

use patchbay_sdk::prelude::*;

use super::{notify, which};
use crate::SocialCare;

/// Offers that failed before a manager is told.
const MANY_OFFERS: u64 = 3;

pub(super) fn at_risk(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    let clock = trigger.clock().unwrap_or_else(|| "response".to_owned());
    let place = which(trigger.conversation().as_ref());
    // A resolution takes its time; a customer without an answer does not.
    let priority = if clock == "resolution" { 70 } else { 85 };
    let escalation =
        Escalation::because(format!("The {clock} target is at risk.")).raise_priority(priority);
    Some(notify(
        policy,
        escalation,
        "manager",
        &format!("The {clock} target is at risk: {place}."),
    ))
}

pub(super) fn breached(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    let clock = trigger.clock().unwrap_or_else(|| "response".to_owned());
    let place = which(trigger.conversation().as_ref());
    let priority = if clock == "resolution" { 80 } else { 95 };
    let escalation =
        Escalation::because(format!("The {clock} target is missed.")).raise_priority(priority);
    Some(notify(
        policy,
        escalation,
        "manager",
        &format!("The {clock} target is missed: {place}."),
    ))
}

pub(super) fn returned(trigger: &Trigger) -> Option<Escalation> {
    let priority = trigger
        .conversation()?
        .priority()
        .saturating_add(10)
        .clamp(60, 100);
    Some(
        Escalation::because("The customer came back: what was answered did not settle it.")
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
            "Nobody takes it after {offers} offers: {}.",
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
    let mut escalation = Escalation::because("Its agent is silent: somebody else must take it.")
        .raise_priority(priority);
    if let Some(queue) = conversation
        .queue()
        .or_else(|| policy.settings.default_queue.clone())
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
