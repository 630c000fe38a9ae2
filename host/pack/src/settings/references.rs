//! Strings of settings that name something of the company: a queue, an agent, a target. A schema
//! marks them with `"x-patchbay-ref": "queue"`.

use patchbay_config::toml_place::Part;
use patchbay_model::codes;
use serde_json::Value;

use super::SettingsSchema;
use super::pairs::{Reach, visit_pairs};

/// Key of a schema that marks a string as a reference.
pub(super) const MARK: &str = "x-patchbay-ref";
codes! {
    /// What a reference names.
    pub enum ReferenceKind {
        /// A queue of the company file.
        Queue = "queue",
        /// An agent.
        Agent = "agent",
        /// A team of agents.
        Team = "team",
        /// A skill of agents or queues.
        Skill = "skill",
        /// A target of the company file.
        Target = "target",
        /// Business hours of the company file.
        Hours = "hours",
        /// A channel: a code the host knows, or one with a table in the company file.
        Channel = "channel",
    }
}

/// A reference in settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it names.
    pub kind: ReferenceKind,
    /// The name.
    pub name: String,
    /// JSON Pointer into the settings.
    pub path: String,
    /// Whether the value at `path` is the name, or its key.
    pub part: Part,
}

impl SettingsSchema {
    /// Every reference in settings that fit this schema, in the order of the settings. Keys count
    /// too, where `propertyNames` marks them.
    pub fn references(&self, settings: &Value) -> Vec<Reference> {
        let mut found: Vec<Reference> = Vec::new();
        visit_pairs(self.root(), settings, Reach::Certain, &mut |pair| {
            if let (Some(kind), Some(name)) = (mark(pair.schema), pair.value.as_str()) {
                let reference = Reference {
                    kind,
                    name: name.to_owned(),
                    path: pair.path.to_owned(),
                    part: match pair.is_key {
                        true => Part::Key,
                        false => Part::Value,
                    },
                };
                if !found.contains(&reference) {
                    found.push(reference);
                }
            }
        });
        found
    }
}

fn mark(schema: &Value) -> Option<ReferenceKind> {
    ReferenceKind::from_code(schema.get(MARK)?.as_str()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(schema: Value, settings: Value) -> Vec<String> {
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        let references = schema.references(&settings).into_iter();
        references
            .map(|one| format!("{} {} {}", one.path, one.kind, one.name))
            .collect()
    }

    #[test]
    fn references_are_found_at_every_place_of_a_schema() {
        let schema = json!({
            "properties": {
                "default": {"$ref": "#/$defs/Queue"},
                "night": {"anyOf": [{"$ref": "#/$defs/Queue"}, {"type": "null"}]},
                "press": {"type": "array", "items": {"x-patchbay-ref": "target"}},
                "routes": {
                    "additionalProperties": {"properties": {"team": {"x-patchbay-ref": "team"}}},
                    "propertyNames": {"x-patchbay-ref": "skill"},
                },
                "text": {"type": "string"},
            },
            "$defs": {"Queue": {"type": "string", "x-patchbay-ref": "queue"}},
        });
        let settings = json!({
            "default": "general", "night": "late", "press": ["a", "b"],
            "routes": {"tax": {"team": "legal"}}, "text": "general",
        });
        assert_eq!(
            found(schema, settings),
            [
                "/default queue general",
                "/night queue late",
                "/press/0 target a",
                "/press/1 target b",
                "/routes/tax skill tax",
                "/routes/tax/team team legal",
            ]
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({
            "$ref": "#/$defs/a",
            "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}},
        });
        assert_eq!(found(schema, json!({})), [""; 0]);
    }

    #[test]
    fn the_reference_pack_marks_the_queues_and_targets_that_a_company_names() {
        let schema = include_str!("../../../../plugins/social-care/settings.schema.json");
        let found = |settings: Value| -> Vec<String> {
            let schema = SettingsSchema::parse(schema).expect("a schema");
            let settings = schema.complete(settings).expect("valid");
            let found = schema.references(&settings).into_iter();
            found
                .map(|one| format!("{} {} {}", one.path, one.kind, one.name))
                .collect()
        };
        // The pack's own names of queues are used where they exist.
        assert_eq!(found(json!({})), Vec::<String>::new());
        let settings = json!({
            "queues": {"fraud": "cards"},
            "default-queue": "general",
            "review-queue": "review",
            "teams": {"press": "press-office"},
        });
        assert_eq!(
            found(settings),
            [
                "/queues/fraud queue cards",
                "/default-queue queue general",
                "/review-queue queue review",
                "/teams/press target press-office",
            ]
        );
    }
}
