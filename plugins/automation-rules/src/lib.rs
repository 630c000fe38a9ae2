//! Runs the automation rules of another help desk: events, conditions joined by AND and OR, actions.
//!
//! The settings are the rules as its API returns them. [`Policy::prepare`] reads them and reports
//! every construct that is not supported; a decision evaluates the rules of the events that its call
//! stands for. The package's `README.md` says what corresponds to what.

mod calendar;
mod comparison;
mod decision;
mod facts;
mod pattern;
mod prepare;
mod settings;
mod vocabulary;

use patchbay_sdk::prelude::*;

pub use prepare::MOST_RULES;
pub use settings::{
    Action as RuleAction, Approximation, AttributeType, Condition, Inbox, Priorities, Rule,
    Settings,
};

/// The policy, prepared with a company's rules.
#[derive(Debug)]
pub struct AutomationRules {
    rules: Vec<prepare::Rule>,
    names: prepare::Names,
    /// Whether a decision must know what the one before it did.
    remembers: bool,
}

impl Policy for AutomationRules {
    type Settings = Settings;

    fn prepare(settings: Settings) -> Result<Self, Problems> {
        let (rules, names) = prepare::prepare(settings)?;
        let remembers = decision::must_remember(&rules);
        Ok(Self {
            rules,
            names,
            remembers,
        })
    }
}

impl Classify for AutomationRules {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        Ok(decision::classification(self, interaction))
    }
}

impl Route for AutomationRules {
    fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
        Ok(decision::plan(self, conversation))
    }
}

impl Escalate for AutomationRules {
    fn escalate(&self, trigger: &Trigger) -> Answer<Escalation> {
        Ok(decision::escalation(self, trigger))
    }
}

/// What is wrong with settings, a JSON object: path (JSON Pointer) and message of each problem. For
/// programs that write a company file around rules.
pub fn problems(settings: &str) -> Vec<(String, String)> {
    let prepared = patchbay_sdk::settings::parse(settings).and_then(AutomationRules::prepare);
    match prepared {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .into_iter()
            .map(|problem| (problem.path, problem.message))
            .collect(),
    }
}

#[cfg(test)]
mod tests;

export!(AutomationRules: classify, route, escalate);
