//! Visits every value of settings together with each part of the schema that applies to it.

use patchbay_config::toml_place::pointer_step;
use serde_json::Value;

/// Levels of schema and settings that are followed.
const LEVELS: u32 = 32;
/// Pairs of schema and value that are visited at most.
const VISITS: u32 = 100_000;

/// Parts of a schema that apply to a value only if another part does.
const CONDITIONAL: [&str; 4] = ["if", "then", "else", "not"];
/// Tables of parts that apply to a value only if some of its fields are there.
const CONDITIONAL_TABLES: [&str; 2] = ["dependentSchemas", "dependencies"];

/// Which parts of a schema are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those that apply.
    Certain,
    /// Those that may apply, but for `patternProperties`.
    Possible,
}

/// A value of the settings and a part of the schema.
pub(super) struct Pair<'a> {
    pub(super) schema: &'a Value,
    /// The value; for a key of a table its name.
    pub(super) value: &'a Value,
    /// JSON Pointer of the value.
    pub(super) path: &'a str,
    /// Whether the value is the key of a table.
    pub(super) is_key: bool,
}

/// Calls `visit` with every pair, in the order of the settings. Returns whether all were visited:
/// at most 32 levels and 100,000 pairs are.
pub(super) fn visit_pairs(
    root: &Value,
    settings: &Value,
    reach: Reach,
    visit: &mut dyn FnMut(&Pair<'_>),
) -> bool {
    let mut walk = Walk {
        root,
        reach,
        visit,
        visits: 0,
        is_complete: true,
    };
    let pair = Pair {
        schema: root,
        value: settings,
        path: "",
        is_key: false,
    };
    walk.follow(&pair, 0);
    walk.is_complete
}

struct Walk<'a> {
    root: &'a Value,
    reach: Reach,
    visit: &'a mut dyn FnMut(&Pair<'_>),
    visits: u32,
    is_complete: bool,
}

impl<'a> Walk<'a> {
    fn follow(&mut self, pair: &Pair<'_>, level: u32) {
        self.visits += 1;
        if level > LEVELS || self.visits > VISITS {
            self.is_complete = false;
            return;
        }
        (self.visit)(pair);
        let Pair {
            schema,
            value,
            path,
            is_key,
        } = *pair;
        let level = level + 1;
        let here = |walk: &mut Self, schema: &Value| {
            let pair = Pair {
                schema,
                value,
                path,
                is_key,
            };
            walk.follow(&pair, level);
        };
        if let Some(target) = self.target(schema) {
            here(self, target);
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            for part in schema[key].as_array().into_iter().flatten() {
                here(self, part);
            }
        }
        if self.reach == Reach::Possible {
            for part in CONDITIONAL.iter().filter_map(|key| schema.get(*key)) {
                here(self, part);
            }
            for table in CONDITIONAL_TABLES {
                for part in schema[table].as_object().into_iter().flatten() {
                    here(self, part.1);
                }
            }
        }
        match value {
            Value::Object(_) => self.follow_fields(pair, level),
            Value::Array(_) => self.follow_items(pair, level),
            _ => {}
        }
    }

    fn follow_fields(&mut self, pair: &Pair<'_>, level: u32) {
        let schema = pair.schema;
        let properties = schema["properties"].as_object();
        for (name, field) in pair.value.as_object().into_iter().flatten() {
            let path = &pair.path;
            let below = format!("{path}{}", pointer_step(name));
            let at = |walk: &mut Self, schema: &Value, value: &Value, is_key: bool| {
                let pair = Pair {
                    schema,
                    value,
                    path: &below,
                    is_key,
                };
                walk.follow(&pair, level);
            };
            if let Some(names) = schema.get("propertyNames") {
                at(self, names, &Value::String(name.clone()), true);
            }
            let known = properties.and_then(|known| known.get(name));
            if let Some(schema) = known.or_else(|| schema.get("additionalProperties")) {
                at(self, schema, field, false);
            }
            if self.reach == Reach::Possible
                && let Some(part) = schema.get("unevaluatedProperties")
            {
                at(self, part, field, false);
            }
        }
    }

    fn follow_items(&mut self, pair: &Pair<'_>, level: u32) {
        let schema = pair.schema;
        let fixed = schema["prefixItems"].as_array();
        for (index, item) in pair.value.as_array().into_iter().flatten().enumerate() {
            let below = format!("{}/{index}", pair.path);
            let own = fixed.and_then(|fixed| fixed.get(index));
            let own = own.or_else(|| schema.get("items"));
            let possible: &[&str] = match self.reach {
                Reach::Possible => &["contains", "unevaluatedItems", "additionalItems"],
                Reach::Certain => &[],
            };
            let possible = possible.iter().filter_map(|key| schema.get(*key));
            for schema in own.into_iter().chain(possible) {
                let pair = Pair {
                    schema,
                    value: item,
                    path: &below,
                    is_key: false,
                };
                self.follow(&pair, level);
            }
        }
    }

    fn target(&self, schema: &Value) -> Option<&'a Value> {
        let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(pointer)
    }
}
