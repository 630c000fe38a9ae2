//! Where a delivery goes, and what an attempt showed.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_model::final_failure::FinalKind;

use super::outbox::Delivery;
use crate::egress::Egress;

/// Future result of an attempt.
pub type Sent<'a> = Pin<Box<dyn Future<Output = Result<(), SendFailure>> + Send + 'a>>;

/// A way to deliver: a webhook, a channel.
pub trait Destination: Send + Sync {
    /// Makes one attempt, begun at `at`. `egress` is the client of the
    /// delivery's company. All calls with the same key are one delivery. The
    /// call must end by itself: it holds one of the courier's places. When the
    /// courier stops, it may be dropped at any point.
    ///
    /// # Errors
    /// The target did not confirm the delivery.
    fn send<'a>(&'a self, egress: &'a Egress, delivery: &'a Delivery, at: Timestamp) -> Sent<'a>;
}

/// Why an attempt did not confirm a delivery, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendFailure {
    /// What to do about it.
    pub kind: SendFailureKind,
    /// What went wrong.
    pub problem: Problem,
    /// What it says of the target as a whole. Not used with
    /// [`SendFailureKind::ChannelBroken`].
    pub health: TargetHealth,
}

/// What to do about a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendFailureKind {
    /// Try again, at the earliest after the wait that the target requests. The
    /// attempt is counted; after the last permitted one the delivery fails as
    /// [`FinalKind::Exhausted`].
    Retry {
        /// The requested wait.
        after: Option<Duration>,
    },
    /// The target accepted a part of the delivery, and not the rest: try again as after
    /// [`SendFailureKind::Retry`]. No attempt is counted.
    Partial {
        /// The requested wait.
        after: Option<Duration>,
    },
    /// The host has no room for this kind of delivery now: try again after a wait. No
    /// attempt is counted, and it says nothing of the target.
    Postponed {
        /// The wait.
        after: Duration,
    },
    /// The delivery failed for good.
    Final(FinalKind),
    /// The target takes no delivery until a person repairs it: a revoked token,
    /// a locked account. No attempt is counted; all deliveries to the target
    /// wait, and one after the other tries whether it works again.
    ChannelBroken,
}

/// What went wrong, in words. The courier removes line breaks and cuts each text
/// at 1 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// For the log, which the host's operator reads.
    pub logged: String,
    /// For the outbox and the company's feed: without the addresses that names
    /// have in this machine's network.
    pub recorded: String,
}

impl Problem {
    /// A text that names no address.
    pub fn plain(problem: impl Into<String>) -> Problem {
        let problem = problem.into();
        Problem {
            logged: problem.clone(),
            recorded: problem,
        }
    }
}

/// What an attempt showed about its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetHealth {
    /// It works, even if it did not take this delivery.
    Healthy,
    /// It does not: after repeated failures it is paused. The wait that a retry
    /// requests pauses it too, at most a minute.
    Failing,
    /// The attempt does not tell.
    Unknown,
}
