//! A request of a provider: verify, decode, accept.

use jiff::Timestamp;
use patchbay_channels::{
    Acknowledgement, DecodedInteraction, Headers, InboundRequest, InteractionKind, Item, Method,
    Rejection, Undecodable, VerifiedRequest,
};
use patchbay_desk::{Delivery, Desk, DeskError, MessageReport, ReceiptStatus};
use patchbay_journal::NewQuarantined;
use patchbay_model::traceparent::Traceparent;

use crate::connection::{Connection, DeliveryResult};
use crate::gateway::Gateway;
use crate::quarantined_request::QuarantinedRequest;

/// Seconds until a provider should deliver again.
const RETRY_AFTER: u64 = 5;

/// A request to a webhook, as it came over the wire.
#[derive(Clone)]
pub struct ProviderRequest<'a> {
    /// Method.
    pub method: Method,
    /// The raw request target: path and query.
    pub target: &'a str,
    /// Headers.
    pub headers: Headers<'a>,
    /// The body as it came.
    pub body: &'a [u8],
    /// The caller's trace context.
    pub traceparent: Option<Traceparent>,
}

/// The answer to a request of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reception {
    /// 200: it is on disk, or answered.
    Acknowledged(Acknowledgement),
    /// 404: the company has no such connection.
    UnknownConnection,
    /// 403: it is not authentic. The sender is told no detail.
    Rejected,
    /// 413: longer than the provider sends.
    TooLarge,
    /// 503: a secret of the connection is not set. The log says which.
    NotOpen,
    /// 503: a bound turned it away.
    Busy {
        /// Seconds until the provider should deliver it again.
        retry_after: u64,
    },
}

impl Gateway {
    /// Verifies, decodes and accepts a request. Blocks until its interactions are on
    /// disk; does not wait for decisions.
    ///
    /// # Errors
    /// [`DeskError`]: nothing is acknowledged; the provider delivers it again.
    pub fn receive(
        &self,
        company: &str,
        channel: &str,
        connection: &str,
        request: &ProviderRequest<'_>,
    ) -> Result<Reception, DeskError> {
        let Some(connection) = self.connection(company, channel, connection)? else {
            return Ok(Reception::UnknownConnection);
        };
        let Ok(adapter) = &connection.adapter else {
            return Ok(Reception::NotOpen);
        };
        // The wall clock: providers sign their own.
        let now = Timestamp::now();
        let url = match &connection.settings.public_url {
            Some(base) => base.with_target(request.target),
            // Not signed by this adapter.
            None => format!("https://localhost{}", request.target),
        };
        let inbound = InboundRequest {
            method: request.method,
            url: &url,
            headers: request.headers.clone(),
            body: request.body,
        };
        let reject = |rejection: Rejection| {
            connection.count_rejection(rejection.as_str(), now);
            match rejection {
                Rejection::TooLarge => Ok(Reception::TooLarge),
                _ => Ok(Reception::Rejected),
            }
        };
        match adapter.handshake(&inbound, now) {
            Ok(None) => {}
            Ok(Some(answer)) => {
                connection.count(DeliveryResult::Handshake, now);
                return Ok(Reception::Acknowledged(answer));
            }
            Err(rejection) => return reject(rejection),
        }
        let verified = match adapter.verify(&inbound, now) {
            Ok(verified) => verified,
            Err(rejection) => return reject(rejection),
        };
        let items = adapter.decode(&verified);
        let adapter_name = connection.settings.adapter.name;
        let mut batch = Batch::of(items, adapter_name, request.traceparent);
        for name in std::mem::take(&mut batch.events) {
            connection.count_event(name);
        }
        let problem = batch.undecodable.take();
        if !batch.accept(&self.desk, company)? {
            connection.count(DeliveryResult::Busy, now);
            return Ok(Reception::Busy {
                retry_after: RETRY_AFTER,
            });
        }
        let result = match problem {
            None => DeliveryResult::Accepted,
            Some(problem) => {
                if !self.quarantine(company, &connection, &verified, problem, now)? {
                    connection.count(DeliveryResult::Busy, now);
                    return Ok(Reception::Busy {
                        retry_after: RETRY_AFTER,
                    });
                }
                DeliveryResult::Quarantined
            }
        };
        connection.count(result, now);
        Ok(Reception::Acknowledged(adapter.acknowledgement()))
    }

    /// Stores a request that could not be decoded wholly. Returns whether there was
    /// room.
    fn quarantine(
        &self,
        company: &str,
        connection: &Connection,
        request: &VerifiedRequest<'_>,
        problem: Undecodable,
        now: Timestamp,
    ) -> Result<bool, DeskError> {
        let Undecodable { place, reason } = problem;
        let channel = connection.settings.adapter.name;
        let name = &connection.settings.name;
        let stored = QuarantinedRequest::of(request.request()).to_bytes();
        let new = |company, sealed| NewQuarantined {
            company,
            channel: channel.to_owned(),
            account: name.clone(),
            received_at: now,
            digest: *blake3::hash(&stored).as_bytes(),
            place: place.clone(),
            reason: reason.clone(),
            sealed,
        };
        let is_stored = self.desk.channels().quarantine(company, &stored, new)?;
        match is_stored {
            true => {
                tracing::warn!(company, channel, connection = %name, place, reason, "a delivery is in quarantine: `patchbay channels quarantine list` shows it");
            }
            false => {
                tracing::error!(company, channel, connection = %name, "the quarantine is full; the provider has to deliver again");
            }
        }
        Ok(is_stored)
    }
}

/// The items of a delivery by what is done with them.
pub(crate) struct Batch {
    /// Name of the adapter.
    adapter: &'static str,
    interactions: Vec<DecodedInteraction>,
    statuses: Vec<patchbay_channels::DeliveryStatus>,
    changes: Vec<patchbay_channels::AddressChange>,
    pub(crate) events: Vec<String>,
    /// The first item that cannot be decoded.
    pub(crate) undecodable: Option<Undecodable>,
    traceparent: Option<Traceparent>,
}

impl Batch {
    pub(crate) fn of(
        items: Vec<Item>,
        adapter: &'static str,
        traceparent: Option<Traceparent>,
    ) -> Batch {
        let mut batch = Batch {
            adapter,
            interactions: Vec::new(),
            statuses: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
            undecodable: None,
            traceparent,
        };
        for item in items {
            match item {
                Item::Interaction(decoded) => batch.interactions.push(*decoded),
                Item::Status(status) => batch.statuses.push(status),
                Item::AddressChange(change) => batch.changes.push(change),
                Item::Event { name } => batch.events.push(name),
                Item::Undecodable(problem) => {
                    batch.undecodable.get_or_insert(problem);
                }
            }
        }
        batch
    }

    /// Hands the items to the desk. Returns whether all are on disk.
    pub(crate) fn accept(self, desk: &Desk, company: &str) -> Result<bool, DeskError> {
        let channels = desk.channels();
        let mut deliveries = Vec::with_capacity(self.interactions.len());
        let mut second_addresses = Vec::new();
        for mut decoded in self.interactions {
            let interaction = &decoded.interaction;
            // The echo of a reply whose receipt is known answers nothing more.
            if decoded.kind == InteractionKind::Echo
                && channels.has_receipt(company, self.adapter, &interaction.id)?
            {
                continue;
            }
            let second = decoded.second_address.take();
            let address = interaction.author.address.clone();
            if let (Some(known), Some(other)) = (address, second) {
                second_addresses.push((interaction.channel.clone(), known, other));
            }
            match Delivery::from_outside(decoded.to_intake()) {
                Ok(delivery) => deliveries.push(Delivery {
                    traceparent: self.traceparent,
                    ..delivery
                }),
                // Decoding checked it with the same rules.
                Err(error) => {
                    tracing::error!(company, %error, "intake refused a decoded interaction")
                }
            }
        }
        if !deliveries.is_empty() {
            let receipts = desk.accept(company, deliveries)?;
            let is_stored = receipts.iter().all(|receipt| {
                matches!(
                    receipt.status,
                    ReceiptStatus::Accepted { .. } | ReceiptStatus::Duplicate { .. }
                )
            });
            if !is_stored {
                return Ok(false);
            }
        }
        for (channel, known, other) in second_addresses {
            channels.add_address(company, &channel, &known, &other)?;
        }
        for status in self.statuses {
            let report = MessageReport {
                state: status.state,
                at: status.at,
                reason: status
                    .failure
                    .map(|failure| failure.reason.as_str().to_owned()),
            };
            channels.report(company, self.adapter, &status.message, report)?;
        }
        for change in self.changes {
            channels.add_address(company, self.adapter, &change.old, &change.new)?;
        }
        Ok(true)
    }
}
