//! Work that is offered, taken, declined, handed on and returned.

use patchbay_desk::Desk;
use patchbay_events::EventKind;
use patchbay_journal::ConversationId;
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::directory::Presence;
use patchbay_pass::agent_action::{ActionError, ActionResult, AgentAction, Destination};
use patchbay_records::conversation_reader;
use patchbay_records::roster::Agent;
use serde_json::json;

use crate::office::{
    conversations, desk, desk_of, eventually, feed, head, noted, ruled, said, take_in,
};
use crate::replies::answer;

pub(crate) fn agent(id: &str) -> Actor {
    Actor {
        id: id.to_owned(),
        role: ActorRole::Agent,
    }
}

pub(crate) fn supervisor() -> Actor {
    Actor {
        id: "eva".to_owned(),
        role: ActorRole::Supervisor,
    }
}

/// Put agents on the roster of northwind, available.
pub(crate) fn sign_in(desk: &Desk, agents: &[&str]) {
    let roster = agents
        .iter()
        .map(|id| Agent::from_value(json!({"id": id})).expect("an agent"));
    desk.roster()
        .put("northwind", roster.collect(), noted())
        .expect("on the roster");
    for id in agents {
        desk.roster()
            .set_presence("northwind", id, Presence::Available)
            .expect("signed in");
    }
    desk.wait_until_idle();
}

pub(crate) fn act(
    desk: &Desk,
    conversation: ConversationId,
    actor: Actor,
    action: AgentAction,
) -> Result<ActionResult, ActionError> {
    let done = desk
        .conversations()
        .act("northwind", conversation, actor, action);
    desk.wait_until_idle();
    done.expect("a desk that works")
}

/// The one conversation there is, taken by an agent.
pub(crate) fn taken_by(desk: &Desk, id: &str) -> ConversationId {
    let offers = desk
        .conversations()
        .offers("northwind", Some(id))
        .expect("offers");
    let offer = offers.first().expect("one is offered");
    let answer = desk
        .conversations()
        .answer_offer("northwind", offer.id, agent(id), true);
    let done = answer.expect("a desk that works").expect("taken");
    assert_eq!(done.state, ConversationState::Active);
    desk.wait_until_idle();
    offer.conversation.parse().expect("an id")
}

fn state(desk: &Desk) -> (ConversationState, Option<String>) {
    let row = conversations(desk).into_iter().next().expect("one is open");
    (row.state, row.owner)
}

pub(crate) fn kinds(desk: &Desk) -> Vec<EventKind> {
    let known = feed(desk);
    known
        .iter()
        .filter(|entry| entry.conversation.is_some())
        .filter_map(|entry| EventKind::from_number(entry.kind))
        .collect()
}

#[test]
fn an_accepted_offer_makes_the_agent_the_owner() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    assert_eq!(state(&desk).0, ConversationState::Reserved);
    let conversation = taken_by(&desk, "ana");
    assert_eq!(
        state(&desk),
        (ConversationState::Active, Some("ana".to_owned()))
    );
    assert_eq!(
        kinds(&desk),
        [EventKind::Received, EventKind::Offered, EventKind::Accepted]
    );
    let done =
        act(&desk, conversation, agent("ana"), AgentAction::Resolve).expect("hers to resolve");
    assert_eq!(done.state, ConversationState::Resolved);
    let status = desk.roster().agent("northwind", "ana").expect("there");
    assert_eq!((status.view.load, status.holdings.len()), (0, 0));
}

#[test]
fn accepting_an_offer_twice_counts_once() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    sign_in(&desk, &["ana", "ben"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let offer = desk
        .conversations()
        .offers("northwind", None)
        .expect("offers")
        .remove(0);
    let other = if offer.agent == "ana" { "ben" } else { "ana" };
    let answer = |who: &str| {
        let answer = desk
            .conversations()
            .answer_offer("northwind", offer.id, agent(who), true);
        answer.expect("a desk that works")
    };
    assert!(matches!(answer(other), Err(ActionError::NotYours { .. })));
    for _ in 0..3 {
        assert_eq!(
            answer(&offer.agent).expect("theirs").owner,
            Some(offer.agent.clone())
        );
    }
    let again =
        desk.conversations()
            .answer_offer("northwind", offer.id, agent(&offer.agent), false);
    assert!(matches!(
        again.expect("a desk that works"),
        Err(ActionError::OfferOver(_))
    ));
    let accepted = kinds(&desk)
        .into_iter()
        .filter(|kind| *kind == EventKind::Accepted);
    assert_eq!(accepted.count(), 1);
}

#[test]
fn a_declined_offer_goes_to_another_agent_and_a_sole_agent_raises_an_alert() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    sign_in(&desk, &["ana", "ben"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let mut asked = Vec::new();
    for _ in 0..2 {
        let offer = desk
            .conversations()
            .offers("northwind", None)
            .expect("offers")
            .remove(0);
        asked.push(offer.agent.clone());
        let answer =
            desk.conversations()
                .answer_offer("northwind", offer.id, agent(&offer.agent), false);
        answer.expect("a desk that works").expect("declined");
        desk.wait_until_idle();
    }
    asked.sort();
    assert_eq!(asked, ["ana", "ben"]);
    assert_eq!(state(&desk).0, ConversationState::Queued);
    assert!(
        desk.conversations()
            .offers("northwind", None)
            .expect("offers")
            .is_empty()
    );
    let feed = feed(&desk);
    let alert = feed
        .iter()
        .find(|entry| entry.kind == EventKind::Alerted as u16);
    assert_eq!(head(alert.expect("an alert"))["alert"], "nobody-else-fits");
    assert!(kinds(&desk).contains(&EventKind::Triggered));
}

#[test]
fn an_agent_whose_offer_timed_out_gets_no_offers_until_back_also_after_a_restart() {
    let place = tempfile::tempdir().expect("a place");
    {
        let desk = desk_of(place.path(), vec![ruled("offer-timeout = \"1s\"")]);
        sign_in(&desk, &["ana"]);
        take_in(&desk, vec![said("1", "@jo", "Hello?")]);
        eventually(|| kinds(&desk).contains(&EventKind::TimedOut));
        desk.wait_until_idle();
    }
    let desk = desk_of(place.path(), vec![ruled("offer-timeout = \"1h\"")]);
    let ana = desk.roster().agent("northwind", "ana").expect("there");
    assert!(ana.view.not_responding);
    assert!(ana.offers.is_empty());
    desk.roster()
        .set_presence("northwind", "ana", Presence::Available)
        .expect("back");
    take_in(&desk, vec![said("2", "@kim", "Anybody?")]);
    assert_eq!(
        desk.conversations()
            .offers("northwind", Some("ana"))
            .expect("offers")
            .len(),
        1
    );
}

#[test]
fn who_worked_last_does_not_come_first_after_a_restart() {
    let place = tempfile::tempdir().expect("a place");
    let worked = {
        let desk = desk(place.path());
        sign_in(&desk, &["ana"]);
        sign_in(&desk, &["ben"]);
        take_in(&desk, vec![said("1", "@jo", "Hello?")]);
        let conversation = taken_by(&desk, "ana");
        act(&desk, conversation, agent("ana"), AgentAction::Resolve).expect("a desk that works");
        desk.roster().agent("northwind", "ana").expect("there").view
    };
    assert!(worked.idle_since.is_some());
    let desk = desk(place.path());
    let ana = desk.roster().agent("northwind", "ana").expect("there").view;
    assert_eq!(ana.idle_since, worked.idle_since);
    take_in(&desk, vec![said("2", "@kim", "Hello?")]);
    let offers = desk.conversations().offers("northwind", None);
    let agents: Vec<_> = (offers.expect("offers").into_iter())
        .map(|offer| offer.agent)
        .collect();
    assert_eq!(agents, ["ben"]);
}

#[test]
fn owners_and_offers_survive_a_restart() {
    let place = tempfile::tempdir().expect("a place");
    let (held, offered) = {
        let desk = desk(place.path());
        sign_in(&desk, &["ana"]);
        take_in(&desk, vec![said("1", "@jo", "Hello?")]);
        let held = taken_by(&desk, "ana");
        take_in(&desk, vec![said("2", "@kim", "Hello?")]);
        let offers = desk
            .conversations()
            .offers("northwind", None)
            .expect("offers");
        (held, offers.first().expect("offered").clone())
    };
    let desk = desk(place.path());
    let status = desk.roster().agent("northwind", "ana").expect("there");
    assert_eq!(status.holdings[0].conversation, held.to_string());
    assert_eq!(status.offers, std::slice::from_ref(&offered));
    assert_eq!(status.view.load, 100);
    let answer = desk
        .conversations()
        .answer_offer("northwind", offered.id, agent("ana"), true);
    answer.expect("a desk that works").expect("taken");
}

#[test]
fn conversations_of_an_agent_who_went_offline_return_with_their_age() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("return-after = \"1s\"")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    let since = desk
        .roster()
        .agent("northwind", "ana")
        .expect("there")
        .holdings[0]
        .since;
    desk.roster()
        .set_presence("northwind", "ana", Presence::Offline)
        .expect("offline");
    assert_eq!(state(&desk).1.as_deref(), Some("ana"), "not at once");
    eventually(|| state(&desk).0 == ConversationState::Queued);
    desk.wait_until_idle();
    assert!(kinds(&desk).contains(&EventKind::Returned));
    assert!(
        kinds(&desk).contains(&EventKind::Routed),
        "it is routed again"
    );
    let row = conversations(&desk).remove(0);
    let floor = conversation_reader::read_snapshot(&row)
        .expect("readable")
        .floor;
    assert_eq!(floor.expect("on the floor").since, since);
    sign_in(&desk, &["ben"]);
    assert_eq!(taken_by(&desk, "ben"), conversation);
}

#[test]
fn a_conversation_that_waits_on_its_customer_is_not_queued_when_its_agent_leaves() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("return-after = \"1s\"")]);
    sign_in(&desk, &["ana", "ben"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let offered = desk
        .conversations()
        .offers("northwind", None)
        .expect("offers")
        .remove(0);
    let conversation = taken_by(&desk, &offered.agent);
    answer(&desk, conversation, &offered.agent, "r1", "Hello Jo!");
    desk.roster()
        .set_presence("northwind", &offered.agent, Presence::Offline)
        .expect("offline");
    eventually(|| kinds(&desk).contains(&EventKind::Returned));
    desk.wait_until_idle();
    assert_eq!(
        state(&desk),
        (ConversationState::WaitingOnCustomer, None),
        "nobody has anything to answer"
    );
    assert!(
        desk.conversations()
            .offers("northwind", None)
            .expect("offers")
            .is_empty()
    );
    assert!(!kinds(&desk).contains(&EventKind::Routed));

    drop(desk);
    let desk = desk_of(place.path(), vec![ruled("return-after = \"1s\"")]);
    take_in(&desk, vec![said("2", "@jo", "Back again")]);
    let other = if offered.agent == "ana" { "ben" } else { "ana" };
    assert_eq!(taken_by(&desk, other), conversation);
    let row = conversations(&desk).remove(0);
    let cause = conversation_reader::read_snapshot(&row)
        .expect("readable")
        .cause;
    assert_eq!(cause.as_str(), "returned");
}

#[test]
fn the_feed_shows_presence_and_roster_changes() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    sign_in(&desk, &["ana"]);
    for presence in [Presence::Busy, Presence::Busy, Presence::Offline] {
        desk.roster()
            .set_presence("northwind", "ana", presence)
            .expect("set");
    }
    desk.roster()
        .remove("northwind", "ana", noted())
        .expect("removed");
    let told: Vec<_> = feed(&desk)
        .iter()
        .map(|entry| {
            assert_eq!((entry.conversation, entry.sequence), (None, 0));
            let kind = EventKind::from_number(entry.kind).expect("known");
            (kind, head(entry)["to"].as_str().map(str::to_owned))
        })
        .collect();
    let to = |presence: &str| (EventKind::PresenceChanged, Some(presence.to_owned()));
    assert_eq!(
        told,
        [
            (EventKind::AgentPut, None),
            to("available"),
            to("busy"),
            to("offline"),
            (EventKind::AgentRemoved, None),
        ]
    );
}

#[test]
fn a_message_for_an_agent_who_is_offline_does_not_wait_for_them() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    taken_by(&desk, "ana");
    desk.roster()
        .set_presence("northwind", "ana", Presence::Offline)
        .expect("offline");
    sign_in(&desk, &["ben"]);
    take_in(&desk, vec![said("2", "@jo", "Anybody there?")]);
    assert_eq!(
        desk.conversations()
            .offers("northwind", Some("ben"))
            .expect("offers")
            .len(),
        1
    );
}

#[test]
fn a_transfer_names_a_queue_or_an_agent_and_is_not_offered_back() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    sign_in(&desk, &["ana", "ben"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let first = desk
        .conversations()
        .offers("northwind", None)
        .expect("offers")
        .remove(0)
        .agent;
    let conversation = taken_by(&desk, &first);
    let other = if first == "ana" { "ben" } else { "ana" };
    let to = |destination| AgentAction::Transfer(destination);
    let nowhere = to(Destination::Queue("nowhere".to_owned()));
    let refused = act(&desk, conversation, agent(&first), nowhere);
    assert!(
        matches!(refused, Err(ActionError::UnknownQueue(_))),
        "{refused:?}"
    );
    let not_hers = act(
        &desk,
        conversation,
        agent(other),
        to(Destination::Queue("general".to_owned())),
    );
    assert!(
        matches!(not_hers, Err(ActionError::NotYours { .. })),
        "{not_hers:?}"
    );
    act(
        &desk,
        conversation,
        agent(&first),
        to(Destination::Queue("general".to_owned())),
    )
    .expect("sent on");
    let offers = desk
        .conversations()
        .offers("northwind", None)
        .expect("offers");
    assert_eq!(offers[0].agent, other);
    taken_by(&desk, other);
    act(
        &desk,
        conversation,
        agent(other),
        to(Destination::Agent(first.clone())),
    )
    .expect("sent to a colleague");
    assert_eq!(taken_by(&desk, &first), conversation);
}

#[test]
fn a_manual_assignment_may_exceed_capacity_and_says_so() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    sign_in(&desk, &["ana"]);
    // Who is not there is offered nothing, and may be given it all the same.
    desk.roster()
        .set_presence("northwind", "ana", Presence::Away)
        .expect("away");
    let authors = ["@a", "@b", "@c"];
    for (number, author) in authors.iter().enumerate() {
        take_in(&desk, vec![said(&number.to_string(), author, "Hello?")]);
    }
    let mut exceeds = Vec::new();
    for row in conversations(&desk) {
        let give = AgentAction::Assign {
            agent: "ana".to_owned(),
        };
        if row.id != conversations(&desk)[0].id {
            let refused = act(&desk, row.id, agent("ben"), give.clone());
            assert!(
                matches!(refused, Err(ActionError::SupervisorsOnly)),
                "{refused:?}"
            );
        }
        exceeds.push(
            act(&desk, row.id, supervisor(), give)
                .expect("given")
                .exceeds_capacity,
        );
    }
    // Two public posts are as much as one agent holds.
    assert_eq!(exceeds, [false, false, true]);
}

#[test]
fn hold_wait_and_wrap_up_follow_the_rules_of_states() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("wrap-up = \"1s\"")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    let doing = |action| act(&desk, conversation, agent("ana"), action);
    let waits = doing(AgentAction::Wait);
    assert!(
        matches!(waits, Err(ActionError::Unanswered { .. })),
        "{waits:?}"
    );
    assert_eq!(
        doing(AgentAction::Hold).expect("held").state,
        ConversationState::OnHold
    );
    assert!(matches!(
        doing(AgentAction::Hold),
        Err(ActionError::NotNow { .. })
    ));
    assert_eq!(
        doing(AgentAction::Resume).expect("resumed").state,
        ConversationState::Active
    );
    assert_eq!(
        doing(AgentAction::WrapUp).expect("wrapping").state,
        ConversationState::Wrapping
    );
    eventually(|| conversations(&desk).is_empty());
    desk.wait_until_idle();
    assert_eq!(
        desk.roster()
            .agent("northwind", "ana")
            .expect("there")
            .view
            .load,
        0
    );
}

#[test]
fn actions_on_unknown_conversations_offers_and_agents_fail() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    let nothing = act(
        &desk,
        ConversationId([9; 16]),
        supervisor(),
        AgentAction::Resolve,
    );
    assert!(matches!(nothing, Err(ActionError::UnknownConversation)));
    assert!(
        desk.roster()
            .set_presence("northwind", "ana", Presence::Away)
            .is_err()
    );
    let wrong = Agent::from_value(json!({"id": "ana", "skills": {"tax": 9}})).expect("reads");
    assert!(
        desk.roster()
            .put("northwind", vec![wrong], noted())
            .is_err()
    );
    assert!(
        desk.roster()
            .agents("northwind", "", 10)
            .expect("a roster")
            .is_empty()
    );
}

#[test]
fn a_roster_change_that_the_journal_refuses_is_undone_on_the_floor() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    sign_in(&desk, &["ana"]);
    let put = |text: &[serde_json::Value], details: String| {
        let agents = text.iter().cloned().map(Agent::from_value);
        let agents = agents.map(|agent| agent.expect("an agent")).collect();
        let entry = patchbay_journal::AuditEntry { details, ..noted() };
        desk.roster().put("northwind", agents, entry)
    };
    let skilled = json!({"id": "ana", "skills": {"tax": 3}});
    let others = [skilled.clone(), json!({"id": "ben"}), skilled];
    let too_long = "x".repeat(1 << 20);
    assert!(put(&others, too_long).is_err());
    let roster = desk.roster().agents("northwind", "", 10).expect("a roster");
    let known: Vec<_> = roster
        .iter()
        .map(|(agent, view)| (agent.id.as_str(), agent.skills.len(), view.presence))
        .collect();
    assert_eq!(known, [("ana", 0, Presence::Available)]);
    put(&others[..2], "{}".to_owned()).expect("on the roster");
    assert_eq!(
        desk.roster()
            .agents("northwind", "", 10)
            .expect("a roster")
            .len(),
        2
    );
}

#[test]
fn a_returning_customer_is_offered_to_the_agent_who_answered_them() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana", "ben", "cem"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let first = desk
        .conversations()
        .offers("northwind", None)
        .expect("offers")
        .remove(0)
        .agent;
    let conversation = taken_by(&desk, &first);
    answer(&desk, conversation, &first, "r1", "Hello!");
    act(&desk, conversation, agent(&first), AgentAction::Resolve).expect("resolved");
    take_in(&desk, vec![said("2", "@jo", "One more thing")]);
    let offers = desk
        .conversations()
        .offers("northwind", None)
        .expect("offers");
    assert_eq!(offers[0].agent, first);
    assert_eq!(offers[0].score, Some(100));
}
