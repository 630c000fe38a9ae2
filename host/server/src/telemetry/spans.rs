//! What a trace says of an interaction. A conversation is one trace, whose id
//! follows from its own: whoever goes on with it, after whatever restart, goes
//! on with its trace, and nothing has to be kept for that. Spans carry names,
//! numbers and codes, never what somebody wrote.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use patchbay_desk::history::EntryKind;
use patchbay_desk::observer::{CommittedPass, ToldPart};
use patchbay_engine::decision::{Decision, Micros};
use patchbay_journal::ConversationId;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::traceparent::Traceparent;

/// Id of a trace.
pub(crate) type TraceId = [u8; 16];
/// Id of a span.
pub(crate) type SpanId = [u8; 8];

/// A stretch of time something took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) trace: TraceId,
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    /// Nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) attributes: Vec<(&'static str, Attribute)>,
    /// What happened, and when.
    pub(crate) events: Vec<(u64, &'static str)>,
    /// A span of another trace that led to it.
    pub(crate) link: Option<Traceparent>,
    /// Whether a policy failed in it.
    pub(crate) failed: bool,
}

/// Which side of an exchange a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanKind {
    /// The host's own doing.
    Internal,
    /// A request that somebody waits for.
    Server,
    /// What somebody handed in, and did not wait for.
    Consumer,
}

/// What is said of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
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
pub(crate) fn trace(company: &str, conversation: ConversationId) -> TraceId {
    derived(&[company.as_bytes(), b"\0", &conversation.0])
}

/// Bytes that follow from others.
fn derived<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 trace and span ids");
    for part in parts {
        hasher.update(part);
    }
    let mut id = [0; N];
    hasher.finalize_xof().fill(&mut id);
    id
}

/// Moments of the steady clock as times of the day.
#[derive(Clone, Copy)]
struct Moments {
    now: Instant,
    nanos: u64,
}

impl Moments {
    fn now() -> Moments {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Moments {
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

/// Spans that are being made, of one trace.
struct Making {
    trace: TraceId,
    /// Tells their ids from those of other passes of the same trace.
    unique: Vec<u8>,
    spans: Vec<Span>,
}

impl Making {
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

    /// Stages with their plugins, back to back up to a moment: only how long
    /// each took is known.
    fn stages(
        &mut self,
        parent: SpanId,
        parts: &[Asked<'_>],
        end: u64,
        about: &[(&'static str, Attribute)],
    ) {
        let took: u64 = parts.iter().map(Asked::nanos).sum();
        let mut start = end.saturating_sub(took);
        for stage in parts.chunk_by(|a, b| a.stage == b.stage) {
            let took: u64 = stage.iter().map(Asked::nanos).sum();
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

/// A plugin that was asked.
struct Asked<'a> {
    stage: Stage,
    plugin: &'a str,
    outcome: OutcomeKind,
    micros: Micros,
}

impl Asked<'_> {
    fn nanos(&self) -> u64 {
        (self.micros.queue + self.micros.instantiate + self.micros.call) * 1_000
    }
}

impl<'a> From<&'a ToldPart> for Asked<'a> {
    fn from(part: &'a ToldPart) -> Asked<'a> {
        Asked {
            stage: part.stage,
            plugin: &part.plugin,
            outcome: part.outcome,
            micros: part.micros,
        }
    }
}

/// Spans of a pass over a conversation, in its trace; with its first pass, of
/// the conversation as a whole. Where it is not kept whole, the others have
/// nothing above them.
pub(super) fn of_pass(pass: &CommittedPass<'_>, trace: TraceId, is_whole: bool) -> Vec<Span> {
    let moments = Moments::now();
    let told = pass.told;
    let is_first = pass.first_sequence == 1;
    let root: SpanId = derived(&[&trace, b"conversation"]);
    let began = moments.at(told.began);
    let taken = began.saturating_sub(nanos(told.waited.unwrap_or_default()));
    let about = [
        ("patchbay.company", Attribute::from(pass.company)),
        (
            "patchbay.conversation",
            Attribute::Text(pass.conversation.to_string()),
        ),
    ];
    let mut making = Making {
        trace,
        unique: pass.first_feed.to_le_bytes().to_vec(),
        spans: Vec::new(),
    };
    let kinds: Vec<EntryKind> = told
        .kinds
        .iter()
        .copied()
        .filter_map(EntryKind::of)
        .collect();
    let ended = moments.at(told.ended);
    let parent = (is_whole || is_first).then_some(root);
    let span = making.span(parent, name(pass.cause, &kinds), taken, moments.nanos);
    if pass.cause == INPUT {
        span.kind = SpanKind::Consumer;
        span.link = told.delivered_in;
    }
    span.attributes.extend_from_slice(&about);
    span.attributes.push(("patchbay.cause", pass.cause.into()));
    span.events = kinds.iter().map(|kind| (ended, kind.as_str())).collect();
    let whole = span.id;
    if told.waited.is_some() {
        making.span(Some(whole), "intake", taken, began);
    }
    for decision in &told.decisions {
        let parts: Vec<Asked<'_>> = decision.parts.iter().map(Asked::from).collect();
        let mut said = about.to_vec();
        said.extend([
            ("patchbay.decision", pass.id(decision).into()),
            ("patchbay.generation", decision.generation.into()),
        ]);
        making.stages(whole, &parts, moments.at(decision.made), &said);
    }
    making.span(
        Some(whole),
        "commit",
        moments.at(pass.writing),
        moments.nanos,
    );
    if is_first {
        let span = making.span(None, "conversation", taken, moments.nanos);
        span.id = root;
        span.attributes.extend_from_slice(&about);
    }
    making.spans
}

/// The cause of a pass about something that was delivered.
const INPUT: &str = "input";

/// What a pass is called: by the step of an interaction's way it was.
fn name(cause: &'static str, kinds: &[EntryKind]) -> &'static str {
    const STEPS: [(EntryKind, &str); 9] = [
        (EntryKind::ReplyDelivered, "publication"),
        (EntryKind::ReplyUndeliverable, "publication"),
        (EntryKind::ReplyDrafted, "reply"),
        (EntryKind::ReplyApproved, "approval"),
        (EntryKind::ReplyRejected, "approval"),
        (EntryKind::Accepted, "acceptance"),
        (EntryKind::Declined, "acceptance"),
        (EntryKind::Offered, "offer"),
        (EntryKind::ClockRang, "clock"),
    ];
    if cause == INPUT {
        return "interaction";
    }
    let step = STEPS.iter().find(|(kind, _)| kinds.contains(kind));
    step.map_or(cause, |(_, name)| name)
}

/// Spans of a decision that was made for a request.
pub(super) fn of_request(
    company: &str,
    decision: &Decision,
    began: Instant,
    of: Option<Traceparent>,
) -> Vec<Span> {
    let moments = Moments::now();
    let start = moments.at(began);
    let unique = start.to_le_bytes().to_vec();
    let about = decision.interaction.as_deref().unwrap_or_default();
    let trace = match of {
        Some(of) => of.trace,
        None => derived(&[company.as_bytes(), b"\0", about.as_bytes(), &unique]),
    };
    let mut making = Making {
        trace,
        unique,
        spans: Vec::new(),
    };
    let said = [
        ("patchbay.company", Attribute::from(company)),
        (
            "patchbay.generation",
            Attribute::from(decision.stamp.generation),
        ),
    ];
    let parent = of.map(|of| of.span);
    let span = making.span(parent, "decision", start, moments.nanos);
    span.kind = SpanKind::Server;
    span.attributes.extend_from_slice(&said);
    span.attributes
        .push(("patchbay.outcome", decision.outcome.as_str().into()));
    let whole = span.id;
    let plugins = decision.stamp.plugins.iter();
    let parts: Vec<Asked<'_>> = plugins
        .map(|part| Asked {
            stage: part.stage,
            plugin: &part.name,
            outcome: part.outcome,
            micros: part.micros,
        })
        .collect();
    making.stages(whole, &parts, moments.nanos, &said);
    making.spans
}

#[cfg(test)]
mod tests;
