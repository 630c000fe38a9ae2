//! The walk through a delivery: `{object, entry: [{id, changes: [{field, value}]}]}`.

use patchbay_adapter::Item;
use patchbay_adapter::field::Fields;
use serde_json::Value;

use patchbay_adapter::document;

/// The items of a sequence, made one by one.
pub(crate) type Items<'a> = Box<dyn Iterator<Item = Item> + 'a>;

/// A sequence of one item.
pub(crate) fn one<'a>(item: Item) -> Items<'a> {
    Box::new(std::iter::once(item))
}

/// A delivery about an object (`page`), or the item that says why it is none.
pub(crate) fn read(body: &[u8], object: &str) -> Result<Value, Box<Item>> {
    let problem = |place, reason| Err(Box::new(Item::undecodable(place, reason)));
    let document: Value = match document::parse(body) {
        Ok(document) => document,
        Err(reason) => return problem("$", reason),
    };
    match document.text(&["object"]) {
        Some(known) if known == object => Ok(document),
        Some(other) => Err(Box::new(Item::event(&["object", other]))),
        None => problem("object", "is missing".to_owned()),
    }
}

/// The items of a delivery, in order. `decode` gives those of an entry, by its place.
pub(crate) fn items<'a>(
    document: &'a Value,
    decode: impl Fn(String, &'a Value) -> Items<'a>,
) -> Vec<Item> {
    let entries = document.list("entry").iter().enumerate();
    let items = entries.flat_map(|(index, entry)| {
        let place = format!("entry[{index}]");
        match entry.is_object() {
            true => decode(place, entry),
            false => one(Item::undecodable(&place, "is not an object")),
        }
    });
    let mut items = Item::bounded(items);
    if items.is_empty() {
        items.push(Item::undecodable("entry", "has no changes"));
    }
    items
}

/// Field and value of a change, or the item where it has none or its field is not
/// one of those that are decoded.
pub(crate) fn read_change<'a>(
    place: &str,
    change: &'a Value,
    decoded: &[&str],
) -> Result<(&'a str, &'a Value), Box<Item>> {
    let missing = |name: &str| {
        let place = format!("{place}.{name}");
        Err(Box::new(Item::undecodable(&place, "is missing")))
    };
    let Some(field) = change.text(&["field"]) else {
        return missing("field");
    };
    if !decoded.contains(&field) {
        return Err(Box::new(Item::event(&[field])));
    }
    match change.get("value").filter(|value| value.is_object()) {
        Some(value) => Ok((field, value)),
        None => missing("value"),
    }
}
