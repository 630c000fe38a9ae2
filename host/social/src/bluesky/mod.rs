//! Bluesky: the host asks for notifications, by the API of the account's server (PDS), and
//! answers with records. One account.
//!
//! Seen in the provider's lexicons and in the source of its server: the methods, their
//! parameters and answers, the form of a post, that writing the same record again changes
//! nothing, that facets count bytes, the form of record keys, that a page that is filtered by
//! reasons can be short. *Assumptions*, to be compared with the provider's pages before a
//! release: that `bsky.social` answers for every account on its servers, that a session
//! begins with the DID as identifier, that renewing one takes an empty body with a media
//! type, `ratelimit-reset` in Unix seconds, the addresses of pictures.
//!
//! Notifications come newest first and in the order of a time that their authors can choose,
//! so the poll reads a while back and tells what it took before by the URI.
//!
//! The attribute `provider_id` is five words: the URI of the post and its CID, those of the
//! root of its thread, and the author's handle. A reply needs all of them. Message ids are
//! made from the URI alone.
//!
//! Not supported: direct messages, which have another API; deletions and what the account
//! posts elsewhere, which are on the stream only; sending files; OAuth.

mod answer;
mod facet;
mod media;
mod notification;
mod outbound;
mod poll;
mod probe;
mod session;
mod tid;

use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaReference, MediaRequest};
use patchbay_adapter::poll::Poll;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, Credential, EncodeError, Exchange,
    InboundWay, Item, MessageIds, Outbound, Outcome, Reply, SecretError, SecretRole, Sending,
    Setting, TokenSource, VerifiedRequest, api_base,
};
use serde::Deserialize;

use self::poll::NotificationPoll;
use self::session::Session;

/// Code of the channel.
const CHANNEL: &str = "bluesky";
/// Password of the account for applications.
const APP_PASSWORD: &str = "app-password";
/// Collection of posts.
const POSTS: &str = "app.bsky.feed.post";
/// Most days of notifications before the first poll.
const HISTORY_DAYS: u32 = 30;
/// Longest password.
const PASSWORD_BYTES: usize = 1_024;
/// Longest DID.
const DID_BYTES: usize = 256;
/// Longest name of a collection, or key of a record.
const NAME_BYTES: usize = 128;
/// Longest digest of a record.
const CID_BYTES: usize = 128;

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"did:plc:ewvi7nxzyoun6zhxrhs64oiz\"",
            "the DID of the company's account, not its handle: `GET https://bsky.social/xrpc/com.atproto.identity.resolveHandle?handle=…`",
        ),
        Setting::optional(
            "history-days",
            "1",
            "how many days of notifications the first poll reads, at most 30; 1 unless set",
        ),
        Setting::optional(
            "api-base",
            "\"https://bsky.social\"",
            "base URL of the account's server (PDS), if it is not one of Bluesky",
        ),
    ],
    secrets: &[SecretRole {
        name: APP_PASSWORD,
        source: "an app password of the account: Settings, Privacy and security, App passwords",
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
        "Log in as the company's account and add an app password under Settings, Privacy and security, App passwords; it needs no access to direct messages.",
        "Set `account` to the DID of the account: com.atproto.identity.resolveHandle tells it by the handle.",
        "Set `api-base` if the account is on a server of its own.",
    ],
    open: |config| Ok(Box::new(Bluesky::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    account: String,
    #[serde(default = "one_day")]
    history_days: u32,
    #[serde(default = "default_base")]
    api_base: String,
}

fn one_day() -> u32 {
    1
}

fn default_base() -> String {
    "https://bsky.social".to_owned()
}

/// The adapter with the settings and the secret of one account.
#[derive(Clone)]
pub struct Bluesky {
    /// DID.
    account: String,
    /// Base URL of the account's server.
    base: String,
    history_days: u32,
    session: TokenSource,
    ids: MessageIds,
}

impl Bluesky {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting or the secret does not fit.
    pub fn open(config: &AccountConfig) -> Result<Bluesky, ConfigError> {
        let settings: Settings = config.read_settings()?;
        if !is_did(&settings.account) {
            return Err(ConfigError::settings(
                "`account` must be the DID of the company's account, such as \"did:plc:ewvi7nxzyoun6zhxrhs64oiz\", not its handle",
            ));
        }
        if settings.history_days > HISTORY_DAYS {
            return Err(ConfigError::settings("`history-days` must be at most 30"));
        }
        let base = api_base(&settings.api_base)?;
        let password = config.secrets.get(APP_PASSWORD)?.first();
        let is_text = std::str::from_utf8(password.expose()).is_ok();
        if !is_text || password.expose().len() > PASSWORD_BYTES {
            return Err(ConfigError::Secret {
                role: APP_PASSWORD,
                problem: SecretError::Form("must be a text of at most 1,024 bytes"),
            });
        }
        let session = Session {
            base: base.clone(),
            account: settings.account.clone(),
            password: password.clone(),
        };
        Ok(Bluesky {
            base,
            history_days: settings.history_days,
            session: TokenSource::new(session),
            ids: MessageIds::new(&config.company_key, CHANNEL),
            account: settings.account,
        })
    }

    fn credential(&self) -> Credential {
        Credential::Token(self.session.clone())
    }

    fn method(&self, method_and_query: &str) -> String {
        format!("{}/xrpc/{method_and_query}", self.base)
    }
}

/// Whether a text is an account's DID.
fn is_did(text: &str) -> bool {
    let Some((method, id)) = text.strip_prefix("did:").and_then(|it| it.split_once(':')) else {
        return false;
    };
    let is_part =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'%');
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_whole = !id.is_empty() && !id.ends_with(':') && id.bytes().all(is_part);
    text.len() <= DID_BYTES && is_method && is_whole
}

/// The DID and the collection of a record's URI, `at://DID/COLLECTION/KEY`.
fn record_of(uri: &str) -> Option<(&str, &str)> {
    let mut parts = uri.strip_prefix("at://")?.split('/');
    let (did, collection, key) = (parts.next()?, parts.next()?, parts.next()?);
    let is_part =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'~');
    let is_name = |name: &str| (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(is_part);
    let is_whole = parts.next().is_none() && is_name(collection) && is_name(key);
    (is_whole && is_did(did)).then_some((did, collection))
}

/// Whether a text has the form of a digest of a record.
fn is_cid(text: &str) -> bool {
    (1..=CID_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl fmt::Debug for Bluesky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bluesky")
            .field("account", &self.account)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Adapter for Bluesky {
    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    fn poll(&self, cursor: Option<&[u8]>, now: Timestamp) -> Option<Box<dyn Poll>> {
        Some(Box::new(NotificationPoll::new(self, cursor, now)))
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        vec![notification::decode(self, request.body())]
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        let request = outbound::encode(self, reply)?;
        Ok(Outbound::requests(vec![request]))
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        answer::outcome(exchange)
    }

    fn media(&self, file: &MediaReference) -> Option<MediaRequest> {
        media::request(file)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_and_a_uri_have_a_form() {
        for (text, is) in [
            ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", true),
            ("did:web:care.example", true),
            ("did:web:care.example%3A3000", true),
            ("did:plc:", false),
            ("did::x", false),
            ("did:plc:a/b", false),
            ("did:plc:a b", false),
            ("care.example", false),
            ("", false),
        ] {
            assert_eq!(is_did(text), is, "{text}");
        }
        let uri = "at://did:plc:a/app.bsky.feed.post/3l6oveex3ii2l";
        assert_eq!(record_of(uri), Some(("did:plc:a", POSTS)));
        for other in [
            "at://care.example/app.bsky.feed.post/1",
            "at://did:plc:a/app.bsky.feed.post",
            "at://did:plc:a/app.bsky.feed.post/",
            "at://did:plc:a/app.bsky.feed.post/1/2",
            "at://did:plc:a/app.bsky.feed.post/1?x",
            "https://bsky.app/profile/a/post/1",
            "",
        ] {
            assert_eq!(record_of(other), None, "{other}");
        }
    }
}
