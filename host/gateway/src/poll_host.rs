//! What pollers need of the server.

use std::future::Future;
use std::sync::Arc;

use patchbay_model::codes;

use crate::gateway::Gateway;

codes! {
    /// Why the host takes nothing from a provider now.
    pub enum HostRefusal {
        /// An operator drains the host or the company.
        Draining = "draining",
        /// The host is at a bound.
        Busy = "busy",
        /// The disk is nearly full.
        NoSpace = "no-space",
        /// The company cannot decide yet.
        NotReady = "not-ready",
    }
}

impl HostRefusal {
    /// In words.
    pub(crate) fn text(self) -> &'static str {
        match self {
            HostRefusal::Draining => "an operator drains the host or the company",
            HostRefusal::Busy => "the host is busy",
            HostRefusal::NoSpace => "the journal's disk is nearly full",
            HostRefusal::NotReady => "the company cannot decide yet",
        }
    }
}

/// The threads, the memory and the companies of a server: the server implements it.
pub trait PollHost: Send + Sync + 'static {
    /// A share of the memory for what is read; dropping it gives it back.
    type Share: Send;
    /// A place among the connections that may ask; dropping it gives it back.
    type Place: Send;

    /// The companies, each with the number of its active generation.
    fn companies(&self) -> Vec<(Arc<str>, u64)>;

    /// A place for a connection of a company; `None` if there are as many as may be.
    fn enter(&self, company: &Arc<str>) -> Option<Self::Place>;

    /// A share of nothing yet.
    fn share(&self, company: &Arc<str>) -> Self::Share;

    /// Whether a share may have so many bytes more.
    fn grow(&self, share: &mut Self::Share, bytes: usize) -> bool;

    /// Runs `work` on a thread for deliveries. `Ok(None)`: it panicked.
    fn run<T: Send + 'static>(
        &self,
        company: &Arc<str>,
        work: impl FnOnce(&Gateway, &str) -> T + Send + 'static,
    ) -> impl Future<Output = Result<Option<T>, HostRefusal>> + Send;
}
