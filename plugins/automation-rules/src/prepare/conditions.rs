//! Reads the conditions of a rule.

use patchbay_sdk::Problems;
use serde_json::Value;

use super::Names;
use super::actions::label_code;
use crate::calendar::day_of;
use crate::comparison::{Comparison, Operand, Subject, number_of};
use crate::facts::Status;
use crate::pattern::Pattern;
use crate::settings::{AttributeType, Condition, Rule};
use crate::vocabulary::{
    ATTRIBUTES, Attribute, OPERATORS, OTHER_ATTRIBUTES, Operator, name_of, nearest,
};

/// Most values of a condition.
const MOST_VALUES: usize = 200;
/// Most bytes of a value.
const LONGEST_VALUE: usize = 500;

/// The conditions in groups: all of a group must hold, and one group must.
pub(super) fn groups(
    path: &str,
    rule: &Rule,
    names: &Names,
    problems: &mut Problems,
) -> Vec<Vec<Comparison>> {
    let mut groups = vec![Vec::new()];
    for (index, condition) in rule.conditions.iter().enumerate() {
        let path = format!("{path}/conditions/{index}");
        if let Some(comparison) = comparison(&path, condition, names, problems)
            && let Some(group) = groups.last_mut()
        {
            group.push(comparison);
        }
        let last = index + 1 == rule.conditions.len();
        let joined = condition.query_operator.as_deref().unwrap_or_default();
        match (joined.to_lowercase().as_str(), last) {
            ("", true) | ("and", false) => {}
            ("or", false) => groups.push(Vec::new()),
            (_, true) => problems.add(
                format!("{path}/query_operator"),
                "the last condition is joined with none; remove it",
            ),
            (_, false) => problems.add(
                format!("{path}/query_operator"),
                "must be `and` or `or`, which joins this condition with the next",
            ),
        }
    }
    groups
}

fn comparison(
    path: &str,
    condition: &Condition,
    names: &Names,
    problems: &mut Problems,
) -> Option<Comparison> {
    let (subject, operators) = subject(path, condition, names, problems)?;
    let operator = operator(path, condition, &operators, problems)?;
    let operand = operand(path, condition, &subject, operator, names, problems)?;
    Some(Comparison {
        subject,
        operator,
        operand,
    })
}

/// What the condition reads, and the operators that fit.
fn subject(
    path: &str,
    condition: &Condition,
    names: &Names,
    problems: &mut Problems,
) -> Option<(Subject, Vec<Operator>)> {
    let key = condition.attribute_key.as_str();
    let of = condition.custom_attribute_type.as_deref().unwrap_or("");
    if !matches!(of, "" | "contact_attribute" | "conversation_attribute") {
        let message = format!("`{of}` is not contact_attribute or conversation_attribute");
        problems.add(format!("{path}/custom_attribute_type"), message);
        return None;
    }
    if of.is_empty()
        && let Some((_, attribute, operators)) = ATTRIBUTES.iter().find(|(known, ..)| *known == key)
    {
        return Some((Subject::Attribute(*attribute), operators.to_vec()));
    }
    if let Some(of) = names.settings.custom_attributes.get(key) {
        return Some((Subject::Custom(key.to_owned(), *of), operators_of(*of)));
    }
    let message = if OTHER_ATTRIBUTES.contains(&key) {
        format!("the attribute `{key}` is not supported: Patchbay does not have it")
    } else {
        let custom = names.settings.custom_attributes.keys().map(String::as_str);
        let known = ATTRIBUTES.iter().map(|(known, ..)| *known).chain(custom);
        let near = nearest(key, known);
        format!(
            "the attribute `{key}` is not supported{near}; declare a custom attribute with its type in `custom-attributes`"
        )
    };
    problems.add(format!("{path}/attribute_key"), message);
    None
}

fn operators_of(custom: AttributeType) -> Vec<Operator> {
    let all = OPERATORS.iter().map(|(_, operator)| *operator);
    all.filter(|operator| match operator {
        Operator::EqualTo | Operator::NotEqualTo => true,
        Operator::IsPresent | Operator::IsNotPresent => true,
        Operator::IsGreaterThan | Operator::IsLessThan => {
            matches!(custom, AttributeType::Number | AttributeType::Date)
        }
        Operator::DaysBefore => custom == AttributeType::Date,
        Operator::Contains | Operator::DoesNotContain | Operator::StartsWith => {
            matches!(
                custom,
                AttributeType::Text | AttributeType::Link | AttributeType::List
            )
        }
    })
    .collect()
}

fn operator(
    path: &str,
    condition: &Condition,
    fitting: &[Operator],
    problems: &mut Problems,
) -> Option<Operator> {
    let name = condition.filter_operator.as_str();
    let found = OPERATORS.iter().find(|(known, _)| *known == name);
    if let Some((_, operator)) = found
        && fitting.contains(operator)
    {
        return Some(*operator);
    }
    let known: Vec<&str> = fitting.iter().map(|operator| name_of(*operator)).collect();
    let message = if name == "attribute_changed" {
        "`attribute_changed` is not supported: a policy does not see what an attribute was before"
            .to_owned()
    } else if let Some(near) = near_operator(name, found.is_none()) {
        format!("the operator `{name}` is not supported{near}")
    } else {
        format!(
            "`{}` takes {}, and not `{name}`",
            condition.attribute_key,
            known.join(", ")
        )
    };
    problems.add(format!("{path}/filter_operator"), message);
    None
}

fn near_operator(name: &str, unknown: bool) -> Option<String> {
    unknown.then(|| nearest(name, OPERATORS.iter().map(|(known, _)| *known)))
}

/// The values, read for their attribute and operator.
fn operand(
    path: &str,
    condition: &Condition,
    subject: &Subject,
    operator: Operator,
    names: &Names,
    problems: &mut Problems,
) -> Option<Operand> {
    if matches!(operator, Operator::IsPresent | Operator::IsNotPresent) {
        return Some(Operand::Nothing);
    }
    let values = texts(path, &condition.values, problems)?;
    let mut read = ValueReader {
        path,
        problems,
        failed: false,
    };
    let operand = match (operator, subject) {
        (Operator::Contains | Operator::DoesNotContain, _) => {
            let pattern =
                |value: &String| Pattern::new(&format!("%{}%", value.trim().to_lowercase()));
            Operand::Patterns(values.iter().map(pattern).collect())
        }
        (Operator::StartsWith, _) => {
            let pattern = |value: &String| Pattern::new(&format!("{}%", value.to_lowercase()));
            Operand::Patterns(values.iter().take(1).map(pattern).collect())
        }
        (Operator::DaysBefore, _) => {
            let days = read.each(&values[..1], |value| {
                let days = value.parse::<i64>().ok();
                days.filter(|days| (1..=998).contains(days))
                    .ok_or_else(|| "must be a number of days, 1 to 998".to_owned())
            });
            Operand::Ago(days.first().copied().unwrap_or(1))
        }
        (_, Subject::Custom(_, AttributeType::Number)) => {
            Operand::Numbers(read.each(&values, |value| {
                number_of(value).ok_or_else(|| format!("`{value}` is not a number"))
            }))
        }
        (_, Subject::Custom(_, AttributeType::Date))
        | (Operator::IsGreaterThan | Operator::IsLessThan, _) => {
            Operand::Days(read.each(&values, |value| {
                day_of(value).ok_or_else(|| format!("`{value}` is not a date such as 2026-03-02"))
            }))
        }
        (_, Subject::Custom(_, AttributeType::Checkbox)) => {
            Operand::Texts(read.each(&values, |value| match value {
                "true" | "false" => Ok(value.to_owned()),
                _ => Err(format!("`{value}` is not true or false")),
            }))
        }
        (_, Subject::Custom(..)) => {
            Operand::Texts(values.iter().map(|value| value.to_lowercase()).collect())
        }
        (_, Subject::Attribute(attribute)) => {
            let all = |value: &str| of_attribute(*attribute, operator, value, names);
            let found = read.each(&values, all);
            Operand::Texts(found.into_iter().flatten().collect())
        }
    };
    (!read.failed).then_some(operand)
}

/// The values that a value of a standard attribute stands for.
fn of_attribute(
    attribute: Attribute,
    operator: Operator,
    value: &str,
    names: &Names,
) -> Result<Vec<String>, String> {
    let one = |value: String| Ok(vec![value]);
    match attribute {
        Attribute::Assignee => match names.agent(value) {
            Some(agent) => one(agent),
            None => Err(format!("agent {value} is not in `agents`; add its id here")),
        },
        Attribute::Team => match names.team(value) {
            Some(queue) => one(queue),
            None => Err(format!("team {value} is not in `teams`; add its queue")),
        },
        Attribute::Inbox => match names.settings.inboxes.contains_key(value) {
            true => one(value.to_owned()),
            false => Err(format!("inbox {value} is not in `inboxes`; add its channel")),
        },
        Attribute::Labels => label_code(value).map(|code| vec![code]),
        Attribute::Content => one(value.to_lowercase()),
        Attribute::Status => {
            let known = Status::ALL.iter().map(|(name, _)| *name);
            match value {
                "all" => Ok(known.map(str::to_owned).collect()),
                "pending" => Err(
                    "Patchbay has no status `pending`, in which a bot answers; remove it".to_owned(),
                ),
                value if known.clone().any(|name| name == value) => one(value.to_owned()),
                value => Err(format!(
                    "the status `{value}` does not exist{}",
                    nearest(value, known)
                )),
            }
        }
        Attribute::Priority => {
            let known = names.priorities().map(|(name, _)| name);
            match value {
                value if known.contains(&value) => one(value.to_owned()),
                "nil" | "none" => Err(format!(
                    "`{value}` never matches: a conversation without a priority compares as unknown; remove it"
                )),
                value => Err(format!(
                    "the priority `{value}` does not exist{}",
                    nearest(value, known)
                )),
            }
        }
        Attribute::MessageType => match (value, operator) {
            ("incoming", _) | ("outgoing" | "activity" | "template", Operator::NotEqualTo) => {
                one(value.to_owned())
            }
            ("outgoing" | "activity" | "template", _) => Err(format!(
                "`{value}` never matches: Patchbay calls policies for messages of customers; remove it"
            )),
            _ => Err(format!("the message type `{value}` does not exist")),
        },
        Attribute::PrivateNote => match (value, operator) {
            ("false", Operator::EqualTo) | ("true", Operator::NotEqualTo) => one(value.to_owned()),
            ("true" | "false", _) => Err(
                "never matches: Patchbay calls policies for messages of customers, and none is a private note"
                    .to_owned(),
            ),
            _ => Err(format!("`{value}` is not true or false")),
        },
        _ => one(value.to_owned()),
    }
}

/// Reads each value; what is wrong is a problem at its place.
struct ValueReader<'a, 'b> {
    path: &'a str,
    problems: &'b mut Problems,
    failed: bool,
}

impl ValueReader<'_, '_> {
    fn each<T>(&mut self, values: &[String], read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let mut found = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match read(value) {
                Ok(value) => found.push(value),
                Err(message) => {
                    self.failed = true;
                    self.problems
                        .add(format!("{}/values/{index}", self.path), message);
                }
            }
        }
        found
    }
}

/// The values as texts; a single one need not be a list.
fn texts(path: &str, values: &Value, problems: &mut Problems) -> Option<Vec<String>> {
    let path = format!("{path}/values");
    let single;
    let list = match values {
        Value::Array(list) => list.as_slice(),
        Value::Null => &[],
        other => {
            single = [other.clone()];
            &single
        }
    };
    if list.is_empty() {
        problems.add(path, "there is no value, so that the condition never holds");
        return None;
    }
    if list.len() > MOST_VALUES {
        problems.add(path, format!("there are more than {MOST_VALUES} values"));
        return None;
    }
    let mut texts = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let path = format!("{path}/{index}");
        match scalar(value) {
            Some(text) if text.len() > LONGEST_VALUE => {
                problems.add(path, format!("has more than {LONGEST_VALUE} bytes"));
            }
            Some(text) => texts.push(text),
            None => problems.add(path, "must be a text, a number or true/false"),
        }
    }
    (texts.len() == list.len()).then_some(texts)
}

/// A value as a text; `None` for a list, an object and null.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
