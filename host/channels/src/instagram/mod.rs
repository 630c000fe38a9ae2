//! A professional account of Instagram: its direct messages (channel
//! `instagram-direct`) and the comments on its posts (channel `instagram`). One
//! webhook delivers both; the account's id is the account.
//!
//! Seen in the provider's pages, published code or issues: the forms of deliveries
//! (a change stands in `changes` or in the entry itself), that a mention in a
//! story opens the window, that a mention in public has ids and no text, that an
//! answer to an answer stands below the top comment, that hidden comments and those on
//! a live video cannot be answered, the codes of errors.
//! *Assumptions*, to be compared with the provider's pages before a release: the base
//! URL and that an account sends by its own id, the tag of agents, that a comment has
//! 300 characters, the meaning of `self_ig_scoped_id`, the version of the API.
//!
//! A direct message is at most 1,000 bytes of UTF-8. The provider refuses an answer
//! to a comment with more than four hashtags or one link, or in capital letters only
//! (assumption).
//!
//! Replies are text. Files, private replies to comments, answers to a mention in a
//! caption, hiding and deleting comments are not encoded.

mod comment;

use patchbay_adapter::InboundWay;
use patchbay_adapter::{AdapterKind, SecretRole, Sending, Setting};

use crate::meta::{self, ACCESS_TOKEN, APP_SECRET, Inbox, Product, VERIFY_TOKEN};

static PRODUCT: Product = Product {
    object: "instagram",
    direct: "instagram-direct",
    public: "instagram",
    fields: &["comments", "live_comments", "mentions"],
    decode_change: comment::decode,
    answers: "replies",
    answers_unknown: false,
    has_metadata: false,
    api_base: "https://graph.instagram.com",
    account: "one professional account; its id is `user_id` of GET /me?fields=user_id",
    identity: "user_id",
    needed: &["messages", "comments"],
    others: &[
        "message_edit",
        "message_reactions",
        "messaging_postbacks",
        "messaging_seen",
        "standby",
        "live_comments",
        "mentions",
    ],
};

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: "instagram",
    channels: &["instagram", "instagram-direct"],
    settings: &[
        Setting::required(
            "accounts",
            "[\"17841400000000001\"]",
            "the id of the professional account (`user_id` of `GET /me?fields=user_id`). One only: the access token belongs to it",
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
        Setting::api_base("\"https://graph.instagram.com\""),
    ],
    secrets: &[
        SecretRole {
            name: APP_SECRET,
            source: "the Instagram app's secret: Meta for Developers, Instagram, API setup",
            is_required: true,
        },
        SecretRole {
            name: VERIFY_TOKEN,
            source: "a random text of your own, which you also enter beside the webhook's URL",
            is_required: true,
        },
        SecretRole {
            name: ACCESS_TOKEN,
            source: "a token of the account with the permissions instagram_business_basic, instagram_business_manage_messages and instagram_business_manage_comments",
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
        "Create a Meta app of the type Business and add the product Instagram to it, API setup with Instagram login.",
        "Add the account and create its token, with the permissions that the access token lists.",
        "In the account's settings on Instagram, allow access to messages for connected tools.",
        "Under Instagram, Webhooks, enter {url} as callback URL and the verify token beside it.",
        "Subscribe the fields messages, message_edit, message_reactions, messaging_postbacks, messaging_seen, standby, comments, live_comments and mentions.",
        "Subscribe the account to the app, with the same fields: POST /{account-id}/subscribed_apps. A feature that is on without its subscription delivers nothing.",
        "To reply until seven days after the customer's message, request the permission Human Agent, and then set human-agent = true.",
    ],
    open: |config| Ok(Box::new(Inbox::open(&PRODUCT, config)?)),
};
