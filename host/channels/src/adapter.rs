//! The trait of a channel's adapter, and the table of adapters.

use std::fmt;

use jiff::Timestamp;

use crate::account::{AccountConfig, ConfigError};
use crate::item::Item;
use crate::outcome::{Exchange, Outcome};
use crate::reply::{EncodeError, OutboundRequest, Reply, ReplyWindow};
use crate::request::{HandshakeAnswer, InboundRequest};
use crate::verify::{Rejection, VerifiedRequest};
use crate::whatsapp;

/// A channel, opened with its settings and secrets. Every method is a pure
/// function of its arguments: the same delivery decodes to the same items, the
/// same reply encodes to the same bytes.
pub trait Adapter: fmt::Debug + Send + Sync {
    /// Answers a request by which the provider checks the URL; `None` for any
    /// other request. Called first; an answer does not touch intake.
    ///
    /// # Errors
    /// The request does not prove that it comes from the provider: answer 403
    /// without a detail.
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        now: Timestamp,
    ) -> Result<Option<HandshakeAnswer>, Rejection>;

    /// Checks that the provider sent a request. `now` is the host's clock, for
    /// schemes that sign a time.
    ///
    /// # Errors
    /// It is not authentic: answer 401 without a detail, and count the code.
    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection>;

    /// The items of a delivery, in its order. Whatever the items are, the answer
    /// is 2xx once they are stored: providers disable an endpoint that keeps
    /// failing.
    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item>;

    /// Until when the channel takes a free reply, from the provider's time of the
    /// customer's last item that opens a window
    /// ([`DecodedInteraction::opens_window`](crate::DecodedInteraction::opens_window)).
    /// Asked when an agent begins to write and again before sending.
    fn reply_window(&self, last_inbound: Option<Timestamp>) -> ReplyWindow;

    /// The requests that send a reply, in order. The next one is sent only after
    /// the one before was accepted.
    ///
    /// # Errors
    /// The reply cannot be sent on this channel.
    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<OutboundRequest>, EncodeError>;

    /// What the result of a request of [`Adapter::encode`] means.
    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome;
}

/// An adapter that can be opened.
#[derive(Clone, Copy, Debug)]
pub struct AdapterKind {
    /// Code of the channel, as in an interaction.
    pub channel: &'static str,
    /// Roles of the secrets it needs.
    pub secrets: &'static [&'static str],
    /// Opens it.
    pub open: fn(&AccountConfig) -> Result<Box<dyn Adapter>, ConfigError>,
}

/// One row per adapter.
pub const ADAPTERS: &[AdapterKind] = &[whatsapp::KIND];

/// The adapter of a channel code.
pub fn adapter_kind(channel: &str) -> Option<&'static AdapterKind> {
    ADAPTERS.iter().find(|kind| kind.channel == channel)
}
