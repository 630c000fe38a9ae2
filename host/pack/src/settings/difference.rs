//! The first difference between a schema file and the schema of a settings type.

use std::collections::BTreeSet;

use serde_json::Value;

use super::SettingsSchema;

/// Characters of a value that are shown.
const SHOWN: usize = 60;

impl SettingsSchema {
    /// The first difference from the schema of a settings type: the place, and the value in this
    /// schema and in that one. The order of keys does not matter. `None` where they are equal, or
    /// `of_type` is no JSON.
    pub fn difference(&self, of_type: &str) -> Option<String> {
        let of_type: Value = serde_json::from_str(of_type).ok()?;
        let (place, file, of_type) = first(String::new(), Some(&self.schema), Some(&of_type))?;
        let place = match place.as_str() {
            "" => "/",
            place => place,
        };
        let shown = |value: Option<&Value>| value.map_or("absent".to_owned(), shorten);
        let (file, of_type) = (shown(file), shown(of_type));
        Some(format!(
            "{place} is {file} in the file and {of_type} in the settings type"
        ))
    }
}

type Found<'a> = (String, Option<&'a Value>, Option<&'a Value>);

fn first<'a>(place: String, one: Option<&'a Value>, other: Option<&'a Value>) -> Option<Found<'a>> {
    if let (Some(Value::Object(one)), Some(Value::Object(other))) = (one, other) {
        let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        return keys
            .into_iter()
            .find_map(|key| first(format!("{place}/{key}"), one.get(key), other.get(key)));
    }
    (one != other).then_some((place, one, other))
}

fn shorten(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_changed_in_the_type_is_named_with_both_values() {
        let file = r#"{"type":"object","properties":{"reach":{"default":10000}}}"#;
        let schema = SettingsSchema::parse(file).expect("a schema");
        assert_eq!(schema.difference(file), None);
        let reordered = r#"{"properties":{"reach":{"default":10000}},"type":"object"}"#;
        assert_eq!(schema.difference(reordered), None);
        let difference = schema.difference(&file.replace("10000", "20000"));
        assert_eq!(
            difference.as_deref(),
            Some("/properties/reach/default is 10000 in the file and 20000 in the settings type")
        );
    }
}
