use super::{MOST, plain};
use crate::testing::World;
use crate::{Query, Skill};

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
    }
}

pub(crate) struct Page {
    pub(crate) items: Vec<Agent>,
    pub(crate) total: u32,
    pub(crate) truncated: bool,
}

impl Agent {
    pub(crate) fn proficiency(&self, skill: &str) -> Option<u8> {
        self.skills
            .iter()
            .find(|own| own.name == skill)
            .map(|own| own.proficiency)
    }

    fn has(&self, skills: &[Skill]) -> bool {
        skills
            .iter()
            .all(|least| self.proficiency(&least.name) >= Some(least.proficiency))
    }

    fn speaks(&self, language: &str) -> bool {
        let language = language.to_lowercase();
        self.languages.iter().any(|own| {
            let own = own.to_lowercase();
            own == language
                || own
                    .strip_prefix(&language)
                    .is_some_and(|rest| rest.starts_with('-'))
        })
    }
}

pub(crate) fn find(query: &Query) -> Page {
    let mut items = matching(query);
    // Longest idle first; who has not worked yet comes last.
    items.sort_by_key(|agent| std::cmp::Reverse(agent.idle_seconds));
    let total = items.len();
    items.truncate(query.limit.min(MOST) as usize);
    Page {
        total: total as u32,
        truncated: items.len() < total,
        items,
    }
}

pub(crate) fn count(query: &Query) -> u32 {
    matching(query).len() as u32
}

fn matching(query: &Query) -> Vec<Agent> {
    let world = World::current();
    let queue = query.queue.as_ref().map(|id| get_queue(id));
    let mut agents: Vec<_> = world
        .given
        .agents
        .iter()
        .filter(|agent| {
            agent.has(&query.skills)
                && query.language.as_ref().is_none_or(|language| agent.speaks(language))
                && (!query.present || ["available", "busy"].contains(&agent.presence.as_str()))
                // Members of a queue are those who have its least skills.
                && match &queue {
                    None => true,
                    Some(None) => false,
                    Some(Some(queue)) => agent.has(&queue.skills),
                }
        })
        .cloned()
        .collect();
    agents.sort_by(|a, b| a.id.cmp(&b.id));
    agents
}

pub(crate) fn get(id: &str) -> Option<Agent> {
    World::current()
        .given
        .agents
        .iter()
        .find(|agent| agent.id == id)
        .cloned()
}

pub(crate) fn get_queue(id: &str) -> Option<Queue> {
    World::current()
        .given
        .queues
        .iter()
        .find(|queue| queue.id == id)
        .cloned()
}

pub(crate) fn queue_ids() -> Vec<String> {
    let mut ids: Vec<_> = World::current()
        .given
        .queues
        .iter()
        .map(|queue| queue.id.clone())
        .collect();
    ids.sort();
    ids
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
            .agent(Agent::example("new"))
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
    }

    #[test]
    fn a_bounded_page_says_so() {
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
