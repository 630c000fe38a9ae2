//! What changes from one settings schema to the next, and whether settings that were valid still
//! are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::SettingsSchema;
use super::schema_view::SchemaView;
use crate::release::ChangeLevel::{self, Major, Minor};

/// Most levels of settings in each other that are compared one by one.
const MOST_LEVELS: usize = 16;
/// Most pairs of schemas that are compared.
const MOST_PAIRS: usize = 2_000;
/// Most changes that are listed.
const MOST_CHANGES: usize = 200;
/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// Keywords with a number of which a greater one allows less.
const LEAST: [&str; 5] = [
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
];
/// Keywords with a number of which a smaller one allows less.
const MOST: [&str; 5] = [
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
];
/// Keywords that allow less than their absence, and of which two values cannot be compared.
const CONDITIONS: [&str; 17] = [
    "pattern",
    "format",
    "multipleOf",
    "uniqueItems",
    "contains",
    "propertyNames",
    "patternProperties",
    "prefixItems",
    "dependentRequired",
    "dependentSchemas",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "x-patchbay-ref",
    "x-patchbay-secret",
];

/// One difference between two settings schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// [`ChangeLevel::Major`] where settings that were valid may not be any more, else
    /// [`ChangeLevel::Minor`].
    pub level: ChangeLevel,
    /// What changes, as a sentence without a full stop.
    pub what: String,
}

impl SettingsSchema {
    /// What changes from this schema to a newer one, at most 200 changes. Descriptions do not count.
    /// What cannot be compared counts as [`ChangeLevel::Major`].
    pub fn changes_to(&self, newer: &SettingsSchema) -> Vec<SchemaChange> {
        let (old, new) = (&self.schema, &newer.schema);
        let mut comparison = Comparison {
            old,
            new,
            found: Vec::new(),
            pairs: 0,
            open: Vec::new(),
        };
        comparison.compare(old, new, "", 0);
        comparison.found
    }
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    found: Vec<SchemaChange>,
    pairs: usize,
    /// Pairs of references that are being compared: a schema may refer to itself.
    open: Vec<(Value, Value)>,
}

impl Comparison<'_> {
    fn add(&mut self, level: ChangeLevel, what: String) {
        if self.found.len() < MOST_CHANGES {
            self.found.push(SchemaChange { level, what });
        }
    }

    fn compare(&mut self, old: &Value, new: &Value, path: &str, level: usize) {
        let references = old.get("$ref").cloned().zip(new.get("$ref").cloned());
        let Some(references) = references else {
            return self.compare_parts(old, new, path, level);
        };
        if !self.open.contains(&references) {
            self.open.push(references);
            self.compare_parts(old, new, path, level);
            self.open.pop();
        }
    }

    fn compare_parts(&mut self, old: &Value, new: &Value, path: &str, level: usize) {
        self.pairs += 1;
        let name = match path {
            "" => "the settings".to_owned(),
            path => format!("setting {path}"),
        };
        if level > MOST_LEVELS || self.pairs > MOST_PAIRS {
            if old != new {
                let what = format!("{name} changes deeper than can be compared");
                self.add(Major, what);
            }
            return;
        }
        let (old, new) = (SchemaView::of(self.old, old), SchemaView::of(self.new, new));
        self.compare_types(&old, &new, &name);
        match (old.choices(self.old), new.choices(self.new)) {
            (None, None) => self.compare_alternatives(&old, &new, &name, level),
            (old, new) => self.compare_choices(old, new, &name),
        }
        self.compare_conditions(&old, &new, &name);
        self.compare_default(&old, &new, &name);
        self.compare_properties(&old, &new, path, level);
        if let Some(new_items) = new.get("items").filter(|items| items.is_object()) {
            let any = Value::Bool(true);
            let old_items = old.get("items").unwrap_or(&any);
            self.compare(old_items, new_items, &format!("{path}[]"), level + 1);
        }
    }

    fn compare_types(&mut self, old: &SchemaView, new: &SchemaView, name: &str) {
        let (old, new) = (old.types(), new.types());
        let accepts = |types: &BTreeSet<&str>, one: &str| {
            types.is_empty() || types.contains(one) || one == "integer" && types.contains("number")
        };
        let list = |types: &BTreeSet<&str>| match types.is_empty() {
            true => "any value".to_owned(),
            false => types.iter().copied().collect::<Vec<_>>().join(" or "),
        };
        if old == new {
            return;
        }
        let still = match old.is_empty() {
            true => new.is_empty(),
            false => old.iter().all(|one| accepts(&new, one)),
        };
        let level = if still { Minor } else { Major };
        let what = format!("{name} was {} and is {}", list(&old), list(&new));
        self.add(level, what);
    }

    fn compare_choices(
        &mut self,
        old: Option<BTreeSet<String>>,
        new: Option<BTreeSet<String>>,
        name: &str,
    ) {
        let list = |all: &[&String]| {
            let all: Vec<_> = all.iter().map(|one| one.as_str()).collect();
            all.join(", ")
        };
        let (Some(old), Some(new)) = (&old, &new) else {
            let (level, what) = match new {
                None => (
                    Minor,
                    format!("{name} may have any value, not only those of a list"),
                ),
                Some(new) => {
                    let all: Vec<&String> = new.iter().collect();
                    (Major, format!("{name} may only be {}", list(&all)))
                }
            };
            return self.add(level, what);
        };
        let removed: Vec<&String> = old.difference(new).collect();
        if !removed.is_empty() {
            self.add(Major, format!("{name} may no longer be {}", list(&removed)));
        }
        let added: Vec<&String> = new.difference(old).collect();
        if !added.is_empty() {
            self.add(Minor, format!("{name} may also be {}", list(&added)));
        }
    }

    /// Alternatives of which each accepted value must be accepted by one of the new ones.
    fn compare_alternatives(
        &mut self,
        old: &SchemaView,
        new: &SchemaView,
        name: &str,
        level: usize,
    ) {
        let (Some(olds), Some(news)) = (old.alternatives(), new.alternatives()) else {
            match (old.alternatives(), new.alternatives()) {
                (Some(_), None) if new.types().is_empty() => {
                    self.add(Minor, format!("{name} may have any form"));
                }
                (Some(_), None) => self.add(Major, format!("{name} has no alternatives any more")),
                (None, Some(news)) => {
                    let before = Value::Object(old.0.clone());
                    if !news.iter().any(|new| self.accepts(&before, new, level)) {
                        self.add(Major, format!("{name} must have one of other forms"));
                    }
                }
                _ => {}
            }
            return;
        };
        if olds == news && self.old == self.new {
            return;
        }
        let (olds, news) = (olds.clone(), news.clone());
        let lost = olds
            .iter()
            .filter(|old| !news.iter().any(|new| self.accepts(old, new, level)))
            .count();
        if lost > 0 {
            let what = format!("{name} no longer has every form that it had");
            self.add(Major, what);
        } else if news.len() > olds.len() {
            self.add(Minor, format!("{name} has more forms"));
        }
    }

    /// Whether a schema accepts all that an old one accepts.
    fn accepts(&mut self, old: &Value, new: &Value, level: usize) -> bool {
        let mut comparison = Comparison {
            old: self.old,
            new: self.new,
            found: Vec::new(),
            pairs: self.pairs,
            open: self.open.clone(),
        };
        comparison.compare(old, new, "", level + 1);
        self.pairs = comparison.pairs;
        comparison.found.iter().all(|change| change.level != Major)
    }

    fn compare_conditions(&mut self, old: &SchemaView, new: &SchemaView, name: &str) {
        for key in LEAST.iter().chain(&MOST) {
            let number = |view: &SchemaView| view.get(key).and_then(Value::as_f64);
            let is_least = LEAST.contains(key);
            let (level, what) = match (number(old), number(new)) {
                (Some(old), Some(new)) if old == new => continue,
                (None, None) => continue,
                (Some(old), Some(new)) => {
                    let is_narrower = (old < new) == is_least;
                    let level = if is_narrower { Major } else { Minor };
                    (
                        level,
                        format!("{key} of {name} changes from {old} to {new}"),
                    )
                }
                (None, Some(new)) => (Major, format!("{name} has a {key} of {new}")),
                (Some(_), None) => (Minor, format!("{name} has no {key} any more")),
            };
            self.add(level, what);
        }
        for key in CONDITIONS {
            let (old, new) = (old.get(key), new.get(key));
            // A reference in it may name what changed.
            let is_same = old == new && (self.old == self.new || !has_reference(old));
            let is_none = |value: &Value| *value == Value::Bool(false);
            match (old, new) {
                _ if is_same => {}
                (_, None) => self.add(Minor, format!("{name} has no {key} any more")),
                (_, Some(new)) if is_none(new) => {}
                (_, Some(new)) => {
                    let new = shorten(new);
                    self.add(Major, format!("{key} of {name} changes to {new}"));
                }
            }
        }
    }

    fn compare_default(&mut self, old: &SchemaView, new: &SchemaView, name: &str) {
        let (old, new) = (old.get("default"), new.get("default"));
        let what = match (old, new) {
            (Some(old), Some(new)) if old != new => format!(
                "the default of {name} changes from {} to {}",
                shorten(old),
                shorten(new)
            ),
            (Some(_), None) => format!("{name} has no default any more"),
            (None, Some(new)) => format!("{name} has the default {}", shorten(new)),
            _ => return,
        };
        self.add(Minor, what);
    }

    fn compare_properties(&mut self, old: &SchemaView, new: &SchemaView, path: &str, level: usize) {
        let at = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        let none = Default::default();
        let (olds, news) = (
            old.properties().unwrap_or(&none),
            new.properties().unwrap_or(&none),
        );
        for (name, old) in olds {
            match news.get(name) {
                Some(new) => self.compare(old, new, &at(name), level + 1),
                None => self.add(Major, format!("setting {} was removed", at(name))),
            }
        }
        let required = old.required();
        let newly = new.required().into_iter();
        let newly: Vec<&str> = newly.filter(|name| !required.contains(name)).collect();
        for name in news.keys().filter(|name| !olds.contains_key(*name)) {
            if !newly.contains(&name.as_str()) {
                self.add(Minor, format!("setting {} is new", at(name)));
            }
        }
        for name in newly {
            self.add(Major, format!("setting {} must be given", at(name)));
        }
        let still = new.required();
        for name in required.iter().filter(|name| !still.contains(*name)) {
            if news.contains_key(*name) {
                self.add(Minor, format!("setting {} need not be given", at(name)));
            }
        }
        let any = Value::Bool(true);
        let others = |view: &SchemaView| {
            view.get("additionalProperties")
                .cloned()
                .unwrap_or(any.clone())
        };
        let (old, new) = (others(old), others(new));
        let others = at("*");
        match (&old, &new) {
            (Value::Bool(false), Value::Bool(false)) => {}
            (_, Value::Bool(false)) => {
                self.add(
                    Major,
                    format!("settings {others} that are not listed are not valid"),
                );
            }
            (Value::Bool(false), _) => {
                self.add(Minor, format!("settings {others} may have any name"))
            }
            (old, new) => self.compare(old, new, &others, level + 1),
        }
    }
}

fn has_reference(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Object(fields)) => {
            fields.contains_key("$ref") || fields.values().any(|one| has_reference(Some(one)))
        }
        Some(Value::Array(items)) => items.iter().any(|one| has_reference(Some(one))),
        _ => false,
    }
}

fn shorten(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests;
