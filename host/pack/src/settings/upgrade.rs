//! Why settings that an older version of a pack accepts are not valid for a newer one.

use patchbay_config::bound::BoundSettings;
use patchbay_config::toml_place::Part;
use serde_json::Value;

use super::schema_view::SchemaView;
use super::setting_list::kind;
use super::{SettingsProblem, SettingsSchema, Subject};

/// A setting that is not valid any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingUpgrade {
    /// JSON Pointer into the settings.
    pub path: String,
    /// Whether the setting's name or its value is wrong.
    pub part: Part,
    /// What is wrong, as for any settings.
    pub message: String,
    /// What the older version wants there, with its description; `None` where it has no such setting.
    pub before: Option<String>,
    /// What the newer version wants there; `None` where it has no such setting.
    pub after: Option<String>,
    /// What would be right.
    pub advice: String,
}

impl SettingsSchema {
    /// Explains why settings are not valid for this schema, where they are for that of an older
    /// version. Empty where the older version does not accept them either, or this one does.
    pub fn explain_upgrade(
        &self,
        older: &SettingsSchema,
        settings: &Value,
        bounds: &BoundSettings,
    ) -> Vec<SettingUpgrade> {
        if older.complete_within(settings.clone(), bounds).is_err() {
            return Vec::new();
        }
        let problems = match self.complete_within(settings.clone(), bounds) {
            Ok(_) => return Vec::new(),
            Err(problems) => problems,
        };
        if problems.iter().any(|problem| problem.exceeded.is_some()) {
            return Vec::new();
        }
        problems
            .into_iter()
            .map(|problem| self.explain(older, problem))
            .collect()
    }

    fn explain(&self, older: &SettingsSchema, problem: SettingsProblem) -> SettingUpgrade {
        let (path, part) = problem.place();
        let (before, after) = (older.wanted_at(&path), self.wanted_at(&path));
        let advice = match (&after, &problem.subject) {
            (None, _) | (_, Subject::Unknown(_)) => "remove the setting".to_owned(),
            (Some(after), Subject::Missing(_)) => format!("add the setting: {after}"),
            (Some(_), Subject::Name(_)) => "change its name".to_owned(),
            (Some(after), Subject::Value) => format!("change its value: {after}"),
        };
        SettingUpgrade {
            message: problem.message,
            path,
            part,
            before,
            after,
            advice,
        }
    }

    /// What a schema wants at a JSON Pointer into the settings, as a form would show it.
    fn wanted_at(&self, path: &str) -> Option<String> {
        let root = self.root();
        let mut view = SchemaView::of(root, root);
        for part in path.split('/').skip(1) {
            let name = part.replace("~1", "/").replace("~0", "~");
            let below = view.properties().and_then(|all| all.get(&name));
            let below = below
                .or_else(|| {
                    view.get("additionalProperties")
                        .filter(|one| one.is_object())
                })
                .or_else(|| view.get("items").filter(|_| name.parse::<usize>().is_ok()))?;
            view = SchemaView::of(root, below);
        }
        let mut wanted = kind(root, &Value::Object(view.0.clone()));
        for key in [
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "pattern",
        ] {
            if let Some(value) = view.get(key) {
                wanted.push_str(&format!(", {key} {value}"));
            }
        }
        if let Some(default) = view.get("default") {
            wanted.push_str(&format!(", default {default}"));
        }
        if let Some(description) = view.description() {
            wanted.push_str(&format!(" ({})", description.trim_end_matches('.')));
        }
        Some(wanted)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn explained(old: Value, new: Value, settings: Value) -> Vec<SettingUpgrade> {
        let schema = |value: Value| SettingsSchema::parse(&value.to_string()).expect("a schema");
        schema(new).explain_upgrade(&schema(old), &settings, &BoundSettings::default())
    }

    fn object(properties: Value) -> Value {
        json!({"type": "object", "additionalProperties": false, "properties": properties})
    }

    #[test]
    fn each_setting_is_named_with_what_both_versions_want() {
        let old = object(json!({
            "mode": {"enum": ["strict", "soft"], "description": "How strict."},
            "reach": {"type": "integer"},
            "legacy": {"type": "string"},
        }));
        let mut new = object(json!({
            "mode": {"enum": ["block", "hold"], "description": "What to do."},
            "reach": {"type": "integer", "minimum": 10},
            "brand": {"type": "string", "description": "Name of the brand."},
        }));
        new["required"] = json!(["brand"]);
        let settings = json!({"mode": "strict", "reach": 5, "legacy": "x"});
        let mut found = explained(old, new, settings);
        found.sort_by(|one, other| one.path.cmp(&other.path));
        let lines: Vec<String> = found
            .iter()
            .map(|one| {
                let shown = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
                format!(
                    "{}: {} > {}; {}",
                    one.path,
                    shown(&one.before),
                    shown(&one.after),
                    one.advice
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                "/brand: - > string (Name of the brand); add the setting: string (Name of the brand)",
                "/legacy: string > -; remove the setting",
                "/mode: strict | soft (How strict) > block | hold (What to do); change its value: block | hold (What to do)",
                "/reach: integer > integer, minimum 10; change its value: integer, minimum 10",
            ]
        );
    }

    #[test]
    fn settings_that_were_never_valid_are_not_explained_by_the_upgrade() {
        let (old, new) = (
            object(json!({"a": {"type": "string"}})),
            object(json!({"a": {"type": "integer"}})),
        );
        assert_eq!(explained(old.clone(), new.clone(), json!({"a": true})), []);
        assert_eq!(explained(old.clone(), new, json!({"a": "x"})).len(), 1);
        assert_eq!(explained(old.clone(), old, json!({"a": "x"})), []);
    }
}
