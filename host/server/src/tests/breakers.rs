//! Circuit breakers of a company's plugins.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_engine::component::Digest;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_suite::guests::wat;
use serde_json::{Value, json};
use std::time::Instant;

use super::{NORTHWIND, Running};
use crate::settings::JournalSettings;

const COMPANY: &str = "/v1/companies/northwind";

/// A server with the plugin `care` at the stage `classify`.
async fn server(place: &tempfile::TempDir) -> Running {
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let server = Running::of(NORTHWIND, |settings| settings.journal = Some(journal)).await;
    let component = wat("settings");
    let document = format!(
        "{NORTHWIND}[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"care.wasm\"\n"
    );
    let bundle = json!({"name": "care", "component": Digest::of(&component).to_string()});
    let pack = json!({"bundle": bundle, "code": STANDARD.encode(&component)});
    let body = json!({"document": document, "packs": {"care.wasm": pack}});
    let path = format!("{COMPANY}/generations");
    let applied = server.client.post(&path, body.to_string()).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    server
}

/// Has calls of the plugin fail, of no customer in particular.
fn fail(server: &Running, times: usize, outcome: OutcomeKind) {
    let generation = server.app.companies.get("northwind").expect("it is active");
    let plugin = &generation.pipelines.of(Stage::Classify)[0];
    for _ in 0..times {
        plugin
            .breaker(Stage::Classify)
            .report(outcome, None, Instant::now());
    }
}

async fn only(server: &Running) -> Value {
    let list = server
        .client
        .get(&format!("{COMPANY}/breakers"))
        .await
        .json();
    assert_eq!(list["generation"], 2, "{list}");
    let breakers = list["breakers"].as_array().expect("a list").clone();
    assert_eq!(breakers.len(), 1, "{list}");
    breakers[0].clone()
}

#[tokio::test]
async fn a_breaker_tells_why_it_is_open_and_an_operator_closes_it() {
    let place = tempfile::tempdir().expect("a place");
    let server = server(&place).await;
    let closed = json!({"plugin": "care", "stage": "classify", "state": "closed", "failures": 0,
        "outcomes": {}, "parts": 0});
    assert_eq!(only(&server).await, closed);
    let before = jiff::Timestamp::now();
    fail(&server, 3, OutcomeKind::Timeout);
    fail(&server, 7, OutcomeKind::Trapped);
    let open = only(&server).await;
    assert_eq!(
        (&open["failures"], &open["outcomes"]),
        (&json!(10), &json!({"timeout": 3, "trapped": 7}))
    );
    assert_eq!(open["state"], "open");
    let time = |name: &str| -> jiff::Timestamp {
        open[name].as_str().expect(name).parse().expect("a time")
    };
    let second = jiff::SignedDuration::from_secs(1);
    assert!(time("since") + second >= before, "{open}");
    assert!(time("next_trial") > time("since"), "{open}");

    let path = format!("{COMPANY}/breakers/care/close");
    let done = server
        .client
        .post(&path, json!({"reason": "a new version is out"}).to_string())
        .await;
    assert_eq!(
        done.json(),
        json!({"was_open": true, "breakers": [closed]}),
        "{done:?}"
    );
    assert_eq!(only(&server).await, closed);
    let again = server
        .client
        .post(&path, json!({"stage": "classify"}).to_string())
        .await;
    assert_eq!(again.json()["was_open"], false);
    let audit = server.client.get(&format!("{COMPANY}/audit")).await.json();
    let acts = audit["acts"].as_array().expect("a list");
    let of_it: Vec<_> = acts
        .iter()
        .filter(|act| act["act"] == "breaker.closed")
        .collect();
    assert_eq!(of_it.len(), 1, "closed once: {audit}");
    assert_eq!(of_it[0]["details"]["reason"], "a new version is out");
}

#[tokio::test]
async fn a_plugin_that_the_company_does_not_have_has_no_breaker() {
    let place = tempfile::tempdir().expect("a place");
    let server = server(&place).await;
    let close = async |plugin: &str, body: Value| {
        let path = format!("{COMPANY}/breakers/{plugin}/close");
        server.client.post(&path, body.to_string()).await
    };
    let refused = close("cara", json!({})).await;
    let problem = refused.problem(404, "unknown-plugin");
    assert!(problem["detail"].to_string().contains("care"), "{problem}");
    close("care", json!({"stage": "tone"}))
        .await
        .problem(404, "unknown-plugin");
    close("care", json!({"stage": "no"}))
        .await
        .problem(422, "invalid-input");
    let long = "x".repeat(501);
    close("care", json!({"reason": long}))
        .await
        .problem(422, "invalid-input");
    let path = "/v1/companies/nobody/breakers";
    server
        .client
        .get(path)
        .await
        .problem(404, "unknown-company");
}
