//! Slack, by the Events API. One app in one workspace; the workspace is the account.
//!
//! Seen in the provider's published tests and pages: the signature, the fields of
//! events, that the same message arrives as `message` and as `app_mention`, that an
//! answer with HTTP 200 can hold an error. *Assumptions*, to be compared with the
//! provider's pages before a release: that `internal_error`, like `fatal_error`, can
//! follow a message that was sent, the codes that the table has beside those of the
//! research, and that the metadata of a message is given back to the app that wrote
//! it. Seen in issues of other programs: that a recording has the media type of a video
//! and the subtype `slack_audio`.
//!
//! A message outside a thread is in the conversation of the thread that it would
//! start, and a reply starts that thread; in a direct message the conversation is
//! the channel. Where an event does not say whether its channel is public
//! (`app_mention`, reactions), the first letter of the channel's id decides: `C` is
//! taken for public.
//!
//! Not supported: slash commands and interactive components (counted as events),
//! sending files, names of users (an event has ids only).
//!
//! A retry is a delivery like any other: its headers are not read, because a retry
//! may be the only delivery.

mod delivery;
mod error_code;
mod handshake;
mod media;
mod message;
mod outbound;
mod probe;
mod text;

use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, EncodeError, Exchange,
    InboundRequest, InboundWay, Item, MessageIds, Outbound, Outcome, Rejection, Reply, Response,
    Scheme, SecretRole, Secrets, Sending, Setting, VerifiedRequest, api_base,
};
use serde::Deserialize;

/// Code of the channel.
const CHANNEL: &str = "slack";
/// Secret that signs deliveries.
const SIGNING_SECRET: &str = "signing-secret";
/// Token of requests to the API.
const BOT_TOKEN: &str = "bot-token";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required("account", "\"T0123456789\"", "id of the workspace (`T…`)"),
        Setting::required("app", "\"A0123456789\"", "id of the app (`A…`)"),
        Setting::required(
            "bot-user",
            "\"U0123456789\"",
            "id of the app's bot user (`U…`): what it writes is the company's",
        ),
        Setting::api_base("\"https://slack.com/api\""),
    ],
    secrets: &[
        SecretRole {
            name: SIGNING_SECRET,
            source: "the signing secret of the app: api.slack.com, your app, Basic information",
            is_required: true,
        },
        SecretRole {
            name: BOT_TOKEN,
            source: "the bot user's OAuth token, xoxb-…: api.slack.com, your app, OAuth & permissions",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::Slack.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Create an app at api.slack.com and give its bot the scopes chat:write, channels:history, groups:history, im:history, mpim:history, reactions:read, files:read and metadata.message:read.",
        "Install the app in the workspace; `account` is the workspace's id (T…), `app` the app's (A…), `bot-user` the bot user's (U…).",
        "Under Event subscriptions enter {url} as request URL; the server must run, because Slack checks it at once.",
        "Subscribe the bot events message.channels, message.groups, message.im, message.mpim, reaction_added and reaction_removed.",
        "Invite the bot to each channel that it serves.",
    ],
    open: |config| Ok(Box::new(Slack::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// Id of the workspace.
    account: String,
    /// Id of the app.
    app: String,
    /// Id of the app's bot user.
    bot_user: String,
    /// Base URL of the API.
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_base() -> String {
    "https://slack.com/api".to_owned()
}

/// The adapter with the settings and secrets of one app in one workspace.
pub struct Slack {
    account: String,
    app: String,
    bot_user: String,
    /// Base URL of the API.
    base: String,
    signing_secret: Secrets,
    bot_token: Secrets,
    ids: MessageIds,
}

impl Slack {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Slack, ConfigError> {
        let settings: Settings = config.read_settings()?;
        for (name, id, letters, what) in [
            (
                "account",
                &settings.account,
                "TE",
                "the workspace's id (T…)",
            ),
            ("app", &settings.app, "A", "the app's id (A…)"),
            (
                "bot-user",
                &settings.bot_user,
                "UW",
                "the id of the app's bot user (U…)",
            ),
        ] {
            if !(is_id(id) && id.starts_with(|first| letters.contains(first))) {
                return Err(ConfigError::settings(format!("`{name}` must be {what}")));
            }
        }
        Ok(Slack {
            base: api_base(&settings.api_base)?,
            account: settings.account,
            app: settings.app,
            bot_user: settings.bot_user,
            signing_secret: config.secrets.get(SIGNING_SECRET)?.clone(),
            bot_token: config.secrets.get(BOT_TOKEN)?.clone(),
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }
}

/// Whether a text has the form of Slack's ids.
fn is_id(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (2..=32).contains(&text.len()) && text.bytes().all(is_part)
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slack")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for Slack {
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        handshake::answer(request, &self.signing_secret, now)
    }

    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Slack.verify(request, &self.signing_secret, now)
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
        _question: &Probe,
        exchange: &Exchange<'_>,
        _url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(self, exchange)
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed()
    }
}
