//! The named schemas of decisions and requests, as components of an OpenAPI document.

use serde_json::{Map, Value, json};

use super::{OPEN, decision, request, without_null};

/// Adds the schemas of decisions, requests and their parts to the schemas of an OpenAPI document.
/// Those it has under the same name stay.
pub fn add_components(schemas: &mut Map<String, Value>) {
    for root in [decision::schema(), request::decide(), request::tone()] {
        reference(root, schemas);
    }
    // The API stores unknown fields of an interaction as attributes.
    if let Some(Value::Object(interaction)) = schemas.get_mut("Interaction") {
        interaction.remove("additionalProperties");
        let description =
            "A message, post, call or mention. Unknown fields are stored as attributes";
        interaction.insert("description".to_owned(), description.into());
    }
}

/// A schema with references to the components it has, which are added.
fn reference(mut schema: Value, schemas: &mut Map<String, Value>) -> Value {
    let is_optional = schema["type"].is_array();
    let Some(Value::String(name)) = schema.as_object_mut().and_then(|it| it.remove("title")) else {
        return parts(schema, schemas);
    };
    let description = schema["description"].clone();
    if !schemas.contains_key(&name) {
        let component = parts(without_null(schema), schemas);
        schemas.insert(name.clone(), component);
    }
    let mut reference = json!({"$ref": format!("#/components/schemas/{name}")});
    if schemas[&name]["description"] != description {
        reference["description"] = description;
    }
    match is_optional {
        true => json!({"oneOf": [reference, {"type": "null"}]}),
        false => reference,
    }
}

/// A schema whose parts refer to components.
fn parts(mut schema: Value, schemas: &mut Map<String, Value>) -> Value {
    let Some(fields) = schema.as_object_mut() else {
        return schema;
    };
    // Of interest to the reader of cases only.
    fields.remove("x-patchbay-name");
    if fields.remove(OPEN).is_some() {
        open(fields);
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        for property in properties.values_mut() {
            *property = reference(property.take(), schemas);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(part) = fields.get_mut(key) {
            *part = reference(part.take(), schemas);
        }
    }
    schema
}

/// Lets a program read what later versions of the host add to a set.
fn open(schema: &mut Map<String, Value>) {
    schema.remove("additionalProperties");
    let Some(Value::Array(codes)) = schema.remove("enum") else {
        return;
    };
    let codes = codes.iter().filter_map(Value::as_str);
    let codes: Vec<String> = codes.map(|code| format!("`{code}`")).collect();
    let description = schema["description"].as_str().unwrap_or_default();
    let description = format!(
        "{description}: {}; later versions add codes",
        codes.join(", ")
    );
    schema.insert("description".to_owned(), description.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_names_a_component_and_no_name_is_left() {
        let mut schemas = Map::new();
        add_components(&mut schemas);
        let text = Value::Object(schemas.clone()).to_string();
        assert!(!text.contains("\"title\"") && !text.contains("x-patchbay-name"));
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            assert!(schemas.contains_key(name), "{name}");
        }
        assert!(schemas.len() > 30, "{}", schemas.len());
    }

    #[test]
    fn a_component_that_may_be_absent_is_one_of_it_and_null() {
        let mut schemas = Map::new();
        add_components(&mut schemas);
        let route = &schemas["Decision"]["properties"]["route"];
        let expected = json!({"$ref": "#/components/schemas/RoutePlan"});
        assert_eq!(*route, json!({"oneOf": [expected, {"type": "null"}]}));
        assert_eq!(schemas["RoutePlan"]["type"], "object");
    }

    #[test]
    fn a_set_that_later_versions_extend_is_open() {
        let mut schemas = Map::new();
        add_components(&mut schemas);
        let kind = &schemas["RouteTarget"]["properties"]["kind"];
        assert_eq!(kind.get("enum"), None);
        let description = kind["description"].as_str().expect("a description");
        assert!(description.contains("`queue`, `agent`"), "{description}");
        let verdict = &schemas["Verdict"]["enum"];
        assert!(verdict.is_array(), "closed sets stay closed");
    }

    #[test]
    fn a_component_of_the_document_stays() {
        let own = json!({"type": "string"});
        let mut schemas = Map::from_iter([("Stage".to_owned(), own.clone())]);
        add_components(&mut schemas);
        assert_eq!(schemas["Stage"], own);
    }
}
