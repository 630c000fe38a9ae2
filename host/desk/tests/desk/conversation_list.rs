//! Lists of conversations: rows as of the last commit, names and texts, resolved ones.

use jiff::Timestamp;
use patchbay_desk::{ConversationPage, Desk, ListRequest};
use patchbay_journal::{Commit, Conversation, ConversationId, EntryScope, Journal, NewEntry};
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::conversation_list::{ListFilter, ListOrder};
use patchbay_records::last_message::MessageAuthor;
use patchbay_records::reply::AfterReply;
use patchbay_records::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::floor::{act, agent, sign_in, supervisor, taken_by};
use crate::office::{
    conversations, delivered, desk_of, held, northwind, noted, ruled, said, take_in,
};
use crate::replies::{answer, outgoing, reply_then, send};

fn request() -> ListRequest {
    ListRequest {
        limit: 100,
        with_words: true,
        ..ListRequest::default()
    }
}

fn list(desk: &Desk, request: ListRequest) -> ConversationPage {
    let page = desk.conversations().list("northwind", request);
    page.expect("a company")
}

/// State, name, snippet and author of the newest message of the only open conversation.
fn only(
    desk: &Desk,
) -> (
    ConversationState,
    Option<String>,
    Option<String>,
    Option<MessageAuthor>,
) {
    let mut page = list(desk, request());
    let (row, preview) = page.conversations.pop().expect("one");
    assert!(page.conversations.is_empty());
    // Never older than what was committed.
    assert_eq!(row.sequence, conversations(desk)[0].sequence);
    (
        row.state,
        preview.name,
        preview.snippet,
        row.last_message_from,
    )
}

fn message(id: &str, name: &str, text: &str) -> Value {
    json!({"id": id, "channel": "x", "text": text, "author": {"address": "@jo", "name": name}})
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_list_shows_the_newest_message_of_either_side_at_once() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    let customer = Some(MessageAuthor::Customer);
    take_in(
        &desk,
        vec![delivered(message("1", "Jo", "Where is\nmy parcel?"))],
    );
    let first = (
        ConversationState::Reserved,
        text("Jo"),
        text("Where is my parcel?"),
        customer,
    );
    assert_eq!(only(&desk), first);
    let conversation = taken_by(&desk, "ana");
    assert_eq!(only(&desk).0, ConversationState::Active);

    // A message without a name keeps the newest known one.
    take_in(&desk, vec![said("2", "@jo", "Hello??")]);
    assert_eq!(only(&desk).1, text("Jo"));
    take_in(&desk, vec![delivered(message("3", "Jo Doe", "Last call"))]);
    assert_eq!(
        (only(&desk).1, only(&desk).2),
        (text("Jo Doe"), text("Last call"))
    );

    // A reply; its delivery and its echo say nothing new.
    answer(&desk, conversation, "ana", "r1", "It left this morning.");
    let agent_wrote = Some(MessageAuthor::Agent);
    let replied = (
        ConversationState::WaitingOnCustomer,
        text("Jo Doe"),
        text("It left this morning."),
        agent_wrote,
    );
    assert_eq!(only(&desk), replied);
    let at = list(&desk, request()).conversations[0].0.last_message_at;
    take_in(
        &desk,
        vec![delivered(
            json!({"id": "e1", "channel": "x", "text": "It left this morning.",
            "direction": "outbound", "author": {"address": "@northwind"}, "in_reply_to": "3"}),
        )],
    );
    assert_eq!(
        list(&desk, request()).conversations[0].0.last_message_at,
        at
    );

    // An edit changes the words and not the time; a deletion leaves the one before.
    take_in(&desk, vec![delivered(message("4", "Jo Doe", "Thanks"))]);
    let at = list(&desk, request()).conversations[0].0.last_message_at;
    take_in(
        &desk,
        vec![delivered(message("4", "Jo Doe", "Thanks a lot"))],
    );
    assert_eq!(only(&desk).2, text("Thanks a lot"));
    assert_eq!(
        list(&desk, request()).conversations[0].0.last_message_at,
        at
    );
    take_in(
        &desk,
        vec![delivered(
            json!({"id": "4", "kind": "delete", "channel": "x", "text": "",
        "author": {"address": "@jo"}}),
        )],
    );
    assert_eq!((only(&desk).2, only(&desk).3), (replied.2, replied.3));
}

#[test]
fn a_reply_that_waits_for_approval_is_no_message_yet() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![held("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    send(&desk, conversation, "ana", "r1", "Hello Jo!");
    assert_eq!(
        (only(&desk).0, only(&desk).2),
        (ConversationState::AwaitingApproval, text("Hello?"))
    );
    let approve = AgentAction::Approve {
        reply: "r1".to_owned(),
    };
    act(&desk, conversation, supervisor(), approve).expect("approved");
    assert_eq!(
        (only(&desk).2, only(&desk).3),
        (text("Hello Jo!"), Some(MessageAuthor::Agent))
    );
}

#[test]
fn after_a_restart_the_list_is_the_same() {
    let place = tempfile::tempdir().expect("a place");
    let open = |desk: &Desk| -> Vec<ConversationId> {
        let page = list(desk, request());
        assert_eq!(page.counts.matching, page.conversations.len());
        page.conversations.iter().map(|(row, _)| row.id).collect()
    };
    let before = {
        let desk = desk_of(place.path(), vec![ruled("")]);
        sign_in(&desk, &["ana"]);
        for number in 0..20 {
            let id = number.to_string();
            take_in(&desk, vec![said(&id, &format!("@{id}"), "Hello?")]);
            // Read while it changes.
            assert_eq!(open(&desk).len(), number + 1);
        }
        open(&desk)
    };
    let desk = desk_of(place.path(), vec![ruled("")]);
    desk.wait_until_idle();
    assert_eq!(open(&desk), before);
}

#[test]
fn an_erased_customer_leaves_no_name_and_no_words_in_a_list() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    take_in(
        &desk,
        vec![
            delivered(message("1", "Jo", "My secret")),
            said("2", "@ann", "Another"),
        ],
    );
    let all = || {
        let states = ConversationState::ALL.into();
        let filter = ListFilter {
            states: Some(states),
            ..ListFilter::default()
        };
        list(
            &desk,
            ListRequest {
                filter,
                ..request()
            },
        )
    };
    let before = all().conversations;
    let jo = before.iter().find(|(_, preview)| preview.name.is_some());
    let contact = jo.expect("Jo").0.contact.expect("a contact");
    let erased = desk.contacts().erase("northwind", contact, noted());
    erased.expect("erased");
    let after = all();
    assert_eq!(after.conversations.len(), 2, "the erased one is resolved");
    let words: Vec<_> = after
        .conversations
        .iter()
        .map(|(_, preview)| preview.clone())
        .collect();
    assert_eq!(words[0].snippet, text("Another"));
    assert_eq!((&words[1].name, &words[1].snippet), (&None, &None));
    assert_eq!(after.counts.by_state[&ConversationState::Resolved], 1);
}

#[test]
fn resolved_conversations_are_listed_newest_first_and_counted() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let resolve = |id: ConversationId| {
        act(&desk, id, supervisor(), AgentAction::Resolve).expect("resolved");
    };
    let mut resolved = Vec::new();
    for number in 0..7 {
        let (id, author) = (number.to_string(), format!("@{number}"));
        take_in(&desk, vec![said(&id, &author, "Hello?")]);
        let row = conversations(&desk).remove(0);
        resolved.insert(0, row.id);
        resolve(row.id);
    }
    take_in(&desk, vec![said("open", "@open", "Hello?")]);
    // One is reopened and resolved again: it is the newest.
    let third = resolved.remove(4);
    take_in(&desk, vec![said("again", "@2", "Hello again?")]);
    assert_eq!(conversations(&desk).len(), 2);
    resolve(third);
    resolved.insert(0, third);

    let walk = |states: &[ConversationState], limit: usize, filter: ListFilter| {
        let filter = ListFilter {
            states: Some(states.iter().copied().collect()),
            ..filter
        };
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = list(
                &desk,
                ListRequest {
                    filter: filter.clone(),
                    after,
                    limit,
                    ..request()
                },
            );
            assert!(page.conversations.len() <= limit);
            ids.extend(page.conversations.iter().map(|(row, _)| row.id));
            match page.next {
                Some(next) => after = Some(next),
                None => return (ids, page.counts, page.counts_resolved),
            }
        }
    };
    let open = conversations(&desk).remove(0).id;
    for limit in [1, 3, 7, 100] {
        let (ids, counts, is_counted) =
            walk(&[ConversationState::Resolved], limit, ListFilter::default());
        assert_eq!(ids, resolved, "{limit}");
        assert!(is_counted);
        assert_eq!(counts.matching, 7);
        assert_eq!(counts.by_state[&ConversationState::Resolved], 7);
        let both = [ConversationState::Queued, ConversationState::Resolved];
        let (ids, counts, _) = walk(&both, limit, ListFilter::default());
        assert_eq!((ids[0], &ids[1..]), (open, &resolved[..]), "{limit}");
        assert_eq!(counts.matching, 8);
        let filter = ListFilter {
            queue: text("general"),
            channel: text("x"),
            ..ListFilter::default()
        };
        let (ids, counts, is_counted) = walk(&[ConversationState::Resolved], limit, filter);
        assert_eq!((ids, is_counted), (resolved.clone(), false));
        assert_eq!(counts.matching, 0);
        let filter = ListFilter {
            channel: text("email"),
            ..ListFilter::default()
        };
        assert_eq!(walk(&both, limit, filter).0, []);
    }
    // Of one person.
    let row = desk.journal().conversation(northwind(&desk), third);
    let contact = row.expect("readable").expect("there").contact;
    let filter = ListFilter {
        states: Some([ConversationState::Resolved].into()),
        ..ListFilter::default()
    };
    let page = list(
        &desk,
        ListRequest {
            filter,
            contact,
            ..request()
        },
    );
    assert_eq!(
        (page.conversations.len(), page.conversations[0].0.id),
        (1, third)
    );
    assert_eq!(page.counts.matching, 1);
}

#[test]
fn a_resolved_conversation_belongs_to_the_agent_who_replied_last() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    let reply = reply_then("r1", "Hello Jo!", AfterReply::Resolve);
    act(&desk, conversation, agent("ana"), reply).expect("sent");
    for out in outgoing(&desk) {
        desk.outbox()
            .delivered("northwind", &out.key)
            .expect("noted");
    }
    desk.wait_until_idle();
    let of = |agent: &str| {
        let filter = ListFilter {
            states: Some([ConversationState::Resolved].into()),
            agent: Some(agent.to_owned()),
            ..ListFilter::default()
        };
        list(
            &desk,
            ListRequest {
                filter,
                ..request()
            },
        )
        .conversations
        .len()
    };
    assert_eq!((of("ana"), of("ben")), (1, 0));
}

/// Stores open conversations beside the desk, as if it had stored them.
fn store(journal: &dyn Journal, desk: &Desk, count: u64) -> Vec<(Conversation, Snapshot)> {
    let company = northwind(desk);
    let mut stored = Vec::new();
    let mut commits = Vec::new();
    for number in 1..=count {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        let at = Timestamp::from_second(1_700_000_000 + (number * 7_919 % 5_000) as i64);
        let at = at.expect("in range");
        let mut snapshot = Snapshot::new("x", at, 0);
        snapshot.priority = (number % 5) as u8 * 20;
        snapshot.queue = text("general");
        let row = Conversation {
            company,
            id: ConversationId(id),
            sequence: 0,
            thread: number.to_be_bytes().to_vec(),
            contact: None,
            state: ConversationState::Queued,
            queue: text("general"),
            owner: None,
            due_at: None,
            opened_at: at,
            snapshot: serde_json::to_vec(&snapshot).expect("JSON"),
        };
        stored.push((row.clone(), snapshot));
        commits.push(Commit {
            expected: 0,
            conversation: row,
            entries: vec![NewEntry {
                kind: 1,
                at,
                input: None,
                head: "{}".to_owned(),
                sealed: Vec::new(),
                contact: None,
            }],
            scope: EntryScope::default(),
            state: Vec::new(),
            outbox: Vec::new(),
            words: Vec::new(),
            has_outdated_words: false,
            sent: Vec::new(),
            failed: Vec::new(),
            taken_back: Vec::new(),
            files: Vec::new(),
            removed_files: Vec::new(),
            at,
        });
    }
    for committed in journal.commit_all(commits).expect("written") {
        committed.expect("no conflict");
    }
    stored
}

#[test]
fn ten_thousand_stored_conversations_are_paged_by_every_order() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let stored = store(&**desk.journal(), &desk, 10_000);
    for order in ListOrder::ALL {
        let mut expected: Vec<_> = stored.iter().collect();
        expected.sort_by_key(|(row, _)| row.id.to_string());
        // Stable: equal ones stay in the order of their ids.
        match order {
            ListOrder::Id | ListOrder::Deadline => {}
            ListOrder::Age => expected.sort_by_key(|(_, snapshot)| snapshot.created_at),
            ListOrder::Activity => {
                expected.sort_by_key(|(_, snapshot)| std::cmp::Reverse(snapshot.created_at));
            }
            ListOrder::Priority => {
                expected.sort_by_key(|(_, snapshot)| (100 - snapshot.priority, snapshot.created_at))
            }
        }
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = list(
                &desk,
                ListRequest {
                    order,
                    after,
                    ..request()
                },
            );
            assert_eq!(page.counts.matching, 10_000);
            listed.extend(page.conversations.iter().map(|(row, _)| row.id));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let expected: Vec<ConversationId> = expected.iter().map(|(row, _)| row.id).collect();
        assert!(listed == expected, "{order}");
    }
}

/// By hand: `cargo test --release -p patchbay-desk --test desk -- --ignored --nocapture figures`.
#[test]
#[ignore = "prints figures"]
#[allow(clippy::print_stdout, reason = "prints figures")]
fn figures_of_lists_of_10_000_and_100_000_conversations() {
    for count in [10_000, 100_000] {
        let place = tempfile::tempdir().expect("a place");
        let desk = desk_of(place.path(), vec![ruled("")]);
        store(&**desk.journal(), &desk, count);
        let start = std::time::Instant::now();
        list(&desk, request());
        println!("{count} conversations: made in {:?}", start.elapsed());
        for order in ListOrder::ALL {
            let start = std::time::Instant::now();
            for _ in 0..20 {
                list(&desk, ListRequest { order, ..request() });
            }
            println!("  a page by {order}: {:?}", start.elapsed() / 20);
        }
    }
}
