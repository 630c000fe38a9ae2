//! The functions of the environment: what they take and give.

use cel::common::ast::{CallExpr, Expr, LiteralValue};

use super::{Check, PartFacts, nearest_of};
use crate::functions::{IS_OPEN, LOWER, MENTIONS};
use crate::types::Type;

/// One row for each signature of a function.
struct Signature {
    name: &'static str,
    /// The value before the point; `None` for a function that is called alone.
    on: Option<Argument>,
    takes: &'static [Argument],
    gives: Returns,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Argument {
    Text,
    /// A text, bytes, list or map.
    Sized,
    /// A number, or a text that is one.
    Number,
    /// What has a text form: a number, bool, bytes.
    Scalar,
    BoolOrText,
    TextOrBytes,
    Any,
}

#[derive(Clone, Copy)]
enum Returns {
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Dyn,
}

const fn member(name: &'static str, takes: &'static [Argument], gives: Returns) -> Signature {
    Signature {
        name,
        on: Some(Argument::Text),
        takes,
        gives,
    }
}

const fn alone(name: &'static str, takes: &'static [Argument], gives: Returns) -> Signature {
    Signature {
        name,
        on: None,
        takes,
        gives,
    }
}

const SIGNATURES: &[Signature] = &[
    member("contains", &[Argument::Text], Returns::Bool),
    member("startsWith", &[Argument::Text], Returns::Bool),
    member("endsWith", &[Argument::Text], Returns::Bool),
    member(MENTIONS, &[Argument::Text], Returns::Bool),
    member(LOWER, &[], Returns::Text),
    Signature {
        name: "size",
        on: Some(Argument::Sized),
        takes: &[],
        gives: Returns::Int,
    },
    alone("size", &[Argument::Sized], Returns::Int),
    alone("int", &[Argument::Number], Returns::Int),
    alone("uint", &[Argument::Number], Returns::Uint),
    alone("double", &[Argument::Number], Returns::Double),
    alone("string", &[Argument::Scalar], Returns::Text),
    alone("bool", &[Argument::BoolOrText], Returns::Bool),
    alone("bytes", &[Argument::TextOrBytes], Returns::Bytes),
    alone("dyn", &[Argument::Any], Returns::Dyn),
    alone(IS_OPEN, &[Argument::Text], Returns::Bool),
];

/// Macros, which the parser replaces when they are written in full.
const MACROS: &[&str] = &["all", "exists", "exists_one", "map", "filter", "has"];

impl Argument {
    fn fits(self, of: &Type) -> bool {
        of.is_open()
            || match self {
                Self::Text => *of == Type::String,
                Self::Sized => matches!(
                    of,
                    Type::String | Type::Bytes | Type::List(_) | Type::Map(..)
                ),
                Self::Number => of.is_number() || *of == Type::String,
                Self::Scalar => {
                    of.is_number() || matches!(of, Type::String | Type::Bool | Type::Bytes)
                }
                Self::BoolOrText => matches!(of, Type::Bool | Type::String),
                Self::TextOrBytes => matches!(of, Type::String | Type::Bytes),
                Self::Any => true,
            }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Sized => "string, bytes, list or map",
            Self::Number => "a number or a string",
            Self::Scalar => "a number, bool, string or bytes",
            Self::BoolOrText => "bool or string",
            Self::TextOrBytes => "string or bytes",
            Self::Any => "any value",
        }
    }
}

impl Check<'_> {
    /// Checks a call: an operator or a function.
    pub(super) fn call(&mut self, id: u64, call: &mut CallExpr) -> PartFacts {
        if call.target.is_none()
            && let Some(checked) = self.operator(id, &call.func_name, &mut call.args)
        {
            return checked;
        }
        let name = call.func_name.as_str();
        let signatures: Vec<&Signature> = SIGNATURES
            .iter()
            .filter(|signature| signature.name == name)
            .collect();
        if signatures.is_empty() {
            let message = unknown(name, call.target.is_some());
            self.fault(id, message);
            return PartFacts::unknown();
        }
        self.hours(call);
        let on = call.target.as_mut().map(|target| self.part(target));
        let arguments: Vec<PartFacts> = call.args.iter_mut().map(|it| self.part(it)).collect();
        let fitting = signatures.iter().find(|signature| {
            let same_call = match (signature.on, &on) {
                (Some(takes), Some(on)) => takes.fits(&on.of),
                (None, None) => true,
                _ => false,
            };
            let mut pairs = signature.takes.iter().zip(&arguments);
            same_call
                && signature.takes.len() == arguments.len()
                && pairs.all(|(takes, argument)| takes.fits(&argument.of))
        });
        let Some(signature) = fitting else {
            let message = misused(&signatures, on.as_ref(), &arguments);
            self.fault(id, message);
            return PartFacts::unknown();
        };
        let all = on.iter().chain(&arguments);
        let steps = all.fold(1_u64, |sum, value| {
            sum.saturating_add(value.steps)
                .saturating_add(value.read_steps())
        });
        let largest = on.iter().chain(&arguments).map(PartFacts::bytes).max();
        signature
            .gives(largest.unwrap_or(8))
            .with_steps(match name {
                // They look at every character several times.
                MENTIONS | LOWER => steps.saturating_mul(4),
                _ => steps,
            })
    }

    /// The name of business hours is written out, and is one of the settings, where it is checked.
    fn hours(&mut self, call: &CallExpr) {
        let [argument] = call.args.as_slice() else {
            return;
        };
        if call.func_name != IS_OPEN {
            return;
        }
        let message = match &argument.expr {
            Expr::Literal(LiteralValue::String(name)) if self.hours.contains(&name.inner()) => {
                return;
            }
            Expr::Literal(LiteralValue::String(name)) => format!(
                "`{0}` is not in the setting `hours`{1}; add it there",
                name.inner(),
                nearest_of(name.inner(), self.hours)
            ),
            _ => format!("{IS_OPEN}() takes the name of business hours in quotes"),
        };
        self.fault(argument.id, message);
    }
}

impl Signature {
    fn gives(&self, largest: u64) -> PartFacts {
        match self.gives {
            Returns::Bool => PartFacts::scalar(Type::Bool),
            Returns::Int => PartFacts::scalar(Type::Int),
            Returns::Uint => PartFacts::scalar(Type::Uint),
            Returns::Double => PartFacts::scalar(Type::Double),
            // A character in lower case has at most three times its bytes; a number at most 32.
            Returns::Text => PartFacts::text(Type::String, largest.saturating_mul(3).max(32)),
            Returns::Bytes => PartFacts::text(Type::Bytes, largest),
            Returns::Dyn => PartFacts::text(Type::Dyn, largest),
        }
    }
}

fn unknown(name: &str, member: bool) -> String {
    if name == "matches" {
        return "regular expressions (matches) are not available; use contains(), startsWith(), \
                endsWith(), or mentions() for whole words"
            .to_owned();
    }
    if MACROS.contains(&name) {
        return format!(
            "{name}() is written {}",
            match name {
                "has" => "has(object.field)",
                "map" => "list.map(x, value) or list.map(x, condition, value)",
                _ => "list.NAME(x, condition), with a simple name x",
            }
            .replace("NAME", name)
        );
    }
    let known = SIGNATURES
        .iter()
        .filter(|signature| signature.on.is_some() == member);
    let mut names: Vec<&str> = known.map(|signature| signature.name).collect();
    if member {
        names.extend(MACROS.iter().filter(|name| **name != "has"));
    }
    let nearest = nearest_of(name, &names);
    format!(
        "no function {name}(){nearest}; there are {}",
        names.join(", ")
    )
}

fn misused(signatures: &[&Signature], on: Option<&PartFacts>, arguments: &[PartFacts]) -> String {
    let right: Vec<String> = signatures
        .iter()
        .map(|signature| {
            let takes: Vec<&str> = signature.takes.iter().map(|it| it.name()).collect();
            let takes = match takes.is_empty() {
                true => "nothing".to_owned(),
                false => takes.join(", "),
            };
            match signature.on {
                Some(on) => format!("takes {takes}, on {}", on.name()),
                None => format!("takes {takes}"),
            }
        })
        .collect();
    let given: Vec<String> = arguments.iter().map(|it| it.of.to_string()).collect();
    let given = match given.is_empty() {
        true => "nothing".to_owned(),
        false => given.join(", "),
    };
    let on = on.map_or(String::new(), |on| format!(" on {}", on.of));
    format!(
        "{}() {}; it has {given}{on}",
        signatures[0].name,
        right.join("; or ")
    )
}
