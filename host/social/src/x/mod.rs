//! X, by the X Activity API; deliveries of its predecessor, the Account Activity API,
//! are read too. One app and one user of X, who is the account.
//!
//! Seen in the provider's pages: the signature and the challenge, the envelope, the
//! payloads of both forms, that one post comes under several subscriptions, problem
//! documents, the limits of rates. *Assumptions*, to be compared with the provider's
//! pages before a release: `note_tweet` as the whole text of a long post, `<`, `>` and
//! `&` as entities, the kind of a file by the number before its media key, that
//! `created_at` of an edit is the time of the edit, HTTP 402 for a spent credit, the
//! words of a refused direct message, the scopes of the token, that X replaces the refresh
//! token with each access token. Of files: that a direct message gives the key of its file as
//! a post does, and that the address of its video needs no token, and
//! that one of more than 30 days, which X does not list, may be gone.
//!
//! A post is decoded by who wrote it and not by the type of its event, so that the same
//! post under three subscriptions is the same interaction. Where the delivery says who
//! reads the author, that number can differ between two deliveries; text, files and ids
//! do not.
//!
//! The conversation of a post is the thread of X and the customer, so that the people
//! below one post stay apart. The Account Activity API does not name the thread: there
//! the customer and the account are the conversation, and the post that a customer
//! answers is the attribute `parent`.
//!
//! Not supported: sending files, polls and quotes; edits of a post by the Account Activity
//! API, which come as posts of their own.

mod access;
mod activity;
mod delivery;
mod direct_message;
mod media;
mod message;
mod outbound;
mod post;
mod probe;
mod problem;
mod status;
mod text;

use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::verify::answer_x_challenge;
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, Credential, EncodeError,
    Exchange, InboundRequest, InboundWay, Item, MessageIds, Outbound, Outcome, Rejection, Reply,
    Response, Scheme, SecretRole, Secrets, Sending, Setting, VerifiedRequest, api_base,
};
use serde::Deserialize;

/// Code of the channel of posts.
const PUBLIC: &str = "x";
/// Code of the channel of direct messages.
const DIRECT: &str = "x-direct";
/// Secret that signs deliveries and answers to the challenge.
const CONSUMER_SECRET: &str = "consumer-secret";
/// Token of requests to the API, where the host does not renew it.
const ACCESS_TOKEN: &str = "access-token";
/// What the host renews the token with.
const REFRESH_TOKEN: &str = "refresh-token";
/// Secret of the app for renewing the token.
const CLIENT_SECRET: &str = "client-secret";
/// Token of the app, by which it is asked about its webhooks.
const APP_TOKEN: &str = "app-token";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: PUBLIC,
    channels: &[PUBLIC, DIRECT],
    settings: &[
        Setting::required(
            "account",
            "\"1716000000000000001\"",
            "the id of the company's user, in digits, not its handle: `GET /2/users/me`",
        ),
        Setting::optional(
            "client-id",
            "\"VTNrQS14bUhwMl83aU5adTd2NWM6MTpjaQ\"",
            "the OAuth 2.0 client ID of the app. With it the host renews the access token by the secret `refresh-token`, and needs no `access-token`",
        ),
        Setting::api_base("\"https://api.x.com\""),
    ],
    secrets: &[
        SecretRole {
            name: CONSUMER_SECRET,
            source: "the API key secret of the app (consumer secret): console.x.com, your app, Keys and tokens",
            is_required: true,
        },
        SecretRole {
            name: ACCESS_TOKEN,
            source: "an OAuth 2.0 access token of the account with the scopes tweet.read, tweet.write, users.read, dm.read and dm.write. Needed without `client-id`",
            is_required: false,
        },
        SecretRole {
            name: REFRESH_TOKEN,
            source: "the OAuth 2.0 refresh token that came with an access token of these scopes and offline.access. Needed with `client-id`",
            is_required: false,
        },
        SecretRole {
            name: CLIENT_SECRET,
            source: "the OAuth 2.0 client secret of the app, if it is a confidential client: console.x.com, your app, Keys and tokens",
            is_required: false,
        },
        SecretRole {
            name: APP_TOKEN,
            source: "the bearer token of the app: console.x.com, your app, Keys and tokens. `patchbay channels test` asks with it whether the webhook is valid; nothing else needs it",
            is_required: false,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::X.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Create an app at console.x.com with the permissions to read, to write and for direct messages; `account` is the id of the company's user in digits, as GET /2/users/me gives it.",
        "Authorize the app for that user with the scopes that the access token lists and offline.access. Set `client-id` and the secret `refresh-token`: the host renews the access token, which lives two hours.",
        "Register {url} by POST /2/webhooks; the URL must have no port, and the server must run, because X checks it at once and again every hour.",
        "Subscribe the account by POST /2/activity/subscriptions to post.mention.create, post.reply.create, post.quote.create, post.create, post.delete, dm.received, dm.sent, chat.received, chat.sent and oauth.revoke, each with the id of the webhook.",
        "Watch GET /2/webhooks: while a webhook is not valid, no events come. Validate it by PUT /2/webhooks/:id and fetch the gap by POST /2/webhooks/replay.",
    ],
    open: |config| Ok(Box::new(X::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// Id of the company's user.
    account: String,
    /// Client id of the app, where the host renews the access token.
    #[serde(default)]
    client_id: Option<String>,
    /// Base URL of the API.
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_base() -> String {
    "https://api.x.com".to_owned()
}

/// The adapter with the settings and secrets of one app and one user.
pub struct X {
    account: String,
    /// Base URL of the API.
    base: String,
    consumer_secret: Secrets,
    /// Of the user, for requests to the API.
    access: Credential,
    /// The app's own token, only to ask about its webhooks.
    app_token: Option<Secrets>,
    public_ids: MessageIds,
    direct_ids: MessageIds,
}

impl X {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<X, ConfigError> {
        let settings: Settings = config.read_settings()?;
        if !is_id(&settings.account) {
            return Err(ConfigError::settings(
                "`account` must be the id of the company's user in digits, not its handle",
            ));
        }
        let base = api_base(&settings.api_base)?;
        Ok(X {
            account: settings.account,
            consumer_secret: config.secrets.get(CONSUMER_SECRET)?.clone(),
            access: access::credential(settings.client_id, &base, &config.secrets)?,
            base,
            app_token: config.secrets.get(APP_TOKEN).ok().cloned(),
            public_ids: MessageIds::new(&config.company_key, PUBLIC),
            direct_ids: MessageIds::new(&config.company_key, DIRECT),
        })
    }
}

/// Whether a text is an id of a user, a post or a direct message.
fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Debug for X {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("X")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for X {
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        _now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        answer_x_challenge(request, &self.consumer_secret)
    }

    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::X.verify(request, &self.consumer_secret, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        delivery::decode(self, request.body())
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(Outbound::requests)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        problem::outcome(exchange)
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
        url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(self, question, exchange, url)
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed(self)
    }
}
