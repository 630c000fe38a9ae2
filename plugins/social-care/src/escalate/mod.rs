//! Escalates conversations and surges.

mod classified;
mod service;
mod surge;

use patchbay_sdk::prelude::*;

use crate::SocialCare;

/// Actions for a trigger; `None` where there is none to take, or the trigger is not known.
pub(crate) fn respond(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    let answer = match trigger.code() {
        TriggerCode::Classified => classified::respond(policy, &trigger.conversation()?),
        TriggerCode::SlaAtRisk => service::at_risk(policy, trigger),
        TriggerCode::SlaBreached => service::breached(policy, trigger),
        TriggerCode::CustomerReturned => service::returned(trigger),
        TriggerCode::Declined => service::declined(policy, trigger),
        TriggerCode::SilentAgent => service::silent(policy, trigger),
        TriggerCode::VolumeSurge => surge::volume(policy, trigger),
        TriggerCode::ReachSurge => surge::reach(policy, trigger),
        _ => None,
    };
    answer.filter(|answer| !answer.actions.is_empty())
}

/// Notifies a team, where the settings name a target for it.
fn notify(policy: &SocialCare, escalation: Escalation, team: &str, message: &str) -> Escalation {
    let Some(target) = policy.settings.teams.get(team) else {
        return escalation;
    };
    match policy.settings.brand.as_str() {
        "" => escalation.notify(target, message),
        brand => escalation.notify(target, format!("{brand}: {message}")),
    }
}

/// Names a conversation in a message: channel and identifier, no personal data.
fn which(conversation: Option<&Conversation>) -> String {
    conversation.map_or_else(
        || "a conversation".to_owned(),
        |it| format!("conversation {} on {}", it.id(), it.channel()),
    )
}

#[cfg(test)]
mod tests;
