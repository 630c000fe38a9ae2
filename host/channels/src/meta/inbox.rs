//! The adapter of a product with direct messages and public comments: Facebook
//! (Messenger and the comments of a page) and Instagram.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, ConfigError, EncodeError, Exchange, InboundRequest,
    Item, MessageIds, Outbound, Outcome, Rejection, Reply, ReplyWindow, Response, VerifiedRequest,
};
use patchbay_model::interaction::WrittenBy;
use serde_json::{Map, Value};

use super::app::App;
use super::envelope::{self, Items, one};
use super::{answer, direct_message, error_code, media, outbound, probe};

/// Time for free replies after the customer's last direct message.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Time for replies that an agent wrote, with the permission for it.
const AGENT_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Topics of the questions.
const ME: &str = "me";
const SUBSCRIPTIONS: &str = "subscriptions";

/// The setting that says whether the app has the permission "Human Agent".
const HUMAN_AGENT: &str = "human-agent";

/// What differs between the products.
pub(crate) struct Product {
    /// `object` of its deliveries.
    pub(crate) object: &'static str,
    /// Channel of its direct messages.
    pub(crate) direct: &'static str,
    /// Channel of its comments.
    pub(crate) public: &'static str,
    /// Fields of a change that are decoded.
    pub(crate) fields: &'static [&'static str],
    /// Decodes a change by its field and value; the text is its place.
    pub(crate) decode_change: fn(Account<'_>, &str, &str, &Value) -> Item,
    /// Edge of a comment to which an answer is posted.
    pub(crate) answers: &'static str,
    /// Whether a comment whose author is not told can be answered there. On Instagram that is
    /// a mention, which is answered elsewhere.
    pub(crate) answers_unknown: bool,
    /// Whether a direct message takes a text of ours that its echo returns.
    pub(crate) has_metadata: bool,
    /// Base URL of its API.
    pub(crate) api_base: &'static str,
    /// What an account is, and where its id is shown.
    pub(crate) account: &'static str,
    /// Field of `/me` with the id of the account.
    pub(crate) identity: &'static str,
    /// Subscriptions without which no messages of a channel come.
    pub(crate) needed: &'static [&'static str],
    /// Further subscriptions.
    pub(crate) others: &'static [&'static str],
}

/// The adapter of a product with the settings and secrets of one app.
pub(crate) struct Inbox {
    pub(crate) product: &'static Product,
    pub(super) app: App,
    human_agent: bool,
    pub(super) direct_ids: MessageIds,
    pub(super) public_ids: MessageIds,
}

/// How long a channel of a product takes replies.
pub(crate) fn reply_period(
    product: &Product,
    settings: &Map<String, Value>,
    channel: &str,
) -> Option<SignedDuration> {
    let is_granted = settings.get(HUMAN_AGENT) == Some(&Value::Bool(true));
    let window = if is_granted { AGENT_WINDOW } else { WINDOW };
    (channel != product.public).then_some(window)
}

/// An account of an inbox.
#[derive(Clone, Copy)]
pub(crate) struct Account<'a> {
    pub(crate) inbox: &'a Inbox,
    /// Its id.
    pub(crate) id: &'a str,
}

impl Inbox {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub(crate) fn open(
        product: &'static Product,
        config: &AccountConfig,
    ) -> Result<Inbox, ConfigError> {
        let mut common = config.clone();
        let human_agent = match common.settings.remove(HUMAN_AGENT) {
            None => false,
            Some(Value::Bool(is_granted)) => is_granted,
            Some(_) => {
                let problem = format!("`{HUMAN_AGENT}` must be true or false");
                return Err(ConfigError::settings(problem));
            }
        };
        let app = App::open(&common, product.api_base, product.account)?;
        if app.accounts() > 1 {
            let problem = format!(
                "`accounts` must list one id: the access token belongs to {}",
                product.account
            );
            return Err(ConfigError::settings(problem));
        }
        Ok(Inbox {
            product,
            app,
            human_agent,
            direct_ids: MessageIds::new(&config.company_key, product.direct),
            public_ids: MessageIds::new(&config.company_key, product.public),
        })
    }

    /// Whether a reply needs the tag of agents. Without a last message, the provider
    /// decides.
    ///
    /// # Errors
    /// [`EncodeError::WindowClosed`].
    pub(super) fn needs_agent_tag(&self, reply: &Reply<'_>) -> Result<bool, EncodeError> {
        if reply.last_inbound.is_none() {
            return Ok(false);
        }
        let is_open = |window| ReplyWindow::after(reply.last_inbound, window).is_open(reply.now);
        let is_agents = self.human_agent && reply.written_by == WrittenBy::Human;
        match is_open(WINDOW) {
            true => Ok(false),
            false if is_agents && is_open(AGENT_WINDOW) => Ok(true),
            false => Err(EncodeError::WindowClosed),
        }
    }

    fn entry_items<'a>(&'a self, place: String, entry: &'a Value) -> Items<'a> {
        let Some(id) = entry.text(&["id"]) else {
            return one(Item::undecodable(&format!("{place}.id"), "is missing"));
        };
        if !self.app.serves(id) {
            return one(Item::event(&["unknown-account"]));
        }
        let account = Account { inbox: self, id };
        let messages = |list: &'static str| {
            let place = format!("{place}.{list}");
            let items = entry.list(list).iter().enumerate();
            items.flat_map(move |(index, item)| {
                direct_message::decode(account, list, &format!("{place}[{index}]"), item)
            })
        };
        let (messaging, standby) = (messages("messaging"), messages("standby"));
        let changes = {
            let place = place.clone();
            let changes = entry.list("changes").iter().enumerate();
            changes.map(move |(index, change)| {
                let place = format!("{place}.changes[{index}]");
                account.change_item(&place, change)
            })
        };
        // A change can stand in the entry itself.
        let own = entry
            .get("field")
            .map(|_| account.change_item(&place, entry));
        Box::new(messaging.chain(standby).chain(changes).chain(own))
    }
}

impl Account<'_> {
    fn change_item(self, place: &str, change: &Value) -> Item {
        let product = self.inbox.product;
        match envelope::read_change(place, change, product.fields) {
            Ok((field, value)) => {
                (product.decode_change)(self, &format!("{place}.value"), field, value)
            }
            Err(item) => *item,
        }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("channel", &self.product.public)
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl Adapter for Inbox {
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        _now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        self.app.handshake(request)
    }

    fn serves(&self, account: &str) -> bool {
        self.app.serves(account)
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        self.app.verify(request, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        match envelope::read(request.body(), self.product.object) {
            Ok(document) => {
                envelope::items(&document, |place, entry| self.entry_items(place, entry))
            }
            Err(item) => vec![*item],
        }
    }

    /// For direct messages, the window of agents where they have a longer one: a reply
    /// that a policy wrote is refused earlier, by [`Adapter::encode`].
    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(Outbound::requests)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        answer::outcome(exchange, &error_code::GRAPH, outbound::receipt)
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
        let (app, identity) = (&self.app, self.product.identity);
        let mut questions = vec![probe::get(app, ME, &format!("me?fields={identity}"))];
        questions.extend(app.account_ids().map(|id| {
            let path = format!("{id}/subscribed_apps?fields=subscribed_fields");
            probe::get(app, SUBSCRIPTIONS, &path).about(id)
        }));
        questions
    }

    fn probe_result(
        &self,
        question: &Probe,
        exchange: &Exchange<'_>,
        _url: Option<&str>,
    ) -> Vec<Finding> {
        let document = match probe::document(exchange, &error_code::GRAPH) {
            Ok(document) => document,
            Err(finding) => return vec![finding],
        };
        let Product {
            identity,
            needed,
            others,
            ..
        } = self.product;
        match question.topic {
            SUBSCRIPTIONS => probe::subscriptions(&document, needed, others),
            _ => {
                let account = self.app.account_ids().next().unwrap_or_default();
                let found = document.id(&[identity]);
                vec![Finding::of_account(found.as_deref(), account)]
            }
        }
    }

    fn unprobed(&self) -> Vec<Finding> {
        let text = "the callback URL and the fields of the app belong to the app, whose token the host does not have: look under Webhooks of the app";
        vec![Finding::unchecked("webhook-url", text)]
    }
}
