//! Runs every row of `conformance.toml`, which was written from the definition of the language.

use cel_rules::{CelRules, Condition, Stage};
use patchbay_sdk::prelude::*;
use patchbay_sdk::testing::*;

#[derive(Deserialize)]
#[serde(crate = "patchbay_sdk::serde")]
struct Table {
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(crate = "patchbay_sdk::serde", deny_unknown_fields)]
struct Row {
    rule: String,
    #[serde(default)]
    when: String,
    /// Instead of `when`: `true` in so many brackets.
    nest: Option<usize>,
    stage: Option<String>,
    is: Option<bool>,
    fails: Option<String>,
    refused: Option<String>,
}

fn interaction() -> Interaction {
    Interaction::example("email", "Refund, please")
        .reach(1200)
        .attribute("plan", "gold")
        .attribute("empty", "")
        .into()
}

/// Whether the condition holds, or why its evaluation fails.
fn evaluate(route: bool, when: &str) -> Result<bool, String> {
    if route {
        let then = json!({ "queue": "general" });
        let rules =
            json!({ "hours": ["office", "night"], "route": [{ "when": when, "then": then }] });
        let policy: CelRules = prepare(rules).map_err(|problems| problems.to_string())?;
        let conversation = Conversation::example(interaction()).tag("vip").tag("angry");
        let answer = policy.route(&conversation);
        answer
            .map(|answer| answer.is_some())
            .map_err(|error| error.to_string())
    } else {
        let then = json!({ "topics": ["yes"] });
        let rules =
            json!({ "hours": ["office", "night"], "classify": [{ "when": when, "then": then }] });
        let policy: CelRules = prepare(rules).map_err(|problems| problems.to_string())?;
        let answer = policy.classify(&interaction());
        answer
            .map(|answer| answer.is_some())
            .map_err(|error| error.to_string())
    }
}

fn fault_of(row: &Row) -> Option<String> {
    let route = row.stage.as_deref() == Some("route");
    let stage = if route { Stage::Route } else { Stage::Classify };
    let when = match row.nest {
        Some(depth) => format!("{}true{}", "(".repeat(depth), ")".repeat(depth)),
        None => row.when.clone(),
    };
    let compiled = Condition::compile(stage, &when, &["office", "night"]);
    if let Some(expected) = &row.refused {
        return match compiled {
            Ok(_) => Some("is accepted, and should be refused".to_owned()),
            Err(faults) => {
                let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
                let all = all.join("; ");
                (!all.contains(expected)).then(|| format!("is refused otherwise: {all}"))
            }
        };
    }
    if let Err(faults) = compiled {
        return Some(format!("is refused: {}", faults[0]));
    }
    match (evaluate(route, &when), row.is, &row.fails) {
        (Ok(value), Some(expected), None) if value == expected => None,
        (Err(error), None, Some(expected)) if error.contains(expected.as_str()) => None,
        (found, ..) => Some(format!("gives {found:?}")),
    }
}

#[test]
fn every_row_of_the_table_holds() {
    let table: Table = toml::from_str(include_str!("conformance.toml")).expect("a valid table");
    let world = World::new().hours("office", true).hours("night", false);
    let faults: Vec<String> = world.enter(|| {
        let rows = table.row.iter();
        rows.filter_map(|row| {
            Some(format!(
                "{}\n    {}\n    {}",
                row.rule,
                row.when,
                fault_of(row)?
            ))
        })
        .collect()
    });
    assert!(table.row.len() > 90, "{} rows", table.row.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
