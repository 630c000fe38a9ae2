//! What cases and company files share: interactions, conversations, agents, queues, articles and
//! business hours.

use patchbay_model::channel::CHANNELS;
use patchbay_model::channel::Visibility;
use patchbay_model::conversation::{RouteCause, TriggerCode};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::directory::Presence;
use patchbay_model::interaction::{Direction, WrittenBy};
use patchbay_model::sla::Clock;
use serde_json::{Value, json};

use super::{codes, described, duration, flag, integer, list, map, moment, object, text};

/// Kinds of attachments the contract documents.
const ATTACHMENT_KINDS: [&str; 6] = ["image", "video", "audio", "document", "location", "other"];

/// Codes of an enum of the model.
macro_rules! all_codes {
    ($name:ident) => {
        &$name::ALL.map($name::as_str)
    };
}
pub(super) use all_codes;

/// Code of a channel. `closed` names are checked; the reader adds the case's own `channels`.
pub(super) fn channel() -> Value {
    let known: Vec<&str> = CHANNELS.iter().map(|channel| channel.code).collect();
    json!({
        "type": "string",
        "examples": known,
        "description": "Code of the channel; a company's own code is declared under `channels`",
        "x-patchbay-name": "channel",
    })
}

fn attachments() -> Value {
    let attachment = object(
        json!({
            "kind": codes(&ATTACHMENT_KINDS, "Kind; default other"),
            "name": text("File name"),
            "media_type": text("Media type"),
            "size": integer(0, None, "Size in bytes"),
            "url": text("URL of the content"),
        }),
        &[],
    );
    described(list(attachment), "Files, without their content")
}

/// An interaction as a case has it.
pub(super) fn interaction() -> Value {
    let author = object(
        json!({
            "address": text("Handle, number or mail address"),
            "name": text("Display name"),
            "reach": integer(0, None, "Number of people who see their posts"),
            "verified": flag("Whether the channel verified them"),
        }),
        &[],
    );
    object(
        json!({
            "id": text("Identifier given by the channel"),
            "channel": channel(),
            "text": text("What was written"),
            "direction": codes(all_codes!(Direction), "Default inbound"),
            "visibility": codes(all_codes!(Visibility), "Default: the channel's"),
            "account": text("The company's account that was addressed"),
            "language": text("Language the channel gives (BCP 47)"),
            "received_at": moment("When the channel received it"),
            "author": author,
            "conversation": text("Conversation it belongs to"),
            "in_reply_to": text("Interaction it answers, by id"),
            "attachments": attachments(),
            "attributes": {"type": "object", "description": "Other fields of the sender"},
        }),
        &["id", "channel", "text"],
    )
}

/// A draft.
pub(super) fn draft() -> Value {
    object(
        json!({
            "id": text("Identifier of the draft"),
            "channel": channel(),
            "text": text("The text to send"),
            "visibility": codes(all_codes!(Visibility), "Default: the channel's"),
            "written_by": codes(all_codes!(WrittenBy), "Default human"),
            "agent": text("Agent who sends it"),
            "interaction": text("Interaction it answers, by id: the last one"),
            "attachments": attachments(),
        }),
        &["id", "channel", "text"],
    )
}

/// A conversation without its interactions.
pub(super) fn conversation() -> Value {
    object(
        json!({
            "id": text("Identifier"),
            "state": codes(all_codes!(ConversationState), "Default queued"),
            "cause": codes(&RouteCause::CODES, "Why a route is requested; default new"),
            "created_at": moment("When its first interaction was accepted"),
            "interaction_count": integer(0, None, "Number of interactions"),
            "queue": {"type": "string", "description": "Queue it waits in or came from", "x-patchbay-name": "queue"},
            "owner": text("Agent who owns it"),
            "last_agent": text("Agent who last replied"),
            "priority": integer(0, Some(100), "Priority"),
            "tags": list(text("Tag")),
            "unanswered_since": moment("When the oldest unanswered customer message was received"),
            "incident": text("Subject of the incident it belongs to"),
        }),
        &[],
    )
}

/// A contact, beyond what the channel says.
pub(super) fn contact() -> Value {
    object(
        json!({
            "id": text("The company's identifier of the contact"),
            "recent_interactions": integer(0, None, "Inbound interactions of the last seven days"),
            "last_agent": text("Agent who last replied to them"),
        }),
        &[],
    )
}

/// A trigger of escalation.
pub(super) fn trigger() -> Value {
    object(
        json!({
            "code": codes(&TriggerCode::CODES, "What fired"),
            "clock": codes(all_codes!(Clock), "The SLA clock it is about"),
            "due_at": moment("When the target is or was due, or the wake-up"),
            "subject": text("Subject of a surge, or name of a wake-up"),
            "agent": text("Agent who refused the offer or is silent"),
            "count": integer(0, None, "Count of a surge or of refused offers"),
            "usual": {"type": "number", "description": "Usual count of a surge"},
            "window": duration("Length of a surge's window"),
        }),
        &["code"],
    )
}

/// Proficiency by skill.
pub(super) fn skills() -> Value {
    described(
        map(integer(1, Some(5), "Proficiency")),
        "Proficiency, 1 to 5, by skill",
    )
}

/// Keys of an agent that a company file and a case share.
pub(super) fn agent_fields() -> Value {
    json!({
        "name": text("Display name"),
        "skills": skills(),
        "languages": list(text("Language (BCP 47)")),
        "presence": codes(all_codes!(Presence), "Default available"),
        "capacity": integer(0, None, "Total capacity in units; default 100"),
        "load": integer(0, None, "Capacity in use, in units; default 0"),
        "queues": list(json!({"type": "string", "x-patchbay-name": "queue", "description": "Queue of the agent"})),
        "teams": list(text("Team")),
        "site": text("Site"),
    })
}

/// An article.
pub(super) fn article() -> Value {
    object(
        json!({
            "id": text("Identifier, unique"),
            "title": text("Title"),
            "text": text("The approved wording"),
            "intents": list(text("Intent it answers")),
            "language": text("Language (BCP 47); default: any"),
            "never-say": list(text("Phrase that a reply on this topic must not contain")),
            "never_say": list(text("The same as never-say")),
        }),
        &["id", "title", "text"],
    )
}

/// Business hours.
pub(super) fn hours() -> Value {
    let intervals = |description: &str| {
        described(
            list(json!({"type": "string", "pattern": "^\\d\\d:\\d\\d-\\d\\d:\\d\\d$"})),
            description,
        )
    };
    let days: serde_json::Map<String, Value> = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .into_iter()
        .map(|day| {
            (
                day.to_owned(),
                intervals("Open intervals, such as 09:00-17:00"),
            )
        })
        .collect();
    object(
        json!({
            "zone": text("IANA time zone, such as Europe/Lisbon"),
            "week": object(Value::Object(days), &[]),
            "breaks": intervals("Closed on every weekday, but not in shifts"),
            "holidays": list(json!({"type": "string", "format": "date"})),
            "shifts": described(map(intervals("Open intervals of that date")), "Open intervals of single dates; they replace the weekday"),
        }),
        &["zone"],
    )
}
