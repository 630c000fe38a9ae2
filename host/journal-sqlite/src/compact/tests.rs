use patchbay_journal::{
    Commit, Commits, Companies, Contacts, Conversation, Conversations, Entries, EntryScope,
    FileBegin, Files, Maintenance, NamedFile, NewEntry, NewFile, Purpose, Seal, WaitingLimits,
};
use patchbay_model::conversation_state::ConversationState;

use super::*;
use crate::Options;

const ROOM: WaitingLimits = WaitingLimits {
    conversation: 1 << 40,
    person: 1 << 40,
    company: 1 << 40,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

/// Writes an entry that names a file; the state of its conversation is given.
fn write(journal: &SqliteJournal, of: &Conversation, expected: u64, files: Vec<NamedFile>) {
    let entry = NewEntry {
        kind: 1,
        at: at(102),
        input: None,
        head: "{}".into(),
        sealed: Vec::new(),
        contact: None,
    };
    let commit = Commit {
        expected,
        conversation: of.clone(),
        entries: vec![entry],
        scope: EntryScope::default(),
        state: Vec::new(),
        outbox: Vec::new(),
        words: Vec::new(),
        has_outdated_words: false,
        sent: Vec::new(),
        failed: Vec::new(),
        taken_back: Vec::new(),
        files,
        removed_files: Vec::new(),
        at: at(102),
    };
    journal.commit(commit).expect("written");
}

/// A resolved conversation with a file that a reply has.
fn resolved(
    journal: &SqliteJournal,
    company: CompanyId,
    thread: &str,
    upload: u64,
) -> Conversation {
    let found = journal.find_or_create_contact(company, "email", thread, at(1));
    let contact = found.expect("a contact").contact;
    let mut of = Conversation {
        company,
        id: ConversationId::derive(company, thread.as_bytes(), 0),
        sequence: 0,
        thread: thread.as_bytes().to_vec(),
        contact: Some(contact),
        state: ConversationState::Queued,
        queue: None,
        owner: None,
        due_at: None,
        opened_at: at(101),
        snapshot: Vec::new(),
    };
    write(journal, &of, 0, Vec::new());
    let upload = UploadId(upload);
    let new = NewFile {
        company,
        conversation: of.id,
        id: "label".into(),
        upload,
        contact,
        by: "ana".into(),
        created_at: at(100),
        expires_at: at(200),
        announced: 0,
    };
    let begun = journal.begin_file(new, ROOM).expect("begun");
    assert_eq!(begun, FileBegin::Begun);
    let sealed = journal.seal(company, contact, Purpose::File, b"words");
    let sealed = sealed.expect("sealed");
    let piece = (sealed.clone(), 5);
    let stored = journal.append_file_piece(company, upload, 0, piece, ROOM);
    stored.expect("stored");
    let finished = journal.finish_file(company, upload, sealed, at(1_000));
    assert!(finished.expect("finished"));
    of.state = ConversationState::Resolved;
    let id = "label".to_owned();
    write(journal, &of, 1, vec![NamedFile { id, upload }]);
    of
}

#[test]
fn a_conversation_that_is_reopened_during_a_compaction_keeps_its_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let at_key = directory.path().join("keys/master");
    let options = Options::new(directory.path().join("journal.db"), at_key);
    let journal = SqliteJournal::open(&options).expect("opened");
    let company = journal.company("acme").expect("a company");
    let mut reopened = resolved(&journal, company, "reopened", 1);
    let old = resolved(&journal, company, "old", 2);
    let cutoff = at(10_000).as_microsecond();
    let stale = journal.read(|sql| find_stale(sql, i64::MIN, cutoff));
    let stale = stale.expect("read");
    assert_eq!(stale.len(), 2);
    // The customer writes between the search and the deletion.
    reopened.state = ConversationState::Queued;
    write(&journal, &reopened, 2, Vec::new());
    let (report, files) = delete_stale(&journal, stale, cutoff).expect("deleted");
    assert_eq!((report.conversations, report.files), (1, 1));
    assert_eq!(files, [UploadId(2)]);
    let file = |of: &Conversation| journal.file(company, of.id, "label").expect("read");
    let piece = |upload| {
        let piece = journal.file_piece(company, UploadId(upload), 0);
        piece.expect("read")
    };
    assert!(file(&reopened).is_some() && piece(1).is_some());
    assert!(
        journal
            .conversation(company, old.id)
            .expect("read")
            .is_none()
    );
    assert!(file(&old).is_none() && piece(2).is_none());
    // Sound before the pieces are gone, and after.
    assert_eq!(journal.check().expect("checked").findings, []);
    assert!(journal.delete_pieces(files, 9).expect("deleted"));
    assert_eq!(journal.check().expect("checked").findings, []);
    assert!(piece(1).is_some());
    let entries = journal.entries(company, reopened.id, 0, 9).expect("read");
    assert_eq!(entries.len(), 3);
}

#[test]
fn removed_files_are_found_by_their_index() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.db");
    let sql = crate::schema::open_writer(&path, &[0; 16]).expect("opened");
    let query = format!("EXPLAIN QUERY PLAN {}", files::FIRST_REMOVED);
    let mut statement = sql.prepare(&query).expect("valid");
    let plan = statement.query_map([], |row| row.get::<_, String>(3));
    let plan: Vec<String> = plan
        .expect("explained")
        .map(|step| step.expect("a step"))
        .collect();
    assert_eq!(plan, ["SCAN file USING COVERING INDEX file_removed"]);
}
