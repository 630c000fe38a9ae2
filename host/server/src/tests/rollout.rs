//! Rollouts over HTTP.

use patchbay_events::EventKind;
use serde_json::{Value, json};

use super::client::Answer;
use super::{NORTHWIND, Running};
use crate::settings::JournalSettings;

const COMPANY: &str = "/v1/companies/northwind";
const ROLLOUT: &str = "/v1/companies/northwind/rollout";

async fn at(place: &tempfile::TempDir) -> Running {
    let kept = JournalSettings::at(place.path().join("desk.db"));
    Running::of(NORTHWIND, |settings| settings.journal = Some(kept)).await
}

async fn put(server: &Running, body: Value) -> Answer {
    let body = body.to_string();
    server.client.ask("PUT", ROLLOUT, "", &body).await
}

async fn post(server: &Running, path: &str, body: Value) -> Answer {
    let path = format!("{COMPANY}{path}");
    server.client.post(&path, body.to_string()).await
}

/// Stores another generation; its number.
async fn keep(server: &Running, more: &str) -> Value {
    let document = format!("{NORTHWIND}{more}");
    let kept = post(
        server,
        "/generations",
        json!({"document": document, "keep_only": true}),
    )
    .await;
    assert_eq!(kept.status, 200, "{kept:?}");
    kept.json()["generation"].clone()
}

#[tokio::test]
async fn a_rollout_survives_a_restart_and_is_promoted() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place).await;
    let generation = keep(&server, "sla = { first-response = \"30m\" }\n").await;
    assert_eq!(generation, 2);
    server
        .client
        .get(ROLLOUT)
        .await
        .problem(404, "nothing-tried");
    let canary = json!({"generation": 2, "kind": "canary", "share": "20%", "by": "eva",
        "bounds": {"after": 50, "p99": null}});
    let begun = put(&server, canary).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let report = begun.json();
    assert_eq!(
        (&report["control"], &report["share"]),
        (&json!(1), &json!("20%"))
    );
    let bounds = json!({"after": 50, "failures": 0.01, "p99": null, "disagreement": null});
    assert_eq!(report["bounds"], bounds);
    server.stop().await;

    let server = at(&place).await;
    let report = server.client.get(ROLLOUT).await.json();
    assert_eq!(
        (&report["generation"], &report["by"]),
        (&json!(2), &json!("eva"))
    );
    assert_eq!(report["bounds"], bounds);
    let planned = post(&server, "/rollout/promote", json!({"dry_run": true})).await;
    assert_eq!(planned.status, 200, "{planned:?}");
    assert_eq!(
        server.client.get(ROLLOUT).await.status,
        200,
        "only looked at"
    );
    let promoted = post(&server, "/rollout/promote", json!({})).await;
    assert_eq!(promoted.status, 201, "{promoted:?}");
    assert_eq!(promoted.json()["generation"], 2);
    server
        .client
        .get(ROLLOUT)
        .await
        .problem(404, "nothing-tried");
    post(&server, "/rollout/promote", json!({}))
        .await
        .problem(404, "nothing-tried");
}

#[tokio::test]
async fn only_one_rollout_runs_at_a_time_and_ends_with_a_reason() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place).await;
    keep(&server, "priority = 10\n").await;
    keep(&server, "priority = 20\n").await;
    let shadow = |generation: u64| json!({"generation": generation, "kind": "shadow"});
    let begun = put(&server, shadow(2)).await;
    assert_eq!(begun.json()["share"], "10%", "a careful sample unless said");
    put(&server, shadow(3)).await.problem(409, "already-tried");
    let canary = put(&server, json!({"generation": 2, "kind": "canary"})).await;
    assert_eq!(
        canary.json()["kind"],
        "canary",
        "what was shadowed goes on as a canary"
    );
    let desk = server.app.desk().expect("it keeps a journal");
    let company = desk.company("northwind").expect("there");
    let feed = desk.journal().feed(company, 0, 100).expect("readable");
    let kinds: Vec<_> = feed.entries.iter().map(|entry| entry.kind).collect();
    let kind = |kind: EventKind| kind as u16;
    assert!(
        kinds.ends_with(&[
            kind(EventKind::RolloutBegan),
            kind(EventKind::RolloutEnded),
            kind(EventKind::RolloutBegan),
        ]),
        "{kinds:?}"
    );
    let ended = post(&server, "/rollout/abort", json!({"reason": "seen enough"})).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    post(&server, "/rollout/abort", json!({}))
        .await
        .problem(404, "nothing-tried");
    let begun = put(&server, shadow(3)).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let audit = server
        .client
        .get(&format!("{COMPANY}/audit"))
        .await
        .json()
        .to_string();
    for act in ["rollout.tried", "rollout.aborted"] {
        assert!(audit.contains(act), "{act}: {audit}");
    }
}

#[tokio::test]
async fn an_invalid_rollout_is_refused() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place).await;
    keep(&server, "[queue.tax]\n").await;
    for (body, status, kind) in [
        (
            json!({"generation": 2, "kind": "canary"}),
            422,
            "setup-refused",
        ),
        (
            json!({"generation": 1, "kind": "shadow"}),
            409,
            "already-active",
        ),
        (
            json!({"generation": 9, "kind": "shadow"}),
            404,
            "unknown-generation",
        ),
        (
            json!({"generation": 2, "kind": "shadow", "expected": 7}),
            409,
            "generation-moved",
        ),
        (
            json!({"generation": 2, "kind": "shadow", "share": "0%"}),
            422,
            "invalid-input",
        ),
        (
            json!({"generation": 2, "kind": "shadow", "share": 5}),
            422,
            "invalid-input",
        ),
        (
            json!({"generation": 2, "kind": "sideways"}),
            422,
            "invalid-input",
        ),
        (
            json!({"generation": 2, "kind": "shadow", "bounds": {"after": -1}}),
            422,
            "invalid-input",
        ),
        (
            json!({"generation": 2, "kind": "shadow", "bounds": {"after": 0}}),
            422,
            "setup-refused",
        ),
        (json!({"kind": "shadow"}), 422, "invalid-input"),
    ] {
        let answer = put(&server, body.clone()).await;
        let problem = answer.json();
        assert_eq!(
            (answer.status, problem["type"].as_str()),
            (status, Some(format!("/problems/{kind}").as_str())),
            "{body}: {problem}"
        );
    }
    server
        .client
        .get(ROLLOUT)
        .await
        .problem(404, "nothing-tried");
}

#[tokio::test]
async fn a_canary_decides_a_constant_share_of_requests() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place).await;
    keep(&server, "sla = { first-response = \"30m\" }\n").await;
    let canary = json!({"generation": 2, "kind": "canary", "share": "50%"});
    assert_eq!(put(&server, canary).await.status, 200);
    let mut first = Vec::new();
    for round in 0..2 {
        for author in 0..30 {
            let asked = json!({"interaction": {"id": format!("{round}-{author}"), "channel": "chat",
                "text": "hello", "author": {"address": format!("@{author}")}}});
            let answer = post(&server, "/decide", asked).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let by = answer.json()["stamp"]["generation"].clone();
            match round {
                0 => first.push(by),
                _ => assert_eq!(by, first[author], "@{author}"),
            }
        }
    }
    assert!(
        first.contains(&json!(1)) && first.contains(&json!(2)),
        "{first:?}"
    );
}

#[tokio::test]
async fn rollouts_that_ended_are_listed_newest_first_in_pages() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place).await;
    keep(&server, "sla = { first-response = \"30m\" }\n").await;
    let history = async |query: &str| {
        let path = format!("{ROLLOUT}/history{query}");
        server.client.get(&path).await
    };
    assert_eq!(history("").await.json(), json!({"rollouts": []}));
    for (kind, reason) in [
        ("shadow", "first"),
        ("canary", "second"),
        ("shadow", "third"),
    ] {
        let started = put(&server, json!({"generation": 2, "kind": kind})).await;
        assert_eq!(started.status, 200, "{started:?}");
        let ended = post(
            &server,
            "/rollout/abort",
            json!({"reason": reason, "by": "eva"}),
        )
        .await;
        assert_eq!(ended.status, 200, "{ended:?}");
    }
    put(&server, json!({"generation": 2, "kind": "canary"})).await;
    let promoted = post(&server, "/rollout/promote", json!({"by": "ana"})).await;
    assert_eq!(promoted.status, 201, "{promoted:?}");
    let page = history("?limit=2").await.json();
    let row = |one: &Value| {
        (
            one["because"].clone(),
            one["by"].clone(),
            one["reason"].clone(),
        )
    };
    let rows: Vec<_> = page["rollouts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(row)
        .collect();
    let expected = [
        (json!("promoted"), json!("ana"), Value::Null),
        (json!("aborted"), json!("eva"), json!("third")),
    ];
    assert_eq!(rows, expected, "{page}");
    let page = history(&format!("?limit=2&before={}", page["next"]))
        .await
        .json();
    let rows: Vec<_> = page["rollouts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(row)
        .collect();
    assert_eq!(rows[0].2, "second");
    assert_eq!(rows[1].2, "first");
    for query in ["?limit=0", "?limit=101", "?before=x"] {
        history(query).await.problem(400, "bad-parameter");
    }
}

#[tokio::test]
async fn a_running_rollout_has_points_over_time() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place).await;
    keep(&server, "sla = { first-response = \"30m\" }\n").await;
    let started = put(&server, json!({"generation": 2, "kind": "shadow"})).await;
    assert!(started.json()["points"].is_array(), "{started:?}");
    // Stopping stores the counts, with a point.
    server.stop().await;
    let server = at(&place).await;
    let report = server.client.get(ROLLOUT).await.json();
    let points = report["points"].as_array().expect("a list");
    assert!(!points.is_empty(), "{report}");
    assert_eq!(points[0]["decisions"], 0);
    assert!(points[0]["at"].is_string());
}
