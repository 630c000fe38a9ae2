//! The types that operators take and give.

use cel::IdedExpr;
use cel::common::ast::{Expr, operators as op};

use super::{ACCUMULATOR, Check, PartFacts};
use crate::types::Type;

impl Check<'_> {
    /// Checks an operator; `None` where the name is no operator.
    pub(super) fn operator(
        &mut self,
        id: u64,
        name: &str,
        parts: &mut [IdedExpr],
    ) -> Option<PartFacts> {
        let sign = sign_of(name)?;
        let in_macro = matches!(parts.first(), Some(IdedExpr { expr: Expr::Ident(name), .. }) if name == ACCUMULATOR);
        let ids: Vec<u64> = parts.iter().map(|part| part.id).collect();
        let values: Vec<PartFacts> = parts.iter_mut().map(|part| self.part(part)).collect();
        let steps = values
            .iter()
            .fold(1_u64, |sum, value| sum.saturating_add(value.steps));
        let checked = match values.as_slice() {
            [one] => self.unary(id, name, sign, one),
            [left, right] => match name {
                op::LOGICAL_AND | op::LOGICAL_OR => {
                    for (value, at) in values.iter().zip(&ids) {
                        self.logical(*at, sign, in_macro, &value.of);
                    }
                    PartFacts::scalar(Type::Bool)
                }
                op::EQUALS | op::NOT_EQUALS => self.equality(id, sign, left, right),
                op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS => {
                    self.order(id, sign, left, right)
                }
                op::IN => self.inclusion(id, left, right),
                op::INDEX => self.index(ids[1], left, right),
                _ => self.arithmetic(id, name, sign, left, right),
            },
            [condition, yes, no] => self.choice(id, ids[0], condition, yes, no),
            _ => PartFacts::unknown(),
        };
        let steps = steps.saturating_add(checked.steps);
        Some(checked.with_steps(steps))
    }

    fn unary(&mut self, id: u64, name: &str, sign: &str, value: &PartFacts) -> PartFacts {
        let takes = match name {
            op::LOGICAL_NOT | op::NOT_STRICTLY_FALSE => value.of == Type::Bool,
            _ => matches!(value.of, Type::Int | Type::Double),
        };
        if !takes && !value.of.is_open() {
            let message = format!("`{sign}` does not take {}", value.of);
            self.fault(id, message);
        }
        match name {
            op::NEGATE => PartFacts::scalar(value.of.clone()),
            _ => PartFacts::scalar(Type::Bool),
        }
    }

    fn logical(&mut self, id: u64, sign: &str, in_macro: bool, of: &Type) {
        if of.fits(&Type::Bool) {
            return;
        }
        let message = match in_macro {
            true => format!("the condition of the macro is {of}, and must be bool"),
            false => format!("`{sign}` does not take {of}; both sides are bool"),
        };
        self.fault(id, message);
    }

    fn equality(&mut self, id: u64, sign: &str, left: &PartFacts, right: &PartFacts) -> PartFacts {
        if !left.of.fits(&right.of) {
            let hint = if left.of == Type::Null || right.of == Type::Null {
                "; a field is never null: has(…) tells whether it is present"
            } else if left.of.is_number() && right.of.is_number() {
                "; convert one with int(), uint() or double()"
            } else {
                ""
            };
            let message = format!(
                "`{sign}` does not compare {} with {}{hint}",
                left.of, right.of
            );
            self.fault(id, message);
        }
        let steps = left.read_steps().min(right.read_steps());
        PartFacts::scalar(Type::Bool).with_steps(steps)
    }

    fn order(&mut self, id: u64, sign: &str, left: &PartFacts, right: &PartFacts) -> PartFacts {
        let ordered = |of: &Type| {
            of.is_open() || matches!(of, Type::Bool | Type::String | Type::Bytes) || of.is_number()
        };
        let numbers = left.of.is_number() && right.of.is_number();
        let fits = numbers || left.of.fits(&right.of);
        if !(fits && ordered(&left.of) && ordered(&right.of)) {
            let message = format!(
                "`{sign}` does not order {} and {}; it takes numbers, or two texts",
                left.of, right.of
            );
            self.fault(id, message);
        }
        let steps = left.read_steps().min(right.read_steps());
        PartFacts::scalar(Type::Bool).with_steps(steps)
    }

    fn inclusion(&mut self, id: u64, value: &PartFacts, range: &PartFacts) -> PartFacts {
        let entry = match &range.of {
            Type::List(entry) => Some(entry),
            Type::Map(key, _) => Some(key),
            _ => None,
        };
        match entry {
            Some(entry) if !value.of.fits(entry) => {
                let message = format!("`in` does not find {} in {}", value.of, range.of);
                self.fault(id, message);
            }
            None if !range.of.is_open() => {
                let hint = match range.of {
                    Type::String => "; for a text write text.contains(…) or text.mentions(…)",
                    _ => "",
                };
                let message = format!("`in` needs a list or map, and not {}{hint}", range.of);
                self.fault(id, message);
            }
            _ => {}
        }
        let steps = match range.of {
            Type::Map(..) => value.read_steps(),
            _ => range.read_steps(),
        };
        PartFacts::scalar(Type::Bool).with_steps(steps)
    }

    fn index(&mut self, id: u64, range: &PartFacts, at: &PartFacts) -> PartFacts {
        let (fits, entry) = match &range.of {
            Type::List(entry) => (at.of.fits(&Type::Int) || at.of.is_number(), entry),
            Type::Map(key, value) => (at.of.fits(key), value),
            open if open.is_open() => return PartFacts::scalar(Type::Dyn),
            other => {
                let message = format!("{other} has no index; a list or a map has");
                self.fault(id, message);
                return PartFacts::unknown();
            }
        };
        if !fits {
            let message = format!("{} is no index of {}", at.of, range.of);
            self.fault(id, message);
        }
        range.clone().entry_as((**entry).clone()).with_steps(1)
    }

    fn arithmetic(
        &mut self,
        id: u64,
        name: &str,
        sign: &str,
        left: &PartFacts,
        right: &PartFacts,
    ) -> PartFacts {
        let adds = name == op::ADD;
        let fits = left.of.fits(&right.of);
        let takes = |of: &Type| match of {
            Type::Int | Type::Uint => true,
            Type::Double => name != op::MODULO,
            Type::String | Type::Bytes | Type::List(_) => adds,
            open => open.is_open(),
        };
        if !(fits && takes(&left.of) && takes(&right.of)) {
            let hint = match left.of.is_number() && right.of.is_number() && !fits {
                true => "; convert one with int(), uint() or double()",
                false => "",
            };
            let message = format!("`{sign}` does not take {} and {}{hint}", left.of, right.of);
            self.fault(id, message);
            return PartFacts::unknown();
        }
        let of = left.of.clone().join(right.of.clone());
        match of {
            Type::String | Type::Bytes | Type::List(_) => PartFacts {
                size: left.size.saturating_add(right.size),
                entry: left.entry.max(right.entry),
                steps: left.read_steps().saturating_add(right.read_steps()),
                of,
            },
            _ => PartFacts::scalar(of),
        }
    }

    fn choice(
        &mut self,
        id: u64,
        condition_id: u64,
        condition: &PartFacts,
        yes: &PartFacts,
        no: &PartFacts,
    ) -> PartFacts {
        if !condition.of.fits(&Type::Bool) {
            let message = format!("the condition is {}, and must be bool", condition.of);
            self.fault(condition_id, message);
        }
        if !yes.of.fits(&no.of) {
            let message = format!("`?:` gives {} or {}; both must be one type", yes.of, no.of);
            self.fault(id, message);
        }
        PartFacts {
            of: yes.of.clone().join(no.of.clone()),
            size: yes.size.max(no.size),
            entry: yes.entry.max(no.entry),
            steps: 1,
        }
    }
}

/// How an operator is written.
fn sign_of(name: &str) -> Option<&'static str> {
    Some(match name {
        op::CONDITIONAL => "?:",
        op::LOGICAL_AND => "&&",
        op::LOGICAL_OR => "||",
        op::LOGICAL_NOT | op::NOT_STRICTLY_FALSE => "!",
        op::SUBSTRACT | op::NEGATE => "-",
        op::ADD => "+",
        op::MULTIPLY => "*",
        op::DIVIDE => "/",
        op::MODULO => "%",
        op::EQUALS => "==",
        op::NOT_EQUALS => "!=",
        op::GREATER_EQUALS => ">=",
        op::LESS_EQUALS => "<=",
        op::GREATER => ">",
        op::LESS => "<",
        op::INDEX => "[]",
        op::IN => "in",
        _ => return None,
    })
}
