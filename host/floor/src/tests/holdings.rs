use super::*;

#[test]
fn a_manual_assignment_may_exceed_capacity_and_reports_it() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "call", "phone", 0);
    wait(&mut floor, "chat", "chat", 0);
    assert!(
        !floor
            .assign("call", "ana", at(1))
            .expect("known")
            .exceeds_capacity
    );
    let second = floor.assign("chat", "ana", at(1)).expect("known");
    assert!(second.exceeds_capacity && second.present);
    assert_eq!(floor.agent("ana").expect("known").load, 125);
}

#[test]
fn a_manual_assignment_rescinds_the_offer_and_names_the_previous_holder() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "c", "chat", 0);
    offered(&mut floor, 0);
    let first = floor.assign("c", "bo", at(1)).expect("known");
    assert_eq!(first.closed.expect("open").state, OfferState::Rescinded);
    let second = floor.assign("c", "ana", at(2)).expect("known");
    assert_eq!(second.previous.as_deref(), Some("bo"));
    assert_eq!(floor.agent("bo").expect("known").load, 0);
}

#[test]
fn a_manual_assignment_to_an_absent_agent_reports_it() {
    let mut floor = staffed(&["ana"]);
    set_presence(&mut floor, "ana", Presence::Offline, 0);
    wait(&mut floor, "c", "chat", 0);
    assert!(!floor.assign("c", "ana", at(1)).expect("known").present);
}

#[test]
fn a_transfer_keeps_the_age_and_is_not_offered_back_while_others_fit() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "c", "chat", 0);
    floor.assign("c", "ana", at(1)).expect("known");
    set_presence(&mut floor, "bo", Presence::Away, 2);
    let transferred = floor
        .transfer("c", RoutingTerms::queue("general"), at(50))
        .expect("known");
    assert_eq!(transferred.since, at(0));
    assert_eq!(offered(&mut floor, 50), [""; 0]);
    set_presence(&mut floor, "bo", Presence::Available, 51);
    assert_eq!(offered(&mut floor, 51), ["c>bo"]);
}

#[test]
fn a_transfer_to_an_agent_ignores_queue_membership() {
    let mut floor = staffed(&["ana"]);
    add(&mut floor, r#"{"id": "bo", "queues": ["billing"]}"#, 9);
    wait(&mut floor, "c", "chat", 0);
    floor.assign("c", "ana", at(1)).expect("known");
    let terms = RoutingTerms {
        wait_for: Some(agent_wait("bo", 100)),
        ..RoutingTerms::queue("general")
    };
    floor.transfer("c", terms, at(10)).expect("known");
    assert_eq!(offered(&mut floor, 10), ["c>bo"]);
}

#[test]
fn a_new_route_keeps_earlier_refusals() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "c", "chat", 0);
    offered(&mut floor, 0);
    decline(&mut floor, "c", 1);
    floor
        .transfer("c", RoutingTerms::queue("general"), at(2))
        .expect("known");
    assert_eq!(offered(&mut floor, 2), ["c>bo"]);
}

#[test]
fn wrap_up_uses_capacity_until_it_ends() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "call", "phone", 0);
    offered(&mut floor, 0);
    accept(&mut floor, "call", 1);
    floor.set_hold("call", Hold::Wrapping, at(2)).expect("held");
    wait(&mut floor, "next", "phone", 3);
    assert_eq!(offered(&mut floor, 3), [""; 0]);
    floor.release("call", at(9)).expect("held");
    assert_eq!(floor.agent("ana").expect("known").idle_since, Some(at(9)));
    assert_eq!(offered(&mut floor, 9), ["next>ana"]);
}

#[test]
fn a_parked_conversation_keeps_its_owner_and_frees_capacity() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "mine", "phone", 0);
    floor.assign("mine", "ana", at(0)).expect("known");
    floor.set_hold("mine", Hold::Parked, at(1)).expect("held");
    wait(&mut floor, "next", "phone", 2);
    assert_eq!(offered(&mut floor, 2), ["next>ana"]);
    assert!(
        floor
            .set_hold("mine", Hold::Active, at(3))
            .expect("held")
            .exceeds_capacity
    );
    assert_eq!(floor.agent("ana").expect("known").load, 200);
}

#[test]
fn a_parked_conversation_frees_its_capacity_only_once() {
    let mut floor = staffed(&["ana"]);
    for id in ["parked", "active"] {
        wait(&mut floor, id, "chat", 0);
        floor.assign(id, "ana", at(0)).expect("known");
    }
    floor.set_hold("parked", Hold::Parked, at(1)).expect("held");
    let queues = [queue("general"), queue("billing")];
    let restored = Floor::restore(FloorSettings::default(), queues, floor.record(), at(2));
    for mut floor in [floor, restored.expect("valid")] {
        assert_eq!(floor.agent("ana").expect("known").load, 25);
        floor.release("parked", at(3)).expect("held");
        assert_eq!(floor.agent("ana").expect("known").load, 25);
    }
}

#[test]
fn release_all_returns_conversations_to_their_queue_with_their_age() {
    let mut floor = staffed(&["ana"]);
    for (second, id) in ["held", "parked", "wrapping", "offered"]
        .into_iter()
        .enumerate()
    {
        wait(&mut floor, id, "chat", second as i64);
    }
    offered(&mut floor, 5);
    for id in ["held", "parked", "wrapping"] {
        accept(&mut floor, id, 6);
    }
    floor.set_hold("parked", Hold::Parked, at(7)).expect("held");
    floor
        .set_hold("wrapping", Hold::Wrapping, at(7))
        .expect("held");
    assert_eq!(floor.conversations_of("ana").expect("known").len(), 3);
    let cleared = floor.release_all("ana", at(8)).expect("known");
    let returned: Vec<_> = cleared
        .returned
        .iter()
        .map(|one| (one.conversation.as_str(), one.since))
        .collect();
    assert_eq!(returned, [("held", at(0)), ("parked", at(1))]);
    assert_eq!(cleared.ended, ["wrapping"]);
    assert_eq!(cleared.rescinded[0].offer.conversation, "offered");
    assert_eq!(floor.agent("ana").expect("known").load, 0);
    let queue = floor.queue("general").expect("known");
    assert_eq!((queue.waiting, queue.oldest), (3, Some(at(0))));
}

#[test]
fn unknown_ids_and_invalid_values_are_rejected_without_a_change() {
    let mut floor = staffed(&["ana"]);
    let agent = Err(FloorError::UnknownAgent("nobody".to_owned()));
    let conversation = FloorError::UnknownConversation("nothing".to_owned());
    wait(&mut floor, "c", "chat", 0);
    assert_eq!(floor.assign("c", "nobody", at(0)), agent);
    assert_eq!(
        floor.assign("nothing", "ana", at(0)),
        Err(conversation.clone())
    );
    assert_eq!(floor.release("nothing", at(0)), Err(conversation.clone()));
    assert_eq!(floor.placement("nothing"), Err(conversation));
    assert_eq!(
        floor.requeue("c", at(0)),
        Err(FloorError::NotHeld("c".to_owned()))
    );
    assert_eq!(
        floor.set_hold("c", Hold::Parked, at(0)),
        Err(FloorError::NotHeld("c".to_owned()))
    );
    assert_eq!(
        floor.accept(OfferId(7), at(0)),
        Err(FloorError::UnknownOffer(OfferId(7)))
    );
    let nowhere = FloorError::UnknownQueue("nowhere".to_owned());
    assert_eq!(
        floor.transfer("c", RoutingTerms::queue("nowhere"), at(0)),
        Err(nowhere.clone())
    );
    let refused = |json| {
        floor
            .clone()
            .put_agent(profile(json), at(0))
            .expect_err(json)
    };
    assert_eq!(refused(r#"{"id": "bo", "queues": ["nowhere"]}"#), nowhere);
    let proficiency = refused(r#"{"id": "bo", "skills": {"fraud": 6}}"#);
    assert!(matches!(
        proficiency,
        FloorError::Proficiency { proficiency: 6, .. }
    ));
    let again = floor.enqueue(arrival("c", "chat", 0), at(0));
    assert_eq!(
        again,
        Err(FloorError::DuplicateConversation("c".to_owned()))
    );
    let mut terms = RoutingTerms::queue("general");
    terms.priority = 101;
    assert_eq!(
        floor.transfer("c", terms, at(0)),
        Err(FloorError::Priority(101))
    );
    let mut terms = RoutingTerms::queue("general");
    terms.wait_for = Some(agent_wait("nobody", 9));
    assert!(matches!(
        floor.transfer("c", terms, at(0)),
        Err(FloorError::UnknownAgent(_))
    ));
    assert_eq!(
        floor.placement("c"),
        Ok(Placement::Waiting),
        "nothing changed"
    );
}

#[test]
fn an_agent_with_conversations_cannot_be_removed() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "chat", 0);
    offered(&mut floor, 0);
    let refused = floor.remove_agent("ana", at(1)).expect_err("has an offer");
    assert!(matches!(
        refused,
        FloorError::AgentHasWork {
            conversations: 1,
            ..
        }
    ));
    floor.release_all("ana", at(1)).expect("known");
    floor.remove_agent("ana", at(1)).expect("free");
    assert_eq!(offered(&mut floor, 2), [""; 0]);
}

#[test]
fn an_excluded_agent_gets_no_offer_even_if_no_other_fits() {
    let mut floor = staffed(&["ana"]);
    let terms = RoutingTerms {
        excluded: vec!["ana".to_owned(), "nobody".to_owned()],
        ..RoutingTerms::queue("general")
    };
    wait_on(&mut floor, "c", 0, terms);
    assert!(offered(&mut floor, 0).is_empty());
    add(&mut floor, r#"{"id": "bo"}"#, 0);
    assert_eq!(offered(&mut floor, 1), ["c>bo"]);
    assert!(decline(&mut floor, "c", 1).alone);
    assert!(offered(&mut floor, 2).is_empty());
    let later = 3_600;
    assert_eq!(offered(&mut floor, later), ["c>bo"]);
}

#[test]
fn a_wait_ends_when_the_agent_leaves_unless_it_continues_while_away() {
    for while_away in [false, true] {
        let mut floor = staffed(&["bo"]);
        add(&mut floor, r#"{"id": "ana", "capacity": 0}"#, 0);
        let terms = RoutingTerms {
            wait_for: Some(AgentWait {
                agent: "ana".to_owned(),
                until: at(100),
                while_away,
            }),
            ..RoutingTerms::queue("general")
        };
        wait_on(&mut floor, "c", 0, terms);
        assert!(offered(&mut floor, 0).is_empty());
        set_presence(&mut floor, "ana", Presence::Away, 1);
        assert_eq!(offered(&mut floor, 1).is_empty(), while_away);
    }
}
