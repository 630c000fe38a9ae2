//! A line for each notable event of the day.

use std::collections::BTreeSet;

use parking_lot::Mutex;

use crate::day::time_of_day;
use crate::tally::Entry;

/// Turns journal entries into lines, each distinct line once.
#[derive(Debug, Default)]
pub(crate) struct Narrator {
    lines: Mutex<BTreeSet<String>>,
}

impl Narrator {
    /// The line about an entry, if it is notable and new. `agent` owns the
    /// conversation; `new_incident` says that the entry opened an incident.
    pub(crate) fn narrate(
        &self,
        company: &str,
        entry: &Entry,
        agent: &str,
        new_incident: bool,
    ) -> Option<String> {
        let line = format!("{company}: {}", sentence(entry, agent, new_incident)?);
        let is_new = self.lines.lock().insert(line.clone());
        is_new.then(|| format!("{} {line}", time_of_day(entry.at)))
    }
}

fn sentence(entry: &Entry, agent: &str, new_incident: bool) -> Option<String> {
    let trigger = &entry.data["trigger"];
    if new_incident {
        let subject = trigger["subject"].as_str().unwrap_or("several subjects");
        let count = trigger["count"].as_u64().unwrap_or_default();
        let unit = match trigger["code"].as_str() {
            Some("reach-surge") => "readers",
            _ => "messages",
        };
        return Some(format!("incident opened: {subject}, {count} {unit}"));
    }
    if trigger["code"] == "silent-agent" {
        return Some("an agent does not answer; the conversation goes to another agent".to_owned());
    }
    let named = entry.text("agent");
    match (entry.kind.as_str(), entry.text("because")) {
        ("returned", "offline") if entry.text("state") == "queued" => Some(format!(
            "{named} went offline; their conversations return to the queue with their age"
        )),
        ("declined", _) => Some(format!(
            "{named} declined an offer; it goes to another agent"
        )),
        ("timed-out", _) => Some(format!(
            "{named} let an offer time out and gets no offers until back"
        )),
        ("reply-revise", _) => Some(format!("the tone policy sent a reply of {agent} back")),
        ("reply-held", _) => Some(format!("a reply of {agent} waits for approval")),
        ("reply-blocked", _) => Some(format!("the tone policy blocked a reply of {agent}")),
        _ => None,
    }
}
