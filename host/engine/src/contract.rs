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
    agents, clock, contacts, data, interactions, knowledge, log, random, settings, state, types,
};

/// Version of the contract this host implements: the highest of its packages'.
pub const CONTRACT_VERSION: &str = "0.1.2";

/// The packages of the contract, each with the version this host implements.
pub const CONTRACT_PACKAGES: [(&str, &str); 7] = [
    ("care", "0.1.2"),
    ("classification", "0.1.0"),
    ("routing", "0.1.0"),
    ("tone", "0.1.0"),
    ("escalation", "0.1.0"),
    ("lifecycle", "0.1.0"),
    ("policy", "0.1.0"),
];

/// Version of a package of the contract, such as `routing`.
pub(crate) fn package_version(package: &str) -> &'static str {
    let found = CONTRACT_PACKAGES.iter().find(|(name, _)| *name == package);
    found.map_or(CONTRACT_VERSION, |(_, version)| version)
}

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
