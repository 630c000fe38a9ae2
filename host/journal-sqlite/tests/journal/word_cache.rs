//! Searches of stored word lists, and how much of them stays in memory.

use std::collections::BTreeSet;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_search_terms::{SearchQuery, WordList};
use patchbay_word_cache::{
    CacheBounds, CommittedWords, FoundConversations, SearchPart, SearchScope, WordCache, WordSearch,
};

use crate::store::{TestStore, accept_one, arrival, at, commit, conversation, entry};

fn sealed(journal: &SqliteJournal, company: CompanyId, contact: ContactId, text: &str) -> Vec<u8> {
    let mut words = WordList::default();
    words.add(text.split(' '));
    let sealed = journal.seal(company, contact, Purpose::Words, words.as_bytes());
    sealed.unwrap()
}

/// A conversation of a contact, with these words.
fn put(journal: &SqliteJournal, company: CompanyId, thread: &str, text: &str) -> ConversationId {
    let found = journal.find_or_create_contact(company, "x", thread, at(1));
    let contact = found.unwrap().contact;
    let of = conversation(company, thread);
    let mut new = commit(&of, 0, None);
    new.words = vec![NewWordList {
        contact,
        part: 0,
        is_new: true,
        sealed: sealed(journal, company, contact, text),
    }];
    assert!(journal.commit(new).unwrap().are_words_stored);
    of.id
}

/// Open conversations, all of which are searched.
fn open(conversations: &[ConversationId]) -> SearchPart<'_> {
    SearchPart {
        conversations,
        scope: SearchScope::Open,
        most_lists: usize::MAX,
    }
}

fn resolved(conversations: &[ConversationId]) -> SearchPart<'_> {
    SearchPart {
        scope: SearchScope::Resolved,
        ..open(conversations)
    }
}

/// Search a part of a search for `parcel`.
fn find_part(
    journal: &SqliteJournal,
    cache: &WordCache,
    search: &WordSearch,
    part: SearchPart<'_>,
) -> FoundConversations {
    let query = SearchQuery::parse("parcel").unwrap();
    cache.find(journal, search, &query, part).unwrap()
}

fn find(
    journal: &SqliteJournal,
    cache: &WordCache,
    company: CompanyId,
    ids: &[ConversationId],
) -> BTreeSet<ConversationId> {
    let search = cache.begin_search(company);
    find_part(journal, cache, &search, open(ids)).conversations
}

fn bounds(company: usize, host: usize) -> WordCache {
    WordCache::new(CacheBounds { company, host })
}

#[test]
fn all_lists_of_a_conversation_with_many_authors_are_searched() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "post");
    let mut new = commit(&of, 0, None);
    let authors = 2 * limits::WORD_LISTS + 44;
    for number in 0..authors {
        let found = journal.find_or_create_contact(company, "x", &format!("@{number}"), at(1));
        let contact = found.unwrap().contact;
        new.words.push(NewWordList {
            contact,
            part: 0,
            is_new: true,
            sealed: sealed(&journal, company, contact, &format!("author{number}")),
        });
    }
    journal.commit(new).unwrap();
    let cache = bounds(1 << 20, 1 << 20);
    for _ in 0..2 {
        for number in [0, 255, 256, 300, authors - 1] {
            let query = SearchQuery::parse(&format!("author{number}")).unwrap();
            let search = cache.begin_search(company);
            let found = cache.find(&journal, &search, &query, open(&[of.id]));
            let found = found.unwrap();
            assert_eq!(found.conversations.len(), 1, "{number}");
            assert_eq!(found.cut, 0);
        }
    }
    assert_eq!(cache.figures().lists_opened, authors as u64, "once");
}

#[test]
fn words_of_a_company_beyond_its_bound_are_read_from_the_journal() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let text = format!("parcel {}", "x".repeat(400));
    let ids: Vec<ConversationId> = (0..20)
        .map(|number| put(&journal, company, &format!("t{number}"), &text))
        .collect();
    let cache = bounds(5_000, 1 << 20);
    for _ in 0..3 {
        assert_eq!(find(&journal, &cache, company, &ids).len(), 20);
        assert!(cache.bytes_of(company) <= 5_000);
    }
    let figures = cache.figures();
    assert!((3..20).contains(&figures.conversations), "{figures:?}");
    assert_eq!(figures.bytes, cache.bytes_of(company) as u64);
    // The same stay: a search longer than the memory does not replace all of it.
    assert_eq!(figures.hits, 2 * figures.conversations, "{figures:?}");
    assert_eq!(figures.evicted, 0);
    // Another search needs others.
    for _ in 0..3 {
        assert_eq!(find(&journal, &cache, company, &ids[15..]).len(), 5);
    }
    let before = cache.figures().hits;
    find(&journal, &cache, company, &ids[15..]);
    assert_eq!(cache.figures().hits, before + 5);
}

#[test]
fn the_company_that_searched_longest_ago_makes_room() {
    let store = TestStore::new();
    let journal = store.open();
    let text = format!("parcel {}", "x".repeat(400));
    let companies: Vec<(CompanyId, Vec<ConversationId>)> = ["a", "b", "c"]
        .iter()
        .map(|name| {
            let company = journal.company(name).unwrap();
            let ids = (0..4).map(|number| put(&journal, company, &format!("t{number}"), &text));
            (company, ids.collect())
        })
        .collect();
    let one = bounds(1 << 20, 1 << 20);
    find(&journal, &one, companies[0].0, &companies[0].1);
    let bytes = one.bytes_of(companies[0].0);
    let cache = bounds(1 << 20, 2 * bytes + bytes / 2);
    for (company, ids) in &companies[..2] {
        assert_eq!(find(&journal, &cache, *company, ids).len(), 4);
    }
    find(&journal, &cache, companies[0].0, &companies[0].1);
    let (company, ids) = &companies[2];
    assert_eq!(find(&journal, &cache, *company, ids).len(), 4);
    let kept = companies
        .iter()
        .map(|(company, _)| cache.bytes_of(*company));
    assert_eq!(kept.collect::<Vec<_>>(), [bytes, 0, bytes]);
    let figures = cache.figures();
    assert_eq!((figures.evicted, figures.bytes), (4, 2 * bytes as u64));
    // Words that are read ahead drop nothing.
    let (company, ids) = &companies[1];
    let warmed = cache.warm(&journal, *company, || ids.clone(), || true);
    warmed.unwrap();
    assert_eq!(cache.figures().evicted, 4);
    assert!(cache.figures().bytes <= (2 * bytes + bytes / 2) as u64);
}

#[test]
fn conversations_of_a_message_id_are_all_or_said_to_be_a_part() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let accept = |account: &str, channel: &str, message: &str| {
        let mut new = arrival(company, message, account);
        new.account = account.to_owned();
        new.channel = channel.to_owned();
        new.thread = format!("{channel} {account} {message}").into_bytes();
        let of = conversation(company, &format!("{channel} {account} {message}"));
        let ordinal = accept_one(&journal, new);
        let mut new = commit(&of, 0, Some(ordinal));
        new.entries = vec![entry(Some(ordinal))];
        journal.commit(new).unwrap();
        of.id
    };
    for account in 0..3 {
        accept(&format!("a{account}"), "x", "m1");
    }
    let found = journal
        .conversations_with_message(company, "m1", 3)
        .unwrap();
    assert_eq!((found.conversations.len(), found.is_complete), (3, true));
    let found = journal
        .conversations_with_message(company, "m1", 2)
        .unwrap();
    assert_eq!((found.conversations.len(), found.is_complete), (2, false));
    for account in 3..1_000 {
        accept(&format!("a{account:04}"), "x", "other");
    }
    let found = journal
        .conversations_with_message(company, "m1", 3)
        .unwrap();
    assert!(found.is_complete, "1,000 accounts");
    accept("z", "y", "m1");
    let found = journal
        .conversations_with_message(company, "m1", 9)
        .unwrap();
    assert!(!found.is_complete, "one account more than is gone through");
    let channels = journal.channels_of(company, 9).unwrap();
    assert_eq!(channels, ["x", "y"], "channels beyond all accounts");
    assert_eq!(journal.channels_of(company, 1).unwrap(), ["x"]);
}

#[test]
fn words_of_a_commit_that_an_erasure_overtook_are_not_kept() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let ids = [
        put(&journal, company, "jo", "refund"),
        put(&journal, company, "ann", "refund"),
    ];
    let found = journal.find_or_create_contact(company, "x", "jo", at(1));
    let jo = found.unwrap().contact;
    let cache = bounds(1 << 20, 1 << 20);
    assert_eq!(find(&journal, &cache, company, &ids).len(), 0);
    let terms = [(jo, vec!["parcel".to_owned()])];
    let committed = |conversation, is_new, since| CommittedWords {
        conversation,
        is_new,
        terms: &terms,
        since,
    };
    let since = cache.mark();
    // The commit was stored and the person erased before the cache hears of the commit.
    cache.forget_contacts(company, &[jo]);
    cache.add(company, committed(ids[1], false, since));
    let new = ConversationId([9; 16]);
    cache.add(company, committed(new, true, since));
    assert_eq!(cache.figures().conversations, 0);
    assert_eq!(find(&journal, &cache, company, &[ids[1], new]).len(), 0);
    // A later commit of others is kept.
    cache.add(company, committed(ids[1], false, cache.mark()));
    assert_eq!(find(&journal, &cache, company, &ids).len(), 1);
}

/// Conversations with long texts of one company.
fn with_long_texts(
    journal: &SqliteJournal,
    company: CompanyId,
    count: usize,
) -> Vec<ConversationId> {
    let text = format!("parcel {}", "x".repeat(400));
    let ids = (0..count).map(|number| put(journal, company, &format!("t{number}"), &text));
    ids.collect()
}

#[test]
fn words_of_a_conversation_that_was_resolved_meanwhile_go_when_it_is_deleted() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let ids = with_long_texts(&journal, company, 3);
    let cache = bounds(1 << 20, 1 << 20);
    let search = cache.begin_search(company);
    // The search has listed all as open, and another thread resolves the first.
    cache.set_resolved(company, ids[0], true);
    let found = find_part(&journal, &cache, &search, open(&ids));
    assert_eq!(found.conversations.len(), 3);
    // Another search that has listed the second as open finds it in memory.
    cache.set_resolved(company, ids[1], true);
    find_part(&journal, &cache, &search, open(&ids));
    drop(search);
    cache.forget_deleted();
    assert_eq!(cache.figures().conversations, 1);
    let list = || {
        cache.set_resolved(company, ids[0], true);
        ids.clone()
    };
    cache.warm(&journal, company, list, || true).unwrap();
    assert_eq!(cache.figures().conversations, 3);
    cache.forget_deleted();
    assert_eq!(cache.figures().conversations, 2, "the first was resolved");
}

#[test]
fn resolved_conversations_make_room_before_other_companies_and_take_none_from_these() {
    let store = TestStore::new();
    let journal = store.open();
    let [one, other] = ["a", "b"].map(|name| journal.company(name).unwrap());
    let ids = with_long_texts(&journal, one, 6);
    let of_other = with_long_texts(&journal, other, 2);
    let measured = bounds(1 << 20, 1 << 20);
    find(&journal, &measured, one, &ids[..2]);
    let two = measured.bytes_of(one);
    // Room for four conversations.
    let cache = bounds(1 << 20, 2 * two);
    find(&journal, &cache, other, &of_other);
    let search = cache.begin_search(one);
    find_part(&journal, &cache, &search, resolved(&ids[..4]));
    assert_eq!(cache.bytes_of(other), two, "resolved ones evict no company");
    assert_eq!(cache.bytes_of(one), two);
    drop(search);
    // Open ones replace the resolved ones of their company.
    let search = cache.begin_search(one);
    find_part(&journal, &cache, &search, open(&ids[4..]));
    assert_eq!((cache.bytes_of(one), cache.bytes_of(other)), (two, two));
    assert_eq!(cache.figures().evicted, 2);
    // The resolved ones of the same search leave the open ones.
    find_part(&journal, &cache, &search, resolved(&ids[..2]));
    find_part(&journal, &cache, &search, resolved(&ids[2..4]));
    let before = cache.figures().hits;
    find(&journal, &cache, one, &ids[4..]);
    assert_eq!(cache.figures().hits, before + 2);
}

#[test]
fn a_conversation_larger_than_the_memory_drops_no_other() {
    let store = TestStore::new();
    let journal = store.open();
    let [one, other] = ["a", "b"].map(|name| journal.company(name).unwrap());
    let small = put(&journal, one, "small", "parcel");
    let of_other = put(&journal, other, "small", "parcel");
    let large = put(
        &journal,
        one,
        "large",
        &format!("parcel {}", "x".repeat(4_000)),
    );
    for cache in [bounds(2_000, 1 << 20), bounds(1 << 20, 2_000)] {
        find(&journal, &cache, other, &[of_other]);
        let search = cache.begin_search(one);
        find_part(&journal, &cache, &search, resolved(&[small]));
        drop(search);
        assert_eq!(find(&journal, &cache, one, &[large]).len(), 1);
        let figures = cache.figures();
        assert_eq!((figures.conversations, figures.evicted), (2, 0));
        assert_eq!(figures.not_kept, 1);
    }
}

#[test]
fn a_search_opens_so_many_lists_and_says_what_it_left_out() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let ids = with_long_texts(&journal, company, 48);
    let cache = bounds(1 << 20, 1 << 20);
    let part = SearchPart {
        most_lists: 20,
        ..open(&ids)
    };
    // Lists of 16 conversations are read at once; the next search goes on.
    for (found, unread) in [(32, 16), (48, 0), (48, 0)] {
        let search = cache.begin_search(company);
        let of_search = find_part(&journal, &cache, &search, part);
        let figures = (of_search.conversations.len(), of_search.unread);
        assert_eq!(figures, (found, unread));
    }
    assert_eq!(cache.figures().lists_opened, 48);
}

#[test]
fn lists_are_read_by_pages_across_conversations() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let contacts: Vec<ContactId> = (0..limits::WORD_LISTS)
        .map(|number| {
            let found = journal.find_or_create_contact(company, "x", &format!("@{number}"), at(1));
            found.unwrap().contact
        })
        .collect();
    let mut ids = Vec::new();
    // The first page ends within the second conversation, the next with one.
    for (thread, lists) in [
        ("a", 100),
        ("b", 200),
        ("c", 0),
        ("d", limits::WORD_LISTS),
        ("e", 1),
    ] {
        let of = conversation(company, thread);
        let mut new = commit(&of, 0, None);
        new.words = contacts[..lists]
            .iter()
            .enumerate()
            .map(|(number, contact)| NewWordList {
                contact: *contact,
                part: 0,
                is_new: true,
                sealed: sealed(&journal, company, *contact, &format!("{thread}{number}")),
            })
            .collect();
        journal.commit(new).unwrap();
        ids.push(of.id);
    }
    let page = journal.word_lists(company, &ids).unwrap();
    assert_eq!(page.len(), limits::WORD_LISTS, "of all conversations");
    let cache = bounds(1 << 20, 1 << 20);
    for (text, expected) in [
        ("a0 a99", Some(0)),
        ("b0 b155 b156 b199", Some(1)),
        ("d0 d255", Some(3)),
        ("e0", Some(4)),
        ("c0", None),
    ] {
        let query = SearchQuery::parse(text).unwrap();
        let search = cache.begin_search(company);
        let found = cache.find(&journal, &search, &query, open(&ids)).unwrap();
        let expected: BTreeSet<ConversationId> =
            expected.map(|it: usize| ids[it]).into_iter().collect();
        assert_eq!((found.conversations, found.cut), (expected, 0), "{text}");
    }
    assert_eq!(cache.figures().lists_opened, 557);
    assert_eq!(cache.figures().conversations, 5);
}
