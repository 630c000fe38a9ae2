//! Longest idle first: since the agent became available, or last worked.

use super::*;

/// A conversation at this second that its agent resolves at once; returns who
/// got it.
fn next(floor: &mut Floor, second: i64) -> String {
    let id = format!("c{second}");
    wait(floor, &id, "chat", second);
    let offers = floor.next_offers(at(second)).offers;
    let offer = offers.first().expect("an agent is free");
    let assignment = floor.accept(offer.id, at(second)).expect("open");
    floor.release(&id, at(second)).expect("held");
    assignment.agent
}

/// A floor with agents who sign in at these seconds.
fn signed_in(agents: &[(&str, i64)]) -> Floor {
    let mut floor = floor();
    for (id, second) in agents {
        let json = format!(r#"{{"id": "{id}"}}"#);
        floor.put_agent(profile(&json), at(0)).expect("valid");
        set_presence(&mut floor, id, Presence::Available, *second);
    }
    floor
}

fn six(floor: &mut Floor, from: i64) -> String {
    let agents: Vec<String> = (from..from + 6).map(|second| next(floor, second)).collect();
    agents.join(" ")
}

#[test]
fn agents_who_never_worked_take_turns_by_when_they_became_available() {
    for (agents, order) in [
        // Three at once, a fourth later.
        ([("a", 0), ("b", 0), ("c", 0), ("d", 30)], "a b c d a b"),
        // By time, not by name.
        ([("a", 40), ("b", 30), ("c", 20), ("d", 10)], "d c b a d c"),
    ] {
        assert_eq!(six(&mut signed_in(&agents), 100), order, "{agents:?}");
    }
}

#[test]
fn an_agent_who_never_worked_comes_before_those_who_worked_since() {
    let mut floor = signed_in(&[("a", 0), ("b", 0), ("c", 0)]);
    assert_eq!(six(&mut floor, 100), "a b c a b c");
    let profile = profile(r#"{"id": "d"}"#);
    floor.put_agent(profile, at(104)).expect("valid");
    set_presence(&mut floor, "d", Presence::Available, 104);
    // a worked last at 103, d came at 104, b worked at 104, c at 105.
    assert_eq!(six(&mut floor, 110), "a b d c a b");
}

#[test]
fn idle_time_counts_from_the_return_and_not_from_a_change_among_present_states() {
    let mut floor = signed_in(&[("a", 0), ("b", 10)]);
    set_presence(&mut floor, "a", Presence::Busy, 20);
    set_presence(&mut floor, "a", Presence::Available, 30);
    assert_eq!(next(&mut floor.clone(), 50), "a");
    set_presence(&mut floor, "a", Presence::Away, 30);
    set_presence(&mut floor, "a", Presence::Available, 40);
    assert_eq!(next(&mut floor, 50), "b");
}

#[test]
fn idle_time_of_one_who_did_not_respond_counts_from_the_return() {
    let mut floor = signed_in(&[("a", 0)]);
    wait(&mut floor, "c", "chat", 1);
    assert_eq!(offered(&mut floor, 1), ["c>a"]);
    assert_eq!(floor.time_out(at(200)).len(), 1);
    let profile = profile(r#"{"id": "b"}"#);
    floor.put_agent(profile, at(210)).expect("valid");
    set_presence(&mut floor, "b", Presence::Available, 210);
    floor.release("c", at(215)).expect("waits");
    set_presence(&mut floor, "a", Presence::Available, 220);
    assert_eq!(next(&mut floor, 300), "b");
}

#[test]
fn a_restored_floor_has_the_same_order() {
    let mut floor = signed_in(&[("a", 20), ("b", 10), ("c", 0), ("d", 30)]);
    assert_eq!(next(&mut floor, 100), "c");
    let queues = [queue("general")];
    let mut record = floor.record();
    record.agents.reverse();
    let settings = FloorSettings::default();
    let mut restored = Floor::restore(settings, queues, record, at(101)).expect("valid");
    assert_eq!(six(&mut restored, 110), "b a d c b a");
}

#[test]
fn an_agent_of_the_company_file_is_idle_from_the_start_or_as_long_as_it_says() {
    for (text, from) in [
        (r#"{"id": "ana"}"#, Some(at(100))),
        (r#"{"id": "ana", "idle": 60}"#, Some(at(40))),
        (r#"{"id": "ana", "presence": "offline"}"#, None),
    ] {
        let agent = serde_json::from_str(text).expect("an agent");
        let record = AgentRecord::from_directory(&agent, at(100));
        assert_eq!(record.idle_from(), from.unwrap_or(Timestamp::MIN), "{text}");
    }
}

#[test]
fn agents_who_took_or_finished_a_conversation_are_to_be_stored() {
    let mut floor = signed_in(&[("a", 0), ("b", 10)]);
    assert_eq!(floor.take_worked(), [""; 0], "signing in is stored at once");
    wait(&mut floor, "c", "chat", 20);
    assert_eq!(offered(&mut floor, 20), ["c>a"]);
    assert_eq!(floor.take_worked(), [""; 0], "an offer is no work");
    floor.assign("c", "b", at(30)).expect("known");
    assert_eq!(floor.take_worked(), ["b"]);
    floor.release("c", at(40)).expect("held");
    let worked = floor.take_worked();
    assert_eq!(worked, ["b"]);
    floor.return_worked(worked);
    assert_eq!(floor.take_worked(), ["b"]);
    assert_eq!(floor.take_worked(), [""; 0]);
}
