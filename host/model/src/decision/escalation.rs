//! Escalations.

use std::collections::BTreeSet;
use std::fmt::Display;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::classification::append_why;
use super::{
    BadOutput, PROSE_BYTES, check_code, check_count, check_percent, check_text, invalid_output,
};
use crate::directory::Directory;
use crate::open_codes;

/// Most actions of an escalation.
pub const ACTIONS: usize = 32;

open_codes! {
    /// Kind of an [`EscalationAction`].
    pub enum ActionKind {
        /// The conversation has at least `priority` from now on.
        RaisePriority = "raise-priority",
        /// The conversation leaves its agent and goes to the queue `target`;
        /// without one the route policies decide.
        ReRoute = "re-route",
        /// Every reply needs the approval of a member of the team `target`;
        /// without one, of a supervisor.
        RequireApproval = "require-approval",
        /// The host notifies the company's named target `target`.
        Notify = "notify",
        /// The conversation belongs to the incident `target` from now on.
        OpenIncident = "open-incident",
        /// The host calls escalation again at `at`.
        WakeUp = "wake-up",
    }
}

/// Action an escalation requests.
///
/// All but `notify` and `open-incident` need the conversation of the trigger
/// and do nothing without one. Of several wake-ups with the same name (or
/// without one) the last replaces the others; a conversation keeps the 16
/// earliest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationAction {
    /// Kind.
    pub kind: ActionKind,
    /// Queue, team, named target, incident or name of a wake-up, as the kind
    /// has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Message of a notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Least priority, or urgency of a notification or incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Moment of a wake-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Answer of an escalation policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// Kind.
    pub actions: Vec<EscalationAction>,
    /// Reason.
    pub why: String,
}

impl Escalation {
    /// Check the answer against the contract, the directory and the named
    /// targets.
    ///
    /// # Errors
    /// [`BadOutput`] with the first field at fault.
    pub fn validate(
        &self,
        now: Timestamp,
        directory: &Directory,
        targets: &BTreeSet<String>,
    ) -> Result<(), BadOutput> {
        check_count("actions", self.actions.len(), ACTIONS)?;
        for (index, action) in self.actions.iter().enumerate() {
            action.validate(format_args!("actions[{index}]"), now, directory, targets)?;
        }
        check_text("why", &self.why, PROSE_BYTES)
    }

    /// Merge answers: the union of their actions.
    pub fn merge<'a>(answers: impl IntoIterator<Item = (&'a str, Escalation)>) -> Escalation {
        let mut answers: Vec<(&str, Escalation)> = answers.into_iter().collect();
        let alone = answers.len() == 1;
        let mut merged = Escalation::default();
        for (plugin, answer) in answers.drain(..) {
            for action in answer.actions {
                if !merged.actions.contains(&action) {
                    merged.actions.push(action);
                }
            }
            if alone {
                merged.why = answer.why;
            } else {
                append_why(&mut merged.why, plugin, &answer.why);
            }
        }
        merged
    }
}

impl EscalationAction {
    fn validate(
        &self,
        path: impl Display + Copy,
        now: Timestamp,
        directory: &Directory,
        targets: &BTreeSet<String>,
    ) -> Result<(), BadOutput> {
        let target = self.target.as_deref();
        let problem = match &self.kind {
            ActionKind::Notify => match target {
                None => Some(("target", "is missing; it says whom to notify")),
                Some(name) if !targets.contains(name) => {
                    return Err(unknown(path, "named target", name));
                }
                Some(_) => None,
            },
            ActionKind::ReRoute => match target {
                Some(id) if directory.queue(id).is_none() => {
                    return Err(unknown(path, "queue", id));
                }
                _ => None,
            },
            ActionKind::OpenIncident => target
                .is_none_or(str::is_empty)
                .then_some(("target", "is missing; it says what the incident is about")),
            ActionKind::RaisePriority => self
                .priority
                .is_none()
                .then_some(("priority", "is missing; it says the least priority")),
            ActionKind::WakeUp => match self.at {
                None => Some(("at", "is missing; it says when to call again")),
                Some(at) if at <= now => {
                    return Err(invalid_output(
                        format_args!("{path}.at"),
                        format!("is {at}, which is not after {now}"),
                    ));
                }
                Some(_) => {
                    if let Some(name) = target {
                        check_code(format_args!("{path}.target"), name)?;
                    }
                    None
                }
            },
            ActionKind::RequireApproval => target.is_some_and(str::is_empty).then_some((
                "target",
                "is empty; it names the team that approves, or is left out",
            )),
            ActionKind::Other(kind) => {
                let shown: String = kind.chars().take(64).collect();
                return Err(invalid_output(
                    format_args!("{path}.kind"),
                    format!("is {shown:?}; kinds are {}", ActionKind::CODES.join(", ")),
                ));
            }
        };
        if let Some((field, problem)) = problem {
            return Err(invalid_output(format_args!("{path}.{field}"), problem));
        }
        check_percent(format_args!("{path}.priority"), self.priority)?;
        check_text(
            format_args!("{path}.target"),
            target.unwrap_or_default(),
            256,
        )?;
        check_text(
            format_args!("{path}.message"),
            self.message.as_deref().unwrap_or_default(),
            PROSE_BYTES,
        )
    }
}

fn unknown(path: impl Display, what: &str, name: &str) -> BadOutput {
    let shown: String = name.chars().take(64).collect();
    invalid_output(
        format_args!("{path}.target"),
        format!("is {shown:?}; there is no such {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(kind: &str) -> EscalationAction {
        EscalationAction {
            kind: kind.into(),
            target: None,
            message: None,
            priority: None,
            at: None,
        }
    }

    fn check(action: EscalationAction) -> Result<(), BadOutput> {
        let directory = Directory::new(Vec::new(), Vec::new()).expect("empty");
        let escalation = Escalation {
            actions: vec![action],
            why: String::new(),
        };
        escalation.validate(
            Timestamp::UNIX_EPOCH,
            &directory,
            &BTreeSet::from(["press".to_owned()]),
        )
    }

    #[test]
    fn each_kind_needs_its_fields() {
        for kind in [
            "notify",
            "open-incident",
            "raise-priority",
            "wake-up",
            "sing",
        ] {
            assert!(check(action(kind)).is_err(), "{kind}");
        }
        assert!(check(action("require-approval")).is_ok());
    }

    #[test]
    fn only_configured_names_can_be_notified() {
        let notify = |name: &str| EscalationAction {
            target: Some(name.to_owned()),
            ..action("notify")
        };
        assert!(check(notify("press")).is_ok());
        assert!(check(notify("https://elsewhere.example")).is_err());
    }

    #[test]
    fn a_wake_up_is_in_the_future() {
        let wake = EscalationAction {
            at: Some(Timestamp::UNIX_EPOCH),
            ..action("wake-up")
        };
        assert!(check(wake).is_err());
    }

    #[test]
    fn the_name_of_a_wake_up_is_a_code() {
        let wake = |name: &str| EscalationAction {
            target: Some(name.to_owned()),
            at: Timestamp::from_second(60).ok(),
            ..action("wake-up")
        };
        assert!(check(wake("follow-up")).is_ok());
        assert!(check(wake("Ask Jo again")).is_err());
    }

    #[test]
    fn a_team_can_approve() {
        let approval = |team: &str| EscalationAction {
            target: Some(team.to_owned()),
            ..action("require-approval")
        };
        assert!(check(approval("legal")).is_ok());
        assert!(check(approval("")).is_err());
    }

    #[test]
    fn equal_actions_are_merged() {
        let one = Escalation {
            actions: vec![action("require-approval")],
            why: "a".into(),
        };
        let merged = Escalation::merge([("p", one.clone()), ("q", one)]);
        assert_eq!(merged.actions.len(), 1);
    }
}
