use super::{HIGHEST, Preference, RoutePlan, SlaTarget, Step, Target};
use crate::{Skill, Timestamp};

impl RoutePlan {
    /// Into this queue.
    pub fn to_queue(id: impl Into<String>) -> Self {
        Self::to("queue", Some(id.into()))
    }

    /// To this agent alone, and to a queue when they refuse or cannot be
    /// offered it now; [`until`](Self::until) waits for them, and
    /// [`in_queue`](Self::in_queue) names the queue.
    pub fn to_agent(id: impl Into<String>) -> Self {
        Self::to("agent", Some(id.into()))
    }

    /// To nobody yet; [`until`](Self::until) says for how long.
    pub fn hold() -> Self {
        Self::to("hold", None)
    }

    /// Nothing to do: close it.
    pub fn close() -> Self {
        Self::to("close", None)
    }

    fn to(kind: &str, id: Option<String>) -> Self {
        Self {
            target: Target {
                kind: kind.to_owned(),
                id,
                queue: None,
                until: None,
                while_away: None,
            },
            steps: Vec::new(),
            preferences: Vec::new(),
            excluded: Vec::new(),
            priority: None,
            offer_timeout: None,
            sla: Vec::new(),
            tags: Vec::new(),
            why: String::new(),
        }
    }

    /// Of a plan for an agent or a hold: the queue it belongs to meanwhile and
    /// goes to afterwards; otherwise the queue it is in, or the default queue.
    pub fn in_queue(mut self, id: impl Into<String>) -> Self {
        self.target.queue = Some(id.into());
        self
    }

    /// Of a plan for an agent, until when it waits for them while they are
    /// there but have no room; of a hold, when a route is asked for again.
    /// After now, and at most 366 days after.
    pub fn until(mut self, at: Timestamp) -> Self {
        self.target.until = Some(at);
        self
    }

    /// Of a plan that waits for an agent: also while they are `away` or
    /// `offline`.
    pub fn while_away(mut self) -> Self {
        self.target.while_away = Some(true);
        self
    }

    /// Who qualifies for a while; then the next step, which only widens.
    /// Without a step any member of the queue does. At most 16.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// An agent the policy would rather have, by 0 to 100. At most 64.
    pub fn prefer(mut self, agent: impl Into<String>, score: u8) -> Self {
        self.preferences.push(Preference {
            agent: agent.into(),
            score: score.min(HIGHEST),
        });
        self
    }

    /// An agent who is not offered it while this plan stands. At most 64.
    pub fn exclude(mut self, agent: impl Into<String>) -> Self {
        self.excluded.push(agent.into());
        self
    }

    /// Seconds an offer of it stands, 1 to 86,400; otherwise as long as the
    /// company says.
    pub fn offer_timeout(mut self, seconds: u32) -> Self {
        self.offer_timeout = Some(seconds);
        self
    }

    /// 0 (lowest) to 100; otherwise the queue's own. A conversation whose
    /// priority is higher already keeps it.
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = Some(priority.min(HIGHEST));
        self
    }

    /// A promise that differs from the queue's own: the clock
    /// (`first-response`, `next-response` or `resolution`) and seconds of
    /// working time, 1 to 31,622,400. Each clock at most once.
    pub fn sla(mut self, clock: impl Into<String>, seconds: u32) -> Self {
        self.sla.push(SlaTarget {
            clock: clock.into(),
            seconds,
        });
        self
    }

    /// A tag to add, a code in kebab-case. At most 64.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Why: one sentence for the colleague who reads the decision.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }
}

impl Step {
    /// Anybody, for good.
    pub fn new() -> Self {
        Self {
            skills: Vec::new(),
            languages: Vec::new(),
            minimum_agents: None,
            expires_after: None,
        }
    }

    /// Only who has this skill at least so well, 1 to 5. May be repeated; all
    /// must hold. At most 32.
    pub fn skill(mut self, name: impl Into<String>, proficiency: u8) -> Self {
        self.skills.push(Skill::new(name, proficiency));
        self
    }

    /// Only who speaks this language (BCP 47). May be repeated; one must hold.
    /// At most 32.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.languages.push(language.into());
        self
    }

    /// Skip the step at once if fewer agents who meet it are available,
    /// whatever room they have; 0: never. Otherwise 1.
    pub fn minimum_agents(mut self, agents: u32) -> Self {
        self.minimum_agents = Some(agents);
        self
    }

    /// Seconds until the next step, 1 to 604,800; otherwise it stays. When the
    /// last step passes and nobody has taken the conversation, a route is
    /// asked for again with the cause `expired`.
    pub fn expires_after(mut self, seconds: u32) -> Self {
        self.expires_after = Some(seconds);
        self
    }
}

impl Default for Step {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_where_and_on_what_terms() {
        let plan = RoutePlan::to_queue("fraud")
            .step(
                Step::new()
                    .skill("fraud", 3)
                    .language("pt")
                    .minimum_agents(2)
                    .expires_after(120),
            )
            .step(Step::default())
            .prefer("ana", 180)
            .priority(90)
            .sla("first-response", 300)
            .tag("vip")
            .because("why");
        assert_eq!(plan.target, RoutePlan::to_queue("fraud").target);
        assert_eq!(plan.target.id.as_deref(), Some("fraud"));
        assert_eq!(plan.steps[0].skills, [Skill::new("fraud", 3)]);
        assert_eq!(plan.steps[0].expires_after, Some(120));
        assert_eq!(plan.steps.len(), 2);
        assert_eq!(plan.preferences[0].score, 100);
        assert_eq!((plan.priority, plan.sla[0].seconds), (Some(90), 300));
        assert_eq!(
            (plan.tags, plan.why.as_str()),
            (vec!["vip".to_owned()], "why")
        );
    }

    #[test]
    fn hold_and_close_name_nobody() {
        for (plan, kind) in [(RoutePlan::hold(), "hold"), (RoutePlan::close(), "close")] {
            assert_eq!((plan.target.kind.as_str(), plan.target.id), (kind, None));
        }
    }

    #[test]
    fn a_plan_for_an_agent_says_how_long_it_waits_and_where_it_goes_then() {
        let plan = RoutePlan::to_agent("ana")
            .until(5)
            .while_away()
            .in_queue("vip")
            .exclude("bo")
            .offer_timeout(30);
        let target = plan.target;
        assert_eq!(
            (target.kind.as_str(), target.id.as_deref()),
            ("agent", Some("ana"))
        );
        assert_eq!(
            (target.until, target.while_away, target.queue.as_deref()),
            (Some(5), Some(true), Some("vip"))
        );
        assert_eq!(
            (plan.excluded, plan.offer_timeout),
            (vec!["bo".to_owned()], Some(30))
        );
    }
}
