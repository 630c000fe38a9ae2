//! What is counted, and what is shown of it.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_desk::observer::Observer;
use patchbay_engine::decision::{Decided, Decision};
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde_json::Value;

use super::documents::part;
use super::working::Office;
use super::{DECIDE, HELLO, Running};
use crate::telemetry;

/// A decision of one plugin that crashed.
fn crashed(generation: u64) -> Decision {
    let mut decision = Decision::of(generation, None);
    decision.add(Decided::<()> {
        answer: None,
        outcome: Outcome::plain(OutcomeKind::Trapped),
        parts: vec![part()],
        fallback: None,
    });
    decision
}

fn assert_shows(page: &str, lines: &[&str]) {
    for line in lines {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let server = Running::usual().await;
    server.client.post(DECIDE, HELLO).await;
    server.client.post("/v1/companies/acme/decide", HELLO).await;
    server.client.get("/secret-of-a-customer").await;
    let answer = server.client.get("/metrics").await;
    assert!(answer.headers["content-type"].starts_with("text/plain"));
    assert_shows(
        &answer.body,
        &[
            r#"patchbay_requests_total{route="/v1/companies/{company}/decide",status="200"} 1"#,
            r#"patchbay_requests_total{route="/v1/companies/{company}/decide",status="404"} 1"#,
            r#"patchbay_requests_total{route="unmatched",status="404"} 1"#,
            r#"patchbay_request_seconds_count{route="unmatched"} 1"#,
            r#"patchbay_active_generation{company="northwind"} 7"#,
            "patchbay_running_decisions 0",
            "patchbay_queue_depth 0",
            "patchbay_instances_parked 0",
        ],
    );
    for sent in ["acme", "secret", "Hello"] {
        assert!(!answer.body.contains(sent), "{sent} is a label");
    }
}

#[tokio::test]
async fn two_servers_of_a_process_count_for_themselves() {
    let (one, other) = (Running::usual().await, Running::usual().await);
    one.client.get("/healthz").await;
    let counted = other.client.get("/metrics").await.body;
    assert!(!counted.contains("/healthz"), "{counted}");
}

#[tokio::test]
async fn decisions_are_counted_by_plugin_and_outcome_and_timed_in_microseconds() {
    let server = Running::usual().await;
    let telemetry = &server.app.telemetry;
    telemetry.decided("northwind", &crashed(7));
    telemetry.answered("northwind", &crashed(7), Duration::from_micros(400));
    let page = server.client.get("/metrics").await.body;
    assert_shows(
        &page,
        &[
            r#"patchbay_decisions_total{company="northwind",generation="7",stage="route",plugin="care",outcome="trapped"} 2"#,
            r#"patchbay_guest_memory_peak_bytes{company="northwind",generation="7",stage="route",plugin="care"} 65536"#,
            r#"patchbay_phase_seconds_bucket{stage="route",phase="call",le="0.00002"} 0"#,
            r#"patchbay_phase_seconds_bucket{stage="route",phase="call",le="0.00005"} 2"#,
            r#"patchbay_phase_seconds_bucket{stage="route",phase="queue",le="0.0005"} 3"#,
            r#"patchbay_stage_seconds_count{company="northwind",stage="route"} 2"#,
            "# TYPE patchbay_decisions_total counter",
            "# TYPE patchbay_phase_seconds histogram",
        ],
    );
}

#[tokio::test]
async fn a_generation_that_decides_nothing_any_more_is_not_shown() {
    let server = Running::usual().await;
    for generation in 1..=7 {
        // Whoever decided last stays last.
        tokio::time::sleep(Duration::from_millis(2)).await;
        server
            .app
            .telemetry
            .decided("northwind", &crashed(generation));
    }
    let page = server.client.get("/metrics").await.body;
    let shown: Vec<bool> = (1..=7)
        .map(|number| page.contains(&format!("generation=\"{number}\"")))
        .collect();
    assert_eq!(shown, [false, false, false, true, true, true, true]);
}

#[tokio::test]
async fn the_desk_shows_what_came_in_what_waits_and_what_was_written() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let message = serde_json::json!({"id": "1", "channel": "chat", "text": "Hello?", "author": {"address": "1"}});
    office.post("/interactions", message).await;
    office
        .post("/interactions", serde_json::json!({"id": ""}))
        .await;
    let page = office.server.client.get("/metrics").await.body;
    assert_shows(
        &page,
        &[
            r#"patchbay_intake_total{company="northwind",result="accepted"} 1"#,
            r#"patchbay_intake_total{company="northwind",result="duplicate"} 1"#,
            r#"patchbay_intake_total{company="northwind",result="refused"} 1"#,
            r#"patchbay_desk_queue_waiting{company="northwind",queue="general"} 0"#,
            r#"patchbay_desk_queue_waiting{company="northwind",queue="tax"} 0"#,
            r#"patchbay_desk_offers_open{company="northwind"} 1"#,
            r#"patchbay_desk_undecided{company="northwind"} 0"#,
            r#"patchbay_outbox_waiting{company="northwind"} 0"#,
            r#"patchbay_outbox_dead{company="northwind"} 0"#,
            r#"patchbay_decisions_unrecorded_total{company="northwind"} 0"#,
        ],
    );
    assert!(
        !page.contains("patchbay_journal_write_seconds_count 0\n"),
        "{page}"
    );
}

#[tokio::test]
async fn what_is_turned_away_is_counted_with_its_company() {
    let server = Running::with(|settings| settings.deadline = Duration::from_millis(20)).await;
    let hold = super::pressure::occupy(&server).await;
    server
        .client
        .post(DECIDE, HELLO)
        .await
        .problem(503, "overloaded");
    drop(hold);
    let page = server.client.get("/metrics").await.body;
    assert_shows(
        &page,
        &[r#"patchbay_shed_total{company="northwind",what="deadline"} 1"#],
    );
}

/// Names of families on a page.
fn shown(page: &str) -> BTreeSet<&str> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| line.split(' ').next()).collect()
}

#[tokio::test]
async fn every_family_is_shown_and_every_number_belongs_to_one() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let page = office.server.client.get("/metrics").await.body;
    let shown = shown(&page);
    let published: BTreeSet<&str> = telemetry::families().collect();
    assert_eq!(shown, published);
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        assert!(published.contains(family(name)), "{line}");
    }
}

/// The family a number's name belongs to.
fn family(name: &str) -> &str {
    let of_histogram = ["_bucket", "_sum", "_count"];
    let mut parts = of_histogram.iter();
    let family = parts.find_map(|part| name.strip_suffix(part));
    family.unwrap_or(name)
}

#[test]
fn the_dashboard_shows_every_family_and_none_that_is_not_there() {
    let dashboard = include_str!("../../../../docs/grafana/patchbay.json");
    let document: Value = serde_json::from_str(dashboard).expect("JSON");
    let mut expressions = Vec::new();
    for panel in document["panels"].as_array().expect("panels") {
        let targets = panel["targets"].as_array().into_iter().flatten();
        expressions.extend(targets.filter_map(|target| target["expr"].as_str()));
    }
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let named: BTreeSet<&str> = expressions
        .iter()
        .flat_map(|expression| expression.split(|character| !is_name(character)))
        .filter(|word| word.starts_with("patchbay_"))
        .map(family)
        .collect();
    let published: BTreeSet<&str> = telemetry::families().collect();
    assert_eq!(named, published);
}
