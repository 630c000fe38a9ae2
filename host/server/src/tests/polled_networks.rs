//! Every adapter whose provider the host asks, against a stand-in for the provider: one row
//! per adapter says what its provider answers, and the tests go through the rows. Mailboxes
//! are in `mailbox`.

mod app_store;
mod bluesky;
mod connection_tests;
mod feed;
mod mastodon;
mod play_store;
mod polled_office;
mod polls;
mod replies;
mod secrecy;
mod sessions;

use patchbay_adapter::{InboundWay, Sending};

use super::networks::Answer;
use super::networks::stand_in::{IsFor, Request};

/// An adapter that is polled, and its provider.
struct PolledNetwork {
    /// Name of the adapter.
    name: &'static str,
    /// Its settings in the company file; `API` stands for the URL of the stand-in.
    settings: &'static str,
    /// Its secrets by role. Those of the test, and the tokens that it gives, begin with
    /// `hush-`; keys are in PEM.
    secrets: &'static [(&'static str, &'static str)],
    /// The answer to the request of a number, with what customers posted.
    answer: fn(&[Post], u32, &Request) -> Answer,
    /// Whether it asks again at once when an operator says so, and after a restart. Others
    /// keep a pause whatever happens.
    asks_again_at_once: bool,
    /// Whether a request asks for what customers posted.
    is_page: IsFor,
    /// Bodies of answers with the status 200 that are no pages.
    no_pages: &'static [&'static str],
    /// It does not accept the access.
    unauthorised: fn() -> Answer,
    /// How it takes replies; `None`: the adapter sends none.
    replies: Option<Replies>,
}

/// What a customer posted. Each customer posts once.
#[derive(Clone)]
struct Post {
    /// From 1; that of the customer too.
    number: u32,
    text: String,
    /// Unix time in seconds.
    at: i64,
}

/// How a provider takes replies.
struct Replies {
    is_reply: IsFor,
    /// By what it knows a reply that it took before.
    key: fn(&Request) -> String,
}

/// One row per adapter without a webhook.
static POLLED: [&PolledNetwork; 5] = [
    &mastodon::MASTODON,
    &bluesky::BLUESKY,
    &feed::FEED,
    &play_store::PLAY_STORE,
    &app_store::APP_STORE,
];

#[test]
fn every_adapter_without_a_webhook_has_a_row() {
    let rows: Vec<&str> = POLLED.iter().map(|network| network.name).collect();
    let adapters = patchbay_channels::ADAPTERS.iter();
    let adapters = adapters.filter(|kind| kind.has_provider);
    let adapters: Vec<_> = adapters
        .filter(|kind| !kind.inbound.contains(&InboundWay::Webhook))
        .collect();
    let names: Vec<&str> = adapters.iter().map(|kind| kind.name).collect();
    assert_eq!(rows, names);
    for (network, kind) in POLLED.iter().zip(adapters) {
        let name = network.name;
        assert!(kind.inbound.iter().all(|way| way.is_polled()), "{name}");
        let sends = kind.sending != Sending::Never;
        assert_eq!(network.replies.is_some(), sends, "{name}");
    }
}
