//! Alerts, in every place where an operator looks.

use jiff::Timestamp;
use patchbay_model::access::Role;
use patchbay_model::alert::{Alert, AlertKind};
use patchbay_pass::observer::Observer;
use serde_json::{Value, json};

use super::matrix::{give, standing};
use super::office::Office;
use super::{NORTHWIND, Running};
use crate::settings::JournalSettings;

const ALERTS: &str = "/v1/alerts";

/// Kinds of the active alerts.
async fn kinds(server: &Running) -> Vec<String> {
    let list = server.client.get(ALERTS).await.json();
    let alerts = list["alerts"].as_array().cloned().unwrap_or_default();
    let kind = |alert: &Value| alert["kind"].as_str().map(str::to_owned);
    alerts.iter().filter_map(kind).collect()
}

/// Have the database refuse what a write needs, as a full disk does.
pub(super) fn set_full(settings: &JournalSettings, is_full: bool) {
    let sql = rusqlite::Connection::open(&settings.path).expect("opened");
    let statement = match is_full {
        true => {
            "CREATE TRIGGER full_a BEFORE INSERT ON inbound BEGIN SELECT RAISE(ABORT, 'full'); END;
             CREATE TRIGGER full_b BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'full'); END;"
        }
        false => "DROP TRIGGER full_a; DROP TRIGGER full_b;",
    };
    sql.execute_batch(statement).expect("changed");
}

#[tokio::test]
async fn a_journal_that_cannot_write_shows_everywhere_until_it_writes_again() {
    let office = Office::with(&["ana"]).await;
    let server = &office.server;
    assert_eq!(kinds(server).await, [""; 0]);
    assert_eq!(server.client.get("/readyz").await.status, 200);
    let journal = server.app.settings.journal.clone().expect("a journal");
    set_full(&journal, true);
    let message = json!({"id": "1", "channel": "chat", "text": "Hi", "author": {"address": "j"}});
    let refused = office.post("/interactions", message.clone()).await;
    refused.problem(503, "storage");
    assert_eq!(kinds(server).await, ["storage-failing"]);
    let status = server.client.get("/v1/status").await.json();
    assert_eq!(
        (&status["healthy"], &status["journal"]["writable"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(status["alerts"][0]["severity"], "critical");
    let refused = server.client.get("/readyz").await.problem(503, "not-ready");
    assert!(
        refused["detail"].to_string().contains("cannot write"),
        "{refused}"
    );
    let metrics = server.client.get("/metrics").await.body;
    for line in [
        "patchbay_storage_failing 1",
        "patchbay_alerts{company=\"\",kind=\"storage-failing\",severity=\"critical\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    set_full(&journal, false);
    let taken = office.post("/interactions", message).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    assert_eq!(kinds(server).await, [""; 0]);
    assert_eq!(server.client.get("/readyz").await.status, 200);
    assert_eq!(
        server.client.get("/v1/status").await.json()["healthy"],
        true
    );
}

#[tokio::test]
async fn little_free_space_is_a_warning_and_the_server_stays_ready() {
    let place = tempfile::tempdir().expect("a place");
    let journal = |low_space| JournalSettings {
        low_space,
        ..JournalSettings::at(place.path().join("desk.db"))
    };
    for (low_space, expected) in [(0, &[][..]), (1 << 62, &["storage-low"])] {
        let server = Running::of(NORTHWIND, |settings| {
            // No disk has as much free space as the larger one.
            settings.journal = Some(journal(low_space));
        })
        .await;
        assert_eq!(kinds(&server).await, expected);
        assert_eq!(server.client.get("/readyz").await.status, 200);
        let list = server.client.get(ALERTS).await.json();
        let metrics = server.client.get("/metrics").await.body;
        let line = "patchbay_alerts{company=\"\",kind=\"storage-low\",severity=\"warning\"} 1";
        assert_eq!(metrics.contains(line), !expected.is_empty(), "{metrics}");
        if !expected.is_empty() {
            let alert = &list["alerts"][0];
            assert_eq!(alert["severity"], "warning", "{alert}");
            assert!(
                alert["what"].to_string().contains("`low-space` is"),
                "{alert}"
            );
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_companys_token_sees_its_alerts_and_what_of_the_host_affects_it() {
    let office = Office::with(&["ana"]).await;
    let server = &office.server;
    let now = Timestamp::now();
    let telemetry = &server.app.telemetry;
    telemetry.alert_raised(Alert::of_host(
        AlertKind::ClockJumped,
        now,
        "by 2 h, at ntp.internal",
    ));
    telemetry.alert_raised(Alert::of_host(AlertKind::ComponentRefused, now, "sha256:1"));
    for company in ["northwind", "harbour"] {
        let alert = Alert::of_company(AlertKind::RolloutEnded, company, now, "it was slow");
        telemetry.alert_raised(alert);
    }
    let own = give(server, standing(Some("northwind"), Role::Operator), |_| {});
    let whole = give(server, standing(None, Role::Operator), |_| {});
    let agent = give(server, standing(Some("northwind"), Role::Agent), |_| {});
    let seen = server.client.ask("GET", ALERTS, &own, "").await.json();
    let alerts = seen["alerts"].as_array().expect("a list");
    let kinds: Vec<_> = alerts.iter().map(|alert| alert["kind"].as_str()).collect();
    assert_eq!(
        kinds,
        [Some("clock-jumped"), Some("rollout-ended")],
        "{seen}"
    );
    assert!(!seen.to_string().contains("internal") && !seen.to_string().contains("harbour"));
    let seen = server.client.ask("GET", ALERTS, &whole, "").await.json();
    assert_eq!(seen["alerts"].as_array().map(Vec::len), Some(4), "{seen}");
    server
        .client
        .ask("GET", ALERTS, &agent, "")
        .await
        .problem(403, "forbidden");
    let foreign = format!("{ALERTS}?company=harbour");
    server
        .client
        .ask("GET", &foreign, &own, "")
        .await
        .problem(404, "unknown-company");
}

#[tokio::test]
async fn a_drain_is_an_alert_until_it_is_undone() {
    let office = Office::with(&["ana"]).await;
    let server = &office.server;
    let path = "/v1/companies/northwind/drain";
    let put = server.client.ask("PUT", path, "", "{}").await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(kinds(server).await, ["draining"]);
    server.client.ask("DELETE", path, "", "").await;
    assert_eq!(kinds(server).await, [""; 0]);
}

#[tokio::test]
async fn the_end_of_the_last_rollout_stays_readable_and_is_an_alert_if_no_operator_ended_it() {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let start = async || {
        let journal = journal.clone();
        Running::of(NORTHWIND, |settings| settings.journal = Some(journal)).await
    };
    let server = start().await;
    let company = "/v1/companies/northwind";
    let last = format!("{company}/rollout/last");
    server.client.get(&last).await.problem(404, "nothing-tried");
    let kept = json!({"document": format!("{NORTHWIND}priority = 10\n"), "keep_only": true});
    let path = format!("{company}/generations");
    assert_eq!(
        server.client.post(&path, kept.to_string()).await.status,
        200
    );
    let shadow = json!({"generation": 2, "kind": "shadow"}).to_string();
    let rollout = format!("{company}/rollout");
    assert_eq!(
        server.client.ask("PUT", &rollout, "", &shadow).await.status,
        200
    );
    let abort = json!({"by": "eva", "reason": "seen enough"}).to_string();
    let path = format!("{company}/rollout/abort");
    assert_eq!(server.client.post(&path, abort).await.status, 200);
    let ended = server.client.get(&last).await.json();
    assert_eq!(
        (&ended["because"], &ended["by"]),
        (&json!("aborted"), &json!("eva"))
    );
    assert_eq!(
        (&ended["reason"], &ended["counts"]["decisions"]),
        (&json!("seen enough"), &json!(0))
    );
    assert_eq!(kinds(&server).await, [""; 0], "an operator ended it");

    assert_eq!(
        server.client.ask("PUT", &rollout, "", &shadow).await.status,
        200
    );
    server.stop().await;
    let sql = rusqlite::Connection::open(&journal.path).expect("opened");
    let broken = "UPDATE generation SET source = x'7b' WHERE number = 2";
    assert_eq!(sql.execute(broken, []).expect("written"), 1);
    drop(sql);
    let server = start().await;
    let ended = server.client.get(&last).await.json();
    assert_eq!(ended["because"], "unbuildable", "{ended}");
    wait_for(&server, "rollout-ended").await;
    let status = server.client.get("/v1/status").await.json();
    assert_eq!(status["healthy"], false, "{status}");
    let document = json!({"document": format!("{NORTHWIND}priority = 20\n")}).to_string();
    let path = format!("{company}/generations");
    assert_eq!(server.client.post(&path, document).await.status, 201);
    assert_eq!(
        kinds(&server).await,
        [""; 0],
        "another generation was activated"
    );
}

/// Wait for the alert of a task that runs when the server has started.
async fn wait_for(server: &Running, kind: &str) {
    while !kinds(server).await.iter().any(|active| active == kind) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
