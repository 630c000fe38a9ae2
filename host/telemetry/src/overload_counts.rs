//! Counts what overload turned away.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// The bound that turned a request away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverloadReason {
    /// Too many requests wait for a thread.
    Queue,
    /// No thread became free before the request's deadline.
    Deadline,
    /// The request bodies in memory use up their budget.
    Bodies,
    /// A plugin or the engine runs as many decisions as it may.
    Policies,
    /// Too many deliveries of the company wait to be decided about.
    Backlog,
    /// Too many actions wait for the desk.
    Desk,
    /// One agent has a reply checked too often while typing.
    Typing,
}

impl OverloadReason {
    /// The code, as in metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            OverloadReason::Queue => "queue",
            OverloadReason::Deadline => "deadline",
            OverloadReason::Bodies => "bodies",
            OverloadReason::Policies => "policies",
            OverloadReason::Backlog => "backlog",
            OverloadReason::Desk => "desk",
            OverloadReason::Typing => "typing",
        }
    }
}

/// By company (empty: none that is configured) and reason.
#[derive(Debug, Default)]
pub(super) struct OverloadCounts(Mutex<BTreeMap<(String, OverloadReason), u64>>);

impl OverloadCounts {
    pub(super) fn count(&self, company: Option<&str>, reason: OverloadReason) {
        let company = company.unwrap_or_default().to_owned();
        *self.0.lock().entry((company, reason)).or_default() += 1;
    }

    pub(super) fn read(&self) -> BTreeMap<(String, OverloadReason), u64> {
        self.0.lock().clone()
    }
}
