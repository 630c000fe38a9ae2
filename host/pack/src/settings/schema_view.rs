//! A part of a settings schema as it counts for settings in a company file: references are
//! followed, and `null`, which TOML does not have, is left out.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Most references followed from one to the next.
const MOST_REFERENCES: usize = 8;

/// A part of a schema, with what it refers to. What stands beside a reference counts first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SchemaView(pub(super) Map<String, Value>);

impl SchemaView {
    /// The view of a part of the schema `root`.
    pub(super) fn of(root: &Value, schema: &Value) -> SchemaView {
        let mut fields = match schema {
            Value::Object(fields) => fields.clone(),
            Value::Bool(false) => Map::from_iter([("not".to_owned(), Value::Object(Map::new()))]),
            _ => Map::new(),
        };
        for _ in 0..MOST_REFERENCES {
            leave_out_null(&mut fields);
            let Some(target) = take_target(root, &mut fields) else {
                break;
            };
            for (key, value) in target {
                fields.entry(key).or_insert(value);
            }
        }
        SchemaView(fields)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The types that a value may have; empty: any.
    pub(super) fn types(&self) -> BTreeSet<&str> {
        match self.get("type") {
            Some(Value::String(one)) => BTreeSet::from([one.as_str()]),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// The values to choose from, as JSON, where the schema lists them.
    pub(super) fn choices(&self, root: &Value) -> Option<BTreeSet<String>> {
        if let Some(value) = self.get("const") {
            return Some(BTreeSet::from([value.to_string()]));
        }
        if let Some(values) = self.get("enum").and_then(Value::as_array) {
            let values = values.iter().filter(|value| !value.is_null());
            return Some(values.map(Value::to_string).collect());
        }
        let all = self.alternatives()?;
        let mut choices = BTreeSet::new();
        for one in all {
            let view = SchemaView::of(root, one);
            if view.alternatives().is_some() {
                return None;
            }
            choices.extend(view.choices(root)?);
        }
        Some(choices)
    }

    /// The schemas of which a value fits one.
    pub(super) fn alternatives(&self) -> Option<&Vec<Value>> {
        ["oneOf", "anyOf"]
            .into_iter()
            .find_map(|key| self.get(key)?.as_array())
    }

    /// Names of the settings of an object that must be given: those without a default.
    pub(super) fn required(&self) -> BTreeSet<&str> {
        let names = self.get("required").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        let has_default = |name: &str| {
            let property = self.get("properties").and_then(|all| all.get(name));
            property.is_some_and(|property| property.get("default").is_some())
        };
        names.filter(|name| !has_default(name)).collect()
    }

    /// The settings of an object by name.
    pub(super) fn properties(&self) -> Option<&Map<String, Value>> {
        self.get("properties").and_then(Value::as_object)
    }

    /// What it does, in one line.
    pub(super) fn description(&self) -> Option<String> {
        let text = self.get("description")?.as_str()?;
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Takes the one schema that another stands for: its reference, or the only one of its `allOf`,
/// `anyOf` or `oneOf`.
fn take_target(root: &Value, fields: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.strip_prefix('#')?)?.as_object()?;
        let target = target.clone();
        fields.remove("$ref");
        return Some(target);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        if let Some([Value::Object(only)]) =
            fields.get(key).and_then(Value::as_array).map(|all| &**all)
        {
            let only = only.clone();
            fields.remove(key);
            return Some(only);
        }
    }
    None
}

fn leave_out_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(all)) = fields.get_mut(key) {
            all.retain(|one| one.get("type") != Some(&Value::from("null")));
        }
    }
    if fields.get("default") == Some(&Value::Null) {
        fields.remove("default");
    }
}
