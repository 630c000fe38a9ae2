use super::{Action, Escalation, HIGHEST};
use crate::{ActionKind, Timestamp};

impl Escalation {
    /// An escalation without actions and its reason: one sentence for the agent who reads the
    /// decision, at most 4 KiB.
    pub fn because(why: impl Into<String>) -> Self {
        Self {
            actions: Vec::new(),
            why: why.into(),
        }
    }

    /// Notifies a named target of the company file. Do not quote personal data.
    pub fn notify(self, target: impl Into<String>, message: impl Into<String>) -> Self {
        self.action(Action {
            message: Some(message.into()),
            ..Action::on(ActionKind::Notify, target)
        })
    }

    /// Raises the conversation's priority to at least `priority`, 0 to 100.
    pub fn raise_priority(self, priority: u8) -> Self {
        self.action(Action::new(ActionKind::RaisePriority).urgency(priority))
    }

    /// Requires a supervisor's approval of every reply from now on.
    pub fn require_approval(self) -> Self {
        self.action(Action::new(ActionKind::RequireApproval))
    }

    /// Requires the approval of a member of this team for every reply from now on.
    pub fn require_approval_of(self, team: impl Into<String>) -> Self {
        self.action(Action::on(ActionKind::RequireApproval, team))
    }

    /// Adds the conversation to the incident of this subject, 1 to 256 bytes. Do not quote personal
    /// data.
    pub fn open_incident(self, subject: impl Into<String>, message: impl Into<String>) -> Self {
        self.action(Action {
            message: Some(message.into()),
            ..Action::on(ActionKind::OpenIncident, subject)
        })
    }

    /// Takes the conversation from its agent, if it has one, and moves it to this queue.
    pub fn re_route(self, queue: impl Into<String>) -> Self {
        self.action(Action::on(ActionKind::ReRoute, queue))
    }

    /// Takes the conversation from its agent, if it has one, and calls the routing policies.
    pub fn route_again(self) -> Self {
        self.action(Action::new(ActionKind::ReRoute))
    }

    /// Calls the escalation policies at a later time with the trigger `wake-up`. It replaces an
    /// earlier request of the conversation without a name; the 16 earliest are kept.
    pub fn wake_up(self, at: Timestamp) -> Self {
        self.action(Action {
            at: Some(at),
            ..Action::new(ActionKind::WakeUp)
        })
    }

    /// As [`wake_up`](Self::wake_up), with a name, a code in kebab-case that the trigger returns as
    /// its `subject`. It replaces an earlier request of the same name.
    pub fn wake_up_for(self, name: impl Into<String>, at: Timestamp) -> Self {
        self.action(Action {
            at: Some(at),
            ..Action::on(ActionKind::WakeUp, name)
        })
    }

    /// Adds any other action. At most 32 in all.
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }
}

impl Action {
    /// An action of a [kind](ActionKind) without anything else.
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            target: None,
            message: None,
            priority: None,
            at: None,
        }
    }

    fn on(kind: ActionKind, target: impl Into<String>) -> Self {
        Self {
            target: Some(target.into()),
            ..Self::new(kind)
        }
    }

    /// Sets how urgent a `notify` or `open-incident` is, 0 to 100.
    pub fn urgency(mut self, urgency: u8) -> Self {
        self.priority = Some(urgency.min(HIGHEST));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_stay_in_order() {
        let escalation = Escalation::because("why")
            .notify("press-office", "spreads")
            .raise_priority(190)
            .require_approval()
            .open_incident("recall", "many complaints")
            .re_route("senior")
            .wake_up(5)
            .wake_up_for("follow-up", 7)
            .route_again()
            .require_approval_of("legal");
        let kinds: Vec<_> = escalation
            .actions
            .iter()
            .map(|action| action.kind.as_str())
            .collect();
        assert_eq!(
            kinds,
            [
                "notify",
                "raise-priority",
                "require-approval",
                "open-incident",
                "re-route",
                "wake-up",
                "wake-up",
                "re-route",
                "require-approval"
            ]
        );
        assert_eq!(escalation.actions[1].priority, Some(100));
        assert_eq!(escalation.actions[4].target.as_deref(), Some("senior"));
        assert_eq!(escalation.actions[5].at, Some(5));
        assert_eq!(escalation.actions[6].target.as_deref(), Some("follow-up"));
        assert_eq!(escalation.actions[7].target, None);
        assert_eq!(escalation.actions[8].target.as_deref(), Some("legal"));
    }
}
