//! What the poller of a connection does, for status, metrics and the command line.

use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_adapter::poll::{PollFailure, PollFailureKind};
use patchbay_model::codes;
use tokio::sync::Notify;

codes! {
    /// What a poller does.
    pub enum PollActivity {
        /// It has not begun.
        Starting = "starting",
        /// It reads.
        Reading = "reading",
        /// It has read everything, and waits for more.
        Waiting = "waiting",
        /// It failed, and waits for the next attempt.
        Failing = "failing",
        /// There are as many pollers as may be.
        NoPlace = "no-place",
    }
}

/// What the poller of a connection did since the host started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollState {
    /// What it does.
    pub activity: PollActivity,
    /// When it last read everything.
    pub last_complete: Option<Timestamp>,
    /// Since when it fails; `None` while it does not.
    pub failing_since: Option<Timestamp>,
    /// Why it fails.
    pub failure: Option<PollFailureKind>,
    /// The same in words.
    pub problem: Option<String>,
    /// When it tries next, while it fails.
    pub next_attempt: Option<Timestamp>,
    /// Polls that failed.
    pub failures: u64,
    /// Items that the provider does not deliver, and that were passed over.
    pub passed_over: u64,
}

impl Default for PollState {
    fn default() -> PollState {
        PollState {
            activity: PollActivity::Starting,
            last_complete: None,
            failing_since: None,
            failure: None,
            problem: None,
            next_attempt: None,
            failures: 0,
            passed_over: 0,
        }
    }
}

/// The state of a poller, and a signal that wakes it.
#[derive(Debug, Default)]
pub(crate) struct PollControl {
    state: Mutex<PollState>,
    wake: Notify,
}

impl PollControl {
    pub(crate) fn state(&self) -> PollState {
        self.state.lock().clone()
    }

    /// Begins the next poll at once.
    pub(crate) fn poll_now(&self) {
        self.wake.notify_one();
    }

    /// Until [`PollControl::poll_now`] is called; at once if it was since the last time.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// A poller begins, perhaps with other settings than the one before.
    pub(crate) fn start(&self) {
        self.progress();
        self.state.lock().activity = PollActivity::Starting;
    }

    /// Something was read: what failed before does not fail any more.
    pub(crate) fn progress(&self) {
        let mut state = self.state.lock();
        state.failing_since = None;
        state.failure = None;
        state.problem = None;
        state.next_attempt = None;
    }

    pub(crate) fn begin(&self) {
        self.state.lock().activity = PollActivity::Reading;
    }

    pub(crate) fn no_place(&self) {
        self.state.lock().activity = PollActivity::NoPlace;
    }

    pub(crate) fn pass_over(&self) {
        self.state.lock().passed_over += 1;
    }

    /// Everything was read. Returns whether it failed before.
    pub(crate) fn complete(&self, now: Timestamp) -> bool {
        let failed = self.state.lock().failing_since.is_some();
        self.progress();
        let mut state = self.state.lock();
        state.activity = PollActivity::Waiting;
        state.last_complete = Some(now);
        failed
    }

    /// A poll failed. Returns whether it is the first, or fails another way.
    pub(crate) fn fail(&self, failure: &PollFailure, now: Timestamp, next: Timestamp) -> bool {
        let mut state = self.state.lock();
        let is_new = state.failure != Some(failure.kind);
        state.activity = PollActivity::Failing;
        state.failing_since.get_or_insert(now);
        state.failure = Some(failure.kind);
        state.problem = Some(failure.problem.clone());
        state.next_attempt = Some(next);
        state.failures += 1;
        is_new
    }
}
