//! The words of the other system: events, attributes with their operators, and actions. One row each;
//! the rows follow its public list of filters.

/// When a rule is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    ConversationCreated,
    ConversationOpened,
    ConversationUpdated,
    MessageCreated,
}

pub(crate) const EVENTS: &[(&str, Event)] = &[
    ("conversation_created", Event::ConversationCreated),
    ("conversation_opened", Event::ConversationOpened),
    ("conversation_updated", Event::ConversationUpdated),
    ("message_created", Event::MessageCreated),
];

/// Events that Patchbay has no call for, and why.
pub(crate) const OTHER_EVENTS: &[(&str, &str)] = &[
    (
        "conversation_resolved",
        "Patchbay calls no policy when a conversation is resolved; follow the event `state-changed` of its feed",
    ),
    (
        "waiting",
        "use the SLA clocks of the queue, and their triggers `sla-at-risk` and `sla-breached`",
    ),
];

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    EqualTo,
    NotEqualTo,
    Contains,
    DoesNotContain,
    IsPresent,
    IsNotPresent,
    IsGreaterThan,
    IsLessThan,
    DaysBefore,
    StartsWith,
}

use Operator::{
    Contains, DaysBefore, DoesNotContain, EqualTo, IsGreaterThan, IsLessThan, IsNotPresent,
    IsPresent, NotEqualTo, StartsWith,
};

pub(crate) const OPERATORS: &[(&str, Operator)] = &[
    ("equal_to", EqualTo),
    ("not_equal_to", NotEqualTo),
    ("contains", Contains),
    ("does_not_contain", DoesNotContain),
    ("is_present", IsPresent),
    ("is_not_present", IsNotPresent),
    ("is_greater_than", IsGreaterThan),
    ("is_less_than", IsLessThan),
    ("days_before", DaysBefore),
    ("starts_with", StartsWith),
];

pub(crate) fn name_of(operator: Operator) -> &'static str {
    OPERATORS
        .iter()
        .find(|(_, known)| *known == operator)
        .map_or("", |(name, _)| name)
}

/// What a condition reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Status,
    Assignee,
    Team,
    Inbox,
    Priority,
    Labels,
    BrowserLanguage,
    ConversationLanguage,
    CountryCode,
    Referer,
    MailSubject,
    CreatedAt,
    LastActivityAt,
    Name,
    PhoneNumber,
    Email,
    Identifier,
    City,
    Company,
    MessageType,
    Content,
    PrivateNote,
}

const SAME: &[Operator] = &[EqualTo, NotEqualTo];
const THERE: &[Operator] = &[EqualTo, NotEqualTo, IsPresent, IsNotPresent];
const WORDS: &[Operator] = &[EqualTo, NotEqualTo, Contains, DoesNotContain];
const PREFIX: &[Operator] = &[EqualTo, NotEqualTo, Contains, DoesNotContain, StartsWith];
const TIMES: &[Operator] = &[IsGreaterThan, IsLessThan, DaysBefore];

/// The attributes with their operators.
pub(crate) const ATTRIBUTES: &[(&str, Attribute, &[Operator])] = &[
    ("status", Attribute::Status, SAME),
    ("assignee_id", Attribute::Assignee, THERE),
    ("team_id", Attribute::Team, THERE),
    ("inbox_id", Attribute::Inbox, THERE),
    ("priority", Attribute::Priority, SAME),
    ("labels", Attribute::Labels, THERE),
    ("browser_language", Attribute::BrowserLanguage, SAME),
    (
        "conversation_language",
        Attribute::ConversationLanguage,
        SAME,
    ),
    ("country_code", Attribute::CountryCode, SAME),
    ("referer", Attribute::Referer, WORDS),
    ("mail_subject", Attribute::MailSubject, WORDS),
    ("created_at", Attribute::CreatedAt, TIMES),
    ("last_activity_at", Attribute::LastActivityAt, TIMES),
    ("name", Attribute::Name, WORDS),
    ("phone_number", Attribute::PhoneNumber, PREFIX),
    ("email", Attribute::Email, WORDS),
    ("identifier", Attribute::Identifier, SAME),
    ("city", Attribute::City, WORDS),
    ("company", Attribute::Company, WORDS),
    ("company_name", Attribute::Company, WORDS),
    ("message_type", Attribute::MessageType, SAME),
    ("content", Attribute::Content, WORDS),
    ("private_note", Attribute::PrivateNote, SAME),
];

/// Attributes of the other system that Patchbay does not know.
pub(crate) const OTHER_ATTRIBUTES: &[&str] = &[
    "display_id",
    "campaign_id",
    "blocked",
    "time",
    "awaiter",
    "label",
    "contact_wait_time",
    "agent_wait_time",
    "captain_condition",
    "sla_policy_id",
];

impl Attribute {
    /// Whether it is known only where the conversation is: not while a message is classified.
    pub(crate) fn is_of_conversation(self) -> bool {
        matches!(
            self,
            Self::Status
                | Self::Assignee
                | Self::Team
                | Self::Priority
                | Self::Labels
                | Self::CreatedAt
                | Self::ConversationLanguage
        )
    }
}

/// Actions that are supported.
pub(crate) const ACTIONS: &[&str] = &[
    "assign_agent",
    "assign_team",
    "remove_assigned_team",
    "add_label",
    "change_priority",
    "resolve_conversation",
    "snooze_conversation",
    "open_conversation",
    "change_status",
    "send_webhook_event",
    "send_email_to_team",
    "send_message",
    "add_private_note",
];

/// Actions that are not, and what to do.
pub(crate) const OTHER_ACTIONS: &[(&str, &str)] = &[
    (
        "mute_conversation",
        "Patchbay cannot block a contact; resolve the conversation, or filter the contact in the channel",
    ),
    ("remove_label", "Patchbay keeps the tags of a conversation"),
    (
        "send_attachment",
        "a policy sends no files; let the target of `send_message` do that",
    ),
    (
        "send_email_transcript",
        "a policy sends no transcripts; use the export of the contact",
    ),
    (
        "pending_conversation",
        "Patchbay has no status `pending`; route to the queue of the bot",
    ),
    ("add_sla", "set `sla` of the queue in the company file"),
    (
        "assign_best_agent",
        "Patchbay chooses among the members of a queue; use assign_team",
    ),
    (
        "assign_best_agents",
        "Patchbay chooses among the members of a queue; use assign_team",
    ),
    (
        "remove_assigned_agent",
        "write assign_agent with the parameter \"nil\"",
    ),
];

/// `; did you mean …`, where a known word is near.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let most = (word.len() / 3).max(2);
    let near = known
        .into_iter()
        .map(|other| (strsim::damerau_levenshtein(word, other), other))
        .filter(|(distance, _)| *distance <= most)
        .min();
    near.map_or(String::new(), |(_, other)| {
        format!("; did you mean `{other}`")
    })
}
