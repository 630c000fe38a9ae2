//! The report of a shadow run or canary, as lines.

use patchbay_command::document::{list, number, text};
use serde_json::Value;

/// Most fields that are listed.
const FIELDS: usize = 20;

pub(super) fn lines(report: &Value) -> Vec<String> {
    let kind = text(report, "kind");
    let mut lines = vec![format!(
        "{kind} of generation {} for {} of the conversations, generation {} is active; since {} by {}",
        report["generation"],
        text(report, "share"),
        report["control"],
        text(report, "since"),
        text(report, "by"),
    )];
    if kind == "canary" {
        lines.push(limits_line(&report["bounds"]));
    }
    lines.push(arm_line("candidate", &report["candidate_arm"]));
    lines.push(arm_line("active", &report["control_arm"]));
    let compared = &report["compared"];
    let (decisions, agreed) = (number(compared, "decisions"), number(compared, "agreed"));
    let share = match decisions {
        0 => String::new(),
        all => format!(" ({:.1}%)", agreed as f64 * 100.0 / all as f64),
    };
    lines.push(format!(
        "  compared   {decisions}, the same {agreed}{share}"
    ));
    let fields = list(compared, "differences");
    for field in fields.iter().take(FIELDS) {
        lines.push(format!(
            "    {:<32} {}",
            text(field, "field"),
            field["decisions"]
        ));
        let examples = list(field, "examples").iter().take(2);
        lines.extend(examples.map(example_line));
    }
    if fields.len() > FIELDS {
        let more = fields.len() - FIELDS;
        lines.push(format!("    and {more} more fields; --json lists all"));
    }
    for (name, reason) in [
        ("failed", "a plugin of one generation failed"),
        ("no_time", "live decisions left no time"),
        ("no_room", "the instance pool had no headroom"),
    ] {
        let count = number(compared, name);
        if count > 0 {
            lines.push(format!("  not compared {count}: {reason}"));
        }
    }
    lines
}

/// The end of the last rollout.
pub(super) fn ended_lines(ended: &Value) -> Vec<String> {
    let kind = match text(ended, "kind") {
        "" => "rollout",
        kind => kind,
    };
    let share = match text(ended, "share") {
        "" => String::new(),
        share => format!(" for {share} of the conversations"),
    };
    let (generation, control) = (&ended["generation"], &ended["control"]);
    let by = match text(ended, "by") {
        "" => "the host",
        by => by,
    };
    let mut lines = vec![
        format!("no candidate runs; the last was the {kind} of generation {generation}{share}"),
        format!(
            "  ended      {} by {by}: {} (generation {control} was active)",
            text(ended, "ended_at"),
            text(ended, "because"),
        ),
    ];
    if let Some(reason) = ended["reason"].as_str() {
        lines.push(format!("  reason     {reason}"));
    }
    if let Some(counts) = ended.get("counts") {
        lines.push(format!(
            "  candidate  {} decisions, {} failed",
            number(counts, "decisions"),
            number(counts, "failed")
        ));
        lines.push(format!(
            "  compared   {}, the same {}",
            number(counts, "compared"),
            number(counts, "agreed")
        ));
    }
    lines
}

fn limits_line(limits: &Value) -> String {
    let percent = |name: &str| match limits[name].as_f64() {
        Some(rate) => format!("{}%", rate * 100.0),
        None => "off".to_owned(),
    };
    let times = match limits["p99"].as_f64() {
        Some(times) => times.to_string(),
        None => "off".to_owned(),
    };
    format!(
        "  limits     after {} decisions: failures {}, p99 {times}, disagreement {}",
        limits["after"],
        percent("failures"),
        percent("disagreement")
    )
}

fn arm_line(name: &str, arm: &Value) -> String {
    let failures = arm["failures"].as_object().into_iter().flatten();
    let failures = failures.map(|(kind, count)| format!(", {count} {kind}"));
    let latency = &arm["latency"];
    let times = match latency["p50_micros"].as_u64() {
        Some(p50) => format!("; p50 {p50} µs, p99 {} µs", latency["p99_micros"]),
        None => String::new(),
    };
    format!(
        "  {name:<10} {} decisions{}{times}",
        number(arm, "decisions"),
        failures.collect::<String>()
    )
}

fn example_line(example: &Value) -> String {
    let side = |name: &str| match &example[name] {
        Value::Null => "-".to_owned(),
        value => value.to_string(),
    };
    let place = match (&example["conversation"], &example["interaction"]) {
        (Value::String(conversation), _) => format!("in conversation {conversation}"),
        (_, Value::String(interaction)) => format!("for interaction {interaction}"),
        _ => "for a draft".to_owned(),
    };
    format!("      {} → {}  {place}", side("control"), side("candidate"))
}
