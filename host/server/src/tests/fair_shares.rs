//! What one company or token occupies of the host's threads and streams leaves
//! others theirs. Counted, not timed.

use std::sync::{Arc, mpsc};

use patchbay_model::access::Role;
use patchbay_model::bound::{Bound, Scope};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::bounds::{LOUD, QUIET, follow, two_companies};
use super::matrix::{give, standing};
use crate::app::on_share_of;

const MESSAGE: &str = r#"{"id":"1","channel":"x","text":"Hello","author":{"address":"@a"}}"#;

#[tokio::test]
async fn a_company_that_occupies_its_threads_delays_no_other() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Work, Scope::Company, 2);
        settings.bounds.set(Bound::Work, Scope::Host, 4);
    })
    .await;
    let mut holds = Vec::new();
    for _ in 0..2 {
        let (hold, held) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let app = Arc::clone(&server.app);
        tokio::spawn(async move {
            let work = move || {
                let _ = begun.send(());
                let _ = held.recv();
            };
            on_share_of(&app.shares.requests, Some("northwind".into()), work).await
        });
        has_begun.await.expect("begun");
        holds.push(hold);
    }
    let client = server.client;
    let mut waiting = JoinSet::new();
    for _ in 0..50 {
        waiting.spawn(async move { client.get(&format!("{LOUD}/conversations")).await });
    }
    for _ in 0..100 {
        for path in ["/conversations", "/agents", "/queues", "/generations"] {
            let answer = client.get(&format!("{QUIET}{path}")).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        }
    }
    for company in [LOUD, QUIET] {
        let accepted = client
            .post(&format!("{company}/interactions"), MESSAGE)
            .await;
        assert_eq!(accepted.status, 202, "deliveries have threads of their own");
    }
    for path in ["/healthz", "/readyz", "/metrics", "/v1/status"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    assert!(waiting.try_join_next().is_none(), "they still wait");
    drop(holds);
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[tokio::test]
async fn streams_of_one_token_leave_other_tokens_of_its_company_theirs() {
    let place: TempDir = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Streams, Scope::Token, 2);
    })
    .await;
    let operator = || give(&server, standing(Some("northwind"), Role::Operator), |_| {});
    let (greedy, other) = (operator(), operator());
    let mut open = Vec::new();
    for _ in 0..2 {
        let (stream, status) = follow(&server, LOUD, &greedy).await;
        assert_eq!(status, "HTTP/1.1 200");
        open.push(stream);
    }
    for _ in 0..20 {
        let path = format!("{LOUD}/events");
        let refused = server.client.ask("GET", &path, &greedy, "").await;
        refused.problem(429, "too-many-requests");
        assert_eq!(refused.headers["retry-after"], "5");
    }
    let (_stream, status) = follow(&server, LOUD, &other).await;
    assert_eq!(status, "HTTP/1.1 200");
}
