//! The table of the vendor's documentation, run.

use std::borrow::Cow;

use serde_json::{Value as Json, json};
use taskrouter_document::{Expression, Place, Reference, Scope, Value};

const TABLE: &str = include_str!("expressions.json");

fn place(code: &str) -> Place {
    match code {
        "filter" => Place::Filter,
        "target" => Place::Target,
        "queue" => Place::Queue,
        "skip" => Place::Skip,
        other => panic!("unknown place {other}"),
    }
}

#[test]
fn expressions_hold_as_documented() {
    let table: Json = serde_json::from_str(TABLE).unwrap_or_else(|error| panic!("{error}"));
    let (mut count, mut wrong) = (0, Vec::new());
    for group in table.as_array().into_iter().flatten() {
        let place = place(group["in"].as_str().unwrap_or_default());
        for case in group["cases"].as_array().into_iter().flatten() {
            count += 1;
            let text = case["expression"].as_str().unwrap_or_default();
            let document = |key: &str| Value::from_json(case.get(key).unwrap_or(&json!({})));
            let (task, worker, workers) =
                (document("task"), document("worker"), document("workers"));
            let read = |reference: &Reference| {
                Cow::Borrowed(reference.within(match reference.scope {
                    Scope::Task => &task,
                    Scope::Worker => &worker,
                    Scope::Workers => &workers,
                }))
            };
            let found = match Expression::parse(text, place) {
                Ok(expression) => {
                    // Written and read again, it is the same.
                    let text = expression.to_text(place);
                    let again = Expression::parse(&text, place);
                    let again = again.unwrap_or_else(|error| panic!("{text}: {error}"));
                    assert_eq!(again.to_text(place), text);
                    assert_eq!(again.holds(&read), expression.holds(&read), "{text}");
                    json!({ "holds": expression.holds(&read) })
                }
                Err(error) => json!({ "error": error.to_string() }),
            };
            let expected = match case.get("error") {
                Some(error) => json!({ "error": error }),
                None => json!({ "holds": case["holds"] }),
            };
            if found != expected {
                wrong.push(format!(
                    "{}: {text}: {found}, expected {expected}",
                    group["rule"]
                ));
            }
        }
    }
    assert!(count > 130, "{count} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
