//! Applying a file from which nothing differs stores nothing.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::company_file_watcher::WatchedServer;
use super::{NORTHWIND, Running};
use crate::settings::JournalSettings;

const GENERATIONS: &str = "/v1/companies/northwind/generations";

/// The file with another comment, order of tables and spacing.
const SAME: &str = "# The care of Northwind.\ncompany = 'northwind'\n\n[queue]\ngeneral = { default = true } # all\n";

/// A server with the generations 1 and 2, of which 2 is active.
async fn server(place: &TempDir) -> Running {
    let kept = JournalSettings::at(place.path().join("desk.db"));
    let server = Running::of(
        "company = \"northwind\"\n[queue.all]\ndefault = true\n",
        |it| {
            it.journal = Some(kept);
        },
    );
    let server = server.await;
    let applied = apply(&server, json!({"document": NORTHWIND, "by": "eva"})).await;
    assert_eq!((applied.0, &applied.1["generation"]), (201, &json!(2)));
    server
}

async fn apply(server: &Running, body: Value) -> (u16, Value) {
    let answer = server.client.post(GENERATIONS, body.to_string()).await;
    (answer.status, answer.json())
}

/// Numbers of the stored generations, and acts of the audit trail.
async fn traces(server: &Running) -> (Vec<u64>, Vec<String>) {
    let list = server.client.get(GENERATIONS).await.json();
    let trail = server.client.get("/v1/audit").await.json();
    let numbers = list["generations"].as_array().expect("a list").iter();
    let acts = trail["acts"].as_array().expect("acts").iter();
    (
        numbers
            .filter_map(|one| one["generation"].as_u64())
            .collect(),
        acts.map(|act| act["act"].to_string()).collect(),
    )
}

#[tokio::test]
async fn an_apply_without_a_difference_stores_and_records_nothing() {
    let place = tempfile::tempdir().expect("a place");
    let server = server(&place).await;
    let before = traces(&server).await;
    for how in [
        json!({}),
        json!({"dry_run": true}),
        json!({"keep_only": true}),
        json!({"expected": 2}),
    ] {
        for document in [NORTHWIND, SAME] {
            let mut body = how.clone();
            body["document"] = json!(document);
            let (status, plan) = apply(&server, body).await;
            let said = [
                &plan["generation"],
                &plan["before"],
                &plan["active"],
                &plan["unchanged"],
            ];
            assert_eq!(
                said,
                [&json!(2), &json!(2), &json!(true), &json!(true)],
                "{how}"
            );
            assert_eq!((status, &plan["differences"]), (200, &json!([])), "{how}");
        }
    }
    assert_eq!(traces(&server).await, before);
    // It is checked nevertheless.
    let by = json!({"document": NORTHWIND, "by": "eva\u{1b}[31m"}).to_string();
    let by = server.client.post(GENERATIONS, by).await;
    assert_eq!(by.problem(422, "invalid-input")["field"], "by");
    let late = json!({"document": NORTHWIND, "expected": 1}).to_string();
    let late = server.client.post(GENERATIONS, late).await;
    late.problem(409, "generation-moved");
    let (status, plan) = apply(
        &server,
        json!({"document": format!("{NORTHWIND}priority = 9\n")}),
    )
    .await;
    assert_eq!((status, &plan["unchanged"]), (201, &json!(false)), "{plan}");
}

#[tokio::test]
async fn a_file_that_is_applied_again_after_a_rollback_makes_no_second_generation() {
    let place = tempfile::tempdir().expect("a place");
    let server = server(&place).await;
    let back = server
        .client
        .post("/v1/companies/northwind/rollback", "{}")
        .await;
    assert_eq!(back.json()["generation"], 1, "{back:?}");
    let planned = json!({"document": NORTHWIND, "dry_run": true});
    let (status, plan) = apply(&server, planned).await;
    assert_eq!((status, &plan["generation"]), (200, &json!(2)), "{plan}");
    let (status, plan) = apply(&server, json!({"document": NORTHWIND})).await;
    assert_eq!((status, &plan["generation"]), (201, &json!(2)), "{plan}");
    assert_eq!(
        [&plan["before"], &plan["active"], &plan["unchanged"]],
        [&json!(1), &json!(true), &json!(false)]
    );
    let because = plan["because"].as_str().expect("a reason");
    assert!(because.contains("generation 2, which is stored"), "{plan}");
    assert_eq!(traces(&server).await.0, [2, 1]);
    // An older file is a new step forward.
    let older = "company = \"northwind\"\n[queue.all]\ndefault = true\n";
    let moved = json!({"document": older, "moved": {"general": "all"}});
    let (_, plan) = apply(&server, moved).await;
    assert_eq!(plan["generation"], 3, "{plan}");
}

#[tokio::test]
async fn a_generation_kept_again_and_again_is_stored_once() {
    let place = tempfile::tempdir().expect("a place");
    let server = server(&place).await;
    let next = format!("{NORTHWIND}priority = 9\n");
    let body = || json!({"document": next, "keep_only": true});
    let (_, first) = apply(&server, body()).await;
    assert_eq!(
        (&first["generation"], &first["unchanged"]),
        (&json!(3), &json!(false))
    );
    let before = traces(&server).await;
    let (status, again) = apply(&server, body()).await;
    assert_eq!((status, &again["generation"]), (200, &json!(3)), "{again}");
    assert_eq!(
        [&again["active"], &again["unchanged"]],
        [&json!(false), &json!(true)]
    );
    assert_eq!(traces(&server).await, before);
    // It is not active, so that an apply changes something.
    let (status, applied) = apply(&server, json!({"document": next})).await;
    assert_eq!(
        [&applied["generation"], &applied["active"]],
        [&json!(3), &json!(true)],
        "{applied}"
    );
    assert_eq!(status, 201);
}

#[tokio::test]
async fn a_watched_file_without_a_difference_stores_nothing_and_reverts_no_rollback() {
    let mut at = WatchedServer::new().await;
    let next = format!("{NORTHWIND}priority = 9\n");
    at.write("northwind.toml", &next);
    at.look();
    assert_eq!(at.state().await, (2, "applied".to_owned()));
    let before = traces(&at.server).await;
    at.write("northwind.toml", &format!("# A comment.\n{next}"));
    at.look();
    assert_eq!(at.state().await, (2, "unchanged".to_owned()));
    assert_eq!(traces(&at.server).await, before);
    let path = "/v1/companies/northwind/rollback";
    let back = at.server.client.post(path, "{}").await;
    assert_eq!(back.status, 201, "{back:?}");
    // The file is still what generation 2 was made of.
    let place = at.stop().await;
    let mut at = WatchedServer::at(place).await;
    at.look();
    assert_eq!(at.state().await, (1, "-".to_owned()));
    at.write("northwind.toml", &next.replace('9', "8"));
    at.look();
    assert_eq!(at.state().await, (3, "applied".to_owned()));
}
