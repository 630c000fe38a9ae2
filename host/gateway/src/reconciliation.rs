//! Replies whose sending ended without an answer, found again by the key that the
//! provider returns with the state of a message.

use patchbay_adapter::DeliveryStatus;
use patchbay_desk::{AcceptedPart, DeskError};
use patchbay_model::delivery_state::DeliveryState;

use crate::connection::Connection;
use crate::gateway::Gateway;
use crate::planted_key::PlantedKey;
use crate::reply_document::ReplyDocument;

impl Gateway {
    /// Records that the provider has a part of a failed reply whose state it reports: it
    /// is not sent again. Once it has every part, the reply is delivered.
    pub(crate) fn reconcile(
        &self,
        company: &str,
        connection: &Connection,
        status: &DeliveryStatus,
    ) -> Result<(), DeskError> {
        // A failed message says nothing of what the customer has.
        if status.state == DeliveryState::Failed {
            return Ok(());
        }
        let Some(key) = status.key.as_deref().and_then(PlantedKey::parse) else {
            return Ok(());
        };
        let Ok(adapter) = &connection.adapter else {
            return Ok(());
        };
        let channels = self.desk.channels();
        let Some(body) = channels.failed_reply(company, key.outbox_key)? else {
            return Ok(());
        };
        let Some(document) = ReplyDocument::parse(&body) else {
            return Ok(());
        };
        // The parts are the same at every attempt; the time decides nothing about them.
        let now = document.written_at();
        let files = document.empty_files();
        let reply = document.reply(key.outbox_key, &files, Some(now), now);
        let parts = adapter.encode(&reply).map_or(0, |parts| parts.len());
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        if key.part > parts {
            return Ok(());
        }
        let accepted = AcceptedPart {
            key: key.outbox_key,
            part: key.part,
            parts,
            adapter: connection.settings.adapter.name,
            account: &status.account,
            message: status.message.clone(),
            provider_id: status.provider_id.clone(),
            recipient: None,
        };
        channels.record_receipt(company, accepted)?;
        let progress = channels.progress(company, key.outbox_key)?;
        if progress.accepted.len() == parts as usize {
            self.desk.outbox().delivered(company, key.outbox_key)?;
        }
        Ok(())
    }
}
