//! The rules as settings of the pack, each checked by the pack itself.

use automation_rules::MOST_RULES;
use serde_json::{Map, Value, json};

use super::export::Export;
use super::names::Names;
use super::{DEFAULT_QUEUE, company_file};
use crate::{Construct, Import};

/// A rule of the company file.
#[derive(Debug)]
pub(super) struct ImportedRule {
    pub(super) rule: Value,
    /// Why it is not active.
    pub(super) reasons: Vec<String>,
}

/// Keys that the pack reads; `null` is absent.
const KEYS: &[&str] = &[
    "id",
    "name",
    "event_name",
    "conditions",
    "actions",
    "active",
    "execution_delay",
];
/// Keys that say nothing about what a rule does.
const OTHER_KEYS: &[&str] = &[
    "account_id",
    "description",
    "created_on",
    "files",
    "monitor_availability",
    "monitor_name",
];

/// Leaves out the rules that one plugin does not take, and names them.
pub(super) fn limit(export: &mut Export<'_>, import: &mut Import) {
    let found = export.rules.len();
    let Some((path, _)) = export.rules.get(MOST_RULES) else {
        return;
    };
    import.unsupported.push(Construct::new(
        path,
        format!(
            "the export has {found} rules, more than {MOST_RULES}, the limit of the pack: this rule and those after \
             it are left out; import them as the settings of a second plugin"
        ),
    ));
    export.rules.truncate(MOST_RULES);
}

/// The rules of the export. What is not supported is named, and its rule is not active.
pub(super) fn rules(export: &Export<'_>, names: &Names, import: &mut Import) -> Vec<ImportedRule> {
    let check = RuleCheck::new(names);
    let mut rules = Vec::new();
    for (path, entry) in &export.rules {
        let mut rule = names.with_webhook_names(cleaned(entry));
        let mut faults: Vec<Construct> = entry
            .iter()
            .filter(|(key, value)| {
                let known = KEYS.contains(&key.as_str()) || OTHER_KEYS.contains(&key.as_str());
                !known && !value.is_null()
            })
            .map(|(key, _)| Construct::new(format!("{path}/{key}"), "is not supported"))
            .collect();
        faults.extend(check.problems(path, &rule));
        if !faults.is_empty() {
            rule.insert("active".to_owned(), Value::Bool(false));
            // What is no rule at all cannot stand in the file either.
            if !check.problems(path, &rule).is_empty() {
                import.unsupported.extend(faults);
                continue;
            }
        }
        let reasons = faults.iter().map(ToString::to_string).collect();
        import.unsupported.extend(faults);
        rules.push(ImportedRule {
            rule: Value::Object(rule),
            reasons,
        });
    }
    rules
}

fn cleaned(entry: &Map<String, Value>) -> Map<String, Value> {
    let kept = entry.iter().filter(|(key, value)| {
        let needed = match (key.as_str(), value) {
            ("active", Value::Bool(active)) => !active,
            // Larger than a number of TOML.
            ("id", Value::Number(id)) => id.as_i64().is_some(),
            ("execution_delay", Value::Number(delay)) => delay.as_i64() != Some(0),
            _ => true,
        };
        KEYS.contains(&key.as_str()) && !value.is_null() && needed
    });
    kept.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The check of single rules by the pack.
struct RuleCheck {
    /// The settings without rules, as JSON up to the place of a rule.
    settings: String,
}

impl RuleCheck {
    fn new(names: &Names) -> RuleCheck {
        let mut settings = company_file::settings(names).to_string();
        // There is always a default queue before it.
        settings.truncate(settings.len() - 1);
        settings.push_str(",\"rules\":[");
        RuleCheck { settings }
    }

    /// What the pack says about a rule, with paths into the export.
    fn problems(&self, path: &str, rule: &Map<String, Value>) -> Vec<Construct> {
        let settings = format!("{}{}]}}", self.settings, json!(rule));
        automation_rules::problems(&settings)
            .into_iter()
            .map(|(at, message)| match at.strip_prefix("/rules/0") {
                Some(below) => Construct::new(format!("{path}{below}"), message),
                None => Construct::new(path, format!("{at}: {message}")),
            })
            .collect()
    }
}

/// The queue for conversations without a team.
pub(super) fn default_queue() -> Value {
    Value::from(DEFAULT_QUEUE)
}
