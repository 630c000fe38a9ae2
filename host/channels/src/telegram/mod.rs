//! Telegram bots. One webhook delivers the updates of one bot; the bot's id is the
//! account.
//!
//! Seen in the provider's pages: the fields of updates, ports, limits of length and
//! size, `retry_after`, blocked users. *Assumptions*, to be compared with the
//! provider's pages before a release: that a message outside a topic of a forum must
//! not be answered with the id of its thread, and that a file's `file_id` can differ
//! between two updates of one message while its `file_unique_id` does not.
//!
//! A message id counts within a chat, and within a connection of a business account:
//! the provider's id is `chat:message` or `connection:chat:message`. A group, or a
//! topic of a forum, is a conversation; the chat of a business account is one too,
//! named by the connection and a hash of the customer.
//!
//! Not supported: a group that becomes a supergroup keeps no conversation (the two
//! messages are counted as events, and a reply to the old one is refused); buttons. A bot is not told of deletions outside of business accounts.
//!
//! Each file of a reply is a message (`sendPhoto`, `sendVideo`, `sendAudio`,
//! `sendAnimation` or `sendDocument`), uploaded with the request that sends it. Albums
//! (`sendMediaGroup`) are not used: they take either pictures and videos or documents or
//! audio, and one answer for all would leave a part of it uncertain.
//!
//! Every case of the research is a golden case or a test of answers, except that an
//! escaped text grows over the limit: replies have no markup, so nothing is escaped.

mod content;
mod file;
mod media;
mod message;
mod outbound;
mod probe;
mod reaction;
mod update;

use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, EncodeError, Exchange, FileRequest,
    InboundRequest, InboundWay, Item, MessageIds, Outbound, OutboundFile, Outcome, Rejection,
    Reply, Response, Scheme, SecretError, SecretRole, Secrets, Sending, Setting, VerifiedRequest,
    api_base,
};
use serde::Deserialize;

/// Code of the channel.
const CHANNEL: &str = "telegram";
/// Text that Telegram sends with every update.
const SECRET_TOKEN: &str = "secret-token";
/// Token of requests to the API.
const BOT_TOKEN: &str = "bot-token";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"7000000001\"",
            "id of the bot: the digits before the colon of its token",
        ),
        Setting::api_base("\"https://api.telegram.org\""),
    ],
    secrets: &[
        SecretRole {
            name: SECRET_TOKEN,
            source: "a random text of your own, 1 to 256 of A-Z, a-z, 0-9, _ and -, which you also give to setWebhook as secret_token",
            is_required: true,
        },
        SecretRole {
            name: BOT_TOKEN,
            source: "the token of the bot, as BotFather shows it: 123456789:AA…",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::Telegram.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: Some(&file::RULES),
    setup: &[
        "Create a bot with BotFather; `account` is the number before the colon of its token.",
        "To read all messages of groups, switch off the bot's privacy mode with BotFather.",
        "Call setWebhook with the url {url}, the secret_token, and the allowed_updates message, edited_message, business_message, edited_business_message, deleted_business_messages, message_reaction and my_chat_member.",
        "For reactions in a group make the bot an administrator of it.",
    ],
    open: |config| Ok(Box::new(Telegram::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// Id of the bot.
    account: String,
    /// Base URL of the API.
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_base() -> String {
    "https://api.telegram.org".to_owned()
}

/// The adapter with the settings and secrets of one bot.
pub struct Telegram {
    account: String,
    /// Base URL of the API.
    base: String,
    secret_token: Secrets,
    bot_token: Secrets,
    ids: MessageIds,
}

impl Telegram {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting or secret does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Telegram, ConfigError> {
        let settings: Settings = config.read_settings()?;
        let account = settings.account;
        if !is_digits(&account) {
            return Err(ConfigError::settings(
                "`account` must be the id of the bot: the digits before the colon of its token",
            ));
        }
        let base = api_base(&settings.api_base)?;
        let secret_token = config.secrets.get(SECRET_TOKEN)?.clone();
        let invalid = |role, problem| ConfigError::Secret { role, problem };
        Scheme::Telegram
            .check_secrets(&secret_token)
            .map_err(|problem| invalid(SECRET_TOKEN, problem))?;
        let bot_token = config.secrets.get(BOT_TOKEN)?.clone();
        if !bot_token
            .iter()
            .all(|token| is_token(token.expose(), &account))
        {
            let problem =
                "is not a token of the bot in `account`; copy it from BotFather: 123456789:AA…";
            return Err(invalid(BOT_TOKEN, SecretError::Form(problem)));
        }
        Ok(Telegram {
            account,
            base,
            secret_token,
            bot_token,
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }
}

fn is_digits(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a token is one of the bot and can stand in a URL.
fn is_token(token: &[u8], bot: &str) -> bool {
    let key = token.strip_prefix(bot.as_bytes());
    let key = key.and_then(|key| key.strip_prefix(b":"));
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    key.is_some_and(|key| (1..=128).contains(&key.len()) && key.iter().all(is_part))
}

impl fmt::Debug for Telegram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telegram")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for Telegram {
    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Telegram.verify(request, &self.secret_token, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        update::decode(self, request.body())
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply)
    }

    fn encode_file(
        &self,
        reply: &Reply<'_>,
        part: &OutboundFile,
        content: &[u8],
    ) -> Result<FileRequest, EncodeError> {
        file::request(self, reply, part, content)
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
}
