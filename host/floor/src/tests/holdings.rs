use super::*;

#[test]
fn a_manual_assignment_may_exceed_capacity_and_says_so() {
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
fn a_manual_assignment_takes_back_the_offer_and_names_who_held_it() {
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
fn a_manual_assignment_to_somebody_away_says_so() {
    let mut floor = staffed(&["ana"]);
    floor
        .set_presence("ana", Presence::Offline, at(0))
        .expect("known");
    wait(&mut floor, "c", "chat", 0);
    assert!(!floor.assign("c", "ana", at(1)).expect("known").present);
}

#[test]
fn a_transfer_keeps_the_age_and_is_not_offered_back_while_others_fit() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "c", "chat", 0);
    floor.assign("c", "ana", at(1)).expect("known");
    floor
        .set_presence("bo", Presence::Away, at(2))
        .expect("known");
    let transferred = floor
        .transfer("c", Terms::queue("general"), at(50))
        .expect("known");
    assert_eq!(transferred.since, at(0));
    assert_eq!(offered(&mut floor, 50), [""; 0]);
    floor
        .set_presence("bo", Presence::Available, at(51))
        .expect("known");
    assert_eq!(offered(&mut floor, 51), ["c>bo"]);
}

#[test]
fn a_transfer_to_an_agent_waits_for_them_whatever_their_queues() {
    let mut floor = staffed(&["ana"]);
    add(&mut floor, r#"{"id": "bo", "queues": ["billing"]}"#, 9);
    wait(&mut floor, "c", "chat", 0);
    floor.assign("c", "ana", at(1)).expect("known");
    let terms = Terms {
        wait_for: Some(WaitFor {
            agent: "bo".to_owned(),
            until: at(100),
            while_away: true,
        }),
        ..Terms::queue("general")
    };
    floor.transfer("c", terms, at(10)).expect("known");
    assert_eq!(offered(&mut floor, 10), ["c>bo"]);
}

#[test]
fn routing_anew_remembers_who_declined() {
    let mut floor = staffed(&["ana", "bo"]);
    wait(&mut floor, "c", "chat", 0);
    offered(&mut floor, 0);
    decline(&mut floor, "c", 1);
    floor
        .transfer("c", Terms::queue("general"), at(2))
        .expect("known");
    assert_eq!(offered(&mut floor, 2), ["c>bo"]);
}

#[test]
fn wrap_up_holds_capacity_until_it_ends() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "call", "phone", 0);
    offered(&mut floor, 0);
    accept(&mut floor, "call", 1);
    floor.wrap_up("call", at(2)).expect("held");
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
    floor.park("mine", at(1)).expect("held");
    wait(&mut floor, "next", "phone", 2);
    assert_eq!(offered(&mut floor, 2), ["next>ana"]);
    assert!(floor.resume("mine", at(3)).expect("held").exceeds_capacity);
    assert_eq!(floor.agent("ana").expect("known").load, 200);
}

#[test]
fn what_is_parked_frees_its_capacity_once_and_not_again_when_it_ends() {
    let mut floor = staffed(&["ana"]);
    for id in ["parked", "active"] {
        wait(&mut floor, id, "chat", 0);
        floor.assign(id, "ana", at(0)).expect("known");
    }
    floor.park("parked", at(1)).expect("held");
    let queues = [queue("general"), queue("billing")];
    let restored = Floor::restore(FloorSettings::default(), queues, floor.record(), at(2));
    for mut floor in [floor, restored.expect("valid")] {
        assert_eq!(floor.agent("ana").expect("known").load, 25);
        floor.release("parked", at(3)).expect("held");
        assert_eq!(floor.agent("ana").expect("known").load, 25);
    }
}

#[test]
fn everything_an_agent_has_returns_to_its_queue_with_its_age() {
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
    floor.park("parked", at(7)).expect("held");
    floor.wrap_up("wrapping", at(7)).expect("held");
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
fn agents_queues_and_conversations_nobody_knows_are_refused() {
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
    assert_eq!(floor.place("nothing"), Err(conversation));
    assert_eq!(
        floor.requeue("c", at(0)),
        Err(FloorError::NotHeld("c".to_owned()))
    );
    assert_eq!(
        floor.park("c", at(0)),
        Err(FloorError::NotHeld("c".to_owned()))
    );
    assert_eq!(
        floor.accept(OfferId(7), at(0)),
        Err(FloorError::UnknownOffer(OfferId(7)))
    );
    let nowhere = FloorError::UnknownQueue("nowhere".to_owned());
    assert_eq!(
        floor.transfer("c", Terms::queue("nowhere"), at(0)),
        Err(nowhere.clone())
    );
    let refused = |json| floor.clone().put_agent(profile(json)).expect_err(json);
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
    let mut terms = Terms::queue("general");
    terms.priority = 101;
    assert_eq!(
        floor.transfer("c", terms, at(0)),
        Err(FloorError::Priority(101))
    );
    let mut terms = Terms::queue("general");
    terms.wait_for = Some(WaitFor {
        agent: "nobody".to_owned(),
        until: at(9),
        while_away: true,
    });
    assert!(matches!(
        floor.transfer("c", terms, at(0)),
        Err(FloorError::UnknownAgent(_))
    ));
    assert_eq!(floor.place("c"), Ok(Place::Waiting), "nothing changed");
}

#[test]
fn an_agent_with_work_stays_on_the_roster() {
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
fn whoever_is_excluded_is_not_offered_it_not_even_as_the_last_resort() {
    let mut floor = staffed(&["ana"]);
    let terms = Terms {
        excluded: vec!["ana".to_owned(), "nobody".to_owned()],
        ..Terms::queue("general")
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
fn a_wait_for_an_agent_lapses_when_they_leave_unless_it_is_for_that() {
    for while_away in [false, true] {
        let mut floor = staffed(&["bo"]);
        add(&mut floor, r#"{"id": "ana", "capacity": 0}"#, 0);
        let terms = Terms {
            wait_for: Some(WaitFor {
                agent: "ana".to_owned(),
                until: at(100),
                while_away,
            }),
            ..Terms::queue("general")
        };
        wait_on(&mut floor, "c", 0, terms);
        assert!(offered(&mut floor, 0).is_empty());
        floor
            .set_presence("ana", Presence::Away, at(1))
            .expect("known");
        assert_eq!(offered(&mut floor, 1).is_empty(), while_away);
    }
}
