//! Metrics: counting and exposition.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_engine::decision::{Decision, StageResult};
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_pass::observer::Observer;
use patchbay_telemetry::FAMILIES;
use serde_json::Value;

use super::documents::part;
use super::office::Office;
use super::{DECIDE, HELLO, Running};

/// A decision in which one plugin trapped.
fn crashed(generation: u64) -> Decision {
    let mut decision = Decision::of(generation, None);
    decision.add(StageResult::<()> {
        answer: None,
        outcome: Outcome::plain(OutcomeKind::Trapped),
        plugins: vec![part()],
        fallback: None,
    });
    decision
}

fn assert_shows(page: &str, lines: &[&str]) {
    for line in lines {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
}

/// Labels of a metric; none if it does not exist.
fn metric_labels(name: &str) -> Option<&'static [&'static str]> {
    let family = FAMILIES.iter().find(|family| family.name == name);
    family.map(|family| family.labels)
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
async fn two_servers_in_one_process_count_separately() {
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
    telemetry.count_stateless("northwind", &crashed(7), Duration::from_micros(400));
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
async fn a_retired_generation_has_no_metrics() {
    let server = Running::usual().await;
    for generation in 1..=7 {
        // The generation that decided last stays.
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
async fn the_desk_exposes_intake_queues_and_writes() {
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
async fn overload_is_counted_by_company() {
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

/// Names of the metrics on a page.
fn shown(page: &str) -> BTreeSet<&str> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| line.split(' ').next()).collect()
}

#[tokio::test]
async fn every_metric_is_described_and_every_sample_has_a_metric() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let page = office.server.client.get("/metrics").await.body;
    let shown = shown(&page);
    let published: BTreeSet<&str> = FAMILIES.iter().map(|family| family.name).collect();
    assert_eq!(shown, published);
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        assert!(published.contains(family(name)), "{line}");
    }
}

/// The metric of a sample's name.
fn family(name: &str) -> &str {
    let of_histogram = ["_bucket", "_sum", "_count"];
    let mut parts = of_histogram.iter();
    let family = parts.find_map(|part| name.strip_suffix(part));
    family.unwrap_or(name)
}

/// Metrics of an expression, with their labels in it.
fn named_in(expression: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = expression.split(|character| !is_name(character));
    let families = words
        .filter(|word| word.starts_with("patchbay_"))
        .map(family);
    let within = |open: &'static str, close: char| {
        let parts = expression.split(open).skip(1);
        parts.filter_map(move |part| part.split_once(close))
    };
    let matched = within("{", '}').flat_map(|(matchers, _)| matchers.split(','));
    let matched = matched.filter_map(|matcher| matcher.split(['=', '!']).next());
    let grouped = within("by (", ')').flat_map(|(labels, _)| labels.split(','));
    let labels = matched.chain(grouped).map(str::trim);
    (families.collect(), labels.collect())
}

/// Asserts that the metrics and labels of an expression exist.
fn holds(expression: &str) -> BTreeSet<&str> {
    let (families, labels) = named_in(expression);
    assert!(!families.is_empty(), "{expression}");
    // Labels of histograms, and those that the scraper adds.
    let mut known = BTreeSet::from(["le", "instance"]);
    for name in &families {
        let labels = metric_labels(name);
        known.extend(labels.unwrap_or_else(|| panic!("no {name}: {expression}")));
    }
    assert!(labels.is_subset(&known), "{labels:?} of {expression}");
    families
}

#[test]
fn every_alerting_rule_uses_documented_metrics() {
    let rules = include_str!("../../../../docs/prometheus/patchbay.rules.yaml");
    let published = include_str!("../../../../docs/metrics.md");
    let of = |line: &'static str, key: &str| line.trim().strip_prefix(key).map(str::trim);
    let (mut alerts, mut expressions) = (BTreeSet::new(), 0);
    let mut labels = BTreeSet::new();
    for line in rules.lines() {
        alerts.extend(of(line, "- alert:"));
        if let Some(expression) = of(line, "expr:") {
            holds(expression);
            labels = named_in(expression).1;
            expressions += 1;
        }
        for said in line.split("$labels.").skip(1) {
            let label = said.split([' ', '}']).next().unwrap_or_default();
            assert!(labels.contains(label), "{label} in {line}");
        }
    }
    let rows = published.lines();
    let told = rows.filter_map(|row| row.strip_prefix("| `Patchbay")?.split('`').next());
    let told: BTreeSet<String> = told.map(|name| format!("Patchbay{name}")).collect();
    let alerts: BTreeSet<String> = alerts.into_iter().map(str::to_owned).collect();
    assert_eq!(told, alerts);
    assert!(expressions == alerts.len() && expressions > 0);
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard = include_str!("../../../../docs/grafana/patchbay.json");
    let document: Value = serde_json::from_str(dashboard).expect("JSON");
    let mut expressions = Vec::new();
    for panel in document["panels"].as_array().expect("panels") {
        let targets = panel["targets"].as_array().into_iter().flatten();
        expressions.extend(targets.filter_map(|target| target["expr"].as_str()));
    }
    let named: BTreeSet<&str> = expressions.into_iter().flat_map(holds).collect();
    let published: BTreeSet<&str> = FAMILIES.iter().map(|family| family.name).collect();
    assert_eq!(named, published);
}
