//! `patchbay:care/types`: interaction, contact, attachment.

use std::sync::Arc;

use patchbay_model::interaction::{Attachment, Interaction};
use serde_json::Value;
use wasmtime::component::Resource;

use super::HostState;
use super::handles::HostObject;
use super::host_calls::resource;
use super::host_state::unix_ms;
use super::views::{ContactView, InteractionView};
use crate::contract::{self, types};
use crate::limits::stop::Stop;

impl types::Host for HostState {}

impl types::HostInteraction for HostState {
    resource! { contract::Interaction, "types.interaction", interaction_at:
        id -> String, "id", |it| it.id.clone();
        channel -> String, "channel", |it| it.channel.clone();
        text -> String, "text", |it| it.text.clone();
        direction -> String, "direction", |it| it.direction.as_str().to_owned();
        visibility -> String, "visibility", |it| it.visibility().as_str().to_owned();
        account -> Option<String>, "account", |it| it.account.clone();
        language -> Option<String>, "language", |it| it.language.clone();
        received_at -> u64, "received-at", |state, this| {
            let interaction = state.interaction_at(this)?;
            Ok(state.received_ms(interaction))
        };
        author -> Resource<contract::Contact>, "author", |state, this| {
            let interaction = Arc::clone(state.interaction_at(this)?);
            let customer = state.situation()?.exchange.clone().filter(|exchange| {
                Arc::ptr_eq(&exchange.interaction, &interaction)
                    || exchange.interaction.has_same_author(&interaction)
            });
            state.handles.insert(HostObject::Contact(interaction, customer))
        };
        in_reply_to -> Option<String>, "in-reply-to", |it| it.in_reply_to.clone();
        attachments -> Vec<Resource<contract::Attachment>>, "attachments", |state, this| {
            let interaction = Arc::clone(state.interaction_at(this)?);
            let indices = 0..interaction.attachments.len();
            let attachments = indices.map(|index| HostObject::Attachment(Arc::clone(&interaction), index));
            state.handles.insert_all(attachments)
        };
        attribute(name: String) -> Option<String>, "attribute", |state, this| {
            let value = state.interaction_at(this)?.attributes.get(&name);
            Ok(value.map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }))
        };
        attribute_names -> Vec<String>, "attribute-names", |it| it.attributes.keys().cloned().collect();
        read -> types::InteractionView1, "read", |state, this| {
            let it = state.interaction_at(this)?;
            Ok(InteractionView {
                id: it.id.clone(),
                channel: it.channel.clone(),
                text: it.text.clone(),
                direction: it.direction.as_str().to_owned(),
                visibility: it.visibility().as_str().to_owned(),
                account: it.account.clone(),
                language: it.language.clone(),
                received_at: state.received_ms(it),
                in_reply_to: it.in_reply_to.clone(),
                attachment_count: it.attachments.len() as u32,
            })
        };
    }
}

impl types::HostContact for HostState {
    resource! { contract::Contact, "types.contact", contact_at:
        id -> Option<String>, "id", |it| it.1.and_then(|exchange| exchange.contact.id.clone());
        address -> Option<String>, "address", |it| it.0.author.address.clone();
        name -> Option<String>, "name", |it| it.0.author.name.clone();
        reach -> Option<u64>, "reach", |it| it.0.author.reach;
        verified -> Option<bool>, "verified", |it| it.0.author.verified;
        recent_interactions -> u32, "recent-interactions", |it| it.1.map_or(0, |exchange| exchange.contact.recent_interactions);
        last_agent -> Option<String>, "last-agent", |it| it.1.and_then(|exchange| exchange.contact.last_agent.clone());
        read -> types::ContactView1, "read", |state, this| {
            let (interaction, exchange) = state.contact_at(this)?;
            let (author, contact) = (&interaction.author, exchange.map(|it| &it.contact));
            Ok(ContactView {
                id: contact.and_then(|it| it.id.clone()),
                address: author.address.clone(),
                name: author.name.clone(),
                reach: author.reach,
                verified: author.verified,
                recent_interactions: contact.map_or(0, |it| it.recent_interactions),
                last_agent: contact.and_then(|it| it.last_agent.clone()),
            })
        };
    }
}

impl types::HostAttachment for HostState {
    resource! { contract::Attachment, "types.attachment", attachment_at:
        kind -> String, "kind", |it| it.kind.clone();
        name -> Option<String>, "name", |it| it.name.clone();
        media_type -> Option<String>, "media-type", |it| it.media_type.clone();
        size -> Option<u64>, "size", |it| it.size;
    }
}

impl HostState {
    /// When the channel received an interaction; now where it did not tell.
    fn received_ms(&self, interaction: &Interaction) -> u64 {
        let received = interaction.received_at;
        received.map_or_else(|| self.now_ms(), unix_ms)
    }

    fn attachment_at(&self, this: &Resource<contract::Attachment>) -> Result<&Attachment, Stop> {
        let attachment = match self.handles.get(this)? {
            HostObject::Attachment(interaction, index) => interaction.attachments.get(*index),
            HostObject::DraftAttachment(draft, index) => draft.attachments.get(*index),
            _ => None,
        };
        attachment.ok_or_else(|| Stop::denied("a handle was used as another kind of resource"))
    }
}
