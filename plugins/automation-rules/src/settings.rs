//! The settings: rules as the other system's API returns them, and what their numbers stand for
//! here. Documentation becomes the descriptions in `settings.schema.json`.

use std::collections::BTreeMap;

use patchbay_sdk::prelude::*;
use patchbay_sdk::references::{AgentRef, ChannelRef, QueueRef, TargetRef};
use serde_json::Value;

settings! {
    /// Automation rules, and what their numbers stand for in this company.
    #[derive(Clone, Debug, Default)]
    #[serde(default)]
    pub struct Settings {
        /// The rules, as `GET /api/v1/accounts/{id}/automation_rules` returns them.
        pub rules: Vec<Rule>,
        /// Agent by the number of the other system.
        pub agents: BTreeMap<String, AgentRef>,
        /// Queue by the number of a team of the other system.
        pub teams: BTreeMap<String, QueueRef>,
        /// Channel by the number of an inbox of the other system.
        pub inboxes: BTreeMap<String, Inbox>,
        /// Custom attributes by key, with their type. Their values are attributes of the interaction.
        pub custom_attributes: BTreeMap<String, AttributeType>,
        /// Priority by name.
        pub priorities: Priorities,
        /// Target to notify for each webhook that `send_webhook_event` names, by its address or the name
        /// that stands for it.
        pub webhooks: BTreeMap<String, TargetRef>,
        /// Target to notify for `send_email_to_team`, by the number of the team.
        pub team_targets: BTreeMap<String, TargetRef>,
        /// Target that sends the texts of `send_message` to the customer.
        pub messages: Option<TargetRef>,
        /// Queue of conversations that rules label or unassign without naming a team.
        pub default_queue: Option<QueueRef>,
        /// Constructs that Patchbay does in part, and that are accepted so; the README says what
        /// differs.
        pub accept: Vec<Approximation>,
    }

    /// A channel, and one account of it.
    #[derive(Clone, Debug)]
    pub struct Inbox {
        /// Channel.
        pub channel: ChannelRef,
        /// Account of the company; absent: every account of the channel.
        #[serde(default)]
        pub account: Option<String>,
    }

    /// Type of a custom attribute.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum AttributeType {
        /// Any text.
        Text,
        /// An address.
        Link,
        /// One of several texts.
        List,
        /// A number.
        Number,
        /// A date, `2026-03-02`.
        Date,
        /// `true` or `false`.
        Checkbox,
    }

    /// Priority of conversations by name, 0 to 100, rising. A conversation has the highest name that
    /// its priority reaches.
    #[derive(Clone, Copy, Debug)]
    #[serde(default)]
    pub struct Priorities {
        /// Low.
        #[schemars(range(min = 1, max = 100))]
        pub low: u8,
        /// Medium.
        #[schemars(range(min = 1, max = 100))]
        pub medium: u8,
        /// High.
        #[schemars(range(min = 1, max = 100))]
        pub high: u8,
        /// Urgent.
        #[schemars(range(min = 1, max = 100))]
        pub urgent: u8,
    }
}

impl Default for Priorities {
    fn default() -> Self {
        Self {
            low: 25,
            medium: 50,
            high: 75,
            urgent: 90,
        }
    }
}

/// A construct that Patchbay does in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(crate = "patchbay_sdk::serde", rename_all = "snake_case")]
#[schemars(crate = "patchbay_sdk::schemars")]
pub enum Approximation {
    /// The event `conversation_updated`: only what makes Patchbay route again counts.
    ConversationUpdated,
    /// `add_label` of `message_created`: a tag while the conversation is routed, else a topic of the
    /// message.
    AddLabel,
    /// `add_private_note`: part of the reason of the decision.
    AddPrivateNote,
}

/// A rule of the other system.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(crate = "patchbay_sdk::serde", deny_unknown_fields)]
#[schemars(crate = "patchbay_sdk::schemars")]
pub struct Rule {
    /// Its number there; shown in reasons.
    #[serde(default)]
    pub id: Option<u64>,
    /// Number of the account there; not used.
    #[serde(default)]
    pub account_id: Option<u64>,
    /// Its name; shown in reasons.
    pub name: String,
    /// Its description; not used.
    #[serde(default)]
    pub description: Option<String>,
    /// When it is looked at: `conversation_created`, `conversation_opened`, `conversation_updated`
    /// or `message_created`.
    pub event_name: String,
    /// Its conditions, joined by `query_operator`.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// What it does, in order.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// Whether it is used.
    #[serde(default = "yes")]
    pub active: bool,
    /// When it was made; not used.
    #[serde(default)]
    pub created_on: Option<i64>,
    /// Delay of its actions; not supported unless 0.
    #[serde(default)]
    pub execution_delay: Option<i64>,
    /// Files of `send_attachment`; not supported.
    #[serde(default)]
    pub files: Vec<Value>,
}

/// A condition of a rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(crate = "patchbay_sdk::serde", deny_unknown_fields)]
#[schemars(crate = "patchbay_sdk::schemars")]
pub struct Condition {
    /// What is compared: `content`, `status`, `email`, a custom attribute, …
    pub attribute_key: String,
    /// How: `equal_to`, `contains`, `is_present`, …
    pub filter_operator: String,
    /// With what: a list of texts, numbers or true/false.
    #[serde(default)]
    pub values: Value,
    /// How it is joined with the next condition: `and` or `or`; absent for the last one.
    #[serde(default)]
    pub query_operator: Option<String>,
    /// For a custom attribute, `contact_attribute` or `conversation_attribute`.
    #[serde(default)]
    pub custom_attribute_type: Option<String>,
}

/// An action of a rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(crate = "patchbay_sdk::serde", deny_unknown_fields)]
#[schemars(crate = "patchbay_sdk::schemars")]
pub struct Action {
    /// What it does: `assign_team`, `add_label`, …
    pub action_name: String,
    /// With what.
    #[serde(default)]
    pub action_params: Value,
}

fn yes() -> bool {
    true
}
