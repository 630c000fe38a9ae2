use super::{HIGHEST, Preference, RoutePlan, SlaTarget, Step, Target};
use crate::{Skill, TargetKind, Timestamp};

impl RoutePlan {
    /// Offers the conversation to members of this queue, as steps and preferences tell.
    pub fn to_queue(id: impl Into<String>) -> Self {
        Self::to(TargetKind::Queue, Some(id.into()))
    }

    /// Offers the conversation to this agent alone, and moves it to a queue when they refuse or cannot
    /// be offered it now. [`until`](Self::until) waits for them; [`in_queue`](Self::in_queue) names
    /// the queue.
    pub fn to_agent(id: impl Into<String>) -> Self {
        Self::to(TargetKind::Agent, Some(id.into()))
    }

    /// Offers the conversation to no agent, [`until`](Self::until) a time if one is set.
    pub fn hold() -> Self {
        Self::to(TargetKind::Hold, None)
    }

    /// Resolves the conversation.
    pub fn close() -> Self {
        Self::to(TargetKind::Close, None)
    }

    fn to(kind: TargetKind, id: Option<String>) -> Self {
        Self {
            target: Target {
                kind: kind.into(),
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

    /// For an agent or a hold: sets the queue whose targets, hours and priority apply meanwhile, and
    /// where the conversation goes afterwards. Default: the queue it is in, or the default queue.
    pub fn in_queue(mut self, id: impl Into<String>) -> Self {
        self.target.queue = Some(id.into());
        self
    }

    /// For an agent: waits until this time while they are present but have no free capacity. For a
    /// hold: calls routing again at this time. Later than now, by at most 366 days.
    pub fn until(mut self, at: Timestamp) -> Self {
        self.target.until = Some(at);
        self
    }

    /// For a plan that waits for an agent: waits also while they are `away` or `offline`.
    pub fn while_away(mut self) -> Self {
        self.target.while_away = Some(true);
        self
    }

    /// Adds a step: who qualifies until it expires. Later steps only widen; without a step, and after
    /// the last one, any member of the queue qualifies. At most 16.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Prefers an agent among those who qualify, by a score of 0 to 100. At most 64.
    pub fn prefer(mut self, agent: impl Into<String>, score: u8) -> Self {
        self.preferences.push(Preference {
            agent: agent.into(),
            score: score.min(HIGHEST),
        });
        self
    }

    /// Excludes an agent from offers under this plan. At most 64.
    pub fn exclude(mut self, agent: impl Into<String>) -> Self {
        self.excluded.push(agent.into());
        self
    }

    /// Sets the timeout of an offer in seconds, 1 to 86,400. Default: the company's.
    pub fn offer_timeout(mut self, seconds: u32) -> Self {
        self.offer_timeout = Some(seconds);
        self
    }

    /// Sets the priority, 0 (lowest) to 100. Default: the queue's. A higher priority of the
    /// conversation stays.
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = Some(priority.min(HIGHEST));
        self
    }

    /// Sets the target of an [SLA clock](crate::SlaClock) in seconds of working time, 1 to 31,622,400.
    /// Each clock at most once. Default: the queue's targets.
    pub fn sla(mut self, clock: impl Into<String>, seconds: u32) -> Self {
        self.sla.push(SlaTarget {
            clock: clock.into(),
            seconds,
        });
        self
    }

    /// Adds a tag, a code in kebab-case. At most 64.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Sets the reason: one sentence for the agent who reads the decision, at most 4 KiB.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }
}

impl Step {
    /// A step every agent meets, without expiry.
    pub fn new() -> Self {
        Self {
            skills: Vec::new(),
            languages: Vec::new(),
            minimum_agents: None,
            expires_after: None,
        }
    }

    /// Requires at least this proficiency in a skill, 1 to 5. May be repeated; all must hold. At most
    /// 32.
    pub fn skill(mut self, name: impl Into<String>, proficiency: u8) -> Self {
        self.skills.push(Skill::new(name, proficiency));
        self
    }

    /// Requires a language (BCP 47). May be repeated; one must hold. At most 32.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.languages.push(language.into());
        self
    }

    /// Skips the step when fewer available agents meet it, whatever their free capacity; 0: never.
    /// Default: 1.
    pub fn minimum_agents(mut self, agents: u32) -> Self {
        self.minimum_agents = Some(agents);
        self
    }

    /// Sets the seconds until the next step, 1 to 604,800. Default: it does not expire. When the last
    /// step expires without an agent, the host calls routing with the cause `expired`.
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
    fn a_plan_has_what_its_builder_set() {
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
    fn hold_and_close_have_no_id() {
        for (plan, kind) in [(RoutePlan::hold(), "hold"), (RoutePlan::close(), "close")] {
            assert_eq!((plan.target.kind.as_str(), plan.target.id), (kind, None));
        }
    }

    #[test]
    fn a_plan_for_an_agent_has_wait_and_queue() {
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
