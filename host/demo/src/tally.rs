//! Counts of a company's day, from its journal entries as the feed sends them.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::figures::{Counts, Figures};
use crate::sink::Deliveries;

/// Kinds of entries that record an interaction.
const INPUTS: [&str; 6] = [
    "received",
    "edited",
    "deleted",
    "reacted",
    "echoed",
    "quarantined",
];

/// A journal entry about a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    /// Empty where the entry is about none.
    pub(crate) conversation: String,
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
    pub(crate) data: Value,
}

/// The fields of a CloudEvent that the demo reads.
#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
    #[serde(default)]
    subject: String,
    time: Timestamp,
    #[serde(default)]
    data: Value,
}

impl Entry {
    /// Parse an event of the feed.
    pub(crate) fn parse(document: &str) -> Option<Entry> {
        let event: Event = serde_json::from_str(document).ok()?;
        Some(Entry {
            number: event.id.parse().ok()?,
            conversation: event.subject,
            kind: event.r#type.rsplit('.').next()?.to_owned(),
            at: event.time,
            data: event.data,
        })
    }

    /// A text field of the data; empty where it is absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.data[name].as_str().unwrap_or_default()
    }

    /// Kind and target of each escalation action.
    pub(crate) fn escalation_actions(&self) -> impl Iterator<Item = (&str, &str)> {
        let actions = self.data["escalation"]["actions"].as_array();
        actions.into_iter().flatten().map(|action| {
            let text = |name: &str| action[name].as_str().unwrap_or_default();
            (text("kind"), text("target"))
        })
    }
}

/// Counts of a day.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// End of the day: of later entries only those count that complete
    /// something.
    closes: Timestamp,
    /// Figures that follow from single entries.
    pub(crate) figures: Figures,
    /// Notices that escalation sent, also after the end of the day.
    pub(crate) notices: u64,
    /// Number of the newest entry.
    pub(crate) newest: u64,
    threads: HashMap<String, Thread>,
}

/// One conversation.
#[derive(Clone, Debug, Default)]
struct Thread {
    began: Option<Timestamp>,
    answered: Option<Timestamp>,
    missed_first: bool,
    last_agent: Option<String>,
    /// Agent whose answer the customer wrote again after.
    came_back_to: Option<String>,
    same: u64,
    other: u64,
}

impl Tally {
    /// An empty tally of a day that ends at `closes`.
    pub(crate) fn until(closes: Timestamp) -> Tally {
        Tally {
            closes,
            figures: Figures::default(),
            notices: 0,
            newest: 0,
            threads: HashMap::new(),
        }
    }

    /// Count an entry; call in the order of their numbers.
    pub(crate) fn add(&mut self, entry: &Entry) {
        self.newest = entry.number;
        let notices = entry.escalation_actions();
        self.notices += notices.filter(|(kind, _)| *kind == "notify").count() as u64;
        let kind = entry.kind.as_str();
        if entry.at > self.closes && !kind.starts_with("reply-") && !INPUTS.contains(&kind) {
            return;
        }
        let figures = &mut self.figures;
        increment(&mut figures.kinds, kind);
        for (kind, target) in entry.escalation_actions() {
            increment(&mut figures.escalations, kind);
            let known = figures.incidents.iter().any(|subject| subject == target);
            if kind == "open-incident" && !known {
                figures.incidents.push(target.to_owned());
            }
        }
        let trigger = entry.data["trigger"]["code"].as_str();
        if let Some(trigger) = trigger {
            increment(&mut figures.triggers, trigger);
        }
        if let Some(outcome) = entry.data["outcome"].as_str() {
            figures.decisions += 1;
            if outcome != "ok" && outcome != "declined" {
                increment(&mut figures.not_ok, outcome);
            }
        }
        if entry.conversation.is_empty() {
            return;
        }
        let thread = self.threads.entry(entry.conversation.clone()).or_default();
        match kind {
            "received" => {
                let micros = |part: &str| entry.data["micros"][part].as_u64();
                if let (Some(instantiate), Some(call)) = (micros("instantiate"), micros("call")) {
                    figures.micros.push((instantiate + call) as f64);
                }
                thread.began.get_or_insert(entry.at);
                if thread.came_back_to.is_none() {
                    thread.came_back_to.clone_from(&thread.last_agent);
                }
            }
            "clock-rang"
                if trigger == Some("sla-breached")
                    && entry.data["trigger"]["clock"] == "first-response" =>
            {
                thread.missed_first = true;
            }
            "reply-delivered" => {
                thread.answered.get_or_insert(entry.at);
                let by = entry.text("by").to_owned();
                match thread.came_back_to.take() {
                    Some(before) if before == by => thread.same += 1,
                    Some(_) => thread.other += 1,
                    None => {}
                }
                thread.last_agent = Some(by);
            }
            "returned" => increment(&mut figures.returned, entry.text("because")),
            _ => {}
        }
    }

    pub(crate) fn of_kind(&self, kind: &str) -> u64 {
        self.figures.kind(kind)
    }

    /// The figures of the day, with what is counted outside of the journal.
    pub(crate) fn figures(
        &self,
        agents: usize,
        interactions: u64,
        deliveries: Deliveries,
        open: Counts,
    ) -> Figures {
        let (first_responses_due, first_responses_in_time) = self.first_responses();
        let (same_agent, other_agent) = self.same_and_other_agent();
        let mut figures = Figures {
            agents: agents as u64,
            interactions,
            conversations: self.threads.len() as u64,
            first_responses_due,
            first_responses_in_time,
            first_response_minutes: self.first_response_minutes(),
            same_agent,
            other_agent,
            replies: deliveries.replies,
            notices: deliveries.notices,
            repeated: deliveries.repeated,
            failed: deliveries.failed,
            open,
            ..self.figures.clone()
        };
        figures.incidents.sort();
        figures
    }

    /// Conversations whose first response was given or missed, and those that
    /// got it in time.
    fn first_responses(&self) -> (u64, u64) {
        let threads = self.threads.values();
        let due = threads.filter(|thread| thread.answered.is_some() || thread.missed_first);
        due.fold((0, 0), |(due, in_time), thread| {
            (due + 1, in_time + u64::from(!thread.missed_first))
        })
    }

    /// Minutes from the first message of a conversation to the first response.
    fn first_response_minutes(&self) -> Vec<f64> {
        let spans = self.threads.values().filter_map(|thread| {
            let span = thread.answered?.duration_since(thread.began?);
            Some(span.as_secs_f64() / 60.0)
        });
        spans.collect()
    }

    /// Returning customers answered by the same agent as before, and by another.
    fn same_and_other_agent(&self) -> (u64, u64) {
        let threads = self.threads.values();
        threads.fold((0, 0), |(same, other), thread| {
            (same + thread.same, other + thread.other)
        })
    }

    /// Replies sent that are neither delivered nor undeliverable yet.
    pub(crate) fn undelivered(&self) -> u64 {
        let arrived = self.of_kind("reply-delivered") + self.of_kind("reply-undeliverable");
        self.of_kind("reply-published").saturating_sub(arrived)
    }

    /// Interactions that were decided.
    pub(crate) fn decided(&self) -> u64 {
        INPUTS.iter().map(|kind| self.of_kind(kind)).sum()
    }
}

fn increment(counts: &mut Counts, name: &str) {
    *counts.entry(name.to_owned()).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tally(entries: &[(&str, i64, Value)]) -> Tally {
        let mut tally = Tally::until(Timestamp::MAX);
        for (number, (kind, minute, data)) in (1..).zip(entries) {
            tally.add(&Entry {
                number,
                conversation: "c".to_owned(),
                kind: (*kind).to_owned(),
                at: Timestamp::from_second(minute * 60).expect("in range"),
                data: data.clone(),
            });
        }
        tally
    }

    #[test]
    fn the_first_response_is_measured_from_the_first_message() {
        let day = tally(&[
            ("received", 0, json!({"outcome": "ok"})),
            ("received", 3, json!({"outcome": "ok"})),
            ("reply-published", 9, json!({})),
            ("reply-delivered", 10, json!({"by": "ana"})),
        ]);
        assert_eq!(day.first_response_minutes(), [10.0]);
        assert_eq!(day.first_responses(), (1, 1));
        assert_eq!(day.undelivered(), 0);
    }

    #[test]
    fn after_the_end_of_the_day_only_completions_count() {
        let mut tally = Tally::until(Timestamp::UNIX_EPOCH);
        for (number, kind) in (1..).zip(["reply-delivered", "timed-out"]) {
            tally.add(&Entry {
                number,
                conversation: "c".to_owned(),
                kind: kind.to_owned(),
                at: Timestamp::from_second(60).expect("in range"),
                data: Value::Null,
            });
        }
        assert_eq!(
            (tally.of_kind("reply-delivered"), tally.of_kind("timed-out")),
            (1, 0)
        );
    }

    #[test]
    fn a_late_first_response_counts_as_missed() {
        let missed = json!({"trigger": {"code": "sla-breached", "clock": "first-response"}});
        let day = tally(&[
            ("received", 0, json!({})),
            ("clock-rang", 30, missed),
            ("reply-delivered", 40, json!({"by": "ana"})),
        ]);
        assert_eq!(day.first_responses(), (1, 0));
    }

    #[test]
    fn returning_customers_are_counted_by_same_and_other_agent() {
        let day = tally(&[
            ("received", 0, json!({})),
            ("reply-delivered", 1, json!({"by": "ana"})),
            ("received", 2, json!({})),
            ("received", 3, json!({})),
            ("reply-delivered", 4, json!({"by": "ana"})),
            ("received", 5, json!({})),
            ("reply-delivered", 6, json!({"by": "bo"})),
        ]);
        assert_eq!(day.same_and_other_agent(), (1, 1));
    }

    #[test]
    fn escalation_actions_are_counted_by_kind() {
        let actions = json!({"actions": [
            {"kind": "open-incident", "target": "outage"},
            {"kind": "notify", "target": "duty-manager"},
        ]});
        let day = tally(&[(
            "triggered",
            0,
            json!({"trigger": {"code": "volume-surge"}, "escalation": actions}),
        )]);
        assert_eq!(day.figures.escalations["notify"], 1);
        assert_eq!(day.figures.triggers["volume-surge"], 1);
        assert_eq!(day.figures.incidents, ["outage"]);
    }
}
