//! Generations: from a company file to something that decides. A generation is
//! an immutable snapshot of a company's setup; whatever is wrong with it is
//! found while it is built, and all of it is told at once.

pub mod assemble;
pub mod decide;
pub mod knowledge;

use std::sync::Arc;

use patchbay_engine::pipeline::Pipelines;
use patchbay_model::situation::Surroundings;

/// A company's setup, ready to decide.
#[derive(Debug)]
pub struct Generation {
    /// Its number; stamped on every decision.
    pub number: u64,
    /// Name of the company.
    pub company: String,
    /// Which plugins decide.
    pub pipelines: Pipelines,
    /// What the company has, whoever writes.
    pub surroundings: Arc<Surroundings>,
    /// What is allowed, but probably not meant.
    pub warnings: Vec<String>,
}
