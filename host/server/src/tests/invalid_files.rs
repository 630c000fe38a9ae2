//! An invalid company file at the start does not affect other companies.

use std::path::Path;

use patchbay_generations::assemble::InvalidFile;
use patchbay_pack_build::BuildOptions;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{NORTHWIND, company, settings};
use crate::settings::{JournalSettings, ServerSettings};
use crate::{BoundServer, PreparedServer, ServeError, Server};

const HARBOUR: &str = "/v1/companies/harbour";

fn journal_settings(place: &TempDir) -> ServerSettings {
    let mut settings = settings();
    settings.journal = Some(JournalSettings::at(place.path().join("desk.db")));
    settings
}

/// Starts a server with these company files.
async fn start(settings: &ServerSettings, files: &[&str]) -> Result<BoundServer, ServeError> {
    let (assembler, _) = company(NORTHWIND);
    let mut valid = Vec::new();
    let mut rejected = Vec::new();
    for (index, text) in files.iter().enumerate() {
        match assembler.build_text(text, Path::new("."), 1) {
            Ok(built) => valid.push(built),
            Err(findings) => {
                let path = format!("/etc/companies/{index}.toml");
                rejected.push(InvalidFile::new(path, (*text).to_owned(), findings));
            }
        }
    }
    Server::bind_with_rejected(settings, valid, rejected, assembler).await
}

fn invalid(name: &str) -> String {
    format!("company = {name:?}\n[queue.general]\ndefault = 7\n")
}

#[tokio::test]
async fn a_company_whose_file_is_invalid_is_answered_503_and_others_are_served() {
    let place = tempfile::tempdir().expect("a place");
    let files = [NORTHWIND, &invalid("harbour"), "[queue"];
    let bound = start(&journal_settings(&place), &files).await;
    let server = super::Running::start(bound.expect("it starts"));
    let client = &server.client;
    let hello = json!({"id": "1", "channel": "x", "text": "Hi", "author": {"address": "@jo"}});
    let deliver = async |company: &str| {
        let path = format!("/v1/companies/{company}/interactions");
        client.post(&path, hello.to_string()).await
    };
    assert_eq!(deliver("northwind").await.status, 202);
    let refused = deliver("harbour").await.problem(503, "company-not-ready");
    let detail = refused["detail"].as_str().expect("why");
    assert!(detail.starts_with("its file is invalid: "), "{detail}");
    let ready = client.get("/readyz").await.json();
    assert_eq!(
        (&ready["companies"], &ready["unready"]),
        (&json!(1), &json!(1))
    );
    let alerts = client.get("/v1/alerts").await.json();
    let alerts = alerts["alerts"].as_array().expect("a list");
    let mut kinds: Vec<_> = alerts.iter().map(|alert| &alert["kind"]).collect();
    kinds.sort_by_key(|kind| kind.to_string());
    let expected = ["company-file-refused", "company-not-ready"].map(Value::from);
    assert_eq!(kinds, expected.iter().collect::<Vec<_>>(), "{alerts:?}");
    assert!(!alerts[0].to_string().contains("/etc/"), "{alerts:?}");
    assert_eq!(client.get("/v1/status").await.json()["healthy"], false);
    // The corrected file makes the company ready.
    let document = NORTHWIND.replace("northwind", "harbour");
    let body = json!({"document": document, "new": true}).to_string();
    let created = client.post(&format!("{HARBOUR}/generations"), body).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(deliver("harbour").await.status, 202);
    assert_eq!(client.get("/readyz").await.json()["unready"], 0);
}

/// The files in the error of a server that does not start.
async fn refused(settings: &ServerSettings, files: &[&str]) -> usize {
    match start(settings, files).await {
        Err(ServeError::Companies(files)) => files.len(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it starts"),
    }
}

#[tokio::test]
async fn a_server_without_any_company_does_not_start_and_names_every_file() {
    let place = tempfile::tempdir().expect("a place");
    let files = [&*invalid("northwind"), &invalid("harbour")];
    assert_eq!(refused(&journal_settings(&place), &files).await, 2);
}

#[tokio::test]
async fn a_strict_server_does_not_start_with_an_invalid_file() {
    let place = tempfile::tempdir().expect("a place");
    let mut settings = journal_settings(&place);
    settings.strict = true;
    assert_eq!(
        refused(&settings, &[NORTHWIND, &invalid("harbour")]).await,
        1
    );
}

#[tokio::test]
async fn an_invalid_file_leaves_the_stored_generation_active() {
    let place = tempfile::tempdir().expect("a place");
    let settings = journal_settings(&place);
    for files in [NORTHWIND, &invalid("northwind")] {
        let bound = start(&settings, &[files]).await.expect("it starts");
        let server = super::Running::start(bound);
        let ready = server.client.get("/readyz").await.json();
        assert_eq!(
            (&ready["companies"], &ready["unready"]),
            (&json!(1), &json!(0))
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn the_second_file_of_a_company_is_rejected_and_the_first_decides() {
    let place = tempfile::tempdir().expect("a place");
    let mut settings = journal_settings(&place);
    for name in ["a.toml", "b.toml"] {
        let path = place.path().join(name);
        std::fs::write(&path, NORTHWIND).expect("written");
        settings.companies.push(path);
    }
    let prepared = PreparedServer::prepare(settings, None, BuildOptions::default());
    let prepared = prepared.expect("prepared");
    assert_eq!((prepared.companies.len(), prepared.rejected.len()), (1, 1));
    let why = prepared.rejected[0].to_string();
    assert!(why.contains("b.toml both define"), "{why}");
    prepared.bind().await.expect("it starts");
}
