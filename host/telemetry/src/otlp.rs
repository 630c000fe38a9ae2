//! Spans in the JSON encoding of OTLP over HTTP
//! (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>): ids in
//! hexadecimal, 64-bit numbers as text.

use patchbay_model::traceparent::Traceparent;
use serde_json::{Value, json};

use super::spans::{Attribute, Span, SpanKind};

/// Status code of a failed span.
const ERROR: u8 = 2;
/// Flags of a link: the parent is known to be remote (bits 8 and 9), and sampled.
const REMOTE: u32 = 0x300;
const SAMPLED: u32 = 1;

/// The body of an export request.
pub(super) fn body(spans: &[Span]) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    let spans: Vec<Value> = spans.iter().map(span).collect();
    let document = json!({"resourceSpans": [{
        "resource": {"attributes": [
            text("service.name", "patchbay"),
            text("service.version", version),
        ]},
        "scopeSpans": [{
            "scope": {"name": "patchbay", "version": version},
            "spans": spans,
        }],
    }]});
    document.to_string().into_bytes()
}

fn span(span: &Span) -> Value {
    let attributes = span.attributes.iter().map(|(key, value)| match value {
        Attribute::Text(value) => text(key, value),
        Attribute::Number(number) => {
            json!({"key": key, "value": {"intValue": number.to_string()}})
        }
    });
    let events = span
        .events
        .iter()
        .map(|(at, name)| json!({"timeUnixNano": at.to_string(), "name": name}));
    let mut document = json!({
        "traceId": hexadecimal(&span.trace),
        "spanId": hexadecimal(&span.id),
        "name": span.name,
        "kind": kind(span.kind),
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.end.to_string(),
        "attributes": attributes.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
    });
    if let Some(parent) = &span.parent {
        document["parentSpanId"] = hexadecimal(parent).into();
    }
    if let Some(caller) = &span.link {
        document["links"] = json!([link(caller)]);
    }
    if span.failed {
        document["status"] = json!({"code": ERROR});
    }
    document
}

fn kind(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Consumer => 5,
    }
}

fn link(caller: &Traceparent) -> Value {
    json!({
        "traceId": hexadecimal(&caller.trace),
        "spanId": hexadecimal(&caller.span),
        "flags": if caller.sampled { REMOTE | SAMPLED } else { REMOTE },
    })
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
