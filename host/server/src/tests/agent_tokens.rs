//! A program with one agent's token, at every bound of a token, beside another
//! agent of the company and another company.

use patchbay_config::bound::{Bound, Scope};
use patchbay_model::access::{Role, TokenScope};
use tokio::task::JoinSet;

use super::Running;
use super::bounds::{LOUD, QUIET, follow, two_companies};
use super::fair_shares::occupy;
use super::matrix::{give, standing};

/// An agent of the company `northwind`: the header with its token, and the token's
/// id.
fn agent(server: &Running, name: &str) -> (String, String) {
    let mut id = String::new();
    let scope = TokenScope {
        agent: Some(name.to_owned()),
        ..standing(Some("northwind"), Role::Agent)
    };
    let header = give(server, scope, |token| id = token.id.to_string());
    (header, id)
}

#[tokio::test]
async fn an_agents_program_at_its_bounds_delays_no_other_agent() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        let bounds = &mut settings.bounds;
        bounds.set(Bound::Work, Scope::Token, 2);
        bounds.set(Bound::Work, Scope::Company, 4);
        bounds.set(Bound::Work, Scope::Host, 8);
        bounds.set(Bound::Requests, Scope::Token, 20);
        bounds.set(Bound::Streams, Scope::Token, 2);
    })
    .await;
    let client = server.client;
    for name in ["ana", "ben"] {
        let path = format!("{LOUD}/agents/{name}");
        let made = client.ask("PUT", &path, "", "{}").await;
        assert_eq!(made.status, 200, "{made:?}");
    }
    let (greedy, id) = agent(&server, "ana");
    let (other, _) = agent(&server, "ben");
    let quiet = give(&server, standing(Some("harbour"), Role::Operator), |_| {});

    // Streams.
    let mut open = Vec::new();
    for _ in 0..2 {
        let (stream, status) = follow(&server, LOUD, &greedy).await;
        assert_eq!(status, "HTTP/1.1 200");
        open.push(stream);
    }
    let events = format!("{LOUD}/events");
    for _ in 0..10 {
        let refused = client.ask("GET", &events, &greedy, "").await;
        refused.problem(429, "too-many-requests");
        assert_eq!(refused.headers["retry-after"], "5");
    }
    for (company, header) in [(LOUD, &other), (QUIET, &quiet)] {
        let (stream, status) = follow(&server, company, header).await;
        assert_eq!(status, "HTTP/1.1 200");
        open.push(stream);
    }

    // Long lists: two hold the threads that the token may use, 20 more wait.
    let held = [
        occupy(&server, "northwind", &id, |app| &app.shares.requests).await,
        occupy(&server, "northwind", &id, |app| &app.shares.requests).await,
    ];
    let list = format!("{LOUD}/conversations");
    let mut waiting = JoinSet::new();
    for _ in 0..20 {
        let (list, greedy) = (list.clone(), greedy.clone());
        waiting.spawn(async move { client.ask("GET", &list, &greedy, "").await });
    }
    while server.app.bounds.used(Bound::Requests) < 20 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    for _ in 0..30 {
        let refused = client.ask("GET", &list, &greedy, "").await;
        let problem = refused.problem(503, "overloaded");
        assert_eq!(problem["limit"], 20);
        assert_eq!(refused.headers["retry-after"], "1");
    }
    let agents = format!("{QUIET}/agents");
    let presence = format!("{LOUD}/agents/ben/presence");
    for round in 0..50 {
        let answer = client.ask("GET", &list, &other, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = [r#"{"presence":"available"}"#, r#"{"presence":"busy"}"#][round % 2];
        let action = client.ask("PUT", &presence, &other, body).await;
        assert_eq!(action.status, 200, "{action:?}");
        let answer = client.ask("GET", &agents, &quiet, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert!(waiting.try_join_next().is_none(), "they still wait");
    drop(held);
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let operator = give(&server, standing(None, Role::Operator), |_| {});
    let metrics = client.ask("GET", "/metrics", &operator, "").await.body;
    for shed in [
        r#"patchbay_shed_total{company="northwind",what="requests"} 30"#,
        r#"patchbay_shed_total{company="northwind",what="streams"} 10"#,
    ] {
        assert!(metrics.contains(shed), "{metrics}");
    }
}
