//! The policy in Rhai: compiled once, one engine for all decisions.

use std::time::{Duration, Instant};

use patchbay_model::decision::classification::{Classification, Intent};
use patchbay_model::decision::route::{Preference, RoutePlan};
use rhai::{
    AST, Array, CallFnOptions, Dynamic, Engine, ImmutableString, Map, OptimizationLevel, Scope,
};
use serde_json::Value;

use super::Contender;
use crate::answer::{self, Answer};
use crate::company::{TEXTS, directory, find_agents, settings_with_index};

/// An engine with the policy compiled.
pub struct Rhai {
    engine: Engine,
    ast: AST,
    scope: Scope<'static>,
    settings: Dynamic,
}

impl Rhai {
    /// Compiles the policy.
    ///
    /// # Panics
    /// If the policy is not valid.
    #[expect(clippy::new_without_default, reason = "compiles a policy")]
    pub fn new() -> Rhai {
        let mut engine = Engine::new();
        engine.set_optimization_level(OptimizationLevel::Full);
        engine.register_fn("words", |text: ImmutableString| -> Array {
            text.split(|c: char| !c.is_ascii_lowercase())
                .filter(|word| !word.is_empty())
                .map(|word| Dynamic::from(ImmutableString::from(word)))
                .collect()
        });
        let directory = directory();
        engine.register_fn(
            "find_agents",
            move |skill: ImmutableString, least: i64, limit: i64| -> Array {
                find_agents(&directory, &skill, least as u8, limit as u32)
                    .items
                    .iter()
                    .map(|agent| {
                        let skills: Map = agent
                            .skills
                            .iter()
                            .map(|(name, proficiency)| {
                                (name.into(), Dynamic::from_int((*proficiency).into()))
                            })
                            .collect();
                        let entry = Map::from([
                            ("id".into(), Dynamic::from(ImmutableString::from(&agent.id))),
                            ("skills".into(), Dynamic::from_map(skills)),
                            ("load".into(), Dynamic::from_int(agent.load.into())),
                        ]);
                        Dynamic::from_map(entry)
                    })
                    .collect()
            },
        );
        let ast = engine
            .compile(include_str!("../../policies/policy.rhai"))
            .unwrap_or_else(|error| panic!("policy.rhai: {error}"));
        let mut settings = settings_with_index();
        settings["default_queue"] = settings["default-queue"].take();
        let mut settings = document(&settings);
        // Rhai passes `this` by reference: it must not be behind a lock.
        settings = settings.flatten();
        Rhai {
            engine,
            ast,
            scope: Scope::new(),
            settings,
        }
    }

    fn call(&mut self, function: &str, argument: Dynamic) -> Map {
        let options = CallFnOptions::new()
            .bind_this_ptr(&mut self.settings)
            .eval_ast(false);
        self.engine
            .call_fn_with_options::<Map>(options, &mut self.scope, &self.ast, function, (argument,))
            .unwrap_or_else(|error| panic!("policy.rhai: {error}"))
    }

    fn answer(&mut self, text: &str) -> Answer {
        let assessment = self.call("classify", Dynamic::from(ImmutableString::from(text)));
        let classification = classification(&assessment);
        let plan = plan(self.call("route", Dynamic::from_map(assessment)));
        Answer {
            classification,
            plan,
        }
    }
}

/// A JSON document as a Rhai value. Lists and maps are shared, because a loop
/// copies what it iterates.
fn document(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => Dynamic::from_bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Dynamic::from_int(whole),
            None => Dynamic::from_float(number.as_f64().unwrap_or(0.0)),
        },
        Value::String(text) => Dynamic::from(ImmutableString::from(text)),
        Value::Array(items) => {
            Dynamic::from_array(items.iter().map(document).collect()).into_shared()
        }
        Value::Object(map) => {
            let map: Map = map
                .iter()
                .map(|(key, value)| (key.into(), document(value)))
                .collect();
            Dynamic::from_map(map).into_shared()
        }
    }
}

fn int(value: &Dynamic) -> i64 {
    value.as_int().expect("a whole number")
}

fn text(value: &Dynamic) -> String {
    value.as_immutable_string_ref().expect("a text").to_string()
}

fn maps<T>(list: &Dynamic, read: impl Fn(&Map) -> T) -> Vec<T> {
    list.as_array_ref()
        .expect("a list")
        .iter()
        .map(|entry| read(&entry.as_map_ref().expect("a map")))
        .collect()
}

fn classification(of: &Map) -> Classification {
    let intents = maps(&of["intents"], |intent| Intent {
        name: text(&intent["name"]),
        confidence: intent["confidence"].as_float().expect("a number"),
    });
    answer::classification(
        intents,
        of["sentiment"].as_float().expect("a number"),
        int(&of["urgency"]) as u8,
        text(&of["why"]),
    )
}

fn plan(of: Map) -> RoutePlan {
    let steps = maps(&of["steps"], |step| {
        answer::step(
            text(&step["skill"]),
            int(&step["proficiency"]) as u8,
            step.get("expires").map(|seconds| int(seconds) as u32),
        )
    });
    let preferences = maps(&of["preferences"], |preference| Preference {
        agent: text(&preference["agent"]),
        score: int(&preference["score"]) as u8,
    });
    let tags = of["tags"]
        .as_array_ref()
        .expect("a list")
        .iter()
        .map(text)
        .collect();
    answer::plan(
        text(&of["queue"]),
        steps,
        preferences,
        of.get("priority").map(|priority| int(priority) as u8),
        tags,
        text(&of["why"]),
    )
}

impl Contender for Rhai {
    fn name(&self) -> &'static str {
        "Rhai"
    }

    fn is_script(&self) -> bool {
        true
    }

    fn decide(&mut self, text: usize) -> (Answer, Duration) {
        let started = Instant::now();
        let answer = self.answer(TEXTS[text]);
        (answer, started.elapsed())
    }
}
