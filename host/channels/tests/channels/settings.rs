//! The tables of settings: they name what the adapters read, and the documentation has
//! them.

use patchbay_adapter::{AccountConfig, AdapterKind, CompanyKey, ConfigError, SecretStore, Setting};
use patchbay_channels::ADAPTERS;
use serde_json::{Map, Value, json};

/// The problem of the settings alone: there are no secrets.
fn problem(kind: &AdapterKind, settings: Map<String, Value>) -> Option<String> {
    let config = AccountConfig {
        settings,
        secrets: SecretStore::default(),
        company_key: CompanyKey::new([7; 32]),
    };
    match (kind.open)(&config) {
        Err(ConfigError::Settings { problem }) => Some(problem),
        Ok(_) | Err(ConfigError::Secret { .. }) => None,
    }
}

fn examples<'s>(settings: impl Iterator<Item = &'s Setting>) -> Map<String, Value> {
    let examples = settings.map(|setting| {
        let value = serde_json::from_str(setting.example);
        (setting.name.to_owned(), value.expect(setting.name))
    });
    examples.collect()
}

#[test]
fn the_examples_open_every_adapter_and_each_required_setting_is_needed() {
    for kind in ADAPTERS {
        let name = kind.name;
        let all = examples(kind.settings.iter());
        assert_eq!(problem(kind, all), None, "{name}");
        if name == "standard-webhooks" {
            // It needs one of its settings, whichever.
            assert!(problem(kind, Map::new()).is_some(), "{name}");
            for setting in kind.settings {
                let one = examples(std::iter::once(setting));
                assert_eq!(problem(kind, one), None, "{name} {}", setting.name);
            }
            continue;
        }
        let required = kind.settings.iter().filter(|it| it.is_required);
        assert_eq!(problem(kind, examples(required.clone())), None, "{name}");
        for setting in required.clone() {
            let others = required.clone().filter(|it| it.name != setting.name);
            let problem = problem(kind, examples(others));
            assert!(problem.is_some(), "{name} needs no {}", setting.name);
        }
    }
}

/// The names that an adapter knows, by what it says of one that it does not.
fn known(kind: &AdapterKind) -> Vec<String> {
    let mut settings = examples(kind.settings.iter().filter(|it| it.is_required));
    settings.insert("unknown-setting".to_owned(), json!(1));
    let problem = problem(kind, settings).expect("an unknown setting is an error");
    assert!(
        problem.contains("unknown-setting"),
        "{}: {problem}",
        kind.name
    );
    let (_, expected) = problem.split_once("expected").expect("the known ones");
    let names = expected.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

#[test]
fn every_setting_is_in_the_table_and_no_other() {
    for kind in ADAPTERS {
        let rows: Vec<&str> = kind.settings.iter().map(|it| it.name).collect();
        for name in known(kind) {
            assert!(rows.contains(&&*name), "{}: no row for {name}", kind.name);
        }
        for name in rows {
            let settings = [(name.to_owned(), json!({"other": "type"}))];
            let problem = problem(kind, settings.into_iter().collect()).unwrap_or_default();
            assert!(
                !problem.contains("unknown field"),
                "{}: {problem}",
                kind.name
            );
        }
    }
}

const HEAD: &str = "| setting | |\n| --- | --- |\n";

/// Where the table of an adapter is in the documentation.
fn table(docs: &str, kind: &AdapterKind) -> std::ops::Range<usize> {
    let start = docs.find(HEAD);
    let start = start.unwrap_or_else(|| panic!("the page of {} has no table", kind.name));
    let rows = docs[start..].split_inclusive('\n');
    let length: usize = rows
        .take_while(|it| it.starts_with('|'))
        .map(str::len)
        .sum();
    start..start + length
}

#[test]
fn the_documentation_has_the_tables() {
    let is_update = std::env::var_os("PATCHBAY_UPDATE").is_some();
    for kind in ADAPTERS {
        let name = kind.name;
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
        let path = format!("{docs}/channel-{name}.md");
        let mut page = std::fs::read_to_string(&path).expect("a page of the channel");
        let expected = format!("{HEAD}{}", kind.settings_table());
        let place = table(&page, kind);
        if is_update {
            page.replace_range(place, &expected);
            std::fs::write(&path, page).expect("written");
            continue;
        }
        assert_eq!(page[place], expected, "{name}: PATCHBAY_UPDATE=1 writes it");
    }
}
