//! LINE Messaging API. One webhook delivers the events of one official account; the
//! account's user id, `destination`, is the account.
//!
//! Seen in the provider's published tests and pages: the signature, the forms of
//! events, the header `X-Line-Retry-Key`, HTTP 409 for a key that was accepted.
//! *Assumptions*, to be compared with the provider's pages before a release: that a
//! text is counted in UTF-16 units, the beginnings of the messages that name a used
//! up quota and an invalid recipient, that a postback delivered again has the same
//! `webhookEventId`.
//!
//! Replies are pushed: a reply token lives for a minute, is valid once, and an answer
//! of the account's own makes it useless. A push counts for the monthly quota. The
//! key of a reply makes a request that is sent again harmless for 24 hours, so a lost
//! answer is no uncertainty here.
//!
//! Not supported: quoting, sending files, names of users. A customer who blocked the
//! account is told by an event only; LINE accepts a push to them.

mod content;
mod delivery;
mod media;
mod outbound;
mod probe;

use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{MediaReference, MediaRequest};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, EncodeError, Exchange,
    InboundRequest, InboundWay, Item, MessageIds, Outbound, Outcome, Rejection, Reply, Scheme,
    SecretRole, Secrets, Sending, Setting, VerifiedRequest, api_base,
};
use serde::Deserialize;

use patchbay_adapter::document;

/// Code of the channel.
const CHANNEL: &str = "line";
/// Secret that signs deliveries.
const CHANNEL_SECRET: &str = "channel-secret";
/// Token of requests to the API.
const ACCESS_TOKEN: &str = "access-token";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"U0123456789abcdef0123456789abcdef\"",
            "*Your user ID* (`U…`) under Basic settings of the channel in the LINE Developers Console",
        ),
        Setting::api_base("\"https://api.line.me\""),
    ],
    secrets: &[
        SecretRole {
            name: CHANNEL_SECRET,
            source: "the channel secret: LINE Developers Console, the channel, Basic settings",
            is_required: true,
        },
        SecretRole {
            name: ACCESS_TOKEN,
            source: "a long-lived channel access token: LINE Developers Console, the channel, Messaging API",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::Line.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: true,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Enable the Messaging API for the official account; `account` is \"Your user ID\" (U…) under Basic settings of the channel.",
        "Under Messaging API enter {url} as webhook URL, press Verify, and switch on Use webhook.",
        "Switch on Webhook redelivery, so that events come again after a failure.",
        "In the LINE Official Account Manager switch off auto-reply messages, which answer before your agents.",
    ],
    open: |config| Ok(Box::new(Line::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// User id of the official account.
    account: String,
    /// Base URL of the API.
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_base() -> String {
    "https://api.line.me".to_owned()
}

/// Base URL of the provider's API for content.
const CONTENT_BASE: &str = "https://api-data.line.me";

/// The adapter with the settings and secrets of one official account.
pub struct Line {
    account: String,
    /// Base URL of the API.
    base: String,
    /// Base URL of the API for content.
    content_base: String,
    channel_secret: Secrets,
    access_token: Secrets,
    ids: MessageIds,
}

impl Line {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Line, ConfigError> {
        let settings: Settings = config.read_settings()?;
        if !is_id(&settings.account, "U") {
            return Err(ConfigError::settings(
                "`account` must be the user id of the official account: U and 32 digits of 0-9 and a-f",
            ));
        }
        let base = api_base(&settings.api_base)?;
        let content_base = match settings.api_base == default_base() {
            true => CONTENT_BASE.to_owned(),
            false => base.clone(),
        };
        Ok(Line {
            account: settings.account,
            base,
            content_base,
            channel_secret: config.secrets.get(CHANNEL_SECRET)?.clone(),
            access_token: config.secrets.get(ACCESS_TOKEN)?.clone(),
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }
}

/// Whether a text is an id of LINE with one of these first letters: `U` of a user,
/// `C` of a group, `R` of a room.
fn is_id(text: &str, letters: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let digits = text.strip_prefix(|first| letters.contains(first));
    digits.is_some_and(|digits| digits.len() == 32 && digits.bytes().all(is_digit))
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// Most bytes of the request by which LINE checks a URL.
const CHECK_BYTES: usize = 1_024;

impl Adapter for Line {
    /// A signed delivery without events: the console checks the URL.
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        let document = document::of_check(request, CHECK_BYTES);
        let events = document.get("events").and_then(serde_json::Value::as_array);
        if document.text(&["destination"]).is_none() || !events.is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        self.verify(request, now)?;
        Ok(Some(Acknowledgement::EMPTY))
    }

    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Line.verify(request, &self.channel_secret, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        delivery::decode(self, request.body())
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(Outbound::requests)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        outbound::outcome(exchange)
    }

    fn media(&self, file: &MediaReference) -> Option<MediaRequest> {
        media::request(self, file)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        question: &Probe,
        exchange: &Exchange<'_>,
        url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(self, question, exchange, url)
    }
}
