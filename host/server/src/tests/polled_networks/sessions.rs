//! The sessions of Bluesky: renewed when the server ends them, and begun again where they
//! cannot be renewed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::Request;
use super::bluesky::{ACCOUNT, BLUESKY, CREATE_SESSION, REFRESH_SESSION, error, is_session_probe};
use super::connection_tests::test;
use super::polled_office::Provider;
use super::replies::read;
use crate::tests::networks::stand_in::Turn;

fn is_session(request: &Request) -> bool {
    let line = request.line();
    line.starts_with("POST ") && line.ends_with("Session")
}

fn is_refresh(request: &Request) -> bool {
    request.line().ends_with(REFRESH_SESSION)
}

/// Methods that begin and renew sessions, in the order in which the server was asked.
fn sessions(provider: &Provider) -> Vec<String> {
    let requests = provider.requests(is_session);
    let lines = requests.iter().map(|request| request.line());
    let methods = lines.filter_map(|line| line.strip_prefix("POST "));
    methods.map(str::to_owned).collect()
}

/// What a session that ended before its time is answered with.
fn expired() -> Turn {
    Turn::Answer(error(400, "ExpiredToken"))
}

fn authorization(request: &Request) -> &str {
    request.header("authorization").unwrap_or_default()
}

#[tokio::test]
async fn a_session_that_ends_early_is_renewed_for_a_poll() {
    let (provider, office, _) = read(&BLUESKY).await;
    let create = &provider.requests(is_session)[0];
    let login = serde_json::json!({"identifier": ACCOUNT, "password": "hush-bluesky-app-password"});
    assert_eq!(create.json(), login);
    provider.next_pages([expired()]);
    provider.post(2, "And mine?");
    office.retry().await;
    let shown = office.taken(2).await;
    assert_eq!(shown["poll"]["failures"], 0, "{shown}");
    assert_eq!(sessions(&provider), [CREATE_SESSION, REFRESH_SESSION]);
    let refresh = &provider.requests(is_refresh)[0];
    assert_eq!(authorization(refresh), "Bearer hush-refresh-1");
    assert_eq!(refresh.body, b"");
    let pages = provider.pages();
    let used: Vec<&str> = pages.iter().map(authorization).collect();
    // The fourth request renewed it.
    let renewed = "Bearer hush-access-4";
    assert_eq!(
        used,
        ["Bearer hush-access-1", "Bearer hush-access-1", renewed]
    );
    office.poll().await;
    assert_eq!(sessions(&provider).len(), 2);
}

#[tokio::test]
async fn a_session_that_ends_early_is_renewed_for_a_reply_which_goes_out_once() {
    let (provider, office, conversation) = read(&BLUESKY).await;
    let replies = office.replies();
    provider.next_for(replies.is_reply, [expired()]);
    office.reply(&conversation, "It left this morning.").await;
    office.delivered(&conversation).await;
    assert_eq!(sessions(&provider), [CREATE_SESSION, REFRESH_SESSION]);
    let requests = provider.requests(replies.is_reply);
    let [refused, taken] = &requests[..] else {
        panic!("{} requests", requests.len());
    };
    assert_eq!(refused.body, taken.body);
    assert_eq!(authorization(refused), "Bearer hush-access-1");
    assert_ne!(authorization(taken), authorization(refused));
    assert_eq!(office.alert("channel-broken").await, None);
    // At once, and not by another attempt.
    let wait = taken.at.duration_since(refused.at);
    assert!(wait.as_millis() < 500, "{wait:?}");
}

#[tokio::test]
async fn a_session_that_cannot_be_renewed_begins_again_by_the_password() {
    let (provider, office, _) = read(&BLUESKY).await;
    provider.next_pages([expired()]);
    provider.next_for(is_refresh, [expired()]);
    provider.post(2, "And mine?");
    office.retry().await;
    let shown = office.taken(2).await;
    assert_eq!(shown["poll"]["failures"], 0, "{shown}");
    let all = [CREATE_SESSION, REFRESH_SESSION, CREATE_SESSION];
    assert_eq!(sessions(&provider), all);
}

#[tokio::test]
async fn a_password_that_is_refused_is_an_alert_until_it_is_renewed() {
    let provider = Provider::start(&BLUESKY).await;
    provider.post(1, "Where is my order?");
    let refusal = Turn::Answer(error(401, "AuthenticationRequired"));
    provider.next_for(is_session, [refusal]);
    let office = provider.office().await;
    let shown = office.failing("unauthorised").await;
    assert_eq!(
        shown["poll"]["problem"],
        "the server does not begin a session (AuthenticationRequired): check `account` and the app password"
    );
    assert!(office.alert("connection-not-read").await.is_some());
    assert_eq!(provider.pages().len(), 0);
    office.retry().await;
    office.taken(1).await;
    assert_eq!(office.alert("connection-not-read").await, None);
}

#[tokio::test]
async fn a_host_that_starts_again_renews_the_session_that_it_had() {
    let (provider, office, _) = read(&BLUESKY).await;
    provider.post(2, "And mine?");
    let office = office.restarted().await;
    office.taken(1).await;
    assert_eq!(sessions(&provider), [CREATE_SESSION, REFRESH_SESSION]);
}

#[tokio::test]
async fn a_session_that_ends_early_is_renewed_for_a_test_of_the_connection() {
    let (provider, office, _) = read(&BLUESKY).await;
    provider.next_for(is_session_probe, [expired()]);
    let tested = test(&office).await;
    assert_eq!(tested["works"], true, "{tested}");
    assert_eq!(sessions(&provider), [CREATE_SESSION, REFRESH_SESSION]);
}

/// The server limits how many sessions begin in a day.
#[tokio::test]
async fn a_session_that_is_refused_at_once_is_not_renewed_again_and_again() {
    let (provider, office, _) = read(&BLUESKY).await;
    provider.next_pages((0..10).map(|_| expired()));
    provider.post(2, "And mine?");
    office.retry().await;
    let shown = office.failing("unauthorised").await;
    assert_eq!(shown["poll"]["failures"], 1, "{shown}");
    assert_eq!(sessions(&provider), [CREATE_SESSION, REFRESH_SESSION]);
    // The one before, and one with each of the two tokens.
    assert_eq!(provider.pages().len(), 3);
    provider.accept_all();
    office.retry().await;
    office.taken(2).await;
}

/// Many providers take a refresh token once.
#[tokio::test]
async fn a_host_that_stops_keeps_what_replaces_a_refresh_token() {
    let (provider, office, _) = read(&BLUESKY).await;
    let release = Arc::new(Notify::new());
    provider.next_pages([expired()]);
    provider.next_for(is_refresh, [Turn::Held(Arc::clone(&release))]);
    office.retry().await;
    while provider.requests(is_refresh).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stopping = tokio::spawn(office.restarted());
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!stopping.is_finished(), "it does not wait for the provider");
    provider.post(2, "And mine?");
    release.notify_one();
    let office = stopping.await.expect("it starts again");
    office.taken(1).await;
    // With what the held answer has, which was the fourth request's.
    let refreshes = provider.requests(is_refresh);
    let used: Vec<&str> = refreshes.iter().map(authorization).collect();
    assert_eq!(used, ["Bearer hush-refresh-1", "Bearer hush-refresh-4"]);
}
