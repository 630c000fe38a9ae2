//! The type check. It knows every name, field, function and operator of the environment, finds the
//! type of each part of a condition, and bounds how many steps an evaluation takes and how large
//! its texts and lists get. It also replaces each `has(object.field)` by a hidden field, so that an
//! absent field has the default of its type, as in the messages of the language.

mod functions;
mod operators;
mod part_facts;

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr, SourceInfo};

use crate::condition::Fault;
use crate::environment::{Object, Stage, presence_of};
use crate::types::Type;

pub(crate) use part_facts::PartFacts;

/// Deepest nesting of a condition.
const DEEPEST: usize = 64;
/// Most steps of one condition.
const MOST_STEPS: u64 = 50_000;
/// Most faults reported of one condition.
const MOST_FAULTS: usize = 8;
/// The accumulator of a macro.
const ACCUMULATOR: &str = "@result";

/// The check of one condition.
pub(crate) struct Check<'a> {
    stage: Stage,
    text: &'a str,
    source: &'a SourceInfo,
    /// Business hours that may be named.
    hours: &'a [&'a str],
    /// Variables of the macros around the current part, innermost last.
    variables: Vec<(String, PartFacts)>,
    depth: usize,
    faults: Vec<(usize, Fault)>,
    wanted: BTreeSet<(Object, &'static str)>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(
        stage: Stage,
        text: &'a str,
        source: &'a SourceInfo,
        hours: &'a [&'a str],
    ) -> Self {
        Self {
            stage,
            text,
            source,
            hours,
            variables: Vec::new(),
            depth: 0,
            faults: Vec::new(),
            wanted: BTreeSet::new(),
        }
    }

    /// The faults in the order of the text, and the fields that the condition reads.
    pub(crate) fn finish(mut self) -> (Vec<Fault>, BTreeSet<(Object, &'static str)>) {
        self.faults.sort_by_key(|(at, _)| *at);
        let faults = self.faults.into_iter().map(|(_, fault)| fault);
        (faults.take(MOST_FAULTS).collect(), self.wanted)
    }

    /// Checks a whole condition.
    pub(crate) fn condition(&mut self, expression: &mut IdedExpr) -> PartFacts {
        let checked = self.part(expression);
        if self.faults.is_empty() && checked.of != Type::Bool {
            let hint = match checked.of {
                Type::Dyn => "; compare it with a value",
                _ => "",
            };
            let message = format!("the condition is {}, and must be bool{hint}", checked.of);
            self.fault(expression.id, message);
        }
        if self.faults.is_empty() && checked.steps > MOST_STEPS {
            let message = format!(
                "it may take {} steps, more than {MOST_STEPS}; nest fewer macros, or make several rules of it",
                checked.steps
            );
            self.fault(expression.id, message);
        }
        checked
    }

    fn fault(&mut self, id: u64, message: impl Into<String>) {
        self.fault_after(id, 0, message);
    }

    /// A fault so many characters behind the place of a part: a selection stands at its point.
    fn fault_after(&mut self, id: u64, characters: usize, message: impl Into<String>) {
        let start = self.source.offset_for(id).map_or(0, |(start, _)| start) as usize;
        let start = start + characters;
        let before = self.text.chars().take(start);
        let (line, column) = before.fold((1, 1), |(line, column), sign| match sign {
            '\n' => (line + 1, 1),
            _ => (line, column + 1),
        });
        let fault = Fault {
            place: Some((line, column)),
            message: message.into(),
        };
        if self.faults.iter().all(|(_, known)| *known != fault) {
            self.faults.push((start, fault));
        }
    }

    /// Checks a part. After a fault its type is open, so that one mistake is one fault.
    fn part(&mut self, expression: &mut IdedExpr) -> PartFacts {
        self.depth += 1;
        let checked = if self.depth > DEEPEST {
            if self.faults.is_empty() {
                let message = format!("it is nested more than {DEEPEST} levels deep");
                self.fault(expression.id, message);
            }
            PartFacts::unknown()
        } else {
            self.node(expression)
        };
        self.depth -= 1;
        match checked.too_large() {
            Some(message) if self.faults.is_empty() => {
                self.fault(expression.id, message);
                PartFacts::unknown()
            }
            _ => checked,
        }
    }

    fn node(&mut self, expression: &mut IdedExpr) -> PartFacts {
        let id = expression.id;
        match &mut expression.expr {
            Expr::Literal(literal) => of_literal(literal),
            Expr::Ident(name) => self.name(id, name),
            Expr::Select(select) => self.select(id, select),
            Expr::List(list) => {
                if let Some(at) = list.optional_indices.first() {
                    let id = list.elements.get(*at).map_or(id, |entry| entry.id);
                    self.fault(id, "optional entries (`?`) are not available");
                }
                let entries = list.elements.iter_mut().map(|entry| self.part(entry));
                PartFacts::list_of(entries.collect())
            }
            Expr::Map(map) => {
                let mut keys = Vec::new();
                let mut values = Vec::new();
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        let key = self.part(&mut entry.key);
                        self.map_key(entry.key.id, &key.of);
                        keys.push(key);
                        values.push(self.part(&mut entry.value));
                    }
                }
                PartFacts::map_of(keys, values)
            }
            Expr::Struct(message) => {
                let message = format!(
                    "a message such as `{}{{…}}` cannot be made here",
                    message.type_name
                );
                self.fault(id, message);
                PartFacts::unknown()
            }
            Expr::Call(call) => self.call(id, call),
            Expr::Comprehension(macro_call) => self.comprehension(id, macro_call),
            Expr::Unspecified => {
                self.fault(id, "a part is missing");
                PartFacts::unknown()
            }
        }
    }

    fn map_key(&mut self, id: u64, key: &Type) {
        let is_key = matches!(key, Type::Bool | Type::Int | Type::Uint | Type::String);
        if !is_key && !key.is_open() {
            let message = format!("a key of a map is an int, uint, bool or string, and not {key}");
            self.fault(id, message);
        }
    }

    /// An object of the stage, unless a variable hides it.
    fn object(&self, expression: &IdedExpr) -> Option<Object> {
        let Expr::Ident(name) = &expression.expr else {
            return None;
        };
        let hidden = self.variables.iter().any(|(variable, _)| variable == name);
        let mut objects = self.stage.objects().iter().copied();
        objects.find(|object| !hidden && object.name() == name)
    }

    /// A name that stands alone.
    fn name(&mut self, id: u64, name: &str) -> PartFacts {
        let mut known = self.variables.iter().rev();
        if let Some((_, variable)) = known.find(|(variable, _)| variable == name) {
            return variable.clone().with_steps(1);
        }
        let objects = self.stage.objects();
        let message = if let Some(object) = objects.iter().find(|object| object.name() == name) {
            let fields = object.fields();
            let fields: Vec<_> = fields.iter().map(|(field, _)| *field).collect();
            format!(
                "`{name}` is not a value; name one of its fields: {}",
                fields.join(", ")
            )
        } else {
            let own = self.variables.iter().map(|(variable, _)| variable.as_str());
            let names: Vec<&str> = objects
                .iter()
                .map(|object| object.name())
                .chain(own.filter(|variable| *variable != ACCUMULATOR))
                .collect();
            let stage = self.stage.name();
            let known = names.join(", ");
            let nearest = nearest_of(name, &names);
            format!("no name `{name}` in {stage}{nearest}; there are {known}")
        };
        self.fault(id, message);
        PartFacts::unknown()
    }

    fn select(&mut self, id: u64, select: &mut SelectExpr) -> PartFacts {
        if let Some(object) = self.object(&select.operand) {
            return self.field(id, object, select);
        }
        let operand = self.part(&mut select.operand);
        let value = match &operand.of {
            Type::Map(key, value) if Type::String.fits(key) => (**value).clone(),
            open if open.is_open() => Type::Dyn,
            other => {
                let field = &select.field;
                let message = format!("{other} has no fields; there is no `.{field}`");
                self.fault_after(id, 1, message);
                return PartFacts::unknown();
            }
        };
        if select.test {
            return PartFacts::scalar(Type::Bool).with_steps(operand.steps.saturating_add(1));
        }
        operand.entry_as(value)
    }

    fn field(&mut self, id: u64, object: Object, select: &mut SelectExpr) -> PartFacts {
        let fields = object.fields();
        let Some((name, kind)) = fields.iter().find(|(name, _)| *name == select.field) else {
            let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
            let message = format!(
                "{} has no field `{}`{}; it has {}",
                object.name(),
                select.field,
                nearest_of(&select.field, &names),
                names.join(", ")
            );
            self.fault_after(id, usize::from(!select.test), message);
            return PartFacts::unknown();
        };
        self.wanted.insert((object, name));
        if select.test {
            select.test = false;
            select.field = presence_of(name);
            return PartFacts::scalar(Type::Bool);
        }
        PartFacts::of_kind(*kind)
    }

    /// A macro over a list or map.
    fn comprehension(&mut self, id: u64, call: &mut ComprehensionExpr) -> PartFacts {
        let makes_list = matches!(call.accu_init.expr, Expr::List(_));
        let range = self.part(&mut call.iter_range);
        let entry = match &range.of {
            Type::List(entry) => (**entry).clone(),
            Type::Map(..) if makes_list => {
                let message = "the order of a map is undefined: map() and filter() need a list; \
                               use exists() or all()";
                self.fault(id, message);
                Type::Dyn
            }
            Type::Map(key, _) => (**key).clone(),
            open if open.is_open() => Type::Dyn,
            other => {
                let message = format!("a macro needs a list or a map, and not {other}");
                self.fault(call.iter_range.id, message);
                Type::Dyn
            }
        };
        let start = self.part(&mut call.accu_init);
        let variable = range.clone().entry_as(entry).with_steps(0);
        let variables = self.variables.len();
        self.variables.push((call.accu_var.clone(), start));
        self.variables.push((call.iter_var.clone(), variable));
        let goes_on = self.part(&mut call.loop_cond);
        let step = self.part(&mut call.loop_step);
        self.variables.truncate(variables);
        let round = goes_on.steps.saturating_add(step.steps);
        let rounds = round.saturating_mul(range.size.max(1));
        let steps = range.steps.saturating_add(rounds);
        let result = step.repeated(range.size);
        self.variables.push((call.accu_var.clone(), result));
        let result = self.part(&mut call.result);
        self.variables.truncate(variables);
        let all = result.steps.saturating_add(steps);
        result.with_steps(all)
    }
}

fn of_literal(literal: &LiteralValue) -> PartFacts {
    match literal {
        LiteralValue::Boolean(_) => PartFacts::scalar(Type::Bool),
        LiteralValue::Bytes(bytes) => {
            PartFacts::text(Type::Bytes, u64::try_from(bytes.inner().len()).unwrap_or(0))
        }
        LiteralValue::Double(_) => PartFacts::scalar(Type::Double),
        LiteralValue::Int(_) => PartFacts::scalar(Type::Int),
        LiteralValue::Null => PartFacts::scalar(Type::Null),
        LiteralValue::String(text) => {
            PartFacts::text(Type::String, u64::try_from(text.inner().len()).unwrap_or(0))
        }
        LiteralValue::UInt(_) => PartFacts::scalar(Type::Uint),
    }
}

/// `; did you mean …`, where a known name is near.
fn nearest_of(name: &str, known: &[&str]) -> String {
    let distance =
        |other: &&&str| strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    match known.iter().min_by_key(distance) {
        Some(near) if distance(&near) <= (name.len() / 3).max(1) => {
            format!("; did you mean `{near}`")
        }
        _ => String::new(),
    }
}
