//! What word lists cost at intake, and how long a search takes. By hand:
//! `cargo test --release -p patchbay-journal-sqlite --test journal -- --ignored --nocapture figures_of_words`.
#![allow(clippy::print_stdout, reason = "prints figures")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_search_terms::{SearchQuery, WordList, terms};
use patchbay_word_cache::{CacheBounds, CommittedWords, SearchPart, SearchScope, WordCache};
use rustix::time::{ClockId, clock_gettime};

use crate::store::{TestStore, arrival, at, commit, conversation, entry};

const CONVERSATIONS: usize = 10_000;
const MESSAGES: usize = 20;
/// Words of a message.
const WORDS: usize = 25;
/// Length of a list from which a further one begins, as the desk has it.
const LIST_BYTES: usize = 800;
/// Conversations of a commit, as the desk has them under load.
const BATCH: usize = 64;

/// Processor time of all threads.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn written() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("wchar:"));
    line.and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

/// A message whose words are as frequent as in a language: the word of rank n occurs about
/// 1/n as often as the first.
fn message(seed: &mut u64) -> String {
    let mut text = String::new();
    for _ in 0..WORDS {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let uniform = (*seed >> 33) as f64 / f64::from(1_u32 << 31);
        let mut rank = (20_000_f64.powf(uniform)) as u32;
        // Frequent words are short: two letters and one for each factor of four.
        text.push((b'a' + (rank % 26) as u8) as char);
        while rank > 0 {
            text.push((b'a' + (rank % 23) as u8) as char);
            rank /= 4;
        }
        text.push(' ');
    }
    text
}

/// Takes messages in, with or without their words; time and bytes per message.
fn intake(journal: &SqliteJournal, with_words: bool) -> (Duration, u64) {
    let company = journal.company("acme").unwrap();
    let contacts: Vec<ContactId> = (0..CONVERSATIONS)
        .map(|number| {
            let address = format!("@{number}");
            let found = journal.find_or_create_contact(company, "x", &address, at(1));
            found.unwrap().contact
        })
        .collect();
    let mut seed = 7;
    let (cpu, bytes) = (cpu_time(), written());
    for round in 0..MESSAGES {
        for batch in (0..CONVERSATIONS).collect::<Vec<_>>().chunks(BATCH) {
            let mut arrivals = Vec::new();
            let mut texts = HashMap::new();
            for number in batch {
                let contact = contacts[*number];
                let text = message(&mut seed);
                let mut sent = arrival(company, &format!("{number}-{round}"), &text);
                sent.thread = number.to_string().into_bytes();
                let body = journal.seal(company, contact, Purpose::Message, &[b'x'; 400]);
                sent.body = body.unwrap();
                sent.contact = Some(contact);
                arrivals.push(sent);
                texts.insert(*number, text);
            }
            let accepted = journal.accept(arrivals).unwrap();
            let mut commits = Vec::new();
            for (number, accepted) in batch.iter().zip(accepted) {
                let contact = contacts[*number];
                let mut of = conversation(company, &number.to_string());
                of.contact = Some(contact);
                of.snapshot = vec![7; 1_000];
                let mut new = commit(&of, round as u64, None);
                let mut recorded = entry(accepted.ordinal());
                recorded.contact = Some(contact);
                recorded.sealed = vec![7; 600];
                new.entries = vec![recorded];
                if with_words {
                    new.words = words(journal, &of, contact, &texts[number], round > 0);
                }
                commits.push(new);
            }
            for committed in journal.commit_all(commits).unwrap() {
                committed.unwrap();
            }
        }
    }
    let messages = (CONVERSATIONS * MESSAGES) as u32;
    let (cpu, bytes) = (cpu_time() - cpu, written() - bytes);
    (cpu / messages, bytes / u64::from(messages))
}

/// What a pass does with the words of a message.
fn words(
    journal: &SqliteJournal,
    of: &Conversation,
    contact: ContactId,
    text: &str,
    is_known: bool,
) -> Vec<NewWordList> {
    let company = of.company;
    let stored = match is_known {
        true => journal.last_word_list(company, of.id, contact).unwrap(),
        false => None,
    };
    let mut list = WordList::default();
    let mut part = 0;
    let mut new = terms(text);
    if let Some(stored) = &stored {
        let plain = journal.open(company, contact, Purpose::Words, &stored.sealed);
        list = WordList::from_bytes(plain.unwrap()).unwrap();
        part = stored.part;
    }
    let is_full = list.len() >= LIST_BYTES;
    if is_full {
        new.retain(|term| !list.has(term));
        (list, part) = (WordList::default(), part + 1);
    }
    if !list.add(new.iter().map(String::as_str)) {
        return Vec::new();
    }
    let sealed = journal.seal(company, contact, Purpose::Words, list.as_bytes());
    vec![NewWordList {
        contact,
        part,
        is_new: stored.is_none() || is_full,
        sealed: sealed.unwrap(),
    }]
}

/// How many conversations have all words of a text.
fn search(
    (journal, words): (&SqliteJournal, &WordCache),
    ids: &[ConversationId],
    text: &str,
) -> usize {
    let company = journal.company("acme").unwrap();
    let query = SearchQuery::parse(text).unwrap();
    let part = SearchPart {
        conversations: ids,
        scope: SearchScope::Open,
        most_lists: usize::MAX,
    };
    let search = words.begin_search(company);
    let found = words.find(journal, &search, &query, part).unwrap();
    found.conversations.len()
}

#[test]
#[ignore = "prints figures"]
fn figures_of_words() {
    for with_words in [false, true, false, true] {
        let store = TestStore::new();
        let journal = store.open();
        let (cpu, bytes) = intake(&journal, with_words);
        println!("words {with_words}: {cpu:?} of CPU and {bytes} bytes written per message");
        let size = journal.bytes() / (CONVERSATIONS * MESSAGES) as u64;
        println!("  {size} bytes of the file per message");
        if !with_words {
            continue;
        }
        drop(journal);
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        let open = journal
            .unresolved_conversations(None, CONVERSATIONS)
            .unwrap();
        let ids: Vec<ConversationId> = open.iter().map(|row| row.id).collect();
        assert_eq!((ids.len(), open[0].company), (CONVERSATIONS, company));
        let mut seed = 7;
        let text = message(&mut seed);
        let all: Vec<&str> = text.split_whitespace().collect();
        for (name, most) in [("no memory", 0), ("memory", usize::MAX)] {
            let cache = WordCache::new(CacheBounds {
                company: most,
                host: most,
            });
            for text in [
                all[..1].join(" "),
                all[..1].join(" "),
                all[..3].join(" "),
                all[..8].join(" "),
                "nothing".to_owned(),
            ] {
                let (start, cpu) = (Instant::now(), cpu_time());
                let matching = search((&journal, &cache), &ids, &text);
                let (took, cpu) = (start.elapsed(), cpu_time() - cpu);
                let words = text.split(' ').count();
                println!("  {name}, {words} words: {matching} found in {took:?}, {cpu:?} of CPU");
            }
            let figures = cache.figures();
            println!(
                "  {name}: {} bytes, {} lists opened",
                figures.bytes, figures.lists_opened
            );
            let contact = open[0].contact.unwrap();
            let cpu = cpu_time();
            for id in &ids {
                let terms = [(contact, vec!["added".to_owned()])];
                let committed = CommittedWords {
                    conversation: *id,
                    is_new: false,
                    terms: &terms,
                    since: cache.mark(),
                };
                cache.add(company, committed);
            }
            let cpu = (cpu_time() - cpu) / CONVERSATIONS as u32;
            println!("  {name}: a commit's new word takes {cpu:?} of CPU");
        }
    }
}
