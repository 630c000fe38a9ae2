//! The renewals of access tokens that are under way. The host waits for them when it stops:
//! many providers take a refresh token once, and what replaces it is lost if it is not stored.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

#[derive(Debug, Default)]
struct State {
    running: usize,
    is_closed: bool,
}

/// The renewals under way of all connections.
#[derive(Debug, Default)]
pub(crate) struct Renewals(watch::Sender<State>);

/// A renewal under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Renewal(watch::Sender<State>);

impl Renewals {
    /// Begins one; `None` when the host stops.
    pub(crate) fn begin(&self) -> Option<Renewal> {
        let has_begun = self.0.send_if_modified(|state| {
            state.running += usize::from(!state.is_closed);
            !state.is_closed
        });
        has_begun.then(|| Renewal(self.0.clone()))
    }

    /// Begins no more, and waits at most this long for those under way. Returns how many
    /// are left.
    pub(crate) async fn finish(&self, limit: Duration) -> usize {
        self.0.send_modify(|state| state.is_closed = true);
        let mut states = self.0.subscribe();
        // The sender is here: the wait ends by the state or the limit.
        let _ = timeout(limit, states.wait_for(|state| state.running == 0)).await;
        self.0.borrow().running
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.0.send_modify(|state| state.running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_stop_waits_for_what_has_begun_and_lets_nothing_begin() {
        let renewals = Renewals::default();
        drop(renewals.begin().expect("it runs"));
        let renewal = renewals.begin().expect("it runs");
        let finished = renewals.finish(LONG);
        tokio::pin!(finished);
        tokio::select! {
            left = &mut finished => panic!("{left} left"),
            () = tokio::time::sleep(SHORT) => {}
        }
        assert!(renewals.begin().is_none());
        drop(renewal);
        assert_eq!(finished.await, 0);
    }

    #[tokio::test]
    async fn a_stop_waits_no_longer_than_its_limit() {
        let renewals = Renewals::default();
        let _renewal = renewals.begin().expect("it runs");
        assert_eq!(renewals.finish(SHORT).await, 1);
        assert_eq!(Renewals::default().finish(LONG).await, 0);
    }
}
