//! One condition of a rule. An absent value makes most comparisons unknown, as in SQL: `None`.

use patchbay_sdk::clock;

use crate::calendar::{day_at, day_of};
use crate::facts::Facts;
use crate::pattern::Pattern;
use crate::settings::AttributeType;
use crate::vocabulary::{Attribute, Operator};

/// What is compared.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Attribute(Attribute),
    /// A custom attribute by its key.
    Custom(String, AttributeType),
}

/// With what it is compared.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Nothing,
    Texts(Vec<String>),
    Patterns(Vec<Pattern>),
    Numbers(Vec<f64>),
    /// Days since 1970.
    Days(Vec<i64>),
    /// A number of days before today.
    Ago(i64),
}

/// A comparison.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) subject: Subject,
    pub(crate) operator: Operator,
    pub(crate) operand: Operand,
}

impl Comparison {
    /// Whether it is known only where the conversation is.
    pub(crate) fn is_of_conversation(&self) -> bool {
        matches!(&self.subject, Subject::Attribute(attribute) if attribute.is_of_conversation())
    }

    /// Whether it holds; `None` where that is unknown.
    ///
    /// # Errors
    /// A custom attribute whose value is not of its type: the rule does not apply.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> Result<Option<bool>, String> {
        match &self.subject {
            Subject::Attribute(attribute @ (Attribute::Labels | Attribute::Inbox)) => {
                Ok(self.holds_for_several(&facts.several(*attribute)))
            }
            Subject::Attribute(attribute @ (Attribute::CreatedAt | Attribute::LastActivityAt)) => {
                let moment = facts.moment(*attribute);
                Ok(moment.and_then(|moment| self.holds_at(moment)))
            }
            Subject::Attribute(attribute) => Ok(self.holds_for_text(facts.text(*attribute))),
            Subject::Custom(key, of) => self.holds_for_custom(*of, key, facts),
        }
    }

    fn holds_for_several(&self, values: &[String]) -> Option<bool> {
        let common = || match &self.operand {
            Operand::Texts(wanted) => values.iter().any(|value| wanted.contains(value)),
            _ => false,
        };
        match self.operator {
            Operator::EqualTo => Some(common()),
            Operator::NotEqualTo => Some(!common()),
            Operator::IsPresent => Some(!values.is_empty()),
            Operator::IsNotPresent => Some(values.is_empty()),
            _ => None,
        }
    }

    fn holds_for_text(&self, value: Option<String>) -> Option<bool> {
        match self.operator {
            Operator::IsPresent => return Some(value.is_some()),
            Operator::IsNotPresent => return Some(value.is_none()),
            _ => {}
        }
        let value = value?;
        let signs = |text: &str| text.chars().collect::<Vec<_>>();
        match (&self.operand, self.operator) {
            (Operand::Texts(wanted), Operator::EqualTo) => Some(self.is_one_of(&value, wanted)),
            (Operand::Texts(wanted), Operator::NotEqualTo) => Some(!self.is_one_of(&value, wanted)),
            (Operand::Patterns(wanted), Operator::StartsWith) => {
                let signs = signs(&value);
                Some(wanted.iter().any(|pattern| pattern.matches(&signs)))
            }
            (Operand::Patterns(wanted), Operator::Contains) => {
                let signs = signs(&value.to_lowercase());
                Some(wanted.iter().any(|pattern| pattern.matches(&signs)))
            }
            (Operand::Patterns(wanted), Operator::DoesNotContain) => {
                let signs = signs(&value.to_lowercase());
                Some(!wanted.iter().any(|pattern| pattern.matches(&signs)))
            }
            _ => None,
        }
    }

    /// The text of a message and custom attributes are compared in lower case, all else as it is.
    fn is_one_of(&self, value: &str, wanted: &[String]) -> bool {
        match self.subject {
            Subject::Attribute(Attribute::Content) | Subject::Custom(..) => {
                wanted.contains(&value.to_lowercase())
            }
            Subject::Attribute(_) => wanted.iter().any(|wanted| wanted == value),
        }
    }

    fn holds_at(&self, moment: u64) -> Option<bool> {
        let start_of = |day: i64| day.saturating_mul(86_400_000);
        let moment = i64::try_from(moment).ok()?;
        match (&self.operand, self.operator) {
            (Operand::Ago(days), _) => Some(moment < start_of(day_at(clock::now()) - days)),
            (Operand::Days(days), Operator::IsGreaterThan) => {
                Some(moment > start_of(*days.first()?))
            }
            (Operand::Days(days), Operator::IsLessThan) => Some(moment < start_of(*days.first()?)),
            _ => None,
        }
    }

    fn holds_for_custom(
        &self,
        of: AttributeType,
        key: &str,
        facts: &Facts<'_>,
    ) -> Result<Option<bool>, String> {
        let value = facts.interaction.attribute(key);
        if value.is_none() && self.operator == Operator::NotEqualTo {
            return Ok(Some(true));
        }
        let is = |found: std::cmp::Ordering| match self.operator {
            Operator::EqualTo => found.is_eq(),
            Operator::NotEqualTo => found.is_ne(),
            Operator::IsGreaterThan => found.is_gt(),
            Operator::IsLessThan | Operator::DaysBefore => found.is_lt(),
            _ => false,
        };
        match (&self.operand, value) {
            (Operand::Numbers(wanted), Some(value)) => {
                let number = number_of(&value)
                    .ok_or_else(|| format!("the attribute `{key}` is not a number"))?;
                Ok(Some(
                    self.any_or_all(wanted, |wanted| is(number.total_cmp(wanted))),
                ))
            }
            (Operand::Days(wanted), Some(value)) => {
                let day = day_of_value(&value)
                    .ok_or_else(|| format!("the attribute `{key}` is not a date"))?;
                Ok(Some(self.any_or_all(wanted, |wanted| is(day.cmp(wanted)))))
            }
            (Operand::Ago(days), Some(value)) => {
                let day = day_of_value(&value)
                    .ok_or_else(|| format!("the attribute `{key}` is not a date"))?;
                Ok(Some(day < day_at(clock::now()) - days))
            }
            (_, value) => {
                let checkbox = of == AttributeType::Checkbox;
                if let Some(value) = &value
                    && checkbox
                    && !matches!(value.as_str(), "true" | "false")
                {
                    return Err(format!("the attribute `{key}` is not true or false"));
                }
                Ok(self.holds_for_text(value))
            }
        }
    }

    /// Equal to one of the values; unequal to all.
    fn any_or_all<T>(&self, wanted: &[T], is: impl Fn(&T) -> bool) -> bool {
        match self.operator {
            Operator::NotEqualTo => wanted.iter().all(is),
            _ => wanted.iter().any(is),
        }
    }
}

/// A number as SQL reads it: finite.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    // -0 and 0 are one number.
    number.is_finite().then_some(number + 0.0)
}

/// The day of a date, or of a moment that begins with one.
fn day_of_value(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.get(..10) {
        Some(date) if text.len() == 10 || text[10..].starts_with(['T', ' ']) => day_of(date),
        _ => None,
    }
}
