//! The work per offer does not grow with the floor; counted, not timed.

use super::*;

/// One queue with agents of different skills, languages and idle times.
fn floor_of(agents: usize) -> Floor {
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

fn terms(number: usize) -> RoutingTerms {
    let mut first = step(&[("fraud", (number % 3 + 1) as u8)], Some(60));
    first
        .languages
        .push(["pt", "en", "es"][number % 3].to_owned());
    let second = step(&[(["s0", "s1"][number % 2], 1)], Some(60));
    RoutingTerms {
        steps: vec![first, second],
        preferences: vec![preference("agent-1", 50), preference("agent-2", 60)],
        ..RoutingTerms::queue("general")
    }
}

fn enqueue_and_count(
    floor: &mut Floor,
    id: &str,
    channel: &str,
    terms: RoutingTerms,
    second: i64,
) -> SearchStats {
    let before = floor.search_stats();
    let arrival = Arrival {
        terms,
        ..arrival(id, channel, second)
    };
    floor.enqueue(arrival, at(second)).expect("valid");
    floor.next_offers(at(second));
    since(floor, before)
}

fn since(floor: &Floor, before: SearchStats) -> SearchStats {
    let after = floor.search_stats();
    SearchStats {
        candidates: after.candidates - before.candidates,
        searches: after.searches - before.searches,
        scanned: after.scanned - before.scanned,
    }
}

/// The most expensive of several conversations.
fn worst_case(floor: &mut Floor, rounds: usize) -> SearchStats {
    let mut worst = SearchStats::default();
    for number in 0..rounds {
        let id = format!("c{number}");
        let effort = enqueue_and_count(floor, &id, "chat", terms(number), 4_000 + number as i64);
        worst.candidates = worst.candidates.max(effort.candidates);
        worst.searches = worst.searches.max(effort.searches);
        if matches!(floor.placement(&id), Ok(Placement::Offered(_))) {
            accept(floor, &id, 4_000 + number as i64);
            if number % 2 == 0 {
                floor.release(&id, at(4_000 + number as i64)).expect("held");
            }
        }
    }
    worst
}

/// Six first steps, six second steps and "any member" make 13 pools; each
/// visits its members twice.
fn assert_pools_built_once(floor: &Floor, agents: usize) {
    let scanned = floor.search_stats().scanned;
    assert!(
        scanned <= 13 * 2 * agents as u64,
        "{agents} agents: {scanned}"
    );
}

#[test]
fn an_offer_costs_the_same_with_ten_thousand_agents_as_with_ten() {
    for agents in [10, 100, 1_000, 10_000] {
        let mut floor = floor_of(agents);
        let worst = worst_case(&mut floor, 300);
        assert!(worst.candidates <= 8, "{agents} agents: {worst:?}");
        assert!(worst.searches <= 3, "{agents} agents: {worst:?}");
        assert_pools_built_once(&floor, agents);
    }
}

#[test]
fn an_offer_costs_the_same_if_nearly_all_agents_are_occupied() {
    for agents in [10, 100, 1_000, 10_000] {
        let mut floor = floor_of(agents);
        for number in 0..agents - 1 {
            let id = format!("call-{number}");
            wait(&mut floor, &id, "phone", 0);
            floor
                .assign(&id, &format!("agent-{number}"), at(0))
                .expect("known");
        }
        let worst = worst_case(&mut floor, 300);
        assert!(worst.candidates <= 8, "{agents} agents: {worst:?}");
        assert!(worst.searches <= 3, "{agents} agents: {worst:?}");
        assert_pools_built_once(&floor, agents);
    }
}

#[test]
fn an_agent_with_a_rare_combination_of_skills_is_found_at_once() {
    for agents in [10, 100, 1_000, 10_000] {
        let mut floor = floor_of(agents);
        add(
            &mut floor,
            r#"{"id": "both", "skills": {"s0": 3, "s1": 3}}"#,
            3_600,
        );
        let wants_both = || RoutingTerms {
            steps: vec![step(&[("s0", 3), ("s1", 3)], None)],
            ..RoutingTerms::queue("general")
        };
        enqueue_and_count(&mut floor, "first", "chat", wants_both(), 4_000);
        let effort = enqueue_and_count(&mut floor, "second", "chat", wants_both(), 4_001);
        let expected = SearchStats {
            candidates: 1,
            searches: 1,
            scanned: 0,
        };
        assert_eq!(effort, expected, "{agents} agents");
    }
}

#[test]
fn a_freed_agent_is_not_matched_against_conversations_that_wait_for_others() {
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
        let wants = |skill| RoutingTerms {
            steps: vec![step(&[(skill, 1)], None)],
            ..RoutingTerms::queue("general")
        };
        for number in 0..waiting {
            wait_on(&mut floor, &format!("c{number}"), 1, wants("s0"));
        }
        wait_on(&mut floor, "last", 2, wants("s1"));
        floor.next_offers(at(2));
        let before = floor.search_stats();
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
fn a_freed_agent_is_not_matched_against_conversations_they_declined() {
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
        let before = floor.search_stats();
        floor.release("call", at(2)).expect("held");
        assert_eq!(offered(&mut floor, 2), [""; 0]);
        let effort = since(&floor, before);
        assert!(
            effort.searches <= 1 && effort.candidates <= 1,
            "{declined}: {effort:?}"
        );
    }
}
