//! Messages of the schema's validator in terms of settings.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use patchbay_config::name_suggestion::suggest;
use serde_json::Value;

use super::{MOST_PROBLEMS, SettingsProblem, SettingsSchema, Subject};

impl SettingsSchema {
    /// The problems of a validation error. Unknown settings are one each, with the nearest known
    /// one and the list of valid names; other messages are the validator's.
    pub(super) fn problems_of(&self, error: &ValidationError<'_>) -> Vec<SettingsProblem> {
        let problem = |subject: Subject, message: String| SettingsProblem {
            path: error.instance_path().to_string(),
            message,
            subject,
            ..SettingsProblem::default()
        };
        let subject = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let known = self.known_beside(error);
                let unknown = unexpected.iter().enumerate();
                let unknown = unknown.map(|(index, name)| {
                    let mut message = format!("unknown setting {name:?}");
                    // Others are only counted.
                    if index < MOST_PROBLEMS {
                        message += &format!("; {}", suggest(name, "settings", &known));
                    }
                    problem(Subject::Unknown(name.clone()), message)
                });
                return unknown.collect();
            }
            ValidationErrorKind::Required { property } => property
                .as_str()
                .map(|name| Subject::Missing(name.to_owned())),
            ValidationErrorKind::PropertyNames { error } => {
                let name = error.instance();
                name.as_str().map(|name| Subject::Name(name.to_owned()))
            }
            _ => None,
        };
        vec![problem(subject.unwrap_or_default(), error.to_string())]
    }

    /// The names that the schema knows where it has no others, sorted.
    fn known_beside(&self, error: &ValidationError<'_>) -> Vec<String> {
        let place = error.schema_path().to_string();
        let place = place.rsplit_once('/').map(|(place, _)| place);
        let known = place.and_then(|place| self.schema.pointer(place));
        let known = known.and_then(|schema| schema["properties"].as_object());
        let known = known.into_iter().flat_map(|known| known.keys().cloned());
        let mut known: Vec<String> = known.collect();
        known.sort();
        known
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
