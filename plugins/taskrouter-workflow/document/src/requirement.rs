//! What an expression about workers requires of an agent: skills and languages as far as it says so,
//! and conditions for the rest.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::expression::{Comparison, Expression, Operand, Operator, Reference, Scope};
use crate::facts::{Fact, Facts, Profile};
use crate::names::tags;
use crate::value::Value;

/// What an agent must have. All parts must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirement {
    /// Least proficiency, 1 to 5, by skill.
    pub skills: BTreeMap<String, u8>,
    /// Languages of which the agent speaks one, in lower case; empty: any.
    pub languages: Vec<String>,
    /// The one agent, if it is for one.
    pub agent: Option<String>,
    /// Conditions that skills and languages do not express.
    pub conditions: Vec<Expression>,
    /// No agent can have it.
    pub is_impossible: bool,
}

impl Requirement {
    /// What an expression requires for a task; `task` gives the task's attributes.
    ///
    /// The expression must have passed [`Facts::problems`].
    pub fn of<'a>(
        expression: &Expression,
        facts: &Facts,
        task: &impl Fn(&Reference) -> Cow<'a, Value>,
    ) -> Requirement {
        let mut requirement = Requirement::default();
        requirement.add(bind(expression, facts, task), facts);
        requirement
    }

    /// Whether an agent has it.
    pub fn is_met_by(&self, agent: &Profile, facts: &Facts) -> bool {
        let has = |(skill, least): (&String, &u8)| {
            agent.skills.get(skill).is_some_and(|level| level >= least)
        };
        let speaks = |tag: &String| tags(tag).any(|tag| self.languages.contains(&tag));
        !self.is_impossible
            && self.agent.as_ref().is_none_or(|id| *id == agent.id)
            && self.skills.iter().all(has)
            && (self.languages.is_empty() || agent.languages.iter().any(speaks))
            && self.meets_conditions(agent, facts)
    }

    /// Whether an agent meets the conditions.
    pub fn meets_conditions(&self, agent: &Profile, facts: &Facts) -> bool {
        let read = |attribute: &Reference| {
            let fact = facts.of(attribute);
            Cow::<Value>::Owned(fact.map_or(Value::Null, |fact| facts.value(&fact, agent)))
        };
        self.conditions
            .iter()
            .all(|condition| condition.holds(&read))
    }

    /// Whether every agent who meets the other one meets this one. `false` where that is not certain.
    pub fn widens(&self, other: &Requirement) -> bool {
        let required = |(skill, least): (&String, &u8)| {
            other.skills.get(skill).is_some_and(|level| level >= least)
        };
        let accepted = |tag: &String| self.languages.contains(tag);
        !self.is_impossible
            && self.conditions.is_empty()
            && self.agent.is_none()
            && self.skills.iter().all(required)
            && (self.languages.is_empty()
                || !other.languages.is_empty() && other.languages.iter().all(accepted))
    }

    fn add(&mut self, expression: Expression, facts: &Facts) {
        match expression {
            Expression::All(parts) => parts.into_iter().for_each(|part| self.add(part, facts)),
            Expression::Any(parts) if parts.is_empty() => self.is_impossible = true,
            other => {
                if !self.add_skill(&other, facts) && !self.add_languages(&other, facts) {
                    self.conditions.push(other);
                }
            }
        }
    }

    /// Takes a comparison that a skill or an agent's id expresses.
    fn add_skill(&mut self, expression: &Expression, facts: &Facts) -> bool {
        let Expression::Comparison(comparison) = expression else {
            return false;
        };
        let Some((fact, operator, value)) = about_worker(comparison, facts) else {
            return false;
        };
        let least = match (&fact, operator, value) {
            (Fact::Skills { prefix } | Fact::Choice { prefix }, _, Value::Text(name))
                if operator == Operator::Has
                    || operator == Operator::Equal && matches!(fact, Fact::Choice { .. }) =>
            {
                (format!("{prefix}{name}"), 1.0)
            }
            (Fact::Flag { skill }, Operator::Equal, Value::Bool(true))
            | (Fact::Flag { skill }, Operator::Unequal, Value::Bool(false)) => (skill.clone(), 1.0),
            (Fact::Level { skill }, Operator::Unequal, Value::Null) => (skill.clone(), 1.0),
            (Fact::Level { skill }, Operator::GreaterOrEqual, Value::Number(number)) => {
                (skill.clone(), number.ceil())
            }
            (Fact::Level { skill }, Operator::Greater, Value::Number(number)) => {
                (skill.clone(), number.floor() + 1.0)
            }
            (Fact::Id, Operator::Equal, Value::Text(id)) => {
                self.is_impossible |= self.agent.as_ref().is_some_and(|known| known != id);
                self.agent = Some(id.clone());
                return true;
            }
            _ => return false,
        };
        let (skill, number) = least;
        if number > 5.0 {
            self.is_impossible = true;
        } else {
            let level = number.max(1.0) as u8;
            let known = self.skills.entry(skill).or_insert(level);
            *known = level.max(*known);
        }
        true
    }

    /// Takes languages of which one is required; the contract has one such set.
    fn add_languages(&mut self, expression: &Expression, facts: &Facts) -> bool {
        let parts = match expression {
            Expression::Any(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let language = |part: &Expression| match part {
            Expression::Comparison(comparison) => match about_worker(comparison, facts)? {
                (Fact::Languages, Operator::Has, Value::Text(tag)) => Some(tag.clone()),
                _ => None,
            },
            _ => None,
        };
        let tags: Option<Vec<String>> = parts.iter().map(language).collect();
        match tags {
            Some(tags) if self.languages.is_empty() && !tags.is_empty() && tags.len() <= 32 => {
                self.languages = tags;
                true
            }
            _ => false,
        }
    }
}

/// The fact, the operator and the value, as if the worker stood on the left.
fn about_worker<'a>(
    comparison: &'a Comparison,
    facts: &Facts,
) -> Option<(Fact, Operator, &'a Value)> {
    match (&comparison.left, &comparison.right) {
        (Operand::Reference(attribute), Operand::Constant(value)) => {
            Some((facts.of(attribute)?, comparison.operator, value))
        }
        (Operand::Constant(value), Operand::Reference(attribute)) => {
            let operator = match comparison.operator {
                Operator::In => Operator::Has,
                Operator::Less => Operator::Greater,
                Operator::LessOrEqual => Operator::GreaterOrEqual,
                Operator::Greater => Operator::Less,
                Operator::GreaterOrEqual => Operator::LessOrEqual,
                same @ (Operator::Equal | Operator::Unequal) => same,
                Operator::Has | Operator::NotIn | Operator::Contains => return None,
            };
            Some((facts.of(attribute)?, operator, value))
        }
        _ => None,
    }
}

/// The expression with the task's values in it, in the form the facts have; what no worker decides
/// is decided.
fn bind<'a>(
    expression: &Expression,
    facts: &Facts,
    task: &impl Fn(&Reference) -> Cow<'a, Value>,
) -> Expression {
    let inner = |part: &Expression| bind(part, facts, task);
    match expression {
        Expression::All(parts) => {
            let parts: Vec<_> = parts.iter().map(inner).filter(|it| !is(it, true)).collect();
            match parts.iter().any(|part| is(part, false)) {
                true => decided(false),
                false => group(parts, Expression::All),
            }
        }
        Expression::Any(parts) => {
            let parts: Vec<_> = parts
                .iter()
                .map(inner)
                .filter(|it| !is(it, false))
                .collect();
            match parts.iter().any(|part| is(part, true)) {
                true => decided(true),
                false => group(parts, Expression::Any),
            }
        }
        Expression::Not(part) => match inner(part) {
            part if is(&part, true) => decided(false),
            part if is(&part, false) => decided(true),
            part => Expression::Not(Box::new(part)),
        },
        Expression::Comparison(comparison) => bind_comparison(comparison, facts, task),
    }
}

fn bind_comparison<'a>(
    comparison: &Comparison,
    facts: &Facts,
    task: &impl Fn(&Reference) -> Cow<'a, Value>,
) -> Expression {
    let mut worker = comparison
        .references()
        .filter(|it| it.scope == Scope::Worker);
    let Some(attribute) = worker.next() else {
        return decided(comparison.holds(task));
    };
    let Some(fact) = facts.of(attribute) else {
        return decided(false);
    };
    let mut is_null_of_task = false;
    let mut operand = |operand: &Operand| match operand {
        Operand::Reference(reference) if reference.scope == Scope::Worker => operand.clone(),
        Operand::Reference(reference) => {
            let value = task(reference).into_owned();
            is_null_of_task = value == Value::Null;
            Operand::Constant(facts.comparable(&fact, value))
        }
        Operand::Constant(value) => Operand::Constant(facts.comparable(&fact, value.clone())),
    };
    let bound = Comparison {
        left: operand(&comparison.left),
        operator: comparison.operator,
        right: operand(&comparison.right),
    };
    match decide(&fact, &bound, is_null_of_task) {
        Some(holds) => decided(holds),
        None => Expression::Comparison(bound),
    }
}

/// Whether a comparison holds, where the other side decides that for every worker.
fn decide(fact: &Fact, bound: &Comparison, is_null_of_task: bool) -> Option<bool> {
    let is_list = matches!(fact, Fact::Skills { .. } | Fact::Languages | Fact::Teams);
    let (is_left, other) = match (&bound.left, &bound.right) {
        (Operand::Reference(_), Operand::Constant(value)) => (true, value),
        (Operand::Constant(value), _) => (false, value),
        (Operand::Reference(_), Operand::Reference(_)) => return None,
    };
    let is_null = *other == Value::Null;
    match bound.operator {
        // Not the literal `null`, which asks whether there is a value: a scalar operator on a list.
        Operator::Equal | Operator::Unequal if is_list && is_null_of_task => Some(false),
        // An agent always has an id.
        Operator::Equal if is_null && *fact == Fact::Id => Some(false),
        Operator::Unequal if is_null && *fact == Fact::Id => Some(true),
        // Nothing is in what is no list, and NULL is in no list.
        Operator::In | Operator::NotIn if is_left && !matches!(other, Value::List(_)) => {
            Some(false)
        }
        Operator::Has | Operator::In if is_list && is_null => Some(false),
        Operator::NotIn if is_list && is_null => Some(true),
        _ => None,
    }
}

fn decided(holds: bool) -> Expression {
    match holds {
        true => Expression::All(Vec::new()),
        false => Expression::Any(Vec::new()),
    }
}

fn is(expression: &Expression, holds: bool) -> bool {
    match expression {
        Expression::All(parts) => holds && parts.is_empty(),
        Expression::Any(parts) => !holds && parts.is_empty(),
        _ => false,
    }
}

fn group(mut parts: Vec<Expression>, group: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => group(parts),
    }
}
