//! What a case expects, compared with an answer: what is named must match, the
//! rest is ignored. The same rules as `patchbay test` has.

use serde_json::{Map, Value};

const MATCHERS: [&str; 6] = ["min", "max", "first", "contains", "absent", "any_of"];

/// Whether an answer is as expected.
pub(crate) fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(wanted), _) if is_matcher(wanted) => wanted
            .iter()
            .all(|(matcher, argument)| holds(matcher, argument, found)),
        (Value::Object(wanted), _) => wanted
            .iter()
            .all(|(name, wanted)| fits(wanted, found.get(name).unwrap_or(&Value::Null))),
        (Value::Array(wanted), Value::Array(items)) => {
            wanted.len() == items.len()
                && wanted
                    .iter()
                    .zip(items)
                    .all(|(wanted, item)| fits(wanted, item))
        }
        (Value::String(name), Value::Object(fields)) => ["name", "code", "kind"]
            .iter()
            .any(|key| fields.get(*key).and_then(Value::as_str) == Some(name)),
        (Value::Number(wanted), Value::Number(number)) => wanted.as_f64() == number.as_f64(),
        _ => expected == found,
    }
}

fn is_matcher(wanted: &Map<String, Value>) -> bool {
    !wanted.is_empty() && wanted.keys().all(|key| MATCHERS.contains(&key.as_str()))
}

fn holds(matcher: &str, argument: &Value, found: &Value) -> bool {
    let number = found.as_f64().zip(argument.as_f64());
    match matcher {
        "min" => number.is_some_and(|(found, least)| found >= least),
        "max" => number.is_some_and(|(found, most)| found <= most),
        "first" => found.get(0).is_some_and(|first| fits(argument, first)),
        "contains" => contains(argument, found),
        "absent" => match argument {
            Value::Bool(absent) => {
                (found.is_null() || found.as_array().is_some_and(Vec::is_empty)) == *absent
            }
            one => !contains(one, found),
        },
        _ => argument
            .as_array()
            .is_some_and(|choices| choices.iter().any(|choice| fits(choice, found))),
    }
}

fn contains(argument: &Value, found: &Value) -> bool {
    match (argument, found) {
        (Value::Array(all), _) => all.iter().all(|one| contains(one, found)),
        (one, Value::Array(items)) => items.iter().any(|item| fits(one, item)),
        (Value::String(part), Value::String(text)) => text.contains(part.as_str()),
        (Value::String(key), Value::Object(fields)) => fields.contains_key(key),
        _ => false,
    }
}
