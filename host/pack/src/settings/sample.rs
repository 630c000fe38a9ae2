//! Settings to start from: the least that a schema accepts.

use serde_json::{Map, Value, json};

use super::references::{MARK, ReferenceKind};
use super::schema_view::SchemaView;
use super::secrets::is_secret;
use super::{SettingsProblem, SettingsSchema};

/// Most levels of settings in each other that are made.
const MOST_LEVELS: usize = 8;
/// Most entries of a list that are made.
const MOST_ENTRIES: u64 = 16;
/// Most values that are made, so that levels with many entries do not multiply.
const MOST_VALUES: usize = 2_000;

impl SettingsSchema {
    /// Settings as a company file would give them, without those that have a default: the first of
    /// the schema's `examples` that is valid, else what the schema demands.
    ///
    /// # Errors
    /// Why the settings that were made are not valid: the schema has conditions that only an example
    /// can meet.
    pub fn sample(&self) -> Result<Value, Vec<SettingsProblem>> {
        let root = self.root();
        let examples = root.get("examples").and_then(Value::as_array);
        let mut examples = examples.into_iter().flatten();
        if let Some(example) = examples.find(|one| self.complete((*one).clone()).is_ok()) {
            return Ok(example.clone());
        }
        let mut sample = Sample {
            root,
            left: MOST_VALUES,
        };
        let made = match sample.value(root, 0) {
            Value::Object(fields) => Value::Object(fields),
            _ => Value::Object(Map::new()),
        };
        self.complete(made.clone()).map(|_| made)
    }
}

/// Values that a schema accepts.
struct Sample<'a> {
    root: &'a Value,
    /// Values that may still be made.
    left: usize,
}

impl Sample<'_> {
    /// A value that a part of the schema accepts; `null` beyond the bounds.
    fn value(&mut self, schema: &Value, level: usize) -> Value {
        if level > MOST_LEVELS || self.left == 0 {
            return Value::Null;
        }
        self.left -= 1;
        let view = SchemaView::of(self.root, schema);
        if is_secret(&Value::Object(view.0.clone())) {
            return json!({"env": "SECRET"});
        }
        let examples = view.get("examples").and_then(Value::as_array);
        let first = examples.and_then(|examples| examples.first());
        if let Some(value) = first.or(view.get("default")).or(view.get("const")) {
            return value.clone();
        }
        if let Some(values) = view.get("enum").and_then(Value::as_array) {
            return values.first().cloned().unwrap_or_default();
        }
        if let Some(kind) = view.get(MARK).and_then(Value::as_str) {
            return name_of(kind).into();
        }
        if let Some([first, ..]) = view.alternatives().map(|all| &**all) {
            return self.value(first, level + 1);
        }
        let types = view.types();
        let is = |one: &str| types.contains(one);
        if is("object") || view.properties().is_some() {
            return self.object(&view, level);
        }
        if is("string") {
            let least = whole(&view, "minLength").min(1_000) as usize;
            let text = "text".repeat(least.div_ceil(4).max(1));
            let most = view.get("maxLength").and_then(Value::as_u64);
            return text[..most.map_or(text.len(), |most| text.len().min(most as usize))].into();
        }
        if is("integer") || is("number") {
            return number(&view);
        }
        if is("array") {
            let count = whole(&view, "minItems").min(MOST_ENTRIES);
            let any = Value::Bool(true);
            let items = view.get("items").unwrap_or(&any);
            return (0..count).map(|_| self.value(items, level + 1)).collect();
        }
        match is("boolean") {
            true => false.into(),
            false => "text".into(),
        }
    }

    fn object(&mut self, view: &SchemaView, level: usize) -> Value {
        let mut fields = Map::new();
        if level < MOST_LEVELS {
            for name in view.required() {
                let any = Value::Bool(true);
                let property = view.properties().and_then(|all| all.get(name));
                let value = self.value(property.unwrap_or(&any), level + 1);
                fields.insert(name.to_owned(), value);
            }
        }
        Value::Object(fields)
    }
}

fn whole(view: &SchemaView, key: &str) -> u64 {
    view.get(key).and_then(Value::as_u64).unwrap_or_default()
}

/// A number within the bounds of a schema: the least, or 0.
fn number(view: &SchemaView) -> Value {
    let bound = |key: &str| view.get(key).and_then(Value::as_f64);
    let least = bound("minimum").or(bound("exclusiveMinimum").map(|least| least.floor() + 1.0));
    let most = bound("maximum").or(bound("exclusiveMaximum").map(|most| most.ceil() - 1.0));
    let mut number = least.unwrap_or(0.0).max(0.0_f64.min(least.unwrap_or(0.0)));
    if let Some(most) = most {
        number = number.min(most);
    }
    if let Some(step) = bound("multipleOf").filter(|step| *step > 0.0) {
        number = (number / step).ceil() * step;
    }
    match number.fract() == 0.0 && number.abs() < 9e15 {
        true => (number as i64).into(),
        false => number.into(),
    }
}

/// The name that the example of a company gives to what a setting refers to.
fn name_of(kind: &str) -> &'static str {
    match ReferenceKind::from_code(kind) {
        Some(ReferenceKind::Queue) => "general",
        Some(ReferenceKind::Agent) => "ana",
        Some(ReferenceKind::Team) => "care",
        Some(ReferenceKind::Skill) => "care",
        Some(ReferenceKind::Target) => "help-desk",
        Some(ReferenceKind::Hours) => "office",
        Some(ReferenceKind::Channel) => "email",
        None => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(schema: Value) -> Value {
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        schema.sample().expect("a sample")
    }

    #[test]
    fn what_the_schema_demands_is_made() {
        let schema = json!({
            "type": "object",
            "required": ["brand", "queue", "reach", "mode", "words", "night", "token", "share", "a"],
            "properties": {
                "brand": {"type": "string", "minLength": 6},
                "queue": {"type": "string", "x-patchbay-ref": "queue"},
                "reach": {"type": "integer", "minimum": 10, "multipleOf": 4},
                "mode": {"enum": ["hold", "block"]},
                "words": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "night": {"$ref": "#/$defs/Night"},
                "token": {"type": "string", "x-patchbay-secret": true},
                "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                "a": {"type": "integer", "default": 1},
                "free": {"type": "string"}
            },
            "$defs": {"Night": {"type": "object", "required": ["on"], "properties": {"on": {"type": "boolean"}, "off": {}}}}
        });
        assert_eq!(
            sample(schema),
            json!({
                "brand": "texttext", "queue": "general", "reach": 12, "mode": "hold",
                "words": ["text"], "night": {"on": false}, "token": {"env": "SECRET"}, "share": 1
            })
        );
    }

    #[test]
    fn the_example_of_the_schema_comes_first() {
        let schema = json!({
            "properties": {"code": {"type": "string", "pattern": "^[A-Z]{3}$"}},
            "required": ["code"],
            "examples": [{"code": "wrong"}, {"code": "ABC"}],
        });
        assert_eq!(sample(schema), json!({"code": "ABC"}));
    }

    #[test]
    fn a_schema_that_refers_to_itself_gives_a_bounded_sample() {
        for schema in [
            json!({"anyOf": [{"$ref": "#"}, {"type": "object"}]}),
            json!({"required": ["a"], "properties": {"a": {"$ref": "#/$defs/List"}},
                "$defs": {"List": {"type": "array", "minItems": 16, "items": {"$ref": "#/$defs/List"}}}}),
        ] {
            let schema = SettingsSchema::parse(&schema.to_string());
            // Whether it is valid does not matter here, but that there is an end.
            let _ = schema.expect("a schema").sample();
        }
    }

    #[test]
    fn a_condition_that_only_an_example_can_meet_is_reported() {
        let schema = json!({"properties": {"code": {"type": "string", "pattern": "^[A-Z]{3}$"}}, "required": ["code"]});
        let schema = SettingsSchema::parse(&schema.to_string()).expect("a schema");
        let problems = schema.sample().expect_err("no sample");
        assert_eq!(problems[0].path, "/code");
    }
}
