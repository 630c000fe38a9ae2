//! Workers as agents.

use std::collections::BTreeMap;

use serde_json::{Map, json};
use taskrouter_document::{Fact, Profile, Reference, Scope, Segment, Value};

use crate::Construct;

use super::attributes::Used;
use super::export::Worker;
use super::languages;
use super::levels::Scales;
use super::settings::Settings;

/// Most skills of an agent.
const MAX_SKILLS: usize = 64;

/// An agent for the roster.
pub(super) struct Agent {
    pub(super) profile: Profile,
    /// Queues by name; empty: each one whose skills the agent has.
    pub(super) queues: Vec<String>,
    pub(super) path: String,
}

/// The agents of workers.
pub(super) fn agents(
    workers: &[Worker],
    used: &Used,
    scales: &Scales,
    settings: &mut Settings,
    unsupported: &mut Vec<Construct>,
) -> Vec<Agent> {
    let mut agents = Vec::new();
    for worker in workers {
        let mut reader = AttributeReader {
            path: format!("{}/attributes", worker.path),
            attributes: Value::from_json(&worker.attributes),
            profile: Profile {
                id: settings.facts.agent(&worker.sid).to_owned(),
                name: Some(worker.name.clone()),
                ..Profile::default()
            },
            scales,
            settings,
            unsupported,
        };
        reader.usual();
        for (reference, _) in used.attributes.values() {
            reader.used(reference);
        }
        let mut profile = reader.profile;
        if profile.skills.len() > MAX_SKILLS {
            let message = format!("the agent has more than {MAX_SKILLS} skills");
            unsupported.push(Construct::new(
                format!("{}/attributes", worker.path),
                message,
            ));
            profile.skills = profile.skills.into_iter().take(MAX_SKILLS).collect();
        }
        agents.push(Agent {
            profile,
            queues: Vec::new(),
            path: worker.path.clone(),
        });
    }
    agents
}

/// One JSON object a line.
pub(super) fn lines(agents: &[Agent]) -> String {
    let mut text = String::new();
    for agent in agents {
        let profile = &agent.profile;
        let mut entry = Map::new();
        entry.insert("id".to_owned(), json!(profile.id));
        if let Some(name) = &profile.name {
            entry.insert("name".to_owned(), json!(name));
        }
        for (key, is_empty, value) in [
            ("skills", profile.skills.is_empty(), json!(profile.skills)),
            (
                "languages",
                profile.languages.is_empty(),
                json!(profile.languages),
            ),
            ("queues", agent.queues.is_empty(), json!(agent.queues)),
            ("teams", profile.teams.is_empty(), json!(profile.teams)),
        ] {
            if !is_empty {
                entry.insert(key.to_owned(), value);
            }
        }
        text.push_str(&serde_json::Value::Object(entry).to_string());
        text.push('\n');
    }
    text
}

struct AttributeReader<'a> {
    path: String,
    attributes: Value,
    profile: Profile,
    scales: &'a Scales,
    settings: &'a mut Settings,
    unsupported: &'a mut Vec<Construct>,
}

impl AttributeReader<'_> {
    fn unsupported(&mut self, attribute: &Reference, message: String) {
        let path = format!("{}/{}", self.path, attribute.dotted().replace('.', "/"));
        // A level may be read twice: as one of all, and as used by an expression.
        let mut latest = self.unsupported.iter().rev().take(MAX_SKILLS);
        if latest.all(|known| known.path != path) {
            self.unsupported.push(Construct::new(path, message));
        }
    }

    /// Skills, levels, languages and teams under their usual names.
    fn usual(&mut self) {
        let root = self.attributes.clone();
        let routing = root.member("routing").clone();
        for (parent, attributes) in [("", &root), ("routing.", &routing)] {
            for skill in texts(attributes.member("skills")) {
                let skill = self.settings.facts.skill(skill);
                self.profile.skills.entry(skill).or_insert(1);
            }
            if let Value::Object(levels) = attributes.member("levels") {
                for (name, _) in levels {
                    self.used(&reference(&format!("{parent}levels.{name}")));
                }
            }
        }
        for name in texts(root.member("languages")) {
            match languages::tag(name) {
                Some(tag) => {
                    if tag != name.to_lowercase() {
                        self.settings.add_language(name, &tag);
                    }
                    if !self.profile.languages.contains(&tag) {
                        self.profile.languages.push(tag);
                    }
                }
                None => {
                    let message = format!(
                        "{name:?} is no language that is known here; give the agent a language tag (BCP 47)"
                    );
                    self.unsupported(&reference("languages"), message);
                }
            }
        }
        self.profile.teams = texts(root.member("teams")).map(str::to_owned).collect();
    }

    /// An attribute that an expression uses.
    fn used(&mut self, attribute: &Reference) {
        let Some(fact) = self.settings.facts.of(attribute) else {
            return;
        };
        let root = self.attributes.clone();
        let value = attribute.within(&root);
        let scale = self.scales.get(&attribute.dotted());
        match (&fact, value) {
            (Fact::Level { skill }, Value::Number(number)) if scale.is_some() => {
                let class = scale.map_or(1, |scale| scale.class(*number as i64));
                self.profile.skills.insert(skill.clone(), class);
            }
            (_, Value::Null)
            | (Fact::Languages | Fact::Teams | Fact::Id | Fact::Site | Fact::Name, _)
            | (Fact::Flag { .. }, Value::Bool(false)) => {}
            (Fact::Skills { prefix }, Value::List(_)) => {
                for text in texts(value) {
                    let skill = format!("{prefix}{}", self.settings.facts.skill(text));
                    self.profile.skills.entry(skill).or_insert(1);
                }
            }
            (Fact::Level { .. }, Value::Number(number)) if *number == 0.0 => {}
            (Fact::Level { skill }, Value::Number(number))
                if (1.0..=5.0).contains(number) && number.fract() == 0.0 =>
            {
                self.profile.skills.insert(skill.clone(), *number as u8);
            }
            (Fact::Level { .. }, _) => {
                let message = "a level is a whole number from 1 to 5; bring the levels of all workers, and the \
                               bounds of expressions, into that range";
                self.unsupported(attribute, message.to_owned());
            }
            (Fact::Flag { skill }, Value::Bool(true)) => {
                self.profile.skills.insert(skill.clone(), 1);
            }
            (Fact::Choice { prefix }, Value::Text(text)) => {
                let skill = format!("{prefix}{}", self.settings.facts.skill(text));
                self.profile.skills.insert(skill, 1);
            }
            _ => {
                let message = "the value does not fit the expressions that use it".to_owned();
                self.unsupported(attribute, message);
            }
        }
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let items = match value {
        Value::List(items) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(Value::as_text)
}

fn reference(dotted: &str) -> Reference {
    Reference {
        scope: Scope::Worker,
        path: dotted
            .split('.')
            .map(|name| Segment::Name(name.to_owned()))
            .collect(),
        column: 1,
    }
}

/// Skills of a queue, by name.
pub(super) type Skills = BTreeMap<String, u8>;
