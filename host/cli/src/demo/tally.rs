//! What a company's day came to, counted from the entries of its journal as
//! they come over the feed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Counts by name.
pub(crate) type Counts = BTreeMap<String, u64>;

/// Something that happened to a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) conversation: String,
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
    pub(crate) data: Value,
}

/// An event of the feed, as far as it is read.
#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
    /// Absent: it is about none.
    #[serde(default)]
    subject: String,
    time: Timestamp,
    #[serde(default)]
    data: Value,
}

impl Entry {
    /// An event's document.
    pub(crate) fn read(document: &str) -> Option<Entry> {
        let event: Event = serde_json::from_str(document).ok()?;
        Some(Entry {
            number: event.id.parse().ok()?,
            conversation: event.subject,
            kind: event.r#type.rsplit('.').next()?.to_owned(),
            at: event.time,
            data: event.data,
        })
    }

    /// A text of its data.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.data[name].as_str().unwrap_or_default()
    }

    /// Codes and targets of what escalation asked for.
    pub(crate) fn escalated(&self) -> impl Iterator<Item = (&str, &str)> {
        let actions = self.data["escalation"]["actions"].as_array();
        actions.into_iter().flatten().map(|action| {
            let text = |name: &str| action[name].as_str().unwrap_or_default();
            (text("kind"), text("target"))
        })
    }
}

/// What is counted.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// When the desk closes: later, only what was begun before is counted.
    closes: Timestamp,
    /// Entries by kind.
    pub(crate) kinds: Counts,
    /// What escalation asked for, by action.
    pub(crate) escalations: Counts,
    /// What escalation was asked about, by trigger.
    pub(crate) triggers: Counts,
    /// What incidents were about.
    pub(crate) incidents: BTreeSet<String>,
    /// Conversations that returned to their queue, by why.
    pub(crate) returned: Counts,
    /// Outcomes of decisions that were not `ok`.
    pub(crate) not_ok: Counts,
    /// Decisions that were.
    pub(crate) decisions: u64,
    /// Microseconds inside policies, of each decision about a message.
    pub(crate) micros: Vec<f64>,
    threads: HashMap<String, Thread>,
    /// How often somebody was to be notified, after the desk closed as well.
    pub(crate) notices: u64,
    /// Number of the last entry.
    pub(crate) newest: u64,
}

/// A conversation, as far as it is counted.
#[derive(Clone, Debug, Default)]
struct Thread {
    began: Option<Timestamp>,
    answered: Option<Timestamp>,
    missed_first: bool,
    last_agent: Option<String>,
    /// Whose answer the customer wrote again after.
    came_back_to: Option<String>,
    same: u64,
    other: u64,
}

/// Whether an entry is the end of something that began before.
fn ends_something(kind: &str) -> bool {
    kind.starts_with("reply-") || INPUTS.contains(&kind)
}

/// What records an interaction.
const INPUTS: [&str; 6] = [
    "received",
    "edited",
    "deleted",
    "reacted",
    "echoed",
    "quarantined",
];

impl Tally {
    pub(crate) fn until(closes: Timestamp) -> Tally {
        Tally {
            closes,
            kinds: Counts::new(),
            escalations: Counts::new(),
            triggers: Counts::new(),
            incidents: BTreeSet::new(),
            returned: Counts::new(),
            not_ok: Counts::new(),
            decisions: 0,
            micros: Vec::new(),
            threads: HashMap::new(),
            notices: 0,
            newest: 0,
        }
    }

    /// Count an entry; those of a feed come in their order.
    pub(crate) fn note(&mut self, entry: &Entry) {
        self.newest = entry.number;
        let notices = entry.escalated().filter(|(kind, _)| *kind == "notify");
        self.notices += notices.count() as u64;
        if entry.at > self.closes && !ends_something(&entry.kind) {
            return;
        }
        *self.kinds.entry(entry.kind.clone()).or_default() += 1;
        for (kind, target) in entry.escalated() {
            *self.escalations.entry(kind.to_owned()).or_default() += 1;
            if kind == "open-incident" {
                self.incidents.insert(target.to_owned());
            }
        }
        let trigger = entry.data["trigger"]["code"].as_str();
        if let Some(trigger) = trigger {
            *self.triggers.entry(trigger.to_owned()).or_default() += 1;
        }
        if let Some(outcome) = entry.data["outcome"].as_str() {
            self.decisions += 1;
            if outcome != "ok" && outcome != "declined" {
                *self.not_ok.entry(outcome.to_owned()).or_default() += 1;
            }
        }
        if entry.conversation.is_empty() {
            return;
        }
        let thread = self.threads.entry(entry.conversation.clone()).or_default();
        match entry.kind.as_str() {
            "received" => {
                let micros = &entry.data["micros"];
                let inside = |part: &str| micros[part].as_u64();
                if let (Some(made), Some(called)) = (inside("instantiate"), inside("call")) {
                    self.micros.push((made + called) as f64);
                }
                thread.began.get_or_insert(entry.at);
                if thread.came_back_to.is_none() {
                    thread.came_back_to = thread.last_agent.clone();
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
            "returned" => {
                let because = entry.text("because").to_owned();
                *self.returned.entry(because).or_default() += 1;
            }
            _ => {}
        }
    }

    pub(crate) fn of_kind(&self, kind: &str) -> u64 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }

    pub(crate) fn conversations(&self) -> u64 {
        self.threads.len() as u64
    }

    /// Of the conversations whose first response was given or missed: how many
    /// there are, and how many got it in time.
    pub(crate) fn service(&self) -> (u64, u64) {
        let mut due = 0;
        let mut kept = 0;
        for thread in self.threads.values() {
            if thread.answered.is_some() || thread.missed_first {
                due += 1;
                kept += u64::from(!thread.missed_first);
            }
        }
        (due, kept)
    }

    /// Minutes from the first message of a conversation to the first response.
    pub(crate) fn first_responses(&self) -> Vec<f64> {
        let spans = self.threads.values().filter_map(|thread| {
            let span = thread.answered?.duration_since(thread.began?);
            Some(span.as_secs_f64() / 60.0)
        });
        spans.collect()
    }

    /// How often somebody who wrote again was answered by whoever had answered
    /// them before, and how often by another.
    pub(crate) fn came_back(&self) -> (u64, u64) {
        let threads = self.threads.values();
        threads.fold((0, 0), |(same, other), thread| {
            (same + thread.same, other + thread.other)
        })
    }

    /// Replies on their way to a channel that neither has nor refused them.
    pub(crate) fn undelivered(&self) -> u64 {
        let arrived = self.of_kind("reply-delivered") + self.of_kind("reply-undeliverable");
        self.of_kind("reply-published").saturating_sub(arrived)
    }

    /// Interactions that were decided about.
    pub(crate) fn decided(&self) -> u64 {
        INPUTS.iter().map(|kind| self.of_kind(kind)).sum()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tally(entries: &[(&str, i64, Value)]) -> Tally {
        let mut tally = Tally::until(Timestamp::MAX);
        for (number, (kind, minute, data)) in (1..).zip(entries) {
            tally.note(&Entry {
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
    fn the_first_response_counts_from_the_first_message() {
        let day = tally(&[
            ("received", 0, json!({"outcome": "ok"})),
            ("received", 3, json!({"outcome": "ok"})),
            ("reply-published", 9, json!({})),
            ("reply-delivered", 10, json!({"by": "ana"})),
        ]);
        assert_eq!(day.first_responses(), [10.0]);
        assert_eq!(day.service(), (1, 1));
        assert_eq!(day.undelivered(), 0);
    }

    #[test]
    fn after_closing_only_what_was_begun_is_counted() {
        let mut tally = Tally::until(Timestamp::UNIX_EPOCH);
        for (number, kind) in (1..).zip(["reply-delivered", "timed-out"]) {
            tally.note(&Entry {
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
    fn a_response_that_is_late_was_missed() {
        let missed = json!({"trigger": {"code": "sla-breached", "clock": "first-response"}});
        let day = tally(&[
            ("received", 0, json!({})),
            ("clock-rang", 30, missed),
            ("reply-delivered", 40, json!({"by": "ana"})),
        ]);
        assert_eq!(day.service(), (1, 0));
    }

    #[test]
    fn who_writes_again_comes_back_to_the_same_agent_or_to_another() {
        let day = tally(&[
            ("received", 0, json!({})),
            ("reply-delivered", 1, json!({"by": "ana"})),
            ("received", 2, json!({})),
            ("received", 3, json!({})),
            ("reply-delivered", 4, json!({"by": "ana"})),
            ("received", 5, json!({})),
            ("reply-delivered", 6, json!({"by": "bo"})),
        ]);
        assert_eq!(day.came_back(), (1, 1));
    }

    #[test]
    fn what_escalation_asked_for_is_counted_by_action() {
        let actions = json!({"actions": [
            {"kind": "open-incident", "target": "outage"},
            {"kind": "notify", "target": "duty-manager"},
        ]});
        let day = tally(&[(
            "triggered",
            0,
            json!({"trigger": {"code": "volume-surge"}, "escalation": actions}),
        )]);
        assert_eq!(day.escalations["notify"], 1);
        assert_eq!(day.triggers["volume-surge"], 1);
        assert!(day.incidents.contains("outage"));
    }
}
