//! What operators, supervisors and the host do beside the flow of
//! interactions.

pub(crate) mod activation;
pub(crate) mod agents;
pub(crate) mod alerts;
pub(crate) mod breaker_events;
pub(crate) mod bypass;
pub(crate) mod channels;
pub(crate) mod contacts;
pub(crate) mod conversation_list;
pub(crate) mod conversation_search;
pub(crate) mod conversations;
pub(crate) mod directives;
pub(crate) mod drain;
pub(crate) mod erasure;
pub(crate) mod files;
pub(crate) mod incidents;
pub(crate) mod outbox;
pub(crate) mod resolved_list;
pub(crate) mod rollout_judge;
pub(crate) mod rollouts;
pub(crate) mod stateless;
pub(crate) mod status;
