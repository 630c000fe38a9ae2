//! What is traced, and that nobody waits for it.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_model::web_address::WebAddress;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::working::{Given, Office, sink};
use super::{DECIDE, HELLO, Running};
use crate::settings::TelemetrySettings;

fn to(url: &str, sample: f64) -> TelemetrySettings {
    TelemetrySettings {
        otlp: Some(WebAddress::parse(url).expect("an address")),
        sample,
    }
}

/// Spans a collector was given so far.
fn spans(given: &Given) -> Vec<Value> {
    let given = given.lock().expect("no panic");
    let scopes = given.iter().flat_map(|(_, body)| {
        let scopes = body["resourceSpans"][0]["scopeSpans"].as_array();
        scopes.cloned().unwrap_or_default()
    });
    scopes
        .flat_map(|scope| scope["spans"].as_array().cloned().unwrap_or_default())
        .collect()
}

/// The same, once one of this name is among them.
async fn spans_until(given: &Given, name: &str) -> Vec<Value> {
    for _ in 0..6_000 {
        let spans = spans(given);
        if spans.iter().any(|span| span["name"] == name) {
            return spans;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no span {name} within a minute");
}

fn said<'a>(span: &'a Value, key: &str) -> Option<&'a str> {
    let mut attributes = span["attributes"].as_array()?.iter();
    let found = attributes.find(|attribute| attribute["key"] == key)?;
    found["value"]["stringValue"].as_str()
}

#[tokio::test]
async fn an_interaction_is_one_trace_from_its_delivery_to_the_published_reply() {
    let (url, collected) = sink().await;
    let office = Office::set(&["ana"], |settings| settings.telemetry = to(&url, 1.0)).await;
    let conversation = office.taken("1", "ana").await;
    let replies = format!("/conversations/{conversation}/replies");
    let reply = json!({"by": "ana", "id": "r1", "text": "Hello, dear Josephine!"});
    assert_eq!(office.post(&replies, reply).await.status, 200);
    let spans = spans_until(&collected, "publication").await;
    let names: BTreeSet<&str> = spans
        .iter()
        .filter_map(|span| span["name"].as_str())
        .collect();
    for name in [
        "conversation",
        "interaction",
        "intake",
        "commit",
        "offer",
        "acceptance",
        "reply",
        "publication",
    ] {
        assert!(names.contains(name), "{name} is not among {names:?}");
    }
    let ids: BTreeSet<&str> = spans
        .iter()
        .filter_map(|span| span["spanId"].as_str())
        .collect();
    assert_eq!(ids.len(), spans.len(), "each has an id of its own");
    for span in &spans {
        assert_eq!(span["traceId"], spans[0]["traceId"], "{span}");
        let parent = span["parentSpanId"].as_str();
        match span["name"] == "conversation" {
            true => assert_eq!(parent, None),
            false => assert!(parent.is_some_and(|parent| ids.contains(parent)), "{span}"),
        }
        let known = said(span, "patchbay.conversation");
        assert!(known.is_none_or(|known| known == conversation), "{span}");
        let time = |field: &str| span[field].as_str().and_then(|at| at.parse::<u64>().ok());
        assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"));
        for text in ["Hello", "Josephine"] {
            assert!(!span.to_string().contains(text), "{span}");
        }
    }
}

#[tokio::test]
async fn a_request_is_traced_where_its_caller_does() {
    let (url, collected) = sink().await;
    let server = Running::with(|settings| settings.telemetry = to(&url, 0.0)).await;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    server.client.post(DECIDE, HELLO).await;
    for flags in ["00", "01"] {
        let header = format!("traceparent: 00-{trace}-{parent}-{flags}\r\n");
        let answer = server.client.post_with(DECIDE, &header, HELLO).await;
        assert_eq!(answer.status, 200);
    }
    let server = server.stop().await;
    assert_eq!(server.abandoned, 0);
    let spans = spans(&collected);
    assert_eq!(
        spans.len(),
        1,
        "what waited was sent before the end: {spans:?}"
    );
    assert_eq!(spans[0]["traceId"], trace);
    assert_eq!(spans[0]["parentSpanId"], parent);
    assert_eq!(said(&spans[0], "patchbay.company"), Some("northwind"));
}

#[tokio::test]
async fn nobody_waits_for_a_collector_that_is_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}");
    let office = Office::set(&["ana"], |settings| settings.telemetry = to(&url, 1.0)).await;
    office.hear("1").await;
    loop {
        let page = office.server.client.get("/metrics").await.body;
        let failed = "patchbay_spans_total{result=\"failed\"} ";
        let failed = page.lines().find_map(|line| line.strip_prefix(failed));
        if failed.is_some_and(|count| count != "0") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn what_a_slow_collector_does_not_take_is_dropped_and_counted() {
    // It takes connections, and answers nobody.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = Running::with(|settings| settings.telemetry = to(&url, 1.0)).await;
    let telemetry = &server.app.telemetry;
    let decision = patchbay_engine::decision::Decision::of(1, None);
    for _ in 0..10_000 {
        let now = std::time::Instant::now();
        telemetry.trace_request("northwind", &decision, now, None);
    }
    let counts = telemetry.collector().expect("one").counts();
    let dropped = counts.iter().find(|(result, _)| *result == "dropped");
    assert!(dropped.is_some_and(|(_, count)| *count > 0), "{counts:?}");
}
