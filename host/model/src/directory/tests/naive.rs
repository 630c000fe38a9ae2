//! The index against looking at every agent.

use proptest::prelude::*;

use super::*;

/// The same answer by looking at every agent.
fn naive(agents: &[Agent], queues: &[Queue], query: &Query) -> Vec<String> {
    let speaks = |agent: &Agent, wanted: &str| {
        agent.languages.iter().any(|tag| {
            tag == wanted
                || tag
                    .strip_prefix(wanted)
                    .is_some_and(|rest| !wanted.contains('-') && rest.starts_with('-'))
        })
    };
    let works = |agent: &Agent, wanted: &str| {
        let queue = queues.iter().find(|queue| queue.id == wanted);
        agent.queues.iter().any(|queue| queue == wanted)
            || agent.queues.is_empty() && queue.is_some_and(|queue| agent.meets(&queue.skills))
    };
    let mut matching: Vec<&Agent> = agents
        .iter()
        .filter(|agent| {
            query
                .skills
                .iter()
                .all(|(skill, least)| agent.skills.get(skill).is_some_and(|has| has >= least))
        })
        .filter(|agent| {
            query
                .language
                .as_ref()
                .is_none_or(|wanted| speaks(agent, wanted))
        })
        .filter(|agent| {
            query
                .queue
                .as_ref()
                .is_none_or(|wanted| works(agent, wanted))
        })
        .filter(|agent| {
            query
                .team
                .as_ref()
                .is_none_or(|team| agent.teams.contains(team))
        })
        .filter(|agent| query.site.is_none() || agent.site == query.site)
        .filter(|agent| !query.present || ["available", "busy"].contains(&agent.presence.as_str()))
        .collect();
    matching.sort_by_key(|agent| {
        (
            agent.idle.is_none(),
            std::cmp::Reverse(agent.idle),
            &agent.id,
        )
    });
    matching.into_iter().map(|agent| agent.id.clone()).collect()
}

fn agree(agents: &[Agent], queues: &[Queue], queries: &[Query]) {
    let directory = Directory::new(agents.to_vec(), queues.to_vec()).expect("a valid directory");
    for query in queries {
        let expected = naive(agents, queues, query);
        let page = directory.find(query);
        let shown = expected.len().min(query.limit as usize).min(64);
        assert_eq!(ids(&page), expected[..shown], "{query:?}");
        assert_eq!(page.total as usize, expected.len(), "{query:?}");
        assert_eq!(page.truncated, shown < expected.len(), "{query:?}");
        assert_eq!(directory.count(query), page.total, "{query:?}");
    }
}

const SKILLS: [&str; 3] = ["fraud", "billing", "delivery"];
const LANGUAGES: [&str; 4] = ["pt", "pt-BR", "en", "en-GB"];

prop_compose! {
    fn any_agent()(
        skills in prop::collection::btree_map(prop::sample::select(&SKILLS), 1u8..=5, 0..=3),
        languages in prop::sample::subsequence(&LANGUAGES, 0..=4),
        presence in prop::sample::select(&Presence::ALL),
        idle in prop::option::of(0u32..4),
        queues in prop::sample::subsequence(&["q0", "q1", "q2"], 0..=2),
        teams in prop::sample::subsequence(&["t0", "t1"], 0..=2),
        site in prop::option::of(prop::sample::select(&["porto", "kyiv"])),
    ) -> Agent {
        Agent {
            skills: skills.into_iter().map(|(skill, level)| (skill.to_owned(), level)).collect(),
            languages: languages.into_iter().map(str::to_owned).collect(),
            queues: queues.into_iter().map(str::to_owned).collect(),
            teams: teams.into_iter().map(str::to_owned).collect(),
            site: site.map(str::to_owned),
            presence,
            idle,
            ..agent(r#"{"id": "unnamed"}"#)
        }
    }
}

prop_compose! {
    fn any_query()(
        skills in prop::collection::vec((prop::sample::select(&SKILLS), 0u8..=6), 0..=2),
        language in prop::option::of(prop::sample::select(&LANGUAGES)),
        queue in prop::option::of(prop::sample::select(&["q0", "q1", "q2", "q3"])),
        team in prop::option::of(prop::sample::select(&["t0", "t1", "t2"])),
        site in prop::option::of(prop::sample::select(&["porto", "kyiv", "lima"])),
        present in any::<bool>(),
        limit in prop_oneof![0u32..80, Just(u32::MAX)],
    ) -> Query {
        Query {
            skills: skills.into_iter().map(|(skill, least)| (skill.to_owned(), least)).collect(),
            language: language.map(str::to_owned),
            queue: queue.map(str::to_owned),
            team: team.map(str::to_owned),
            site: site.map(str::to_owned),
            present,
            limit,
        }
    }
}

fn queues(least: u8) -> Vec<Queue> {
    ["q0", "q1", "q2"]
        .into_iter()
        .zip(SKILLS)
        .map(|(id, skill)| Queue {
            skills: BTreeMap::from([(skill.to_owned(), least)]),
            ..queue(&format!(r#"{{"id": "{id}"}}"#))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_index_finds_what_looking_at_every_agent_finds(
        mut agents in prop::collection::vec(any_agent(), 0..200),
        queries in prop::collection::vec(any_query(), 8),
        least in 1u8..=5,
    ) {
        for (number, agent) in agents.iter_mut().enumerate() {
            agent.id = format!("agent-{number}");
        }
        agree(&agents, &queues(least), &queries);
    }
}

#[test]
fn the_index_works_for_ten_thousand_agents() {
    let agents: Vec<Agent> = (0u32..10_000)
        .map(|number| Agent {
            id: format!("agent-{number}"),
            skills: BTreeMap::from([(
                SKILLS[number as usize % 3].to_owned(),
                (number % 5) as u8 + 1,
            )]),
            languages: vec![LANGUAGES[number as usize % 4].to_owned()],
            presence: Presence::ALL[number as usize / 7 % 4],
            idle: (!number.is_multiple_of(11)).then_some(number * 7_919 % 3_600),
            ..agent(r#"{"id": "unnamed"}"#)
        })
        .collect();
    let all = Query {
        limit: 64,
        ..Query::default()
    };
    let queries = [
        all.clone(),
        Query {
            skills: skill("fraud", 3),
            language: Some("pt".into()),
            present: true,
            ..all.clone()
        },
        Query {
            queue: Some("q1".into()),
            present: true,
            ..all.clone()
        },
        Query {
            skills: [skill("fraud", 1), skill("billing", 1)].concat(),
            ..all
        },
    ];
    agree(&agents, &queues(4), &queries);
}
