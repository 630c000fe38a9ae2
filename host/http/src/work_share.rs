//! Threads of the blocking pool: shares for kinds of work, within which no company
//! and no token occupies all of them.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use patchbay_config::bound::{Bound, Scope};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::bounds::{Bounds, Requester};
use crate::problem::{Kind, Problem};

/// Threads that read feeds for event streams.
const FOLLOWER_THREADS: usize = 16;
/// Threads that search conversations.
const SEARCH_THREADS: usize = 4;
/// Threads that sum up statistics.
const REPORT_THREADS: usize = 2;
/// Threads that answer health, status and metrics.
const OBSERVATION_THREADS: usize = 4;

/// Threads of the blocking pool by kind of work. Together they are fewer than
/// the pool has, so that no kind waits for another.
#[derive(Debug)]
pub struct WorkShares {
    /// Deliveries of interactions.
    pub intake: WorkShare,
    /// Other requests: reads and actions.
    pub requests: WorkShare,
    /// Searches of conversations. Of a token one at a time: a search never keeps its
    /// caller's other requests waiting.
    pub searches: WorkShare,
    /// Reports of statistics. Of a company one at a time.
    pub reports: WorkShare,
    /// Event streams.
    pub followers: WorkShare,
    /// Health, status and metrics.
    pub observation: WorkShare,
}

impl WorkShares {
    /// Shares with the limits of [`Bound::Work`].
    pub fn new(bounds: &Bounds) -> WorkShares {
        let [host, company, token] = [Scope::Host, Scope::Company, Scope::Token]
            .map(|scope| usize::try_from(bounds.limit(Bound::Work, scope)).unwrap_or(usize::MAX));
        let halves = |threads: usize| WorkShare::new(threads, threads / 2, threads / 2);
        WorkShares {
            intake: WorkShare::new(host, company, token),
            requests: WorkShare::new(host, company, token),
            searches: WorkShare::new(SEARCH_THREADS, SEARCH_THREADS / 2, 1),
            reports: WorkShare::new(REPORT_THREADS, 1, 1),
            followers: halves(FOLLOWER_THREADS),
            observation: halves(OBSERVATION_THREADS),
        }
    }
}

/// Run `work` of the current request on a thread of a share, as soon as its
/// company and token have one.
///
/// # Errors
/// 500 if the work panicked, which has been logged.
pub async fn on_share<T: Send + 'static>(
    share: &WorkShare,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    on_share_as(share, Requester::current(), work).await
}

/// [`on_share`] outside of a request's handler, for a company or the host.
///
/// # Errors
/// Those of [`on_share`].
pub async fn on_share_of<T: Send + 'static>(
    share: &WorkShare,
    company: Option<Arc<str>>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let requester = Requester {
        company,
        token: None,
    };
    on_share_as(share, requester, work).await
}

async fn on_share_as<T: Send + 'static>(
    share: &WorkShare,
    requester: Requester,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let permit = share.enter(&requester).await;
    let result = spawn_blocking(move || {
        // Held until the work ends, although its client may disconnect before.
        let _permit = permit;
        patchbay_journal::read_for(requester.company, work)
    });
    result.await.map_err(|_| Problem::of(Kind::Internal))
}

/// Threads of the blocking pool for one kind of work ([`Bound::Work`]). No
/// company and no token occupies all of them, and work beyond them waits in order
/// of arrival.
#[derive(Debug)]
pub struct WorkShare {
    host: Arc<Semaphore>,
    threads: usize,
    companies: SemaphoreByName,
    tokens: SemaphoreByName,
}

/// A thread of a share; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct WorkPermit {
    _host: Option<OwnedSemaphorePermit>,
    _company: Option<OwnedSemaphorePermit>,
    _token: Option<OwnedSemaphorePermit>,
}

impl WorkShare {
    pub(crate) fn new(host: usize, per_company: usize, per_token: usize) -> WorkShare {
        WorkShare {
            host: Arc::new(Semaphore::new(host)),
            threads: host,
            companies: SemaphoreByName::new(per_company),
            tokens: SemaphoreByName::new(per_token),
        }
    }

    /// Wait for a thread.
    pub(crate) async fn enter(&self, requester: &Requester) -> WorkPermit {
        // The narrowest first, so that what waits for its own token or company
        // does not occupy a thread of the others.
        let token = self.tokens.acquire(requester.token.as_ref()).await;
        let company = self.companies.acquire(requester.company.as_ref()).await;
        // No semaphore is ever closed.
        let host = Arc::clone(&self.host).acquire_owned().await.ok();
        WorkPermit {
            _host: host,
            _company: company,
            _token: token,
        }
    }

    /// Threads in use now.
    pub fn used(&self) -> u64 {
        (self.threads - self.host.available_permits()) as u64
    }
}

/// A semaphore for each name in use.
#[derive(Debug)]
struct SemaphoreByName {
    permits: usize,
    known: Mutex<HashMap<Arc<str>, Weak<Semaphore>>>,
}

impl SemaphoreByName {
    fn new(permits: usize) -> SemaphoreByName {
        SemaphoreByName {
            permits,
            known: Mutex::default(),
        }
    }

    /// Wait for a permit of a name; none without one.
    async fn acquire(&self, name: Option<&Arc<str>>) -> Option<OwnedSemaphorePermit> {
        self.of(name?).acquire_owned().await.ok()
    }

    fn of(&self, name: &Arc<str>) -> Arc<Semaphore> {
        let mut all = self.known.lock();
        if let Some(known) = all.get(name).and_then(Weak::upgrade) {
            return known;
        }
        all.retain(|_, known| known.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(self.permits));
        all.insert(Arc::clone(name), Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(company: &str, token: &str) -> Requester {
        Requester {
            company: Some(company.into()),
            token: Some(token.into()),
        }
    }

    /// Requests of one token, or of several tokens of one company, that occupy
    /// what they may, and 100 more that wait; then one of another.
    async fn occupy(share: WorkShare, loud: [Requester; 2], quiet: Requester) {
        let share = Arc::new(share);
        let held = [share.enter(&loud[0]).await, share.enter(&loud[1]).await];
        let waiting: Vec<_> = (0..100)
            .map(|number| {
                let (share, loud) = (Arc::clone(&share), loud[number % 2].clone());
                tokio::spawn(async move { drop(share.enter(&loud).await) })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(share.enter(&quiet).await);
        assert_eq!(share.used(), 2, "those that wait occupy no thread");
        drop(held);
        for one in waiting {
            one.await.expect("it gets its turn");
        }
        assert_eq!(share.used(), 0);
    }

    #[tokio::test]
    async fn a_company_at_its_share_leaves_threads_to_others() {
        let loud = [of("loud", "a"), of("loud", "b")];
        occupy(WorkShare::new(4, 2, 2), loud, of("quiet", "c")).await;
    }

    #[tokio::test]
    async fn a_token_at_its_share_leaves_threads_to_others_of_its_company() {
        let loud = [of("loud", "a"), of("loud", "a")];
        occupy(WorkShare::new(4, 3, 2), loud, of("loud", "b")).await;
    }
}
