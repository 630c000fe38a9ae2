//! Messages of the schema's validator in terms of settings.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use patchbay_model::name_suggestion::suggest;
use serde_json::Value;

use super::SettingsSchema;

impl SettingsSchema {
    /// The message of a validation error: an unknown setting with the nearest known one and the
    /// list of valid names, else the validator's.
    pub(super) fn describe(&self, error: &ValidationError<'_>) -> String {
        let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() else {
            return error.to_string();
        };
        let place = error.schema_path().to_string();
        let place = place.strip_suffix("/additionalProperties");
        let known = place.and_then(|place| self.schema.pointer(place));
        let known = known.and_then(|schema| schema["properties"].as_object());
        let mut known: Vec<String> = known
            .map(|known| known.keys().cloned().collect())
            .unwrap_or_default();
        known.sort();
        let problems: Vec<String> = unexpected
            .iter()
            .map(|name| {
                format!(
                    "unknown setting {name:?}; {}",
                    suggest(name, "settings", &known)
                )
            })
            .collect();
        problems.join("; ")
    }

    /// The schema, for walks along it.
    pub(super) fn root(&self) -> &Value {
        &self.schema
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_setting_comes_with_the_nearest_and_the_valid_names() {
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {"brand": {"type": "string"}, "night": {"$ref": "#/$defs/night"}},
            "$defs": {"night": {
                "type": "object",
                "additionalProperties": false,
                "properties": {"queue": {}, "from": {}},
            }},
        });
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        for (settings, parts) in [
            (
                json!({"brnad": "N"}),
                ["\"brnad\"", "did you mean \"brand\"", "brand, night"],
            ),
            (
                json!({"night": {"queu": 1}}),
                ["/night", "did you mean \"queue\"", "from, queue"],
            ),
        ] {
            let problems = schema.complete(settings).expect_err("unknown");
            let message = problems[0].to_string();
            for part in parts {
                assert!(message.contains(part), "{part} is not in {message}");
            }
        }
    }
}
