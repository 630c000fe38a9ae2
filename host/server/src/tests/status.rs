//! The status, and which callers see what.

use patchbay_engine::decision::{Decision, StageResult};
use patchbay_model::access::Role;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_pass::observer::Observer;
use serde_json::json;

use super::Running;
use super::documents::part;
use super::matrix::{give, standing};
use super::office::Office;

const STATUS: &str = "/v1/status";

#[tokio::test]
async fn the_status_reports_the_host_and_its_companies() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let mut decision = Decision::of(1, None);
    decision.add(StageResult::<()> {
        answer: None,
        outcome: Outcome::plain(OutcomeKind::Trapped),
        plugins: vec![part()],
        fallback: None,
    });
    office.server.app.telemetry.decided("northwind", &decision);
    let answer = office.server.client.get(STATUS).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let status = answer.json();
    assert_eq!(status["healthy"], true, "{status}");
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert!(status["journal"]["bytes"].as_u64() > Some(0));
    let company = &status["companies"][0];
    assert_eq!(company["company"], "northwind");
    assert_eq!(company["generation"], 1);
    assert!(company["since"].is_string(), "{company}");
    assert_eq!(company["desk"]["offers"], 1);
    assert_eq!(company["desk"]["undecided"], 0);
    assert_eq!(company["desk"]["queues"][1]["id"], "tax");
    let stage = &company["stages"][0];
    assert_eq!(stage["stage"], "route");
    assert_eq!(stage["outcomes"], json!({"trapped": 1}));
    assert!(stage["p50"].as_u64() <= Some(50), "{stage}");
    let times = stage["times"].as_array().map(Vec::len);
    let bounds = status["bounds"].as_array().map(Vec::len);
    assert_eq!(times, bounds.map(|bounds| bounds + 1));
    let nobody = office.server.client.get("/v1/status?company=nobody").await;
    nobody.problem(404, "unknown-company");
}

#[tokio::test]
async fn the_status_works_without_a_journal() {
    let server = Running::usual().await;
    let status = server.client.get(STATUS).await.json();
    assert_eq!(status["healthy"], true);
    assert!(status.get("journal").is_none(), "{status}");
    assert!(status["companies"][0].get("desk").is_none(), "{status}");
    assert_eq!(status["companies"][0]["generation"], 7);
}

#[tokio::test]
async fn a_companys_token_sees_its_company_only() {
    let office = Office::with(&["ana"]).await;
    let server = &office.server;
    let other = server.app.desk().expect("a desk");
    other.journal().company("other").expect("a company");
    let own = give(server, standing(Some("northwind"), Role::Operator), |_| {});
    let foreign = give(server, standing(Some("other"), Role::Operator), |_| {});
    let whole = give(server, standing(None, Role::Operator), |_| {});
    let agent = give(server, standing(Some("northwind"), Role::Agent), |_| {});
    let ask = async |path: &str, token: &str| server.client.ask("GET", path, token, "").await;
    for token in [&own, &whole] {
        let status = ask(STATUS, token).await.json();
        assert_eq!(status["companies"].as_array().map(Vec::len), Some(1));
    }
    for field in ["journal", "running", "waiting"] {
        assert!(ask(STATUS, &whole).await.json().get(field).is_some());
        assert!(ask(STATUS, &own).await.json().get(field).is_none());
    }
    let named = "/v1/status?company=northwind";
    assert_eq!(ask(named, &own).await.status, 200);
    ask(named, &foreign).await.problem(404, "unknown-company");
    ask(STATUS, &foreign).await.problem(404, "unknown-company");
    ask(STATUS, &agent).await.problem(403, "forbidden");
}
