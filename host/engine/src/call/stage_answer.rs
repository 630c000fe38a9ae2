use std::sync::Arc;

use patchbay_model::decision::BadOutput;
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::Review;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::Situation;
use serde::Serialize;
use wasmtime::Store;

use super::lift;
use crate::care::{HostObject, HostState, NewHandle};
use crate::contract::{classification, escalation, routing, tone};
use crate::linked::Exports;

/// What a guest returns: an answer, no opinion, or its own error message.
type GuestResult<T> = wasmtime::Result<Result<Option<T>, String>>;

/// The answer of one stage, and how it is obtained.
pub(crate) trait StageAnswer: Clone + Serialize {
    /// The contract's record.
    type Wire;
    const STAGE: Stage;

    /// What the policy is called with; `None` where the situation lacks it.
    fn subject(situation: &Situation) -> Option<HostObject>;

    /// Call the exported function.
    fn call(
        exports: &Exports,
        store: &mut Store<HostState>,
        subject: NewHandle,
    ) -> GuestResult<Self::Wire>;

    fn lift(wire: Self::Wire) -> Self;

    /// Bytes of its texts, which the limit `output` counts.
    fn bytes(&self) -> usize;

    /// Put right what does not spoil the answer. Returns a message for the
    /// decision's log where the answer loses something.
    fn repair(&mut self) -> Option<String>;

    fn validate_in(&self, situation: &Situation) -> Result<(), BadOutput>;

    fn to_plugin_answer(&self) -> PluginAnswer;

    /// `bad-output` for an answer above the limit `output`.
    fn check_size(&self, limit: u64) -> Result<(), Outcome> {
        match self.bytes() as u64 > limit {
            true => Err(Outcome::limited(
                OutcomeKind::BadOutput,
                "output",
                limit,
                "bytes",
            )),
            false => Ok(()),
        }
    }
}

/// Declares the stages: answer and stage in the model, package and function in
/// the contract, the subject of a call, and the rules for an answer.
macro_rules! stages {
    ($(
        $(#[doc = $doc:literal])+
        $answer:ident at $stage:ident: $package:ident.$call:ident -> $wire:ident;
        subject |$from:ident| $subject:expr;
        $( repair |$broken:ident| $repair:expr; )?
        valid |$it:ident, $in:ident| $valid:expr;
        bytes |$of:ident| $bytes:expr;
    )+) => {
        /// A plugin's own answer, as a record stores it.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum PluginAnswer {
            $( $(#[doc = $doc])+ $answer($answer), )+
        }

        $(
            impl StageAnswer for $answer {
                type Wire = $package::$wire;
                const STAGE: Stage = Stage::$stage;

                fn subject($from: &Situation) -> Option<HostObject> {
                    $subject
                }

                fn call(
                    exports: &Exports,
                    store: &mut Store<HostState>,
                    subject: NewHandle,
                ) -> GuestResult<Self::Wire> {
                    let guest = exports.$package.as_ref().ok_or_else(|| {
                        wasmtime::Error::msg(concat!("the component does not export ", stringify!($package)))
                    })?;
                    guest.$call(store, subject.into_resource())
                }

                fn lift(wire: Self::Wire) -> $answer {
                    lift::$package(wire)
                }

                fn bytes(&self) -> usize {
                    let $of = self;
                    $bytes
                }

                fn repair(&mut self) -> Option<String> {
                    $(
                        let $broken = self;
                        return $repair;
                    )?
                    #[allow(unreachable_code)]
                    None
                }

                fn validate_in(&self, $in: &Situation) -> Result<(), BadOutput> {
                    let $it = self;
                    $valid
                }

                fn to_plugin_answer(&self) -> PluginAnswer {
                    PluginAnswer::$answer(self.clone())
                }
            }
        )+
    };
}

stages! {
    /// At the stage classify.
    Classification at Classify: classification.call_classify -> Classification;
        subject |situation| {
            let exchange = situation.exchange.as_ref()?;
            Some(HostObject::Interaction(Arc::clone(&exchange.interaction)))
        };
        repair |answer| answer.normalize_language();
        valid |answer, situation| answer.validate(situation.text());
        bytes |answer| {
            let intents: usize = answer.intents.iter().map(|intent| intent.name.len()).sum();
            let kinds: usize = answer.personal_data.iter().map(|found| found.kind.len()).sum();
            intents + total(&answer.topics) + kinds + answer.why.len()
        };

    /// At the stage route.
    RoutePlan at Route: routing.call_route -> RoutePlan;
        subject |situation| situation.exchange.clone().map(HostObject::Conversation);
        valid |answer, situation| answer.validate(situation.now, &situation.surroundings.directory);
        bytes |answer| {
            let steps = answer.steps.iter();
            let steps: usize = steps.map(|step| total(step.skills.keys()) + total(&step.languages)).sum();
            let preferred: usize = answer.preferences.iter().map(|one| one.agent.len()).sum();
            steps + total(&answer.tags) + preferred + total(&answer.excluded) + answer.why.len()
        };

    /// At the stage tone.
    Review at Tone: tone.call_check -> Review;
        subject |situation| situation.draft.clone().map(HostObject::Draft);
        valid |answer, situation| answer.validate(situation.text());
        bytes |answer| {
            let findings = answer.findings.iter();
            let findings: usize = findings
                .map(|it| it.code.len() + it.message.len() + total(&it.suggestion))
                .sum();
            findings + total(&answer.approvers) + answer.why.len()
        };

    /// At the stage escalate.
    Escalation at Escalate: escalation.call_escalate -> Escalation;
        subject |situation| situation.trigger.clone().map(HostObject::Trigger);
        valid |answer, situation| {
            let company = &situation.surroundings;
            answer.validate(situation.now, &company.directory, &company.targets)
        };
        bytes |answer| {
            let actions = answer.actions.iter();
            let actions: usize = actions
                .map(|it| it.kind.as_str().len() + total(&it.target) + total(&it.message))
                .sum();
            actions + answer.why.len()
        };
}

fn total<'a>(texts: impl IntoIterator<Item = &'a String>) -> usize {
    texts.into_iter().map(String::len).sum()
}
