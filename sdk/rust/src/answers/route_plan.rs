use super::{HIGHEST, Preference, RoutePlan, SlaTarget, Step, Target};
use crate::Skill;

impl RoutePlan {
    /// Into this queue.
    pub fn to_queue(id: impl Into<String>) -> Self {
        Self::to("queue", Some(id.into()))
    }

    /// To this agent.
    pub fn to_agent(id: impl Into<String>) -> Self {
        Self::to("agent", Some(id.into()))
    }

    /// To nobody yet.
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
            },
            steps: Vec::new(),
            preferences: Vec::new(),
            priority: None,
            sla: Vec::new(),
            tags: Vec::new(),
            why: String::new(),
        }
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

    /// 0 (lowest) to 100; otherwise the queue's own.
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

    /// Skip the step at once if fewer agents qualify; otherwise 1.
    pub fn minimum_agents(mut self, agents: u32) -> Self {
        self.minimum_agents = Some(agents);
        self
    }

    /// Seconds until the next step, 1 to 604,800; otherwise it stays.
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
        assert_eq!(
            plan.target,
            Target {
                kind: "queue".into(),
                id: Some("fraud".into())
            }
        );
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
        assert_eq!(
            RoutePlan::hold().target,
            Target {
                kind: "hold".into(),
                id: None
            }
        );
        assert_eq!(
            RoutePlan::close().target,
            Target {
                kind: "close".into(),
                id: None
            }
        );
    }
}
