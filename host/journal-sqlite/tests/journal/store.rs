//! A journal in a temporary directory, and sample rows.

use jiff::Timestamp;
use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;
use tempfile::TempDir;

pub(crate) struct TestStore {
    pub(crate) directory: TempDir,
}

impl TestStore {
    pub(crate) fn new() -> TestStore {
        TestStore {
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

    /// The database itself; only while no journal is open.
    pub(crate) fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.options().path).unwrap()
    }

    /// Undo what the versions above this one, 3 or higher, added; only while no
    /// journal is open. Data of earlier versions stays as it is.
    pub(crate) fn downgrade(&self, version: u32) {
        let added = [
            (
                20,
                "DROP TABLE seen_mark; DROP INDEX audit_act; DROP INDEX audit_actor;
                 DROP INDEX audit_at;",
            ),
            (19, "DROP INDEX file_removed;"),
            (18, "DROP INDEX entry_reply; DROP INDEX entry_written_note;"),
            (17, "DROP TABLE file_piece; DROP TABLE file;"),
            (16, "DROP TABLE word_list; DROP TABLE outdated_words;"),
            (
                15,
                "DROP TABLE statistic; DROP TABLE statistic_position;
                 DROP TABLE acknowledgement; DROP INDEX entry_rollout_end;",
            ),
            (14, "ALTER TABLE outbox DROP COLUMN can_take_back;"),
            (
                13,
                "DROP INDEX conversation_resolved;
                 ALTER TABLE conversation DROP COLUMN resolved_at;
                 ALTER TABLE entry DROP COLUMN scope;",
            ),
            (12, "DROP TABLE session;"),
            (
                11,
                "CREATE TABLE poll_cursor (
                     company INTEGER NOT NULL, channel TEXT NOT NULL, connection TEXT NOT NULL,
                     stored_at INTEGER NOT NULL, sealed BLOB NOT NULL,
                     PRIMARY KEY (company, channel, connection)
                 ) STRICT, WITHOUT ROWID;
                 INSERT INTO poll_cursor
                 SELECT company, channel, connection, stored_at, sealed FROM connection_record
                 WHERE kind = 'poll-cursor';
                 DROP TABLE connection_record;",
            ),
            (10, "DROP TABLE poll_cursor;"),
            (
                9,
                "DROP TABLE contact_record; DROP INDEX contact_change_undoes;",
            ),
            (8, "DROP TABLE opt_out;"),
            (7, "DROP TABLE original;"),
            (
                6,
                "DROP TABLE receipt; DROP TABLE early_state; DROP TABLE quarantine;
                 ALTER TABLE company DROP COLUMN newest_quarantined;
                 ALTER TABLE outbox DROP COLUMN begun_part;",
            ),
            (5, "DROP TABLE stored_bytes;"),
            (
                4,
                "DROP TABLE generation_use;
                 ALTER TABLE company DROP COLUMN newest_generation;",
            ),
        ];
        let raw = self.raw();
        for (_, undo) in added.iter().filter(|(of, _)| *of > version) {
            raw.execute_batch(undo).unwrap();
        }
        raw.pragma_update(None, "user_version", version).unwrap();
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
        kind: InputKind::Message,
        thread: format!("thread of {message}").into_bytes(),
        in_reply_to: None,
        participants_only: false,
        digest: *blake3::hash(body.as_bytes()).as_bytes(),
        said: *blake3::hash(body.as_bytes()).as_bytes(),
        details: [0; 32],
        written_at: None,
        body: body.as_bytes().to_vec(),
        contact: None,
        received_at: at(100),
        accepted_at: at(101),
        traceparent: None,
        no_edit: false,
        is_final: false,
    }
}

pub(crate) fn accept_one(journal: &SqliteJournal, arrival: Arrival) -> Ordinal {
    let accepted = journal.accept(vec![arrival]).unwrap();
    match &accepted[..] {
        [AcceptOutcome::Accepted(input)] => input.ordinal,
        other => panic!("not accepted: {other:?}"),
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
        id: ConversationId::derive(company, thread.as_bytes(), 0),
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

/// A commit of one entry, which may decide an input.
pub(crate) fn commit(of: &Conversation, expected: u64, input: Option<Ordinal>) -> Commit {
    Commit {
        expected,
        conversation: of.clone(),
        entries: vec![entry(input)],
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
        at: at(102),
    }
}

pub(crate) fn audit_entry(code: &str) -> AuditEntry {
    AuditEntry {
        at: at(103),
        company: Some("acme".into()),
        actor: "local".into(),
        act: code.into(),
        details: "{}".into(),
    }
}
