//! Everything at once and in any order: whatever customers, agents and
//! supervisors do, and however often the host starts anew, each conversation
//! is in one place and nobody holds more than they can.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use patchbay_desk::Desk;
use patchbay_floor::{Hold, PlacementRecord};
use patchbay_journal::{ContactId, ConversationId, EntryPage};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::directory::Presence;
use patchbay_model::interaction::WrittenBy;
use patchbay_pass::agent_action::{AgentAction, Destination};
use patchbay_records::conversation_reader;
use patchbay_records::reply::{AfterReply, Reply};
use patchbay_statistics::counter::read_progress;

use crate::floor::{act, agent, sign_in, supervisor};
use crate::office::{conversations, desk_of, feed, northwind, noted, ruled, said, take_in};

const AGENTS: [&str; 3] = ["ana", "ben", "cem"];
/// Things that happen in one run.
const STEPS: u32 = 150;

fn open(place: &Path) -> Desk {
    desk_of(
        place,
        vec![ruled("return-after = \"0s\"\npark-after = \"0s\"")],
    )
}

/// Something happens; agents who may hold too much from then on.
fn step(desk: &Desk, random: &mut fastrand::Rng, number: u32) -> Option<String> {
    let who = AGENTS[random.usize(..AGENTS.len())];
    let rows = conversations(desk);
    let any = (!rows.is_empty()).then(|| rows[random.usize(..rows.len())].clone());
    match random.u32(..12) {
        0..=2 => {
            let author = format!("@{}", random.u32(..8));
            take_in(desk, vec![said(&number.to_string(), &author, "Hello?")]);
        }
        3 | 4 => {
            let offers = desk
                .conversations()
                .offers("northwind", None)
                .expect("offers");
            if let Some(offer) = offers.first() {
                let takes = random.u32(..4) > 0;
                let answer = desk.conversations().answer_offer(
                    "northwind",
                    offer.id,
                    agent(&offer.agent),
                    takes,
                );
                answer.expect("a desk that works").expect("it is open");
                desk.wait_until_idle();
            }
        }
        5 => {
            let presence = Presence::ALL[random.usize(..4)];
            desk.roster()
                .set_presence("northwind", who, presence)
                .expect("set");
            desk.wait_until_idle();
        }
        _ => return touch(desk, random, any?.id, who, number),
    }
    None
}

/// Somebody does something about a conversation, or is told why not.
fn touch(
    desk: &Desk,
    random: &mut fastrand::Rng,
    conversation: ConversationId,
    who: &str,
    number: u32,
) -> Option<String> {
    let reply = Reply {
        id: number.to_string(),
        text: "Hello!".to_owned(),
        template: None,
        attachments: Vec::new(),
        written_by: WrittenBy::Human,
        then: [
            AfterReply::Wait,
            AfterReply::Stay,
            AfterReply::WrapUp,
            AfterReply::Resolve,
        ][random.usize(..4)],
    };
    let action = match random.u32(..9) {
        0 => AgentAction::Assign {
            agent: who.to_owned(),
        },
        1 => AgentAction::Transfer(Destination::Queue("general".to_owned())),
        2 => AgentAction::Transfer(Destination::Agent(who.to_owned())),
        3 => AgentAction::Return,
        4 => AgentAction::Hold,
        5 => AgentAction::Resume,
        6 => AgentAction::WrapUp,
        7 => AgentAction::Resolve,
        _ => AgentAction::Reply(reply),
    };
    // Each may take up what held no capacity while its customer was next.
    let by_hand = matches!(
        action,
        AgentAction::Assign { .. } | AgentAction::Resume | AgentAction::WrapUp
    );
    let done = act(desk, conversation, supervisor(), action);
    for out in desk.outbox().due(|_| false, 100).expect("readable") {
        desk.outbox()
            .delivered("northwind", &out.key)
            .expect("noted");
        desk.wait_until_idle();
    }
    done.ok().and_then(|done| done.owner).filter(|_| by_hand)
}

/// Where the floor has what the journal says, and nobody has too much.
fn check(desk: &Desk, may_exceed: &BTreeSet<String>) {
    let mut held = BTreeMap::<String, BTreeSet<String>>::new();
    for row in conversations(desk) {
        let snapshot = conversation_reader::read_snapshot(&row).expect("readable");
        assert_eq!(snapshot.owner, row.owner);
        let place = snapshot.floor.map(|record| record.place);
        match (row.state, &place) {
            (ConversationState::Queued, Some(PlacementRecord::Waiting)) => {}
            (ConversationState::Reserved, Some(PlacementRecord::Offered(_))) => {}
            // Its agent went offline while it had nothing to answer: it waits for its
            // customer, or on hold for a supervisor.
            (ConversationState::WaitingOnCustomer | ConversationState::OnHold, None) => {}
            (
                ConversationState::Active
                | ConversationState::WaitingOnCustomer
                | ConversationState::OnHold
                | ConversationState::AwaitingApproval
                | ConversationState::Wrapping,
                Some(PlacementRecord::Held { agent, hold }),
            ) => {
                assert_eq!(Some(agent), row.owner.as_ref());
                let wraps = row.state == ConversationState::Wrapping;
                assert_eq!(*hold == Hold::Wrapping, wraps, "{:?}", row.state);
                held.entry(agent.clone())
                    .or_default()
                    .insert(row.id.to_string());
                continue;
            }
            (state, place) => panic!("{state:?} at {place:?}"),
        }
        assert_eq!(row.owner, None, "{:?}", row.state);
    }
    for id in AGENTS {
        let status = desk.roster().agent("northwind", id).expect("there");
        let holds: BTreeSet<String> = status
            .holdings
            .iter()
            .map(|holding| holding.conversation.clone())
            .collect();
        assert_eq!(held.remove(id).unwrap_or_default(), holds, "{id}");
        let fits = status.view.load <= status.view.capacity.into();
        assert!(fits || may_exceed.contains(id), "{id}: {:?}", status.view);
    }
    assert!(held.is_empty(), "held by nobody: {held:?}");
}

#[test]
fn every_conversation_is_in_one_place_and_no_agent_exceeds_their_capacity() {
    for seed in 0..6 {
        let place = tempfile::tempdir().expect("a place");
        let mut random = fastrand::Rng::with_seed(seed);
        let mut desk = open(place.path());
        sign_in(&desk, &AGENTS);
        let mut may_exceed = BTreeSet::new();
        for number in 0..STEPS {
            if random.u32(..30) == 0 {
                drop(desk);
                desk = open(place.path());
                desk.wait_until_idle();
            }
            may_exceed.extend(step(&desk, &mut random, number));
            // What rings, rings by itself.
            std::thread::sleep(std::time::Duration::from_millis(2));
            desk.wait_until_idle();
            check(&desk, &may_exceed);
        }
    }
}

/// The statistics know a conversation from its entries alone.
#[test]
fn the_statistics_find_the_owner_queue_and_end_of_every_conversation_in_its_entries() {
    for seed in 20..24 {
        let place = tempfile::tempdir().expect("a place");
        let mut random = fastrand::Rng::with_seed(seed);
        let mut desk = open(place.path());
        sign_in(&desk, &AGENTS);
        for number in 0..STEPS {
            if random.u32(..50) == 0 {
                drop(desk);
                desk = open(place.path());
                desk.wait_until_idle();
            }
            step(&desk, &mut random, number);
        }
        desk.wait_until_idle();
        let company = northwind(&desk);
        let entries = feed(&desk);
        let ids: BTreeSet<ConversationId> = entries
            .iter()
            .filter_map(|entry| entry.conversation)
            .collect();
        assert!(ids.len() > 3, "{}", ids.len());
        for id in ids {
            let row = desk.journal().conversation(company, id).expect("readable");
            let row = row.expect("it is stored");
            let progress = read_progress(&**desk.journal(), company, id, u64::MAX);
            let progress = progress.expect("readable");
            let is_resolved = row.state == ConversationState::Resolved;
            let story: Vec<_> = entries
                .iter()
                .filter(|entry| entry.conversation == Some(id))
                .map(|entry| (entry.kind, entry.head.clone()))
                .collect();
            assert_eq!(progress.is_resolved(), is_resolved, "{story:#?}");
            assert_eq!(progress.owner(), row.owner.as_deref(), "{story:#?}");
            assert_eq!(progress.queue(), row.queue.as_deref(), "{story:#?}");
        }
    }
}

/// Feed numbers of a journey.
fn journey(desk: &Desk, contact: ContactId) -> Vec<u64> {
    let entries = desk
        .journal()
        .journey(northwind(desk), contact, EntryPage::After(0), 1_000);
    let entries = entries.expect("readable");
    entries.iter().map(|entry| entry.feed).collect()
}

#[test]
fn a_journey_is_the_same_after_a_merge_and_a_split() {
    let place = tempfile::tempdir().expect("a place");
    let desk = open(place.path());
    sign_in(&desk, &AGENTS);
    let mut random = fastrand::Rng::with_seed(7);
    for number in 0..40 {
        step(&desk, &mut random, number);
    }
    let mut contacts: Vec<ContactId> = Vec::new();
    for author in 0..8 {
        let address = format!("@{author}");
        let found = desk.journal().find_or_create_contact(
            northwind(&desk),
            "x",
            &address,
            jiff::Timestamp::now(),
        );
        contacts.push(found.expect("a contact").contact);
    }
    let before: Vec<Vec<u64>> = contacts.iter().map(|one| journey(&desk, *one)).collect();
    let (one, other) = (contacts[0], contacts[1]);
    let merge = desk
        .contacts()
        .merge("northwind", one, other, "eva", noted())
        .expect("merged");
    let mut both: Vec<u64> = before[0].iter().chain(&before[1]).copied().collect();
    both.sort_unstable();
    assert_eq!(journey(&desk, one), both);
    assert_eq!(journey(&desk, other), both);
    desk.contacts()
        .split("northwind", one, "eva", noted())
        .expect("parted");
    let after: Vec<Vec<u64>> = contacts.iter().map(|one| journey(&desk, *one)).collect();
    assert_eq!(after, before);
    let again = desk
        .contacts()
        .merge("northwind", one, other, "eva", noted())
        .expect("merged");
    desk.contacts()
        .undo("northwind", again, "eva", noted())
        .expect("undone");
    assert!(
        desk.contacts()
            .undo("northwind", merge, "eva", noted())
            .is_err(),
        "split already"
    );
    let after: Vec<Vec<u64>> = contacts.iter().map(|one| journey(&desk, *one)).collect();
    assert_eq!(after, before);
}
