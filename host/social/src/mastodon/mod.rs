//! Mastodon, and servers with its client API: the host asks for notifications and answers
//! with statuses. One account of one server. ActivityPub is not spoken.
//!
//! Seen in the provider's pages: the endpoints, their parameters and scopes, the entities,
//! that `update` is only sent about a status that the account boosted, the header
//! `Idempotency-Key`, which counts for an hour. *Assumptions*, to be compared with the
//! provider's pages before a release: that ids of one length compare as texts and a longer
//! one is newer, that `min_id=0` begins with the first notification, that the limit counts
//! graphemes, that `x-ratelimit-reset` is a time of RFC 3339, `quote` as the type of a post
//! that quotes one of the account's, `include_filtered` of this endpoint, that HTTP 404 of
//! a reply means that the answered post is gone.
//!
//! A status does not name the root of its thread, so the poll looks it up for every mention
//! that answers another post, and the delivery keeps it in its URL. Where the server does
//! not say it, the answered post stands for the root.
//!
//! The server does not tell that a mention was edited: the newest page of mentions is read
//! again in every poll. Deletions are not told at all.
//!
//! The attribute `provider_id` is the id of the status, a blank and its visibility, because
//! a reply must not be visible to more people. Message ids are made from the id alone.
//!
//! Not supported: sending files, polls; what the account posts elsewhere; a content warning
//! as a part of the text (it is the attribute `subject`).

mod answer;
mod content;
mod media;
mod notification;
mod outbound;
mod poll;
mod probe;

use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::poll::Poll;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, Credential, EncodeError, Exchange,
    InboundWay, Item, MessageIds, Outbound, Outcome, Reply, Response, SecretRole, Secrets, Sending,
    Setting, VerifiedRequest, api_base,
};
use patchbay_config::web_address::is_host;
use patchbay_model::address;
use patchbay_model::channel::Visibility;
use serde::Deserialize;

use self::poll::NotificationPoll;

/// Code of the channel.
const CHANNEL: &str = "mastodon";
/// Token of requests to the API.
const ACCESS_TOKEN: &str = "access-token";
/// Most days of notifications before the first poll.
const HISTORY_DAYS: u32 = 30;
/// Most characters of a status that a setting can say.
const CHARACTERS: u32 = 100_000;
/// Most bots that are listed.
const BOTS: usize = 100;
/// Longest id.
const ID_BYTES: usize = 64;
/// Longest name of a user.
const NAME: usize = 64;

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"care@mastodon.example\"",
            "the company's account with its domain, as `name@domain`",
        ),
        Setting::optional(
            "history-days",
            "1",
            "how many days of notifications the first poll reads, at most 30; 1 unless set",
        ),
        Setting::optional(
            "filtered",
            "true",
            "whether to read notifications that the account's own filters hold back, such as private mentions by people whom it does not follow; true unless set",
        ),
        Setting::optional(
            "bots",
            "[\"status@partner.example\"]",
            "automated accounts whose posts are read, each as `name@domain`; those of others are left out",
        ),
        Setting::optional(
            "max-characters",
            "500",
            "most characters of a post on the account's server: `configuration.statuses.max_characters` of `GET /api/v2/instance`; 500 unless set",
        ),
        Setting::optional(
            "api-base",
            "\"https://mastodon.example\"",
            "base URL of the account's server; `https://` and the domain of `account` unless set",
        ),
    ],
    secrets: &[SecretRole {
        name: ACCESS_TOKEN,
        source: "an access token of the account with the scopes read:accounts, read:notifications, read:statuses and write:statuses: the account's server, Preferences, Development, New application",
        is_required: true,
    }],
    has_provider: true,
    inbound: &[InboundWay::Poll],
    signs_url: false,
    // No webhook.
    body_limit: 0,
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: true,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Log in as the company's account and create an application under Preferences, Development, with the scopes read:accounts, read:notifications, read:statuses and write:statuses; its access token is the secret.",
        "Set `account` to the account with its domain. Where the server has another host than the domain, set `api-base` too.",
        "Set `max-characters` if the server takes longer posts than 500 characters: `patchbay channels test` says whether it does.",
    ],
    open: |config| Ok(Box::new(Mastodon::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    account: String,
    #[serde(default = "one_day")]
    history_days: u32,
    #[serde(default = "yes")]
    filtered: bool,
    #[serde(default)]
    bots: Vec<String>,
    #[serde(default = "usual_characters")]
    max_characters: u32,
    api_base: Option<String>,
}

fn one_day() -> u32 {
    1
}

fn yes() -> bool {
    true
}

fn usual_characters() -> u32 {
    500
}

/// The adapter with the settings and the secret of one account.
#[derive(Clone)]
pub struct Mastodon {
    /// `name@domain`.
    account: String,
    /// Base URL of the server.
    base: String,
    history_days: u32,
    /// Whether notifications are read that the account's filters hold back.
    reads_filtered: bool,
    /// Bots that are read, canonical.
    bots: Vec<String>,
    /// Most characters of a status.
    characters: u32,
    access_token: Secrets,
    ids: MessageIds,
}

impl Mastodon {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or the secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Mastodon, ConfigError> {
        let settings: Settings = config.read_settings()?;
        let invalid = |problem: &str| Err(ConfigError::settings(problem));
        if !is_account(&settings.account) {
            return invalid(
                "`account` must be the company's account with its domain, such as \"care@mastodon.example\"",
            );
        }
        if settings.history_days > HISTORY_DAYS {
            return invalid("`history-days` must be at most 30");
        }
        if settings.bots.len() > BOTS || !settings.bots.iter().all(|bot| is_account(bot)) {
            return invalid(
                "`bots` must list at most 100 accounts with their domains, such as \"status@partner.example\"",
            );
        }
        if !(100..=CHARACTERS).contains(&settings.max_characters) {
            return invalid("`max-characters` must be from 100 to 100,000");
        }
        let base = match &settings.api_base {
            Some(base) => api_base(base)?,
            None => api_base(&format!("https://{}", domain(&settings.account)))?,
        };
        let bots = settings.bots.iter();
        Ok(Mastodon {
            base,
            history_days: settings.history_days,
            reads_filtered: settings.filtered,
            bots: bots.map(|bot| bot.to_lowercase()).collect(),
            characters: settings.max_characters,
            access_token: config.secrets.get(ACCESS_TOKEN)?.clone(),
            ids: MessageIds::new(&config.company_key, CHANNEL),
            account: settings.account,
        })
    }

    /// An account with its domain: the server leaves out its own.
    fn with_domain(&self, acct: &str) -> String {
        match acct.contains('@') {
            true => acct.to_owned(),
            false => format!("{acct}@{}", domain(&self.account)),
        }
    }

    /// Whether this is the company's account.
    fn is_own(&self, acct: &str) -> bool {
        self.with_domain(acct).eq_ignore_ascii_case(&self.account)
    }

    fn credential(&self) -> Credential {
        Credential::Bearer(self.access_token.first().clone())
    }

    fn query(&self, target: &str) -> ProviderQuery {
        ProviderQuery {
            url: format!("{}{target}", self.base),
            credential: Some(self.credential()),
        }
    }
}

/// The domain of an account.
fn domain(account: &str) -> &str {
    account.split_once('@').map_or("", |(_, domain)| domain)
}

/// Whether a text is an account with its domain.
fn is_account(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    text.split_once('@').is_some_and(|(name, domain)| {
        (1..=NAME).contains(&name.len()) && name.bytes().all(is_part) && is_host(domain)
    })
}

/// Whether a text is an id of the server. Most have digits only.
fn is_id(text: &str) -> bool {
    (1..=ID_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Who can read a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Public,
    /// Everybody, but it is in no list of posts.
    Unlisted,
    /// Followers and the people who are mentioned.
    Followers,
    /// Only the people who are mentioned.
    Mentioned,
}

impl Audience {
    /// By the provider's code; an unknown one is that with the fewest readers.
    fn of(code: &str) -> Audience {
        match code {
            "public" => Audience::Public,
            "unlisted" => Audience::Unlisted,
            "private" => Audience::Followers,
            _ => Audience::Mentioned,
        }
    }

    /// The provider's code.
    fn code(self) -> &'static str {
        match self {
            Audience::Public => "public",
            Audience::Unlisted => "unlisted",
            Audience::Followers => "private",
            Audience::Mentioned => "direct",
        }
    }

    fn visibility(self) -> Visibility {
        match self {
            Audience::Public | Audience::Unlisted => Visibility::Public,
            Audience::Followers | Audience::Mentioned => Visibility::Private,
        }
    }

    /// That of a reply. The company's followers are other people than the customer's.
    fn of_reply(self) -> Audience {
        match self {
            Audience::Followers => Audience::Mentioned,
            audience => audience,
        }
    }
}

impl fmt::Debug for Mastodon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mastodon")
            .field("account", &self.account)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Adapter for Mastodon {
    fn serves(&self, account: &str) -> bool {
        let canonical = |account| address::canonical_account(CHANNEL, account);
        canonical(account) == canonical(&self.account)
    }

    fn poll(&self, cursor: Option<&[u8]>, now: Timestamp) -> Option<Box<dyn Poll>> {
        Some(Box::new(NotificationPoll::new(self, cursor, now)))
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        vec![notification::decode(self, request.request())]
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(Outbound::requests)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        answer::outcome(exchange)
    }

    fn media(&self, file: &MediaReference) -> Option<MediaRequest> {
        media::request(self, file)
    }

    fn media_location(
        &self,
        file: &MediaReference,
        answer: &Response<'_>,
    ) -> Result<ProviderQuery, MediaFailure> {
        media::location(self, file, answer)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        question: &Probe,
        exchange: &Exchange<'_>,
        _url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(self, question, exchange)
    }
}
