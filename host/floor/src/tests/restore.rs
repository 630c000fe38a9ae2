use super::*;

/// A floor with a refused, an offered and a held conversation.
fn floor_in_use() -> Floor {
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
fn a_restored_floor_continues_as_the_recorded_one() {
    let mut floor = floor_in_use();
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
fn a_record_needs_the_queues_of_its_conversations() {
    let record = floor_in_use().record();
    let error = Floor::restore(FloorSettings::default(), [], record, at(6)).expect_err("in use");
    assert_eq!(error, FloorError::UnknownQueue("general".to_owned()));
}

#[test]
fn an_inconsistent_record_is_rejected() {
    let queues = || [queue("general")];
    let restore = |record| {
        Floor::restore(FloorSettings::default(), queues(), record, at(6))
            .expect_err("contradiction")
    };
    let mut twice = floor_in_use().record();
    twice.conversations.push(twice.conversations[0].clone());
    assert!(matches!(
        restore(twice),
        FloorError::DuplicateConversation(_)
    ));
    let mut twice = floor_in_use().record();
    twice.agents.push(twice.agents[0].clone());
    assert!(matches!(
        restore(twice),
        FloorError::DuplicateId { kind: "agent", .. }
    ));
    let mut unknown = floor_in_use().record();
    unknown.agents.clear();
    assert!(matches!(restore(unknown), FloorError::UnknownAgent(_)));
    let twice = Floor::new(FloorSettings::default(), [queue("a"), queue("a")]);
    assert!(matches!(
        twice,
        Err(FloorError::DuplicateId { kind: "queue", .. })
    ));
}

#[test]
fn an_offer_id_is_never_reused() {
    let mut record = floor_in_use().record();
    let latest = record.next_offer;
    record.next_offer = 0;
    let mut restored =
        Floor::restore(FloorSettings::default(), [queue("general")], record, at(6)).expect("valid");
    restored.release_all("ana", at(6)).expect("known");
    let offers = restored.next_offers(at(6)).offers;
    assert!(offers.iter().all(|offer| offer.id.0 >= latest));
}

#[test]
fn a_directory_agent_keeps_its_idle_time() {
    let agent =
        serde_json::from_str(r#"{"id": "ana", "idle": 60, "presence": "busy"}"#).expect("an agent");
    let record = AgentRecord::from_directory(&agent, at(100));
    assert_eq!(
        (record.idle_since, record.available_since, record.presence),
        (Some(at(40)), None, Presence::Busy)
    );
}
