//! The lists of an export, wherever they stand.

use serde_json::{Map, Value};

use crate::{Construct, ImportError};

/// The lists, each entry with its JSON Pointer.
#[derive(Debug, Default)]
pub(super) struct Export<'a> {
    pub(super) rules: List<'a>,
    pub(super) agents: List<'a>,
    pub(super) teams: List<'a>,
    pub(super) inboxes: List<'a>,
    pub(super) attributes: List<'a>,
}

pub(super) type List<'a> = Vec<(String, &'a Map<String, Value>)>;

impl<'a> Export<'a> {
    pub(super) fn read(
        document: &'a Value,
        unsupported: &mut Vec<Construct>,
    ) -> Result<Self, ImportError> {
        let mut export = Self::default();
        let parts = match document {
            Value::Object(parts) if parts.contains_key("automation_rules") => parts,
            rules => {
                export.rules = list("", rules, unsupported).ok_or_else(no_export)?;
                return Ok(export);
            }
        };
        for (name, part) in parts {
            let path = format!("/{name}");
            let place = match name.as_str() {
                "automation_rules" => &mut export.rules,
                "agents" => &mut export.agents,
                "teams" => &mut export.teams,
                "inboxes" => &mut export.inboxes,
                "custom_attribute_definitions" => &mut export.attributes,
                _ => {
                    unsupported.push(Construct::new(
                        path,
                        "this part is not read; the parts are automation_rules, agents, teams, inboxes and \
                         custom_attribute_definitions",
                    ));
                    continue;
                }
            };
            match list(&path, part, unsupported) {
                Some(entries) => *place = entries,
                None => unsupported.push(Construct::new(path, "is not a list of objects")),
            }
        }
        Ok(export)
    }
}

/// A list as the API returns it: plain, or as `payload` of an object.
fn list<'a>(path: &str, value: &'a Value, unsupported: &mut Vec<Construct>) -> Option<List<'a>> {
    let (path, entries) = match value {
        Value::Array(entries) => (path.to_owned(), entries),
        Value::Object(object) => (
            format!("{path}/payload"),
            object.get("payload").and_then(Value::as_array)?,
        ),
        _ => return None,
    };
    let mut list = List::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("{path}/{index}");
        match entry.as_object() {
            Some(entry) => list.push((path, entry)),
            None => unsupported.push(Construct::new(path, "is not an object")),
        }
    }
    Some(list)
}

fn no_export() -> ImportError {
    ImportError::Document(
        "this is no export of automation rules: it must be what GET \
         /api/v1/accounts/{id}/automation_rules returns, or an object with `automation_rules`, `agents`, `teams`, \
         `inboxes` and `custom_attribute_definitions`"
            .to_owned(),
    )
}

/// A number or text of an entry, as a text.
pub(super) fn field(entry: &Map<String, Value>, name: &str) -> Option<String> {
    scalar(entry.get(name)?)
}

pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
