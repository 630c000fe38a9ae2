//! Differences between the sources of two generations.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use patchbay_config::toml_document;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::source::SourceDocument;

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// A path in the company file, `pack NAME …`, `plugin NAME data NAME`, or
    /// `article ID`.
    pub path: String,
    /// `None`: added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// `None`: removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Whether two sources give the same configuration. Fast where they have the same
/// text too.
pub fn is_same(before: &SourceDocument, after: &SourceDocument) -> bool {
    before.digest() == after.digest() || differences(before, after).is_empty()
}

/// All differences, sorted by path. Ignores comments and the order of tables
/// in the company file.
pub fn differences(before: &SourceDocument, after: &SourceDocument) -> Vec<Difference> {
    let (old, new) = (values(before), values(after));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path));
    changed
        .map(|path| Difference {
            path: path.clone(),
            before: old.get(path).cloned(),
            after: new.get(path).cloned(),
        })
        .collect()
}

/// All values of a source by path.
fn values(source: &SourceDocument) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    match toml_document::read::<toml::Table>(&source.document) {
        Ok(table) => {
            let value = serde_json::to_value(table).unwrap_or_default();
            flatten("", &value, &mut values);
        }
        // It was valid when it was stored; compare it as one text.
        Err(_) => {
            values.insert("company file".to_owned(), source.document.clone());
        }
    }
    for (name, bundle) in &source.packs {
        let at = |part: &str| format!("pack {name} {part}");
        values.insert(at("component"), bundle.component.to_string());
        if bundle.manifest.is_none() {
            values.insert(at("name"), bundle.name.clone());
        }
        let signers = bundle.provenance.as_ref().map(|one| one.signers());
        if let Some(signers) = signers.filter(|signers| !signers.is_empty()) {
            values.insert(at("signed by"), signers.join(", "));
        }
        for (data, part) in &bundle.data {
            values.insert(at(&format!("data {data}")), part.digest.to_string());
        }
        // Cases are no part of the configuration.
        if let Some(manifest) = &bundle.manifest {
            let table = toml_document::read::<toml::Table>(manifest).ok();
            let table = table.and_then(|table| serde_json::to_value(table).ok());
            add_text(&at("pack.toml"), table, manifest, &mut values);
        }
        if let Some(schema) = &bundle.schema {
            let parsed = serde_json::from_str(schema).ok();
            add_text(&at("settings schema"), parsed, schema, &mut values);
        }
    }
    for (plugin, parts) in &source.data {
        for (data, part) in parts {
            let path = format!("plugin {plugin} data {data}");
            values.insert(path, part.digest.to_string());
        }
    }
    for article in source.articles.iter().flatten() {
        let article_value = serde_json::to_value(article).unwrap_or_default();
        flatten(
            &format!("article {}", article.id),
            &article_value,
            &mut values,
        );
    }
    values
}

/// Every key of a text below `path`, or the whole text where it cannot be parsed.
fn add_text(path: &str, parsed: Option<Value>, text: &str, values: &mut BTreeMap<String, String>) {
    match parsed {
        Some(Value::Object(table)) => {
            for (key, value) in &table {
                flatten(&format!("{path} {}", path_part(key)), value, values);
            }
        }
        _ => {
            values.insert(path.to_owned(), text.to_owned());
        }
    }
}

fn flatten(path: &str, value: &Value, values: &mut BTreeMap<String, String>) {
    let Value::Object(table) = value else {
        values.insert(path.to_owned(), value.to_string());
        return;
    };
    if table.is_empty() {
        values.insert(path.to_owned(), "{}".to_owned());
    }
    for (key, value) in table {
        let key = path_part(key);
        let path = match path.is_empty() {
            true => key.into_owned(),
            false => format!("{path}.{key}"),
        };
        flatten(&path, value, values);
    }
}

/// A key as a part of a path, quoted as in TOML where a dot would be two parts.
fn path_part(key: &str) -> Cow<'_, str> {
    let is_bare = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '$' | '@' | '/');
    match !key.is_empty() && key.chars().all(is_bare) {
        true => Cow::Borrowed(key),
        false => Cow::Owned(format!("{key:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(before: &str, after: &str) -> Vec<String> {
        let source = |document: &str| SourceDocument {
            document: document.to_owned(),
            ..SourceDocument::default()
        };
        let shown = |side: Option<String>| side.unwrap_or_else(|| "-".to_owned());
        let found = differences(&source(before), &source(after)).into_iter();
        found
            .map(|one| format!("{}: {} > {}", one.path, shown(one.before), shown(one.after)))
            .collect()
    }

    #[test]
    fn a_difference_names_the_path_and_both_values() {
        let before = "company = \"a\"\n[queue.x]\npriority = 1\nskills = { tax = 2 }\n[queue.y]\n";
        let after = "# Comments do not count.\ncompany = \"a\"\n[queue.x]\nskills = { tax = 3 }\npriority = 1\n[queue.z]\npriority = 7\n";
        assert_eq!(
            lines(before, after),
            [
                "queue.x.skills.tax: 2 > 3",
                "queue.y: {} > -",
                "queue.z.priority: - > 7"
            ]
        );
    }

    #[test]
    fn a_pack_differs_by_the_keys_of_its_manifest_and_schema() {
        let source = |version: &str, reach: u32| {
            let bundle = patchbay_pack::bundle::Bundle {
                name: "care".to_owned(),
                manifest: Some(format!(
                    "[pack]\nname = \"care\"\nversion = \"{version}\"\n"
                )),
                schema: Some(format!(
                    "{{\"type\":\"object\",\"properties\":{{\"reach\":{{\"default\":{reach}}}}}}}"
                )),
                component: patchbay_engine::component::Digest::of(version.as_bytes()),
                cases: BTreeMap::from([("a.json".to_owned(), version.to_owned())]),
                tested: None,
                is_stored: false,
                data: BTreeMap::new(),
                provenance: None,
            };
            SourceDocument {
                packs: BTreeMap::from([("care@*".to_owned(), bundle)]),
                ..SourceDocument::default()
            }
        };
        let found = differences(&source("1.0.0", 1), &source("1.1.0", 2));
        let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "pack care@* component",
                "pack care@* pack.toml pack.version",
                "pack care@* settings schema properties.reach.default",
            ]
        );
        assert_eq!(found[1].before.as_deref(), Some("\"1.0.0\""));
        assert_eq!(found[1].after.as_deref(), Some("\"1.1.0\""));
    }

    #[test]
    fn a_key_with_a_dot_differs_from_a_key_in_a_table() {
        assert_eq!(
            lines("[words]\n\"money.back\" = 1", "[words]\nmoney.back = 1"),
            ["words.\"money.back\": 1 > -", "words.money.back: - > 1"]
        );
        assert_eq!(lines("a = \"{}\"", "a = {}"), ["a: \"{}\" > {}"]);
        assert_eq!(lines("a = 1\n\"\" = 1", "a = 1"), ["\"\": 1 > -"]);
    }

    #[test]
    fn order_and_comments_are_no_difference() {
        let before = "a = 1 # one\n[t]\nb = 2\nc = [1, 2]";
        assert!(lines(before, "a = 1\n[t]\nc = [1, 2]\nb = 2").is_empty());
        assert_eq!(lines(before, "a = 1\n[t]\nc = [2, 1]\nb = 2").len(), 1);
    }
}
