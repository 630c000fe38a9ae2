//! Counts, not time: what is looked at does not grow with the floor.

use super::*;

/// A queue of so many agents, skilled, spread over languages and idle times.
fn crowd(agents: usize) -> Floor {
    let mut floor = Floor::new(FloorSettings::default(), [queue("general")]).expect("valid");
    for number in 0..agents {
        let json = format!(
            r#"{{"id": "agent-{number}", "skills": {{"fraud": {}, "s{}": 3}}, "languages": ["{}"]}}"#,
            number % 5 + 1,
            number % 2,
            ["pt-BR", "en", "es"][number % 3],
        );
        add(&mut floor, &json, (number * 7_919 % 3_600) as i64);
    }
    floor
}

fn terms(number: usize) -> Terms {
    let mut first = step(&[("fraud", (number % 3 + 1) as u8)], Some(60));
    first
        .languages
        .push(["pt", "en", "es"][number % 3].to_owned());
    let second = step(&[(["s0", "s1"][number % 2], 1)], Some(60));
    Terms {
        steps: vec![first, second],
        preferences: vec![preference("agent-1", 50), preference("agent-2", 60)],
        ..Terms::queue("general")
    }
}

fn comes(floor: &mut Floor, id: &str, channel: &str, terms: Terms, second: i64) -> Effort {
    let before = floor.effort();
    let arrival = Arrival {
        terms,
        ..arrival(id, channel, second)
    };
    floor.enqueue(arrival, at(second)).expect("valid");
    floor.next_offers(at(second));
    since(floor, before)
}

fn since(floor: &Floor, before: Effort) -> Effort {
    let after = floor.effort();
    Effort {
        candidates: after.candidates - before.candidates,
        searches: after.searches - before.searches,
        built: after.built - before.built,
    }
}

/// The most looked at for any conversation.
fn worst(floor: &mut Floor, rounds: usize) -> Effort {
    let mut worst = Effort::default();
    for number in 0..rounds {
        let id = format!("c{number}");
        let effort = comes(floor, &id, "chat", terms(number), 4_000 + number as i64);
        worst.candidates = worst.candidates.max(effort.candidates);
        worst.searches = worst.searches.max(effort.searches);
        if matches!(floor.place(&id), Ok(Place::Offered(_))) {
            accept(floor, &id, 4_000 + number as i64);
            if number % 2 == 0 {
                floor.release(&id, at(4_000 + number as i64)).expect("held");
            }
        }
    }
    worst
}

/// Six first steps, six of them with a second, and any member: each is one
/// pool, for which the members are looked at twice.
fn assert_made_once(floor: &Floor, agents: usize) {
    let built = floor.effort().built;
    assert!(built <= 13 * 2 * agents as u64, "{agents} agents: {built}");
}

#[test]
fn an_offer_looks_at_as_few_agents_among_ten_thousand_as_among_ten() {
    for agents in [10, 100, 1_000, 10_000] {
        let mut floor = crowd(agents);
        let worst = worst(&mut floor, 300);
        assert!(worst.candidates <= 8, "{agents} agents: {worst:?}");
        assert!(worst.searches <= 3, "{agents} agents: {worst:?}");
        assert_made_once(&floor, agents);
    }
}

#[test]
fn it_is_the_same_where_nearly_all_agents_are_occupied() {
    for agents in [10, 100, 1_000, 10_000] {
        let mut floor = crowd(agents);
        for number in 0..agents - 1 {
            let id = format!("call-{number}");
            wait(&mut floor, &id, "phone", 0);
            floor
                .assign(&id, &format!("agent-{number}"), at(0))
                .expect("known");
        }
        let worst = worst(&mut floor, 300);
        assert!(worst.candidates <= 8, "{agents} agents: {worst:?}");
        assert!(worst.searches <= 3, "{agents} agents: {worst:?}");
        assert_made_once(&floor, agents);
    }
}

#[test]
fn skills_that_hardly_anybody_combines_are_found_as_fast() {
    for agents in [10, 100, 1_000, 10_000] {
        let mut floor = crowd(agents);
        add(
            &mut floor,
            r#"{"id": "both", "skills": {"s0": 3, "s1": 3}}"#,
            3_600,
        );
        let wants_both = || Terms {
            steps: vec![step(&[("s0", 3), ("s1", 3)], None)],
            ..Terms::queue("general")
        };
        comes(&mut floor, "first", "chat", wants_both(), 4_000);
        let effort = comes(&mut floor, "second", "chat", wants_both(), 4_001);
        let expected = Effort {
            candidates: 1,
            searches: 1,
            built: 0,
        };
        assert_eq!(effort, expected, "{agents} agents");
    }
}

#[test]
fn a_freed_agent_is_not_held_against_those_who_wait_for_others() {
    for waiting in [10, 100, 1_000, 10_000] {
        let mut floor = floor();
        add(&mut floor, r#"{"id": "ana", "skills": {"s0": 3}}"#, 0);
        add(&mut floor, r#"{"id": "bo", "skills": {"s1": 3}}"#, 1);
        for agent in ["ana", "bo"] {
            wait(&mut floor, &format!("call of {agent}"), "phone", 0);
            floor
                .assign(&format!("call of {agent}"), agent, at(0))
                .expect("known");
        }
        let wants = |skill| Terms {
            steps: vec![step(&[(skill, 1)], None)],
            ..Terms::queue("general")
        };
        for number in 0..waiting {
            wait_on(&mut floor, &format!("c{number}"), 1, wants("s0"));
        }
        wait_on(&mut floor, "last", 2, wants("s1"));
        floor.next_offers(at(2));
        let before = floor.effort();
        floor.release("call of bo", at(3)).expect("held");
        assert_eq!(offered(&mut floor, 3), ["last>bo"]);
        let effort = since(&floor, before);
        assert!(
            effort.searches <= 2 && effort.candidates <= 2,
            "{waiting} waiting: {effort:?}"
        );
    }
}

#[test]
fn what_an_agent_declined_is_not_looked_at_again_when_they_are_freed() {
    for declined in [10, 1_000] {
        let mut floor = staffed(&["ana"]);
        for number in 0..declined {
            wait(&mut floor, &format!("c{number:05}"), "phone", 0);
        }
        for number in 0..declined {
            offered(&mut floor, 0);
            decline(&mut floor, &format!("c{number:05}"), 0);
        }
        wait(&mut floor, "call", "phone", 1);
        floor.assign("call", "ana", at(1)).expect("known");
        floor.next_offers(at(1));
        let before = floor.effort();
        floor.release("call", at(2)).expect("held");
        assert_eq!(offered(&mut floor, 2), [""; 0]);
        let effort = since(&floor, before);
        assert!(
            effort.searches <= 1 && effort.candidates <= 1,
            "{declined}: {effort:?}"
        );
    }
}
