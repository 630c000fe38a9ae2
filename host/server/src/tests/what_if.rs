//! What another generation would have decided: of one decision, and of many.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use patchbay_engine::component::Digest;
use patchbay_model::access::Role;
use patchbay_service::what_if::{WhatIfRequest, WhatIfState};
use patchbay_suite::guests::wat;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Duration, sleep};

use super::client::Answer;
use super::documents::fits;
use super::matrix::{give, standing};
use super::{NORTHWIND, Running};
use crate::settings::JournalSettings;

const COMPANY: &str = "/v1/companies/northwind";
/// A generation with a policy that has an opinion, which is active.
const ACTIVE: u64 = 2;
/// A stored generation with a policy that never has one.
const CANDIDATE: u64 = 3;
/// A payment card that the detector of personal data finds.
const CARD: &str = "4111 1111 1111 1111";

/// A server that decided three messages with generation [`ACTIVE`].
struct Decided {
    server: Running,
    _place: TempDir,
}

impl Decided {
    async fn new() -> Decided {
        let place = tempfile::tempdir().expect("a place");
        let journal = JournalSettings::at(place.path().join("desk.db"));
        let server = Running::of(NORTHWIND, |settings| settings.journal = Some(journal)).await;
        let decided = Decided {
            server,
            _place: place,
        };
        decided.store("settings", false, ACTIVE).await;
        for id in ["m1", "m2", "m3"] {
            let message = json!({"id": id, "channel": "chat", "text": format!("My card {CARD}"),
                "author": {"address": id}});
            let accepted = decided.post("/interactions", message).await;
            assert_eq!(accepted.status, 202, "{accepted:?}");
        }
        let desk = decided.server.app.desk().expect("a desk");
        let idle = tokio::task::spawn_blocking(move || desk.wait_until_idle());
        idle.await.expect("no panic");
        decided.store("declines", true, CANDIDATE).await;
        decided
    }

    async fn store(&self, component: &str, keep_only: bool, number: u64) {
        let component = wat(component);
        let document = format!(
            "{NORTHWIND}[record]\ntranscripts = \"all\"\n[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"care.wasm\"\n"
        );
        let bundle = json!({"name": "care", "component": Digest::of(&component).to_string()});
        let pack = json!({"bundle": bundle, "code": STANDARD.encode(&component)});
        let body =
            json!({"document": document, "packs": {"care.wasm": pack}, "keep_only": keep_only});
        let stored = self.post("/generations", body).await;
        assert_eq!(stored.json()["generation"], number, "{stored:?}");
    }

    async fn get(&self, path: &str) -> Answer {
        self.server.client.get(&format!("{COMPANY}{path}")).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let path = format!("{COMPANY}{path}");
        self.server.client.post(&path, body.to_string()).await
    }

    async fn cancel(&self, id: &str) -> Answer {
        let path = format!("{COMPANY}/what-if/{id}");
        self.server.client.ask("DELETE", &path, "", "").await
    }

    /// Numbers of the decisions that a query finds, newest first.
    async fn decisions(&self, query: &str) -> Vec<u64> {
        let page = self.get(&format!("/decisions?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {page:?}");
        let page = page.json();
        let rows = page["decisions"].as_array().expect("a list").iter();
        rows.filter_map(|row| row["id"].as_u64()).collect()
    }

    /// The job once it has ended.
    async fn ended(&self, id: &str) -> Value {
        loop {
            let job = self.get(&format!("/what-if/{id}")).await;
            assert_eq!(job.status, 200, "{job:?}");
            let job = job.json();
            fits("WhatIfJob", &job);
            if job["state"] != "running" {
                return job;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn request(&self, generation: u64) -> WhatIfRequest {
        WhatIfRequest {
            generation,
            from: None,
            to: None,
            limit: 100,
            by: "eva".to_owned(),
        }
    }
}

#[tokio::test]
async fn one_decision_is_made_again_by_another_generation() {
    let decided = Decided::new().await;
    let number = decided.decisions("stage=classify").await[0];
    let what_if = async |generation: Value| {
        let path = format!("/decisions/{number}/what-if");
        decided.post(&path, json!({"generation": generation})).await
    };
    let same = what_if(json!(ACTIVE)).await.json();
    fits("WhatIf", &same);
    assert_eq!(same["result"], "same", "{same}");
    assert_eq!(same["differences"], json!([]));
    let other = what_if(json!(CANDIDATE)).await.json();
    fits("WhatIf", &other);
    assert_eq!(
        (&other["result"], &other["decision"], &other["generation"]),
        (&json!("different"), &json!(number), &json!(CANDIDATE))
    );
    let fields = other["differences"].as_array().expect("a list");
    assert!(
        fields
            .iter()
            .any(|it| it["field"].to_string().contains("classification")),
        "{other}"
    );
    let unknown = what_if(json!(9)).await.problem(404, "unknown-generation");
    assert_eq!(unknown["field"], "generation");
    what_if(json!("2")).await.problem(422, "invalid-input");
    let path = "/decisions/999999/what-if";
    let unknown = decided.post(path, json!({"generation": ACTIVE})).await;
    unknown.problem(404, "unknown-decision");
    // Nothing was decided or stored for it.
    assert_eq!(decided.decisions("stage=classify").await.len(), 3);
}

#[tokio::test]
async fn a_job_counts_what_another_generation_decides_otherwise() {
    let decided = Decided::new().await;
    let body = json!({"generation": CANDIDATE, "by": "eva"});
    let started = decided.post("/what-if", body).await;
    assert_eq!(started.status, 202, "{started:?}");
    let started = started.json();
    fits("WhatIfJob", &started);
    let id = started["id"].as_str().expect("an id");
    let job = decided.ended(id).await;
    let counts =
        ["state", "total", "done", "same", "different", "failed"].map(|it| job[it].clone());
    assert_eq!(json!(counts), json!(["done", 3, 3, 0, 3, 0]), "{job}");
    assert_eq!((&job["by"], &job["limit"]), (&json!("eva"), &json!(1_000)));
    let all = decided.decisions("stage=classify").await;
    let oldest_first: Vec<u64> = all.iter().rev().copied().collect();
    let (field, counted) = job["fields"]
        .as_object()
        .expect("fields")
        .iter()
        .next()
        .expect("one");
    assert!(field.starts_with("classification"), "{job}");
    let examples = counted["examples"].as_array().expect("examples").iter();
    let examples: Vec<u64> = examples.filter_map(|it| it["decision"].as_u64()).collect();
    assert_eq!(examples, oldest_first);
    assert!(!job.to_string().contains(CARD), "personal data is masked");

    // A range of the newest, which others may share the time of, and of none.
    let mut times = Vec::new();
    for decision in &all {
        let document = decided.get(&format!("/decisions/{decision}")).await.json();
        times.push(document["at"].clone());
    }
    let from = times[0].clone();
    let of_newest = times.iter().filter(|at| **at == from).count();
    for (body, total) in [
        (json!({"generation": ACTIVE, "limit": 2}), 2),
        (json!({"generation": ACTIVE, "from": from}), of_newest),
        (
            json!({"generation": ACTIVE, "to": "2020-01-01T00:00:00Z"}),
            0,
        ),
    ] {
        let started = decided.post("/what-if", body.clone()).await;
        assert_eq!(started.status, 202, "{body}: {started:?}");
        let job = decided
            .ended(started.json()["id"].as_str().expect("an id"))
            .await;
        assert_eq!(
            (&job["total"], &job["same"]),
            (&json!(total), &json!(total)),
            "{body}: {job}"
        );
    }
    // The last job of a company replaces the one before.
    let gone = decided.get(&format!("/what-if/{id}")).await;
    gone.problem(404, "unknown-what-if");
    let acts = decided.get("/audit").await.json().to_string();
    assert_eq!(acts.matches("decisions.what-if").count(), 4, "{acts}");
}

#[tokio::test]
async fn a_company_has_one_running_job_which_can_be_cancelled() {
    let decided = Decided::new().await;
    let app = &decided.server.app;
    let company = app
        .desk()
        .expect("a desk")
        .company("northwind")
        .expect("one");
    // On this thread nothing else runs between the two: the first is still running.
    let first = app
        .what_if
        .begin(app, "northwind", company, decided.request(CANDIDATE));
    let second = app
        .what_if
        .begin(app, "northwind", company, decided.request(CANDIDATE));
    let first = first.expect("started");
    let refused = second.expect_err("one is running");
    assert!(
        refused.is(patchbay_http::problem::Kind::WhatIfRunning),
        "{refused:?}"
    );
    // Cancelled before its first step.
    let cancelled = app.what_if.cancel("northwind", &first.id).expect("known");
    assert_eq!(cancelled.state, WhatIfState::Cancelled);
    sleep(Duration::from_millis(100)).await;
    let job = decided.ended(&first.id).await;
    assert_eq!(
        (&job["state"], &job["done"]),
        (&json!("cancelled"), &json!(0)),
        "{job}"
    );
    let again = decided.cancel(&first.id).await;
    assert_eq!(again.json()["state"], "cancelled", "{again:?}");
    decided
        .cancel("0000000000000000")
        .await
        .problem(404, "unknown-what-if");
    // Another may start now, and other companies do not see it.
    let started = decided
        .post("/what-if", json!({"generation": CANDIDATE}))
        .await;
    let id = started.json()["id"].as_str().expect("an id").to_owned();
    decided.ended(&id).await;
    let path = format!("/v1/companies/harbour/what-if/{id}");
    decided
        .server
        .client
        .get(&path)
        .await
        .problem(404, "unknown-company");
}

#[tokio::test]
async fn a_job_that_makes_no_sense_does_not_start() {
    let decided = Decided::new().await;
    let at = |from: &str, to: &str| json!({"generation": ACTIVE, "from": from, "to": to});
    for (body, status, kind, field) in [
        (json!({}), 422, "invalid-input", "generation"),
        (
            json!({"generation": 9}),
            404,
            "unknown-generation",
            "generation",
        ),
        (
            json!({"generation": ACTIVE, "limit": 0}),
            422,
            "invalid-input",
            "limit",
        ),
        (
            json!({"generation": ACTIVE, "limit": 10_001}),
            422,
            "invalid-input",
            "limit",
        ),
        (
            json!({"generation": ACTIVE, "from": "yesterday"}),
            422,
            "invalid-input",
            "from",
        ),
        (
            at("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
            422,
            "invalid-input",
            "to",
        ),
        (
            json!({"generation": ACTIVE, "by": "\u{1b}"}),
            422,
            "invalid-input",
            "by",
        ),
    ] {
        let problem = decided
            .post("/what-if", body.clone())
            .await
            .problem(status, kind);
        assert!(problem.to_string().contains(field), "{body}: {problem}");
    }
    let acts = decided.get("/audit").await.json().to_string();
    assert!(!acts.contains("what-if"), "{acts}");
}

#[tokio::test]
async fn decisions_are_found_by_generation_contact_and_time() {
    let decided = Decided::new().await;
    let all = decided.decisions("stage=classify").await;
    assert_eq!(decided.decisions("generation=2&stage=classify").await, all);
    assert_eq!(decided.decisions("generation=1").await, [0u64; 0]);
    let newest = decided.get(&format!("/decisions/{}", all[0])).await.json();
    // Decisions may have the same time.
    let mut times: Vec<(u64, Timestamp)> = Vec::new();
    for number in &all {
        let decision = decided.get(&format!("/decisions/{number}")).await.json();
        let at = decision["at"].as_str().expect("a time");
        times.push((*number, at.parse().expect("a time")));
    }
    for (_, at) in &times {
        let found = times.iter().filter(|(_, time)| time >= at);
        let expected: Vec<u64> = found.map(|(number, _)| *number).collect();
        let query = format!("from={at}&stage=classify");
        assert_eq!(decided.decisions(&query).await, expected, "{query}");
        let found = times.iter().filter(|(_, time)| time < at);
        let expected: Vec<u64> = found.map(|(number, _)| *number).collect();
        let query = format!("to={at}&stage=classify");
        assert_eq!(decided.decisions(&query).await, expected, "{query}");
    }
    assert_eq!(
        decided.decisions("to=2020-01-01T00:00:00Z").await,
        [0u64; 0]
    );
    let open = decided.get("/conversations").await.json();
    let open = open["conversations"].as_array().expect("a list").iter();
    let of = newest["conversation"].as_str().expect("a conversation");
    let contact = open
        .clone()
        .find(|one| one["id"] == of)
        .expect("it is open");
    let contact = contact["contact"].as_str().expect("a contact");
    let found = decided
        .decisions(&format!("contact={contact}&stage=classify"))
        .await;
    assert_eq!(found, all[..1]);
    let unknown = "0123456789abcdef0123456789abcdef";
    for query in [format!("contact={unknown}"), "contact=x".to_owned()] {
        let answer = decided.get(&format!("/decisions?{query}")).await;
        answer.problem(404, "unknown-contact");
    }
    for query in ["from=yesterday", "generation=x"] {
        let answer = decided.get(&format!("/decisions?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn only_an_auditor_exports_a_case_that_is_not_masked() {
    let decided = Decided::new().await;
    let number = decided.decisions("stage=classify").await[0];
    let [integrator, auditor] = [Role::Integrator, Role::Auditor]
        .map(|role| give(&decided.server, standing(Some("northwind"), role), |_| {}));
    let case = async |caller: &str, query: &str| {
        let path = format!("{COMPANY}/decisions/{number}/case{query}");
        decided.server.client.ask("GET", &path, caller, "").await
    };
    let refused = case(&integrator, "?masked=false")
        .await
        .problem(403, "forbidden");
    assert_eq!(refused["field"], "masked");
    for (caller, query) in [
        (&integrator, ""),
        (&integrator, "?masked=true"),
        (&auditor, "?masked=true"),
    ] {
        let masked = case(caller, query).await;
        assert_eq!(masked.status, 200, "{masked:?}");
        assert!(!masked.body.contains(CARD), "{masked:?}");
        assert!(masked.body.contains("My card"), "{masked:?}");
    }
    let whole = case(&auditor, "").await;
    assert!(whole.body.contains(CARD), "{whole:?}");
    case(&auditor, "?masked=1")
        .await
        .problem(400, "bad-parameter");
    let acts = decided
        .server
        .client
        .ask("GET", &format!("{COMPANY}/audit"), &auditor, "")
        .await;
    let unsealed = acts.body.matches("decision.unsealed").count();
    assert_eq!(unsealed, 1, "a masked case is not an unsealing: {acts:?}");
}
