//! A request of a provider: verify, decode, accept.

use jiff::Timestamp;
use patchbay_adapter::{
    Acknowledgement, Adapter, Headers, InboundRequest, Method, Rejection, Undecodable,
    VerifiedRequest,
};
use patchbay_desk::DeskError;
use patchbay_journal::NewQuarantined;
use patchbay_model::traceparent::Traceparent;

use crate::batch::Batch;
use crate::connection::{Connection, DeliveryResult};
use crate::gateway::Gateway;
use crate::quarantined_request::QuarantinedRequest;

/// Seconds until a provider should deliver again.
const RETRY_AFTER: u32 = 5;
/// The same while the connection is not open: an operator has to restart the server.
const NOT_OPEN_RETRY_AFTER: u32 = 60;

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
    NotOpen {
        /// Seconds until the provider should deliver it again.
        retry_after: u32,
    },
    /// 503: a bound turned it away.
    Busy {
        /// Seconds until the provider should deliver it again.
        retry_after: u32,
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
        let Some(connection) = self.webhook(company, channel, connection)? else {
            return Ok(Reception::UnknownConnection);
        };
        let Ok(adapter) = &connection.adapter else {
            return Ok(Reception::NotOpen {
                retry_after: NOT_OPEN_RETRY_AFTER,
            });
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
        if !self.take(
            company,
            &connection,
            &**adapter,
            &verified,
            request.traceparent,
        )? {
            return Ok(Reception::Busy {
                retry_after: RETRY_AFTER,
            });
        }
        Ok(Reception::Acknowledged(adapter.acknowledgement(&verified)))
    }

    /// Decodes a delivery and accepts its items, or puts it in quarantine. Returns
    /// whether all of it is on disk; if not, the sender has to deliver it again.
    pub(crate) fn take(
        &self,
        company: &str,
        connection: &Connection,
        adapter: &dyn Adapter,
        delivery: &VerifiedRequest<'_>,
        traceparent: Option<Traceparent>,
    ) -> Result<bool, DeskError> {
        // The wall clock, as that of the providers.
        let now = Timestamp::now();
        let items = adapter.decode(delivery);
        let mut batch = Batch::of(connection, delivery.body(), items, traceparent);
        for name in std::mem::take(&mut batch.events) {
            connection.count_event(name);
        }
        if batch.is_revoked {
            connection.revoke_access(now);
            let (channel, name) = (connection.settings.adapter.name, &connection.settings.name);
            tracing::warn!(company, channel, connection = %name, "the provider took the access of the account back: renew it");
        }
        let problem = batch.undecodable.take();
        let result = match problem {
            _ if !self.accept(company, connection, batch)? => DeliveryResult::Busy,
            None => DeliveryResult::Accepted,
            Some(problem) => match self.quarantine(company, connection, delivery, problem, now)? {
                true => DeliveryResult::Quarantined,
                false => DeliveryResult::Busy,
            },
        };
        connection.count(result, now);
        Ok(result != DeliveryResult::Busy)
    }

    /// Puts a delivery in quarantine that the host fails to read or to store. Returns
    /// whether there was room.
    pub(crate) fn keep_unread(
        &self,
        company: &str,
        connection: &Connection,
        delivery: &VerifiedRequest<'_>,
    ) -> Result<bool, DeskError> {
        let now = Timestamp::now();
        let problem = Undecodable {
            place: String::new(),
            reason: "the host failed several times to read or to store it".to_owned(),
        };
        let is_stored = self.quarantine(company, connection, delivery, problem, now)?;
        let result = match is_stored {
            true => DeliveryResult::Quarantined,
            false => DeliveryResult::Busy,
        };
        connection.count(result, now);
        Ok(is_stored)
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
        let stored = QuarantinedRequest::to_bytes(request.request());
        let digest = *blake3::hash(&stored).as_bytes();
        let new = |company, sealed| NewQuarantined {
            company,
            channel: channel.to_owned(),
            account: name.clone(),
            received_at: now,
            digest,
            place: place.clone(),
            reason: reason.clone(),
            sealed,
        };
        let is_stored = self.desk.channels().quarantine(company, stored, new)?;
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
