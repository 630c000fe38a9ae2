//! Word lists: written with commits, collected again, deleted with what they are of.

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;

use crate::store::{TestStore, at, audit_entry, commit, conversation};

struct Words {
    journal: SqliteJournal,
    company: CompanyId,
}

impl Words {
    fn new(store: &TestStore) -> Words {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        Words { journal, company }
    }

    fn contact(&self, address: &str) -> ContactId {
        let found = self
            .journal
            .find_or_create_contact(self.company, "x", address, at(1));
        found.unwrap().contact
    }

    fn list(&self, contact: ContactId, part: u32, is_new: bool, words: &str) -> NewWordList {
        let sealed = self.seal(contact, words);
        NewWordList {
            contact,
            part,
            is_new,
            sealed,
        }
    }

    fn seal(&self, contact: ContactId, words: &str) -> Vec<u8> {
        let words = words.as_bytes();
        let sealed = self
            .journal
            .seal(self.company, contact, Purpose::Words, words);
        sealed.unwrap()
    }

    /// A commit with lists; the conversation's id.
    fn commit(&self, thread: &str, expected: u64, words: Vec<NewWordList>) -> ConversationId {
        let of = conversation(self.company, thread);
        let mut commit = commit(&of, expected, None);
        commit.words = words;
        self.journal.commit(commit).unwrap();
        of.id
    }

    /// Contacts, parts and words of conversations.
    fn read(&self, of: &[ConversationId]) -> Vec<(ContactId, u32, String)> {
        let lists = self.journal.word_lists(self.company, of).unwrap();
        let open = |list: StoredWordList| {
            let opened =
                self.journal
                    .open(self.company, list.contact, Purpose::Words, &list.sealed);
            let words = String::from_utf8(opened.unwrap()).unwrap();
            (list.contact, list.part, words)
        };
        lists.into_iter().map(open).collect()
    }

    fn outdated(&self) -> Vec<ConversationId> {
        let outdated = self.journal.outdated_words(0, 100).unwrap();
        let ids: Vec<_> = outdated.iter().map(|one| one.conversation).collect();
        let counted = self.journal.count_outdated_words(self.company).unwrap();
        assert_eq!(counted as usize, ids.len());
        let status = self.journal.status().unwrap();
        assert_eq!(status.outdated_words as usize, ids.len());
        ids
    }

    fn collected(
        &self,
        conversation: ConversationId,
        sequence: u64,
        lists: &[(ContactId, &str)],
    ) -> CollectedWords {
        let seal = |(contact, words): &(ContactId, &str)| (*contact, self.seal(*contact, words));
        CollectedWords {
            company: self.company,
            conversation,
            sequence,
            lists: lists.iter().map(seal).collect(),
        }
    }
}

fn text(words: &str) -> String {
    words.to_owned()
}

#[test]
fn lists_are_written_with_a_commit_and_replaced_by_the_next() {
    let store = TestStore::new();
    let words = Words::new(&store);
    let [jo, ann] = ["@jo", "@ann"].map(|address| words.contact(address));
    let first = words.commit("a", 0, vec![words.list(jo, 0, true, "parcel")]);
    let other = words.commit("b", 0, vec![words.list(ann, 0, true, "refund")]);
    assert_eq!(words.read(&[first]), [(jo, 0, text("parcel"))]);
    let more = vec![
        words.list(jo, 0, false, "parcel late"),
        words.list(ann, 0, true, "me too"),
        words.list(jo, 1, true, "further"),
    ];
    words.commit("a", 1, more);
    let mut expected = vec![
        (jo, 0, text("parcel late")),
        (jo, 1, text("further")),
        (ann, 0, text("me too")),
    ];
    expected.sort_by_key(|(contact, part, _)| (*contact, *part));
    assert_eq!(words.read(&[first]), expected);
    // In the given order; unknown ones are left out.
    expected.insert(0, (ann, 0, text("refund")));
    let unknown = ConversationId([7; 16]);
    assert_eq!(words.read(&[unknown, other, first]), expected);
    for (conversation, contact, expected) in [
        (first, jo, Some(1)),
        (first, ann, Some(0)),
        (other, jo, None),
        (unknown, jo, None),
    ] {
        let last = words
            .journal
            .last_word_list(words.company, conversation, contact);
        assert_eq!(last.unwrap().map(|list| list.part), expected);
    }
    assert_eq!(words.outdated(), []);
    let report = words.journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn a_commit_that_conflicts_writes_no_words() {
    let store = TestStore::new();
    let words = Words::new(&store);
    let jo = words.contact("@jo");
    let id = words.commit("a", 0, vec![words.list(jo, 0, true, "parcel")]);
    let mut late = commit(&conversation(words.company, "a"), 0, None);
    late.words = vec![words.list(jo, 0, false, "other")];
    late.has_outdated_words = true;
    assert!(words.journal.commit(late).is_err());
    assert_eq!(words.read(&[id]), [(jo, 0, text("parcel"))]);
    assert_eq!(words.outdated(), []);
}

#[test]
fn an_erasure_deletes_the_words_of_that_person_alone() {
    let store = TestStore::new();
    let words = Words::new(&store);
    let [jo, also_jo, ann] = ["@jo", "@jo2", "@ann"].map(|address| words.contact(address));
    let merged = words.journal.merge_contacts(
        words.company,
        also_jo,
        jo,
        "eva",
        at(2),
        audit_entry("merge"),
    );
    merged.unwrap();
    let all = [jo, also_jo, ann].map(|contact| words.list(contact, 0, true, "parcel"));
    let id = words.commit("a", 0, all.to_vec());
    let erased = words
        .journal
        .erase_person(words.company, jo, at(9), audit_entry("erase"));
    assert_eq!(erased.unwrap().contacts.len(), 2);
    assert_eq!(words.read(&[id]), [(ann, 0, text("parcel"))]);

    // A pass that sealed them before leaves nothing that opens.
    let sealed = NewWordList {
        sealed: all[0].sealed.clone(),
        ..words.list(ann, 0, false, "parcel")
    };
    let late = NewWordList {
        contact: jo,
        ..sealed
    };
    words.commit("a", 1, vec![late]);
    assert_eq!(words.read(&[id]), [(ann, 0, text("parcel"))]);
    assert_eq!(words.outdated(), [id], "its words are collected again");
    let report = words.journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn compaction_deletes_words_with_their_conversation() {
    let store = TestStore::new();
    let words = Words::new(&store);
    let jo = words.contact("@jo");
    let mut of = conversation(words.company, "old");
    of.state = ConversationState::Resolved;
    let mut old = commit(&of, 0, None);
    old.at = at(10);
    old.words = vec![words.list(jo, 0, true, "parcel")];
    old.has_outdated_words = true;
    words.journal.commit(old).unwrap();
    let young = words.commit("young", 0, vec![words.list(jo, 0, true, "refund")]);
    assert_eq!(words.outdated(), [of.id]);
    assert_eq!(words.journal.compact(at(50)).unwrap().conversations, 1);
    assert_eq!(words.read(&[of.id, young]), [(jo, 0, text("refund"))]);
    assert_eq!(words.outdated(), []);
    let report = words.journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn words_are_outdated_in_all_conversations_of_a_thread_until_they_are_collected() {
    let store = TestStore::new();
    let words = Words::new(&store);
    let jo = words.contact("@jo");
    let first = words.commit("a", 0, vec![words.list(jo, 0, true, "first")]);
    let mut second = conversation(words.company, "a");
    second.id = ConversationId([9; 16]);
    let mut begun = commit(&second, 0, None);
    begun.has_outdated_words = true;
    words.journal.commit(begun).unwrap();
    assert_eq!(words.outdated(), [first, second.id]);

    let collected = vec![
        words.collected(first, 1, &[(jo, "one"), (jo, "two")]),
        // It changed since its texts were read.
        words.collected(second.id, 0, &[(jo, "stale")]),
        words.collected(ConversationId([1; 16]), 1, &[(jo, "unknown")]),
    ];
    words.journal.replace_word_lists(collected).unwrap();
    assert_eq!(words.outdated(), [second.id]);
    // Numbers that a pass may have read are not used again.
    let expected = [(jo, 1, text("one")), (jo, 2, text("two"))];
    assert_eq!(words.read(&[first, second.id]), expected);
}

#[test]
fn a_pass_that_read_the_words_before_they_were_collected_loses_none() {
    let store = TestStore::new();
    let words = Words::new(&store);
    let jo = words.contact("@jo");
    let id = words.commit("a", 0, vec![words.list(jo, 0, true, "first")]);
    let collected = vec![words.collected(id, 1, &[(jo, "first")])];
    words.journal.replace_word_lists(collected).unwrap();
    // It adds to a list that is gone, or takes a number that is taken.
    words.commit("a", 1, vec![words.list(jo, 0, false, "first second")]);
    assert_eq!(words.outdated(), [id]);
    let collected = vec![words.collected(id, 2, &[(jo, "first second")])];
    words.journal.replace_word_lists(collected).unwrap();
    assert_eq!(words.outdated(), []);
    words.commit("a", 2, vec![words.list(jo, 2, true, "third")]);
    assert_eq!(words.outdated(), [id]);
    assert_eq!(words.read(&[id]), [(jo, 2, text("first second"))]);
}

#[test]
fn other_rules_make_the_words_of_every_conversation_outdated_once() {
    let store = TestStore::new();
    let words = Words::new(&store);
    let first = words.commit("a", 0, Vec::new());
    let second = words.commit("b", 0, Vec::new());
    words.journal.set_word_rules(5).unwrap();
    assert_eq!(words.outdated(), [first, second]);
    let page = words.journal.outdated_words(0, 1).unwrap();
    let next = words.journal.outdated_words(page[0].place, 1).unwrap();
    assert_eq!(
        (page[0].conversation, next[0].conversation),
        (first, second)
    );
    let collected = vec![words.collected(first, 1, &[])];
    words.journal.replace_word_lists(collected).unwrap();
    drop(words);

    let words = Words::new(&store);
    words.journal.set_word_rules(5).unwrap();
    assert_eq!(words.outdated(), [second], "the same rules change nothing");
    words.journal.set_word_rules(6).unwrap();
    assert_eq!(words.outdated(), [first, second]);
}

#[test]
fn a_journal_of_version_13_is_migrated_and_its_conversations_are_collected() {
    let store = TestStore::new();
    let words = Words::new(&store);
    let id = words.commit("a", 0, Vec::new());
    drop(words);
    store.downgrade(13);
    // A backup of that version is checked as it is.
    let backup = store.directory.path().join("backup.db");
    std::fs::copy(store.options().path, &backup).unwrap();
    restore(&store.options(), &backup, true).unwrap();

    let words = Words::new(&store);
    words.journal.set_word_rules(1).unwrap();
    assert_eq!(words.outdated(), [id]);
    let report = words.journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn conversations_are_found_by_the_id_of_a_message_on_every_channel() {
    use crate::store::{accept_one, arrival};

    let store = TestStore::new();
    let words = Words::new(&store);
    let mut ids = Vec::new();
    for (number, (channel, account)) in [("x", ""), ("x", "shop"), ("email", "help")]
        .into_iter()
        .enumerate()
    {
        let thread = format!("t{number}");
        let mut sent = arrival(words.company, "m-1", &thread);
        sent.channel = channel.to_owned();
        sent.account = account.to_owned();
        sent.thread = thread.clone().into_bytes();
        let input = accept_one(&words.journal, sent);
        let of = conversation(words.company, &thread);
        let decided = words.journal.commit(commit(&of, 0, Some(input)));
        decided.unwrap();
        ids.push(of.id);
    }
    let find = |company, message: &str, limit| {
        let found = words
            .journal
            .conversations_with_message(company, message, limit);
        let mut found = found.unwrap();
        found.conversations.sort_unstable();
        found.conversations
    };
    ids.sort_unstable();
    assert_eq!(find(words.company, "m-1", 9), ids);
    assert_eq!(find(words.company, "m-1", 2).len(), 2);
    assert_eq!(find(words.company, "m-2", 9), []);
    let other = words.journal.company("other").unwrap();
    assert_eq!(find(other, "m-1", 9), []);
    let channels = words.journal.channels_of(words.company, 9).unwrap();
    assert_eq!(channels, ["email", "x"]);
    assert_eq!(words.journal.channels_of(other, 9).unwrap(), [""; 0]);
}
