//! A company whose active generation cannot be built does not affect others.

use patchbay_model::access::Role;
use serde_json::json;
use tempfile::TempDir;

use super::matrix::{give, standing};
use super::{NORTHWIND, Running, company, settings};
use crate::settings::JournalSettings;
use crate::{ServeError, Server};

const HARBOUR: &str = "/v1/companies/harbour";

fn journal(place: &TempDir) -> JournalSettings {
    JournalSettings::at(place.path().join("desk.db"))
}

async fn start(place: &TempDir) -> Running {
    Running::of(NORTHWIND, |settings| {
        settings.journal = Some(journal(place))
    })
    .await
}

/// Two companies; the stored generation of one is invalid.
async fn broken() -> TempDir {
    let place = tempfile::tempdir().expect("a place");
    let server = start(&place).await;
    let document = NORTHWIND.replace("northwind", "harbour");
    for document in [&document, &format!("{document}[queue.tax]\n")] {
        let path = format!("{HARBOUR}/generations");
        let body = json!({"document": document, "new": true}).to_string();
        assert_eq!(server.client.post(&path, body).await.status, 201);
    }
    server.stop().await;
    let sql = rusqlite::Connection::open(journal(&place).path).expect("opened");
    let changed = sql.execute(
        "UPDATE generation SET source = x'7b' WHERE number = 2
         AND company = (SELECT id FROM company WHERE name = 'harbour')",
        [],
    );
    assert_eq!(changed.expect("written"), 1);
    place
}

#[tokio::test]
async fn an_unready_company_is_answered_503_and_others_are_served() {
    let place = broken().await;
    let server = start(&place).await;
    let client = &server.client;
    let hello = json!({"id": "1", "channel": "x", "text": "Hi", "author": {"address": "@jo"}});
    let ask = async |company: &str| {
        let path = format!("/v1/companies/{company}/interactions");
        client.post(&path, hello.to_string()).await
    };
    assert_eq!(ask("northwind").await.status, 202);
    let refused = ask("harbour").await.problem(503, "company-not-ready");
    let detail = refused["detail"].as_str().expect("why");
    assert!(
        detail.starts_with("generation 2 cannot be built: "),
        "{detail}"
    );
    for path in ["decide", "tone"] {
        let answer = client.post(&format!("{HARBOUR}/{path}"), "{}").await;
        answer.problem(503, "company-not-ready");
    }
    let queues = client.get(&format!("{HARBOUR}/queues")).await;
    queues.problem(503, "company-not-ready");
    let status = client.get("/v1/status?company=harbour").await;
    status.problem(503, "company-not-ready");
    let ready = client.get("/readyz").await.json();
    assert_eq!(
        (&ready["companies"], &ready["unready"]),
        (&json!(1), &json!(1))
    );
    assert!(
        !ready.to_string().contains("harbour"),
        "everybody reads that"
    );
    // It can still be administered, and recovers with another generation.
    let list = client.get(&format!("{HARBOUR}/generations")).await.json();
    assert_eq!(list["active"], 2);
    let back = client.post(&format!("{HARBOUR}/rollback"), "{}").await;
    assert_eq!(back.status, 201, "{back:?}");
    assert_eq!(ask("harbour").await.status, 202);
    assert_eq!(client.get("/readyz").await.json()["unready"], 0);
}

#[tokio::test]
async fn an_unready_company_is_not_revealed_to_others() {
    let place = broken().await;
    let server = start(&place).await;
    let token = give(&server, standing(Some("northwind"), Role::Operator), |_| {});
    let path = format!("{HARBOUR}/queues");
    let answer = server.client.ask("GET", &path, &token, "").await;
    answer.problem(404, "unknown-company");
    let answer = server.client.ask("GET", &path, "", "").await;
    answer.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_strict_server_does_not_start_with_an_unready_company() {
    let place = broken().await;
    let (assembler, built) = company(NORTHWIND);
    let mut settings = settings();
    settings.journal = Some(journal(&place));
    settings.strict = true;
    match Server::bind(&settings, vec![built], assembler).await {
        Err(ServeError::Generation {
            company, number, ..
        }) => assert_eq!((company.as_str(), number), ("harbour", 2)),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it starts"),
    }
}
