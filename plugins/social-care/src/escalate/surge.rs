//! Escalates surges: many interactions about one subject, or few that reach many people.

use patchbay_sdk::prelude::*;

use super::notify;
use crate::SocialCare;

/// Intents that are not an incident in any number.
const WELCOME: [&str; 2] = ["praise", "question"];

/// Opens an incident for a surge of interactions.
pub(super) fn volume(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    let settings = &policy.settings;
    let count = trigger.count().unwrap_or(0);
    let usual = trigger.usual().unwrap_or(0.0);
    if count < settings.surge_least || (count as f64) < usual * settings.surge_factor {
        return None;
    }
    let subject = subject(trigger);
    if WELCOME.contains(&subject.as_str()) {
        return None;
    }
    let message = format!("{count} interactions about {subject}, usually {usual:.0}.");
    let escalation = Escalation::because(&message).open_incident(&subject, &message);
    Some(notify(policy, escalation, "manager", &message))
}

/// Opens an incident for a surge of reach and notifies the press team.
pub(super) fn reach(policy: &SocialCare, trigger: &Trigger) -> Option<Escalation> {
    let count = trigger.count().unwrap_or(0);
    let usual = trigger.usual().unwrap_or(0.0);
    if (count as f64) < usual * policy.settings.surge_factor {
        return None;
    }
    let subject = subject(trigger);
    let message =
        format!("Messages about {subject} are before {count} people, usually {usual:.0}.");
    let escalation = Escalation::because(&message).open_incident(&subject, &message);
    Some(notify(policy, escalation, "press", &message))
}

fn subject(trigger: &Trigger) -> String {
    trigger
        .subject()
        .unwrap_or_else(|| "many things".to_owned())
}
