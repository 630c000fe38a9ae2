//! What an agent needs to know about a person while answering them. The whole of what is
//! stored about a person is [`person_export`](crate::person_export).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_journal::{
    CompanyId, ContactId, Conversation, Journal, JournalError, OptOut, Ordinal, OverviewLimits,
    in_effect,
};
use patchbay_model::interaction::{Direction, Interaction};

use crate::conversation_reader::{open_input, read_snapshot};
use crate::snapshot::Snapshot;

/// How much of a person is read, whatever is stored.
const LIMITS: OverviewLimits = OverviewLimits {
    open: 50,
    resolved: 8,
    opt_outs: 200,
};
/// Most addresses of a card.
const ADDRESSES: usize = 100;
/// Newest messages in which the person's name and language are looked for.
const MESSAGES: usize = 8;

/// What an agent needs to know about a person.
#[derive(Clone, Debug)]
pub struct ContactCard {
    /// The display name in the newest message that has one.
    pub name: Option<String>,
    /// Channels and addresses, sorted; at most 100.
    pub addresses: Vec<(String, String)>,
    /// Language of the newest message: as the policies found it, else as the channel says.
    pub language: Option<String>,
    /// Attributes of the record that the company imported, as policies read them.
    pub attributes: BTreeMap<String, String>,
    /// Opt-outs that are in effect, by channel, account and purpose.
    pub opt_outs: Vec<OptOut>,
    /// Conversations that are not resolved, newest first; at most 50.
    pub open: Vec<Conversation>,
    /// Number of resolved conversations.
    pub resolved: u64,
}

/// Reads the card of the person behind a contact. Opens at most eight messages.
///
/// # Errors
/// [`JournalError::NoContact`] if there is no such contact.
pub fn read(
    journal: &dyn Journal,
    company: CompanyId,
    contact: ContactId,
) -> Result<ContactCard, JournalError> {
    let overview = journal.person_overview(company, contact, LIMITS)?;
    let rows = overview.open.iter().chain(&overview.resolved);
    let conversations: Vec<(Option<ContactId>, Snapshot)> = rows
        .map(|row| Ok((row.contact, read_snapshot(row)?)))
        .collect::<Result<_, JournalError>>()?;
    let messages = newest_messages(journal, company, &overview.contacts, &conversations)?;
    let name = messages.iter().find_map(|message| {
        let name = message.author.name.as_deref()?.trim();
        (!name.is_empty()).then(|| name.to_owned())
    });
    let mut said = messages.iter();
    let said = said.find_map(|message| message.language.clone());
    let mut addresses = journal.addresses(company, contact)?;
    addresses.truncate(ADDRESSES);
    let records = journal.contact_records(company, contact)?;
    let record = records.into_iter().next();
    Ok(ContactCard {
        name,
        addresses,
        language: assessed_language(&conversations).or(said),
        attributes: record
            .map(|record| record.content.attributes)
            .unwrap_or_default(),
        opt_outs: opt_outs_in_effect(&overview.opt_outs, &conversations),
        open: overview.open,
        resolved: overview.resolved_count,
    })
}

/// The newest messages that the person wrote, newest first.
fn newest_messages(
    journal: &dyn Journal,
    company: CompanyId,
    contacts: &[ContactId],
    conversations: &[(Option<ContactId>, Snapshot)],
) -> Result<Vec<Interaction>, JournalError> {
    let recent = conversations.iter().flat_map(|(_, it)| &it.recent);
    let mut ordinals: Vec<Ordinal> = recent.copied().map(Ordinal).collect();
    ordinals.sort_unstable_by_key(|ordinal| Reverse(*ordinal));
    ordinals.truncate(MESSAGES);
    let mut inputs = journal.inputs(company, &ordinals)?;
    inputs.sort_unstable_by_key(|input| Reverse(input.ordinal));
    let own = inputs.into_iter().filter(|input| {
        input
            .contact
            .is_some_and(|author| contacts.contains(&author))
    });
    let mut messages = Vec::new();
    for input in own {
        let message = open_input(journal, &input)?;
        messages.extend(message.filter(|it| it.direction == Direction::Inbound));
    }
    Ok(messages)
}

/// The language that the policies found in the message that they classified last.
fn assessed_language(conversations: &[(Option<ContactId>, Snapshot)]) -> Option<String> {
    let assessed = conversations.iter().filter_map(|(_, it)| {
        let language = it.assessment.as_ref()?.language.as_ref()?;
        Some((it.assessed, language))
    });
    let newest = assessed.max_by_key(|(ordinal, _)| *ordinal);
    newest.map(|(_, language)| language.clone())
}

/// What the person does not want, of all that their contacts said: sorted by contact.
fn opt_outs_in_effect(
    said: &[OptOut],
    conversations: &[(Option<ContactId>, Snapshot)],
) -> Vec<OptOut> {
    let mut found: Vec<OptOut> = Vec::new();
    for of_contact in said.chunk_by(|one, other| one.contact == other.contact) {
        for one in of_contact {
            let counts = in_effect(of_contact, &one.channel, &one.account, &one.purpose);
            let Some(counts) = counts.filter(|counts| counts.is_opted_out) else {
                continue;
            };
            let last = || last_inbound(conversations, counts.contact, &counts.channel);
            let is_in_effect = !counts.is_about_everything() || counts.forbids(last());
            if is_in_effect && !found.contains(counts) {
                found.push(counts.clone());
            }
        }
    }
    found.sort_by(|one, other| {
        let key = |it: &OptOut| (it.channel.clone(), it.account.clone(), it.purpose.clone());
        key(one).cmp(&key(other))
    });
    found
}

/// When a contact wrote last on a channel.
fn last_inbound(
    conversations: &[(Option<ContactId>, Snapshot)],
    contact: ContactId,
    channel: &str,
) -> Option<Timestamp> {
    let own = conversations
        .iter()
        .filter(|(of, it)| *of == Some(contact) && it.channel == channel);
    own.filter_map(|(_, it)| it.last_inbound_at).max()
}
