mod removal;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;

use crate::store::{TestStore, at, audit_entry, commit, conversation};

const ROOM: WaitingLimits = WaitingLimits {
    conversation: 1 << 40,
    person: 1 << 40,
    company: 1 << 40,
};

/// A company with a conversation of a contact.
struct Desk {
    journal: SqliteJournal,
    company: CompanyId,
    conversation: Conversation,
    contact: ContactId,
}

impl Desk {
    fn of(store: &TestStore) -> Desk {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        let found = journal.find_or_create_contact(company, "email", "jo@example.org", at(1));
        let contact = found.unwrap().contact;
        let mut of = conversation(company, "a");
        of.contact = Some(contact);
        if journal.conversation(company, of.id).unwrap().is_none() {
            journal.commit(commit(&of, 0, None)).unwrap();
        }
        Desk {
            journal,
            company,
            conversation: of,
            contact,
        }
    }

    fn new_file(&self, id: &str, upload: u64) -> NewFile {
        NewFile {
            company: self.company,
            conversation: self.conversation.id,
            id: id.into(),
            upload: UploadId(upload),
            contact: self.contact,
            by: "ana".into(),
            created_at: at(100),
            expires_at: at(200),
            announced: 0,
        }
    }

    fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        let sealed = self
            .journal
            .seal(self.company, self.contact, Purpose::File, bytes);
        sealed.unwrap()
    }

    fn append(&self, upload: u64, piece: u32, bytes: &[u8], limits: WaitingLimits) -> PieceStatus {
        let piece_of = (self.seal(bytes), bytes.len() as u64);
        let stored =
            self.journal
                .append_file_piece(self.company, UploadId(upload), piece, piece_of, limits);
        stored.unwrap()
    }

    fn finish(&self, upload: u64) -> bool {
        let sealed = self.seal(b"{}");
        let finished = self
            .journal
            .finish_file(self.company, UploadId(upload), sealed, at(1_000));
        finished.unwrap()
    }

    /// Uploads a file in these pieces.
    fn upload(&self, id: &str, upload: u64, pieces: &[&[u8]]) {
        let begun = self
            .journal
            .begin_file(self.new_file(id, upload), ROOM)
            .unwrap();
        assert_eq!(begun, FileBegin::Begun);
        for (number, piece) in (0..).zip(pieces) {
            assert_eq!(
                self.append(upload, number, piece, ROOM),
                PieceStatus::Stored
            );
        }
        assert!(self.finish(upload));
    }

    fn file(&self, id: &str) -> Option<StoredFile> {
        let found = self.journal.file(self.company, self.conversation.id, id);
        found.unwrap()
    }

    fn read(&self, id: &str) -> Option<Vec<u8>> {
        let file = self.file(id)?;
        let mut bytes = Vec::new();
        for number in 0.. {
            let piece = self
                .journal
                .file_piece(self.company, file.upload, number)
                .unwrap();
            let Some(piece) = piece else {
                break;
            };
            let opened = self
                .journal
                .open(self.company, file.contact, Purpose::File, &piece);
            bytes.extend(opened.unwrap());
        }
        Some(bytes)
    }

    /// Commits an entry that names files by id and upload.
    fn name(&self, sequence: u64, files: &[(&str, u64)]) -> Result<CommitReceipt, CommitError> {
        let mut naming = commit(&self.conversation, sequence, None);
        let named = files.iter().map(|(id, upload)| NamedFile {
            id: (*id).to_owned(),
            upload: UploadId(*upload),
        });
        naming.files = named.collect();
        self.journal.commit(naming)
    }
}

#[test]
fn a_whole_file_is_there_after_a_restart_and_an_unfinished_one_is_not() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    let long = vec![7; limits::FILE_PIECE];
    // The highest bit is no sign.
    desk.upload("whole", u64::MAX, &[&long, b"end"]);
    let begun = desk.journal.begin_file(desk.new_file("half", 2), ROOM);
    assert_eq!(begun.unwrap(), FileBegin::Begun);
    assert_eq!(desk.append(2, 0, b"lost", ROOM), PieceStatus::Stored);
    drop(desk);
    let desk = Desk::of(&store);
    let file = desk.file("whole").unwrap();
    assert_eq!(
        (file.state, file.size),
        (FileState::Waiting, long.len() as u64 + 3)
    );
    assert_eq!(desk.read("whole"), Some([&long[..], b"end"].concat()));
    assert_eq!(desk.file("half"), None);
    let report = desk.journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    // The same id again replaces what a crash left, and late pieces of it find nothing.
    desk.upload("half", 3, &[b"new"]);
    assert_eq!(desk.append(2, 1, b"late", ROOM), PieceStatus::Gone);
    assert!(!desk.finish(2));
    assert_eq!(desk.read("half").as_deref(), Some(&b"new"[..]));
}

#[test]
fn pieces_come_in_order_and_a_whole_file_takes_no_more() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    let begun = desk.journal.begin_file(desk.new_file("a", 1), ROOM);
    assert_eq!(begun.unwrap(), FileBegin::Begun);
    assert_eq!(desk.append(1, 1, b"second", ROOM), PieceStatus::Gone);
    assert_eq!(desk.append(1, 0, b"first", ROOM), PieceStatus::Stored);
    assert_eq!(desk.append(1, 0, b"first", ROOM), PieceStatus::Gone);
    assert!(desk.finish(1));
    assert!(!desk.finish(1));
    assert_eq!(desk.append(1, 1, b"second", ROOM), PieceStatus::Gone);
    let again = desk
        .journal
        .begin_file(desk.new_file("a", 2), ROOM)
        .unwrap();
    assert_eq!(again, FileBegin::Known(desk.file("a").unwrap()));
    let other = NewFile {
        conversation: ConversationId([9; 16]),
        ..desk.new_file("a", 3)
    };
    let nowhere = desk.journal.begin_file(other, ROOM).unwrap();
    assert_eq!(nowhere, FileBegin::NoConversation);
}

#[test]
fn a_file_that_a_reply_names_is_kept_and_the_others_expire() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("sent", 1, &[b"sent"]);
    desk.upload("unused", 2, &[b"unused"]);
    desk.name(1, &[("sent", 1)]).unwrap();
    // Another reply may have it too.
    desk.name(2, &[("sent", 1)]).unwrap();
    let missing = desk.name(3, &[("sent", 1), ("nothing", 9)]).unwrap_err();
    assert!(matches!(missing, CommitError::Conflict(Conflict::NoFile(id)) if id == "nothing"));
    let kept = desk.file("sent").unwrap();
    assert_eq!((kept.state, kept.expires_at), (FileState::Kept, None));
    assert!(!desk.journal.remove_file(desk.company, UploadId(1)).unwrap());
    assert_eq!(desk.journal.delete_expired(at(1_000)).unwrap().files, 0);
    assert_eq!(desk.journal.delete_expired(at(1_001)).unwrap().files, 1);
    assert_eq!(
        (desk.read("sent").as_deref(), desk.file("unused")),
        (Some(&b"sent"[..]), None)
    );
    let gone = desk.name(3, &[("unused", 2)]).unwrap_err();
    assert!(matches!(gone, CommitError::Conflict(Conflict::NoFile(_))));
    desk.upload("removed", 3, &[b"removed"]);
    assert!(desk.journal.remove_file(desk.company, UploadId(3)).unwrap());
    assert!(!desk.journal.remove_file(desk.company, UploadId(3)).unwrap());
    let report = desk.journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn a_file_goes_with_its_conversation_or_its_contact() {
    let store = TestStore::new();
    let mut desk = Desk::of(&store);
    desk.upload("a", 1, &[b"secret words"]);
    desk.name(1, &[("a", 1)]).unwrap();
    let found = desk
        .journal
        .files_of_contact(desk.company, desk.contact, 10)
        .unwrap();
    assert_eq!(found, [desk.file("a").unwrap()]);
    desk.conversation.state = ConversationState::Resolved;
    desk.name(2, &[]).unwrap();
    let deleted = desk.journal.compact(at(10_000)).unwrap();
    assert_eq!((deleted.conversations, deleted.files), (1, 1));
    assert_eq!(desk.file("a"), None);
    // With the contact.
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("b", 2, &[b"secret words"]);
    desk.name(1, &[("b", 2)]).unwrap();
    let (journal, audit) = (&desk.journal, audit_entry("erase"));
    let erased = journal.erase_person(desk.company, desk.contact, at(200), audit);
    erased.unwrap();
    assert_eq!(desk.file("b"), None);
    assert_eq!(
        journal.file_piece(desk.company, UploadId(2), 0).unwrap(),
        None
    );
    let report = desk.journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn what_waits_is_bounded_for_a_conversation_a_person_and_a_company() {
    let limits = |conversation, person, company| WaitingLimits {
        conversation,
        person,
        company,
    };
    for (limits, full) in [
        (limits(9, 99, 99), WaitingLimit::Conversation),
        (limits(99, 9, 99), WaitingLimit::Person),
        (limits(99, 99, 9), WaitingLimit::Company),
    ] {
        let store = TestStore::new();
        let desk = Desk::of(&store);
        let begun = desk.journal.begin_file(desk.new_file("a", 1), limits);
        assert_eq!(begun.unwrap(), FileBegin::Begun);
        assert_eq!(desk.append(1, 0, b"12345", limits), PieceStatus::Stored);
        assert_eq!(desk.append(1, 1, b"12345", limits), PieceStatus::Full(full));
        assert_eq!(desk.append(1, 1, b"1234", limits), PieceStatus::Stored);
        assert!(desk.finish(1));
        let announced = NewFile {
            announced: 1,
            ..desk.new_file("b", 2)
        };
        let begun = desk.journal.begin_file(announced, limits).unwrap();
        assert_eq!(begun, FileBegin::Full(full));
        // What a reply names does not wait.
        desk.name(1, &[("a", 1)]).unwrap();
        let begun = desk
            .journal
            .begin_file(desk.new_file("b", 2), limits)
            .unwrap();
        assert_eq!(begun, FileBegin::Begun);
        assert_eq!(desk.append(2, 0, b"123456789", limits), PieceStatus::Stored);
    }
}

#[test]
fn a_conversation_has_few_files_that_wait() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    for number in 0..limits::WAITING_FILES {
        let begun = desk
            .journal
            .begin_file(desk.new_file(&number.to_string(), number), ROOM);
        assert_eq!(begun.unwrap(), FileBegin::Begun);
    }
    let more = desk.journal.begin_file(desk.new_file("more", 1_000), ROOM);
    assert_eq!(more.unwrap(), FileBegin::Full(WaitingLimit::Conversation));
    let replaced = desk.journal.begin_file(desk.new_file("0", 1_000), ROOM);
    assert_eq!(replaced.unwrap(), FileBegin::Begun);
}

#[test]
fn a_database_of_an_earlier_version_takes_files() {
    let store = TestStore::new();
    drop(Desk::of(&store));
    store.downgrade(16);
    let desk = Desk::of(&store);
    desk.upload("a", 1, &[b"words"]);
    assert_eq!(desk.read("a").as_deref(), Some(&b"words"[..]));
    assert!(desk.journal.check().unwrap().is_sound());
}

#[test]
fn an_entry_names_the_upload_that_its_author_saw_and_no_later_one_of_the_same_id() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("a", 1, &[b"checked"]);
    assert!(desk.journal.remove_file(desk.company, UploadId(1)).unwrap());
    desk.upload("a", 2, &[b"other"]);
    let replaced = desk.name(1, &[("a", 1)]).unwrap_err();
    assert!(matches!(replaced, CommitError::Conflict(Conflict::NoFile(id)) if id == "a"));
    let other = desk.file("a").unwrap();
    assert_eq!(
        (other.state, other.upload),
        (FileState::Waiting, UploadId(2))
    );
    desk.name(1, &[("a", 2)]).unwrap();
    assert_eq!(desk.file("a").unwrap().state, FileState::Kept);
}

#[test]
fn an_expired_file_is_replaced_before_it_is_deleted() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("a", 1, &[b"old"]);
    let again = |upload, created_at| NewFile {
        created_at,
        ..desk.new_file("a", upload)
    };
    // It expires at 1,000 s.
    let early = desk.journal.begin_file(again(2, at(999)), ROOM).unwrap();
    assert_eq!(early, FileBegin::Known(desk.file("a").unwrap()));
    let late = desk.journal.begin_file(again(3, at(1_000)), ROOM).unwrap();
    assert_eq!(late, FileBegin::Begun);
    assert_eq!(desk.append(3, 0, b"new", ROOM), PieceStatus::Stored);
    assert!(desk.finish(3));
    assert_eq!(desk.read("a").as_deref(), Some(&b"new"[..]));
    // One that an entry names does not expire.
    desk.name(1, &[("a", 3)]).unwrap();
    let kept = desk.journal.begin_file(again(4, at(9_000)), ROOM).unwrap();
    assert_eq!(kept, FileBegin::Known(desk.file("a").unwrap()));
    assert!(desk.journal.check().unwrap().is_sound());
}

#[test]
fn an_upload_that_is_whole_is_not_discarded() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("a", 1, &[b"acknowledged"]);
    desk.journal
        .discard_file(desk.company, UploadId(1))
        .unwrap();
    assert_eq!(desk.read("a").as_deref(), Some(&b"acknowledged"[..]));
    let begun = desk.journal.begin_file(desk.new_file("b", 2), ROOM);
    assert_eq!(begun.unwrap(), FileBegin::Begun);
    assert_eq!(desk.append(2, 0, b"half", ROOM), PieceStatus::Stored);
    desk.journal
        .discard_file(desk.company, UploadId(2))
        .unwrap();
    assert_eq!(desk.append(2, 1, b"more", ROOM), PieceStatus::Gone);
    let piece = desk.journal.file_piece(desk.company, UploadId(2), 0);
    assert_eq!(piece.unwrap(), None);
}

#[test]
fn a_person_and_a_company_have_few_files_that_wait() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    let others: Vec<Conversation> = (0..limits::WAITING_FILES_OF_COMPANY / limits::WAITING_FILES)
        .map(|number| {
            let mut other = conversation(desk.company, &format!("other {number}"));
            other.contact = Some(desk.contact);
            desk.journal.commit(commit(&other, 0, None)).unwrap();
            other
        })
        .collect();
    let begin = |number: u64, by: &str| {
        let place = (number / limits::WAITING_FILES) as usize % others.len();
        let file = NewFile {
            conversation: others[place].id,
            by: by.to_owned(),
            ..desk.new_file(&number.to_string(), number)
        };
        desk.journal.begin_file(file, ROOM).unwrap()
    };
    let of_person = limits::WAITING_FILES_OF_PERSON;
    for number in 0..limits::WAITING_FILES_OF_COMPANY {
        let by = format!("agent {}", number / of_person);
        assert_eq!(begin(number, &by), FileBegin::Begun);
        if number == of_person - 1 {
            let more = begin(of_person, &by);
            assert_eq!(more, FileBegin::Full(WaitingLimit::Person));
        }
    }
    let mut new = conversation(desk.company, "new");
    new.contact = Some(desk.contact);
    desk.journal.commit(commit(&new, 0, None)).unwrap();
    let more = NewFile {
        conversation: new.id,
        by: "another".to_owned(),
        ..desk.new_file("more", 1 << 32)
    };
    let more = desk.journal.begin_file(more, ROOM).unwrap();
    assert_eq!(more, FileBegin::Full(WaitingLimit::Company));
}

/// Rows of files and of their pieces.
fn rows(store: &TestStore) -> (u64, u64) {
    let raw = store.raw();
    let count = |table: &str| {
        let query = format!("SELECT count(*) FROM {table}");
        raw.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    (count("file"), count("file_piece"))
}

/// Other writes run between the steps: a file of many pieces is deleted in many transactions,
/// and not in that of the erasure.
#[test]
fn an_erasure_and_a_compaction_delete_pieces_in_bounded_steps() {
    let erase = |desk: &mut Desk| {
        let audit = audit_entry("erase");
        let erased = desk
            .journal
            .erase_person(desk.company, desk.contact, at(200), audit);
        erased.unwrap();
    };
    let compact = |desk: &mut Desk| {
        desk.conversation.state = ConversationState::Resolved;
        desk.name(2, &[]).unwrap();
        let deleted = desk.journal.compact(at(10_000)).unwrap();
        assert_eq!((deleted.conversations, deleted.files), (1, 2));
    };
    let acts: [&dyn Fn(&mut Desk); 2] = [&erase, &compact];
    for act in acts {
        let store = TestStore::new();
        let mut desk = Desk::of(&store);
        let pieces = vec![&b"secret words"[..]; 100];
        desk.upload("a", 1, &pieces);
        desk.upload("b", 2, &pieces[..40]);
        desk.name(1, &[("a", 1), ("b", 2)]).unwrap();
        assert_eq!(rows(&store), (2, 140));
        let before = desk.journal.status().unwrap().commits;
        act(&mut desk);
        let commits = desk.journal.status().unwrap().commits - before;
        assert_eq!(rows(&store), (0, 0));
        // Of 16 pieces each: 7 of the one, 3 of the other.
        assert!(commits >= 10, "{commits}");
        let report = desk.journal.check().unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
}

#[test]
fn an_entry_removes_a_kept_file_in_one_commit() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("a", 1, &[&b"secret words"[..]; 40]);
    desk.name(1, &[("a", 1)]).unwrap();
    let remove = |sequence, upload| {
        let mut removing = commit(&desk.conversation, sequence, None);
        removing.removed_files = vec![NamedFile {
            id: "a".to_owned(),
            upload: UploadId(upload),
        }];
        desk.journal.commit(removing)
    };
    let other = remove(2, 9).unwrap_err();
    assert!(matches!(other, CommitError::Conflict(Conflict::NoFile(id)) if id == "a"));
    assert!(desk.file("a").is_some());
    remove(2, 1).unwrap();
    assert_eq!((desk.file("a"), rows(&store)), (None, (0, 0)));
    let again = remove(3, 1).unwrap_err();
    assert!(matches!(again, CommitError::Conflict(Conflict::NoFile(_))));
    assert!(desk.journal.check().unwrap().is_sound());
}

/// What a host leaves that ends between the erasure and the last step.
#[test]
fn a_deletion_that_a_crash_cut_short_goes_on() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("a", 1, &[b"secret words", b"more of them"]);
    desk.name(1, &[("a", 1)]).unwrap();
    drop(desk);
    store
        .raw()
        .execute_batch(
            "UPDATE file SET state = 'removed', conversation = NULL, id = '', expires_at = NULL,
               sealed = x'';
             DELETE FROM file_piece WHERE piece = 1;",
        )
        .unwrap();
    let desk = Desk::of(&store);
    assert_eq!(desk.file("a"), None);
    let all = desk
        .journal
        .files_of_contact(desk.company, desk.contact, 10)
        .unwrap();
    assert_eq!(all, []);
    let piece = desk.journal.file_piece(desk.company, UploadId(1), 0);
    assert_eq!(piece.unwrap(), None);
    // It does not count among those that wait, and its id is free.
    let limits = WaitingLimits {
        conversation: 5,
        ..ROOM
    };
    assert_eq!(rows(&store), (1, 1));
    assert_eq!(desk.journal.delete_expired(at(1)).unwrap().files, 0);
    assert_eq!(rows(&store), (0, 0));
    let begun = desk.journal.begin_file(desk.new_file("a", 2), limits);
    assert_eq!(begun.unwrap(), FileBegin::Begun);
    assert_eq!(desk.append(2, 0, b"words", limits), PieceStatus::Stored);
}

#[test]
fn a_restored_backup_has_the_files_that_were_kept_and_that_waited() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    let long = vec![7; limits::FILE_PIECE];
    desk.upload("kept", 1, &[&long, b"end"]);
    desk.upload("waits", 2, &[b"words"]);
    desk.name(1, &[("kept", 1)]).unwrap();
    let copy = store.options().path.with_extension("copy");
    desk.journal.backup(&copy).unwrap();
    // What happened since is not in it.
    desk.upload("later", 3, &[b"later"]);
    assert!(desk.journal.remove_file(desk.company, UploadId(2)).unwrap());
    drop(desk);
    restore(&store.options(), &copy, true).unwrap();
    let desk = Desk::of(&store);
    assert_eq!(desk.read("kept"), Some([&long[..], b"end"].concat()));
    assert_eq!(desk.read("waits").as_deref(), Some(&b"words"[..]));
    assert_eq!(desk.file("later"), None);
    assert_eq!(desk.file("kept").unwrap().state, FileState::Kept);
    assert_eq!(desk.file("waits").unwrap().state, FileState::Waiting);
    let report = desk.journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    desk.name(2, &[("waits", 2)]).unwrap();
}

/// A file is under the key of the contact to whom it was sent, whoever the person is to whom
/// the contact belongs.
#[test]
fn a_merge_and_a_split_leave_files_readable_and_under_their_own_keys() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("a", 1, &[b"for Jo"]);
    desk.name(1, &[("a", 1)]).unwrap();
    let journal = &desk.journal;
    let kim = journal
        .find_or_create_contact(desk.company, "email", "kim@example.org", at(1))
        .unwrap()
        .contact;
    let merged = journal.merge_contacts(
        desk.company,
        desk.contact,
        kim,
        "eva",
        at(5),
        audit_entry("merge"),
    );
    merged.unwrap();
    assert_eq!(desk.read("a").as_deref(), Some(&b"for Jo"[..]));
    assert_eq!(desk.file("a").unwrap().contact, desk.contact);
    let of = |contact| journal.files_of_contact(desk.company, contact, 9).unwrap();
    assert_eq!((of(desk.contact).len(), of(kim).len()), (1, 0));
    let split = journal.split_contact(
        desk.company,
        desk.contact,
        "eva",
        at(6),
        audit_entry("split"),
    );
    split.unwrap();
    assert_eq!(desk.read("a").as_deref(), Some(&b"for Jo"[..]));
    // Apart again, the erasure of one leaves the files of the other.
    journal
        .erase_person(desk.company, kim, at(7), audit_entry("erase"))
        .unwrap();
    assert_eq!(desk.read("a").as_deref(), Some(&b"for Jo"[..]));
    // Together, that of either deletes the files of both.
    let lee = journal
        .find_or_create_contact(desk.company, "email", "lee@example.org", at(1))
        .unwrap()
        .contact;
    let merged = journal.merge_contacts(
        desk.company,
        desk.contact,
        lee,
        "eva",
        at(8),
        audit_entry("merge"),
    );
    merged.unwrap();
    journal
        .erase_person(desk.company, lee, at(9), audit_entry("erase"))
        .unwrap();
    assert_eq!(desk.file("a"), None);
    assert_eq!(rows(&store), (0, 0));
    assert!(journal.check().unwrap().is_sound());
}

/// A full disk refuses a piece: nothing is acknowledged, and the upload goes on when there is
/// space, or leaves nothing.
#[test]
fn a_full_disk_refuses_pieces_and_loses_no_whole_file() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("before", 1, &[b"acknowledged"]);
    let begun = desk.journal.begin_file(desk.new_file("large", 2), ROOM);
    assert_eq!(begun.unwrap(), FileBegin::Begun);
    desk.journal.limit_bytes(1).unwrap();
    let large = vec![7; limits::FILE_PIECE];
    let piece = (desk.seal(&large), large.len() as u64);
    let append = |piece| {
        let upload = UploadId(2);
        desk.journal
            .append_file_piece(desk.company, upload, 0, piece, ROOM)
    };
    let refused = append(piece.clone()).unwrap_err();
    assert!(matches!(refused, JournalError::DiskFull), "{refused}");
    assert_eq!(desk.file("large"), None);
    assert_eq!(desk.read("before").as_deref(), Some(&b"acknowledged"[..]));
    assert!(desk.journal.check().unwrap().is_sound());
    desk.journal.limit_bytes(1 << 40).unwrap();
    assert_eq!(append(piece).unwrap(), PieceStatus::Stored);
    assert!(desk.finish(2));
    assert_eq!(desk.read("large"), Some(large));
}

/// A deletion needs no space of its own.
#[test]
fn a_file_is_removed_on_a_full_disk() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("a", 1, &[&vec![7; limits::FILE_PIECE]]);
    desk.journal.limit_bytes(1).unwrap();
    assert!(desk.journal.remove_file(desk.company, UploadId(1)).unwrap());
    assert_eq!(rows(&store), (0, 0));
}
