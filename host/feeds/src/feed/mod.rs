//! Feeds: RSS, Atom and JSON Feed. A connection reads one feed, whatever is in it: the
//! comments of a blog, what a search for mentions found. They have no way back.
//!
//! Seen in published formats and samples: Atom (RFC 4287), its threads (RFC 4685), RSS 2.0,
//! JSON Feed 1.1, conditional requests (RFC 9110). *Assumptions*: that a page of which an
//! entry names a place (`#comment-5`) is the post that it comments on; the parameters that
//! only track readers.
//!
//! An entry is known by its id, so that the same wording again is the same interaction, and
//! another one under the id is an edit. The cursor has short digests of the entries that the
//! feed showed last: they are not delivered again, and what the feed had before the first
//! poll never is, unless it is recent.
//!
//! Bounded are: bytes and entries of a document, depth and name spaces of XML, values of
//! JSON, bytes of texts, ids, lists. Entities and document types of XML are not followed,
//! addresses in a feed are never requested.
//!
//! Not supported: further pages (RFC 5005), pushes (WebSub), logins, relative addresses.

mod cadence;
mod date;
mod document;
mod element_reader;
mod entry;
mod json;
mod link;
mod markup;
mod message;
mod poll;
mod probe;
mod vocabulary;
mod xml;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_adapter::poll::Poll;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, EncodeError, Exchange, FailureKind,
    InboundWay, Item, MessageIds, Outbound, Outcome, Reason, Reply, Sending, Setting,
    VerifiedRequest,
};
use patchbay_config::web_address::WebAddress;
use patchbay_model::input::is_code;
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use self::entry::Entry;
use self::poll::FeedPoll;

/// Code of the channel.
const CHANNEL: &str = "feed";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"blog-comments\"",
            "your name for the feed, a code: its interactions have it as account",
        ),
        Setting::required(
            "url",
            "\"https://blog.northwind.example/comments/feed/\"",
            "address of the feed: RSS, Atom or JSON Feed. Redirects are not followed",
        ),
        Setting::optional(
            "every-minutes",
            "15",
            "minutes between two polls (15; 5 to 1440); longer where the feed or its server asks for it",
        ),
        Setting::optional(
            "history-days",
            "1",
            "entries that were written more days before the first poll are left out (1; at most 365)",
        ),
    ],
    secrets: &[],
    has_provider: true,
    inbound: &[InboundWay::Poll],
    signs_url: false,
    body_limit: 1 << 20,
    sending: Sending::Never,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: true,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Set `url` to the address of the feed, as a reader of feeds needs it; `account` is a name of your own for it.",
        "Test the connection: a feed that has moved is reported with its status, and the address in the settings must be changed.",
        "Entries cannot be answered from here: the attribute `link` of each is the page on which an agent can answer.",
    ],
    open: |config| Ok(Box::new(Feed::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    account: String,
    url: String,
    #[serde(default = "default_minutes")]
    every_minutes: u32,
    #[serde(default = "default_days")]
    history_days: u32,
}

fn default_minutes() -> u32 {
    15
}

fn default_days() -> u32 {
    1
}

/// The adapter with the settings of one feed.
#[derive(Clone)]
pub struct Feed {
    account: String,
    /// Some addresses let everyone who knows them read.
    url: String,
    /// Of the address: 16 hexadecimal digits.
    address_digest: String,
    interval: Duration,
    history_days: u32,
    ids: MessageIds,
}

impl Feed {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit.
    pub fn open(config: &AccountConfig) -> Result<Feed, ConfigError> {
        let settings: Settings = config.read_settings()?;
        if !is_code(&settings.account) {
            return Err(ConfigError::settings(
                "`account` must be a name of your own for the feed: lower-case letters, digits, hyphens and dots, such as \"blog-comments\"",
            ));
        }
        WebAddress::parse(&settings.url)
            .map_err(|error| ConfigError::settings(format!("`url` {error}")))?;
        if !(5..=1_440).contains(&settings.every_minutes) {
            return Err(ConfigError::settings(
                "`every-minutes` must be 5 to 1440: servers of feeds refuse readers that ask more often",
            ));
        }
        if settings.history_days > 365 {
            return Err(ConfigError::settings("`history-days` must be at most 365"));
        }
        let url = settings.url.split('#').next().unwrap_or_default();
        let address = digest(&SHA256, url.as_bytes());
        let address = address.as_ref()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"));
        Ok(Feed {
            account: settings.account,
            url: url.to_owned(),
            address_digest: address.collect(),
            interval: Duration::from_secs(u64::from(settings.every_minutes) * 60),
            history_days: settings.history_days,
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }

    fn message_id(&self, entry: &Entry) -> String {
        self.ids.id(&self.account, &entry.identity())
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for Feed {
    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        vec![message::decode(self, request.body())]
    }

    fn poll(&self, cursor: Option<&[u8]>, now: Timestamp) -> Option<Box<dyn Poll>> {
        Some(Box::new(FeedPoll::new(self, cursor, now)))
    }

    fn encode(&self, _reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        Err(EncodeError::NoWayBack)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        match exchange.answer(FailureKind::Refused) {
            Ok(_) => Outcome::Refused(Reason::words("no way back")),
            Err(outcome) => outcome,
        }
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
        vec![probe::finding(exchange)]
    }
}
