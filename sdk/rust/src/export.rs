//! Makes a policy a component. Everything but [`export!`](crate::export!) is for the code that
//! macro generates.

use crate::{CheckTone, Classify, Escalate, Route};

#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(target_arch = "wasm32")]
pub use component::{Component, PolicySlot, settings_schema};

/// Exports a policy from the component: its preparation and the named decisions, any of
/// `classify`, `route`, `tone` and `escalate`. Use it once, at the root of the crate. A decision
/// the policy does not implement is a compile error, also in a native build.
///
/// ```
/// # use patchbay_sdk::prelude::*;
/// # struct Refunds;
/// # impl Policy for Refunds {
/// #     type Settings = NoSettings;
/// #     fn prepare(_: NoSettings) -> Result<Self, Problems> { Ok(Self) }
/// # }
/// # impl Classify for Refunds {
/// #     fn classify(&self, _: &Interaction) -> Answer<Classification> { Ok(None) }
/// # }
/// # impl Route for Refunds {
/// #     fn route(&self, _: &Conversation) -> Answer<RoutePlan> { Ok(None) }
/// # }
/// export!(Refunds: classify, route);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($policy:ty: $($decision:ident),+ $(,)?) => {
        $($crate::__decision!($decision for $policy);)+

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            ::std::thread_local! {
                static POLICY: $crate::export::PolicySlot<$policy> =
                    const { $crate::export::PolicySlot::new() };
            }
            struct Component;
            impl $crate::export::Component for Component {
                type Policy = $policy;
                fn with_policy<R>(
                    call: impl FnOnce(&$crate::export::PolicySlot<$policy>) -> R,
                ) -> R {
                    POLICY.with(call)
                }
            }
            $crate::bindings::lifecycle::export_lifecycle!(
                Component with_types_in $crate::bindings::lifecycle
            );
            $($crate::__decision!(export $decision);)+
            // The host compares it with the schema file of the pack. An export of the core module
            // alone: it is no part of the contract.
            #[unsafe(export_name = "patchbay-settings-schema")]
            extern "C" fn settings_schema() -> u64 {
                $crate::export::settings_schema::<$policy>()
            }
        };
    };
}

/// Checks and exports one decision named in [`export!`](crate::export!).
#[doc(hidden)]
#[macro_export]
macro_rules! __decision {
    (classify for $policy:ty) => { const _: fn() = $crate::export::classifies::<$policy>; };
    (route for $policy:ty) => { const _: fn() = $crate::export::routes::<$policy>; };
    (tone for $policy:ty) => { const _: fn() = $crate::export::checks_tone::<$policy>; };
    (escalate for $policy:ty) => { const _: fn() = $crate::export::escalates::<$policy>; };
    ($other:ident for $policy:ty) => {
        compile_error!(concat!(
            "`", stringify!($other), "` is not a decision: \
            the decisions are `classify`, `route`, `tone` and `escalate`"
        ));
    };
    (export classify) => {
        $crate::bindings::classification::export_classification!(
            Component with_types_in $crate::bindings::classification
        );
    };
    (export route) => {
        $crate::bindings::routing::export_routing!(
            Component with_types_in $crate::bindings::routing
        );
    };
    (export tone) => {
        $crate::bindings::tone::export_tone!(Component with_types_in $crate::bindings::tone);
    };
    (export escalate) => {
        $crate::bindings::escalation::export_escalation!(
            Component with_types_in $crate::bindings::escalation
        );
    };
    (export $other:ident) => {};
}

// `export!` names them so that a missing implementation is an error in a native build too.
pub const fn classifies<P: Classify>() {}
pub const fn routes<P: Route>() {}
pub const fn checks_tone<P: CheckTone>() {}
pub const fn escalates<P: Escalate>() {}
