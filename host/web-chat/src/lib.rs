//! Web chat: a channel of our own. The pages of the company's site talk to the host,
//! and no provider is in between:
//!
//! 1. A page of an allowed origin begins a [`Session`]. Its token says who the visitor
//!    is; the host stores no session.
//! 2. The page sends messages, each with an id that it made: [`WebChat`] verifies
//!    origin and token, and decodes the message.
//! 3. A reply does not leave the host. It counts as sent once it is in the
//!    conversation's history, which the visitor's page reads.
//!
//! A customer is known only by a code of the site ([`SessionRequest`]). An anonymous
//! visitor has a random address: a name or address that they type gives them nothing
//! of another person.

mod cursor;
mod identity;
mod message;
mod origin;
mod session;

use std::any::Any;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::probe::Finding;
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, EncodeError, Exchange, FailureKind,
    FileRules, InboundRequest, InboundWay, Item, MessageIds, Method, Outbound, Outcome, Reason,
    Rejection, Reply, SecretRole, Sending, Setting, TextPlace, TypeRule, VerifiedRequest,
};
use patchbay_files::{MEDIA_TYPES, MOST_FILES};
use patchbay_model::input::is_code;
use serde::Deserialize;

use cursor::CursorKey;
use identity::IdentityRule;
use origin::AllowedOrigins;
use session::SessionKey;

pub use identity::{IdentityError, SessionRequest};
pub use message::{MESSAGE_CHARACTERS, page_id};
pub use session::Session;

/// Code of the channel.
pub const CHANNEL: &str = "chat";
/// Secret by which the site names its customers.
const WIDGET_SECRET: &str = "widget-secret";

/// What a reply has of files: the visitor's page downloads them from the host.
const FILES: FileRules = FileRules {
    count: MOST_FILES,
    total_bytes: 100 << 20,
    types: &[TypeRule {
        media_types: MEDIA_TYPES,
        bytes: 25 << 20,
    }],
    text: TextPlace::With,
    without_text: true,
};

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"site\"",
            "the company's name for the chat: lower-case letters, digits, hyphens, dots",
        ),
        Setting::required(
            "origins",
            "[\"https://www.northwind.example\"]",
            "1 to 64 sites whose pages may open the chat, each as scheme, host and port; `http` only for pages of this machine; `\"null\"` is any page without an origin (a sandboxed frame, a local file), and any site can make one",
        ),
        Setting::optional(
            "anonymous",
            "false",
            "whether visitors may write whom the site does not name; without them `widget-secret` is needed; default: yes",
        ),
        Setting::optional(
            "require-iat",
            "true",
            "whether the code of a known customer must have a time; default: no",
        ),
    ],
    secrets: &[SecretRole {
        name: WIDGET_SECRET,
        source: "a random text that the server of the site has too: openssl rand -hex 32",
        is_required: false,
    }],
    has_provider: false,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: message::BODY_BYTES,
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: true,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: Some(&FILES),
    setup: &[
        "Set `account` to a name of your own for the chat, and `origins` to the sites whose pages may open it.",
        "Put the script of the widget, which this host serves at /widget/chat.js, on the pages: docs/channel-chat.md has the tag. It sends to {url}.",
        "To know customers of the site, set `widget-secret`, and let the server of the site make user_hash.",
    ],
    open: |config| Ok(Box::new(WebChat::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// The company's name for the chat.
    account: String,
    /// Sites whose pages may open it.
    origins: Vec<String>,
    /// Whether visitors may write whom the site does not name.
    #[serde(default = "yes")]
    anonymous: bool,
    /// Whether the code of a known customer must have a time.
    #[serde(default)]
    require_iat: bool,
}

fn yes() -> bool {
    true
}

/// The adapter with the settings and the secret of one chat.
pub struct WebChat {
    account: String,
    origins: AllowedOrigins,
    identity: IdentityRule,
    ids: MessageIds,
    sessions: SessionKey,
    cursors: CursorKey,
}

impl WebChat {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or the settings need the secret and it is missing.
    pub fn open(config: &AccountConfig) -> Result<WebChat, ConfigError> {
        let settings: Settings = config.read_settings()?;
        let account = settings.account;
        if !is_code(&account) {
            return Err(ConfigError::settings(
                "`account` must be a name of lower-case letters, digits, hyphens and dots, such as \"site\"",
            ));
        }
        let secrets = match config.secrets.get(WIDGET_SECRET) {
            Ok(secrets) => Some(secrets.clone()),
            Err(error) if !settings.anonymous => return Err(error),
            Err(_) => None,
        };
        let key = &config.company_key;
        Ok(WebChat {
            origins: AllowedOrigins::parse(&settings.origins)?,
            identity: IdentityRule {
                secrets,
                allows_anonymous: settings.anonymous,
                needs_time: settings.require_iat,
            },
            ids: MessageIds::new(key, CHANNEL),
            sessions: SessionKey::new(key, &account),
            cursors: CursorKey::new(key, &account),
            account,
        })
    }

    /// The adapter as a web chat, if it is one: its pages also begin sessions and read
    /// histories.
    pub fn of(adapter: &dyn Adapter) -> Option<&WebChat> {
        let adapter: &dyn Any = adapter;
        adapter.downcast_ref()
    }

    /// The company's name for the chat: the account of its interactions.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Whether pages with this `Origin` may open the chat.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.allows(origin)
    }

    /// Begins a session, or renews that of a token. `random` are bytes that no page can
    /// guess, for the address of an anonymous visitor.
    ///
    /// # Errors
    /// The page names a customer, or none, in a way that the connection refuses.
    pub fn begin(
        &self,
        request: &SessionRequest,
        present: Option<&Session>,
        random: [u8; 16],
        now: Timestamp,
    ) -> Result<Session, IdentityError> {
        match self.identity.check(request, now)? {
            Some(user) => Ok(Session::known(user, now)),
            None => {
                // A page that names no customer any more must not go on as one.
                let present = present.filter(|session| !session.is_known());
                let renewed = present.and_then(|session| session.renewed(now));
                Ok(renewed.unwrap_or_else(|| Session::anonymous(random, now)))
            }
        }
    }

    /// The token of a session.
    pub fn token(&self, session: &Session) -> String {
        self.sessions.token(session)
    }

    /// The session of a token.
    ///
    /// # Errors
    /// It is not one of this connection, or is over.
    pub fn session(&self, token: &str, now: Timestamp) -> Result<Session, Rejection> {
        let session = self.sessions.session(token)?;
        if !session.is_valid(now) {
            return Err(Rejection::Stale);
        }
        // It began before the settings changed.
        match session.is_known() || self.identity.allows_anonymous {
            true => Ok(session),
            false => Err(Rejection::Mismatch),
        }
    }

    /// A place in a visitor's history, for the page.
    pub fn cursor(&self, session: &Session, number: u64) -> String {
        self.cursors.cursor(session.address(), number)
    }

    /// The place of a cursor; `None` if it is none of this visitor.
    pub fn place(&self, session: &Session, cursor: &str) -> Option<u64> {
        self.cursors.number(session.address(), cursor)
    }

    /// The token of a request.
    fn bearer<'r>(request: &InboundRequest<'r>) -> Result<&'r str, Rejection> {
        let value = request.headers.required("authorization")?;
        value.strip_prefix("Bearer ").ok_or(Rejection::Malformed)
    }
}

impl fmt::Debug for WebChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebChat")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for WebChat {
    fn serves(&self, account: &str) -> bool {
        self.account == account
    }

    /// Checks origin and token of a visitor's message.
    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        if request.body.len() > message::BODY_BYTES {
            return Err(Rejection::TooLarge);
        }
        if request.method != Method::Post {
            return Err(Rejection::Malformed);
        }
        if !self.allows_origin(request.headers.required("origin")?) {
            return Err(Rejection::Mismatch);
        }
        self.session(WebChat::bearer(request)?, now)?;
        Ok(VerifiedRequest::by_token(request))
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        let session = WebChat::bearer(request.request());
        let item = match session.and_then(|token| self.sessions.session(token)) {
            Ok(session) => message::decode(self, &session, request.body()),
            Err(_) => Item::undecodable("authorization", "is no token of this chat"),
        };
        vec![item]
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        if self.account != reply.account {
            return Err(EncodeError::Account);
        }
        reply.check_text()?;
        let key = format!("{}/1", reply.key);
        Ok(vec![Outbound::History { key }])
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        match exchange.answer(FailureKind::Retry) {
            Ok(_) => Outcome::Refused(Reason::words("no provider")),
            Err(outcome) => outcome,
        }
    }

    fn unprobed(&self) -> Vec<Finding> {
        let text = "there is no provider to ask: whether a page of the site has the script shows with its first message";
        vec![Finding::unchecked("pages", text)]
    }
}
