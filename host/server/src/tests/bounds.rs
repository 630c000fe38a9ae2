//! One company at each bound, while another gets its answers.

use std::sync::mpsc;
use std::time::Duration;

use patchbay_config::bound::{Bound, Scope};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::client::{Answer, read};
use super::{DECIDE, HELLO, NORTHWIND, Running};
use crate::settings::{JournalSettings, ServerSettings};

pub(super) const LOUD: &str = "/v1/companies/northwind";
pub(super) const QUIET: &str = "/v1/companies/harbour";

/// A server with a journal and the companies `northwind` and `harbour`.
pub(super) async fn two_companies(
    place: &TempDir,
    change: impl FnOnce(&mut ServerSettings),
) -> Running {
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let server = Running::of(NORTHWIND, |settings| {
        settings.journal = Some(journal);
        change(settings);
    })
    .await;
    let document = NORTHWIND.replace("northwind", "harbour");
    let created = apply(&server, QUIET, json!({"document": document, "new": true})).await;
    assert_eq!(created.status, 201, "{created:?}");
    server
}

async fn apply(server: &Running, company: &str, body: Value) -> Answer {
    let path = format!("{company}/generations");
    server.client.post(&path, body.to_string()).await
}

fn with_queue(company: &str, queue: usize) -> String {
    let file = NORTHWIND.replace("northwind", company);
    format!("{file}[queue.q{queue}]\npriority = 40\n")
}

/// Occupies the company's turn of changes until the sender is dropped.
async fn occupy_changes(server: &Running) -> mpsc::Sender<()> {
    let (hold, held) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let app = std::sync::Arc::clone(&server.app);
    tokio::spawn(async move {
        let change = move |_| {
            let _ = begun.send(());
            let _ = held.recv();
            Ok(())
        };
        app.changes.run("northwind", change).await
    });
    has_begun.await.expect("begun");
    hold
}

/// Every path that the API answers with GET, for a company.
fn read_paths(company: &str) -> Vec<String> {
    let document = patchbay_api::routes_document();
    let paths = document["paths"].as_object().expect("paths").iter();
    let paths = paths.filter(|(path, methods)| {
        // A stream does not end.
        methods.get("get").is_some() && !path.ends_with("/events")
    });
    let named = |part: &str| match part.starts_with('{') {
        true if part == "{company}" => company.to_owned(),
        true => "1".to_owned(),
        false => part.to_owned(),
    };
    paths
        .map(|(path, _)| path.split('/').map(named).collect::<Vec<_>>().join("/"))
        .collect()
}

#[tokio::test]
async fn changes_of_one_company_delay_no_other_request() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Changes, Scope::Company, 2);
    })
    .await;
    let hold = occupy_changes(&server).await;
    let client = server.client;
    let rollback = format!("{LOUD}/rollback");
    let mut waiting = JoinSet::new();
    for waits in 1..=2 {
        let path = rollback.clone();
        waiting.spawn(async move { client.post(&path, "{}").await });
        while server.app.changes.waiting() < waits {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    for _ in 0..600 {
        let refused = client.post(&rollback, "{}").await;
        refused.problem(503, "overloaded");
        assert_eq!(refused.headers["retry-after"], "5");
    }
    assert_eq!(server.app.changes.waiting(), 2);
    for company in ["northwind", "harbour"] {
        for path in read_paths(company) {
            let answer = client.get(&path).await;
            assert!(answer.status < 500, "{path}: {answer:?}");
        }
        let interactions = format!("/v1/companies/{company}/interactions");
        let message = r#"{"id":"1","channel":"x","text":"Hello","author":{"address":"@a"}}"#;
        let accepted = client.post(&interactions, message).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
    }
    let document = with_queue("harbour", 1);
    let other = apply(&server, QUIET, json!({"document": document})).await;
    assert_eq!(other.status, 201, "{other:?}");
    let metrics = client.get("/metrics").await.body;
    assert!(
        metrics.contains(r#"patchbay_shed_total{company="northwind",what="changes"} 600"#),
        "{metrics}"
    );
    assert!(metrics.contains(r#"patchbay_bound_used{what="changes"} 2"#));
    drop(hold);
    while let Some(answer) = waiting.join_next().await {
        answer.expect("answered").problem(409, "nothing-before");
    }
}

#[tokio::test]
async fn a_change_whose_client_disconnects_is_not_made() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |_| {}).await;
    let hold = occupy_changes(&server).await;
    let mut stream = server.client.connect().await;
    let body = json!({"document": with_queue("northwind", 1)}).to_string();
    let path = format!("{LOUD}/generations");
    let request = server.client.request("POST", &path, "", &body);
    stream.write_all(request.as_bytes()).await.expect("taken");
    while server.app.changes.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(stream);
    while server.app.changes.waiting() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(hold);
    let document = with_queue("northwind", 2);
    let next = apply(&server, LOUD, json!({"document": document})).await;
    assert_eq!(next.json()["generation"], 2, "{next:?}");
}

#[tokio::test]
async fn the_server_stops_in_time_although_a_change_runs_and_others_wait() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.shutdown = Duration::from_millis(200);
    })
    .await;
    let _hold = occupy_changes(&server).await;
    let client = server.client;
    let rollback = format!("{LOUD}/rollback");
    let waiting = tokio::spawn(async move { client.post(&rollback, "{}").await });
    while server.app.changes.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stopped = tokio::time::timeout(Duration::from_secs(60), server.stop());
    stopped.await.expect("it does not wait for the change");
    waiting.await.expect("answered").problem(503, "not-ready");
}

/// Opens an event stream with these headers; its status line.
pub(super) async fn follow(server: &Running, company: &str, headers: &str) -> (TcpStream, String) {
    let mut stream = server.client.connect().await;
    let path = format!("{company}/events");
    let head = server.client.head("GET", &path);
    stream
        .write_all(format!("{head}{headers}\r\n").as_bytes())
        .await
        .expect("taken");
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.expect("an answer");
    (stream, String::from_utf8_lossy(&line).into_owned())
}

#[tokio::test]
async fn streams_of_one_company_leave_others_theirs() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Streams, Scope::Company, 2);
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let (stream, status) = follow(&server, LOUD, "").await;
        assert_eq!(status, "HTTP/1.1 200");
        open.push(stream);
    }
    for _ in 0..20 {
        let refused = server.client.get(&format!("{LOUD}/events")).await;
        refused.problem(429, "too-many-requests");
        assert_eq!(refused.headers["retry-after"], "5");
    }
    let (_other, status) = follow(&server, QUIET, "").await;
    assert_eq!(status, "HTTP/1.1 200");
    open.pop();
    while server.app.bounds.used(Bound::Streams) > 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (_next, status) = follow(&server, LOUD, "").await;
    assert_eq!(status, "HTTP/1.1 200", "a closed stream frees its place");
}

#[tokio::test]
async fn requests_of_one_company_leave_others_theirs() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Requests, Scope::Company, 2);
    })
    .await;
    let _hold = occupy_changes(&server).await;
    let client = server.client;
    let rollback = format!("{LOUD}/rollback");
    let mut waiting = JoinSet::new();
    for waits in 1..=2 {
        let path = rollback.clone();
        waiting.spawn(async move { client.post(&path, "{}").await });
        while server.app.changes.waiting() < waits {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    for path in ["/conversations", "/agents"] {
        let refused = client.get(&format!("{LOUD}{path}")).await;
        refused.problem(503, "overloaded");
        assert_eq!(client.get(&format!("{QUIET}{path}")).await.status, 200);
    }
    for path in ["/healthz", "/readyz", "/metrics", "/v1/status"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
}

/// Connections that have sent a part of a request.
async fn half_sent(server: &Running, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = server.client.connect().await;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\n")
            .await
            .expect("taken");
        streams.push(stream);
    }
    streams
}

#[tokio::test]
async fn health_and_metrics_answer_although_all_connections_are_taken() {
    let server = Running::with(|settings| {
        settings.connections = 2;
        settings.header_timeout = Duration::from_secs(60);
        settings.bounds.set(Bound::Connections, Scope::Item, 3);
    })
    .await;
    let _taken = half_sent(&server, 2).await;
    let mut silent = half_sent(&server, 20).await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(server.client.get(path).await.status, 200, "{path}");
    }
    let refused = server.client.post(DECIDE, HELLO).await;
    refused.problem(503, "overloaded");
    assert_eq!(refused.headers["retry-after"], "1");
    let answer = read(&mut silent[0])
        .await
        .expect("the oldest gets its answer");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["type"], "/problems/overloaded");
    let metrics = server.client.get("/metrics").await.body;
    assert!(metrics.contains(r#"what="connections""#), "{metrics}");
}

#[tokio::test]
async fn a_client_beyond_the_connections_reads_the_whole_refusal_while_it_sends() {
    let server = Running::with(|settings| {
        settings.connections = 1;
        settings.header_timeout = Duration::from_secs(60);
    })
    .await;
    let _taken = half_sent(&server, 1).await;
    let body = vec![b' '; 4 << 20];
    let refused = server.client.post(DECIDE, &body).await;
    refused.problem(503, "overloaded");
}

#[tokio::test]
async fn a_company_stores_as_many_generations_as_it_may() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Generations, Scope::Company, 3);
    })
    .await;
    let store = |queue: usize| {
        let body = json!({"document": with_queue("northwind", queue), "keep_only": true});
        apply(&server, LOUD, body)
    };
    for queue in 1..=2 {
        assert_eq!(store(queue).await.status, 200);
    }
    let refused = store(3).await;
    let problem = refused.problem(413, "limit-exceeded");
    assert_eq!(problem["limit"], 3);
    let document = with_queue("harbour", 1);
    let other = apply(&server, QUIET, json!({"document": document})).await;
    assert_eq!(other.status, 201, "{other:?}");
    let delete = |number: u64| {
        let path = format!("{LOUD}/generations/{number}");
        async move { server.client.ask("DELETE", &path, "", "").await }
    };
    delete(1).await.problem(409, "generation-in-use");
    delete(99).await.problem(404, "unknown-generation");
    let deleted = delete(3).await;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert!(deleted.json()["freed_bytes"].as_u64() > Some(0));
    let stored = store(4).await;
    assert_eq!(stored.json()["generation"], 4, "numbers are not used again");
}

#[tokio::test]
async fn the_size_of_a_generation_and_of_all_of_a_company_is_bounded() {
    const ONE: u64 = 100_000;
    const ALL: u64 = ONE * 5 / 2;
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        let bounds = &mut settings.bounds;
        bounds.set(Bound::GenerationSize, Scope::Item, ONE);
        bounds.set(Bound::GenerationBytes, Scope::Company, ALL);
    })
    .await;
    let store = |company: &'static str, queue: usize, size: u64| {
        let name = company.rsplit('/').next().expect("a name");
        let comment = "#".repeat(size as usize);
        let document = format!("{}{comment}\n", with_queue(name, queue));
        apply(
            &server,
            company,
            json!({"document": document, "keep_only": true}),
        )
    };
    let refused = store(LOUD, 1, ONE).await;
    let refused = refused.problem(413, "limit-exceeded");
    assert_eq!(refused["limit"], ONE, "{refused}");
    let most = ONE * 9 / 10;
    for queue in 1..=2 {
        let stored = store(LOUD, queue, most).await;
        assert_eq!(stored.status, 200, "{stored:?}");
    }
    let refused = store(LOUD, 3, most).await;
    let refused = refused.problem(413, "limit-exceeded");
    assert_eq!(refused["limit"], ALL, "{refused}");
    let detail = refused["detail"].to_string();
    assert!(detail.contains("`patchbay generations delete`"), "{detail}");
    let other = store(QUIET, 1, most).await;
    assert_eq!(other.status, 200, "another company has its own: {other:?}");
    let path = format!("{LOUD}/generations/2");
    let deleted = server.client.ask("DELETE", &path, "", "").await.json();
    assert!(deleted["freed_bytes"].as_u64() >= Some(most), "{deleted}");
    let stored = store(LOUD, 3, most).await;
    assert_eq!(stored.status, 200, "the deleted one made room: {stored:?}");
}

#[tokio::test]
async fn a_nearly_full_disk_takes_no_deliveries_and_generations() {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let server = Running::of(NORTHWIND, |settings| {
        settings.journal = Some(journal);
        // No disk has so much free space.
        settings.bounds.set(Bound::FreeSpace, Scope::Host, 1 << 62);
    })
    .await;
    let message = r#"{"id":"1","channel":"x","text":"Hello","author":{"address":"@a"}}"#;
    let interactions = format!("{LOUD}/interactions");
    let delivered = server.client.post(&interactions, message).await;
    let generation = json!({"document": with_queue("northwind", 1)});
    for refused in [delivered, apply(&server, LOUD, generation).await] {
        refused.problem(503, "overloaded");
        assert_eq!(refused.headers["retry-after"], "60");
    }
    for path in ["/conversations", "/agents", "/generations"] {
        let answer = server.client.get(&format!("{LOUD}{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    let metrics = server.client.get("/metrics").await.body;
    assert!(
        metrics.contains(r#"patchbay_shed_total{company="northwind",what="free-space"} 2"#),
        "{metrics}"
    );
}
