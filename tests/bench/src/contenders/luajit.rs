//! The policy in Lua, on LuaJIT with its compiler on: one warm state for all
//! decisions.

use std::time::{Duration, Instant};

use mlua::{Function, Lua, Result, Table, Value};
use patchbay_model::decision::classification::{Classification, Intent};
use patchbay_model::decision::route::{Preference, RoutePlan};

use super::Contender;
use crate::answer::{self, Answer};
use crate::company::{TEXTS, directory, find_agents, settings};

/// A state with the policy loaded.
pub struct LuaJit {
    classify: Function,
    route: Function,
    _lua: Lua,
}

impl LuaJit {
    /// Loads the policy.
    ///
    /// # Panics
    /// If the policy is not valid.
    #[expect(clippy::new_without_default, reason = "loads a policy")]
    pub fn new() -> LuaJit {
        let lua = Lua::new();
        let (classify, route) = load(&lua).expect("policy.lua loads");
        LuaJit {
            classify,
            route,
            _lua: lua,
        }
    }

    fn answer(&self, text: &str) -> Result<Answer> {
        let assessment: Table = self.classify.call(text)?;
        let classification = classification(&assessment)?;
        let plan = plan(&self.route.call(assessment)?)?;
        Ok(Answer {
            classification,
            plan,
        })
    }
}

fn load(lua: &Lua) -> Result<(Function, Function)> {
    let globals = lua.globals();
    globals.set("settings", value(lua, &settings())?)?;
    let directory = directory();
    let find = move |lua: &Lua, (skill, least, limit): (String, u8, u32)| {
        let page = find_agents(&directory, &skill, least, limit);
        let list = lua.create_table_with_capacity(page.items.len(), 0)?;
        for agent in &page.items {
            let skills = lua.create_table_with_capacity(0, agent.skills.len())?;
            for (name, proficiency) in &agent.skills {
                skills.raw_set(name.as_str(), *proficiency)?;
            }
            let entry = lua.create_table_with_capacity(0, 3)?;
            entry.raw_set("id", agent.id.as_str())?;
            entry.raw_set("skills", skills)?;
            entry.raw_set("load", agent.load)?;
            list.raw_push(entry)?;
        }
        Ok(list)
    };
    globals.set("find_agents", lua.create_function(find)?)?;
    lua.load(include_str!("../../policies/policy.lua"))
        .set_name("policy.lua")
        .exec()?;
    Ok((globals.get("classify")?, globals.get("route")?))
}

/// A JSON document as a Lua value.
fn value(lua: &Lua, document: &serde_json::Value) -> Result<Value> {
    use serde_json::Value as Json;
    Ok(match document {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(0.0)),
        Json::String(text) => Value::String(lua.create_string(text)?),
        Json::Array(items) => {
            let items: Vec<Value> = items
                .iter()
                .map(|item| value(lua, item))
                .collect::<Result<_>>()?;
            Value::Table(lua.create_sequence_from(items)?)
        }
        Json::Object(map) => {
            let table = lua.create_table()?;
            for (key, item) in map {
                table.set(key.as_str(), value(lua, item)?)?;
            }
            Value::Table(table)
        }
    })
}

fn classification(of: &Table) -> Result<Classification> {
    let intents = of
        .raw_get::<Table>("intents")?
        .sequence_values::<Table>()
        .map(|intent| {
            let intent = intent?;
            Ok(Intent {
                name: intent.raw_get("name")?,
                confidence: intent.raw_get("confidence")?,
            })
        })
        .collect::<Result<_>>()?;
    Ok(answer::classification(
        intents,
        of.raw_get("sentiment")?,
        of.raw_get("urgency")?,
        of.raw_get("why")?,
    ))
}

fn plan(of: &Table) -> Result<RoutePlan> {
    let steps = of
        .raw_get::<Table>("steps")?
        .sequence_values::<Table>()
        .map(|step| {
            let step = step?;
            Ok(answer::step(
                step.raw_get("skill")?,
                step.raw_get("proficiency")?,
                step.raw_get("expires")?,
            ))
        })
        .collect::<Result<_>>()?;
    let preferences = of
        .raw_get::<Table>("preferences")?
        .sequence_values::<Table>()
        .map(|preference| {
            let preference = preference?;
            Ok(Preference {
                agent: preference.raw_get("agent")?,
                score: preference.raw_get("score")?,
            })
        })
        .collect::<Result<_>>()?;
    Ok(answer::plan(
        of.raw_get("queue")?,
        steps,
        preferences,
        of.raw_get("priority")?,
        of.raw_get("tags")?,
        of.raw_get("why")?,
    ))
}

impl Contender for LuaJit {
    fn name(&self) -> &'static str {
        "LuaJIT (mlua)"
    }

    fn is_script(&self) -> bool {
        true
    }

    fn decide(&mut self, text: usize) -> (Answer, Duration) {
        let started = Instant::now();
        let answer = self.answer(TEXTS[text]);
        let took = started.elapsed();
        (answer.expect("policy.lua runs"), took)
    }
}
