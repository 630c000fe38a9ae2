//! Settings that stand for a secret. A schema marks such a string with
//! `"x-patchbay-secret": true`, and a company file says where the secret is, as
//! `{ env = "NAME" }` or `{ file = "/run/secrets/name" }`.
//!
//! The policy gets the reference, as the text `env:NAME` or `file:/run/secrets/name`, and never the
//! secret: what a policy knows can get into its answers, its log and its stored state, and a replay
//! would need it. So neither settings nor journal, record, transcript or event hold a secret.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::pairs::{Reach, visit_pairs};
use super::{SchemaError, SettingsProblem, SettingsSchema, first};

/// Key of a schema that marks a string as a secret.
const MARK: &str = "x-patchbay-secret";
/// Keys of a schema that would hold the text of a secret.
const VALUES: [&str; 4] = ["default", "const", "enum", "examples"];
/// Keys of a schema whose parts apply otherwise than by their place.
const NAMES: [&str; 6] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveRef",
    "$id",
    "patternProperties",
];
/// Longest name of a variable or a file, in bytes.
const LONGEST: usize = 1_024;

/// What a setting that is a secret must look like.
const FORM: &str = "write where it is, as { env = \"NAME\" } or { file = \"/run/secrets/name\" }";

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// In an environment variable of the server.
    Variable(String),
    /// In a file of the server, by its absolute path.
    File(String),
}

impl SecretSource {
    /// Name of the variable or path of the file, as the server settings list it for a company.
    pub fn name(&self) -> &str {
        match self {
            SecretSource::Variable(name) | SecretSource::File(name) => name,
        }
    }

    /// The text that a policy gets.
    fn reference(&self) -> String {
        match self {
            SecretSource::Variable(name) => format!("env:{name}"),
            SecretSource::File(path) => format!("file:{path}"),
        }
    }

    /// Reads the table of a company file, or the text that a policy got: an exported case has it.
    ///
    /// # Errors
    /// What is wrong, without the value: it may be the secret.
    fn read(value: &Value) -> Result<SecretSource, String> {
        if let Value::String(text) = value {
            let variable = text.strip_prefix("env:").and_then(SecretSource::variable);
            let file = || text.strip_prefix("file:").and_then(SecretSource::file);
            return variable.or_else(file).ok_or_else(|| {
                format!("this setting is a secret, and settings are stored and shown; {FORM}")
            });
        }
        let table = value.as_object().filter(|table| table.len() == 1);
        let only = |key: &str| table.and_then(|table| table.get(key)?.as_str());
        if let Some(name) = only("env") {
            return SecretSource::variable(name).ok_or_else(|| {
                "`env` is no name of an environment variable; write one such as DESK_TOKEN"
                    .to_owned()
            });
        }
        if let Some(path) = only("file") {
            return SecretSource::file(path)
                .ok_or_else(|| "`file` is no absolute path such as /run/secrets/desk".to_owned());
        }
        Err(format!(
            "this setting is a secret; {FORM}, with no other key"
        ))
    }

    fn variable(name: &str) -> Option<SecretSource> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let is_name = !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_allowed);
        is_name.then(|| SecretSource::Variable(name.to_owned()))
    }

    fn file(path: &str) -> Option<SecretSource> {
        let is_path = path.starts_with('/')
            && path.len() <= LONGEST
            && !path.contains(char::is_control)
            && !path.split('/').any(|part| part == "..");
        is_path.then(|| SecretSource::File(path.to_owned()))
    }
}

/// A secret that settings refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretReference {
    /// JSON Pointer into the settings.
    pub path: String,
    /// Where the secret is.
    pub source: SecretSource,
}

impl SettingsSchema {
    /// The secrets that settings of a company file refer to. Those that are not valid are not among
    /// them: [`complete`](SettingsSchema::complete) reports them.
    pub fn secret_references(&self, settings: &Value) -> Vec<SecretReference> {
        let (places, _) = self.secret_places(settings);
        let found = places.into_iter().filter_map(|path| {
            let source = SecretSource::read(settings.pointer(&path)?).ok()?;
            Some(SecretReference { path, source })
        });
        found.collect()
    }

    /// Puts the text that a policy gets into the place of each reference.
    ///
    /// # Errors
    /// A problem for each place with something else, which the problem does not repeat.
    pub(super) fn replace_secret_references(
        &self,
        settings: &mut Value,
    ) -> Result<(), Vec<SettingsProblem>> {
        if !self.has_secrets {
            return Ok(());
        }
        let problem = |path: &str, message: String| SettingsProblem {
            path: path.to_owned(),
            message,
            is_secret: true,
            ..SettingsProblem::default()
        };
        let (places, is_complete) = self.secret_places(settings);
        if !is_complete {
            let message = "the settings are nested too deeply to find the secrets in them";
            return Err(vec![problem("", message.to_owned())]);
        }
        let mut problems = Vec::new();
        for path in places {
            let Some(value) = settings.pointer_mut(&path) else {
                continue;
            };
            match SecretSource::read(value) {
                Ok(source) => *value = Value::String(source.reference()),
                Err(message) => problems.push(problem(&path, message)),
            }
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(first(problems)),
        }
    }

    /// Places of the values that may be secrets, and whether all were looked at.
    fn secret_places(&self, settings: &Value) -> (BTreeSet<String>, bool) {
        let mut places = BTreeSet::new();
        if !self.has_secrets {
            return (places, true);
        }
        let is_complete = visit_pairs(self.root(), settings, Reach::Possible, &mut |pair| {
            let is_marked = is_secret(pair.schema) && !pair.is_key;
            if is_marked && !pair.value.is_null() && !places.contains(pair.path) {
                places.insert(pair.path.to_owned());
            }
        });
        (places, is_complete)
    }
}

/// Whether a schema marks a string as a secret.
pub(super) fn is_secret(schema: &Value) -> bool {
    schema.get(MARK).is_some_and(is_mark)
}

fn is_mark(value: &Value) -> bool {
    *value != Value::Bool(false)
}

/// Whether a schema marks secrets.
///
/// # Errors
/// Where it holds the text of one, or the marks could be missed.
pub(super) fn has_secrets(schema: &Value) -> Result<bool, SchemaError> {
    let mut found = Marks::default();
    collect(schema, &mut found);
    if !found.has_secret {
        return Ok(false);
    }
    let is_place = |reference: &&str| {
        let place = reference.strip_prefix('#');
        place.is_some_and(|place| schema.pointer(place).is_some())
    };
    if let Some(reference) = found.references.iter().find(|one| !is_place(one)) {
        return Err(SchemaError(format!(
            "a schema with {MARK} refers to {reference:?}, which is no place in it"
        )));
    }
    if let Some(key) = found.value {
        return Err(SchemaError(format!(
            "a string with {MARK} has `{key}`, but a schema must not hold a secret"
        )));
    }
    match found.name {
        Some(name) => Err(SchemaError(format!(
            "a schema with {MARK} must not use `{name}`: its parts must apply by their place, as in {{\"$ref\": \"#/$defs/NAME\"}} or additionalProperties"
        ))),
        None => Ok(true),
    }
}

#[derive(Default)]
struct Marks<'a> {
    has_secret: bool,
    references: Vec<&'a str>,
    value: Option<&'static str>,
    name: Option<&'static str>,
}

fn collect<'a>(schema: &'a Value, found: &mut Marks<'a>) {
    match schema {
        Value::Object(fields) => {
            if fields.get(MARK).is_some_and(is_mark) {
                found.has_secret = true;
                let holds = |key: &&str| fields.get(*key).is_some_and(|value| !value.is_null());
                found.value = found.value.or(VALUES.into_iter().find(holds));
            }
            let reference = fields.get("$ref").and_then(Value::as_str);
            found.references.extend(reference);
            let name = NAMES.into_iter().find(|name| is_name(fields, name));
            found.name = found.name.or(name);
            fields.values().for_each(|part| collect(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, found)),
        _ => {}
    }
}

/// Whether a key makes parts apply otherwise than by their place; `$id` of a whole schema with a
/// `$schema` does not.
fn is_name(fields: &Map<String, Value>, key: &str) -> bool {
    fields.get(key).is_some_and(|value| match key {
        "patternProperties" => value.is_object(),
        "$id" => value.is_string() && !fields.contains_key("$schema"),
        _ => value.is_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "c2VjcmV0LXRva2Vu";

    fn schema(value: Value) -> SettingsSchema {
        SettingsSchema::parse(&value.to_string()).expect("a schema")
    }

    fn with_token() -> SettingsSchema {
        schema(json!({
            "type": "object",
            "properties": {
                "token": {"$ref": "#/$defs/Secret"},
                "others": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Secret"}, {"type": "null"}]}},
                "by-name": {"additionalProperties": {"$ref": "#/$defs/Secret"}},
            },
            "$defs": {"Secret": {"type": "string", "x-patchbay-secret": true}},
        }))
    }

    #[test]
    fn a_policy_gets_the_reference() {
        let given = json!({
            "token": {"env": "DESK_TOKEN"},
            "others": [{"file": "/run/secrets/b"}],
            "by-name": {"a": {"env": "A"}},
        });
        let settings = with_token().complete(given.clone()).expect("valid");
        assert_eq!(
            settings,
            json!({
                "token": "env:DESK_TOKEN",
                "others": ["file:/run/secrets/b"],
                "by-name": {"a": "env:A"},
            })
        );
        let found = with_token().secret_references(&given);
        let names: Vec<&str> = found.iter().map(|one| one.source.name()).collect();
        // By path.
        assert_eq!(names, ["A", "/run/secrets/b", "DESK_TOKEN"]);
    }

    #[test]
    fn a_secret_in_the_settings_is_refused_and_not_repeated() {
        for value in [
            json!(SECRET),
            json!({"env": SECRET, "file": "/a"}),
            json!({"value": SECRET}),
            json!({"env": format!("{SECRET}=")}),
            json!({"file": SECRET}),
            json!({"file": format!("/a/../{SECRET}")}),
            json!([SECRET]),
            json!({"env": ""}),
            json!(7),
            json!({}),
        ] {
            for settings in [
                json!({"token": value}),
                json!({"others": [value]}),
                json!({"by-name": {"a": value}}),
            ] {
                let problems = with_token().complete(settings).expect_err("refused");
                let text = format!("{problems:?}");
                assert!(!text.contains(SECRET), "{text}");
                assert!(problems.iter().all(|problem| problem.is_secret), "{text}");
            }
        }
    }

    #[test]
    fn what_a_policy_got_is_a_reference_again() {
        let settings = json!({"token": "env:DESK_TOKEN", "others": ["file:/run/secrets/b"]});
        let completed = with_token().complete(settings.clone()).expect("valid");
        assert_eq!(completed, settings);
        assert_eq!(with_token().secret_references(&settings).len(), 2);
        for text in ["env:", "env:a b", "file:relative", "secret:x", "env:=x"] {
            with_token()
                .complete(json!({"token": text}))
                .expect_err(text);
        }
    }

    #[test]
    fn a_secret_below_a_condition_is_found() {
        let schema = schema(json!({
            "if": {"required": ["a"]},
            "then": {"properties": {"a": {"x-patchbay-secret": true}}},
        }));
        schema.complete(json!({"a": SECRET})).expect_err("refused");
    }

    #[test]
    fn a_schema_that_holds_a_secret_or_hides_one_is_refused() {
        for text in [
            json!({"properties": {"a": {"x-patchbay-secret": true, "default": "x"}}}),
            json!({"properties": {"a": {"x-patchbay-secret": true, "enum": ["x"]}}}),
            json!({"$defs": {"A": {"$anchor": "a", "x-patchbay-secret": true}}}),
            json!({"$dynamicRef": "#a", "properties": {"a": {"x-patchbay-secret": true}}}),
            json!({"patternProperties": {"^a": {"x-patchbay-secret": true}}}),
            json!({"$defs": {"a b": {"x-patchbay-secret": true}}, "$ref": "#/$defs/a%20b"}),
        ] {
            let error = SettingsSchema::parse(&text.to_string()).expect_err("refused");
            assert!(error.0.contains("x-patchbay-secret"), "{error}");
        }
        let off = json!({"properties": {"a": {"x-patchbay-secret": false, "default": "x"}}});
        schema(off).complete(json!({"a": "x"})).expect("no secret");
    }

    #[test]
    fn settings_that_hide_a_secret_in_depth_are_refused() {
        let schema = schema(json!({
            "properties": {"a": {"$ref": "#"}, "token": {"x-patchbay-secret": true}},
        }));
        let mut settings = json!({"token": SECRET});
        for _ in 0..40 {
            settings = json!({"a": settings});
        }
        schema.complete(settings).expect_err("refused");
    }
}
