//! The card of a contact, for those who answer them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use patchbay_http::problem::Problem;
use patchbay_journal::OptOut;
use patchbay_records::contact_card;
use patchbay_service::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use super::contacts::contact_id;
use super::conversation_summary::{ConversationSummary, read_summaries};
use patchbay_http::descriptions;

/// What an agent needs to know about a person while answering them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactCard)]
pub(crate) struct ContactCardDocument {
    /// Id of the contact, as requested.
    contact: String,
    /// The display name in the person's newest messages, as their channel gives it: a
    /// claim, not an identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Where the person writes from, sorted; at most 100.
    addresses: Vec<AddressDocument>,
    /// Language of the newest message (BCP 47): as the policies found it, else as the
    /// channel says.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Attributes of the record that the company imported, by name.
    attributes: BTreeMap<String, String>,
    /// Opt-outs that are in effect.
    opt_outs: Vec<EffectiveOptOut>,
    /// Conversations of the person that are not resolved, newest first; at most 50.
    open: Vec<ConversationSummary>,
    /// Number of resolved conversations.
    resolved: u64,
}

/// An address of a person on a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactAddress)]
pub(crate) struct AddressDocument {
    /// Code of the channel.
    channel: String,
    /// Handle, number or mail address.
    address: String,
}

/// An opt-out that is in effect.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectiveOptOut {
    /// Code of the channel.
    channel: String,
    /// The company's account; absent: all accounts, or the only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// What it is about, such as `marketing`; absent: every message.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    /// Since when.
    since: Timestamp,
}

impl From<OptOut> for EffectiveOptOut {
    fn from(said: OptOut) -> EffectiveOptOut {
        let is_about_everything = said.is_about_everything();
        EffectiveOptOut {
            channel: said.channel,
            account: (!said.account.is_empty()).then_some(said.account),
            purpose: (!is_about_everything).then_some(said.purpose),
            since: said.at,
        }
    }
}

/// Get a contact's card
///
/// What an agent needs to know while answering the person: name, addresses, language,
/// attributes of the CRM, opt-outs and open conversations, as lists show them. Other
/// messages and the history are not part of it, and it is not written to the audit trail.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/contacts/{contact}/card",
    operation_id = "contact_card",
    tag = "contacts",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("contact" = String, Path, description = "Id of the contact."),
    ),
    responses((status = 200, description = "The card.", body = ContactCardDocument), descriptions::ReadErrors)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Path((company, contact)): Path<(String, String)>,
) -> Result<Json<ContactCardDocument>, Problem> {
    let contact = contact_id(&contact)?;
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let card = contact_card::read(&**desk.journal(), id, contact)?;
        let address = |(channel, address)| AddressDocument { channel, address };
        let open = card.open.iter();
        let open = open.map(|row| desk.conversations().listed(&company, row));
        let open: Vec<_> = open.collect::<Result<_, _>>()?;
        Ok(Json(ContactCardDocument {
            contact: contact.to_string(),
            name: card.name,
            addresses: card.addresses.into_iter().map(address).collect(),
            language: card.language,
            attributes: card.attributes,
            opt_outs: card.opt_outs.into_iter().map(Into::into).collect(),
            open: read_summaries(desk, id, &open)?,
            resolved: card.resolved,
        }))
    })
    .await
}
