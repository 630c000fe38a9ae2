//! Settings of a pack: checked against its JSON Schema, defaults filled in.

mod difference;
mod pairs;
mod problem_text;
mod references;
mod sample;
mod schema_changes;
mod schema_view;
mod schema_walk;
mod secrets;
mod setting_list;
mod upgrade;

use patchbay_config::bound::{Bound, BoundLimit, BoundSettings, Scope};
use patchbay_config::toml_place::{Part, pointer_step};
use serde_json::{Map, Value};
use thiserror::Error;

pub use references::{Reference, ReferenceKind};
pub use schema_changes::SchemaChange;
use schema_walk::{SchemaWalk, WalkBudget, WalkError};
pub use secrets::{SecretReference, SecretSource};
pub use setting_list::Setting;
pub use upgrade::SettingUpgrade;

/// Largest text of a schema, in bytes.
const SCHEMA_BYTES: usize = 1 << 20;
/// Most patterns in a schema; each is compiled when the schema is read.
const PATTERNS: usize = 1_000;
/// Most bytes of one compiled pattern.
const PATTERN_BYTES: usize = 1 << 20;
/// Most steps back in one match of a pattern.
const BACKTRACKS: usize = 10_000;
/// Most problems of settings that are reported at once.
const MOST_PROBLEMS: usize = 50;

/// One thing wrong with the settings of a pack.
#[derive(Clone, Debug, Default, Error, PartialEq, Eq)]
#[error("{}{message}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct SettingsProblem {
    /// JSON Pointer into the settings; empty for the settings as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The limit of the host that is exceeded, and its value.
    pub exceeded: Option<(&'static BoundLimit, u64)>,
    /// What of the value at `path` it is about.
    pub subject: Subject,
    /// Whether a secret may stand at `path`, so that the line must not be shown.
    pub is_secret: bool,
}

/// What of a value of the settings a problem is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// The value.
    #[default]
    Value,
    /// A setting that it lacks.
    Missing(String),
    /// A setting in it that the schema does not know.
    Unknown(String),
    /// The name of a setting in it.
    Name(String),
}

impl SettingsProblem {
    /// JSON Pointer of the setting that it is about, and whether its name or its value is wrong. A
    /// setting that is missing is nowhere.
    pub fn place(&self) -> (String, Part) {
        match &self.subject {
            Subject::Value => (self.path.clone(), Part::Value),
            Subject::Missing(name) | Subject::Unknown(name) | Subject::Name(name) => {
                (self.path.clone() + &pointer_step(name), Part::Key)
            }
        }
    }
}

/// The first problems, and how many there are besides.
fn first(mut problems: Vec<SettingsProblem>) -> Vec<SettingsProblem> {
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    if more > 0 {
        let is_secret = problems.iter().any(|problem| problem.is_secret);
        problems.truncate(MOST_PROBLEMS);
        problems.push(SettingsProblem {
            message: format!("and {more} more problems"),
            is_secret,
            ..SettingsProblem::default()
        });
    }
    problems
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
    /// Whether it marks secrets.
    has_secrets: bool,
}

impl SettingsSchema {
    /// Compiles a schema. References must stay within it: nothing is downloaded.
    ///
    /// # Errors
    /// When the text is not JSON or not a schema.
    pub fn parse(text: &str) -> Result<SettingsSchema, SchemaError> {
        if text.len() > SCHEMA_BYTES {
            let message = format!("it has {} bytes; at most {SCHEMA_BYTES}", text.len());
            return Err(SchemaError(message));
        }
        let schema = serde_json::from_str(text).map_err(|error| SchemaError(error.to_string()))?;
        let has_secrets = secrets::has_secrets(&schema)?;
        if count_patterns(&schema) > PATTERNS {
            let message = format!("it has more than {PATTERNS} patterns");
            return Err(SchemaError(message));
        }
        let patterns = jsonschema::PatternOptions::fancy_regex()
            .backtrack_limit(BACKTRACKS)
            .size_limit(PATTERN_BYTES);
        let validator = jsonschema::options()
            .with_pattern_options(patterns)
            .build(&schema)
            .map_err(|error| SchemaError(error.to_string()))?;
        Ok(SettingsSchema {
            text: text.to_owned(),
            schema,
            validator,
            has_secrets,
        })
    }

    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Fills in the defaults and checks the result, within the default limits.
    ///
    /// # Errors
    /// Every problem, each with its path.
    pub fn complete(&self, settings: Value) -> Result<Value, Vec<SettingsProblem>> {
        self.complete_within(settings, &BoundSettings::default())
    }

    /// [`complete`](SettingsSchema::complete) within limits of the host
    /// ([`Bound::SchemaSteps`], [`Bound::SettingsSize`]).
    ///
    /// # Errors
    /// Every problem, each with its path.
    pub fn complete_within(
        &self,
        mut settings: Value,
        bounds: &BoundSettings,
    ) -> Result<Value, Vec<SettingsProblem>> {
        let budget = WalkBudget {
            steps: bounds.get(Bound::SchemaSteps, Scope::Item),
            bytes: bounds.get(Bound::SettingsSize, Scope::Item),
        };
        let walked = SchemaWalk::new(&self.schema, budget).complete(&mut settings);
        walked.map_err(|error| vec![walk_problem(&error, budget)])?;
        // Before anything is said about values, which may be secrets.
        self.replace_secret_references(&mut settings)?;
        let mut problems = Vec::new();
        for error in self.validator.iter_errors(&settings) {
            match problems.len() <= MOST_PROBLEMS {
                true => problems.extend(self.problems_of(&error)),
                // It is only counted.
                false => problems.push(SettingsProblem::default()),
            }
        }
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(first(problems))
        }
    }
}

fn walk_problem(error: &WalkError, budget: WalkBudget) -> SettingsProblem {
    let (message, bound) = match error {
        WalkError::Steps => (
            format!(
                "filling in the schema's defaults and checking the settings takes more than {} steps; simplify the references in the schema",
                budget.steps
            ),
            Some((Bound::SchemaSteps, budget.steps)),
        ),
        WalkError::Bytes => (
            format!(
                "with the schema's defaults the settings have more than {} bytes; make the defaults smaller",
                budget.bytes
            ),
            Some((Bound::SettingsSize, budget.bytes)),
        ),
        WalkError::Depth => (
            "the schema refers to itself without end, or the settings are nested too deeply"
                .to_owned(),
            None,
        ),
        WalkError::Reference(reference) => (
            format!("the schema refers to {reference:?}, which it does not contain"),
            None,
        ),
    };
    let exceeded = bound.and_then(|(bound, value)| Some((bound.limit(Scope::Item)?, value)));
    SettingsProblem {
        message,
        exceeded,
        ..SettingsProblem::default()
    }
}

fn count_patterns(schema: &Value) -> usize {
    match schema {
        Value::Object(fields) => {
            let own = usize::from(fields.get("pattern").is_some_and(Value::is_string));
            let named = fields.get("patternProperties").and_then(Value::as_object);
            let parts: usize = fields.values().map(count_patterns).sum();
            own + named.map_or(0, Map::len) + parts
        }
        Value::Array(parts) => parts.iter().map(count_patterns).sum(),
        _ => 0,
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
            message: "settings must be an object".to_owned(),
            ..SettingsProblem::default()
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
    fn defaults_are_filled_in_in_each_item_of_a_list() {
        let site = json!({"properties": {"languages": {"default": []}}});
        let schema = json!({
            "properties": {
                "sites": {"items": {"$ref": "#/$defs/site"}},
                "pair": {"prefixItems": [{"type": "integer"}, {"$ref": "#/$defs/site"}]},
            },
            "$defs": {"site": site},
        });
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        let settings = json!({"sites": [{}, {"languages": ["pt"]}, 3], "pair": [1, {}, {}]});
        assert_eq!(
            schema.complete(settings).expect("valid"),
            json!({
                "sites": [{"languages": []}, {"languages": ["pt"]}, 3],
                "pair": [1, {"languages": []}, {}],
            })
        );
    }

    #[test]
    fn of_very_many_problems_the_first_are_reported() {
        let rules: Vec<Value> = (0..200).map(|_| json!({"a": 1, "b": 2})).collect();
        let rule = json!({"type": "object", "additionalProperties": false});
        let schema = json!({"additionalProperties": {"items": rule}});
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        for settings in [json!({"rules": rules}), json!({"a": [{}], "b": rules})] {
            let problems = schema.complete(settings).expect_err("unknown settings");
            assert_eq!(problems.len(), MOST_PROBLEMS + 1);
            let last = problems.last().expect("the last").to_string();
            assert!(last.ends_with("more problems"), "{last}");
        }
    }

    #[test]
    fn a_problem_has_the_place_of_the_setting_that_it_is_about() {
        let schema = json!({
            "properties": {"night": {
                "additionalProperties": false,
                "required": ["queue"],
                "properties": {"queue": {"type": "string"}},
            }},
            "additionalProperties": {"propertyNames": {"maxLength": 3}},
        });
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        for (settings, mut expected) in [
            (json!({"night": {"queue": 1}}), vec!["/night/queue Value"]),
            (
                json!({"night": {"a/b": 1, "c": 1}}),
                vec!["/night/a~1b Key", "/night/c Key", "/night/queue Key"],
            ),
            (json!({"words": {"long": 1}}), vec!["/words/long Key"]),
        ] {
            let problems = schema.complete(settings).expect_err("problems");
            let places = problems.iter().map(|problem| {
                let (path, part) = problem.place();
                format!("{path} {part:?}")
            });
            let mut places: Vec<String> = places.collect();
            places.sort();
            expected.sort_unstable();
            assert_eq!(places, expected);
        }
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

    /// Settings of a schema that needs more than a host gives.
    fn refused(schema: Value, settings: Value) -> SettingsProblem {
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        let mut problems = schema.complete(settings).expect_err("too much");
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.remove(0)
    }

    #[test]
    fn defaults_that_multiply_are_refused() {
        let fields = |count: usize| -> Value {
            let field = |number| (format!("f{number}"), json!({"$ref": "#", "default": {}}));
            (0..count).map(field).collect::<Map<_, _>>().into()
        };
        for count in [6, 8, 60] {
            let problem = refused(json!({"properties": fields(count)}), json!({}));
            let (limit, _) = problem.exceeded.expect("a limit");
            assert_eq!(limit.bound, Bound::SchemaSteps, "{count}: {problem}");
        }
        let text = "x".repeat(2_000);
        let property = json!({"$ref": "#/$defs/a", "default": {"text": text}});
        let schema = json!({
            "properties": {"a": property, "b": property},
            "$defs": {"a": {"properties": {"a": property, "b": property}}}
        });
        let problem = refused(schema, json!({}));
        assert!(problem.exceeded.is_some(), "{problem}");
    }

    #[test]
    fn checks_that_multiply_are_refused() {
        let mut defs = Map::new();
        for level in 0..40 {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            defs.insert(format!("d{level}"), json!({"allOf": [next, next]}));
        }
        defs.insert("d40".to_owned(), json!({"type": "object"}));
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let first = json!({"$ref": "#/$defs/d0"});
            let schema = json!({keyword: [first], "$defs": defs});
            let problem = refused(schema, json!({}));
            assert!(problem.exceeded.is_some(), "{keyword}: {problem}");
        }
    }

    #[test]
    fn references_without_end_are_refused() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"not": {"$ref": "#"}}),
            json!({"if": {"$ref": "#/$defs/a"}, "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
            json!({"$anchor": "here", "oneOf": [{"$ref": "#here"}]}),
            json!({"$dynamicAnchor": "here", "oneOf": [{"$dynamicRef": "#here"}]}),
        ] {
            let text = schema.to_string();
            // The validator may reject the schema itself.
            if let Ok(parsed) = SettingsSchema::parse(&text) {
                parsed.complete(json!({})).expect_err(&text);
            }
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_describes_a_tree() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": {"type": "string", "default": "leaf"},
                "parts": {"type": "array", "items": {"$ref": "#"}},
                "left": {"$ref": "#"},
            }
        });
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        let settings = json!({"left": {"left": {}}, "parts": [{"name": "a"}]});
        let filled = schema.complete(settings).expect("valid");
        assert_eq!(filled["left"]["left"]["name"], "leaf");
        schema
            .complete(json!({"parts": [{"name": 1}]}))
            .expect_err("a number");
    }

    #[test]
    fn a_pattern_that_backtracks_ends() {
        let schema = json!({"properties": {"a": {"pattern": "^(?=(a+)+$)(a|a)+$"}}});
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        let text = format!("{}!", "a".repeat(60));
        schema.complete(json!({"a": text})).expect_err("no match");
    }

    #[test]
    fn text_that_is_not_a_schema_is_rejected() {
        assert!(SettingsSchema::parse("{\"type\": 7}").is_err());
        assert!(SettingsSchema::parse("{").is_err());
    }
}
