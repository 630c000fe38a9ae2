use super::*;

#[test]
fn the_longest_idle_agent_comes_first_also_one_who_never_worked() {
    let mut floor = staffed(&["bo", "cy"]);
    floor
        .put_agent(profile(r#"{"id": "ana"}"#), at(0))
        .expect("valid");
    set_presence(&mut floor, "ana", Presence::Available, 0);
    for number in 0..3 {
        wait(&mut floor, &format!("c{number}"), "phone", number);
    }
    assert_eq!(offered(&mut floor, 5), ["c0>ana", "c1>bo", "c2>cy"]);
}

#[test]
fn the_best_preferred_agent_comes_before_other_qualified_agents() {
    let mut floor = staffed(&["ana", "bo", "cy"]);
    let preferring = |preferences| RoutingTerms {
        preferences,
        ..RoutingTerms::queue("general")
    };
    let terms = preferring(vec![
        preference("cy", 40),
        preference("bo", 70),
        preference("nobody", 99),
    ]);
    wait_on(&mut floor, "c0", 0, terms);
    // A score of 0 is a preference; a missing score sorts last.
    wait_on(&mut floor, "c1", 1, preferring(vec![preference("cy", 0)]));
    assert_eq!(offered(&mut floor, 2), ["c0>bo", "c1>cy"]);
}

#[test]
fn highest_priority_goes_first_and_then_the_oldest() {
    let mut floor = staffed(&["ana"]);
    for (id, second, priority) in [("young", 3, 0), ("old", 1, 0), ("urgent", 5, 9)] {
        let terms = RoutingTerms {
            priority,
            ..RoutingTerms::queue("general")
        };
        wait_on(&mut floor, id, second, terms);
    }
    assert_eq!(
        offered(&mut floor, 6),
        ["urgent>ana", "old>ana", "young>ana"]
    );
}

#[test]
fn a_higher_priority_moves_a_conversation_up() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "first", "phone", 0);
    wait(&mut floor, "second", "phone", 1);
    floor.set_priority("second", 50, at(2)).expect("known");
    assert_eq!(offered(&mut floor, 3), ["second>ana"]);
}

#[test]
fn an_open_offer_uses_its_weight_of_capacity() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "mail", "email", 0);
    offered(&mut floor, 0);
    assert_eq!(floor.agent("ana").expect("known").load, 50);
    accept(&mut floor, "mail", 1);
    assert_eq!(floor.agent("ana").expect("known").load, 50);
}

#[test]
fn a_declined_conversation_keeps_its_age_and_goes_to_another_agent() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "c", "phone", 0);
    wait(&mut floor, "later", "phone", 5);
    assert_eq!(offered(&mut floor, 6), ["c>ana", "later>bo"]);
    let refusal = decline(&mut floor, "c", 7);
    assert_eq!((refusal.since, refusal.alone), (at(0), true));
    assert_eq!(offered(&mut floor, 7), [""; 0]);
    floor.release("later", at(8)).expect("known");
    assert_eq!(offered(&mut floor, 8), ["c>bo"]);
}

#[test]
fn a_refusal_is_not_alone_if_another_agent_fits() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "c", "phone", 0);
    offered(&mut floor, 0);
    assert!(!decline(&mut floor, "c", 1).alone);
}

#[test]
fn a_sole_agent_gets_a_declined_offer_again_after_a_doubling_back_off() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "phone", 0);
    offered(&mut floor, 0);
    let mut now = 0;
    for (times, wait) in [
        (1, 30),
        (2, 60),
        (3, 120),
        (4, 240),
        (5, 480),
        (6, 900),
        (7, 900),
    ] {
        let refusal = decline(&mut floor, "c", now);
        assert!(refusal.alone);
        assert_eq!(refusal.again_at, at(now + wait));
        assert_eq!(floor.next_wakeup(), Some(at(now + wait)));
        assert_eq!(offered(&mut floor, now + wait - 1), [""; 0]);
        now += wait;
        let offers = floor.next_offers(at(now)).offers;
        assert_eq!((offers[0].agent.as_str(), offers[0].again), ("ana", times));
    }
}

#[test]
fn after_the_back_off_other_agents_still_come_first() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "phone", 0);
    offered(&mut floor, 0);
    decline(&mut floor, "c", 0);
    add(&mut floor, r#"{"id": "bo"}"#, 20);
    assert_eq!(offered(&mut floor, 30), ["c>bo"]);
}

#[test]
fn an_offer_times_out_after_two_minutes_by_default() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "c", "phone", 0);
    let terms = RoutingTerms {
        offer_timeout: Some(Seconds(15)),
        ..RoutingTerms::queue("general")
    };
    wait_on(&mut floor, "brief", 0, terms);
    offered(&mut floor, 0);
    assert_eq!(floor.next_wakeup(), Some(at(15)));
    assert!(floor.time_out(at(14)).is_empty());
    let refusals = floor.time_out(at(200));
    let ended: Vec<_> = refusals
        .iter()
        .map(|one| (one.closed.state, one.closed.at))
        .collect();
    assert_eq!(
        ended,
        [
            (OfferState::TimedOut, at(15)),
            (OfferState::TimedOut, at(120))
        ]
    );
}

#[test]
fn an_agent_who_lets_an_offer_time_out_gets_none_until_presence_is_set() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "chat", 0);
    offered(&mut floor, 0);
    floor.time_out(at(120));
    wait(&mut floor, "other", "chat", 121);
    assert!(floor.agent("ana").expect("known").not_responding);
    assert_eq!(offered(&mut floor, 10_000), [""; 0]);
    let change = floor
        .set_presence("ana", Presence::Available, at(10_001))
        .expect("known");
    assert!(change.was_not_responding);
    assert_eq!(offered(&mut floor, 10_001), ["c>ana", "other>ana"]);
}

#[test]
fn an_offer_past_its_deadline_cannot_be_accepted() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "chat", 0);
    offered(&mut floor, 0);
    let offer = offer_of(&floor, "c");
    let late = FloorError::OfferTooLate {
        offer,
        deadline: at(120),
    };
    assert_eq!(floor.accept(offer, at(120)), Err(late));
}

#[test]
fn busy_agents_get_offers_and_away_or_offline_ones_do_not() {
    for (presence, gets) in [
        (Presence::Available, 1),
        (Presence::Busy, 1),
        (Presence::Away, 0),
        (Presence::Offline, 0),
    ] {
        let mut floor = staffed(&["ana"]);
        floor.set_presence("ana", presence, at(0)).expect("known");
        wait(&mut floor, "c", "chat", 0);
        assert_eq!(offered(&mut floor, 0).len(), gets, "{presence}");
    }
}

#[test]
fn going_away_rescinds_open_offers_without_a_refusal() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "chat", 0);
    offered(&mut floor, 0);
    let change = floor
        .set_presence("ana", Presence::Away, at(1))
        .expect("known");
    assert_eq!(change.rescinded[0].state, OfferState::Rescinded);
    assert_eq!(floor.agent("ana").expect("known").load, 0);
    set_presence(&mut floor, "ana", Presence::Available, 2);
    let offers = floor.next_offers(at(2)).offers;
    assert_eq!((offers.len(), offers[0].again), (1, 0));
}

#[test]
fn releasing_a_conversation_cancels_its_offer() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "chat", 0);
    offered(&mut floor, 0);
    let offer = offer_of(&floor, "c");
    let closed = floor
        .release("c", at(1))
        .expect("known")
        .closed
        .expect("open");
    assert_eq!(closed.state, OfferState::Cancelled);
    assert_eq!(
        floor.decline(offer, at(1)),
        Err(FloorError::UnknownOffer(offer))
    );
}

#[test]
fn accepting_an_offer_resets_the_idle_time() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "first", "chat", 10);
    assert_eq!(offered(&mut floor, 10), ["first>ana"]);
    accept(&mut floor, "first", 11);
    wait(&mut floor, "second", "chat", 12);
    assert_eq!(offered(&mut floor, 12), ["second>bo"]);
}
