//! A workflow document: filters with their targets, and the default filter.

mod order;
mod reader;

use serde_json::Value as Json;

use crate::expression::{Expression, Reference};
use crate::problem::Problem;

pub use order::read_order;

/// Most filters of a workflow.
pub(crate) const MAX_FILTERS: usize = 200;
/// Most targets of a filter.
pub(crate) const MAX_TARGETS: usize = 50;
/// Longest timeout in seconds: seven days.
pub(crate) const MAX_TIMEOUT: u32 = 604_800;
/// Most problems that are reported at once.
pub(crate) const MAX_PROBLEMS: usize = 50;

/// A workflow, read and checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workflow {
    /// In order: the first one that matches a task applies.
    pub filters: Vec<Filter>,
    /// For tasks that match no filter.
    pub default_filter: Option<Target>,
}

/// A filter and its targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Its name for people; empty where it has none.
    pub name: String,
    /// Which tasks it is for.
    pub expression: Expression,
    /// In order; at least one.
    pub targets: Vec<Target>,
    /// JSON Pointer to it in the document.
    pub path: String,
}

/// One routing step.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// SID or name of the task queue, inherited from an earlier target where it names none.
    pub queue: String,
    /// The priority it gives the task; absent: the task keeps its own.
    pub priority: Option<u32>,
    /// Seconds until the next target; absent: it does not end.
    pub timeout: Option<u32>,
    /// Which workers of the queue; absent: all.
    pub expression: Option<Expression>,
    /// When to go on at once if no worker can take the task.
    pub skip_if: Option<Expression>,
    /// Which workers come first.
    pub order_by: Vec<OrderClause>,
    /// The worker it is for.
    pub known_worker: Option<KnownWorker>,
    /// JSON Pointer to it in the document.
    pub path: String,
}

/// One clause of `order_by`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderClause {
    /// Attribute of the worker.
    pub attribute: Reference,
    /// Smaller or greater values first.
    pub direction: Direction,
}

/// Which values come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smaller ones.
    Ascending,
    /// Greater ones.
    Descending,
}

/// Where a target finds the one worker it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownWorker {
    /// Attribute of the task.
    pub attribute: Reference,
    /// What its value is.
    pub identity: Identity,
}

/// What names a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The SID.
    Sid,
    /// The friendly name.
    FriendlyName,
}

impl Workflow {
    /// Reads a workflow configuration. `path` is the JSON Pointer to it, for problems.
    ///
    /// # Errors
    /// Each problem, at most 50. A key that is not documented is one: nothing is ignored.
    pub fn read(document: &Json, path: &str) -> Result<Workflow, Vec<Problem>> {
        reader::read(document, path)
    }

    /// Every target with its filter; the default filter's last, without one.
    pub fn targets(&self) -> impl Iterator<Item = (Option<&Filter>, &Target)> {
        let of_filter = |filter| move |target| (Some(filter), target);
        self.filters
            .iter()
            .flat_map(move |filter| filter.targets.iter().map(of_filter(filter)))
            .chain(self.default_filter.iter().map(|target| (None, target)))
    }
}
