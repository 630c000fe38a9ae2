//! Walks a settings schema together with settings, within bounds: fills in the
//! defaults, and counts the steps that checking the settings takes. Schemas may
//! refer to themselves, so a few bytes can ask for any number of steps.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Depth at which defaults are no longer filled in: settings are shallow.
const FILL_DEPTH: u16 = 16;
/// Deepest nesting of references and settings.
const DEPTH: u16 = 256;
/// Steps that one match of a pattern counts as.
const PATTERN_STEPS: u64 = 10;
/// Schemas that apply to the same value.
const IN_PLACE_LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const IN_PLACE: [&str; 4] = ["not", "if", "then", "else"];
const IN_PLACE_MAPS: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Schemas that apply to every field, or every item.
const EACH_FIELD: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];
const EACH_ITEM: [&str; 4] = ["items", "additionalItems", "unevaluatedItems", "contains"];
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];
/// Meta-schemas of JSON Schema, which the validator knows.
const META_SCHEMAS: [&str; 2] = ["https://json-schema.org/", "http://json-schema.org/"];

/// What a walk may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WalkBudget {
    /// Values added, and steps of the check.
    pub(super) steps: u64,
    /// Bytes of the settings with their defaults, as JSON.
    pub(super) bytes: u64,
}

/// Why a walk ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WalkError {
    /// The budget has no steps left.
    Steps,
    /// The budget has no bytes left.
    Bytes,
    /// References or settings are nested too deeply.
    Depth,
    /// A reference names nothing in the schema.
    Reference(String),
}

/// A walk through one schema.
pub(super) struct SchemaWalk<'a> {
    root: &'a Value,
    /// Subschemas by `$anchor`, `$dynamicAnchor` and `$id`.
    named: HashMap<&'a str, &'a Value>,
    budget: WalkBudget,
}

impl<'a> SchemaWalk<'a> {
    pub(super) fn new(root: &'a Value, budget: WalkBudget) -> SchemaWalk<'a> {
        let mut named = HashMap::new();
        collect_names(root, &mut named);
        SchemaWalk {
            root,
            named,
            budget,
        }
    }

    /// Insert the schema's defaults, then count what checking the result takes.
    pub(super) fn complete(&mut self, settings: &mut Value) -> Result<(), WalkError> {
        self.pay_for(settings)?;
        let root = self.root;
        self.fill(root, settings, 0)?;
        self.count(root, settings, 0)
    }

    fn step(&mut self, steps: u64) -> Result<(), WalkError> {
        let left = self.budget.steps.checked_sub(steps);
        self.budget.steps = left.ok_or(WalkError::Steps)?;
        Ok(())
    }

    /// Pay for a value that is, or becomes, part of the settings.
    fn pay_for(&mut self, value: &Value) -> Result<(), WalkError> {
        self.step(1)?;
        let bytes = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 8,
            Value::String(text) => text.len() as u64 + 2,
            Value::Array(items) => {
                items.iter().try_for_each(|item| self.pay_for(item))?;
                2
            }
            Value::Object(fields) => {
                fields.values().try_for_each(|field| self.pay_for(field))?;
                2 + fields.keys().map(|key| key.len() as u64 + 4).sum::<u64>()
            }
        };
        let left = self.budget.bytes.checked_sub(bytes);
        self.budget.bytes = left.ok_or(WalkError::Bytes)?;
        Ok(())
    }

    /// The schema that a reference names; `None` for a meta-schema.
    fn target(&self, reference: &str) -> Result<Option<&'a Value>, WalkError> {
        let missing = || WalkError::Reference(reference.to_owned());
        if META_SCHEMAS
            .iter()
            .any(|known| reference.starts_with(known))
        {
            return Ok(None);
        }
        if let Some(named) = self.named.get(reference) {
            return Ok(Some(named));
        }
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let base = match base {
            "" => self.root,
            base => self.named.get(base).copied().ok_or_else(missing)?,
        };
        if fragment.is_empty() {
            return Ok(Some(base));
        }
        let decoded = decode_percent(fragment);
        let target = match decoded.starts_with('/') {
            true => base.pointer(&decoded),
            false => self.named.get(decoded.as_str()).copied(),
        };
        target.map(Some).ok_or_else(missing)
    }

    /// Insert the defaults at every depth.
    fn fill(&mut self, schema: &'a Value, value: &mut Value, depth: u16) -> Result<(), WalkError> {
        self.step(1)?;
        if depth > FILL_DEPTH {
            return Ok(());
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = self.target(reference)?
        {
            self.fill(target, value, depth + 1)?;
        }
        let fields = match value {
            Value::Object(fields) => fields,
            Value::Array(items) => return self.fill_items(schema, items, depth),
            _ => return Ok(()),
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            self.step(1)?;
            if let (Some(default), false) = (property.get("default"), fields.contains_key(name)) {
                self.pay_for(default)?;
                fields.insert(name.clone(), default.clone());
            }
            if let Some(field) = fields.get_mut(name) {
                self.fill(property, field, depth + 1)?;
            }
        }
        let others = schema.get("additionalProperties");
        if let Some(others) = others.filter(|others| others.is_object()) {
            for (name, field) in fields.iter_mut() {
                if properties.is_none_or(|known| !known.contains_key(name)) {
                    self.fill(others, field, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    /// Insert the defaults into each item of a list.
    fn fill_items(
        &mut self,
        schema: &'a Value,
        items: &mut [Value],
        depth: u16,
    ) -> Result<(), WalkError> {
        let own = schema.get("prefixItems").and_then(Value::as_array);
        let own = own.into_iter().flatten();
        let others = schema.get("items").filter(|others| others.is_object());
        let schemas = own.map(Some).chain(std::iter::repeat(others));
        for (item, schema) in items.iter_mut().zip(schemas) {
            let Some(schema) = schema else {
                return Ok(());
            };
            self.fill(schema, item, depth + 1)?;
        }
        Ok(())
    }

    /// Count the steps of checking a value, as if every alternative were tried.
    fn count(&mut self, schema: &'a Value, value: &Value, depth: u16) -> Result<(), WalkError> {
        self.step(1)?;
        let Value::Object(schema) = schema else {
            return Ok(());
        };
        if depth > DEPTH {
            return Err(WalkError::Depth);
        }
        self.count_own(schema, value)?;
        for reference in REFERENCES {
            if let Some(name) = schema.get(reference).and_then(Value::as_str)
                && let Some(target) = self.target(name)?
            {
                self.count(target, value, depth + 1)?;
            }
        }
        for list in IN_PLACE_LISTS {
            for part in schema
                .get(list)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.count(part, value, depth + 1)?;
            }
        }
        for part in IN_PLACE.iter().filter_map(|key| schema.get(*key)) {
            self.count(part, value, depth + 1)?;
        }
        for map in IN_PLACE_MAPS {
            for part in schema
                .get(map)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                self.count(part.1, value, depth + 1)?;
            }
        }
        match value {
            Value::Object(fields) => self.count_fields(schema, fields, depth + 1),
            Value::Array(items) => self.count_items(schema, items, depth + 1),
            _ => Ok(()),
        }
    }

    /// The keywords that hold no schemas.
    fn count_own(&mut self, schema: &Map<String, Value>, value: &Value) -> Result<(), WalkError> {
        for list in ["enum", "required"] {
            let length = schema
                .get(list)
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            self.step(length as u64)?;
        }
        if schema.contains_key("pattern") && value.is_string() {
            self.step(PATTERN_STEPS)?;
        }
        Ok(())
    }

    fn count_fields(
        &mut self,
        schema: &'a Map<String, Value>,
        fields: &Map<String, Value>,
        depth: u16,
    ) -> Result<(), WalkError> {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            self.step(1)?;
            if let Some(field) = fields.get(name) {
                self.count(property, field, depth)?;
            }
        }
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for (_, part) in patterns.into_iter().flatten() {
            for field in fields.values() {
                self.step(PATTERN_STEPS)?;
                self.count(part, field, depth)?;
            }
        }
        for part in EACH_FIELD.iter().filter_map(|key| schema.get(*key)) {
            for (name, field) in fields {
                if properties.is_none_or(|known| !known.contains_key(name)) {
                    self.count(part, field, depth)?;
                }
            }
        }
        if let Some(part) = schema.get("propertyNames") {
            for _ in fields {
                self.step(PATTERN_STEPS)?;
                self.count(part, &Value::String(String::new()), depth)?;
            }
        }
        Ok(())
    }

    fn count_items(
        &mut self,
        schema: &'a Map<String, Value>,
        items: &[Value],
        depth: u16,
    ) -> Result<(), WalkError> {
        for list in ["prefixItems", "items"] {
            let parts = schema.get(list).and_then(Value::as_array);
            for (part, item) in parts.into_iter().flatten().zip(items) {
                self.count(part, item, depth)?;
            }
        }
        for part in EACH_ITEM.iter().filter_map(|key| schema.get(*key)) {
            if part.is_object() {
                for item in items {
                    self.count(part, item, depth)?;
                }
            }
        }
        // Finding equal items compares each with some others.
        let is_unique = schema.get("uniqueItems").and_then(Value::as_bool);
        self.step(match is_unique {
            Some(true) => items.len() as u64 * 8,
            _ => 0,
        })
    }
}

/// Collect the names that references may use, of the schema and all in it.
fn collect_names<'a>(schema: &'a Value, named: &mut HashMap<&'a str, &'a Value>) {
    match schema {
        Value::Object(fields) => {
            for key in ["$anchor", "$dynamicAnchor", "$id", "id"] {
                if let Some(name) = fields.get(key).and_then(Value::as_str) {
                    named.insert(name.trim_start_matches('#'), schema);
                }
            }
            fields.values().for_each(|part| collect_names(part, named));
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect_names(part, named)),
        _ => {}
    }
}

/// The text of a URI fragment (RFC 3986, 2.1).
fn decode_percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = (*first == b'%').then(|| tail.get(..2)).flatten();
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match hex {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
