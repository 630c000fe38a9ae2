use super::{MAX_ITEMS, plain};
use crate::testing::World;
use crate::{AgentSummary, Presence, Query, Skill, SummaryPage};

plain! {
    Agent {
        id: String,
        name: Option<String>,
        skills: Vec<Skill>,
        languages: Vec<String>,
        presence: String,
        load: u32,
        capacity: u32,
        idle_seconds: Option<u32>,
        queues: Vec<String>,
        teams: Vec<String>,
        site: Option<String>,
    }

    Queue {
        id: String,
        is_default: bool,
        skills: Vec<Skill>,
        waiting: u32,
        longest_wait_seconds: Option<u32>,
        is_open: bool,
        hours: Option<String>,
        opens_at: Option<u64>,
        closes_at: Option<u64>,
    }
}

pub(crate) struct Page {
    pub(crate) items: Vec<Agent>,
    pub(crate) total: u32,
    pub(crate) truncated: bool,
}

impl Agent {
    pub(crate) fn proficiency(&self, skill: &str) -> Option<u8> {
        let own = self.skills.iter().find(|own| own.name == skill)?;
        Some(own.proficiency)
    }

    fn has(&self, skills: &[Skill]) -> bool {
        let mut skills = skills.iter();
        skills.all(|least| self.proficiency(&least.name) >= Some(least.proficiency))
    }

    /// An agent who names no queue is a member of every queue whose skills they have.
    fn is_member(&self, queue: &Queue) -> bool {
        match self.queues.is_empty() {
            true => self.has(&queue.skills),
            false => self.queues.contains(&queue.id),
        }
    }

    /// The agent with every queue they are a member of, as the host returns it.
    fn with_queues(&self) -> Agent {
        let world = World::current();
        let queues = world.fixture.queues.iter();
        let queues = queues.filter(|queue| self.is_member(queue));
        Agent {
            queues: sorted(queues.map(|queue| queue.id.clone())),
            ..self.clone()
        }
    }

    fn speaks(&self, language: &str) -> bool {
        let language = language.to_lowercase();
        self.languages.iter().any(|own| {
            let own = own.to_lowercase();
            let rest = own.strip_prefix(&language);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }

    fn matches(&self, query: &Query, queue: Option<&Queue>) -> bool {
        let is_present = || Presence::from(&*self.presence).is_present();
        self.has(&query.skills)
            && query.language.as_ref().is_none_or(|it| self.speaks(it))
            && (!query.present || is_present())
            && query.team.as_ref().is_none_or(|it| self.teams.contains(it))
            && (query.site.is_none() || self.site == query.site)
            && (query.queue.is_none() || queue.is_some_and(|it| self.is_member(it)))
    }
}

fn sorted(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort();
    ids
}

pub(crate) fn find(query: &Query) -> Page {
    let mut items = matching(query);
    // Longest idle first; agents who have not worked yet come last.
    items.sort_by_key(|agent| std::cmp::Reverse(agent.idle_seconds));
    let total = items.len();
    items.truncate(query.limit.min(MAX_ITEMS) as usize);
    Page {
        total: total as u32,
        truncated: items.len() < total,
        items,
    }
}

pub(crate) fn find_summaries(query: &Query) -> SummaryPage {
    let page = find(query);
    let items = page.items.into_iter().map(|agent| {
        let skills = query.skills.iter();
        AgentSummary {
            proficiencies: skills
                .filter_map(|skill| agent.proficiency(&skill.name))
                .collect(),
            id: agent.id,
            presence: agent.presence,
            load: agent.load,
            capacity: agent.capacity,
            idle_seconds: agent.idle_seconds,
        }
    });
    SummaryPage {
        items: items.collect(),
        total: page.total,
        truncated: page.truncated,
    }
}

pub(crate) fn count(query: &Query) -> u32 {
    matching(query).len() as u32
}

fn matching(query: &Query) -> Vec<Agent> {
    let world = World::current();
    let queue = query.queue.as_ref().and_then(|id| get_queue(id));
    let agents = world.fixture.agents.iter();
    let mut agents: Vec<_> = agents
        .filter(|agent| agent.matches(query, queue.as_ref()))
        .map(Agent::with_queues)
        .collect();
    agents.sort_by(|a, b| a.id.cmp(&b.id));
    agents
}

pub(crate) fn get(id: &str) -> Option<Agent> {
    let world = World::current();
    let agent = world.fixture.agents.iter().find(|agent| agent.id == id);
    agent.map(Agent::with_queues)
}

pub(crate) fn get_queue(id: &str) -> Option<Queue> {
    let world = World::current();
    world
        .fixture
        .queues
        .iter()
        .find(|queue| queue.id == id)
        .cloned()
}

pub(crate) fn queue_ids() -> Vec<String> {
    sorted(
        World::current()
            .fixture
            .queues
            .iter()
            .map(|queue| queue.id.clone()),
    )
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::World;

    fn team() -> World {
        World::new()
            .queue(Queue::example("fraud").skill("fraud", 3))
            .queue(Queue::example("all").default_queue())
            .agent(
                Agent::example("ana")
                    .skill("fraud", 4)
                    .language("pt-BR")
                    .idle_seconds(10),
            )
            .agent(Agent::example("bo").skill("fraud", 2).idle_seconds(60))
            .agent(
                Agent::example("cy")
                    .skill("fraud", 5)
                    .presence("away")
                    .idle_seconds(90),
            )
            .agent(Agent::example("new").team("night").site("porto"))
    }

    fn found(query: &Query) -> Vec<String> {
        team().enter(|| {
            agents::find(query)
                .into_iter()
                .map(|agent| agent.id())
                .collect()
        })
    }

    #[test]
    fn agents_come_longest_idle_first_and_newcomers_last() {
        assert_eq!(found(&Query::new()), ["cy", "bo", "ana", "new"]);
    }

    #[test]
    fn every_condition_must_hold() {
        assert_eq!(found(&Query::new().skill("fraud", 3)), ["cy", "ana"]);
        assert_eq!(found(&Query::new().skill("fraud", 3).present()), ["ana"]);
        assert_eq!(found(&Query::new().language("PT")), ["ana"]);
        assert!(found(&Query::new().language("p")).is_empty());
        assert_eq!(found(&Query::new().queue("fraud")), ["cy", "ana"]);
        assert!(found(&Query::new().queue("none")).is_empty());
        assert_eq!(found(&Query::new().team("night")), ["new"]);
        assert_eq!(found(&Query::new().site("porto")), ["new"]);
        assert!(found(&Query::new().team("day")).is_empty());
    }

    #[test]
    fn a_summary_has_the_proficiencies_of_the_query() {
        team().enter(|| {
            let page = agents::find_summaries(&Query::new().skill("fraud", 3).limit(1));
            let cy = &page.items[0];
            assert_eq!((cy.id.as_str(), cy.presence.as_str()), ("cy", "away"));
            assert_eq!(
                (cy.idle_seconds, &cy.proficiencies[..]),
                (Some(90), &[5][..])
            );
            assert_eq!((page.total, page.truncated), (2, true));
        });
    }

    #[test]
    fn an_agent_is_a_member_of_named_or_qualifying_queues() {
        let world = team().agent(Agent::example("di").skill("fraud", 5).queue("all"));
        world.enter(|| {
            let queues = |id| agents::get(id).map(|agent| agent.queues());
            assert_eq!(
                queues("ana"),
                Some(vec!["all".to_owned(), "fraud".to_owned()])
            );
            assert_eq!(queues("di"), Some(vec!["all".to_owned()]));
            let members = agents::find(&Query::new().queue("fraud"));
            assert_eq!(members.total, 2);
        });
    }

    #[test]
    fn a_truncated_page_says_so() {
        team().enter(|| {
            let page = agents::find(&Query::new().limit(1));
            assert_eq!((page.items.len(), page.total, page.truncated), (1, 4, true));
            assert_eq!(agents::count(&Query::new().limit(1)), 4);
        });
    }

    #[test]
    fn queues_are_found_by_id() {
        team().enter(|| {
            assert_eq!(agents::queue_ids(), ["all", "fraud"]);
            assert!(agents::queue("all").is_some_and(|queue| queue.is_default()));
            assert!(agents::queue("none").is_none() && agents::get("none").is_none());
        });
    }
}
