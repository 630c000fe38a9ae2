//! The contract as Rust types, generated from `wit/`. They stay inside this
//! crate: answers leave it as types of the model.

/// Generated bindings.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]
mod generated {
    wasmtime::component::bindgen!({
        path: [
            "../../wit/care",
            "../../wit/classification",
            "../../wit/routing",
            "../../wit/tone",
            "../../wit/escalation",
            "../../wit/lifecycle",
            "../../wit/policy",
        ],
        world: "patchbay:policy/policy",
        imports: { default: trappable },
        with: {
            "patchbay:care/types.attachment": super::Attachment,
            "patchbay:care/types.contact": super::Contact,
            "patchbay:care/types.interaction": super::Interaction,
            "patchbay:care/types.assessment": super::Assessment,
            "patchbay:care/types.conversation": super::Conversation,
            "patchbay:care/types.draft": super::Draft,
            "patchbay:care/types.trigger": super::Trigger,
            "patchbay:care/agents.agent": super::Agent,
            "patchbay:care/agents.queue": super::Queue,
            "patchbay:care/knowledge.article": super::Article,
        },
    });
}

pub(crate) use generated::exports::patchbay::classification::classification;
pub(crate) use generated::exports::patchbay::escalation::escalation;
pub(crate) use generated::exports::patchbay::lifecycle::lifecycle;
pub(crate) use generated::exports::patchbay::routing::routing;
pub(crate) use generated::exports::patchbay::tone::tone;
pub(crate) use generated::patchbay::care::{
    agents, clock, interactions, knowledge, log, random, settings, state, types,
};

/// Version of the contract this host implements.
pub const CONTRACT_VERSION: &str = "0.1.0";

/// Declares the marker types of the contract's resources.
macro_rules! resources {
    ($($name:ident)+) => { $(
        /// Marks handles of this resource; `HandleTable` has the object.
        #[derive(Debug)]
        #[allow(unreachable_pub)] // The generated module names it in its own interface.
        pub enum $name {}
    )+ };
}

resources! { Attachment Contact Interaction Assessment Conversation Draft Trigger Agent Queue Article }
