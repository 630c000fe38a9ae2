use super::*;

fn with(steps: Vec<Step>) -> RoutingTerms {
    RoutingTerms {
        steps,
        ..RoutingTerms::queue("general")
    }
}

/// Ana is an expert, Bo a beginner.
fn skilled() -> Floor {
    let mut floor = floor();
    add(
        &mut floor,
        r#"{"id": "ana", "skills": {"fraud": 4}, "languages": ["pt-BR"]}"#,
        1,
    );
    add(
        &mut floor,
        r#"{"id": "bo", "skills": {"fraud": 2}, "languages": ["EN"]}"#,
        0,
    );
    floor
}

fn occupy(floor: &mut Floor, agent: &str) {
    let id = format!("call of {agent}");
    wait(floor, &id, "phone", 0);
    floor.assign(&id, agent, at(0)).expect("known");
}

#[test]
fn a_step_requires_proficiency_and_one_of_its_languages() {
    for (skill, language, gets) in [
        (3, None, "c>ana"),
        (2, None, "c>bo"),
        (1, Some("pt"), "c>ana"),
        (1, Some("PT-br"), "c>ana"),
        (1, Some("en"), "c>bo"),
    ] {
        let mut floor = skilled();
        let mut asked = step(&[("fraud", skill)], None);
        asked.languages.extend(language.map(str::to_owned));
        wait_on(&mut floor, "c", 0, with(vec![asked]));
        assert_eq!(offered(&mut floor, 0), [gets], "{skill} {language:?}");
    }
}

#[test]
fn only_members_of_the_queue_get_offers() {
    let mut floor = floor();
    add(
        &mut floor,
        r#"{"id": "elsewhere", "skills": {"billing": 5}, "queues": ["general"]}"#,
        0,
    );
    add(
        &mut floor,
        r#"{"id": "unable", "skills": {"billing": 1}}"#,
        1,
    );
    add(&mut floor, r#"{"id": "able", "skills": {"billing": 2}}"#, 2);
    add(&mut floor, r#"{"id": "named", "queues": ["billing"]}"#, 3);
    for number in 0..3 {
        let arrival = Arrival {
            terms: RoutingTerms::queue("billing"),
            ..arrival(&format!("c{number}"), "phone", number)
        };
        floor.enqueue(arrival, at(5)).expect("valid");
    }
    assert_eq!(offered(&mut floor, 5), ["c0>able", "c1>named"]);
}

#[test]
fn steps_expire_in_order_and_after_the_last_any_member_qualifies() {
    let mut floor = skilled();
    occupy(&mut floor, "ana");
    let steps = vec![
        step(&[("fraud", 4)], Some(60)),
        step(&[("fraud", 3)], Some(30)),
    ];
    wait_on(&mut floor, "c", 0, with(steps));
    assert_eq!(offered(&mut floor, 59), [""; 0]);
    assert_eq!(floor.next_wakeup(), Some(at(60)));
    let widened = floor.next_offers(at(60)).widened;
    assert_eq!((widened[0].step, widened[0].skipped), (Some(1), false));
    assert_eq!(floor.next_wakeup(), Some(at(90)));
    assert_eq!(offered(&mut floor, 90), ["c>bo"]);
}

#[test]
fn steps_expire_at_their_own_time_however_late_the_call() {
    let mut floor = skilled();
    occupy(&mut floor, "ana");
    occupy(&mut floor, "bo");
    let steps = vec![
        step(&[("fraud", 4)], Some(60)),
        step(&[("fraud", 3)], Some(30)),
    ];
    wait_on(&mut floor, "c", 0, with(steps));
    let widened = floor.next_offers(at(1_000)).widened;
    let moments: Vec<_> = widened.iter().map(|one| (one.step, one.at)).collect();
    assert_eq!(moments, [(Some(1), at(60)), (None, at(90))]);
}

#[test]
fn a_step_keeps_the_candidates_of_earlier_steps() {
    let mut floor = skilled();
    occupy(&mut floor, "ana");
    let steps = vec![
        step(&[("fraud", 3)], Some(60)),
        step(&[("billing", 1)], None),
    ];
    wait_on(&mut floor, "c", 0, with(steps));
    floor.next_offers(at(70));
    floor.release("call of ana", at(71)).expect("known");
    assert_eq!(offered(&mut floor, 71), ["c>ana"]);
}

#[test]
fn a_step_without_an_available_agent_is_skipped_at_once() {
    let mut floor = skilled();
    wait_on(
        &mut floor,
        "c",
        0,
        with(vec![step(&[("fraud", 5)], Some(600))]),
    );
    let round = floor.next_offers(at(0));
    assert_eq!(
        (round.widened[0].step, round.widened[0].skipped),
        (None, true)
    );
    assert_eq!(round.offers[0].agent, "bo");
    assert_eq!(round.offers[0].step, None);
}

#[test]
fn a_step_waits_for_an_occupied_agent_since_availability_ignores_capacity() {
    let mut floor = skilled();
    occupy(&mut floor, "ana");
    wait_on(
        &mut floor,
        "c",
        0,
        with(vec![step(&[("fraud", 3)], Some(600))]),
    );
    assert_eq!(floor.next_offers(at(0)), OfferRound::default());
    floor.release("call of ana", at(5)).expect("known");
    assert_eq!(offered(&mut floor, 5), ["c>ana"]);
}

#[test]
fn an_understaffed_step_is_not_skipped_if_an_offer_can_be_made() {
    let mut floor = skilled();
    let mut asked = step(&[("fraud", 3)], Some(600));
    asked.minimum_agents = Some(2);
    wait_on(&mut floor, "c", 0, with(vec![asked]));
    let round = floor.next_offers(at(0));
    assert_eq!(round.widened, []);
    assert_eq!(
        (round.offers[0].agent.as_str(), round.offers[0].step),
        ("ana", Some(0))
    );
}

#[test]
fn an_understaffed_step_is_skipped_if_no_agent_has_capacity() {
    let mut floor = skilled();
    occupy(&mut floor, "ana");
    let mut asked = step(&[("fraud", 3)], Some(600));
    asked.minimum_agents = Some(2);
    wait_on(&mut floor, "c", 0, with(vec![asked]));
    assert_eq!(offered(&mut floor, 0), ["c>bo"]);
}

#[test]
fn a_step_with_a_minimum_of_zero_is_never_skipped() {
    let mut floor = skilled();
    let mut asked = step(&[("fraud", 5)], Some(600));
    asked.minimum_agents = Some(0);
    wait_on(&mut floor, "c", 0, with(vec![asked]));
    assert_eq!(offered(&mut floor, 599), [""; 0]);
    assert_eq!(offered(&mut floor, 600), ["c>bo"]);
}

#[test]
fn a_step_is_skipped_when_its_last_agent_leaves() {
    let mut floor = skilled();
    occupy(&mut floor, "ana");
    wait_on(
        &mut floor,
        "c",
        0,
        with(vec![step(&[("fraud", 3)], Some(600))]),
    );
    assert_eq!(offered(&mut floor, 0), [""; 0]);
    set_presence(&mut floor, "ana", Presence::Offline, 9);
    assert_eq!(offered(&mut floor, 9), ["c>bo"]);
}

#[test]
fn a_conversation_waits_for_one_agent_until_the_wait_ends() {
    let mut floor = staffed(&["ana", "bo"]);
    occupy(&mut floor, "ana");
    let waits = || RoutingTerms {
        wait_for: Some(agent_wait("ana", 60)),
        ..RoutingTerms::queue("general")
    };
    wait_on(&mut floor, "lapses", 0, waits());
    assert_eq!(offered(&mut floor, 59), [""; 0]);
    assert_eq!(floor.next_wakeup(), Some(at(60)));
    assert_eq!(offered(&mut floor, 60), ["lapses>bo"]);
    let mut floor = staffed(&["ana", "bo"]);
    occupy(&mut floor, "ana");
    wait_on(&mut floor, "met", 0, waits());
    floor.release("call of ana", at(20)).expect("known");
    assert_eq!(offered(&mut floor, 20), ["met>ana"]);
}

#[test]
fn a_wait_ends_when_the_agent_refuses_or_leaves_the_roster() {
    let waits = || RoutingTerms {
        wait_for: Some(agent_wait("bo", 600)),
        ..RoutingTerms::queue("general")
    };
    let mut floor = staffed(&["ana", "bo"]);
    wait_on(&mut floor, "c", 0, waits());
    assert_eq!(offered(&mut floor, 0), ["c>bo"]);
    decline(&mut floor, "c", 1);
    assert_eq!(offered(&mut floor, 1), ["c>ana"]);
    let mut floor = staffed(&["ana", "bo"]);
    set_presence(&mut floor, "bo", Presence::Away, 0);
    wait_on(&mut floor, "c", 0, waits());
    assert_eq!(offered(&mut floor, 0), [""; 0]);
    floor.remove_agent("bo", at(1)).expect("free");
    assert_eq!(offered(&mut floor, 1), ["c>ana"]);
}

#[test]
fn the_steps_begin_when_the_wait_for_one_agent_ends() {
    let mut floor = skilled();
    occupy(&mut floor, "ana");
    let terms = RoutingTerms {
        wait_for: Some(agent_wait("ana", 60)),
        ..with(vec![step(&[("fraud", 3)], Some(30))])
    };
    wait_on(&mut floor, "c", 0, terms);
    assert_eq!(offered(&mut floor, 89), [""; 0]);
    assert_eq!(offered(&mut floor, 90), ["c>bo"]);
}
