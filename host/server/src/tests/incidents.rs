//! Incidents, and alerts that a person acknowledges.

use patchbay_events::AlertEvent;
use serde_json::{Value, json};

use super::office::Office;

/// Puts stored conversations into an incident (none named: all of them); only while no
/// server runs.
pub(super) fn put_into_incident(path: &std::path::Path, ids: &[&String], subject: &str) {
    let sql = rusqlite::Connection::open(path).expect("opened");
    let ids: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let which = match ids.is_empty() {
        true => String::new(),
        false => format!("WHERE lower(hex(id)) IN ({})", ids.join(", ")),
    };
    let changed = sql.execute(
        &format!(
            "UPDATE conversation SET snapshot = CAST(json_set(CAST(snapshot AS TEXT),
               '$.incident', ?1, '$.incident_since', '2026-01-01T00:00:00Z') AS BLOB) {which}"
        ),
        [subject],
    );
    assert!(changed.expect("changed") > 0);
}

/// An office with so many conversations in the incident `outage`.
async fn with_incident(conversations: usize) -> Office {
    let office = Office::with(&[]).await;
    for number in 0..conversations {
        let id = number.to_string();
        let message = json!({"id": id, "channel": "chat", "text": "It is down",
            "author": {"address": id}});
        assert_eq!(office.post("/interactions", message).await.status, 202);
    }
    office.settled().await;
    let journal = office
        .server
        .app
        .settings
        .journal
        .clone()
        .expect("a journal");
    let place = journal.path.clone();
    office
        .restarted(move |_| put_into_incident(&place, &[], "outage"))
        .await
}

async fn put(office: &Office, path: &str, body: Value) -> super::client::Answer {
    let path = format!("{}{path}", super::office::COMPANY);
    office
        .server
        .client
        .ask("PUT", &path, "", &body.to_string())
        .await
}

#[tokio::test]
async fn a_supervisor_names_closes_and_reopens_an_incident() {
    let office = with_incident(2).await;
    let list = office.get("/incidents").await.json();
    let incident = &list["incidents"][0];
    assert_eq!(
        (&incident["subject"], &incident["state"]),
        (&json!("outage"), &json!("open"))
    );
    assert_eq!((&incident["open"], incident.get("name")), (&json!(2), None));
    let named = put(
        &office,
        "/incidents/outage",
        json!({"name": "Outage in Lisbon"}),
    )
    .await;
    assert_eq!(named.json()["name"], "Outage in Lisbon", "{named:?}");
    let closed = put(&office, "/incidents/outage", json!({"state": "closed"}))
        .await
        .json();
    assert_eq!(
        (&closed["state"], &closed["name"]),
        (&json!("closed"), &json!("Outage in Lisbon"))
    );
    assert!(
        closed["closed_at"].is_string() && closed["closed_by"].is_string(),
        "{closed}"
    );
    assert_eq!(
        office.get("/incidents?state=open").await.json()["incidents"],
        json!([])
    );

    // It stays so after a restart.
    let office = office.restarted(|_| {}).await;
    let list = office.get("/incidents?state=closed").await.json();
    assert_eq!(list["incidents"][0], closed);
    let reopened = put(
        &office,
        "/incidents/outage",
        json!({"state": "open", "name": null}),
    )
    .await;
    let reopened = reopened.json();
    assert_eq!(
        (&reopened["state"], reopened.get("name")),
        (&json!("open"), None),
        "{reopened}"
    );
    assert_eq!(reopened.get("closed_at"), None);
    let same = put(&office, "/incidents/outage", json!({})).await;
    assert_eq!(same.json(), reopened);
    let audit = office.get("/audit").await.json();
    let acts = audit["acts"].as_array().expect("a list").iter();
    assert_eq!(
        acts.filter(|act| act["act"] == "incident.changed").count(),
        3,
        "{audit}"
    );
}

#[tokio::test]
async fn a_large_incident_is_read_in_pages() {
    let office = with_incident(105).await;
    let first = office.get("/incidents").await.json()["incidents"][0].clone();
    assert_eq!(first["open"], 105);
    assert_eq!(first["conversations"].as_array().map(Vec::len), Some(100));
    let mut seen = std::collections::BTreeSet::new();
    let mut path = "/incidents/outage?limit=40".to_owned();
    for length in [40, 40, 25] {
        let page = office.get(&path).await.json();
        let ids = page["conversations"].as_array().expect("a list").clone();
        assert_eq!(ids.len(), length, "{page}");
        seen.extend(ids.iter().map(ToString::to_string));
        let next = page["next"].as_str().unwrap_or_default();
        path = format!("/incidents/outage?limit=40&after={next}");
    }
    assert_eq!(seen.len(), 105);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_about_an_incident_is_said() {
    let office = with_incident(1).await;
    office
        .get("/incidents/flood")
        .await
        .problem(404, "unknown-incident");
    let closed = json!({"state": "closed"});
    put(&office, "/incidents/flood", closed)
        .await
        .problem(404, "unknown-incident");
    for body in [
        json!({"name": ""}),
        json!({"name": "x".repeat(257)}),
        json!({"state": "gone"}),
    ] {
        put(&office, "/incidents/outage", body)
            .await
            .problem(422, "invalid-input");
    }
    for query in ["?state=gone", "?limit=0", "?limit=101"] {
        office
            .get(&format!("/incidents{query}"))
            .await
            .problem(400, "bad-parameter");
    }
    let refused = office.get("/incidents/outage?after=x").await;
    assert_eq!(refused.problem(400, "bad-parameter")["field"], "after");
}

#[tokio::test]
async fn alerts_come_newest_first_in_pages_and_are_acknowledged_once() {
    let office = Office::with(&[]).await;
    let desk = office.server.app.desk().expect("a desk");
    let alert = |file: &str| AlertEvent::CompanyFileRejected {
        file: file.to_owned(),
        problems: Vec::new(),
        reasons: 0,
    };
    for file in ["a", "b", "c"] {
        desk.alert("northwind", alert(file)).expect("written");
    }
    drop(desk);
    let files = async |query: &str| -> (Vec<String>, Value) {
        let page = office.get(&format!("/alerts{query}")).await.json();
        let alerts = page["alerts"].as_array().expect("a list").clone();
        let file = |alert: &Value| {
            alert["data"]["about"]["file"]
                .as_str()
                .unwrap_or("")
                .to_owned()
        };
        (alerts.iter().map(file).collect(), page["next"].clone())
    };
    assert_eq!(files("").await.0, ["a", "b", "c"]);
    let (newest, next) = files("?order=newest&limit=2").await;
    assert_eq!(newest, ["c", "b"]);
    assert_eq!(files(&format!("?before={next}&limit=2")).await.0, ["a"]);

    let list = office.get("/alerts").await.json();
    let number = list["alerts"][1]["feed"].as_u64().expect("a number");
    let acknowledge = format!("/alerts/{number}/acknowledge");
    let first = office.post(&acknowledge, json!({})).await.json();
    assert!(
        first["by"].is_string() && first["at"].is_string(),
        "{first}"
    );
    assert_eq!(office.post(&acknowledge, json!({})).await.json(), first);
    let office = office.restarted(|_| {}).await;
    let list = office.get("/alerts").await.json();
    assert_eq!(list["alerts"][1]["acknowledged"], first);
    assert_eq!(list["alerts"][0].get("acknowledged"), None);
    let open = office.get("/alerts?open=true&order=newest").await.json();
    let open: Vec<_> = open["alerts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["feed"].clone())
        .collect();
    assert!(
        open.len() == 2 && !open.contains(&json!(number)),
        "{open:?}"
    );
    // The feed tells the others, once.
    let desk = office.server.app.desk().expect("a desk");
    let company = desk.company("northwind").expect("known");
    let feed = desk.journal().feed(company, 0, 100).expect("read");
    let kind = patchbay_events::EventKind::AlertAcknowledged as u16;
    assert_eq!(
        feed.entries
            .iter()
            .filter(|entry| entry.kind == kind)
            .count(),
        1
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_request_about_alerts_is_said() {
    let office = Office::with(&[]).await;
    for number in ["7", "x", "-1"] {
        let path = format!("/alerts/{number}/acknowledge");
        office
            .post(&path, json!({}))
            .await
            .problem(404, "unknown-alert");
    }
    office
        .post("/alerts/7/acknowledge", json!({"by": "ana"}))
        .await
        .problem(422, "invalid-input");
    for (query, field) in [
        ("?order=best", "order"),
        ("?order=newest&after=1", "after"),
        ("?order=oldest&before=1", "before"),
        ("?after=1&before=2", "after"),
        ("?before=x", "before"),
        ("?limit=501", "limit"),
        ("?open=maybe", "open"),
    ] {
        let problem = office
            .get(&format!("/alerts{query}"))
            .await
            .problem(400, "bad-parameter");
        assert_eq!(problem["field"], field, "{query}");
    }
}
