//! Expressions and documents, fed with mutated inputs.

use std::borrow::Cow;

use patchbay_fuzz::{Corpus, Reading, text};
use taskrouter_document::{Expression, Facts, Place, Requirement, Value, Workflow};

const EXPRESSIONS: [&str; 5] = [
    "(worker.languages HAS \"en\" OR worker.skills HAS 'x') AND worker.levels.a >= 5",
    "task.type == 'ticket' AND NOT task.customer_value IN ['Silver', \"Bronze\", null, 1.5, true]",
    "worker.sid == task.object.array[2] OR task.a.b NOT IN [] AND 1==1",
    "task.subject CONTAINS 'it\\'s' AND ((1 <= 2) OR (0 != 1)) AND worker.sid != null",
    "worker.friendly_name in task.preferred_agents and task.level > -1",
];

const WORDS: [&str; 24] = [
    "AND",
    "OR",
    "NOT",
    "IN",
    "HAS",
    "CONTAINS",
    "(",
    ")",
    "[",
    "]",
    ",",
    "'",
    "\"",
    "\\",
    "==",
    "!=",
    "<=",
    "=",
    "null",
    "true",
    "task.",
    "worker.",
    "9999999999999999999999",
    "\u{1F600}",
];

#[test]
fn an_expression_is_read_or_refused() {
    Corpus::of(EXPRESSIONS).words(&WORDS).run(text(|text| {
        let null = |_: &taskrouter_document::Reference| Cow::Owned(Value::Null);
        for place in [Place::Filter, Place::Queue, Place::Skip] {
            if let Ok(expression) = Expression::parse(text, place) {
                expression.holds(&null);
            }
        }
        match Expression::parse(text, Place::Target) {
            Ok(expression) => {
                let facts = Facts::usual();
                let _ = facts.problems(&expression);
                let _ = Requirement::of(&expression, &facts, &null);
                expression.holds(&null);
                Reading::Accepted
            }
            Err(error) => {
                assert!(
                    (1..=text.chars().count() + 1).contains(&error.column),
                    "{error}"
                );
                Reading::Rejected
            }
        }
    }));
}

const DOCUMENTS: [&str; 2] = [
    r#"{"task_routing":{"filters":[{"filter_friendly_name":"Gold","expression":"type == 'ticket'","targets":[{"queue":"WQa","priority":"10","timeout":300,"expression":"task.a == worker.b","order_by":"worker.x DESC","skip_if":"workers.available == 0"},{"known_worker_sid":"task.agent"}]}],"default_filter":{"queue":"WQb"}}}"#,
    r#"{"task_routing":{"default_filter":{"queue":"WQc","priority":5,"expression":"1==1"}}}"#,
];

#[test]
fn a_document_is_read_or_refused() {
    let words = [
        "\"filters\":",
        "\"targets\":",
        "null",
        "[]",
        "{}",
        "\"timeout\":-1",
        "\"queue\":",
        "\"x\":1",
    ];
    Corpus::of(DOCUMENTS).words(&words).run(text(|text| {
        let Ok(json) = serde_json::from_str(text) else {
            return Reading::Rejected;
        };
        Reading::from(&Workflow::read(&json, ""))
    }));
}
