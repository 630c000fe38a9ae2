//! SMS and MMS by a provider that the settings name: Twilio or Vonage. One webhook
//! delivers the messages of all numbers of an account at the provider; the number that the
//! customer wrote to is the account.
//!
//! One adapter for all providers, because a channel belongs to one: a company that changes
//! its provider keeps its channel, its conversations and its policies. What they have in
//! common is here and in [`message`], the rest in a folder each.
//!
//! Not supported: sending files; MessageBird.

mod message;
mod twilio;
mod vonage;

use std::collections::BTreeSet;

use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, InboundWay, Scheme, SecretRole, Sending,
    Setting,
};
use patchbay_config::web_address::WebAddress;
use serde::Deserialize;

use self::twilio::Twilio;
use self::vonage::Vonage;
use crate::twilio::AUTH_TOKEN;

/// Code of the channel.
const CHANNEL: &str = "sms";
/// Signs deliveries of Vonage.
const SIGNATURE_SECRET: &str = "signature-secret";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::optional(
            "provider",
            "\"twilio\"",
            "`twilio`, which it is if absent, or `vonage`",
        ),
        Setting::required(
            "account-sid",
            "\"AC0123456789abcdef0123456789abcdef\"",
            "SID of the Twilio account, or subaccount, that owns the numbers; of Vonage, the API key",
        ),
        Setting::required(
            "accounts",
            "[\"+351210000000\"]",
            "numbers of the company in international form with `+`, short codes, or SIDs of Twilio's messaging services (`MG…`). A reply goes out from the number that the customer wrote to, or from the messaging service if only that is in the list",
        ),
        Setting::optional(
            "status-callback",
            "\"https://care.example/webhooks/northwind/sms/care\"",
            "URL to which the provider reports how far a reply came: that of this webhook. Absent: none, unless the messaging service, or the settings at Vonage, have one",
        ),
        Setting::api_base("\"https://api.twilio.com\""),
    ],
    secrets: &[
        SecretRole {
            name: AUTH_TOKEN,
            source: "the auth token of the Twilio account, or subaccount, that owns the numbers: Twilio Console, Account, API keys and tokens; of Vonage, the API secret: Dashboard, API settings",
            is_required: true,
        },
        SecretRole {
            name: SIGNATURE_SECRET,
            source: "of Vonage, the signature secret of the account: Dashboard, API settings, Signed webhooks",
            is_required: false,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    // Of Twilio. Vonage signs the body.
    signs_url: true,
    body_limit: Scheme::Twilio.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Twilio: copy the account SID and the auth token of the Twilio account, or subaccount, that owns the numbers.",
        "Twilio: at each number, or at its messaging service, enter {url} for incoming messages, with the method POST.",
        "Twilio: switch on Advanced Opt-Out at the messaging service: its words of refusal then reach policies as an attribute.",
        "Vonage: set `provider` to \"vonage\" and `account-sid` to the API key; copy the API secret and the signature secret (Dashboard, API settings).",
        "Vonage: choose the Messages API as default SMS setting (Dashboard, API settings): by the SMS API a long message comes in pieces.",
        "Vonage: create an application with the Messages capability in version 1, enter {url} as inbound URL and as status URL, and link the numbers to it.",
        "For delivery statuses set `status-callback` to {url}, or enter the URL at the provider.",
    ],
    open,
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    provider: Provider,
    /// What the provider calls the account.
    account_sid: String,
    /// Numbers of the company, and messaging services that send.
    accounts: BTreeSet<String>,
    /// URL to which the provider reports the status of replies.
    #[serde(default)]
    status_callback: Option<String>,
    /// Base URL of the API; absent: the provider's.
    #[serde(default)]
    api_base: Option<String>,
}

/// Who carries the messages.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Provider {
    #[default]
    Twilio,
    Vonage,
}

/// Opens the adapter of the provider.
fn open(config: &AccountConfig) -> Result<Box<dyn Adapter>, ConfigError> {
    let settings: Settings = config.read_settings()?;
    if let Some(url) = &settings.status_callback {
        WebAddress::parse(url)
            .map_err(|error| ConfigError::settings(format!("`status-callback` {error}")))?;
    }
    Ok(match settings.provider {
        Provider::Twilio => Box::new(Twilio::open(settings, config)?),
        Provider::Vonage => Box::new(Vonage::open(settings, config)?),
    })
}

/// Whether a text is a number or a short code.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
