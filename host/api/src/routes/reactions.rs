//! Reactions of customers, in the document of a conversation.

use jiff::Timestamp;
use patchbay_channels::adapter_of_channel;
use patchbay_events::EventKind;
use patchbay_http::problem::Problem;
use patchbay_journal::{CompanyId, Entry, Journal, Ordinal};
use patchbay_records::conversation_reader::open_input;
use serde::Serialize;
use utoipa::ToSchema;

/// Most reactions of a document.
const MOST: usize = 64;
/// Attribute that says what a reaction is.
const REACTION: &str = "reaction";

/// A customer's reaction to a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reaction {
    /// Position in the order of acceptance.
    ordinal: u64,
    /// Id of the message that it is about.
    message: String,
    /// Key of the reply that it is about, as in the entry `reply-delivered`; absent where
    /// it is about another message.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_key: Option<String>,
    /// The emoji; absent where the channel does not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<String>,
    /// `add`, or `remove` where the customer took it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// When, by the channel's clock; absent where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
}

/// The newest reactions that entries record, in their order, without those of people who
/// were erased.
pub(super) fn read(
    journal: &dyn Journal,
    company: CompanyId,
    entries: &[Entry],
) -> Result<Vec<Reaction>, Problem> {
    let reacted = entries
        .iter()
        .filter(|entry| entry.kind == EventKind::Reacted as u16);
    let mut ordinals: Vec<Ordinal> = reacted.filter_map(|entry| entry.input).collect();
    ordinals.drain(..ordinals.len().saturating_sub(MOST));
    let mut reactions = Vec::new();
    for input in journal.inputs(company, &ordinals)? {
        let Some(interaction) = open_input(journal, &input)? else {
            continue;
        };
        let receipt = match adapter_of_channel(&interaction.channel) {
            Some(adapter) => journal.receipt(company, adapter.name, &interaction.id)?,
            None => None,
        };
        let said = interaction.attributes.get(REACTION);
        let text = |field: &str| Some(said?.get(field)?.as_str()?.to_owned());
        reactions.push(Reaction {
            ordinal: input.ordinal.0,
            reply_key: receipt.map(|receipt| receipt.key),
            emoji: text("emoji"),
            action: text("action"),
            at: text("at").and_then(|at| at.parse().ok()),
            message: interaction.id,
        });
    }
    Ok(reactions)
}
