//! Deliveries in which one list is very long.

use std::collections::BTreeMap;

use serde_json::Value;

/// Length of the list.
const LENGTH: usize = 12_000;
/// Most bytes of a body, below the limit of every scheme.
const BYTES: usize = 1_000_000;

/// For every list of the documents, by its place without indexes, the first document
/// with the list repeated.
pub(super) fn amplified(documents: impl Iterator<Item = Value>) -> Vec<(String, Value)> {
    let mut found = BTreeMap::new();
    for document in documents {
        let mut lists = Vec::new();
        find_lists(&document, "", "", &mut lists);
        for (place, pointer) in lists {
            found
                .entry(place)
                .or_insert_with(|| with_long_list(document.clone(), &pointer));
        }
    }
    found.into_iter().collect()
}

/// The lists with items: the place without indexes, and the JSON pointer.
fn find_lists(value: &Value, place: &str, pointer: &str, lists: &mut Vec<(String, String)>) {
    match value {
        Value::Array(items) => {
            if !items.is_empty() {
                lists.push((place.to_owned(), pointer.to_owned()));
            }
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                find_lists(item, &format!("{place}/*"), &pointer, lists);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                let pointer = format!("{pointer}/{name}");
                find_lists(field, &format!("{place}/{name}"), &pointer, lists);
            }
        }
        _ => {}
    }
}

fn with_long_list(mut document: Value, pointer: &str) -> Value {
    if let Some(Value::Array(items)) = document.pointer_mut(pointer) {
        let bytes = Value::Array(items.clone()).to_string().len();
        let length = LENGTH.min(BYTES / bytes * items.len());
        *items = items.iter().cycle().take(length).cloned().collect();
    }
    document
}
