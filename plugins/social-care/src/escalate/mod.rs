//! When more people must know.

mod classified;
mod service;
mod surge;

use patchbay_sdk::prelude::*;

use crate::SocialCare;

/// What should happen on a trigger; none where nothing should, or its code is
/// not known.
pub(crate) fn respond(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    let answer = match trigger.code().as_str() {
        "classified" => classified::respond(policy, &trigger.conversation()?),
        "sla-at-risk" => service::at_risk(policy, trigger),
        "sla-breached" => service::breached(policy, trigger),
        "customer-returned" => service::returned(trigger),
        "declined" => service::declined(policy, trigger),
        "silent-agent" => service::silent(policy, trigger),
        "volume-surge" => surge::volume(policy, trigger),
        "reach-surge" => surge::reach(policy, trigger),
        _ => None,
    };
    answer.filter(|answer| !answer.actions.is_empty())
}

/// Tell a team, where the settings name it.
fn notify(policy: &SocialCare, escalation: Escalation, team: &str, message: &str) -> Escalation {
    let Some(target) = policy.settings.teams.get(team) else {
        return escalation;
    };
    match policy.settings.brand.as_str() {
        "" => escalation.notify(target, message),
        brand => escalation.notify(target, format!("{brand}: {message}")),
    }
}

/// Which conversation, for people: channel and identifier, nothing personal.
fn which(conversation: Option<&Conversation>) -> String {
    conversation.map_or_else(
        || "a conversation".to_owned(),
        |it| format!("conversation {} on {}", it.id(), it.channel()),
    )
}

#[cfg(test)]
mod tests;
