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

    /// Tell one of the company's named targets. Do not quote personal data.
    pub fn notify(self, target: impl Into<String>, message: impl Into<String>) -> Self {
        self.action(Action {
            target: Some(target.into()),
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

    /// Replies need the approval of somebody of this team from now on.
    pub fn require_approval_of(self, team: impl Into<String>) -> Self {
        self.action(Action {
            target: Some(team.into()),
            ..Action::new("require-approval")
        })
    }

    /// Open an incident of this subject. Do not quote personal data.
    pub fn open_incident(self, subject: impl Into<String>, message: impl Into<String>) -> Self {
        self.action(Action {
            target: Some(subject.into()),
            message: Some(message.into()),
            ..Action::new("open-incident")
        })
    }

    /// Take the conversation from its agent, if it has one, and give it to
    /// this queue.
    pub fn re_route(self, queue: impl Into<String>) -> Self {
        self.action(Action {
            target: Some(queue.into()),
            ..Action::new("re-route")
        })
    }

    /// Take the conversation from its agent, if it has one, and ask the routing
    /// policies where it goes.
    pub fn route_again(self) -> Self {
        self.action(Action::new("re-route"))
    }

    /// Call the escalation policies again at a time after now, with the
    /// trigger `wake-up`. Another one without a name takes its place.
    pub fn wake_up(self, at: Timestamp) -> Self {
        self.action(Action {
            at: Some(at),
            ..Action::new("wake-up")
        })
    }

    /// The same with a name, a code in kebab-case that the trigger's `subject`
    /// gives back. Another one of the same name takes its place.
    pub fn wake_up_for(self, name: impl Into<String>, at: Timestamp) -> Self {
        self.action(Action {
            target: Some(name.into()),
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

    /// Of `notify` and `open-incident`: how urgent it is, 0 to 100.
    pub fn urgency(mut self, urgency: u8) -> Self {
        self.priority = Some(urgency.min(HIGHEST));
        self
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
