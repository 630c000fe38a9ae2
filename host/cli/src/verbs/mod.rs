//! The commands, one module each.

pub(crate) mod agents;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod bypass;
mod change;
pub(crate) mod contacts;
pub(crate) mod contract;
pub(crate) mod conversations;
pub(crate) mod decisions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod drain;
pub(crate) mod generations;
pub(crate) mod inspect;
pub(crate) mod journal;
pub(crate) mod new;
pub(crate) mod outbox;
pub(crate) mod replay;
pub(crate) mod rollout;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod test;
pub(crate) mod token;
pub(crate) mod top;
