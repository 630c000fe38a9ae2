//! The stored classification is given to every later decision about it.

use std::path::Path;
use std::sync::Arc;

use patchbay_desk::{Delivery, Desk, DeskSettings};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::interaction::WrittenBy;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::decisions::{Filter, StoredDecision, find, list};
use patchbay_records::reply::{AfterReply, Reply};
use serde_json::json;

use crate::company::{alone, assembler, built, company};

fn hear(desk: &Desk, id: &str, text: &str) {
    let said = json!({"id": id, "channel": "chat", "text": text, "author": {"address": "@jo"}});
    let delivery = Delivery::from_outside(said).expect("valid");
    desk.accept("northwind", vec![delivery]).expect("accepted");
    desk.wait_until_idle();
}

fn requeue(desk: &Desk) {
    act(desk, AgentAction::Requeue);
}

/// A supervisor's reply, which the tone policy checks.
fn reply(desk: &Desk, id: &str) {
    act(
        desk,
        AgentAction::Reply(Reply {
            template: None,
            id: id.to_owned(),
            text: "ok".to_owned(),
            attachments: Vec::new(),
            written_by: WrittenBy::Human,
            then: AfterReply::Stay,
        }),
    );
}

fn act(desk: &Desk, action: AgentAction) {
    let open = desk.journal().unresolved_conversations(None, 1);
    let conversation = open.expect("readable")[0].id;
    let eva = Actor {
        id: "eva".to_owned(),
        role: ActorRole::Supervisor,
    };
    let conversations = desk.conversations();
    let done = conversations.act("northwind", conversation, eva, action);
    done.expect("a desk that works").expect("done");
    desk.wait_until_idle();
}

/// The newest decision.
fn newest(desk: &Desk) -> StoredDecision {
    let company = desk.company("northwind").expect("present");
    let journal = &**desk.journal();
    let filter = Filter {
        limit: 10,
        ..Filter::default()
    };
    let page = list(journal, company, &filter).expect("readable");
    let newest = page.decisions.iter().max_by_key(|row| row.id).expect("one");
    let stored = find(journal, company, newest.id);
    stored.expect("readable").expect("present")
}

/// The intents that the newest decision began with.
fn known_intents(desk: &Desk) -> Option<Vec<String>> {
    let input = newest(desk).input.expect("an input");
    let assessment = input.assessment?;
    let names = assessment.intents.into_iter().map(|intent| intent.name);
    Some(names.collect())
}

#[test]
fn a_conversation_that_is_routed_again_has_the_classification_of_its_newest_message() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let assembler = assembler();
    let generation = Arc::new(built(&assembler, &company("northwind")).generation);
    let open = || {
        let directory: &Path = place.path();
        let options = Options::new(directory.join("desk.db"), directory.join("desk.key"));
        let journal = SqliteJournal::open(&options).expect("a journal");
        let companies = vec![Arc::clone(&generation)];
        Desk::open(Arc::new(journal), companies, DeskSettings::default()).expect("a desk")
    };
    {
        let desk = open();
        hear(&desk, "1", "ok");
        assert_eq!(known_intents(&desk), None, "absent before it is classified");
    }
    let desk = open();
    requeue(&desk);
    assert_eq!(known_intents(&desk), Some(vec!["greeting".to_owned()]));
    let replayed = newest(&desk).replay(&generation.pipelines);
    assert_eq!(replayed.whole.as_str(), "same", "{replayed:?}");
    // The classifier has no opinion on the newest message.
    hear(&desk, "2", "decline");
    assert_eq!(known_intents(&desk), None, "not that of an older message");
    requeue(&desk);
    assert_eq!(known_intents(&desk), None, "not that of an older message");
}

#[test]
fn the_check_of_a_draft_has_the_classification_of_its_message_or_none() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let assembler = assembler();
    let generation = Arc::new(built(&assembler, &company("northwind")).generation);
    let options = Options::new(place.path().join("desk.db"), place.path().join("desk.key"));
    let journal = SqliteJournal::open(&options).expect("a journal");
    let companies = vec![Arc::clone(&generation)];
    let desk = Desk::open(Arc::new(journal), companies, DeskSettings::default()).expect("a desk");
    hear(&desk, "1", "ok");
    reply(&desk, "r1");
    assert_eq!(known_intents(&desk), Some(vec!["greeting".to_owned()]));
    // The classifier has no opinion on this message.
    hear(&desk, "2", "decline");
    reply(&desk, "r2");
    let checked = newest(&desk);
    assert!(
        checked
            .input
            .as_ref()
            .is_some_and(|input| input.draft.is_some())
    );
    assert_eq!(known_intents(&desk), None, "absent, and not empty");
    let record = checked.record.as_ref().expect("a record");
    assert!(record["classification"].is_null(), "not classified again");
    let replayed = checked.replay(&generation.pipelines);
    assert_eq!(replayed.whole.as_str(), "same", "{replayed:?}");
}
