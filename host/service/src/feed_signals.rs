//! Wakes the event streams of a company when its feed grows, and reads new
//! entries once for all of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use patchbay_http::problem::Problem;
use patchbay_journal::{CompanyId, FeedPage};
use tokio::sync::watch;
use tokio::time::timeout;

/// The feeds that have followers.
#[derive(Debug, Default)]
pub struct FeedSignals {
    feeds: Mutex<HashMap<CompanyId, Arc<FeedSignal>>>,
}

/// The feed of one company.
#[derive(Debug)]
struct FeedSignal {
    /// Number of changes so far.
    changes: watch::Sender<u64>,
    /// The page that followers at the end of the feed read last.
    tail: tokio::sync::Mutex<Option<TailPage>>,
}

#[derive(Clone, Debug)]
struct TailPage {
    /// The entry it begins after.
    after: u64,
    /// [`FeedSignal::changes`] before it was read.
    version: u64,
    feed: Arc<FeedPage>,
}

/// A follower of one feed.
#[derive(Debug)]
pub struct FeedFollower {
    signal: Arc<FeedSignal>,
    changes: watch::Receiver<u64>,
}

impl FeedSignals {
    /// Follows a company's feed. Follow before reading, so that nothing is missed.
    pub fn follow(&self, company: CompanyId) -> FeedFollower {
        let mut feeds = self.feeds.lock();
        feeds.retain(|_, feed| feed.changes.receiver_count() > 0);
        let signal = feeds.entry(company).or_insert_with(|| {
            Arc::new(FeedSignal {
                changes: watch::Sender::new(0),
                tail: tokio::sync::Mutex::default(),
            })
        });
        FeedFollower {
            signal: Arc::clone(signal),
            changes: signal.changes.subscribe(),
        }
    }

    /// A company's feed has grown.
    pub fn wake(&self, company: CompanyId) {
        if let Some(feed) = self.feeds.lock().get(&company) {
            feed.changes.send_modify(|number| *number += 1);
        }
    }

    /// Wakes every follower: the server stops.
    pub fn wake_all(&self) {
        for feed in self.feeds.lock().values() {
            feed.changes.send_modify(|number| *number += 1);
        }
    }
}

impl FeedFollower {
    /// The page after an entry, as [`FeedPage`] describes it. Followers at the end of
    /// the feed share what one of them reads.
    pub async fn page(
        &mut self,
        after: u64,
        read: impl Future<Output = Result<FeedPage, Problem>>,
    ) -> Result<Arc<FeedPage>, Problem> {
        let wanted = *self.changes.borrow_and_update();
        let mut tail = self.signal.tail.lock().await;
        match &*tail {
            Some(page) if page.after == after && page.version >= wanted => {
                return Ok(Arc::clone(&page.feed));
            }
            // A follower behind the others must not delay them.
            Some(page) if after < page.after => drop(tail),
            _ => {
                let version = *self.signal.changes.borrow();
                let feed = Arc::new(read.await?);
                *tail = Some(TailPage {
                    after,
                    version,
                    feed: Arc::clone(&feed),
                });
                return Ok(feed);
            }
        }
        read.await.map(Arc::new)
    }

    /// Wait as [`changed`](Self::changed) does, at most this long. Returns false if the
    /// time is over first.
    pub async fn changed_within(&mut self, time: Duration) -> Option<bool> {
        match timeout(time, self.changes.changed()).await {
            Ok(changed) => changed.ok().map(|()| true),
            Err(_) => Some(false),
        }
    }

    /// Wait until the feed changes, or all followers are woken.
    pub async fn changed(&mut self) -> Option<()> {
        self.changes.changed().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn empty() -> FeedPage {
        FeedPage {
            entries: Vec::new(),
            oldest: 1,
            newest: 9,
        }
    }

    #[tokio::test]
    async fn only_the_followers_of_the_changed_company_wake() {
        let signals = FeedSignals::default();
        let [mut own, mut other] = [1, 2].map(|id| signals.follow(CompanyId(id)));
        for _ in 0..100 {
            signals.wake(CompanyId(2));
        }
        assert!(!own.changes.has_changed().expect("open"));
        other.changed().await.expect("woken");
        signals.wake_all();
        own.changed().await.expect("woken");
    }

    #[tokio::test]
    async fn followers_at_the_end_read_a_change_once() {
        let signals = FeedSignals::default();
        let mut followers: Vec<_> = (0..100).map(|_| signals.follow(CompanyId(1))).collect();
        let reads = AtomicUsize::new(0);
        for change in 1..=3 {
            signals.wake(CompanyId(1));
            for follower in &mut followers {
                let read = async {
                    reads.fetch_add(1, Ordering::Relaxed);
                    Ok(empty())
                };
                follower.page(9, read).await.expect("read");
            }
            assert_eq!(reads.load(Ordering::Relaxed), change);
        }
    }

    #[tokio::test]
    async fn a_follower_that_is_behind_reads_its_own_page() {
        let signals = FeedSignals::default();
        let [mut first, mut late] = [(); 2].map(|()| signals.follow(CompanyId(1)));
        first.page(9, async { Ok(empty()) }).await.expect("read");
        let behind = async {
            Ok(FeedPage {
                newest: 10,
                ..empty()
            })
        };
        let page = late.page(3, behind).await.expect("read");
        assert_eq!(page.newest, 10);
    }
}
