//! Time per conversation, from its arrival to its release, on floors of 10 to
//! 10,000 agents in one queue: once mostly free, once mostly occupied.
//!
//! `cargo run --release -p patchbay-floor --example floor_growth`

#![allow(clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use patchbay_config::duration::Seconds;
use patchbay_floor::{
    AgentProfile, AgentRecord, Arrival, Floor, FloorRecord, FloorSettings, RoutingTerms,
};
use patchbay_model::decision::route::Step;
use patchbay_model::directory::{Presence, Queue};

const CONVERSATIONS: usize = 20_000;
const LANGUAGES: [&str; 3] = ["pt", "en", "es"];

fn agent(number: usize, start: Timestamp) -> AgentRecord {
    let idle = SignedDuration::from_secs((number * 7_919 % 3_600) as i64);
    let skills = [
        ("fraud", number % 5 + 1),
        (["billing", "delivery"][number % 2], 3),
    ];
    AgentRecord {
        profile: AgentProfile {
            id: format!("agent-{number}"),
            skills: skills
                .into_iter()
                .map(|(skill, level)| (skill.to_owned(), level as u8))
                .collect(),
            languages: vec![LANGUAGES[number % 3].to_owned()],
            queues: Vec::new(),
            capacity: 100,
            channel_capacity: BTreeMap::new(),
            queue_capacity: BTreeMap::new(),
        },
        presence: Presence::Available,
        not_responding: false,
        idle_since: Some(start - idle),
        available_since: None,
    }
}

fn terms(number: usize) -> RoutingTerms {
    RoutingTerms {
        steps: vec![Step {
            skills: BTreeMap::from([("fraud".to_owned(), (number % 3 + 1) as u8)]),
            languages: vec![LANGUAGES[number % 3].to_owned()],
            minimum_agents: None,
            expires: Some(Seconds(60)),
        }],
        ..RoutingTerms::queue("general")
    }
}

fn arrive(
    floor: &mut Floor,
    id: &str,
    number: usize,
    now: Timestamp,
) -> Result<(), Box<dyn Error>> {
    let arrival = Arrival {
        conversation: id.to_owned(),
        channel: "phone".to_owned(),
        visibility: None,
        since: now,
        terms: terms(number),
    };
    Ok(floor.enqueue(arrival, now)?)
}

/// Time per offer and per whole conversation.
fn measure(agents: usize, occupied: bool) -> Result<(Duration, Duration), Box<dyn Error>> {
    let start = Timestamp::from_second(1_800_000_000)?;
    let queue: Queue = serde_json::from_str(r#"{"id": "general"}"#)?;
    let record = FloorRecord {
        next_offer: 1,
        agents: (0..agents).map(|number| agent(number, start)).collect(),
        conversations: Vec::new(),
    };
    let mut floor = Floor::restore(FloorSettings::default(), [queue], record, start)?;
    if occupied {
        // One in a hundred stays free, but always one for each requirement.
        for number in (agents / 100).max(5)..agents {
            let id = format!("occupied-{number}");
            arrive(&mut floor, &id, number, start)?;
            floor.assign(&id, &format!("agent-{number}"), start)?;
        }
    }
    let (mut offering, mut whole) = (Duration::ZERO, Duration::ZERO);
    for number in 0..CONVERSATIONS {
        let id = format!("conversation-{number}");
        let now = start + SignedDuration::from_millis(number as i64);
        let began = Instant::now();
        arrive(&mut floor, &id, number, now)?;
        let round = floor.next_offers(now);
        let offered = began.elapsed();
        for offer in &round.offers {
            floor.accept(offer.id, now)?;
        }
        floor.release(&id, now)?;
        // The first of each requirement makes its pool.
        if number >= 100 {
            offering += offered;
            whole += began.elapsed();
        }
    }
    let counted = (CONVERSATIONS - 100) as u32;
    Ok((offering / counted, whole / counted))
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("agents  floor     arrival to offer  arrival to release");
    for occupied in [false, true] {
        for agents in [10, 100, 1_000, 10_000] {
            let (offer, whole) = measure(agents, occupied)?;
            let floor = if occupied { "occupied" } else { "free" };
            println!("{agents:>6}  {floor:<8}  {offer:>16?}  {whole:>18?}");
        }
    }
    Ok(())
}
