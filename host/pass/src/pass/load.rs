//! Step 1, load: the conversation, its contact, and the policies' state.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_generations::inquiry::seed_of;
use patchbay_journal::{
    ContactId, Conversation as Row, ConversationId, Input, InputKind, JournalError, Ordinal,
    WordingStatus,
};
use patchbay_model::conversation::{Contact, Conversation};
use patchbay_model::interaction::Draft;
use patchbay_model::situation::{Exchange, Situation};
use patchbay_model::sla::start_of;
use patchbay_model::state::{Memory, Scope};
use patchbay_records::conversation_cache::{CachedContact, CachedConversation, CachedText};
use patchbay_records::conversation_reader;
use patchbay_records::decisions::TextSources;
use patchbay_records::snapshot::{Snapshot, unix_ms};

use super::decide::DecisionInput;
use super::{Pass, PassError};

/// Most conversations of a contact that are read.
const CONVERSATIONS: usize = 16;

/// The conversation an input belongs to: the thread's current one, or a new
/// one.
pub(super) fn conversation_of_input(
    pass: &Pass<'_>,
    input: &Input,
) -> Result<CachedConversation, PassError> {
    let thread = &input.thread;
    let known = match pass.cache.take(pass.company, thread) {
        Some(cached) => Some(cached),
        None => match pass.journal.current_conversation(pass.company, thread)? {
            Some(row) => Some(stored(pass, row)?),
            None => None,
        },
    };
    let reopen_within = pass.generation.desk.reopen_within;
    // What is about an earlier message starts no conversation.
    let is_about_another = input.wording == WordingStatus::Superseded
        || matches!(
            input.kind,
            InputKind::Delete | InputKind::Reaction | InputKind::Counters
        );
    if let Some(known) = known
        && (is_about_another || known.snapshot.accepts_message(reopen_within, pass.now))
    {
        return Ok(known);
    }
    let before = pass.journal.count_conversations(pass.company, thread)?;
    let (received_ms, accepted_ms) = (unix_ms(input.received_at), unix_ms(input.accepted_at));
    let started_ms = start_of(Some(received_ms), accepted_ms);
    let snapshot = Snapshot::new(&input.channel, input.accepted_at, started_ms);
    Ok(CachedConversation {
        row: Row {
            company: pass.company,
            id: ConversationId::derive(pass.company, thread, before),
            sequence: 0,
            thread: thread.clone(),
            // Who wrote an echo is the company. Its customer writes later.
            contact: input.contact.filter(|_| input.kind != InputKind::Echo),
            state: snapshot.state,
            queue: None,
            owner: None,
            due_at: None,
            opened_at: pass.now,
            snapshot: Vec::new(),
        },
        snapshot,
        texts: Vec::new(),
        epoch: pass.cache.epoch(),
    })
}

/// A conversation by its id.
pub(super) fn conversation(
    pass: &Pass<'_>,
    id: ConversationId,
) -> Result<CachedConversation, PassError> {
    let row = pass.journal.conversation(pass.company, id)?;
    let row = row.ok_or(PassError::NothingToDo)?;
    match pass.cache.take(pass.company, &row.thread) {
        Some(cached) if cached.row.id == id => Ok(cached),
        // Its thread has a newer conversation.
        Some(newer) => {
            pass.cache.put(newer);
            stored(pass, row)
        }
        None => stored(pass, row),
    }
}

/// A conversation read from its row.
pub(super) fn stored(pass: &Pass<'_>, row: Row) -> Result<CachedConversation, PassError> {
    let epoch = pass.cache.epoch();
    let snapshot = conversation_reader::read_snapshot(&row)?;
    let texts = texts(pass, &snapshot.recent)?;
    Ok(CachedConversation {
        row,
        snapshot,
        texts,
        epoch,
    })
}

fn texts(pass: &Pass<'_>, recent: &[u64]) -> Result<Vec<CachedText>, PassError> {
    let ordinals: Vec<Ordinal> = recent.iter().copied().map(Ordinal).collect();
    let mut texts = Vec::with_capacity(ordinals.len());
    for message in pass.journal.inputs(pass.company, &ordinals)? {
        if let Some(interaction) = conversation_reader::open_input(pass.journal, &message)? {
            texts.push(CachedText {
                ordinal: message.ordinal,
                contact: message.contact,
                interaction: Arc::new(interaction),
            });
        }
    }
    // An edited one has a newer ordinal in its old place.
    texts.sort_by_key(|text| recent.iter().position(|at| *at == text.ordinal.0));
    Ok(texts)
}

/// What the tone policies may read about a draft that answers no message.
pub(super) fn draft_input(
    pass: &Pass<'_>,
    conversation: &CachedConversation,
    draft: &Draft,
) -> Result<DecisionInput, PassError> {
    let base = &pass.generation.surroundings;
    let surroundings = pass.floor.surroundings(base, pass.now);
    let mut situation = Situation::of(surroundings, None, pass.now, seed_of(&draft.id));
    let (id, contact) = (conversation.row.id, conversation.row.contact);
    situation.memories = Arc::new(memories(pass, id, contact)?);
    Ok(DecisionInput {
        situation,
        sources: TextSources::default(),
        contact,
    })
}

/// Everything a policy may read about a message.
pub(super) fn decision_input(
    pass: &Pass<'_>,
    conversation: &CachedConversation,
    about: &CachedText,
) -> Result<DecisionInput, PassError> {
    let (interaction, contact) = (&about.interaction, about.contact);
    let history = match contact {
        Some(contact) => contact_history(pass, contact)?,
        None => Arc::default(),
    };
    let id = conversation.row.id;
    let others = history
        .conversations
        .iter()
        .filter(|(other, _)| **other != id);
    let elsewhere_count: u32 = others
        .map(|(_, history)| history.recent_count(pass.now))
        .sum();
    let earlier = conversation.texts.iter();
    let earlier: Vec<&CachedText> = earlier
        .filter(|text| text.interaction.id != interaction.id)
        .collect();
    let elsewhere = history.elsewhere(id);
    let ordinals = |texts: &[&CachedText]| texts.iter().map(|text| text.ordinal.0).collect();
    let shared = |texts: &[&CachedText]| {
        let texts = texts.iter();
        texts.map(|text| Arc::clone(&text.interaction)).collect()
    };
    let sources = TextSources {
        interaction: Some(about.ordinal.0),
        earlier: ordinals(&earlier),
        elsewhere: ordinals(&elsewhere),
    };
    let exchange = Exchange {
        interaction: Arc::clone(interaction),
        conversation: policy_view(pass, &conversation.snapshot, id.to_string()),
        contact: Contact {
            id: contact.map(|contact| contact.to_string()),
            recent_interactions: conversation.snapshot.recent_count(pass.now) + elsewhere_count,
            last_agent: last_answer(pass, conversation, contact)?.map(|(_, agent)| agent),
            attributes: history.attributes.clone(),
        },
        earlier: shared(&earlier),
        elsewhere: shared(&elsewhere),
    };
    let base = &pass.generation.surroundings;
    let surroundings = pass.floor.surroundings(base, pass.now);
    let seed = seed_of(&interaction.id);
    let mut situation = Situation::of(surroundings, exchange, pass.now, seed);
    // Absent before the interaction is classified.
    let assessment = conversation.snapshot.assessment_of(about.ordinal);
    situation.assessment = assessment.cloned().map(Arc::new);
    situation.memories = Arc::new(memories(pass, id, contact)?);
    Ok(DecisionInput {
        situation,
        sources,
        contact,
    })
}

/// The conversation as policies read it.
pub(super) fn policy_view(pass: &Pass<'_>, snapshot: &Snapshot, id: String) -> Conversation {
    let (channel, began) = (&snapshot.channel, snapshot.created_at);
    let last = snapshot.last_inbound_at;
    Conversation {
        reply_window_ends: pass.generation.reply_window_ends(channel, last, began),
        ..snapshot.policy_view(id)
    }
}

/// The last reply to a contact in any conversation: when, and by which agent.
pub(super) fn last_answer(
    pass: &Pass<'_>,
    conversation: &CachedConversation,
    contact: Option<ContactId>,
) -> Result<Option<(Timestamp, String)>, PassError> {
    let own = conversation.snapshot.last_answer();
    let Some(contact) = contact else {
        return Ok(own);
    };
    let history = contact_history(pass, contact)?;
    let all = history.conversations.values();
    let others = all.filter_map(|history| history.last_answer.clone());
    Ok(others.chain(own).max())
}

/// What a contact wrote in their last conversations, and what the CRM says about them.
fn contact_history(pass: &Pass<'_>, contact: ContactId) -> Result<Arc<CachedContact>, PassError> {
    if let Some(cached) = pass.cache.contact(pass.company, contact) {
        return Ok(cached);
    }
    let epoch = pass.cache.epoch();
    let mut history = CachedContact::default();
    let journal = pass.journal;
    for row in journal.conversations_of_contact(pass.company, contact, CONVERSATIONS)? {
        let conversation = stored(pass, row)?;
        let own = conversation.contact_history();
        history.conversations.insert(conversation.row.id, own);
    }
    // The first is that of the address that wrote.
    let records = journal.contact_records(pass.company, contact)?;
    let record = records.into_iter().next();
    history.attributes = record
        .map(|record| record.content.attributes)
        .unwrap_or_default();
    let history = Arc::new(history);
    pass.cache
        .put_contact(pass.company, contact, Arc::clone(&history), epoch);
    Ok(history)
}

/// The stored state of each plugin that has a grant for state.
fn memories(
    pass: &Pass<'_>,
    conversation: ConversationId,
    contact: Option<ContactId>,
) -> Result<BTreeMap<String, Memory>, JournalError> {
    let mut memories = BTreeMap::new();
    for plugin in pass.generation.pipelines.plugins() {
        let scopes = plugin.grants().state.iter();
        let owner = |scope| Some((scope, state_owner(scope, &conversation, contact.as_ref())?));
        let owners: Vec<(Scope, &[u8])> = scopes.filter_map(|scope| owner(*scope)).collect();
        if owners.is_empty() {
            continue;
        }
        let (name, version) = (plugin.name(), plugin.state_version());
        let memory = pass.journal.memory(pass.company, name, version, &owners)?;
        memories.insert(name.to_owned(), memory);
    }
    Ok(memories)
}

/// Key of the owner of a scope's state; `None` for a contact's where there is no
/// contact.
pub(super) fn state_owner<'a>(
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
