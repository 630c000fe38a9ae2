//! A line now and then of what happens, for whoever watches.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;

use super::day::hour;
use super::tally::Entry;
use crate::output;

/// Tells what happens, each thing once.
#[derive(Clone)]
pub(crate) struct Narrator {
    bar: ProgressBar,
    told: Arc<Mutex<BTreeSet<String>>>,
}

impl Narrator {
    /// One that keeps out of the way of a bar.
    pub(crate) fn above(bar: ProgressBar) -> Narrator {
        Narrator {
            bar,
            told: Arc::default(),
        }
    }

    /// Say it, if it is worth a line: of the agent who had the conversation;
    /// `new_incident` where there was none about its subject.
    pub(crate) fn tell(&self, company: &str, entry: &Entry, agent: &str, new_incident: bool) {
        let Some(what) = line(entry, agent, new_incident) else {
            return;
        };
        let what = format!("{company}: {what}");
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(what.clone()) {
            let line = format!("{} {what}", hour(entry.at));
            self.bar.suspend(|| output::note(line));
        }
    }
}

fn line(entry: &Entry, agent: &str, new_incident: bool) -> Option<String> {
    if new_incident {
        let trigger = &entry.data["trigger"];
        let subject = trigger["subject"].as_str().unwrap_or("many things");
        let count = trigger["count"].as_u64().unwrap_or_default();
        return Some(match trigger["code"].as_str() {
            Some("reach-surge") => format!("{subject}, before {count} readers … incident opened"),
            _ => format!("{subject}, {count} messages … incident opened"),
        });
    }
    if entry.data["trigger"]["code"] == "silent-agent" {
        return Some("an agent is silent; somebody else gets the conversation".to_owned());
    }
    let named = entry.text("agent");
    match (entry.kind.as_str(), entry.text("because")) {
        ("returned", "offline") if entry.text("state") == "queued" => Some(format!(
            "{named} went offline; what was in hand waits again, with its age"
        )),
        ("declined", _) => Some(format!("{named} declined an offer; it goes to another")),
        ("timed-out", _) => Some(format!(
            "{named} let an offer time out, and gets no more until back"
        )),
        ("reply-revise", _) => Some(format!("a reply of {agent} was sent back")),
        ("reply-held", _) => Some(format!("a reply of {agent} waits for approval")),
        ("reply-blocked", _) => Some(format!("a reply of {agent} was blocked")),
        _ => None,
    }
}
