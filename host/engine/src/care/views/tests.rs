//! A record has what the methods answer, in the transcript too.

use std::sync::Arc;

use patchbay_model::conversation::Trigger;
use patchbay_model::directory::Directory;
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::{DraftInput, Exchange, Situation, Surroundings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wasmtime::component::Resource;

use crate::care::recall::{Recall, StrictRecall};
use crate::care::test_state::state;
use crate::care::transcript::HostCall;
use crate::care::{HostObject, HostState, NewHandle};
use crate::contract::types::{
    HostAssessment, HostContact, HostConversation, HostDraft, HostInteraction, HostTrigger,
};
use crate::data_layer::DataSet;

fn parse<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a value")
}

/// A decision about which everything is known, or as little as possible.
fn situation(known: bool) -> Arc<Situation> {
    let interaction = match known {
        true => json!({
            "id": "1", "channel": "x", "text": "Olá 🙂", "visibility": "public", "account": "@us",
            "language": "pt", "received_at": "2026-03-02T10:00:00Z", "in_reply_to": "0",
            "author": {"address": "@jo", "name": "Jo", "reach": 7, "verified": true},
            "attachments": [{"kind": "image"}, {"kind": "other"}],
        }),
        false => json!({"id": "1", "channel": "chat", "text": ""}),
    };
    let mut exchange = Exchange::new(Interaction::from_own(interaction).expect("an interaction"));
    let mut trigger = json!({"code": "wake-up"});
    let mut draft = json!({"id": "d", "channel": "x", "text": "Hello 🙂"});
    let mut assessment = None;
    if known {
        exchange.conversation = parse(json!({
            "id": "c", "state": "active", "cause": "reopened", "created_at": "2026-03-01T10:00:00Z",
            "interaction_count": 9, "queue": "q", "owner": "ana", "last_agent": "bo", "priority": 7,
            "tags": ["a", "b"], "unanswered_since": "2026-03-02T09:00:00Z", "incident": "outage",
        }));
        exchange.contact = parse(json!({"id": "p", "recent_interactions": 3, "last_agent": "cy"}));
        trigger = json!({
            "code": "volume-surge", "clock": "resolution", "due_at": "2026-03-02T12:00:00Z",
            "subject": "outage", "agent": "ana", "count": 12, "usual": 1.5, "window": "15m",
        });
        draft["agent"] = json!("ana");
        draft["visibility"] = json!("public");
        draft["attachments"] = json!([{"kind": "document"}]);
        assessment = Some(json!({
            "intents": [{"name": "refund", "confidence": 0.1}], "topics": ["t"], "sentiment": -0.5,
            "urgency": 80, "language": "pt", "spam": 0.25, "abuse": 0.0, "reply_expected": false,
            "personal_data": [{"kind": "email", "start": 0, "end": 1}], "why": "",
        }));
    }
    let now = "2026-03-02T10:00:01Z".parse().expect("a time");
    let surroundings = Arc::new(Surroundings::of(Directory::default()));
    let mut situation = Situation::of(surroundings, exchange, now, 7);
    let assessment = assessment.unwrap_or_else(|| {
        json!({"intents": [], "topics": [], "urgency": null, "language": null,
               "reply_expected": null, "personal_data": [], "why": ""})
    });
    situation.assessment = Some(Arc::new(parse(assessment)));
    situation.trigger = Some(Arc::new(parse::<Trigger>(trigger)));
    situation.draft = Some(DraftInput {
        draft: Arc::new(Draft::from_value(draft).expect("a draft")),
        composing: known,
    });
    Arc::new(situation)
}

/// The number of a handle to the object; in a replay, of the first handle.
fn handle(state: &mut HostState, object: Option<HostObject>) -> u32 {
    let handle = object.map(|it| state.handles.insert(it).expect("below the limit"));
    let handle = handle.unwrap_or(NewHandle::FIRST);
    handle.into_resource::<()>().rep()
}

/// Calls each method of a resource, then `read`, and returns the transcript.
macro_rules! calls {
    ($state:expr, $object:expr, $trait:ident: $($method:ident)+) => {{
        let (mut state, object): (HostState, Option<HostObject>) = ($state, $object);
        let handle = handle(&mut state, object);
        $( $trait::$method(&mut state, Resource::new_own(handle)).expect(stringify!($method)); )+
        $trait::read(&mut state, Resource::new_own(handle)).expect("read");
        state.recorder.take().expect("a transcript").calls()
    }};
}

fn transcripts(state: impl Fn(usize) -> HostState, known: Option<bool>) -> Vec<Vec<HostCall>> {
    let situation = known.map(situation);
    let object = |of: &dyn Fn(&Situation) -> HostObject| situation.as_deref().map(of);
    let exchange = |it: &Situation| Arc::clone(it.exchange.as_ref().expect("an exchange"));
    let interaction = |it: &Situation| Arc::clone(&exchange(it).interaction);
    vec![
        calls!(state(0), object(&|it| HostObject::Contact(interaction(it), Some(exchange(it)))), HostContact:
            id address name reach verified recent_interactions last_agent),
        calls!(state(1), object(&|it| HostObject::Contact(interaction(it), None)), HostContact:
            id address name reach verified recent_interactions last_agent),
        calls!(state(2), object(&|it| HostObject::Interaction(interaction(it))), HostInteraction:
            id channel text direction visibility account language received_at in_reply_to attachments),
        calls!(state(3), object(&|it| HostObject::Assessment(Arc::clone(it.assessment.as_ref().expect("one")))), HostAssessment:
            intents topics sentiment urgency language spam abuse reply_expected personal_data_kinds),
        calls!(state(4), object(&|it| HostObject::Conversation(exchange(it))), HostConversation:
            id channel state cause created_at interaction_count queue owner last_agent priority tags
            unanswered_since incident),
        calls!(state(5), object(&|it| HostObject::Draft(it.draft.clone().expect("one"))), HostDraft:
            id channel text visibility written_by agent length length_limit composing attachments),
        calls!(state(6), object(&|it| HostObject::Trigger(Arc::clone(it.trigger.as_ref().expect("one")))), HostTrigger:
            code at clock due_at subject agent count usual window_seconds),
    ]
}

#[test]
fn a_record_has_what_each_method_answers() {
    for known in [true, false] {
        let situation = situation(known);
        for mut calls in transcripts(
            |_| state(Some(&situation), None, DataSet::new()),
            Some(known),
        ) {
            let read = calls.pop().expect("the last call");
            let Some(Value::Object(mut view)) = read.result else {
                panic!("{} is no record", read.name);
            };
            for call in calls {
                let (_, name) = call.name.rsplit_once('.').expect("a method");
                let (field, expected) = match (name, call.result.expect("an answer")) {
                    ("attachments", Value::Array(all)) => ("attachment-count", json!(all.len())),
                    (name, value) => (name, value),
                };
                assert_eq!(view.remove(field), Some(expected), "{}", call.name);
            }
            assert!(view.is_empty(), "{}: {view:?} has no method", read.name);
        }
    }
}

#[test]
fn a_replay_answers_a_record_from_the_transcript() {
    let situation = situation(true);
    let recorded = transcripts(
        |_| state(Some(&situation), None, DataSet::new()),
        Some(true),
    );
    let replayed = transcripts(
        |index| {
            let outcome = Outcome::plain(OutcomeKind::Ok);
            let recall = StrictRecall::new(recorded[index].clone(), outcome);
            state(None, Some(Recall::Strict(Box::new(recall))), DataSet::new())
        },
        None,
    );
    assert_eq!(recorded, replayed);
}
