//! Who deletes the pieces of removed files: the caller its own, in bounded steps, and one task
//! of the host the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A file that is removed while its pieces are left, as a crash leaves it.
fn leave_pieces(store: &TestStore, statement: &str) {
    let raw = store.raw();
    let removed = "UPDATE file SET state = 'removed', conversation = NULL, id = '',
           expires_at = NULL, sealed = x'' WHERE upload = 1;";
    raw.execute_batch(removed).unwrap();
    raw.execute_batch(statement).unwrap();
}

/// Counts how often the host's task is woken.
fn count_calls(journal: &SqliteJournal) -> Arc<AtomicUsize> {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    journal.on_removed_files(Box::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    calls
}

#[test]
fn an_operation_deletes_the_pieces_of_its_own_files_only() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("old", 1, &[&b"words"[..]; 40]);
    drop(desk);
    leave_pieces(&store, "");
    let desk = Desk::of(&store);
    let calls = count_calls(&desk.journal);
    desk.upload("new", 2, &[b"words"]);
    desk.upload("other", 3, &[b"words"]);
    let begun = desk.journal.begin_file(desk.new_file("half", 4), ROOM);
    assert_eq!(begun.unwrap(), FileBegin::Begun);
    assert_eq!(rows(&store), (4, 42));
    desk.journal
        .discard_file(desk.company, UploadId(4))
        .unwrap();
    assert!(desk.journal.remove_file(desk.company, UploadId(2)).unwrap());
    assert_eq!(rows(&store), (2, 41));
    let (company, contact) = (desk.company, desk.contact);
    let erased = desk
        .journal
        .erase_person(company, contact, at(200), audit_entry("erase"));
    erased.unwrap();
    assert_eq!(rows(&store), (1, 40));
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    // 40 pieces are three steps.
    assert!(!desk.journal.delete_removed_files().unwrap());
    assert_eq!(rows(&store), (0, 0));
}

#[test]
fn what_exceeds_the_steps_of_an_operation_is_left_to_the_host() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    let calls = count_calls(&desk.journal);
    // 32 steps of 16 pieces are 512.
    desk.upload("large", 1, &[&b"words"[..]; 520]);
    assert!(desk.journal.remove_file(desk.company, UploadId(1)).unwrap());
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(rows(&store), (1, 8));
    assert!(!desk.journal.delete_removed_files().unwrap());
    assert_eq!(rows(&store), (0, 0));
}

/// The removal is durable: the operation reports no failure, and the host goes on.
#[test]
fn a_removal_whose_pieces_cannot_be_deleted_is_no_failure() {
    let store = TestStore::new();
    let desk = Desk::of(&store);
    desk.upload("kept", 1, &[b"words"]);
    desk.upload("waits", 2, &[b"words"]);
    desk.name(1, &[("kept", 1)]).unwrap();
    let begun = desk.journal.begin_file(desk.new_file("half", 3), ROOM);
    assert_eq!(begun.unwrap(), FileBegin::Begun);
    assert_eq!(desk.append(3, 0, b"words", ROOM), PieceStatus::Stored);
    drop(desk);
    let fail = "CREATE TRIGGER fail BEFORE DELETE ON file_piece
         BEGIN SELECT RAISE(ABORT, 'no space'); END;";
    store.raw().execute_batch(fail).unwrap();
    let desk = Desk::of(&store);
    let calls = count_calls(&desk.journal);
    let journal = &desk.journal;
    assert!(journal.remove_file(desk.company, UploadId(2)).unwrap());
    assert_eq!(desk.file("waits"), None);
    let again = NewFile {
        created_at: at(300),
        expires_at: at(400),
        ..desk.new_file("half", 4)
    };
    assert_eq!(journal.begin_file(again, ROOM).unwrap(), FileBegin::Begun);
    let audit = audit_entry("erase");
    let erased = journal.erase_person(desk.company, desk.contact, at(500), audit);
    assert_eq!(erased.unwrap().contacts, [desk.contact]);
    assert_eq!(desk.file("kept"), None);
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    journal.delete_removed_files().unwrap_err();
    drop(desk);
    store.raw().execute_batch("DROP TRIGGER fail").unwrap();
    let desk = Desk::of(&store);
    assert!(!desk.journal.delete_removed_files().unwrap());
    assert_eq!(rows(&store), (0, 0));
    assert!(desk.journal.check().unwrap().is_sound());
}
