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

use super::{
    at_most, codes, component, described, duration, flag, int32, int64, list, map, moment, object,
    open, optional, text, within,
};

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
    let fields = json!({
        "kind": open(codes(&ATTACHMENT_KINDS, "Kind, by default `other`")),
        "name": optional(text("File name")),
        "media_type": optional(text("Media type")),
        "size": optional(int64(0, "Size in bytes")),
        "url": optional(text("URL of the content")),
    });
    let attachment = component(
        "Attachment",
        "A file of an interaction or draft, without its content",
        object(fields, &[]),
    );
    described(at_most(32, list(attachment)), "Files")
}

/// An interaction. The HTTP API stores fields it does not name as attributes.
pub(super) fn interaction() -> Value {
    let author = json!({
        "address": optional(within(0, 512, text("Handle, number or mail address"))),
        "name": optional(within(0, 512, text("Display name"))),
        "reach": optional(int64(0, "Number of followers")),
        "verified": optional(flag("Whether the channel has verified the account")),
    });
    let author = component(
        "Author",
        "Author of an interaction, as the channel reports it",
        object(author, &[]),
    );
    let direction = codes(all_codes!(Direction), "");
    let direction = component(
        "Direction",
        "Direction of an interaction. Default `inbound`",
        direction,
    );
    let fields = json!({
        "id": within(1, 256, text("Identifier given by the channel")),
        "channel": within(0, 64, channel()),
        "text": within(
            0,
            512 << 10,
            text("What was written; at most 512 KiB of UTF-8. Policies and agents read the first 64 KiB"),
        ),
        "direction": direction,
        "visibility": optional(visibility()),
        "account": optional(within(0, 512, text("The company's account that was addressed"))),
        "language": optional(text("Language that the channel reports (BCP 47). Anything else is ignored, with a warning")),
        "received_at": optional(moment("When the channel received it")),
        "author": author,
        "conversation": optional(within(0, 256, text("Conversation that the channel or integrator assigns"))),
        "in_reply_to": optional(within(0, 256, text("Id of the interaction it answers"))),
        "attachments": attachments(),
        "edited_at": optional(moment("When this wording was written, for an edit; it orders the wordings of a message. Default `received_at`")),
        "automatic": optional(flag("Whether a program wrote it without a person, such as a greeting or an out-of-office reply")),
        "attributes": {
            "type": "object",
            "description": "Other data of the sender; at most 64 entries and 16 KiB as JSON",
        },
    });
    component(
        "Interaction",
        "A message, post, call or mention",
        object(fields, &["id", "channel", "text"]),
    )
}

fn visibility() -> Value {
    let schema = codes(all_codes!(Visibility), "");
    component(
        "Visibility",
        "Who may read it. Default the channel's usual visibility",
        schema,
    )
}

/// A draft.
pub(super) fn draft() -> Value {
    let written_by = codes(all_codes!(WrittenBy), "");
    let written_by = component(
        "WrittenBy",
        "Author of a draft. Default `human`",
        written_by,
    );
    let fields = json!({
        "id": within(1, 256, text("Identifier of the draft")),
        "channel": within(0, 64, channel()),
        "text": within(0, 64 << 10, text("The text to send; at most 64 KiB of UTF-8")),
        "visibility": optional(visibility()),
        "written_by": written_by,
        "agent": optional(within(0, 256, text("Id of its agent"))),
        "interaction": optional(within(0, 256, text("Id of the interaction it answers"))),
        "attachments": attachments(),
    });
    component(
        "Draft",
        "A reply that is not published yet",
        object(fields, &["id", "channel", "text"]),
    )
}

/// A conversation without its interactions.
pub(super) fn conversation() -> Value {
    let state = codes(all_codes!(ConversationState), "");
    let state = component(
        "ConversationState",
        "State of a conversation. Default `queued`",
        state,
    );
    let fields = json!({
        "id": text("Identifier"),
        "state": state,
        "cause": open(codes(&RouteCause::CODES, "Why a route is requested, by default `new`")),
        "created_at": optional(moment("When its first interaction was accepted")),
        "interaction_count": int32(0, None, "Number of interactions; 0: as many as are given"),
        "queue": optional(json!({
            "type": "string",
            "description": "Queue it waits in or came from",
            "x-patchbay-name": "queue",
        })),
        "owner": optional(text("Agent who owns it")),
        "last_agent": optional(text("Agent who last replied")),
        "priority": int32(0, Some(100), "Priority"),
        "tags": list(text("Tag")),
        "unanswered_since": optional(moment("When the oldest unanswered customer message was received")),
        "reply_window_ends": optional(moment("Until when its channel takes a free reply; absent: at any time")),
        "incident": optional(text("Subject of the incident it belongs to")),
    });
    component(
        "Conversation",
        "A conversation without its interactions",
        object(fields, &[]),
    )
}

/// A contact, beyond what the channel says.
pub(super) fn contact() -> Value {
    let fields = json!({
        "id": optional(text("The company's identifier of the contact")),
        "recent_interactions": int32(0, None, "Inbound interactions of the last seven days, on every channel"),
        "last_agent": optional(text("Agent who last replied to them")),
        "attributes": described(map(text("Value")), "What the company's CRM says about them, by name"),
    });
    component(
        "Contact",
        "Data about the author that the channel does not report",
        object(fields, &[]),
    )
}

/// A trigger of escalation.
pub(super) fn trigger() -> Value {
    let fields = json!({
        "code": open(codes(&TriggerCode::CODES, "What fired")),
        "clock": optional(open(codes(all_codes!(Clock), "The SLA clock it is about"))),
        "due_at": optional(moment("When the target is or was due, or the wake-up was requested for")),
        "subject": optional(text("Subject of a surge, or name of a wake-up")),
        "agent": optional(text("Id of the agent who declined, did not answer an offer, or is silent")),
        "count": optional(int64(0, "Number of interactions or people in a surge, or of declined offers")),
        "usual": optional(json!({"type": "number", "description": "Usual number of a surge"})),
        "window": optional(duration("Length of a surge's window")),
    });
    component(
        "Trigger",
        "Why an escalation policy is called",
        object(fields, &["code"]),
    )
}

/// An agent, as cases and requests have it.
pub(super) fn agent() -> Value {
    let most = |description: &str| described(map(int32(0, None, "Number")), description);
    let mut fields = agent_fields();
    fields["id"] = within(1, 256, text("Identifier, unique"));
    fields["name"] = optional(fields["name"].take());
    fields["site"] = optional(fields["site"].take());
    fields["channel_capacity"] =
        most("Most conversations at once, by channel. Replaces the company's limits");
    fields["queue_capacity"] =
        most("Most conversations at once, by queue. Replaces the queues' limits");
    let idle = "Seconds since the agent last accepted or finished a conversation";
    fields["idle"] = optional(int32(0, None, idle));
    component("Agent", "An agent", object(fields, &["id"]))
}

/// A queue, as cases and requests have it.
pub(super) fn queue() -> Value {
    let fields = json!({
        "id": within(1, 256, text("Identifier, unique")),
        "default": flag("Whether conversations without a route go here"),
        "skills": skills(),
        "waiting": int32(0, None, "Number of waiting conversations"),
        "longest_wait": optional(int32(0, None, "Waiting time of the oldest, in seconds")),
        "open": flag("Whether it is open. Default true"),
        "agent_capacity": optional(int32(0, None, "Most of its conversations that one agent holds at once; absent: as many as fit")),
        "hours": optional(json!({
            "type": "string",
            "description": "Name of its business hours; absent: always open",
            "x-patchbay-name": "hours",
        })),
    });
    component("Queue", "A queue", object(fields, &["id"]))
}

/// Proficiency by skill.
pub(super) fn skills() -> Value {
    described(
        map(int32(1, Some(5), "Proficiency")),
        "Proficiency, 1 to 5, by skill",
    )
}

/// Keys of an agent that company files, cases and requests share.
pub(super) fn agent_fields() -> Value {
    let presence = codes(all_codes!(Presence), "");
    json!({
        "name": text("Display name"),
        "skills": skills(),
        "languages": described(list(text("Language")), "Languages spoken (BCP 47)"),
        "presence": component("Presence", "Presence of an agent. Default `available`", presence),
        "capacity": int32(0, None, "Total capacity in units. Default 100"),
        "load": int32(0, None, "Capacity in use, in units. Default 0"),
        "queues": described(
            list(json!({"type": "string", "x-patchbay-name": "queue"})),
            "Ids of the agent's queues; empty: every queue whose skills the agent meets",
        ),
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
