//! What operators order on the day, of a company without policies.

use patchbay_desk::{Delivery, DeskError, Drain};
use patchbay_events::EventKind;
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::agent_action::{ActionError, AgentAction};

use crate::floor::{act, agent, sign_in, supervisor, taken_by};
use crate::office::{
    conversations, desk, desk_of, feed, head, northwind, noted, ruled, said, take_in,
};

fn hello(id: &str) -> Vec<Delivery> {
    vec![said(id, "@jo", "Hello?")]
}

#[test]
fn a_drained_company_accepts_nothing_until_the_drain_ends_also_after_a_restart() {
    let place = tempfile::tempdir().expect("a place");
    {
        let desk = desk(place.path());
        take_in(&desk, hello("1"));
        let drain = Drain {
            since: desk.now(),
            by: "olga".to_owned(),
            reason: Some("it moves".to_owned()),
        };
        desk.drains()
            .start("northwind", drain, noted())
            .expect("drained");
        let refused = desk.accept("northwind", hello("2"));
        assert!(
            matches!(refused, Err(DeskError::Draining(_))),
            "{refused:?}"
        );
        assert_eq!(
            desk.drains()
                .remaining(Some("northwind"))
                .expect("there")
                .undecided,
            0
        );
    }
    let desk = desk(place.path());
    let drain = desk
        .drains()
        .of("northwind")
        .expect("there")
        .expect("drained");
    assert_eq!(drain.reason.as_deref(), Some("it moves"));
    assert!(desk.accept("northwind", hello("2")).is_err());
    // What is at hand goes on.
    let conversation = conversations(&desk)[0].id;
    act(&desk, conversation, supervisor(), AgentAction::Resolve).expect("resolved");
    let undone = desk.drains().end("northwind", "olga", noted());
    assert!(undone.expect("undone"));
    let again = desk.drains().end("northwind", "olga", noted());
    assert!(!again.expect("no error"), "it was undone");
    take_in(&desk, hello("2"));
    let kinds: Vec<u16> = feed(&desk).iter().map(|entry| entry.kind).collect();
    for kind in [EventKind::DrainBegan, EventKind::DrainEnded] {
        let told = kinds.iter().filter(|told| **told == kind as u16);
        assert_eq!(told.count(), 1, "{kind:?} in {kinds:?}");
    }
}

#[test]
fn requeuing_an_owned_conversation_routes_it_again_with_its_age() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, hello("1"));
    let before = desk.roster().queues("northwind").expect("there");
    assert_eq!(before[0].waiting, 0, "it is on offer");
    let conversation = taken_by(&desk, "ana");
    let row = desk.journal().conversation(northwind(&desk), conversation);
    let opened = row.expect("readable").expect("there").opened_at;
    // Nobody else is there to take it; ana goes on being busy elsewhere.
    let away = patchbay_model::directory::Presence::Away;
    desk.roster()
        .set_presence("northwind", "ana", away)
        .expect("there");

    let refused = act(&desk, conversation, agent("ana"), AgentAction::Requeue);
    let refused = refused.expect_err("an agent");
    assert!(matches!(refused, ActionError::SupervisorsOnly), "{refused}");
    let done = act(&desk, conversation, supervisor(), AgentAction::Requeue).expect("requeued");
    assert_eq!((done.state, done.owner), (ConversationState::Queued, None));
    desk.wait_until_idle();
    let queue = &desk.roster().queues("northwind").expect("there")[0];
    assert_eq!(queue.waiting, 1);
    assert!(
        queue
            .oldest
            .is_some_and(|oldest| oldest.duration_since(opened).as_secs() < 60),
        "it has kept its age: {queue:?}, opened {opened}"
    );
    let told = feed(&desk);
    let requeued = told
        .iter()
        .find(|entry| entry.kind == EventKind::Requeued as u16)
        .expect("told");
    let said = head(requeued);
    assert_eq!(
        (&said["from"], &said["agent"]),
        (&"active".into(), &"ana".into())
    );
    let routed = told
        .iter()
        .filter(|entry| entry.kind == EventKind::Routed as u16);
    assert_eq!(routed.count(), 1, "the policies are asked anew");

    act(&desk, conversation, supervisor(), AgentAction::Resolve).expect("resolved");
    let over = act(&desk, conversation, supervisor(), AgentAction::Requeue).expect_err("over");
    assert!(matches!(over, ActionError::NotNow { .. }), "{over}");
}

#[test]
fn requeuing_an_offered_conversation_withdraws_the_offer() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, hello("1"));
    let conversation = conversations(&desk)[0].id;
    let first = desk
        .conversations()
        .offers("northwind", None)
        .expect("there");
    assert_eq!(first.len(), 1);
    act(&desk, conversation, supervisor(), AgentAction::Requeue).expect("requeued");
    desk.wait_until_idle();
    let now = desk
        .conversations()
        .offers("northwind", None)
        .expect("there");
    assert_eq!(now.len(), 1, "offered anew");
    assert_ne!(now[0].id, first[0].id);
}
