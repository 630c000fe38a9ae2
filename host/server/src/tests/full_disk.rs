//! A server that starts on a full disk waits for space, says so, and starts when
//! there is some.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use tokio::net::TcpListener;

use super::client::Client;
use super::{NORTHWIND, Running, settings};
use crate::ServerSettings;
use crate::settings::JournalSettings;
use crate::storage_wait::open_journal;

#[tokio::test]
async fn a_start_on_a_full_disk_waits_for_space_and_says_so() {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let settings = ServerSettings {
        journal: Some(journal.clone()),
        ..settings()
    };
    // Whatever is written to this file of the journal fails as on a full disk.
    let full = place.path().join("desk.db.lanes");
    symlink("/dev/full", &full).expect("linked");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let client = Client::of(listener.local_addr().expect("an address"));
    let opening = tokio::spawn(async move { open_journal(&settings, &listener, None).await });

    assert_eq!(client.get("/healthz").await.status, 200);
    for path in ["/readyz", "/v1/status", "/v1/alerts"] {
        let problem = client.get(path).await.problem(503, "not-ready");
        let detail = problem["detail"].to_string();
        assert!(detail.contains("space on the journal's disk"), "{problem}");
    }
    let metrics = client.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.body.contains("patchbay_storage_failing 1"),
        "{metrics:?}"
    );
    assert!(!opening.is_finished(), "it waits");

    fs::remove_file(&full).expect("space again");
    let opened = opening.await.expect("no panic").expect("there is space");
    let opened = opened.expect("a journal");
    opened.probe().expect("it can write");
    drop(opened);
    let server = Running::of(NORTHWIND, |settings| settings.journal = Some(journal)).await;
    assert_eq!(server.client.get("/readyz").await.status, 200);
    let message = json!({"id": "1", "channel": "chat", "text": "Hi", "author": {"address": "j"}});
    let path = "/v1/companies/northwind/interactions";
    let accepted = server.client.post(path, message.to_string()).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    server.stop().await;
}
