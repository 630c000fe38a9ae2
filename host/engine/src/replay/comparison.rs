use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Path of the field, such as `intents[0].confidence`; empty: the whole.
    pub field: String,
    /// Its value in the record; absent where the record lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Value>,
    /// Its value now; absent where the other lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Value>,
}

/// JSON with sorted keys and without whitespace. Two answers are "the same
/// bytes" if these texts are equal.
pub fn canonical(value: &Value) -> String {
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    sorted.to_string()
}

/// Every field in which two documents differ.
pub fn differences(recorded: Option<&Value>, replayed: Option<&Value>) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(String::new(), recorded, replayed, &mut found);
    found
}

fn walk(
    field: String,
    recorded: Option<&Value>,
    replayed: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    let below = |name: &str| match field.as_str() {
        "" => name.to_owned(),
        field => format!("{field}.{name}"),
    };
    match (recorded, replayed) {
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            for (name, value) in was {
                walk(below(name), Some(value), is.get(name), found);
            }
            for (name, value) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
                walk(below(name), None, Some(value), found);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) => {
            for index in 0..was.len().max(is.len()) {
                let field = format!("{field}[{index}]");
                walk(field, was.get(index), is.get(index), found);
            }
        }
        (was, is) if was.map(canonical) == is.map(canonical) => {}
        (Some(was), None) if is_absent_score(&field, was) => {}
        (was, is) => found.push(Difference {
            field,
            recorded: was.cloned(),
            replayed: is.cloned(),
        }),
    }
}

/// Whether a recorded value stands for an absent score: earlier versions recorded
/// 0 where a policy gave none.
fn is_absent_score(field: &str, recorded: &Value) -> bool {
    let name = field.rsplit('.').next().unwrap_or(field);
    matches!(name, "sentiment" | "spam" | "abuse") && recorded.as_f64() == Some(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":{"c":0.1,"d":[]}}"#).expect("JSON");
        let other: Value = serde_json::from_str(r#"{"b":{"d":[],"c":0.1},"a":1}"#).expect("JSON");
        assert_eq!(canonical(&one), canonical(&other));
        assert_eq!(differences(Some(&one), Some(&other)), []);
    }

    #[test]
    fn a_zero_recorded_for_an_absent_score_is_no_difference() {
        let recorded = json!({"spam": 0.0, "abuse": 0.2, "urgency": 0});
        let found = differences(Some(&recorded), Some(&json!({})));
        let fields: Vec<_> = found.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["abuse", "urgency"]);
        assert_eq!(differences(Some(&json!({})), Some(&recorded)).len(), 3);
    }

    #[test]
    fn each_difference_names_its_field() {
        let was = json!({"intents": [{"name": "a", "confidence": 0.5}], "why": "x"});
        let is =
            json!({"intents": [{"name": "b", "confidence": 0.5}, {"name": "c"}], "urgency": 1});
        let fields: Vec<_> = differences(Some(&was), Some(&is))
            .into_iter()
            .map(|difference| difference.field)
            .collect();
        assert_eq!(fields, ["intents[0].name", "intents[1]", "why", "urgency"]);
    }
}
