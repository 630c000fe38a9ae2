//! Searches: what finds a conversation, from when on, and what does not find it any more.

use patchbay_desk::{ConversationPage, Desk, DeskError, ListRequest, SearchKind};
use patchbay_journal::{Conversation, ConversationId};
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::conversation_list::ListFilter;
use patchbay_records::notes::NewNote;
use patchbay_search_terms::ParseQueryError;
use serde_json::{Value, json};

use crate::floor::{act, agent, sign_in, supervisor, taken_by};
use crate::office::{
    conversations, delivered, desk_of, eventually, journal, northwind, noted, ruled, take_in,
};
use crate::replies::answer;

fn request(text: &str) -> ListRequest {
    ListRequest {
        limit: 100,
        text: Some(text.to_owned()),
        ..ListRequest::default()
    }
}

/// Open and resolved ones.
fn all_states() -> ListFilter {
    ListFilter {
        states: Some(ConversationState::ALL.into_iter().collect()),
        ..ListFilter::default()
    }
}

fn search(desk: &Desk, request: ListRequest) -> ConversationPage {
    let page = desk.conversations().list("northwind", request);
    page.expect("a search")
}

/// What a search finds among all conversations.
fn found(desk: &Desk, text: &str) -> Vec<ConversationId> {
    let page = search(
        desk,
        ListRequest {
            filter: all_states(),
            ..request(text)
        },
    );
    assert!(page.search.expect("a report").is_complete);
    let rows = page.conversations.iter();
    rows.map(|(row, _)| row.id).collect()
}

fn kind(desk: &Desk, text: &str) -> SearchKind {
    search(desk, request(text)).search.expect("a report").kind
}

fn message(id: &str, address: &str, text: &str) -> Value {
    json!({"id": id, "channel": "x", "text": text, "author": {"address": address}})
}

/// A message of a person in a conversation of their own; its id.
fn wrote(desk: &Desk, id: &str, address: &str, text: &str) -> ConversationId {
    let before: Vec<_> = conversations(desk).iter().map(|row| row.id).collect();
    take_in(desk, vec![delivered(message(id, address, text))]);
    let is_new = |row: &&Conversation| !before.contains(&row.id);
    conversations(desk).iter().find(is_new).expect("one").id
}

fn collected(desk: &Desk) {
    let company = northwind(desk);
    eventually(|| {
        let outdated = desk.journal().count_outdated_words(company);
        outdated.expect("readable") == 0
    });
}

#[test]
fn a_message_is_found_by_its_words_as_soon_as_it_is_decided() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let jo = wrote(&desk, "1", "@jo", "Where is my parcel AB-1234?");
    let ann = wrote(&desk, "2", "@ann", "The Parcel came, thanks. Größe passt");
    let both = |mut ids: Vec<ConversationId>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(both(found(&desk, "parcel")), both(vec![jo, ann]));
    for (text, expected) in [
        ("ab1234", vec![jo]),
        ("1234 WHERE", vec![jo]),
        ("grosse", vec![ann]),
        ("thank", vec![ann]),
        ("parcel thanks", vec![ann]),
        ("where thanks", vec![]),
        ("arcel", vec![]),
        ("4321", vec![]),
    ] {
        assert_eq!(found(&desk, text), expected, "{text}");
        assert_eq!(kind(&desk, text), SearchKind::Words, "{text}");
    }
    // Words of several messages count together.
    take_in(
        &desk,
        vec![delivered(message("3", "@jo", "It has a yellow ribbon"))],
    );
    assert_eq!(found(&desk, "yellow 1234"), [jo]);
    assert_eq!(found(&desk, "yellow thanks"), []);
}

#[test]
fn replies_notes_names_subjects_and_files_are_found_too() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    let mut first = message("1", "@jo", "Hello");
    first["author"]["name"] = json!("Jo Featherstone");
    first["attributes"] = json!({"subject": "Damaged goods"});
    first["attachments"] = json!([{"kind": "image", "name": "broken-lamp.jpg"}]);
    take_in(&desk, vec![delivered(first)]);
    let id = taken_by(&desk, "ana");
    answer(&desk, id, "ana", "r1", "We send a replacement.");
    let note = AgentAction::Note(NewNote {
        id: "n1".to_owned(),
        text: "Colleague in warehouse knows".to_owned(),
    });
    act(&desk, id, agent("ana"), note).expect("noted");
    let echo = json!({"id": "9", "channel": "x", "text": "Sent from elsewhere", "direction": "outbound",
        "author": {"address": "@northwind", "name": "Brandname"}, "in_reply_to": "1"});
    take_in(&desk, vec![delivered(echo)]);
    for text in [
        "featherstone",
        "damaged goods",
        "lamp",
        "replacement",
        "warehouse",
        "elsewhere",
        "hello warehouse lamp",
    ] {
        assert_eq!(found(&desk, text), [id], "{text}");
    }
    assert_eq!(found(&desk, "brandname"), [], "the company's own name");
}

#[test]
fn what_was_reworded_or_deleted_is_not_found_any_more() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let id = wrote(&desk, "1", "@jo", "My password is swordfish");
    take_in(
        &desk,
        vec![delivered(message("2", "@jo", "A second message"))],
    );
    assert_eq!(found(&desk, "swordfish"), [id]);
    take_in(
        &desk,
        vec![delivered(message("1", "@jo", "Nothing to see here"))],
    );
    assert_eq!(found(&desk, "nothing"), [id], "at once");
    collected(&desk);
    assert_eq!(found(&desk, "swordfish"), []);
    assert_eq!(found(&desk, "nothing second"), [id]);
    let mut deletion = message("2", "@jo", "");
    deletion["kind"] = json!("delete");
    take_in(&desk, vec![delivered(deletion)]);
    collected(&desk);
    assert_eq!(found(&desk, "second"), []);
    assert_eq!(found(&desk, "nothing"), [id]);
}

#[test]
fn an_erased_person_is_not_found() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let jo = wrote(&desk, "1", "@jo", "Where is my parcel?");
    let ann = wrote(&desk, "2", "@ann", "Where is my parcel?");
    let row = desk.journal().conversation(northwind(&desk), jo);
    let contact = row.expect("readable").expect("there").contact;
    let contact = contact.expect("a contact");
    let erased = desk.contacts().erase("northwind", contact, noted());
    erased.expect("erased");
    assert_eq!(found(&desk, "parcel"), [ann]);
    assert_eq!(found(&desk, "@jo"), [], "neither by the address");
    desk.wait_until_idle();
    collected(&desk);
    assert_eq!(found(&desk, "parcel"), [ann]);
    let report = desk.journal().check().expect("readable");
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn ids_and_addresses_find_their_conversations_alone() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let jo = wrote(&desk, "m-1", "@jo", "Ask @ann about it");
    let ann = wrote(&desk, "m-2", "@Ann", "Hello");
    assert_eq!(found(&desk, &jo.to_string()), [jo]);
    assert_eq!(kind(&desk, &jo.to_string()), SearchKind::Conversation);
    for text in ["@ann", " @ANN ", "@Ann"] {
        assert_eq!(found(&desk, text), [ann], "{text}");
        assert_eq!(kind(&desk, text), SearchKind::Address);
    }
    // Not an address that is known: words.
    let mut mentioned = found(&desk, "ann");
    mentioned.sort_unstable();
    assert_eq!(mentioned, [jo]);
    assert_eq!(found(&desk, "m-2"), [ann]);
    assert_eq!(found(&desk, &"0".repeat(32)), []);

    // Resolved ones too, by paging through them.
    act(&desk, ann, supervisor(), AgentAction::Resolve).expect("resolved");
    for text in ["@ann", "m-2", &ann.to_string()] {
        assert_eq!(found(&desk, text), [ann], "{text}");
        let open = search(&desk, request(text));
        assert_eq!(open.conversations.len(), 0, "{text}");
    }
}

#[test]
fn a_search_combines_with_filters_pages_and_counts() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    let mut ids = Vec::new();
    for number in 0..7 {
        let text = format!("Parcel number {number}");
        ids.push(wrote(
            &desk,
            &number.to_string(),
            &format!("@p{number}"),
            &text,
        ));
    }
    wrote(&desk, "8", "@other", "A refund");
    let resolved: Vec<_> = ids.drain(4..).collect();
    for id in &resolved {
        act(&desk, *id, supervisor(), AgentAction::Resolve).expect("resolved");
    }
    let page = search(&desk, request("parcel"));
    assert_eq!(page.counts.matching, 4);
    assert_eq!(page.counts.by_state.values().sum::<usize>(), 4);
    for limit in [1, 2, 3, 7] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = search(
                &desk,
                ListRequest {
                    filter: all_states(),
                    after,
                    limit,
                    ..request("parcel")
                },
            );
            assert!(page.conversations.len() <= limit);
            listed.extend(page.conversations.iter().map(|(row, _)| row.id));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let (open, closed) = listed.split_at(4);
        let mut open = open.to_vec();
        open.sort_unstable();
        let mut expected = ids.clone();
        expected.sort_unstable();
        assert_eq!(open, expected, "{limit}");
        let newest: Vec<_> = resolved.iter().rev().copied().collect();
        assert_eq!(closed, newest, "{limit}");
    }
    let filter = ListFilter {
        channel: Some("email".to_owned()),
        ..all_states()
    };
    let page = search(
        &desk,
        ListRequest {
            filter,
            ..request("parcel")
        },
    );
    assert_eq!(page.conversations.len(), 0);
}

#[test]
fn a_text_without_a_word_is_refused() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    wrote(&desk, "1", "@jo", "Hello");
    for (text, expected) in [
        ("?", ParseQueryError::NoWord),
        ("a b", ParseQueryError::NoWord),
        (
            "aa bb cc dd ee ff gg hh ii",
            ParseQueryError::TooManyWords(9),
        ),
    ] {
        let refused = desk.conversations().list("northwind", request(text));
        match refused {
            Err(DeskError::Search(error)) => assert_eq!(error, expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn conversations_of_an_earlier_version_are_found_once_they_are_collected() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(
        &desk,
        vec![delivered(message("1", "@jo", "Where is my parcel?"))],
    );
    let id = taken_by(&desk, "ana");
    answer(&desk, id, "ana", "r1", "We send a replacement.");
    let note = AgentAction::Note(NewNote {
        id: "n1".to_owned(),
        text: "Colleague in warehouse knows".to_owned(),
    });
    act(&desk, id, agent("ana"), note).expect("noted");
    let long: Vec<String> = (0..2_000).map(|number| format!("word{number}")).collect();
    for (number, words) in long.chunks(200).enumerate() {
        let id = format!("long-{number}");
        take_in(
            &desk,
            vec![delivered(message(&id, "@jo", &words.join(" ")))],
        );
    }
    let lists = |desk: &Desk| {
        let lists = desk.journal().word_lists(northwind(desk), &[id]);
        lists.expect("readable").len()
    };
    assert!(lists(&desk) > 2, "long ones have several lists");
    drop(desk);

    let journal = journal(place.path());
    let company = patchbay_journal::Companies::company(&*journal, "northwind").expect("there");
    let row = patchbay_journal::Conversations::conversation(&*journal, company, id);
    let none = patchbay_journal::CollectedWords {
        company,
        conversation: id,
        sequence: row.expect("readable").expect("there").sequence,
        lists: Vec::new(),
    };
    patchbay_journal::WordLists::replace_word_lists(&*journal, vec![none]).expect("written");
    patchbay_journal::WordLists::set_word_rules(&*journal, 0x7777).expect("written");
    drop(journal);

    let desk = desk_of(place.path(), vec![ruled("")]);
    collected(&desk);
    assert!(lists(&desk) > 2);
    for text in [
        "parcel",
        "replacement",
        "warehouse",
        "word0",
        "word1999",
        "word7 word1500 parcel",
    ] {
        assert_eq!(found(&desk, text), [id], "{text}");
    }
}
