//! The table one would show a colleague.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::play::Played;
use crate::numbers::{Percentiles, thousands};

/// Rows of a count that are shown.
const MOST_ROWS: usize = 12;

type Counts = BTreeMap<String, u64>;

fn count(counts: &mut Counts, key: impl Into<String>) {
    *counts.entry(key.into()).or_default() += 1;
}

/// What the day came to.
struct Summary {
    intents: Counts,
    queues: Counts,
    channels: Counts,
    languages: Counts,
    verdicts: Counts,
    stopped: Vec<(String, String, String)>,
    escalated: Counts,
    outcomes: Counts,
}

fn summarise(played: &Played) -> Summary {
    let mut summary = Summary {
        intents: Counts::new(),
        queues: Counts::new(),
        channels: Counts::new(),
        languages: Counts::new(),
        verdicts: Counts::new(),
        stopped: Vec::new(),
        escalated: Counts::new(),
        outcomes: Counts::new(),
    };
    for answered in &played.decisions {
        let document = &answered.document;
        let classification = &document["classification"];
        count(
            &mut summary.outcomes,
            text(&document["outcome"], &format!("HTTP {}", answered.status)),
        );
        count(
            &mut summary.intents,
            text(&classification["intents"][0]["name"], "(none)"),
        );
        count(
            &mut summary.languages,
            text(&classification["language"], "(unknown)"),
        );
        count(
            &mut summary.channels,
            text(&answered.request["interaction"]["channel"], "?"),
        );
        let target = &document["route"]["target"];
        let place = text(&target["id"], &text(&target["kind"], "?"));
        count(
            &mut summary.queues,
            format!("{} / {place}", answered.company),
        );
    }
    for answered in played.decisions.iter().chain(&played.surges) {
        for action in answered.document["escalation"]["actions"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let kind = text(&action["kind"], "?");
            let what = match action["target"].as_str() {
                Some(target) => format!("{} / {kind} {target}", answered.company),
                None => format!("{} / {kind}", answered.company),
            };
            count(&mut summary.escalated, what);
        }
    }
    for answered in &played.checks {
        let tone = &answered.document["tone"];
        let verdict = text(&tone["verdict"], "?");
        if verdict != "approve" {
            let codes: Vec<String> = tone["findings"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|finding| text(&finding["code"], "?"))
                .collect();
            let draft = text(&answered.document["draft"], "?");
            summary
                .stopped
                .push((verdict.clone(), draft, codes.join(", ")));
        }
        count(&mut summary.verdicts, verdict);
    }
    summary.stopped.sort();
    summary
}

fn text(value: &Value, otherwise: &str) -> String {
    value.as_str().unwrap_or(otherwise).to_owned()
}

fn times(played: &Played) -> (Percentiles, Percentiles, f64) {
    let latency = Percentiles::of(&mut played.latencies());
    let inside = Percentiles::of(&mut played.inside());
    let rate = played.total() as f64 / played.elapsed.as_secs_f64().max(1e-9);
    (latency, inside, rate)
}

/// The summary for machines.
pub(crate) fn document(played: &Played) -> Value {
    let summary = summarise(played);
    let (latency, inside, rate) = times(played);
    json!({
        "interactions": played.decisions.len(),
        "drafts": played.checks.len(),
        "failures": played.failures(),
        "outcomes": summary.outcomes,
        "intents": summary.intents,
        "queues": summary.queues,
        "channels": summary.channels,
        "languages": summary.languages,
        "verdicts": summary.verdicts,
        "stopped": summary.stopped.iter().map(|(verdict, draft, codes)| json!({"draft": draft, "verdict": verdict, "findings": codes})).collect::<Vec<_>>(),
        "escalated": summary.escalated,
        "requests_per_second": rate,
        "latency_micros": latency,
        "inside_micros": inside,
        "concurrency": played.concurrency,
    })
}

/// The summary for people.
pub(crate) fn render(played: &Played, address: SocketAddr, once: bool) -> String {
    let summary = summarise(played);
    let (latency, inside, rate) = times(played);
    let mut parts = vec![format!(
        "{} interactions on {} channels in {} languages, {} drafted replies",
        thousands(played.decisions.len() as u64),
        summary.channels.len(),
        summary.languages.len(),
        played.checks.len()
    )];
    parts.push(side_by_side(&[
        ("by intent", &summary.intents),
        ("by queue", &summary.queues),
        ("escalated", &summary.escalated),
    ]));
    if !played.checks.is_empty() {
        let verdicts: Vec<_> = summary
            .verdicts
            .iter()
            .map(|(verdict, count)| format!("{count} {verdict}"))
            .collect();
        parts.push(format!(
            "Drafted replies: {}. Not approved, and why:",
            verdicts.join(", ")
        ));
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(["verdict", "draft", "findings"]);
        for (verdict, draft, codes) in &summary.stopped {
            table.add_row([verdict, draft, codes]);
        }
        parts.push(table.to_string());
    }
    parts.push(format!(
        "{} requests in {:.2} s: {} a second with {} in flight, {} failed\n\
         latency      p50 {:.2} ms   p99 {:.2} ms   (over HTTP, waiting included)\n\
         in policies  p50 {:.0} µs    p99 {:.0} µs    (fresh sandbox for every interaction)",
        thousands(played.total() as u64),
        played.elapsed.as_secs_f64(),
        thousands(rate as u64),
        played.concurrency,
        played.failures(),
        latency.p50 / 1000.0,
        latency.p99 / 1000.0,
        inside.p50,
        inside.p99,
    ));
    parts.push(next_steps(address, once));
    parts.join("\n\n")
}

fn next_steps(address: SocketAddr, once: bool) -> String {
    let mut lines = vec!["Where to look next:".to_owned()];
    if !once {
        lines.push(format!(
            "  curl http://{address}/metrics             what the server counts"
        ));
        lines.push(format!(
            "  curl http://{address}/openapi.json        what it answers"
        ));
    }
    lines.push("  plugins/social-care/                      the policy that decided all this, and its cases".to_owned());
    lines.push(
        "  patchbay test plugins/social-care         run its cases in the sandbox".to_owned(),
    );
    lines.push("  patchbay new my-care                      begin your own".to_owned());
    lines.join("\n")
}

/// Counts beside each other, largest first.
fn side_by_side(columns: &[(&str, &Counts)]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(columns.iter().map(|(title, _)| *title));
    let lists: Vec<Vec<String>> = columns.iter().map(|(_, counts)| largest(counts)).collect();
    let rows = lists.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..rows {
        table.add_row(
            lists
                .iter()
                .map(|list| list.get(row).cloned().unwrap_or_default()),
        );
    }
    table.to_string()
}

fn largest(counts: &Counts) -> Vec<String> {
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(key, count)| (std::cmp::Reverse(**count), key.as_str()));
    let rest: u64 = sorted
        .iter()
        .skip(MOST_ROWS)
        .map(|(_, count)| **count)
        .sum();
    let mut lines: Vec<String> = sorted
        .iter()
        .take(MOST_ROWS)
        .map(|(key, count)| format!("{count:>4}  {key}"))
        .collect();
    if rest > 0 {
        lines.push(format!("{rest:>4}  (others)"));
    }
    lines
}
