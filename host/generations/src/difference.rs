//! What changes from one source of a generation to another.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::source::SourceDocument;

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where: a path in the company file, `pack NAME …`, or `article ID`.
    pub path: String,
    /// What it was; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is; absent: nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Everything that is different, sorted by where. Comments and the order of
/// tables in the company file are not.
pub fn differences(before: &SourceDocument, after: &SourceDocument) -> Vec<Difference> {
    let (old, new) = (told(before), told(after));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for path in paths {
        let (before, after) = (old.get(path), new.get(path));
        if before != after {
            found.push(Difference {
                path: path.clone(),
                before: before.cloned(),
                after: after.cloned(),
            });
        }
    }
    found
}

/// Everything a source says, by where it says it.
fn told(source: &SourceDocument) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    match source.document.parse::<toml::Table>() {
        Ok(table) => {
            let value = serde_json::to_value(table).unwrap_or_default();
            flatten("", &value, &mut told);
        }
        // It was valid when it was kept; a text all the same.
        Err(_) => {
            told.insert("company file".to_owned(), source.document.clone());
        }
    }
    for (name, bundle) in &source.packs {
        let at = |part: &str| format!("pack {name} {part}");
        told.insert(at("component"), bundle.component.to_string());
        if let Some(manifest) = &bundle.manifest {
            told.insert(at("pack.toml"), manifest.clone());
        }
        if let Some(schema) = &bundle.schema {
            told.insert(at("settings schema"), schema.clone());
        }
        for (path, case) in &bundle.cases {
            told.insert(at(&format!("case {path}")), case.clone());
        }
    }
    for article in source.articles.iter().flatten() {
        let text = serde_json::to_string(article).unwrap_or_default();
        told.insert(format!("article {}", article.id), text);
    }
    told
}

fn flatten(path: &str, value: &Value, told: &mut BTreeMap<String, String>) {
    let Value::Object(table) = value else {
        told.insert(path.to_owned(), value.to_string());
        return;
    };
    if table.is_empty() {
        told.insert(path.to_owned(), "{}".to_owned());
    }
    for (key, value) in table {
        let path = match path.is_empty() {
            true => key.clone(),
            false => format!("{path}.{key}"),
        };
        flatten(&path, value, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(document: &str) -> SourceDocument {
        SourceDocument {
            document: document.to_owned(),
            packs: BTreeMap::new(),
            articles: None,
        }
    }

    fn lines(before: &str, after: &str) -> Vec<String> {
        let found = differences(&source(before), &source(after));
        let shown = |side: Option<String>| side.unwrap_or_else(|| "-".to_owned());
        found
            .into_iter()
            .map(|one| format!("{}: {} > {}", one.path, shown(one.before), shown(one.after)))
            .collect()
    }

    #[test]
    fn what_changed_is_told_where_it_changed() {
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
    fn order_and_comments_are_no_difference() {
        let before = "a = 1 # one\n[t]\nb = 2\nc = [1, 2]";
        assert!(lines(before, "a = 1\n[t]\nc = [1, 2]\nb = 2").is_empty());
        assert_eq!(lines(before, "a = 1\n[t]\nc = [2, 1]\nb = 2").len(), 1);
    }
}
