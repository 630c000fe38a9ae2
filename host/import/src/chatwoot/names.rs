//! Agents, queues, channels and targets for the numbers of the export.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_config::web_address::WebAddress;
use serde_json::{Map, Value};

use super::DEFAULT_QUEUE;
use super::export::{Export, field, scalar};
use crate::{Construct, Import};

/// What the numbers stand for. Keys are the numbers of the export.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Id and name.
    pub(super) agents: BTreeMap<String, (String, String)>,
    /// Queue and name.
    pub(super) teams: BTreeMap<String, (String, String)>,
    /// Channel and account.
    pub(super) inboxes: BTreeMap<String, (&'static str, Option<String>)>,
    /// Type by key.
    pub(super) attributes: BTreeMap<String, &'static str>,
    /// Target by address. The settings know a webhook by the name of its target: an address often
    /// contains a secret, and settings are recorded.
    pub(super) webhooks: BTreeMap<String, String>,
    /// Constructs that are done in part.
    pub(super) accept: BTreeSet<&'static str>,
}

/// Channels by the class of an inbox.
const CHANNELS: &[(&str, &str)] = &[
    ("Channel::Email", "email"),
    ("Channel::WebWidget", "chat"),
    ("Channel::Whatsapp", "whatsapp"),
    ("Channel::Sms", "sms"),
    ("Channel::TwilioSms", "sms"),
    ("Channel::FacebookPage", "messenger"),
    ("Channel::TwitterProfile", "x"),
    ("Channel::Telegram", "telegram"),
    ("Channel::Instagram", "instagram-direct"),
    ("Channel::Voice", "phone"),
    ("Channel::Api", "web"),
];

/// Types of custom attributes.
const TYPES: &[&str] = &["text", "link", "list", "number", "date", "checkbox"];

impl Names {
    pub(super) fn new(export: &Export<'_>, import: &mut Import) -> Self {
        let mut names = Self::default();
        let mut taken = BTreeSet::new();
        for (path, agent) in &export.agents {
            let name = field(agent, "name").or_else(|| field(agent, "email"));
            if let Some((id, name)) = named(path, agent, name, import) {
                let own = code(&name, "agent", &id, &mut taken);
                names.agents.insert(id, (own, name));
            }
        }
        let mut taken = BTreeSet::from([DEFAULT_QUEUE.to_owned()]);
        for (path, team) in &export.teams {
            if let Some((id, name)) = named(path, team, field(team, "name"), import) {
                let own = code(&name, "team", &id, &mut taken);
                names.teams.insert(id, (own, name));
            }
        }
        names.add_inboxes(export, import);
        for (path, definition) in &export.attributes {
            names.add_attribute(path, definition, import);
        }
        for (_, rule) in &export.rules {
            names.add_used(rule, import);
        }
        names.add_webhooks(export, import);
        if !export.agents.is_empty() {
            import.notes.push(
                "the export does not say which agents are in a team: every agent is in every queue; set `queues` of \
                 the agents"
                    .to_owned(),
            );
        }
        names
    }

    /// The queues, the default one first.
    pub(super) fn queues(&self) -> impl Iterator<Item = &str> {
        let teams = self.teams.values().map(|(queue, _)| queue.as_str());
        std::iter::once(DEFAULT_QUEUE).chain(teams)
    }

    fn add_inboxes(&mut self, export: &Export<'_>, import: &mut Import) {
        let kind = |inbox: &Map<String, Value>| {
            let class = field(inbox, "channel_type").unwrap_or_default();
            let medium = field(inbox, "medium").unwrap_or_default();
            let channel = CHANNELS.iter().find(|(known, _)| *known == class);
            channel.map(|(_, channel)| match medium.as_str() {
                "whatsapp" => "whatsapp",
                _ => *channel,
            })
        };
        let mut accounts: BTreeMap<&str, usize> = BTreeMap::new();
        for channel in export.inboxes.iter().filter_map(|(_, inbox)| kind(inbox)) {
            *accounts.entry(channel).or_default() += 1;
        }
        for (path, inbox) in &export.inboxes {
            let Some(id) = field(inbox, "id") else {
                import.unsupported.push(Construct::new(path, "has no `id`"));
                continue;
            };
            let Some(channel) = kind(inbox) else {
                let class = field(inbox, "channel_type").unwrap_or_default();
                import.unsupported.push(Construct::new(
                    format!("{path}/channel_type"),
                    format!("Patchbay has no channel for `{class}`; add the inbox to `inboxes` with a channel of your own"),
                ));
                continue;
            };
            // One inbox of a channel is the channel; of several the account tells.
            let several = accounts.get(channel).is_some_and(|count| *count > 1);
            let account = field(inbox, "phone_number").or_else(|| field(inbox, "email"));
            if several && account.is_none() {
                import.notes.push(format!(
                    "inbox {id} is one of several of the channel {channel}, and the export does not tell its account: \
                     set `account` in `inboxes`"
                ));
            }
            self.inboxes
                .insert(id, (channel, account.filter(|_| several)));
        }
    }

    fn add_attribute(&mut self, path: &str, definition: &Map<String, Value>, import: &mut Import) {
        let key = field(definition, "attribute_key");
        let of = field(definition, "attribute_display_type").unwrap_or_default();
        let known = TYPES.iter().find(|known| **known == of);
        match (key, known) {
            (Some(key), Some(of)) => {
                self.attributes.insert(key, of);
            }
            (Some(key), None) if matches!(of.as_str(), "currency" | "percent") => {
                self.attributes.insert(key, "number");
            }
            (Some(_), None) => import.unsupported.push(Construct::new(
                format!("{path}/attribute_display_type"),
                format!("`{of}` is not {}", TYPES.join(", ")),
            )),
            (None, _) => import
                .unsupported
                .push(Construct::new(path, "has no `attribute_key`")),
        }
    }

    /// Adds what a rule uses and the export does not list.
    fn add_used(&mut self, rule: &Map<String, Value>, import: &mut Import) {
        let entries = |name: &str| rule.get(name).and_then(Value::as_array);
        let event = field(rule, "event_name").unwrap_or_default();
        if event == "conversation_updated" {
            self.accept.insert("conversation_updated");
        }
        for condition in entries("conditions").into_iter().flatten() {
            let Some(condition) = condition.as_object() else {
                continue;
            };
            let key = field(condition, "attribute_key").unwrap_or_default();
            match key.as_str() {
                "assignee_id" => self.add_agents(condition.get("values"), import),
                "team_id" => self.add_teams(condition.get("values"), import),
                _ => {}
            }
            let custom = field(condition, "custom_attribute_type").unwrap_or_default();
            if !custom.is_empty() && !self.attributes.contains_key(&key) {
                import.notes.push(format!(
                    "the export does not define the custom attribute `{key}`: it is written as a text; correct its type \
                     in `custom-attributes`"
                ));
                self.attributes.insert(key, "text");
            }
        }
        for action in entries("actions").into_iter().flatten() {
            let Some(action) = action.as_object() else {
                continue;
            };
            let parameters = action.get("action_params");
            match field(action, "action_name").unwrap_or_default().as_str() {
                "assign_agent" => self.add_agents(parameters, import),
                "assign_team" => self.add_teams(parameters, import),
                "add_label" if event == "message_created" => {
                    self.accept.insert("add_label");
                }
                "add_private_note" => {
                    self.accept.insert("add_private_note");
                }
                _ => {}
            }
        }
    }

    fn add_agents(&mut self, ids: Option<&Value>, import: &mut Import) {
        for id in numbers(ids) {
            self.agents.entry(id.clone()).or_insert_with(|| {
                let own = format!("agent-{id}");
                import.notes.push(format!(
                    "the export does not list agent {id}: it is written as `{own}`"
                ));
                (own.clone(), own)
            });
        }
    }

    fn add_teams(&mut self, ids: Option<&Value>, import: &mut Import) {
        for id in numbers(ids) {
            self.teams.entry(id.clone()).or_insert_with(|| {
                let own = format!("team-{id}");
                import.notes.push(format!(
                    "the export does not list team {id}: its queue is written as `{own}`"
                ));
                (own.clone(), own)
            });
        }
    }

    /// Adds a target for each address that a rule sends to, named for its host.
    fn add_webhooks(&mut self, export: &Export<'_>, import: &mut Import) {
        let rules = export.rules.iter();
        let actions = rules.filter_map(|(_, rule)| rule.get("actions")?.as_array());
        let addresses: Vec<&str> = actions.flatten().filter_map(webhook_address).collect();
        // The pack finds a webhook by its name: no other text of a rule may be one.
        let others = addresses.iter().filter(|text| host(text).is_none());
        let mut taken: BTreeSet<String> = others.map(|text| (*text).to_owned()).collect();
        let mut number = 0;
        for url in addresses {
            let Some(host) = host(url).filter(|_| !self.webhooks.contains_key(url)) else {
                continue;
            };
            number += 1;
            while taken.contains(&format!("webhook-{number}")) {
                number += 1;
            }
            let target = code(&host, "webhook", &number.to_string(), &mut taken);
            import.notes.push(format!(
                "the address of a webhook is that of the target `{target}`, and the rules name the target; it gets \
                 notices in Patchbay's form, unsigned until you set its `secret`"
            ));
            self.webhooks.insert(url.to_owned(), target);
        }
    }

    /// A rule in which the names of webhooks stand instead of their addresses.
    pub(super) fn with_webhook_names(&self, mut rule: Map<String, Value>) -> Map<String, Value> {
        let actions = rule.get_mut("actions").and_then(Value::as_array_mut);
        for action in actions.into_iter().flatten() {
            let name = webhook_address(action).and_then(|url| self.webhooks.get(url));
            let Some(name) = name.cloned() else {
                continue;
            };
            if let Some(parameters) = action.get_mut("action_params") {
                match parameters {
                    Value::Array(list) => list[0] = Value::from(name),
                    other => *other = Value::from(name),
                }
            }
        }
        rule
    }
}

/// What an action sends to, if it is a webhook.
fn webhook_address(action: &Value) -> Option<&str> {
    let is_webhook = action.get("action_name")?.as_str()? == "send_webhook_event";
    let parameters = action.get("action_params").filter(|_| is_webhook)?;
    match parameters {
        Value::Array(list) => list.first()?.as_str(),
        other => other.as_str(),
    }
}

/// Host of an address that a target may have.
fn host(text: &str) -> Option<String> {
    let address = WebAddress::parse(text).ok().filter(WebAddress::is_https)?;
    Some(address.host().to_owned())
}

/// Number and name of an entry.
fn named(
    path: &str,
    entry: &Map<String, Value>,
    name: Option<String>,
    import: &mut Import,
) -> Option<(String, String)> {
    match (field(entry, "id"), name) {
        (Some(id), Some(name)) => Some((id, name)),
        (id, _) => {
            let lacks = if id.is_none() { "id" } else { "name" };
            let message = format!("has no `{lacks}`");
            import.unsupported.push(Construct::new(path, message));
            None
        }
    }
}

/// Numbers of agents or teams: whole numbers above 0, also as texts.
fn numbers(ids: Option<&Value>) -> Vec<String> {
    let all = match ids {
        Some(Value::Array(list)) => list.iter().filter_map(scalar).collect(),
        Some(one) => scalar(one).into_iter().collect(),
        None => Vec::new(),
    };
    let is_number = |id: &String| {
        !id.is_empty() && id.len() < 20 && id != "0" && id.bytes().all(|sign| sign.is_ascii_digit())
    };
    all.into_iter().filter(is_number).collect()
}

/// A code of a name, unlike those that are taken.
fn code(name: &str, kind: &str, id: &str, taken: &mut BTreeSet<String>) -> String {
    let mut code = String::new();
    for sign in name.to_lowercase().chars() {
        match sign {
            'a'..='z' | '0'..='9' => code.push(sign),
            _ if code.is_empty() || code.ends_with('-') => {}
            _ => code.push('-'),
        }
    }
    let code: String = code.chars().take(40).collect();
    let code = code.trim_end_matches('-').to_owned();
    let code = match code.is_empty() || taken.contains(&code) {
        true => format!("{kind}-{id}"),
        false => code,
    };
    taken.insert(code.clone());
    code
}
