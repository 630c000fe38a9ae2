//! Limits of how many conversations of one channel or queue an agent holds.

use super::*;

/// A floor with limits of the company and of the queue `billing`, and agent ana
/// with capacity for 40 chats.
fn limited(desk: &str, billing: Option<u32>, ana: &str) -> Floor {
    let settings: FloorSettings = toml::from_str(desk).expect(desk);
    let mut second = queue("billing");
    second.agent_capacity = billing;
    let mut floor = Floor::new(settings, [queue("general"), second]).expect("valid");
    add(&mut floor, ana, 0);
    floor
}

fn many(limits: &str) -> String {
    format!(r#"{{"id": "ana", "capacity": 1000 {limits}}}"#)
}

fn wait_in(floor: &mut Floor, id: &str, channel: &str, queue: &str, second: i64) {
    let arrival = Arrival {
        terms: RoutingTerms::queue(queue),
        ..arrival(id, channel, second)
    };
    floor.enqueue(arrival, at(second)).expect("valid");
}

/// How many of four conversations of this channel and queue ana is offered.
fn takes(floor: &Floor, channel: &str, queue: &str) -> usize {
    let mut floor = floor.clone();
    for number in 0..4 {
        wait_in(&mut floor, &format!("x{number}"), channel, queue, number);
    }
    floor.next_offers(at(50)).offers.len()
}

#[test]
fn a_limit_of_a_channel_or_a_queue_bounds_what_an_agent_is_offered() {
    let company = "capacity = { channels = { whatsapp = 1 } }";
    let own = r#", "channel-capacity": {"whatsapp": 2}"#;
    let queue_limit = r#", "queue-capacity": {"billing": 3}"#;
    for (desk, billing, agent, whatsapp, telegram, of_billing) in [
        ("", None, "", 4, 4, 4),
        (company, None, "", 1, 4, 4),
        // The agent's own limit replaces that of the company and of the queue.
        (company, None, own, 2, 4, 4),
        ("", None, own, 2, 4, 4),
        ("", Some(1), "", 4, 4, 1),
        ("", Some(0), "", 4, 4, 0),
        ("", Some(1), queue_limit, 4, 4, 3),
        ("", None, queue_limit, 4, 4, 3),
    ] {
        let floor = limited(desk, billing, &many(agent));
        let label = format!("{desk} {billing:?} {agent}");
        assert_eq!(takes(&floor, "whatsapp", "general"), whatsapp, "{label}");
        assert_eq!(takes(&floor, "telegram", "general"), telegram, "{label}");
        assert_eq!(takes(&floor, "telegram", "billing"), of_billing, "{label}");
    }
}

#[test]
fn conversations_of_a_limited_channel_count_for_their_medium_too() {
    let desk = "capacity = { channels = { whatsapp = 3 } }";
    let mut floor = limited(desk, None, &many(""));
    for (number, channel) in ["whatsapp", "chat", "whatsapp", "sms", "telegram"]
        .into_iter()
        .enumerate()
    {
        wait(&mut floor, &format!("c{number}"), channel, number as i64);
    }
    assert_eq!(offered(&mut floor, 9).len(), 4, "the medium allows four");
    assert_eq!(floor.agent("ana").expect("known").load, 100);
}

#[test]
fn a_conversation_that_ends_parks_or_leaves_frees_its_channel_and_queue() {
    let ends: [fn(&mut Floor); 4] = [
        |floor| drop(floor.release("c", at(5)).expect("held")),
        |floor| drop(floor.set_hold("c", Hold::Parked, at(5)).expect("held")),
        |floor| {
            drop(
                floor
                    .transfer("c", RoutingTerms::queue("general"), at(5))
                    .expect("held"),
            )
        },
        |floor| drop(floor.assign("c", "ben", at(5)).expect("known")),
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let mut floor = limited("", Some(1), &many(""));
        add(&mut floor, r#"{"id": "ben", "queues": ["general"]}"#, 0);
        wait_in(&mut floor, "c", "chat", "billing", 1);
        assert_eq!(offered(&mut floor, 1), ["c>ana"]);
        accept(&mut floor, "c", 2);
        wait_in(&mut floor, "next", "chat", "billing", 3);
        assert_eq!(offered(&mut floor, 3), Vec::<String>::new(), "{number}");
        let wrapping = floor.set_hold("c", Hold::Wrapping, at(4)).expect("held");
        assert!(!wrapping.exceeds_capacity);
        assert_eq!(offered(&mut floor, 4), Vec::<String>::new(), "{number}");
        end(&mut floor);
        let offers = offered(&mut floor, 6);
        assert!(
            offers.contains(&"next>ana".to_owned()),
            "{number}: {offers:?}"
        );
    }
}

#[test]
fn an_open_offer_counts_and_a_declined_one_does_not() {
    let mut floor = limited("", Some(1), &many(""));
    wait_in(&mut floor, "c1", "chat", "billing", 1);
    wait_in(&mut floor, "c2", "chat", "billing", 2);
    assert_eq!(offered(&mut floor, 3), ["c1>ana"]);
    decline(&mut floor, "c1", 4);
    assert_eq!(offered(&mut floor, 4), ["c2>ana"]);
}

#[test]
fn a_manual_assignment_may_exceed_a_limit_and_reports_it() {
    let desk = "capacity = { channels = { whatsapp = 1 } }";
    let mut floor = limited(desk, Some(1), &many(""));
    for (id, channel, queue, exceeds) in [
        ("c1", "whatsapp", "general", false),
        ("c2", "whatsapp", "general", true),
        ("c3", "chat", "billing", false),
        ("c4", "chat", "billing", true),
        ("c5", "email", "general", false),
    ] {
        wait_in(&mut floor, id, channel, queue, 0);
        let assignment = floor.assign(id, "ana", at(1)).expect("known");
        assert_eq!(assignment.exceeds_capacity, exceeds, "{id}");
    }
}

#[test]
fn an_agent_put_with_other_limits_keeps_what_they_hold() {
    let mut floor = limited("", None, &many(""));
    for number in 0..2 {
        let id = format!("c{number}");
        wait_in(&mut floor, &id, "whatsapp", "billing", number);
        assert_eq!(offered(&mut floor, number).len(), 1);
        accept(&mut floor, &id, number);
    }
    wait_in(&mut floor, "c2", "whatsapp", "billing", 2);
    wait_in(&mut floor, "c3", "chat", "general", 3);
    let put = |floor: &mut Floor, limits: &str, second| {
        let profile = profile(&many(limits));
        floor.put_agent(profile, at(second)).expect("valid");
        offered(floor, second)
    };
    let one = r#", "channel-capacity": {"whatsapp": 1}"#;
    assert_eq!(put(&mut floor, one, 5), ["c3>ana"], "a new limit applies");
    assert_eq!(floor.conversations_of("ana").expect("known").len(), 2);
    let three = r#", "channel-capacity": {"whatsapp": 3}"#;
    assert_eq!(
        put(&mut floor, three, 6),
        ["c2>ana"],
        "a raised limit offers"
    );
    floor.release("c3", at(7)).expect("on offer");
    wait_in(&mut floor, "c4", "whatsapp", "billing", 7);
    let full = r#", "queue-capacity": {"billing": 3}"#;
    assert_eq!(put(&mut floor, full, 8), Vec::<String>::new());
    assert_eq!(put(&mut floor, "", 9), ["c4>ana"], "without a limit");
}

#[test]
fn a_restored_floor_respects_the_limits() {
    let mut floor = limited("", Some(1), &many(r#", "channel-capacity": {"sms": 1}"#));
    wait_in(&mut floor, "c1", "sms", "billing", 1);
    assert_eq!(offered(&mut floor, 1), ["c1>ana"]);
    accept(&mut floor, "c1", 1);
    let mut second = queue("billing");
    second.agent_capacity = Some(1);
    let queues = [queue("general"), second];
    let settings = FloorSettings::default();
    let restored = Floor::restore(settings, queues, floor.record(), at(2)).expect("valid");
    assert_eq!(takes(&restored, "sms", "general"), 0);
    assert_eq!(takes(&restored, "chat", "billing"), 0);
    assert_eq!(takes(&restored, "chat", "general"), 3);
}

#[test]
fn one_who_waits_for_an_agent_whose_queue_is_full_does_not_stop_another() {
    let mut floor = limited("", Some(1), &many(""));
    wait_in(&mut floor, "c1", "chat", "billing", 1);
    assert_eq!(offered(&mut floor, 1), ["c1>ana"]);
    for (id, queue, second) in [("c2", "billing", 2), ("c3", "general", 3)] {
        let mut terms = RoutingTerms::queue(queue);
        terms.wait_for = Some(agent_wait("ana", 900));
        wait_on(&mut floor, id, second, terms);
    }
    assert_eq!(offered(&mut floor, 4), ["c3>ana"]);
    accept(&mut floor, "c1", 5);
    floor.release("c1", at(6)).expect("held");
    assert_eq!(offered(&mut floor, 6), ["c2>ana"]);
}

#[test]
fn a_company_cannot_limit_more_channels_than_the_floor_tells_apart() {
    let mut floor = limited("", None, &many(""));
    let agent = |id: usize, from: usize, count: usize| {
        let mut profile = profile(&format!(r#"{{"id": "agent-{id}"}}"#));
        let codes = (from..from + count).map(|number| (format!("channel-{number}"), 1));
        profile.channel_capacity = codes.collect();
        profile
    };
    floor.put_agent(agent(1, 0, 64), at(0)).expect("valid");
    let rest = MOST_LIMITED_CHANNELS - 64;
    floor.put_agent(agent(2, 64, rest), at(0)).expect("valid");
    let error = floor.put_agent(agent(3, 64 + rest, 1), at(0));
    let expected = FloorError::LimitedChannels {
        agent: "agent-3".to_owned(),
        most: MOST_LIMITED_CHANNELS,
    };
    assert_eq!(error, Err(expected));
    floor.put_agent(agent(3, 0, 64), at(0)).expect("known ones");
}

#[test]
fn whether_an_agent_has_capacity_depends_on_medium_channel_and_queue() {
    let desk = "capacity = { channels = { whatsapp = 1 } }";
    let mut floor = limited(desk, Some(1), r#"{"id": "ana"}"#);
    let has = |floor: &Floor| {
        [
            ("whatsapp", "general"),
            ("chat", "general"),
            ("chat", "billing"),
            ("call", "general"),
        ]
        .map(|(channel, queue)| floor.has_capacity("ana", channel, None, queue) == Ok(true))
    };
    assert_eq!(has(&floor), [true, true, true, true]);
    for (id, channel, queue, after) in [
        ("c1", "whatsapp", "general", [false, true, true, false]),
        ("c2", "chat", "billing", [false, true, false, false]),
        ("c3", "chat", "general", [false, true, false, false]),
        ("c4", "chat", "general", [false, false, false, false]),
    ] {
        wait_in(&mut floor, id, channel, queue, 1);
        floor.assign(id, "ana", at(2)).expect("known");
        assert_eq!(has(&floor), after, "{id}");
        assert!(!floor.agent("ana").expect("known").exceeds_capacity, "{id}");
    }
    assert!(floor.has_capacity("eva", "chat", None, "general").is_err());
}

#[test]
fn an_agent_beyond_any_limit_exceeds_their_capacity() {
    let desk = "capacity = { channels = { whatsapp = 1 } }";
    for (channel, queue, most) in [
        ("whatsapp", "general", 1),
        ("chat", "billing", 1),
        ("chat", "general", 4),
    ] {
        let mut floor = limited(desk, Some(1), &many(""));
        for number in 0..=most {
            let id = format!("c{number}");
            wait_in(&mut floor, &id, channel, queue, 1);
            let assigned = floor.assign(&id, "ana", at(2)).expect("known");
            let exceeds = number == most;
            assert_eq!(
                assigned.exceeds_capacity, exceeds,
                "{channel} {queue} {number}"
            );
            let view = floor.agent("ana").expect("known");
            assert_eq!(view.exceeds_capacity, exceeds, "{channel} {queue} {number}");
        }
    }
}
