//! The App Store: the customer reviews of an app, and the company's responses to them, by the
//! App Store Connect API. One app and a key of the API.
//!
//! Seen in the provider's pages: the list and its fields, that one response belongs to a
//! review and is made and replaced by the same request, the form of errors. *Assumptions*, to
//! be compared with the provider's pages before a release: pages of 200 reviews, the words of
//! the codes of errors, the length of a response, that an edited review keeps its id and may
//! keep its date, that HTTP 404 to a response is a review that is gone.
//!
//! The list has the newest reviews first and does not say when one was edited. Each poll
//! reads the reviews of a day and the first page of 200, and finds an edit by its wording.
//!
//! Not supported: ratings without a text, reviews of single versions, deleting a response;
//! whether a response was published (it may take a day).

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
    InboundWay, Item, MessageIds, Outbound, Outcome, Reply, SecretRole, Sending, Setting,
    TokenSource, VerifiedRequest, api_base,
};
use serde::Deserialize;

use crate::review_poll::{Cadence, ReviewPoll};

/// Code of the channel.
const CHANNEL: &str = "app-store";
/// Private key of the API.
const PRIVATE_KEY: &str = "private-key";
/// For whom tokens are.
const AUDIENCE: &str = "appstoreconnect-v1";
/// How long a token counts: the most that Apple takes.
const TOKEN_LIFE: Duration = Duration::from_secs(20 * 60);

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"6446001234\"",
            "the Apple ID of the app, in digits: App Store Connect, the app, App Information",
        ),
        Setting::required(
            "issuer-id",
            "\"57246542-96fe-1a63-e053-0824d011072a\"",
            "the issuer ID of the company's keys: App Store Connect, Users and Access, Integrations",
        ),
        Setting::required(
            "key-id",
            "\"2X9R4HXF34\"",
            "the ID of the key, from the same page",
        ),
        Setting::optional(
            "every-minutes",
            "15",
            "minutes between two polls (15; 5 to 1440)",
        ),
        Setting::optional(
            "history-days",
            "1",
            "reviews that were written more days before the first poll are left out (1; at most 365)",
        ),
        Setting::api_base("\"https://api.appstoreconnect.apple.com\""),
    ],
    secrets: &[SecretRole {
        name: PRIVATE_KEY,
        source: "the private key, the whole file AuthKey_….p8, which App Store Connect gives out once when the key is made",
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
        "Make a team key in App Store Connect, Users and Access, Integrations, App Store Connect API, with the role Customer Support, and download it.",
        "Set `issuer-id` and `key-id` from that page, and `account` to the Apple ID of the app.",
        "Put the downloaded file into the variable of the secret.",
    ],
    open: |config| Ok(Box::new(AppStore::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    account: String,
    issuer_id: String,
    key_id: String,
    #[serde(default = "default_minutes")]
    every_minutes: u32,
    #[serde(default = "default_days")]
    history_days: u32,
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_minutes() -> u32 {
    15
}

fn default_days() -> u32 {
    1
}

fn default_base() -> String {
    "https://api.appstoreconnect.apple.com".to_owned()
}

/// The adapter with the settings and the key of one app.
#[derive(Clone)]
pub struct AppStore {
    account: String,
    /// Base URL of the API.
    base: String,
    cadence: Cadence,
    tokens: TokenSource,
    ids: MessageIds,
}

impl AppStore {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or the key is missing or does not fit.
    pub fn open(config: &AccountConfig) -> Result<AppStore, ConfigError> {
        let settings: Settings = config.read_settings()?;
        settings.check()?;
        let base = api_base(&settings.api_base)?;
        let pem = config.secrets.get(PRIVATE_KEY)?.first();
        let key = SigningKey::es256(pem.expose());
        let tokens = SignedJwt {
            key: key.map_err(|problem| ConfigError::Secret {
                role: PRIVATE_KEY,
                problem,
            })?,
            key_id: Some(settings.key_id),
            issuer: settings.issuer_id,
            audience: AUDIENCE.to_owned(),
            scope: None,
            purpose: JwtUse::AccessToken(TOKEN_LIFE),
        };
        Ok(AppStore {
            tokens: TokenSource::new(tokens),
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

    /// URL of the reviews with a query.
    fn reviews(&self, query: &str) -> String {
        let (base, account) = (&self.base, &self.account);
        format!("{base}/v1/apps/{account}/customerReviews?{query}")
    }
}

impl Settings {
    fn check(&self) -> Result<(), ConfigError> {
        let is_digits = self.account.bytes().all(|it| it.is_ascii_digit());
        let is_id = |id: &str| {
            let is_part = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
            (1..=64).contains(&id.len()) && id.bytes().all(is_part)
        };
        let problem = if !is_digits || !(1..=20).contains(&self.account.len()) {
            "`account` must be the Apple ID of the app, in digits, not its bundle ID"
        } else if !is_id(&self.issuer_id) {
            "`issuer-id` must be the issuer ID of the company's keys, letters, digits and hyphens"
        } else if !is_id(&self.key_id) {
            "`key-id` must be the ID of the key, letters and digits"
        } else if !(5..=1_440).contains(&self.every_minutes) {
            "`every-minutes` must be 5 to 1440"
        } else if self.history_days > 365 {
            "`history-days` must be at most 365"
        } else {
            return Ok(());
        };
        Err(ConfigError::settings(problem))
    }
}

impl fmt::Debug for AppStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppStore")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for AppStore {
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
