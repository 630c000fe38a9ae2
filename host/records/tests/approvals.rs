//! What approvers see of a held reply, read from the entries that a pass writes.

use jiff::Timestamp;
use patchbay_engine::decision::Decision;
use patchbay_events::{AfterReply, Event, ReplyCheckedEvent, ReplyDraftedEvent};
use patchbay_journal::{
    AuditEntry, Commit, Commits, Companies, CompanyId, ContactId, Contacts, Conversation,
    ConversationId, EntryScope, Journal, NewEntry, Purpose, Seal,
};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::tone::{Finding, Review, Severity, Verdict};
use patchbay_model::interaction::WrittenBy;
use patchbay_records::approval;
use patchbay_records::history::summarize;
use patchbay_records::reply::PendingReply;
use patchbay_records::snapshot::Snapshot;
use serde_json::json;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn finding() -> Finding {
    Finding {
        code: "tone.rude".to_owned(),
        severity: Severity::High,
        start: Some(0),
        end: Some(3),
        message: "Hey is rude".to_owned(),
        suggestion: Some("Hello".to_owned()),
    }
}

/// Stores the draft and the check of a held reply; its conversation.
fn held_reply(journal: &SqliteJournal, company: CompanyId, contact: ContactId) -> Conversation {
    let sealed = |document: serde_json::Value| {
        let plain = document.to_string();
        let sealed = journal.seal(company, contact, Purpose::Entry, plain.as_bytes());
        sealed.expect("sealed")
    };
    let mut decision = Decision::of(1, None);
    decision.tone = Some(Review {
        verdict: Verdict::Hold,
        findings: vec![finding()],
        ..Review::default()
    });
    let by = Actor {
        id: "ana".to_owned(),
        role: ActorRole::Agent,
    };
    let drafted = Event::ReplyDrafted(ReplyDraftedEvent {
        reply: "r1".to_owned(),
        by,
        written_by: WrittenBy::Human,
        digest: String::new(),
    });
    let mut held = Event::ReplyHeld(ReplyCheckedEvent::approved(
        "r1".to_owned(),
        String::new(),
        false,
    ));
    held.set_decision(summarize(&decision));
    let entry = |event: &Event, document| NewEntry {
        kind: event.kind() as u16,
        at: NOW,
        input: None,
        head: event.head_json(),
        sealed: sealed(document),
        contact: Some(contact),
    };
    let decision = serde_json::to_value(&decision).expect("JSON");
    let entries = vec![
        entry(&drafted, json!({"text": "Hey", "in_reply_to": "gone"})),
        entry(&held, decision),
    ];
    let conversation = Conversation {
        company,
        id: ConversationId::derive(company, b"t", 0),
        sequence: 0,
        thread: b"t".to_vec(),
        contact: Some(contact),
        state: ConversationState::AwaitingApproval,
        queue: None,
        owner: Some("ana".to_owned()),
        due_at: None,
        opened_at: NOW,
        snapshot: Vec::new(),
    };
    let commit = Commit {
        expected: 0,
        conversation: conversation.clone(),
        entries,
        state: Vec::new(),
        outbox: Vec::new(),
        words: Vec::new(),
        has_outdated_words: false,
        sent: Vec::new(),
        failed: Vec::new(),
        taken_back: Vec::new(),
        files: Vec::new(),
        removed_files: Vec::new(),
        scope: EntryScope::default(),
        at: NOW,
    };
    journal.commit(commit).expect("committed");
    conversation
}

#[test]
fn approvers_see_the_findings_and_without_their_words_once_the_customer_is_erased() {
    let place = tempfile::tempdir().expect("a place");
    let options = Options::new(place.path().join("desk.db"), place.path().join("desk.key"));
    let journal = SqliteJournal::open(&options).expect("a journal");
    let company = journal.company("northwind").expect("a company");
    let found = journal.find_or_create_contact(company, "chat", "jo", NOW);
    let contact = found.expect("a contact").contact;
    let conversation = held_reply(&journal, company, contact);
    let pending = PendingReply {
        id: "r1".to_owned(),
        entry: 1,
        by: "ana".to_owned(),
        digest: String::new(),
        generation: 1,
        since: NOW,
        then: AfterReply::Wait,
        steps: Vec::new(),
        step: 0,
        approved: Vec::new(),
        answers_up_to: Some(0),
    };
    let snapshot = Snapshot::new("chat", NOW, 0);
    let read = || approval::read(&journal as &dyn Journal, &conversation, &snapshot, &pending);
    let seen = read().expect("read");
    assert_eq!(seen.text.as_deref(), Some("Hey"));
    assert_eq!(seen.findings, [finding()]);
    assert_eq!(seen.answered, None, "the message is not stored any more");

    let audit = AuditEntry {
        at: NOW,
        company: None,
        actor: "local".to_owned(),
        act: "contact.erased".to_owned(),
        details: "{}".to_owned(),
    };
    let erased = journal.erase_person(company, contact, NOW, audit);
    erased.expect("erased");
    let seen = read().expect("read");
    assert_eq!((seen.text, seen.answered), (None, None));
    let mut known = finding();
    (known.message, known.suggestion) = (String::new(), None);
    (known.start, known.end) = (None, None);
    assert_eq!(seen.findings, [known]);
}
