//! The text of the company file.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml::{Table, Value};

use crate::Options;
use crate::toml_text::{from_json, push};

use super::PLUGIN;
use super::queues::Queue;
use super::settings::Settings;

/// What the company file is made of.
pub(super) struct CompanyText<'a> {
    pub(super) options: &'a Options,
    pub(super) configuration: &'a Json,
    pub(super) queues: &'a [Queue],
    pub(super) settings: &'a Settings,
    pub(super) offer_timeout: Option<u64>,
}

impl CompanyText<'_> {
    pub(super) fn write(&self) -> String {
        let mut text = format!(
            "# Imported from Twilio TaskRouter. The settings of the plugin `{PLUGIN}` are the workflow; the\n\
             # pack's README says how it runs. The agents are in agents.jsonl.\n\n"
        );
        let mut head = Table::new();
        head.insert(
            "company".to_owned(),
            Value::from(self.options.company.as_str()),
        );
        push(&mut text, &head);
        let route = Value::Array(vec![Value::from(PLUGIN)]);
        push(&mut text, &table("pipeline", [("route", route)]));
        for queue in self.queues {
            let name = queue.name.replace(char::is_control, " ");
            text.push_str(&format!("# Task queue {name}\n"));
            push(&mut text, &queue_table(queue));
        }
        push(&mut text, &self.desk());
        push(&mut text, &self.plugin());
        text
    }

    /// TaskRouter takes the worker who waits longest, and not the one who knows the customer.
    fn desk(&self) -> Table {
        let mut entries = vec![("same-agent", Value::from("0s"))];
        if let Some(seconds) = self.offer_timeout.filter(|it| (1..=86_400).contains(it)) {
            entries.push(("offer-timeout", Value::from(format!("{seconds}s"))));
        }
        table("desk", entries)
    }

    fn plugin(&self) -> Table {
        let settings = self.settings;
        let mut all = Table::new();
        for (key, names) in [
            ("queues", &settings.queues),
            ("workers", &settings.workers),
            ("languages", &settings.languages),
            ("worker-attributes", &settings.attributes),
        ] {
            if !names.is_empty() {
                all.insert(key.to_owned(), texts(names));
            }
        }
        if !settings.priorities.is_empty() {
            let entries = settings.priorities.iter();
            let entries = entries.map(|(from, to)| (from.to_string(), Value::from(*to)));
            all.insert("priorities".to_owned(), Value::Table(entries.collect()));
        }
        if !settings.accept.is_empty() {
            let codes = settings.accept.iter().map(|code| Value::from(*code));
            all.insert("accept".to_owned(), Value::Array(codes.collect()));
        }
        if let Some(workflow) = from_json(self.configuration) {
            all.insert("workflow".to_owned(), workflow);
        }
        let grants = [
            ("agents".to_owned(), Value::from(true)),
            (
                "state".to_owned(),
                Value::Array(vec![Value::from("conversation")]),
            ),
        ];
        let mut plugin = Table::new();
        plugin.insert("pack".to_owned(), Value::from(self.options.pack.as_str()));
        plugin.insert(
            "grants".to_owned(),
            Value::Table(grants.into_iter().collect()),
        );
        plugin.insert("settings".to_owned(), Value::Table(all));
        table("plugin", [(PLUGIN, Value::Table(plugin))])
    }
}

fn queue_table(queue: &Queue) -> Table {
    let mut entries = Table::new();
    if queue.is_default {
        entries.insert("default".to_owned(), Value::from(true));
    }
    if !queue.skills.is_empty() {
        let skills = queue.skills.iter();
        let skills = skills.map(|(skill, level)| (skill.clone(), Value::from(i64::from(*level))));
        entries.insert("skills".to_owned(), Value::Table(skills.collect()));
    }
    table("queue", [(queue.id.as_str(), Value::Table(entries))])
}

fn texts(names: &BTreeMap<String, String>) -> Value {
    let entries = names.iter();
    Value::Table(
        entries
            .map(|(from, to)| (from.clone(), Value::from(to.as_str())))
            .collect(),
    )
}

fn table<'a>(name: &str, entries: impl IntoIterator<Item = (&'a str, Value)>) -> Table {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    let mut table = Table::new();
    table.insert(name.to_owned(), Value::Table(entries.collect()));
    table
}
