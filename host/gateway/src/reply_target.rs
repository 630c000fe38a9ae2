//! Sends replies to a target of the company, unless the customer opted out.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_desk::DeskError;
use patchbay_journal::OptOut;
use patchbay_outbound::courier::{Delivery, Destination, SendFailure, Sent};
use patchbay_outbound::egress::Egress;
use patchbay_outbound::webhook::Webhook;
use tokio::task::spawn_blocking;

use crate::destination::{opted_out, retry};
use crate::gateway::Gateway;
use crate::reply_document::ReplyDocument;

/// A target of the company, as a destination of replies and notices.
pub struct ReplyTarget {
    gateway: Arc<Gateway>,
    webhook: Webhook,
}

impl ReplyTarget {
    /// The target at a webhook.
    pub fn new(gateway: Arc<Gateway>, webhook: Webhook) -> ReplyTarget {
        ReplyTarget { gateway, webhook }
    }

    async fn check(&self, delivery: &Delivery) -> Result<(), SendFailure> {
        let Some(document) = ReplyDocument::parse(&delivery.body) else {
            return Ok(());
        };
        let gateway = Arc::clone(&self.gateway);
        let company = delivery.company.clone();
        let read = spawn_blocking(move || gateway.forbidding_opt_out(&company, &document));
        match read.await {
            Ok(Ok(None)) => Ok(()),
            Ok(Ok(Some(opt_out))) => Err(opted_out(&opt_out)),
            Ok(Err(error)) => Err(retry(&error.to_string())),
            Err(_) => Err(retry("the reply could not be read")),
        }
    }
}

impl Gateway {
    /// What the recipient of a reply said that forbids it. Blocks.
    pub(crate) fn forbidding_opt_out(
        &self,
        company: &str,
        document: &ReplyDocument,
    ) -> Result<Option<OptOut>, DeskError> {
        let Some((channel, account, to)) = document.recipient() else {
            return Ok(None);
        };
        let channels = self.desk.channels();
        let last_inbound = match document.conversation {
            Some(conversation) => channels.last_inbound(company, conversation)?,
            None => None,
        };
        channels.forbidding_opt_out(company, (&channel, &account), &to, last_inbound)
    }
}

impl Destination for ReplyTarget {
    fn send<'a>(&'a self, egress: &'a Egress, delivery: &'a Delivery, at: Timestamp) -> Sent<'a> {
        Box::pin(async move {
            self.check(delivery).await?;
            Destination::send(&self.webhook, egress, delivery, at).await
        })
    }
}
