//! Reading back what a decision is made on: the conversation, the people, what
//! policies remember.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_generation::decide::seed_of;
use patchbay_journal::{
    ContactId, Conversation as Row, ConversationId, JournalError, Message, Ordinal,
};
use patchbay_model::conversation::Contact;
use patchbay_model::interaction::Interaction;
use patchbay_model::situation::{Exchange, Situation};
use patchbay_model::state::{Memory, Scope};

use super::{Pass, Undecided};
use crate::memory::{Known, Person, Text};
use crate::reading;
use crate::snapshot::Snapshot;

/// Most conversations of a person that are read back.
const CONVERSATIONS: usize = 16;

impl Pass<'_> {
    /// Everything a policy may read.
    pub(super) fn situation(
        &self,
        known: &Known,
        contact: Option<ContactId>,
        interaction: &Arc<Interaction>,
    ) -> Result<Situation, Undecided> {
        let person = match contact {
            Some(contact) => self.person(contact)?,
            None => Arc::default(),
        };
        let id = known.row.id;
        let said_elsewhere = person
            .conversations
            .iter()
            .filter(|(other, _)| **other != id);
        let (mut heard, mut last_agent) = (known.snapshot.heard_lately(self.now), None);
        for (_, said) in said_elsewhere {
            heard += said.heard_lately(self.now);
            last_agent = last_agent.or_else(|| said.last_agent.clone());
        }
        let earlier = known.texts.iter().map(|text| &text.interaction);
        let exchange = Exchange {
            interaction: Arc::clone(interaction),
            conversation: known.snapshot.as_read(id.to_string()),
            contact: Contact {
                id: contact.map(|contact| contact.to_string()),
                recent_interactions: heard,
                last_agent: known.snapshot.last_agent.clone().or(last_agent),
            },
            earlier: earlier
                .filter(|text| text.id != interaction.id)
                .cloned()
                .collect(),
            elsewhere: person.elsewhere(id),
        };
        let surroundings = Arc::clone(&self.generation.surroundings);
        let mut situation =
            Situation::of(surroundings, exchange, self.now, seed_of(&interaction.id));
        situation.memories = Arc::new(self.memories(id, contact)?);
        Ok(situation)
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
            if known.snapshot.takes_more(self.now) {
                return Ok(known);
            }
        } else if let Some(row) = self.journal.current(self.company, thread)? {
            let known = self.read(row)?;
            if known.snapshot.takes_more(self.now) {
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
