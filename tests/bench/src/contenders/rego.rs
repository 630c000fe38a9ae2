//! The policy in Rego, on regorus: parsed and scheduled once, one engine for
//! all decisions; the settings are data.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use patchbay_model::decision::classification::{Classification, Intent};
use patchbay_model::decision::route::{Preference, RoutePlan};
use regorus::{Engine, Value};

use super::Contender;
use crate::answer::{self, Answer};
use crate::company::{TEXTS, directory, find_agents, settings_with_index};

/// An engine with the policy loaded.
pub struct Rego {
    engine: Engine,
    texts: Vec<Value>,
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields: BTreeMap<Value, Value> = fields
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect();
    fields.into()
}

impl Rego {
    /// Loads the policy.
    ///
    /// # Panics
    /// If the policy is not valid.
    #[expect(clippy::new_without_default, reason = "loads a policy")]
    pub fn new() -> Rego {
        let mut engine = Engine::new();
        let policy = include_str!("../../policies/policy.rego").to_owned();
        engine
            .add_policy("policy.rego".to_owned(), policy)
            .unwrap_or_else(|error| panic!("{error}"));
        engine
            .add_data(object([("settings", settings_with_index().into())]))
            .expect("settings");
        let directory = directory();
        let find = move |arguments: Vec<Value>| {
            let skill = arguments[0].as_string()?;
            let page = find_agents(
                &directory,
                skill,
                arguments[1].as_u8()?,
                arguments[2].as_u32()?,
            );
            let agents: Vec<Value> = page
                .items
                .iter()
                .map(|agent| {
                    let skills: BTreeMap<Value, Value> = agent
                        .skills
                        .iter()
                        .map(|(name, proficiency)| {
                            (name.as_str().into(), u32::from(*proficiency).into())
                        })
                        .collect();
                    object([
                        ("id", agent.id.as_str().into()),
                        ("skills", skills.into()),
                        ("load", agent.load.into()),
                    ])
                })
                .collect();
            Ok(agents.into())
        };
        engine
            .add_extension("find_agents".to_owned(), 3, Box::new(find))
            .expect("an extension");
        Rego {
            engine,
            texts: TEXTS.iter().map(|text| Value::from(*text)).collect(),
        }
    }

    fn eval(&mut self, rule: &str, input: Value) -> Value {
        self.engine.set_input(input);
        self.engine
            .eval_rule(rule.to_owned())
            .unwrap_or_else(|error| panic!("policy.rego: {error}"))
    }

    fn answer(&mut self, text: usize) -> Answer {
        let input = object([("text", self.texts[text].clone())]);
        let assessment = self.eval("data.policy.classify", input);
        let classification = classification(&assessment);
        let plan = self.eval("data.policy.route", object([("assessment", assessment)]));
        Answer {
            classification,
            plan: self::plan(&plan),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_string().expect("a text").to_string()
}

fn list<T>(of: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    of.as_array().expect("a list").iter().map(read).collect()
}

/// `None` for undefined.
fn optional<T>(of: &Value, read: impl Fn(&Value) -> T) -> Option<T> {
    (*of != Value::Undefined).then(|| read(of))
}

fn classification(of: &Value) -> Classification {
    let intents = list(&of["intents"], |intent| Intent {
        name: text(&intent["name"]),
        confidence: intent["confidence"].as_f64().expect("a number"),
    });
    answer::classification(
        intents,
        of["sentiment"].as_f64().expect("a number"),
        of["urgency"].as_u8().expect("a number"),
        text(&of["why"]),
    )
}

fn plan(of: &Value) -> RoutePlan {
    let steps = list(&of["steps"], |step| {
        answer::step(
            text(&step["skill"]),
            step["proficiency"].as_u8().expect("a number"),
            optional(&step["expires"], |seconds| {
                seconds.as_u32().expect("a number")
            }),
        )
    });
    let preferences = list(&of["preferences"], |preference| Preference {
        agent: text(&preference["agent"]),
        score: preference["score"].as_u8().expect("a number"),
    });
    answer::plan(
        text(&of["queue"]),
        steps,
        preferences,
        optional(&of["priority"], |priority| {
            priority.as_u8().expect("a number")
        }),
        list(&of["tags"], text),
        text(&of["why"]),
    )
}

impl Contender for Rego {
    fn name(&self) -> &'static str {
        "Rego (regorus)"
    }

    fn is_script(&self) -> bool {
        true
    }

    fn decide(&mut self, text: usize) -> (Answer, Duration) {
        let started = Instant::now();
        let answer = self.answer(text);
        (answer, started.elapsed())
    }
}
