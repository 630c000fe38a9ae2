//! Replies with uploaded files while something else changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use patchbay_adapter::AdapterKind;
use patchbay_desk::{Desk, DeskSettings, FileUpload, UploadBegin};
use patchbay_events::EventKind;
use patchbay_files::Inspection;
use patchbay_generations::activation::LiveDesk;
use patchbay_generations::{ConnectionSettings, Generation};
use patchbay_journal::{ConversationId, FileState, UploadId, WaitingLimits};
use patchbay_model::traceparent::Traceparent;
use patchbay_pass::agent_action::AgentAction;
use patchbay_pass::observer::Observer;
use patchbay_records::reply::{AfterReply, Reply, ReplyAttachment, ReplyStatus};
use serde_json::json;

use crate::changed_clocks::change;
use crate::floor::{act, agent, sign_in, taken_by};
use crate::office::{company_of, delivered, feed, journal, northwind, take_in};
use crate::replies::{outgoing, reply_then};

const PDF: &[u8] = b"%PDF-1.7 a receipt";

static CHAT: AdapterKind = patchbay_web_chat::KIND;

/// A company with a web chat, whose replies take files.
fn generation(number: u64, approve_all: bool) -> Generation {
    let mut generation = company_of("northwind", None);
    generation.number = number;
    generation.desk.approve_all = approve_all;
    generation.publishers.default = Some("channel:chat".to_owned());
    let settings = json!({"account": "site", "origins": ["https://www.northwind.example"]});
    generation.connections = vec![ConnectionSettings {
        adapter: &CHAT,
        name: "main".to_owned(),
        settings: settings.as_object().expect("an object").clone(),
        secrets: BTreeMap::new(),
        public_url: None,
    }];
    generation
}

/// Activates another generation once a pass has begun.
#[derive(Debug, Default)]
struct Replacement {
    desk: OnceLock<Weak<Desk>>,
    next: Mutex<Option<Generation>>,
}

impl Observer for Replacement {
    fn wants_trace(&self, _: &str, _: ConversationId, _: Option<Traceparent>) -> bool {
        let next = self.next.lock().expect("no panic").take();
        if let (Some(next), Some(desk)) = (next, self.desk.get().and_then(Weak::upgrade)) {
            desk.activate(change(&desk, next, Some(1)))
                .expect("activated");
        }
        false
    }
}

/// Uploads a file as an agent.
fn upload(desk: &Desk, conversation: ConversationId, id: &str, number: u64) {
    let room = 1 << 40;
    let by = agent("ana");
    let begun = desk.files().begin(FileUpload {
        company: "northwind",
        conversation,
        id,
        by: &by,
        announced: 0,
        limits: WaitingLimits {
            conversation: room,
            person: room,
            company: room,
        },
        upload: UploadId(number),
    });
    let mut upload = match begun.expect("readable").expect("permitted") {
        UploadBegin::Begun(upload) => upload,
        UploadBegin::Known(known) => panic!("{known:?}"),
    };
    let stored = desk.files().append(&mut upload, PDF);
    stored.expect("stored").expect("room");
    let mut inspection = Inspection::default();
    inspection.add(PDF);
    let file = inspection.finish("receipt.pdf", None).expect("a document");
    let whole = desk.files().finish(&upload, &file);
    whole.expect("stored").expect("whole");
}

fn reply_with(id: &str, file: &str) -> AgentAction {
    let AgentAction::Reply(reply) = reply_then(id, "Here it is.", AfterReply::Stay) else {
        unreachable!("it is a reply");
    };
    AgentAction::Reply(Reply {
        attachments: vec![ReplyAttachment::Uploaded(file.to_owned())],
        ..reply
    })
}

/// A pass ends on the generation with which it began: the reply goes out by the rules of that
/// one, once, with the file that it named; the next reply is held by the new one.
#[test]
fn a_reply_with_a_file_ends_on_the_generation_that_was_replaced_meanwhile() {
    let place = tempfile::tempdir().expect("a place");
    let replacement = Arc::new(Replacement::default());
    let settings = DeskSettings {
        observer: Arc::clone(&replacement) as Arc<dyn Observer>,
        ..DeskSettings::default()
    };
    let first = Arc::new(generation(1, false));
    let desk = Desk::open(journal(place.path()), vec![first], settings).expect("a desk");
    let desk = Arc::new(desk);
    let watched = replacement.desk.set(Arc::downgrade(&desk));
    watched.expect("set once");
    // The journal has it too, as after a start.
    let stored = desk.activate(change(&desk, generation(1, false), None));
    stored.expect("activated");
    sign_in(&desk, &["ana"]);
    let message = json!({"id": "1", "channel": "chat", "account": "site", "text": "A receipt?",
        "author": {"address": "visitor-1"}});
    take_in(&desk, vec![delivered(message)]);
    let conversation = taken_by(&desk, "ana");
    upload(&desk, conversation, "f", 1);

    *replacement.next.lock().expect("no panic") = Some(generation(2, true));
    let sent = act(&desk, conversation, agent("ana"), reply_with("r1", "f")).expect("sent");
    assert_eq!(sent.reply.expect("a reply").status, ReplyStatus::Published);
    assert!(replacement.next.lock().expect("no panic").is_none());
    let active = desk.active(northwind(&desk)).expect("a generation");
    assert_eq!(active.number, 2);
    let out = outgoing(&desk);
    let [item] = &out[..] else {
        panic!("{out:?}");
    };
    let body = item.body.as_ref().expect("bytes");
    assert!(String::from_utf8_lossy(body).contains("upload:f?upload=0000000000000001&sha256="));
    let stored = desk
        .journal()
        .file(northwind(&desk), conversation, "f")
        .expect("readable")
        .expect("stored");
    assert_eq!(stored.state, FileState::Kept);

    let again = act(&desk, conversation, agent("ana"), reply_with("r1", "f")).expect("known");
    assert_eq!(again.reply.expect("a reply").status, ReplyStatus::Published);
    let next = act(&desk, conversation, agent("ana"), reply_with("r2", "f")).expect("held");
    assert_eq!(next.reply.expect("a reply").status, ReplyStatus::Held);
    let drafted = feed(&desk)
        .into_iter()
        .filter(|entry| entry.kind == EventKind::ReplyDrafted as u16);
    assert_eq!(drafted.count(), 2);
    assert_eq!(outgoing(&desk).len(), 1);
}
