//! Comparing what was answered with what is answered again.

use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{RecordedPart, Replayed};
use crate::plugin::Again;

/// One field that is not the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where, such as `intents[0].confidence`; empty: the whole.
    pub field: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Value>,
    /// What it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Value>,
}

/// The one text a document has, whatever order its fields were written in:
/// keys sorted, nothing between tokens. What is promised to be the same bytes
/// is this text of an answer.
pub fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut pairs: Vec<_> = fields.iter().collect();
            pairs.sort_by_key(|(name, _)| *name);
            let fields = pairs.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name.clone(), sorted(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
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
            let only_now = |was: &Map<String, Value>, name: &str| !was.contains_key(name);
            for (name, value) in is.iter().filter(|(name, _)| only_now(was, name)) {
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
        (was, is) => found.push(Difference {
            field,
            recorded: was.cloned(),
            replayed: is.cloned(),
        }),
    }
}

/// A part and the same part again.
pub(super) fn part(recorded: &RecordedPart, again: &Again) -> Replayed {
    let mut all = Vec::new();
    // What the host refused it refuses for what the record does not hold.
    if !recorded.was_refused() {
        let was = said(&recorded.ended());
        let is = said(&again.outcome);
        all.extend(differences(Some(&was), Some(&is)));
    }
    let was = recorded.answer.as_ref();
    let is = again.answer.as_ref();
    all.extend(differences(was, is));
    match all.is_empty() {
        true => Replayed::Same,
        false => Replayed::Different { differences: all },
    }
}

/// What of an outcome has to be the same: a backtrace may name other places.
fn said(outcome: &Outcome) -> Value {
    let mut said = Map::new();
    said.insert("outcome".to_owned(), outcome.kind.as_str().into());
    let words = match outcome.kind {
        OutcomeKind::Failed | OutcomeKind::Denied => &outcome.detail,
        _ => &None,
    };
    if let Some(words) = words {
        said.insert("detail".to_owned(), words.as_str().into());
    }
    Value::Object(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_is_no_difference() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":{"c":0.1,"d":[]}}"#).expect("JSON");
        let other: Value = serde_json::from_str(r#"{"b":{"d":[],"c":0.1},"a":1}"#).expect("JSON");
        assert_eq!(canonical(&one), canonical(&other));
        assert_eq!(differences(Some(&one), Some(&other)), []);
    }

    #[test]
    fn each_field_that_differs_is_named() {
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
