//! Compares a decision with what a case expects. Fields the case does not name are ignored.

use patchbay_document_schema::MATCHERS;
use serde::Serialize;
use serde_json::{Map, Value};

/// A field that is not as the case expects.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mismatch {
    /// Path in the decision: `route.steps[0].skills`.
    pub path: String,
    /// What the case expects, as JSON or as `matcher argument`.
    pub expected: String,
    /// The value found; absent where there is none.
    pub found: Option<Value>,
}

/// Every field of `found` that is not as `expected` says.
pub fn compare(expected: &Value, found: Option<&Value>) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    walk("", expected, found, &mut mismatches);
    mismatches
}

fn walk(path: &str, expected: &Value, found: Option<&Value>, out: &mut Vec<Mismatch>) {
    match (expected, found) {
        (Value::Object(matchers), _) if is_matcher(matchers) => {
            for (matcher, argument) in matchers {
                if !holds(matcher, argument, found) {
                    report(path, format!("{matcher} {argument}"), found, out);
                }
            }
        }
        (Value::Object(wanted), Some(Value::Object(fields))) => {
            for (name, wanted) in wanted {
                let field = fields.get(name).filter(|value| !value.is_null());
                match path {
                    "" => walk(name, wanted, field, out),
                    path => walk(&format!("{path}.{name}"), wanted, field, out),
                }
            }
        }
        (Value::Object(_), _) => report(path, "an object".to_owned(), found, out),
        (Value::Array(wanted), Some(Value::Array(items))) if items.len() == wanted.len() => {
            for (index, (wanted, item)) in wanted.iter().zip(items).enumerate() {
                walk(&format!("{path}[{index}]"), wanted, Some(item), out);
            }
        }
        (Value::Array(wanted), _) => {
            report(
                path,
                format!("{} entries: {expected}", wanted.len()),
                found,
                out,
            );
        }
        (Value::Null, None) => {}
        (expected, Some(found)) if is_equal(expected, found) => {}
        _ => report(path, expected.to_string(), found, out),
    }
}

fn is_matcher(wanted: &Map<String, Value>) -> bool {
    !wanted.is_empty() && wanted.keys().all(|key| MATCHERS.contains(&key.as_str()))
}

fn holds(matcher: &str, argument: &Value, found: Option<&Value>) -> bool {
    let numbers = || found.and_then(Value::as_f64).zip(argument.as_f64());
    let items = found.and_then(Value::as_array);
    match matcher {
        "min" => numbers().is_some_and(|(found, least)| found >= least),
        "max" => numbers().is_some_and(|(found, most)| found <= most),
        "first" => items
            .and_then(|items| items.first())
            .is_some_and(|first| fits(argument, first)),
        "contains" => contains(argument, found),
        "absent" => match argument {
            Value::Bool(absent) => {
                let is_empty = items.is_some_and(Vec::is_empty);
                (found.is_none_or(Value::is_null) || is_empty) == *absent
            }
            _ => !contains(argument, found),
        },
        _ => argument.as_array().is_some_and(|choices| {
            found.is_some_and(|found| choices.iter().any(|choice| fits(choice, found)))
        }),
    }
}

fn report(path: &str, expected: String, found: Option<&Value>, out: &mut Vec<Mismatch>) {
    out.push(Mismatch {
        path: path.to_owned(),
        expected,
        found: found.cloned(),
    });
}

/// Whether a list has an entry, a text a part, or an object a key; of a list of arguments every
/// one must hold.
fn contains(argument: &Value, found: Option<&Value>) -> bool {
    match (found, argument) {
        (_, Value::Array(all)) => all.iter().all(|one| contains(one, found)),
        (Some(Value::Array(items)), one) => items.iter().any(|item| fits(one, item)),
        (Some(Value::String(text)), Value::String(part)) => text.contains(part.as_str()),
        (Some(Value::Object(fields)), Value::String(key)) => fields.contains_key(key),
        _ => false,
    }
}

/// Whether a value matches a pattern; a text matches an object by its name, code or kind.
fn fits(pattern: &Value, found: &Value) -> bool {
    match (pattern, found) {
        (Value::String(_), Value::Object(fields)) => ["name", "code", "kind"]
            .iter()
            .any(|key| fields.get(*key) == Some(pattern)),
        _ => compare(pattern, Some(found)).is_empty(),
    }
}

fn is_equal(expected: &Value, found: &Value) -> bool {
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

    fn matches(expected: Value) -> bool {
        compare(&expected, Some(&found())).is_empty()
    }

    #[test]
    fn fields_the_case_does_not_name_are_ignored() {
        assert!(matches(json!({"outcome": "ok"})));
        assert!(matches(json!({"classification": {"urgency": 90}})));
        assert!(!matches(json!({"classification": {"urgency": 91}})));
    }

    #[test]
    fn matchers_hold_or_do_not() {
        let rows = json!([
            ["urgency", {"min": 80}, {"min": 91}],
            ["urgency", {"min": 80, "max": 95}, {"min": 80, "max": 85}],
            ["intents", {"first": "card-lost"}, {"first": "fraud"}],
            ["intents", {"contains": "fraud"}, {"contains": "refund"}],
            ["intents", {"contains": ["fraud", "card-lost"]}, {"contains": ["fraud", "refund"]}],
            ["intents", {"absent": "refund"}, {"absent": "fraud"}],
            ["language", {"absent": true}, {"absent": false}],
            ["urgency", {"any_of": [1, 90]}, {"any_of": [1, 2]}],
            ["intents", {"contains": {"name": "fraud", "confidence": {"max": 0.5}}},
                {"contains": {"name": "fraud", "confidence": {"min": 0.5}}}],
        ]);
        for row in rows.as_array().expect("rows") {
            let field = row[0].as_str().expect("a field");
            assert!(matches(json!({"classification": {field: row[1]}})), "{row}");
            assert!(
                !matches(json!({"classification": {field: row[2]}})),
                "{row}"
            );
        }
    }

    #[test]
    fn a_mismatch_has_path_and_value() {
        let mismatches = compare(
            &json!({"classification": {"intents": [{"name": "x"}, {}]}}),
            Some(&found()),
        );
        assert_eq!(mismatches.len(), 1);
        assert_eq!(mismatches[0].path, "classification.intents[0].name");
        assert_eq!(mismatches[0].found, Some(json!("card-lost")));
    }

    #[test]
    fn an_absent_field_matches_no_value() {
        assert!(!matches(json!({"route": {"priority": {"min": 0}}})));
    }
}
