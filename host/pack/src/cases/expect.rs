//! Comparing a decision with what a case expects: what the case names must
//! match, the rest is ignored.

use serde::Serialize;
use serde_json::{Map, Value};

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mismatch {
    /// Where in the decision.
    pub path: String,
    /// What the case wants, in words.
    pub expected: String,
    /// What was found; absent where there is nothing.
    pub found: Option<Value>,
}

const MATCHERS: [&str; 6] = ["min", "max", "first", "contains", "absent", "any_of"];

/// Everything in `found` that is not as `expected` says.
pub fn compare(expected: &Value, found: Option<&Value>) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    walk("", expected, found, &mut mismatches);
    mismatches
}

fn walk(path: &str, expected: &Value, found: Option<&Value>, out: &mut Vec<Mismatch>) {
    match expected {
        Value::Object(wanted) if is_matcher(wanted) => {
            for (matcher, argument) in wanted {
                apply(path, matcher, argument, found, out);
            }
        }
        Value::Object(wanted) => match found {
            Some(Value::Object(fields)) => {
                for (name, wanted) in wanted {
                    let below = match path {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    walk(
                        &below,
                        wanted,
                        fields.get(name).filter(|value| !value.is_null()),
                        out,
                    );
                }
            }
            other => miss(path, "an object".to_owned(), other, out),
        },
        Value::Array(wanted) => match found {
            Some(Value::Array(items)) if items.len() == wanted.len() => {
                for (index, (wanted, item)) in wanted.iter().zip(items).enumerate() {
                    walk(&format!("{path}[{index}]"), wanted, Some(item), out);
                }
            }
            other => miss(
                path,
                format!("{} entries: {expected}", wanted.len()),
                other,
                out,
            ),
        },
        Value::Null if found.is_none() => {}
        expected => {
            if !found.is_some_and(|found| same(expected, found)) {
                miss(path, expected.to_string(), found, out);
            }
        }
    }
}

fn is_matcher(wanted: &Map<String, Value>) -> bool {
    !wanted.is_empty() && wanted.keys().all(|key| MATCHERS.contains(&key.as_str()))
}

fn apply(
    path: &str,
    matcher: &str,
    argument: &Value,
    found: Option<&Value>,
    out: &mut Vec<Mismatch>,
) {
    let holds = match matcher {
        "min" => number(found)
            .zip(argument.as_f64())
            .is_some_and(|(found, least)| found >= least),
        "max" => number(found)
            .zip(argument.as_f64())
            .is_some_and(|(found, most)| found <= most),
        "first" => first(found).is_some_and(|first| fits(argument, first)),
        "contains" => contains(argument, found),
        "absent" => match argument {
            Value::Bool(absent) => is_nothing(found) == *absent,
            _ => !contains(argument, found),
        },
        _ => argument.as_array().is_some_and(|choices| {
            choices
                .iter()
                .any(|choice| found.is_some_and(|found| fits(choice, found)))
        }),
    };
    if !holds {
        miss(path, format!("{matcher} {argument}"), found, out);
    }
}

fn miss(path: &str, expected: String, found: Option<&Value>, out: &mut Vec<Mismatch>) {
    out.push(Mismatch {
        path: path.to_owned(),
        expected,
        found: found.cloned(),
    });
}

fn number(found: Option<&Value>) -> Option<f64> {
    found.and_then(Value::as_f64)
}

fn first(found: Option<&Value>) -> Option<&Value> {
    found
        .and_then(Value::as_array)
        .and_then(|items| items.first())
}

fn is_nothing(found: Option<&Value>) -> bool {
    match found {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

/// Whether a list holds something, or a text contains another; several are
/// asked for as a list.
fn contains(argument: &Value, found: Option<&Value>) -> bool {
    if let Value::Array(all) = argument {
        return all.iter().all(|one| contains(one, found));
    }
    match (found, argument) {
        (Some(Value::Array(items)), one) => items.iter().any(|item| fits(one, item)),
        (Some(Value::String(text)), Value::String(part)) => text.contains(part.as_str()),
        (Some(Value::Object(fields)), Value::String(key)) => fields.contains_key(key),
        _ => false,
    }
}

/// Whether something is as a pattern says; a word stands for whatever bears it
/// as its name, code or kind.
fn fits(pattern: &Value, found: &Value) -> bool {
    if let (Value::String(_), Value::Object(fields)) = (pattern, found) {
        return ["name", "code", "kind"]
            .iter()
            .any(|key| fields.get(*key) == Some(pattern));
    }
    compare(pattern, Some(found)).is_empty()
}

fn same(expected: &Value, found: &Value) -> bool {
    match (expected.as_f64(), found.as_f64()) {
        (Some(expected), Some(found)) => (expected - found).abs() < 1e-9,
        _ => expected == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found() -> Value {
        json!({
            "outcome": "ok",
            "classification": {
                "intents": [{"name": "card-lost", "confidence": 0.93}, {"name": "fraud", "confidence": 0.2}],
                "urgency": 90, "topics": ["payments"], "language": null
            }
        })
    }

    fn holds(expected: Value) -> bool {
        compare(&expected, Some(&found())).is_empty()
    }

    #[test]
    fn what_is_not_named_is_ignored() {
        assert!(holds(json!({"outcome": "ok"})));
        assert!(holds(json!({"classification": {"urgency": 90}})));
        assert!(!holds(json!({"classification": {"urgency": 91}})));
    }

    #[test]
    fn matchers_hold_or_do_not() {
        for (matcher, holding, failing) in [
            ("urgency", json!({"min": 80}), json!({"min": 91})),
            (
                "urgency",
                json!({"min": 80, "max": 95}),
                json!({"min": 80, "max": 85}),
            ),
            (
                "intents",
                json!({"first": "card-lost"}),
                json!({"first": "fraud"}),
            ),
            (
                "intents",
                json!({"contains": "fraud"}),
                json!({"contains": "refund"}),
            ),
            (
                "intents",
                json!({"contains": ["fraud", "card-lost"]}),
                json!({"contains": ["fraud", "refund"]}),
            ),
            (
                "intents",
                json!({"absent": "refund"}),
                json!({"absent": "fraud"}),
            ),
            (
                "language",
                json!({"absent": true}),
                json!({"absent": false}),
            ),
            (
                "urgency",
                json!({"any_of": [1, 90]}),
                json!({"any_of": [1, 2]}),
            ),
            (
                "intents",
                json!({"contains": {"name": "fraud", "confidence": {"max": 0.5}}}),
                json!({"contains": {"name": "fraud", "confidence": {"min": 0.5}}}),
            ),
        ] {
            assert!(
                holds(json!({"classification": {matcher: holding.clone()}})),
                "{holding}"
            );
            assert!(
                !holds(json!({"classification": {matcher: failing.clone()}})),
                "{failing}"
            );
        }
    }

    #[test]
    fn a_mismatch_says_where_and_what() {
        let mismatches = compare(
            &json!({"classification": {"intents": [{"name": "x"}, {}]}}),
            Some(&found()),
        );
        assert_eq!(mismatches.len(), 1);
        assert_eq!(mismatches[0].path, "classification.intents[0].name");
        assert_eq!(mismatches[0].found, Some(json!("card-lost")));
    }

    #[test]
    fn something_absent_does_not_match_a_value() {
        assert!(!holds(json!({"route": {"priority": {"min": 0}}})));
    }
}
