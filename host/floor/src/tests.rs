mod agreement;
mod capacities;
mod capacity_limits;
mod events;
mod holdings;
mod idle_time;
mod offers;
mod paired_floors;
mod reference_floor;
mod restore;
mod search_cost;
mod skipped_time;
mod steps;

use patchbay_config::duration::Seconds;
use patchbay_model::decision::route::{Preference, Step};
use patchbay_model::directory::Presence;

use super::*;

/// Seconds after the start of the test.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

fn queue(id: &str) -> Queue {
    serde_json::from_value(serde_json::json!({ "id": id })).expect("a queue")
}

fn profile(json: &str) -> AgentProfile {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// A floor with the queues `general` and `billing` (requires billing 2).
fn floor() -> Floor {
    let mut billing = queue("billing");
    billing.skills.insert("billing".into(), 2);
    Floor::new(FloorSettings::default(), [queue("general"), billing]).expect("valid")
}

/// Adds an available agent, idle since this second.
fn add(floor: &mut Floor, json: &str, idle_since: i64) {
    let record = AgentRecord {
        profile: profile(json),
        presence: Presence::Available,
        not_responding: false,
        idle_since: Some(at(idle_since)),
        available_since: None,
    };
    floor.insert_agent(record).expect("a valid agent");
}

/// A floor with these agents, the longest idle first.
fn staffed(agents: &[&str]) -> Floor {
    let mut floor = floor();
    for (second, id) in agents.iter().enumerate() {
        add(&mut floor, &format!(r#"{{"id": "{id}"}}"#), second as i64);
    }
    floor
}

fn arrival(id: &str, channel: &str, since: i64) -> Arrival {
    Arrival {
        conversation: id.to_owned(),
        channel: channel.to_owned(),
        visibility: None,
        since: at(since),
        terms: RoutingTerms::queue("general"),
    }
}

fn wait(floor: &mut Floor, id: &str, channel: &str, since: i64) {
    let arrival = arrival(id, channel, since);
    floor
        .enqueue(arrival, at(since))
        .expect("a new conversation");
}

fn wait_on(floor: &mut Floor, id: &str, second: i64, terms: RoutingTerms) {
    let arrival = Arrival {
        terms,
        ..arrival(id, "chat", second)
    };
    floor.enqueue(arrival, at(second)).expect("valid terms");
}

/// Makes offers at this second; returns them as `conversation>agent`.
fn offered(floor: &mut Floor, second: i64) -> Vec<String> {
    let offers = floor.next_offers(at(second)).offers;
    offers
        .iter()
        .map(|offer| format!("{}>{}", offer.conversation, offer.agent))
        .collect()
}

/// The open offer of a conversation.
fn offer_of(floor: &Floor, conversation: &str) -> OfferId {
    match floor.placement(conversation) {
        Ok(Placement::Offered(offer)) => offer,
        other => panic!("{conversation} is not on offer: {other:?}"),
    }
}

fn accept(floor: &mut Floor, conversation: &str, second: i64) -> Assignment {
    let offer = offer_of(floor, conversation);
    floor.accept(offer, at(second)).expect("an open offer")
}

fn decline(floor: &mut Floor, conversation: &str, second: i64) -> Refusal {
    let offer = offer_of(floor, conversation);
    floor.decline(offer, at(second)).expect("an open offer")
}

fn step(skills: &[(&str, u8)], expires: Option<u32>) -> Step {
    Step {
        skills: skills
            .iter()
            .map(|&(skill, least)| (skill.to_owned(), least))
            .collect(),
        languages: Vec::new(),
        minimum_agents: None,
        expires: expires.map(Seconds),
    }
}

fn preference(agent: &str, score: u8) -> Preference {
    Preference {
        agent: agent.to_owned(),
        score,
    }
}

fn set_presence(floor: &mut Floor, agent: &str, presence: Presence, second: i64) {
    floor
        .set_presence(agent, presence, at(second))
        .expect("a known agent");
}

/// A wait for an agent that continues while they are away.
fn agent_wait(agent: &str, until: i64) -> AgentWait {
    AgentWait {
        agent: agent.to_owned(),
        until: at(until),
        while_away: true,
    }
}
