//! Random conditions: the check accepts or refuses each without a panic, and what it accepts evaluates to
//! a bool or to an error of its values, and to the same each time.

use cel_rules::{CelRules, Condition, Stage};
use patchbay_sdk::prelude::*;
use patchbay_sdk::testing::*;
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "interaction",
    "contact",
    ".",
    "text",
    "reach",
    "attributes",
    "attributes['plan']",
    "language",
    "has(",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    "'a'",
    "\"\\n\"",
    "r'x'",
    "b'y'",
    "1",
    "-1",
    "2u",
    "1.5",
    "0x1f",
    "true",
    "false",
    "null",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "!",
    "+",
    "-",
    "*",
    "/",
    "%",
    "in",
    ".contains(",
    ".exists(x,",
    ".all(x,",
    ".map(x,",
    ".filter(x,",
    ".exists_one(x,",
    "x",
    "size(",
    "int(",
    "string(",
    "dyn(",
    ".mentions(",
    ".lower()",
    "is_open('a')",
    "//",
    "'",
    "\\",
    "é",
    "\u{0}",
    "\n",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..24).prop_map(|words| words.join(" "))
}

/// Expressions that are mostly well typed.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "interaction.text",
        "contact.reach",
        "interaction.language",
        "1",
        "2u",
        "0.5",
        "'refund'",
        "true",
        "has(contact.reach)",
        "interaction.attributes",
        "interaction.attachments",
        "[]",
        "[1, 2]",
        "{'a': 1}",
        "interaction.attributes['plan']",
        "null",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            (
                inner.clone(),
                prop::sample::select(vec![
                    "==", "!=", "<", "&&", "||", "+", "-", "*", "/", "%", "in"
                ]),
                inner.clone()
            )
                .prop_map(|(left, sign, right)| format!("({left} {sign} {right})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (
                inner.clone(),
                prop::sample::select(vec!["exists", "all", "exists_one", "map", "filter"]),
                inner.clone()
            )
                .prop_map(|(range, name, body)| format!("{range}.{name}(x, {body} == x)")),
            inner.clone().prop_map(|it| format!("size({it})")),
            inner.clone().prop_map(|it| format!("dyn({it})")),
            inner.clone().prop_map(|it| format!("string({it})")),
            (inner.clone(), inner).prop_map(|(range, at)| format!("{range}[{at}]")),
        ]
    })
}

/// The outcome of a condition as the rule of a policy, in words; `None` where the check refuses it.
fn outcome(when: &str) -> Option<String> {
    let rule = json!({ "classify": [{ "when": when, "then": { "topics": ["a"] } }] });
    let policy = prepare::<CelRules>(rule).ok()?;
    let interaction = Interaction::example("email", "A refund, please")
        .reach(7)
        .attribute("plan", "gold")
        .into();
    Some(match policy.classify(&interaction) {
        Ok(answer) => answer.is_some().to_string(),
        Err(error) => error.to_string(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_are_checked_without_a_panic(when in text()) {
        if let Err(faults) = Condition::compile(Stage::Classify, &when, &[]) {
            prop_assert!(!faults.is_empty());
        }
        outcome(&when);
    }

    #[test]
    fn what_the_check_accepts_is_a_bool_or_an_error_of_values_and_the_same_again(when in expression()) {
        if let Some(first) = outcome(&when) {
            prop_assert_eq!(Some(first.clone()), outcome(&when));
            // The check finds every error of types: only open types (`dyn`) are left to the evaluation.
            if !when.contains("dyn") && !when.contains("[]") {
                prop_assert!(!first.contains("overload"), "{}: {}", when, first);
                prop_assert!(!first.contains("not a bool"), "{}: {}", when, first);
            }
        }
    }
}
