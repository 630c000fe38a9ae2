//! Cached conversations and contacts: a decision about a customer who wrote
//! recently reads nothing from the journal.

mod pending_inputs;

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::snapshot::{RECENT_PERIOD, Snapshot};
use jiff::Timestamp;
use lru::LruCache;
use parking_lot::Mutex;
use patchbay_journal::{CompanyId, ContactId, Conversation, ConversationId, Ordinal};
use patchbay_model::interaction::{Direction, Interaction};

pub use pending_inputs::{PendingInput, PendingInputs};

/// Most cached conversations.
const CONVERSATIONS: usize = 50_000;
/// Most cached contacts.
const CONTACTS: usize = 50_000;
/// Most interactions of other conversations that a policy may read.
const MAX_ELSEWHERE: usize = 64;

/// An interaction, its place in the order of acceptance, and its author.
#[derive(Clone, Debug)]
pub struct CachedText {
    /// Its ordinal.
    pub ordinal: Ordinal,
    /// Its author.
    pub contact: Option<ContactId>,
    /// The interaction.
    pub interaction: Arc<Interaction>,
}

/// A conversation between two passes.
#[derive(Clone, Debug)]
pub struct CachedConversation {
    /// As the journal stores it.
    pub row: Conversation,
    /// What is known of it beside its texts.
    pub snapshot: Snapshot,
    /// Its newest interactions, newest first; at most as many as
    /// the snapshot lists.
    pub texts: Vec<CachedText>,
    /// Epoch of the cache when it was read.
    pub epoch: u64,
}

impl CachedConversation {
    /// Add its newest interaction. The oldest is dropped where the snapshot lists no more.
    pub fn add_text(&mut self, text: CachedText) {
        let ordinal = text.ordinal;
        self.texts.insert(0, text);
        let keep = self.latest_message().map(|text| text.ordinal);
        let dropped = self.snapshot.add_interaction(ordinal, keep);
        self.drop_text(dropped);
    }

    /// The newest message that a customer wrote in person.
    pub fn latest_message(&self) -> Option<&CachedText> {
        self.texts.iter().find(|text| {
            let interaction = &text.interaction;
            interaction.direction == Direction::Inbound && !interaction.automatic
        })
    }

    fn drop_text(&mut self, dropped: Option<Ordinal>) {
        if let Some(dropped) = dropped {
            self.texts.retain(|text| text.ordinal != dropped);
        }
    }

    /// Replace a message by a newer input of it, in its place. Returns whether
    /// it was cached.
    pub fn replace_text(&mut self, text: &CachedText) -> bool {
        let id = &text.interaction.id;
        let of_message = |known: &&mut CachedText| known.interaction.id == *id;
        let Some(known) = self.texts.iter_mut().find(of_message) else {
            return false;
        };
        let before = std::mem::replace(known, text.clone()).ordinal;
        self.snapshot.replace_interaction(before, text.ordinal);
        true
    }

    /// Add a message that is older than every cached one.
    pub fn add_oldest_text(&mut self, text: CachedText) {
        let keep = self.latest_message().map(|text| text.ordinal);
        let dropped = self.snapshot.add_oldest(text.ordinal, keep);
        self.drop_text(dropped);
        self.texts.push(text);
    }

    /// A cached message by the channel's id.
    pub fn text(&self, message: &str) -> Option<&CachedText> {
        let mut texts = self.texts.iter();
        texts.find(|text| text.interaction.id == message)
    }

    /// What the conversation's contact wrote in it: others may take part.
    pub fn contact_history(&self) -> ContactHistory {
        let contact = self.row.contact;
        let own = self.texts.iter().filter(|text| text.contact == contact);
        ContactHistory {
            texts: own.cloned().collect(),
            received: self.snapshot.received.clone(),
            last_answer: self.snapshot.last_answer(),
        }
    }

    /// The first person who writes in a conversation that the company began is
    /// its customer. Earlier versions stored the author of the company's own
    /// message as the contact.
    pub fn identify_customer(&mut self, author: Option<ContactId>) {
        let contact = self.row.contact;
        let wrote = |direction| {
            let mut texts = self.texts.iter();
            texts.any(|text| text.contact == contact && text.interaction.direction == direction)
        };
        let is_company = wrote(Direction::Outbound) && !wrote(Direction::Inbound);
        if contact.is_none() || is_company {
            self.row.contact = author;
        }
    }

    /// Remove every version of a message. The conversation remembers where its
    /// customer wrote from.
    pub fn remove_message(&mut self, message: &str) {
        let of_message = |text: &&CachedText| text.interaction.id == message;
        let removed = self.texts.iter().filter(of_message);
        let mut own = removed
            .clone()
            .filter(|text| text.contact == self.row.contact);
        if let Some(text) = own.find(|text| text.interaction.author.address.is_some()) {
            self.snapshot.deleted = Some(text.ordinal.0);
        }
        let removed: Vec<u64> = removed.map(|text| text.ordinal.0).collect();
        self.texts.retain(|text| text.interaction.id != message);
        self.snapshot.forget_interactions(&removed);
    }
}

/// What a contact wrote, and what the CRM says about them.
#[derive(Clone, Debug, Default)]
pub struct CachedContact {
    /// Attributes of their record, by name.
    pub attributes: BTreeMap<String, String>,
    /// What they wrote, by conversation.
    pub conversations: HashMap<ConversationId, ContactHistory>,
}

/// What a contact wrote in one conversation.
#[derive(Clone, Debug, Default)]
pub struct ContactHistory {
    /// Newest first.
    pub texts: Vec<CachedText>,
    /// When messages of the last seven days were received.
    pub received: Vec<Timestamp>,
    /// The last reply: when, and by which agent.
    pub last_answer: Option<(Timestamp, String)>,
}

impl ContactHistory {
    /// Inbound interactions of the last seven days.
    pub fn recent_count(&self, now: Timestamp) -> u32 {
        let is_recent = |at: &&Timestamp| now.duration_since(**at) <= RECENT_PERIOD;
        self.received.iter().filter(is_recent).count() as u32
    }
}

impl CachedContact {
    /// Interactions of all conversations but one, newest first.
    pub fn elsewhere(&self, but: ConversationId) -> Vec<&CachedText> {
        let others = self.conversations.iter().filter(|(id, _)| **id != but);
        let placed = others.flat_map(|(_, history)| {
            // An edited message is no newer than the one before it in the list.
            let places = history
                .texts
                .iter()
                .scan(Ordinal(u64::MAX), |newest, text| {
                    *newest = text.ordinal.min(*newest);
                    Some(*newest)
                });
            places.zip(&history.texts)
        });
        let mut placed: Vec<_> = placed.collect();
        placed.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        placed.truncate(MAX_ELSEWHERE);
        placed.into_iter().map(|(_, text)| text).collect()
    }
}

type Cache<K, V> = Mutex<LruCache<K, V>>;

/// The desk's caches. The journal has all of it.
#[derive(Debug)]
pub struct ConversationCache {
    conversations: Cache<(CompanyId, Vec<u8>), CachedConversation>,
    contacts: Cache<(CompanyId, ContactId), Arc<CachedContact>>,
    addresses: Cache<(CompanyId, String, String), ContactId>,
    /// Accepted inputs that wait for a pass.
    pub inputs: PendingInputs,
    /// Raised by [`clear`](Self::clear) and
    /// [`forget_contacts`](Self::forget_contacts): what was read before is not put
    /// back.
    epoch: AtomicU64,
}

impl Default for ConversationCache {
    fn default() -> ConversationCache {
        ConversationCache {
            conversations: cache(CONVERSATIONS),
            contacts: cache(CONTACTS),
            addresses: cache(CONTACTS),
            inputs: PendingInputs::default(),
            epoch: AtomicU64::new(0),
        }
    }
}

impl ConversationCache {
    /// How often something was removed: to be read before the journal is.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Take the conversation of a thread out. The thread that holds its lane
    /// puts it back after a commit, and drops it after a failed one.
    pub fn take(&self, company: CompanyId, thread: &[u8]) -> Option<CachedConversation> {
        self.conversations.lock().pop(&(company, thread.to_vec()))
    }

    /// Put a conversation back as it was committed.
    pub fn put(&self, conversation: CachedConversation) {
        if conversation.epoch != self.epoch() {
            return;
        }
        let row = &conversation.row;
        if let Some(contact) = row.contact {
            let mut contacts = self.contacts.lock();
            if let Some(cached) = contacts.get_mut(&(row.company, contact)) {
                let history = conversation.contact_history();
                let cached = Arc::make_mut(cached);
                cached.conversations.insert(row.id, history);
            }
        }
        let key = (row.company, row.thread.clone());
        self.conversations.lock().put(key, conversation);
    }

    /// What a contact wrote.
    pub fn contact(&self, company: CompanyId, contact: ContactId) -> Option<Arc<CachedContact>> {
        self.contacts.lock().get(&(company, contact)).cloned()
    }

    /// Put what a contact wrote, unless the cache was cleared since `epoch`, which was
    /// read before the journal was.
    pub fn put_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        cached: Arc<CachedContact>,
        epoch: u64,
    ) {
        let mut contacts = self.contacts.lock();
        if epoch == self.epoch() {
            contacts.put((company, contact), cached);
        }
    }

    /// Put a contact who was just created, and has no history, unless the cache
    /// was cleared since `epoch`.
    pub fn put_new_contact(&self, company: CompanyId, contact: ContactId, epoch: u64) {
        let mut contacts = self.contacts.lock();
        if epoch == self.epoch() && !contacts.contains(&(company, contact)) {
            contacts.put((company, contact), Arc::default());
        }
    }

    /// The contact of an address.
    pub fn contact_of(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
    ) -> Option<ContactId> {
        let key = (company, channel.to_owned(), address.to_owned());
        self.addresses.lock().get(&key).copied()
    }

    /// Put the contact of an address.
    pub fn put_address(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
        contact: ContactId,
    ) {
        let key = (company, channel.to_owned(), address.to_owned());
        self.addresses.lock().put(key, contact);
    }

    /// Drop what contacts wrote: their records changed.
    pub fn forget_contacts(&self, company: CompanyId, changed: &[ContactId]) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        let mut contacts = self.contacts.lock();
        for contact in changed {
            contacts.pop(&(company, *contact));
        }
    }

    /// Drop everything: a contact was erased, merged or split.
    pub fn clear(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.conversations.lock().clear();
        self.contacts.lock().clear();
        self.addresses.lock().clear();
        self.inputs.clear();
    }
}

fn cache<K: std::hash::Hash + Eq, V>(capacity: usize) -> Cache<K, V> {
    let capacity = NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN);
    Mutex::new(LruCache::new(capacity))
}
