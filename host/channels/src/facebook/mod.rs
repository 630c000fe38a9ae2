//! A page of Facebook: its direct messages (Messenger, channel `messenger`) and what
//! people write on it in public (channel `facebook`). One webhook delivers both; the
//! page's id is the account, and the access token is the page's.
//!
//! Seen in the provider's pages, published code or issues: the forms of deliveries,
//! the signature, that only agents may write after 24 hours and only with a tag, that
//! other tags are withdrawn, that a planted key may have 1,000 characters, most codes
//! of errors. *Assumptions*, to be compared with the provider's pages before a
//! release: the other codes, that what a redirect of a shared link signs differs
//! between deliveries, that a reply to an answer stands under the same comment, the
//! version of the API, that files are listed in the order of the delivery.
//!
//! Of the known faults of other products, these have no case among the deliveries:
//! that an echo comes before the answer to our own request, and that it leaves a
//! resolved conversation resolved, are the desk's.
//!
//! Replies are text. Files, templates, private replies to comments, hiding and
//! deleting comments are not encoded.

mod feed;

use patchbay_adapter::InboundWay;
use patchbay_adapter::{AdapterKind, SecretRole, Sending, Setting};

use crate::meta::{self, ACCESS_TOKEN, APP_SECRET, Inbox, Product, VERIFY_TOKEN};

static PRODUCT: Product = Product {
    object: "page",
    direct: "messenger",
    public: "facebook",
    fields: &["feed", "mention"],
    decode_change: feed::decode,
    answers: "comments",
    answers_unknown: true,
    has_metadata: true,
    api_base: "https://graph.facebook.com",
    account: "one page; its id is in the page's settings under Page transparency",
    identity: "id",
    needed: &["messages", "feed"],
    others: &[
        "message_echoes",
        "message_edits",
        "message_reactions",
        "message_deliveries",
        "message_reads",
        "messaging_postbacks",
        "standby",
        "mention",
    ],
};

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: "facebook",
    channels: &["facebook", "messenger"],
    settings: &[
        Setting::required(
            "accounts",
            "[\"102938475610293\"]",
            "the id of the page. One only: the access token belongs to it. A second page needs an app of its own",
        ),
        Setting::optional(
            "human-agent",
            "true",
            "`true` if Meta granted the app the permission Human Agent. Default: `false`",
        ),
        Setting::optional(
            "api-version",
            "\"v24.0\"",
            "version of the Graph API, `v24.0`",
        ),
        Setting::api_base("\"https://graph.facebook.com\""),
    ],
    secrets: &[
        SecretRole {
            name: APP_SECRET,
            source: "the app's secret: Meta for Developers, App settings, Basic",
            is_required: true,
        },
        SecretRole {
            name: VERIFY_TOKEN,
            source: "a random text of your own, which you also enter beside the webhook's URL",
            is_required: true,
        },
        SecretRole {
            name: ACCESS_TOKEN,
            source: "a token of the page with the permissions pages_messaging, pages_manage_metadata, pages_read_engagement, pages_read_user_content and pages_manage_engagement",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: patchbay_adapter::Scheme::Meta.body_limit(),
    sending: Sending::Always,
    reply_period: |settings, channel| meta::reply_period(&PRODUCT, settings, channel),
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Create a Meta app of the type Business and add the products Messenger and Webhooks to it.",
        "Create a token of the page that does not expire, with the permissions that the access token lists.",
        "Under Webhooks, object Page, enter {url} as callback URL and the verify token beside it.",
        "Subscribe the fields messages, message_echoes, message_edits, message_reactions, message_deliveries, message_reads, messaging_postbacks, standby, feed and mention.",
        "Subscribe the page to the app, with the same fields: POST /{page-id}/subscribed_apps.",
        "To reply until seven days after the customer's message, request the permission Human Agent, and then set human-agent = true.",
    ],
    open: |config| Ok(Box::new(Inbox::open(&PRODUCT, config)?)),
};
