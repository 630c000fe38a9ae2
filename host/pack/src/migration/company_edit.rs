//! Migrates the settings of a plugin in the text of a company file.

use semver::Version;
use similar::TextDiff;
use thiserror::Error;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::settings_edit::migrate;
use super::{Migration, migrations_from};

/// Why the settings of a company file cannot be migrated.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MigrationError {
    /// The text is not TOML.
    #[error("the company file is not valid: {0}")]
    Syntax(String),
    /// There is no such plugin.
    #[error("the company file has no [plugin.{0}]")]
    NoPlugin(String),
    /// The settings are not a table.
    #[error("settings of [plugin.{0}] is no table")]
    NoTable(String),
}

/// A company file with migrated settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigratedCompany {
    /// The text; equal to the one before where nothing changes.
    pub text: String,
    /// What was not done, because the settings contradict it: one sentence each.
    pub left: Vec<String>,
}

impl MigratedCompany {
    /// The lines that differ from the text before, as `diff -u` shows them.
    pub fn diff(&self, before: &str) -> String {
        let diff = TextDiff::from_lines(before, &self.text);
        let diff = diff.unified_diff().context_radius(1).to_string();
        diff.trim_end().to_owned()
    }
}

/// Applies the migrations of a pack to the settings of a plugin that were written for a version of
/// it. Everything else of the text stays, comments too.
///
/// # Errors
/// [`MigrationError`].
pub fn migrate_company(
    text: &str,
    plugin: &str,
    from: &Version,
    migrations: &[Migration],
) -> Result<MigratedCompany, MigrationError> {
    let mut migrations = migrations_from(migrations, from).peekable();
    if migrations.peek().is_none() {
        return Ok(MigratedCompany {
            text: text.to_owned(),
            left: Vec::new(),
        });
    }
    let mut document = read(text)?;
    let settings = settings(&mut document, plugin)?;
    let left = migrations.flat_map(|migration| migrate(settings, migration));
    let left = left.collect();
    remove_empty_settings(&mut document, plugin);
    Ok(MigratedCompany {
        text: document.to_string(),
        left,
    })
}

/// The text of a company file in which a plugin uses another pack.
///
/// # Errors
/// [`MigrationError::Syntax`] or [`MigrationError::NoPlugin`].
pub fn set_pack(text: &str, plugin: &str, pack: &str) -> Result<String, MigrationError> {
    let mut document = read(text)?;
    let table = plugin_table(&mut document, plugin);
    let table = table.ok_or_else(|| MigrationError::NoPlugin(plugin.to_owned()))?;
    let mut value = Value::from(pack);
    if let Some(Item::Value(before)) = table.get("pack") {
        *value.decor_mut() = before.decor().clone();
    }
    table.insert("pack", Item::Value(value));
    Ok(document.to_string())
}

/// The settings of a plugin in the text of a company file.
///
/// # Errors
/// [`MigrationError::Syntax`] or [`MigrationError::NoPlugin`].
pub fn settings_in(text: &str, plugin: &str) -> Result<serde_json::Value, MigrationError> {
    let table: toml::Table =
        toml::from_str(text).map_err(|error| MigrationError::Syntax(error.message().to_owned()))?;
    let plugin_table = table.get("plugin").and_then(|all| all.get(plugin));
    let plugin_table = plugin_table.ok_or_else(|| MigrationError::NoPlugin(plugin.to_owned()))?;
    let settings = plugin_table.get("settings").cloned();
    let settings = settings.unwrap_or_else(|| toml::Value::Table(toml::Table::new()));
    Ok(serde_json::to_value(settings).unwrap_or_default())
}

fn read(text: &str) -> Result<DocumentMut, MigrationError> {
    let document = text.parse::<DocumentMut>();
    document.map_err(|error| MigrationError::Syntax(error.message().to_owned()))
}

fn plugin_table<'a>(document: &'a mut DocumentMut, plugin: &str) -> Option<&'a mut dyn TableLike> {
    let plugins = document.get_mut("plugin")?.as_table_like_mut()?;
    plugins.get_mut(plugin)?.as_table_like_mut()
}

/// The table of the settings, which is made where there is none.
fn settings<'a>(
    document: &'a mut DocumentMut,
    plugin: &str,
) -> Result<&'a mut dyn TableLike, MigrationError> {
    let table = plugin_table(document, plugin);
    let table = table.ok_or_else(|| MigrationError::NoPlugin(plugin.to_owned()))?;
    if table.get("settings").is_none_or(Item::is_none) {
        let mut new = Table::new();
        new.set_dotted(true);
        new.set_implicit(true);
        table.insert("settings", Item::Table(new));
    }
    let settings = table.get_mut("settings").and_then(Item::as_table_like_mut);
    settings.ok_or_else(|| MigrationError::NoTable(plugin.to_owned()))
}

fn remove_empty_settings(document: &mut DocumentMut, plugin: &str) {
    if let Some(table) = plugin_table(document, plugin) {
        let settings = table.get("settings").and_then(Item::as_table);
        if settings.is_some_and(|settings| settings.is_dotted() && settings.is_empty()) {
            table.remove("settings");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Json = serde_json::Value;

    fn migration(text: &str) -> Migration {
        let migration: Migration =
            toml::from_str(&format!("from = \"<2.0.0\"\n{text}")).expect("a migration");
        assert_eq!(migration.problem(), None);
        migration
    }

    fn migrated(file: &str, text: &str) -> MigratedCompany {
        let version = Version::new(1, 0, 0);
        migrate_company(file, "care", &version, &[migration(text)]).expect("migrated")
    }

    /// The settings after a migration, however they are written in the file.
    fn settings_after(settings: Json, text: &str) -> Json {
        let table = json!({"pack": "care", "settings": settings});
        let section = toml::to_string(&json!({"plugin": {"care": table}})).expect("TOML");
        let inline: toml::Table = toml::from_str(&section).expect("TOML");
        let inline = inline["plugin"]["care"]["settings"].to_string();
        let inline = format!(
            "[plugin.care]\npack = \"care\"\nsettings = {}\n",
            inline.replace('\n', " ")
        );
        let results = [section, inline].map(|file| {
            let migrated = migrated(&file, text);
            settings_in(&migrated.text, "care")
                .unwrap_or_else(|error| panic!("{error}: {}", migrated.text))
        });
        assert_eq!(results[0], results[1]);
        let [result, _] = results;
        result
    }

    #[test]
    fn each_operation_changes_what_it_names() {
        for (before, text, after) in [
            (
                json!({"a": 1, "b": 2}),
                "rename = { a = \"c\" }",
                json!({"c": 1, "b": 2}),
            ),
            (
                json!({"a": 1, "b": 2}),
                "rename = { a = \"b\", b = \"a\" }",
                json!({"a": 2, "b": 1}),
            ),
            (
                json!({"a": 1}),
                "rename = { a = \"t.x\" }",
                json!({"t": {"x": 1}}),
            ),
            (
                json!({"t": {"x": 1}}),
                "rename = { \"t.x\" = \"a\" }",
                json!({"a": 1}),
            ),
            (
                json!({"t": {"x": 1, "y": 2}}),
                "rename = { \"t.x\" = \"t.z\" }",
                json!({"t": {"z": 1, "y": 2}}),
            ),
            (
                json!({"t": {"x": 1}}),
                "rename = { t = \"u\" }",
                json!({"u": {"x": 1}}),
            ),
            (
                json!({"r": {"m": {"q": 1}, "n": {"q": 2, "s": 3}}}),
                "rename = { \"r.*.q\" = \"r.*.queue\" }",
                json!({"r": {"m": {"queue": 1}, "n": {"queue": 2, "s": 3}}}),
            ),
            (
                json!({"r": [{"q": 1}, {"q": 2}]}),
                "rename = { \"r.*.q\" = \"r.*.to.queue\" }",
                json!({"r": [{"to": {"queue": 1}}, {"to": {"queue": 2}}]}),
            ),
            (
                json!({"m": "strict"}),
                "map = { m = { strict = \"block\" } }",
                json!({"m": "block"}),
            ),
            (
                json!({"m": "other"}),
                "map = { m = { strict = \"block\" } }",
                json!({"m": "other"}),
            ),
            (
                json!({"m": true}),
                "map = { m = { true = 3 } }",
                json!({"m": 3}),
            ),
            (
                json!({"m": 3}),
                "map = { m = { 3 = [\"a\"] } }",
                json!({"m": ["a"]}),
            ),
            (
                json!({"m": ["x", "y"]}),
                "map = { \"m.*\" = { x = \"z\" } }",
                json!({"m": ["z", "y"]}),
            ),
            (
                json!({"m": {"a": "x"}}),
                "map = { \"m.*\" = { x = \"z\" } }",
                json!({"m": {"a": "z"}}),
            ),
            (json!({"a": 1, "b": 2}), "remove = [\"a\"]", json!({"b": 2})),
            (json!({"t": {"x": 1}}), "remove = [\"t.x\"]", json!({})),
            (
                json!({"r": [{"q": 1, "s": 2}]}),
                "remove = [\"r.*.q\"]",
                json!({"r": [{"s": 2}]}),
            ),
            (
                json!({"a": 1}),
                "default = { b = \"x\", a = 2 }",
                json!({"a": 1, "b": "x"}),
            ),
            (
                json!({}),
                "default = { \"t.x\" = 1 }",
                json!({"t": {"x": 1}}),
            ),
            (
                json!({"r": {"m": {}}}),
                "default = { \"r.*.q\" = 1 }",
                json!({"r": {"m": {"q": 1}}}),
            ),
            // What is not there is left alone.
            (
                json!({"b": 2}),
                "rename = { a = \"c\" }\nremove = [\"x.y\"]\nmap = { m = { a = 1 } }",
                json!({"b": 2}),
            ),
            // In this order: rename, map, remove, default.
            (
                json!({"a": "x"}),
                "rename = { a = \"b\" }\nmap = { b = { x = \"y\" } }\nremove = [\"a\"]\ndefault = { b = \"z\", c = 1 }",
                json!({"b": "y", "c": 1}),
            ),
        ] {
            assert_eq!(
                settings_after(before.clone(), text),
                after,
                "{before} {text}"
            );
        }
    }

    #[test]
    fn comments_and_order_stay() {
        let file = "# Ours.\ncompany = \"a\"\n\n[plugin.care] # why\npack = \"care\"\n\n[plugin.care.settings]\n# How strict.\nmode = \"strict\" # as agreed\n# The brand.\nbrand = \"N\"\n\n[queue.x]\ndefault = true\n";
        let migrated = migrated(
            file,
            "rename = { mode = \"verdict\" }\nmap = { verdict = { strict = \"block\" } }",
        );
        assert_eq!(
            migrated.text,
            file.replace("mode = \"strict\"", "verdict = \"block\"")
        );
        assert_eq!(
            migrated.diff(file),
            "@@ -8,3 +8,3 @@\n # How strict.\n-mode = \"strict\" # as agreed\n+verdict = \"block\" # as agreed\n # The brand."
        );
    }

    #[test]
    fn another_pack_keeps_the_comment_beside_it() {
        let file = "[plugin.care]\npack = \"care@1\"     # why\ngrants = {}\n";
        let changed = set_pack(file, "care", "care@2.0.0").expect("changed");
        assert_eq!(changed, file.replace("care@1", "care@2.0.0"));
        let inline = "plugin.care = { pack = \"care@1\", grants = {} }\n";
        let changed = set_pack(inline, "care", "care@2.0.0").expect("changed");
        assert_eq!(changed, inline.replace("care@1", "care@2.0.0"));
    }

    #[test]
    fn a_setting_that_is_given_under_both_names_is_left_to_a_person() {
        let file = "[plugin.care.settings]\na = 1\nb = 2\n";
        let migrated = migrated(file, "rename = { a = \"b\" }");
        assert_eq!(migrated.text, file);
        assert_eq!(migrated.left.len(), 1);
        assert!(
            migrated.left[0].contains("decide for one"),
            "{:?}",
            migrated.left
        );
    }

    #[test]
    fn a_path_through_something_else_is_left_to_a_person() {
        let file = "[plugin.care.settings]\na = 1\nt = 2\n";
        let migrated = migrated(file, "rename = { a = \"t.x\" }\ndefault = { \"t.y\" = 1 }");
        assert_eq!(migrated.text, file);
        assert_eq!(migrated.left.len(), 2, "{:?}", migrated.left);
    }

    #[test]
    fn migrations_of_several_versions_follow_each_other() {
        let steps = ["rename = { a = \"b\" }", "rename = { b = \"c\" }"];
        let migrations = [
            Migration {
                from: "<1.0.0".parse().expect("a range"),
                ..migration(steps[0])
            },
            Migration {
                from: "<2.0.0".parse().expect("a range"),
                ..migration(steps[1])
            },
        ];
        let file = "[plugin.care.settings]\na = 1\n";
        for (version, after) in [("0.9.0", "c = 1"), ("1.5.0", "a = 1"), ("2.0.0", "a = 1")] {
            let version = Version::parse(version).expect("a version");
            let migrated = migrate_company(file, "care", &version, &migrations).expect("migrated");
            assert!(
                migrated.text.contains(after),
                "{version}: {}",
                migrated.text
            );
        }
    }

    #[test]
    fn a_file_without_the_plugin_or_without_settings() {
        let error = |text: &str| {
            let version = Version::new(1, 0, 0);
            migrate_company(text, "care", &version, &[migration("remove = [\"a\"]")])
        };
        assert_eq!(
            error("a = 1"),
            Err(MigrationError::NoPlugin("care".to_owned()))
        );
        assert!(matches!(error("a ="), Err(MigrationError::Syntax(_))));
        let scalar = error("[plugin.care]\nsettings = 1\n");
        assert_eq!(scalar, Err(MigrationError::NoTable("care".to_owned())));
        let file = "[plugin.care]\npack = \"care\"\n";
        assert_eq!(error(file).expect("migrated").text, file);
        let given = migrated(file, "default = { a = 1, \"t.b\" = 2 }");
        assert_eq!(
            settings_in(&given.text, "care").expect("settings"),
            json!({"a": 1, "t": {"b": 2}})
        );
    }
}
