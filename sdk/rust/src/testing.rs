//! Builders and a simulated host for a policy's own tests, outside of WebAssembly.
//!
//! `Interaction::example` and the other `example` functions start a builder, which can be passed
//! wherever the value itself is wanted. [`World`] answers the host calls:
//!
//! ```
//! # use patchbay_sdk::prelude::*;
//! # struct Vip;
//! # impl Policy for Vip {
//! #     type Settings = NoSettings;
//! #     fn prepare(_: NoSettings) -> Result<Self, Problems> { Ok(Self) }
//! # }
//! # impl Route for Vip {
//! #     fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
//! #         Ok(conversation.contact().reach().map(|_| {
//! #             let free = agents::find(&Query::new().present().limit(1)).items;
//! #             RoutePlan::to_agent(free[0].id())
//! #         }))
//! #     }
//! # }
//! use patchbay_sdk::testing::*;
//!
//! let policy: Vip = prepare(json!({})).unwrap();
//! let world = World::new().agent(Agent::example("ana").skill("vip", 4));
//! let conversation = Conversation::example(Interaction::example("x", "Hello?").reach(2_000_000));
//!
//! let plan = world.enter(|| policy.route(&conversation)).unwrap().unwrap();
//! assert_eq!(plan.target.id.as_deref(), Some("ana"));
//! ```

use crate::{Policy, Problems};

mod conversation;
mod directory;
mod example;
mod interaction;
mod schema;
mod validate;
mod world;

pub use conversation::{AssessmentExample, ConversationExample, DraftExample, TriggerExample};
pub use directory::{AgentExample, ArticleExample, QueueExample};
pub use interaction::{AttachmentExample, ContactExample, InteractionExample};
pub use schema::schema_matches;
pub use serde_json::json;
pub use validate::{Validate, validate};
pub use world::World;

/// Default time of every example and world: 2026-01-01T12:00:00Z.
pub const NOON: crate::Timestamp = 1_767_268_800_000;

/// Prepares a policy as the host does, except that the schema's defaults are not filled in.
///
/// # Errors
/// What is wrong with the settings.
pub fn prepare<P: Policy>(settings: serde_json::Value) -> Result<P, Problems> {
    P::prepare(crate::settings::parse(&settings.to_string())?)
}
