//! Values that occurred in answers, by the name of their field, so that generated
//! requests name conversations, offers and tokens that exist.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use serde_json::{Value, json};

/// Most values of one name; a new one replaces the oldest.
const MOST: usize = 16;

/// Values that are valid from the beginning.
const FIRST: [(&str, &[&str]); 14] = [
    ("agent", &["ana", "bo"]),
    ("by", &["ana", "bo"]),
    ("owner", &["ana", "bo"]),
    ("assignee", &["ana"]),
    ("queue", &["general", "tax"]),
    ("channel", &["chat", "x", "email", "whatsapp"]),
    ("address", &["1", "@jo", "jo@example.org"]),
    ("company", &["northwind"]),
    ("name", &["olga", "a.db"]),
    ("expires_in", &["1d", "30m"]),
    ("plugin", &["care"]),
    ("share", &["5%"]),
    ("since", &["24h"]),
    ("reason", &["a test"]),
];

/// Values by the name of their field.
pub(super) struct KnownValues(BTreeMap<String, VecDeque<Value>>);

impl KnownValues {
    pub(super) fn new() -> KnownValues {
        let first = FIRST.iter().map(|(name, values)| {
            let values = values.iter().map(|value| json!(value));
            ((*name).to_owned(), values.collect())
        });
        KnownValues(first.collect())
    }

    /// The values of a field of this name.
    pub(super) fn of(&self, name: &str) -> Option<&VecDeque<Value>> {
        self.0.get(name)
    }

    /// Adds the texts and numbers of an answer to a request of this path.
    pub(super) fn add_answer(&mut self, template: &str, body: &Value) {
        let mut segments = template.split('/').rev();
        let thing = segments.find(|segment| !segment.starts_with('{'));
        self.add_all(singular(thing.unwrap_or_default()), body);
    }

    /// Adds the fields of an object; its `id` is known by what the object is.
    fn add_all(&mut self, thing: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let name = match name.as_str() {
                        "id" | "number" | "key" => thing,
                        other => singular(other),
                    };
                    self.add_all(name, field);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_all(thing, item)),
            Value::String(_) | Value::Number(_) => {
                let known = self.0.entry(thing.to_owned()).or_default();
                if !known.contains(value) {
                    known.push_back(value.clone());
                    if known.len() > MOST {
                        known.pop_front();
                    }
                }
            }
            _ => {}
        }
    }
}

/// The name of one of several things.
fn singular(name: &str) -> &str {
    match name {
        "replies" => "reply",
        "status" | "address" | "alias" => name,
        other => other.strip_suffix('s').unwrap_or(other),
    }
}

#[test]
fn an_id_is_known_by_what_it_is_the_id_of() {
    let mut known = KnownValues::new();
    let list = json!({"offers": [{"id": 7, "conversation": "c1"}], "next": null});
    known.add_answer("/v1/companies/{company}/agents/{agent}/offers", &list);
    known.add_answer(
        "/v1/companies/{company}/conversations/{conversation}",
        &json!({"id": "c2"}),
    );
    assert_eq!(known.of("offer"), Some(&VecDeque::from([json!(7)])));
    let conversations = VecDeque::from([json!("c1"), json!("c2")]);
    assert_eq!(known.of("conversation"), Some(&conversations));
    assert_eq!(known.of("next"), None);
}
