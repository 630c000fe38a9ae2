//! Settings of a pack: checked against its JSON Schema, defaults filled in.

use serde_json::{Map, Value};
use thiserror::Error;

/// Why settings are refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}{message}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct SettingsProblem {
    /// JSON Pointer into the settings.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// A schema that does not work.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the settings schema is not valid JSON Schema: {0}")]
pub struct SchemaError(pub String);

/// A pack's schema, ready to check settings with.
#[derive(Debug)]
pub struct SettingsSchema {
    text: String,
    schema: Value,
    validator: jsonschema::Validator,
}

impl SettingsSchema {
    /// Read a schema. References must stay within it: nothing is fetched.
    ///
    /// # Errors
    /// When it is no JSON or no schema.
    pub fn parse(text: &str) -> Result<SettingsSchema, SchemaError> {
        let schema: Value =
            serde_json::from_str(text).map_err(|error| SchemaError(error.to_string()))?;
        let validator = jsonschema::options()
            .build(&schema)
            .map_err(|error| SchemaError(error.to_string()))?;
        Ok(SettingsSchema {
            text: text.to_owned(),
            schema,
            validator,
        })
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Fill in the defaults and check the result.
    ///
    /// # Errors
    /// Every problem, each with its path.
    pub fn complete(&self, given: Value) -> Result<Value, Vec<SettingsProblem>> {
        let mut settings = given;
        self.fill(&self.schema, &mut settings, 0);
        let problems: Vec<SettingsProblem> = self
            .validator
            .iter_errors(&settings)
            .map(|error| SettingsProblem {
                path: error.instance_path().to_string(),
                message: error.to_string(),
            })
            .collect();
        match problems.is_empty() {
            true => Ok(settings),
            false => Err(problems),
        }
    }

    /// Put in what the schema gives a default for, at every depth.
    fn fill(&self, schema: &Value, value: &mut Value, depth: u8) {
        // Schemas may refer to themselves; settings are shallow.
        if depth > 16 {
            return;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = target
                .strip_prefix('#')
                .and_then(|pointer| self.schema.pointer(pointer))
        {
            self.fill(target, value, depth + 1);
        }
        let Value::Object(fields) = value else {
            return;
        };
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                if let Some(default) = property
                    .get("default")
                    .filter(|_| !fields.contains_key(name))
                {
                    fields.insert(name.clone(), default.clone());
                }
                if let Some(field) = fields.get_mut(name) {
                    self.fill(property, field, depth + 1);
                }
            }
        }
        if let Some(rest) = schema
            .get("additionalProperties")
            .filter(|rest| rest.is_object())
        {
            let known = schema.get("properties").and_then(Value::as_object);
            for (name, field) in fields.iter_mut() {
                if known.is_none_or(|known| !known.contains_key(name)) {
                    self.fill(rest, field, depth + 1);
                }
            }
        }
    }
}

/// Settings of a pack without a schema: any object.
///
/// # Errors
/// When they are no object.
pub fn without_schema(given: Value) -> Result<Value, Vec<SettingsProblem>> {
    match given {
        Value::Object(_) => Ok(given),
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
    fn every_problem_is_told_with_its_path() {
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
    fn a_schema_that_is_none_is_refused() {
        assert!(SettingsSchema::parse("{\"type\": 7}").is_err());
        assert!(SettingsSchema::parse("{").is_err());
    }
}
