//! WhatsApp Cloud API. One webhook delivers the messages of all phone numbers of
//! a Meta app; the number's id is the account.
//!
//! Seen in the provider's pages or published tests: the forms of deliveries, the
//! signature, `recipient` for business-scoped user ids, the codes of errors.
//! *Assumptions*, to be compared with the provider's pages before a release: that
//! a reaction does not open the reply window, that a planted key may have 512
//! characters, that a batch has at most 3 MB, the version of the API.
//!
//! Replies are text. Templates, media and groups as recipients of a first message
//! are not encoded yet.

mod content;
mod delivery;
mod echo;
mod error_code;
mod handshake;
mod message;
mod outbound;
mod sender;
mod status;

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::account::{AccountConfig, ConfigError, api_base};
use crate::adapter::{Adapter, AdapterKind, SecretRole};
use crate::item::Item;
use crate::message_id::MessageIds;
use crate::outcome::{Exchange, Outcome};
use crate::reply::{EncodeError, OutboundRequest, Reply, ReplyWindow};
use crate::request::{Acknowledgement, InboundRequest};
use crate::secret::Secrets;
use crate::verify::{Rejection, Scheme, VerifiedRequest};

/// Code of the channel.
const CHANNEL: &str = "whatsapp";
/// Secret that signs deliveries.
const APP_SECRET: &str = "app-secret";
/// Token of the handshake.
const VERIFY_TOKEN: &str = "verify-token";
/// Token of requests to the API.
const ACCESS_TOKEN: &str = "access-token";
/// Time for free replies after the customer's last message.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    secrets: &[
        SecretRole {
            name: APP_SECRET,
            source: "the app's secret: Meta for Developers, App settings, Basic",
        },
        SecretRole {
            name: VERIFY_TOKEN,
            source: "a random text of your own, which you also enter beside the webhook's URL",
        },
        SecretRole {
            name: ACCESS_TOKEN,
            source: "a token of a system user with the permission whatsapp_business_messaging",
        },
    ],
    signs_url: false,
    setup: &[
        "Create a Meta app of the type Business and add the product WhatsApp to it.",
        "Give a system user the app and the WhatsApp account, and create a token with the permissions whatsapp_business_messaging and whatsapp_business_management.",
        "Under WhatsApp, Configuration, enter {url} as callback URL and the verify token beside it.",
        "Subscribe the fields messages and, where the number is also used in the phone app, smb_message_echoes.",
    ],
    open: |config| Ok(Box::new(WhatsApp::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// Ids of the phone numbers (`phone_number_id`).
    accounts: Vec<String>,
    /// Base URL of the API.
    #[serde(default = "default_base")]
    api_base: String,
    /// Version of the API.
    #[serde(default = "default_version")]
    api_version: String,
}

fn default_base() -> String {
    "https://graph.facebook.com".to_owned()
}

fn default_version() -> String {
    "v24.0".to_owned()
}

/// The adapter with the settings and secrets of one Meta app.
pub struct WhatsApp {
    accounts: BTreeSet<String>,
    /// Base URL with version, without a slash at its end.
    endpoint: String,
    app_secret: Secrets,
    verify_token: Secrets,
    access_token: Secrets,
    ids: MessageIds,
}

impl WhatsApp {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<WhatsApp, ConfigError> {
        let settings: Settings = config.read_settings()?;
        let invalid = |problem: &str| ConfigError::settings(problem);
        let is_segment = |text: &str| {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
            (1..=64).contains(&text.len()) && text.bytes().all(is_part)
        };
        if settings.accounts.is_empty() || !settings.accounts.iter().all(|it| is_segment(it)) {
            return Err(invalid(
                "`accounts` must list the ids of phone numbers, as the WhatsApp Manager shows them",
            ));
        }
        if !is_segment(&settings.api_version) {
            return Err(invalid("`api-version` must be a version such as \"v24.0\""));
        }
        let base = api_base(&settings.api_base)?;
        Ok(WhatsApp {
            accounts: settings.accounts.into_iter().collect(),
            endpoint: format!("{base}/{}", settings.api_version),
            app_secret: config.secrets.get(APP_SECRET)?.clone(),
            verify_token: config.secrets.get(VERIFY_TOKEN)?.clone(),
            access_token: config.secrets.get(ACCESS_TOKEN)?.clone(),
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }
}

impl fmt::Debug for WhatsApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatsApp")
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

impl Adapter for WhatsApp {
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        _now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        handshake::answer(request, &self.verify_token)
    }

    fn serves(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Meta.verify(request, &self.app_secret, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        delivery::decode(self, request.body())
    }

    fn reply_window(&self, _channel: &str, last_inbound: Option<Timestamp>) -> ReplyWindow {
        let end = last_inbound.map(|at| at.checked_add(WINDOW).unwrap_or(Timestamp::MAX));
        end.map_or(ReplyWindow::Closed, ReplyWindow::Until)
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<OutboundRequest>, EncodeError> {
        outbound::encode(self, reply)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        outbound::outcome(exchange)
    }
}
