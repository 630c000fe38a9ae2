//! States and history entries of a conversation, as sentences.

use serde_json::Value;

/// What a state means.
pub(super) fn state(state: &str, owner: Option<&str>, queue: Option<&str>) -> String {
    let agent = owner.unwrap_or("an agent");
    let queue = queue.unwrap_or("no queue");
    match state {
        "queued" => format!("waits in queue {queue} for an agent"),
        "reserved" => format!("offered to an agent from queue {queue}"),
        "active" => format!("{agent} works on it (queue {queue})"),
        "waiting-on-customer" => format!("{agent} has answered and waits for the customer"),
        "on-hold" => format!("{agent} has put it on hold"),
        "awaiting-approval" => format!("a reply of {agent} waits for approval"),
        "wrapping" => format!("{agent} does the wrap-up"),
        "resolved" => "resolved".to_owned(),
        other => other.to_owned(),
    }
}

/// What a history entry means; empty for kinds without further description.
pub(super) fn entry(kind: &str, data: &Value) -> String {
    let text = |field: &str| data[field].as_str();
    let agent = text("agent").unwrap_or("an agent");
    let by = data["by"]["id"].as_str().or(text("by"));
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    match kind {
        "received" => "message from the customer; the policies decided it".to_owned(),
        "edited" => "the customer edited a message".to_owned(),
        "deleted" => "the customer deleted a message".to_owned(),
        "reacted" => "the customer reacted to a message".to_owned(),
        "echoed" => "the channel confirmed a message of the company".to_owned(),
        "clock-rang" => "an SLA clock is at risk or breached".to_owned(),
        "woke-up" => "a timer that a policy had set".to_owned(),
        "triggered" => "the escalation policies decided an event".to_owned(),
        "routed" => "routed again".to_owned(),
        "quarantined" => "the message crashed the host repeatedly; policies are skipped".to_owned(),
        "alerted" => match text("alert") {
            Some(alert) => format!("alert: {alert}"),
            None => "alert".to_owned(),
        },
        "offered" => format!("offered to {agent}"),
        "accepted" => format!("{agent} accepted the offer"),
        "declined" => format!("{agent} declined the offer"),
        "timed-out" => format!("{agent} did not answer the offer in time"),
        "withdrawn" => "the offer was withdrawn".to_owned(),
        "widened" => "a selection step expired; more agents qualify".to_owned(),
        "assigned" => format!("assigned to {agent}{by}"),
        "returned" => "returned to the queue with its age".to_owned(),
        "transferred" => format!("transferred{by}"),
        "state-changed" => match text("to").or(text("state")) {
            Some(now) => format!("state is now {now}"),
            None => "the state changed".to_owned(),
        },
        "parked" => "the customer does not answer; its capacity is freed".to_owned(),
        "requeued" => format!("requeued{by}"),
        "reply-drafted" => "a reply was drafted".to_owned(),
        "reply-published" => "a reply was sent to the channel".to_owned(),
        "reply-taken-back" => format!("a reply was taken back{by}"),
        _ => String::new(),
    }
}
