//! A line now and then of what happens, for whoever watches.

use super::day::hour;
use super::tally::Entry;
use crate::output;

/// Say it, if it is worth a line; `new_incident` where there was none about
/// its subject.
pub(crate) fn tell(company: &str, entry: &Entry, new_incident: bool) {
    if let Some(what) = line(entry, new_incident) {
        output::note(format!("{} {company}: {what}", hour(entry.at)));
    }
}

fn line(entry: &Entry, new_incident: bool) -> Option<String> {
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
        return Some("an agent does not answer; somebody else gets the conversation".to_owned());
    }
    let agent = entry.text("agent");
    match (entry.kind.as_str(), entry.text("because")) {
        ("returned", "offline") => Some(format!(
            "{agent} went offline; a conversation waits again, with its age"
        )),
        ("timed-out", _) => Some(format!("{agent} let an offer time out")),
        ("reply-blocked", _) => Some("a reply was blocked".to_owned()),
        ("alerted", _) => Some(format!("alert: {}", entry.text("alert"))),
        _ => None,
    }
}
