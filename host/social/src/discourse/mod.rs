//! Discourse: one forum, whose host is the account.
//!
//! Seen in the provider's source: the signature, `ping`, the payload of a post, which
//! contains `raw` always and the flags of its author, negative ids of bots, that an answer
//! to the same request within two minutes is that of the first, the kinds of errors. Seen
//! in published deliveries: `reply_to_user` without the id of the user. *Assumptions*, to
//! be compared with the provider's pages before a release: the words of a text that is too
//! similar to an earlier one, and that the refusal of a key contains `API` in every
//! language; a post that waits for approval as `action: enqueued`.
//!
//! The provider's id of a post is `topic:number`, as in the address of the post: the number
//! is all that a post says of the one it answers, and a reply needs both. A moderator who
//! moves a post to another topic makes another message of it once it is edited.
//!
//! The conversation of a public post is the topic and its author, so that the people of one
//! topic stay apart. A private topic is one conversation, because everyone in it reads
//! everything and the company's answers name no user.
//!
//! What a delivery says of a post counts, as one act gives several events. The name of the
//! event, which is not signed, tells only whether a post with these words is new, another
//! wording or gone.
//!
//! Not supported: files, which stay links in the text; polling for deliveries that the forum
//! gave up; resolving a conversation when the forum accepts an answer as the solution.
//!
//! Every case of the research is a golden case, a vector of the signature, or a test of
//! answers.

mod answer;
mod delivery;
mod outbound;
mod post;
mod probe;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, EncodeError, Exchange,
    InboundRequest, InboundWay, Item, MessageIds, Outbound, Outcome, Rejection, Reply, Scheme,
    SecretRole, Secrets, Sending, Setting, VerifiedRequest, api_base, document,
};
use serde::Deserialize;

/// Code of the channel.
const CHANNEL: &str = "discourse";
/// Secret that signs deliveries.
const WEBHOOK_SECRET: &str = "webhook-secret";
/// Key of requests to the API.
const API_KEY: &str = "api-key";
/// Most bytes of a `ping`.
const PING_BYTES: usize = 1_024;
/// Most characters of a user name.
const USERNAME_CHARACTERS: usize = 60;

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"forum.northwind.example\"",
            "host of the forum, and behind it the folder if the forum is in one",
        ),
        Setting::required(
            "username",
            "\"northwind_care\"",
            "user of the forum who writes the replies",
        ),
        Setting::optional(
            "team",
            "[\"ana_northwind\"]",
            "further users whose posts are the company's. Administrators and moderators of the forum are the company's always",
        ),
        Setting::api_base("\"https://forum.northwind.example\""),
    ],
    secrets: &[
        SecretRole {
            name: WEBHOOK_SECRET,
            source: "a random text of your own of 12 characters and more, which you also enter as secret of the webhook",
            is_required: true,
        },
        SecretRole {
            name: API_KEY,
            source: "an API key of the user in `username` alone, with global scope: Admin, API, API keys",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::Discourse.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Create a user of the forum who writes the replies, and an API key of that user alone, with global scope (Admin, API, API keys).",
        "Create a webhook (Admin, API, Webhooks) with the payload URL {url}, the content type application/json and the secret.",
        "Select the post events of the webhook, and no topic events; choose categories where the company answers in some only.",
        "Switch on the site setting retry_web_hook_events: without it a delivery that fails is lost.",
        "Send a ping from the page of the webhook: the server must run.",
    ],
    open: |config| Ok(Box::new(Discourse::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// Host and folder of the forum.
    account: String,
    /// User who writes the replies.
    username: String,
    /// Further users of the company.
    #[serde(default)]
    team: Vec<String>,
    /// Base URL of the API; absent: the forum by https.
    #[serde(default)]
    api_base: Option<String>,
}

/// The adapter with the settings and secrets of one forum.
pub struct Discourse {
    /// Host and folder of the forum.
    account: String,
    username: String,
    /// User names of the company, in lower case.
    team: BTreeSet<String>,
    /// Base URL of the API.
    base: String,
    webhook_secret: Secrets,
    api_key: Secrets,
    ids: MessageIds,
}

impl Discourse {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Discourse, ConfigError> {
        let settings: Settings = config.read_settings()?;
        let account = settings.account;
        let site = format!("https://{account}");
        if api_base(&site).ok().as_ref() != Some(&site) {
            return Err(ConfigError::settings(
                "`account` must be the host of the forum in lower case, such as \"forum.northwind.example\", with its folder if it is in one, without https:// and without / at its end",
            ));
        }
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let name = &settings.username;
        if !(1..=USERNAME_CHARACTERS).contains(&name.len()) || !name.bytes().all(is_part) {
            return Err(ConfigError::settings(
                "`username` must be the name of a user of the forum without @: letters, digits, `_`, `.` and `-`",
            ));
        }
        if settings
            .team
            .iter()
            .any(|it| it.is_empty() || it.contains('@'))
        {
            return Err(ConfigError::settings(
                "`team` must list names of users of the forum without @",
            ));
        }
        let team = settings.team.iter().chain([name]);
        Ok(Discourse {
            team: team.map(|name| name.to_lowercase()).collect(),
            base: match &settings.api_base {
                Some(base) => api_base(base)?,
                None => site,
            },
            account,
            webhook_secret: config.secrets.get(WEBHOOK_SECRET)?.clone(),
            api_key: config.secrets.get(API_KEY)?.clone(),
            ids: MessageIds::new(&config.company_key, CHANNEL),
            username: settings.username,
        })
    }
}

impl fmt::Debug for Discourse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discourse")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for Discourse {
    /// A `ping`, which an administrator sends from the page of the webhook.
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        match document::of_check(request, PING_BYTES).text(&["ping"]) {
            Some(_) => self
                .verify(request, now)
                .map(|_| Some(Acknowledgement::EMPTY)),
            None => Ok(None),
        }
    }

    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Discourse.verify(request, &self.webhook_secret, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        vec![delivery::decode(self, request.request())]
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        let request = outbound::encode(self, reply)?;
        Ok(Outbound::requests(vec![request]))
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        answer::outcome(exchange)
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
        vec![probe::finding(self, exchange)]
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed()
    }
}
