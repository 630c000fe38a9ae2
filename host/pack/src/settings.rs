//! Settings of a pack: checked against its JSON Schema, defaults filled in.

use serde_json::{Map, Value};
use thiserror::Error;

/// One thing wrong with the settings of a pack.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}{message}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct SettingsProblem {
    /// JSON Pointer into the settings; empty for the settings as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// A text is not a valid JSON Schema.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the settings schema is not valid JSON Schema: {0}")]
pub struct SchemaError(pub String);

/// The schema of a pack's settings, compiled.
#[derive(Debug)]
pub struct SettingsSchema {
    text: String,
    schema: Value,
    validator: jsonschema::Validator,
}

impl SettingsSchema {
    /// Compiles a schema. References must stay within it: nothing is downloaded.
    ///
    /// # Errors
    /// When the text is not JSON or not a schema.
    pub fn parse(text: &str) -> Result<SettingsSchema, SchemaError> {
        let schema = serde_json::from_str(text).map_err(|error| SchemaError(error.to_string()))?;
        let validator = jsonschema::options()
            .build(&schema)
            .map_err(|error| SchemaError(error.to_string()))?;
        Ok(SettingsSchema {
            text: text.to_owned(),
            schema,
            validator,
        })
    }

    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Fills in the defaults and checks the result.
    ///
    /// # Errors
    /// Every problem, each with its path.
    pub fn complete(&self, mut settings: Value) -> Result<Value, Vec<SettingsProblem>> {
        self.fill(&self.schema, &mut settings, 0);
        let problems: Vec<SettingsProblem> = self
            .validator
            .iter_errors(&settings)
            .map(|error| SettingsProblem {
                path: error.instance_path().to_string(),
                message: error.to_string(),
            })
            .collect();
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }

    /// Inserts the schema's defaults at every depth.
    fn fill(&self, schema: &Value, value: &mut Value, depth: u8) {
        // Schemas may refer to themselves; settings are shallow.
        if depth > 16 {
            return;
        }
        let target = schema.get("$ref").and_then(Value::as_str);
        let pointer = target.and_then(|target| target.strip_prefix('#'));
        if let Some(target) = pointer.and_then(|pointer| self.schema.pointer(pointer)) {
            self.fill(target, value, depth + 1);
        }
        let Value::Object(fields) = value else {
            return;
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            if let (Some(default), false) = (property.get("default"), fields.contains_key(name)) {
                fields.insert(name.clone(), default.clone());
            }
            if let Some(field) = fields.get_mut(name) {
                self.fill(property, field, depth + 1);
            }
        }
        let others = schema.get("additionalProperties");
        if let Some(others) = others.filter(|others| others.is_object()) {
            for (name, field) in fields.iter_mut() {
                if properties.is_none_or(|known| !known.contains_key(name)) {
                    self.fill(others, field, depth + 1);
                }
            }
        }
    }
}

/// Settings of a pack without a schema: any object; `null` is the empty one.
///
/// # Errors
/// When they are not an object.
pub(crate) fn without_schema(settings: Value) -> Result<Value, Vec<SettingsProblem>> {
    match settings {
        Value::Object(_) => Ok(settings),
        Value::Null => Ok(Value::Object(Map::new())),
        _ => Err(vec![SettingsProblem {
            path: String::new(),
            message: "settings must be an object".to_owned(),
        }]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> SettingsSchema {
        let text = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "brand": {"type": "string"},
                "reach": {"type": "integer", "minimum": 0, "default": 10000},
                "queues": {"$ref": "#/$defs/queues", "default": {}},
            },
            "$defs": {"queues": {"type": "object", "properties": {"vip": {"type": "string", "default": "vip"}}}}
        });
        SettingsSchema::parse(&text.to_string()).expect("a schema")
    }

    #[test]
    fn defaults_are_filled_in_at_every_depth() {
        let settings = schema().complete(json!({"brand": "N"})).expect("valid");
        assert_eq!(
            settings,
            json!({"brand": "N", "reach": 10000, "queues": {"vip": "vip"}})
        );
    }

    #[test]
    fn every_problem_has_its_path() {
        let problems = schema()
            .complete(json!({"brand": 1, "reach": -1, "colour": "red"}))
            .expect_err("three problems");
        let paths: Vec<_> = problems
            .iter()
            .map(|problem| problem.path.as_str())
            .collect();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(paths.contains(&"/brand") && paths.contains(&"/reach"));
    }

    #[test]
    fn text_that_is_not_a_schema_is_rejected() {
        assert!(SettingsSchema::parse("{\"type\": 7}").is_err());
        assert!(SettingsSchema::parse("{").is_err());
    }
}
