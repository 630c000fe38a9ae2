//! The policy in JavaScript, on QuickJS: one warm context for all decisions.

use std::rc::Rc;
use std::time::{Duration, Instant};

use patchbay_model::decision::classification::{Classification, Intent};
use patchbay_model::decision::route::{Preference, RoutePlan};
use patchbay_model::directory::Page;
use rquickjs::{Array, Context, Ctx, Function, IntoJs, Object, Persistent, Result, Runtime, Value};

use super::Contender;
use crate::answer::{self, Answer};
use crate::company::{SETTINGS, TEXTS, directory, find_agents};

/// A context with the policy loaded.
pub struct QuickJs {
    // Dropped before its context.
    classify: Persistent<Function<'static>>,
    route: Persistent<Function<'static>>,
    context: Context,
    _runtime: Runtime,
}

/// Agents as a value of the context.
struct Found(Page);

impl<'js> IntoJs<'js> for Found {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let list = Array::new(ctx.clone())?;
        for (index, agent) in self.0.items.iter().enumerate() {
            let skills = Object::new(ctx.clone())?;
            for (name, proficiency) in &agent.skills {
                skills.set(name.as_str(), *proficiency)?;
            }
            let entry = Object::new(ctx.clone())?;
            entry.set("id", agent.id.as_str())?;
            entry.set("skills", skills)?;
            entry.set("load", agent.load)?;
            list.set(index, entry)?;
        }
        Ok(list.into_value())
    }
}

impl QuickJs {
    /// Loads the policy.
    ///
    /// # Panics
    /// If the policy is not valid.
    #[expect(clippy::new_without_default, reason = "loads a policy")]
    pub fn new() -> QuickJs {
        let runtime = Runtime::new().expect("a runtime");
        let context = Context::full(&runtime).expect("a context");
        let functions = context.with(|ctx| -> Result<_> {
            let globals = ctx.globals();
            globals.set("settings", ctx.json_parse(SETTINGS)?)?;
            let directory = Rc::new(directory());
            let find = move |skill: String, least: u8, limit: u32| {
                Found(find_agents(&directory, &skill, least, limit))
            };
            globals.set("findAgents", Function::new(ctx.clone(), find)?)?;
            ctx.eval::<(), _>(include_str!("../../policies/policy.js"))?;
            let function = |name: &str| -> Result<_> {
                Ok(Persistent::save(
                    &ctx,
                    globals.get::<_, Function<'_>>(name)?,
                ))
            };
            Ok((function("classify")?, function("route")?))
        });
        let (classify, route) = functions.expect("policy.js loads");
        QuickJs {
            classify,
            route,
            context,
            _runtime: runtime,
        }
    }

    fn answer(&self, text: &str) -> Result<Answer> {
        self.context.with(|ctx| {
            let classify = self.classify.clone().restore(&ctx)?;
            let route = self.route.clone().restore(&ctx)?;
            let assessment: Object<'_> = classify.call((text,))?;
            let classification = classification(&assessment)?;
            let plan = plan(&route.call((assessment,))?)?;
            Ok(Answer {
                classification,
                plan,
            })
        })
    }
}

fn classification(of: &Object<'_>) -> Result<Classification> {
    let intents = of
        .get::<_, Array<'_>>("intents")?
        .iter::<Object<'_>>()
        .map(|intent| {
            let intent = intent?;
            Ok(Intent {
                name: intent.get("name")?,
                confidence: intent.get("confidence")?,
            })
        })
        .collect::<Result<_>>()?;
    Ok(answer::classification(
        intents,
        of.get("sentiment")?,
        of.get("urgency")?,
        of.get("why")?,
    ))
}

fn plan(of: &Object<'_>) -> Result<RoutePlan> {
    let steps = of
        .get::<_, Array<'_>>("steps")?
        .iter::<Object<'_>>()
        .map(|step| {
            let step = step?;
            Ok(answer::step(
                step.get("skill")?,
                step.get("proficiency")?,
                step.get("expires")?,
            ))
        })
        .collect::<Result<_>>()?;
    let preferences = of
        .get::<_, Array<'_>>("preferences")?
        .iter::<Object<'_>>()
        .map(|preference| {
            let preference = preference?;
            Ok(Preference {
                agent: preference.get("agent")?,
                score: preference.get("score")?,
            })
        })
        .collect::<Result<_>>()?;
    Ok(answer::plan(
        of.get("queue")?,
        steps,
        preferences,
        of.get("priority")?,
        of.get("tags")?,
        of.get("why")?,
    ))
}

impl Contender for QuickJs {
    fn name(&self) -> &'static str {
        "QuickJS (rquickjs)"
    }

    fn is_script(&self) -> bool {
        true
    }

    fn decide(&mut self, text: usize) -> (Answer, Duration) {
        let started = Instant::now();
        let answer = self.answer(TEXTS[text]);
        let took = started.elapsed();
        (answer.expect("policy.js runs"), took)
    }
}
