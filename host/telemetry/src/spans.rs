//! Builds the spans of a pass and of a stateless decision. A conversation is one
//! trace: its trace id is derived from its own id, so that it continues across
//! restarts with nothing stored. Spans hold names, numbers and codes, never what
//! a person wrote.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use patchbay_engine::decision::{Decision, Micros};
use patchbay_events::EventKind;
use patchbay_journal::ConversationId;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::traceparent::Traceparent;
use patchbay_pass::observer::{CommittedPass, TracedPart};

/// Id of a trace.
pub(super) type TraceId = [u8; 16];
/// Id of a span.
pub(super) type SpanId = [u8; 8];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) trace: TraceId,
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: &'static str,
    pub(super) kind: SpanKind,
    /// Nanoseconds since 1970.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
    /// Time in nanoseconds since 1970, and name.
    pub(super) events: Vec<(u64, &'static str)>,
    /// The span of another trace that caused this one.
    pub(super) link: Option<Traceparent>,
    /// Whether a plugin failed during the span.
    pub(super) failed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpanKind {
    /// Work inside the host.
    Internal,
    /// A request whose caller waits for the answer.
    Server,
    /// A delivery whose sender did not wait.
    Consumer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Text(String),
    Number(u64),
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Attribute {
        Attribute::Text(text.to_owned())
    }
}

impl From<u64> for Attribute {
    fn from(number: u64) -> Attribute {
        Attribute::Number(number)
    }
}

/// The trace of a conversation.
pub(super) fn trace_id(company: &str, conversation: ConversationId) -> TraceId {
    derived(&[company.as_bytes(), b"\0", &conversation.0])
}

/// An id derived from other bytes.
fn derived<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 trace and span ids");
    for part in parts {
        hasher.update(part);
    }
    let mut id = [0; N];
    hasher.finalize_xof().fill(&mut id);
    id
}

/// Converts moments of the monotonic clock to wall-clock time.
#[derive(Clone, Copy)]
struct WallClock {
    now: Instant,
    nanos: u64,
}

impl WallClock {
    fn now() -> WallClock {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        WallClock {
            now: Instant::now(),
            nanos: nanos(since.unwrap_or_default()),
        }
    }

    fn at(&self, moment: Instant) -> u64 {
        let ago = self.now.saturating_duration_since(moment);
        self.nanos.saturating_sub(nanos(ago))
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Builds spans of one trace.
struct SpanBuilder {
    trace: TraceId,
    /// Distinguishes the ids from those of other passes of the trace.
    unique: Vec<u8>,
    spans: Vec<Span>,
}

impl SpanBuilder {
    fn span(
        &mut self,
        parent: Option<SpanId>,
        name: &'static str,
        start: u64,
        end: u64,
    ) -> &mut Span {
        let number = (self.spans.len() as u64).to_le_bytes();
        let id = derived(&[&self.trace, &self.unique, &number]);
        let index = self.spans.len();
        self.spans.push(Span {
            trace: self.trace,
            id,
            parent,
            name,
            kind: SpanKind::Internal,
            start,
            end: end.max(start),
            attributes: Vec::new(),
            events: Vec::new(),
            link: None,
            failed: false,
        });
        &mut self.spans[index]
    }

    /// Spans of stages and their plugins, back to back up to `end`: only their
    /// durations are known.
    fn stages(
        &mut self,
        parent: SpanId,
        parts: &[PluginCall<'_>],
        end: u64,
        about: &[(&'static str, Attribute)],
    ) {
        let took: u64 = parts.iter().map(PluginCall::nanos).sum();
        let mut start = end.saturating_sub(took);
        for stage in parts.chunk_by(|a, b| a.stage == b.stage) {
            let took: u64 = stage.iter().map(PluginCall::nanos).sum();
            let name = stage[0].stage.as_str();
            let span = self.span(Some(parent), name, start, start + took);
            span.attributes.extend_from_slice(about);
            span.failed = stage.iter().any(|part| part.outcome.is_failure());
            let of_stage = span.id;
            for part in stage {
                let end = start + part.nanos();
                let span = self.span(Some(of_stage), "plugin", start, end);
                span.attributes.extend_from_slice(about);
                let micros = part.micros;
                span.attributes.extend([
                    ("patchbay.plugin", part.plugin.into()),
                    ("patchbay.stage", name.into()),
                    ("patchbay.outcome", part.outcome.as_str().into()),
                    ("patchbay.queue_us", micros.queue.into()),
                    ("patchbay.instantiate_us", micros.instantiate.into()),
                    ("patchbay.call_us", micros.call.into()),
                ]);
                span.failed = part.outcome.is_failure();
                start = end;
            }
        }
    }
}

/// One plugin call.
struct PluginCall<'a> {
    stage: Stage,
    plugin: &'a str,
    outcome: OutcomeKind,
    micros: Micros,
}

impl PluginCall<'_> {
    fn nanos(&self) -> u64 {
        (self.micros.queue + self.micros.instantiate + self.micros.call) * 1_000
    }
}

impl<'a> From<&'a TracedPart> for PluginCall<'a> {
    fn from(part: &'a TracedPart) -> PluginCall<'a> {
        PluginCall {
            stage: part.stage,
            plugin: &part.plugin,
            outcome: part.outcome,
            micros: part.micros,
        }
    }
}

/// Spans of a pass; the first pass of a conversation also yields the root span.
/// `is_whole`: the whole trace is exported; otherwise later passes have no
/// parent.
pub(super) fn of_pass(pass: &CommittedPass<'_>, trace: TraceId, is_whole: bool) -> Vec<Span> {
    let clock = WallClock::now();
    let pass_trace = pass.trace;
    let is_first = pass.first_sequence == 1;
    let root: SpanId = derived(&[&trace, b"conversation"]);
    let began = clock.at(pass_trace.began);
    let taken = began.saturating_sub(nanos(pass_trace.waited.unwrap_or_default()));
    let about = [
        ("patchbay.company", Attribute::from(pass.company)),
        (
            "patchbay.conversation",
            Attribute::Text(pass.conversation.to_string()),
        ),
    ];
    let mut builder = SpanBuilder {
        trace,
        unique: pass.first_feed.to_le_bytes().to_vec(),
        spans: Vec::new(),
    };
    let kinds: Vec<EventKind> = pass_trace
        .kinds
        .iter()
        .copied()
        .filter_map(EventKind::from_number)
        .collect();
    let ended = clock.at(pass_trace.ended);
    let parent = (is_whole || is_first).then_some(root);
    let span = builder.span(parent, name(pass.cause, &kinds), taken, clock.nanos);
    if pass.cause == INPUT {
        span.kind = SpanKind::Consumer;
        span.link = pass_trace.traceparent;
    }
    span.attributes.extend_from_slice(&about);
    span.attributes.push(("patchbay.cause", pass.cause.into()));
    span.events = kinds.iter().map(|kind| (ended, kind.as_str())).collect();
    let whole = span.id;
    if pass_trace.waited.is_some() {
        builder.span(Some(whole), "intake", taken, began);
    }
    for decision in &pass_trace.decisions {
        let parts: Vec<PluginCall<'_>> = decision.parts.iter().map(PluginCall::from).collect();
        let mut attributes = about.to_vec();
        attributes.extend([
            ("patchbay.decision", pass.id(decision).into()),
            ("patchbay.generation", decision.generation.into()),
        ]);
        builder.stages(whole, &parts, clock.at(decision.made), &attributes);
    }
    builder.span(Some(whole), "commit", clock.at(pass.writing), clock.nanos);
    if is_first {
        let span = builder.span(None, "conversation", taken, clock.nanos);
        span.id = root;
        span.attributes.extend_from_slice(&about);
    }
    builder.spans
}

/// Cause of a pass over a delivery.
const INPUT: &str = "input";

/// Name of a pass's span, by the step of the interaction's lifecycle.
fn name(cause: &'static str, kinds: &[EventKind]) -> &'static str {
    const STEPS: [(EventKind, &str); 9] = [
        (EventKind::ReplyDelivered, "publication"),
        (EventKind::ReplyUndeliverable, "publication"),
        (EventKind::ReplyDrafted, "reply"),
        (EventKind::ReplyApproved, "approval"),
        (EventKind::ReplyRejected, "approval"),
        (EventKind::Accepted, "acceptance"),
        (EventKind::Declined, "acceptance"),
        (EventKind::Offered, "offer"),
        (EventKind::ClockRang, "clock"),
    ];
    if cause == INPUT {
        return "interaction";
    }
    let step = STEPS.iter().find(|(kind, _)| kinds.contains(kind));
    step.map_or(cause, |(_, name)| name)
}

/// Spans of a stateless decision; `caller` is the span its request belongs to.
pub(super) fn of_request(
    company: &str,
    decision: &Decision,
    began: Instant,
    caller: Option<Traceparent>,
) -> Vec<Span> {
    let clock = WallClock::now();
    let start = clock.at(began);
    let unique = start.to_le_bytes().to_vec();
    let about = decision.interaction.as_deref().unwrap_or_default();
    let trace = match caller {
        Some(caller) => caller.trace,
        None => derived(&[company.as_bytes(), b"\0", about.as_bytes(), &unique]),
    };
    let mut builder = SpanBuilder {
        trace,
        unique,
        spans: Vec::new(),
    };
    let attributes = [
        ("patchbay.company", Attribute::from(company)),
        (
            "patchbay.generation",
            Attribute::from(decision.stamp.generation),
        ),
    ];
    let parent = caller.map(|caller| caller.span);
    let span = builder.span(parent, "decision", start, clock.nanos);
    span.kind = SpanKind::Server;
    span.attributes.extend_from_slice(&attributes);
    span.attributes
        .push(("patchbay.outcome", decision.outcome.as_str().into()));
    let whole = span.id;
    let plugins = decision.stamp.plugins.iter();
    let parts: Vec<PluginCall<'_>> = plugins
        .map(|part| PluginCall {
            stage: part.stage,
            plugin: &part.name,
            outcome: part.outcome,
            micros: part.micros,
        })
        .collect();
    builder.stages(whole, &parts, clock.nanos, &attributes);
    builder.spans
}

#[cfg(test)]
mod tests;
