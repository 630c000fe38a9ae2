//! Finds misspelt names in a case: keys, codes of closed and documented sets, matchers, and names
//! that the case itself defines.

mod names;

use std::collections::BTreeSet;

use patchbay_config::duration::Seconds;
use patchbay_config::name_suggestion::suggest;
use patchbay_document_schema::{self as document_schema, MATCHERS};
use serde_json::Value;

use names::{Names, entries};

/// A name that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misspelling {
    /// Path of the value in the case: `steps[0].expect.route`.
    pub(super) path: String,
    /// The key or text at fault, as it stands in the file.
    pub(super) word: String,
    /// What is wrong, and what would be right.
    pub(super) message: String,
}

/// Every misspelling of a case.
pub(super) fn check(case: &Value) -> Vec<Misspelling> {
    let mut checker = Checker {
        names: Names::of(case),
        found: Vec::new(),
    };
    checker.input(String::new(), &document_schema::case_input(), case, true);
    let decision = document_schema::decision();
    for (index, step) in entries(case, "steps").enumerate() {
        if let Some(expected) = step.get("expect") {
            checker.expected(format!("steps[{index}].expect"), &decision, expected);
        }
    }
    checker.found
}

struct Checker {
    names: Names,
    found: Vec<Misspelling>,
}

impl Checker {
    fn report(&mut self, path: &str, word: &str, message: String) {
        self.found.push(Misspelling {
            path: path.to_owned(),
            word: word.to_owned(),
            message,
        });
    }

    /// Checks what a case gives. Values of another type are left to the reader of the case.
    fn input(&mut self, path: String, schema: &Value, value: &Value, with_names: bool) {
        match value {
            Value::Object(fields) => {
                // A recorded decision names queues and channels of its own time.
                let with_names = with_names && !fields.contains_key("given");
                for (name, value) in fields {
                    let below = join(&path, name);
                    if is_step(&path) && name == "expect" {
                        continue;
                    }
                    match property(schema, name) {
                        Some(schema) => self.input(below, schema, value, with_names),
                        None => self.unknown_key(&path, schema, name, &[]),
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(schema) = schema.get("items") {
                        self.input(format!("{path}[{index}]"), schema, item, with_names);
                    }
                }
            }
            Value::String(text) => self.text(&path, schema, text, with_names),
            _ => {}
        }
    }

    /// Checks what a case expects of a value with this schema.
    fn expected(&mut self, path: String, schema: &Value, expected: &Value) {
        match expected {
            Value::Object(fields) => {
                let is_matcher = |name: &String| MATCHERS.contains(&name.as_str());
                if !fields.is_empty() && fields.keys().all(is_matcher) {
                    for (name, value) in fields {
                        self.matcher(join(&path, name), schema, name, value);
                    }
                    return;
                }
                if let Some(matcher) = fields.keys().find(|name| is_matcher(name)) {
                    let message = format!(
                        "`{matcher}` stands beside keys that are no matchers; give matchers only, or keys only"
                    );
                    self.report(&path, matcher, message);
                }
                for (name, value) in fields.iter().filter(|(name, _)| !is_matcher(name)) {
                    match property(schema, name).filter(|_| is(schema, "object")) {
                        Some(schema) => self.expected(join(&path, name), schema, value),
                        None => self.unknown_key(&path, schema, name, &MATCHERS),
                    }
                }
            }
            Value::Array(items) => match schema.get("items") {
                Some(of) => {
                    for (index, item) in items.iter().enumerate() {
                        self.expected(format!("{path}[{index}]"), of, item);
                    }
                }
                None if is(schema, "array") => {}
                None => self.type_mismatch(&path, schema, expected, "a list"),
            },
            Value::String(text) if is(schema, "object") => self.entry_name(&path, schema, text),
            Value::String(text) if is(schema, "string") => self.text(&path, schema, text, true),
            Value::Number(number) if is(schema, "number") || is(schema, "integer") => {
                self.range(&path, schema, number.as_f64().unwrap_or_default());
            }
            Value::Bool(_) if is(schema, "boolean") => {}
            Value::Null => {}
            Value::String(_) => self.type_mismatch(&path, schema, expected, "a text"),
            Value::Number(_) => self.type_mismatch(&path, schema, expected, "a number"),
            Value::Bool(_) => self.type_mismatch(&path, schema, expected, "true or false"),
        }
    }

    fn matcher(&mut self, path: String, schema: &Value, matcher: &str, argument: &Value) {
        let number = is(schema, "number") || is(schema, "integer");
        match (matcher, argument) {
            ("min" | "max", Value::Number(bound)) if number => {
                self.range(&path, schema, bound.as_f64().unwrap_or_default());
            }
            ("min" | "max", Value::Number(_)) => {
                let message = format!(
                    "`{matcher}` compares numbers, and the value is {}",
                    type_name(schema)
                );
                self.report(&path, matcher, message);
            }
            ("min" | "max", _) => {
                let message = format!("`{matcher}` needs a number");
                self.report(&path, matcher, message);
            }
            ("absent", Value::Bool(_)) => {}
            ("any_of", Value::Array(choices)) => {
                for (index, choice) in choices.iter().enumerate() {
                    self.expected(format!("{path}[{index}]"), schema, choice);
                }
            }
            ("any_of", _) => self.report(&path, matcher, "`any_of` needs a list".to_owned()),
            ("first", one) if is(schema, "array") => self.item(path, schema, one),
            ("contains" | "absent", Value::Array(all)) => {
                for (index, one) in all.iter().enumerate() {
                    self.matcher(format!("{path}[{index}]"), schema, matcher, one);
                }
            }
            ("contains" | "absent", one) if is(schema, "array") => self.item(path, schema, one),
            ("contains" | "absent", Value::String(key)) if is(schema, "object") => {
                if property(schema, key).is_none() {
                    self.unknown_key(&path, schema, key, &[]);
                }
            }
            ("contains" | "absent", Value::String(_)) if is(schema, "string") => {}
            (matcher, _) => {
                let message = format!(
                    "`{matcher}` does not apply here: the value is {}",
                    type_name(schema)
                );
                self.report(&path, matcher, message);
            }
        }
    }

    fn item(&mut self, path: String, schema: &Value, one: &Value) {
        if let Some(items) = schema.get("items") {
            self.expected(path, items, one);
        }
    }

    /// A plain word for an object with that name, code or kind.
    fn entry_name(&mut self, path: &str, schema: &Value, text: &str) {
        let named: Vec<&Value> = ["name", "code", "kind"]
            .iter()
            .filter_map(|key| schema["properties"].get(*key))
            .collect();
        match named.as_slice() {
            [] => {
                let message = "a plain word cannot match an entry without name, code or kind";
                self.report(path, text, message.to_owned());
            }
            [one] => self.text(path, one, text, true),
            _ => {}
        }
    }

    fn text(&mut self, path: &str, schema: &Value, text: &str, with_names: bool) {
        if let Some(codes) = schema.get("enum").and_then(Value::as_array) {
            let codes: Vec<String> = codes
                .iter()
                .filter_map(|code| code.as_str().map(str::to_owned))
                .collect();
            let is_known = |code: &String| code == text;
            if !codes.iter().any(is_known) && !self.names.codes.iter().any(is_known) {
                let message = format!("unknown code {text:?}; {}", suggest(text, "codes", &codes));
                self.report(path, text, message);
            }
            return;
        }
        if schema["format"] == "patchbay-duration"
            && let Err(error) = text.parse::<Seconds>()
        {
            self.report(path, text, error.to_string());
        }
        if let Some(kind) = schema.get("x-patchbay-name").and_then(Value::as_str)
            && with_names
            && let Some(problem) = self.names.problem(kind, text)
        {
            self.report(path, text, problem);
        }
    }

    /// A bound outside the range of the value matches always or never.
    fn range(&mut self, path: &str, schema: &Value, value: f64) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        let is_below = bound("minimum").is_some_and(|least| value < least);
        let is_above = bound("maximum").is_some_and(|most| value > most);
        if is_below || is_above {
            let least = bound("minimum").unwrap_or(f64::NEG_INFINITY);
            let range = match bound("maximum") {
                Some(most) => format!("{least} to {most}"),
                None => format!("at least {least}"),
            };
            let message = format!("{value} is out of range; the value is {range}");
            self.report(path, &value.to_string(), message);
        }
    }

    fn type_mismatch(&mut self, path: &str, schema: &Value, expected: &Value, given: &str) {
        if schema.get("type").is_none() {
            return;
        }
        let hint = match schema["format"].as_str() {
            Some("patchbay-duration") => "; write a duration such as \"2m\"",
            _ => "",
        };
        let message = format!(
            "expects {given}, and the value is {}{hint}",
            type_name(schema)
        );
        let word = expected
            .as_str()
            .map_or_else(|| expected.to_string(), str::to_owned);
        self.report(path, &word, message);
    }

    fn unknown_key(&mut self, path: &str, schema: &Value, name: &str, matchers: &[&str]) {
        let keys = schema.get("properties").and_then(Value::as_object);
        let known: BTreeSet<&str> = keys
            .into_iter()
            .flat_map(|keys| keys.keys().map(String::as_str))
            .chain(matchers.iter().copied())
            .collect();
        let mut known: Vec<String> = known.into_iter().map(str::to_owned).collect();
        if is_step(path) {
            known.push("expect".to_owned());
        }
        let is_scalar = keys.is_none() && !matchers.is_empty();
        let what = match is_scalar {
            true => "matchers",
            false => "keys",
        };
        let message = match is_scalar {
            true => format!("unknown matcher {name:?}; {}", suggest(name, what, &known)),
            false => format!("unknown key {name:?}; {}", suggest(name, what, &known)),
        };
        self.report(path, name, message);
    }
}

fn is_step(path: &str) -> bool {
    path.strip_prefix("steps[")
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// The schema of a key; `None` for an unknown key.
fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    const ANY: &Value = &Value::Bool(true);
    match schema.get("properties") {
        Some(properties) => properties.get(name),
        None => match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => None,
            Some(values) => Some(values),
            None if is(schema, "object") => Some(ANY),
            None => None,
        },
    }
}

/// Whether a value of this schema can have a type. A schema without a type takes any.
fn is(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        None => true,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        Some(one) => one == kind,
    }
}

fn type_name(schema: &Value) -> &'static str {
    for (kind, name) in [
        ("object", "an object"),
        ("array", "a list"),
        ("string", "a text"),
        ("boolean", "true or false"),
    ] {
        if is(schema, kind) {
            return name;
        }
    }
    "a number"
}

#[cfg(test)]
mod tests;
