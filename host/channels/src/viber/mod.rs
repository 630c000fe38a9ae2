//! Viber bots. One webhook delivers the events of one bot. A delivery does not name
//! the bot: the account is a name in the settings.
//!
//! Seen in the provider's published tests: the signature, the fields of events, the
//! codes of `status`. *Assumptions*, to be compared with the provider's pages before
//! a release: that `tracking_data` holds 4,000 characters, that a sender's name has
//! 28, that a bot created since 2024 may answer for 24 hours only, that failed
//! deliveries come again.
//!
//! Tokens of messages exceed 2^53: they are read as 64-bit integers, never as
//! floating-point numbers.
//!
//! Not supported: the content of files (a file is known by the id of its message;
//! its URL expires, and Viber has no way to ask for it again), sending files,
//! keyboards, the welcome message for `conversation_started`, which must be the
//! answer to that event.

mod content;
mod delivery;
mod outbound;
mod probe;
mod status_code;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, EncodeError, Exchange,
    InboundRequest, InboundWay, Item, MessageIds, Outbound, Outcome, Rejection, Reply, Scheme,
    SecretRole, Secrets, Sending, Setting, VerifiedRequest, api_base,
};
use patchbay_model::identifier;
use patchbay_model::input::is_code;
use serde::Deserialize;

use patchbay_adapter::document;

/// Code of the channel.
const CHANNEL: &str = "viber";
/// Token that signs deliveries and authenticates requests.
const AUTH_TOKEN: &str = "auth-token";
/// Time for replies of a commercial bot after the customer's last message
/// (assumption).
const SESSION: SignedDuration = SignedDuration::from_hours(24);
/// Most characters of a sender's name (assumption).
const SENDER_CHARACTERS: usize = 28;

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"northwind\"",
            "your name for the bot: a delivery does not name it",
        ),
        Setting::required(
            "sender-name",
            "\"Northwind\"",
            "what customers see as sender, at most 28 characters",
        ),
        Setting::optional(
            "commercial",
            "true",
            "whether Viber takes replies for 24 hours after the customer's last message only; default: no",
        ),
        Setting::api_base("\"https://chatapi.viber.com\""),
    ],
    secrets: &[SecretRole {
        name: AUTH_TOKEN,
        source: "the authentication token of the bot: Viber Admin Panel, the bot, Edit info",
        is_required: true,
    }],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::Viber.body_limit(),
    sending: Sending::Always,
    reply_period: |settings, _| {
        (settings.get("commercial") == Some(&serde_json::Value::Bool(true))).then_some(SESSION)
    },
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Create the bot in the Viber Admin Panel, and copy its token.",
        "Set `account` to a name of your own for the bot, and `sender-name` to what customers see as sender.",
        "Call set_webhook with the url {url} and the event_types delivered, seen, failed, subscribed, unsubscribed and conversation_started; the server must run, because Viber checks it at once.",
    ],
    open: |config| Ok(Box::new(Viber::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// The company's name for the bot.
    account: String,
    /// What customers see as sender.
    sender_name: String,
    /// Whether replies are bound to the session after a customer's message:
    /// [`AdapterKind::reply_period`] reads it.
    #[serde(default, rename = "commercial")]
    _commercial: bool,
    /// Base URL of the API.
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_base() -> String {
    "https://chatapi.viber.com".to_owned()
}

/// The adapter with the settings and the secret of one bot.
pub struct Viber {
    account: String,
    sender_name: String,
    /// Base URL of the API.
    base: String,
    auth_token: Secrets,
    ids: MessageIds,
}

impl Viber {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or the secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Viber, ConfigError> {
        let settings: Settings = config.read_settings()?;
        if !is_code(&settings.account) {
            return Err(ConfigError::settings(
                "`account` must be a name of lower-case letters, digits, hyphens and dots, such as \"northwind\"",
            ));
        }
        let name = &settings.sender_name;
        if name.chars().count() > SENDER_CHARACTERS || identifier::problem(name).is_some() {
            return Err(ConfigError::settings(format!(
                "`sender-name` must have 1 to {SENDER_CHARACTERS} visible characters"
            )));
        }
        Ok(Viber {
            base: api_base(&settings.api_base)?,
            account: settings.account,
            sender_name: settings.sender_name,
            auth_token: config.secrets.get(AUTH_TOKEN)?.clone(),
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }
}

impl fmt::Debug for Viber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Viber")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// Most bytes of the event by which Viber checks a URL.
const CHECK_BYTES: usize = 1_024;

impl Adapter for Viber {
    /// The signed event `webhook`.
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        let event = document::of_check(request, CHECK_BYTES);
        if event.text(&["event"]) != Some("webhook") {
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
        Scheme::Viber.verify(request, &self.auth_token, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        vec![delivery::decode(self, request.body())]
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(Outbound::requests)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        outbound::outcome(exchange)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        _question: &Probe,
        exchange: &Exchange<'_>,
        url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(exchange, url)
    }
}
