//! Random events on a floor.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
pub(super) enum Event {
    Arrive {
        id: usize,
        channel: usize,
        queue: usize,
        priority: u8,
        terms: usize,
        agents: (usize, usize),
    },
    Accept(usize),
    Decline(usize),
    Presence(usize, usize),
    Profile(usize, usize),
    Remove(usize),
    Release(usize),
    SetHold(usize, Hold),
    Requeue(usize),
    Assign(usize, usize),
    Transfer {
        id: usize,
        queue: usize,
        terms: usize,
        agents: (usize, usize),
    },
    Priority(usize, u8),
    ReleaseAll(usize),
    Restore,
    Pass(i64),
}

pub(super) const AGENTS: usize = 5;
const CONVERSATIONS: usize = 12;
pub(super) const CHANNELS: [&str; 5] = ["phone", "chat", "whatsapp", "email", "instagram"];
pub(super) const QUEUES: [&str; 2] = ["general", "billing"];

pub(super) fn event() -> impl Strategy<Value = Event> {
    let (agent, id) = (0..AGENTS, 0..CONVERSATIONS);
    let agents = (agent.clone(), agent.clone());
    prop_oneof![
        8 => (id.clone(), 0..CHANNELS.len(), 0..2usize, 0..3u8, 0..9usize, agents.clone()).prop_map(
            |(id, channel, queue, priority, terms, agents)| Event::Arrive { id, channel, queue, priority, terms, agents }),
        9 => id.clone().prop_map(Event::Accept),
        6 => id.clone().prop_map(Event::Decline),
        5 => (agent.clone(), 0..6usize).prop_map(|(agent, to)| Event::Presence(agent, to)),
        1 => (agent.clone(), 0..8usize).prop_map(|(agent, to)| Event::Profile(agent, to)),
        1 => agent.clone().prop_map(Event::Remove),
        4 => id.clone().prop_map(Event::Release),
        7 => (id.clone(), hold()).prop_map(|(id, hold)| Event::SetHold(id, hold)),
        1 => id.clone().prop_map(Event::Requeue),
        3 => (id.clone(), agent.clone()).prop_map(|(id, agent)| Event::Assign(id, agent)),
        1 => (id.clone(), 0..2usize, 0..9usize, agents).prop_map(
            |(id, queue, terms, agents)| Event::Transfer { id, queue, terms, agents }),
        1 => (id.clone(), 0..3u8).prop_map(|(id, priority)| Event::Priority(id, priority)),
        1 => agent.prop_map(Event::ReleaseAll),
        1 => Just(Event::Restore),
        6 => prop_oneof![0..40i64, 100..200i64].prop_map(Event::Pass),
    ]
}

fn hold() -> impl Strategy<Value = Hold> {
    prop_oneof![
        1 => Just(Hold::Wrapping),
        4 => Just(Hold::Parked),
        2 => Just(Hold::Active),
    ]
}

pub(super) fn agent_profile(number: usize, variant: usize) -> AgentProfile {
    let mut agent = profile(&format!(r#"{{"id": "agent-{number}"}}"#));
    agent.skills = match variant % 4 {
        0 => [].into(),
        1 => [("billing".to_owned(), 3)].into(),
        2 => [("billing".to_owned(), 1), ("fraud".to_owned(), 4)].into(),
        _ => [("fraud".to_owned(), 2)].into(),
    };
    agent.languages = match variant % 3 {
        0 => vec!["pt-BR".to_owned()],
        1 => vec!["en".to_owned(), "pt".to_owned()],
        _ => vec![],
    };
    if variant >= 6 {
        agent.queues = vec![QUEUES[variant % 2].to_owned()];
    }
    agent.capacity = [100, 100, 50, 200][variant % 4];
    if variant % 4 == 3 {
        agent
            .channel_capacity
            .insert(CHANNELS[variant % CHANNELS.len()].to_owned(), 1);
    }
    if variant % 5 == 4 {
        agent
            .queue_capacity
            .insert(QUEUES[variant % 2].to_owned(), (variant % 3) as u32);
    }
    agent
}

pub(super) fn terms(
    queue: usize,
    priority: u8,
    variant: usize,
    agents: (usize, usize),
    now: Timestamp,
) -> RoutingTerms {
    let language = |mut step: Step, tag: &str| {
        step.languages.push(tag.to_owned());
        step
    };
    let minimum = |mut step: Step, agents| {
        step.minimum_agents = Some(agents);
        step
    };
    let name = |agent: usize| format!("agent-{agent}");
    let steps = match variant {
        1 => vec![
            step(&[("billing", 3)], Some(20)),
            step(&[("billing", 1)], Some(60)),
        ],
        2 => vec![language(step(&[("fraud", 2)], Some(30)), "pt")],
        3 => vec![minimum(step(&[("fraud", 4)], None), 2), step(&[], None)],
        // The second step does not cover the first, and widens all the same.
        4 => vec![
            step(&[("billing", 2)], Some(10)),
            minimum(step(&[("fraud", 2)], Some(15)), 0),
            step(&[("fraud", 1), ("billing", 1)], None),
        ],
        5 => vec![
            language(step(&[], Some(15)), "pt-BR"),
            language(step(&[], Some(15)), "pt"),
        ],
        _ => vec![],
    };
    RoutingTerms {
        steps,
        preferences: if variant >= 4 {
            vec![
                preference(&name(agents.0), 40),
                preference(&name(agents.1), if variant == 8 { 40 } else { 70 }),
            ]
        } else {
            vec![]
        },
        wait_for: (variant == 7).then(|| AgentWait {
            agent: name(agents.0),
            until: now + jiff::SignedDuration::from_secs(25),
            while_away: true,
        }),
        offer_timeout: (variant == 6).then_some(Seconds(50)),
        priority,
        ..RoutingTerms::queue(QUEUES[queue])
    }
}
