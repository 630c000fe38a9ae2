use super::*;

/// A floor with one of everything.
fn lived_in() -> Floor {
    let mut floor = staffed(&["ana", "bo"]);
    for (second, id) in ["refused", "offered", "held"].into_iter().enumerate() {
        wait(&mut floor, id, "phone", second as i64);
    }
    floor.assign("held", "bo", at(3)).expect("known");
    offered(&mut floor, 3);
    decline(&mut floor, "refused", 4);
    offered(&mut floor, 5);
    floor
}

#[test]
fn a_floor_goes_on_from_its_record_as_if_nothing_had_happened() {
    let mut floor = lived_in();
    let queues = [queue("general"), queue("billing")];
    let record = floor.record();
    let mut restored =
        Floor::restore(FloorSettings::default(), queues, record.clone(), at(6)).expect("valid");
    assert_eq!(restored.record(), record);
    assert_eq!(restored.next_wakeup(), floor.next_wakeup());
    for second in [6, 130, 140] {
        assert_eq!(restored.time_out(at(second)), floor.time_out(at(second)));
        assert_eq!(
            restored.next_offers(at(second)),
            floor.next_offers(at(second))
        );
    }
}

#[test]
fn a_queue_with_conversations_cannot_be_left_out() {
    let record = lived_in().record();
    let error = Floor::restore(FloorSettings::default(), [], record, at(6)).expect_err("in use");
    assert_eq!(error, FloorError::UnknownQueue("general".to_owned()));
}

#[test]
fn a_record_that_contradicts_itself_is_refused() {
    let queues = || [queue("general")];
    let restore = |record| {
        Floor::restore(FloorSettings::default(), queues(), record, at(6))
            .expect_err("contradiction")
    };
    let mut twice = lived_in().record();
    twice.conversations.push(twice.conversations[0].clone());
    assert!(matches!(
        restore(twice),
        FloorError::DuplicateConversation(_)
    ));
    let mut twice = lived_in().record();
    twice.agents.push(twice.agents[0].clone());
    assert!(matches!(
        restore(twice),
        FloorError::DuplicateId { kind: "agent", .. }
    ));
    let mut unknown = lived_in().record();
    unknown.agents.clear();
    assert!(matches!(restore(unknown), FloorError::UnknownAgent(_)));
    let twice = Floor::new(FloorSettings::default(), [queue("a"), queue("a")]);
    assert!(matches!(
        twice,
        Err(FloorError::DuplicateId { kind: "queue", .. })
    ));
}

#[test]
fn an_offer_number_is_never_given_twice() {
    let mut record = lived_in().record();
    let latest = record.next_offer;
    record.next_offer = 0;
    let mut restored =
        Floor::restore(FloorSettings::default(), [queue("general")], record, at(6)).expect("valid");
    restored.release_all("ana", at(6)).expect("known");
    let offers = restored.next_offers(at(6)).offers;
    assert!(offers.iter().all(|offer| offer.id.0 >= latest));
}

#[test]
fn agents_of_the_directory_come_with_their_idle_time() {
    let agent =
        serde_json::from_str(r#"{"id": "ana", "idle": 60, "presence": "busy"}"#).expect("an agent");
    let record = AgentRecord::at(&agent, at(100));
    assert_eq!(
        (record.idle_since, record.presence),
        (Some(at(40)), Presence::Busy)
    );
}
