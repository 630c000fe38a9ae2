//! What happened between two samples of a server's status.

use std::time::Duration;

use patchbay_command::document::{list, number, text};
use patchbay_command::numbers::{bytes, micros, thousands};
use patchbay_model::histogram::quantile;
use serde_json::{Value, json};

use crate::verbs::status::{head, open_breakers, outbox, queues};

/// Changes between two samples, and the second sample.
pub(super) struct Frame {
    /// The frame as JSON: `seconds`, `companies` and `status`.
    pub(super) document: Value,
}

impl Frame {
    pub(super) fn between(before: &Value, status: Value, time: Duration) -> Frame {
        let seconds = time.as_secs_f64().max(1e-3);
        let bounds = numbers(&status, "bounds");
        let companies = list(&status, "companies").iter().map(|company| {
            let name = text(company, "company");
            let earlier = find(before, "companies", "company", name);
            let stages = list(company, "stages").iter().map(|stage| {
                let name = text(stage, "stage");
                let earlier = earlier.and_then(|earlier| find(earlier, "stages", "stage", name));
                let earlier = earlier.map_or_else(Vec::new, |earlier| numbers(earlier, "times"));
                let earlier = earlier.into_iter().chain(std::iter::repeat(0));
                let counts: Vec<u64> = numbers(stage, "times")
                    .into_iter()
                    .zip(earlier)
                    .map(|(count, earlier)| count.saturating_sub(earlier))
                    .collect();
                let quantile = |share| quantile(bounds.iter().copied(), &counts, share);
                json!({
                    "stage": name,
                    "decisions_per_second": counts.iter().sum::<u64>() as f64 / seconds,
                    "p50": quantile(0.5),
                    "p99": quantile(0.99),
                })
            });
            json!({"company": name, "stages": stages.collect::<Vec<_>>()})
        });
        let companies: Vec<_> = companies.collect();
        Frame {
            document: json!({"seconds": seconds, "companies": companies, "status": status}),
        }
    }

    /// The frame as text.
    pub(super) fn lines(&self) -> Vec<String> {
        let status = &self.document["status"];
        let companies = list(&self.document, "companies");
        let stages = companies.iter().flat_map(|company| list(company, "stages"));
        let total: f64 = stages.map(rate).sum();
        // Absent for the token of one company.
        let requests = status.get("waiting").map_or_else(String::new, |_| {
            let (waiting, running) = (number(status, "waiting"), number(status, "running"));
            format!(", {waiting} waiting, {running} in progress")
        });
        let journal = status.get("journal").map_or_else(String::new, |journal| {
            format!(
                ", journal {}, {} undecided",
                bytes(number(journal, "bytes")),
                thousands(number(journal, "undecided"))
            )
        });
        let seconds = self.document["seconds"].as_f64().unwrap_or_default();
        let mut lines = vec![
            head(status),
            format!("{total:.1} decisions/s over {seconds:.1} s{requests}{journal}"),
            String::new(),
            format!(
                "{:<20} {:<9} {:>11} {:>9} {:>9}  outcomes",
                "company", "stage", "decisions/s", "p50", "p99"
            ),
        ];
        for (company, current) in companies.iter().zip(list(status, "companies")) {
            let mut name = text(company, "company");
            let stages = list(company, "stages").iter();
            for (stage, counts) in stages.zip(list(current, "stages")) {
                lines.push(stage_line(name, stage, counts));
                name = "";
            }
            let more = [
                ("queues", queues(current)),
                ("outbox", outbox(current)),
                ("breakers", open_breakers(current)),
            ];
            for (title, text) in more {
                if let Some(text) = text {
                    lines.push(format!("{name:<20} {title:<10} {text}"));
                    name = "";
                }
            }
            if !name.is_empty() {
                lines.push(format!("{name:<20} no decisions yet"));
            }
        }
        lines
    }
}

fn rate(stage: &Value) -> f64 {
    stage["decisions_per_second"].as_f64().unwrap_or_default()
}

fn stage_line(company: &str, stage: &Value, counts: &Value) -> String {
    let time = |field: &str| {
        let time = stage[field].as_u64();
        time.map_or_else(|| "–".to_owned(), micros)
    };
    let outcomes = counts["outcomes"].as_object().into_iter().flatten();
    let outcomes = outcomes
        .map(|(outcome, count)| format!("{outcome} {}", thousands(count.as_u64().unwrap_or(0))));
    format!(
        "{company:<20} {:<9} {:>11.1} {:>9} {:>9}  {}",
        text(stage, "stage"),
        rate(stage),
        time("p50"),
        time("p99"),
        outcomes.collect::<Vec<_>>().join(", ")
    )
}

fn numbers(value: &Value, field: &str) -> Vec<u64> {
    let numbers = list(value, field).iter();
    numbers.map(|one| one.as_u64().unwrap_or(0)).collect()
}

/// The element of a list whose `key` has a value.
fn find<'a>(value: &'a Value, field: &str, key: &str, name: &str) -> Option<&'a Value> {
    let mut all = list(value, field).iter();
    all.find(|one| text(one, key) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(fast: u64, slow: u64) -> Value {
        json!({
            "version": "0.1.0", "uptime": 70, "healthy": true, "waiting": 0, "running": 1,
            "bounds": [10, 100, 1000],
            "companies": [{
                "company": "northwind", "generation": 1,
                "breakers": [{"plugin": "care", "stage": "route"}],
                "stages": [{
                    "stage": "route",
                    "outcomes": {"ok": fast + slow},
                    "times": [fast, 0, slow, 0],
                }],
            }],
        })
    }

    #[test]
    fn a_frame_has_the_rates_and_latencies_since_the_previous_sample() {
        let frame = Frame::between(&status(100, 50), status(190, 60), Duration::from_secs(2));
        let stage = &frame.document["companies"][0]["stages"][0];
        assert_eq!(stage["decisions_per_second"], 50.0);
        assert!(stage["p50"].as_u64().is_some_and(|time| time <= 10));
        assert!(stage["p99"].as_u64().is_some_and(|time| time > 100));
        let text = frame.lines().join("\n");
        for expected in [
            "up 1m 10s, healthy",
            "50.0 decisions/s",
            "ok 250",
            "care at route",
        ] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
    }

    #[test]
    fn after_a_restart_of_the_server_rates_start_at_zero() {
        let frame = Frame::between(&status(100, 50), status(3, 0), Duration::from_secs(1));
        let stage = &frame.document["companies"][0]["stages"][0];
        assert_eq!(stage["decisions_per_second"], 0.0);
        assert_eq!(stage["p50"], Value::Null);
    }
}
