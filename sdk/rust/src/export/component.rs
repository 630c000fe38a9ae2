//! Calls the policy from the generated exports.

use std::cell::RefCell;

use crate::bindings::classification::exports::patchbay::classification::classification;
use crate::bindings::escalation::exports::patchbay::escalation::escalation;
use crate::bindings::imports::patchbay::care::types;
use crate::bindings::lifecycle::exports::patchbay::lifecycle::lifecycle;
use crate::bindings::routing::exports::patchbay::routing::routing;
use crate::bindings::tone::exports::patchbay::tone::tone;
use crate::{
    Answer, CheckTone, Classification, Classify, Conversation, Draft, Error, Escalate, Escalation,
    Interaction, Policy, Problem, Problems, Review, Route, RoutePlan, Trigger,
};

/// A component; `export!` implements it.
pub trait Component {
    /// Its policy.
    type Policy: Policy;
    /// Calls a function with the component's one policy.
    fn with_policy<R>(call: impl FnOnce(&PolicySlot<Self::Policy>) -> R) -> R;
}

/// Holds the policy once it is prepared.
pub struct PolicySlot<P>(RefCell<Option<P>>);

impl<P: Policy> PolicySlot<P> {
    /// An empty slot.
    #[expect(clippy::new_without_default, reason = "`Default` is not const")]
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }

    fn prepare(&self, settings: &str) -> Result<(), Problems> {
        crate::log::connect();
        let policy = P::prepare(crate::settings::parse(settings)?)?;
        *self.0.borrow_mut() = Some(policy);
        Ok(())
    }

    fn decide<T>(&self, decision: impl FnOnce(&P) -> Answer<T>) -> Answer<T> {
        // A host may call a decision without `prepare`.
        if self.0.borrow().is_none() {
            self.prepare(&crate::settings::text())
                .map_err(|problems| Error::new(format_args!("settings: {problems}")))?;
        }
        match &*self.0.borrow() {
            Some(policy) => decision(policy),
            None => Ok(None),
        }
    }
}

fn decide<C: Component, T>(
    decision: impl FnOnce(&C::Policy) -> Answer<T>,
) -> Result<Option<T>, String> {
    C::with_policy(|slot| slot.decide(decision)).map_err(|error| error.message().to_owned())
}

impl<C: Component> lifecycle::Guest for C {
    fn prepare(settings: String) -> Result<(), Vec<Problem>> {
        C::with_policy(|slot| slot.prepare(&settings))
            .map_err(|problems| problems.into_iter().collect())
    }
}

impl<C: Component<Policy: Classify>> classification::Guest for C {
    fn classify(interaction: types::Interaction) -> Result<Option<Classification>, String> {
        let interaction = Interaction::from(interaction);
        decide::<C, _>(|policy| policy.classify(&interaction))
    }
}

impl<C: Component<Policy: Route>> routing::Guest for C {
    fn route(conversation: types::Conversation) -> Result<Option<RoutePlan>, String> {
        let conversation = Conversation::from(conversation);
        decide::<C, _>(|policy| policy.route(&conversation))
    }
}

impl<C: Component<Policy: CheckTone>> tone::Guest for C {
    fn check(draft: types::Draft) -> Result<Option<Review>, String> {
        let draft = Draft::from(draft);
        decide::<C, _>(|policy| policy.check(&draft))
    }
}

impl<C: Component<Policy: Escalate>> escalation::Guest for C {
    fn escalate(trigger: types::Trigger) -> Result<Option<Escalation>, String> {
        let trigger = Trigger::from(trigger);
        decide::<C, _>(|policy| policy.escalate(&trigger))
    }
}

/// The JSON Schema of a policy's settings: address and length of the text, 32 bits each.
pub fn settings_schema<P: Policy>() -> u64 {
    let text = schemars::schema_for!(P::Settings).to_value().to_string();
    let text: &'static str = text.leak();
    (text.as_ptr() as u64) << 32 | text.len() as u64
}
