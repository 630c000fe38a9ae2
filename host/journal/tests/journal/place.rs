//! A place for a journal, and what is put into it.

use jiff::Timestamp;
use patchbay_journal::{
    Accepted, Arrival, AuditEntry, Commit, CompanyId, Conversation, ConversationId, Journal, Kind,
    NewEntry, Options, Ordinal, SqliteJournal,
};
use patchbay_model::conversation::ConversationState;
use tempfile::TempDir;

pub(crate) struct Place {
    pub(crate) directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn options(&self) -> Options {
        let at = self.directory.path();
        Options::new(at.join("journal.db"), at.join("keys/master"))
    }

    pub(crate) fn open(&self) -> SqliteJournal {
        SqliteJournal::open(&self.options()).unwrap()
    }

    /// The database, to look at or to damage; only while no journal is open.
    pub(crate) fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.options().path).unwrap()
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn arrival(company: CompanyId, message: &str, body: &str) -> Arrival {
    Arrival {
        company,
        channel: "x".into(),
        account: String::new(),
        message: message.into(),
        kind: Kind::Message,
        thread: format!("thread of {message}").into_bytes(),
        in_reply_to: None,
        digest: *blake3::hash(body.as_bytes()).as_bytes(),
        body: body.as_bytes().to_vec(),
        contact: None,
        received_at: at(100),
        accepted_at: at(101),
        traceparent: None,
        no_edit: false,
    }
}

pub(crate) fn take(journal: &SqliteJournal, arrival: Arrival) -> Ordinal {
    let accepted = journal.accept(vec![arrival]).unwrap();
    match &accepted[..] {
        [Accepted::Taken(taken)] => taken.ordinal,
        other => panic!("not taken: {other:?}"),
    }
}

pub(crate) fn entry(input: Option<Ordinal>) -> NewEntry {
    NewEntry {
        kind: 1,
        at: at(102),
        input,
        head: r#"{"outcome":"ok"}"#.into(),
        sealed: Vec::new(),
        contact: None,
    }
}

pub(crate) fn conversation(company: CompanyId, thread: &str) -> Conversation {
    Conversation {
        company,
        id: ConversationId::of(company, thread.as_bytes(), 0),
        sequence: 0,
        thread: thread.as_bytes().to_vec(),
        contact: None,
        state: ConversationState::Queued,
        queue: Some("general".into()),
        owner: None,
        due_at: None,
        opened_at: at(101),
        snapshot: b"snapshot".to_vec(),
    }
}

/// A commit that does an input, or only appends.
pub(crate) fn commit(of: &Conversation, expected: u64, input: Option<Ordinal>) -> Commit {
    Commit {
        expected,
        conversation: of.clone(),
        entries: vec![entry(input)],
        state: Vec::new(),
        outbox: Vec::new(),
        sent: Vec::new(),
        at: at(102),
    }
}

/// Something for the audit trail.
pub(crate) fn act(code: &str) -> AuditEntry {
    AuditEntry {
        at: at(103),
        company: Some("acme".into()),
        actor: "local".into(),
        act: code.into(),
        details: "{}".into(),
    }
}
