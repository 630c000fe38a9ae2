//! What is counted.

use std::sync::Arc;
use std::time::Duration;

use patchbay_engine::decision::{Decided, Decision};
use patchbay_model::outcome::{Outcome, OutcomeKind};

use super::documents::part;
use super::{DECIDE, HELLO, Running, northwind};
use crate::companies::Companies;
use crate::telemetry::Telemetry;

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let server = Running::usual().await;
    server.client.post(DECIDE, HELLO).await;
    server.client.post("/v1/companies/acme/decide", HELLO).await;
    server.client.get("/secret-of-a-customer").await;
    // A decision is counted after its answer is on its way.
    let counted = r#"patchbay_phase_seconds_count{phase="queue"} 1"#;
    let answer = loop {
        let answer = server.client.get("/metrics").await;
        if answer.body.contains(counted) {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    assert!(answer.headers["content-type"].starts_with("text/plain"));
    for line in [
        r#"patchbay_requests_total{route="/v1/companies/{company}/decide",status="200"} 1"#,
        r#"patchbay_requests_total{route="/v1/companies/{company}/decide",status="404"} 1"#,
        r#"patchbay_requests_total{route="unmatched",status="404"} 1"#,
        "patchbay_running_decisions 0",
        "patchbay_queue_depth 0",
        "patchbay_instances_parked 0",
    ] {
        assert!(
            answer.body.contains(line),
            "{line} is not in\n{}",
            answer.body
        );
    }
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

#[test]
fn decisions_are_counted_by_plugin_and_outcome_and_timed_in_microseconds() {
    let telemetry = Arc::new(Telemetry::new());
    let mut decision = Decision::of(1, None);
    decision.add(Decided::<()> {
        answer: None,
        outcome: Outcome::plain(OutcomeKind::Trapped),
        parts: vec![part()],
        fallback: None,
    });
    telemetry.decided("northwind", &decision);
    let (assembler, _) = northwind();
    let text = telemetry.render(assembler.engine(), &Companies::default(), 3, None);
    for line in [
        r#"patchbay_decisions_total{company="northwind",stage="route",plugin="care",outcome="trapped"} 1"#,
        r#"patchbay_phase_seconds_bucket{phase="call",le="0.00002"} 0"#,
        r#"patchbay_phase_seconds_bucket{phase="call",le="0.00005"} 1"#,
        "patchbay_queue_depth 3",
        "# TYPE patchbay_decisions_total counter",
        "# TYPE patchbay_phase_seconds histogram",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}
