//! Strings of settings that name something of the company: a queue, an agent, a target. A schema
//! marks them with `"x-patchbay-ref": "queue"`.

use patchbay_model::codes;
use serde_json::Value;

use super::SettingsSchema;

/// Key of a schema that marks a string as a reference.
const MARK: &str = "x-patchbay-ref";
/// Levels of schema and settings that are followed.
const LEVELS: u32 = 32;
/// Pairs of schema and value that are visited at most.
const VISITS: u32 = 100_000;

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
}

impl SettingsSchema {
    /// Every reference in settings that fit this schema, in the order of the settings. Keys count
    /// too, where `propertyNames` marks them.
    pub fn references(&self, settings: &Value) -> Vec<Reference> {
        let mut walk = Walk {
            root: self.root(),
            found: Vec::new(),
            visits: 0,
        };
        walk.visit(self.root(), settings, "", 0);
        walk.found
    }
}

struct Walk<'a> {
    root: &'a Value,
    found: Vec<Reference>,
    visits: u32,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, schema: &Value, value: &Value, path: &str, level: u32) {
        self.visits += 1;
        if level > LEVELS || self.visits > VISITS {
            return;
        }
        if let (Some(kind), Some(name)) = (mark(schema), value.as_str()) {
            self.add(kind, name, path);
        }
        let level = level + 1;
        if let Some(target) = self.target(schema) {
            self.visit(target, value, path, level);
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            for part in schema[key].as_array().into_iter().flatten() {
                self.visit(part, value, path, level);
            }
        }
        match value {
            Value::Object(fields) => {
                let properties = schema["properties"].as_object();
                for (name, field) in fields {
                    let below = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                    if let Some(names) = schema.get("propertyNames") {
                        self.visit(names, &Value::String(name.clone()), &below, level);
                    }
                    let known = properties.and_then(|known| known.get(name));
                    if let Some(schema) = known.or_else(|| schema.get("additionalProperties")) {
                        self.visit(schema, field, &below, level);
                    }
                }
            }
            Value::Array(items) => {
                let fixed = schema["prefixItems"].as_array();
                for (index, item) in items.iter().enumerate() {
                    let own = fixed.and_then(|fixed| fixed.get(index));
                    if let Some(schema) = own.or_else(|| schema.get("items")) {
                        self.visit(schema, item, &format!("{path}/{index}"), level);
                    }
                }
            }
            _ => {}
        }
    }

    fn target(&self, schema: &Value) -> Option<&'a Value> {
        let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    fn add(&mut self, kind: ReferenceKind, name: &str, path: &str) {
        let reference = Reference {
            kind,
            name: name.to_owned(),
            path: path.to_owned(),
        };
        if !self.found.contains(&reference) {
            self.found.push(reference);
        }
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
