//! Reading back what a decision is made on: the conversation, the people, what
//! policies remember.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_generations::decide::seed_of;
use patchbay_journal::{
    ContactId, Conversation as Row, ConversationId, JournalError, Message, Ordinal,
};
use patchbay_model::conversation::Contact;
use patchbay_model::situation::{Exchange, Situation};
use patchbay_model::state::{Memory, Scope};

use super::asking::Matter;
use super::{Pass, Undecided};
use patchbay_records::decisions::Sources;
use crate::memory::{Known, Person, Text};
use patchbay_records::reading;
use patchbay_records::snapshot::Snapshot;

/// Most conversations of a person that are read back.
const CONVERSATIONS: usize = 16;

impl Pass<'_> {
    /// Everything a policy may read.
    pub(super) fn matter(
        &self,
        known: &Known,
        contact: Option<ContactId>,
        about: &Text,
    ) -> Result<Matter, Undecided> {
        let interaction = &about.interaction;
        let person = match contact {
            Some(contact) => self.person(contact)?,
            None => Arc::default(),
        };
        let id = known.row.id;
        let heard_elsewhere: u32 = person
            .conversations
            .iter()
            .filter(|(other, _)| **other != id)
            .map(|(_, said)| said.heard_lately(self.now))
            .sum();
        let heard = known.snapshot.heard_lately(self.now) + heard_elsewhere;
        let earlier = known.texts.iter();
        let earlier: Vec<&Text> = earlier
            .filter(|text| text.interaction.id != interaction.id)
            .collect();
        let elsewhere = person.elsewhere(id);
        let places = |texts: &mut dyn Iterator<Item = &Text>| {
            texts.map(|text| text.ordinal.0).collect::<Vec<u64>>()
        };
        let sources = Sources {
            interaction: about.ordinal.0,
            earlier: places(&mut earlier.iter().copied()),
            elsewhere: places(&mut elsewhere.iter().copied()),
        };
        let shared = |text: &&Text| Arc::clone(&text.interaction);
        let exchange = Exchange {
            interaction: Arc::clone(interaction),
            conversation: known.snapshot.as_read(id.to_string()),
            contact: Contact {
                id: contact.map(|contact| contact.to_string()),
                recent_interactions: heard,
                last_agent: self.last_answer(known, contact)?.map(|(_, agent)| agent),
            },
            earlier: earlier.iter().map(shared).collect(),
            elsewhere: elsewhere.iter().map(shared).collect(),
        };
        let base = &self.generation.surroundings;
        let surroundings = self.assignments.surroundings(base, self.now);
        let mut situation =
            Situation::of(surroundings, exchange, self.now, seed_of(&interaction.id));
        situation.memories = Arc::new(self.memories(id, contact)?);
        Ok(Matter { situation, sources })
    }

    /// When a customer was last answered in any conversation, and by whom.
    pub(super) fn last_answer(
        &self,
        known: &Known,
        contact: Option<ContactId>,
    ) -> Result<Option<(Timestamp, String)>, Undecided> {
        let own = known.snapshot.last_answer();
        let Some(contact) = contact else {
            return Ok(own);
        };
        let person = self.person(contact)?;
        let all = person.conversations.values();
        let others = all.filter_map(|said| said.last_answer.clone());
        Ok(others.chain(own).max())
    }

    /// What each plugin that keeps state remembers.
    fn memories(
        &self,
        conversation: ConversationId,
        contact: Option<ContactId>,
    ) -> Result<BTreeMap<String, Memory>, JournalError> {
        let mut memories = BTreeMap::new();
        for plugin in self.generation.pipelines.plugins() {
            let scopes = &plugin.grants().state;
            let owners: Vec<(Scope, &[u8])> = scopes
                .iter()
                .filter_map(|scope| Some((*scope, owner(*scope, &conversation, contact.as_ref())?)))
                .collect();
            if owners.is_empty() {
                continue;
            }
            let memory = self.journal.memory(
                self.company,
                plugin.name(),
                plugin.state_version(),
                &owners,
            )?;
            memories.insert(plugin.name().to_owned(), memory);
        }
        Ok(memories)
    }

    /// The conversation an input belongs to: the thread's current one, or one
    /// that begins.
    pub(super) fn conversation_of(&self, message: &Message) -> Result<Known, Undecided> {
        let thread = &message.thread;
        if let Some(known) = self.at_hand.take(self.company, thread) {
            if known
                .snapshot
                .takes_more(self.generation.desk.reopen_within, self.now)
            {
                return Ok(known);
            }
        } else if let Some(row) = self.journal.current(self.company, thread)? {
            let known = self.read(row)?;
            if known
                .snapshot
                .takes_more(self.generation.desk.reopen_within, self.now)
            {
                return Ok(known);
            }
        }
        let before = self.journal.conversations_on(self.company, thread)?;
        let snapshot = Snapshot::begin(&message.channel, self.now);
        Ok(Known {
            row: Row {
                company: self.company,
                id: ConversationId::of(self.company, thread, before),
                sequence: 0,
                thread: thread.clone(),
                contact: message.contact,
                state: snapshot.state,
                queue: None,
                owner: None,
                due_at: None,
                opened_at: self.now,
                snapshot: Vec::new(),
            },
            snapshot,
            texts: Vec::new(),
            age: self.at_hand.age(),
        })
    }

    /// A conversation by its id.
    pub(super) fn conversation(&self, id: ConversationId) -> Result<Known, Undecided> {
        let row = self.journal.conversation(self.company, id)?;
        let row = row.ok_or(Undecided::Nothing)?;
        match self.at_hand.take(self.company, &row.thread) {
            Some(known) if known.row.id == id => Ok(known),
            // Another conversation has begun on its thread.
            Some(newer) => {
                self.at_hand.put(newer);
                self.read(row)
            }
            None => self.read(row),
        }
    }

    /// A conversation read back from its row.
    pub(super) fn read(&self, row: Row) -> Result<Known, Undecided> {
        let age = self.at_hand.age();
        let snapshot = reading::snapshot(&row)?;
        let texts = self.texts(&snapshot.recent)?;
        Ok(Known {
            row,
            snapshot,
            texts,
            age,
        })
    }

    fn texts(&self, recent: &[u64]) -> Result<Vec<Text>, Undecided> {
        let ordinals: Vec<Ordinal> = recent.iter().copied().map(Ordinal).collect();
        let mut texts = Vec::with_capacity(ordinals.len());
        for message in self.journal.inputs(self.company, &ordinals)? {
            if let Some(interaction) = reading::open(self.journal, &message)? {
                texts.push(Text {
                    ordinal: message.ordinal,
                    contact: message.contact,
                    interaction: Arc::new(interaction),
                });
            }
        }
        texts.sort_by_key(|text| std::cmp::Reverse(text.ordinal));
        Ok(texts)
    }

    /// What somebody wrote in their last conversations.
    fn person(&self, contact: ContactId) -> Result<Arc<Person>, Undecided> {
        if let Some(person) = self.at_hand.person(self.company, contact) {
            return Ok(person);
        }
        let mut person = Person::default();
        for row in self
            .journal
            .conversations_with(self.company, contact, CONVERSATIONS)?
        {
            let known = self.read(row)?;
            person.conversations.insert(known.row.id, known.said());
        }
        let person = Arc::new(person);
        self.at_hand
            .keep_person(self.company, contact, Arc::clone(&person));
        Ok(person)
    }
}

/// Whose memory a scope's is.
pub(super) fn owner<'a>(
    scope: Scope,
    conversation: &'a ConversationId,
    contact: Option<&'a ContactId>,
) -> Option<&'a [u8]> {
    match scope {
        Scope::Conversation => Some(&conversation.0),
        Scope::Contact => contact.map(|contact| &contact.0[..]),
        Scope::Company => Some(&[]),
    }
}
