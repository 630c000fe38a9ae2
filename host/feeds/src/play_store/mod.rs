//! Google Play: the reviews of an app, and the company's replies to them, by the Google Play
//! Developer API (androidpublisher v3). One app and a service account.
//!
//! Seen in the provider's pages: the list and its order, the fields of a review, that only
//! reviews with a text come and only those of the last week, `reply`, that a reply replaces
//! the one before, the limits of rates. *Assumptions*, to be compared with the provider's
//! pages before a release: pages of 100 reviews (`maxResults`, `tokenPagination`), title and
//! text parted by a tab, the reasons of a refusal for its rate, that HTTP 404 to a reply is
//! a review that is gone, the scope of the service account.
//!
//! A review has one time, of its last change: it is the time of the interaction, and orders
//! the wordings of an edited one. The language of a review is not known, only that of the
//! device: it is an attribute. What the company answered elsewhere is an attribute of the
//! review, if it was there when the review was read.
//!
//! Not supported: ratings without a text, reviews of more than a week ago, translations.

mod error_code;
mod outbound;
mod probe;
mod review;
mod reviews;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_adapter::poll::Poll;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::token::{JwtUse, SignedJwt, SigningKey};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, Credential, EncodeError, Exchange,
    InboundWay, Item, MessageIds, Outbound, Outcome, Reply, Secret, SecretError, SecretRole,
    Sending, Setting, TokenSource, VerifiedRequest, api_base,
};
use serde::Deserialize;

use crate::review_poll::{Cadence, ReviewPoll};

/// Code of the channel.
const CHANNEL: &str = "play-store";
/// Key of the service account.
const SERVICE_ACCOUNT: &str = "service-account";
/// Right to read reviews and to reply.
const SCOPE: &str = "https://www.googleapis.com/auth/androidpublisher";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"com.northwind.app\"",
            "the package name of the app, as `id` in its address in the store",
        ),
        Setting::optional(
            "every-minutes",
            "15",
            "minutes between two polls (15; 5 to 1440)",
        ),
        Setting::optional(
            "history-days",
            "1",
            "reviews that were written or changed more days before the first poll are left out (1; at most 7: Google Play lists those of the last week)",
        ),
        Setting::optional(
            "token-url",
            "\"https://oauth2.googleapis.com/token\"",
            "where the provider gives access tokens; change it only for tests",
        ),
        Setting::api_base("\"https://androidpublisher.googleapis.com\""),
    ],
    secrets: &[SecretRole {
        name: SERVICE_ACCOUNT,
        source: "the key of the service account, the whole JSON file: Google Cloud console, Service accounts, Keys, Add key",
        is_required: true,
    }],
    has_provider: true,
    inbound: &[InboundWay::Poll],
    signs_url: false,
    body_limit: 1 << 20,
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: true,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Enable the Google Play Android Developer API in a project of the Google Cloud console, and create a service account in it with a key in JSON.",
        "Invite the service account in the Play Console, Users and permissions, with the rights to view app information and to reply to reviews of the app.",
        "Set `account` to the package name of the app.",
        "Test the connection: it can take a day until the rights of a new service account count.",
    ],
    open: |config| Ok(Box::new(PlayStore::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    account: String,
    #[serde(default = "default_minutes")]
    every_minutes: u32,
    #[serde(default = "default_days")]
    history_days: u32,
    #[serde(default = "default_token_url")]
    token_url: String,
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_minutes() -> u32 {
    15
}

fn default_days() -> u32 {
    1
}

fn default_token_url() -> String {
    "https://oauth2.googleapis.com/token".to_owned()
}

fn default_base() -> String {
    "https://androidpublisher.googleapis.com".to_owned()
}

/// A key of a service account, as far as it is read. Its addresses are not: the settings
/// say where the host sends requests.
#[derive(Deserialize)]
struct ServiceAccount {
    client_email: String,
    private_key: String,
    private_key_id: String,
}

/// The adapter with the settings and secrets of one app.
#[derive(Clone)]
pub struct PlayStore {
    account: String,
    /// Base URL of the API.
    base: String,
    cadence: Cadence,
    tokens: TokenSource,
    ids: MessageIds,
}

impl PlayStore {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing or does not fit.
    pub fn open(config: &AccountConfig) -> Result<PlayStore, ConfigError> {
        let settings: Settings = config.read_settings()?;
        if !is_package(&settings.account) {
            return Err(ConfigError::settings(
                "`account` must be the package name of the app, such as \"com.northwind.app\"",
            ));
        }
        if !(5..=1_440).contains(&settings.every_minutes) {
            return Err(ConfigError::settings("`every-minutes` must be 5 to 1440"));
        }
        if settings.history_days > 7 {
            return Err(ConfigError::settings(
                "`history-days` must be at most 7: Google Play lists the reviews of the last week",
            ));
        }
        let base = api_base(&settings.api_base)?;
        let token_url = api_base(&settings.token_url).map_err(|error| match error {
            ConfigError::Settings { problem } => {
                ConfigError::settings(problem.replace("`api-base`", "`token-url`"))
            }
            ConfigError::Secret { .. } => error,
        })?;
        let secret = config.secrets.get(SERVICE_ACCOUNT)?.first();
        Ok(PlayStore {
            tokens: TokenSource::new(tokens(secret, token_url)?),
            base,
            cadence: Cadence {
                interval: Duration::from_secs(u64::from(settings.every_minutes) * 60),
                history_days: settings.history_days,
            },
            account: settings.account,
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }

    fn credential(&self) -> Credential {
        Credential::Token(self.tokens.clone())
    }

    /// URL of the reviews, or of one below them.
    fn url(&self, below: &str) -> String {
        let (base, account) = (&self.base, &self.account);
        format!("{base}/androidpublisher/v3/applications/{account}/reviews{below}")
    }
}

fn tokens(secret: &Secret, url: String) -> Result<SignedJwt, ConfigError> {
    let of_secret = |problem| ConfigError::Secret {
        role: SERVICE_ACCOUNT,
        problem,
    };
    let account: ServiceAccount = serde_json::from_slice(secret.expose()).map_err(|_| {
        of_secret(SecretError::Form(
            "must be the whole JSON file of a service account's key, with client_email, private_key and private_key_id",
        ))
    })?;
    let pem = Secret::new(account.private_key).map_err(of_secret)?;
    Ok(SignedJwt {
        key: SigningKey::rs256(pem.expose()).map_err(of_secret)?,
        key_id: Some(account.private_key_id),
        issuer: account.client_email,
        audience: url.clone(),
        scope: Some(SCOPE),
        purpose: JwtUse::Assertion {
            url,
            url_setting: "token-url",
        },
    })
}

/// Whether a text is a package name of Android.
fn is_package(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && part
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'_')
    };
    text.len() <= 255 && text.contains('.') && text.split('.').all(is_part)
}

impl fmt::Debug for PlayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlayStore")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for PlayStore {
    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        vec![review::decode(self, request.request())]
    }

    fn poll(&self, cursor: Option<&[u8]>, now: Timestamp) -> Option<Box<dyn Poll>> {
        Some(Box::new(ReviewPoll::new(self, cursor, now)))
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(|request| vec![Outbound::Http(request)])
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        error_code::outcome(exchange)
    }

    fn probe(&self) -> Vec<Probe> {
        vec![probe::question(self)]
    }

    fn probe_result(
        &self,
        _question: &Probe,
        exchange: &Exchange<'_>,
        _url: Option<&str>,
    ) -> Vec<Finding> {
        vec![probe::finding(self, exchange)]
    }

    fn unprobed(&self) -> Vec<Finding> {
        vec![probe::unprobed()]
    }
}
