//! The trait of a channel's adapter, and what is known of one before it is opened.

use std::any::Any;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use patchbay_files::FileRules;
use serde_json::{Map, Value};

use crate::account::{AccountConfig, ConfigError};
use crate::decision_report::DecisionReport;
use crate::inbound_way::InboundWay;
use crate::item::Item;
use crate::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use crate::outcome::{Exchange, Outcome, Response};
use crate::poll::Poll;
use crate::probe::{Finding, Probe};
use crate::reply::{
    EncodeError, FileRequest, Outbound, OutboundFile, OutboundRequest, Reply, ReplyWindow,
};
use crate::request::{Acknowledgement, InboundRequest};
use crate::setting::Setting;
use crate::verify::{Rejection, VerifiedRequest};

/// A channel, opened with its settings and secrets. Every method is a pure
/// function of its arguments: the same delivery decodes to the same items, the
/// same reply encodes to the same bytes.
pub trait Adapter: Any + fmt::Debug + Send + Sync {
    /// Answers a request by which the provider checks the URL; `None` for any
    /// other request. Called first; an answer does not touch intake. A provider that
    /// does not check the URL needs no implementation.
    ///
    /// # Errors
    /// The request does not prove that it comes from the provider: answer 403
    /// without a detail.
    fn handshake(
        &self,
        _request: &InboundRequest<'_>,
        _now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        Ok(None)
    }

    /// Whether the company's settings name this account of the provider. A reply
    /// goes out by the connection that serves the account the customer wrote to.
    fn serves(&self, account: &str) -> bool;

    /// Whether a mail to this address belongs to the connection; `None` if it does not,
    /// and on channels other than mail. Only asked of connections whose mails come by
    /// [`InboundWay::Lmtp`](crate::InboundWay::Lmtp), before the mail itself.
    fn mail_recipient(&self, _address: &str) -> Option<MailRecipient> {
        None
    }

    /// Checks that the provider sent a request. `now` is the host's clock, for
    /// schemes that sign a time. A connection without a webhook needs no implementation:
    /// it refuses every request.
    ///
    /// # Errors
    /// It is not authentic: answer 401 without a detail, and count the code.
    fn verify<'r>(
        &self,
        _request: &'r InboundRequest<'r>,
        _now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Err(Rejection::Missing)
    }

    /// The items of a delivery, in its order. Whatever the items are, the answer
    /// is 2xx once they are stored: providers disable an endpoint that keeps
    /// failing.
    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item>;

    /// A poll from a cursor on, `None` for a connection that was never polled; `now` is
    /// the host's clock. `None` as the result: the host asks nothing. Only asked of
    /// connections whose way [is polled](crate::InboundWay::is_polled).
    fn poll(&self, _cursor: Option<&[u8]>, _now: Timestamp) -> Option<Box<dyn Poll>> {
        None
    }

    /// The answer to a delivery that is stored: most providers read only its
    /// status, 200. A function of the delivery, so that a repeated one is answered alike.
    fn acknowledgement(&self, _delivery: &VerifiedRequest<'_>) -> Acknowledgement {
        Acknowledgement::EMPTY
    }

    /// What sends a reply, requests or a mail, in order. The next one is sent only after
    /// the one before was accepted.
    ///
    /// # Errors
    /// The reply cannot be sent on this channel.
    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError>;

    /// What the result of a part of [`Adapter::encode`] means; of a file, that of its message.
    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome;

    /// The request for a file that [`Adapter::encode`] gave a part of its own. Only asked of
    /// adapters that do.
    ///
    /// # Errors
    /// The file cannot be sent on this channel.
    fn encode_file(
        &self,
        _reply: &Reply<'_>,
        _part: &OutboundFile,
        _content: &[u8],
    ) -> Result<FileRequest, EncodeError> {
        Err(EncodeError::NoFiles)
    }

    /// What the result of [`FileRequest::Upload`] means. The receipt of
    /// [`Outcome::Accepted`] has the provider's id of the file. Where the file may be
    /// stored, [`Outcome::Retry`]: the customer has nothing of it.
    fn upload_outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        self.outcome(exchange)
    }

    /// The message with a file that the provider has stored under an id.
    ///
    /// # Errors
    /// As [`Adapter::encode_file`].
    fn encode_stored_file(
        &self,
        _reply: &Reply<'_>,
        _part: &OutboundFile,
        _id: &str,
    ) -> Result<OutboundRequest, EncodeError> {
        Err(EncodeError::NoFiles)
    }

    /// What writes a decision at a help desk, in order; empty: nothing. Only asked where
    /// [`AdapterKind::takes_decisions`]. The requests may be sent again after a failure, all
    /// of them: they set states, and the last one alone may add a note.
    ///
    /// # Errors
    /// The report cannot be written there.
    fn encode_decision(
        &self,
        _report: &DecisionReport<'_>,
    ) -> Result<Vec<OutboundRequest>, EncodeError> {
        Ok(Vec::new())
    }

    /// What the result of a request of [`Adapter::encode_decision`] means. Of one that may
    /// have been carried out, [`Outcome::Retry`] where it sets a state, and
    /// [`Outcome::Uncertain`] of a note: the host does not send that again.
    fn decision_outcome(&self, _request: &OutboundRequest, exchange: &Exchange<'_>) -> Outcome {
        self.outcome(exchange)
    }

    /// The request with which fetching a file of this channel begins; `None` where the
    /// provider gives no way.
    fn media(&self, _file: &MediaReference) -> Option<MediaRequest> {
        None
    }

    /// Where a file is, from the answer to [`MediaRequest::Lookup`], or from a redirect
    /// to [`MediaRequest::Content`].
    ///
    /// # Errors
    /// The answer does not say it.
    fn media_location(
        &self,
        _file: &MediaReference,
        answer: &Response<'_>,
    ) -> Result<ProviderQuery, MediaFailure> {
        Err(MediaFailure::of(answer))
    }

    /// Questions that ask the provider whether the connection works, at most
    /// [`MOST_PROBES`](crate::MOST_PROBES). They change nothing and reach no customer.
    fn probe(&self) -> Vec<Probe> {
        Vec::new()
    }

    /// What the result of one of these questions shows. `url` is that of the webhook, if
    /// it is known.
    fn probe_result(
        &self,
        _question: &Probe,
        _exchange: &Exchange<'_>,
        _url: Option<&str>,
    ) -> Vec<Finding> {
        Vec::new()
    }

    /// What no question can tell of this connection.
    fn unprobed(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// A file of an interaction in the delivery as it came; `None` if there is no such.
    fn stored_file(&self, _file: &MediaReference, _delivery: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// How long a channel of an adapter takes a free reply, with the settings of a connection.
pub type ReplyPeriod = fn(&Map<String, Value>, &str) -> Option<SignedDuration>;

/// A channel that takes replies at any time.
pub fn reply_any_time(_settings: &Map<String, Value>, _channel: &str) -> Option<SignedDuration> {
    None
}

/// An adapter that can be opened.
#[derive(Clone, Copy, Debug)]
pub struct AdapterKind {
    /// Its name, a code: the channel's in the company file and in the URL of its
    /// webhook. Where one webhook delivers several channels, that of the first.
    /// Without channels, a name that is no channel's.
    pub name: &'static str,
    /// Codes of the channels of its interactions, whose replies it sends. Empty: the
    /// settings list codes, and replies go to the company's target.
    pub channels: &'static [&'static str],
    /// Its settings, in the order in which people read them.
    pub settings: &'static [Setting],
    /// Roles of the secrets it uses.
    pub secrets: &'static [SecretRole],
    /// Whether a provider is in between: not in the web chat.
    pub has_provider: bool,
    /// The ways in which messages reach a connection, the usual one first.
    pub inbound: &'static [InboundWay],
    /// Whether the provider signs the URL: then the company's public URL must be
    /// known.
    pub signs_url: bool,
    /// Most bytes of a delivery.
    pub body_limit: usize,
    /// Which connections send replies.
    pub sending: Sending,
    /// How long a channel takes a free reply after the customer's last new message, with
    /// these settings; `None`: at any time. [`reply_any_time`] for most.
    pub reply_period: ReplyPeriod,
    /// Whether the provider takes the same request twice as one message. Where it does
    /// not, a reply that may have been sent is left to a person.
    pub is_idempotent: bool,
    /// Whether the provider approves messages that the company may send when the time for
    /// free replies is over.
    pub takes_templates: bool,
    /// Whether the provider is a help desk that keeps the conversations: it is told what the
    /// policies decide.
    pub takes_decisions: bool,
    /// Whether files come within the deliveries: then the host keeps each delivery as it
    /// came, and [`Adapter::stored_file`] finds a file in it.
    pub files_within: bool,
    /// What the channels take of files in replies; `None`: [`Adapter::encode`] sends none, and
    /// such a reply is refused before it is accepted.
    pub sends_files: Option<&'static FileRules>,
    /// What to do at the provider, in order, one sentence each. `{url}` stands for
    /// the URL of [`AdapterKind::path`].
    pub setup: &'static [&'static str],
    /// Opens it.
    pub open: fn(&AccountConfig) -> Result<Box<dyn Adapter>, ConfigError>,
}

impl AdapterKind {
    /// Path of a connection on the host: its webhook, or where the pages of a web chat
    /// send to.
    pub fn path(&self, company: &str, connection: &str) -> String {
        let name = self.name;
        match self.has_provider {
            true => format!("/webhooks/{company}/{name}/{connection}"),
            false => format!("/widget/{company}/{connection}"),
        }
    }

    /// Until when a channel takes a free reply, from the provider's time of the customer's
    /// last new message: an edit, a deletion and a reaction do not count.
    pub fn reply_window(
        &self,
        settings: &Map<String, Value>,
        channel: &str,
        last_inbound: Option<Timestamp>,
    ) -> ReplyWindow {
        let period = (self.reply_period)(settings, channel);
        period.map_or(ReplyWindow::Unlimited, |period| {
            ReplyWindow::after(last_inbound, period)
        })
    }

    /// The way in which messages reach a connection with these settings.
    pub fn inbound_way(&self, settings: &Map<String, Value>) -> InboundWay {
        InboundWay::of(self.inbound, settings)
    }

    /// Whether a connection with these settings sends replies. Where none of a channel's
    /// connections does, replies go to the target that the company file names.
    pub fn can_send(&self, settings: &Map<String, Value>) -> bool {
        match self.sending {
            Sending::Always => true,
            Sending::Never => false,
            Sending::WithSetting(key) => settings.contains_key(key),
        }
    }
}

/// How surely a mail to an address belongs to a connection, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailRecipient {
    /// The address has the form of those that the company's replies contain, but this
    /// connection did not make it: it may be of an account that was removed.
    FormOfToken,
    /// It is an account of the connection, or one with a suffix behind `+`.
    Account,
    /// The connection made it, for a reply.
    Token,
}

/// Which connections of an adapter send replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Every connection.
    Always,
    /// None.
    Never,
    /// Those with this setting; the others only take deliveries.
    WithSetting(&'static str),
}

/// A secret that an adapter uses.
#[derive(Clone, Copy, Debug)]
pub struct SecretRole {
    /// Its key in the company file.
    pub name: &'static str,
    /// What it is at the provider, and where to find it.
    pub source: &'static str,
    /// Whether every connection needs it. Of another role, the settings tell: where they
    /// need it, opening the adapter fails with
    /// [`SecretError::Missing`](crate::SecretError::Missing) for it, before the form of any
    /// secret is checked.
    pub is_required: bool,
}
