//! The operator's commands, one module each.

pub(crate) mod agents;
pub(crate) mod alerts;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod bypass;
mod channel_actions;
pub(crate) mod channels;
pub(crate) mod contacts;
pub(crate) mod conversations;
pub(crate) mod decisions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod drain;
pub(crate) mod generations;
pub(crate) mod journal;
pub(crate) mod outbox;
pub(crate) mod replay;
pub(crate) mod rollout;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod top;
