//! What the desk keeps at hand of conversations and people, so that a decision
//! about somebody who wrote a minute ago reads nothing back. All of it stands
//! in the journal.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use lru::LruCache;
use patchbay_journal::{CompanyId, ContactId, Conversation, ConversationId, Message, Ordinal};
use patchbay_model::interaction::Interaction;

use patchbay_records::snapshot::{RECENT, Snapshot};

/// Conversations kept at hand.
const CONVERSATIONS: usize = 50_000;
/// People kept at hand.
const PEOPLE: usize = 50_000;
/// Inputs kept at hand.
const INPUTS: usize = 20_000;
/// Most interactions of other conversations a policy may read back.
const ELSEWHERE: usize = 64;

/// An interaction, its place in the order, and who wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) ordinal: Ordinal,
    pub(crate) contact: Option<ContactId>,
    pub(crate) interaction: Arc<Interaction>,
}

/// A conversation between two passes.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) row: Conversation,
    pub(crate) snapshot: Snapshot,
    /// Its newest interactions, newest first; at most [`RECENT`].
    pub(crate) texts: Vec<Text>,
    /// Which memory it was read into.
    pub(crate) age: u64,
}

impl Known {
    /// One more interaction.
    pub(crate) fn hear(&mut self, text: Text) {
        self.snapshot.holds(text.ordinal);
        self.texts.insert(0, text);
        self.texts.truncate(RECENT);
    }

    /// What the contact it is with said in it: others may take part.
    pub(crate) fn said(&self) -> Said {
        let contact = self.row.contact;
        let own = self.texts.iter().filter(|text| text.contact == contact);
        Said {
            texts: own.cloned().collect(),
            received: self.snapshot.received.clone(),
            last_answer: self.snapshot.last_answer(),
        }
    }

    /// Let go every wording of a message.
    pub(crate) fn forget(&mut self, message: &str) {
        let gone: Vec<u64> = self
            .texts
            .iter()
            .filter(|text| text.interaction.id == message)
            .map(|text| text.ordinal.0)
            .collect();
        self.texts.retain(|text| text.interaction.id != message);
        self.snapshot.recent.retain(|known| !gone.contains(known));
    }
}

/// What a contact wrote, by conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) conversations: HashMap<ConversationId, Said>,
}

/// What a contact wrote in one conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) texts: Vec<Text>,
    pub(crate) received: Vec<Timestamp>,
    /// Who last answered them in it, and when.
    pub(crate) last_answer: Option<(Timestamp, String)>,
}

impl Said {
    /// How many inbound interactions there were in the seven days before.
    pub(crate) fn heard_lately(&self, now: Timestamp) -> u32 {
        let week = jiff::SignedDuration::from_hours(7 * 24);
        let lately = |at: &&Timestamp| now.duration_since(**at) <= week;
        self.received.iter().filter(lately).count() as u32
    }
}

impl Person {
    /// Interactions of all conversations but one, newest first.
    pub(crate) fn elsewhere(&self, but: ConversationId) -> Vec<&Text> {
        let mut texts: Vec<&Text> = self
            .conversations
            .iter()
            .filter(|(id, _)| **id != but)
            .flat_map(|(_, said)| &said.texts)
            .collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.ordinal));
        texts.truncate(ELSEWHERE);
        texts
    }
}

type Kept<K, V> = Mutex<LruCache<K, V>>;

/// The desk's memory.
#[derive(Debug)]
pub(crate) struct AtHand {
    conversations: Kept<(CompanyId, Vec<u8>), Known>,
    people: Kept<(CompanyId, ContactId), Arc<Person>>,
    contacts: Kept<(CompanyId, String, String), ContactId>,
    /// Inputs that wait to be decided.
    inputs: Kept<Ordinal, Message>,
    /// Raised whenever everything is let go: what was taken out before is not
    /// put back.
    age: AtomicU64,
}

impl AtHand {
    pub(crate) fn new() -> AtHand {
        AtHand {
            conversations: kept(CONVERSATIONS),
            people: kept(PEOPLE),
            contacts: kept(PEOPLE),
            inputs: kept(INPUTS),
            age: AtomicU64::new(0),
        }
    }

    /// Which memory it is by now.
    pub(crate) fn age(&self) -> u64 {
        self.age.load(Ordering::Acquire)
    }

    /// Take the conversation of a thread out; whoever holds its lane puts it
    /// back as it is after a commit, or leaves it out where the commit failed.
    pub(crate) fn take(&self, company: CompanyId, thread: &[u8]) -> Option<Known> {
        locked(&self.conversations).pop(&(company, thread.to_vec()))
    }

    /// Keep a conversation as it was committed.
    pub(crate) fn put(&self, known: Known) {
        if known.age != self.age() {
            return;
        }
        if let Some(contact) = known.row.contact {
            let key = (known.row.company, contact);
            let mut people = locked(&self.people);
            if let Some(person) = people.get_mut(&key) {
                let said = known.said();
                Arc::make_mut(person)
                    .conversations
                    .insert(known.row.id, said);
            }
        }
        let key = (known.row.company, known.row.thread.clone());
        locked(&self.conversations).put(key, known);
    }

    pub(crate) fn person(&self, company: CompanyId, contact: ContactId) -> Option<Arc<Person>> {
        locked(&self.people).get(&(company, contact)).cloned()
    }

    pub(crate) fn keep_person(&self, company: CompanyId, contact: ContactId, person: Arc<Person>) {
        locked(&self.people).put((company, contact), person);
    }

    /// The contact of an address, where it is at hand.
    pub(crate) fn contact(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
    ) -> Option<ContactId> {
        locked(&self.contacts)
            .get(&(company, channel.to_owned(), address.to_owned()))
            .copied()
    }

    pub(crate) fn keep_contact(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
        contact: ContactId,
    ) {
        let key = (company, channel.to_owned(), address.to_owned());
        locked(&self.contacts).put(key, contact);
    }

    /// Keep an input until it is decided.
    pub(crate) fn keep_input(&self, input: Message) {
        locked(&self.inputs).put(input.ordinal, input);
    }

    /// Take an input that is to be decided; absent where there were too many.
    pub(crate) fn input(&self, ordinal: Ordinal) -> Option<Message> {
        locked(&self.inputs).pop(&ordinal)
    }

    /// Let go everything: who is whom changed, or somebody was erased.
    pub(crate) fn forget_all(&self) {
        self.age.fetch_add(1, Ordering::AcqRel);
        locked(&self.conversations).clear();
        locked(&self.people).clear();
        locked(&self.contacts).clear();
        locked(&self.inputs).clear();
    }
}

fn kept<K: std::hash::Hash + Eq, V>(most: usize) -> Kept<K, V> {
    Mutex::new(LruCache::new(
        NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN),
    ))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Changed in single steps: a panic elsewhere leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
