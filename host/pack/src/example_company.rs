//! A company file to start from, for one pack.

use std::collections::BTreeSet;
use std::fmt::Write;

use patchbay_engine::component::Outline;
use patchbay_model::channel::CHANNELS;
use patchbay_model::decision::stage::Stage;
use serde_json::{Map, Value};

use crate::pack::Pack;
use crate::settings::{ReferenceKind, Setting, SettingsProblem};

/// Columns of a comment.
const COLUMNS: usize = 90;

impl Pack {
    /// The text of a company file that uses this pack alone: its stages, the grants it needs, the
    /// settings it demands with values to replace, the others with their defaults as comments, and
    /// what the settings refer to.
    ///
    /// # Errors
    /// Why no settings could be made: the schema needs an `examples` of its own.
    pub fn example_company(&self) -> Result<String, Vec<SettingsProblem>> {
        let settings = match &self.schema {
            Some(schema) => schema.sample()?,
            None => Value::Object(Map::new()),
        };
        let stages = Outline::read(&self.component).stages();
        let names = Names::of(self, &settings);
        let mut file = String::new();
        let (name, version) = (&self.name, &self.version);
        // Writing to a string cannot fail.
        let _ = write!(
            file,
            "# A company that uses the pack {name} {version}. Put the pack into a directory that the server\n# settings name under `packs`; `patchbay apply FILE --dry-run` checks this file.\ncompany = \"example\"\n\n[pipeline]\n"
        );
        for stage in Stage::ALL
            .into_iter()
            .filter(|stage| stages.contains(stage))
        {
            let _ = writeln!(file, "{stage} = [\"{name}\"]");
        }
        let _ = write!(file, "\n[plugin.{name}]\npack = \"{name}@{version}\"\n");
        if !self.needs.names().is_empty() {
            let grants = serde_json::to_value(&self.needs).unwrap_or_default();
            let _ = writeln!(file, "grants = {}", toml_text(&without_false(grants)));
        }
        let limits = serde_json::to_value(&self.limits).unwrap_or_default();
        if limits.as_object().is_some_and(|limits| !limits.is_empty()) {
            let _ = writeln!(
                file,
                "# What the pack suggests, which counts without this line.\n# limits = {}",
                toml_text(&limits)
            );
        }
        file.push_str(&self.settings_section(&settings));
        names.write(&mut file);
        Ok(file)
    }

    fn settings_section(&self, settings: &Value) -> String {
        let Some(schema) = &self.schema else {
            return String::new();
        };
        let mut section = format!("\n[plugin.{}.settings]\n", self.name);
        for setting in schema.settings() {
            write_setting(&mut section, &setting, settings);
        }
        let written: Option<toml::Table> = toml::from_str(&section).ok();
        let written = written.and_then(|table| serde_json::to_value(table).ok());
        let written = written.map(|mut file| file["plugin"][&self.name]["settings"].take());
        if written.as_ref() == Some(settings) {
            return section;
        }
        // The schema has settings that are not listed.
        let mut section = format!("\n[plugin.{}.settings]\n", self.name);
        for (key, value) in settings.as_object().into_iter().flatten() {
            let _ = writeln!(section, "{} = {}", key_text(key), toml_text(value));
        }
        section
    }
}

fn write_setting(section: &mut String, setting: &Setting, settings: &Value) {
    let keys: Vec<&str> = setting.keys.iter().map(String::as_str).collect();
    let path: Vec<String> = keys.iter().map(|key| key_text(key)).collect();
    let path = path.join(".");
    let mut given = Some(settings);
    for key in keys {
        given = given.and_then(|value| value.get(key));
    }
    let description = setting.description.as_deref().unwrap_or_default();
    let text = match description.is_empty() {
        true => setting.kind.clone(),
        false => format!("{description} ({})", setting.kind),
    };
    for line in wrapped(&text) {
        let _ = writeln!(section, "# {line}");
    }
    let default = setting.default.as_ref().filter(|value| !value.is_null());
    let _ = match (given, default) {
        (Some(given), _) => writeln!(section, "{path} = {}", toml_text(given)),
        (None, Some(default)) => writeln!(section, "# {path} = {}", toml_text(default)),
        (None, None) => writeln!(section, "# {path} ="),
    };
}

/// A text in lines of the columns of a comment.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let length = lines.last().map_or(0, |line| line.chars().count());
        if length > 0 && length + 1 + word.chars().count() > COLUMNS {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn key_text(key: &str) -> String {
    toml_edit::Key::new(key).display_repr().into_owned()
}

/// A value as TOML in one line; `null`, which TOML does not have, is left out.
fn toml_text(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".to_owned(),
        Value::String(text) => toml_edit::Value::from(text.as_str()).to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml_text).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> = fields
                .map(|(key, value)| format!("{} = {}", key_text(key), toml_text(value)))
                .collect();
            match fields.is_empty() {
                true => "{}".to_owned(),
                false => format!("{{ {} }}", fields.join(", ")),
            }
        }
        other => other.to_string(),
    }
}

fn without_false(value: Value) -> Value {
    let Value::Object(mut fields) = value else {
        return value;
    };
    fields.retain(|_, value| *value != Value::Bool(false) && *value != Value::Array(Vec::new()));
    Value::Object(fields)
}

/// What the settings refer to.
#[derive(Default)]
struct Names {
    queues: BTreeSet<String>,
    agents: BTreeSet<String>,
    teams: BTreeSet<String>,
    skills: BTreeSet<String>,
    targets: BTreeSet<String>,
    hours: BTreeSet<String>,
    channels: BTreeSet<String>,
}

impl Names {
    fn of(pack: &Pack, settings: &Value) -> Names {
        let mut names = Names::default();
        let completed = pack.complete_settings(settings.clone()).unwrap_or_default();
        let schema = pack.schema.iter();
        for one in schema.flat_map(|schema| schema.references(&completed)) {
            let of_kind = match one.kind {
                ReferenceKind::Queue => &mut names.queues,
                ReferenceKind::Agent => &mut names.agents,
                ReferenceKind::Team => &mut names.teams,
                ReferenceKind::Skill => &mut names.skills,
                ReferenceKind::Target => &mut names.targets,
                ReferenceKind::Hours => &mut names.hours,
                ReferenceKind::Channel => &mut names.channels,
            };
            of_kind.insert(one.name);
        }
        if names.queues.is_empty() {
            names.queues.insert("general".to_owned());
        }
        if names.agents.is_empty() && !(names.teams.is_empty() && names.skills.is_empty()) {
            names.agents.insert("ana".to_owned());
        }
        names
    }

    fn write(&self, file: &mut String) {
        for (index, queue) in self.queues.iter().enumerate() {
            let _ = writeln!(file, "\n[queue.{}]", key_text(queue));
            if index == 0 {
                file.push_str("default = true          # takes what no policy routes\n");
            }
        }
        for agent in &self.agents {
            let _ = writeln!(file, "\n[agent.{}]", key_text(agent));
            if !self.teams.is_empty() {
                let teams: Vec<Value> = self.teams.iter().cloned().map(Value::from).collect();
                let _ = writeln!(file, "teams = {}", toml_text(&teams.into()));
            }
            if !self.skills.is_empty() {
                let skills = self.skills.iter().map(|skill| (skill.clone(), 3.into()));
                let skills: Map<String, Value> = skills.collect();
                let _ = writeln!(file, "skills = {}", toml_text(&skills.into()));
            }
        }
        for target in &self.targets {
            let _ = write!(
                file,
                "\n[target.{}]\n# Sign the requests: secret = {{ env = \"HELP_DESK_SECRET\" }}\nwebhook = {{ url = \"https://help-desk.example/hook\" }}\n",
                key_text(target)
            );
        }
        for hours in &self.hours {
            let day = "[\"09:00-17:00\"]";
            let _ = write!(
                file,
                "\n[hours.{}]\nzone = \"Europe/Lisbon\"\nweek = {{ mon = {day}, tue = {day}, wed = {day}, thu = {day}, fri = {day} }}\n",
                key_text(hours)
            );
        }
        let is_known = |channel: &&String| CHANNELS.iter().any(|known| known.code == **channel);
        for channel in self.channels.iter().filter(|one| !is_known(one)) {
            let _ = writeln!(file, "\n[channel.{}]", key_text(channel));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use patchbay_company::CompanyFile;
    use patchbay_engine::component::Digest;
    use serde_json::json;

    use super::*;
    use crate::bundle::Bundle;

    fn pack(schema: Value) -> Pack {
        let bundle = Bundle {
            name: "care".to_owned(),
            manifest: Some("[pack]\nname = \"care\"\nversion = \"1.2.3\"\n[needs]\nagents = true\nstate = [\"contact\"]\n[limits]\nhandles = 8\n".to_owned()),
            schema: Some(schema.to_string()),
            component: Digest::of(b"code"),
            cases: BTreeMap::new(),
            tested: None,
            is_stored: false,
            data: BTreeMap::new(),
            provenance: None,
        };
        Pack::from_bundle(bundle, b"code".to_vec().into(), |_| None).expect("a pack")
    }

    #[test]
    fn the_example_is_a_company_file_with_what_the_settings_refer_to() {
        let schema = json!({
            "type": "object",
            "required": ["late", "press", "open", "team", "skill"],
            "properties": {
                "late": {"x-patchbay-ref": "queue", "description": "Queue at night."},
                "press": {"x-patchbay-ref": "target"},
                "open": {"x-patchbay-ref": "hours"},
                "team": {"x-patchbay-ref": "team"},
                "skill": {"x-patchbay-ref": "skill"},
                "tone": {"type": "object", "properties": {"level": {"type": "integer", "default": 3}}},
                "free": {"type": "string"},
            },
        });
        let pack = pack(schema);
        let text = pack.example_company().expect("an example");
        let file = CompanyFile::parse(&text).unwrap_or_else(|all| panic!("{all:?}\n{text}"));
        let entry = &file.plugin["care"];
        assert_eq!(entry.grants, pack.needs, "{text}");
        assert_eq!(entry.pack.get_ref(), "care@1.2.3");
        for line in [
            "# Queue at night. (name of a queue)\nlate = \"general\"\n",
            "# tone.level = 3\n",
            "# limits = { handles = 8 }\n",
            "[target.help-desk]\n",
            "[hours.office]\n",
            "teams = [\"care\"]\nskills = { care = 3 }\n",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn settings_that_no_list_shows_are_written_too() {
        let schema = json!({
            "type": "object",
            "additionalProperties": {"type": "object", "properties": {"x": {}}},
            "examples": [{"any name": {"x": [1, "two"]}, "b": {"x": {"c": true}}}],
        });
        let text = pack(schema).example_company().expect("an example");
        assert!(
            text.contains("\"any name\" = { x = [1, \"two\"] }"),
            "{text}"
        );
        CompanyFile::parse(&text).unwrap_or_else(|all| panic!("{all:?}\n{text}"));
    }
}
