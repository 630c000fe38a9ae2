//! SMS and MMS by Twilio. One webhook delivers the messages of all numbers of a
//! Twilio account; the number that the customer wrote to is the account.
//!
//! Seen in the provider's published tests: the signature, the fields of deliveries,
//! the codes 21610 and 63016. *Assumptions*, to be compared with the provider's
//! pages before a release: the other codes of errors, and that a message is not
//! delivered twice unless the URL asks for it.
//!
//! Twilio gives no time of a message, so an interaction has no `received_at`. The
//! words by which a customer opts out are Twilio's to recognise, in the languages of
//! the messaging service: `OptOutType` becomes the attribute `opt_out_type`, and
//! `stop.` without it is a message like any other.
//!
//! Not supported: WhatsApp and other networks by Twilio (`whatsapp:+…`), which are
//! counted as events; sending files; Vonage and MessageBird.
//!
//! Every case of the research is a golden case or a vector of the signature, except
//! that a text is divided into segments by Twilio, not here.

mod delivery;
mod error_code;
mod media;
mod outbound;
mod parameters;
mod probe;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, EncodeError, Exchange,
    InboundRequest, InboundWay, Item, MessageIds, Outbound, Outcome, Rejection, Reply, Response,
    Scheme, SecretRole, Secrets, Sending, Setting, VerifiedRequest, api_base,
};
use patchbay_config::web_address::WebAddress;
use serde::Deserialize;

/// Code of the channel.
const CHANNEL: &str = "sms";
/// Token that signs deliveries and authenticates requests.
const AUTH_TOKEN: &str = "auth-token";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account-sid",
            "\"AC0123456789abcdef0123456789abcdef\"",
            "SID of the Twilio account, or subaccount, that owns the numbers",
        ),
        Setting::required(
            "accounts",
            "[\"+351210000000\"]",
            "numbers of the company as Twilio writes them, short codes, or SIDs of messaging services (`MG…`). A reply goes out from the number that the customer wrote to, or from the messaging service if only that is in the list",
        ),
        Setting::optional(
            "status-callback",
            "\"https://care.example/webhooks/northwind/sms/care\"",
            "URL to which Twilio reports how far a reply came: that of this webhook. Absent: none, unless the messaging service has one",
        ),
        Setting::api_base("\"https://api.twilio.com\""),
    ],
    secrets: &[SecretRole {
        name: AUTH_TOKEN,
        source: "the auth token of the Twilio account, or subaccount, that owns the numbers: Twilio Console, Account, API keys and tokens",
        is_required: true,
    }],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: true,
    body_limit: Scheme::Twilio.body_limit(),
    sending: Sending::Always,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    setup: &[
        "Copy the account SID and the auth token of the Twilio account, or subaccount, that owns the numbers.",
        "At each number, or at its messaging service, enter {url} for incoming messages, with the method POST.",
        "For delivery statuses set `status-callback` to {url}, or enter the URL as status callback of the messaging service.",
        "Switch on Advanced Opt-Out at the messaging service: its words of refusal then reach policies as an attribute.",
    ],
    open: |config| Ok(Box::new(Sms::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// SID of the Twilio account.
    account_sid: String,
    /// Numbers of the company, and messaging services that send.
    accounts: Vec<String>,
    /// URL to which Twilio reports the status of replies.
    status_callback: Option<String>,
    /// Base URL of the API.
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_base() -> String {
    "https://api.twilio.com".to_owned()
}

/// The adapter with the settings and the secret of one Twilio account.
pub struct Sms {
    account_sid: String,
    accounts: BTreeSet<String>,
    status_callback: Option<String>,
    /// URL of the account in the API.
    resource: String,
    auth_token: Secrets,
    ids: MessageIds,
}

impl Sms {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or the secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Sms, ConfigError> {
        let settings: Settings = config.read_settings()?;
        let sid = settings.account_sid;
        if !is_sid(&sid, "AC") {
            return Err(ConfigError::settings(
                "`account-sid` must be AC and 32 letters and digits, as the Twilio Console shows it",
            ));
        }
        if settings.accounts.is_empty() || !settings.accounts.iter().all(|it| is_account(it)) {
            return Err(ConfigError::settings(
                "`accounts` must list numbers such as \"+351210000000\", short codes such as \"68453\", or SIDs of messaging services (MG…)",
            ));
        }
        if let Some(url) = &settings.status_callback {
            WebAddress::parse(url)
                .map_err(|error| ConfigError::settings(format!("`status-callback` {error}")))?;
        }
        let base = api_base(&settings.api_base)?;
        Ok(Sms {
            resource: format!("{base}/2010-04-01/Accounts/{sid}"),
            account_sid: sid,
            accounts: settings.accounts.into_iter().collect(),
            status_callback: settings.status_callback,
            auth_token: config.secrets.get(AUTH_TOKEN)?.clone(),
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }
}

/// Whether a text is a SID of Twilio with this prefix.
fn is_sid(text: &str, prefix: &str) -> bool {
    let id = text.strip_prefix(prefix);
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether a text is a number or a short code.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_account(text: &str) -> bool {
    is_number(text) || is_sid(text, "MG")
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms")
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

impl Adapter for Sms {
    /// Twilio does not check a URL when it is entered.
    fn handshake(
        &self,
        _request: &InboundRequest<'_>,
        _now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        Ok(None)
    }

    fn serves(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Twilio.verify(request, &self.auth_token, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        delivery::decode(self, request.request())
    }

    /// An empty document of TwiML: Twilio sends whatever it contains to the customer.
    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement {
            content_type: Some("text/xml"),
            body: "<Response/>".to_owned(),
        }
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

    fn media_location(
        &self,
        _file: &MediaReference,
        answer: &Response<'_>,
    ) -> Result<ProviderQuery, MediaFailure> {
        media::location(self, answer)
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

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed(self)
    }
}
