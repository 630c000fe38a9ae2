//! Traces, and that exporting them delays nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_config::web_address::WebAddress;
use patchbay_desk::{Delivery, Desk, DeskSettings};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::traceparent::Traceparent;
use patchbay_telemetry::SpanExporter;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::office::{COMPANY, Given, Office, sink};
use super::{DECIDE, HELLO, Running, company};
use crate::settings::{JournalSettings, TelemetrySettings};

/// Trace id and span id of a caller.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn to(url: &str, sample: f64) -> TelemetrySettings {
    TelemetrySettings {
        otlp: Some(WebAddress::parse(url).expect("an address")),
        sample,
    }
}

/// Spans that the collector has received.
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

/// Waits for a span of this name.
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

/// The header of a caller with these flags.
fn header(flags: &str) -> String {
    format!("traceparent: 00-{TRACE}-{SPAN}-{flags}\r\n")
}

fn message(id: &str, author: &str) -> Value {
    json!({"id": id, "channel": "chat", "text": "Hello?", "author": {"address": author}})
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
async fn a_request_is_traced_if_its_callers_span_is_sampled() {
    let (url, collected) = sink().await;
    let server = Running::with(|settings| settings.telemetry = to(&url, 0.0)).await;
    server.client.post(DECIDE, HELLO).await;
    for flags in ["00", "01"] {
        let answer = server.client.post_with(DECIDE, &header(flags), HELLO).await;
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
    assert_eq!(spans[0]["traceId"], TRACE);
    assert_eq!(spans[0]["parentSpanId"], SPAN);
    assert_eq!(spans[0]["kind"], 2, "a server's");
    assert_eq!(said(&spans[0], "patchbay.company"), Some("northwind"));
}

#[tokio::test]
async fn an_interaction_is_linked_to_its_callers_span() {
    let (url, collected) = sink().await;
    let office = Office::set(&[], |settings| settings.telemetry = to(&url, 1.0)).await;
    let (path, body) = (format!("{COMPANY}/interactions"), message("1", "@jo"));
    let client = &office.server.client;
    let with = header("00");
    let taken = client.post_with(&path, &with, body.to_string()).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    let spans = spans_until(&collected, "interaction").await;
    let of = |name: &str| {
        let found = spans.iter().find(|span| span["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {spans:?}"))
    };
    let link = json!([{"traceId": TRACE, "spanId": SPAN, "flags": 0x300}]);
    assert_eq!(of("interaction")["links"], link);
    assert_eq!(of("interaction")["kind"], 5, "a consumer's");
    assert_ne!(of("interaction")["traceId"], TRACE, "a trace of its own");
    for name in ["conversation", "intake", "commit"] {
        assert!(of(name)["links"].is_null(), "{name}");
    }
}

#[tokio::test]
async fn every_interaction_of_a_batch_is_linked_and_a_malformed_header_ignored() {
    let (url, collected) = sink().await;
    let office = Office::set(&[], |settings| settings.telemetry = to(&url, 1.0)).await;
    let client = &office.server.client;
    let lines = [message("1", "@jo"), message("2", "@mia")];
    let lines = lines.map(|line| line.to_string()).join("\n");
    let head = client.head("POST", &format!("{COMPANY}/interactions"));
    let request = format!(
        "{head}{}Content-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{lines}",
        header("01"),
        lines.len()
    );
    let taken = client.raw(request.as_bytes()).await;
    assert_eq!(taken.json()["accepted"], 2, "{taken:?}");
    let wrong = header("01").replace(SPAN, "0000000000000000");
    let body = message("3", "@ana").to_string();
    let path = format!("{COMPANY}/interactions");
    let taken = client.post_with(&path, &wrong, body).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    office.settled().await;
    office.server.stop().await;
    let spans = spans(&collected);
    let about = spans.iter().filter(|span| span["name"] == "interaction");
    let mut linked: Vec<bool> = about.map(|span| span["links"].is_array()).collect();
    linked.sort_unstable();
    assert_eq!(linked, [false, true, true]);
}

#[tokio::test]
async fn a_pass_is_traced_if_its_callers_span_is_sampled() {
    let (url, collected) = sink().await;
    let office = Office::set(&[], |settings| settings.telemetry = to(&url, 0.0)).await;
    let path = format!("{COMPANY}/interactions");
    for (id, flags) in [("1", "00"), ("2", "01"), ("3", "01"), ("4", "00")] {
        let body = message(id, "@jo").to_string();
        let taken = office
            .server
            .client
            .post_with(&path, &header(flags), body)
            .await;
        assert_eq!(taken.status, 202, "{taken:?}");
    }
    office.settled().await;
    office.server.stop().await;
    let spans = spans(&collected);
    let about: Vec<&Value> = spans
        .iter()
        .filter(|span| span["name"] == "interaction")
        .collect();
    assert_eq!(about.len(), 2, "{spans:?}");
    for span in about {
        assert_eq!(span["links"][0]["flags"], 0x301);
        assert!(
            span["parentSpanId"].is_null(),
            "the conversation's span was not kept, and is not named: {span}"
        );
    }
    let whole = spans.iter().any(|span| span["name"] == "conversation");
    assert!(!whole, "its first pass was not traced");
}

#[tokio::test]
async fn an_interaction_accepted_before_a_restart_is_linked_after_it() {
    let (url, collected) = sink().await;
    let place = tempfile::tempdir().expect("a place");
    let settings = JournalSettings::at(place.path().join("desk.db"));
    let of = Traceparent::parse(&format!("00-{TRACE}-{SPAN}-01"));
    {
        // A desk that does not decide: accepted interactions wait in the journal.
        let (_, built) = company(super::NORTHWIND);
        let journal = SqliteJournal::open(&Options::new(&settings.path, &settings.key));
        let nobody = DeskSettings {
            workers: 0,
            ..DeskSettings::default()
        };
        let companies = vec![std::sync::Arc::new(built.generation)];
        let journal = std::sync::Arc::new(journal.expect("a journal"));
        let desk = Desk::open(journal, companies, nobody).expect("a desk");
        let delivery = Delivery::from_outside(message("1", "@jo")).expect("valid");
        let delivery = Delivery {
            traceparent: Some(of.expect("one")),
            ..delivery
        };
        desk.accept("northwind", vec![delivery]).expect("taken in");
    }
    let server = Running::with(|server| {
        server.journal = Some(settings);
        server.telemetry = to(&url, 0.0);
    })
    .await;
    let spans = spans_until(&collected, "interaction").await;
    let span = spans.iter().find(|span| span["name"] == "interaction");
    let link = json!([{"traceId": TRACE, "spanId": SPAN, "flags": 0x301}]);
    assert_eq!(span.expect("one")["links"], link);
    server.stop().await;
}

#[tokio::test]
async fn tracing_on_request_is_rate_limited() {
    let (url, _) = sink().await;
    let exporter = SpanExporter::start(&to(&url, 0.0)).expect("one");
    let granted = (0..10_000).filter(|_| exporter.grants_request()).count();
    assert!((1..10_000).contains(&granted), "{granted} of 10,000");
}

#[tokio::test]
async fn an_unreachable_collector_delays_nothing() {
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
async fn spans_beyond_the_queue_are_dropped_and_counted() {
    // It accepts connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = Running::with(|settings| settings.telemetry = to(&url, 1.0)).await;
    let telemetry = &server.app.telemetry;
    let decision = patchbay_engine::decision::Decision::of(1, None);
    for _ in 0..10_000 {
        let now = std::time::Instant::now();
        telemetry.trace_request("northwind", &decision, now, None);
    }
    let counts = telemetry.exporter().expect("one").counts();
    let dropped = counts.iter().find(|(result, _)| *result == "dropped");
    assert!(dropped.is_some_and(|(_, count)| *count > 0), "{counts:?}");
}
