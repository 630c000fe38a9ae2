//! The schema of a company file.

use patchbay_model::length::LengthUnit;
use patchbay_model::sla::Clock;
use serde_json::{Map, Value, json};

use super::domain::{agent_fields, article, hours, skills};
use super::manifest::{grants, limits};
use super::{codes, described, duration, flag, integer, list, map, number, object, text};

pub(super) fn schema() -> Value {
    let stage = |description: &str| described(list(text("Name of a plugin")), description);
    let mut agent = agent_fields();
    agent["idle"] = duration("How long idle at the start");
    agent["channel-capacity"] = most("Most conversations at once by channel");
    agent["queue-capacity"] = most("Most conversations at once by queue");
    object(
        json!({
            "company": text("Name of the company: lower-case letters, digits and hyphens"),
            "publish": text("Target that replies are sent to"),
            "transcribe": text("Target that turns voice messages into text"),
            "public-url": text("URL at which providers reach the host, without the path of a webhook"),
            "pipeline": object(json!({
                "classify": stage("Plugins that classify; all run"),
                "route": stage("Plugins that route; until one has an opinion"),
                "tone": stage("Plugins that check drafts; all run"),
                "escalate": stage("Plugins that escalate; all run"),
            }), &[]),
            "plugin": map(plugin()),
            "queue": map(queue()),
            "agent": map(object(agent, &[])),
            "hours": map(hours()),
            "channel": map(object(json!({
                "account": text("The company's account"),
                "legacy-140": flag("Whether X counts by its limit of 140 characters"),
                "length-limit": integer(1, Some(1_000_000), "Most of `length-unit` that a text has"),
                "length-unit": codes(
                    &LengthUnit::ALL.map(LengthUnit::as_str),
                    "What `length-limit` counts; for `sms`, segments",
                ),
                "publish": text("Target of replies, instead of the company's"),
                "connection": described(map(connection()), "Connections to the provider, by name"),
                "template": described(map(template()), "Messages that the provider approved, by id"),
            }), &[])),
            "target": map(target()),
            "knowledge": object(json!({
                "articles": {"anyOf": [text("Directory of Markdown files"), list(article())]},
            }), &["articles"]),
            "desk": desk(),
            "record": object(json!({
                "transcripts": {"anyOf": [
                    codes(&["all", "failures", "off"], "Decisions whose host calls are stored"),
                    object(json!({"sampled": number(0.0, 1.0, "Share")}), &["sampled"]),
                ]},
                "limit": text("Longest transcript, 4KiB to 4MiB"),
            }), &[]),
        }),
        &["company"],
    )
}

/// A message that a provider approved.
fn template() -> Value {
    object(
        json!({
            "name": text("Its name at the provider; the id with `_` for `-` if absent"),
            "language": text("Its language as the provider writes it, such as en_US"),
            "text": text("The approved text, with {{1}}, {{2}} and so on for the parameters"),
        }),
        &["language", "text"],
    )
}

/// Numbers by name.
fn most(description: &str) -> Value {
    described(map(integer(0, None, "Number")), description)
}

fn plugin() -> Value {
    object(
        json!({
            "pack": text("name@version, a path, or sha256:…"),
            "grants": described(grants(), "What the policy may use"),
            "settings": {"type": "object", "description": "Its settings, checked against the pack's schema"},
            "limits": described(limits(), "At most the operator's ceiling"),
            "on-failure": object(json!({
                "classify": codes(&["continue"], "Fallback"),
                "route": codes(&["default-queue", "next"], "Fallback"),
                "tone": codes(&["hold", "revise", "block"], "Fallback"),
                "escalate": codes(&["alert"], "Fallback"),
            }), &[]),
            "data": described(map(text("A file, CSV for a table; or sha256:… of data that the pack or a stored generation of the company has")), "What takes the place of the pack's own data"),
            "reuse": integer(0, None, "Decisions of one instance; 0: a fresh one each"),
            "signed-by": described(
                list(text("Name of a key of the host's trust policy")),
                "Keys that must have signed the pack",
            ),
        }),
        &["pack"],
    )
}

fn queue() -> Value {
    let mut sla: Map<String, Value> = Clock::ALL
        .into_iter()
        .map(|clock| (clock.as_str().to_owned(), duration("Target")))
        .collect();
    sla.insert(
        "hours".to_owned(),
        text("Business hours they are counted in"),
    );
    object(
        json!({
            "default": flag("Exactly one queue is the default"),
            "skills": skills(),
            "sla": object(Value::Object(sla), &[]),
            "priority": integer(0, Some(100), "Default priority"),
            "agent-capacity": integer(0, None, "Most conversations of this queue that one agent holds"),
            "moved-to": text("The queue is removed: its conversations move to this one"),
        }),
        &[],
    )
}

fn secret() -> Value {
    object(
        json!({
            "env": text("Environment variable"),
            "previous-env": text("Variable of the secret being replaced"),
        }),
        &["env"],
    )
}

fn connection() -> Value {
    object(
        json!({
            "settings": {"type": "object", "description": "Settings of the channel's adapter; the page of the channel, docs/channel-NAME.md, lists them"},
            "secrets": described(map(secret()), "Secrets of the adapter, by role"),
        }),
        &[],
    )
}

fn target() -> Value {
    let webhook = object(
        json!({"url": text("https URL"), "secret": secret()}),
        &["url"],
    );
    object(json!({"webhook": webhook}), &["webhook"])
}

fn desk() -> Value {
    let medium = object(
        json!({
            "channels": list(text("Channel code")),
            "weight": integer(0, None, "Units of capacity of one conversation"),
            "maximum": integer(0, None, "Most conversations at once"),
            "interrupts": list(text("Medium")),
        }),
        &["channels", "weight", "maximum"],
    );
    object(
        json!({
            "capacity": object(json!({
                "media": map(medium),
                "channels": most("Most conversations at once of one agent, by channel"),
                "other": text("Medium of channels in none of them"),
            }), &[]),
            "offer-timeout": duration("Time to answer an offer"),
            "back-off": object(json!({
                "first": duration("First pause"),
                "longest": duration("Longest pause"),
            }), &[]),
            "wait-for-agent": duration("How long a transferred conversation waits for its agent"),
            "same-agent": duration("Prefer the agent who answered within this time"),
            "reopen-within": duration("A later message starts a new conversation"),
            "park-after": duration("How long a waiting conversation holds capacity"),
            "wrap-up": duration("Longest wrap-up"),
            "silent-after": duration("A message unanswered for this long triggers escalation"),
            "return-after": duration("Conversations of an offline agent return after this time"),
            "send-after": duration("How long a reply waits before it is sent, so that its author can take it back"),
            "approve-all": flag("Whether every reply needs an approval"),
            "approval": list(object(json!({
                "approvers": list(text("Agent")),
                "need": codes(&["any", "all"], "How many must approve"),
            }), &["approvers"])),
            "running-clocks": codes(&["follow", "keep"], "What changed SLA targets do to running clocks"),
            "surge": object(json!({
                "within": duration("Window"),
                "least": integer(0, None, "Least number of interactions"),
                "times": {"type": "number", "minimum": 1, "description": "Times the usual"},
                "reach": integer(0, None, "People reached"),
            }), &[]),
        }),
        &[],
    )
}
