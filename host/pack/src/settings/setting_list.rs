//! The settings of a pack, as a form would show them.

use serde_json::{Map, Value};

use super::SettingsSchema;
use super::secrets::is_secret;

/// Most settings listed.
const MOST: usize = 500;
/// Most levels of objects in each other.
const MOST_LEVELS: usize = 4;
/// Most references followed from one to the next.
const MOST_REFERENCES: usize = 8;

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its path, such as `verdicts.blame`.
    pub path: String,
    /// The keys of its path.
    pub keys: Vec<String>,
    /// What it is: the type, the texts to choose from, or what it names.
    pub kind: String,
    /// The default, where the schema has one.
    pub default: Option<Value>,
    /// What it does.
    pub description: Option<String>,
}

impl SettingsSchema {
    /// The settings in the order of the schema, at most 500: those of objects with fixed keys by
    /// their paths, others whole.
    pub fn settings(&self) -> Vec<Setting> {
        let root = &self.schema;
        let mut found = Vec::new();
        list(root, root, &[], 0, &mut found);
        found
    }
}

fn list(root: &Value, schema: &Value, above: &[String], level: usize, found: &mut Vec<Setting>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        if found.len() >= MOST {
            return;
        }
        let keys = [above, std::slice::from_ref(name)].concat();
        let target = resolved(root, property);
        if level < MOST_LEVELS && target.get("properties").is_some_and(Value::is_object) {
            list(root, target, &keys, level + 1, found);
            continue;
        }
        // What stands beside a reference is about this setting.
        let of = |key: &str| property.get(key).or_else(|| target.get(key));
        found.push(Setting {
            path: keys.join("."),
            keys,
            kind: kind(root, target),
            default: of("default").cloned(),
            description: of("description")
                .and_then(Value::as_str)
                .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")),
        });
    }
}

/// What a schema refers to: `{"$ref": "#/$defs/NAME"}`, also in an `allOf` of one.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..MOST_REFERENCES {
        let only = schema.get("allOf").and_then(Value::as_array);
        let only = only.filter(|all| all.len() == 1).map(|all| &all[0]);
        let reference = schema.get("$ref").and_then(Value::as_str);
        let target = reference
            .and_then(|reference| root.pointer(reference.strip_prefix('#')?))
            .or(only);
        match target {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

/// What a value is: its type, the texts to choose from, or what it names.
pub(super) fn kind(root: &Value, schema: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(text).collect::<Vec<_>>().join(" | ");
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = schema.get(key).and_then(Value::as_array) {
            let mut kinds: Vec<String> = choices
                .iter()
                .map(|choice| resolved(root, choice))
                .map(|choice| match choice.get("const") {
                    Some(value) => text(value),
                    None => kind(root, choice),
                })
                .collect();
            kinds.dedup();
            return kinds.join(" | ");
        }
    }
    if let Some(what) = schema.get("x-patchbay-ref").and_then(Value::as_str) {
        return format!("name of a {what}");
    }
    if is_secret(schema) {
        return "secret: { env = … } or { file = … }".to_owned();
    }
    let types: Vec<String> = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().map(text).filter(|it| it != "null").collect(),
        Some(one) => vec![text(one)],
        None => vec!["any".to_owned()],
    };
    match types.as_slice() {
        [one] if one == "array" => match schema.get("items") {
            Some(items) => format!("list of {}", kind(root, resolved(root, items))),
            None => "list".to_owned(),
        },
        [one] if one == "object" => values_of_map(root, schema),
        types => types.join(" | "),
    }
}

fn values_of_map(root: &Value, schema: &Value) -> String {
    let values = schema.get("additionalProperties");
    match values.map(|values| resolved(root, values)) {
        Some(values @ Value::Object(fields)) if fields != &Map::new() => {
            format!("table of {}", kind(root, values))
        }
        _ => "table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_listed_with_kind_default_and_description() {
        let schema = SettingsSchema::parse(
            r##"{"type": "object", "properties": {
                "brand": {"type": "string", "default": "", "description": "Name of\n the brand."},
                "verdict": {"$ref": "#/$defs/Verdict", "default": "hold", "description": "What to do."},
                "queue": {"type": ["string", "null"], "x-patchbay-ref": "queue"},
                "limits": {"type": "object", "properties": {"most": {"type": "integer"}}},
                "words": {"type": "array", "items": {"type": "string"}},
                "map": {"type": "object", "additionalProperties": {"type": "number"}}
            }, "$defs": {"Verdict": {"enum": ["hold", "block"], "description": "A verdict."}}}"##,
        )
        .expect("a schema");
        let shown: Vec<String> = schema
            .settings()
            .into_iter()
            .map(|one| {
                let default = one.default.map_or_else(String::new, |it| it.to_string());
                let text = one.description.unwrap_or_default();
                format!("{}: {} [{default}] {text}", one.path, one.kind)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "brand: string [\"\"] Name of the brand.",
                "verdict: hold | block [\"hold\"] What to do.",
                "queue: name of a queue [] ",
                "limits.most: integer [] ",
                "words: list of string [] ",
                "map: table of number [] ",
            ]
        );
    }

    #[test]
    fn references_in_a_circle_end() {
        let text = r##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}},
            "$defs": {"A": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}}}"##;
        let schema = SettingsSchema::parse(text).expect("a schema");
        let paths: Vec<String> = schema.settings().into_iter().map(|one| one.path).collect();
        assert_eq!(paths, ["a.a.a.a.a"]);
    }
}
