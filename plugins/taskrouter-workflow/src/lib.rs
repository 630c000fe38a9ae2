//! Routes by a Twilio TaskRouter workflow document.
//!
//! [`Policy::prepare`] reads the document and names everything in it that cannot run. A decision finds the
//! filter and the target that a conversation is at ([`walk`]), and writes the route plan of that target
//! ([`plan`]). The package's `README.md` says what maps to what.

mod members;
mod plan;
mod position;
mod prepare;
mod settings;
mod task;
mod walk;

use std::collections::BTreeMap;

use patchbay_sdk::prelude::*;
use taskrouter_document::{Facts, Workflow};

pub use settings::{AfterLastTarget, Difference, Settings};

/// The policy, prepared with a company's workflow.
#[derive(Debug)]
pub struct TaskRouter {
    workflow: Workflow,
    facts: Facts,
    /// Queue of the company by SID or name of a task queue.
    queues: BTreeMap<String, String>,
    priorities: BTreeMap<u32, u8>,
    after_last_target: AfterLastTarget,
    /// Tells a position in this workflow from one in another.
    fingerprint: u64,
}

impl Policy for TaskRouter {
    type Settings = Settings;

    fn prepare(settings: Settings) -> Result<Self, Problems> {
        prepare::prepare(settings)
    }
}

impl Route for TaskRouter {
    fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
        walk::route(self, conversation)
    }
}

export!(TaskRouter: route);

#[cfg(test)]
mod tests;
