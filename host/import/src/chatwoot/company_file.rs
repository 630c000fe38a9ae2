//! The text of the company file.

use serde_json::{Map, Value as Json, json};
use toml::Value;

use super::names::Names;
use super::rules::{ImportedRule, default_queue};
use super::{DEFAULT_QUEUE, PLUGIN};
use crate::Options;
use crate::toml_text::{self, from_json};

/// What the company file is made of.
pub(super) struct CompanyText<'a> {
    pub(super) options: &'a Options,
    pub(super) names: &'a Names,
    pub(super) rules: &'a [ImportedRule],
}

/// The settings of the pack without the rules.
pub(super) fn settings(names: &Names) -> Json {
    let mut settings = Map::new();
    let mut add = |key: &str, entries: Map<String, Json>| {
        if !entries.is_empty() {
            settings.insert(key.to_owned(), Json::Object(entries));
        }
    };
    let agents = names.agents.iter();
    add(
        "agents",
        agents
            .map(|(id, (agent, _))| (id.clone(), json!(agent)))
            .collect(),
    );
    let teams = names.teams.iter();
    add(
        "teams",
        teams
            .map(|(id, (queue, _))| (id.clone(), json!(queue)))
            .collect(),
    );
    let inboxes = names.inboxes.iter();
    add(
        "inboxes",
        inboxes
            .map(|(id, (channel, account))| {
                let inbox = match account {
                    Some(account) => json!({ "channel": channel, "account": account }),
                    None => json!({ "channel": channel }),
                };
                (id.clone(), inbox)
            })
            .collect(),
    );
    let attributes = names.attributes.iter();
    add(
        "custom-attributes",
        attributes
            .map(|(key, of)| (key.clone(), json!(of)))
            .collect(),
    );
    let webhooks = names.webhooks.values();
    add(
        "webhooks",
        webhooks
            .map(|target| (target.clone(), json!(target)))
            .collect(),
    );
    settings.insert("default-queue".to_owned(), default_queue());
    if !names.accept.is_empty() {
        settings.insert("accept".to_owned(), json!(names.accept));
    }
    Json::Object(settings)
}

impl CompanyText<'_> {
    pub(super) fn write(&self) -> String {
        let mut text = format!(
            "# Imported from Chatwoot. The settings of the plugin `{PLUGIN}` are its automation rules; the pack's\n\
             # README says what they do here.\n\n"
        );
        push(&mut text, &json!({ "company": self.options.company }));
        let stages = json!([PLUGIN]);
        push(
            &mut text,
            &json!({ "pipeline": { "classify": stages, "route": stages, "escalate": stages } }),
        );
        push(
            &mut text,
            &json!({ "queue": { DEFAULT_QUEUE: { "default": true } } }),
        );
        for (queue, name) in self.names.teams.values() {
            comment(&mut text, &format!("Team {name}"));
            push(&mut text, &json!({ "queue": { queue: {} } }));
        }
        for (url, target) in &self.names.webhooks {
            push(
                &mut text,
                &json!({ "target": { target: { "webhook": { "url": url } } } }),
            );
        }
        for (agent, name) in self.names.agents.values() {
            push(
                &mut text,
                &json!({ "agent": { agent: { "name": name, "presence": "offline" } } }),
            );
        }
        if !self.names.accept.is_empty() {
            let parts = self.names.accept.iter().copied().collect::<Vec<_>>();
            let parts = parts.join(", ");
            comment(
                &mut text,
                &format!("`accept`: done in part, see the README of the pack: {parts}"),
            );
        }
        push(
            &mut text,
            &json!({ "plugin": { PLUGIN: {
                "pack": self.options.pack,
                "grants": { "state": ["conversation"] },
                "settings": settings(self.names),
            } } }),
        );
        for rule in self.rules {
            if !rule.reasons.is_empty() {
                comment(
                    &mut text,
                    "Not active, because it is not supported as a whole:",
                );
            }
            for reason in &rule.reasons {
                comment(&mut text, reason);
            }
            push(
                &mut text,
                &json!({ "plugin": { PLUGIN: { "settings": { "rules": [rule.rule] } } } }),
            );
        }
        text
    }
}

fn comment(text: &mut String, line: &str) {
    let line: String = line
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect();
    text.push_str("# ");
    text.push_str(&line);
    text.push('\n');
}

fn push(text: &mut String, json: &Json) {
    if let Some(Value::Table(table)) = from_json(json) {
        toml_text::push(text, &table);
    }
}
