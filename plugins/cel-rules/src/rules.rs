//! Prepared rules of one stage, and which of them apply to a decision.

use std::collections::BTreeSet;

use cel::Context;
use patchbay_sdk::prelude::*;
use patchbay_sdk::{Problems, log};

use crate::condition::Condition;
use crate::environment::{
    CLASSIFICATION, CONTACT, CONVERSATION, DRAFT, INTERACTION, Object, Stage, TRIGGER, read,
};
use crate::functions;
use crate::settings::OnError;

/// Most rules of a stage.
const MOST_RULES: usize = 200;
/// Most steps of all conditions of a stage.
const MOST_STEPS: u64 = 500_000;

/// The rules of a stage.
#[derive(Debug)]
pub(crate) struct Rules<T> {
    stage: Stage,
    rules: Vec<(Condition, T)>,
    wanted: BTreeSet<(Object, &'static str)>,
    on_error: OnError,
}

impl<T> Rules<T> {
    /// Checks every condition; what is wrong goes to `problems`, with its path.
    pub(crate) fn prepare(
        stage: Stage,
        rules: impl IntoIterator<Item = (String, T)>,
        hours: &[&str],
        on_error: OnError,
        problems: &mut Problems,
    ) -> Self {
        let mut prepared = Vec::new();
        let name = stage.name();
        for (index, (when, then)) in rules.into_iter().enumerate() {
            if index == MOST_RULES {
                problems.add(
                    format!("/{name}"),
                    format!("there are more than {MOST_RULES} rules"),
                );
                break;
            }
            match Condition::compile(stage, &when, hours) {
                Ok(condition) => prepared.push((condition, then)),
                Err(faults) => {
                    for fault in faults {
                        problems.add(format!("/{name}/{index}/when"), fault.to_string());
                    }
                }
            }
        }
        let steps = prepared.iter().map(|(condition, _)| condition.steps);
        let steps = steps.fold(0_u64, u64::saturating_add);
        if steps > MOST_STEPS {
            problems.add(
                format!("/{name}"),
                format!("the conditions together may take {steps} steps, more than {MOST_STEPS}"),
            );
        }
        let wanted = prepared
            .iter()
            .flat_map(|(condition, _)| condition.wanted.iter().copied())
            .collect();
        Self {
            stage,
            rules: prepared,
            wanted,
            on_error,
        }
    }

    /// The rules that apply, with their numbers from 0, lazily: a stage that takes the first asks no
    /// further condition.
    pub(crate) fn applying<'a>(
        &'a self,
        subject: &Subject<'_>,
    ) -> impl Iterator<Item = Result<(usize, &'a T), Error>> {
        let context = (!self.rules.is_empty()).then(|| self.context(subject));
        let rules = self.rules.iter().enumerate();
        rules.filter_map(move |(index, (condition, then))| {
            match condition.evaluate(context.as_ref()?) {
                Ok(true) => Some(Ok((index, then))),
                Ok(false) => None,
                Err(error) => {
                    let message = format!("/{}/{index}/when: {error}", self.stage.name());
                    match self.on_error {
                        OnError::Fail => Some(Err(Error::new(message))),
                        OnError::Skip => {
                            log::warn!("{message}; the rule is skipped");
                            None
                        }
                    }
                }
            }
        })
    }

    /// The values that the conditions read.
    fn context(&self, subject: &Subject<'_>) -> Context<'static, 'static> {
        let mut context = Context::with_env(functions::environment());
        for object in self.stage.objects() {
            let wanted = self.wanted.iter().filter(|(of, _)| of == object);
            let wanted: Vec<_> = wanted.map(|(_, field)| *field).collect();
            if wanted.is_empty() {
                continue;
            }
            let value = match object {
                Object::Interaction => read(INTERACTION, subject.interaction, &wanted),
                Object::Contact => read(CONTACT, subject.contact, &wanted),
                Object::Conversation => read(CONVERSATION, subject.conversation, &wanted),
                Object::Classification => read(CLASSIFICATION, subject.classification, &wanted),
                Object::Draft => read(DRAFT, subject.draft, &wanted),
                Object::Trigger => read(TRIGGER, subject.trigger, &wanted),
            };
            context.add_variable_from_value(object.name(), value);
        }
        context
    }
}

/// What a decision is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct Subject<'a> {
    pub(crate) interaction: Option<&'a Interaction>,
    pub(crate) contact: Option<&'a Contact>,
    pub(crate) conversation: Option<&'a Conversation>,
    pub(crate) classification: Option<&'a Assessment>,
    pub(crate) draft: Option<&'a Draft>,
    pub(crate) trigger: Option<&'a Trigger>,
}
