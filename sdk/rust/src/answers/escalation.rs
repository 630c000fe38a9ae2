use super::{Action, Escalation, HIGHEST};
use crate::Timestamp;

impl Escalation {
    /// Nothing to do yet, and why: one sentence for the colleague who reads
    /// the decision.
    pub fn because(why: impl Into<String>) -> Self {
        Self {
            actions: Vec::new(),
            why: why.into(),
        }
    }

    /// Tell a team, by configured name. Do not quote personal data.
    pub fn notify(self, team: impl Into<String>, message: impl Into<String>) -> Self {
        self.action(Action {
            target: Some(team.into()),
            message: Some(message.into()),
            ..Action::new("notify")
        })
    }

    /// The least priority from now on, 0 to 100.
    pub fn raise_priority(self, priority: u8) -> Self {
        self.action(Action {
            priority: Some(priority.min(HIGHEST)),
            ..Action::new("raise-priority")
        })
    }

    /// Replies need a supervisor's approval from now on.
    pub fn require_approval(self) -> Self {
        self.action(Action::new("require-approval"))
    }

    /// Open an incident of this subject. Do not quote personal data.
    pub fn open_incident(self, subject: impl Into<String>, message: impl Into<String>) -> Self {
        self.action(Action {
            target: Some(subject.into()),
            message: Some(message.into()),
            ..Action::new("open-incident")
        })
    }

    /// Give the conversation to this queue.
    pub fn re_route(self, queue: impl Into<String>) -> Self {
        self.action(Action {
            target: Some(queue.into()),
            ..Action::new("re-route")
        })
    }

    /// Ask this policy again at a time after now.
    pub fn wake_up(self, at: Timestamp) -> Self {
        self.action(Action {
            at: Some(at),
            ..Action::new("wake-up")
        })
    }

    /// Something else the host should do. At most 32 in all.
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }
}

impl Action {
    /// An action of this code and nothing more.
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            target: None,
            message: None,
            priority: None,
            at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_kept_in_order() {
        let escalation = Escalation::because("why")
            .notify("press-office", "spreads")
            .raise_priority(190)
            .require_approval()
            .open_incident("recall", "many complaints")
            .re_route("senior")
            .wake_up(5);
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
                "wake-up"
            ]
        );
        assert_eq!(escalation.actions[1].priority, Some(100));
        assert_eq!(escalation.actions[4].target.as_deref(), Some("senior"));
        assert_eq!(escalation.actions[5].at, Some(5));
    }
}
