//! A company that stores as much as it may, beside one that does not.

use patchbay_config::bound::{Bound, Scope};
use serde_json::{Value, json};

use super::Running;
use super::bounds::{LOUD, QUIET, two_companies};
use super::client::Answer;

/// How much each company may store.
const LIMIT: u64 = 400_000;
/// How much more its agents may store.
const RESERVE: u64 = 80_000;

fn message(id: usize) -> String {
    let text = "Where is my parcel? ".repeat(1_000);
    json!({
        "id": id.to_string(), "channel": "x", "text": text,
        "author": {"address": format!("@a{id}")}
    })
    .to_string()
}

async fn deliver(server: &Running, company: &str, id: usize) -> Answer {
    let interactions = format!("{company}/interactions");
    server.client.post(&interactions, message(id)).await
}

/// Delivers messages until the company stores as much as it may; the first that
/// was refused.
async fn fill(server: &Running, company: &str) -> usize {
    for id in 0..100 {
        let answer = deliver(server, company, id).await;
        if answer.status != 202 {
            let problem = answer.problem(503, "overloaded");
            assert_eq!(problem["limit"], LIMIT);
            assert_eq!(problem["unit"], "bytes");
            assert_eq!(answer.headers["retry-after"], "60");
            return id;
        }
    }
    panic!("it never fills");
}

async fn idle(server: &Running) {
    let desk = server.app.desk().expect("a desk");
    let settled = tokio::task::spawn_blocking(move || desk.wait_until_idle());
    settled.await.expect("no panic");
}

async fn stored(server: &Running, company: &str) -> Value {
    let path = format!("/v1/status?company={company}");
    server.client.get(&path).await.json()["companies"][0]["desk"].clone()
}

async fn bounded() -> (Running, tempfile::TempDir) {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        let bounds = &mut settings.bounds;
        bounds.set(Bound::StoredBytes, Scope::Company, LIMIT);
        bounds.set(Bound::StoredBytes, Scope::Item, RESERVE);
    })
    .await;
    (server, place)
}

#[tokio::test]
async fn a_company_that_stores_as_much_as_it_may_delays_no_other() {
    let (server, _place) = bounded().await;
    let client = server.client;
    let refused = fill(&server, LOUD).await;
    for id in refused..refused + 20 {
        deliver(&server, LOUD, id).await.problem(503, "overloaded");
    }
    // A delivery that was accepted is known; in a batch each line gets its answer.
    let again = deliver(&server, LOUD, 0).await;
    assert_eq!(again.json()["duplicate"], 1, "{again:?}");
    let batch = format!(
        "{}\n{}\n",
        message(0),
        message(refused).replace(&format!("@a{refused}"), "@a0")
    );
    let head = client.head("POST", &format!("{LOUD}/interactions"));
    let request = format!(
        "{head}Content-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{batch}",
        batch.len()
    );
    let some = client.raw(request.as_bytes()).await;
    assert_eq!(some.status, 202, "{some:?}");
    assert_eq!(some.json()["busy"], 1, "{some:?}");
    assert_eq!(some.headers["retry-after"], "60");
    let contacts = stored(&server, "northwind").await["stored_bytes"].clone();
    for id in 0..10 {
        let accepted = deliver(&server, QUIET, id).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
    }
    idle(&server).await;
    for path in ["/conversations", "/agents", "/generations"] {
        for company in [LOUD, QUIET] {
            let answer = client.get(&format!("{company}{path}")).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        }
    }
    let after = stored(&server, "northwind").await;
    assert_eq!(after["stored_bytes_limit"], LIMIT);
    assert!(contacts.as_u64() >= Some(LIMIT), "{contacts}");
    let metrics = client.get("/metrics").await.body;
    let shed = r#"patchbay_shed_total{company="northwind",what="stored-bytes"} 22"#;
    assert!(metrics.contains(shed), "{metrics}");
    assert!(!metrics.contains(r#"company="harbour",what="stored-bytes""#));
    let limit = format!(r#"patchbay_company_stored_limit_bytes{{company="harbour"}} {LIMIT}"#);
    assert!(metrics.contains(&limit), "{metrics}");
    let alerts = client.get("/v1/alerts").await.json();
    let alerts = alerts["alerts"].as_array().expect("a list");
    let raised: Vec<_> = alerts
        .iter()
        .filter(|alert| alert["kind"] == "stored-bytes-high")
        .map(|alert| alert["company"].clone())
        .collect();
    assert_eq!(raised, ["northwind"]);
}

#[tokio::test]
async fn agents_work_on_within_the_reserve_and_deletion_makes_space() {
    let (server, _place) = bounded().await;
    let client = server.client;
    let put = |path: String, body: Value| async move {
        let body = body.to_string();
        client.ask("PUT", &path, "", &body).await
    };
    for company in [LOUD, QUIET] {
        let made = put(format!("{company}/agents/ana"), json!({})).await;
        assert_eq!(made.status, 200, "{made:?}");
    }
    fill(&server, LOUD).await;
    deliver(&server, QUIET, 0).await;
    idle(&server).await;
    let mut flips = 0;
    let flip = |company: &'static str, presence: &'static str| {
        put(
            format!("{company}/agents/ana/presence"),
            json!({"presence": presence}),
        )
    };
    let refused = loop {
        let presence = ["available", "offline"][flips % 2];
        let answer = flip(LOUD, presence).await;
        if answer.status != 200 {
            break answer;
        }
        flips += 1;
        assert!(flips < 2_000, "the reserve never ends");
    };
    // It is an agent's work that uses up the reserve; the records of decisions that were
    // in progress use some of it too.
    assert!(flips > 5, "{flips}");
    refused.problem(503, "overloaded");
    assert_eq!(refused.headers["retry-after"], "60");
    assert_eq!(flip(QUIET, "available").await.status, 200);
    let conversations = client.get(&format!("{LOUD}/conversations")).await.json();
    let conversations = conversations["conversations"].as_array().expect("a list");
    let act = |conversation: &Value, action: &'static str| {
        let id = conversation["id"].as_str().expect("an id");
        let path = format!("{LOUD}/conversations/{id}/actions");
        let body = json!({"by": "lea", "role": "supervisor", "action": action});
        async move { client.post(&path, body.to_string()).await }
    };
    act(&conversations[0], "hold")
        .await
        .problem(503, "overloaded");
    for conversation in &conversations[..5] {
        let resolved = act(conversation, "resolve").await;
        assert_eq!(resolved.status, 200, "{resolved:?}");
    }
    idle(&server).await;
    let desk = server.app.desk().expect("a desk");
    let compacted = tokio::task::spawn_blocking(move || {
        let later = desk.now() + jiff::SignedDuration::from_hours(1);
        desk.journal().compact(later)
    });
    let compacted = compacted.await.expect("no panic").expect("compacted");
    assert_eq!(compacted.conversations, 5, "{compacted:?}");
    let status = stored(&server, "northwind").await;
    assert!(status["stored_bytes"].as_u64() < Some(LIMIT), "{status}");
    assert_eq!(deliver(&server, LOUD, 200).await.status, 202);
}
