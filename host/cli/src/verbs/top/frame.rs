//! What happened between two looks at a server.

use std::time::Duration;

use patchbay_model::histogram::quantile;
use serde_json::{Value, json};

use crate::numbers::{bytes, micros, thousands};
use crate::verbs::status::{head, left_alone, list, number, outbox, queues, text};

/// What happened between two looks at a server, and how it stands at the second.
pub(super) struct Frame {
    status: Value,
    seconds: f64,
    companies: Vec<Company>,
}

struct Company {
    name: String,
    stages: Vec<Stage>,
}

/// One stage of a company.
struct Stage {
    name: String,
    /// Decisions a second.
    rate: f64,
    p50: Option<u64>,
    p99: Option<u64>,
}

impl Frame {
    pub(super) fn between(before: &Value, status: Value, time: Duration) -> Frame {
        let seconds = time.as_secs_f64().max(1e-3);
        let bounds = numbers(&status, "bounds");
        let companies = list(&status, "companies").iter().map(|company| {
            let name = text(company, "company").to_owned();
            let earlier = found(before, "companies", "company", &name);
            let stages = list(company, "stages").iter().map(|stage| {
                let earlier = earlier
                    .and_then(|earlier| found(earlier, "stages", "stage", text(stage, "stage")));
                Stage::between(&bounds, earlier, stage, seconds)
            });
            Company {
                stages: stages.collect(),
                name,
            }
        });
        Frame {
            companies: companies.collect(),
            status,
            seconds,
        }
    }

    /// For machines.
    pub(super) fn document(&self) -> Value {
        let companies = self.companies.iter().map(|company| {
            let stages = company.stages.iter().map(|stage| {
                json!({
                    "stage": stage.name,
                    "decisions_per_second": stage.rate,
                    "p50": stage.p50,
                    "p99": stage.p99,
                })
            });
            json!({"company": company.name, "stages": stages.collect::<Vec<_>>()})
        });
        json!({
            "seconds": self.seconds,
            "companies": companies.collect::<Vec<_>>(),
            "status": self.status,
        })
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let stages = self.companies.iter().flat_map(|company| &company.stages);
        let rate: f64 = stages.map(|stage| stage.rate).sum();
        let journal = self
            .status
            .get("journal")
            .map_or_else(String::new, |journal| {
                format!(
                    ", journal {}, {} undecided",
                    bytes(number(journal, "bytes")),
                    thousands(number(journal, "undecided"))
                )
            });
        // A company's token is not told.
        let requests = self.status.get("waiting").map_or_else(String::new, |_| {
            format!(
                ", {} waiting, {} running",
                number(&self.status, "waiting"),
                number(&self.status, "running")
            )
        });
        let mut lines = vec![
            head(&self.status),
            format!(
                "{rate:.1} decisions/s over {:.1} s{requests}{journal}",
                self.seconds
            ),
            String::new(),
            format!(
                "{:<20} {:<9} {:>11} {:>9} {:>9}  outcomes",
                "company", "stage", "decisions/s", "p50", "p99"
            ),
        ];
        let standings = list(&self.status, "companies");
        for (company, standing) in self.companies.iter().zip(standings) {
            let mut name = company.name.as_str();
            for (stage, said) in company.stages.iter().zip(list(standing, "stages")) {
                lines.push(stage.line(name, said));
                name = "";
            }
            let more = [
                ("queues", queues(standing)),
                ("outbox", outbox(standing)),
                ("left alone", left_alone(standing)),
            ];
            for (what, said) in more {
                if let Some(said) = said {
                    lines.push(format!("{name:<20} {what:<10} {said}"));
                    name = "";
                }
            }
            if !name.is_empty() {
                lines.push(format!("{name:<20} nothing was decided yet"));
            }
        }
        lines
    }
}

impl Stage {
    fn between(bounds: &[u64], before: Option<&Value>, now: &Value, seconds: f64) -> Stage {
        let earlier = before.map_or_else(Vec::new, |before| numbers(before, "times"));
        let counts: Vec<u64> = numbers(now, "times")
            .into_iter()
            .enumerate()
            .map(|(range, count)| count.saturating_sub(earlier.get(range).copied().unwrap_or(0)))
            .collect();
        let quantile = |share| quantile(bounds.iter().copied(), &counts, share);
        Stage {
            name: text(now, "stage").to_owned(),
            rate: counts.iter().sum::<u64>() as f64 / seconds,
            p50: quantile(0.5),
            p99: quantile(0.99),
        }
    }

    fn line(&self, company: &str, said: &Value) -> String {
        let time = |time: Option<u64>| time.map_or_else(|| "–".to_owned(), micros);
        let outcomes = said["outcomes"].as_object();
        let outcomes: Vec<String> = outcomes
            .into_iter()
            .flatten()
            .map(|(outcome, count)| format!("{outcome} {}", thousands(count.as_u64().unwrap_or(0))))
            .collect();
        format!(
            "{company:<20} {:<9} {:>11.1} {:>9} {:>9}  {}",
            self.name,
            self.rate,
            time(self.p50),
            time(self.p99),
            outcomes.join(", ")
        )
    }
}

fn numbers(value: &Value, field: &str) -> Vec<u64> {
    let numbers = list(value, field).iter();
    numbers.map(|one| one.as_u64().unwrap_or(0)).collect()
}

/// The document of a list that is called so.
fn found<'a>(value: &'a Value, field: &str, key: &str, name: &str) -> Option<&'a Value> {
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
    fn a_frame_tells_what_happened_since_the_look_before() {
        let frame = Frame::between(&status(100, 50), status(190, 60), Duration::from_secs(2));
        let stage = &frame.companies[0].stages[0];
        assert_eq!(stage.rate, 50.0);
        assert!(stage.p50.is_some_and(|time| time <= 10));
        assert!(stage.p99.is_some_and(|time| time > 100));
        let text = frame.lines().join("\n");
        for said in [
            "up 1m 10s, healthy",
            "50.0 decisions/s",
            "ok 250",
            "care at route",
        ] {
            assert!(text.contains(said), "{said} is not in\n{text}");
        }
    }

    #[test]
    fn a_server_that_began_again_counts_from_nothing() {
        let frame = Frame::between(&status(100, 50), status(3, 0), Duration::from_secs(1));
        assert_eq!(frame.companies[0].stages[0].rate, 0.0);
        assert_eq!(
            frame.document()["companies"][0]["stages"][0]["p50"],
            Value::Null
        );
    }
}
